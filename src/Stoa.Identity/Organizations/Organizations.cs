using System.Text.Json;
using Stoa.Identity.Http;
using Stoa.Identity.Parties;
using Stoa.Storage;
using Stoa.Vocabulary;

namespace Stoa.Identity.Organizations;

/// <summary>The organizations of the exchange. They are public: who takes part is no secret, what they keep may be.</summary>
public sealed partial class Organizations
{
    private readonly Database _database;
    private readonly TimeProvider _time;

    internal Organizations(Database database, TimeProvider time)
    {
        _database = database;
        _time = time;
    }

    /// <summary>Enters an organization; 400 when it is not described acceptably, 409 when the slug is taken.</summary>
    public async Task<Result<Organization>> CreateAsync(OrganizationDraft draft, CancellationToken cancellation)
    {
        if (draft.Check() is { } problem) return problem;
        var now = Instant.From(_time.GetUtcNow());
        return await _database.TryWriteAsync<Organization>(session =>
        {
            if (Find(session, draft.Slug!) is not null) return SlugTaken(draft.Slug!);
            var party = Parties.Parties.Insert(session, new PartyDraft { Kind = "organization", Name = draft.Name }, now);
            using var insert = session.Prepare(Insert)
                .Bind("@id", party.Id.Value)
                .Bind("@slug", draft.Slug)
                .Bind("@name", draft.Name)
                .Bind("@homepage", draft.Homepage)
                .Bind("@created", now.UnixMicroseconds);
            insert.Execute();
            return new Organization(new(party.Id.Value), draft.Slug!, draft.Name!, draft.Homepage, now);
        }, cancellation);
    }

    /// <summary>One organization, or 404.</summary>
    public async Task<Result<Organization>> FindAsync(string slug, CancellationToken cancellation)
    {
        using var read = await _database.ReadAsync(cancellation);
        return Find(read, slug) is { } organization ? organization : Problem.NotFound();
    }

    /// <summary>The organization of this slug, else the first of this name; null when there is none.</summary>
    public static Organization? Called(Session session, string text)
    {
        using var select = session.Prepare(SelectCalled).Bind("@called", text);
        return select.Step() ? From(select) : null;
    }

    /// <summary>One organization by its id, or 404.</summary>
    public async Task<Result<Organization>> FindAsync(OrganizationId id, CancellationToken cancellation)
    {
        using var read = await _database.ReadAsync(cancellation);
        using var select = read.Prepare(SelectById).Bind("@id", id.Value);
        return select.Step() ? From(select) : Problem.NotFound();
    }

    /// <summary>One page by slug, and how many there are in all.</summary>
    public async Task<(IReadOnlyList<Organization> Entries, long Total)> ListAsync(Page page, CancellationToken cancellation)
    {
        using var read = await _database.ReadAsync(cancellation);
        using var count = read.Prepare(SelectCount);
        count.Step();
        using var select = read.Prepare(SelectPage).Bind("@limit", page.Limit).Bind("@skip", page.Skip);
        var entries = new List<Organization>();
        while (select.Step()) entries.Add(From(select));
        return (entries, count.Int64(0));
    }

    /// <summary>Changes name or homepage by a JSON merge patch; the slug stays.</summary>
    public Task<Result<Organization>> PatchAsync(string slug, JsonElement patch, CancellationToken cancellation) =>
        _database.TryWriteAsync<Organization>(session =>
        {
            if (Find(session, slug) is not { } old) return Problem.NotFound();
            var current = new OrganizationDraft { Slug = old.Slug, Name = old.Name, Homepage = old.Homepage };
            var merged = StrictJson.Merge(current, patch, IdentityJson.Wire.OrganizationDraft);
            if (!merged.TryGet(out var draft, out var problem)) return problem;
            if (draft.Check() is { } refusal) return refusal;
            if (draft.Slug != old.Slug) return StrictJson.InvalidProperty("slug", "The slug of an organization never changes.");

            using var update = session.Prepare(Update)
                .Bind("@id", old.Id.Value)
                .Bind("@name", draft.Name)
                .Bind("@homepage", draft.Homepage);
            update.Execute();
            using var party = session.Prepare(UpdateParty)
                .Bind("@id", old.Id.Value)
                .Bind("@name", draft.Name)
                .Bind("@now", Instant.From(_time.GetUtcNow()).UnixMicroseconds);
            party.Execute();
            return old with { Name = draft.Name!, Homepage = draft.Homepage };
        }, cancellation);

    private static Organization? Find(Session session, string slug)
    {
        using var select = session.Prepare(SelectBySlug).Bind("@slug", slug);
        return select.Step() ? From(select) : null;
    }

    private static Organization From(Statement row) =>
        new(new(row.Int64(0)), row.Text(1), row.Text(2), row.TextOrNull(3), new(row.Int64(4)));

    private static Problem SlugTaken(string slug) => new Problem(
        409, "slug-taken", "This slug is taken", "Another one has this slug already. Choose another, or change that one.")
        .With("property", "slug").With("slug", slug);
}

using System.Globalization;
using System.Text.Json;
using Stoa.Catalogue.Search;
using Stoa.Identity.Credentials;
using Stoa.Identity.Http;
using Stoa.Ledger.Events;
using Stoa.Sharing.Policy;
using Stoa.Sharing.Spectrum;
using Stoa.Storage;
using Stoa.Vocabulary;

namespace Stoa.Catalogue.Datasets;

/// <summary>The datasets of the exchange: described, found, governed.</summary>
/// <remarks>Reading takes the scope that the policy returned; it is part of every statement.</remarks>
public sealed partial class Datasets
{
    /// <summary>Most datasets that an organization's own members may enter; administrators go on beyond.</summary>
    public const int OfMemberMax = 1_000;

    private readonly Database _database;
    private readonly PolicyRefresh _policy;
    private readonly TimeProvider _time;

    internal Datasets(Database database, PolicyRefresh policy, TimeProvider time)
    {
        _database = database;
        _policy = policy;
        _time = time;
    }

    /// <summary>The datasets that answer the query and lie in the scope, best hits first, then by title.</summary>
    public async Task<DatasetList> ListAsync(DatasetQuery query, AccessScope scope, CancellationToken cancellation)
    {
        var words = query.Text is { } text ? SearchWords.Parse(text) : null;
        if (words is null && !string.IsNullOrWhiteSpace(query.Text)) return new([], 0);

        using var read = await _database.ReadAsync(cancellation);
        using var count = BindQuery(read.Prepare(SelectCount), query, words?.All(read.Engine), scope);
        count.Step();
        using var select = BindQuery(read.Prepare(SelectPage), query, words?.All(read.Engine), scope)
            .Bind("@any_word", words?.Any(read.Engine))
            .Bind("@limit", query.Page.Limit)
            .Bind("@skip", query.Page.Skip);
        var entries = new List<DatasetSummary>();
        while (select.Step())
        {
            var dataset = From(select);
            entries.Add(new(dataset, StatisticsOf(read, dataset.Id, scope)));
        }

        return new(entries, count.Int64(0));
    }

    /// <summary>One dataset of the scope; the same 404 when it is absent and when it lies outside.</summary>
    public async Task<Result<DatasetSummary>> FindAsync(string slug, AccessScope scope, CancellationToken cancellation)
    {
        using var read = await _database.ReadAsync(cancellation);
        return Find(read, slug, scope) is { } dataset
            ? new DatasetSummary(dataset, StatisticsOf(read, dataset.Id, scope))
            : Problem.NotFound();
    }

    /// <summary>Enters a dataset for the exchange itself; when this returns the policy knows it.</summary>
    /// <returns>400 names a property that is not acceptable; 409 when the slug is taken.</returns>
    public Task<Result<Dataset>> CreateAsync(DatasetDraft draft, CancellationToken cancellation) => CreateAsync(draft, null, cancellation);

    /// <summary>Enters a dataset; when this returns the policy knows it.</summary>
    /// <param name="draft">How it is described.</param>
    /// <param name="who">Who enters it: an administrator, or who answers for the organization that owns it; then it begins closed, and
    /// its slug begins with the organization's, so that a slug that is taken tells nothing of what others keep. Null for the exchange.</param>
    /// <param name="cancellation">Ends the wait.</param>
    /// <returns>400 names a property that is not acceptable; 403 when it is not theirs to enter; 409 when the slug is taken.</returns>
    public async Task<Result<Dataset>> CreateAsync(DatasetDraft draft, Requester? who, CancellationToken cancellation)
    {
        if (draft.Check() is { } problem) return problem;
        var isOfMember = who is { IsAdministrator: false };
        var now = Instant.From(_time.GetUtcNow());
        var outcome = await _database.TryWriteAsync<Dataset>(session =>
        {
            if (!TryFindOwner(session, draft.Owner, out var owner)) return UnknownOwner(draft.Owner!);
            if (isOfMember && CheckMember(session, draft, who!, owner?.Id) is { } forbidden) return forbidden;
            if (Find(session, draft.Slug!, AccessScope.Everything) is not null) return SlugTaken;
            using var insert = BindDescription(session.Prepare(Insert), draft, owner?.Id, now).Bind("@slug", draft.Slug);
            insert.Step();
            var created = From(draft, new(insert.Int64(0)), owner?.Name, now, now);
            // Whoever answers for the owner acts for it; else the exchange does.
            DatasetEvents.Enter(session, EventTypes.DatasetCreated, created, owner?.Id, isOfMember ? owner?.Id : 0, now);
            return created;
        }, cancellation);
        // What was decided is in force, whether or not the caller still waits for the answer.
        if (outcome.IsValue) await _policy.ReloadAsync(CancellationToken.None);
        return outcome;
    }

    /// <summary>Changes the description or the level by a JSON merge patch (RFC 7396); the slug stays.</summary>
    /// <param name="slug">Which dataset.</param>
    /// <param name="patch">The patch: a JSON object.</param>
    /// <param name="isExpected">Looks at the dataset as it is just before the change; false refuses with 412.</param>
    /// <param name="person">Who does it; null where only a token stands for the exchange. A changed level is recorded with it.</param>
    /// <param name="cancellation">Ends the wait; what was written stays.</param>
    public async Task<Result<Dataset>> PatchAsync(
        string slug, JsonElement patch, Func<Dataset, bool> isExpected, PartyId? person, CancellationToken cancellation)
    {
        var outcome = await _database.TryWriteAsync<Dataset>(session =>
        {
            if (Find(session, slug, AccessScope.Everything) is not { } old) return Problem.NotFound();
            if (!isExpected(old)) return Changed;
            var merged = StrictJson.Merge(DatasetDraft.From(old), patch, CatalogueJson.Wire.DatasetDraft);
            if (!merged.TryGet(out var draft, out var problem)) return problem;
            if (draft.Check() is { } refusal) return refusal;
            if (draft.Slug != old.Slug) return StrictJson.InvalidProperty("slug", "The slug of a dataset never changes.");
            if (!TryFindOwner(session, draft.Owner, out var owner)) return UnknownOwner(draft.Owner!);

            if (DatasetLevels.CheckDescribed(session, old.Id, old.Spectrum, draft.SpectrumOrDefault) is { } classified) return classified;
            var modified = Later(Instant.From(_time.GetUtcNow()), old.Modified);
            using var update = BindDescription(session.Prepare(Update), draft, owner?.Id, modified).Bind("@id", old.Id.Value);
            update.Execute();
            if (draft.SpectrumOrDefault != old.Spectrum &&
                DatasetLevels.Describe(session, old.Id, draft.SpectrumOrDefault, person, modified) is { } refused) return refused;
            var changed = Find(session, slug, AccessScope.Everything)!; // Found above, and never deleted.
            DatasetEvents.Enter(session, EventTypes.DatasetChanged, changed, owner?.Id, 0, modified);
            return changed;
        }, cancellation);
        if (outcome.IsValue) await _policy.ReloadAsync(CancellationToken.None);
        return outcome;
    }

    private static Problem? CheckMember(Session session, DatasetDraft draft, Requester who, long? owner)
    {
        if (owner is not { } id || !who.AnswersFor(new(id))) return NotTheirOrganization;
        if (draft.SpectrumOrDefault != SpectrumClass.Closed) return BeginsClosed;
        // Before it is looked whether the slug is taken: those of others tell nothing, by whatever name they begin.
        using var other = session.Prepare(SelectLongerPrefix).Bind("@owner", draft.Owner).Bind("@slug", draft.Slug);
        if (!draft.Slug!.StartsWith(draft.Owner + "-", StringComparison.Ordinal) || other.Step())
            return StrictJson.InvalidProperty("slug",
                $"The slugs of this organization's datasets begin with '{draft.Owner}-', and not as another organization's.");
        using var count = session.Prepare(CountOfOwner).Bind("@owner", id);
        count.Step();
        return count.Int64(0) < OfMemberMax ? null : TooManyDatasets;
    }

    /// <summary>Every dataset of a scope, by id.</summary>
    internal static IEnumerable<Dataset> All(Session session, AccessScope scope)
    {
        using var select = BindScope(session.PrepareStream(SelectAll), scope);
        while (select.Step()) yield return From(select);
    }

    private static Dataset? Find(Session session, string slug, AccessScope scope)
    {
        using var select = BindScope(session.Prepare(SelectBySlug), scope).Bind("@slug", slug);
        return select.Step() ? From(select) : null;
    }

    private static DatasetStatistics? StatisticsOf(Session session, DatasetId id, AccessScope scope)
    {
        if (!scope.Contains(id)) return null;
        using var select = session.Prepare(SelectStatistics).Bind("@id", id.Value);
        select.Step();
        return new(select.Int64(0), select.Int64(1), select.Int64(2), InstantOrNull(select, 3), InstantOrNull(select, 4));
    }

    private static bool TryFindOwner(Session session, string? slug, out (long Id, string Name)? owner)
    {
        owner = null;
        if (slug is null) return true;
        using var select = session.Prepare(SelectOwner).Bind("@slug", slug);
        if (!select.Step()) return false;
        owner = (select.Int64(0), select.Text(1));
        return true;
    }

    // A description may be read by whoever may read some of what it describes.
    private static Statement BindScope(Statement statement, AccessScope scope) => statement
        .Bind("@everything", scope.IsEverything)
        .Bind("@scope", JsonSerializer.Serialize(
            [.. scope.Datasets, .. scope.NarrowedDatasets], CatalogueJson.Wire.Int64Array));

    private static Statement BindQuery(Statement statement, DatasetQuery query, string? words, AccessScope scope) =>
        BindScope(statement, scope)
            .Bind("@sector", (long?)query.Sector)
            .Bind("@spectrum", (long?)query.Spectrum)
            .Bind("@owner", query.Owner)
            .Bind("@words", words);

    private static Statement BindDescription(Statement statement, DatasetDraft draft, long? owner, Instant modified) =>
        statement
            .Bind("@title", draft.Title)
            .Bind("@description", draft.Description ?? "")
            .Bind("@sector", (long)draft.SectorOrDefault)
            .Bind("@spectrum", (long)draft.SpectrumOrDefault)
            .Bind("@licence", CanonicalLicence(draft))
            .Bind("@owner", owner)
            .Bind("@keywords", JsonSerializer.Serialize(draft.Keywords ?? [], CatalogueJson.Wire.IReadOnlyListString))
            .Bind("@modified", modified.UnixMicroseconds);

    private static string? CanonicalLicence(DatasetDraft draft) => Licences.FindOpen(draft.Licence)?.Id ?? draft.Licence;

    private static Dataset From(DatasetDraft draft, DatasetId id, string? ownerName, Instant created, Instant modified) =>
        new(id, draft.Slug!, draft.Title!, draft.Description ?? "", draft.SectorOrDefault, draft.SpectrumOrDefault,
            CanonicalLicence(draft), draft.Owner, ownerName, draft.Keywords ?? [], created, modified);

    private static Dataset From(Statement row) => new(
        new(row.Int64(0)),
        row.Text(1),
        row.Text(2),
        row.Text(3),
        (InfrastructureSector)row.Int64(4),
        (SpectrumClass)row.Int64(5),
        row.TextOrNull(6),
        row.TextOrNull(7),
        row.TextOrNull(8),
        JsonSerializer.Deserialize(row.Utf8(9), CatalogueJson.Wire.IReadOnlyListString) ?? [],
        new(row.Int64(10)),
        new(row.Int64(11)));

    private static Instant? InstantOrNull(Statement row, int column) =>
        row.Int64OrNull(column) is { } microseconds ? new Instant(microseconds) : null;

    // The entity tag is made of it: two changes within a microsecond, or a clock set back, must still differ.
    private static Instant Later(Instant now, Instant before) =>
        now.UnixMicroseconds > before.UnixMicroseconds ? now : new(before.UnixMicroseconds + 1);

    private static Problem NotTheirOrganization { get; } = new Problem(
        403, "not-acting-for", "You do not act for that party",
        "Datasets are entered by administrators, and by data officers and administrators of the organization that owns them. Name one that " +
        "you answer for in 'owner'.").With("property", "owner");

    private static Problem TooManyDatasets { get; } = new Problem(
        409, "too-many-datasets", "There are too many datasets",
        $"An organization enters {OfMemberMax} datasets at most by itself. Ask an administrator of the exchange to enter more.").With("limit", OfMemberMax);

    private static Problem BeginsClosed { get; } = new Problem(
        403, "begins-closed", "A dataset begins closed",
        "Enter it without 'spectrum', then propose a level: owner and primary publisher decide it together.").With("property", "spectrum");

    private static Problem SlugTaken { get; } = new Problem(
        409, "slug-taken", "This slug is taken", "Another one has this slug already. Choose another, or change that one.")
        .With("property", "slug");

    private static Problem Changed { get; } = new(
        412, "changed-meanwhile", "It has changed meanwhile",
        "The entity tag in If-Match is not the current one. Get the dataset again, and send the change anew.");

    private static Problem UnknownOwner(string slug) =>
        StrictJson.InvalidProperty("owner", string.Create(CultureInfo.InvariantCulture,
            $"There is no organization '{slug}'. Create it first at /api/v1/organizations."));
}

/// <summary>The datasets that answer a query.</summary>
/// <param name="Entries">Those of the page asked for.</param>
/// <param name="Total">How many there are in all within the scope.</param>
public sealed record DatasetList(IReadOnlyList<DatasetSummary> Entries, long Total);

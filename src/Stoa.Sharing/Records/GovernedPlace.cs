using Stoa.Identity.Credentials;
using Stoa.Identity.Http;
using Stoa.Sharing.Policy;
using Stoa.Sharing.Roles;
using Stoa.Sharing.Spectrum;
using Stoa.Sharing.Transitions;
using Stoa.Storage;
using Stoa.Vocabulary;

namespace Stoa.Sharing.Records;

/// <summary>A dataset as those who govern it see it: what is described of it, who holds which role, what is in force.</summary>
internal sealed record GovernedPlace
{
    /// <summary>Most roles that were ever assigned towards one dataset; all of them are looked at.</summary>
    public const int RolesMax = Page.LimitMax;

    private const string SelectById =
        """
        SELECT id, slug, title, spectrum, licence, owner_organization_id
        FROM   dataset
        WHERE  id = @id
        """;

    private const string SelectBySlug =
        """
        SELECT id, slug, title, spectrum, licence, owner_organization_id
        FROM   dataset
        WHERE  slug = @slug
        """;

    public required DatasetId Id { get; init; }

    public required string Slug { get; init; }

    public required string Title { get; init; }

    /// <summary>The level that requests are decided by where nothing is classified.</summary>
    public required SpectrumClass Described { get; init; }

    public string? Licence { get; init; }

    /// <summary>The organization that was described as its owner.</summary>
    public PartyId? DescribedOwner { get; init; }

    /// <summary>Every assignment there ever was, newest first.</summary>
    public required IReadOnlyList<GovernedRecord<RoleAssignment>> Roles { get; init; }

    /// <summary>The assignments, with that of the described owner where nobody was assigned.</summary>
    public IEnumerable<RoleAssignment> Assignments
    {
        get
        {
            var roles = Roles.Select(record => record.Content);
            var isOwned = Roles.Any(record => record.Content is { Role: DataRole.Owner, State: RoleAssignmentState.Active });
            return isOwned || DescribedOwner is not { } owner ? roles : roles.Append(new()
            {
                Id = default,
                Dataset = Id,
                Role = DataRole.Owner,
                Party = owner,
                State = RoleAssignmentState.Active,
                From = Instant.Min,
            });
        }
    }

    public static GovernedPlace? Find(Session session, DatasetId id)
    {
        using var select = session.Prepare(SelectById).Bind("@id", id.Value);
        return From(session, select);
    }

    public static GovernedPlace? Find(Session session, string slug)
    {
        // What cannot be a slug is not looked for: PostgreSQL takes no U+0000.
        if (TextRules.CheckSlug("slug", slug) is not null) return null;
        using var select = session.Prepare(SelectBySlug).Bind("@slug", slug);
        return From(session, select);
    }

    /// <summary>The dataset, for whoever has anything to do with it: may know of it, owns it, or is named in one of its records, an offer
    /// that was not answered yet among them.</summary>
    /// <returns>Null for everybody else, as for a dataset that is absent.</returns>
    /// <remarks>Nothing of the dataset is read for whoever it is hidden from, so that absent and hidden take as long.</remarks>
    public static GovernedPlace? Find(Session session, AccessPolicy policy, Requester requester, string slug) =>
        IsConcerned(session, policy, requester, slug) ? Find(session, slug) : null;

    private static bool IsConcerned(Session session, AccessPolicy policy, Requester requester, string slug)
    {
        // What is not there is asked about too.
        var entry = policy.TryFindDataset(slug, out var found) ? found : null;
        var id = entry?.Id ?? default;
        if (DatasetKnowledge.IsKnownTo(policy, requester, id)) return true;
        foreach (var party in Acting.Candidates(session, requester))
            if (entry?.Owner?.Value == party.Value || GovernedRecords.IsNamed(session, party, id)) return true;
        return false;
    }

    /// <summary>Every capacity that a party has here.</summary>
    public Actor CapacityOf(Acting who, Instant now) => who.Towards(Assignments, Id, now);

    /// <summary>Which roles a party holds now.</summary>
    public IEnumerable<DataRole> RolesOf(PartyId party, Instant now) => Assignments
        .Where(role => role.Party == party && role.State == RoleAssignmentState.Active && role.From.CompareTo(now) <= 0 &&
            (role.To is not { } to || to.CompareTo(now) > 0))
        .Select(role => role.Role);

    /// <summary>The level in force, as a record; null where only the description speaks.</summary>
    public GovernedRecord<Classification>? InForce(Session session) =>
        GovernedRecords.FindBySeat(session, RecordTypes.Classification, $"level {Id}");

    /// <summary>What decisions need to know of it beside its level.</summary>
    public GovernedRecord<GovernedDataset>? Facts(Session session) =>
        GovernedRecords.FindBySeat(session, RecordTypes.Dataset, $"dataset {Id}");

    private static GovernedPlace? From(Session session, Statement row)
    {
        if (!row.Step()) return null;
        var id = new DatasetId(row.Int64(0));
        var level = (SpectrumClass)row.Int64(3);
        return new()
        {
            Id = id,
            Slug = row.Text(1),
            Title = row.Text(2),
            Described = Enum.IsDefined(level) ? level : SpectrumClass.Closed,
            Licence = row.TextOrNull(4),
            DescribedOwner = row.Int64OrNull(5) is { } owner ? new PartyId(owner) : null,
            Roles = GovernedRecords.List(session, RecordTypes.Role, new(Dataset: id), new(RolesMax, 0)),
        };
    }
}

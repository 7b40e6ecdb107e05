using System.Collections.Immutable;
using Stoa.Identity.Http;
using Stoa.Sharing.Policy;
using Stoa.Sharing.Purposes;
using Stoa.Sharing.Roles;
using Stoa.Sharing.Spectrum;
using Stoa.Sharing.Transitions;
using Stoa.Storage;
using Stoa.Vocabulary;

namespace Stoa.Sharing.Records;

/// <summary>A dataset as those know it who ask for it and who grant it.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Slug">Its name in addresses.</param>
/// <param name="Title">Its name for people.</param>
/// <param name="Level">How open it is.</param>
/// <param name="Sector">The infrastructure it comes from.</param>
/// <param name="Owner">Who holds the role of the owner, else the organization that its description names.</param>
internal sealed record SharedDataset(
    DatasetId Id, string Slug, string Title, SpectrumClass Level, InfrastructureSector Sector, PartyId? Owner);

/// <summary>What requests and agreements ask about datasets: in the transaction of the caller, so that it is true when it is acted on.</summary>
internal static class SharedDatasets
{
    // Days after a missed review do not matter here: nothing new is granted from the first day on.
    private const int NoGrace = 0;

    private const string Columns = "id, slug, title, spectrum, sector, owner_organization_id";

    private const string SelectById =
        $"""
        SELECT {Columns}
        FROM   dataset
        WHERE  id = @id
        """;

    private const string SelectBySlug =
        $"""
        SELECT {Columns}
        FROM   dataset
        WHERE  slug = @slug
        """;

    private const string SelectId =
        """
        SELECT id
        FROM   dataset
        WHERE  slug = @slug
        """;

    private const string SelectDescribedOwner =
        """
        SELECT 1
        FROM   dataset
        WHERE  id = @id
          AND  owner_organization_id = @party
        """;

    private const string SelectOwned =
        """
        SELECT   id
        FROM     dataset
        WHERE    owner_organization_id = @party
        ORDER BY id
        LIMIT    @limit
        """;

    private const string SelectName =
        """
        SELECT name
        FROM   party
        WHERE  id = @id
        """;

    private const string SelectStatus =
        """
        SELECT may_act
        FROM   party
        WHERE  id = @id
        """;

    /// <summary>The dataset, or null.</summary>
    public static SharedDataset? Find(Session session, DatasetId id)
    {
        using var select = session.Prepare(SelectById).Bind("@id", id.Value);
        return select.Step() ? From(session, select) : null;
    }

    /// <summary>The dataset of that slug, or null.</summary>
    public static SharedDataset? Find(Session session, string slug)
    {
        if (TextRules.CheckSlug("dataset", slug) is not null) return null;
        using var select = session.Prepare(SelectBySlug).Bind("@slug", slug);
        return select.Step() ? From(session, select) : null;
    }

    /// <summary>The id of the dataset of that slug, or null.</summary>
    public static DatasetId? IdOf(Session session, string slug)
    {
        if (TextRules.CheckSlug("dataset", slug) is not null) return null;
        using var select = session.Prepare(SelectId).Bind("@slug", slug);
        return select.Step() ? new(select.Int64(0)) : null;
    }

    /// <summary>The dataset, if the party may give others access to it; null when it is absent as well.</summary>
    public static SharedDataset? FindToGrant(Session session, DatasetId id, PartyId party, Instant now) =>
        IsGovernedBy(session, id, party) && Find(session, id) is { } dataset && MayGrant(session, party, dataset, now) ? dataset : null;

    /// <summary>The dataset, if the party owns it; null when it is absent as well.</summary>
    public static SharedDataset? FindOwned(Session session, DatasetId id, PartyId party) =>
        IsGovernedBy(session, id, party) && Find(session, id) is { } dataset && dataset.Owner == party ? dataset : null;

    // Before anything of the dataset is read, so that what is somebody else's takes as long as what is absent.
    private static bool IsGovernedBy(Session session, DatasetId id, PartyId party)
    {
        if (GovernedRecords.IsNamed(session, party, id)) return true;
        using var select = session.Prepare(SelectDescribedOwner).Bind("@id", id.Value).Bind("@party", party.Value);
        return select.Step();
    }

    /// <summary>The datasets that a party owns.</summary>
    public static IReadOnlyList<DatasetId> OwnedBy(Session session, PartyId party)
    {
        var owned = new SortedSet<long>();
        using (var select = session.Prepare(SelectOwned).Bind("@party", party.Value).Bind("@limit", Page.LimitMax))
            while (select.Step()) owned.Add(select.Int64(0));
        // Somebody else may hold the role by now.
        owned.RemoveWhere(id => OwnerByRole(session, new(id)) is { } other && other != party);
        var roles = GovernedRecords.List(
            session, RecordTypes.Role, new(Party: party, State: (int)RoleAssignmentState.Active), new Page(Page.LimitMax, 0));
        foreach (var role in roles)
            if (role.Content.Role is DataRole.Owner or DataRole.PrimaryPublisher) owned.Add(role.Content.Dataset.Value);
        return [.. owned.Select(id => new DatasetId(id))];
    }

    /// <summary>Every capacity in which somebody acts towards a dataset: by its roles, or as the organization that its description names.</summary>
    public static Actor CapacityOf(Session session, Acting acting, SharedDataset dataset, Instant now)
    {
        var capacity = acting.Towards(ActiveRoles(session, dataset.Id), dataset.Id, now);
        return dataset.Owner == acting.Party ? capacity | Actor.Owner : capacity;
    }

    /// <summary>Whether a party may give others access to a dataset: owner, primary publisher of what is shared at all, or by delegation.</summary>
    private static bool MayGrant(Session session, PartyId party, SharedDataset dataset, Instant now)
    {
        if (dataset.Owner == party) return true;
        var isDelegated = IsDelegated(session, party, dataset, now);
        var facts = new RoleFacts(false, false, false, isDelegated, dataset.Level > SpectrumClass.Closed);
        var holds = false;
        foreach (var role in ActiveRoles(session, dataset.Id))
            if (role.Party == party && IsInTime(role, now) && RoleTable.MayAct(DataAction.Grant, role.Role, facts)) holds = true;
        return holds || isDelegated;
    }

    /// <summary>Whether a classification of the dataset is overdue for review.</summary>
    public static bool IsReviewOverdue(Session session, DatasetId dataset, ExchangeTime now) =>
        GovernedRecords.List(session, RecordTypes.Classification,
            new(Dataset: dataset, State: (int)ClassificationState.Effective), Page.First)
        .Any(one => ReviewClock.Of(one.Content.ReviewBy, now.Zone, NoGrace).At(now) != ReviewStanding.Current);

    /// <summary>What decisions know of a dataset; without a record of it what its description says.</summary>
    public static GovernedDataset Governed(Session session, SharedDataset dataset) =>
        (GovernedRecords.FindBySeat(session, RecordTypes.Dataset, $"dataset {dataset.Id}")?.Content ??
        new GovernedDataset { Id = dataset.Id, Sector = dataset.Sector }) with { HasConsentRecords = false };

    /// <summary>The purposes that are known: those of the program, and the city's own.</summary>
    public static PurposeTree Purposes(Session session) => PurposeTree.Standard.With(
        [.. GovernedRecords.All(session, RecordTypes.Purpose).Select(record => record.Content)]) ?? PurposeTree.Standard;

    /// <summary>The name of a party; empty when there is none.</summary>
    public static string NameOf(Session session, PartyId party)
    {
        using var select = session.Prepare(SelectName).Bind("@id", party.Value);
        return select.Step() ? select.Text(0) : "";
    }

    /// <summary>Whether the party is there and acts.</summary>
    public static bool MayAct(Session session, PartyId party)
    {
        using var select = session.Prepare(SelectStatus).Bind("@id", party.Value);
        return select.Step() && select.Boolean(0);
    }

    private static bool IsDelegated(Session session, PartyId party, SharedDataset dataset, Instant now) =>
        GovernedRecords.List(session, RecordTypes.Delegation,
            new(Dataset: dataset.Id, Party: party, State: (int)DelegationState.Active), Page.First)
        .Any(one => one.Content.Action == DataAction.Grant && one.Content.LevelMax >= dataset.Level &&
            one.Content.Until.CompareTo(now) > 0 && HoldsGrant(session, one.Content.From, dataset, now));

    // Of depth one: by a role of its own.
    private static bool HoldsGrant(Session session, PartyId party, SharedDataset dataset, Instant now)
    {
        if (dataset.Owner == party) return true;
        var facts = new RoleFacts(false, false, false, false, dataset.Level > SpectrumClass.Closed);
        return ActiveRoles(session, dataset.Id).Any(role =>
            role.Party == party && IsInTime(role, now) && RoleTable.MayAct(DataAction.Grant, role.Role, facts));
    }

    private static ImmutableArray<RoleAssignment> ActiveRoles(Session session, DatasetId dataset) =>
        [.. GovernedRecords.List(session, RecordTypes.Role, new(Dataset: dataset, State: (int)RoleAssignmentState.Active),
            new Page(Page.LimitMax, 0)).Select(record => record.Content)];

    private static bool IsInTime(RoleAssignment role, Instant now) =>
        role.From.CompareTo(now) <= 0 && (role.To is not { } to || to.CompareTo(now) > 0);

    private static PartyId? OwnerByRole(Session session, DatasetId dataset) =>
        GovernedRecords.FindBySeat(session, RecordTypes.Role, $"owner {dataset}")?.Content.Party;

    private static SharedDataset From(Session session, Statement row)
    {
        var id = new DatasetId(row.Int64(0));
        PartyId? described = row.Int64OrNull(5) is { } organization ? new PartyId(organization) : null;
        // What was classified counts; what was described stands in until then.
        var level = GovernedRecords.FindBySeat(session, RecordTypes.Classification, $"level {id}")?.Content.Level;
        return new(id, row.Text(1), row.Text(2), level ?? (SpectrumClass)row.Int64(3), (InfrastructureSector)row.Int64(4),
            OwnerByRole(session, id) ?? described);
    }
}

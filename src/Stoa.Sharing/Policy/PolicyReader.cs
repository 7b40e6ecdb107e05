using System.Collections.Immutable;
using Stoa.Identity.Parties;
using Stoa.Sharing.Parties;
using Stoa.Sharing.Roles;
using Stoa.Sharing.Spectrum;
using Stoa.Storage;
using Stoa.Vocabulary;
using Party = Stoa.Sharing.Parties.Party;

namespace Stoa.Sharing.Policy;

/// <summary>Reads everything that decisions depend on.</summary>
internal static partial class PolicyReader
{
    // Clocks of nodes differ a little; nothing is lost by reading a membership that has just ended.
    private static readonly TimeSpan EndedMargin = TimeSpan.FromDays(1);

    /// <summary>Number of the governance state.</summary>
    public static long Version(Session session)
    {
        using var select = session.Prepare(SelectVersion);
        return select.Step() ? select.Int64(0) : 0;
    }

    /// <summary>Reads the content and the names of the datasets.</summary>
    /// <param name="session">Read from. The version is read first: what changes meanwhile raises it, and is read with the next look.</param>
    /// <param name="options">What the operator chose.</param>
    /// <param name="version">Number of the governance state.</param>
    /// <param name="now">When it is read.</param>
    public static (PolicyContent Content, DatasetEntry[] Datasets) Read(
        Session session, SharingOptions options, long version, Instant now)
    {
        var entries = Datasets(session);
        var lists = GovernedLists.Read(session);
        var facts = lists.Datasets.ToDictionary(dataset => dataset.Id);
        return (new()
        {
            Version = version,
            TakenAt = new(now.UnixMicroseconds),
            TimeZone = options.TimeZone.Id,
            ReviewGraceDays = options.ReviewGraceDays,
            RiskAppetite = options.RiskAppetite,
            HomeJurisdictions = [.. options.HomeJurisdictions],
            Parties = Parties(session, lists, now),
            Datasets = [.. entries.Select(entry =>
                facts.GetValueOrDefault(entry.Dataset.Id, new() { Id = entry.Dataset.Id }) with { Sector = entry.Sector })],
            Classifications = [.. lists.Classifications, .. Described(entries, lists.Classifications)],
            Roles = [.. lists.Roles, .. Described(entries, lists.Roles)],
            Delegations = lists.Delegations,
            Agreements = lists.Agreements,
            Obligations = lists.Obligations,
            CompatibilityTests = lists.CompatibilityTests,
            Rules = lists.Rules,
            Blocks = lists.Blocks,
            Emergencies = lists.Emergencies,
            Exemptions = lists.Exemptions,
            OwnPurposes = lists.Purposes,
        }, [.. entries.Select(entry => entry.Dataset)]);
    }

    private static List<(DatasetEntry Dataset, InfrastructureSector Sector)> Datasets(Session session)
    {
        using var select = session.Prepare(SelectDatasets);
        var entries = new List<(DatasetEntry, InfrastructureSector)>();
        while (select.Step())
        {
            OrganizationId? owner = select.Int64OrNull(3) is { } id ? new(id) : null;
            var sector = (InfrastructureSector)select.Int64(4);
            entries.Add((
                new(new(select.Int64(0)), select.Text(1), (SpectrumClass)select.Int64(2), owner, select.TextOrNull(5)),
                Enum.IsDefined(sector) ? sector : InfrastructureSector.Other));
        }

        return entries;
    }

    // The level that was described stands in where nobody has classified the dataset; one of a newer version is closed.
    private static IEnumerable<Classification> Described(
        List<(DatasetEntry Dataset, InfrastructureSector Sector)> entries, ImmutableArray<Classification> recorded)
    {
        var classified = recorded
            .Where(one => one.State is ClassificationState.Effective or ClassificationState.Frozen)
            .Select(one => one.Dataset).ToHashSet();
        foreach (var (dataset, _) in entries)
        {
            if (classified.Contains(dataset.Id)) continue;
            yield return new()
            {
                Id = default,
                Dataset = dataset.Id,
                Level = Enum.IsDefined(dataset.Spectrum) ? dataset.Spectrum : SpectrumClass.Closed,
                State = ClassificationState.Effective,
            };
        }
    }

    // The owner that was described stands in where nobody was assigned.
    private static IEnumerable<RoleAssignment> Described(
        List<(DatasetEntry Dataset, InfrastructureSector Sector)> entries, ImmutableArray<RoleAssignment> recorded)
    {
        var owned = recorded
            .Where(role => role is { Role: DataRole.Owner, State: RoleAssignmentState.Active })
            .Select(role => role.Dataset).ToHashSet();
        foreach (var (dataset, _) in entries)
        {
            if (dataset.Owner is not { } owner || owned.Contains(dataset.Id)) continue;
            yield return new()
            {
                Id = default,
                Dataset = dataset.Id,
                Role = DataRole.Owner,
                Party = new(owner.Value), // Organizations are parties with the same id.
                State = RoleAssignmentState.Active,
                From = Instant.Min,
            };
        }
    }

    private static ImmutableArray<Party> Parties(Session session, GovernedLists lists, Instant now)
    {
        var memberships = Memberships(session, now);
        var claims = lists.Claims.ToLookup(one => one.Party, one => one.Claim);
        var accepted = lists.Accepted.ToLookup(one => one.Party, one => one.Accepted);
        var facts = lists.PartyFacts.ToDictionary(one => one.Party, one => one.RiskAppetite);
        using var select = session.Prepare(SelectParties);
        var parties = ImmutableArray.CreateBuilder<Party>();
        while (select.Step())
        {
            var id = new PartyId(select.Int64(0));
            parties.Add(new()
            {
                Id = id,
                Kind = (PartyKind)select.Int64(1),
                Status = (PartyStatus)select.Int64(2),
                Category = (UserGroup?)select.Int64OrNull(3),
                Jurisdiction = select.TextOrNull(4),
                ActsFor = select.Int64OrNull(5) is { } parent ? new PartyId(parent) : null,
                MemberOf = [.. memberships[id]],
                Claims = [.. claims[id]],
                Accepted = [.. accepted[id]],
                RiskAppetite = facts.GetValueOrDefault(id),
            });
        }

        return parties.DrainToImmutable();
    }

    private static ILookup<PartyId, MemberOf> Memberships(Session session, Instant now)
    {
        using var select = session.Prepare(SelectMemberships)
            .Bind("@since", now.UnixMicroseconds - (long)EndedMargin.TotalMicroseconds);
        var memberships = new List<(PartyId Person, MemberOf Member)>();
        while (select.Step())
        {
            var roles = (MembershipRoles)select.Int64(4);
            memberships.Add((new(select.Int64(0)), new(
                new(select.Int64(1)), new(select.Int64(2)), select.Int64OrNull(3) is { } to ? new Instant(to) : null,
                (roles & (MembershipRoles.DataOfficer | MembershipRoles.Administrator)) != 0)));
        }

        return memberships.ToLookup(one => one.Person, one => one.Member);
    }
}

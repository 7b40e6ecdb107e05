using System.Globalization;
using Stoa.Sharing.Records;
using Stoa.Sharing.Spectrum;
using Stoa.Sharing.Transitions;
using Stoa.Storage;
using Stoa.Vocabulary;

namespace Stoa.Sharing.Roles;

/// <summary>The creator of derived data is the provider of the process by which they are made (ISO 37156, 9.2 a): a role that comes and goes
/// with the lineage that names it. The owner of the data has it at once; another party accepts it as any role.</summary>
internal static class DerivedCreators
{
    /// <summary>Makes and ends such roles, so that they are what the lineage says now.</summary>
    /// <param name="session">The transaction in which the lineage was changed.</param>
    /// <param name="dataset">What was made.</param>
    /// <param name="by">Who recorded the lineage.</param>
    /// <param name="now">Since when.</param>
    /// <returns>409 when the dataset takes no more roles.</returns>
    public static Problem? Follow(WriteSession session, DatasetId dataset, RecordAct by, Instant now)
    {
        if (GovernedPlace.Find(session, dataset) is not { } place) return Problem.NotFound();
        var edges = Lineages.InputsOf(session, dataset).ToList();
        var basis = edges.Find(edge => edge.ProcessOwner != Acting.Exchange);
        foreach (var record in place.Roles)
            if (record.Content is { Lineage: not null, State: not RoleAssignmentState.Ended } role && role.Party != basis?.ProcessOwner &&
                !DatasetRoles.Move(session, record, place, "cease", null, Actor.Clock, [], "The lineage does not name it any more.", now)
                    .TryGet(out _, out var problem)) return problem;
        if (basis is null || Holds(session, place, basis.ProcessOwner, edges)) return null;
        if (place.Roles.Count >= GovernedPlace.RolesMax) return DatasetRoles.TooManyRoles;
        var made = new RoleAssignment
        {
            Id = default,
            Dataset = dataset,
            Role = DataRole.Creator,
            Party = basis.ProcessOwner,
            State = RoleAssignmentState.Proposed,
            Mode = CreatorMode.Passive,
            From = now,
            Lineage = basis.Id,
        };
        var act = by with { Move = "propose", Capacity = by.Capacity | Actor.Proposer };
        if (!GovernedRecords.Insert(session, RecordTypes.Role, made, act, now).TryGet(out var proposed, out var refusal)) return refusal;
        // What is another's to see is not given away by who names a party: it asks for its word, and whoever proposed it does not accept it.
        if (!place.RolesOf(basis.ProcessOwner, now).Contains(DataRole.Owner)) return null;
        var reason = string.Create(CultureInfo.InvariantCulture, $"The lineage {basis.Id} names it as the owner of the process.");
        return DatasetRoles.Move(session, proposed, place, "derive", null, Actor.Clock, [], reason, now).TryGet(out _, out refusal) ? null : refusal;
    }

    // A creator already, or asked to be, or one that declined or ended the role, or disputes it, while the lineage was there: that stands.
    private static bool Holds(Session session, GovernedPlace place, PartyId party, List<Lineage> edges)
    {
        foreach (var record in place.Roles)
        {
            if (record.Content is not { Role: DataRole.Creator } role || role.Party != party) continue;
            if (role.State != RoleAssignmentState.Ended) return true;
            if (role.Lineage is { } basis && edges.Exists(edge => edge.Id == basis) &&
                GovernedRecords.Acts(session, record.Id)[^1].Act.Move != "cease") return true;
        }

        return false;
    }
}

using System.Collections.Immutable;
using Stoa.Identity.Http;
using Stoa.Sharing.Agreements;
using Stoa.Sharing.Recording;
using Stoa.Sharing.Records;
using Stoa.Sharing.Roles;
using Stoa.Storage;
using Stoa.Vocabulary;

namespace Stoa.Sharing.Spectrum;

/// <summary>A clause on onward sharing that stands in the way.</summary>
/// <param name="Agreement">Of which agreement.</param>
/// <param name="Onward">What it says.</param>
internal readonly record struct OnwardFault(AgreementId Agreement, OnwardSharing Onward)
{
    /// <summary>What to do, with the clause by name.</summary>
    public string Advice => $"Agreement {Agreement} on what it was made from has the clause onward '{Words.Of(Onward)}': " + (Onward switch
    {
        OnwardSharing.None => "it may be shared with the two sides of that agreement alone.",
        OnwardSharing.Named => "it may be shared by name with the two sides of that agreement and those whom the clause names.",
        _ => "it may be shared under agreements alone, by name or in a group.",
    });
}

/// <summary>Whether a derived dataset may be shared so far, by the agreements under which its makers came by what it was made from.</summary>
/// <remarks>
/// Known are the lineage, the agreements that were ever in force, and who makes or publishes the derived dataset. What was made without saying
/// so is known to nobody. Inputs that anybody may have need no agreement, and a declassification says that nothing of them is left.
/// </remarks>
internal static class OnwardClauses
{
    private static readonly DataRole[] Makers = [DataRole.Creator, DataRole.Owner, DataRole.PrimaryPublisher, DataRole.SecondaryPublisher];

    /// <summary>The first clause that does not admit it; null when all do.</summary>
    /// <param name="session">Where it is looked up.</param>
    /// <param name="place">The derived dataset.</param>
    /// <param name="level">How open it shall be.</param>
    /// <param name="named">With whom, at the level specific.</param>
    public static OnwardFault? Fault(Session session, GovernedPlace place, SpectrumClass level, ImmutableArray<PartyId> named)
    {
        if (level == SpectrumClass.Closed) return null;
        var inputs = Lineages.InputsOf(session, place.Id).ToList();
        if (inputs.Count == 0 || Lineages.DeclassificationOf(session, place.Id)?.LevelMax >= level) return null;
        var makers = place.Assignments.Where(role => role.State == RoleAssignmentState.Active && Makers.Contains(role.Role))
            .Select(role => role.Party).Concat(inputs.Select(input => input.ProcessOwner)).Distinct().ToList();
        var bound = inputs.Select(input => input.Input).Where(input => NeedsAgreement(session, input)).ToHashSet();
        if (bound.Count == 0) return null;
        foreach (var maker in makers)
            foreach (var record in GovernedRecords.Every(session, RecordTypes.Agreement, new(Party: maker)))
                if (record.Content is { ActiveSince: not null, Terms: var terms } && terms.Datasets.Any(bound.Contains) && !Admits(terms, level, named))
                    return new(terms.Id, terms.Onward);
        return null;
    }

    /// <summary>The refusal of a described level that goes further than a clause.</summary>
    public static Problem Refusal(OnwardFault fault) => new Problem(
        409, "onward-sharing", "An agreement on what it was made from does not admit this", fault.Advice)
        .With("agreement", fault.Agreement.Value).With("clause", "onward");

    private static bool Admits(AgreementTerms terms, SpectrumClass level, ImmutableArray<PartyId> named) => terms.Onward switch
    {
        OnwardSharing.SameTerms => level <= SpectrumClass.SharedGroup,
        OnwardSharing.None or OnwardSharing.Named => level == SpectrumClass.SharedSpecific &&
            named.All(party => party == terms.Provider || party == terms.Consumer || terms.OnwardTo.Contains(party)),
        _ => throw new ArgumentOutOfRangeException(nameof(terms), terms.Onward, "Unknown onward sharing."),
    };

    private static bool NeedsAgreement(Session session, DatasetId input) =>
        GovernedPlace.Find(session, input) is not { } place || DatasetLevels.LevelOf(session, place) < SpectrumClass.SharedPublic;
}

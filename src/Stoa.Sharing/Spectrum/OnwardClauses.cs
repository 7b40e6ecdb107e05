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
    public string Advice => Agreement.Value == 0 ? TooMany : $"Agreement {Agreement} on what it was made from has the clause onward '{Words.Of(Onward)}': " + (Onward switch
    {
        OnwardSharing.None => "it may be shared with the two sides of that agreement alone.",
        OnwardSharing.Named => "it may be shared by name with the two sides of that agreement and those whom the clause names.",
        _ => "it may be shared under agreements alone, by name or in a group.",
    });

    private static string TooMany { get; } =
        $"It was made from more than {Lineages.AncestorsMax} datasets, directly or not: their agreements cannot be looked at.";
}

/// <summary>Whether a derived dataset may be shared so far, by the agreements under which its makers came by what it was made from.</summary>
/// <remarks>
/// Known are the lineage, the agreements that were ever in force, and who makes or publishes the derived dataset. What was made without saying
/// so is known to nobody. Inputs that anybody may have need no agreement, and a declassification says that nothing of them is left. What lies between
/// the inputs and the dataset counts, with who made it; and a unit or service has what its organization came by.
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
        var (inputs, makers) = OriginsOf(session, place, level);
        if (inputs.Count > Lineages.AncestorsMax) return new(default, OnwardSharing.None);
        var bound = inputs.Where(input => NeedsAgreement(session, input)).ToHashSet();
        if (bound.Count == 0) return null;
        var parties = makers.SelectMany(maker => GroupMembership.LineOf(session, maker)).Select(one => one.Id).ToHashSet();
        foreach (var maker in parties)
            foreach (var record in GovernedRecords.Every(session, RecordTypes.Agreement, new(Party: maker)))
                if (record.Content is { ActiveSince: not null, Terms: var terms } && terms.Datasets.Any(bound.Contains) && !Admits(terms, level, named))
                    return new(terms.Id, terms.Onward);
        return null;
    }

    // From what it was made, directly or not, and by whom; more than can be looked at when there are more.
    private static (HashSet<DatasetId> Inputs, HashSet<PartyId> Makers) OriginsOf(Session session, GovernedPlace place, SpectrumClass level)
    {
        var (inputs, makers) = (new HashSet<DatasetId>(), new HashSet<PartyId>());
        var next = new Queue<GovernedPlace>([place]);
        while (inputs.Count <= Lineages.AncestorsMax && next.TryDequeue(out var at))
        {
            var edges = Lineages.InputsOf(session, at.Id).ToList();
            if (edges.Count == 0 || Lineages.DeclassificationOf(session, at.Id)?.LevelMax >= level) continue;
            makers.UnionWith(at.Assignments.Where(role => role.State == RoleAssignmentState.Active && Makers.Contains(role.Role))
                .Select(role => role.Party));
            foreach (var edge in edges)
            {
                makers.Add(edge.ProcessOwner);
                if (inputs.Add(edge.Input) && GovernedPlace.Find(session, edge.Input) is { } input) next.Enqueue(input);
            }
        }

        return (inputs, makers);
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

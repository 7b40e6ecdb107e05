using System.Collections.Immutable;
using Stoa.Sharing.Records;
using Stoa.Sharing.Spectrum;
using Stoa.Sharing.Transitions;
using Stoa.Storage;
using Stoa.Vocabulary;

namespace Stoa.Sharing.Agreements;

/// <summary>The level specific shares with parties by name, and who signs an agreement as owner has named the other side.</summary>
/// <remarks>The decision asks for both, the name and the agreement. Here the name is entered in the classification when the agreement first
/// runs, so that the owner does not have to say the same thing twice; level and conditions stay as they are.</remarks>
internal static class NamedByAgreement
{
    // Where only the description gave the level, there was no day of review yet.
    private const int ReviewMonths = 12;

    /// <summary>The classification with the consumer among its names; the same one where it names nobody or him already.</summary>
    public static Classification With(Classification classification, PartyId consumer) =>
        classification.Level != SpectrumClass.SharedSpecific || classification.Named.Contains(consumer)
            ? classification
            : classification with { Named = classification.Named.Add(consumer) };

    /// <summary>Whom the level specific names when it is described: the consumers of agreements that run on the dataset, as far as the clauses on
    /// what it was made from admit them.</summary>
    public static ImmutableArray<PartyId> Of(Session session, GovernedPlace place, Instant now) =>
    [
        .. About(session, place.Id).Select(agreement => agreement.Terms)
            .Where(terms => terms.Datasets.Contains(place.Id) && terms.ValidTo.CompareTo(now) > 0)
            .Select(terms => terms.Consumer).Distinct()
            .Where(party => OnwardClauses.Fault(session, place, SpectrumClass.SharedSpecific, [party]) is null)
            .Take(ClassificationDraft.NamedMax),
    ];

    // Those about it alone by its index; of those about several, and of such as were stored before that was written beside them, all.
    private static IEnumerable<Agreement> About(Session session, DatasetId dataset) =>
        from state in new[] { AgreementState.Active, AgreementState.Suspended }
        from query in new[] { new RecordQuery(Dataset: dataset), new RecordQuery(HasDataset: false) }
        from record in GovernedRecords.Every(session, RecordTypes.Agreement, query with { State = (int)state })
        orderby record.Id
        select record.Content;

    /// <summary>Enters the consumer at every dataset of the level specific.</summary>
    public static void Enter(WriteSession session, Agreement agreement, Instant now)
    {
        var terms = agreement.Terms;
        var signature = agreement.Signatures.FirstOrDefault(one => one.Party == terms.Provider);
        var reason = $"Named by agreement {terms.Id}.";
        var act = new RecordAct("name", terms.Provider, signature?.Person, Actor.Owner, reason);
        foreach (var id in terms.Datasets)
        {
            if (SharedDatasets.Find(session, id) is not { Level: SpectrumClass.SharedSpecific } dataset) continue;
            var inForce = GovernedRecords.FindBySeat(session, RecordTypes.Classification, $"level {id}");
            if (inForce is null)
                _ = GovernedRecords.Insert(session, RecordTypes.Classification, AsDescribed(dataset, terms.Consumer, reason, now), act, now);
            else if (With(inForce.Content, terms.Consumer) is var named && !ReferenceEquals(named, inForce.Content))
                _ = GovernedRecords.Update(session, RecordTypes.Classification, inForce, named, act, now);
        }
    }

    private static Classification AsDescribed(SharedDataset dataset, PartyId consumer, string reason, Instant now) => new()
    {
        Id = default,
        Dataset = dataset.Id,
        Level = SpectrumClass.SharedSpecific,
        State = ClassificationState.Effective,
        Named = [consumer],
        Reason = reason,
        ReviewBy = ReviewClock.Next(DateOnly.FromDateTime(now.ToDateTimeOffset().UtcDateTime), ReviewMonths),
    };
}

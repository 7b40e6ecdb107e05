using Stoa.Sharing.Agreements;
using Stoa.Sharing.Policy;
using Stoa.Sharing.Records;
using Stoa.Sharing.Transitions;
using Stoa.Storage;
using Stoa.Vocabulary;

namespace Stoa.Sharing.Spectrum;

/// <summary>What follows a decision about a level: the level that the dataset is described with, and the bounds of what was derived from it.</summary>
public static class DatasetLevels
{
    /// <summary>Most datasets that one decision reaches through what was derived.</summary>
    public const int ReachMax = 10_000;

    /// <summary>Months within which owner and publisher are to decide what the office has described.</summary>
    public const int ProvisionalMonths = 12;

    private const string UpdateLevel =
        """
        UPDATE dataset
        SET    spectrum = @spectrum, licence = COALESCE(@licence, licence),
               modified = CASE WHEN @now > modified THEN @now ELSE modified + 1 END
        WHERE  id = @id
          AND  (spectrum <> @spectrum OR (@licence IS NOT NULL AND (licence IS NULL OR licence <> @licence)))
        """;

    /// <summary>Whether a level may be described, in the transaction that does it; null when it may.</summary>
    /// <remarks>While a classification that owner and publisher decided is in force, or a frozen one, it says how open a dataset is. What was derived is
    /// never more open than its inputs, nor shared further than agreements on them admit; data about people are not open.</remarks>
    public static Problem? CheckDescribed(Session session, DatasetId dataset, SpectrumClass from, SpectrumClass to)
    {
        if (to == from) return null;
        if (GovernedPlace.Find(session, dataset) is not { } place) return Problem.NotFound();
        if (place.InForce(session) is { Content: not { IsProvisional: true, State: ClassificationState.Effective } }) return Classified;
        if (to < from) return null;
        var facts = place.Facts(session)?.Content;
        if (facts?.LevelMax is { } bound && to > bound) return BeyondInputs(bound);
        if (to == SpectrumClass.Open && facts is not null && (facts.IsSpecial || facts.Fields.Any(field => field.Personal != Personal.None)))
            return PersonalNotOpen;
        return OnwardClauses.Fault(session, place, to, []) is { } fault ? OnwardClauses.Refusal(fault) : null;
    }

    /// <summary>Records a level that the office has described as a provisional classification, and lets it act.</summary>
    /// <param name="session">The transaction that describes it, after <see cref="CheckDescribed"/>.</param>
    /// <param name="dataset">Which.</param>
    /// <param name="level">The level described.</param>
    /// <param name="person">Who did it; null where only a token stands for the exchange.</param>
    /// <param name="now">When.</param>
    /// <remarks>Until owner and publisher decide: their classification takes its place by the usual rules, another description likewise.</remarks>
    public static Problem? Describe(WriteSession session, DatasetId dataset, SpectrumClass level, PartyId? person, Instant now)
    {
        if (GovernedPlace.Find(session, dataset) is not { } place) return Problem.NotFound();
        var office = person ?? Acting.Exchange;
        var act = new RecordAct("describe", Acting.Exchange, office, Actor.Officer, "Described by the office.");
        if (place.InForce(session) is { } former && !GovernedRecords.Update(session, RecordTypes.Classification, former,
                former.Content with { State = ClassificationState.Superseded }, RecordAct.OfClock("supersede"), now).TryGet(out _, out var late)) return late;
        var provisional = new Classification
        {
            Id = default,
            Dataset = dataset,
            Level = level,
            State = ClassificationState.Effective,
            Named = level == SpectrumClass.SharedSpecific ? NamedByAgreement.Of(session, place, now) : [],
            Reason = "Described by the office, until owner and primary publisher decide.",
            ReviewBy = level == SpectrumClass.Closed
                ? null : ReviewClock.Next(DateOnly.FromDateTime(now.ToDateTimeOffset().UtcDateTime), ProvisionalMonths),
            DecidedBy = [new(Acting.Exchange, office, Actor.Officer, now)],
            IsProvisional = true,
        };
        if (!GovernedRecords.Insert(session, RecordTypes.Classification, provisional, act, now).TryGet(out _, out var problem)) return problem;
        Follow(session, dataset, now);
        return null;
    }

    /// <summary>Lets what was described or decided about a dataset act on it and on all that was derived from it.</summary>
    /// <remarks>In the transaction of the caller.</remarks>
    public static void Follow(WriteSession session, DatasetId dataset, Instant now)
    {
        var next = new Queue<DatasetId>([dataset]);
        // What changes nothing reaches no further; nothing is made from itself, so this ends.
        for (var looked = 0; looked < ReachMax && next.TryDequeue(out var id); looked++)
        {
            if (GovernedPlace.Find(session, id) is not { } place) continue;
            var before = LevelOf(session, place);
            Bound(session, place, now);
            Describe(session, place, now);
            if (id != dataset && GovernedPlace.Find(session, id) is { } after && LevelOf(session, after) == before) continue;
            foreach (var derived in Lineages.DerivedFrom(session, id)) next.Enqueue(derived);
        }
    }

    /// <summary>How open a dataset is: the level in force or described, and no more than its bound.</summary>
    internal static SpectrumClass LevelOf(Session session, GovernedPlace place)
    {
        var level = place.InForce(session)?.Content.Level ?? place.Described;
        return place.Facts(session)?.Content.LevelMax is { } bound && bound < level ? bound : level;
    }

    /// <summary>The most open level that the inputs of a dataset leave; null when it has none.</summary>
    internal static SpectrumClass? BoundOf(Session session, DatasetId dataset)
    {
        SpectrumClass? bound = null;
        foreach (var edge in Lineages.InputsOf(session, dataset))
        {
            var level = GovernedPlace.Find(session, edge.Input) is { } input ? LevelOf(session, input) : SpectrumClass.Closed;
            if (bound is not { } least || level < least) bound = level;
        }

        if (bound is not { } inputs) return null;
        return Lineages.DeclassificationOf(session, dataset) is { } declassified && declassified.LevelMax > inputs
            ? declassified.LevelMax
            : inputs;
    }

    private static void Bound(WriteSession session, GovernedPlace place, Instant now)
    {
        var bound = BoundOf(session, place.Id);
        var record = place.Facts(session);
        var facts = record?.Content ?? new GovernedDataset { Id = place.Id };
        if (facts.LevelMax == bound && facts.IsDerived == (bound is not null)) return;
        var changed = facts with { LevelMax = bound, IsDerived = bound is not null };
        var act = RecordAct.OfClock("bound");
        _ = record is null
            ? GovernedRecords.Insert(session, RecordTypes.Dataset, changed, act, now)
            : GovernedRecords.Update(session, RecordTypes.Dataset, record, changed, act, now);
    }

    // A frozen one is closed for everybody who goes by the description.
    private static void Describe(WriteSession session, GovernedPlace place, Instant now)
    {
        var classification = place.InForce(session)?.Content;
        var level = classification is { State: ClassificationState.Frozen } ? SpectrumClass.Closed : LevelOf(session, place);
        using var update = session.Prepare(UpdateLevel)
            .Bind("@id", place.Id.Value).Bind("@spectrum", (long)level).Bind("@licence", classification?.Licence)
            .Bind("@now", now.UnixMicroseconds);
        update.Execute();
    }

    private static Problem Classified { get; } = new(
        409, "level-classified", "The level was decided by a classification",
        "A classification is in force, which says how open the dataset is. Draft another at /api/v1/datasets/{slug}/classifications: toward closed " +
        "it acts at once, toward open by owner and primary publisher.");

    private static Problem PersonalNotOpen { get; } = new(409, "people-not-open", "Data about people cannot be open",
        "Fields of the dataset are about people. Leave them out first, or choose another level.");

    private static Problem BeyondInputs(SpectrumClass bound) => new Problem(
        409, "beyond-inputs", "It would be more open than what it was made from",
        "A derived dataset is never more open than its inputs, unless a declassification is recorded for it.").With("levelMax", bound.ToWord());
}

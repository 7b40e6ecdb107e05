using Stoa.Sharing.Policy;
using Stoa.Sharing.Records;
using Stoa.Storage;
using Stoa.Vocabulary;

namespace Stoa.Sharing.Spectrum;

/// <summary>What follows a decision about a level: the level that the dataset is described with, and the bounds of what was derived from it.</summary>
public static class DatasetLevels
{
    /// <summary>Most datasets that one decision reaches through what was derived.</summary>
    public const int ReachMax = 10_000;

    private const string UpdateLevel =
        """
        UPDATE dataset
        SET    spectrum = @spectrum, licence = COALESCE(@licence, licence),
               modified = CASE WHEN @now > modified THEN @now ELSE modified + 1 END
        WHERE  id = @id
          AND  (spectrum <> @spectrum OR (@licence IS NOT NULL AND (licence IS NULL OR licence <> @licence)))
        """;

    /// <summary>Whether a level may be described, in the transaction that does it; null when it may.</summary>
    /// <remarks>While a classification is in force it says how open a dataset is; what was derived is never more open than its inputs.</remarks>
    public static Problem? CheckDescribed(Session session, DatasetId dataset, SpectrumClass from, SpectrumClass to)
    {
        if (to == from) return null;
        if (GovernedPlace.Find(session, dataset) is not { } place) return Problem.NotFound();
        if (place.InForce(session) is not null) return Classified;
        return to > from && place.Facts(session)?.Content.LevelMax is { } bound && to > bound ? BeyondInputs(bound) : null;
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

    private static Problem BeyondInputs(SpectrumClass bound) => new Problem(
        409, "beyond-inputs", "It would be more open than what it was made from",
        "A derived dataset is never more open than its inputs, unless a declassification is recorded for it.").With("levelMax", bound.ToWord());
}

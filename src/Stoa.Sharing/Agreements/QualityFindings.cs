using System.Collections.Immutable;
using Stoa.Sharing.Policy;
using Stoa.Sharing.Records;
using Stoa.Storage;
using Stoa.Vocabulary;

namespace Stoa.Sharing.Agreements;

/// <summary>What was measured of one dataset against one floor of quality of an agreement.</summary>
/// <param name="Floor">Which of the floors of the terms, counted from 0.</param>
/// <param name="Dataset">Of which dataset.</param>
/// <param name="Hundredths">What was measured, in hundredths of a percent; null where nothing could be.</param>
/// <param name="Newest">When the newest value was observed; null where there is none.</param>
/// <param name="IsWhole">Everything was looked at, and not only as much as the limits take.</param>
/// <param name="Measured">When.</param>
/// <param name="UnmetSince">When it was first found below the floor, without a look in between that found it kept; null when it is kept.</param>
internal sealed record QualityFinding(
    int Floor, DatasetId Dataset, int? Hundredths, Instant? Newest, bool IsWhole, Instant Measured, Instant? UnmetSince = null);

/// <summary>A floor of quality of an agreement beside what was measured, for one of its datasets.</summary>
/// <param name="Clause">What is promised.</param>
/// <param name="Dataset">Of which dataset.</param>
/// <param name="Finding">What was measured; null where nothing was, or it is not to be told.</param>
internal sealed record MeasuredFloor(QualityFloor Clause, SharedDataset Dataset, QualityFinding? Finding);

/// <summary>What was last measured of the floors of quality: kept by whoever measures, told to the two sides and the office.</summary>
/// <remarks>Told while the agreement runs and grants something: of a closed dataset nothing is, not even how complete it is.</remarks>
internal static class QualityFindings
{
    private const string Columns = "agreement_id, floor, dataset_id, hundredths, newest, is_whole, measured, unmet_since";

    private const string Select =
        """
        SELECT   floor, dataset_id, hundredths, newest, is_whole, measured, unmet_since
        FROM     quality_finding
        WHERE    agreement_id = @agreement
        ORDER BY floor, dataset_id
        """;

    private const string Remove =
        """
        DELETE FROM quality_finding
        WHERE  agreement_id = @agreement
        """;

    // kind is RecordKind.Agreement; the states are expired, terminated, closing and closed: none of them runs again. While an agreement runs it is
    // measured each hour, so that the last look is about its end.
    private const string RemoveEnded =
        """
        DELETE FROM quality_finding
        WHERE  agreement_id IN (SELECT   f.agreement_id
                                FROM     quality_finding f
                                JOIN     governed_record r ON r.id = f.agreement_id
                                WHERE    r.kind = 4
                                  AND    r.state IN (8, 9, 10, 11)
                                GROUP BY f.agreement_id
                                HAVING   MAX(f.measured) < @before
                                ORDER BY f.agreement_id
                                LIMIT    @limit)
        """;

    /// <summary>Days for which findings are kept after the agreement ended: a side that asks what was measured last gets an answer by then.</summary>
    public const int KeptDays = 30;

    /// <summary>Agreements whose findings one look removes; the next look takes the next.</summary>
    public const int RemovedMax = 200;

    /// <summary>Removes what was found of agreements that ended more than <see cref="KeptDays"/> days ago.</summary>
    /// <returns>How many findings were removed.</returns>
    public static long RemoveOld(WriteSession session, Instant now)
    {
        using var remove = session.Prepare(RemoveEnded)
            .Bind("@before", now.UnixMicroseconds - KeptDays * 86_400_000_000L).Bind("@limit", RemovedMax);
        return remove.Execute();
    }

    /// <summary>Takes the place of what was found before; whether a floor is kept stands in its percentage.</summary>
    public static void Keep(WriteSession session, AgreementTerms terms, IReadOnlyList<QualityFinding> findings)
    {
        var before = Of(session, terms.Id).ToDictionary(one => (one.Floor, one.Dataset));
        using (var remove = session.Prepare(Remove).Bind("@agreement", terms.Id.Value)) remove.Execute();
        foreach (var one in findings)
        {
            var since = one.Hundredths is { } found && found < terms.Quality[one.Floor].PercentMin * 100
                ? before.GetValueOrDefault((one.Floor, one.Dataset))?.UnmetSince ?? one.Measured
                : (Instant?)null;
            using var insert = session.PrepareInsert("quality_finding", Columns);
            insert.Bind(1, terms.Id.Value).Bind(2, one.Floor).Bind(3, one.Dataset.Value).Bind(4, (long?)one.Hundredths)
                .Bind(5, one.Newest?.UnixMicroseconds).Bind(6, one.IsWhole ? 1 : 0).Bind(7, one.Measured.UnixMicroseconds)
                .Bind(8, since?.UnixMicroseconds);
            insert.Execute();
        }
    }

    /// <summary>Every floor of an agreement with what was measured, by dataset.</summary>
    public static ImmutableArray<MeasuredFloor> Of(Session session, Agreement agreement)
    {
        var terms = agreement.Terms;
        if (terms.Quality.IsEmpty) return [];
        var found = agreement.State == AgreementState.Active
            ? Of(session, terms.Id).ToDictionary(one => (one.Floor, one.Dataset))
            : [];
        var floors = ImmutableArray.CreateBuilder<MeasuredFloor>();
        foreach (var id in terms.Datasets)
        {
            if (SharedDatasets.Find(session, id) is not { } dataset) continue;
            for (var i = 0; i < terms.Quality.Length; i++)
                floors.Add(new(terms.Quality[i], dataset,
                    dataset.Level > SpectrumClass.Closed ? found.GetValueOrDefault((i, id)) : null));
        }

        return floors.ToImmutable();
    }

    /// <summary>The agreements of these parties under which less was measured than is promised, with what.</summary>
    public static IEnumerable<(GovernedRecord<Agreement> Agreement, MeasuredFloor Floor)> Unmet(Session session, IReadOnlyList<PartyId> parties) =>
        AgreementRegister.OfParties(session, parties, AgreementState.Active).Where(one => !one.Content.Terms.Quality.IsEmpty)
            .SelectMany(one => Of(session, one.Content).Where(floor => floor.Finding?.UnmetSince is not null).Select(floor => (one, floor)));

    private static List<QualityFinding> Of(Session session, AgreementId agreement)
    {
        using var select = session.Prepare(Select).Bind("@agreement", agreement.Value);
        var list = new List<QualityFinding>();
        while (select.Step())
            list.Add(new((int)select.Int64(0), new(select.Int64(1)), (int?)select.Int64OrNull(2), InstantOf(select.Int64OrNull(3)),
                select.Int64(4) != 0, new(select.Int64(5)), InstantOf(select.Int64OrNull(6))));
        return list;
    }

    private static Instant? InstantOf(long? micros) => micros is { } time ? new Instant(time) : null;
}

using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Stoa.Sharing.Agreements;
using Stoa.Sharing.Records;
using Stoa.Storage;
using Stoa.Vocabulary;

namespace Stoa.Sensing.Observations;

/// <summary>Measures what agreements promise: how complete and how timely the observations of their datasets are (ISO 37156, 4.2 b).</summary>
/// <remarks>
/// Completeness is the share of the expected observations that came, timeliness the share of the series whose newest value is not older than
/// <see cref="CadencesMax"/> times its cadence. The cadence is the one that the clause declares, else the middle one of the last gaps of each series. What
/// an agreement does not give is not measured for it: times outside its clause are left out, and with an area nothing is measured.
/// </remarks>
internal sealed partial class QualityMeasuring(Database database, TimeProvider time, ILogger<QualityMeasuring> log) : BackgroundService
{
    /// <summary>Between two looks.</summary>
    public static readonly TimeSpan Period = TimeSpan.FromHours(1);

    /// <summary>Agreements that one look measures; the next look goes on behind them.</summary>
    public const int AgreementsMax = 200;

    /// <summary>Series of a dataset that are measured, the oldest first.</summary>
    public const int SeriesMax = 1000;

    /// <summary>Observations that are counted of one dataset for one floor.</summary>
    public const int RowsMax = 1_000_000;

    /// <summary>The last observations of a series that tell its cadence.</summary>
    public const int RecentMax = 101;

    /// <summary>A value is timely until it is so many times older than the cadence: one may be on its way.</summary>
    public const int CadencesMax = 2;

    private const int Whole = 10_000;

    private const long DayMicros = 86_400_000_000;

    private const string SelectSeries =
        """
        SELECT   id
        FROM     datastream
        WHERE    dataset_id = @dataset
        ORDER BY id
        LIMIT    @limit
        """;

    // These three are ranges of the primary key.
    private const string SelectRecent =
        """
        SELECT   phenomenon_start
        FROM     observation
        WHERE    datastream_id = @series
          AND    phenomenon_start >= @since
          AND    phenomenon_start < @until
        ORDER BY phenomenon_start DESC, id DESC
        LIMIT    @limit
        """;

    private const string SelectFirst =
        """
        SELECT   phenomenon_start
        FROM     observation
        WHERE    datastream_id = @series
          AND    phenomenon_start >= @since
        ORDER BY phenomenon_start, id
        LIMIT    1
        """;

    private const string CountCame =
        """
        SELECT COUNT(*)
        FROM   (SELECT id FROM observation
                WHERE  datastream_id = @series AND phenomenon_start >= @since AND phenomenon_start < @until
                LIMIT  @limit) AS came
        """;

    private readonly ILogger<QualityMeasuring> _log = log;

    // One look at a time, so that an older one does not take the place of a newer one.
    private readonly SemaphoreSlim _turn = new(1, 1);

    // Behind the agreement that was measured last.
    private long _after;

    /// <summary>Measures what the agreements in force promise, as far as one look goes, and removes what was found of those that ended long ago.</summary>
    /// <returns>How many agreements were measured.</returns>
    public async Task<int> MeasureAsync(CancellationToken cancellation)
    {
        await _turn.WaitAsync(cancellation);
        try
        {
            return await LookAsync(cancellation);
        }
        finally
        {
            _turn.Release();
        }
    }

    /// <inheritdoc/>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Period, time);
        do
        {
            try
            {
                if (database.Nodes.IsLeader) await MeasureAsync(stoppingToken);
            }
            catch (StorageException error)
            {
                // The queue is full or the database is away: the next look will do.
                LogNotDone(error.Failure);
            }
        }
        while (await timer.WaitForNextTickAsync(stoppingToken));
    }

    private async Task<int> LookAsync(CancellationToken cancellation)
    {
        var now = Instant.From(time.GetUtcNow());
        List<AgreementTerms> promised;
        using (var read = await database.ReadAsync(cancellation))
            promised = [.. GovernedRecords.Every(read, RecordTypes.Agreement, new(State: (int)AgreementState.Active))
                .Select(record => record.Content.Terms).Where(terms => !terms.Quality.IsEmpty).OrderBy(terms => terms.Id.Value)];
        List<AgreementTerms> next = [.. promised.Where(terms => terms.Id.Value > _after).Take(AgreementsMax)];
        _after = next.Count < AgreementsMax ? 0 : next[^1].Id.Value;
        foreach (var terms in next)
        {
            List<QualityFinding> findings;
            using (var read = await database.ReadAsync(cancellation)) findings = Measure(read, terms, now);
            await database.WriteAsync(session =>
            {
                QualityFindings.Keep(session, terms, findings);
                return true;
            }, cancellation);
        }

        await database.WriteAsync(session => QualityFindings.RemoveOld(session, now), cancellation);
        return next.Count;
    }

    private static List<QualityFinding> Measure(Session session, AgreementTerms terms, Instant now)
    {
        var findings = new List<QualityFinding>();
        if (terms.Area is not null) return findings;
        foreach (var dataset in terms.Datasets)
        {
            if (SharedDatasets.Find(session, dataset) is not { Level: > SpectrumClass.Closed }) continue;
            var series = SeriesOf(session, dataset);
            for (var i = 0; i < terms.Quality.Length; i++)
                if (terms.Quality[i].Measure is QualityMeasure.Completeness or QualityMeasure.Timeliness)
                    findings.Add(Measure(session, terms, i, dataset, series, now));
        }

        return findings;
    }

    private static QualityFinding Measure(
        Session session, AgreementTerms terms, int place, DatasetId dataset, List<long> series, Instant now)
    {
        var floor = terms.Quality[place];
        var since = terms.DataFrom?.UnixMicroseconds ?? long.MinValue;
        var until = Math.Min(now.UnixMicroseconds, terms.DataUntil?.UnixMicroseconds ?? long.MaxValue);
        var window = (floor.Days ?? QualityFloor.DaysDefault) * DayMicros;
        var from = Math.Max(Math.Max(now.UnixMicroseconds - window, terms.ValidFrom.UnixMicroseconds), since);
        var (expected, came, rows) = (0L, 0L, 0L);
        long? newest = null;
        var isWhole = series.Count <= SeriesMax;
        foreach (var one in series.Take(SeriesMax))
        {
            var recent = Recent(session, one, since, until);
            if (recent.Count > 0) newest = Math.Max(newest ?? long.MinValue, recent[0]);
            if ((floor.EverySeconds * 1_000_000L ?? CadenceOf(recent)) is not { } every) continue;
            if (floor.Measure == QualityMeasure.Timeliness)
            {
                expected++;
                if (recent.Count > 0 && until - recent[0] <= CadencesMax * every) came++;
                continue;
            }

            var begin = Math.Max(from, First(session, one, since) ?? from);
            var due = begin < until ? (until - begin) / every : 0;
            if (rows + due > RowsMax)
            {
                isWhole = false;
                continue;
            }

            rows += due;
            expected += due;
            came += Came(session, one, begin, until, due);
        }

        return new(place, dataset, expected == 0 ? null : (int)((Int128)came * Whole / expected),
            newest is { } at ? new Instant(at) : null, isWhole, now);
    }

    // One more than are measured, so that it is known whether these are all.
    private static List<long> SeriesOf(Session session, DatasetId dataset)
    {
        using var select = session.Prepare(SelectSeries).Bind("@dataset", dataset.Value).Bind("@limit", SeriesMax + 1);
        return Numbers(select);
    }

    private static List<long> Recent(Session session, long series, long since, long until)
    {
        using var select = session.Prepare(SelectRecent).Bind("@series", series).Bind("@since", since).Bind("@until", until)
            .Bind("@limit", RecentMax);
        return Numbers(select);
    }

    private static long? First(Session session, long series, long since)
    {
        using var select = session.Prepare(SelectFirst).Bind("@series", series).Bind("@since", since);
        return select.Step() ? select.Int64(0) : null;
    }

    // No more than were expected count, so that many at once do not make up for none at other times of another series.
    private static long Came(Session session, long series, long since, long until, long most)
    {
        using var count = session.Prepare(CountCame).Bind("@series", series).Bind("@since", since).Bind("@until", until).Bind("@limit", most);
        return count.Step() ? count.Int64(0) : 0;
    }

    // The middle gap: a long pause, or some values at once, change nothing. Of fewer than three times nothing is known.
    private static long? CadenceOf(List<long> newestFirst)
    {
        var gaps = newestFirst.Zip(newestFirst.Skip(1), (later, earlier) => later - earlier).Where(gap => gap > 0).Order().ToList();
        return gaps.Count < 2 ? null : gaps[gaps.Count / 2];
    }

    private static List<long> Numbers(Statement select)
    {
        var list = new List<long>();
        while (select.Step()) list.Add(select.Int64(0));
        return list;
    }

    [LoggerMessage(2306, LogLevel.Warning, "What agreements promise of quality could not be measured: {Failure}.")]
    private partial void LogNotDone(StorageFailure failure);
}

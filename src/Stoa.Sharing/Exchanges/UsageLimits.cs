using System.Collections.Concurrent;
using Stoa.Sharing.Policy;
using Stoa.Storage;
using Stoa.Vocabulary;

namespace Stoa.Sharing.Exchanges;

/// <summary>What use is counted together: of one dataset, under one agreement, or by one party where no agreement is needed.</summary>
internal readonly record struct UsageKey(DatasetId Dataset, long? Agreement, PartyId? Party)
{
    public static UsageKey Of(AccessGrant grant, PartyId? party) =>
        new(grant.Dataset, grant.Agreement?.Value, grant.Agreement is null ? party : null);
}

/// <summary>Counts what is used of datasets whose use is limited by an agreement or a rule.</summary>
/// <remarks>
/// By the minute of the clock and the day in UTC. The rows of a day are asked of the records of exchanges when they are first needed; each node counts
/// its own from then on, so that several nodes let through so many times as much within a minute, and after a start know all again.
/// </remarks>
internal sealed class UsageLimits(Database database, TimeProvider time)
{
    // Far more than there are agreements with limits in use within a day: then those of former days go.
    private const int KeptMax = 100_000;
    private const long Minute = 60_000_000;
    private const long Day = 24 * 60 * Minute;

    private const string RowsUnderAgreement =
        """
        SELECT COALESCE(SUM(row_count), 0)
        FROM   exchange
        WHERE  agreement_id = @key
          AND  dataset_id = @dataset
          AND  id >= @first
        """;

    private const string RowsByParty =
        """
        SELECT COALESCE(SUM(row_count), 0)
        FROM   exchange
        WHERE  party_id = @key
          AND  dataset_id = @dataset
          AND  id >= @first
        """;

    private readonly ConcurrentDictionary<UsageKey, Counter> _counters = new();
    private long _forgotten;

    private long Now => Instant.From(time.GetUtcNow()).UnixMicroseconds;

    /// <summary>What was used in this minute and on this day.</summary>
    public async ValueTask<Usage> OfAsync(UsageKey key, CancellationToken cancellation)
    {
        var now = Now;
        ForgetFormerDays(now / Day);
        var counter = _counters.GetOrAdd(key, static _ => new());
        if (counter.Read(now) is { } known) return known;
        using var read = await database.ReadAsync(cancellation);
        using var select = read.Prepare(key.Agreement is null ? RowsByParty : RowsUnderAgreement)
            .Bind("@key", key.Agreement ?? key.Party?.Value).Bind("@dataset", key.Dataset.Value)
            .Bind("@first", ExchangeId.From(new(now / Day * Day)).Value);
        select.Step();
        return counter.Begin(now, select.Int64(0));
    }

    /// <summary>Takes one of the requests of this minute; false, and nothing is taken, when none is left.</summary>
    /// <param name="key">What is counted together.</param>
    /// <param name="most">Requests a minute; 0 for any number.</param>
    public bool TryTakeRequest(UsageKey key, int most) => _counters.GetOrAdd(key, static _ => new()).TryTakeRequest(Now, most);

    /// <summary>Takes rows that are about to leave; false, and nothing is taken, when fewer are left of this day.</summary>
    /// <remarks>What was used is asked first (<see cref="OfAsync"/>): without that nothing is known to be left.</remarks>
    public bool TryTakeRows(UsageKey key, long rows, long most) =>
        _counters.TryGetValue(key, out var counter) && counter.TryTakeRows(Now, rows, most);

    /// <summary>Gives back rows that were taken and did not leave.</summary>
    public void GiveBackRows(UsageKey key, long rows)
    {
        if (_counters.TryGetValue(key, out var counter)) counter.GiveBackRows(Now, rows);
    }

    // Those of today stay: they hold what the records of exchanges may not yet say. Looked through once a day.
    private void ForgetFormerDays(long day)
    {
        if (_counters.Count < KeptMax || Interlocked.Exchange(ref _forgotten, day) == day) return;
        foreach (var one in _counters)
            if (one.Value.IsBefore(day)) _counters.TryRemove(one);
    }

    private sealed class Counter
    {
        private long _minute;
        private long _day = -1;
        private int _requests;
        private long _rows;

        /// <summary>Null when the day has not begun here.</summary>
        public Usage? Read(long now)
        {
            lock (this)
            {
                return _day == now / Day ? new(_minute == now / Minute ? _requests : 0, _rows) : null;
            }
        }

        public Usage Begin(long now, long rows)
        {
            lock (this)
            {
                if (_day != now / Day) (_day, _rows) = (now / Day, rows);
                return new(_minute == now / Minute ? _requests : 0, _rows);
            }
        }

        public bool IsBefore(long day)
        {
            lock (this) return _day >= 0 && _day < day;
        }

        public bool TryTakeRequest(long now, int most)
        {
            lock (this)
            {
                if (_minute != now / Minute) (_minute, _requests) = (now / Minute, 0);
                if (most > 0 && _requests >= most) return false;
                _requests++;
                return true;
            }
        }

        public bool TryTakeRows(long now, long rows, long most)
        {
            lock (this)
            {
                // Not asked of the records yet.
                if (_day < 0) return false;
                // A new day has begun since it was asked.
                if (_day != now / Day) (_day, _rows) = (now / Day, 0);
                if (_rows + rows > most) return false;
                _rows += rows;
                return true;
            }
        }

        public void GiveBackRows(long now, long rows)
        {
            lock (this)
            {
                if (_day == now / Day) _rows -= rows;
            }
        }
    }
}

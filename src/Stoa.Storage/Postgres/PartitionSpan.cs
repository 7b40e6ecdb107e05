using System.Globalization;

namespace Stoa.Storage.Postgres;

/// <summary>What one partition of observations holds: those whose phenomenon_start lies in it.</summary>
/// <param name="From">Microseconds since 1970, included; <see cref="long.MinValue"/> for the first.</param>
/// <param name="To">Microseconds since 1970, excluded; <see cref="long.MaxValue"/> for the last.</param>
internal readonly record struct PartitionSpan(long From, long To)
{
    /// <summary>Before this moment, 1990-01-01, everything lies in one partition.</summary>
    internal const long Early = 631_152_000_000_000;

    /// <summary>From this moment on, 2100-01-01, everything lies in one partition.</summary>
    internal const long Late = 4_102_444_800_000_000;

    private const long TicksPerMicrosecond = TimeSpan.TicksPerMillisecond / 1000;

    internal bool Holds(long start) => start >= From && (start < To || To == long.MaxValue);

    /// <summary>The name of its table.</summary>
    internal string Table => From == long.MinValue ? "observation_early"
        : From == Late ? "observation_late"
        : string.Create(CultureInfo.InvariantCulture, $"observation_{At(From):yyyyMMdd}");

    /// <summary>Its bounds as PostgreSQL takes them.</summary>
    internal string Bounds
    {
        get
        {
            var from = From == long.MinValue ? "MINVALUE" : From.ToString(CultureInfo.InvariantCulture);
            var to = To == long.MaxValue ? "MAXVALUE" : To.ToString(CultureInfo.InvariantCulture);
            return $"FROM ({from}) TO ({to})";
        }
    }

    /// <summary>The span that a partition for a moment should have: what is free around it of its month, or of its year.</summary>
    /// <remarks>
    /// Months for last year, this year and the next, where values arrive and where retention cuts; whole years for what was long ago or
    /// has a wrong clock. So twenty years of history are some forty partitions and not 240, and no sender can make more than a hundred
    /// and fifty: a statement that is not bound to a time opens every one of them (decision 0016).
    /// </remarks>
    /// <param name="start">The moment; no known span holds it.</param>
    /// <param name="now">Decides what long ago means.</param>
    /// <param name="known">What is there, in any order.</param>
    internal static PartitionSpan For(long start, DateTimeOffset now, IEnumerable<PartitionSpan> known)
    {
        var (from, to) = Whole(start, now);
        foreach (var other in known)
        {
            if (other.To <= start) from = Math.Max(from, other.To);
            else to = Math.Min(to, other.From);
        }

        return new(from, to);
    }

    private static PartitionSpan Whole(long start, DateTimeOffset now)
    {
        if (start < Early) return new(long.MinValue, Early);
        if (start >= Late) return new(Late, long.MaxValue);
        var time = At(start);
        if (Math.Abs(time.Year - now.UtcDateTime.Year) > 1)
        {
            var year = new DateTimeOffset(time.Year, 1, 1, 0, 0, 0, TimeSpan.Zero);
            return new(Of(year), Of(year.AddYears(1)));
        }

        var month = new DateTimeOffset(time.Year, time.Month, 1, 0, 0, 0, TimeSpan.Zero);
        return new(Of(month), Of(month.AddMonths(1)));
    }

    private static DateTimeOffset At(long microseconds) => DateTimeOffset.UnixEpoch.AddTicks(microseconds * TicksPerMicrosecond);

    private static long Of(DateTimeOffset time) => (time - DateTimeOffset.UnixEpoch).Ticks / TicksPerMicrosecond;
}

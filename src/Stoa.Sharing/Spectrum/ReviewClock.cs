using Stoa.Vocabulary;

namespace Stoa.Sharing.Spectrum;

/// <summary>How a classification stands to its review.</summary>
internal enum ReviewStanding
{
    Current,

    /// <summary>The day has passed: nothing new is granted, what was granted goes on with a warning.</summary>
    Overdue,

    /// <summary>The days of grace have passed too: the level is specific at most.</summary>
    Lapsed,
}

/// <summary>When a missed review begins to act.</summary>
/// <param name="OverdueFrom">The first moment after the last day.</param>
/// <param name="LapsedFrom">The first moment after the last day of grace.</param>
internal readonly record struct ReviewClock(Instant OverdueFrom, Instant LapsedFrom)
{
    /// <summary>Nothing to review.</summary>
    public static ReviewClock Never { get; } = new(Instant.Max, Instant.Max);

    /// <summary>Days are those of the zone, of 23 or 25 hours where its clocks change.</summary>
    public static ReviewClock Of(DateOnly? reviewBy, TimeZoneInfo zone, int graceDays) => reviewBy is { } day
        ? new(StartOf(day, 1, zone), StartOf(day, 1L + graceDays, zone))
        : Never;

    /// <summary>The day of the next review: the same day so many months later, or the last of that month.</summary>
    public static DateOnly Next(DateOnly decided, int months) => decided.AddMonths(months);

    public ReviewStanding At(Instant now) =>
        now.CompareTo(LapsedFrom) >= 0 ? ReviewStanding.Lapsed
        : now.CompareTo(OverdueFrom) >= 0 ? ReviewStanding.Overdue
        : ReviewStanding.Current;

    private static Instant StartOf(DateOnly day, long daysLater, TimeZoneInfo zone)
    {
        if (daysLater > DateOnly.MaxValue.DayNumber - day.DayNumber) return Instant.Max;
        var local = day.AddDays((int)daysLater).ToDateTime(TimeOnly.MinValue);
        // Where clocks are put forward at midnight the day begins later.
        while (zone.IsInvalidTime(local)) local = local.AddMinutes(1);
        // Where they are put back over midnight it begins with the first of both.
        var offset = zone.IsAmbiguousTime(local) ? zone.GetAmbiguousTimeOffsets(local).Max() : zone.GetUtcOffset(local);
        return new(Instant.From(new DateTimeOffset(local, offset)).UnixMicroseconds);
    }
}

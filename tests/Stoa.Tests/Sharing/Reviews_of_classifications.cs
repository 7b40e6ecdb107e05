using Stoa.Sharing.Spectrum;
using Stoa.Vocabulary;
using Xunit;

namespace Stoa.Tests.Sharing;

public class Reviews_of_classifications
{
    // zone, last day, days of grace, overdue from, lapsed from
    [Theory]
    [InlineData("UTC", "2026-01-31", 30, "2026-02-01T00:00:00Z", "2026-03-03T00:00:00Z")]
    [InlineData("Europe/Berlin", "2026-01-31", 30, "2026-01-31T23:00:00Z", "2026-03-02T23:00:00Z")]
    // The clocks change within the days of grace.
    [InlineData("Europe/Berlin", "2026-03-15", 30, "2026-03-15T23:00:00Z", "2026-04-14T22:00:00Z")]
    [InlineData("America/New_York", "2026-12-31", 0, "2027-01-01T05:00:00Z", "2027-01-01T05:00:00Z")]
    [InlineData("Pacific/Kiritimati", "2028-02-28", 1, "2028-02-28T10:00:00Z", "2028-02-29T10:00:00Z")]
    // Midnight does not exist there on that day: it begins at one.
    [InlineData("America/Santiago", "2026-09-05", 0, "2026-09-06T04:00:00Z", "2026-09-06T04:00:00Z")]
    // Midnight comes twice there: the day begins with the first.
    [InlineData("America/Havana", "2026-10-31", 0, "2026-11-01T04:00:00Z", "2026-11-01T04:00:00Z")]
    public void Become_overdue_when_the_day_ends_in_the_zone(string zone, string day, int grace, string overdue, string lapsed)
    {
        var clock = ReviewClock.Of(DateOnly.Parse(day, System.Globalization.CultureInfo.InvariantCulture), TimeZoneInfo.FindSystemTimeZoneById(zone), grace);

        Assert.Equal(overdue, clock.OverdueFrom.ToString());
        Assert.Equal(lapsed, clock.LapsedFrom.ToString());
    }

    [Fact]
    public void Act_from_the_first_moment_and_not_before()
    {
        var clock = ReviewClock.Of(new(2026, 1, 31), TimeZoneInfo.Utc, 30);

        Assert.Equal(ReviewStanding.Current, clock.At(World.At("2026-01-31T23:59:59.999999Z")));
        Assert.Equal(ReviewStanding.Overdue, clock.At(World.At("2026-02-01T00:00:00Z")));
        Assert.Equal(ReviewStanding.Overdue, clock.At(World.At("2026-03-02T23:59:59.999999Z")));
        Assert.Equal(ReviewStanding.Lapsed, clock.At(World.At("2026-03-03T00:00:00Z")));
    }

    [Theory]
    [InlineData("2026-01-31", 1, "2026-02-28")]
    [InlineData("2028-01-31", 1, "2028-02-29")]
    [InlineData("2026-08-31", 6, "2027-02-28")]
    [InlineData("2026-03-30", 12, "2027-03-30")]
    [InlineData("2028-02-29", 12, "2029-02-28")]
    public void Come_again_on_the_same_day_or_the_last_of_the_month(string decided, int months, string next) =>
        Assert.Equal(DateOnly.Parse(next, System.Globalization.CultureInfo.InvariantCulture),
            ReviewClock.Next(DateOnly.Parse(decided, System.Globalization.CultureInfo.InvariantCulture), months));

    [Fact]
    public void Never_come_where_there_is_nothing_to_review()
    {
        Assert.Equal(ReviewStanding.Current, ReviewClock.Of(null, TimeZoneInfo.Utc, 30).At(World.At("9999-12-31T00:00:00Z")));
        Assert.Equal(Instant.Max, ReviewClock.Of(DateOnly.MaxValue, TimeZoneInfo.Utc, 30).OverdueFrom);
    }
}

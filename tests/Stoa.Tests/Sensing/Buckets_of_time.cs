using System.Globalization;
using Stoa.Sensing.Aggregation;
using Stoa.Vocabulary;
using Xunit;

namespace Stoa.Tests.Sensing;

/// <summary>How time is divided by the clocks and calendar of a zone.</summary>
public class Buckets_of_time
{
    private static string Clock(long moment, TimeZoneInfo zone)
    {
        var time = new Instant(moment).ToDateTimeOffset();
        return TimeZoneInfo.ConvertTime(time, zone).ToString("yyyy-MM-ddTHH:mmzzz", CultureInfo.InvariantCulture);
    }

    private static Buckets Of(string interval, TimeZoneInfo zone)
    {
        Assert.True(BucketLength.TryParse(interval, out var length, out _), interval);
        return new(length, zone);
    }

    private static long At(string text)
    {
        Assert.True(Instant.TryParse(text.AsSpan(), out var instant), text);
        return instant.UnixMicroseconds;
    }

    [Theory]
    // Clocks put forward at 02:00 and back at 03:00.
    [InlineData("P1D", "Europe/Berlin", "2026-03-29T12:00Z", "2026-03-29T00:00+01:00", "2026-03-30T00:00+02:00", 23)]
    [InlineData("P1D", "Europe/Berlin", "2026-10-25T12:00Z", "2026-10-25T00:00+02:00", "2026-10-26T00:00+01:00", 25)]
    [InlineData("PT1H", "Europe/Berlin", "2026-10-25T00:30Z", "2026-10-25T02:00+02:00", "2026-10-25T02:00+01:00", 1)]
    [InlineData("PT1H", "Europe/Berlin", "2026-10-25T01:30Z", "2026-10-25T02:00+01:00", "2026-10-25T03:00+01:00", 1)]
    [InlineData("PT1H", "Europe/Berlin", "2026-03-29T00:59Z", "2026-03-29T01:00+01:00", "2026-03-29T03:00+02:00", 1)]
    [InlineData("PT2H", "Europe/Berlin", "2026-03-29T00:59Z", "2026-03-29T00:00+01:00", "2026-03-29T03:00+02:00", 2)]
    [InlineData("PT2H", "Europe/Berlin", "2026-03-29T01:00Z", "2026-03-29T03:00+02:00", "2026-03-29T04:00+02:00", 1)]
    [InlineData("PT6H", "Europe/Berlin", "2026-10-25T03:00Z", "2026-10-25T00:00+02:00", "2026-10-25T06:00+01:00", 7)]
    [InlineData("P1W", "Europe/Berlin", "2026-10-25T12:00Z", "2026-10-19T00:00+02:00", "2026-10-26T00:00+01:00", 169)]
    [InlineData("P1M", "Europe/Berlin", "2026-03-31T21:59Z", "2026-03-01T00:00+01:00", "2026-04-01T00:00+02:00", 743)]
    [InlineData("P1M", "Europe/Berlin", "2026-03-31T22:00Z", "2026-04-01T00:00+02:00", "2026-05-01T00:00+02:00", 720)]
    [InlineData("P3M", "UTC", "2026-05-05T00:00Z", "2026-04-01T00:00+00:00", "2026-07-01T00:00+00:00", 2184)]
    [InlineData("P1Y", "America/New_York", "2026-01-01T04:59Z", "2025-01-01T00:00-05:00", "2026-01-01T00:00-05:00", 8760)]
    // Half and quarter hours from UTC; the clock's own hours count.
    [InlineData("PT1H", "Asia/Kolkata", "2026-01-01T00:00Z", "2026-01-01T05:00+05:30", "2026-01-01T06:00+05:30", 1)]
    [InlineData("P1D", "Asia/Kathmandu", "2026-01-01T18:15Z", "2026-01-02T00:00+05:45", "2026-01-03T00:00+05:45", 24)]
    // Midnight that does not come, and midnight that comes twice.
    [InlineData("P1D", "America/Sao_Paulo", "2018-11-04T12:00Z", "2018-11-04T01:00-02:00", "2018-11-05T00:00-02:00", 23)]
    [InlineData("P1D", "Atlantic/Azores", "2026-10-25T12:00Z", "2026-10-25T00:00+00:00", "2026-10-26T00:00-01:00", 25)]
    // A date that was left out.
    [InlineData("P1D", "Pacific/Apia", "2011-12-31T12:00Z", "2012-01-01T00:00+14:00", "2012-01-02T00:00+14:00", 24)]
    [InlineData("P1D", "Pacific/Apia", "2011-12-30T09:00Z", "2011-12-29T00:00-10:00", "2011-12-31T00:00+14:00", 24)]
    // Half an hour of summer time.
    [InlineData("PT1H", "Australia/Lord_Howe", "2026-04-04T15:00Z", "2026-04-05T01:00+11:00", "2026-04-05T02:00+10:30", 1.5)]
    // Before the epoch, and lengths that do not divide the day.
    [InlineData("PT1H", "UTC", "1969-12-31T23:30Z", "1969-12-31T23:00+00:00", "1970-01-01T00:00+00:00", 1)]
    [InlineData("PT7H", "UTC", "1970-01-01T20:00Z", "1970-01-01T14:00+00:00", "1970-01-01T21:00+00:00", 7)]
    [InlineData("P2W", "UTC", "1970-01-01T20:00Z", "1969-12-29T00:00+00:00", "1970-01-12T00:00+00:00", 336)]
    public void Begin_and_end_where_the_clock_says(string interval, string name, string moment, string start, string end, double hours)
    {
        var zone = TimeZoneInfo.FindSystemTimeZoneById(name);
        var buckets = Of(interval, zone);

        var first = buckets.Start(At(moment));
        var next = buckets.Next(first);

        Assert.Equal(start, Clock(first, zone));
        Assert.Equal(end, Clock(next, zone));
        Assert.Equal(hours * 3_600_000_000, next - first);
    }

    /// <summary>Every moment lies in exactly one bucket: start &lt;= moment &lt; end, and the end is the start of what follows.</summary>
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void Cover_all_time_without_gap_or_overlap(int seed)
    {
        var random = new Random(seed);
        string[] zones =
        [
            "UTC", "Europe/Berlin", "America/St_Johns", "America/Havana", "Australia/Lord_Howe", "Pacific/Apia", "Africa/Casablanca",
            "Asia/Kathmandu", "America/Sao_Paulo", "Antarctica/Troll", "Asia/Tehran", "Atlantic/Azores", "Africa/Monrovia",
        ];
        string[] intervals = ["PT1S", "PT10M", "PT1H", "PT90M", "PT2H", "PT6H", "PT7H", "P1D", "P5D", "P1W", "P1M", "P7M", "P1Y", "P10Y"];
        for (var round = 0; round < 300; round++)
        {
            var zone = zones[random.Next(zones.Length)];
            var interval = intervals[random.Next(intervals.Length)];
            var buckets = Of(interval, TimeZoneInfo.FindSystemTimeZoneById(zone));
            var moment = random.NextInt64(At("1900-01-01"), At("2060-01-01"));
            for (var step = 0; step < 20; step++)
            {
                var start = buckets.Start(moment);
                var next = buckets.Next(start);

                Assert.True(start <= moment && moment < next, $"{interval} {zone}: {new Instant(moment)} not in {new Instant(start)}..{new Instant(next)}");
                Assert.Equal(start, buckets.Start(start));
                Assert.Equal(start, buckets.Start(next - 1));
                Assert.Equal(next, buckets.Start(next));
                moment = step % 2 == 0 ? next : next + random.NextInt64(0, 40L * 86_400_000_000);
            }
        }
    }

    [Theory]
    [InlineData("0001-01-01T00:00:00Z")]
    [InlineData("9999-12-31T23:59:59.999999Z")]
    public void Hold_at_the_ends_of_time(string moment)
    {
        foreach (var zone in new[] { "UTC", "Pacific/Kiritimati", "America/Los_Angeles", "Europe/Berlin" })
            foreach (var interval in new[] { "PT1S", "PT1H", "PT7H", "P1D", "P1W", "P1M", "P100Y", "PT8784H", "P36525D" })
            {
                var buckets = Of(interval, TimeZoneInfo.FindSystemTimeZoneById(zone));
                var start = buckets.Start(At(moment));
                var next = buckets.Next(start);

                Assert.True(start <= At(moment) && At(moment) < next, $"{interval} {zone}");
                Assert.InRange(start, Instant.Min.UnixMicroseconds, Instant.Max.UnixMicroseconds);
            }
    }

    [Theory]
    [InlineData("PT1S")]
    [InlineData("PT8784H")]
    [InlineData("PT1H30M15S")]
    [InlineData("P36525D")]
    [InlineData("P5217W")]
    [InlineData("P1200M")]
    [InlineData("P100Y")]
    public void Have_lengths_that_are_durations(string text) => Assert.True(BucketLength.TryParse(text, out _, out _));

    [Theory]
    [InlineData("")]
    [InlineData("P")]
    [InlineData("PT")]
    [InlineData("1H")]
    [InlineData("PT0S")]
    [InlineData("P0D")]
    [InlineData("PT1.5H")]
    [InlineData("-PT1H")]
    [InlineData("PT1H1H")]
    [InlineData("PT1M1H")]
    [InlineData("P1D1W")]
    [InlineData("P1DT1H")]
    [InlineData("P1H")]
    [InlineData("PT1D")]
    [InlineData("pt1h")]
    [InlineData("PT8784H1S")]
    [InlineData("P36526D")]
    [InlineData("P5218W")]
    [InlineData("P1201M")]
    [InlineData("P101Y")]
    [InlineData("PT99999999999H")]
    [InlineData("PT000000000000000001H")]
    public void Have_no_other_lengths(string text) => Assert.False(BucketLength.TryParse(text, out _, out _));
}

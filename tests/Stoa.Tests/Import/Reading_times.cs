using System.Text;
using Stoa.Sensing.Import.Time;
using Stoa.Vocabulary;
using Xunit;

namespace Stoa.Tests.Import;

public class Reading_times
{
    private static TimeZoneInfo Zone(string name)
    {
        Assert.True(ZoneRules.TryFind(name, out var zone));
        return zone;
    }

    private static string Read(string format, string text, ZoneRules? rules = null, Instant? previous = null)
    {
        Assert.True(TimeFormat.TryCreate(format, out var parsed, out var problem), problem);
        if (!parsed.TryRead(Encoding.UTF8.GetBytes(text), out var clock)) return "no time";
        rules ??= new(Zone("UTC"), AmbiguousTime.Reject, MissingTime.Reject);
        return rules.TryResolve(clock, previous, out var instant, out var reason) ? instant.ToString() : reason;
    }

    [Theory]
    [InlineData("iso", "2025-01-31T12:30:15.250Z", "2025-01-31T12:30:15.25Z")]
    [InlineData("iso", "2025-01-31 12:30", "2025-01-31T12:30:00Z")]
    [InlineData("iso", "2025-01-31T12:30:15+02:00", "2025-01-31T10:30:15Z")]
    [InlineData("iso", "2025-01-31", "2025-01-31T00:00:00Z")]
    [InlineData("iso", "2021-12-31 24:00", "2022-01-01T00:00:00Z")]
    [InlineData("unix", "1689061381", "2023-07-11T07:43:01Z")]
    [InlineData("unix", "1689061381.5", "2023-07-11T07:43:01.5Z")]
    [InlineData("unix", "-1", "1969-12-31T23:59:59Z")]
    [InlineData("unixMilliseconds", "1689061381500", "2023-07-11T07:43:01.5Z")]
    [InlineData("yyyy-MM-dd HH:mm", "2025-03-01 07:15", "2025-03-01T07:15:00Z")]
    [InlineData("dd.MM.yyyy HH:mm:ss", "01.03.2025 07:15:09", "2025-03-01T07:15:09Z")]
    [InlineData("dd/MM/yy HH:mm", "31/12/12 23:00", "2012-12-31T23:00:00Z")]
    [InlineData("dd/MM/yy", "31/12/69", "1969-12-31T00:00:00Z")]
    [InlineData("M/d/yyyy h:mm tt", "3/1/2025 7:05 PM", "2025-03-01T19:05:00Z")]
    [InlineData("M/d/yyyy h:mm tt", "3/1/2025 12:05 AM", "2025-03-01T00:05:00Z")]
    [InlineData("d MMM yyyy", "7 Mar 2025", "2025-03-07T00:00:00Z")]
    [InlineData("d. MMMM yyyy", "7. march 2025", "2025-03-07T00:00:00Z")]
    [InlineData("yyyyMMddHHmmss", "20250307081500", "2025-03-07T08:15:00Z")]
    [InlineData("yyyy-MM-ddTHH:mm:ss.fffzzz", "2025-03-07T08:15:00.125+01:00", "2025-03-07T07:15:00.125Z")]
    [InlineData("yyyy-MM-ddTHH:mmZ", "2025-03-07T08:15Z", "2025-03-07T08:15:00Z")]
    [InlineData("yyyy-MM-dd HH:mm:ss'<br />'", "2014-12-01 00:20:00<br />", "2014-12-01T00:20:00Z")]
    public void Reads_the_forms_that_tables_have(string format, string text, string utc) =>
        Assert.Equal(utc, Read(format, text));

    [Theory]
    [InlineData("iso", "31.01.2025")]
    [InlineData("iso", "2025-02-29")]
    [InlineData("iso", "2025-01-31T24:01")]
    [InlineData("iso", "2025-01-31T12:30:15Z ")]
    [InlineData("unix", "99999999999999999999")]
    [InlineData("unix", "253402300800")]
    [InlineData("unix", "12a")]
    [InlineData("yyyy-MM-dd HH:mm", "2025-03-01 7:15")]
    [InlineData("yyyy-MM-dd HH:mm", "2025-03-01 07:15:00")]
    [InlineData("yyyy-MM-dd", "")]
    [InlineData("h:mm tt yyyy", "13:00 PM 2025")]
    public void Refuses_what_has_another_form(string format, string text) =>
        Assert.Equal("no time", Read(format, text));

    [Theory]
    [InlineData("HH:mm", "has no year")]
    [InlineData("yyyy-mm-dd 'at", "apostrophe")]
    [InlineData("yyyy-QQ", "'QQ', which means nothing")]
    [InlineData("yyy", "'yyy', which means nothing")]
    public void Refuses_a_pattern_that_cannot_be_meant(string format, string part)
    {
        Assert.False(TimeFormat.TryCreate(format, out _, out var problem));
        Assert.Contains(part, problem, StringComparison.Ordinal);
    }

    // Europe/Berlin, 26 October 2025: 03:00 summer time is 02:00 standard time. UTC+2 before, UTC+1 after.
    [Theory]
    [InlineData(AmbiguousTime.Earlier, "2025-10-26T00:30:00Z")]
    [InlineData(AmbiguousTime.Later, "2025-10-26T01:30:00Z")]
    [InlineData(AmbiguousTime.Reject, "the clocks of Europe/Berlin showed this time twice (time.ambiguous: reject)")]
    internal void Does_as_told_with_the_hour_that_comes_twice(AmbiguousTime rule, string outcome) =>
        Assert.Equal(outcome, Read("iso", "2025-10-26 02:30", new(Zone("Europe/Berlin"), rule, MissingTime.Reject)));

    [Theory]
    [InlineData(null, "2025-10-26T00:30:00Z")]
    [InlineData("2025-10-26T00:15:00Z", "2025-10-26T00:30:00Z")]
    [InlineData("2025-10-26T00:30:00Z", "2025-10-26T01:30:00Z")]
    [InlineData("2025-10-26T01:15:00Z", "2025-10-26T01:30:00Z")]
    public void Tells_the_two_hours_apart_by_the_row_before(string? previous, string utc)
    {
        Instant? last = previous is not null && Instant.TryParse(previous, out var instant) ? instant : null;
        Assert.Equal(utc, Read("iso", "2025-10-26 02:30",
            new(Zone("Europe/Berlin"), AmbiguousTime.Sequence, MissingTime.Reject), last));
    }

    // Europe/Berlin, 30 March 2025: 02:00 standard time is 03:00 summer time.
    [Theory]
    [InlineData(MissingTime.Shift, "2025-03-30T01:30:00Z")]
    [InlineData(MissingTime.Reject, "the clocks of Europe/Berlin never showed this time (time.missing: reject)")]
    internal void Does_as_told_with_the_hour_that_does_not_come(MissingTime rule, string outcome) =>
        Assert.Equal(outcome, Read("iso", "2025-03-30 02:30", new(Zone("Europe/Berlin"), AmbiguousTime.Reject, rule)));

    [Fact]
    public void Asks_for_a_zone_when_neither_table_nor_mapping_has_one() =>
        Assert.Contains("time.zone", Read("iso", "2025-03-30 02:30",
            new(null, AmbiguousTime.Reject, MissingTime.Reject)), StringComparison.Ordinal);

    [Theory]
    [InlineData("Europe/Berlin", 2025)]
    [InlineData("America/New_York", 2016)]
    [InlineData("Australia/Lord_Howe", 2024)]
    [InlineData("America/Santiago", 2022)]
    [InlineData("Africa/Casablanca", 2023)]
    [InlineData("Asia/Kolkata", 2023)]
    [InlineData("Pacific/Apia", 2011)]
    public void Agrees_with_the_rules_of_the_system_at_every_quarter_hour_of_a_year(string name, int year)
    {
        var zone = Zone(name);
        var rules = new ZoneRules(zone, AmbiguousTime.Later, MissingTime.Reject);
        for (var utc = new DateTime(year, 1, 2, 0, 0, 0, DateTimeKind.Utc); utc.Year == year; utc = utc.AddMinutes(15))
        {
            var local = utc + zone.GetUtcOffset(utc);
            var hourOn = utc.AddHours(1) + zone.GetUtcOffset(utc.AddHours(1)) == local ? 60 : utc.AddMinutes(30) +
                zone.GetUtcOffset(utc.AddMinutes(30)) == local ? 30 : 0;
            var expected = utc.AddMinutes(hourOn);

            var text = local.ToString("yyyy-MM-dd HH:mm", System.Globalization.CultureInfo.InvariantCulture);

            Assert.Equal(Instant.From(new DateTimeOffset(DateTime.SpecifyKind(expected, DateTimeKind.Utc))).ToString(),
                Read("iso", text, rules));
        }
    }

    [Theory]
    [InlineData("Europe/Berlin", true)]
    [InlineData("UTC", true)]
    [InlineData("Europe/Berln", false)]
    [InlineData("../../etc/passwd", false)]
    [InlineData("", false)]
    public void Knows_zones_by_their_IANA_names(string name, bool known) =>
        Assert.Equal(known, ZoneRules.TryFind(name, out _));
}

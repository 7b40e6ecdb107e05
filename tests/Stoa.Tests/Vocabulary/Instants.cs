using Stoa.Vocabulary;
using Xunit;

namespace Stoa.Tests.Vocabulary;

public class Instants
{
    [Theory]
    [InlineData("2026-01-31T12:30:15Z", "2026-01-31T12:30:15Z", 0)]
    [InlineData("2026-01-31T12:30:15.120Z", "2026-01-31T12:30:15.12Z", 0)]
    [InlineData("2026-01-31T12:30:15.123456789+01:00", "2026-01-31T11:30:15.123456Z", 60)]
    [InlineData("2026-01-31T12:30:15-0600", "2026-01-31T18:30:15Z", -360)]
    [InlineData("2026-01-31T12:30:15+01", "2026-01-31T11:30:15Z", 60)]
    [InlineData("2026-01-31T12:30", "2026-01-31T12:30:00Z", 0)]
    [InlineData("2026-01-31", "2026-01-31T00:00:00Z", 0)]
    [InlineData("1969-12-31T23:59:59.5Z", "1969-12-31T23:59:59.5Z", 0)]
    [InlineData("0001-01-01T00:00:00Z", "0001-01-01T00:00:00Z", 0)]
    public void Reads_the_forms_of_ISO_8601_that_clients_send(string text, string utc, int offset)
    {
        Assert.True(Instant.TryParse(text, out var instant));

        Assert.Equal(utc, instant.ToString());
        Assert.Equal(offset, instant.OffsetMinutes);
    }

    [Theory]
    [InlineData("")]
    [InlineData("2026")]
    [InlineData("2026-13-01T00:00:00Z")]
    [InlineData("2026-02-30T00:00:00Z")]
    [InlineData("2026-01-31T25:00:00Z")]
    [InlineData("2026-01-31T12:30:15.Z")]
    [InlineData("2026-01-31T12:30:15+1")]
    [InlineData("2026-01-31T12:30:15Z tail")]
    [InlineData("0001-01-01T00:00:00+01:00")]
    [InlineData("２０２６-01-31T12:30:15Z")]
    public void Refuses_what_is_not_a_time(string text) => Assert.False(Instant.TryParse(text, out _));

    [Fact]
    public void Refuses_an_interval_whose_end_lies_before_its_start() =>
        Assert.False(TimeInterval.TryParse("2026-01-02T00:00Z/2026-01-01T00:00Z", out _));
}

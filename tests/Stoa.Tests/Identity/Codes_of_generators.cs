using System.Text;
using Stoa.Identity.SignIn;
using Xunit;

namespace Stoa.Tests.Identity;

public class Codes_of_generators
{
    private static readonly byte[] Secret = "12345678901234567890"u8.ToArray();

    /// <summary>RFC 6238, appendix B, the rows for SHA-1.</summary>
    [Theory]
    [InlineData(59, "94287082")]
    [InlineData(1111111109, "07081804")]
    [InlineData(1111111111, "14050471")]
    [InlineData(1234567890, "89005924")]
    [InlineData(2000000000, "69279037")]
    [InlineData(20000000000, "65353130")]
    public void Are_those_of_the_standard(long seconds, string code) =>
        Assert.Equal(code, Totp.CodeAt(Secret, Totp.StepAt(DateTimeOffset.FromUnixTimeSeconds(seconds)), digits: 8));

    [Theory]
    [InlineData(-2, false)]
    [InlineData(-1, true)]
    [InlineData(0, true)]
    [InlineData(1, true)]
    [InlineData(2, false)]
    public void Are_taken_one_step_around_now(int away, bool isTaken)
    {
        var now = DateTimeOffset.FromUnixTimeSeconds(1_700_000_000);
        var step = Totp.StepAt(now) + away;

        var taken = Totp.Match(Secret, Totp.CodeAt(Secret, step), now, lastStep: 0);

        Assert.Equal(isTaken ? step : null, taken);
    }

    [Fact]
    public void Are_taken_once()
    {
        var now = DateTimeOffset.FromUnixTimeSeconds(1_700_000_000);
        var step = Totp.StepAt(now);
        var code = Totp.CodeAt(Secret, step);

        Assert.Equal(step, Totp.Match(Secret, code, now, step - 1));
        Assert.Null(Totp.Match(Secret, code, now, step));
    }

    /// <summary>RFC 4648, section 10, without the padding that generators leave out.</summary>
    [Theory]
    [InlineData("", "")]
    [InlineData("f", "MY")]
    [InlineData("foobar", "MZXW6YTBOI")]
    public void Come_from_a_secret_that_is_typed_in_base32(string bytes, string text) =>
        Assert.Equal(text, Totp.ToBase32(Encoding.ASCII.GetBytes(bytes)));

    [Theory]
    [InlineData(4, 5, 0)]
    [InlineData(5, 5, 1)]
    [InlineData(6, 5, 2)]
    [InlineData(14, 5, 512)]
    [InlineData(15, 5, SignInLimits.DelaySecondsMax)]
    [InlineData(1_000_000, 5, SignInLimits.DelaySecondsMax)]
    public void Wrong_too_often_have_to_wait_ever_longer(long failures, int free, int seconds) =>
        Assert.Equal(seconds, Attempts.DelaySeconds(failures, free));
}

using Stoa.Vocabulary;
using Xunit;

namespace Stoa.Tests.Vocabulary;

public class Guessing_names
{
    private static readonly string[] Known = ["result", "resultTime", "phenomenonTime", "name"];

    [Theory]
    [InlineData("reslt", "result")]
    [InlineData("RESULTTIME", "resultTime")]
    [InlineData("phenomenTime", "phenomenonTime")]
    [InlineData("nam", "name")]
    public void Finds_the_name_that_was_meant(string written, string meant) =>
        Assert.Equal(meant, Spelling.Nearest(written, Known));

    [Theory]
    [InlineData("colour")]
    [InlineData("x")]
    [InlineData("")]
    public void Says_nothing_where_a_guess_would_be_a_shot_in_the_dark(string written) =>
        Assert.Null(Spelling.Nearest(written, Known));

    [Fact]
    public void Gives_up_on_long_names_at_the_limit()
    {
        string[] known = [new('a', 80), new('b', 81)];

        Assert.Equal(known[0], Spelling.Nearest(new string('a', 80), known));
        Assert.Null(Spelling.Nearest(new string('a', 81), known));
        Assert.Null(Spelling.Nearest(new string('b', 80), known));
    }
}

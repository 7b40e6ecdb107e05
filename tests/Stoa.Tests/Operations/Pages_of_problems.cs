using System.Text.RegularExpressions;
using Stoa.Tests.Architecture;
using Xunit;

namespace Stoa.Tests.Operations;

public partial class Pages_of_problems(SharedExchange shared)
{
    [Fact]
    public void Exist_for_every_type_in_the_code()
    {
        var used = RepositoryFiles.CSharp("src").SelectMany(file => TypesIn(file.Text)).Distinct().ToArray();
        var pages = Directory.GetFiles(RepositoryFiles.PathOf("docs", "problems"), "*.md")
            .Select(Path.GetFileNameWithoutExtension).ToArray();

        Assert.True(used.Length > 20, "The types were not found in the code.");
        Assert.Empty(used.Except(pages));
    }

    [Fact]
    public void Exist_for_nothing_else()
    {
        var source = string.Concat(RepositoryFiles.CSharp("src").Select(file => file.Text));

        Assert.DoesNotContain(Directory.GetFiles(RepositoryFiles.PathOf("docs", "problems"), "*.md")
            .Select(Path.GetFileNameWithoutExtension), type =>
                !source.Contains($"\"{type}\"", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("new Problem(400, \"made-up\", \"x\", \"y\")")]
    [InlineData("new(\n        503, \"made-up\",\n        \"x\")")]
    [InlineData("Problem.BadRequest(\n    \"made-up\", \"x\", \"y\")")]
    public void Are_missed_when_they_are_missing(string code) => Assert.Equal(["made-up"], TypesIn(code));

    [Fact]
    public void Have_the_same_parts()
    {
        foreach (var file in Directory.GetFiles(RepositoryFiles.PathOf("docs", "problems"), "*.md"))
        {
            var lines = File.ReadAllLines(file);
            var type = Path.GetFileNameWithoutExtension(file);

            Assert.StartsWith("# ", lines[0], StringComparison.Ordinal);
            Assert.StartsWith($"`/problems/{type}`, status ", lines[2], StringComparison.Ordinal);
            Assert.Contains("## Why", lines);
            Assert.Contains("## What to do", lines);
        }
    }

    [Fact]
    public async Task Can_be_read_in_a_browser()
    {
        var stoa = await shared.StartedAsync();

        var page = await stoa.GetAsync("/problems/method-not-allowed");
        var index = await stoa.GetAsync("/problems");
        var none = await stoa.GetAsync("/problems/no-such-type");

        Assert.Equal("text/html", page.ShouldBe(200).MediaType);
        Assert.Contains("<h1>This method is not allowed here</h1>", page.Text, StringComparison.Ordinal);
        Assert.Contains("href=\"/problems/method-not-allowed\"", index.ShouldBe(200).Text, StringComparison.Ordinal);
        none.ShouldBeProblem(404, "not-found");
    }

    private static IEnumerable<string> TypesIn(string code) =>
        TypeOfProblem().Matches(code).Select(match => match.Groups["type"].Value);

    [GeneratedRegex("""(\b[45]\d\d,|\bBadRequest\()\s*"(?<type>[a-z][a-z0-9-]+)",""")]
    private static partial Regex TypeOfProblem();
}

using System.Text.RegularExpressions;
using Stoa.Tests.Architecture;
using Xunit;

namespace Stoa.Tests.Operations;

public partial class First_calls_of_the_README
{
    private const string Address = "http://127.0.0.1:8080";

    [Fact]
    public async Task Do_what_they_say()
    {
        await using var stoa = await Exchange.StartAsync();
        var calls = Call().Matches(File.ReadAllText(RepositoryFiles.PathOf("README.md")).Replace("\r", "",
            StringComparison.Ordinal))
            .Select(call => (Path: call.Groups["path"].Value, Body: call.Groups["body"].Value)).ToArray();

        Assert.Equal(2, calls.Count(call => call.Body.Length > 0));
        foreach (var (path, body) in calls)
            if (body.Length > 0) (await stoa.PostJsonAsync(path, body)).ShouldBe(201);
            else (await stoa.GetAsync(path)).ShouldBe(200);
        var own = await stoa.GetAsync(calls.Single(call => call.Path.StartsWith("/datasets/", StringComparison.Ordinal) && call.Body.Length == 0).Path);
        Assert.Equal(31.5, own.Json.GetProperty("value")[0].GetProperty("result").GetDouble());
        var days = await stoa.GetAsync(calls.Single(call => call.Path.Contains("$aggregate", StringComparison.Ordinal)).Path);
        Assert.Equal(31.5, days.Json.GetProperty("value")[0].GetProperty("avg").GetDouble());
        var table = await stoa.GetAsync(calls.Single(call => call.Path.Contains("CSV", StringComparison.Ordinal)).Path);
        Assert.Contains(",31.5,", table.Text, StringComparison.Ordinal);
    }

    // A call without a body ends with its line; one with a body has it in quotes or as a here-document.
    [GeneratedRegex($$"""curl '?{{Address}}(?<path>[^'\s]+)'?(?:[ \t]*\n|[^\n]*?(?:\\\n[^\n]*?)*?(?:-d '(?<body>\{[^']*\})'|-d @- <<'JSON'\n(?<body>.*?)\n\s*JSON))""", RegexOptions.Singleline)]
    private static partial Regex Call();
}

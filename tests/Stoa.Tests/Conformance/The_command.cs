using System.Diagnostics.CodeAnalysis;
using System.Text.Json;
using System.Xml.Linq;
using Stoa.Tests.Operations;
using Xunit;

namespace Stoa.Tests.Conformance;

/// <summary><c>stoa conformance</c> as anybody starts it, against the program as anybody starts it.</summary>
[SuppressMessage("Design", "CA1001", Justification = "Each test disposes what it starts.")]
public class The_command
{
    private static async Task<(StoaProgram Program, string Root, string Token)> ServeAsync(TemporaryFolder folder)
    {
        var (program, address) = await StoaProgram.ServeAsync(folder.Path, "--mqtt", "127.0.0.1:0");
        var (_, token, errors) = await StoaProgram.RunAsync("token", "create", "--data", folder.Path, "--name",
            "suite", "--admin");
        Assert.True(token.Length > 0, errors);
        return (program, new Uri(address, "sensorthings/v1.1").ToString(), token.Trim());
    }

    [Fact]
    public async Task Finds_no_fault_and_leaves_nothing_behind()
    {
        using var folder = new TemporaryFolder();
        var (program, root, token) = await ServeAsync(folder);
        await using var _ = program;

        var (exitCode, output, errors) = await StoaProgram.RunAsync("conformance", "--base", root, "--token", token);

        Assert.True(exitCode == 0, output + errors);
        Assert.Contains("request-data                                      13/13", output, StringComparison.Ordinal);
        Assert.DoesNotContain("not claimed", output, StringComparison.Ordinal);
        Assert.Contains("Every claimed requirement that was tried is fulfilled.", output, StringComparison.Ordinal);
        using var http = new HttpClient();
        http.DefaultRequestHeaders.Authorization = new("Bearer", token);
        foreach (var set in new[] { "Things", "Locations", "Datastreams", "Sensors", "ObservedProperties",
            "Observations", "FeaturesOfInterest", "MultiDatastreams" })
            Assert.Equal("""{"value":[]}""", await http.GetStringAsync(new Uri($"{root}/{set}"),
                TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task Writes_every_format_and_one_class_when_asked()
    {
        using var folder = new TemporaryFolder();
        var (program, root, token) = await ServeAsync(folder);
        await using var _ = program;
        async Task<string> RunAsync(string format)
        {
            var file = Path.Combine(folder.Path, "report." + format);
            var (exitCode, output, errors) = await StoaProgram.RunAsync(
                "conformance", "--base", root + "/", "--token", token, "--class", "sensor", "--format", format,
                    "--output", file);
            Assert.True(exitCode == 0 && output.Length == 0, output + errors);
            return await File.ReadAllTextAsync(file, TestContext.Current.CancellationToken);
        }

        var json = JsonDocument.Parse(await RunAsync("json")).RootElement;
        var suites = XDocument.Parse(await RunAsync("junit")).Root!;
        var page = await RunAsync("markdown");

        Assert.True(json.GetProperty("proven").GetBoolean());
        Assert.All(json.GetProperty("checks").EnumerateArray(), check =>
            Assert.Equal("passed", check.GetProperty("verdict").GetString()));
        Assert.Equal("datamodel/sensor", suites.Element("testsuite")!.Attribute("name")!.Value);
        Assert.Equal("0", suites.Attribute("failures")!.Value);
        Assert.Contains("| datamodel/sensor | 2 of 2 |", page, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Says_what_it_lacks_when_it_may_not_write()
    {
        using var folder = new TemporaryFolder();
        var (program, root, _) = await ServeAsync(folder);
        await using var __ = program;

        var (exitCode, output, _) = await StoaProgram.RunAsync("conformance", "--base", root, "--class",
            "create-update-delete");

        Assert.Equal(4, exitCode);
        Assert.Contains("was answered 401", output, StringComparison.Ordinal);
        Assert.Contains("could not be run", output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(1, "--base", "http://127.0.0.1:9/v1.1")]
    [InlineData(2, "--base", "not an address")]
    [InlineData(2, "--base", "http://127.0.0.1:9/v1.1", "--class", "nothing")]
    [InlineData(2, "--base", "http://127.0.0.1:9/v1.1", "--format", "pdf")]
    [InlineData(2)]
    public async Task Says_what_is_wrong_with_the_call(int expected, params string[] arguments)
    {
        var (exitCode, output, errors) = await StoaProgram.RunAsync(["conformance", .. arguments]);

        Assert.Equal(expected, exitCode);
        Assert.Empty(output);
        Assert.StartsWith("stoa: ", errors, StringComparison.Ordinal);
    }
}

using System.Diagnostics;
using Stoa.Tests.Architecture;
using Xunit;

namespace Stoa.Tests.Storage;

/// <summary>What <c>tests/citus.sh</c> does before it does anything: it refuses what is not the coordinator of a cluster.</summary>
[Trait("Engine", "Postgres")]
public class Checking_a_cluster
{
    [Theory]
    [InlineData]
    [InlineData("127.0.0.1")]
    [InlineData("Host=127.0.0.1;Username=stoa")]
    public async Task Says_how_it_is_called(params string[] arguments)
    {
        var (code, text) = await RunAsync(arguments);

        Assert.Equal(1, code);
        Assert.StartsWith("Usage: tests/citus.sh", text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Refuses_a_server_without_the_extension_and_makes_nothing_there()
    {
        using var folder = new TemporaryFolder();
        var address = TestDatabases.ConnectionStringOf(folder.Path)!; // The trait keeps the test to PostgreSQL.
        var database = address.Split(';').Single(part => part.StartsWith("Database=", StringComparison.Ordinal))["Database=".Length..];

        var (code, text) = await RunAsync(address);

        Assert.Equal(1, code);
        Assert.Equal($"The database {database} has no extension citus: give the coordinator of a Citus cluster.\n", text);
    }

    [Fact]
    public async Task Says_that_a_server_is_not_there()
    {
        var (code, text) = await RunAsync("Host=127.0.0.1;Port=1;Username=stoa;Database=city");

        Assert.Equal(1, code);
        Assert.EndsWith("The coordinator cannot be reached as stoa@127.0.0.1:1/city.\n", text, StringComparison.Ordinal);
    }

    private static async Task<(int Code, string Text)> RunAsync(params string[] arguments)
    {
        var start = new ProcessStartInfo("bash") { RedirectStandardError = true, RedirectStandardOutput = true };
        start.ArgumentList.Add(Path.Combine(RepositoryFiles.Root, "tests", "citus.sh"));
        foreach (var argument in arguments) start.ArgumentList.Add(argument);
        using var script = Process.Start(start)!;
        var text = await script.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        await script.WaitForExitAsync(TestContext.Current.CancellationToken);
        return (script.ExitCode, text);
    }
}

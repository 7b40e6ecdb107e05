using System.Diagnostics;
using Stoa.Storage;
using Xunit;

namespace Stoa.Tests.Import;

public class Import_commands
{
    private static readonly CancellationToken Now = TestContext.Current.CancellationToken;

    // The program as it is started by people, beside the tests.
    private static async Task<(int ExitCode, string Output, string Errors)> RunAsync(string folder,
        params string[] arguments)
    {
        var program = Path.Combine(AppContext.BaseDirectory, OperatingSystem.IsWindows() ? "stoa.exe" : "stoa");
        var start = new ProcessStartInfo(program, arguments)
        {
            RedirectStandardOutput = true, RedirectStandardError = true, WorkingDirectory = folder,
        };
        TestDatabases.Prepare(start);
        using var process = Process.Start(start) ?? throw new InvalidOperationException("The program did not start.");
        var output = process.StandardOutput.ReadToEndAsync(Now);
        var errors = process.StandardError.ReadToEndAsync(Now);
        await process.WaitForExitAsync(Now);
        return (process.ExitCode, await output, await errors);
    }

    [Fact]
    public async Task Enter_the_dataset_import_and_say_what_they_did()
    {
        using var folder = new TemporaryFolder();
        var mapping = Path.Combine(folder.Path, "m.yaml");
        await File.WriteAllTextAsync(mapping,
            """
            title: Levels
            dataset: { description: Water levels, sector: water }
            stations: { file: s.csv, key: id }
            time: { column: when, formats: [iso], zone: UTC }
            thing: { key: '{station}', name: '{station.label}' }
            datastreams:
              - { column: level, key: '{station}/level', sensor: { key: gauge }, observedProperty: { key: level } }
            """, Now);
        await File.WriteAllTextAsync(Path.Combine(folder.Path, "s.csv"), "id,label\nA,Gauge A\n", Now);
        await File.WriteAllTextAsync(Path.Combine(folder.Path, "a.csv"),
            "when,station,level\n2025-01-01,A,1.5\nx,A,2\n", Now);
        string[] import = ["import", "csv", "a.csv", "--mapping", "m.yaml", "--dataset", "levels", "--data", "data"];

        var absent = await RunAsync(folder.Path, import);
        var first = await RunAsync(folder.Path, [.. import, "--create"]);
        var again = await RunAsync(folder.Path, import);

        // A folder may hold no data yet; a database is the program's from its first use on, and only the dataset is missing.
        Assert.Equal(TestDatabases.Engine == StorageEngine.Sqlite ? 3 : 2, absent.ExitCode);
        Assert.Contains("--create", absent.Errors, StringComparison.Ordinal);
        Assert.Equal(4, first.ExitCode);
        Assert.Matches(@"Observations added: +1\n", first.Output);
        Assert.Matches(@"Rows rejected: +1\n", first.Output);
        Assert.Contains("a.csv.rejects.csv", first.Errors, StringComparison.Ordinal);
        Assert.Contains("line 3: 'x' is not a time in the form iso", first.Errors, StringComparison.Ordinal);
        Assert.Matches(@"Observations added: +0\n", again.Output);
        Assert.Matches(@"Observations there already: +1\n", again.Output);
    }

    [Fact]
    public async Task Import_features_and_convert_their_coordinates()
    {
        using var folder = new TemporaryFolder();
        await File.WriteAllTextAsync(Path.Combine(folder.Path, "a.geojson"),
            """{"type":"Feature","id":1,"geometry":{"type":"Point","coordinates":[500000,5761038.212467]},"properties":{}}""", Now);
        string[] import = ["import", "geojson", "a.geojson", "--dataset", "places", "--create", "--data", "data"];

        var refused = await RunAsync(folder.Path, import);
        var converted = await RunAsync(folder.Path, [.. import, "--crs", "EPSG:25832"]);

        Assert.Equal(1, refused.ExitCode);
        Assert.Contains("--crs EPSG:25832", refused.Errors, StringComparison.Ordinal);
        Assert.Equal(0, converted.ExitCode);
        Assert.Matches(@"Things: +1\n", converted.Output);
    }

    [Theory]
    [InlineData("There is no mapping", "import", "csv", "a.csv", "--mapping", "none.yaml", "--dataset", "x", "--data",
        "data")]
    [InlineData("There is no file", "import", "csv", "none.csv", "--mapping", "a.csv", "--dataset", "x", "--data",
        "data")]
    [InlineData("--dataset", "import", "csv", "a.csv", "--mapping", "a.csv")]
    [InlineData("line 1", "import", "csv", "a.csv", "--mapping", "a.csv", "--dataset", "x", "--create", "--data",
        "data")]
    public async Task Refuse_what_cannot_be_meant(string part, params string[] arguments)
    {
        using var folder = new TemporaryFolder();
        await File.WriteAllTextAsync(Path.Combine(folder.Path, "a.csv"), "when\n", Now);

        var (exitCode, _, errors) = await RunAsync(folder.Path, arguments);

        Assert.Equal(2, exitCode);
        Assert.Contains(part, errors, StringComparison.Ordinal);
    }
}

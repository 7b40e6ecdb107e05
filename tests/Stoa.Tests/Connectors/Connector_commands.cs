using Stoa.Sensing.Connectors;
using Stoa.Tests.Architecture;
using Stoa.Tests.Operations;
using Stoa.Vocabulary;
using Xunit;

namespace Stoa.Tests.Connectors;

/// <summary>The command <c>stoa connector</c> as a process of its own, also beside a server.</summary>
public class Connector_commands
{
    private static string Sample(string file) => RepositoryFiles.PathOf("samples", "connectors", file);

    [Fact]
    public async Task Test_prints_what_a_payload_would_give()
    {
        var (exitCode, output, errors) = await StoaProgram.RunAsync("connector", "test", "--file", Sample("tasmota.yaml"),
            "--payload", Sample("tasmota.json"), "--topic", "tele/library-03/SENSOR");

        Assert.Equal((0, ""), (exitCode, errors));
        Assert.Contains("Thing        library-03  library-03\n", output, StringComparison.Ordinal);
        Assert.Contains("Datastream   library-03/AM2301.Temperature  Air temperature [°C]\n", output, StringComparison.Ordinal);
        Assert.Contains("Observation  library-03/ENERGY.Power.0  2026-03-14T08:25:10Z  41\n", output, StringComparison.Ordinal);
        Assert.EndsWith("19 observations would be stored.\n", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Test_says_why_a_payload_would_be_a_dead_letter()
    {
        var (exitCode, output, _) = await StoaProgram.RunAsync("connector", "test", "--file", Sample("chirpstack.yaml"),
            "--payload", Sample("chirpstack.yaml"));

        Assert.Equal(4, exitCode);
        Assert.Contains("The message would become a dead letter: ", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Test_takes_the_sample_of_the_declaration()
    {
        using var folder = new TemporaryFolder();
        var file = Path.Combine(folder.Path, "c.yaml");
        await File.WriteAllTextAsync(file,
            "name: c\ntopic: a/{device}\nformat: number\nvalues: [{ quantity: q }]\nsample: { topic: a/7, payload: '3' }", ConnectorSamples.Now);

        var (exitCode, output, _) = await StoaProgram.RunAsync("connector", "test", "--file", file);

        Assert.Equal(0, exitCode);
        Assert.Contains("Datastream   7/q  q\n", output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("cannot be read", "--file", "none.yaml")]
    [InlineData("holds no sample", "--file", "{chirpstack.yaml}")]
    [InlineData("matches none of the topics", "--file", "{tasmota.yaml}", "--payload", "{tasmota.json}", "--topic", "other")]
    [InlineData("line 1", "--file", "{tasmota.json}", "--payload", "{tasmota.json}")]
    public async Task Test_refuses_what_cannot_be_meant(string part, params string[] arguments)
    {
        string[] filled = [.. arguments.Select(argument => argument.StartsWith('{') ? Sample(argument.Trim('{', '}')) : argument)];

        var (exitCode, _, errors) = await StoaProgram.RunAsync(["connector", "test", .. filled]);

        Assert.Equal(2, exitCode);
        Assert.Contains(part, errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Preset_lists_them_and_prints_one()
    {
        var list = await StoaProgram.RunAsync("connector", "preset");
        var one = await StoaProgram.RunAsync("connector", "preset", "tasmota");
        var none = await StoaProgram.RunAsync("connector", "preset", "none");

        Assert.Equal("chirpstack\nline-protocol\nnumber\nsenml\nsensor-community\ntasmota\nthe-things-stack\nzigbee2mqtt\n", list.Output);
        Assert.Equal(ConnectorPresets.TextOf("tasmota"), one.Output);
        Assert.Equal(2, none.ExitCode);
    }

    [Fact]
    public async Task Work_beside_a_running_server_which_follows_within_a_second()
    {
        await using var stoa = await Exchange.StartAsync();
        var token = await stoa.GivenConnectorAsync("water", "levels", "device: x\nformat: number\nvalues: [{ quantity: q }]", "");
        const string hook = "/datasets/water/connectors/levels";

        var untested = await StoaProgram.RunAsync("connector", "enable", "water/levels", "--data", stoa.Folder);
        var forced = await StoaProgram.RunAsync("connector", "enable", "water/levels", "--force", "--data", stoa.Folder);
        await Until(async () => (await stoa.PostPayloadAsync(hook, "high", token)).Status == 202);
        var list = await StoaProgram.RunAsync("connector", "list", "--data", stoa.Folder);
        var letters = await StoaProgram.RunAsync("connector", "dead-letters", "list", "water/levels", "--data", stoa.Folder);
        var payload = await StoaProgram.RunAsync("connector", "dead-letters", "show", "water/levels", "--id", "1", "--data", stoa.Folder);

        Assert.Equal(2, untested.ExitCode);
        Assert.Contains("understood a payload", untested.Errors, StringComparison.Ordinal);
        Assert.Equal("water/levels is on.\n", forced.Output);
        Assert.Equal("water/levels\ton\tuntested\t1 received\t0 observations\t1 rejected\t1 dead letters\tq: 'high' is not a finite number\n",
            list.Output);
        Assert.Contains("\t-\t4 bytes\tq: 'high' is not a finite number", letters.Output, StringComparison.Ordinal);
        Assert.Equal("high", payload.Output);

        (await stoa.PutYamlAsync("/api/v1/datasets/water/connectors/levels", "device: x\nformat: text\nvalues: [{ quantity: q }]", token))
            .ShouldBe(200);
        var asked = await StoaProgram.RunAsync("connector", "dead-letters", "replay", "water/levels", "--data", stoa.Folder);
        await Until(async () => (await stoa.ObservationsAsync("water")).Length == 1);
        var deleted = await StoaProgram.RunAsync("connector", "dead-letters", "delete", "water/levels", "--data", stoa.Folder);
        var off = await StoaProgram.RunAsync("connector", "disable", "water/levels", "--data", stoa.Folder);
        await Until(async () => (await stoa.PostPayloadAsync(hook, "low", token)).Status == 409);
        var none = await StoaProgram.RunAsync("connector", "disable", "water/none", "--data", stoa.Folder);

        Assert.StartsWith("1 dead letters will be replayed", asked.Output, StringComparison.Ordinal);
        Assert.Equal("0 dead letters deleted.\n", deleted.Output);
        Assert.Equal((0, 2), (off.ExitCode, none.ExitCode));
    }

    [Fact]
    public async Task Files_in_the_folder_declare_connectors_at_the_start()
    {
        using var folder = new TemporaryFolder();
        await using var stoa = await Exchange.StartAsync(settings: ("connectors.folder", folder.Path));
        await stoa.GivenDatasetAsync("water", SpectrumClass.Closed);
        async Task GivenAsync(string file, string text) =>
            await File.WriteAllTextAsync(Path.Combine(folder.Path, file), text, ConnectorSamples.Now);
        await GivenAsync("good.yaml", "name: good\ndataset: water\ndevice: x\nformat: number");
        await GivenAsync("off.yml", "name: off\ndataset: water\nenabled: false\ndevice: x\nformat: number");
        await GivenAsync("bad.yaml", "name: bad\ndataset: water\ndevise: x");
        await GivenAsync("nowhere.yaml", "name: nowhere\ndataset: nowhere\ndevice: x\nformat: number");
        await GivenAsync("sample.yaml", "name: sample\ndataset: water\ndevice: x\nformat: number\nsample: { payload: high }");
        await GivenAsync("note.txt", "no declaration");

        await stoa.RestartAsync(("connectors.folder", folder.Path));
        var token = await stoa.GivenTokenAsync("water", "write");

        async Task<string[]> ListAsync() =>
        [
            .. (await stoa.GetAsync("/api/v1/datasets/water/connectors", token)).ShouldBe(200).Json.GetProperty("value").EnumerateArray()
                .Select(entry => $"{entry.GetProperty("name").GetString()} {entry.GetProperty("enabled").GetBoolean()} " +
                    (entry.TryGetProperty("file", out var file) ? file.GetString() : "-")),
        ];
        // Only the node that leads reads the folder; on PostgreSQL it leads some moments after its start.
        Task BecomesAsync(params string[] lines) => Until(async () => string.Join(",", lines) == string.Join(",", await ListAsync()));
        await BecomesAsync("good True good.yaml", "off False off.yml");
        (await stoa.PostPayloadAsync("/datasets/water/connectors/good", "1", token)).ShouldBe(200);
        (await stoa.PutYamlAsync("/api/v1/datasets/water/connectors/good", "device: y\nformat: number", token))
            .ShouldBeProblem(409, "connector-in-file");
        (await stoa.DeleteAsync("/api/v1/datasets/water/connectors/good", token)).ShouldBeProblem(409, "connector-in-file");
        (await stoa.PutYamlAsync("/api/v1/datasets/water/connectors/other", "device: y\nformat: number", token)).ShouldBe(201);

        File.Delete(Path.Combine(folder.Path, "good.yaml"));
        await GivenAsync("other.yaml", "name: other\ndataset: water\ndevice: x\nformat: number");
        await stoa.RestartAsync(("connectors.folder", folder.Path));

        // What lost its file is switched off and may be deleted; what the API declared is not taken over by a file.
        await BecomesAsync("good False -", "off False off.yml", "other False -");
        (await stoa.DeleteAsync("/api/v1/datasets/water/connectors/good", token)).ShouldBe(204);
    }

    private static async Task Until(Func<Task<bool>> isSo)
    {
        for (var i = 0; i < 600; i++)
        {
            if (await isSo()) return;
            await Task.Delay(TimeSpan.FromMilliseconds(50), ConnectorSamples.Now);
        }

        Assert.Fail("It did not happen within 30 seconds.");
    }
}

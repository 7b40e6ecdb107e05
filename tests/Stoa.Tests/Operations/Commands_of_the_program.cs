using System.Diagnostics;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Runtime.InteropServices;
using System.Text.Json;
using Stoa.Host.Commands;
using Stoa.Storage;
using Stoa.Tests.Architecture;
using Stoa.Vocabulary;
using Xunit;

namespace Stoa.Tests.Operations;

public class Commands_of_the_program
{
    private static CancellationToken Now => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Make_list_and_revoke_a_token_beside_a_running_server()
    {
        using var folder = new TemporaryFolder();
        var (server, address) = await StoaProgram.ServeAsync(folder.Path);
        await using var running = server;
        using var http = new HttpClient { BaseAddress = address };

        var created = await StoaProgram.RunAsync("token", "create", "--data", folder.Path, "--name", "first",
            "--admin");
        http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", created.Output.Trim());
        using var allowed = await http.GetAsync(new Uri("/api/v1/tokens", UriKind.Relative), Now);
        var listed = await StoaProgram.RunAsync("token", "list", "--data", folder.Path);
        var revoked = await StoaProgram.RunAsync("token", "revoke", "1", "--data", folder.Path);
        var relisted = await StoaProgram.RunAsync("token", "list", "--data", folder.Path);

        Assert.Equal(ExitCode.Done, created.ExitCode);
        Assert.DoesNotContain('\n', created.Output.TrimEnd('\n'));
        Assert.True(allowed.IsSuccessStatusCode);
        Assert.Contains("first\teverything\tno end", listed.Output, StringComparison.Ordinal);
        Assert.DoesNotContain(created.Output.Trim(), listed.Output, StringComparison.Ordinal);
        Assert.Equal(ExitCode.Done, revoked.ExitCode);
        Assert.Contains("revoked 2", relisted.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Refuse_a_token_without_rights_or_for_a_dataset_that_is_not_there()
    {
        using var folder = new TemporaryFolder();
        await using (await Exchange.StartAsync(folder.Path)) { }

        var without = await StoaProgram.RunAsync("token", "create", "--data", folder.Path, "--name", "x");
        var unknown = await StoaProgram.RunAsync("token", "create", "--data", folder.Path, "--name", "x", "--dataset",
            "none");

        Assert.Equal(ExitCode.Usage, without.ExitCode);
        Assert.Contains("--admin, or --dataset", without.Errors, StringComparison.Ordinal);
        Assert.Equal(ExitCode.Usage, unknown.ExitCode);
        Assert.Contains("There is no dataset 'none'", unknown.Errors, StringComparison.Ordinal);
        Assert.Equal("", without.Output + unknown.Output);
    }

    [Fact, Trait("Engine", "SQLite")]
    public async Task Refuse_a_second_server_on_the_same_folder()
    {
        using var folder = new TemporaryFolder();
        await using var first = await Exchange.StartAsync(folder.Path);

        var second = await StoaProgram.RunAsync("serve", "--data", folder.Path, "--urls", "http://127.0.0.1:0");

        Assert.Equal(ExitCode.DataFolder, second.ExitCode);
        Assert.Contains("Another Stoa serves the data folder", second.Errors, StringComparison.Ordinal);
        Assert.Equal("", second.Output);
    }

    [Fact]
    public async Task Refuse_a_port_that_is_taken()
    {
        using var folder = new TemporaryFolder();
        await using var first = await Exchange.StartAsync();

        var second = await StoaProgram.RunAsync("serve", "--data", folder.Path, "--urls", first.Address.ToString());

        Assert.Equal(ExitCode.Failed, second.ExitCode);
        Assert.Contains($"Another program listens on 127.0.0.1:{first.Address.Port}", second.Errors,
            StringComparison.Ordinal);
        Assert.Empty(Directory.GetFileSystemEntries(folder.Path));
    }

    [Fact]
    public async Task Refuse_settings_and_words_that_do_not_exist()
    {
        var setting = await StoaProgram.RunAsync("serve", "--set", "limits.topmax=5");
        var word = await StoaProgram.RunAsync("server");

        Assert.Equal(ExitCode.Usage, setting.ExitCode);
        Assert.Contains("Did you mean limits.topMax?", setting.Errors, StringComparison.Ordinal);
        Assert.Equal(ExitCode.Usage, word.ExitCode);
        Assert.Contains("'server'", word.Errors, StringComparison.Ordinal);
    }

    [Fact, Trait("Engine", "SQLite")]
    public async Task Do_not_make_a_database_in_a_folder_named_by_mistake()
    {
        using var folder = new TemporaryFolder();

        var answer = await StoaProgram.RunAsync("token", "list", "--data", folder.Path);

        Assert.Equal(ExitCode.DataFolder, answer.ExitCode);
        Assert.Empty(Directory.GetFileSystemEntries(folder.Path));
    }

    [Fact, Trait("Engine", "SQLite")]
    public async Task Back_up_a_running_server_and_restore_it_elsewhere()
    {
        using var folder = new TemporaryFolder();
        await using var stoa = await Exchange.StartAsync(Path.Combine(folder.Path, "data"));
        await stoa.GivenDatasetAsync("kept", SpectrumClass.Open);
        var file = Path.Combine(folder.Path, "copy.backup");

        var backup = await StoaProgram.RunAsync("backup", file, "--data", stoa.Folder);
        await stoa.GivenDatasetAsync("later", SpectrumClass.Open);
        var again = await StoaProgram.RunAsync("backup", file, "--data", stoa.Folder);
        var restore = await StoaProgram.RunAsync("restore", file, "--data", Path.Combine(folder.Path, "restored"));

        Assert.Equal((ExitCode.Done, file), (backup.ExitCode, backup.Output.Trim()));
        Assert.Equal(ExitCode.DataFolder, again.ExitCode);
        Assert.Contains("exists already", again.Errors, StringComparison.Ordinal);
        Assert.Equal(ExitCode.Done, restore.ExitCode);
        await using var restored = await Exchange.StartAsync(Path.Combine(folder.Path, "restored"));
        using var read = await restored.Database.ReadAsync(Now);
        using var slugs = read.Prepare("SELECT group_concat(slug, ' ') FROM (SELECT slug FROM dataset ORDER BY id)");
        Assert.True(slugs.Step());
        Assert.Equal("inbox kept", slugs.Text(0));
    }

    [Fact, Trait("Engine", "SQLite")]
    public async Task Restore_into_no_folder_that_holds_data_and_no_damaged_file()
    {
        using var folder = new TemporaryFolder();
        var data = Path.Combine(folder.Path, "data");
        var file = Path.Combine(folder.Path, "copy.backup");
        await using (await Exchange.StartAsync(data)) { }
        Assert.Equal(ExitCode.Done, (await StoaProgram.RunAsync("backup", file, "--data", data)).ExitCode);
        var damaged = Path.Combine(folder.Path, "damaged.backup");
        var bytes = await File.ReadAllBytesAsync(file, Now);
        bytes.AsSpan(4096, 64 * 1024).Fill(0x5A);
        await File.WriteAllBytesAsync(damaged, bytes, Now);
        var other = Path.Combine(folder.Path, "other");

        var onto = await StoaProgram.RunAsync("restore", file, "--data", data);
        var broken = await StoaProgram.RunAsync("restore", damaged, "--data", other);

        Assert.Equal(ExitCode.DataFolder, onto.ExitCode);
        Assert.Contains("holds a database already", onto.Errors, StringComparison.Ordinal);
        Assert.Equal(ExitCode.DataFolder, broken.ExitCode);
        Assert.Contains("damaged", broken.Errors, StringComparison.Ordinal);
        Assert.Equal(["stoa.lock"], Directory.GetFiles(other).Select(Path.GetFileName));
        Assert.DoesNotContain("unfinished", string.Join(' ', Directory.GetFiles(data)), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Log_each_line_as_JSON_when_asked_to()
    {
        using var folder = new TemporaryFolder();
        var lines = await StoaProgram.LinesUntilStoppedAsync(
            "serve", "--data", folder.Path, "--urls", "http://127.0.0.1:0", "--log-format", "json");

        var entries = lines.Select(line => JsonDocument.Parse(line).RootElement).ToArray();
        Assert.Contains(entries, entry => entry.GetProperty("EventId").GetInt32() == 1101 &&
            entry.GetProperty("State").GetProperty("Folder").GetString() == folder.Path);
        Assert.Contains(entries, entry => entry.GetProperty("EventId").GetInt32() == 1102);
    }

    [Theory]
    [InlineData(PosixSignal.SIGTERM)]
    [InlineData(PosixSignal.SIGINT)]
    public async Task Stop_within_ten_seconds_and_lose_nothing_that_was_acknowledged(PosixSignal signal)
    {
        using var folder = new TemporaryFolder();
        var (server, address) = await StoaProgram.ServeAsync(folder.Path);
        await using var running = server;
        var token = (await StoaProgram.RunAsync("token", "create", "--data", folder.Path, "--name", "w",
            "--admin")).Output.Trim();
        using var http = new HttpClient { BaseAddress = address };
        http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", token);
        var acknowledged = new System.Collections.Concurrent.ConcurrentBag<long>();
        var enough = new TaskCompletionSource();
        var writers = Enumerable.Range(0, 8).Select(_ => WriteUntilRefusedAsync(http, acknowledged, enough)).ToArray();
        await enough.Task.WaitAsync(TimeSpan.FromSeconds(60), Now);

        var stopping = Stopwatch.StartNew();
        running.Signal(signal);
        var exitCode = await running.WaitAsync();
        await Task.WhenAll(writers);

        Assert.Equal(ExitCode.Done, exitCode);
        Assert.InRange(stopping.Elapsed, TimeSpan.Zero, TimeSpan.FromSeconds(10));
        await using var database = await TestDatabases.OpenAsync(new() { Folder = folder.Path }, Now);
        using var read = await database.ReadAsync(Now);
        using var select = read.Prepare("SELECT id FROM access_token");
        var kept = new HashSet<long>();
        while (select.Step()) kept.Add(select.Int64(0));
        Assert.NotEmpty(acknowledged);
        Assert.Empty(acknowledged.Except(kept));
    }

    [Fact]
    public void Stand_in_the_documentation()
    {
        var page = File.ReadAllText(RepositoryFiles.PathOf("docs", "operating", "commands.md"));
        var commands = CommandLine.Root().Subcommands
            .SelectMany(command => command.Subcommands.Count == 0 ? [command] : command.Subcommands);

        foreach (var command in commands)
        {
            var path = string.Join(' ', command.Parents.Where(parent => parent is not System.CommandLine.RootCommand)
                .Select(parent => parent.Name).Append(command.Name));
            Assert.Contains($"`stoa {path}", page, StringComparison.Ordinal);
            Assert.All(command.Options.Where(option =>
                option.Name is not ("--help" or "--data" or "--config" or "--set")),
                option => Assert.Contains(option.Name, page, StringComparison.Ordinal));
        }
    }

    private static async Task WriteUntilRefusedAsync(
        HttpClient http, System.Collections.Concurrent.ConcurrentBag<long> acknowledged, TaskCompletionSource enough)
    {
        try
        {
            while (true)
            {
                using var answer = await http.PostAsJsonAsync("/api/v1/tokens",
                    new { name = "w", administrator = true }, Now);
                if (!answer.IsSuccessStatusCode) return;
                var body = await answer.Content.ReadFromJsonAsync<JsonElement>(Now);
                acknowledged.Add(body.GetProperty("details").GetProperty("id").GetInt64());
                if (acknowledged.Count > 200) enough.TrySetResult();
            }
        }
        catch (HttpRequestException)
        {
            // The server is gone: what it answered before is what counts.
        }
    }
}

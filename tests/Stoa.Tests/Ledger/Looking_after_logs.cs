using Stoa.Host.Commands;
using Stoa.Ledger.Checkpoints;
using Stoa.Ledger.Writing;
using Stoa.Storage;
using Stoa.Tests.Operations;
using Xunit;

namespace Stoa.Tests.Ledger;

/// <summary><c>stoa ledger</c>, and what a start says of a log that cannot go on; with the real program.</summary>
public sealed class Looking_after_logs
{
    private static CancellationToken Now => TestContext.Current.CancellationToken;

    [Fact]
    public async Task An_older_database_is_refused_with_advice_that_works()
    {
        using var folder = new TemporaryFolder();
        var key = await RunOnceAsync(folder.Path);
        await GoBackAsync(folder.Path);

        var refused = await StoaProgram.RunAsync("serve", "--data", folder.Path, "--urls", "http://127.0.0.1:0");

        Assert.Equal(ExitCode.Failed, refused.ExitCode);
        Assert.Contains("older than the log audit", refused.Errors, StringComparison.Ordinal);
        Assert.Contains("stoa ledger begin-anew audit", refused.Errors, StringComparison.Ordinal);

        var anew = await StoaProgram.RunAsync("ledger", "begin-anew", "audit", "--data", folder.Path);
        Assert.Equal(ExitCode.Done, anew.ExitCode);
        Assert.True(VerifierKey.TryParse(anew.Output.Trim(), out var other));
        Assert.Equal(key.Name + "/2", other!.Name);
        Assert.True(File.Exists(Path.Combine(folder.Path, "ledger", "ended", "audit-1", "audit.signed")));
        Assert.Equal(other, await RunOnceAsync(folder.Path));
    }

    [Fact]
    public async Task A_new_key_signs_with_the_old_one_until_that_is_retired()
    {
        using var folder = new TemporaryFolder();
        var old = await RunOnceAsync(folder.Path);

        var rotated = await StoaProgram.RunAsync("ledger", "rotate-key", "audit", "--data", folder.Path);

        Assert.Equal(ExitCode.Done, rotated.ExitCode);
        Assert.True(VerifierKey.TryParse(rotated.Output.Trim(), out var made));
        Assert.Equal(old.Name, made!.Name);
        Assert.NotEqual(old.Id, made.Id);
        var note = await NoteAsync(folder.Path);
        Assert.True(note.IsSignedBy(old));
        Assert.True(note.IsSignedBy(made));

        Assert.Equal(ExitCode.Done, (await StoaProgram.RunAsync("ledger", "rotate-key", "audit", "--retire", "--data", folder.Path)).ExitCode);
        note = await NoteAsync(folder.Path);
        Assert.DoesNotContain(note.Signatures, signature => signature.Id == old.Id);
        Assert.True(note.IsSignedBy(made));
        Assert.Contains("key.rotated", string.Join('\n', await EntriesAsync(folder.Path)), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_running_server_takes_a_new_key_at_its_next_checkpoint()
    {
        await using var stoa = await Exchange.StartAsync();
        var old = await KeyOfAsync(stoa.Http);
        Assert.Equal(ExitCode.Done, (await StoaProgram.RunAsync("ledger", "rotate-key", "audit", "--data", stoa.Folder)).ExitCode);

        using var patience = CancellationTokenSource.CreateLinkedTokenSource(Now);
        patience.CancelAfter(TimeSpan.FromSeconds(30));
        while (true)
        {
            Assert.True(SignedNote.TryParse(await stoa.Http.GetByteArrayAsync("/log/audit/checkpoint", patience.Token), out var note));
            if (note!.Signatures.Any(signature => signature.Id != old.Id))
            {
                Assert.True(note.IsSignedBy(old));
                Assert.Equal(2, (await stoa.Http.GetStringAsync("/log/audit/vkey", Now)).Split('\n', StringSplitOptions.RemoveEmptyEntries).Length);
                break;
            }

            await Task.Delay(50, patience.Token);
        }

        Assert.Equal(ExitCode.Done, (await StoaProgram.RunAsync("ledger", "rotate-key", "audit", "--retire", "--data", stoa.Folder)).ExitCode);
        var listed = (await stoa.GetAsync("/api/v1/log")).Json.GetProperty("value")[0];
        var retired = Assert.Single(listed.GetProperty("retired").EnumerateArray());
        Assert.Equal(old.ToString(), retired.GetProperty("key").GetString());
        Assert.True(retired.GetProperty("since").GetDateTimeOffset() < retired.GetProperty("until").GetDateTimeOffset());
        Assert.NotEqual(old.ToString(), Assert.Single(listed.GetProperty("keys").EnumerateArray()).GetString());
    }

    [Fact]
    public async Task A_backup_in_a_new_folder_gets_no_second_key()
    {
        using var folder = new TemporaryFolder();
        var key = await RunOnceAsync(folder.Path);
        Directory.Delete(Path.Combine(folder.Path, "ledger"), recursive: true);

        var (program, address) = await StoaProgram.ServeAsync(folder.Path);
        await using (program)
        {
            using var http = new HttpClient { BaseAddress = address };
            // What was signed is verified by the public key, which is in the database.
            Assert.Equal(key + "\n", await http.GetStringAsync("/log/audit/vkey", Now));
            Assert.Matches("\"name\":\"audit\"[^}]*\"halted\":true", await http.GetStringAsync("/api/v1/log", Now));
        }

        Assert.False(File.Exists(Path.Combine(folder.Path, "ledger", "audit.key")));
    }

    [Theory]
    [InlineData("rotate-key", "nothing")]
    [InlineData("begin-anew", "nothing")]
    public async Task An_unknown_log_is_refused(string command, string log)
    {
        using var folder = new TemporaryFolder();

        var refused = await StoaProgram.RunAsync("ledger", command, log, "--data", folder.Path);

        Assert.Equal(ExitCode.Usage, refused.ExitCode);
        Assert.Contains("audit, catalog", refused.Errors, StringComparison.Ordinal);
    }

    private static async Task<VerifierKey> RunOnceAsync(string folder)
    {
        var (program, address) = await StoaProgram.ServeAsync(folder);
        await using (program)
        {
            using var http = new HttpClient { BaseAddress = address };
            var key = await KeyOfAsync(http);
            // A stop puts under a checkpoint what is there.
            program.Signal(System.Runtime.InteropServices.PosixSignal.SIGTERM);
            await program.WaitAsync();
            return key;
        }
    }

    private static async Task<SignedNote> NoteAsync(string folder)
    {
        var (program, address) = await StoaProgram.ServeAsync(folder);
        await using (program)
        {
            using var http = new HttpClient { BaseAddress = address };
            // Each start adds entries, and so a checkpoint.
            using var patience = CancellationTokenSource.CreateLinkedTokenSource(Now);
            patience.CancelAfter(TimeSpan.FromSeconds(30));
            var keys = (await http.GetStringAsync("/log/audit/vkey", Now)).Split('\n', StringSplitOptions.RemoveEmptyEntries).Length;
            while (true)
            {
                Assert.True(SignedNote.TryParse(await http.GetByteArrayAsync("/log/audit/checkpoint", patience.Token), out var note));
                if (note!.Signatures.Count == keys) return note;
                await Task.Delay(50, patience.Token);
            }
        }
    }

    private static async Task<VerifierKey> KeyOfAsync(HttpClient http)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(Now);
        patience.CancelAfter(TimeSpan.FromSeconds(30));
        while (true)
        {
            using var answer = await http.GetAsync("/log/audit/vkey", patience.Token);
            using var checkpoint = await http.GetAsync("/log/audit/checkpoint", patience.Token);
            if (answer.IsSuccessStatusCode && checkpoint.IsSuccessStatusCode &&
                VerifierKey.TryParse((await answer.Content.ReadAsStringAsync(Now)).Split('\n')[0], out var key)) return key!;
            await Task.Delay(50, patience.Token);
        }
    }

    private static async Task GoBackAsync(string folder)
    {
        await using var database = await TestDatabases.OpenAsync(new() { Folder = folder }, Now);
        await database.WriteAsync(session =>
        {
            session.Execute("DELETE FROM ledger_entry WHERE log = 1 AND idx >= (SELECT size - 1 FROM ledger_log WHERE id = 1)");
            session.Execute("UPDATE ledger_log SET size = size - 1 WHERE id = 1");
            return true;
        }, Now);
    }

    private static async Task<List<string>> EntriesAsync(string folder)
    {
        await using var database = await TestDatabases.OpenAsync(new() { Folder = folder }, Now);
        return await Entries_of_a_log.EntriesAsync(database, LogName.Audit);
    }
}

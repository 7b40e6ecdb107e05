using System.Text;
using Stoa.Ledger.Checkpoints;
using Stoa.Ledger.Merkle;
using Stoa.Ledger.Verification;
using Stoa.Ledger.Writing;
using Stoa.Storage;
using Xunit;

namespace Stoa.Tests.Ledger;

/// <summary>Entries become tiles and signed checkpoints, whatever ends in between; nothing is signed that goes back on what was signed.</summary>
[System.Runtime.Versioning.SupportedOSPlatform("linux")]
public sealed class Writing_a_log : IAsyncLifetime
{
    private readonly TemporaryFolder _folder = new();
    private Database _database = null!; // Opened before each test.

    private static CancellationToken Now => TestContext.Current.CancellationToken;

    private LedgerOptions Options => new(new("http://city.example/"), Path.Combine(_folder.Path, "ledger"));

    public async ValueTask InitializeAsync() => _database = await TestDatabases.OpenAsync(new() { Folder = _folder.Path }, Now);

    public async ValueTask DisposeAsync()
    {
        await _database.DisposeAsync();
        _folder.Dispose();
    }

    [Fact]
    public async Task Gives_checkpoints_that_go_on_from_each_other()
    {
        var log = Log();
        SignedNote? older = null;
        foreach (var count in (int[])[0, 1, 1, 254, 1, 300, 5_000])
        {
            await AppendAsync(count);
            await log.PublishAsync(long.MaxValue, Now);

            await HoldsAsync(log, older);
            older = log.Note;
        }

        Assert.Equal(5_557, log.Size);
        Assert.False(await log.PublishAsync(long.MaxValue, Now));
        Assert.Equal("city.example/log/kpi", Assert.Single(await log.PublicKeysAsync(Now)).Key.Name);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    public async Task Goes_on_wherever_it_ended(int step)
    {
        await AppendAsync(700);
        var log = Log();
        await log.PublishAsync(long.MaxValue, Now);
        var older = log.Note;

        for (var round = 0; round < 3; round++)
        {
            await AppendAsync(130);
            // Half of the tiles; all of them; the signed checkpoint before it is shown; the last step done and not noticed.
            await Assert.ThrowsAsync<IOException>(() => Log(new EndsAt(StoreOf(), step)).PublishAsync(long.MaxValue, Now));
        }

        var next = Log();
        await next.PublishAsync(long.MaxValue, Now);
        Assert.Equal(700 + 3 * 130, next.Size);
        await HoldsAsync(next, older);
    }

    [Fact]
    public async Task Shows_what_was_signed_and_not_shown_any_more()
    {
        await AppendAsync(10);
        await Assert.ThrowsAsync<IOException>(() => Log(new EndsAt(StoreOf(), 3)).PublishAsync(long.MaxValue, Now));
        var signed = await File.ReadAllBytesAsync(Options.SignedFileOf(LogName.Kpi), Now);
        Assert.Null(await StoreOf().CheckpointAsync(Now));

        var log = Log();
        await log.PublishAsync(long.MaxValue, Now);

        Assert.Equal(signed, log.Note!.ToBytes());
        Assert.Equal(signed, await StoreOf().CheckpointAsync(Now));
    }

    [Fact]
    public async Task Refuses_a_database_that_is_older_than_what_was_signed()
    {
        await AppendAsync(300);
        await Log().PublishAsync(long.MaxValue, Now);
        await GoBackAsync(290);

        var halted = await Assert.ThrowsAsync<LogHaltedException>(() => Log().CheckAsync(Now));

        Assert.True(halted.EndsStart);
        Assert.Contains("290 entries", halted.Message, StringComparison.Ordinal);
        Assert.Contains("checkpoint of 300", halted.Message, StringComparison.Ordinal);
        Assert.Contains("backup", halted.Message, StringComparison.Ordinal);
        await Assert.ThrowsAsync<LogHaltedException>(() => Log().PublishAsync(long.MaxValue, Now));
    }

    [Fact]
    public async Task Refuses_a_database_that_was_brought_back_and_has_gone_on_since()
    {
        await AppendAsync(300);
        await Log().PublishAsync(long.MaxValue, Now);
        await GoBackAsync(290);
        await AppendAsync(25, "other");

        var halted = await Assert.ThrowsAsync<LogHaltedException>(() => Log().PublishAsync(long.MaxValue, Now));

        Assert.True(halted.EndsStart);
        Assert.Contains("not those that were signed", halted.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Makes_lost_tiles_again()
    {
        await AppendAsync(1_000);
        var log = Log();
        await log.PublishAsync(long.MaxValue, Now);
        var older = log.Note;
        await LoseTilesAsync(TileId.AllOf(1_000));
        await AppendAsync(3);

        var next = Log();
        await next.PublishAsync(long.MaxValue, Now);

        await HoldsAsync(next, older);
    }

    [Fact]
    public async Task Signs_nothing_when_an_entry_of_the_past_was_changed_and_its_tiles_removed()
    {
        await AppendAsync(1_000);
        await Log().PublishAsync(long.MaxValue, Now);
        await LoseTilesAsync(TileId.AllOf(1_000));
        await ExecuteAsync("UPDATE ledger_entry SET body = CAST('changed' AS BLOB) WHERE log = 3 AND idx = 3");
        await AppendAsync(1);

        var halted = await Assert.ThrowsAsync<LogHaltedException>(() => Log().PublishAsync(long.MaxValue, Now));

        Assert.Contains("were changed", halted.Message, StringComparison.Ordinal);
        Assert.Equal(1_000, SizeOf(await File.ReadAllBytesAsync(Options.SignedFileOf(LogName.Kpi), Now)));
    }

    [Fact]
    public async Task Signs_nothing_when_the_log_was_written_anew()
    {
        await AppendAsync(500);
        var log = Log();
        await log.PublishAsync(long.MaxValue, Now);
        // Somebody who has the key writes another past, as long, tiles and checkpoint and all.
        var tree = new GrowingTree();
        await ExecuteAsync("UPDATE ledger_entry SET body = CAST('another' AS BLOB) WHERE log = 3");
        for (var i = 0; i < 500; i++) tree.Append("another"u8);
        await log.Tiles.WriteAsync(tree.Drain(), Now);
        var text = new Checkpoint("city.example/log/kpi", 500, tree.Root()).ToString();
        var key = KeyFile.Open(Options.KeyFileOf(LogName.Kpi))[0];
        await log.Tiles.PublishAsync(new SignedNote(text, [key.Sign(text, DateTimeOffset.UnixEpoch)]).ToBytes(), Now);

        var halted = await Assert.ThrowsAsync<LogHaltedException>(() => Log().PublishAsync(long.MaxValue, Now));

        Assert.Contains("its past was changed", halted.Message, StringComparison.Ordinal);
        Assert.True(halted.EndsStart);
    }

    [Fact]
    public async Task Signs_nothing_without_the_entry_that_comes_next()
    {
        await AppendAsync(10);
        await ExecuteAsync("DELETE FROM ledger_entry WHERE log = 3 AND idx = 4");

        var halted = await Assert.ThrowsAsync<LogHaltedException>(() => Log().PublishAsync(long.MaxValue, Now));

        Assert.Contains("Entry 4", halted.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Makes_no_second_key_for_a_log_that_has_one()
    {
        await AppendAsync(10);
        await Log().PublishAsync(long.MaxValue, Now);
        var file = Options.KeyFileOf(LogName.Kpi);
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(file));
        File.Move(file, file + ".away");

        var halted = await Assert.ThrowsAsync<LogHaltedException>(() => Log().PublishAsync(long.MaxValue, Now));

        Assert.False(halted.EndsStart);
        Assert.Contains(file, halted.Message, StringComparison.Ordinal);
        Assert.False(File.Exists(file));

        File.Move(file + ".away", file);
        File.SetUnixFileMode(file, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.OtherRead);
        var log = Log();
        var open = await Assert.ThrowsAsync<LogHaltedException>(() => log.PublishAsync(long.MaxValue, Now));
        Assert.False(open.EndsStart);
        Assert.Contains("0600", open.Message, StringComparison.Ordinal);
        Assert.False(await log.MaySignAsync(Now));
        File.SetUnixFileMode(file, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        Assert.True(await log.MaySignAsync(Now));
    }

    [Fact]
    public async Task Finds_any_byte_of_the_store_that_was_changed()
    {
        await AppendAsync(257);
        var log = Log();
        await log.PublishAsync(long.MaxValue, Now);
        var tried = 0;
        foreach (var id in TileId.AllOf(257))
        {
            var whole = await log.Tiles.ReadAsync(read => read(id), Now);
            for (var i = 0; i < whole!.Length; i += whole.Length < 100 ? 1 : 41)
            {
                var changed = whole.ToArray();
                changed[i] ^= 0x10;
                await log.Tiles.WriteAsync([new(id, changed)], Now);
                Assert.False((await VerifyAsync(log, null)).Holds, $"{id.Path}, byte {i}");
                tried++;
            }

            await log.Tiles.WriteAsync([new(id, whole)], Now);
        }

        Assert.InRange(tried, 200, 10_000);
        await HoldsAsync(log, null);
    }

    private PublishedLog Log(TileStore? tiles = null) => new(LogName.Kpi, _database, tiles ?? StoreOf(), Options, TimeProvider.System);

    private TileStore StoreOf() => _database.Engine == StorageEngine.Postgres
        ? new TileTable(_database, LogName.Kpi)
        : new TileFiles(Options.TilesOf(LogName.Kpi));

    private Task<bool> AppendAsync(int count, string name = "entry") => _database.WriteAsync(session =>
    {
        for (var i = 0; i < count; i++) LogEntries.Append(session, LogName.Kpi, Encoding.UTF8.GetBytes($"{name} {i}"), new("test"));
        return true;
    }, Now);

    private Task<bool> ExecuteAsync(string sql) => _database.WriteAsync(session =>
    {
        session.Execute(session.Engine == StorageEngine.Postgres ? sql.Replace("AS BLOB", "AS bytea", StringComparison.Ordinal) : sql);
        return true;
    }, Now);

    private async Task GoBackAsync(int size)
    {
        await ExecuteAsync($"DELETE FROM ledger_entry WHERE log = 3 AND idx >= {size}");
        await ExecuteAsync($"UPDATE ledger_log SET size = {size} WHERE id = 3");
    }

    private async Task LoseTilesAsync(IEnumerable<TileId> tiles)
    {
        if (_database.Engine == StorageEngine.Postgres) await ExecuteAsync("DELETE FROM ledger_tile");
        else
            foreach (var tile in tiles)
                File.Delete(Path.Combine(Options.TilesOf(LogName.Kpi), tile.Path));
    }

    private static async Task HoldsAsync(PublishedLog log, SignedNote? older)
    {
        var report = await VerifyAsync(log, older);
        Assert.True(report.Holds, string.Join(' ', report.Findings.Select(finding => finding.Text)));
    }

    private static async Task<VerificationReport> VerifyAsync(PublishedLog log, SignedNote? older) =>
        await new LogVerifier((await log.PublicKeysAsync(Now))[0].Key, null, older).VerifyLogAsync(async (path, cancellation) => path == "checkpoint"
            ? await log.Tiles.CheckpointAsync(cancellation)
            : TileId.TryParse(path, out var id) ? await log.Tiles.ReadAsync(read => read(id), cancellation) : null, Now);

    private static long SizeOf(byte[] bytes) =>
        SignedNote.TryParse(bytes, out var note) && Checkpoint.TryParse(note!.Text, out var checkpoint) ? checkpoint!.Size : -1;

    // The program ends at a step, as kill -9 would end it.
    private sealed class EndsAt(TileStore tiles, int step) : TileStore
    {
        public override Task<T> ReadAsync<T>(Func<TileBytes, T> question, CancellationToken cancellation) => tiles.ReadAsync(question, cancellation);

        public override Task<byte[]?> CheckpointAsync(CancellationToken cancellation) => tiles.CheckpointAsync(cancellation);

        public override async Task WriteAsync(IReadOnlyList<Tile> all, CancellationToken cancellation)
        {
            if (step == 1)
            {
                await tiles.WriteAsync([.. all.Take(all.Count / 2)], cancellation);
                throw new IOException("The end.");
            }

            await tiles.WriteAsync(all, cancellation);
            if (step == 2) throw new IOException("The end.");
        }

        public override async Task PublishAsync(byte[] note, CancellationToken cancellation)
        {
            if (step == 3) throw new IOException("The end.");
            await tiles.PublishAsync(note, cancellation);
            throw new IOException("The end.");
        }
    }
}

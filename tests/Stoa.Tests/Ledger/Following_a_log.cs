using System.Text;
using Stoa.Ledger.Checkpoints;
using Stoa.Ledger.Merkle;
using Stoa.Ledger.Writing;
using Stoa.Storage;
using Xunit;

namespace Stoa.Tests.Ledger;

/// <summary>A node that does not lead has no secret key: it verifies what the leader shows, keeps a copy of it, and takes nothing that goes back on it.</summary>
public sealed class Following_a_log : IAsyncLifetime
{
    private readonly TemporaryFolder _folder = new();
    private Database _database = null!; // Opened before each test.

    private static CancellationToken Now => TestContext.Current.CancellationToken;

    private LedgerOptions Leader => new(new("http://city.example/"), Path.Combine(_folder.Path, "leader"));

    private LedgerOptions Follower => new(new("http://city.example/"), Path.Combine(_folder.Path, "follower"));

    public async ValueTask InitializeAsync() => _database = await TestDatabases.OpenAsync(new() { Folder = _folder.Path }, Now);

    public async ValueTask DisposeAsync()
    {
        await _database.DisposeAsync();
        _folder.Dispose();
    }

    [Fact]
    public async Task Keeps_what_it_saw_and_verifies_it_with_every_key_that_there_was()
    {
        var (leading, following) = (Log(Leader), Log(Follower));
        Assert.False(await following.FollowAsync(Now));
        await AppendAsync(300);
        await leading.PublishAsync(long.MaxValue, Now);
        Assert.True(await following.FollowAsync(Now));
        Assert.False(await following.FollowAsync(Now));
        Assert.Equal(Shown(leading), await SeenAsync());

        var keeping = new LogKeeping(_database, Leader, TimeProvider.System);
        var second = await keeping.RotateAsync(LogName.Kpi, Now);
        Assert.Equal(1, await keeping.RetireAsync(LogName.Kpi, Now));
        await AppendAsync(30);
        await leading.PublishAsync(long.MaxValue, Now);
        Assert.True(await following.FollowAsync(Now));

        Assert.Equal(Shown(leading), await SeenAsync());
        Assert.True(leading.Note!.IsSignedBy(second));
        var keys = await following.PublicKeysAsync(Now);
        Assert.Equal(2, keys.Count);
        Assert.Equal(second, keys[0].Key);
        Assert.Null(keys[0].Until);
        Assert.NotNull(keys[1].Until);
        Assert.False(File.Exists(Follower.KeyFileOf(LogName.Kpi)));
    }

    [Fact]
    public async Task Refuses_a_database_that_is_older_than_what_it_saw()
    {
        await SeeAsync(300);
        await GoBackAsync(290);

        var halted = await Assert.ThrowsAsync<LogHaltedException>(() => Log(Follower).FollowAsync(Now));

        Assert.True(halted.EndsStart);
        Assert.Contains("290 entries, and a checkpoint of 300", halted.Message, StringComparison.Ordinal);
        Assert.Contains("stoa ledger begin-anew kpi", halted.Message, StringComparison.Ordinal);
        // It does not lead either, with the right key and all.
        File.Copy(Leader.KeyFileOf(LogName.Kpi), Follower.KeyFileOf(LogName.Kpi));
        await Assert.ThrowsAsync<LogHaltedException>(() => Log(Follower).PublishAsync(long.MaxValue, Now));
    }

    [Fact]
    public async Task Refuses_another_past_that_the_leader_signed()
    {
        var leading = await SeeAsync(300);
        // The leader's folder came from the same backup, and the log has grown beyond what this node saw.
        var tree = new GrowingTree();
        for (var i = 0; i < 310; i++) tree.Append(Encoding.UTF8.GetBytes($"another {i}"));
        await AppendAsync(10);
        await leading.Tiles.WriteAsync(tree.Drain(), Now);
        var text = new Checkpoint("city.example/log/kpi", 310, tree.Root()).ToString();
        await leading.Tiles.PublishAsync(new SignedNote(text, [KeyFile.Open(Leader.KeyFileOf(LogName.Kpi))[0].Sign(text, DateTimeOffset.UnixEpoch)]).ToBytes(), Now);
        var before = await SeenAsync();

        var halted = await Assert.ThrowsAsync<LogHaltedException>(() => Log(Follower).FollowAsync(Now));

        Assert.True(halted.EndsStart);
        Assert.Contains("does not begin with the 300 entries", halted.Message, StringComparison.Ordinal);
        Assert.Equal(before, await SeenAsync());
    }

    [Fact]
    public async Task Takes_no_checkpoint_that_nobody_signed()
    {
        var leading = await SeeAsync(10);
        await AppendAsync(1);
        var tree = new GrowingTree();
        for (var i = 0; i < 11; i++) tree.Append(Encoding.UTF8.GetBytes($"entry {i}"));
        var text = new Checkpoint("city.example/log/kpi", 11, tree.Root()).ToString();
        var other = SignerKey.Generate("city.example/log/kpi", SignatureType.Ed25519);
        await leading.Tiles.PublishAsync(new SignedNote(text, [other.Sign(text, DateTimeOffset.UnixEpoch)]).ToBytes(), Now);

        var halted = await Assert.ThrowsAsync<LogHaltedException>(() => Log(Follower).FollowAsync(Now));

        Assert.Contains("not signed", halted.Message, StringComparison.Ordinal);
        Assert.Equal(10, SizeOf(await SeenAsync()));
    }

    [Fact]
    public async Task Follows_a_log_that_was_begun_anew_and_keeps_what_it_saw_of_the_one_before()
    {
        await SeeAsync(300);
        var before = await SeenAsync();
        await GoBackAsync(290);
        var (key, _) = await new LogKeeping(_database, Leader, TimeProvider.System).BeginAnewAsync(LogName.Kpi, Now);
        await Log(Leader).PublishAsync(long.MaxValue, Now);

        var following = Log(Follower);
        Assert.True(await following.FollowAsync(Now));

        Assert.Equal("city.example/log/kpi/2", key.Name);
        Assert.Equal(290, following.Size);
        Assert.Equal(before, await File.ReadAllBytesAsync(Path.Combine(Follower.Folder, "ended", "kpi-1", "kpi.signed"), Now));
        Assert.Equal(290, SizeOf(await SeenAsync()));
    }

    [Fact]
    public async Task Does_not_sign_with_a_key_that_was_retired_elsewhere()
    {
        await SeeAsync(10);
        File.Copy(Leader.KeyFileOf(LogName.Kpi), Follower.KeyFileOf(LogName.Kpi));
        var keeping = new LogKeeping(_database, Leader, TimeProvider.System);
        await keeping.RotateAsync(LogName.Kpi, Now);
        await AppendAsync(1);
        var taking = Log(Follower);
        await taking.PublishAsync(long.MaxValue, Now);
        Assert.Single(taking.Note!.Signatures);

        await Assert.ThrowsAsync<InvalidDataException>(() => new LogKeeping(_database, Follower, TimeProvider.System).RetireAsync(LogName.Kpi, Now));
        await keeping.RetireAsync(LogName.Kpi, Now);
        await AppendAsync(1);
        var halted = await Assert.ThrowsAsync<LogHaltedException>(() => taking.PublishAsync(long.MaxValue, Now));

        Assert.False(halted.EndsStart);
        Assert.Contains("Copy the file from there", halted.Message, StringComparison.Ordinal);
    }

    private PublishedLog Log(LedgerOptions options) => new(LogName.Kpi, _database, _database.Engine == StorageEngine.Postgres
        ? new TileTable(_database, LogName.Kpi)
        : new TileFiles(Leader.TilesOf(LogName.Kpi)), options, TimeProvider.System);

    private async Task<PublishedLog> SeeAsync(int count)
    {
        await AppendAsync(count);
        var leading = Log(Leader);
        await leading.PublishAsync(long.MaxValue, Now);
        Assert.True(await Log(Follower).FollowAsync(Now));
        return leading;
    }

    private Task<bool> AppendAsync(int count) => _database.WriteAsync(session =>
    {
        for (var i = 0; i < count; i++) LogEntries.Append(session, LogName.Kpi, Encoding.UTF8.GetBytes($"entry {i}"), new("test"));
        return true;
    }, Now);

    private Task<bool> GoBackAsync(int size) => _database.WriteAsync(session =>
    {
        session.Execute($"DELETE FROM ledger_entry WHERE log = 3 AND idx >= {size}");
        session.Execute($"UPDATE ledger_log SET size = {size} WHERE id = 3");
        return true;
    }, Now);

    private Task<byte[]> SeenAsync() => File.ReadAllBytesAsync(Follower.SignedFileOf(LogName.Kpi), Now);

    private static byte[] Shown(PublishedLog log) => log.Note!.ToBytes(); // Published before.

    private static long SizeOf(byte[] bytes) =>
        SignedNote.TryParse(bytes, out var note) && Checkpoint.TryParse(note!.Text, out var checkpoint) ? checkpoint!.Size : -1;
}

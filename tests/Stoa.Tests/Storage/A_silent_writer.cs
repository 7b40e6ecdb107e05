using Npgsql;
using Stoa.Storage;
using Xunit;

namespace Stoa.Tests.Storage;

/// <summary>The server ends a transaction in which nothing was said for too long, so that other nodes may write.</summary>
[Trait("Engine", "Postgres")]
public class A_silent_writer
{
    private static readonly CancellationToken Now = TestContext.Current.CancellationToken;

    // As after a machine stood still: the work is done anew, and its caller hears nothing of it.
    [Fact]
    public async Task Loses_its_turn_and_begins_anew()
    {
        using var folder = new TemporaryFolder();
        await using var database = await TestDatabases.OpenAsync(new() { Folder = folder.Path }, Now);
        await database.WriteAsync(session => { session.Execute("CREATE TABLE probe (id bigint PRIMARY KEY)"); return true; }, Now);
        await using var beside = NpgsqlDataSource.Create(TestDatabases.ConnectionStringOf(folder.Path)!);
        var runs = 0;

        await database.WriteAsync(session =>
        {
            Insert(session, 1);
            if (++runs == 1) BeSilentUntilEnded(session, beside);
            Insert(session, 2);
            return true;
        }, Now);

        Assert.Equal(2, runs);
        Assert.Equal(2L, await AskAsync(beside, "SELECT count(*) FROM probe"));
        Assert.Equal("10s", await database.WriteAsync(session => Text(session, "SELECT current_setting('idle_in_transaction_session_timeout')"), Now));
    }

    [Fact]
    public async Task Is_told_of_it_when_it_falls_silent_again()
    {
        using var folder = new TemporaryFolder();
        await using var database = await TestDatabases.OpenAsync(new() { Folder = folder.Path }, Now);
        await using var beside = NpgsqlDataSource.Create(TestDatabases.ConnectionStringOf(folder.Path)!);
        var runs = 0;

        var error = await Assert.ThrowsAsync<StorageException>(async () => await database.WriteAsync(session =>
        {
            runs++;
            BeSilentUntilEnded(session, beside);
            return Text(session, "SELECT 'never'");
        }, Now));

        Assert.Equal((StorageFailure.Unavailable, 2), (error.Failure, runs));
        Assert.Equal("still", await database.WriteAsync(session => Text(session, "SELECT 'still'"), Now));
    }

    // Room is made over another connection, which may have to wait for a lock for longer than a writer may be silent otherwise.
    [Fact]
    public async Task Keeps_its_turn_while_room_is_made()
    {
        using var folder = new TemporaryFolder();
        await using var database = await TestDatabases.OpenAsync(new() { Folder = folder.Path }, Now);
        await using var beside = NpgsqlDataSource.Create(TestDatabases.ConnectionStringOf(folder.Path)!);
        var runs = 0;

        await using var locking = await beside.OpenConnectionAsync(Now);
        await using var transaction = await locking.BeginTransactionAsync(Now);
        await using (var take = new NpgsqlCommand("LOCK TABLE observation IN SHARE UPDATE EXCLUSIVE MODE", locking)) await take.ExecuteNonQueryAsync(Now);
        var writing = database.WriteAsync(session =>
        {
            runs++;
            session.Execute("SET LOCAL idle_in_transaction_session_timeout = 100");
            session.MakeRoom((DateTimeOffset.Parse("2025-03-04T00:00Z", null) - DateTimeOffset.UnixEpoch).Ticks / 10);
            return Text(session, "SELECT current_setting('idle_in_transaction_session_timeout')");
        }, Now);
        while (await AskAsync(beside, "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND state = 'idle in transaction' AND " +
            "query LIKE 'SET LOCAL%' AND now() - state_change > interval '300 ms'") is 0L) await Task.Delay(20, Now);
        await transaction.RollbackAsync(Now);

        Assert.Equal(("10s", 1), (await writing, runs));
    }

    private static void BeSilentUntilEnded(WriteSession session, NpgsqlDataSource beside)
    {
        session.Execute("SET LOCAL idle_in_transaction_session_timeout = 20");
        var process = Text(session, "SELECT pg_backend_pid()::text");
        using var look = beside.CreateCommand($"SELECT count(*) FROM pg_stat_activity WHERE pid = {process}");
        while (look.ExecuteScalar() is not 0L) Thread.Sleep(10);
    }

    private static bool Insert(WriteSession session, long id)
    {
        using var insert = session.PrepareInsert("probe", "id");
        insert.Bind(1, id).Execute();
        return true;
    }

    private static string Text(WriteSession session, string sql)
    {
        using var read = session.Prepare(sql);
        Assert.True(read.Step());
        return read.Text(0);
    }

    private static async Task<object?> AskAsync(NpgsqlDataSource beside, string sql)
    {
        await using var command = beside.CreateCommand(sql);
        return await command.ExecuteScalarAsync(Now);
    }
}

using System.Threading.Channels;
using Stoa.Storage;
using Stoa.Storage.Sqlite;

namespace Stoa.Benchmarks.Servers;

internal readonly record struct BareRow(long Datastream, long Time, double Result);

internal sealed class BareInsert(BareRow[] rows)
{
    private readonly TaskCompletionSource _done = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public BareRow[] Rows => rows;

    public long FirstId { get; set; }

    public Task Done => _done.Task;

    public void Complete() => _done.SetResult();
}

/// <summary>One writer thread; whatever waits shares its commit.</summary>
internal abstract class BareStore : IDisposable
{
    private readonly Channel<BareInsert> _waiting =
        Channel.CreateUnbounded<BareInsert>(new UnboundedChannelOptions { SingleReader = true });

    private readonly Thread _thread;
    private long _nextId = 1;

    protected BareStore()
    {
        _thread = new Thread(Loop) { IsBackground = true };
    }

    protected void Start() => _thread.Start();

    public void Add(BareInsert insert) => _waiting.Writer.TryWrite(insert);

    /// <summary>Stores what <see cref="TryTake"/> gives; it is durable on return.</summary>
    protected abstract void StoreGroup(List<BareInsert> group);

    /// <summary>The next that waits, with its ids.</summary>
    protected bool TryTake(List<BareInsert> group)
    {
        if (!_waiting.Reader.TryRead(out var insert)) return false;
        insert.FirstId = _nextId;
        _nextId += insert.Rows.Length;
        group.Add(insert);
        return true;
    }

    private void Loop()
    {
        var group = new List<BareInsert>();
        while (_waiting.Reader.WaitToReadAsync().AsTask().GetAwaiter().GetResult())
        {
            StoreGroup(group);
            foreach (var insert in group) insert.Complete();
            group.Clear();
        }
    }

    public virtual void Dispose()
    {
        _waiting.Writer.Complete();
        _thread.Join();
    }
}

/// <summary>Four columns with one index (datastream, time). Write-ahead log, synchronous=FULL.</summary>
internal sealed class SqliteBareStore : BareStore
{
    private readonly SqliteConnection _writer;
    private readonly Checkpointer _checkpointer;

    public SqliteBareStore(string file)
    {
        _writer = Open(file);
        _writer.Execute(
            """
            CREATE TABLE observation (id INTEGER PRIMARY KEY, datastream INTEGER, time INTEGER, result REAL);
            CREATE INDEX observation_datastream ON observation (datastream, time);
            """);
        _checkpointer = new Checkpointer(Open(file), _writer);
        Start();
    }

    private static SqliteConnection Open(string file)
    {
        var connection = SqliteConnection.Open(file, SqliteConnection.OpenReadWrite | SqliteConnection.OpenCreate);
        connection.SetBudget(TimeSpan.Zero, CancellationToken.None);
        connection.Execute(
            """
            PRAGMA journal_mode = WAL;
            PRAGMA synchronous = FULL;
            PRAGMA cache_size = -65536;
            PRAGMA wal_autocheckpoint = 0;
            """);
        return connection;
    }

    protected override void StoreGroup(List<BareInsert> group)
    {
        _writer.Execute("BEGIN IMMEDIATE");
        using (var row = _writer.Prepare("INSERT INTO observation VALUES (?1, ?2, ?3, ?4)"))
            while (TryTake(group))
            {
                var id = group[^1].FirstId;
                foreach (var value in group[^1].Rows)
                    row.Bind(1, id++).Bind(2, value.Datastream).Bind(3, value.Time).Bind(4, value.Result).Execute();
            }

        _writer.Execute("COMMIT");
        _checkpointer.AfterCommit();
    }

    public override void Dispose()
    {
        base.Dispose();
        _checkpointer.Dispose();
        _writer.Dispose();
    }
}

/// <summary>The program's own observation table with its indexes and partitions.</summary>
internal sealed class PostgresBareStore : BareStore
{
    private readonly ObservationCopy _copy;

    public PostgresBareStore(string connectionString)
    {
        _copy = ObservationCopy.Open(connectionString);
        Start();
    }

    protected override void StoreGroup(List<BareInsert> group)
    {
        while (TryTake(group)) { }
        foreach (var insert in group)
        {
            var id = insert.FirstId;
            foreach (var value in insert.Rows) _copy.Add(id++, value);
        }

        _copy.Commit();
    }

    public override void Dispose()
    {
        base.Dispose();
        _copy.Dispose();
    }
}

using System.Data;
using System.Globalization;
using Npgsql;
using Stoa.Storage.Dialects;

namespace Stoa.Storage.Postgres;

/// <summary>One connection to a PostgreSQL server. Used by one thread at a time; opened again by itself when it was lost.</summary>
/// <remarks>
/// Statements whose answer nobody waits for (savepoints, settings, deferred changes) are kept and go to the server together with the
/// next one that is waited for, so that a piece of work costs as few round trips as it has questions.
/// </remarks>
internal sealed class PostgresConnection : EngineConnection
{
    // After a failed attempt others are refused without waiting for the network again.
    private static readonly TimeSpan RetryAfter = TimeSpan.FromMilliseconds(500);

    private static readonly PostgresText BeginSnapshot = PostgresText.Of("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY");

    private static readonly PostgresText BeginTransaction = PostgresText.Of("BEGIN");

    private static readonly PostgresText KeepTurn = PostgresText.Of("CALL stoa_keep_turn(?1, ?2)"); // A call has no rows.

    // Longer than a connection and the locks of two statements may take (Partitions.LockTimeout).
    private static readonly PostgresText LongSilence = PostgresText.Of("SET LOCAL idle_in_transaction_session_timeout = '60s'");

    private static readonly PostgresText OrdinarySilence = PostgresText.Of(string.Create(CultureInfo.InvariantCulture,
        $"SET LOCAL idle_in_transaction_session_timeout = {(long)PostgresAddress.IdleInTransactionMax.TotalMilliseconds}"));

    private const string TakeTurn = "UPDATE writer_turn SET node = $1, number = number + 1 WHERE one = 1 AND node <> $1";

    private readonly string _connectionString;
    private readonly string _node;
    private readonly SqlDialect _dialect;
    private readonly List<Sending> _waiting = [];
    private readonly Dictionary<(string Table, string Columns, string? OnConflict), PendingRows> _pending = [];
    private NpgsqlConnection? _connection;
    private CancellationToken _cancellation;
    private TimeSpan _time;
    private bool _isLimited;
    private bool _isInTransaction;
    private bool _isLost;
    private readonly HashSet<string> _cursors = new(StringComparer.Ordinal);
    private int _savepointAt = -1;
    private long _retryAt;

    private PostgresConnection(string connectionString, string node, SqlDialect dialect)
    {
        _connectionString = connectionString;
        _node = node;
        _dialect = dialect;
    }

    /// <summary>A statement that was asked for and not sent yet.</summary>
    private readonly record struct Sending(PostgresText Text, Cell[] Values, NpgsqlParameter[]? Arrays = null)
    {
        internal void AddTo(NpgsqlBatch batch)
        {
            var command = new NpgsqlBatchCommand(Text.Sql);
            foreach (var value in Values) command.Parameters.Add(value.ToParameter());
            foreach (var array in Arrays ?? []) command.Parameters.Add(array);
            batch.BatchCommands.Add(command);
        }
    }

    internal override StorageEngine Engine => StorageEngine.Postgres;

    internal override SqlDialect Dialect => _dialect;

    /// <summary>Connects.</summary>
    /// <param name="connectionString">With everything that the role of this connection needs.</param>
    /// <param name="node">Names the program that writes; see <see cref="BeginWrite"/>.</param>
    /// <param name="dialect">How its statements are written; PostgreSQL's when it is not known yet.</param>
    /// <param name="partitions">For the connection of a writer.</param>
    internal static PostgresConnection Open(string connectionString, string node, SqlDialect? dialect = null, Partitions? partitions = null)
    {
        var connection = new PostgresConnection(connectionString, node, dialect ?? SqlDialect.Postgres) { Partitions = partitions };
        connection.Ensure();
        return connection;
    }

    /// <summary>The partitions that this writer knows; null for connections that add no observations.</summary>
    internal Partitions? Partitions { get; init; }

    internal override void MakeRoom(long phenomenonStart)
    {
        if (Partitions is not { } partitions || partitions.Has(phenomenonStart)) return;
        // The lock of the writer first: partitions are made over another connection, while this one says nothing.
        Later(LongSilence, []);
        SendWaiting();
        partitions.MakeFor(phenomenonStart);
        Later(OrdinarySilence, []);
    }

    /// <summary>The driver's connection, opened again when it was lost.</summary>
    internal NpgsqlConnection Ensure()
    {
        if (_connection is { State: ConnectionState.Open or ConnectionState.Executing or ConnectionState.Fetching } open) return open;
        if (_isLost) throw new StorageException(StorageFailure.Unavailable, "The connection was lost in the middle of a transaction.");
        if (Environment.TickCount64 < _retryAt)
            throw new StorageException(StorageFailure.Unavailable, "PostgreSQL could not be reached a moment ago.");
        Forget();
        var made = new NpgsqlConnection(_connectionString);
        try
        {
            made.Open();
        }
        catch (Exception error) when (PostgresErrors.IsOfDriver(error))
        {
            made.Dispose();
            _retryAt = Environment.TickCount64 + (long)RetryAfter.TotalMilliseconds;
            throw PostgresErrors.Translate(error);
        }

        return _connection = made;
    }

    private void Forget()
    {
        _isLost = _isInTransaction;
        _waiting.Clear();
        _pending.Clear();
        _isInTransaction = false;
        _isLimited = false;
        _savepointAt = -1;
        _connection?.Dispose();
        _connection = null;
    }

    // statements --------------------------------------------------------------------------------------------------------

    internal override Statement Prepare(string sql) => new PostgresStatement(this, PostgresText.Of(sql));

    internal override Statement PrepareStream(string sql) => new PostgresCursor(this, PostgresText.Of(sql));

    internal override Statement PrepareInsert(string table, string columns) => Rows(table, columns, 0, null);

    internal override Statement PrepareUpsert(string table, string columns, int keyColumns, string onConflict) =>
        Rows(table, columns, keyColumns, onConflict);

    private Statement Rows(string table, string columns, int keyColumns, string? onConflict)
    {
        if (_pending.TryGetValue((table, columns, onConflict), out var known)) return known.Statement;
        var rows = new PendingRows(this, table, columns, keyColumns, onConflict);
        if (_savepointAt >= 0) rows.Mark();
        _pending.Add((table, columns, onConflict), rows);
        return rows.Statement;
    }

    internal override Statement PrepareDeferred(string sql) => new PostgresDeferred(this, PostgresText.Of(sql));

    internal override void Execute(string sql)
    {
        Settle(null);
        SendWaiting();
        Do(() =>
        {
            using var command = new NpgsqlCommand(sql, Ensure());
            command.ExecuteNonQuery();
        });
    }

    // Not by to_regclass: within a transaction it goes on saying what it said before another one made the table.
    internal override bool HasTable(string name)
    {
        using var find = Prepare("SELECT 1 FROM pg_class WHERE relname = @name AND pg_table_is_visible(oid)");
        return find.Bind("@name", name).Step();
    }

    internal override void SetBudget(TimeSpan time, CancellationToken cancellation)
    {
        // Within a snapshot a new time means a limit, or its end; the connection itself knows the ordinary one.
        if (_isInTransaction && time != _time) Limit(time);
        _time = time;
        _cancellation = cancellation;
    }

    /// <summary>A statement that is stopped must not end the snapshot: it runs after a savepoint, to which is gone back.</summary>
    private void Limit(TimeSpan time)
    {
        if (!_isLimited) Later(PostgresText.Of("SAVEPOINT limited"), []);
        _isLimited = true;
        var milliseconds = (long)Math.Max(1, time.TotalMilliseconds);
        Later(PostgresText.Of(FormattableString.Invariant($"SET LOCAL statement_timeout = {milliseconds}")), []);
    }

    /// <summary>Keeps a statement for the next round trip.</summary>
    internal void Later(PostgresText text, Cell[] values) => _waiting.Add(new(text, values));

    internal void LaterWithArrays(PostgresText text, NpgsqlParameter[] arrays) => _waiting.Add(new(text, [], arrays));

    /// <summary>Runs a statement after everything that waits, once for each set of values, and gives it its rows.</summary>
    /// <returns>How many rows the last run changed.</returns>
    internal long Run(PostgresText text, IReadOnlyList<Cell[]> runs, PostgresStatement statement)
    {
        Settle(text);
        // A connection that was cut while it was idle shows at the first statement of a snapshot, when nothing is lost yet.
        Sending[]? opening = _waiting.Count > 0 && _waiting[0].Text == BeginSnapshot ? [.. _waiting] : null;
        try
        {
            return RunOnce(text, runs, statement);
        }
        catch (StorageException error) when (error is { Failure: StorageFailure.Unavailable, IsOfWorker: false } && opening is not null)
        {
            _isLost = false;
            Ensure();
            _isInTransaction = true;
            _waiting.AddRange(opening);
            statement.Untake();
            return RunOnce(text, runs, statement);
        }
    }

    private long RunOnce(PostgresText text, IReadOnlyList<Cell[]> runs, PostgresStatement statement) => Do(() =>
    {
        using var batch = TakeWaiting();
        foreach (var values in runs) new Sending(text, values).AddTo(batch);
        using var leaving = _cancellation.CanBeCanceled
            ? _cancellation.Register(static batch => ((NpgsqlBatch)batch!).Cancel(), batch)
            : default;
        // The driver passes over statements without rows: it stands at the rows of the first run, or at the end.
        using (var reader = batch.ExecuteReader())
            foreach (var values in runs)
            {
                statement.Take(reader, values);
                reader.NextResult();
            }

        return Math.Max(0, batch.BatchCommands[^1].RecordsAffected);
    });

    private const int Sent = int.MaxValue;

    /// <summary>What waits, at the beginning of a batch that is sent now.</summary>
    private NpgsqlBatch TakeWaiting()
    {
        var batch = new NpgsqlBatch(Ensure());
        foreach (var earlier in _waiting) earlier.AddTo(batch);
        _waiting.Clear();
        if (_savepointAt >= 0) _savepointAt = Sent;
        return batch;
    }

    /// <summary>Before a statement: rows that it may ask for are sent.</summary>
    private void Settle(PostgresText? text)
    {
        foreach (var rows in _pending.Values)
            if (rows.IsWaiting && (text is null || text.Mentions(rows.Table) || _waiting.Exists(earlier => earlier.Text.Mentions(rows.Table))))
                rows.Send();
    }

    /// <summary>Sends what waits without anything else.</summary>
    internal void SendWaiting()
    {
        if (_waiting.Count == 0) return;
        Do(() =>
        {
            using var batch = TakeWaiting();
            batch.ExecuteNonQuery();
        });
    }

    /// <summary>
    /// A name that is free in this snapshot, and the same for the same statement: a prepared FETCH keeps the columns it was prepared with.
    /// </summary>
    internal string OpenCursor(PostgresText text)
    {
        for (var i = 0; ; i++)
        {
            var name = FormattableString.Invariant($"piece{text.Number}_{i}");
            if (_cursors.Add(name)) return name;
        }
    }

    internal void CloseCursor(string name) => _cursors.Remove(name);

    /// <summary>How often a part of a snapshot was undone; cursors opened in it are gone then.</summary>
    internal int Undone { get; private set; }

    internal void Do(Action action) => Do(() =>
    {
        action();
        return 0;
    });

    /// <summary>Turns the driver's errors into the program's.</summary>
    internal T Do<T>(Func<T> action)
    {
        try
        {
            return action();
        }
        catch (Exception error) when (PostgresErrors.IsOfDriver(error) || IsClosed(error))
        {
            throw Failed(error);
        }
    }

    // The driver speaks of a closed connection as of a mistake of its caller.
    private bool IsClosed(Exception error) => error is InvalidOperationException && _connection is not { State: ConnectionState.Open };

    internal Exception Failed(Exception error)
    {
        _waiting.Clear();
        var failure = PostgresErrors.Translate(error);
        if (failure is { Failure: StorageFailure.Unavailable, IsOfWorker: false }) Forget();
        if (failure.Failure != StorageFailure.Timeout) return failure;
        if (_cancellation.IsCancellationRequested) return new OperationCanceledException(_cancellation);
        if (_isLimited)
        {
            _isLimited = false;
            Undone++;
            Later(PostgresText.Of("ROLLBACK TO SAVEPOINT limited"), []);
        }

        return new StorageException(StorageFailure.Timeout, "A statement ran longer than the statement timeout.", error);
    }

    // snapshots ---------------------------------------------------------------------------------------------------------

    internal override void BeginRead()
    {
        _isLost = false;
        Ensure();
        _isInTransaction = true;
        _cursors.Clear();
        Later(BeginSnapshot, []);
    }

    internal override async ValueTask EndReadAsync()
    {
        _cancellation = CancellationToken.None;
        _isLimited = false;
        if (_connection is null) throw new StorageException(StorageFailure.Unavailable, "The connection was lost.");
        _isInTransaction = false;
        // A snapshot in which nothing was asked was never opened.
        var isOpen = _waiting.Count == 0 || _waiting[0].Text != BeginSnapshot;
        _waiting.Clear();
        if (!isOpen) return;
        try
        {
            await using var end = new NpgsqlCommand("COMMIT", _connection);
            await end.ExecuteNonQueryAsync();
        }
        catch (Exception error) when (PostgresErrors.IsOfDriver(error))
        {
            throw Failed(error);
        }
    }

    // writing -----------------------------------------------------------------------------------------------------------

    internal override bool BeginWrite()
    {
        _isLost = false;
        var wasOpen = _connection is not null;
        try
        {
            return TryBeginWrite();
        }
        catch (StorageException error) when (error.Failure == StorageFailure.Unavailable && wasOpen)
        {
            // It was cut while nothing was written.
            _isLost = false;
            return TryBeginWrite();
        }
    }

    internal override bool TryGoOn()
    {
        if (_connection is not { State: ConnectionState.Open }) return false;
        _isLost = false;
        _isInTransaction = true;
        Later(BeginTransaction, []);
        Later(KeepTurn, [Cell.Of(AdvisoryLocks.Writer), NodeText]);
        return true;
    }

    private Cell NodeText => Cell.OfText(System.Text.Encoding.UTF8.GetBytes(_node));

    private bool TryBeginWrite()
    {
        Ensure();
        _isInTransaction = true;
        return Do(() =>
        {
            using var batch = new NpgsqlBatch(Ensure());
            Sending[] beginning =
            [
                new(BeginTransaction, []),
                // Held until the transaction ends: commits, and with them ids and numbers of changes, have one order over all nodes.
                new(PostgresText.Of("SELECT pg_advisory_xact_lock(?1)"), [Cell.Of(AdvisoryLocks.Writer)]),
                new(PostgresText.Of(TakeTurn), [NodeText]),
            ];
            foreach (var statement in beginning) statement.AddTo(batch);
            batch.ExecuteNonQuery();
            var others = batch.BatchCommands[2].RecordsAffected > 0;
            if (others) Partitions?.Forget();
            return others;
        });
    }

    /// <summary>Whether what waits must reach the server before rows do: an end of what failed, or a place to go back to.</summary>
    internal bool HasControlWaiting => _waiting.Exists(static waiting => waiting is { Values.Length: 0, Arrays: null });

    internal override void Commit()
    {
        foreach (var rows in _pending.Values)
            if (rows.IsWaiting) rows.Send();
        Later(PostgresText.Of("COMMIT"), []);
        SendWaiting();
        _isInTransaction = false;
        _savepointAt = -1;
        foreach (var rows in _pending.Values) rows.Clear();
    }

    internal override void Rollback()
    {
        _waiting.Clear();
        _savepointAt = -1;
        foreach (var rows in _pending.Values) rows.Clear();
        _isInTransaction = false;
        _isLost = false;
        if (_connection is null) return;
        try
        {
            using var end = new NpgsqlCommand("ROLLBACK", _connection);
            end.ExecuteNonQuery();
        }
        catch (Exception error) when (PostgresErrors.IsOfDriver(error) || error is StorageException)
        {
            // With the connection the transaction ends too.
            Forget();
        }
    }

    internal override void Savepoint()
    {
        foreach (var rows in _pending.Values) rows.Mark();
        _savepointAt = _waiting.Count;
        Later(PostgresText.Of("SAVEPOINT work"), []);
    }

    internal override void ReleaseSavepoint()
    {
        // A savepoint that was never sent had no work to guard on the server: only what was kept.
        if (_savepointAt != Sent) _waiting.RemoveAt(_savepointAt);
        else Later(PostgresText.Of("RELEASE SAVEPOINT work"), []);
        _savepointAt = -1;
        foreach (var rows in _pending.Values) rows.Unmark();
    }

    internal override void RollbackToSavepoint()
    {
        if (_savepointAt != Sent) _waiting.RemoveRange(_savepointAt, _waiting.Count - _savepointAt);
        else
        {
            _waiting.Clear();
            Later(PostgresText.Of("ROLLBACK TO SAVEPOINT work"), []);
            Later(PostgresText.Of("RELEASE SAVEPOINT work"), []);
        }

        _savepointAt = -1;
        foreach (var rows in _pending.Values) rows.RollBackToMark();
    }

    public override void Dispose() => Forget();
}

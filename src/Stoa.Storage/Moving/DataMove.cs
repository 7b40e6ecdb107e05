using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text;
using Stoa.Storage.Migrations;
using Stoa.Storage.Sqlite;

namespace Stoa.Storage.Moving;

/// <summary>Moves everything from one place to another, between engines or within one, and compares the two.</summary>
/// <remarks>
/// The source stays as it is. The target is refused by every other command until it is complete and compared. A run that was stopped,
/// however, goes on where it was when it is run again.
/// </remarks>
public static class DataMove
{
    /// <summary>Copies what is missing in the target, then compares.</summary>
    /// <param name="from">Nobody may use it meanwhile.</param>
    /// <param name="to">Empty, or the target of an unfinished move from the same source.</param>
    /// <param name="progress">Told now and then, from the thread that works.</param>
    /// <param name="cancellation">Stops between two transactions; the next run goes on there.</param>
    /// <exception cref="StorageException">
    /// One of the two is in use or cannot be used, the target holds data, or the source has changed since the first run.
    /// </exception>
    public static Task<MoveOutcome> RunAsync(
        DataPlace from, DataPlace to, IProgress<MoveProgress>? progress, CancellationToken cancellation) => Task.Run(
        () =>
        {
            using var source = Open(from, mayMake: false);
            UnfinishedMove.Refuse(source.Connection, source.Shown);
            source.Hold();
            using var target = Open(to, mayMake: true);
            return new Run(source, target, progress, cancellation).Move();
        },
        cancellation);

    /// <summary>Compares two places and changes nothing.</summary>
    public static Task<MoveOutcome> VerifyAsync(
        DataPlace from, DataPlace to, IProgress<MoveProgress>? progress, CancellationToken cancellation) => Task.Run(
        () =>
        {
            using var source = Open(from, mayMake: false);
            source.Hold();
            using var target = Open(to, mayMake: false);
            target.Hold();
            return new Run(source, target, progress, cancellation).Compare();
        },
        cancellation);

    private static MoveSide Open(DataPlace place, bool mayMake) => place.Folder is { } folder
        ? SqliteSide.Open(folder, mayMake, TimeProvider.System)
        : PostgresSide.Open(place.ConnectionString!, TimeProvider.System);

    private sealed class Run(MoveSide source, MoveSide target, IProgress<MoveProgress>? progress, CancellationToken cancellation)
    {
        private readonly IReadOnlyList<MovedTable> _tables = MovedTable.Match(source.ReadTables(), target.ReadTables());
        private long _done;
        private long _total;

        internal MoveOutcome Move()
        {
            Begin();
            _total = _tables.Sum(Estimate);
            foreach (var table in _tables) Copy(table);
            cancellation.ThrowIfCancellationRequested();
            progress?.Report(new("Finishing", null, 0, 0));
            target.Connection.Transact(() =>
            {
                foreach (var table in _tables.Where(table => table.HasIdentity)) target.SetNextId(table, source.NextId(table));
                foreach (var sql in UnfinishedMove.TakeLater(target.Connection)) target.RunLong(sql, cancellation);
            });
            target.Finish(cancellation);
            var outcome = Compare();
            if (outcome.IsEqual) target.Connection.Transact(() => UnfinishedMove.End(target.Connection));
            return outcome;
        }

        // Kept counts and states are those of the whole: close enough for a share, and there without counting.
        private long Estimate(MovedTable table) => source.Connection.Number(table.Name == MovedTable.Observation
            ? "SELECT coalesce(sum(observation_count), 0) FROM datastream_state"
            : $"SELECT count(*) FROM {table.Name}");

        private void Begin()
        {
            var state = UnfinishedMove.SourceOf(source.Connection);
            if (!target.Connection.HasTable(UnfinishedMove.Table))
            {
                RequireEmpty();
                target.Connection.Transact(() => UnfinishedMove.Begin(target.Connection, state, target.DropIndexes()));
            }
            else if (UnfinishedMove.ReadSource(target.Connection) != state)
                throw new StorageException(StorageFailure.Access,
                    $"{target.Shown} holds a part of another move, or {source.Shown} has changed since that move began. Name an empty target.");
        }

        // A new schema has rows of its own, which those of the source take the place of.
        private void RequireEmpty()
        {
            using var fresh = SqliteConnection.Open(":memory:", SqliteConnection.OpenReadWrite | SqliteConnection.OpenCreate);
            fresh.SetBudget(TimeSpan.Zero, CancellationToken.None);
            Migrator.Run(fresh, TimeProvider.System);
            foreach (var table in _tables)
            {
                var rows = fresh.Number($"SELECT count(*) FROM {table.Name}");
                if (target.Connection.Number($"SELECT count(*) FROM (SELECT 1 FROM {table.Name} LIMIT {rows + 1}) AS first_rows") > rows)
                    throw new StorageException(StorageFailure.Access,
                        $"{target.Shown} holds data already (table {table.Name}); nothing was changed. Name an empty folder or database.");
            }
        }

        private void Copy(MovedTable table)
        {
            var before = UnfinishedMove.ReadProgress(target.Connection, table);
            long rows = before?.Rows ?? 0;
            _done += rows;
            if (before is { IsDone: true }) return;
            var isFirst = before is null;
            void Take(RowBatch batch)
            {
                if (isFirst) target.Connection.Execute($"DELETE FROM {table.Name}");
                isFirst = false;
                target.Write(table, batch);
                rows += batch.Rows;
            }

            void Finish()
            {
                if (isFirst) target.Connection.Execute($"DELETE FROM {table.Name}");
                UnfinishedMove.Write(target.Connection, table, new(rows, null, IsDone: true));
            }

            if (table.HasNumericKey)
            {
                Pass(table, before?.LastKey, batch => target.Connection.Transact(() =>
                {
                    Take(batch);
                    UnfinishedMove.Write(target.Connection, table, new(rows, batch.LastKey(table.KeyColumns), IsDone: false));
                }));
                target.Connection.Transact(Finish);
            }
            else
                target.Connection.Transact(() =>
                {
                    Pass(table, null, Take);
                    Finish();
                });
        }

        /// <summary>Reads on a thread of its own while what was read is written here.</summary>
        private void Pass(MovedTable table, long[]? after, Action<RowBatch> take)
        {
            using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
            using var batches = new BlockingCollection<RowBatch>(boundedCapacity: 2);
            var reading = Task.Factory.StartNew(
                () =>
                {
                    try
                    {
                        foreach (var batch in source.Read(table, after, stop.Token)) batches.Add(batch, stop.Token);
                    }
                    finally
                    {
                        batches.CompleteAdding();
                    }
                },
                CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
            try
            {
                foreach (var batch in batches.GetConsumingEnumerable(cancellation))
                {
                    take(batch);
                    _done += batch.Rows;
                    progress?.Report(new("Copying", table.Name, _done, _total));
                    source.Return(batch);
                }
            }
            catch
            {
                // The connection of the source must be free before anybody closes it.
                stop.Cancel();
                Task.WaitAny([reading], CancellationToken.None);
                throw;
            }

            reading.GetAwaiter().GetResult();
        }

        // comparing -----------------------------------------------------------------------------------------------------

        internal MoveOutcome Compare()
        {
            _done = 0;
            _total = 2 * _tables.Sum(Estimate);
            using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
            var others = Task.Factory.StartNew(
                () => DigestsOf(target, stop), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
            try
            {
                var own = DigestsOf(source, stop);
                var other = others.GetAwaiter().GetResult();
                return new([.. own.Zip(other).Select(pair => new TableComparison(
                    pair.First.Name, pair.First.Rows, pair.Second.Rows, pair.First.Digest, pair.Second.Digest))]);
            }
            catch
            {
                stop.Cancel();
                Task.WaitAny([others], CancellationToken.None);
                throw;
            }
        }

        private List<(string Name, long Rows, string Digest)> DigestsOf(MoveSide side, CancellationTokenSource stop)
        {
            try
            {
                var digests = _tables.Select(table => DigestOf(side, table, stop.Token)).ToList();
                // What the engine will give next is part of the data: an id is never given twice.
                var next = string.Join('\n', _tables.Where(table => table.HasIdentity).Select(table => $"{table.Name} {side.NextId(table)}"));
                digests.Add((MoveOutcome.NextIds, next.Split('\n').Length, Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(next)))));
                return digests;
            }
            catch
            {
                stop.Cancel();
                throw;
            }
        }

        private (string Name, long Rows, string Digest) DigestOf(MoveSide side, MovedTable table, CancellationToken stop)
        {
            using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
            long rows = 0;
            foreach (var batch in side.Read(table, null, stop))
            {
                hash.AppendData(batch.Bytes);
                rows += batch.Rows;
                progress?.Report(new("Comparing", table.Name, Interlocked.Add(ref _done, batch.Rows), _total));
                side.Return(batch);
            }

            return (table.Name, rows, Convert.ToHexStringLower(hash.GetHashAndReset()));
        }
    }
}

/// <summary>How far a move has come.</summary>
/// <param name="What">Copying, Finishing or Comparing.</param>
/// <param name="Table">The table; null when there is none.</param>
/// <param name="Rows">Rows done, with those of earlier runs.</param>
/// <param name="RowsTotal">About so many in all; 0 when that says nothing.</param>
public sealed record MoveProgress(string What, string? Table, long Rows, long RowsTotal);

/// <summary>A table on both sides.</summary>
/// <param name="Table">Its name.</param>
/// <param name="FromRows">Rows of the source.</param>
/// <param name="ToRows">Rows of the target.</param>
/// <param name="FromDigest">SHA-256 over the rows of the source in the order of the key, in hexadecimal digits.</param>
/// <param name="ToDigest">The same of the target.</param>
public sealed record TableComparison(string Table, long FromRows, long ToRows, string FromDigest, string ToDigest)
{
    /// <summary>Whether both sides hold the same rows.</summary>
    public bool IsEqual => FromRows == ToRows && FromDigest == ToDigest;
}

/// <summary>What a comparison has found.</summary>
/// <param name="Tables">In the order in which they were moved; at the end the ids that the engine will give next.</param>
public sealed record MoveOutcome(IReadOnlyList<TableComparison> Tables)
{
    /// <summary>Stands in the place of a table's name for the ids that the engine will give next.</summary>
    public const string NextIds = "(next ids)";

    /// <summary>Whether both sides hold the same.</summary>
    public bool IsEqual => Tables.All(table => table.IsEqual);

    /// <summary>Rows of the source.</summary>
    public long Rows => Tables.Where(table => table.Table != NextIds).Sum(table => table.FromRows);
}

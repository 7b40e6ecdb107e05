using System.Diagnostics;
using System.Threading.Channels;
using Stoa.Vocabulary;

namespace Stoa.Storage;

/// <summary>One piece of work for the writer; after a rollback of its group it may be run again.</summary>
/// <remarks>
/// Work that is wrapped runs between savepoints and may fail by itself. Work that is not wrapped must not fail halfway.
/// </remarks>
public abstract class WriteWork
{
    /// <summary>Whether a savepoint goes around it; false only for work that cannot fail after its first change.</summary>
    protected internal virtual bool IsWrapped => true;

    /// <summary>Does the work; false asks for its changes to be undone (the refusal is kept by the work).</summary>
    protected internal abstract bool Run(WriteSession session);

    /// <summary>Called after the commit is durable, or after the work was undone because it returned false.</summary>
    protected internal abstract void Complete();

    /// <summary>Called when the work or its commit failed.</summary>
    protected internal abstract void Fail(Exception error);
}

/// <summary>
/// The one writer: a bounded queue and a thread that puts everything that waits into one transaction and answers after
/// the commit is durable.
/// </summary>
/// <remarks>
/// Group commit is what makes synchronous=FULL affordable: 64 requests share one fsync. When the queue is full the work
/// is refused with <see cref="StorageFailure.Busy"/> instead of waiting without bound.
/// </remarks>
internal sealed class WriteQueue : IAsyncDisposable
{
    // More than a few thousand pieces in one transaction only delays the answers; the fsync is long paid for.
    private const int GroupWorkMax = 4096;

    // A group that takes longer keeps its first caller waiting; heavy work then gets a commit of its own.
    private static readonly TimeSpan GroupTimeMax = TimeSpan.FromMilliseconds(50);

    // Commits of so many pieces of work that follow each other so closely go on from one to the next; after another program has
    // written, so many do not.
    private const int GoingOnWork = 8;
    private const int CautiousGroups = 32;
    private static readonly TimeSpan GoingOnPause = TimeSpan.FromMilliseconds(20);

    private readonly EngineConnection _connection;
    private readonly WriteSession _session;
    private readonly Channel<WriteWork> _channel;
    private readonly Action _afterGroup;
    private readonly StorageMetrics _metrics;
    private readonly List<WriteWork> _group = new(GroupWorkMax);
    private readonly ManualResetEventSlim _hasWork = new(false, spinCount: 0);
    private readonly Thread _thread;
    private Exception? _syncFailure;
    private int _cautious;
    private int _lastWork;
    private long _lastCommit;
    private readonly TaskCompletionSource _stopped = new(TaskCreationOptions.RunContinuationsAsynchronously);

    internal WriteQueue(EngineConnection connection, int capacity, Action afterGroup, StorageMetrics metrics)
    {
        _connection = connection;
        _session = new WriteSession(connection);
        _afterGroup = afterGroup;
        _metrics = metrics;
        _channel = Channel.CreateBounded<WriteWork>(new BoundedChannelOptions(capacity)
        {
            SingleReader = true,
            FullMode = BoundedChannelFullMode.Wait,
        });
        _thread = new Thread(Loop) { Name = "stoa writer", IsBackground = true };
        _thread.Start();
    }

    internal int Length => _channel.Reader.Count;

    /// <summary>False after a failed sync: only a new start helps.</summary>
    internal bool TakesWork => _syncFailure is null;

    internal bool TryEnqueue(WriteWork work) => _channel.Writer.TryWrite(work);

    internal ValueTask EnqueueAsync(WriteWork work, CancellationToken cancellation) =>
        _channel.Writer.WriteAsync(work, cancellation);

    /// <summary>Takes no more work, finishes what was taken, and returns when all of it is durable.</summary>
    public async ValueTask DisposeAsync()
    {
        _channel.Writer.TryComplete();
        await _stopped.Task;
        _hasWork.Dispose();
    }

    private void Loop()
    {
        try
        {
            while (WaitForWork())
            {
                _group.Clear();
                if (_syncFailure is { } failure) Refuse(failure);
                else RunGroup(isAgain: false);
                _afterGroup();
            }
        }
        finally
        {
            _stopped.TrySetResult();
        }
    }

    private void Refuse(Exception failure)
    {
        while (_channel.Reader.TryRead(out var work)) work.Fail(failure);
    }

    // Waiting for a task spins and yields first: good where the next pieces are near, a fifth of the writer's time where commits are few.
    private bool WaitForWork()
    {
        var wait = _channel.Reader.WaitToReadAsync();
        if (wait.IsCompletedSuccessfully) return wait.Result;
        var work = wait.AsTask().GetAwaiter();
        if (_lastWork >= GoingOnWork) return work.GetResult();
        _hasWork.Reset();
        work.UnsafeOnCompleted(_hasWork.Set);
        _hasWork.Wait();
        return work.GetResult();
    }

    private void RunGroup(bool isAgain)
    {
        var isCommitted = false;
        try
        {
            isCommitted = TryRunTogether(MayGoOn());
        }
        catch (StorageException error) when (error.IsOfTurn && !isAgain)
        {
            Undo();
            _cautious = CautiousGroups;
            _metrics.TurnLost();
            RunGroup(isAgain: true);
            return;
        }
        catch (Exception error)
        {
            // One piece that cannot fail has failed, or the commit has: find out which by running them one by one,
            // unless the disk or the server is the reason: then none can succeed. This is the outermost loop of the writer: whatever a
            // piece of work throws goes to its caller, and the queue lives on.
            Undo();
            if (IsOfTheStore(error))
            {
                foreach (var work in _group) work.Fail(error);
                if (_connection.EndsWriting(error)) _syncFailure = error;
                else if (_group.Count == 0) Refuse(error);
                return;
            }
        }

        if (isCommitted) Committed();
        else foreach (var work in _group) RunAlone(work);
    }

    private bool MayGoOn()
    {
        if (_cautious > 0) _cautious--;
        else if (_lastWork >= GoingOnWork && Stopwatch.GetElapsedTime(_lastCommit) < GoingOnPause) return true;
        return false;
    }

    /// <summary>Runs what was taken already, when the group is run anew, and what waits.</summary>
    /// <returns>False: the group was undone and has to be run piece by piece.</returns>
    private bool TryRunTogether(bool mayGoOn)
    {
        var started = Stopwatch.GetTimestamp();
        if (!mayGoOn || !_connection.TryGoOn()) Begin();
        for (var at = 0; at < _group.Count || TryTake(); at++)
        {
            var work = _group[at];
            _session.BeginWork();
            if (work.IsWrapped)
            {
                if (!TryRunWrapped(at)) return false;
            }
            else
            {
                work.Run(_session);
            }

            if (_group.Count % 64 == 0 && at == _group.Count - 1 && Stopwatch.GetElapsedTime(started) > GroupTimeMax) break;
        }

        _session.RunBeforeCommit();
        _connection.Commit();
        (_lastWork, _lastCommit) = (_group.Count, Stopwatch.GetTimestamp());
        _metrics.Committed(_group.Count, Stopwatch.GetElapsedTime(started));
        return true;
    }

    private bool TryTake()
    {
        if (_group.Count == GroupWorkMax || !_channel.Reader.TryRead(out var work)) return false;
        _group.Add(work);
        return true;
    }

    // Outside of every catch that would run the group again: it is durable now.
    private void Committed()
    {
        _session.RunAfterCommit();
        foreach (var work in _group) work.Complete();
    }

    /// <summary>Runs one piece between savepoints. False: the whole group had to be undone.</summary>
    private bool TryRunWrapped(int at)
    {
        var work = _group[at];
        var marks = _session.Mark();
        _connection.Savepoint();
        Exception? failure = null;
        var kept = false;
        try
        {
            kept = work.Run(_session);
        }
        catch (Exception error) when (!IsOfTheStore(error) && !IsOfWorker(error) && error is not StorageException { IsOfTurn: true })
        {
            failure = error;
        }

        if (kept)
        {
            _connection.ReleaseSavepoint();
            return true;
        }

        if (_session.HoldsSums)
        {
            Undo();
            return false;
        }

        _connection.RollbackToSavepoint();
        _session.RollBackTo(marks);
        if (failure is not null) _group[at] = new FailedWork(work, failure);
        return true;
    }

    /// <summary>Whether no piece of work can succeed now.</summary>
    private static bool IsOfTheStore(Exception error) => !IsOfWorker(error) && error is StorageException
    {
        Failure: StorageFailure.Full or StorageFailure.Corrupt or StorageFailure.Access or StorageFailure.Device
            or StorageFailure.Unavailable,
    };

    // Work for other machines can still succeed, but not in this transaction: what it wrote on the lost one is gone, savepoint or not.
    private static bool IsOfWorker(Exception error) => error is StorageException { IsOfWorker: true };

    private void RunAlone(WriteWork work)
    {
        var isCommitted = false;
        try
        {
            Begin();
            _session.BeginWork();
            if (work.Run(_session))
            {
                _session.RunBeforeCommit();
                _connection.Commit();
                isCommitted = true;
            }
            else
            {
                Undo();
            }
        }
        catch (Exception error)
        {
            // The queue outlives every failure of a piece of work; the caller gets it.
            Undo();
            work.Fail(error);
            return;
        }

        if (isCommitted) _session.RunAfterCommit();
        work.Complete();
    }

    private void Begin()
    {
        if (_connection.BeginWrite()) _session.Turn++;
    }

    private void Undo()
    {
        _connection.Rollback();
        _session.RunAfterRollback();
    }

    // Stands in the group for work that failed by itself. Should the group be undone and run piece by piece, what the second
    // run says counts.
    private sealed class FailedWork(WriteWork work, Exception failure) : WriteWork
    {
        private bool _ranAgain;

        protected internal override bool Run(WriteSession session)
        {
            _ranAgain = true;
            return work.Run(session);
        }

        protected internal override void Complete()
        {
            if (_ranAgain) work.Complete();
            else work.Fail(failure);
        }

        protected internal override void Fail(Exception error) => work.Fail(error);
    }
}

/// <summary>Work given as a function whose result is always kept.</summary>
internal sealed class FunctionWork<T>(Func<WriteSession, T> function) : WriteWork
{
    private readonly TaskCompletionSource<T> _done = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private T? _value;

    internal Task<T> Task => _done.Task;

    protected internal override bool Run(WriteSession session)
    {
        _value = function(session);
        return true;
    }

    protected internal override void Complete() => _done.TrySetResult(_value!);

    protected internal override void Fail(Exception error) => _done.TrySetException(error);
}

/// <summary>Work given as a function that may refuse; a refusal undoes its changes.</summary>
internal sealed class RefusableWork<T>(Func<WriteSession, Result<T>> function) : WriteWork
{
    private readonly TaskCompletionSource<Result<T>> _done = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private Result<T> _value;

    internal Task<Result<T>> Task => _done.Task;

    protected internal override bool Run(WriteSession session)
    {
        _value = function(session);
        return _value.IsValue;
    }

    protected internal override void Complete() => _done.TrySetResult(_value);

    protected internal override void Fail(Exception error) => _done.TrySetException(error);
}

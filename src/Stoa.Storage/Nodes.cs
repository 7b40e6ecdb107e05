using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Globalization;
using Npgsql;
using Stoa.Storage.Postgres;

namespace Stoa.Storage;

/// <summary>This program among those on one PostgreSQL database, the nodes: whether it leads, which others are there, and when
/// one of them has written. On SQLite it is alone and leads always.</summary>
/// <remarks>
/// Two connections of its own. One holds two session locks, that this node is there and that it leads, asks once a
/// <see cref="Period"/> whether both still hold, and tells others of commits (NOTIFY). The other one hears them (LISTEN). A
/// notification only wakes; what there is to know stands in the database, and each node looks once a period even when it
/// hears nothing.
/// </remarks>
public sealed class Nodes : IAsyncDisposable
{
    /// <summary>Between two looks at the others.</summary>
    public static readonly TimeSpan Period = TimeSpan.FromSeconds(1);

    /// <summary>A database that has not answered for this long does not answer; what is asked of it then is refused at once.</summary>
    public static readonly TimeSpan SilenceMax = TimeSpan.FromSeconds(3);

    // Who leads believes it for so long after the last answer; the server ends a session that is silent for longer. Another node
    // takes the lead at its next look and leads after a while, in which one whose session was ended learns of it.
    private static readonly TimeSpan LeaseTime = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan IdleMax = TimeSpan.FromSeconds(6);
    private static readonly TimeSpan TakingOver = TimeSpan.FromSeconds(2);

    // What is told at its commit is looked for less often than what a pause may have swallowed.
    private const int LooksOfRest = 5;

    // How long nothing may be heard until it is asked whether the other end is still there: what it told meanwhile is found by looks.
    private static readonly TimeSpan QuietMax = LooksOfRest * Period;

    // Commits within it are told together: a busy writer wakes the others a hundred times a second at most.
    private static readonly TimeSpan TellingPause = TimeSpan.FromMilliseconds(10);
    private static readonly TimeSpan RetryPause = TimeSpan.FromMilliseconds(250);

    /// <summary>What is told, beside the names of nodes, when access may be decided otherwise. Triggers tell it (step 0010_nodes),
    /// whichever program makes the change.</summary>
    public const string Governance = "governance";

    /// <summary>Told when connectors have changed, or something is asked of them.</summary>
    public const string Connectors = "connectors";

    /// <summary>Told when a node has taken an MQTT session from another.</summary>
    public const string Takeovers = "takeovers";

    /// <summary>Told at each commit of another node, like what is about nothing: for what nodes alone write, and only when another is there.</summary>
    public const string Neighbours = "neighbours";

    private const string Channel = "stoa";

    private const string ReadNodes =
        """
        SELECT classid::bigint, objid::bigint
        FROM   pg_locks
        WHERE  locktype = 'advisory'
          AND  database = (SELECT oid FROM pg_database WHERE datname = current_database())
          AND  classid IN ($1::bigint::oid, $2::bigint::oid)
          AND  objsubid = 2
          AND  granted
        """;

    private readonly PostgresAddress? _address;
    private readonly long _key; // of this node
    private readonly CancellationTokenSource _stop = new();
    private readonly SemaphoreSlim _told = new(0, 1);
    private readonly TaskCompletionSource _begun = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Thread? _speaking;
    private readonly Task _hearing;
    private readonly Lease _lead = new();
    private readonly ConcurrentQueue<TaskCompletionSource> _asking = new();
    private ImmutableArray<NodeDuty> _duties = [];
    private ImmutableArray<Listening> _listeners = [];
    private int _looks;
    private ImmutableHashSet<long> _others = [];
    private bool _isFirst = true; // No other was there since this one began to look.
    private long _askedAt;

    private Nodes(PostgresAddress? address)
    {
        _address = address;
        Name = address?.Node ?? "";
        _ = TryKeyOf(Name, out _key);
        _hearing = address is null ? Task.CompletedTask : Task.Run(HearAsync);
        if (address is null) return;
        _speaking = new Thread(Speak) { Name = "stoa nodes", IsBackground = true };
        _speaking.Start();
    }

    internal static Nodes Alone() => new(null);

    /// <summary>Joins the nodes; what <see cref="IsLeader"/> says is known when this returns, if the database answers.</summary>
    internal static Nodes Join(PostgresAddress address)
    {
        var nodes = new Nodes(address);
        nodes._begun.Task.WaitAsync(SilenceMax).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing).GetAwaiter().GetResult();
        return nodes;
    }

    /// <summary>Names this run of the program; empty on SQLite.</summary>
    public string Name { get; }

    /// <summary>Whether other nodes may be there.</summary>
    public bool AreMany => _address is not null;

    /// <summary>Whether this node does what one alone must do.</summary>
    public bool IsLeader => !AreMany || _lead.IsHeld;

    /// <summary>How many other nodes there were at the last look.</summary>
    public int Others => _others.Count;

    /// <summary>The same object as long as each look finds the same nodes.</summary>
    public object Composition => _others;

    /// <summary>Whether a question to the database has had no answer for too long: it is not away, it hangs.</summary>
    public bool IsSilent => Volatile.Read(ref _askedAt) is not 0 and var asked && Environment.TickCount64 - asked > SilenceMax.TotalMilliseconds;

    /// <summary>Whether that node was there at the last look.</summary>
    public bool IsThere(string node) =>
        node == Name || (TryKeyOf(node, out var key) && _others.Contains(key));

    /// <summary>Whether there is another node at this moment: one that has come since the last look counts too.</summary>
    /// <remarks>A node is seen before it serves, so what is decided by this misses nobody. Costs a statement while there is none.</remarks>
    public bool HasOthers(Session session)
    {
        ArgumentNullException.ThrowIfNull(session);
        if (AreMany && Others == 0) Look(session);
        return Others > 0;
    }

    /// <summary>Looks who is there now.</summary>
    public void Look(Session session)
    {
        ArgumentNullException.ThrowIfNull(session);
        using var nodes = session.Prepare(ReadNodes);
        nodes.Bind(1, AdvisoryLocks.Node).Bind(2, AdvisoryLocks.Duty);
        var locks = new List<(long Class, long Number)>();
        while (nodes.Step()) locks.Add((nodes.Int64(0), nodes.Int64(1)));
        Found(locks);
    }

    /// <summary>A duty that one node has at a time, of those that want it; which one is decided apart from who leads.</summary>
    /// <param name="number">Names it, the same at every node.</param>
    public NodeDuty Duty(int number)
    {
        var duty = new NodeDuty(number, AreMany);
        ImmutableInterlocked.Update(ref _duties, static (all, added) => all.Add(added), duty);
        return duty;
    }

    /// <summary>Returns after a look that began after this was called, or when the database does not answer.</summary>
    public async Task LookAsync(CancellationToken cancellation)
    {
        if (!AreMany) return;
        var looked = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _asking.Enqueue(looked);
        Tell();
        await looked.Task.WaitAsync(SilenceMax, cancellation).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        cancellation.ThrowIfCancellationRequested();
    }

    private void Found(List<(long Class, long Number)> locks)
    {
        var others = locks.Where(one => one.Class == AdvisoryLocks.Node && one.Number != _key).Select(one => one.Number).ToImmutableHashSet();
        if (!_others.SetEquals(others)) _others = others;
        if (!others.IsEmpty) _isFirst = false;
    }

    /// <summary>Says that something was committed; never waits.</summary>
    public void Tell()
    {
        if (!AreMany || _told.CurrentCount > 0) return;
        try
        {
            _told.Release();
        }
        catch (SemaphoreFullException)
        {
            // Somebody else was quicker, and both are told together.
        }
    }

    /// <summary>Calls the action whenever another node may have committed: told, after a gap in hearing, and once a
    /// <see cref="Period"/>. Dispose what is returned to end it.</summary>
    /// <param name="heard">Must be short and must not throw; comes on any thread, and not at all on SQLite.</param>
    /// <param name="about">Not at every commit but only at those that touch this, such as <see cref="Governance"/>. As those
    /// are told at the commit itself, one period in <see cref="LooksOfRest"/> is enough then, but for <see cref="Governance"/>; and for
    /// <see cref="Neighbours"/> while nobody else is there.</param>
    public IDisposable Listen(Action heard, string? about = null)
    {
        var listening = new Listening(this, heard, about);
        ImmutableInterlocked.Update(ref _listeners, static (all, added) => all.Add(added), listening);
        return listening;
    }

    /// <summary>Runs work while this node leads: cancelled when it leads no more, run again when it leads again.</summary>
    public async Task LeadAsync(Func<CancellationToken, Task> work, CancellationToken stop)
    {
        ArgumentNullException.ThrowIfNull(work);
        while (AreMany)
        {
            while (!IsLeader) await Task.Delay(RetryPause, stop);
            using var end = CancellationTokenSource.CreateLinkedTokenSource(stop);
            var running = work(end.Token);
            while (IsLeader && !running.IsCompleted && !stop.IsCancellationRequested)
                await Task.WhenAny(running, Task.Delay(RetryPause, end.Token));
            await end.CancelAsync();
            try
            {
                await running;
            }
            catch (OperationCanceledException) when (!stop.IsCancellationRequested)
            {
                // It leads no more.
                continue;
            }

            if (IsLeader) return;
        }

        await work(stop);
    }

    private static bool TryKeyOf(string node, out long key)
    {
        key = 0;
        if (node.Length < 8 || !uint.TryParse(node.AsSpan(0, 8), NumberStyles.HexNumber, CultureInfo.InvariantCulture, out var number))
            return false;
        key = number;
        return true;
    }

    private void Wake()
    {
        foreach (var listener in _listeners) listener.Heard();
    }

    private void WakeAfterLook(bool hasNeighbours)
    {
        var all = _looks++ % LooksOfRest == 0;
        foreach (var listener in _listeners)
            if (all || listener.About is null or Governance || (hasNeighbours && listener.About == Neighbours)) listener.Heard();
    }

    private void Wake(string told)
    {
        // What this node told comes back to it.
        if (told == Name) return;
        var isCommit = told is not (Governance or Connectors or Takeovers);
        foreach (var listener in _listeners)
            if (listener.About is null or Neighbours ? isCommit : listener.About == told) listener.Heard();
    }

    // speaking ----------------------------------------------------------------------------------------------------------

    // On a thread of its own: threads of the pool wait for the database, and what is late for want of them is no silence.
    private void Speak()
    {
        while (!_stop.IsCancellationRequested)
        {
            try
            {
                SpeakOnce();
            }
            catch (Exception error) when (IsExpected(error))
            {
                // Away, or the session was ended. Only silence is remembered: what refuses, answers.
                if (!IsTimeout(error)) Volatile.Write(ref _askedAt, 0);
            }

            _lead.End();
            foreach (var duty in _duties) duty.Lease?.End();
            _isFirst = false;
            _begun.TrySetResult();
            _stop.Token.WaitHandle.WaitOne(RetryPause);
        }
    }

    private void SpeakOnce()
    {
        if (Volatile.Read(ref _askedAt) == 0) Volatile.Write(ref _askedAt, Environment.TickCount64);
        using var connection = new NpgsqlConnection(AddressFor(
            "stoa speaking", FormattableString.Invariant($"-c idle_session_timeout={(long)IdleMax.TotalMilliseconds}")));
        connection.Open();
        using (var join = new NpgsqlCommand("SELECT pg_advisory_lock_shared($1, $2)", connection)
        {
            Parameters = { new() { Value = AdvisoryLocks.Node }, new() { Value = unchecked((int)_key) } },
        })
            join.ExecuteNonQuery();
        var leads = false;
        var held = new HashSet<NodeDuty>();
        var lookAt = Environment.TickCount64;
        while (!_stop.IsCancellationRequested)
        {
            if (Environment.TickCount64 >= lookAt || !_asking.IsEmpty)
            {
                var asking = _asking.Count;
                leads = Look(connection, leads, held);
                lookAt = Environment.TickCount64 + (long)Period.TotalMilliseconds;
                while (asking-- > 0 && _asking.TryDequeue(out var looked)) looked.TrySetResult();
            }

            var wait = Math.Max(0, lookAt - Environment.TickCount64);
            if (!_told.Wait((int)wait, _stop.Token) || Others == 0) continue;
            using (var notify = new NpgsqlCommand("SELECT pg_notify($1, $2)", connection)
            {
                Parameters = { new() { Value = Channel }, new() { Value = Name } },
            })
                notify.ExecuteNonQuery();
            _stop.Token.WaitHandle.WaitOne(TellingPause);
        }
    }

    /// <summary>Asks who is there and, as long as nobody has them, for the lead and the duties that this node wants.</summary>
    private bool Look(NpgsqlConnection connection, bool leads, HashSet<NodeDuty> held)
    {
        var asked = Environment.TickCount64;
        if (Volatile.Read(ref _askedAt) == 0) Volatile.Write(ref _askedAt, asked);
        var locks = new List<(long Class, long Number)>();
        using (var nodes = new NpgsqlCommand(ReadNodes, connection)
        {
            Parameters = { new() { Value = (long)AdvisoryLocks.Node }, new() { Value = (long)AdvisoryLocks.Duty } },
        })
        using (var rows = nodes.ExecuteReader())
            while (rows.Read()) locks.Add((rows.GetInt64(0), rows.GetInt64(1)));
        // What one wrote that has just gone is there to be read.
        var hasNeighbours = Others > 0;
        Found(locks);
        hasNeighbours |= Others > 0;
        if (!leads)
        {
            using var lead = new NpgsqlCommand("SELECT pg_try_advisory_lock($1)", connection)
            {
                Parameters = { new() { Value = AdvisoryLocks.Leader } },
            };
            leads = lead.ExecuteScalar() is true;
            if (leads) _lead.Begin(TakenFrom);
        }

        ShareDuties(connection, locks, held);
        Volatile.Write(ref _askedAt, 0);
        var until = asked + (long)LeaseTime.TotalMilliseconds;
        if (leads) _lead.Extend(until);
        foreach (var duty in held) duty.Lease?.Extend(until);
        _begun.TrySetResult();
        WakeAfterLook(hasNeighbours);
        return leads;
    }

    // Who comes first has nobody to wait for.
    private long TakenFrom => Environment.TickCount64 + (_isFirst ? 0 : (long)TakingOver.TotalMilliseconds);

    private void ShareDuties(NpgsqlConnection connection, List<(long Class, long Number)> locks, HashSet<NodeDuty> held)
    {
        foreach (var duty in _duties)
        {
            var isTaken = locks.Contains((AdvisoryLocks.Duty, duty.Number));
            if (duty.IsWanted && !held.Contains(duty) && !isTaken)
            {
                // Another may have been quicker since.
                isTaken = true;
                if (Ask(connection, "SELECT pg_try_advisory_lock($1, $2)", duty) && held.Add(duty)) duty.Lease?.Begin(TakenFrom);
            }
            else if (!duty.IsWanted && held.Remove(duty))
            {
                duty.Lease?.End();
                Ask(connection, "SELECT pg_advisory_unlock($1, $2)", duty);
            }

            duty.Found(isTaken, Others > 0);
        }
    }

    private static bool Ask(NpgsqlConnection connection, string sql, NodeDuty duty)
    {
        using var command = new NpgsqlCommand(sql, connection)
        {
            Parameters = { new() { Value = AdvisoryLocks.Duty }, new() { Value = duty.Number } },
        };
        return command.ExecuteScalar() is true;
    }

    // hearing -----------------------------------------------------------------------------------------------------------

    private async Task HearAsync()
    {
        while (!_stop.IsCancellationRequested)
        {
            try
            {
                await HearOnceAsync();
            }
            catch (Exception error) when (IsExpected(error))
            {
                // What is told meanwhile is found by the look once a period, and by the one after listening began again.
            }

            await PauseAsync(RetryPause);
        }
    }

    private async Task HearOnceAsync()
    {
        await using var connection = new NpgsqlConnection(AddressFor("stoa hearing", ""));
        await connection.OpenAsync(_stop.Token);
        var heard = new HashSet<string>(StringComparer.Ordinal);
        connection.Notification += (_, notification) => heard.Add(notification.Payload);
        await using (var listen = new NpgsqlCommand($"LISTEN {Channel}", connection)) await listen.ExecuteNonQueryAsync(_stop.Token);
        Wake();
        while (true)
        {
            if (!await connection.WaitAsync(QuietMax, _stop.Token))
            {
                // Finds out that the other end has gone without a word.
                await using var probe = new NpgsqlCommand("SELECT 1", connection);
                await probe.ExecuteNonQueryAsync(_stop.Token);
            }

            foreach (var told in heard) Wake(told);
            heard.Clear();
        }
    }

    private string AddressFor(string name, string options) => _address!.ForNodes(name, options, SilenceMax); // Not null where this runs.

    private bool IsExpected(Exception error) =>
        PostgresErrors.IsOfDriver(error) || error is InvalidOperationException || (error is OperationCanceledException && _stop.IsCancellationRequested);

    private static bool IsTimeout(Exception error) => error is TimeoutException || error.InnerException is TimeoutException;

    private async Task PauseAsync(TimeSpan time) =>
        await Task.Delay(time, _stop.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);

    /// <summary>Leaves: another node leads from its next look on.</summary>
    public async ValueTask DisposeAsync()
    {
        if (_stop.IsCancellationRequested) return;
        await _stop.CancelAsync();
        await _hearing;
        _speaking?.Join();
        _stop.Dispose();
        _told.Dispose();
    }

    private sealed class Listening(Nodes nodes, Action heard, string? about) : IDisposable
    {
        internal Action Heard => heard;

        internal string? About => about;

        public void Dispose() => ImmutableInterlocked.Update(ref nodes._listeners, static (all, gone) => all.Remove(gone), this);
    }
}

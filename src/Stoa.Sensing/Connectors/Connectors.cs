using System.Text;
using Stoa.Sensing.Connectors.Rules;
using Stoa.Storage;
using Stoa.Vocabulary;

namespace Stoa.Sensing.Connectors;

/// <summary>The connectors of the exchange: declared, tested, switched, counted. Who may do so is decided by the
/// caller.</summary>
/// <remarks>Servers keep a snapshot in memory and look for changes by other processes every <see cref="ConnectorRefresh.Period"/>.</remarks>
public sealed partial class Connectors(Database database, TimeProvider time)
{
    /// <summary>Connectors of one dataset.</summary>
    public const int OfDatasetMax = 200;

    private readonly Lock _gate = new();
    private volatile ConnectorDirectory _directory = ConnectorDirectory.Empty;

    /// <summary>The snapshot in force now.</summary>
    internal ConnectorDirectory Directory => _directory;

    /// <summary>Told of every new snapshot, before who made the change gets the answer.</summary>
    internal Action<ConnectorDirectory>? OnChange { get; set; }

    /// <summary>All of one dataset, by name; of all datasets when none is named.</summary>
    public async Task<IReadOnlyList<ConnectorEntry>> ListAsync(DatasetId? dataset, CancellationToken cancellation)
    {
        using var read = await database.ReadAsync(cancellation);
        using var select = read.Prepare(dataset is null ? SelectAll : SelectOfDataset);
        if (dataset is { } one) select.Bind("@dataset", one.Value);
        var entries = new List<ConnectorEntry>();
        while (select.Step()) entries.Add(From(select));
        return entries;
    }

    /// <summary>One connector; null when there is none of that name.</summary>
    public async Task<ConnectorEntry?> FindAsync(DatasetId dataset, string name, CancellationToken cancellation)
    {
        using var read = await database.ReadAsync(cancellation);
        return Find(read, dataset, name);
    }

    /// <summary>Declares a connector, or declares it anew.</summary>
    /// <param name="dataset">Where it belongs.</param>
    /// <param name="name">Its name in the address or file.</param>
    /// <param name="yaml">The declaration.</param>
    /// <param name="file">The file it comes from; null: the API.</param>
    /// <param name="enable">Switch it on as well: when its sample is understood, or when that is forced.</param>
    /// <param name="isForced">Switches on without a test.</param>
    /// <param name="ifThere">The refusal where there is one of that name already; null where it may be declared anew.</param>
    /// <param name="cancellation">Ends the wait; what was written stays.</param>
    /// <returns>The connector and whether it is new. A declaration that was changed has to be tested anew.</returns>
    public async Task<Result<(ConnectorEntry Entry, bool IsNew)>> DeclareAsync(
        DatasetId dataset, string name, ReadOnlyMemory<byte> yaml, string? file, bool enable, bool isForced,
        Problem? ifThere, CancellationToken cancellation)
    {
        if (!ConnectorReader.Read(yaml.Span, name).TryGet(out var rules, out var problem)) return problem;
        var now = Instant.From(time.GetUtcNow());
        var isUnderstood = false;
        if (rules.Sample is { } sample)
        {
            var trial = ConnectorTrial.Run(rules, sample.Topic, Encoding.UTF8.GetBytes(sample.Payload), now);
            if (trial.Outcome != ConnectorTrial.Stored) return ConnectorProblems.SampleNotUnderstood(trial.Reason ?? trial.Outcome);
            isUnderstood = true;
        }

        var text = Encoding.UTF8.GetString(yaml.Span);
        var outcome = await database.TryWriteAsync<(ConnectorEntry, bool)>(
            session => ifThere is not null && Find(session, dataset, name) is not null
                ? ifThere
                : Declare(session, new(dataset, name, text, file, enable, isForced, isUnderstood), now),
            cancellation);
        if (outcome.IsValue) await ReloadAsync(CancellationToken.None);
        return outcome;
    }

    private static Result<(ConnectorEntry, bool)> Declare(WriteSession session, Declaration wanted, Instant now)
    {
        var old = Find(session, wanted.Dataset, wanted.Name);
        if (old is { File: not null } && wanted.File is null) return ConnectorProblems.DeclaredInFile(old.File);
        if (old is { File: null } && wanted.File is not null) return ConnectorProblems.DeclaredOverApi(wanted.Name);
        if (old is null && Count(session, wanted.Dataset) >= OfDatasetMax) return ConnectorProblems.TooMany(OfDatasetMax);
        var isSame = old?.Declaration == wanted.Text;
        Instant? tested = wanted.IsUnderstood ? now : isSame ? old!.Tested : null;
        if (wanted.Enable && tested is null && !wanted.IsForced) return ConnectorProblems.Untested;
        var isEnabled = wanted.Enable || (isSame && old!.IsEnabled && wanted.File is null);
        using (var write = session.Prepare(old is null ? Insert : Update))
        {
            write.Bind("@declaration", wanted.Text).Bind("@file", wanted.File).Bind("@enabled", isEnabled)
                .Bind("@tested", tested?.UnixMicroseconds).Bind("@now", now.UnixMicroseconds);
            if (old is null) write.Bind("@dataset", wanted.Dataset.Value).Bind("@name", wanted.Name);
            else write.Bind("@id", old.Id);
            write.Execute();
        }

        return (Find(session, wanted.Dataset, wanted.Name)!, old is null);
    }

    /// <summary>Switches a connector on or off. On needs a test of its declaration that was understood, or force.</summary>
    public async Task<Result<ConnectorEntry>> SwitchAsync(
        DatasetId dataset, string name, bool isOn, bool isForced, CancellationToken cancellation)
    {
        var now = Instant.From(time.GetUtcNow());
        var outcome = await database.TryWriteAsync<ConnectorEntry>(
            session =>
            {
                if (Find(session, dataset, name) is not { } entry) return Problem.NotFound();
                if (isOn && entry.Tested is null && !isForced) return ConnectorProblems.Untested;
                using (var write = session.Prepare(Switch))
                    write.Bind("@enabled", isOn).Bind("@now", now.UnixMicroseconds).Bind("@id", entry.Id).Execute();
                return Find(session, dataset, name)!;
            },
            cancellation);
        if (outcome.IsValue) await ReloadAsync(CancellationToken.None);
        return outcome;
    }

    /// <summary>Takes a connector out of the hands of a file that no longer declares it, and switches it off.</summary>
    internal Task<bool> ReleaseAsync(ConnectorEntry entry, CancellationToken cancellation) => database.WriteAsync(
        session =>
        {
            using var release = session.Prepare(Release);
            return release.Bind("@id", entry.Id).Execute() == 1;
        },
        cancellation);

    /// <summary>Removes a connector with its counts and dead letters. What it stored stays.</summary>
    public async Task<Result<bool>> DeleteAsync(DatasetId dataset, string name, CancellationToken cancellation)
    {
        var outcome = await database.TryWriteAsync<bool>(
            session =>
            {
                if (Find(session, dataset, name) is not { } entry) return Problem.NotFound();
                if (entry.File is { } file) return ConnectorProblems.DeclaredInFile(file);
                DeadLetters.RemoveAll(session, entry.Id);
                using var delete = session.Prepare(Delete);
                delete.Bind("@id", entry.Id).Execute();
                return true;
            },
            cancellation);
        if (outcome.IsValue) await ReloadAsync(CancellationToken.None);
        return outcome;
    }

    /// <summary>Says which Datastreams of a trial are there already, and which would be made.</summary>
    internal async Task<ConnectorTrial> LookAsync(
        ConnectorTrial trial, DatasetId dataset, CancellationToken cancellation)
    {
        using var read = await database.ReadAsync(cancellation);
        using var find = read.Prepare(FindDatastream);
        var streams = new List<TriedDatastream>();
        foreach (var stream in trial.Datastreams)
        {
            streams.Add(stream with { Exists = find.Bind("@dataset", dataset.Value).Bind("@key", stream.Key).Step() });
            find.Reset();
        }

        return trial with { Datastreams = streams };
    }

    /// <summary>Notes that this very declaration understood a payload.</summary>
    internal Task<long> NoteTestAsync(ConnectorEntry entry, CancellationToken cancellation)
    {
        var now = Instant.From(time.GetUtcNow());
        return database.WriteAsync(
            session =>
            {
                using var note = session.Prepare(NoteTest);
                return note.Bind("@now", now.UnixMicroseconds).Bind("@dataset", entry.Dataset.Value)
                    .Bind("@name", entry.Name).Bind("@declaration", entry.Declaration).Execute();
            },
            cancellation);
    }

    /// <summary>Reads the connectors if anything has changed.</summary>
    public async Task ReloadAsync(CancellationToken cancellation)
    {
        using var read = await database.ReadAsync(cancellation);
        using var version = read.Prepare(SelectVersion);
        var number = version.Step() ? version.Int64(0) : 0;
        if (number == _directory.Version) return;
        using var select = read.Prepare(SelectAll);
        var connectors = new List<Connector>();
        while (select.Step())
        {
            var entry = From(select);
            // What an older program took and this one does not stays listed and takes no messages.
            if (ConnectorReader.Read(Encoding.UTF8.GetBytes(entry.Declaration), entry.Name).TryGet(out var rules, out _))
                connectors.Add(new(entry.Id, entry.Dataset, entry.IsEnabled, rules));
        }

        lock (_gate)
        {
            if (number <= _directory.Version) return;
            _directory = new(number, connectors);
        }

        OnChange?.Invoke(_directory);
    }

    private static long Count(Session session, DatasetId dataset)
    {
        using var count = session.Prepare(CountOfDataset);
        return count.Bind("@dataset", dataset.Value).Step() ? count.Int64(0) : 0;
    }

    private static ConnectorEntry? Find(Session session, DatasetId dataset, string name)
    {
        using var select = session.Prepare(SelectOne);
        return select.Bind("@dataset", dataset.Value).Bind("@name", name).Step() ? From(select) : null;
    }

    private static ConnectorEntry From(Statement row) => new(
        row.Int64(0), new(row.Int64(1)), row.Text(2), row.Text(3), row.TextOrNull(4), row.Boolean(5), InstantOrNull(row, 6),
        new(row.Int64(7)), new(row.Int64(8)),
        new(Received: row.Int64(10), Observations: row.Int64(11), Duplicates: row.Int64(12), Skipped: row.Int64(13),
            Rejected: row.Int64(14), DatastreamsCreated: row.Int64(9), DeadLetters: row.Int64(16),
            DeadLetterBytes: row.Int64(17), DeadLettersDropped: row.Int64(15), LastReceived: InstantOrNull(row, 18),
            LastError: row.TextOrNull(19), LastErrorTime: InstantOrNull(row, 20)));

    private static Instant? InstantOrNull(Statement row, int column) =>
        row.Int64OrNull(column) is { } microseconds ? new Instant(microseconds) : null;

    private sealed record Declaration(
        DatasetId Dataset, string Name, string Text, string? File, bool Enable, bool IsForced, bool IsUnderstood);
}

using System.Globalization;
using Stoa.Ledger.Checkpoints;
using Stoa.Ledger.Events;
using Stoa.Ledger.Merkle;
using Stoa.Storage;

namespace Stoa.Ledger.Writing;

/// <summary>One log: puts entries into tiles and signs checkpoints over them.</summary>
/// <remarks>
/// The order of a step is what makes it safe to end anywhere: entries are committed; tiles are made durable; the checkpoint is signed and written into a
/// file outside the database; it is shown. Tiles are made again from the entries when they are lost. No checkpoint is signed that is smaller than the
/// last signed one, or does not begin with it. Not safe for several threads at once.
/// </remarks>
internal sealed class PublishedLog(
    LogName log, Database database, TileStore tiles, LedgerOptions options, TimeProvider time)
{
    /// <summary>Entries under one checkpoint at most, beyond those before it: bounds the tiles of one step to some 20 MB.</summary>
    public const int StepMax = 65_536;

    private const int PieceMax = 4_096;

    // Entries may have 64 KB each.
    private const int PieceBytesMax = 8 * 1024 * 1024;

    private const string ReadSize =
        """
        SELECT size
        FROM   ledger_log
        WHERE  id = ?1
        """;

    private const string ReadEntries =
        """
        SELECT   idx, body
        FROM     ledger_entry
        WHERE    log = ?1 AND idx >= ?2 AND idx < ?3
        ORDER BY idx
        """;

    // By its primary key; kind is EntryKeyKind.Log, log is LogName.Audit.
    private const string ReadBegun =
        """
        SELECT 1
        FROM   ledger_key
        WHERE  kind = 4 AND number = ?1 AND log = 1
        LIMIT  1
        """;

    private GrowingTree? _tree;
    private DateTime _keysOf;
    private (SignedNote? Note, IReadOnlyList<SignerKey>? Keys) _known;
    private IReadOnlyList<SignerKey> _keys = [];

    /// <summary>Which.</summary>
    public LogName Name => log;

    /// <summary>The public keys that sign it, the newest first; none on a node that has none, or has not opened it yet.</summary>
    public IReadOnlyList<VerifierKey> Keys => [.. ReadKeys().Select(key => key.Verifier)];

    /// <summary>Where its tiles are.</summary>
    public TileStore Tiles => tiles;

    /// <summary>The checkpoint shown last by this node; null before it was read.</summary>
    public SignedNote? Note { get; private set; }

    /// <summary>Number of entries under it.</summary>
    public long Size { get; private set; } = -1;

    /// <summary>Whether the last step left entries that are not under a checkpoint yet: the next one is due at once.</summary>
    public bool HasMore { get; private set; }

    /// <summary>Forgets what memory holds, after a failure or while another node leads.</summary>
    public void Forget() => (_tree, HasMore) = (null, false);

    /// <summary>Refuses a database that is older than what was signed.</summary>
    /// <exception cref="LogHaltedException">It is.</exception>
    public async Task CheckAsync(CancellationToken cancellation)
    {
        if (!File.Exists(options.SignedFileOf(log))) return;
        var signed = SignedOutside();
        var size = await SizeAsync(cancellation);
        if (size >= signed.Size) return;
        throw new LogHaltedException(log, string.Create(CultureInfo.InvariantCulture,
            $"The database is older than the log {log.ToPath()}: it holds {size} entries, and a checkpoint of {signed.Size} was signed already " +
            $"({options.SignedFileOf(log)}). It comes from a backup, probably. Bring back the newer database. If it is lost for good, say so: stoa ledger " +
            $"begin-anew {log.ToPath()} --data … ends this log and begins another, so that nobody is shown two pasts under one name."), endsStart: true);
    }

    /// <summary>Reads where the log ended, and compares it with what was signed and with the last entries of the database.</summary>
    /// <exception cref="LogHaltedException">They do not fit.</exception>
    public async Task OpenAsync(CancellationToken cancellation) => _tree ??= await TreeAsync(cancellation);

    /// <summary>Puts what is new under a checkpoint and shows it.</summary>
    /// <returns>Whether there is a new checkpoint.</returns>
    public async Task<bool> PublishAsync(CancellationToken cancellation)
    {
        var tree = _tree ??= await TreeAsync(cancellation);
        var from = tree.Size;
        var added = await AppendNewAsync(tree, cancellation);
        HasMore = added >= StepMax;
        if (added == 0 && Note is not null && Size == from && IsSignedByAll(Note)) return false;
        try
        {
            await tiles.WriteAsync(tree.Drain(), cancellation);
            var note = Sign(tree);
            DurableFile.Write(options.SignedFileOf(log), note.ToBytes());
            await ShowAsync(note, tree.Size, cancellation);
            return true;
        }
        catch
        {
            // What memory holds is ahead of what is durable.
            Forget();
            throw;
        }
    }

    /// <summary>Reads the checkpoint that is shown, which another node may have made.</summary>
    /// <returns>Whether it is another one than before.</returns>
    public async Task<bool> FollowAsync(CancellationToken cancellation)
    {
        if (await tiles.CheckpointAsync(cancellation) is not { } bytes || !TryRead(bytes, out var note, out var checkpoint)) return false;
        if (checkpoint!.Size == Size) return false; // Read on the line above.
        Note = note;
        Size = checkpoint.Size;
        return true;
    }

    private async Task ShowAsync(SignedNote note, long size, CancellationToken cancellation)
    {
        await tiles.PublishAsync(note.ToBytes(), cancellation);
        Note = note;
        Size = size;
    }

    private async Task<GrowingTree> TreeAsync(CancellationToken cancellation)
    {
        var shown = await tiles.CheckpointAsync(cancellation);
        var known = File.Exists(options.KeyFileOf(log));
        var isBegun = await IsBegunAsync(cancellation);
        if (!known && (shown is not null || isBegun))
            throw new LogHaltedException(log, $"The secret key of the log {log.ToPath()} is missing, and the log was begun with it: bring back " +
                $"{options.KeyFileOf(log)} (on each node, when there are several), or begin another log: stoa ledger begin-anew {log.ToPath()} --data …");
        TakeKeys(KeyFile.OpenOrMake(options.KeyFileOf(log), options.OriginOf(log), SignatureType.Ed25519));
        await CheckAsync(cancellation);
        if (!isBegun) await BeginAsync(_keys[0].Verifier, cancellation);
        Checkpoint? before = null;
        SignedNote? note = null;
        if (shown is not null && !(TryRead(shown, out note, out before) && _keys.Any(key => note!.IsSignedBy(key.Verifier))))
            throw new LogHaltedException(log, $"The checkpoint of the log {log.ToPath()} is not signed with the key in {options.KeyFileOf(log)}. " +
                "One of the two was changed: bring back the right one.");
        if (File.Exists(options.SignedFileOf(log)) && SignedOutside() is var signed && (before is null || signed.Size > before.Size))
        {
            // It was signed and not shown any more.
            before = signed;
            note = null;
        }

        var tree = before is null ? new GrowingTree() : await TreeOfAsync(before, cancellation);
        if (before is not null)
        {
            await CompareLastAsync(before, cancellation);
            await CompareOutsideAsync(before, cancellation);
            if (note is not null) (Note, Size) = (note, before.Size);
        }

        return tree;
    }

    private async Task<GrowingTree> TreeOfAsync(Checkpoint before, CancellationToken cancellation)
    {
        GrowingTree tree;
        try
        {
            tree = await tiles.ReadAsync(read => new GrowingTree(before.Size, read), cancellation);
        }
        catch (TileMissingException)
        {
            tree = await MakeAgainAsync(before, cancellation);
        }

        if (tree.Root() == before.Root) return tree;
        throw new LogHaltedException(log, string.Create(CultureInfo.InvariantCulture,
            $"The tiles of the log {log.ToPath()} do not give the root that was signed for its {before.Size} entries: they, or the entries, were changed. " +
            $"Nothing is signed until they are as they were. stoa verify says where the difference is."));
    }

    private async Task<GrowingTree> MakeAgainAsync(Checkpoint before, CancellationToken cancellation)
    {
        var tree = new GrowingTree();
        while (tree.Size < before.Size)
        {
            if (await AppendAsync(tree, before.Size, cancellation) == 0) break;
            await tiles.WriteAsync(tree.Drain(), cancellation);
        }

        return tree;
    }

    // A database that was brought back and has gone on since has other entries at the end.
    private async Task CompareLastAsync(Checkpoint before, CancellationToken cancellation)
    {
        if (before.Size == 0) return;
        var first = (before.Size - 1) / TileId.Full * TileId.Full;
        var leaves = await tiles.ReadAsync(read =>
        {
            var tree = new TiledTree(before.Size, read);
            return Enumerable.Range(0, (int)(before.Size - first)).Select(i => tree.Leaf(first + i)).ToArray();
        }, cancellation);
        using var session = await database.ReadAsync(cancellation);
        using var entries = session.PrepareStream(ReadEntries);
        entries.Bind(1, (long)log).Bind(2, first).Bind(3, before.Size);
        foreach (var leaf in leaves)
            if (!entries.Step() || MerkleTree.Leaf(entries.Blob(1)) != leaf)
                throw new LogHaltedException(log, string.Create(CultureInfo.InvariantCulture,
                    $"The last entries of the log {log.ToPath()} in the database are not those that were signed: the database was brought back from a backup and " +
                    $"has gone on since, or was changed. Bring back the right one, or begin another log: stoa ledger begin-anew {log.ToPath()} --data …"),
                    endsStart: true);
    }

    private async Task CompareOutsideAsync(Checkpoint before, CancellationToken cancellation)
    {
        if (!File.Exists(options.SignedFileOf(log)) || SignedOutside() is not { } signed || signed.Size > before.Size) return;
        var root = await tiles.ReadAsync(read => Proofs.Root(new TiledTree(before.Size, read).Hash, signed.Size), cancellation);
        if (root != signed.Root)
            throw new LogHaltedException(log, string.Create(CultureInfo.InvariantCulture,
                $"The log {log.ToPath()} does not begin with the {signed.Size} entries that were signed last from here ({options.SignedFileOf(log)}): its past was " +
                $"changed. Keep both checkpoints: together they prove it."), endsStart: true);
    }

    private IReadOnlyList<SignerKey> ReadKeys() =>
        _keys.Count > 0 || !File.Exists(options.KeyFileOf(log)) ? _keys : KeyFile.Open(options.KeyFileOf(log));

    private Checkpoint SignedOutside()
    {
        var file = options.SignedFileOf(log);
        if (TryRead(File.ReadAllBytes(file), out var note, out var checkpoint) &&
            (_keys.Count == 0 || _keys.Any(key => note!.IsSignedBy(key.Verifier)))) return checkpoint!; // Read on the line above.
        throw new LogHaltedException(log, $"{file} is not the checkpoint that was signed last: it was damaged or changed. Bring it back; the newest checkpoint " +
            "that anybody has of this log will do.", endsStart: true);
    }

    private static bool TryRead(byte[] bytes, out SignedNote? note, out Checkpoint? checkpoint)
    {
        checkpoint = null;
        return SignedNote.TryParse(bytes, out note) && Checkpoint.TryParse(note!.Text, out checkpoint); // Read before it is asked.
    }

    // An entry says that the log has a key: without the file another is not made.
    private async Task<bool> IsBegunAsync(CancellationToken cancellation)
    {
        using var session = await database.ReadAsync(cancellation);
        using var read = session.Prepare(ReadBegun);
        return read.Bind(1, (long)log).Step();
    }

    private Task<long> BeginAsync(VerifierKey key, CancellationToken cancellation)
    {
        var entry = LogKeeping.MadeEntry(log, key, time.GetUtcNow());
        return database.WriteAsync(session => LogEntries.Append(session, LogName.Audit, entry, LogKeeping.MadeKeys(log)), cancellation);
    }

    // An operator may have given the log another key.
    private void TakeNewKeys()
    {
        if (File.Exists(options.KeyFileOf(log)) && File.GetLastWriteTimeUtc(options.KeyFileOf(log)) != _keysOf) TakeKeys(KeyFile.Open(options.KeyFileOf(log)));
    }

    private bool IsSignedByAll(SignedNote note)
    {
        TakeNewKeys();
        if (ReferenceEquals(note, _known.Note) && ReferenceEquals(_keys, _known.Keys)) return true;
        if (note.Signatures.Count != _keys.Count || !_keys.All(key => note.IsSignedBy(key.Verifier))) return false;
        _known = (note, _keys);
        return true;
    }

    private void TakeKeys(IReadOnlyList<SignerKey> keys) => (_keys, _keysOf) = (keys, File.GetLastWriteTimeUtc(options.KeyFileOf(log)));

    private SignedNote Sign(GrowingTree tree)
    {
        TakeNewKeys();
        var text = new Checkpoint(_keys[0].Verifier.Name, tree.Size, tree.Root()).ToString();
        var now = time.GetUtcNow();
        return new(text, [.. _keys.Select(key => key.Sign(text, now))]);
    }

    private async Task<long> AppendNewAsync(GrowingTree tree, CancellationToken cancellation)
    {
        long added = 0;
        while (added < StepMax && await AppendAsync(tree, long.MaxValue, cancellation) is > 0 and var more) added += more;
        return added;
    }

    private async Task<long> AppendAsync(GrowingTree tree, long until, CancellationToken cancellation)
    {
        var from = tree.Size;
        long bytes = 0;
        using var session = await database.ReadAsync(cancellation);
        using var entries = session.PrepareStream(ReadEntries);
        entries.Bind(1, (long)log).Bind(2, from).Bind(3, Math.Min(until, from + PieceMax));
        while (bytes < PieceBytesMax && entries.Step())
        {
            if (entries.Int64(0) != tree.Size)
                throw new LogHaltedException(log, string.Create(CultureInfo.InvariantCulture,
                    $"Entry {tree.Size} of the log {log.ToPath()} is missing in the database: somebody removed it. Bring it back; nothing is signed until it is there."));
            var entry = entries.Blob(1);
            bytes += entry.Length;
            tree.Append(entry);
        }

        return tree.Size - from;
    }

    private async Task<long> SizeAsync(CancellationToken cancellation)
    {
        using var session = await database.ReadAsync(cancellation);
        using var read = session.Prepare(ReadSize);
        read.Bind(1, (long)log);
        return read.Step() ? read.Int64(0) : 0;
    }
}

using System.Globalization;
using Stoa.Ledger.Checkpoints;
using Stoa.Ledger.Events;
using Stoa.Ledger.Merkle;
using Stoa.Storage;
using Stoa.Vocabulary;

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
    private DateTime _retiredKeysOf;
    private LogHaltedException? _refused;
    private bool _isBegun;
    private (SignedNote? Note, IReadOnlyList<SignerKey>? Keys) _known;
    private IReadOnlyList<SignerKey> _keys = [];
    private IReadOnlyList<PublicKey> _publicKeys = [];

    /// <summary>Which.</summary>
    public LogName Name => log;

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

    /// <summary>Whether this node has secret keys to sign it with, or is to make them since it is not begun.</summary>
    public async Task<bool> MaySignAsync(CancellationToken cancellation)
    {
        if (File.Exists(options.KeyFileOf(log)))
        {
            if (_refused is not null && IsReadableAgain()) _refused = null;
            return _refused is null;
        }

        return !(_isBegun = _isBegun || await IsBegunAsync(cancellation) || await tiles.CheckpointAsync(cancellation) is not null);
    }

    /// <summary>Why this node does not sign it, and what to do, when no other does.</summary>
    public LogHaltedException WithoutKey() => _refused is { } refused && File.Exists(options.KeyFileOf(log))
        ? refused
        : new(log, $"The secret key of the log {log.ToPath()} is missing, and the log was begun with it: bring back " +
            $"{options.KeyFileOf(log)} (on each node, when there are several), or begin another log: stoa ledger begin-anew {log.ToPath()} --data …");

    /// <summary>All public keys that it ever had, the newest first; none before it was begun.</summary>
    public Task<IReadOnlyList<PublicKey>> PublicKeysAsync(CancellationToken cancellation) => PublicKeys.ReadAsync(database, log, cancellation);

    /// <summary>Refuses a database that is older than what was signed, or seen.</summary>
    /// <exception cref="LogHaltedException">It is.</exception>
    public async Task CheckAsync(CancellationToken cancellation)
    {
        if (Outside() is not { } signed) return;
        var size = await SizeAsync(cancellation);
        if (size >= signed.Checkpoint.Size || LeaveEnded(await PublicKeysAsync(cancellation))) return;
        throw new LogHaltedException(log, string.Create(CultureInfo.InvariantCulture,
            $"The database is older than the log {log.ToPath()}: it holds {size} entries, and a checkpoint of {signed.Checkpoint.Size} was signed already " +
            $"({options.SignedFileOf(log)}). It comes from a backup, probably. Bring back the newer database. If it is lost for good, say so: stoa ledger " +
            $"begin-anew {log.ToPath()} --data … ends this log and begins another, so that nobody is shown two pasts under one name."), endsStart: true);
    }

    /// <summary>Reads where the log ended, and compares it with what was signed and with the last entries of the database.</summary>
    /// <exception cref="LogHaltedException">They do not fit.</exception>
    public async Task OpenAsync(CancellationToken cancellation) => _tree ??= await TreeAsync(cancellation);

    /// <summary>Puts what is new under a checkpoint and shows it.</summary>
    /// <param name="size">How many entries the database holds; when these are under the checkpoint they are not looked for.</param>
    /// <param name="cancellation">Ends it between two pieces.</param>
    /// <returns>Whether there is a new checkpoint.</returns>
    public async Task<bool> PublishAsync(long size, CancellationToken cancellation)
    {
        var tree = _tree ??= await TreeAsync(cancellation);
        var from = tree.Size;
        var added = size > from ? await AppendNewAsync(tree, cancellation) : 0;
        HasMore = added >= StepMax;
        if (added == 0 && Note is not null && Size == from && await IsSignedByAllAsync(Note, cancellation)) return false;
        try
        {
            await tiles.WriteAsync(tree.Drain(), cancellation);
            var note = await SignAsync(tree, cancellation);
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

    /// <summary>Reads the checkpoint that is shown, which another node has made, and keeps a copy outside the database.</summary>
    /// <remarks>What a node has once seen is to it as what it signed itself: it neither shows nor signs what goes back on it.</remarks>
    /// <returns>Whether it is another one than before.</returns>
    /// <exception cref="LogHaltedException">The database is older than what this node saw, or has another past.</exception>
    public async Task<bool> FollowAsync(CancellationToken cancellation)
    {
        await CheckAsync(cancellation);
        if (await tiles.CheckpointAsync(cancellation) is not { } bytes || !TryRead(bytes, out var note, out var checkpoint)) return false;
        if (note!.Text == Note?.Text) return false; // Read on the line above.
        _publicKeys = await PublicKeysAsync(cancellation);
        // Those of a program of an earlier version are there as soon as a node that has them is started.
        if (_publicKeys.Count == 0) return false;
        if (!IsSigned(note)) throw NotSigned("its public key in the database");
        LeaveEnded(_publicKeys);
        var seen = Outside()?.Checkpoint.Size ?? -1;
        await CompareSeenAsync(checkpoint!, cancellation); // Read with the note.
        if (seen < checkpoint!.Size) DurableFile.Write(options.SignedFileOf(log), bytes);
        (Note, Size) = (note, checkpoint.Size);
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
        await CheckAsync(cancellation);
        var shown = await tiles.CheckpointAsync(cancellation);
        var known = File.Exists(options.KeyFileOf(log));
        var isBegun = await IsBegunAsync(cancellation);
        if (!known && (shown is not null || isBegun)) throw WithoutKey();
        await TakeKeysAsync(() => KeyFile.OpenOrMake(options.KeyFileOf(log), options.OriginOf(log), SignatureType.Ed25519), cancellation);
        LeaveEnded(_publicKeys);
        if (!isBegun) await BeginAsync(_keys[0].Verifier, cancellation);
        Checkpoint? before = null;
        SignedNote? note = null;
        if (shown is not null && !(TryRead(shown, out note, out before) && IsSigned(note!))) // Read on this line.
            throw NotSigned($"the key in {options.KeyFileOf(log)}");
        if (SignedOutside() is { } signed && (before is null || signed.Size > before.Size))
        {
            // It was signed and not shown any more.
            before = signed;
            note = null;
        }

        var tree = before is null ? new GrowingTree() : await TreeOfAsync(before, cancellation);
        if (before is not null)
        {
            await CompareLastAsync(before, cancellation);
            await CompareSeenAsync(before, cancellation);
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

    private async Task CompareSeenAsync(Checkpoint now, CancellationToken cancellation)
    {
        if (SignedOutside() is not { } signed || signed.Size > now.Size) return;
        MerkleHash root;
        try
        {
            root = await tiles.ReadAsync(read => Proofs.Root(new TiledTree(now.Size, read).Hash, signed.Size), cancellation);
        }
        catch (TileMissingException missing)
        {
            throw new LogHaltedException(log, $"The log {log.ToPath()} cannot be compared with what this node saw of it: {missing.Message} " +
                "The node that leads makes tiles again when it is started.");
        }

        if (root == signed.Root) return;
        throw new LogHaltedException(log, string.Create(CultureInfo.InvariantCulture,
            $"The log {log.ToPath()} does not begin with the {signed.Size} entries that were signed last from here ({options.SignedFileOf(log)}): its past was " +
            $"changed. Keep both checkpoints: together they prove it."), endsStart: true);
    }

    private LogHaltedException NotSigned(string key) => new(log,
        $"The checkpoint of the log {log.ToPath()} is not signed with {key}. One of the two was changed: bring back the right one.");

    // With any key that the log ever had: it may have got another since.
    private bool IsSigned(SignedNote note) => _publicKeys.Any(known => note.IsSignedBy(known.Key));

    private (SignedNote Note, Checkpoint Checkpoint)? Outside()
    {
        if (!File.Exists(options.SignedFileOf(log))) return null;
        return TryRead(File.ReadAllBytes(options.SignedFileOf(log)), out var note, out var checkpoint) ? (note!, checkpoint!) : throw Damaged(); // Read before they are asked.
    }

    private Checkpoint? SignedOutside()
    {
        if (Outside() is not { } outside) return null;
        return IsSigned(outside.Note) ? outside.Checkpoint : throw Damaged();
    }

    private LogHaltedException Damaged() => new(log,
        $"{options.SignedFileOf(log)} is not the checkpoint that was signed last: it was damaged or changed. Bring it back; the newest checkpoint " +
        "that anybody has of this log will do.", endsStart: true);

    // Where the log was begun anew at another node, what this one saw of the log before is kept beside it.
    private bool LeaveEnded(IReadOnlyList<PublicKey> keys)
    {
        if (Outside() is not { } seen) return false;
        var ended = seen.Checkpoint.Origin;
        if (!keys.Any(known => known.Key.Name == ended) || keys.Any(known => known.Key.Name == ended && known.Until is null)) return false;
        options.MoveEnded(log, options.SignedFileOf(log));
        return true;
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
    private async Task TakeNewKeysAsync(CancellationToken cancellation)
    {
        if (File.Exists(options.KeyFileOf(log)) && File.GetLastWriteTimeUtc(options.KeyFileOf(log)) != _keysOf)
            await TakeKeysAsync(() => KeyFile.Open(options.KeyFileOf(log)), cancellation);
    }

    private async Task TakeKeysAsync(Func<IReadOnlyList<SignerKey>> open, CancellationToken cancellation)
    {
        var keys = Opened(open);
        _publicKeys = await PublicKeys.KeepAsync(database, log, [.. keys.Select(key => key.Verifier)], Instant.From(time.GetUtcNow()), cancellation);
        SignerKey[] signing = [.. keys.Where(key => _publicKeys.Any(known => known.Until is null && known.Key.Equals(key.Verifier)))];
        if (signing.Length == 0)
        {
            _retiredKeysOf = File.GetLastWriteTimeUtc(options.KeyFileOf(log));
            throw _refused = new(log, $"No key in {options.KeyFileOf(log)} signs the log {log.ToPath()} any more: it was given another one at another node. " +
                "Copy the file from there.");
        }

        (_keys, _keysOf) = (signing, File.GetLastWriteTimeUtc(options.KeyFileOf(log)));
    }

    private IReadOnlyList<SignerKey> Opened(Func<IReadOnlyList<SignerKey>> open)
    {
        try
        {
            return open();
        }
        catch (Exception error) when (error is UnauthorizedAccessException or InvalidDataException)
        {
            // Copied by another user, it may belong to him.
            throw _refused = new(log, $"The secret key of the log {log.ToPath()} cannot be used: {error.Message}");
        }
    }

    private bool IsReadableAgain()
    {
        if (File.GetLastWriteTimeUtc(options.KeyFileOf(log)) == _retiredKeysOf) return false;
        try
        {
            return KeyFile.Open(options.KeyFileOf(log)).Count > 0;
        }
        catch (Exception error) when (error is UnauthorizedAccessException or InvalidDataException or IOException)
        {
            return false;
        }
    }

    private async Task<bool> IsSignedByAllAsync(SignedNote note, CancellationToken cancellation)
    {
        await TakeNewKeysAsync(cancellation);
        if (ReferenceEquals(note, _known.Note) && ReferenceEquals(_keys, _known.Keys)) return true;
        if (note.Signatures.Count != _keys.Count || !_keys.All(key => note.IsSignedBy(key.Verifier))) return false;
        _known = (note, _keys);
        return true;
    }

    private async Task<SignedNote> SignAsync(GrowingTree tree, CancellationToken cancellation)
    {
        // At another node a key may have been retired.
        await TakeKeysAsync(() => File.Exists(options.KeyFileOf(log)) ? KeyFile.Open(options.KeyFileOf(log)) : _keys, cancellation);
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

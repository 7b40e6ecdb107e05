using Stoa.Ledger.Checkpoints;
using Stoa.Ledger.Merkle;
using Stoa.Storage;

namespace Stoa.Ledger.Writing;

/// <summary>Where the tiles and the checkpoint of a log are kept, apart from the table that its entries are written into: what is read of a log is
/// read here.</summary>
/// <remarks>
/// Of a tile that is not full the longest alone is kept: shorter ones are its beginning. A tile is never made shorter, so that a reader who knows a
/// checkpoint finds all of its tiles.
/// </remarks>
internal abstract class TileStore
{
    /// <summary>Answers a question of the tiles; what is read belongs together.</summary>
    public abstract Task<T> ReadAsync<T>(Func<TileBytes, T> question, CancellationToken cancellation);

    /// <summary>Stores tiles; they are durable when the task ends.</summary>
    public abstract Task WriteAsync(IReadOnlyList<Tile> tiles, CancellationToken cancellation);

    /// <summary>The checkpoint that everybody is shown; null before the first.</summary>
    public abstract Task<byte[]?> CheckpointAsync(CancellationToken cancellation);

    /// <summary>Shows everybody a checkpoint; it is durable when the task ends.</summary>
    public abstract Task PublishAsync(byte[] note, CancellationToken cancellation);

    /// <summary>Cuts a tile to a width; null when it holds fewer.</summary>
    protected static byte[]? Cut(byte[]? bytes, TileId id, int width)
    {
        if (bytes is null || width == id.Width) return bytes;
        if (width < id.Width) return null;
        if (id.Level != TileId.Entries) return bytes[..(id.Width * MerkleHash.Length)];
        return EntryBundle.TryRead(bytes, width, out var entries)
            ? bytes[..entries.Take(id.Width).Sum(entry => EntryBundle.LengthOf(entry.Length))]
            : null;
    }
}

/// <summary>Tiles as files: <c>tile/0/x001/234</c>, or <c>tile/0/x001/234.p/17</c> while there are fewer than 256.</summary>
internal sealed class TileFiles(string folder) : TileStore
{
    private const string Checkpoint = "checkpoint";

    private IReadOnlyList<Tile> _new = [];

    public override Task<T> ReadAsync<T>(Func<TileBytes, T> question, CancellationToken cancellation) => Task.FromResult(question(Read));

    public override Task WriteAsync(IReadOnlyList<Tile> tiles, CancellationToken cancellation)
    {
        DurableFile.WriteAll(tiles.Select(tile => (FileOf(tile.Id), tile.Bytes)));
        _new = tiles;
        return Task.CompletedTask;
    }

    public override async Task<byte[]?> CheckpointAsync(CancellationToken cancellation)
    {
        var file = Path.Combine(folder, Checkpoint);
        return File.Exists(file) ? await File.ReadAllBytesAsync(file, cancellation) : null;
    }

    public override Task PublishAsync(byte[] note, CancellationToken cancellation)
    {
        DurableFile.Write(Path.Combine(folder, Checkpoint), note);
        foreach (var tile in _new) RemoveShorter(tile.Id);
        _new = [];
        return Task.CompletedTask;
    }

    // The checkpoint that is shown needs them no more.
    private void RemoveShorter(TileId id)
    {
        var partial = PartialFolder(id);
        if (!Directory.Exists(partial)) return;
        if (id.IsFull) Directory.Delete(partial, recursive: true);
        else
            foreach (var file in Directory.EnumerateFiles(partial))
                if (int.TryParse(Path.GetFileName(file), out var width) && width < id.Width) File.Delete(file);
    }

    private byte[]? Read(TileId id)
    {
        // Between looking and reading a longer one may take its place: then there is one more look.
        for (var look = 0; look < 3; look++)
        {
            foreach (var width in Widths(id))
            {
                if (width < id.Width) continue;
                try
                {
                    return Cut(File.ReadAllBytes(FileOf(id with { Width = width })), id, width);
                }
                catch (Exception error) when (error is FileNotFoundException or DirectoryNotFoundException)
                {
                    break;
                }
            }
        }

        return null;
    }

    private IEnumerable<int> Widths(TileId id)
    {
        if (id.IsFull || File.Exists(FileOf(id.WhenFull))) return [TileId.Full];
        var partial = PartialFolder(id);
        return !Directory.Exists(partial)
            ? []
            : Directory.EnumerateFiles(partial).Select(file => int.TryParse(Path.GetFileName(file), out var width) ? width : 0).OrderDescending();
    }

    private string FileOf(TileId id) => Path.Combine(folder, id.Path.Replace('/', Path.DirectorySeparatorChar));

    private string PartialFolder(TileId id) => FileOf(id.WhenFull) + ".p";
}

/// <summary>Tiles as rows, for several nodes without a common disk.</summary>
internal sealed class TileTable(Database database, LogName log) : TileStore
{
    private const string ReadTile =
        """
        SELECT width, bytes
        FROM   ledger_tile
        WHERE  log = ?1 AND level = ?2 AND idx = ?3
        """;

    private const string WriteTile =
        """
        INSERT INTO ledger_tile (log, level, idx, width, bytes) VALUES (?1, ?2, ?3, ?4, ?5)
        ON CONFLICT (log, level, idx) DO UPDATE SET width = excluded.width, bytes = excluded.bytes WHERE excluded.width >= ledger_tile.width
        """;

    private const string ReadNote =
        """
        SELECT note
        FROM   ledger_checkpoint
        WHERE  log = ?1
        """;

    private const string WriteNote =
        """
        INSERT INTO ledger_checkpoint (log, note) VALUES (?1, ?2)
        ON CONFLICT (log) DO UPDATE SET note = excluded.note
        """;

    public override async Task<T> ReadAsync<T>(Func<TileBytes, T> question, CancellationToken cancellation)
    {
        using var read = await database.ReadAsync(cancellation);
        return question(id => Read(read, id));
    }

    public override Task WriteAsync(IReadOnlyList<Tile> tiles, CancellationToken cancellation) => database.WriteAsync(session =>
    {
        using var write = session.Prepare(WriteTile);
        foreach (var tile in tiles)
        {
            write.Bind(1, (long)log).Bind(2, tile.Id.Level).Bind(3, tile.Id.Index).Bind(4, tile.Id.Width).BindBlob(5, tile.Bytes).Execute();
            write.Reset();
        }

        return true;
    }, cancellation);

    public override async Task<byte[]?> CheckpointAsync(CancellationToken cancellation)
    {
        using var session = await database.ReadAsync(cancellation);
        using var read = session.Prepare(ReadNote);
        read.Bind(1, (long)log);
        return read.Step() ? read.Blob(0).ToArray() : null;
    }

    public override Task PublishAsync(byte[] note, CancellationToken cancellation) => database.WriteAsync(session =>
    {
        using var write = session.Prepare(WriteNote);
        write.Bind(1, (long)log).BindBlob(2, note).Execute();
        return true;
    }, cancellation);

    private byte[]? Read(ReadSession session, TileId id)
    {
        using var read = session.Prepare(ReadTile);
        read.Bind(1, (long)log).Bind(2, id.Level).Bind(3, id.Index);
        return read.Step() ? Cut(read.Blob(1).ToArray(), id, (int)read.Int64(0)) : null;
    }
}

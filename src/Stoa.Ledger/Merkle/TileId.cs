using System.Globalization;
using System.Text;

namespace Stoa.Ledger.Merkle;

/// <summary>Names a tile: up to 256 hashes of one level of the tree, or as many entries.</summary>
/// <remarks>C2SP tlog-tiles, "Merkle Tree" and "Log entries".</remarks>
/// <param name="Level">0 holds the hashes of leaves, each level above one hash of each full tile below; <see cref="Entries"/> for entries.</param>
/// <param name="Index">Counted from the left, within the level.</param>
/// <param name="Width">1 to 256; fewer than 256 for the rightmost of a level.</param>
public readonly record struct TileId(int Level, long Index, int Width)
{
    /// <summary>The level of bundles of entries.</summary>
    public const int Entries = -1;

    /// <summary>Hashes of a full tile.</summary>
    public const int Full = 256;

    /// <summary>Levels of the tree in one tile.</summary>
    public const int Height = 8;

    /// <summary>Greatest level.</summary>
    public const int LevelMax = 63;

    // A log of 2^63 entries has no tile beyond; seven groups of three digits hold it.
    private const int GroupsMax = 7;

    /// <summary>Whether it is never changed by what comes later.</summary>
    public bool IsFull => Width == Full;

    /// <summary>The full tile that takes its place once there are entries enough.</summary>
    public TileId WhenFull => this with { Width = Full };

    /// <summary>Its path below the address of the log, such as <c>tile/0/x001/x234/067</c> or <c>tile/entries/000.p/5</c>.</summary>
    public string Path
    {
        get
        {
            var number = Index.ToString("D3", CultureInfo.InvariantCulture);
            number = number.PadLeft((number.Length + 2) / 3 * 3, '0');
            var path = new StringBuilder("tile/").Append(Level == Entries ? "entries" : Level.ToString(CultureInfo.InvariantCulture));
            for (var i = 0; i < number.Length; i += 3)
                path.Append(i + 3 < number.Length ? "/x" : "/").Append(number, i, 3);
            return IsFull ? path.ToString() : path.Append(CultureInfo.InvariantCulture, $".p/{Width}").ToString();
        }
    }

    /// <summary>The tile of a level that holds the last hash or entry of a tree of a size; null when the level has none.</summary>
    public static TileId? LastOf(int level, long size)
    {
        var count = CountOf(level, size);
        return count == 0 ? null : Of(level, (count - 1) / Full, size);
    }

    /// <summary>A tile as it is in a tree of a size.</summary>
    public static TileId Of(int level, long index, long size) =>
        new(level, index, (int)Math.Clamp(CountOf(level, size) - index * Full, 0, Full));

    /// <summary>How many hashes or entries a level of a tree of a size holds.</summary>
    public static long CountOf(int level, long size) => level is Entries or 0 ? size : Height * level > 62 ? 0 : size >> Height * level;

    /// <summary>Every tile of a tree of a size, bundles of entries first.</summary>
    public static IEnumerable<TileId> AllOf(long size)
    {
        for (var level = Entries; LastOf(level, size) is { } last; level++)
            for (long index = 0; index <= last.Index; index++) yield return Of(level, index, size);
    }

    /// <summary>Reads a path as <see cref="Path"/> writes it; every other text is refused.</summary>
    public static bool TryParse(string path, out TileId tile)
    {
        tile = default;
        if (path.Length > 64 || path.Split('/') is not ["tile", var word, .. var rest] || rest.Length == 0) return false;
        var level = Entries;
        if (word != "entries" && (!int.TryParse(word, NumberStyles.None, CultureInfo.InvariantCulture, out level) || level > LevelMax)) return false;
        var width = Full;
        if (rest is [.. var before, [.. var group, '.', 'p'], var count])
        {
            if (!int.TryParse(count, NumberStyles.None, CultureInfo.InvariantCulture, out width) || width is < 1 or >= Full) return false;
            rest = [.. before, group];
        }

        if (rest.Length > GroupsMax) return false;
        long index = 0;
        for (var i = 0; i < rest.Length; i++)
        {
            var digits = i + 1 == rest.Length ? rest[i] : rest[i] is ['x', .. var more] ? more : "";
            if (digits.Length != 3 || !int.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out var number)) return false;
            if (index > (long.MaxValue - number) / 1000) return false;
            index = index * 1000 + number;
        }

        tile = new(level, index, width);
        return tile.Path == path;
    }
}

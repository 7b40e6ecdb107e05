using System.Globalization;
using System.Text;

namespace Stoa.Portal.People.Qr;

/// <summary>A square of dark and light modules that a phone reads (ISO/IEC 18004): bytes, error correction level M, versions 1 to 20.</summary>
/// <remarks>Pure. Some 660 bytes fit: more than a secret with two long names.</remarks>
internal sealed class QrCode
{
    private const int VersionMax = 20;
    private const int QuietModules = 4; // 9.1: what a reader needs around it

    // Level M, by version: codewords of error correction in each block, and blocks (table 9).
    private static readonly int[] Correction = [0, 10, 16, 26, 18, 24, 16, 18, 22, 22, 26, 30, 22, 22, 24, 24, 28, 28, 26, 26, 26];
    private static readonly int[] Blocks = [0, 1, 1, 1, 2, 2, 4, 4, 4, 5, 5, 5, 8, 9, 9, 10, 10, 11, 13, 14, 16];

    private readonly bool[,] _dark;
    private readonly bool[,] _isFixed;
    private readonly int _version;

    private QrCode(int version)
    {
        _version = version;
        Size = 17 + 4 * version;
        (_dark, _isFixed) = (new bool[Size, Size], new bool[Size, Size]);
    }

    /// <summary>Modules on each side.</summary>
    internal int Size { get; }

    /// <summary>Whether a module is dark.</summary>
    internal bool this[int x, int y] => _dark[y, x];

    /// <summary>The code of a text; null when it is too long.</summary>
    internal static QrCode? Of(string text)
    {
        var bytes = Encoding.UTF8.GetBytes(text);
        for (var version = 1; version <= VersionMax; version++)
        {
            var room = DataCodewords(version);
            if (bytes.Length + (version < 10 ? 2 : 3) > room) continue;
            var code = new QrCode(version);
            code.DrawFixed();
            code.DrawData(Interleave(DataOf(bytes, version, room), version));
            code.DrawBestMask();
            return code;
        }

        return null;
    }

    /// <summary>What an SVG path draws: a bar for each run of dark modules; the quiet zone is in the view box.</summary>
    internal (string Path, string ViewBox) ToSvg()
    {
        var path = new StringBuilder();
        for (var y = 0; y < Size; y++)
            for (var x = 0; x < Size; x++)
            {
                var start = x;
                while (x < Size && _dark[y, x]) x++;
                if (x > start) path.Append(CultureInfo.InvariantCulture, $"M{start},{y}h{x - start}v1h{start - x}z");
            }

        var whole = Size + 2 * QuietModules;
        return (path.ToString(), string.Create(CultureInfo.InvariantCulture, $"{-QuietModules} {-QuietModules} {whole} {whole}"));
    }

    /// <summary>Codewords of error correction to a block (7.5.2; annex A).</summary>
    internal static byte[] CorrectionOf(ReadOnlySpan<byte> data, int count)
    {
        Span<byte> divisor = stackalloc byte[count];
        divisor[^1] = 1;
        byte root = 1;
        for (var i = 0; i < count; i++)
        {
            for (var j = 0; j < count; j++)
                divisor[j] = (byte)(Multiply(divisor[j], root) ^ (j + 1 < count ? divisor[j + 1] : 0));
            root = Multiply(root, 2);
        }

        var rest = new byte[count];
        foreach (var value in data)
        {
            var factor = (byte)(value ^ rest[0]);
            rest.AsSpan(1).CopyTo(rest);
            rest[^1] = 0;
            for (var j = 0; j < count; j++) rest[j] ^= Multiply(divisor[j], factor);
        }

        return rest;
    }

    /// <summary>The 15 bits that name level M and a mask (7.9.1; annex C).</summary>
    internal static int FormatBits(int mask)
    {
        var rest = mask; // level M is 00
        for (var i = 0; i < 10; i++) rest = (rest << 1) ^ ((rest >> 9) * 0x537);
        return ((mask << 10) | rest) ^ 0x5412;
    }

    /// <summary>The 18 bits that name a version from 7 on (7.10; annex D).</summary>
    internal static int VersionBits(int version)
    {
        var rest = version;
        for (var i = 0; i < 12; i++) rest = (rest << 1) ^ ((rest >> 11) * 0x1f25);
        return (version << 12) | rest;
    }

    // Mode and length, the bytes, an end, and padding (7.4).
    private static byte[] DataOf(byte[] bytes, int version, int room)
    {
        var bits = new List<bool>();
        void Add(int value, int count)
        {
            for (var i = count - 1; i >= 0; i--) bits.Add(((value >> i) & 1) != 0);
        }

        Add(0b0100, 4);
        Add(bytes.Length, version < 10 ? 8 : 16);
        foreach (var value in bytes) Add(value, 8);
        Add(0, Math.Min(4, room * 8 - bits.Count));
        Add(0, (8 - bits.Count % 8) % 8);
        for (var pad = 0xec; bits.Count < room * 8; pad ^= 0xec ^ 0x11) Add(pad, 8);
        var data = new byte[room];
        for (var i = 0; i < bits.Count; i++)
            if (bits[i]) data[i / 8] |= (byte)(0x80 >> (i % 8));
        return data;
    }

    // Short blocks first; their codewords in turn, then those of error correction (7.6).
    private static byte[] Interleave(byte[] data, int version)
    {
        var (count, correction) = (Blocks[version], Correction[version]);
        var (shortLength, longer) = (data.Length / count, data.Length % count);
        var blocks = new List<(byte[] Data, byte[] Correction)>();
        for (int i = 0, at = 0; i < count; i++)
        {
            var length = shortLength + (i < count - longer ? 0 : 1);
            var block = data[at..(at + length)];
            blocks.Add((block, CorrectionOf(block, correction)));
            at += length;
        }

        var all = new List<byte>();
        for (var i = 0; i <= shortLength; i++) all.AddRange(blocks.Where(block => i < block.Data.Length).Select(block => block.Data[i]));
        for (var i = 0; i < correction; i++) all.AddRange(blocks.Select(block => block.Correction[i]));
        return [.. all];
    }

    private static int DataCodewords(int version)
    {
        var modules = (16 * version + 128) * version + 64;
        if (version >= 2)
        {
            var patterns = version / 7 + 2;
            modules -= (25 * patterns - 10) * patterns - 55;
        }

        if (version >= 7) modules -= 36;
        return modules / 8 - Correction[version] * Blocks[version];
    }

    private void Fix(int x, int y, bool isDark) => (_dark[y, x], _isFixed[y, x]) = (isDark, true);

    private void DrawFixed()
    {
        for (var i = 0; i < Size; i++)
        {
            Fix(6, i, i % 2 == 0);
            Fix(i, 6, i % 2 == 0);
        }

        foreach (var (x, y) in new[] { (3, 3), (Size - 4, 3), (3, Size - 4) }) DrawFinder(x, y);
        var places = AlignmentPlaces();
        for (var i = 0; i < places.Length; i++)
            for (var j = 0; j < places.Length; j++)
                if (!((i == 0 && j == 0) || (i == 0 && j == places.Length - 1) || (i == places.Length - 1 && j == 0)))
                    for (var dy = -2; dy <= 2; dy++)
                        for (var dx = -2; dx <= 2; dx++)
                            Fix(places[i] + dx, places[j] + dy, Math.Max(Math.Abs(dx), Math.Abs(dy)) != 1);
        DrawFormat(0);
        if (_version < 7) return;
        var bits = VersionBits(_version);
        for (var i = 0; i < 18; i++)
        {
            var (a, b, isDark) = (Size - 11 + i % 3, i / 3, ((bits >> i) & 1) != 0);
            Fix(a, b, isDark);
            Fix(b, a, isDark);
        }
    }

    private void DrawFinder(int x, int y)
    {
        for (var dy = -4; dy <= 4; dy++)
            for (var dx = -4; dx <= 4; dx++)
            {
                var ring = Math.Max(Math.Abs(dx), Math.Abs(dy));
                var (at, below) = (x + dx, y + dy);
                if (at >= 0 && at < Size && below >= 0 && below < Size) Fix(at, below, ring is not (2 or 4));
            }
    }

    private int[] AlignmentPlaces()
    {
        if (_version == 1) return [];
        var count = _version / 7 + 2;
        var step = (_version * 8 + count * 3 + 5) / (count * 4 - 4) * 2;
        var places = new int[count];
        places[0] = 6;
        for (int i = count - 1, at = Size - 7; i >= 1; i--, at -= step) places[i] = at;
        return places;
    }

    private void DrawFormat(int mask)
    {
        var bits = FormatBits(mask);
        bool Bit(int i) => ((bits >> i) & 1) != 0;
        for (var i = 0; i <= 5; i++) Fix(8, i, Bit(i));
        Fix(8, 7, Bit(6));
        Fix(8, 8, Bit(7));
        Fix(7, 8, Bit(8));
        for (var i = 9; i < 15; i++) Fix(14 - i, 8, Bit(i));
        for (var i = 0; i < 8; i++) Fix(Size - 1 - i, 8, Bit(i));
        for (var i = 8; i < 15; i++) Fix(8, Size - 15 + i, Bit(i));
        Fix(8, Size - 8, true);
    }

    // Two columns at a time from the right, up and down in turn (7.7.3).
    private void DrawData(byte[] data)
    {
        var at = 0;
        for (var right = Size - 1; right >= 1; right -= 2)
        {
            if (right == 6) right = 5;
            for (var step = 0; step < Size; step++)
                for (var j = 0; j < 2; j++)
                {
                    var (x, y) = (right - j, ((right + 1) & 2) == 0 ? Size - 1 - step : step);
                    if (_isFixed[y, x] || at >= data.Length * 8) continue;
                    _dark[y, x] = ((data[at / 8] >> (7 - at % 8)) & 1) != 0;
                    at++;
                }
        }
    }

    private void DrawBestMask()
    {
        var (best, least) = (0, int.MaxValue);
        for (var mask = 0; mask < 8; mask++)
        {
            Apply(mask);
            DrawFormat(mask);
            if (Penalty() is var penalty && penalty < least) (best, least) = (mask, penalty);
            Apply(mask); // twice is not at all
        }

        Apply(best);
        DrawFormat(best);
    }

    // Table 10.
    private void Apply(int mask)
    {
        for (var y = 0; y < Size; y++)
            for (var x = 0; x < Size; x++)
                if (!_isFixed[y, x])
                    _dark[y, x] ^= mask switch
                    {
                        0 => (x + y) % 2 == 0,
                        1 => y % 2 == 0,
                        2 => x % 3 == 0,
                        3 => (x + y) % 3 == 0,
                        4 => (x / 3 + y / 2) % 2 == 0,
                        5 => x * y % 2 + x * y % 3 == 0,
                        6 => (x * y % 2 + x * y % 3) % 2 == 0,
                        _ => ((x + y) % 2 + x * y % 3) % 2 == 0,
                    };
    }

    // Long runs, blocks, what looks like a finder, and too much of one colour (7.8.3.1).
    private int Penalty()
    {
        var penalty = 0;
        var dark = 0;
        for (var y = 0; y < Size; y++)
        {
            penalty += LinePenalty(i => _dark[y, i]) + LinePenalty(i => _dark[i, y]);
            for (var x = 0; x < Size; x++)
            {
                if (_dark[y, x]) dark++;
                if (x > 0 && y > 0 && _dark[y, x] == _dark[y, x - 1] && _dark[y, x] == _dark[y - 1, x] && _dark[y, x] == _dark[y - 1, x - 1])
                    penalty += 3;
            }
        }

        return penalty + Math.Abs(dark * 20 - Size * Size * 10) / (Size * Size) * 10;
    }

    private int LinePenalty(Func<int, bool> at)
    {
        var (penalty, run, last) = (0, 0, 0);
        for (var i = 0; i < Size; i++)
        {
            run = i > 0 && at(i) == at(i - 1) ? run + 1 : 1;
            penalty += run switch { 5 => 3, > 5 => 1, _ => 0 };
            last = ((last << 1) | (at(i) ? 1 : 0)) & 0x7ff;
            if (i >= 10 && last is 0b10111010000 or 0b00001011101) penalty += 40;
        }

        return penalty;
    }

    // In the field of 256 elements over x^8 + x^4 + x^3 + x^2 + 1.
    private static byte Multiply(byte one, byte other)
    {
        var product = 0;
        for (var i = 7; i >= 0; i--) product = (product << 1) ^ ((product >> 7) * 0x11d) ^ (((other >> i) & 1) * one);
        return (byte)product;
    }
}

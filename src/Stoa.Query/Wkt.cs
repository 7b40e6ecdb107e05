using System.Buffers.Binary;
using System.Globalization;

namespace Stoa.Query;

/// <summary>Reads well-known text (OGC 06-103r4, 7.2) to WKB of two dimensions, little endian.</summary>
/// <remarks>
/// Written by hand to bound points and depth and to point at a fault. Z and M values are read and dropped. Rings must be closed.
/// A leading <c>SRID=4326;</c> is taken; another reference system is refused, as values could not be compared.
/// </remarks>
internal ref struct Wkt
{
    private const int NestingMax = 8;
    private readonly ReadOnlySpan<char> _text;
    private readonly int _pointsMax;
    private byte[] _wkb = new byte[64];
    private int _length;
    private int _at;
    private int _points;
    private int _dimensions;
    private double _minX = double.PositiveInfinity, _maxX = double.NegativeInfinity;
    private double _minY = double.PositiveInfinity, _maxY = double.NegativeInfinity;
    private double _x, _y;
    private string? _fault;
    private bool _tooManyPoints;

    private Wkt(ReadOnlySpan<char> text, int pointsMax)
    {
        _text = text;
        _pointsMax = pointsMax;
    }

    /// <summary>Reads a geometry; on failure <paramref name="fault"/> says what was expected and <paramref name="at"/> where.</summary>
    internal static GeometryLiteral? Read(
        ReadOnlySpan<char> text, int pointsMax, out int points, out int at, out string? fault, out bool tooManyPoints)
    {
        var wkt = new Wkt(text, pointsMax);
        wkt.SkipReferenceSystem();
        if (wkt._fault is null && wkt.Geometry(0) && !wkt.AtEnd()) wkt.Expect("the end of the geometry");
        points = wkt._points;
        at = wkt._at;
        fault = wkt._fault;
        tooManyPoints = wkt._tooManyPoints;
        return fault is null
            ? new(wkt._wkb.AsMemory(0, wkt._length), wkt._minX, wkt._maxX, wkt._minY, wkt._maxY)
            : null;
    }

    private void SkipReferenceSystem()
    {
        if (!_text.StartsWith("SRID=", StringComparison.OrdinalIgnoreCase)) return;
        if (_text.StartsWith("SRID=4326;", StringComparison.OrdinalIgnoreCase)) _at = 10;
        else Expect("longitude and latitude in WGS 84 (SRID=4326)");
    }

    private bool Geometry(int depth)
    {
        if (depth > NestingMax) return Expect($"at most {NestingMax} collections in each other");
        SkipSpace();
        var start = _at;
        var name = Word();
        var type = TypeCode(name);
        if (type == 0)
        {
            _at = start;
            return Expect("POINT, LINESTRING, POLYGON, MULTIPOINT, MULTILINESTRING, MULTIPOLYGON or GEOMETRYCOLLECTION");
        }

        Dimensions(name);
        Put((byte)1);
        Put(type);
        if (IsEmpty()) return type == 1 ? PutEmptyPoint() : Put(0);
        return type switch
        {
            1 => Take('(') && Point() && Take(')'),
            2 => Line(2, isRing: false),
            3 => Polygon(),
            4 => Many(depth, 1),
            5 => Many(depth, 2),
            6 => Many(depth, 3),
            _ => Many(depth, 0),
        };
    }

    private static int TypeCode(ReadOnlySpan<char> name)
    {
        Span<char> upper = stackalloc char[24];
        if (name.Length == 0 || name.Length > upper.Length) return 0;
        name.ToUpperInvariant(upper);
        var word = upper[..name.Length].TrimEnd("ZM");
        return word switch
        {
            "POINT" => 1,
            "LINESTRING" => 2,
            "POLYGON" => 3,
            "MULTIPOINT" => 4,
            "MULTILINESTRING" => 5,
            "MULTIPOLYGON" => 6,
            "GEOMETRYCOLLECTION" => 7,
            _ => 0,
        };
    }

    private void Dimensions(ReadOnlySpan<char> name)
    {
        SkipSpace();
        var saved = _at;
        var mark = Word();
        if (mark.Equals("Z", StringComparison.OrdinalIgnoreCase) || mark.Equals("M", StringComparison.OrdinalIgnoreCase)) _dimensions = 3;
        else if (mark.Equals("ZM", StringComparison.OrdinalIgnoreCase)) _dimensions = 4;
        else
        {
            _at = saved;
            _dimensions = name.EndsWith("ZM", StringComparison.OrdinalIgnoreCase) ? 4
                : name.EndsWith("Z", StringComparison.OrdinalIgnoreCase) || name.EndsWith("M", StringComparison.OrdinalIgnoreCase) ? 3 : 0;
        }
    }

    /// <summary>The members of a multi-geometry (<paramref name="type"/> 1 to 3, without names) or of a collection (0).</summary>
    private bool Many(int depth, int type)
    {
        if (!Take('(')) return false;
        var countAt = Reserve();
        var count = 0;
        do
        {
            count++;
            if (!(type == 0 ? Geometry(depth + 1) : Member(type))) return false;
        }
        while (TryTake(','));
        return Write(countAt, count) && Take(')');
    }

    private bool Member(int type)
    {
        Put((byte)1);
        Put(type);
        if (type == 2) return Line(2, isRing: false);
        if (type == 3) return Polygon();
        return TryTake('(') ? Point() && Take(')') : Point();
    }

    private bool Polygon()
    {
        if (!Take('(')) return false;
        var countAt = Reserve();
        var count = 0;
        do
        {
            count++;
            if (!Line(4, isRing: true)) return false;
        }
        while (TryTake(','));
        return Write(countAt, count) && Take(')');
    }

    private bool Line(int fewest, bool isRing)
    {
        if (!Take('(')) return false;
        var countAt = Reserve();
        var count = 0;
        double firstX = 0, firstY = 0;
        do
        {
            if (!Point()) return false;
            if (count++ == 0) (firstX, firstY) = (_x, _y);
        }
        while (TryTake(','));
        if (isRing && (firstX != _x || firstY != _y)) return Expect("a ring that ends at its first point");
        if (count < fewest) return Expect($"at least {fewest} points");
        return Write(countAt, count) && Take(')');
    }

    private bool Point()
    {
        if (++_points > _pointsMax)
        {
            _tooManyPoints = true;
            return Expect($"at most {_pointsMax} points");
        }

        if (!Number(out _x) || !Number(out _y)) return false;
        for (var extra = 2; extra < 4 && IsNumberNext(); extra++)
            if (!Number(out _)) return false;
        Put(_x);
        Put(_y);
        _minX = Math.Min(_minX, _x);
        _maxX = Math.Max(_maxX, _x);
        _minY = Math.Min(_minY, _y);
        _maxY = Math.Max(_maxY, _y);
        return true;
    }

    private bool IsNumberNext()
    {
        SkipSpace();
        return _at < _text.Length && (char.IsAsciiDigit(_text[_at]) || _text[_at] is '-' or '+' or '.');
    }

    private bool Number(out double number)
    {
        SkipSpace();
        var start = _at;
        while (_at < _text.Length && (char.IsAsciiDigit(_text[_at]) || _text[_at] is '-' or '+' or '.' or 'e' or 'E')) _at++;
        if (double.TryParse(_text[start.._at], NumberStyles.Float, CultureInfo.InvariantCulture, out number) &&
            double.IsFinite(number)) return true;
        _at = start;
        return Expect("a number");
    }

    private ReadOnlySpan<char> Word()
    {
        var start = _at;
        while (_at < _text.Length && char.IsAsciiLetter(_text[_at])) _at++;
        return _text[start.._at];
    }

    private bool IsEmpty()
    {
        SkipSpace();
        var saved = _at;
        if (Word().Equals("EMPTY", StringComparison.OrdinalIgnoreCase)) return true;
        _at = saved;
        return false;
    }

    private bool TryTake(char c)
    {
        SkipSpace();
        if (_at >= _text.Length || _text[_at] != c) return false;
        _at++;
        return true;
    }

    private bool Take(char c) => TryTake(c) || Expect($"'{c}'");

    private bool AtEnd()
    {
        SkipSpace();
        return _at == _text.Length;
    }

    private void SkipSpace()
    {
        while (_at < _text.Length && char.IsWhiteSpace(_text[_at])) _at++;
    }

    private bool Expect(string what)
    {
        _fault ??= what;
        return false;
    }

    private bool PutEmptyPoint()
    {
        Put(double.NaN);
        Put(double.NaN);
        return true;
    }

    private int Reserve()
    {
        Put(0);
        return _length - 4;
    }

    private readonly bool Write(int at, int count)
    {
        BinaryPrimitives.WriteInt32LittleEndian(_wkb.AsSpan(at), count);
        return true;
    }

    private void Put(byte value)
    {
        Room(1)[0] = value;
    }

    private bool Put(int value)
    {
        BinaryPrimitives.WriteInt32LittleEndian(Room(4), value);
        return true;
    }

    private void Put(double value) => BinaryPrimitives.WriteDoubleLittleEndian(Room(8), value);

    private Span<byte> Room(int bytes)
    {
        if (_length + bytes > _wkb.Length) Array.Resize(ref _wkb, _wkb.Length * 2);
        _length += bytes;
        return _wkb.AsSpan(_length - bytes, bytes);
    }
}

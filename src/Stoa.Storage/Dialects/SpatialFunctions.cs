using NetTopologySuite.Geometries;
using NetTopologySuite.Geometries.Prepared;
using NetTopologySuite.IO;

namespace Stoa.Storage.Dialects;

/// <summary>Spatial relations of geometries given as WKB, for engines without functions of their own.</summary>
/// <remarks>
/// OGC 06-103r4, 6.1.2.3. Planar in degrees of longitude and latitude: geo.distance and geo.length give degrees, as OData 4.0 part
/// 2, 5.1.1.4.12 asks of WGS 84. What cannot be decided (a ring that crosses itself, a relation that is not defined for
/// collections) is null, so the row is dropped. A geometry that comes again and again, as a literal does, is parsed and prepared once.
/// </remarks>
internal static class SpatialFunctions
{
    [ThreadStatic]
    private static Parser? _parser;

    internal static bool? Equal(ReadOnlySpan<byte> left, ReadOnlySpan<byte> right) =>
        Test(left, right, static (a, b) => a.EqualsTopologically(b), null);

    internal static bool? Disjoint(ReadOnlySpan<byte> left, ReadOnlySpan<byte> right) =>
        Test(left, right, static (a, b) => a.Disjoint(b), static (a, b) => a.Disjoint(b));

    internal static bool? Touches(ReadOnlySpan<byte> left, ReadOnlySpan<byte> right) =>
        Test(left, right, static (a, b) => a.Touches(b), static (a, b) => a.Touches(b));

    internal static bool? Within(ReadOnlySpan<byte> left, ReadOnlySpan<byte> right) =>
        Test(right, left, static (a, b) => a.Contains(b), static (a, b) => a.Contains(b));

    internal static bool? Overlaps(ReadOnlySpan<byte> left, ReadOnlySpan<byte> right) =>
        Test(left, right, static (a, b) => a.Overlaps(b), static (a, b) => a.Overlaps(b));

    internal static bool? Crosses(ReadOnlySpan<byte> left, ReadOnlySpan<byte> right) =>
        Test(left, right, static (a, b) => a.Crosses(b), static (a, b) => a.Crosses(b));

    internal static bool? Intersects(ReadOnlySpan<byte> left, ReadOnlySpan<byte> right)
    {
        var parser = _parser ??= new();
        return parser.IsRepeated(left)
            ? Test(left, right, static (a, b) => a.Intersects(b), static (a, b) => a.Intersects(b))
            : Test(right, left, static (a, b) => a.Intersects(b), static (a, b) => a.Intersects(b));
    }

    internal static bool? Contains(ReadOnlySpan<byte> left, ReadOnlySpan<byte> right) => Within(right, left);

    internal static bool? Relate(ReadOnlySpan<byte> left, ReadOnlySpan<byte> right, string pattern) =>
        Test(left, right, (a, b) => a.Relate(b, pattern), null);

    /// <summary>Degrees; null for an empty geometry.</summary>
    internal static double? Distance(ReadOnlySpan<byte> left, ReadOnlySpan<byte> right)
    {
        var parser = _parser ??= new();
        return parser.Read(left) is { Geometry: { IsEmpty: false } a } && parser.Read(right) is { Geometry: { IsEmpty: false } b }
            ? Try(() => a.Distance(b)) is { } degrees && double.IsFinite(degrees) ? degrees : null
            : null;
    }

    /// <summary>Degrees.</summary>
    internal static double? Length(ReadOnlySpan<byte> geometry) =>
        (_parser ??= new()).Read(geometry)?.Geometry.Length is { } degrees && double.IsFinite(degrees) ? degrees : null;

    /// <summary>The box as a polygon; a line or a point where it has no width or height.</summary>
    internal static ReadOnlySpan<byte> Box(double minX, double maxX, double minY, double maxY) =>
        GeometryFactory.Default.ToGeometry(new Envelope(minX, maxX, minY, maxY)).AsBinary();

    /// <summary>Whether a geometry lies within a box, its border included; null for an empty one.</summary>
    internal static bool? IsInBox(ReadOnlySpan<byte> geometry, double west, double south, double east, double north) =>
        (_parser ??= new()).Read(geometry)?.Geometry is { IsEmpty: false, EnvelopeInternal: var box }
            ? box.MinX >= west && box.MaxX <= east && box.MinY >= south && box.MaxY <= north
            : null;

    /// <summary>The middle of the cell in which the middle of a geometry's box lies, to six decimals; null for an empty one.</summary>
    /// <param name="geometry">Degrees.</param>
    /// <param name="step">Height of a cell in degrees. Its width is as long on the ground, at the middle of the cell.</param>
    internal static (decimal X, decimal Y)? Cell(ReadOnlySpan<byte> geometry, double step)
    {
        const double RadiansPerDegree = 0.0174532925199432957692;
        if ((_parser ??= new()).Read(geometry)?.Geometry is not { IsEmpty: false, EnvelopeInternal: var box }) return null;
        var y = Math.Min(Math.Max((Math.Floor((box.MinY + box.MaxY) / 2 / step) + 0.5) * step, -90), 90);
        var width = step / Math.Max(Math.Cos(y * RadiansPerDegree), 0.000001);
        var x = Math.Min(Math.Max((Math.Floor((box.MinX + box.MaxX) / 2 / width) + 0.5) * width, -180), 180);
        return (Rounded(x), Rounded(y));
    }

    private static decimal Rounded(double degrees) => Math.Round((decimal)degrees, 6, MidpointRounding.AwayFromZero);

    private static bool? Test(
        ReadOnlySpan<byte> left, ReadOnlySpan<byte> right,
        Func<Geometry, Geometry, bool> plain, Func<IPreparedGeometry, Geometry, bool>? prepared)
    {
        var parser = _parser ??= new();
        if (parser.Read(left) is not { } a || parser.Read(right) is not { } b) return null;
        return Try(() => prepared is not null && a.IsRepeated ? prepared(a.Prepared, b.Geometry) : plain(a.Geometry, b.Geometry));
    }

    private static T? Try<T>(Func<T> relation)
        where T : struct
    {
        try
        {
            return relation();
        }
        catch (Exception error) when (error is not OutOfMemoryException)
        {
            // The library reports what it cannot decide by exceptions of many types, some by accident (a null reference for an empty
            // point inside a collection). It holds no state of ours, so nothing is left half done.
            return null;
        }
    }

    /// <summary>A geometry as parsed; prepared for many tests when it has been seen before.</summary>
    private sealed class Parsed(byte[] wkb, Geometry geometry)
    {
        private IPreparedGeometry? _prepared;

        internal byte[] Wkb => wkb;

        internal Geometry Geometry => geometry;

        internal bool IsRepeated { get; set; }

        internal IPreparedGeometry Prepared => _prepared ??= PreparedGeometryFactory.Prepare(geometry);
    }

    /// <summary>Reads WKB and remembers the last geometries of one thread.</summary>
    private sealed class Parser
    {
        private const int Remembered = 4;
        private readonly WKBReader _reader = new();
        private readonly Parsed?[] _last = new Parsed?[Remembered];
        private int _next;

        internal bool IsRepeated(ReadOnlySpan<byte> wkb) => Find(wkb) is { IsRepeated: true };

        internal Parsed? Read(ReadOnlySpan<byte> wkb)
        {
            if (Find(wkb) is { } known)
            {
                known.IsRepeated = true;
                return known;
            }

            try
            {
                var bytes = wkb.ToArray();
                var parsed = new Parsed(bytes, _reader.Read(bytes));
                // Places of repeated geometries are left to them a while: rows must not push the literal out.
                for (var tries = 0; _last[_next] is { IsRepeated: true } old && tries < Remembered - 1; tries++)
                    _next = (_next + 1) % Remembered;
                _last[_next] = parsed;
                _next = (_next + 1) % Remembered;
                return parsed;
            }
            catch (Exception error) when (error is ParseException or ArgumentException or IOException or FormatException)
            {
                return null; // What is stored was written as WKB; anything else is no geometry.
            }
        }

        private Parsed? Find(ReadOnlySpan<byte> wkb)
        {
            foreach (var parsed in _last)
                if (parsed is not null && wkb.SequenceEqual(parsed.Wkb)) return parsed;
            return null;
        }
    }
}

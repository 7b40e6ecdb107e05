using System.Diagnostics.CodeAnalysis;
using System.Globalization;

namespace Stoa.Sensing.Import.Crs;

/// <summary>A coordinate reference system that imports convert from. Everything is stored in WGS 84, longitude
/// first.</summary>
/// <remarks>
/// ETRS89 is taken as equal to WGS 84: the difference is that of the European plate's drift since 1989, below a metre,
/// and no
/// file of a city says which realization it means.
/// </remarks>
internal sealed class CoordinateReferenceSystem
{
    // EPSG Guidance Note 7-2, 3.2.1.2 (method 1024): the sphere of Popular Visualisation Pseudo Mercator.
    private const double PseudoMercatorRadius = 6_378_137;

    // The square of the pseudo Mercator ends here; beyond it the latitude goes to infinity.
    private const double PseudoMercatorMax = PseudoMercatorRadius * Math.PI;

    private readonly TransverseMercator? _transverse;
    private readonly bool _pseudoMercator;

    private CoordinateReferenceSystem(string name, TransverseMercator? transverse, bool pseudoMercator)
    {
        Name = name;
        _transverse = transverse;
        _pseudoMercator = pseudoMercator;
    }

    /// <summary>Longitude and latitude in degrees: nothing to convert.</summary>
    public static CoordinateReferenceSystem Wgs84 { get; } = new("EPSG:4326", null, false);

    /// <summary>For messages: what may be stated.</summary>
    public const string Supported =
        "EPSG:4326, CRS84, EPSG:4258, EPSG:3857, EPSG:25828 to 25838 (ETRS89 / UTM), " +
        "EPSG:32601 to 32660 and 32701 to 32760 (WGS 84 / UTM)";

    /// <summary>As <c>EPSG:25832</c>.</summary>
    public string Name { get; }

    /// <summary>True when coordinates are degrees already.</summary>
    public bool IsWgs84 => _transverse is null && !_pseudoMercator;

    /// <summary>Reads EPSG:25832, urn:ogc:def:crs:EPSG::25832, http://www.opengis.net/def/crs/EPSG/0/25832 and the
    /// forms of CRS84.</summary>
    public static bool TryParse(string text, [NotNullWhen(true)] out CoordinateReferenceSystem? crs)
    {
        crs = null;
        if (text.EndsWith("CRS84", StringComparison.OrdinalIgnoreCase) ||
            text.EndsWith("CRS84h", StringComparison.OrdinalIgnoreCase))
        {
            crs = Wgs84;
            return true;
        }

        if (!text.Contains("EPSG", StringComparison.OrdinalIgnoreCase)) return false;
        var digits = text[(text.LastIndexOfAny([':', '/']) + 1)..];
        return int.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out var code) &&
            TryOfCode(code, out crs);
    }

    /// <summary>Longitude and latitude in degrees; false when the position lies outside the system's area.</summary>
    public bool TryToWgs84(double x, double y, out double longitude, out double latitude)
    {
        (longitude, latitude) = (x, y);
        if (!double.IsFinite(x) || !double.IsFinite(y)) return false;
        if (_pseudoMercator)
        {
            if (Math.Abs(x) > PseudoMercatorMax || Math.Abs(y) > PseudoMercatorMax) return false;
            longitude = x / PseudoMercatorRadius * (180 / Math.PI);
            latitude = Math.Atan(Math.Sinh(y / PseudoMercatorRadius)) * (180 / Math.PI);
        }
        else if (_transverse is not null)
        {
            // A zone and its neighbours, and never degrees by mistake: UTM eastings of a zone are 166 to 834 km.
            if (x is < -500_000 or > 1_500_000 || y is < -200_000 or > 10_200_000 ||
                (Math.Abs(x) <= 180 && Math.Abs(y) <= 90))
                return false;
            (longitude, latitude) = _transverse.Unproject(x, y);
            if (longitude > 180) longitude -= 360;
            if (longitude < -180) longitude += 360;
        }

        return Math.Abs(longitude) <= 180 && Math.Abs(latitude) <= 90;
    }

    /// <summary>What to advise for coordinates that are not degrees.</summary>
    public static string Guess(double x, double y) => (Math.Abs(x), y) switch
    {
        ( >= 100_000 and <= 900_000, >= 0 and <= 10_000_000) =>
            "they look like metres of a UTM zone: state it, for Germany west of 12 degrees east --crs EPSG:25832, " +
                "east of it " +
            "EPSG:25833, elsewhere EPSG:326 and the number of the zone",
        ( <= PseudoMercatorMax, _) when Math.Abs(y) <= PseudoMercatorMax =>
            "they may be metres of the web map projection: state it with --crs EPSG:3857",
        _ => "convert them to WGS 84 (EPSG:4326, longitude first) before the import",
    };

    private static bool TryOfCode(int code, [NotNullWhen(true)] out CoordinateReferenceSystem? crs)
    {
        crs = code switch
        {
            4326 or 4258 => Wgs84,
            3857 or 900913 => new("EPSG:3857", null, true),
            >= 25828 and <= 25838 => Utm(code, Ellipsoid.Grs80, code - 25800, 0),
            >= 32601 and <= 32660 => Utm(code, Ellipsoid.Wgs84, code - 32600, 0),
            >= 32701 and <= 32760 => Utm(code, Ellipsoid.Wgs84, code - 32700, 10_000_000),
            _ => null,
        };
        return crs is not null;
    }

    private static CoordinateReferenceSystem Utm(int code, Ellipsoid ellipsoid, int zone, double falseNorthing) =>
        new($"EPSG:{code}", new(ellipsoid, zone * 6 - 183, 0, 0.9996, 500_000, falseNorthing), false);
}

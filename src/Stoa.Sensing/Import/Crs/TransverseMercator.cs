namespace Stoa.Sensing.Import.Crs;

/// <summary>Transverse Mercator after Krüger, in the third flattening to the sixth order: exact to well below a
/// millimetre
/// within the zones it is used for.</summary>
/// <remarks>
/// The series are those of Karney, Transverse Mercator with an accuracy of a few nanometers, 2011, equations 7 to 12
/// and 35
/// and 36; EPSG Guidance Note 7-2, 3.2.3 (method 9807), is the same to the fourth order.
/// </remarks>
internal sealed class TransverseMercator
{
    private const double DegreesPerRadian = 180 / Math.PI;

    private readonly double _eccentricity;
    private readonly double _scaledRadius;
    private readonly double _centralMeridian;
    private readonly double _falseEasting;
    private readonly double _falseNorthing;
    private readonly double _northingOfOrigin;
    private readonly double[] _alpha;
    private readonly double[] _beta;

    /// <summary>A projection.</summary>
    /// <param name="ellipsoid">Of the geodetic datum.</param>
    /// <param name="centralMeridianDegrees">Longitude of natural origin.</param>
    /// <param name="latitudeOfOriginDegrees">Latitude of natural origin: 0 for UTM.</param>
    /// <param name="scale">On the central meridian: 0.9996 for UTM.</param>
    /// <param name="falseEasting">Metres.</param>
    /// <param name="falseNorthing">Metres: 0 in the north, 10,000,000 in the south for UTM.</param>
    public TransverseMercator(
        Ellipsoid ellipsoid, double centralMeridianDegrees, double latitudeOfOriginDegrees, double scale,
        double falseEasting, double falseNorthing)
    {
        var n = ellipsoid.Flattening / (2 - ellipsoid.Flattening);
        _eccentricity = Math.Sqrt(ellipsoid.Flattening * (2 - ellipsoid.Flattening));
        _scaledRadius = scale * ellipsoid.SemiMajorAxis / (1 + n) * (
            1 + n * n / 4 * (1 + n * n / 16 * (1 + n * n / 4)));
        _centralMeridian = centralMeridianDegrees / DegreesPerRadian;
        _falseEasting = falseEasting;
        _falseNorthing = falseNorthing;
        _alpha = Alpha(n);
        _beta = Beta(n);
        _northingOfOrigin = latitudeOfOriginDegrees == 0 ? 0
            : Project(centralMeridianDegrees, latitudeOfOriginDegrees).Northing - falseNorthing;
    }

    /// <summary>Degrees to metres.</summary>
    public (double Easting, double Northing) Project(double longitude, double latitude)
    {
        var phi = latitude / DegreesPerRadian;
        var lambda = longitude / DegreesPerRadian - _centralMeridian;
        var tau = Math.Tan(phi);
        var conformal = ConformalTangent(tau);
        var xi = Math.Atan2(conformal, Math.Cos(lambda));
        var eta = Math.Asinh(Math.Sin(lambda) / Math.Sqrt(conformal * conformal + Math.Cos(lambda) * Math.Cos(lambda)));
        var (northing, easting) = (xi, eta);
        for (var j = 1; j <= 6; j++)
        {
            northing += _alpha[j - 1] * Math.Sin(2 * j * xi) * Math.Cosh(2 * j * eta);
            easting += _alpha[j - 1] * Math.Cos(2 * j * xi) * Math.Sinh(2 * j * eta);
        }

        return (_falseEasting + _scaledRadius * easting, _falseNorthing + _scaledRadius * northing - _northingOfOrigin);
    }

    /// <summary>Metres to degrees.</summary>
    public (double Longitude, double Latitude) Unproject(double easting, double northing)
    {
        var xi = (northing - _falseNorthing + _northingOfOrigin) / _scaledRadius;
        var eta = (easting - _falseEasting) / _scaledRadius;
        var (xiPrime, etaPrime) = (xi, eta);
        for (var j = 1; j <= 6; j++)
        {
            xiPrime -= _beta[j - 1] * Math.Sin(2 * j * xi) * Math.Cosh(2 * j * eta);
            etaPrime -= _beta[j - 1] * Math.Cos(2 * j * xi) * Math.Sinh(2 * j * eta);
        }

        var conformal = Math.Sin(xiPrime) /
            Math.Sqrt(Math.Sinh(etaPrime) * Math.Sinh(etaPrime) + Math.Cos(xiPrime) * Math.Cos(xiPrime));
        var lambda = Math.Atan2(Math.Sinh(etaPrime), Math.Cos(xiPrime));
        return ((lambda + _centralMeridian) * DegreesPerRadian,
            Math.Atan(GeodeticTangent(conformal)) * DegreesPerRadian);
    }

    private double ConformalTangent(double tau)
    {
        var sigma = Math.Sinh(_eccentricity * Math.Atanh(_eccentricity * tau / Math.Sqrt(1 + tau * tau)));
        return tau * Math.Sqrt(1 + sigma * sigma) - sigma * Math.Sqrt(1 + tau * tau);
    }

    // Newton's method; three steps reach the last digit of a double, five are the safe side.
    private double GeodeticTangent(double conformal)
    {
        var squared = _eccentricity * _eccentricity;
        var tau = conformal;
        for (var step = 0; step < 5; step++)
        {
            var trial = ConformalTangent(tau);
            tau += (conformal - trial) / Math.Sqrt(1 + trial * trial) *
                (1 + (1 - squared) * tau * tau) / ((1 - squared) * Math.Sqrt(1 + tau * tau));
        }

        return tau;
    }

    private static double[] Alpha(double n) =>
    [
        n * (1 / 2.0 + n * (-2 / 3.0 + n * (5 / 16.0 + n * (41 / 180.0 + n * (-127 / 288.0 + n * (7891 / 37800.0)))))),
        n * n * (13 / 48.0 + n * (-3 / 5.0 + n * (557 / 1440.0 + n * (281 / 630.0 + n * (-1983433 / 1935360.0))))),
        Math.Pow(n, 3) * (61 / 240.0 + n * (-103 / 140.0 + n * (15061 / 26880.0 + n * (167603 / 181440.0)))),
        Math.Pow(n, 4) * (49561 / 161280.0 + n * (-179 / 168.0 + n * (6601661 / 7257600.0))),
        Math.Pow(n, 5) * (34729 / 80640.0 + n * (-3418889 / 1995840.0)),
        Math.Pow(n, 6) * (212378941 / 319334400.0),
    ];

    private static double[] Beta(double n) =>
    [
        n * (1 / 2.0 + n * (-2 / 3.0 + n * (
            37 / 96.0 + n * (-1 / 360.0 + n * (-81 / 512.0 + n * (96199 / 604800.0)))))),
        n * n * (1 / 48.0 + n * (1 / 15.0 + n * (-437 / 1440.0 + n * (46 / 105.0 + n * (-1118711 / 3870720.0))))),
        Math.Pow(n, 3) * (17 / 480.0 + n * (-37 / 840.0 + n * (-209 / 4480.0 + n * (5569 / 90720.0)))),
        Math.Pow(n, 4) * (4397 / 161280.0 + n * (-11 / 504.0 + n * (-830251 / 7257600.0))),
        Math.Pow(n, 5) * (4583 / 161280.0 + n * (-108847 / 3991680.0)),
        Math.Pow(n, 6) * (20648693 / 638668800.0),
    ];
}

/// <summary>The figure of the earth that a datum uses.</summary>
/// <param name="SemiMajorAxis">Metres.</param>
/// <param name="Flattening">For example 1/298.257223563.</param>
internal readonly record struct Ellipsoid(double SemiMajorAxis, double Flattening)
{
    /// <summary>World Geodetic System 1984 (EPSG 7030).</summary>
    public static Ellipsoid Wgs84 { get; } = new(6_378_137, 1 / 298.257223563);

    /// <summary>Geodetic Reference System 1980 (EPSG 7019), of ETRS89; it differs from WGS 84 by a tenth of a
    /// millimetre.</summary>
    public static Ellipsoid Grs80 { get; } = new(6_378_137, 1 / 298.257222101);
}

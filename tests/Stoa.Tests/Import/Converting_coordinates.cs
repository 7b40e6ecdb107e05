using System.Text.Json;
using Stoa.Sensing.Import.Crs;
using Stoa.Sensing.Import.GeoJson;
using Xunit;

namespace Stoa.Tests.Import;

public class Converting_coordinates
{
    // One millimetre, in degrees of latitude.
    private const double Millimetre = 1e-3 / 111_000;

    private static CoordinateReferenceSystem Crs(string name)
    {
        Assert.True(CoordinateReferenceSystem.TryParse(name, out var crs));
        return crs;
    }

    // EPSG Guidance Note 7-2 (IOGP 373-7-2), 3.2.3: the worked example of method 9807, on the Airy 1830 ellipsoid.
    [Fact]
    public void Agrees_with_the_worked_example_of_transverse_Mercator()
    {
        var nationalGrid = new TransverseMercator(new(6_377_563.396, 1 / 299.32496), -2, 49, 0.9996013, 400_000,
            -100_000);

        var (easting, northing) = nationalGrid.Project(0.5, 50.5);
        var (longitude, latitude) = nationalGrid.Unproject(577_274.99, 69_740.50);

        Assert.Equal(577_274.99, easting, 0.005);
        Assert.Equal(69_740.50, northing, 0.005);
        Assert.Equal(0.5, longitude, 1e-7);
        Assert.Equal(50.5, latitude, 1e-7);
    }

    // EPSG Guidance Note 7-2, 3.2.1.2: the worked example of method 1024, 24°22'54.433"N 100°20'00"W.
    [Fact]
    public void Agrees_with_the_worked_example_of_pseudo_Mercator()
    {
        Assert.True(Crs("EPSG:3857").TryToWgs84(-11_169_055.58, 2_800_000.00, out var longitude, out var latitude));

        Assert.Equal(-(100 + 20 / 60.0), longitude, 1e-7);
        Assert.Equal(24 + 22 / 60.0 + 54.433 / 3600, latitude, 1e-7);
    }

    // A zone's edge on the equator lies 333,978.557 m from the central meridian: the known 166,021.443 of every UTM
    // table.
    // On the central meridian the northing is 0.9996 times the meridian arc, integrated numerically for 52 degrees.
    [Theory]
    [InlineData("EPSG:32631", 166_021.443, 0, 0, 0)]
    [InlineData("EPSG:32631", 833_978.557, 0, 6, 0)]
    [InlineData("EPSG:32731", 166_021.443, 10_000_000, 0, 0)]
    [InlineData("EPSG:25832", 500_000, 0, 9, 0)]
    [InlineData("EPSG:25832", 500_000, 5_761_038.212467, 9, 52)]
    public void Knows_the_corners_of_the_zones(string crs, double x, double y, double longitude, double latitude)
    {
        Assert.True(Crs(crs).TryToWgs84(x, y, out var foundLongitude, out var foundLatitude));

        Assert.Equal(longitude, foundLongitude, 1e-8);
        Assert.Equal(latitude, foundLatitude, 1e-8);
    }

    // The meridian arc from the equator to the pole is 10,001,965.729 m on WGS 84; times 0.9996 it is the pole's
    // northing.
    [Fact]
    public void Puts_the_pole_where_the_meridian_arc_ends()
    {
        var utm = new TransverseMercator(Ellipsoid.Wgs84, 9, 0, 0.9996, 500_000, 0);

        Assert.Equal(10_001_965.7293 * 0.9996, utm.Project(9, 90).Northing, 0.001);
    }

    [Theory]
    [InlineData(31)]
    [InlineData(32)]
    public void Comes_back_to_where_it_started_within_a_millimetre(int seed)
    {
        var random = new Random(seed);
        for (var round = 0; round < 5000; round++)
        {
            var zone = random.Next(1, 61);
            var utm = new TransverseMercator(Ellipsoid.Wgs84, zone * 6 - 183, 0, 0.9996, 500_000, 0);
            var longitude = zone * 6 - 183 + random.NextDouble() * 12 - 6;
            var latitude = random.NextDouble() * 168 - 84;

            var (easting, northing) = utm.Project(longitude, latitude);
            var (backLongitude, backLatitude) = utm.Unproject(easting, northing);

            Assert.Equal(latitude, backLatitude, Millimetre / 100);
            Assert.Equal(longitude, backLongitude, Millimetre);
        }
    }

    [Theory]
    [InlineData("EPSG:25832")]
    [InlineData("urn:ogc:def:crs:EPSG::25832")]
    [InlineData("http://www.opengis.net/def/crs/EPSG/0/25832")]
    [InlineData("epsg:32632")]
    [InlineData("urn:ogc:def:crs:OGC:1.3:CRS84")]
    [InlineData("urn:ogc:def:crs:EPSG::4326")]
    public void Knows_the_ways_of_naming_a_system(string name) =>
        Assert.True(CoordinateReferenceSystem.TryParse(name, out _));

    [Theory]
    [InlineData("EPSG:31467")]
    [InlineData("EPSG:27700")]
    [InlineData("EPSG:32661")]
    [InlineData("EPSG:25827")]
    [InlineData("25832")]
    [InlineData("")]
    [InlineData("EPSG:99999999999")]
    public void Refuses_a_system_that_it_cannot_convert(string name) =>
        Assert.False(CoordinateReferenceSystem.TryParse(name, out _));

    [Theory]
    [InlineData("EPSG:4326", 476_083.65, 5_471_796.67)]
    [InlineData("EPSG:25832", 8.67, 49.4)]
    [InlineData("EPSG:25832", double.NaN, 0)]
    [InlineData("EPSG:3857", 1e9, 0)]
    public void Refuses_positions_that_lie_outside_the_system(string crs, double x, double y) =>
        Assert.False(Crs(crs).TryToWgs84(x, y, out _, out _));

    [Theory]
    [InlineData("""{"type":"Point","coordinates":[8.5,49.5,110]}""")]
    [InlineData("""{"type":"MultiPoint","coordinates":[[8.5,49.5],[8.6,49.6]]}""")]
    [InlineData("""{"type":"LineString","coordinates":[[8.5,49.5],[8.6,49.6]]}""")]
    [InlineData("""{"type":"MultiLineString","coordinates":[[[8.5,49.5],[8.6,49.6]]]}""")]
    [InlineData("""{"type":"Polygon","coordinates":[[[0,0],[1,0],[1,1],[0,0]],[[0.2,0.1],[0.3,0.1],[0.3,0.2],[0.2,0.1]]]}""")]
    [InlineData("""{"type":"MultiPolygon","coordinates":[[[[0,0],[1,0],[1,1],[0,0]]]]}""")]
    [InlineData("""{"type":"GeometryCollection","geometries":[{"type":"Point","coordinates":[1,2]}]}""")]
    public void Keeps_geometries_in_degrees_as_they_are(string geoJson)
    {
        using var document = JsonDocument.Parse(geoJson);

        Assert.True(Geometry.TryNormalize(document.RootElement, CoordinateReferenceSystem.Wgs84, out var normal,
            out var reason), reason);
        Assert.Equal(geoJson, normal);
    }

    [Theory]
    [InlineData("""{"type":"Point","coordinates":[8.5]}""", "fewer than two")]
    [InlineData("""{"type":"Point","coordinates":["8.5","49.5"]}""", "not a number")]
    [InlineData("""{"type":"Point"}""", "no coordinates")]
    [InlineData("""{"type":"Circle","coordinates":[1,2]}""", "not a type of geometry")]
    [InlineData("""{"type":"LineString","coordinates":[[8.5,49.5]]}""", "fewer than two positions")]
    [InlineData("""{"type":"Polygon","coordinates":[[[0,0],[1,0],[1,1],[0,1]]]}""", "not closed")]
    [InlineData("""{"type":"Polygon","coordinates":[[[0,0],[1,0],[0,0]]]}""", "fewer than four")]
    [InlineData("""{"type":"MultiPolygon","coordinates":[[[0,0],[1,0],[1,1],[0,0]]]}""", "")]
    [InlineData("""{"type":"Point","coordinates":[476083.65,5471796.67]}""", "--crs EPSG:25832")]
    [InlineData("""{"type":"Point","coordinates":[1017529.7,6800125.4]}""", "--crs EPSG:3857")]
    [InlineData("""["Point"]""", "not an object")]
    public void Says_what_is_wrong_with_a_geometry(string geoJson, string part)
    {
        using var document = JsonDocument.Parse(geoJson);

        Assert.False(Geometry.TryNormalize(document.RootElement, CoordinateReferenceSystem.Wgs84, out _,
            out var reason));
        Assert.Contains(part, reason, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("LINESTRING (9.4922 47.6564, 9.4923 47.6563)", """{"type":"LineString","coordinates":[[9.4922,47.6564],[9.4923,47.6563]]}""")]
    [InlineData("POINT Z (1 2 3)", """{"type":"Point","coordinates":[1,2,3]}""")]
    [InlineData("MULTIPOLYGON (((0 0, 1 0, 1 1, 0 0)))", """{"type":"MultiPolygon","coordinates":[[[[0,0],[1,0],[1,1],[0,0]]]]}""")]
    [InlineData("GEOMETRYCOLLECTION (POINT (1 2))", """{"type":"GeometryCollection","geometries":[{"type":"Point","coordinates":[1,2]}]}""")]
    [InlineData("SRID=4326;POINT (1 2)", """{"type":"Point","coordinates":[1,2]}""")]
    public void Reads_well_known_text(string text, string geoJson)
    {
        Assert.True(Geometry.TryFromWellKnownText(text, CoordinateReferenceSystem.Wgs84, out var found, out var reason),
            reason);
        Assert.Equal(geoJson, found);
    }

    [Theory]
    [InlineData("LINESTRING (")]
    [InlineData("nothing")]
    [InlineData("POINT EMPTY")]
    [InlineData("LINESTRING (1 2)")]
    [InlineData("POLYGON ((0 0, 1 0, 1 1, 0 1))")]
    [InlineData("SRID=31467;POINT (1 2)")]
    [InlineData("POINT (500000 5000000)")]
    public void Refuses_well_known_text_that_is_not_one(string text)
    {
        Assert.False(Geometry.TryFromWellKnownText(text, CoordinateReferenceSystem.Wgs84, out _, out var reason));
        Assert.NotEmpty(reason);
    }

    [Fact]
    public void Refuses_well_known_text_that_is_nested_without_end() => Assert.False(Geometry.TryFromWellKnownText(
        string.Concat(Enumerable.Repeat("GEOMETRYCOLLECTION(", 100_000)), CoordinateReferenceSystem.Wgs84, out _,
            out _));

    [Theory]
    [InlineData(41)]
    [InlineData(42)]
    public void Never_fails_on_hostile_well_known_text(int seed)
    {
        var random = new Random(seed);
        string[] words = ["POINT", "LINESTRING", "POLYGON", "MULTIPOINT", "GEOMETRYCOLLECTION", "EMPTY", "Z", "M", "(",
            ")", ",", " ", "1", "-2.5", "1e999", "NaN", ";", "SRID=4326;", "é", "CURVEPOLYGON", "CIRCULARSTRING"];
        for (var round = 0; round < 20_000; round++)
        {
            var text = string.Concat(Enumerable.Range(0,
                random.Next(1, 14)).Select(_ => words[random.Next(words.Length)] + (random.Next(3) == 0 ? " " : "")));

            var read = Geometry.TryFromWellKnownText(text, CoordinateReferenceSystem.Wgs84, out var geoJson,
                out var reason);

            Assert.True(read ? geoJson is not null : reason is not null, text);
        }
    }
}

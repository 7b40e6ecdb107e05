using System.Globalization;
using NetTopologySuite.IO;
using Stoa.Query;
using Stoa.Storage.Dialects;
using Xunit;

namespace Stoa.Tests.Query;

public class Spatial_relations
{
    private static readonly string[] Numbers = ["0", "1", "-1", "0.5", "1e308", "-1e308", "1e-308", "180", "90.0000001", "0.1", "0.3"];

    internal static byte[] Wkb(string text)
    {
        var geometry = Wkt.Read(text, 10_000, out _, out _, out var fault, out _);
        Assert.True(geometry is not null, $"{text}: {fault}");
        return geometry.Wkb.ToArray();
    }

    [Theory]
    [InlineData("POINT (30 10)")]
    [InlineData("POINT EMPTY")]
    [InlineData("LINESTRING (30 10, 10 30.5, 40 -40)")]
    [InlineData("POLYGON ((35 10, 45 45, 15 40, 10 20, 35 10), (20 30, 35 35, 30 20, 20 30))")]
    [InlineData("MULTIPOINT ((10 40), (40 30))")]
    [InlineData("MULTILINESTRING ((10 10, 20 20), (40 40, 30 30, 40 20))")]
    [InlineData("MULTIPOLYGON (((30 20, 45 40, 10 40, 30 20)), ((15 5, 40 10, 10 20, 5 10, 15 5)))")]
    [InlineData("GEOMETRYCOLLECTION (POINT (40 10), LINESTRING (10 10, 20 20), POLYGON EMPTY)")]
    public void Reads_the_same_geometry_as_the_library(string text)
    {
        var read = new WKBReader().Read(Wkb(text));

        Assert.True(new WKTReader().Read(text).EqualsExact(read), read.AsText());
    }

    [Fact]
    public void Decides_alike_at_the_first_call_and_later_ones()
    {
        var square = Wkb("POLYGON ((0 0, 4 0, 4 4, 0 4, 0 0))");

        for (var i = 0; i < 5; i++)
        {
            Assert.True(SpatialFunctions.Within(Wkb("POINT (1 1)"), square));
            Assert.False(SpatialFunctions.Within(Wkb("POINT (4 4)"), square)); // On the edge.
            Assert.True(SpatialFunctions.Intersects(square, Wkb("POINT (4 4)")));
            Assert.True(SpatialFunctions.Touches(Wkb("POINT (4 4)"), square));
            Assert.True(SpatialFunctions.Contains(square, Wkb("POINT (1 1)")));
            Assert.True(SpatialFunctions.Disjoint(square, Wkb("POINT (5 5)")));
            Assert.Equal(1, SpatialFunctions.Distance(square, Wkb("POINT (5 4)")));
        }
    }

    [Fact]
    public void Leaves_open_what_cannot_be_decided()
    {
        var tie = Wkb("POLYGON ((0 0, 4 4, 4 0, 0 4, 0 0))");

        Assert.Null(SpatialFunctions.Distance(tie, Wkb("POINT EMPTY")));
        Assert.Null(SpatialFunctions.Within([1, 2, 3], tie));
        Assert.Null(SpatialFunctions.Overlaps(Wkb("GEOMETRYCOLLECTION (POINT (1 1), LINESTRING (0 0, 1 1))"), tie));
    }

    [Fact]
    public void Answers_any_pair_of_geometries()
    {
        const int Seed = 5;
        var random = new Random(Seed);
        for (var i = 0; i < 3000; i++)
        {
            var (left, right) = (Shape(random, 2), Shape(random, 2));
            try
            {
                Relate(Wkb(left), Wkb(right));
            }
            catch (Exception error) when (error is not Xunit.Sdk.XunitException)
            {
                throw new InvalidOperationException($"seed {Seed}, round {i}: {left} and {right}", error);
            }
        }
    }

    private static void Relate(byte[] a, byte[] b)
    {
        SpatialFunctions.Equal(a, b);
        SpatialFunctions.Disjoint(a, b);
        SpatialFunctions.Touches(a, b);
        SpatialFunctions.Within(a, b);
        SpatialFunctions.Overlaps(a, b);
        SpatialFunctions.Crosses(a, b);
        SpatialFunctions.Intersects(a, b);
        SpatialFunctions.Contains(a, b);
        SpatialFunctions.Relate(a, b, "T*F**F***");
        SpatialFunctions.Distance(a, b);
        SpatialFunctions.Length(a);
    }

    internal static string Shape(Random random, int depth) => random.Next(depth > 0 ? 8 : 4) switch
    {
        0 => $"POINT ({Point(random)})",
        1 => $"LINESTRING ({Line(random, 2 + random.Next(4))})",
        2 => $"POLYGON (({Ring(random)}), ({Ring(random)}))",
        3 => $"POLYGON (({Ring(random)}))",
        4 => $"MULTIPOINT ({Line(random, 3)})",
        5 => $"MULTIPOLYGON ((({Ring(random)})), (({Ring(random)})))",
        6 => random.Next(2) == 0 ? "POINT EMPTY" : "POLYGON EMPTY",
        _ => $"GEOMETRYCOLLECTION ({Shape(random, depth - 1)}, {Shape(random, depth - 1)})",
    };

    private static string Ring(Random random)
    {
        var first = Point(random);
        return $"{first}, {Line(random, 2 + random.Next(4))}, {first}";
    }

    private static string Line(Random random, int points) => string.Join(", ", Enumerable.Range(0, points).Select(_ => Point(random)));

    private static string Point(Random random) => random.Next(3) == 0
        ? $"{Numbers[random.Next(Numbers.Length)]} {Numbers[random.Next(Numbers.Length)]}"
        : string.Create(CultureInfo.InvariantCulture, $"{random.Next(6)} {random.Next(6)}");
}

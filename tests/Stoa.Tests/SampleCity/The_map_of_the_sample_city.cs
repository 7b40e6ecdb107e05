using System.Security.Cryptography;
using System.Text.Json;
using NetTopologySuite.Geometries;
using Stoa.Host.SampleCity.Model;
using Stoa.Host.SampleCity.Plan;
using Xunit;

namespace Stoa.Tests.SampleCity;

public class The_map_of_the_sample_city
{
    private readonly CityMap _map = Marenbrueck.City.Map;

    [Fact]
    public void Is_the_same_to_the_byte_each_time_it_is_drawn()
    {
        var again = Marenbrueck.Again.Map.ToGeoJson();

        Assert.Equal(SHA256.HashData(_map.ToGeoJson()), SHA256.HashData(again));
    }

    [Fact]
    public void Is_another_city_with_another_seed() =>
        Assert.NotEqual(_map.ToGeoJson(), CityMap.Draw(CityModel.DefaultSeed + 1).ToGeoJson());

    [Fact]
    public void Has_valid_geometry_only()
    {
        var invalid = _map.Features.Where(feature => !feature.Shape.IsValid || feature.Shape.IsEmpty)
            .Select(feature => $"{feature.Layer} {feature.Kind} {feature.Name}");

        Assert.Empty(invalid);
    }

    [Fact]
    public void Stays_below_its_size_and_is_proper_GeoJSON()
    {
        var bytes = _map.ToGeoJson();

        using var json = JsonDocument.Parse(bytes);
        Assert.InRange(bytes.Length, 500_000, 1_500_000);
        Assert.Equal("FeatureCollection", json.RootElement.GetProperty("type").GetString());
        string[] layers = ["boundary", "building", "district", "green", "rail", "river", "road", "water"];
        Assert.Equal(layers, json.RootElement.GetProperty("features").EnumerateArray()
            .Select(feature => feature.GetProperty("properties").GetProperty("layer").GetString()!).Distinct().Order());
    }

    [Fact]
    public void Writes_coordinates_with_six_decimals_at_most()
    {
        var fine = _map.Features.SelectMany(feature => feature.Shape.Coordinates)
            .Count(place => Math.Abs(place.X * 1e6 - Math.Round(place.X * 1e6)) > 1e-3
                || Math.Abs(place.Y * 1e6 - Math.Round(place.Y * 1e6)) > 1e-3);

        Assert.Equal(0, fine);
    }

    [Fact]
    public void Has_eleven_districts_that_fill_the_city_without_overlap()
    {
        var shapes = _map.Districts.Select(district => district.Shape).ToArray();
        var overlap = shapes.SelectMany((one, i) =>
            shapes.Skip(i + 1).Select(other => one.Intersection(other).Area)).Sum();

        Assert.Equal(11, shapes.Length);
        Assert.All(shapes, shape => Assert.IsType<Polygon>(shape));
        Assert.InRange(overlap, 0, 10);
        Assert.InRange(shapes.Sum(shape => shape.Area) / _map.Plan.Boundary.Area, 0.999, 1.001);
    }

    [Fact]
    public void Has_districts_whose_borders_meet_vertex_by_vertex()
    {
        var inner = _map.Districts.SelectMany(district =>
            district.Shape.Coordinates.Select(place => (place.X, place.Y)).Distinct())
            .GroupBy(place => place)
            .Where(place => _map.Plan.Boundary.ExteriorRing.Distance(new Point(place.Key.X, place.Key.Y)) > 5);

        Assert.All(inner, place => Assert.InRange(place.Count(), 2, 4));
    }

    [Fact]
    public void Gives_every_road_a_name_and_every_street_a_name_of_its_own()
    {
        var streets = _map.Roads.Where(road => road.Kind != RoadKind.Path).Select(road => road.Name).ToArray();

        Assert.All(_map.Roads, road => Assert.NotEmpty(road.Name));
        Assert.Equal(streets.Length, streets.Distinct().Count());
        Assert.InRange(streets.Length, 500, 1_200);
    }

    [Fact]
    public void Builds_no_house_in_the_water_or_on_a_main_road()
    {
        var water = _map.Plan.Water;
        var roads = _map.Plan.Roads.Select(road => Curves.Line(road.Line)).ToArray();

        var wet = _map.Buildings.Count(building => building.Shape.Intersects(water));
        var run = _map.Buildings.Count(building => roads.Any(road =>
            road.EnvelopeInternal.Intersects(building.Shape.EnvelopeInternal) && road.Intersects(building.Shape)));

        Assert.InRange(_map.Buildings.Count, 4_000, 12_000);
        Assert.Equal(0, wet);
        Assert.Equal(0, run);
    }

    [Fact]
    public void Bridges_the_river_with_several_roads_and_the_railway()
    {
        var river = Curves.Line(_map.Plan.RiverLine);

        Assert.True(_map.Roads.Count(road => road.Kind == RoadKind.Primary
            && Curves.Line(road.Line).Intersects(river)) >= 4);
        Assert.True(Curves.Line(_map.Plan.Railways[0].Line).Intersects(river));
    }
}

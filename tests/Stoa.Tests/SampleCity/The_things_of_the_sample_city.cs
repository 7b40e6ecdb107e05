using NetTopologySuite.Geometries;
using Stoa.Host.SampleCity.Model;
using Stoa.Host.SampleCity.Plan;
using Stoa.Vocabulary;
using Xunit;

namespace Stoa.Tests.SampleCity;

public class The_things_of_the_sample_city
{
    private readonly CityModel _city = Marenbrueck.City;

    [Fact]
    public void Are_about_three_hundred_with_several_million_observations_a_month()
    {
        var observations = _city.Things.SelectMany(thing => thing.Streams).Sum(stream => 30L
            * 86_400 / stream.IntervalSeconds);

        Assert.InRange(_city.Things.Count, 280, 340);
        Assert.InRange(observations, 2_500_000, 5_000_000);
    }

    [Fact]
    public void Belong_to_datasets_of_all_five_infrastructures_and_the_environment()
    {
        var filled = _city.Things.Select(thing => thing.Dataset).Distinct().Order();
        InfrastructureSector[] sectors =
        [
            InfrastructureSector.Energy, InfrastructureSector.Water, InfrastructureSector.Transport,
                InfrastructureSector.Waste,
            InfrastructureSector.Ict, InfrastructureSector.Environment,
        ];

        Assert.Equal(CityModel.Datasets.Select(dataset => dataset.Slug).Order(), filled);
        Assert.Equal(sectors, CityModel.Datasets.Select(dataset => dataset.Sector).Distinct().Order());
        Assert.Equal(sectors, CityModel.Datasets.Where(dataset => dataset.Spectrum == SpectrumClass.Open)
            .Select(dataset => dataset.Sector).Distinct().Order());
    }

    [Fact]
    public void Cover_every_level_of_the_spectrum_and_only_open_data_has_an_open_licence()
    {
        var levels = CityModel.Datasets.Select(dataset => dataset.Spectrum).Distinct().Order();

        Assert.Equal(Enum.GetValues<SpectrumClass>().Order(), levels);
        Assert.All(CityModel.Datasets, dataset => Assert.True(
            dataset.Spectrum != SpectrumClass.Open
                || dataset.Licence is "CC-BY-4.0" or "CC0-1.0" or "ODbL-1.0" or "DL-DE-BY-2.0"));
    }

    [Fact]
    public void Are_owned_by_organizations_that_exist() =>
        Assert.All(CityModel.Datasets, dataset =>
            Assert.Contains(dataset.Owner, CityModel.Organizations.Select(organization => organization.Slug)));

    [Fact]
    public void Stand_inside_the_city()
    {
        var city = CityMap.ToWgs84(_city.Map.Plan.Boundary.Buffer(5), 6);

        Assert.All(_city.Things, thing =>
            Assert.True(city.Covers(thing.Place), $"{thing.Dataset}/{thing.Key} lies outside."));
    }

    [Fact]
    public void Are_points_lines_and_areas_that_are_valid()
    {
        Assert.All(_city.Things, thing => Assert.True(thing.Place.IsValid && !thing.Place.IsEmpty, thing.Key));
        Assert.Contains(_city.Things, thing => thing.Place is LineString);
        Assert.Contains(_city.Things, thing => thing.Place is Polygon);
        Assert.True(_city.Things.Count(thing => thing.Place is Point) > 200);
    }

    [Fact]
    public void Have_keys_and_names_of_their_own_within_a_dataset()
    {
        Assert.Equal(_city.Things.Count, _city.Things.DistinctBy(thing => (thing.Dataset, thing.Key)).Count());
        Assert.Equal(_city.Things.Count, _city.Things.DistinctBy(thing => (thing.Dataset, thing.Name)).Count());
        var streams = _city.Things.SelectMany(thing =>
            thing.Streams.Select(stream => (thing.Dataset, stream.Key))).ToArray();
        Assert.Equal(streams.Length, streams.Distinct().Count());
    }

    [Fact]
    public void Measure_in_units_with_a_symbol_and_properties_with_a_definition()
    {
        var quantities = _city.Things.SelectMany(thing => thing.Streams).Select(stream =>
            stream.Quantity).Distinct().ToArray();

        Assert.All(quantities, quantity =>
            Assert.True(Uri.IsWellFormedUriString(quantity.Property.Definition, UriKind.Absolute)));
        Assert.All(quantities, quantity => Assert.Equal(
            quantity.Form == ResultForm.Number || quantity == Quantities.TrafficFlow,
                quantity.Unit.Symbol is { Length: > 0 }));
    }

    [Fact]
    public void Report_live_between_five_and_twenty_times_a_second_together() =>
        Assert.InRange(_city.Things.SelectMany(thing => thing.Streams).Sum(stream => 1.0 / stream.LiveSeconds), 5, 20);
}

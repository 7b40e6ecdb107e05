using NetTopologySuite.Geometries;
using Stoa.Host.SampleCity.Plan;

namespace Stoa.Host.SampleCity.Model;

/// <summary>Collects a Thing with its streams; short, because three hundred are drawn with it.</summary>
internal sealed class ThingDrawing(
    CityModel city, string dataset, string key, string name, string description, Geometry place)
{
    private readonly List<CityStream> _streams = [];
    private readonly SortedDictionary<string, object> _properties = new(StringComparer.Ordinal);

    /// <summary>At a place of the plan.</summary>
    public ThingDrawing(CityModel city, string dataset, string key, string name, string description, PlanPoint place)
        : this(city, dataset, key, name, description, Curves.Factory.CreatePoint(CityMap.ToWgs84(place)))
    {
        if (city.Map.DistrictAt(place) is { } district) _properties["district"] = district;
    }

    public ulong Seed { get; } = Hash.Seed(city.Seed, dataset + "/" + key);

    /// <summary>
    /// A fixed number of this thing, between two limits; <paramref name="trait"/> tells traits apart.
    /// </summary>
    public double Trait(int trait, double low, double high) => Hash.Between(Seed, 1_000_000 + trait, low, high);

    public ThingDrawing With(string property, object value)
    {
        _properties[property] = value;
        return this;
    }

    /// <summary>Adds a stream. Noise inside the signal should use <see cref="SeedOf"/> of the same quantity.</summary>
    public ThingDrawing Stream(
        Device device, Quantity quantity, int minutes, Signal signal, bool coversInterval = false,
        string? suffix = null)
    {
        var key1 = suffix is null ? quantity.Property.Key : $"{quantity.Property.Key}-{suffix}";
        var title = suffix is null ? quantity.Property.Name : $"{quantity.Property.Name} ({suffix})";
        var seconds = minutes * 60;
        _streams.Add(new(
            $"{key}/{key1}", $"{title}: {name}", $"{quantity.Property.Description} Every {Rhythm(minutes)}.",
            device, quantity, seconds, coversInterval ? seconds : LiveSeconds(seconds, quantity.Form), coversInterval,
            SeedOf(quantity, suffix), Seed, signal));
        return this;
    }

    public ulong SeedOf(Quantity quantity, string? suffix = null) => Hash.Seed(Seed, quantity.Property.Key + suffix);

    public CityThing Done() => new(dataset, key, name, description, place, _properties, Seed, _streams);

    /// <summary>
    /// Slow devices report faster in the demonstration; words, which change seldom, less often than numbers.
    /// </summary>
    private static int LiveSeconds(int seconds, ResultForm form) =>
        Math.Min(seconds, form is ResultForm.Category or ResultForm.Truth ? 180 : 60);

    private static string Rhythm(int minutes) => minutes switch
    {
        1 => "minute",
        60 => "hour",
        _ => $"{minutes} minutes",
    };
}

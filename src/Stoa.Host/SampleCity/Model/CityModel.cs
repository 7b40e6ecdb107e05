using NetTopologySuite.Geometries;
using Stoa.Host.SampleCity.Plan;
using Stoa.Host.SampleCity.Signals;
using Stoa.Sensing.Bulk;
using Stoa.Sensing.Observations;
using Stoa.Vocabulary;

namespace Stoa.Host.SampleCity.Model;

/// <summary>An organization of the sample city.</summary>
internal sealed record CityOrganization(string Slug, string Name, string Homepage);

/// <summary>A dataset of the sample city; <paramref name="Owner"/> is the slug of its organization.</summary>
internal sealed record CityDataset(
    string Slug,
    string Title,
    string Description,
    InfrastructureSector Sector,
    SpectrumClass Spectrum,
    string? Licence,
    string Owner,
    IReadOnlyList<string> Keywords);

/// <summary>What is observed.</summary>
internal sealed record Property(string Key, string Name, string Definition, string Description);

/// <summary>The kind of device that observes.</summary>
internal sealed record Device(string Key, string Name, string Description, string EncodingType, string Metadata);

/// <summary>How results are written.</summary>
internal enum ResultForm
{
    /// <summary>A number with a fixed count of decimals.</summary>
    Number,

    /// <summary>A whole number.</summary>
    Count,

    /// <summary>true or false.</summary>
    Truth,

    /// <summary>One of a list of words.</summary>
    Category,
}

/// <summary>What is measured in which unit and how it is written.</summary>
internal sealed record Quantity(
    Property Property, Unit Unit, ResultForm Form, int Decimals = 1, IReadOnlyList<string>? Words = null);

/// <summary>The value at a moment: a number, 0 or 1 for truth, or the index of a word.</summary>
internal delegate double Signal(in Moment now);

/// <summary>A Thing with its place in WGS84 and its streams.</summary>
internal sealed record CityThing(
    string Dataset,
    string Key,
    string Name,
    string Description,
    Geometry Place,
    IReadOnlyDictionary<string, object> Properties,
    ulong Seed,
    IReadOnlyList<CityStream> Streams);

/// <summary>A Datastream and where its values come from.</summary>
/// <remarks>
/// The device's rhythm is IntervalSeconds; the live demonstration uses LiveSeconds, which is the same or shorter, so
/// that the map moves. A stream that CoversInterval counts: its result stands for the interval that ends at the moment
/// asked.
/// </remarks>
internal sealed record CityStream(
    string Key,
    string Name,
    string Description,
    Device Device,
    Quantity Quantity,
    int IntervalSeconds,
    int LiveSeconds,
    bool CoversInterval,
    ulong Seed,
    ulong ThingSeed,
    Signal Signal)
{
    /// <summary>The rounded value; NaN when the device is down or the reading is lost.</summary>
    public double ValueAt(in Moment now)
    {
        if (Outages.IsDown(ThingSeed, now.UnixSeconds) || Outages.IsLost(Seed, now.UnixSeconds)) return double.NaN;
        var value = Signal(now);
        return Quantity.Form switch
        {
            ResultForm.Number => Math.Round(value, Quantity.Decimals),
            ResultForm.Count => Math.Max(0, Math.Round(value)),
            ResultForm.Truth => value > 0.5 ? 1 : 0,
            ResultForm.Category => Math.Clamp((int)value, 0, Quantity.Words!.Count - 1),
            _ => throw new InvalidOperationException($"Unknown result form {Quantity.Form}."),
        };
    }

    /// <summary>What a reading at this second stands for: the second, or the interval that ends there.</summary>
    public TimeInterval PhenomenonTime(long unixSeconds)
    {
        var end = new Instant(unixSeconds * 1_000_000);
        return CoversInterval && TimeInterval.TryCreate(new((unixSeconds - IntervalSeconds) * 1_000_000), end,
            out var interval)
            ? interval
            : TimeInterval.At(end);
    }

    /// <summary>A value as it is stored.</summary>
    public ResultValue ResultOf(double value) => Quantity.Form switch
    {
        ResultForm.Number => ResultValue.Number(value),
        ResultForm.Count => ResultValue.Integer((long)value),
        ResultForm.Truth => ResultValue.Boolean(value > 0.5),
        ResultForm.Category => ResultValue.Text(Quantity.Words![(int)value]),
        _ => throw new InvalidOperationException($"Unknown result form {Quantity.Form}."),
    };
}

/// <summary>All of Marenbrück as plain values: its map, organizations, datasets, things and streams.</summary>
/// <remarks>A pure function of the seed. Nothing is stored and nothing is asked of the clock.</remarks>
internal sealed class CityModel
{
    /// <summary>The seed of the city that <c>stoa demo</c> shows.</summary>
    public const ulong DefaultSeed = 2026;

    public CityModel(ulong seed = DefaultSeed)
    {
        Seed = seed;
        Map = CityMap.Draw(seed);
        Weather = new Weather(Hash.Seed(seed, "weather"));
        var places = new Places(Map);
        Things = NamedApart(
        [
            .. EnvironmentThings.All(this, places), .. WaterThings.All(this, places), .. EnergyThings.All(this, places),
            .. TransportThings.All(this, places), .. WasteThings.All(this, places), .. IctThings.All(this, places),
        ]);
    }

    public ulong Seed { get; }

    public CityMap Map { get; }

    public Weather Weather { get; }

    public static IReadOnlyList<CityOrganization> Organizations => CityDatasets.Organizations;

    public static IReadOnlyList<CityDataset> Datasets => CityDatasets.All;

    public IReadOnlyList<CityThing> Things { get; }

    /// <summary>Two things on the same street are told apart by a number.</summary>
    private static CityThing[] NamedApart(CityThing[] things)
    {
        var used = new Dictionary<(string, string), int>();
        return
        [
            .. things.Select(thing =>
            {
                var count = used[(thing.Dataset, thing.Name)] = used.GetValueOrDefault((thing.Dataset, thing.Name)) + 1;
                return count == 1 ? thing : thing with { Name = $"{thing.Name} {count}" };
            }),
        ];
    }

    /// <summary>The moments from <paramref name="start"/> on, one a minute; every rhythm is a multiple of it.</summary>
    public Moment[] Moments(long start, int minutes)
    {
        var moments = new Moment[minutes];
        for (var i = 0; i < minutes; i++) moments[i] = Weather.At(start + i * 60L);
        return moments;
    }
}

using System.Globalization;

namespace Stoa.Conformance;

/// <summary>Data that reading checks share: two Things, four Datastreams, 25 Observations.</summary>
internal sealed record Sample
{
    /// <summary>A Thing with properties, a Location and all Datastreams.</summary>
    public required Entity Station { get; init; }

    /// <summary>Its name.</summary>
    public required string StationName { get; init; }

    /// <summary>Another Thing, without properties and Datastreams, at the same Location.</summary>
    public required Entity Tower { get; init; }

    public required Entity Location { get; init; }

    public required Entity Sensor { get; init; }

    public required Entity ObservedProperty { get; init; }

    /// <summary>Results 1 to 12; month, hour, minute and second of the phenomenonTime follow the result.</summary>
    /// <remarks>
    /// phenomenonTime: 2025-MM-(10+n)THH:(2n):(3n)Z with MM = HH = n; n = 12 is of 2024, n = 2 has half a second, n =
    /// 9 is
    /// written with the offset +01:00. resultTime: odd n alone, a minute later; n = 1 on the next day, an hour earlier.
    /// validTime: n up to 3. parameters: <c>{"depth":n}</c>.
    /// </remarks>
    public required Entity Numbers { get; init; }

    /// <summary>Results apple, banana, cherry.</summary>
    public required Entity Texts { get; init; }

    /// <summary>Results 2.4, 2.6, -1.2.</summary>
    public required Entity Decimals { get; init; }

    /// <summary>Results 1 to 6, each with a feature of its own: see <see cref="Geometries"/>.</summary>
    public required Entity Shapes { get; init; }

    /// <summary>Descriptions of the Datastreams, for text functions.</summary>
    public const string NumbersDescription = "Outdoor Air", TextsDescription = "  padded    ",
        DecimalsDescription = "outdoor Water", ShapesDescription = "Shapes on a map";

    /// <summary>The square that spatial checks compare with.</summary>
    public const string Square = "geography'POLYGON ((0 0, 4 0, 4 4, 0 4, 0 0))'";

    // In the square; far away; a line through its side; the square itself; one that overlaps it; one that shares a
    // side.
    private static readonly string[] Geometries =
    [
        Bodies.Point("1", "1"), Bodies.Point("10", "10"), """{"type":"LineString","coordinates":[[1,2],[7,2]]}""",
        Bodies.Polygon("[0,0],[4,0],[4,4],[0,4],[0,0]"), Bodies.Polygon("[2,2],[6,2],[6,6],[2,6],[2,2]"),
        Bodies.Polygon("[4,0],[8,0],[8,4],[4,4],[4,0]"),
    ];

    public static async Task<Sample> MakeAsync(Trial trial)
    {
        var name = trial.Name("Station");
        var station = await trial.CreateAsync("Things",
            Bodies.Thing(name, ""","properties":{"owner":{"name":"City"},"height":3,"tags":["a","b"]}"""));
        var location = await trial.CreateAsync($"{station.Path}/Locations", Bodies.Location(trial.Name("Square")));
        var tower = await trial.CreateAsync("Things",
            Bodies.Thing(trial.Name("Tower"), $$""","Locations":[{{location.Link}}]"""));
        var sensor = await trial.CreateAsync("Sensors", Bodies.Sensor(trial.Name("Probe")));
        var observedProperty = await trial.CreateAsync("ObservedProperties",
            Bodies.ObservedProperty(trial.Name("Temperature")));
        Task<Entity> Stream(string description, string type = "OM_Measurement", string unit = Bodies.Celsius) =>
            trial.DatastreamAsync(station, sensor, observedProperty, type, unit, description);
        var sample = new Sample
        {
            Station = station, StationName = name, Tower = tower, Location = location, Sensor = sensor,
            ObservedProperty = observedProperty,
            Numbers = await Stream(NumbersDescription),
                Texts = await Stream(TextsDescription, "OM_Observation", Bodies.NoUnit),
            Decimals = await Stream(DecimalsDescription), Shapes = await Stream(ShapesDescription),
        };
        await sample.FillAsync(trial);
        return sample;
    }

    /// <summary>The phenomenonTime of an observation of <see cref="Numbers"/>, as it was sent.</summary>
    public static string TimeOf(int result) => result == 9
        ? "2025-09-19T10:18:27+01:00"
        : string.Create(CultureInfo.InvariantCulture,
            $"{(result == 12 ? 2024 : 2025)}-{result:00}-{10 + result}T{result:00}:{2 * result:00}:{3 * result:00}{(result == 2 ? ".5" : "")}Z");

    private async Task FillAsync(Trial trial)
    {
        for (var n = 1; n <= 12; n++)
        {
            var time = TimeOf(n);
            var more = $$""","phenomenonTime":"{{time}}","parameters":{"depth":{{n}}}""";
            if (n == 1) more += ""","resultTime":"2025-01-12T00:02:03Z" """;
            else if (
                n % 2 == 1) more += $",\"resultTime\":\"{Times.Instant(time).AddMinutes(1):yyyy-MM-dd'T'HH:mm:ssK}\"";
            if (n <= 3) more += ""","validTime":"2025-01-01T00:00:00Z/2025-12-31T00:00:00Z" """;
            await trial.ObserveAsync(Numbers, n.ToString(CultureInfo.InvariantCulture), more);
        }

        string[] texts = ["\"apple\"", "\"banana\"", "\"cherry\""], decimals = ["2.4", "2.6", "-1.2"];
        for (var i = 0; i < texts.Length; i++) await trial.ObserveAsync(Texts, texts[i],
            $",\"phenomenonTime\":\"{TimeOf(i + 1)}\"");
        for (var i = 0; i < decimals.Length; i++)
            await trial.ObserveAsync(Decimals, decimals[i], $",\"phenomenonTime\":\"{TimeOf(i + 1)}\"");
        for (var i = 0; i < Geometries.Length; i++)
            await trial.ObserveAsync(Shapes, (i + 1).ToString(CultureInfo.InvariantCulture), $$"""
                ,"phenomenonTime":"{{TimeOf(i + 1)}}","FeatureOfInterest":{{Bodies.Feature(trial.Name("Feature"), Geometries[i])}}
                """);
    }
}

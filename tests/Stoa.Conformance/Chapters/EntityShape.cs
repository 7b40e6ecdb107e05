namespace Stoa.Conformance.Chapters;

/// <summary>An entity type as the tables of OGC 18-088, 8.2 give it.</summary>
/// <param name="Set">Name of its set.</param>
/// <param name="Class">Name of its requirement class below <c>datamodel</c>.</param>
/// <param name="Clause">Clause.</param>
/// <param name="Mandatory">Properties that every entity has.</param>
/// <param name="Single">Relations to one.</param>
/// <param name="Many">Relations to many.</param>
internal sealed record EntityShape(
    string Set, string Class, string Clause, string[] Mandatory, string[] Single, string[] Many)
{
    public static readonly IReadOnlyList<EntityShape> All =
    [
        new("Things", "thing", "8.2.1", ["name", "description"], [],
            ["Locations", "HistoricalLocations", "Datastreams"]),
        new("Locations", "location", "8.2.2", ["name", "description", "encodingType", "location"], [],
            ["Things", "HistoricalLocations"]),
        new("HistoricalLocations", "historical-location", "8.2.3", ["time"], ["Thing"], ["Locations"]),
        new("Datastreams", "datastream", "8.2.4", ["name", "description", "unitOfMeasurement", "observationType"],
            ["Thing", "Sensor", "ObservedProperty"], ["Observations"]),
        new("Sensors", "sensor", "8.2.5", ["name", "description", "encodingType", "metadata"], [], ["Datastreams"]),
        new("ObservedProperties", "observed-property", "8.2.6", ["name", "definition", "description"], [],
            ["Datastreams"]),
        new("Observations", "observation", "8.2.7", ["phenomenonTime", "result"], ["Datastream", "FeatureOfInterest"],
            []),
        new("FeaturesOfInterest", "feature-of-interest", "8.2.8", ["name", "description", "encodingType", "feature"],
            [], ["Observations"]),
    ];

    /// <summary>The set that a relation leads to.</summary>
    public static string SetOf(string relation) => relation switch
    {
        "ObservedProperty" => "ObservedProperties",
        "FeatureOfInterest" => "FeaturesOfInterest",
        _ when relation.EndsWith('s') => relation,
        _ => relation + "s",
    };

    /// <summary>An entity of that type in the sample.</summary>
    public async Task<Entity> OneAsync(Trial trial, Sample sample) => Set switch
    {
        "Things" => sample.Station,
        "Locations" => sample.Location,
        "Datastreams" => sample.Numbers,
        "Sensors" => sample.Sensor,
        "ObservedProperties" => sample.ObservedProperty,
        "HistoricalLocations" => await FirstAsync(trial, $"{sample.Station.Path}/HistoricalLocations"),
        "Observations" => await FirstAsync(trial, $"{sample.Shapes.Path}/Observations?$orderby=result"),
        _ => Entity.Of(await trial.ReadAsync((await FirstAsync(trial,
            $"{sample.Shapes.Path}/Observations?$orderby=result")).Path + "/FeatureOfInterest")),
    };

    private static async Task<Entity> FirstAsync(Trial trial, string address)
    {
        var values = (await trial.ReadAsync(address)).Items("value");
        return values.Count > 0 ? Entity.Of(values[0]) : throw new CannotRun($"{address} holds nothing.");
    }
}

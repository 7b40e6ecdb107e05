namespace Stoa.Conformance;

/// <summary>A Thing at a Location with one Datastream, made one by one: for checks that write.</summary>
internal sealed record Station(Entity Thing, Entity Location, Entity Sensor, Entity ObservedProperty, Entity Datastream)
{
    /// <summary>Address of the Datastream's observations.</summary>
    public string Observations => Datastream.Path + "/Observations";
}

/// <summary>What many checks make and read.</summary>
internal static class Making
{
    public static async Task<Station> StationAsync(this Trial trial)
    {
        var thing = await trial.CreateAsync("Things", Bodies.Thing(trial.Name("Thing")));
        var location = await trial.CreateAsync($"{thing.Path}/Locations", Bodies.Location(trial.Name("Location")));
        var sensor = await trial.CreateAsync("Sensors", Bodies.Sensor(trial.Name("Sensor")));
        var observedProperty = await trial.CreateAsync("ObservedProperties",
            Bodies.ObservedProperty(trial.Name("ObservedProperty")));
        var datastream = await trial.DatastreamAsync(thing, sensor, observedProperty);
        return new Station(thing, location, sensor, observedProperty, datastream);
    }

    public static Task<Entity> DatastreamAsync(
        this Trial trial, Entity thing, Entity sensor, Entity observedProperty, string type = "OM_Measurement",
        string unit = Bodies.Celsius, string description = "A datastream.") =>
        trial.CreateAsync("Datastreams", Bodies.Datastream(
            trial.Name("Datastream"), Bodies.LinksOf(thing, sensor, observedProperty), type, unit, description));

    /// <summary>An Observation with a result and whatever else: members with a comma before each.</summary>
    public static Task<Entity> ObserveAsync(this Trial trial, Entity datastream, string result, string more = "") =>
        trial.CreateAsync($"{datastream.Path}/Observations", $$"""{"result":{{result}}{{more}}}""");

    /// <summary>The numeric results of a Datastream's observations, all pages, as they come.</summary>
    public static async Task<IReadOnlyList<double>> ResultsAsync(this Trial trial, Entity datastream, string query) =>
        [.. (await trial.AllAsync($"{datastream.Path}/Observations?{query}")).Select(observation =>
            observation.Number("result"))];

    /// <summary>The numeric results for which the condition is true, in ascending order.</summary>
    public static async Task<IReadOnlyList<double>> FilteredAsync(this Trial trial, Entity datastream, string filter) =>
        [.. (await trial.ResultsAsync(datastream, "$filter=" + filter)).Order()];

    /// <summary>The ids of a set as links show them.</summary>
    public static async Task<IReadOnlyList<string>> PathsAsync(this Trial trial, string address) =>
        [.. (await trial.AllAsync(address)).Select(entity => Entity.Of(entity).Path)];
}

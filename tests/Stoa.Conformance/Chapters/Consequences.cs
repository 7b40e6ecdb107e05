using System.Text.Json;
using static Stoa.Conformance.Check;

namespace Stoa.Conformance.Chapters;

/// <summary>OGC 18-088, 8.2.3 and 10.2.2: what the server makes by itself when something is created.</summary>
internal static class Consequences
{
    private const string Create = Requirements.CreateEntity;
    private const string Auto = Requirements.HistoricalLocationAutoCreation;
    private const string Manual = Requirements.HistoricalLocationManualCreation;

    public static IReadOnlyList<Check> Checks { get; } =
    [
        Rule("W6.feature", Create, "10.2.2",
            "An Observation without FeatureOfInterest gets the one of the Thing's Location.", FeatureAsync),
        Rule("W6.feature-again", Create, "10.2.2",
            "Further Observations at the same Location share that FeatureOfInterest.", FeatureAgainAsync),
        Rule("W6.no-location", Create, "10.2.2",
            "Without FeatureOfInterest and without Location an Observation is refused.", NoLocationAsync),
        Rule("W7.moved", Create, "10.2.2",
            "After a move the next Observation has another FeatureOfInterest; the old one stays.", MovedAsync),
        Rule("W7.deleted-feature", Create, "10.2.2", "A generated FeatureOfInterest that was deleted is made anew.",
            DeletedFeatureAsync),
        Rule("W8.no-phenomenon-time", Create, "8.2.7",
            "Without phenomenonTime an Observation has the time of the server.", NoTimeAsync),
        Rule("W8.no-result-time", Create, "8.2.7", "Without resultTime an Observation's resultTime is null.",
            NoResultTimeAsync),
        Rule("W9.by-post", Auto, "8.2.3", "A Location posted to a Thing makes a HistoricalLocation with it.",
            HistoryByPostAsync),
        Rule("W9.by-deep-insert", Auto, "8.2.3", "A Thing made with a Location has a HistoricalLocation.",
            HistoryByDeepInsertAsync),
        Rule("W9.by-patch", Auto, "8.2.3",
            "A Thing linked to another Location by PATCH has a further HistoricalLocation.", HistoryByPatchAsync),
        Rule("W10.later", Manual, "8.2.3", "A HistoricalLocation later than all others moves the Thing.", trial =>
            ManualAsync(trial, isLater: true)),
        Rule("W10.earlier", Manual, "8.2.3", "An earlier HistoricalLocation does not move the Thing.", trial =>
            ManualAsync(trial, isLater: false)),
    ];

    private static async Task<JsonElement> FeatureOfAsync(Trial trial, Entity observation)
    {
        var feature = await trial.ReadAsync(observation.Path + "/FeatureOfInterest");
        trial.Adopt(Entity.Of(feature));
        return feature;
    }

    private static async Task FeatureAsync(Trial trial)
    {
        var station = await trial.StationAsync();
        var feature = await FeatureOfAsync(trial, await trial.ObserveAsync(station.Datastream, "1"));
        Trial.Must(Members.Same(Members.Parse(Bodies.Point("8.4", "49")), feature.Member("feature")),
            "feature must be the Location's geometry.");
        Trial.MustBe(Bodies.GeoJson, feature.Text("encodingType"), "encodingType");
    }

    private static async Task FeatureAgainAsync(Trial trial)
    {
        var station = await trial.StationAsync();
        var first = Entity.Of(await FeatureOfAsync(trial, await trial.ObserveAsync(station.Datastream, "1")));
        var second = await FeatureOfAsync(trial, await trial.ObserveAsync(station.Datastream, "2"));
        Trial.MustBe(first, second, "The feature of the second Observation");
    }

    private static async Task NoLocationAsync(Trial trial)
    {
        var sample = await trial.SampleAsync();
        var thing = await trial.CreateAsync("Things", Bodies.Thing(trial.Name("Thing")));
        var stream = await trial.DatastreamAsync(thing, sample.Sensor, sample.ObservedProperty);
        (await trial.PostAsync(stream.Path + "/Observations",
            """{"result":1}""")).MustRefuse("there is neither feature nor Location.");
        Trial.MustBe(0, (await trial.AllAsync(stream.Path + "/Observations")).Count,
            "The number of Observations after a refusal");
    }

    private static async Task MovedAsync(Trial trial)
    {
        var station = await trial.StationAsync();
        var before = await trial.ObserveAsync(station.Datastream, "1");
        var first = Entity.Of(await FeatureOfAsync(trial, before));
        await trial.CreateAsync(station.Thing.Path + "/Locations", Bodies.Location(trial.Name("Elsewhere"), 10, 50));
        var second = await FeatureOfAsync(trial, await trial.ObserveAsync(station.Datastream, "2"));
        Trial.Must(Members.Same(Members.Parse(Bodies.Point("10", "50")), second.Member("feature")),
            "feature must be the new Location's geometry.");
        Trial.Must(Entity.Of(second) != first, "The feature must be another one.");
        Trial.MustBe(first, await FeatureOfAsync(trial, before), "The feature of the earlier Observation");
    }

    private static async Task DeletedFeatureAsync(Trial trial)
    {
        var station = await trial.StationAsync();
        var first = Entity.Of(await FeatureOfAsync(trial, await trial.ObserveAsync(station.Datastream, "1")));
        (await trial.DeleteAsync(first.Path)).Must(200, 204);
        var second = await FeatureOfAsync(trial, await trial.ObserveAsync(station.Datastream, "2"));
        Trial.Must(Members.Same(Members.Parse(Bodies.Point("8.4", "49")), second.Member("feature")),
            "feature must be the Location's geometry.");
    }

    private static async Task NoTimeAsync(Trial trial)
    {
        var station = await trial.StationAsync();
        var time = (await trial.ReadAsync(await trial.ObserveAsync(station.Datastream,
            "1"))).Time("phenomenonTime").Start;
        Trial.Must((DateTimeOffset.UtcNow - time).Duration() < TimeSpan.FromMinutes(10),
            $"phenomenonTime must be that of the server, it is {time:O}.");
    }

    private static async Task NoResultTimeAsync(Trial trial)
    {
        var station = await trial.StationAsync();
        var observation = await trial.ReadAsync(await trial.ObserveAsync(station.Datastream, "1",
            ""","phenomenonTime":"2025-03-01T00:00:00Z" """));
        Trial.Must(observation.Known("resultTime") is null, "resultTime must be null.");
    }

    private static async Task<IReadOnlyList<JsonElement>> HistoryAsync(Trial trial, Entity thing) =>
        await trial.AllAsync(thing.Path + "/HistoricalLocations?$expand=Locations&$orderby=time,id");

    private static async Task HistoryByPostAsync(Trial trial)
    {
        var station = await trial.StationAsync();
        Trial.MustBe(1, (await HistoryAsync(trial, station.Thing)).Count, "The number of HistoricalLocations");
        var second = await trial.CreateAsync(station.Thing.Path + "/Locations",
            Bodies.Location(trial.Name("Elsewhere"), 10, 50));
        var history = await HistoryAsync(trial, station.Thing);
        Trial.MustBe(2, history.Count, "The number of HistoricalLocations after a move");
        Trial.MustBe(second, history[1].Items("Locations").Single(), "The Location of the later one");
        Trial.MustList([second.Path], await trial.PathsAsync(station.Thing.Path + "/Locations"),
            "The Locations of the Thing");
    }

    private static async Task HistoryByDeepInsertAsync(Trial trial)
    {
        var thing = await trial.CreateAsync("Things",
            Bodies.Thing(trial.Name("Thing"), $",\"Locations\":[{Bodies.Location(trial.Name("Location"))}]"));
        Trial.MustBe(1, (await HistoryAsync(trial, thing)).Count, "The number of HistoricalLocations");
    }

    private static async Task HistoryByPatchAsync(Trial trial)
    {
        var station = await trial.StationAsync();
        var second = await trial.CreateAsync("Locations", Bodies.Location(trial.Name("Elsewhere"), 10, 50));
        (await trial.PatchAsync(station.Thing.Path, $$"""{"Locations":[{{second.Link}}]}""")).Must(200, 204);
        var history = await HistoryAsync(trial, station.Thing);
        Trial.MustBe(2, history.Count, "The number of HistoricalLocations after a move");
        Trial.MustBe(second, history[1].Items("Locations").Single(), "The Location of the later one");
    }

    private static async Task ManualAsync(Trial trial, bool isLater)
    {
        var station = await trial.StationAsync();
        var other = await trial.CreateAsync("Locations", Bodies.Location(trial.Name("Elsewhere"), 10, 50));
        var time = isLater ? "2100-01-01T00:00:00Z" : "2000-01-01T00:00:00Z";
        var made = await trial.CreateAsync("HistoricalLocations",
            $$"""{"time":"{{time}}","Thing":{{station.Thing.Link}},"Locations":[{{other.Link}}]}""");
        Trial.MustBe(station.Thing, await trial.ReadAsync(made.Path + "/Thing"), "The Thing of the HistoricalLocation");
        Trial.MustList([isLater ? other.Path : station.Location.Path],
            await trial.PathsAsync(station.Thing.Path + "/Locations"),
            "The Locations of the Thing");
    }
}

using System.Text.Json;
using Stoa.Conformance.Mqtt;
using static Stoa.Conformance.Check;

namespace Stoa.Conformance.Chapters;

/// <summary>OGC 18-088, 14: Observations in and updates out over MQTT.</summary>
internal static class Messages
{
    private const string Creation = Requirements.MqttCreation;
    private const string Updates = Requirements.MqttUpdates;

    // Long for a message, short for a person who waits for a report.
    private static readonly TimeSpan ArrivalTimeMax = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan PollTime = TimeSpan.FromMilliseconds(20);

    public static IReadOnlyList<Check> Checks { get; } =
    [
        Rule("M1.set", Creation, "14.1", "An Observation published to Observations is stored.", CreateInSetAsync),
        Rule("M1.datastream", Creation, "14.1",
            "An Observation published to a Datastream's Observations belongs to it.", CreateInDatastreamAsync),
        Rule("M1.feature", Creation, "14.1", "An Observation published to a feature's Observations belongs to it.",
            CreateInFeatureAsync),
        Rule("M1.deep-insert", Creation, "14.1", "A published Observation may bring its FeatureOfInterest.",
            DeepInsertAsync),
        Rule("M1.invalid", Creation, "14.1",
            "A published Observation that cannot be stored leaves nothing, and later ones are stored.", InvalidAsync),
        Rule("M2.created", Updates, "14.2", "Subscribers of a set get the JSON of each entity that is created.",
            CreatedAsync),
        Rule("M2.updated", Updates, "14.2", "Subscribers of a set get the JSON of each entity that is updated.",
            UpdatedAsync),
        Rule("M2.other-sets", Updates, "14.2", "Subscribers of a set get nothing of other parents.", OthersAsync),
        Rule("M3.entity", Updates, "14.2", "Subscribers of an entity get its JSON when a property changes.",
            EntityAsync),
        Rule("M3.derived", Updates, "14.2", "Subscribers of a Datastream get its JSON when its phenomenonTime grows.",
            DerivedAsync),
        Rule("M4.property", Updates, "14.2",
            "Subscribers of a property get an object with that property when it changes.", PropertyAsync),
        Rule("M5.select", Updates, "14.2", "Subscribers of a set with $select get those properties alone.",
            SelectAsync),
        Rule("M6.automatic", Updates, "14.2", "HistoricalLocations and features that the server makes are told too.",
            AutomaticAsync),
        Rule("M6.deep-insert", Updates, "14.2", "Every entity of a deep insert is told.", DeepInsertToldAsync),
        Rule("M7.deletion", Updates, "14.2", "Deletions are not told.", DeletionAsync),
        Advice("M7.wildcards", Updates, "14.2", "Subscriptions with wildcards are refused.", WildcardsAsync),
        Rule("M8.creation-endpoints", Creation, "14.1; 9.2.1",
            "The landing page names the addresses that take Observations.",
            trial => EndpointsAsync(trial, Creation)),
        Rule("M8.update-endpoints", Updates, "14.2; 9.2.1", "The landing page names the addresses that tell updates.",
            trial => EndpointsAsync(trial, Updates)),
    ];

    private static Task<MqttConnection> OpenAsync(Trial trial, string requirement) =>
        MqttConnection.OpenAsync(trial.Run.MqttAddress(requirement), trial.Run.Service.Token, trial.Cancellation);

    private static string Topic(Trial trial, string path) => $"{trial.Run.Service.Version}/{path}";

    private static async Task PublishAsync(Trial trial, MqttConnection mqtt, string path, string json)
    {
        var topic = Topic(trial, path);
        var isTaken = await mqtt.PublishAsync(topic, json, trial.Cancellation);
        trial.Keep(new Reply("PUBLISH", topic, json, 0, isTaken ? "acknowledged" : "connection closed",
            new Dictionary<string, string>()));
    }

    /// <summary>What arrives is stored a moment later: there is no answer to wait for.</summary>
    private static async Task<IReadOnlyList<JsonElement>> StoredAsync(Trial trial, Entity datastream, int count)
    {
        var published = trial.Last;
        var end = DateTimeOffset.UtcNow + ArrivalTimeMax;
        while (true)
        {
            var stored = await trial.AllAsync(datastream.Path + "/Observations?$orderby=phenomenonTime");
            if (stored.Count >= count || DateTimeOffset.UtcNow > end)
            {
                if (stored.Count != count)
                    throw new CheckFailure(
                        $"{count} Observations must be stored within {ArrivalTimeMax.TotalSeconds} s, there are {stored.Count}.", published);
                return stored;
            }

            await Task.Delay(PollTime, trial.Cancellation);
        }
    }

    private static async Task CreateInSetAsync(Trial trial)
    {
        var station = await trial.StationAsync();
        await using var mqtt = await OpenAsync(trial, Creation);
        await PublishAsync(trial, mqtt, "Observations",
            $$"""{"phenomenonTime":"2025-03-01T00:00:00Z","result":4.5,"Datastream":{{station.Datastream.Link}}}""");
        Trial.MustBe(4.5, (await StoredAsync(trial, station.Datastream, 1))[0].Number("result"), "result");
    }

    private static async Task CreateInDatastreamAsync(Trial trial)
    {
        var station = await trial.StationAsync();
        await using var mqtt = await OpenAsync(trial, Creation);
        await PublishAsync(trial, mqtt, station.Observations,
            """{"phenomenonTime":"2025-03-01T00:00:00Z","result":1}""");
        await PublishAsync(trial, mqtt, station.Observations,
            """{"phenomenonTime":"2025-03-02T00:00:00Z","result":2}""");
        Trial.MustList([1.0, 2], (await StoredAsync(trial, station.Datastream, 2)).Select(observation =>
            observation.Number("result")), "The results");
    }

    private static async Task CreateInFeatureAsync(Trial trial)
    {
        var station = await trial.StationAsync();
        var feature = await trial.CreateAsync("FeaturesOfInterest",
            Bodies.Feature(trial.Name("Feature"), Bodies.Point("1", "2")));
        await using var mqtt = await OpenAsync(trial, Creation);
        await PublishAsync(trial, mqtt, feature.Path + "/Observations",
            $$"""{"result":1,"Datastream":{{station.Datastream.Link}}}""");
        var made = Entity.Of((await StoredAsync(trial, station.Datastream, 1))[0]);
        Trial.MustBe(feature, await trial.ReadAsync(made.Path + "/FeatureOfInterest"), "The feature");
    }

    private static async Task DeepInsertAsync(Trial trial)
    {
        var station = await trial.StationAsync();
        var name = trial.Name("Feature");
        await using var mqtt = await OpenAsync(trial, Creation);
        await PublishAsync(trial, mqtt, station.Observations,
            $$"""{"result":1,"FeatureOfInterest":{{Bodies.Feature(name, Bodies.Point("1", "2"))}}}""");
        var made = Entity.Of((await StoredAsync(trial, station.Datastream, 1))[0]);
        Trial.MustBe(name, (await trial.ReadAsync(made.Path + "/FeatureOfInterest")).Text("name"),
            "name of the feature");
    }

    private static async Task InvalidAsync(Trial trial)
    {
        var station = await trial.StationAsync();
        foreach (var body in new[] { "{\"result\":", """{"phenomenonTime":"yesterday","result":1}""", "" })
        {
            // A server may close the connection: each one is new.
            await using var refused = await OpenAsync(trial, Creation);
            await PublishAsync(trial, refused, station.Observations, body);
        }

        await using var mqtt = await OpenAsync(trial, Creation);
        await PublishAsync(trial, mqtt, station.Observations, """{"result":2}""");
        Trial.MustBe(2, (await StoredAsync(trial, station.Datastream, 1))[0].Number("result"), "result");
    }

    private static async Task<MqttConnection> ListenAsync(Trial trial, string path)
    {
        var mqtt = await OpenAsync(trial, Updates);
        var topic = Topic(trial, path);
        var isTaken = await mqtt.SubscribeAsync(topic, trial.Cancellation);
        trial.Keep(new Reply("SUBSCRIBE", topic, null, 0, isTaken ? "taken" : "refused", new Dictionary<string,
            string>()));
        if (isTaken) return mqtt;
        await mqtt.DisposeAsync();
        throw new CheckFailure($"The subscription to {topic} must be taken.");
    }

    private static async Task<JsonElement> NextAsync(Trial trial, MqttConnection mqtt, string why)
    {
        var message = await mqtt.NextAsync(ArrivalTimeMax, trial.Cancellation)
            ?? throw new CheckFailure($"No message came within {ArrivalTimeMax.TotalSeconds} s: {why}.");
        return trial.Keep(new Reply("message of", message.Topic, null, 0, message.Payload, new Dictionary<string,
            string>())).Json;
    }

    /// <summary>Other things may be told meanwhile, such as the rise of what is derived: the message that is meant.</summary>
    private static async Task<JsonElement> NextAsync(Trial trial, MqttConnection mqtt, Func<JsonElement, bool> isMeant,
        string why)
    {
        var end = DateTimeOffset.UtcNow + ArrivalTimeMax;
        while (DateTimeOffset.UtcNow < end)
            if (await NextAsync(trial, mqtt, why) is var message && isMeant(message)) return message;
        throw new CheckFailure($"No message came within {ArrivalTimeMax.TotalSeconds} s: {why}.");
    }

    private static async Task CreatedAsync(Trial trial)
    {
        var station = await trial.StationAsync();
        await using var mqtt = await ListenAsync(trial, station.Observations);
        var made = await trial.ObserveAsync(station.Datastream, "7", ""","phenomenonTime":"2025-03-01T00:00:00Z" """);
        var message = await NextAsync(trial, mqtt, "an Observation was created");
        Trial.MustBe(made, message, "The entity of the message");
        Trial.MustBe(7, message.Number("result"), "result");
        Trial.MustBe(Times.Parse("2025-03-01T00:00:00Z", ""), message.Time("phenomenonTime"), "phenomenonTime");
        // Links may name another host: HTTP often passes a gateway that MQTT does not.
        foreach (var member in (await trial.ReadAsync(made)).EnumerateObject().Where(member =>
            !member.Name.Contains('@', StringComparison.Ordinal)))
            Trial.Must(Members.Same(member.Value, message.Member(member.Name)),
                $"{member.Name} must be what a GET of the entity shows.");
    }

    private static async Task UpdatedAsync(Trial trial)
    {
        var station = await trial.StationAsync();
        var made = await trial.ObserveAsync(station.Datastream, "7");
        await using var mqtt = await ListenAsync(trial, station.Observations);
        (await trial.PatchAsync(made.Path, """{"result":8}""")).Must(200, 204);
        var message = await NextAsync(trial, mqtt, "an Observation was updated");
        Trial.MustBe(made, message, "The entity of the message");
        Trial.MustBe(8, message.Number("result"), "result");
    }

    private static async Task OthersAsync(Trial trial)
    {
        var station = await trial.StationAsync();
        var other = await trial.DatastreamAsync(station.Thing, station.Sensor, station.ObservedProperty);
        await using var mqtt = await ListenAsync(trial, station.Observations);
        await trial.ObserveAsync(other, "1");
        var made = await trial.ObserveAsync(station.Datastream, "2");
        Trial.MustBe(made, await NextAsync(trial, mqtt, "an Observation was created"),
            "The entity of the first message");
    }

    private static async Task EntityAsync(Trial trial)
    {
        var station = await trial.StationAsync();
        await using var mqtt = await ListenAsync(trial, station.Thing.Path);
        (await trial.PatchAsync(station.Thing.Path, """{"description":"changed"}""")).Must(200, 204);
        var message = await NextAsync(trial, mqtt, "the Thing was updated");
        Trial.MustBe(station.Thing, message, "The entity of the message");
        Trial.MustBe("changed", message.Text("description"), "description");
    }

    private static async Task DerivedAsync(Trial trial)
    {
        var station = await trial.StationAsync();
        await using var mqtt = await ListenAsync(trial, station.Datastream.Path);
        await trial.ObserveAsync(station.Datastream, "1", ""","phenomenonTime":"2025-03-01T00:00:00Z" """);
        if ((await trial.ReadAsync(station.Datastream)).Known("phenomenonTime") is null) return;
        await NextAsync(trial, mqtt, message => message.Known("phenomenonTime") is not null,
            "phenomenonTime of the Datastream grew");
    }

    private static async Task PropertyAsync(Trial trial)
    {
        var station = await trial.StationAsync();
        await using var mqtt = await ListenAsync(trial, station.Thing.Path + "/description");
        (await trial.PatchAsync(station.Thing.Path,
            """{"name":"{{name}}"}""".Replace("{{name}}", trial.Name("Renamed"), StringComparison.Ordinal))).Must(200,
            204);
        (await trial.PatchAsync(station.Thing.Path, """{"description":"changed"}""")).Must(200, 204);
        var message = await NextAsync(trial, mqtt, "description was updated");
        Trial.MustList(["description"], message.EnumerateObject().Select(member => member.Name),
            "The members of the message");
        Trial.MustBe("changed", message.Text("description"), "description");
    }

    private static async Task SelectAsync(Trial trial)
    {
        var station = await trial.StationAsync();
        await using var mqtt = await ListenAsync(trial, station.Observations + "?$select=result,phenomenonTime");
        await trial.ObserveAsync(station.Datastream, "7",
            ""","phenomenonTime":"2025-03-01T00:00:00Z","parameters":{"a":1}""");
        var message = await NextAsync(trial, mqtt, "an Observation was created");
        Trial.MustBe(7, message.Number("result"), "result");
        Trial.Must(message.Has("phenomenonTime") && !message.Has("parameters") && !message.Has("resultTime"),
            "Only result and phenomenonTime must be there.");
    }

    private static async Task AutomaticAsync(Trial trial)
    {
        var station = await trial.StationAsync();
        await using var history = await ListenAsync(trial, station.Thing.Path + "/HistoricalLocations");
        await trial.CreateAsync(station.Thing.Path + "/Locations", Bodies.Location(trial.Name("Elsewhere"), 10, 50));
        Trial.MustBe("HistoricalLocations", Entity.Of(await NextAsync(trial, history, "the Thing moved")).Set,
            "The set of the message");
        await using var features = await ListenAsync(trial, "FeaturesOfInterest");
        var made = await trial.ObserveAsync(station.Datastream, "1");
        var feature = trial.Adopt(Entity.Of(await trial.ReadAsync(made.Path + "/FeatureOfInterest")));
        await NextAsync(trial, features, message => Entity.Of(message) == feature,
            "a feature was made for an Observation");
    }

    private static async Task DeepInsertToldAsync(Trial trial)
    {
        var sample = await trial.SampleAsync();
        var (thing, location, stream) = (trial.Name("Thing"), trial.Name("Location"), trial.Name("Datastream"));
        await using var things = await ListenAsync(trial, "Things");
        await using var locations = await ListenAsync(trial, "Locations");
        await using var streams = await ListenAsync(trial, "Datastreams");
        var body = Bodies.Datastream(stream,
            $",\"Sensor\":{sample.Sensor.Link},\"ObservedProperty\":{sample.ObservedProperty.Link}");
        await trial.CreateAsync("Things", Bodies.Thing(thing,
            $",\"Locations\":[{Bodies.Location(location)}],\"Datastreams\":[{body}]"));
        foreach (var (mqtt, name) in new[] { (things, thing), (locations, location), (streams, stream) })
            await NextAsync(trial, mqtt, message => message.Has("name") && message.Text("name") == name,
                $"{name} was created");
    }

    private static async Task DeletionAsync(Trial trial)
    {
        var station = await trial.StationAsync();
        var gone = await trial.ObserveAsync(station.Datastream, "1");
        await using var mqtt = await ListenAsync(trial, station.Observations);
        (await trial.DeleteAsync(gone.Path)).Must(200, 204);
        var made = await trial.ObserveAsync(station.Datastream, "2");
        Trial.MustBe(made, await NextAsync(trial, mqtt, "an Observation was created"),
            "The entity of the first message after a deletion");
    }

    private static async Task WildcardsAsync(Trial trial)
    {
        foreach (var filter in new[] { "#", "+/Observations", Topic(trial, "#") })
        {
            await using var mqtt = await OpenAsync(trial, Updates);
            bool isTaken;
            try
            {
                isTaken = await mqtt.SubscribeAsync(filter, trial.Cancellation);
            }
            catch (System.Threading.Channels.ChannelClosedException)
            {
                isTaken = false;
            }

            Trial.Must(!isTaken, $"The subscription to {filter} must be refused.");
        }
    }

    private static async Task EndpointsAsync(Trial trial, string requirement)
    {
        var settings = (await trial.ReadAsync("")).Member("serverSettings").EnumerateObject()
            .Where(member => Requirements.PathOf(member.Name) == requirement).Select(member => member.Value).ToList();
        Trial.MustBe(1, settings.Count, $"The number of members of serverSettings named by the URI of {requirement}");
        Trial.Must(settings[0].Items("endpoints").Count > 0, "endpoints must name an address.");
    }
}

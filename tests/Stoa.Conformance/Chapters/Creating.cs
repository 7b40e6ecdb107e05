using static Stoa.Conformance.Check;

namespace Stoa.Conformance.Chapters;

/// <summary>OGC 18-088, 10.2: creating, linking and deep inserts.</summary>
internal static class Creating
{
    private const string Create = Requirements.CreateEntity;

    public static IReadOnlyList<Check> Checks { get; } =
    [
        Rule("W1.create", Create, "10.2.1",
            "POST to a set makes an entity: 201 or 204, and Location is its self link.", CreateAsync),
        Advice("W1.status-201", Create, "10.2.1", "The answer to a creation is 201.", Status201Async),
        Rule("W1.deep-status", Requirements.DeepInsertStatusCode, "10.2.3", "The answer to a deep insert is 201.",
            DeepStatusAsync),
        Rule("W2.relation-path", Create, "10.2.1", "POST to a relation links the new entity to the parent.",
            RelationPathAsync),
        Rule("W2.conflict", Create, "10.2.1", "A link in the body that contradicts the address never wins in silence.",
            ConflictAsync),
        Rule("W3.link-one", Requirements.LinkToExisting, "10.2.1.1",
            "A new entity is linked to existing ones by their @iot.id.", LinkOneAsync),
        Rule("W3.link-many", Requirements.LinkToExisting, "10.2.1.1", "Relations to many take an array of links.",
            LinkManyAsync),
        Rule("W3.unknown", Requirements.LinkToExisting, "10.2.1.1",
            "A link to an entity that does not exist is refused.", LinkUnknownAsync),
        Rule("W4.deep-insert", Requirements.DeepInsert, "10.2.1.2",
            "A Thing with all that belongs to it is made by one request.", DeepInsertAsync),
        Rule("W4.deep-observation", Requirements.DeepInsert, "10.2.1.2",
            "An Observation with its FeatureOfInterest is made by one request.",
            DeepObservationAsync),
        Rule("W4.all-or-nothing", Requirements.DeepInsert, "10.2.1.2", "A deep insert that fails makes nothing.",
            AllOrNothingAsync),
        Rule("W4.ignores-computed", Requirements.DeepInsert, "10.2.1.2", "Ids of inline entities are the server's.",
            IgnoresComputedAsync),
        Rule("W5.mandatory-properties", Create, "10.2.1",
            "An entity without a mandatory property is refused, and nothing is made.", MandatoryAsync),
        Rule("W5.integrity", Create, "10.2.2, Table 24",
            "A Datastream needs Thing, Sensor and ObservedProperty; an Observation a Datastream.",
            IntegrityAsync),
        Rule("W5.malformed", Create, "10.2.1", "A body that is no JSON is refused.",
            async trial => (await trial.PostAsync("Things", "{\"name\":")).MustRefuse("the body is no JSON.")),
    ];

    private static (string Set, string Body)[] Simple(Trial trial) =>
    [
        ("Things", Bodies.Thing(trial.Name("Thing"))), ("Locations", Bodies.Location(trial.Name("Location"))),
        ("Sensors", Bodies.Sensor(trial.Name("Sensor"))),
            ("ObservedProperties", Bodies.ObservedProperty(trial.Name("ObservedProperty"))),
        ("FeaturesOfInterest", Bodies.Feature(trial.Name("Feature"), Bodies.Point("1", "2"))),
    ];

    private static async Task CreateAsync(Trial trial)
    {
        foreach (var (set, body) in Simple(trial))
        {
            var reply = (await trial.PostAsync(set, body)).Must(201, 204);
            var made = trial.Made(reply);
            Trial.MustBe(set, made.Set, "The set of the Location header");
            var entity = await trial.ReadAsync(reply.Header("Location"));
            Trial.MustBe(Members.Parse(body).Text("name"), entity.Text("name"), "name");
            Trial.MustBe(trial.Run.Service.AddressOf(reply.Header("Location")).AbsoluteUri,
                new Uri(entity.Text("@iot.selfLink")).AbsoluteUri,
                "The Location header");
        }
    }

    private static async Task Status201Async(Trial trial)
    {
        foreach (var (set, body) in Simple(trial)) trial.Made((await trial.PostAsync(set, body)).Must(201));
    }

    private static string DeepThing(Trial trial, string sensor) => Bodies.Thing(trial.Name("Thing"), $$"""
        ,"Locations":[{{Bodies.Location(trial.Name("Location"))}}],
         "Datastreams":[{{Bodies.Datastream(trial.Name("Datastream"), $$"""
        ,"Sensor":{{sensor}},"ObservedProperty":{{Bodies.ObservedProperty(trial.Name("ObservedProperty"))}},
         "Observations":[{"phenomenonTime":"2025-03-01T00:00:00Z","result":7}]
        """)}}]
        """);

    private static async Task DeepStatusAsync(Trial trial) =>
        trial.Made((await trial.PostAsync("Things", DeepThing(trial, Bodies.Sensor(trial.Name("Sensor"))))).Must(201));

    private static async Task RelationPathAsync(Trial trial)
    {
        var station = await trial.StationAsync();
        Trial.MustList([station.Location.Path], await trial.PathsAsync(station.Thing.Path + "/Locations"),
            "The Locations of the Thing");
        var stream = await trial.CreateAsync(station.Thing.Path + "/Datastreams",
            Bodies.Datastream(trial.Name("Datastream"),
            $",\"Sensor\":{station.Sensor.Link},\"ObservedProperty\":{station.ObservedProperty.Link}"));
        Trial.MustBe(station.Thing, await trial.ReadAsync(stream.Path + "/Thing"), "The Thing of the new Datastream");
        var observation = await trial.ObserveAsync(stream, "1");
        Trial.MustBe(stream, await trial.ReadAsync(observation.Path + "/Datastream"),
            "The Datastream of the new Observation");
    }

    private static async Task ConflictAsync(Trial trial)
    {
        var station = await trial.StationAsync();
        var other = await trial.DatastreamAsync(station.Thing, station.Sensor, station.ObservedProperty);
        var reply = await trial.PostAsync(station.Observations, $$"""{"result":1,"Datastream":{{other.Link}}}""");
        if (reply.Status is >= 400 and < 500) return;
        var made = trial.Made(reply.Must(201, 204));
        Trial.MustBe(station.Datastream, await trial.ReadAsync(made.Path + "/Datastream"),
            "The Datastream of the Observation");
    }

    private static async Task LinkOneAsync(Trial trial)
    {
        var station = await trial.StationAsync();
        Trial.MustBe(station.Thing, await trial.ReadAsync(station.Datastream.Path + "/Thing"), "Thing");
        Trial.MustBe(station.Sensor, await trial.ReadAsync(station.Datastream.Path + "/Sensor"), "Sensor");
        Trial.MustBe(station.ObservedProperty, await trial.ReadAsync(station.Datastream.Path + "/ObservedProperty"),
            "ObservedProperty");
        var feature = await trial.CreateAsync("FeaturesOfInterest",
            Bodies.Feature(trial.Name("Feature"), Bodies.Point("1", "2")));
        var made = await trial.CreateAsync("Observations",
            $$"""{"result":1,"Datastream":{{station.Datastream.Link}},"FeatureOfInterest":{{feature.Link}}}""");
        Trial.MustBe(feature, await trial.ReadAsync(made.Path + "/FeatureOfInterest"), "FeatureOfInterest");
    }

    private static async Task LinkManyAsync(Trial trial)
    {
        var first = await trial.CreateAsync("Things", Bodies.Thing(trial.Name("Thing")));
        var second = await trial.CreateAsync("Things", Bodies.Thing(trial.Name("Thing")));
        var location = await trial.CreateAsync("Locations",
            Bodies.Location(trial.Name("Location"), more: $",\"Things\":[{first.Link},{second.Link}]"));
        Trial.MustList(new[] { first.Path, second.Path }.Order(StringComparer.Ordinal),
            (await trial.PathsAsync(location.Path + "/Things")).Order(StringComparer.Ordinal),
                "The Things of the Location");
    }

    private static async Task LinkUnknownAsync(Trial trial)
    {
        var gone = await trial.CreateAsync("Locations", Bodies.Location(trial.Name("Gone")));
        (await trial.DeleteAsync(gone.Path)).Must(200, 204);
        var name = trial.Name("Thing");
        (await trial.PostAsync("Things", Bodies.Thing(name,
            $",\"Locations\":[{gone.Link}]"))).MustRefuse("the Location does not exist.");
        await NothingAsync(trial, "Things", name);
    }

    private static async Task NothingAsync(Trial trial, string set, string name) => Trial.MustBe(0,
        (await trial.ReadAsync($"{set}?$filter=name eq '{name}'")).Items("value").Count,
            $"The number of {set} after a refusal");

    private static async Task DeepInsertAsync(Trial trial)
    {
        var made = await trial.CreateAsync("Things", DeepThing(trial, Bodies.Sensor(trial.Name("Sensor"))));
        var thing = await trial.ReadAsync(made.Path +
            "?$expand=Locations,Datastreams($expand=Sensor,ObservedProperty,Observations)");
        Trial.MustBe(1, thing.Items("Locations").Count, "The number of Locations");
        var stream = thing.Items("Datastreams").Single();
        Trial.Must(stream.Member("Sensor").Has("name") && stream.Member("ObservedProperty").Has("name"),
            "Sensor and ObservedProperty must be made.");
        Trial.MustList([7.0], stream.Items("Observations").Select(observation => observation.Number("result")),
            "The results");
        var feature = await trial.ReadAsync(Entity.Of(stream.Items("Observations")[0]).Path + "/FeatureOfInterest");
        trial.Adopt(Entity.Of(feature));
    }

    private static async Task DeepObservationAsync(Trial trial)
    {
        var station = await trial.StationAsync();
        var name = trial.Name("Feature");
        var made = await trial.ObserveAsync(station.Datastream, "1",
            ",\"FeatureOfInterest\":" + Bodies.Feature(name, Bodies.Point("3", "4")));
        Trial.MustBe(name, (await trial.ReadAsync(made.Path + "/FeatureOfInterest")).Text("name"),
            "name of the feature");
    }

    private static async Task AllOrNothingAsync(Trial trial)
    {
        var sensor = trial.Name("Sensor");
        // Everything is right but for the encodingType that the Sensor lacks.
        var body = DeepThing(trial, $$"""{"name":"{{sensor}}","description":"d","metadata":"m"}""");
        (await trial.PostAsync("Things", body)).MustRefuse("the Sensor has no encodingType.");
        var thing = Members.Parse(body);
        await NothingAsync(trial, "Things", thing.Text("name"));
        await NothingAsync(trial, "Locations", thing.Items("Locations")[0].Text("name"));
        await NothingAsync(trial, "Datastreams", thing.Items("Datastreams")[0].Text("name"));
        await NothingAsync(trial, "ObservedProperties",
            thing.Items("Datastreams")[0].Member("ObservedProperty").Text("name"));
        await NothingAsync(trial, "Sensors", sensor);
    }

    private static async Task IgnoresComputedAsync(Trial trial)
    {
        var other = await trial.CreateAsync("Things", Bodies.Thing(trial.Name("Other")));
        var name = trial.Name("Inline");
        var location = await trial.PostAsync("Locations", Bodies.Location(trial.Name("Location"),
            more: $",\"Things\":[{Bodies.Thing(name, $",\"@iot.id\":{other.IdJson},\"@iot.selfLink\":\"https://example.org/x\"")}]"));
        if (location.Status is >= 400 and < 500) return;
        var thing = (await trial.AllAsync(trial.Made(location.Must(201, 204)).Path + "/Things")).Single();
        Trial.MustBe(name, thing.Text("name"), "name of the inline Thing");
        Trial.Must(Entity.Of(thing) != other, "The inline Thing must have an id of its own.");
    }

    private static async Task MandatoryAsync(Trial trial)
    {
        foreach (var (set, body) in Simple(trial))
            foreach (var member in Members.Parse(body).EnumerateObject().Where(member => member.Name != "name"))
            {
                var name = trial.Name("Incomplete");
                var others = Members.Parse(body).EnumerateObject().Where(other => other.Name != member.Name)
                    .Select(other =>
                        $"\"{other.Name}\":{(other.Name == "name" ? $"\"{name}\"" : other.Value.GetRawText())}");
                (await trial.PostAsync(set,
                    $"{{{string.Join(',', others)}}}")).MustRefuse($"{member.Name} of {set} is mandatory.");
                await NothingAsync(trial, set, name);
            }
    }

    private static async Task IntegrityAsync(Trial trial)
    {
        var station = await trial.StationAsync();
        string[] links =
        [
            $",\"Thing\":{station.Thing.Link}", $",\"Sensor\":{station.Sensor.Link}",
                $",\"ObservedProperty\":{station.ObservedProperty.Link}",
        ];
        for (var left = 0; left < links.Length; left++)
        {
            var name = trial.Name("Datastream");
            (await trial.PostAsync("Datastreams",
                Bodies.Datastream(name, string.Concat(links.Where((_, i) => i != left)))))
                .MustRefuse($"a Datastream needs{links[left][1..].Split(':')[0]}.");
            await NothingAsync(trial, "Datastreams", name);
        }
    }
}

using static Stoa.Conformance.Check;

namespace Stoa.Conformance.Chapters;

/// <summary>OGC 18-088, 10.3 and 10.4: PATCH, PUT, JSON Patch and DELETE.</summary>
internal static class Changing
{
    private const string Update = Requirements.UpdateEntity;
    private const string Delete = Requirements.DeleteEntity;
    private const string JsonPatch = "application/json-patch+json";

    public static IReadOnlyList<Check> Checks { get; } =
    [
        Rule("W11.merge", Update, "10.3.1", "PATCH changes the properties that it names and leaves the others.",
            MergeAsync),
        Advice("W11.whole-properties", Update, "10.3.1", "PATCH replaces properties, a JSON object, as a whole.",
            WholePropertiesAsync),
        Rule("W11.observation", Update, "10.3.1", "PATCH of an Observation changes result and times.",
            ObservationAsync),
        Rule("W12.inline", Update, "10.3.1", "PATCH with entities inline is refused.", InlineAsync),
        Rule("W12.replace-one", Update, "10.3.1", "PATCH with a link replaces a relation to one.", ReplaceOneAsync),
        Advice("W12.add-many", Update, "10.3.1", "PATCH with links adds to a relation to many.", AddManyAsync),
        Rule("W13.unknown", Update, "10.3.1", "PATCH of an entity that does not exist is 404, or 410.", UnknownAsync),
        Rule("W13.id", Update, "10.3.1", "PATCH never changes the id.", IdAsync),
        Rule("W13.invalid", Update, "10.3.1", "PATCH with a value of the wrong kind is refused and changes nothing.",
            InvalidAsync),
        Rule("W14.put", Requirements.UpdateEntityPut, "10.3.2",
            "PUT replaces all properties: those that it does not name are cleared.", PutAsync),
        Rule("W14.put-mandatory", Requirements.UpdateEntityPut, "10.3.2",
            "PUT without a mandatory property is refused.", PutMandatoryAsync),
        Rule("W14.put-unknown", Requirements.UpdateEntityPut, "10.3.2",
            "PUT of an entity that does not exist makes none with another id.", PutUnknownAsync),
        Rule("W15.json-patch", Requirements.UpdateEntityJsonPatch, "10.3.3",
            "JSON Patch adds, replaces and removes, also inside properties.", JsonPatchAsync),
        Rule("W15.json-patch-test", Requirements.UpdateEntityJsonPatch, "10.3.3; RFC 6902, 5",
            "A JSON Patch whose test fails changes nothing.",
            JsonPatchTestAsync),
        Rule("W15.json-patch-nothing", Requirements.UpdateEntityJsonPatch, "10.3.3",
            "A JSON Patch that changes nothing succeeds.", JsonPatchNothingAsync),
        Rule("W15.json-patch-malformed", Requirements.UpdateEntityJsonPatch, "10.3.3; RFC 6902, 4",
            "What is no JSON Patch is refused.", JsonPatchMalformedAsync),
        Rule("W16.relations", Delete, "10.4", "With an entity its relations vanish.", RelationsVanishAsync),
        Rule("W17.unknown", Delete, "10.4", "DELETE of an entity that does not exist is 404, or 410.",
            DeleteUnknownAsync),
        Rule("W17.set", Delete, "10.4", "DELETE of a set without a condition is refused.", DeleteSetAsync),
        Rule("W18.derived", Delete, "10.4", "After DELETE of an Observation its Datastream's phenomenonTime is right.",
            DerivedAsync),
        Rule("W.cascade.thing", Delete, "10.4, Table 25",
            "With a Thing go its Datastreams, Observations and HistoricalLocations, not its Locations.",
            trial => CascadeAsync(trial, station => station.Thing, "Datastream Observation HistoricalLocation")),
        Rule("W.cascade.location", Delete, "10.4, Table 25", "With a Location go its HistoricalLocations.",
            trial => CascadeAsync(trial, station => station.Location, "HistoricalLocation")),
        Rule("W.cascade.datastream", Delete, "10.4, Table 25", "With a Datastream go its Observations.",
            trial => CascadeAsync(trial, station => station.Datastream, "Observation")),
        Rule("W.cascade.sensor", Delete, "10.4, Table 25", "With a Sensor go its Datastreams and their Observations.",
            trial => CascadeAsync(trial, station => station.Sensor, "Datastream Observation")),
        Rule("W.cascade.observed-property", Delete, "10.4, Table 25",
            "With an ObservedProperty go its Datastreams and their Observations.",
            trial => CascadeAsync(trial, station => station.ObservedProperty, "Datastream Observation")),
        Rule("W.cascade.feature", Delete, "10.4, Table 25", "With a FeatureOfInterest go its Observations.",
            trial => CascadeAsync(trial, null, "Observation")),
    ];

    private const string Properties = ""","properties":{"a":1,"b":2}""";

    private static async Task<Entity> ThingAsync(Trial trial) =>
        await trial.CreateAsync("Things", Bodies.Thing(trial.Name("Thing"), Properties));

    private static async Task MergeAsync(Trial trial)
    {
        var thing = await ThingAsync(trial);
        var before = await trial.ReadAsync(thing);
        (await trial.PatchAsync(thing.Path, """{"description":"changed"}""")).Must(200, 204);
        var after = await trial.ReadAsync(thing);
        Trial.MustBe("changed", after.Text("description"), "description");
        Trial.MustBe(before.Text("name"), after.Text("name"), "name");
        Trial.Must(Members.Same(before.Member("properties"), after.Member("properties")), "properties must stay.");
    }

    private static async Task WholePropertiesAsync(Trial trial)
    {
        var thing = await ThingAsync(trial);
        (await trial.PatchAsync(thing.Path, """{"properties":{"c":3}}""")).Must(200, 204);
        Trial.Must(Members.Same(Members.Parse("""{"c":3}"""), (await trial.ReadAsync(thing)).Member("properties")),
            "properties must be {\"c\":3}.");
    }

    private static async Task ObservationAsync(Trial trial)
    {
        var station = await trial.StationAsync();
        var made = await trial.ObserveAsync(station.Datastream, "1", ""","phenomenonTime":"2025-03-01T00:00:00Z" """);
        (await trial.PatchAsync(made.Path, """{"result":2.5,"resultTime":"2025-03-01T01:00:00Z"}""")).Must(200, 204);
        var observation = await trial.ReadAsync(made);
        Trial.MustBe(2.5, observation.Number("result"), "result");
        Trial.MustBe(Times.Parse("2025-03-01T01:00:00Z", ""), observation.Time("resultTime"), "resultTime");
        Trial.MustBe(Times.Parse("2025-03-01T00:00:00Z", ""), observation.Time("phenomenonTime"), "phenomenonTime");
    }

    private static async Task InlineAsync(Trial trial)
    {
        var station = await trial.StationAsync();
        (await trial.PatchAsync(station.Thing.Path, $$"""{"Locations":[{{Bodies.Location(trial.Name("Inline"))}}]}"""))
            .MustRefuse("a Location stands inline.");
        (await trial.PatchAsync(station.Datastream.Path,
            $$"""{"Sensor":{{Bodies.Sensor(trial.Name("Inline"))}}}""")).MustRefuse("a Sensor stands inline.");
        Trial.MustBe(station.Sensor, await trial.ReadAsync(station.Datastream.Path + "/Sensor"),
            "The Sensor after a refusal");
    }

    private static async Task ReplaceOneAsync(Trial trial)
    {
        var station = await trial.StationAsync();
        var other = await trial.CreateAsync("Sensors", Bodies.Sensor(trial.Name("Other")));
        (await trial.PatchAsync(station.Datastream.Path, $$"""{"Sensor":{{other.Link}}}""")).Must(200, 204);
        Trial.MustBe(other, await trial.ReadAsync(station.Datastream.Path + "/Sensor"), "The Sensor");
        Trial.MustBe(0, (await trial.AllAsync(station.Sensor.Path + "/Datastreams")).Count,
            "The number of Datastreams of the earlier Sensor");
    }

    private static async Task AddManyAsync(Trial trial)
    {
        var first = await ThingAsync(trial);
        var second = await ThingAsync(trial);
        var location = await trial.CreateAsync("Locations",
            Bodies.Location(trial.Name("Location"), more: $",\"Things\":[{first.Link}]"));
        (await trial.PatchAsync(location.Path, $$"""{"Things":[{{second.Link}}]}""")).Must(200, 204);
        Trial.MustList(new[] { first.Path, second.Path }.Order(StringComparer.Ordinal),
            (await trial.PathsAsync(location.Path + "/Things")).Order(StringComparer.Ordinal),
                "The Things of the Location");
    }

    private static async Task<Entity> GoneAsync(Trial trial)
    {
        var thing = await ThingAsync(trial);
        (await trial.DeleteAsync(thing.Path)).Must(200, 204);
        return thing;
    }

    private static async Task UnknownAsync(Trial trial) =>
        (await trial.PatchAsync((await GoneAsync(trial)).Path, """{"description":"changed"}""")).Must(404, 410);

    private static async Task IdAsync(Trial trial)
    {
        var first = await ThingAsync(trial);
        var second = await ThingAsync(trial);
        var name = trial.Name("Changed");
        var reply = await trial.PatchAsync(first.Path, $$"""{"@iot.id":{{second.IdJson}},"name":"{{name}}"}""");
        if (reply.Status is >= 400 and < 500) return;
        reply.Must(200, 204);
        Trial.MustBe(name, (await trial.ReadAsync(first)).Text("name"), "name of the Thing that was addressed");
        Trial.Must((await trial.ReadAsync(second)).Text("name") != name,
            "The Thing whose id stands in the body must stay.");
    }

    private static async Task InvalidAsync(Trial trial)
    {
        var thing = await ThingAsync(trial);
        var before = await trial.ReadAsync(thing);
        foreach (var body in new[] { """{"name":{"a":1}}""", """{"properties":[1]}""", """{"name":null}""", "[]", "{" })
            (await trial.PatchAsync(thing.Path, body)).MustRefuse($"{body} does not fit a Thing.");
        Trial.Must(Members.Same(before, await trial.ReadAsync(thing)), "After refusals the Thing must be as before.");
    }

    private static async Task PutAsync(Trial trial)
    {
        var thing = await ThingAsync(trial);
        (await trial.PutAsync(thing.Path,
            $$"""{"name":"{{trial.Name("Replaced")}}","description":"replaced"}""")).Must(200, 204);
        var after = await trial.ReadAsync(thing);
        Trial.MustBe("replaced", after.Text("description"), "description");
        Trial.Must(after.Known("properties") is not { } left || !left.EnumerateObject().Any(),
            "properties must be gone.");
    }

    private static async Task PutMandatoryAsync(Trial trial)
    {
        var thing = await ThingAsync(trial);
        (await trial.PutAsync(thing.Path, """{"description":"replaced"}""")).MustRefuse("name is mandatory.");
        Trial.Must((await trial.ReadAsync(thing)).Text("description") != "replaced",
            "After a refusal the Thing must be as before.");
    }

    private static async Task PutUnknownAsync(Trial trial)
    {
        var gone = await GoneAsync(trial);
        var name = trial.Name("Put");
        var reply = await trial.PutAsync(gone.Path, Bodies.Thing(name));
        if (reply.Status is >= 400 and < 500) return;
        reply.Must(200, 201, 204);
        Trial.MustList([gone.Path], await trial.PathsAsync($"Things?$filter=name eq '{name}'"),
            "The Thing that PUT made");
        trial.Adopt(gone);
    }

    private static async Task JsonPatchAsync(Trial trial)
    {
        var thing = await ThingAsync(trial);
        (await trial.PatchAsync(thing.Path, """
            [{"op":"test","path":"/properties/a","value":1},{"op":"replace","path":"/description","value":"patched"},
             {"op":"add","path":"/properties/c","value":{"d":[1]}},{"op":"add","path":"/properties/c/d/0","value":0},
             {"op":"remove","path":"/properties/a"},{"op":"move","from":"/properties/b","path":"/properties/e"},
             {"op":"copy","from":"/properties/e","path":"/properties/f"}]
            """, JsonPatch)).Must(200, 204);
        var after = await trial.ReadAsync(thing);
        Trial.MustBe("patched", after.Text("description"), "description");
        Trial.Must(Members.Same(Members.Parse("""{"c":{"d":[0,1]},"e":2,"f":2}"""), after.Member("properties")),
            "properties must be as patched.");
    }

    private static async Task JsonPatchTestAsync(Trial trial)
    {
        var thing = await ThingAsync(trial);
        var before = await trial.ReadAsync(thing);
        (await trial.PatchAsync(thing.Path, """
            [{"op":"replace","path":"/description","value":"patched"},{"op":"test","path":"/properties/a","value":99}]
            """, JsonPatch)).MustRefuse("the test fails.");
        Trial.Must(Members.Same(before, await trial.ReadAsync(thing)),
            "After a failed test the Thing must be as before.");
    }

    private static async Task JsonPatchNothingAsync(Trial trial)
    {
        var thing = await ThingAsync(trial);
        var before = await trial.ReadAsync(thing);
        (await trial.PatchAsync(thing.Path, """[{"op":"replace","path":"/properties/a","value":1}]""",
            JsonPatch)).Must(200, 204);
        Trial.Must(Members.Same(before, await trial.ReadAsync(thing)), "The Thing must be as before.");
    }

    private static async Task JsonPatchMalformedAsync(Trial trial)
    {
        var thing = await ThingAsync(trial);
        foreach (var body in new[]
        {
            """{"op":"replace","path":"/name","value":"x"}""", """[{"op":"unheard","path":"/name"}]""",
                """[{"path":"/name","value":"x"}]""",
            """[{"op":"remove","path":"/properties/none"}]""", """[{"op":"remove","path":"/name"}]""", "[",
        })
            (await trial.PatchAsync(thing.Path, body, JsonPatch)).MustRefuse($"{body} is no JSON Patch for a Thing.");
    }

    private static async Task RelationsVanishAsync(Trial trial)
    {
        var station = await trial.StationAsync();
        (await trial.DeleteAsync(station.Location.Path)).Must(200, 204);
        Trial.MustBe(0, (await trial.AllAsync(station.Thing.Path + "/Locations")).Count,
            "The number of Locations of the Thing");
        await trial.ReadAsync(station.Thing);
    }

    private static async Task DeleteUnknownAsync(Trial trial) =>
        (await trial.DeleteAsync((await GoneAsync(trial)).Path)).Must(404, 410);

    // A relation of an own entity, so that a server that obeys deletes nothing of anybody else.
    private static async Task DeleteSetAsync(Trial trial)
    {
        var station = await trial.StationAsync();
        await trial.ObserveAsync(station.Datastream, "1");
        (await trial.DeleteAsync(station.Observations)).MustRefuse(
            "a set cannot be deleted without saying what of it.");
        Trial.MustBe(1, (await trial.AllAsync(station.Observations)).Count,
            "The number of Observations after a refusal");
    }

    private static async Task DerivedAsync(Trial trial)
    {
        var station = await trial.StationAsync();
        await trial.ObserveAsync(station.Datastream, "1", ""","phenomenonTime":"2025-03-01T00:00:00Z" """);
        var last = await trial.ObserveAsync(station.Datastream, "2", ""","phenomenonTime":"2025-03-09T00:00:00Z" """);
        (await trial.DeleteAsync(last.Path)).Must(200, 204);
        if ((await trial.ReadAsync(station.Datastream)).Known("phenomenonTime") is null) return;
        Trial.MustBe(Times.Instant("2025-03-01T00:00:00Z"),
            (await trial.ReadAsync(station.Datastream)).Time("phenomenonTime").End,
            "The end of phenomenonTime");
    }

    private static async Task CascadeAsync(Trial trial, Func<Station, Entity>? which, string gone)
    {
        var station = await trial.StationAsync();
        var observation = await trial.ObserveAsync(station.Datastream, "1");
        var feature = trial.Adopt(Entity.Of(await trial.ReadAsync(observation.Path + "/FeatureOfInterest")));
        var history = Entity.Of((await trial.ReadAsync(station.Thing.Path + "/HistoricalLocations")).Items("value")[0]);
        var deleted = which is null ? feature : which(station);
        (await trial.DeleteAsync(deleted.Path)).Must(200, 204);
        (string Name, Entity Entity)[] all =
        [
            ("Thing", station.Thing), ("Location", station.Location), ("HistoricalLocation", history),
                ("Datastream", station.Datastream),
            ("Sensor", station.Sensor), ("ObservedProperty", station.ObservedProperty), ("Observation", observation),
                ("FeatureOfInterest", feature),
        ];
        foreach (var (name, entity) in all)
        {
            var reply = await trial.GetAsync(entity.Path);
            if (entity == deleted || gone.Split(' ').Contains(name)) reply.Must(404, 410);
            else reply.Must(200);
        }
    }
}

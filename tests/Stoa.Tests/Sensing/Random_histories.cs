using System.Globalization;
using System.Text.Json.Nodes;
using Stoa.Storage;
using Stoa.Tests.Governance;
using Stoa.Vocabulary;
using Xunit;

namespace Stoa.Tests.Sensing;

/// <summary>Random sequences of writes, compared with a plain model of the standard: sets, links, counts, derived values.</summary>
/// <remarks>A failure names its seed; <c>STOA_SEED=n</c> runs that one alone, and <c>STOA_STEPS</c> makes the runs longer.</remarks>
public class Random_histories
{
    private const int StepsBetweenComparisons = 25;

    public static TheoryData<int> Seeds =>
        Environment.GetEnvironmentVariable("STOA_SEED") is { } seed ? [int.Parse(seed, CultureInfo.InvariantCulture)] : [1, 2, 3, 4, 5, 6];

    [Theory]
    [MemberData(nameof(Seeds))]
    [Requirement(Requirements.DatastreamProperties)]
    [Requirement(Requirements.DeepInsert)]
    [Requirement(Requirements.UpdateEntity)]
    [Requirement(Requirements.DeleteEntity)]
    [Requirement(Requirements.HistoricalLocationAutoCreation)]
    public async Task End_in_what_the_standard_says(int seed)
    {
        var clock = new TestClock();
        await using var stoa = await Exchange.StartAsync(time: clock, settings: ("limits.topDefault", "7"));
        var run = new RandomRun(stoa, clock, seed);
        var steps = int.Parse(Environment.GetEnvironmentVariable("STOA_STEPS") ?? "250", CultureInfo.InvariantCulture);
        try
        {
            for (var step = 1; step <= steps; step++)
            {
                clock.Advance(TimeSpan.FromSeconds(1));
                await run.StepAsync();
                if (step % StepsBetweenComparisons == 0) await run.CompareAsync();
            }
        }
        catch (Exception error)
        {
            throw new InvalidOperationException(
                $"Seed {seed}, after:\n{string.Join('\n', run.Log.TakeLast(StepsBetweenComparisons))}\n{error.Message}", error);
        }
    }
}

/// <summary>One random sequence: makes requests, follows them in the model.</summary>
internal sealed class RandomRun(Exchange stoa, TestClock clock, int seed)
{
    private readonly Random _random = new(seed);
    private readonly Model _model = new();

    public List<string> Log { get; } = [];

    private Instant Now => Instant.From(clock.GetUtcNow());

    // requests ------------------------------------------------------------------------------------------------------------

    private async Task<Answer> SendAsync(string method, string path, string? json, int expected)
    {
        Log.Add($"{method} {path} {json}");
        var answer = (await stoa.SendAsync(new HttpMethod(method), SensorThings.At(path), json, stoa.AdminToken)).ShouldBe(expected);
        if (expected >= 400) await SkipIdsAsync();
        return answer;
    }

    // The sequences of PostgreSQL do not go back with a transaction that is undone; those of SQLite do.
    private async Task SkipIdsAsync()
    {
        using var read = await stoa.Database.ReadAsync(TestContext.Current.CancellationToken);
        if (read.Engine == StorageEngine.Sqlite) return;
        using var sequence = read.Prepare("SELECT coalesce(max(last_value), 0) FROM pg_sequences WHERE sequencename = @table || '_id_seq'");
        long TakenOf(string table)
        {
            Assert.True(sequence.Bind("@table", table).Step());
            var taken = sequence.Int64(0);
            sequence.Reset();
            return taken;
        }

        _model.Skip(_model.Things, TakenOf("thing"));
        _model.Skip(_model.Locations, TakenOf("location"));
        _model.Skip(_model.Histories, TakenOf("historical_location"));
        _model.Skip(_model.Sensors, TakenOf("sensor"));
        _model.Skip(_model.Properties, TakenOf("observed_property"));
        _model.Skip(_model.Datastreams, TakenOf("datastream"));
        _model.Skip(_model.MultiDatastreams, TakenOf("multi_datastream"));
        _model.Skip(_model.Features, TakenOf("feature_of_interest"));
    }

    private async Task PostAsync(string path, string json, string set, long id)
    {
        var answer = await SendAsync("POST", path, json, 201);
        Assert.Equal($"{stoa.Address}sensorthings/v1.1/{set}({id})", answer.Header("Location"));
    }

    public async Task StepAsync()
    {
        Func<Task>[] steps =
        [
            CreateThingAsync, CreateThingAsync, CreateLocationAsync, CreateHistoryAsync, CreateSensorAsync, CreatePropertyAsync,
            CreateDatastreamAsync, CreateDatastreamAsync, CreateMultiDatastreamAsync, CreateMultiDatastreamAsync, CreateFeatureAsync,
            CreateObservationAsync, CreateObservationAsync, CreateObservationAsync, CreateObservationAsync, CreateRowsAsync, CreateRowsAsync,
            RenameAsync, MoveThingAsync, MoveThingAsync, ChangeLocationAsync, ChangeHistoryAsync, ChangeDatastreamAsync,
            ChangeMultiDatastreamAsync,
            ChangeObservationAsync, ChangeObservationAsync, ChangeFeatureAsync, DeleteAsync, DeleteObservationAsync, FailAsync,
        ];
        await steps[_random.Next(steps.Length)]();
    }

    // choices -------------------------------------------------------------------------------------------------------------

    private bool Chance(double probability) => _random.NextDouble() < probability;

    private long? Any<T>(SortedDictionary<long, T> set) => set.Count == 0 ? null : set.Keys.ElementAt(_random.Next(set.Count));

    /// <summary>A Datastream, or a MultiDatastream as minus its id.</summary>
    private long? AnySeries() => Chance(0.4) ? -Any(_model.MultiDatastreams) : Any(_model.Datastreams);

    private static string SetOf(long series) => series > 0 ? $"Datastreams({series})" : $"MultiDatastreams({-series})";

    private static string LinkTo(long series) => series > 0 ? $"\"Datastream\":{Link(series)}" : $"\"MultiDatastream\":{Link(-series)}";

    private string Name() => "n" + _random.Next(1000).ToString(CultureInfo.InvariantCulture);

    private (double X, double Y)? Place() => Chance(0.2) ? null : (_random.Next(-1800, 1800) / 10.0, _random.Next(-900, 900) / 10.0);

    private Instant Time() => new(Now.UnixMicroseconds + _random.Next(-50, 50) * 3_600_000_000L);

    private string Shuffled(params string[] members)
    {
        _random.Shuffle(members);
        return $"{{{string.Join(',', members)}}}";
    }

    private static string Link(long id) => $$"""{"@iot.id":{{id}}}""";

    private static string Geometry(string property, (double X, double Y)? place) => place is var (x, y)
        ? $"\"encodingType\":\"application/geo+json\",\"{property}\":{{\"type\":\"Point\",\"coordinates\":[{Model.Number(x)},{Model.Number(y)}]}}"
        : $"\"encodingType\":\"text/plain\",\"{property}\":\"in words\"";

    private static string Entity(string name) => $"\"name\":\"{name}\",\"description\":\"d\"";

    // creating ------------------------------------------------------------------------------------------------------------

    private string NewLocation(out long id, bool? isInWords = null)
    {
        var location = new Model.Location { Name = Name(), Point = Place() };
        // Several Locations of a Thing have different encodings.
        if (isInWords is { } inWords && inWords != location.Point is null) location.Point = inWords ? null : (1, 2);
        id = _model.Add(_model.Locations, location);
        return Shuffled(Entity(location.Name), Geometry("location", location.Point));
    }

    private async Task CreateThingAsync()
    {
        var name = Name();
        var members = new List<string> { Entity(name) };
        var id = _model.Add(_model.Things, new Model.Thing { Name = name });
        if (Chance(0.7))
        {
            var bodies = new List<string>();
            var places = new List<long>();
            for (var i = _random.Next(1, 3); i > 0; i--)
            {
                bool? isInWords = places is [var first] ? _model.Locations[first].Point is not null : null;
                if (Chance(0.3) && Any(_model.Locations) is { } existing &&
                    (isInWords is null || isInWords == _model.Locations[existing].Point is null))
                {
                    places.Add(existing);
                    bodies.Add(Link(existing));
                    continue;
                }

                bodies.Add(NewLocation(out var place, isInWords));
                places.Add(place);
            }

            _model.Move(id, places, Now);
            members.Add($"\"Locations\":[{string.Join(',', bodies)}]");
        }

        if (Chance(0.5))
        {
            var bodies = new List<string>();
            for (var i = _random.Next(1, 3); i > 0; i--) bodies.Add(NewDatastream(id, isInside: true));
            members.Add($"\"Datastreams\":[{string.Join(',', bodies)}]");
        }

        await PostAsync("Things", Shuffled([.. members]), "Things", id);
    }

    private string NewDatastream(long thing, bool isInside)
    {
        var datastream = new Model.Datastream { Name = Name(), Thing = thing };
        var members = new List<string>
        {
            Entity(datastream.Name), "\"observationType\":\"o\"",
            "\"unitOfMeasurement\":{\"name\":null,\"symbol\":\"x\",\"definition\":null}",
        };
        if (!isInside) members.Add($"\"Thing\":{Link(thing)}");
        if (Chance(0.6) && Any(_model.Sensors) is { } sensor)
        {
            datastream.Sensor = sensor;
            members.Add($"\"Sensor\":{Link(sensor)}");
        }
        else
        {
            datastream.Sensor = _model.Add(_model.Sensors, "s");
            members.Add("\"Sensor\":{\"name\":\"s\",\"description\":\"d\",\"encodingType\":\"e\",\"metadata\":{\"m\":1}}");
        }

        if (Chance(0.6) && Any(_model.Properties) is { } property)
        {
            datastream.Property = property;
            members.Add($"\"ObservedProperty\":{Link(property)}");
        }
        else
        {
            datastream.Property = _model.Add(_model.Properties, "p");
            members.Add("\"ObservedProperty\":{\"name\":\"p\",\"description\":\"d\",\"definition\":\"x\"}");
        }

        var id = _model.Add(_model.Datastreams, datastream);
        if (_model.Things[thing].Locations.Count > 0 && Chance(0.5))
        {
            var observations = new List<string>();
            for (var i = _random.Next(1, 4); i > 0; i--)
                observations.Add(Shuffled([.. NewObservation(id, _model.FeatureFor(id)!.Value, out _)]));
            members.Add($"\"Observations\":[{string.Join(',', observations)}]");
        }

        return Shuffled([.. members]);
    }

    private async Task CreateDatastreamAsync()
    {
        if (Any(_model.Things) is not { } thing) return;
        var inPath = Chance(0.5);
        var json = NewDatastream(thing, isInside: inPath);
        await PostAsync(inPath ? $"Things({thing})/Datastreams" : "Datastreams", json, "Datastreams", _model.Datastreams.Keys.Max());
    }

    private async Task CreateMultiDatastreamAsync()
    {
        if (Any(_model.Things) is not { } thing) return;
        var inPath = Chance(0.5);
        var json = NewMultiDatastream(thing, isInside: inPath);
        await PostAsync(inPath ? $"Things({thing})/MultiDatastreams" : "MultiDatastreams", json, "MultiDatastreams",
            _model.MultiDatastreams.Keys.Max());
    }

    private string NewMultiDatastream(long thing, bool isInside)
    {
        var multi = new Model.MultiDatastream { Name = Name(), Thing = thing };
        var members = new List<string> { Entity(multi.Name) };
        if (!isInside) members.Add($"\"Thing\":{Link(thing)}");
        if (Any(_model.Sensors) is { } sensor)
        {
            multi.Sensor = sensor;
            members.Add($"\"Sensor\":{Link(sensor)}");
        }
        else
        {
            multi.Sensor = _model.Add(_model.Sensors, "s");
            members.Add("\"Sensor\":{\"name\":\"s\",\"description\":\"d\",\"encodingType\":\"e\",\"metadata\":\"m\"}");
        }

        var properties = new List<string>();
        for (var i = _random.Next(1, 4); i > 0; i--)
        {
            if (Chance(0.7) && Any(_model.Properties) is { } property && Chance(0.9))
            {
                multi.Properties.Add(property);
                properties.Add(Link(property));
                continue;
            }

            multi.Properties.Add(_model.Add(_model.Properties, "p"));
            properties.Add("{\"name\":\"p\",\"description\":\"d\",\"definition\":\"x\"}");
        }

        members.Add($"\"ObservedProperties\":[{string.Join(',', properties)}]");
        members.AddRange(UnitsAndTypes(properties.Count));
        var id = _model.Add(_model.MultiDatastreams, multi);
        if (_model.Things[thing].Locations.Count > 0 && Chance(0.5))
            members.Add($"\"Observations\":[{Shuffled([.. NewObservation(-id, _model.FeatureFor(-id)!.Value, out _)])}]");
        return Shuffled([.. members]);
    }

    private static string[] UnitsAndTypes(int count) =>
    [
        $"\"unitOfMeasurements\":[{string.Join(',', Enumerable.Repeat("{\"name\":null,\"symbol\":null,\"definition\":null}", count))}]",
        $"\"multiObservationDataTypes\":[{string.Join(',', Enumerable.Repeat($"\"{SensorThings.Measurement}\"", count))}]",
    ];

    private async Task ChangeMultiDatastreamAsync()
    {
        if (Any(_model.MultiDatastreams) is not { } id) return;
        var multi = _model.MultiDatastreams[id];
        if (Chance(0.4) && Any(_model.Things) is { } thing)
        {
            multi.Thing = thing;
            if (Chance(0.5)) await SendAsync("PATCH", $"Things({thing})", $"{{\"MultiDatastreams\":[{Link(id)}]}}", 200);
            else await SendAsync("PATCH", $"MultiDatastreams({id})", $"{{\"Thing\":{Link(thing)}}}", 200);
        }
        else if (Any(_model.Properties) is { } property)
        {
            var count = _random.Next(1, 4);
            var hasOthers = count != multi.Properties.Count && _model.Observations.Values.Any(observation => observation.Datastream == -id);
            var body = Shuffled(
                [.. UnitsAndTypes(count), $"\"ObservedProperties\":[{string.Join(',', Enumerable.Repeat(Link(property), count))}]"]);
            if (!hasOthers) multi.Properties = [.. Enumerable.Repeat(property, count)];
            await SendAsync("PATCH", $"MultiDatastreams({id})", body, hasOthers ? 409 : 200);
        }
    }

    private async Task CreateLocationAsync()
    {
        var json = NewLocation(out var id);
        if (Any(_model.Things) is { } thing && Chance(0.4))
        {
            _model.Move(thing, [id], Now);
            if (Chance(0.5))
            {
                await PostAsync($"Things({thing})/Locations", json, "Locations", id);
                return;
            }

            json = json[..^1] + $",\"Things\":[{Link(thing)}]}}";
        }

        await PostAsync("Locations", json, "Locations", id);
    }

    private async Task CreateHistoryAsync()
    {
        if (Any(_model.Things) is not { } thing || Any(_model.Locations) is not { } location) return;
        var history = new Model.History { Time = Time(), Thing = thing, Locations = [location] };
        var id = _model.Add(_model.Histories, history);
        _model.MoveByHistory(id);
        await PostAsync("HistoricalLocations",
            Shuffled($"\"time\":\"{history.Time}\"", $"\"Thing\":{Link(thing)}", $"\"Locations\":[{Link(location)}]"),
            "HistoricalLocations", id);
    }

    private Task CreateSensorAsync() => PostAsync(
        "Sensors", """{"name":"s","description":"d","encodingType":"e","metadata":"m"}""", "Sensors", _model.Add(_model.Sensors, "s"));

    private Task CreatePropertyAsync() => PostAsync(
        "ObservedProperties", """{"name":"p","description":"d","definition":"x"}""", "ObservedProperties",
        _model.Add(_model.Properties, "p"));

    private Task CreateFeatureAsync()
    {
        var feature = new Model.Feature { Name = Name(), Point = Place() };
        return PostAsync("FeaturesOfInterest", Shuffled(Entity(feature.Name), Geometry("feature", feature.Point)),
            "FeaturesOfInterest", _model.Add(_model.Features, feature));
    }

    private List<string> NewObservation(long datastream, long feature, out long id)
    {
        var observation = new Model.Observation
        {
            Datastream = datastream, Feature = feature, Start = Time(), Result = _random.Next(100),
            ResultTime = Chance(0.5) ? Time() : null,
        };
        if (Chance(0.3)) observation.End = new(observation.Start.UnixMicroseconds + _random.Next(0, 90) * 3_600_000_000L);
        id = _model.Add(_model.Observations, observation);
        return Members(observation);
    }

    private List<string> Members(Model.Observation observation)
    {
        var members = new List<string>
        {
            $"\"phenomenonTime\":\"{observation.Start}{(observation.End is { } end ? "/" + end : "")}\"",
            $"\"result\":{_model.ResultText(observation)}",
        };
        if (observation.ResultTime is { } time) members.Add($"\"resultTime\":\"{time}\"");
        return members;
    }

    private async Task CreateObservationAsync()
    {
        if (AnySeries() is not { } datastream) return;
        long? named = Chance(0.3) ? Any(_model.Features) : null;
        if (named is null && _model.Things[_model.ThingOf(datastream)].Locations.Count == 0)
        {
            var result = _model.ResultText(new() { Datastream = datastream, Result = 1 });
            await SendAsync("POST", $"{SetOf(datastream)}/Observations", $$"""{"result":{{result}}}""", 400);
            return;
        }

        var members = NewObservation(datastream, named ?? _model.FeatureFor(datastream)!.Value, out var id);
        if (named is { } feature) members.Add($"\"FeatureOfInterest\":{Link(feature)}");
        var inPath = Chance(0.5);
        if (!inPath) members.Add(LinkTo(datastream));
        await PostAsync(inPath ? $"{SetOf(datastream)}/Observations" : "Observations", Shuffled([.. members]), "Observations", id);
    }

    private async Task CreateRowsAsync()
    {
        var groups = new List<string>();
        var expected = new JsonArray();
        for (var i = _random.Next(1, 4); i > 0; i--)
        {
            if (AnySeries() is not { } datastream) break;
            var hasPlace = _model.Things[_model.ThingOf(datastream)].Locations.Count > 0;
            var rows = new List<string>();
            for (var j = _random.Next(0, 6); j > 0; j--)
            {
                if (!hasPlace || Chance(0.2))
                {
                    rows.Add(hasPlace ? "[\"no time\",1]" : "[\"2026-01-01T00:00:00Z\",1]");
                    expected.Add("error");
                    continue;
                }

                NewObservation(datastream, _model.FeatureFor(datastream)!.Value, out var id);
                var observation = _model.Observations[id];
                observation.ResultTime = null;
                rows.Add($"[\"{observation.Start}{(observation.End is { } end ? "/" + end : "")}\",{_model.ResultText(observation)}]");
                expected.Add($"{stoa.Address}sensorthings/v1.1/Observations({id})");
            }

            groups.Add(Shuffled(LinkTo(datastream), "\"components\":[\"phenomenonTime\",\"result\"]",
                $"\"dataArray\":[{string.Join(',', rows)}]"));
        }

        var answer = await SendAsync("POST", "CreateObservations", $"[{string.Join(',', groups)}]", 201);
        Assert.Equal(expected.ToJsonString(), JsonNode.Parse(answer.Text)!.ToJsonString());
    }

    // changing ------------------------------------------------------------------------------------------------------------

    private async Task RenameAsync()
    {
        var name = Name();
        if (Chance(0.5) && Any(_model.Things) is { } thing)
        {
            _model.Things[thing].Name = name;
            await SendAsync(Chance(0.5) ? "PUT" : "PATCH", $"Things({thing})", $"{{{Entity(name)}}}", 200);
        }
        else if (Any(_model.Locations) is { } location)
        {
            _model.Locations[location].Name = name;
            await SendAsync("PATCH", $"Locations({location})", $"{{{Entity(name)}}}", 200);
        }
    }

    private async Task MoveThingAsync()
    {
        if (Any(_model.Things) is not { } thing || Any(_model.Locations) is not { } location) return;
        SortedSet<long> places = [location, .. Chance(0.3) ? [Any(_model.Locations)!.Value] : Array.Empty<long>()];
        if (places.Count(place => _model.Locations[place].Point is null) is not 1 && places.Count > 1)
        {
            await SendAsync("PATCH", $"Things({thing})", $"{{\"Locations\":[{string.Join(',', places.Select(Link))}]}}", 400);
            return;
        }

        _model.Move(thing, places, Now);
        if (places.Count == 1 && Chance(0.3))
            await SendAsync("PATCH", $"Locations({location})", $"{{\"Things\":[{Link(thing)}]}}", 200);
        else
            await SendAsync("PATCH", $"Things({thing})", $"{{\"Locations\":[{string.Join(',', places.Select(Link))}]}}", 200);
    }

    private async Task ChangeLocationAsync()
    {
        if (Any(_model.Locations) is not { } id) return;
        var location = _model.Locations[id];
        var point = Place();
        if (_model.Things.Values.Any(thing => thing.Locations.Contains(id) && thing.Locations.Any(other =>
            other != id && point is null == _model.Locations[other].Point is null)))
        {
            await SendAsync("PATCH", $"Locations({id})", $"{{{Geometry("location", point)}}}", 400);
            return;
        }

        location.Point = point;
        _model.Detach(id);
        await SendAsync(Chance(0.5) ? "PUT" : "PATCH", $"Locations({id})",
            Shuffled(Entity(location.Name), Geometry("location", location.Point)), 200);
    }

    private async Task ChangeHistoryAsync()
    {
        if (Any(_model.Histories) is not { } id) return;
        _model.Histories[id].Time = Time();
        _model.MoveByHistory(id);
        await SendAsync(Chance(0.5) ? "PUT" : "PATCH", $"HistoricalLocations({id})", $$"""{"time":"{{_model.Histories[id].Time}}"}""", 200);
    }

    private async Task ChangeDatastreamAsync()
    {
        if (Any(_model.Datastreams) is not { } id) return;
        var datastream = _model.Datastreams[id];
        if (Chance(0.4) && Any(_model.Things) is { } thing)
        {
            datastream.Thing = thing;
            if (Chance(0.5)) await SendAsync("PATCH", $"Things({thing})", $"{{\"Datastreams\":[{Link(id)}]}}", 200);
            else await SendAsync("PATCH", $"Datastreams({id})", $"{{\"Thing\":{Link(thing)}}}", 200);
        }
        else if (Any(_model.Sensors) is { } sensor)
        {
            datastream.Sensor = sensor;
            datastream.Name = Name();
            await SendAsync("PATCH", $"Datastreams({id})", Shuffled($"\"Sensor\":{Link(sensor)}", Entity(datastream.Name)), 200);
        }
    }

    private async Task ChangeObservationAsync()
    {
        if (Any(_model.Observations) is not { } id) return;
        var observation = _model.Observations[id];
        var members = new List<string>();
        if (Chance(0.3) && Any(_model.Features) is { } feature)
        {
            observation.Feature = feature;
            members.Add($"\"FeatureOfInterest\":{Link(feature)}");
        }

        if (Chance(0.3) && AnySeries() is { } datastream)
        {
            observation.Datastream = datastream;
            members.Add(LinkTo(datastream));
        }

        if (Chance(0.5)) observation.Result = _random.Next(100);
        if (Chance(0.5)) (observation.Start, observation.End) = (Time(), null);
        var isWhole = Chance(0.3);
        if (isWhole) observation.ResultTime = Chance(0.5) ? Time() : null;
        members.AddRange(Members(observation));
        await SendAsync(isWhole ? "PUT" : "PATCH", $"Observations({id})", Shuffled([.. members]), 200);
    }

    private async Task ChangeFeatureAsync()
    {
        if (Any(_model.Features) is not { } id) return;
        var feature = _model.Features[id];
        (feature.Name, feature.Point) = (Name(), Place());
        await SendAsync(Chance(0.5) ? "PUT" : "PATCH", $"FeaturesOfInterest({id})",
            Shuffled(Entity(feature.Name), Geometry("feature", feature.Point)), 200);
    }

    // removing ------------------------------------------------------------------------------------------------------------

    private async Task DeleteAsync()
    {
        (string Set, long? Id, Action<long> Delete)[] sets =
        [
            ("Things", Any(_model.Things), _model.DeleteThing),
            ("Locations", Any(_model.Locations), _model.DeleteLocation),
            ("HistoricalLocations", Any(_model.Histories), id => _model.Histories.Remove(id)),
            ("Sensors", Any(_model.Sensors), _model.DeleteSensor),
            ("ObservedProperties", Any(_model.Properties), _model.DeleteProperty),
            ("Datastreams", Any(_model.Datastreams), _model.DeleteDatastream),
            ("MultiDatastreams", Any(_model.MultiDatastreams), _model.DeleteMultiDatastream),
            ("FeaturesOfInterest", Any(_model.Features), _model.DeleteFeature),
        ];
        var (set, id, delete) = sets[_random.Next(sets.Length)];
        if (id is not { } chosen) return;
        delete(chosen);
        await SendAsync("DELETE", $"{set}({chosen})", null, 200);
    }

    private async Task DeleteObservationAsync()
    {
        if (Any(_model.Observations) is not { } id) return;
        _model.Observations.Remove(id);
        await SendAsync("DELETE", $"Observations({id})", null, 200);
    }

    /// <summary>A request that must fail, deep inside, and leave nothing.</summary>
    private async Task FailAsync()
    {
        if (Any(_model.Things) is not { } thing) return;
        const string inside =
            """
            "observationType":"o","unitOfMeasurement":{"name":null,"symbol":null,"definition":null},
            "Sensor":{"name":"s","description":"d","encodingType":"e","metadata":"m"}
            """;
        (string Method, string Path, string Json)[] requests =
        [
            ("POST", "Things", $$$"""{"name":"x","description":"d","Datastreams":[{"name":"x","description":"d",{{{inside}}},"ObservedProperty":{"@iot.id":999999}}]}"""),
            ("POST", $"Things({thing})/Datastreams", $$$"""{"name":"x","description":"d",{{{inside}}},"ObservedProperty":{"name":"p"}}"""),
            ("POST", $"Things({thing})/Locations", """{"name":"x","description":"d","encodingType":"application/geo+json","location":{"type":"Point"}}"""),
            ("PATCH", $"Things({thing})", """{"name":"x","Locations":[{"@iot.id":999999}]}"""),
            ("POST", "Locations", $$"""{"name":"x","description":"d","encodingType":"e","location":"x","Things":[{"@iot.id":{{thing}}},{"@iot.id":999999}]}"""),
        ];
        var (method, path, json) = requests[_random.Next(requests.Length)];
        await SendAsync(method, path, json, 400);
    }

    // comparing -----------------------------------------------------------------------------------------------------------

    public async Task CompareAsync()
    {
        await stoa.ShouldBeConsistentAsync();
        foreach (var (query, count, rows) in _model.Expected())
        {
            var expected = rows.ToList();
            var read = new List<JsonObject>();
            var next = SensorThings.At(query + "&$count=true");
            for (var isFirst = true; next is not null; isFirst = false)
            {
                var page = JsonNode.Parse((await stoa.GetAsync(next, stoa.AdminToken)).ShouldBe(200).Text)!;
                Assert.Equal(isFirst ? count : null, page["@iot.count"]?.GetValue<int>());
                foreach (var row in page["value"]!.AsArray()) read.Add(WithoutLinks(row!.AsObject()));
                next = page["@iot.nextLink"]?.GetValue<string>();
            }

            for (var i = 0; i < Math.Min(expected.Count, read.Count); i++)
                Assert.True(JsonNode.DeepEquals(expected[i], read[i]), $"{query}\nExpected {expected[i]}\nGot {read[i]}");
            Assert.Equal(expected.Count, read.Count);
        }
    }

    private static JsonObject WithoutLinks(JsonObject entity)
    {
        var copy = new JsonObject();
        foreach (var (name, value) in entity)
        {
            if (name.EndsWith("Link", StringComparison.Ordinal)) continue;
            copy[name] = value switch
            {
                JsonObject inner when inner.ContainsKey("@iot.id") => WithoutLinks(inner),
                JsonArray array when array is [JsonObject, ..] => new JsonArray([.. array.Select(item => (JsonNode)WithoutLinks(item!.AsObject()))]),
                _ => value?.DeepClone(),
            };
        }

        return copy;
    }
}

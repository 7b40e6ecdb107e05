using Stoa.Vocabulary;
using Xunit;

namespace Stoa.Tests.Sensing;

/// <summary>What the topics of OGC 18-088, 14.2, tell: the bytes that GET of the same address gives.</summary>
public class Following_topics
{
    private static async Task<Exchange> StartAsync()
    {
        var stoa = await Exchange.StartAsync();
        await stoa.CreateAsync("Things", SensorThings.Station);
        return stoa;
    }

    private static async Task<string> GetAsync(Exchange stoa, string path) => (await stoa.ReadAsync(path)).ShouldBe(200).Text;

    public static TheoryData<string> Observations =>
    [
        """{"result":1}""", """{"result":null}""", """{"result":true}""", """{"result":"tëxt \" \u0001"}""",
        """{"result":1.50,"resultTime":"2026-01-01T00:00:00.25-05:00"}""", """{"result":5.0}""",
        """{"result":12345678901234567890.5,"resultTime":null}""", """{"result":{"a": [1, "ä"]}}""",
        """{"result":1,"phenomenonTime":"2026-01-01T00:00:00+02:00"}""",
        """{"result":1,"phenomenonTime":"2026-01-01T00:00:00Z/2026-01-01T00:00:00Z"}""",
        """{"result":1,"phenomenonTime":"2026-01-01T00:00:00+01:00/2026-01-02T00:00:00.123456+02:00"}""",
        """{"result":1,"validTime":"2026-01-01T00:00:00Z/2026-01-02T00:00:00Z","parameters":{"a" : "b/c"},"resultQuality":["x", 1]}""",
    ];

    [Theory]
    [MemberData(nameof(Observations))]
    [Requirement(Requirements.MqttUpdates)]
    public async Task Tell_a_new_observation_as_it_is_read(string body)
    {
        await using var stoa = await StartAsync();
        using var follower = await TopicFollower.FollowAsync(
            stoa, "v1.1/Observations", "v1.1/Datastreams(1)/Observations", "v1.1/Observations?$select=result,validTime,id",
            "v1.1/Observations?$select=resultTime,phenomenonTime,parameters,Datastream", "datasets/inbox/v1.1/Observations");

        await stoa.CreateAsync("Datastreams(1)/Observations", body);

        List<string> expected =
        [
            "v1.1/Observations " + await GetAsync(stoa, "Observations(1)"),
            "v1.1/Datastreams(1)/Observations " + await GetAsync(stoa, "Observations(1)"),
            "v1.1/Observations?$select=result,validTime,id " + await GetAsync(stoa, "Observations(1)?$select=result,validTime,id"),
            "v1.1/Observations?$select=resultTime,phenomenonTime,parameters,Datastream " +
                await GetAsync(stoa, "Observations(1)?$select=resultTime,phenomenonTime,parameters,Datastream"),
            "datasets/inbox/v1.1/Observations " +
                (await stoa.GetAsync("/datasets/inbox/sensorthings/v1.1/Observations(1)", stoa.AdminToken)).Text,
        ];
        expected.Sort(StringComparer.Ordinal);
        Assert.Equal(expected, await follower.NextAsync(5));
        follower.ShouldBeSilent();
    }

    [Fact]
    [Requirement(Requirements.MqttUpdates)]
    public async Task Tell_every_entity_of_a_deep_insert_and_what_the_server_makes()
    {
        await using var stoa = await Exchange.StartAsync();
        var sets = new[]
        {
            "Things", "Locations", "HistoricalLocations", "Datastreams", "Sensors", "ObservedProperties", "FeaturesOfInterest",
        };
        using var follower = await TopicFollower.FollowAsync(stoa, [.. sets.Select(set => "v1.1/" + set)]);

        await stoa.CreateAsync("Things", SensorThings.Station);
        var told = await follower.NextAsync(6);
        await stoa.CreateAsync("Datastreams(1)/Observations", """{"result":1}""");
        told.AddRange(await follower.NextAsync(2));

        var expected = new List<string>();
        foreach (var set in sets) expected.Add($"v1.1/{set} " + await GetAsync(stoa, set + "(1)"));
        // The Datastream twice: when it was made, without derived values, and when its first observation gave it some.
        Assert.Equal(expected.Order(StringComparer.Ordinal), told.Where(expected.Contains).Order(StringComparer.Ordinal));
        var other = Assert.Single(told, message => !expected.Contains(message));
        Assert.StartsWith("v1.1/Datastreams {\"@iot.id\":1,", other, StringComparison.Ordinal);
        Assert.DoesNotContain("observedArea", other, StringComparison.Ordinal);
    }

    [Fact]
    [Requirement(Requirements.MqttUpdates)]
    public async Task Tell_updates_of_every_set()
    {
        await using var stoa = await StartAsync();
        await stoa.CreateAsync("Datastreams(1)/Observations", """{"result":1}""");
        var changes = new[]
        {
            ("Things", """{"name":"n"}"""), ("Locations", """{"name":"n"}"""),
            ("HistoricalLocations", """{"time":"2030-01-01T00:00:00Z"}"""), ("Datastreams", """{"name":"n"}"""),
            ("Sensors", """{"name":"n"}"""), ("ObservedProperties", """{"name":"n"}"""),
            ("FeaturesOfInterest", """{"name":"n"}"""), ("Observations", """{"result":2}"""),
        };
        foreach (var (set, change) in changes)
        {
            using var follower = await TopicFollower.FollowAsync(stoa, "v1.1/" + set, $"v1.1/{set}(1)");

            (await stoa.PatchJsonAsync(SensorThings.At(set + "(1)"), change)).ShouldBe(200);

            var text = await GetAsync(stoa, set + "(1)");
            Assert.Equal([$"v1.1/{set} {text}", $"v1.1/{set}(1) {text}"], await follower.NextAsync(2));
            follower.ShouldBeSilent();
        }
    }

    [Fact]
    [Requirement(Requirements.MqttUpdates)]
    public async Task Tell_an_entity_when_what_is_derived_for_it_changes_and_only_then()
    {
        await using var stoa = await StartAsync();
        using var follower = await TopicFollower.FollowAsync(stoa, "v1.1/Datastreams(1)", "v1.1/Datastreams(1)/phenomenonTime");

        await stoa.CreateAsync("Datastreams(1)/Observations", """{"result":1,"phenomenonTime":"2026-01-01T10:00:00Z"}""");
        Assert.Equal(
            [
                "v1.1/Datastreams(1) " + await GetAsync(stoa, "Datastreams(1)"),
                """v1.1/Datastreams(1)/phenomenonTime {"phenomenonTime":"2026-01-01T10:00:00Z/2026-01-01T10:00:00Z"}""",
            ],
            await follower.NextAsync(2));

        // Within the span that is known already: nothing of the Datastream changes.
        await stoa.CreateAsync("Datastreams(1)/Observations", """{"result":1,"phenomenonTime":"2026-01-01T10:00:00Z"}""");
        (await stoa.DeleteAsync(SensorThings.At("Observations(1)"))).ShouldBe(200);
        await stoa.CreateAsync("Datastreams(1)/Observations", """{"result":1,"phenomenonTime":"2026-01-01T11:00:00Z"}""");
        Assert.Equal(
            [
                "v1.1/Datastreams(1) " + await GetAsync(stoa, "Datastreams(1)"),
                """v1.1/Datastreams(1)/phenomenonTime {"phenomenonTime":"2026-01-01T10:00:00Z/2026-01-01T11:00:00Z"}""",
            ],
            await follower.NextAsync(2));
        follower.ShouldBeSilent();
    }

    [Fact]
    [Requirement(Requirements.MqttUpdates)]
    public async Task Tell_a_property_when_its_value_changes_and_only_then()
    {
        await using var stoa = await StartAsync();
        using var follower = await TopicFollower.FollowAsync(
            stoa, "v1.1/Things(1)/name", "v1.1/Things(1)/properties/owner/name", "v1.1/Things(1)/properties",
            "v1.1/Datastreams(1)/Thing/name", "v1.1/Datastreams(1)/observedArea");

        (await stoa.PatchJsonAsync(SensorThings.At("Things(1)"), """{"description":"other"}""")).ShouldBe(200);
        (await stoa.PatchJsonAsync(SensorThings.At("Things(1)"), """{"name":"Station"}""")).ShouldBe(200);
        (await stoa.PatchJsonAsync(SensorThings.At("Things(1)"), """{"name":"Tower"}""")).ShouldBe(200);
        Assert.Equal(
            ["""v1.1/Datastreams(1)/Thing/name {"name":"Tower"}""", """v1.1/Things(1)/name {"name":"Tower"}"""],
            await follower.NextAsync(2));

        (await stoa.PatchJsonAsync(SensorThings.At("Things(1)"), """{"properties":{"owner":{"name":"Town"}}}""")).ShouldBe(200);
        Assert.Equal(
            [
                """v1.1/Things(1)/properties {"properties":{"owner":{"name":"Town"}}}""",
                """v1.1/Things(1)/properties/owner/name {"name":"Town"}""",
            ],
            await follower.NextAsync(2));

        await stoa.CreateAsync("Datastreams(1)/Observations", """{"result":1}""");
        Assert.Equal(
            """v1.1/Datastreams(1)/observedArea {"observedArea":{"type":"Point","coordinates":[7.5,51.9]}}""", await follower.NextAsync());
        follower.ShouldBeSilent();
    }

    [Fact]
    [Requirement(Requirements.MqttUpdates)]
    public async Task Tell_the_relations_of_one_entity()
    {
        await using var stoa = await StartAsync();
        await stoa.CreateAsync("Things", """{"name":"Bare","description":"d"}""");
        await stoa.CreateAsync("Datastreams(1)/Observations", """{"result":1}""");
        using var follower = await TopicFollower.FollowAsync(
            stoa, "v1.1/Things(1)/Datastreams", "v1.1/Things(2)/Datastreams", "v1.1/Things(2)/Locations",
            "v1.1/Things(2)/HistoricalLocations", "v1.1/FeaturesOfInterest(1)/Observations",
            "v1.1/Things(1)/Datastreams(1)/Observations", "v1.1/Datastreams(1)/Thing/Locations");

        await stoa.CreateAsync("Things(1)/Datastreams", SensorThings.Datastream("second"));
        Assert.Equal("v1.1/Things(1)/Datastreams " + await GetAsync(stoa, "Datastreams(2)"), await follower.NextAsync());

        (await stoa.PatchJsonAsync(SensorThings.At("Datastreams(2)"), """{"Thing":{"@iot.id":2}}""")).ShouldBe(200);
        Assert.Equal("v1.1/Things(2)/Datastreams " + await GetAsync(stoa, "Datastreams(2)"), await follower.NextAsync());

        (await stoa.PatchJsonAsync(SensorThings.At("Things(2)"), """{"Locations":[{"@iot.id":1}]}""")).ShouldBe(200);
        Assert.Equal(
            [
                "v1.1/Datastreams(1)/Thing/Locations " + await GetAsync(stoa, "Locations(1)"),
                "v1.1/Things(2)/HistoricalLocations " + await GetAsync(stoa, "HistoricalLocations(2)"),
                "v1.1/Things(2)/Locations " + await GetAsync(stoa, "Locations(1)"),
            ],
            await follower.NextAsync(3));

        await stoa.CreateAsync("Datastreams(1)/Observations", """{"result":2}""");
        var text = await GetAsync(stoa, "Observations(2)");
        Assert.Equal(
            [
                "v1.1/FeaturesOfInterest(1)/Observations " + text,
                // Its phenomenonTime has grown.
                "v1.1/Things(1)/Datastreams " + await GetAsync(stoa, "Datastreams(1)"),
                "v1.1/Things(1)/Datastreams(1)/Observations " + text,
            ],
            await follower.NextAsync(3));
        follower.ShouldBeSilent();
    }

    [Fact]
    [Requirement(Requirements.MqttUpdates)]
    public async Task Tell_a_MultiDatastream_and_its_observations()
    {
        await using var stoa = await StartAsync();
        using var follower = await TopicFollower.FollowAsync(stoa, "v1.1/MultiDatastreams", "v1.1/Things(1)/MultiDatastreams");
        await stoa.CreateAsync("MultiDatastreams", MultiDatastream);
        var made = await GetAsync(stoa, "MultiDatastreams(1)");
        Assert.Equal(["v1.1/MultiDatastreams " + made, "v1.1/Things(1)/MultiDatastreams " + made], await follower.NextAsync(2));
        using var observed = await TopicFollower.FollowAsync(
            stoa, "v1.1/MultiDatastreams(1)/Observations", "v1.1/Observations?$filter=result/0 gt 0", "v1.1/Observations",
            "v1.1/Datastreams(1)/Observations", "v1.1/MultiDatastreams(1)/resultTime", "v1.1/MultiDatastreams(1)/Observations?$select=result");

        await stoa.CreateAsync("MultiDatastreams(1)/Observations", """{"result":[1,2],"resultTime":"2026-01-01T00:00:00Z"}""");

        var text = await GetAsync(stoa, "Observations(1)");
        Assert.Contains("MultiDatastream@iot.navigationLink", text, StringComparison.Ordinal);
        Assert.Equal(
            [
                "v1.1/MultiDatastreams(1)/Observations " + text,
                """v1.1/MultiDatastreams(1)/Observations?$select=result {"result":[1,2]}""",
                """v1.1/MultiDatastreams(1)/resultTime {"resultTime":"2026-01-01T00:00:00Z/2026-01-01T00:00:00Z"}""",
                "v1.1/Observations " + text,
                "v1.1/Observations?$filter=result/0 gt 0 " + text,
            ],
            await observed.NextAsync(5));
        observed.ShouldBeSilent();
    }

    internal const string MultiDatastream =
        """
        {"name":"m","description":"d","multiObservationDataTypes":[
           "http://www.opengis.net/def/observationType/OGC-OM/2.0/OM_Measurement",
           "http://www.opengis.net/def/observationType/OGC-OM/2.0/OM_Measurement"],
         "unitOfMeasurements":[{"name":null,"symbol":null,"definition":null},{"name":null,"symbol":null,"definition":null}],
         "Thing":{"@iot.id":1},"Sensor":{"@iot.id":1},
         "ObservedProperties":[{"@iot.id":1},{"name":"p","definition":"urn:p","description":"d"}]}
        """;

    [Fact]
    [Requirement(Requirements.MqttUpdates)]
    public async Task Select_filter_and_expand()
    {
        await using var stoa = await StartAsync();
        const string filtered = "v1.1/Observations?$filter=result gt 3 and Datastream/Thing/name eq 'Station'&$select=result";
        const string expanded = "v1.1/Datastreams(1)/Observations?$expand=Datastream($select=name),FeatureOfInterest($select=name)";
        const string selected = "sensorthings/v1.1/Things?$select=name,Datastreams";
        const string named = "v1.1/Things?$filter=startswith(name,'T')&$select=id";
        using var follower = await TopicFollower.FollowAsync(stoa, filtered, expanded, selected, named);

        await stoa.CreateAsync("Datastreams(1)/Observations", """{"result":3}""");
        Assert.Equal(
            $"{expanded} " + await GetAsync(stoa, "Observations(1)?$expand=Datastream($select=name),FeatureOfInterest($select=name)"),
            await follower.NextAsync());

        await stoa.CreateAsync("Datastreams(1)/Observations", """{"result":4}""");
        Assert.Equal(
            [
                $"{expanded} " + await GetAsync(stoa, "Observations(2)?$expand=Datastream($select=name),FeatureOfInterest($select=name)"),
                filtered + """ {"result":4}""",
            ],
            await follower.NextAsync(2));

        await stoa.CreateAsync("Things", """{"name":"Bridge","description":"d"}""");
        Assert.Equal(
            $"{selected} {{\"Datastreams@iot.navigationLink\":\"{stoa.Address}sensorthings/v1.1/Things(2)/Datastreams\",\"name\":\"Bridge\"}}",
            await follower.NextAsync());
        await stoa.CreateAsync("Things", """{"name":"Tower","description":"d"}""");
        var told = await follower.NextAsync(2);
        Assert.Equal($"{named} {await GetAsync(stoa, "Things(3)?$select=id")}", told[1]);
        follower.ShouldBeSilent();
    }

    [Fact]
    [Requirement(Requirements.MqttUpdates)]
    public async Task Tell_nothing_of_removals_and_of_what_was_refused()
    {
        await using var stoa = await StartAsync();
        await stoa.CreateAsync("Datastreams(1)/Observations", """{"result":1}""");
        using var follower = await TopicFollower.FollowAsync(
            stoa, "v1.1/Observations", "v1.1/Things", "v1.1/Observations(1)", "v1.1/Observations?$filter=result gt 0");

        (await stoa.DeleteAsync(SensorThings.At("Observations(1)"))).ShouldBe(200);
        (await stoa.PostJsonAsync(SensorThings.At("Things"), """{"name":"f"}""")).ShouldBe(400);
        await stoa.CreateAsync("Things", """{"name":"Last","description":"d"}""");

        Assert.Equal("v1.1/Things " + await GetAsync(stoa, "Things(2)"), await follower.NextAsync());
        follower.ShouldBeSilent();
    }

    [Theory]
    [InlineData("v1.1/#", 400)]
    [InlineData("v1.1/+", 400)]
    [InlineData("v1.1/Things(1)/+", 400)]
    [InlineData("v1.1", 404)]
    [InlineData("v1.1/", 404)]
    [InlineData("v1.1/Nonsense", 404)]
    [InlineData("v1.1/Things(99)", 404)]
    [InlineData("v1.1/Things(99)/Datastreams", 404)]
    [InlineData("v1.1/Things(99)/name", 404)]
    [InlineData("v1.1/Things(1)/nonsense", 404)]
    [InlineData("datasets/nonsense/v1.1/Things", 404)]
    [InlineData("v1.1/Things/$ref", 400)]
    [InlineData("v1.1/Things(1)/name/$value", 400)]
    [InlineData("v1.1/Things?$top=1", 400)]
    [InlineData("v1.1/Things?$orderby=name", 400)]
    [InlineData("v1.1/Things?$count=true", 400)]
    [InlineData("v1.1/Things?$skiptoken=AgAAAAAAAAAB", 400)]
    [InlineData("v1.1/Things?$resultFormat=CSV", 400)]
    [InlineData("v1.1/Things?$resultMetadata=none", 400)]
    [InlineData("v1.1/Things?$filter=nonsense", 400)]
    [InlineData("v1.1/Things?$nonsense=1", 501)]
    [InlineData("v1.1/Things(1)?$filter=id eq 1", 400)]
    [InlineData("v1.1/Things(1)/name?$select=name", 400)]
    public async Task Are_refused_with_the_reason(string topic, int status)
    {
        await using var stoa = await StartAsync();
        using var follower = await TopicFollower.FollowAsync(stoa);

        var problem = await follower.SubscribeAsync(topic);

        Assert.NotNull(problem);
        Assert.True(problem.Status == status, $"{problem.Status} {problem.Detail}");
        Assert.False(string.IsNullOrWhiteSpace(problem.Detail));
    }

    [Theory]
    [InlineData("v1.1/Things")]
    [InlineData("v1.1")]
    [InlineData("sensorthings/v1.1/Things")]
    [InlineData("datasets/x/v1.1/Things")]
    [InlineData("datasets/x/sensorthings/v1.1/#")]
    public async Task Are_told_by_how_they_begin(string topic)
    {
        await using var stoa = await Exchange.StartAsync();

        Assert.Contains("SensorThings", TopicFollower.SpaceOf(stoa, topic).GetType().Name, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Are_followed_by_many_and_left_by_some()
    {
        await using var stoa = await StartAsync();
        using var one = await TopicFollower.FollowAsync(stoa, "v1.1/Observations", "v1.1/Things(1)");
        using var other = await TopicFollower.FollowAsync(stoa, "v1.1/Observations", "v1.1/Things(1)");

        await stoa.CreateAsync("Datastreams(1)/Observations", """{"result":1}""");
        Assert.Equal(await one.NextAsync(), await other.NextAsync());
        one.Dispose();
        (await stoa.PatchJsonAsync(SensorThings.At("Things(1)"), """{"name":"n"}""")).ShouldBe(200);
        await other.NextAsync();
        one.ShouldBeSilent();
        other.Dispose();
        await stoa.CreateAsync("Datastreams(1)/Observations", """{"result":1}""");
        using var late = await TopicFollower.FollowAsync(stoa, "v1.1/Observations");
        await stoa.CreateAsync("Datastreams(1)/Observations", """{"result":3}""");

        Assert.Contains("\"result\":3", await late.NextAsync(), StringComparison.Ordinal);
        other.ShouldBeSilent();
    }
}

using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Stoa.Tests.Architecture;
using Xunit;

namespace Stoa.Tests.Sensing;

/// <summary>The entity bodies of the public executable test suite: what is valid is accepted, what is not is refused.</summary>
/// <remarks>
/// The bodies are older than the standard: entities lack their name and links are written {"id": 1}. Each is posted as it stands
/// and again brought to 1.1, with the placeholders of the templates filled by entities that exist.
/// </remarks>
public partial class Test_suite_bodies
{
    /// <summary>Bodies that stay wrong when names and links are brought to 1.1, and why.</summary>
    private static readonly Dictionary<string, string> Invalid = new()
    {
        ["datastreams/1.json"] = "missing-property", // no Sensor, no ObservedProperty
        ["datastreams/2.json"] = "missing-property",
        ["datastreams/4.json"] = "missing-property",
        ["datastreams/linkedObservedProperty.json"] = "missing-property",
        ["datastreams/linkedSensor.json"] = "missing-property",
        ["datastreams/linkedThing.json"] = "missing-property",
        ["foi/missingEncodingType.json"] = "missing-property",
        ["locations/2.json"] = "unknown-property", // Thing instead of Things
        ["observations/dataArray.json"] = "unknown-property", // dataArrayCount instead of dataArray@iot.count
        ["thing/1.json~"] = "invalid-json",
        ["thing/2.json"] = "missing-property", // Datastreams without Sensor and ObservedProperty
        ["thing/3.json"] = "same-encoding", // two Locations of one encodingType, and Datastreams without Sensor
        ["unitsOfMeasurement/noDefinition.json"] = "invalid-property",
        ["unitsOfMeasurement/noName.json"] = "invalid-property",
        ["unitsOfMeasurement/noSymbol.json"] = "invalid-property",
    };

    /// <summary>What has no name in 1.1 either needs nothing to be valid.</summary>
    private static readonly HashSet<string> ValidAsTheyStand =
    [
        "observations/1.json", "observations/2.json", "observations/3.json", "observations/4.json", "observations/5.json",
        "observations/observationWithoutPTime.json", "observedproperties/2.json", "observedproperties/3.json",
        "observedproperties/4.json", "observedproperties/observedproperty.json", "unitsOfMeasurement/1.json",
    ];

    private static string Folder()
    {
        var path = Path.Combine(Path.GetDirectoryName(RepositoryFiles.Root)!, "shared", "data", "sensorthings-ets");
        if (!Directory.Exists(path))
        {
            if (Environment.GetEnvironmentVariable("CI") == "true") Assert.Fail("../shared/data/sensorthings-ets is missing.");
            Assert.Skip("../shared/data/sensorthings-ets is not there.");
        }

        return path;
    }

    [Fact]
    [Requirement(Requirements.CreateEntity)]
    [Requirement(Requirements.DeepInsert)]
    public async Task Are_accepted_or_refused_as_the_standard_says()
    {
        var folder = Folder();
        await using var stoa = await Exchange.StartAsync();
        await stoa.CreateAsync("Things", SensorThings.Station);
        await stoa.GivenObservationsAsync(("2026-01-01T00:00:00Z", "1"));
        var wrong = new List<string>();
        var files = Directory.GetFiles(folder, "*", SearchOption.AllDirectories).Order(StringComparer.Ordinal).ToList();
        Assert.Equal(76, files.Count);

        foreach (var file in files)
        {
            var name = Path.GetRelativePath(folder, file).Replace('\\', '/');
            var text = Placeholder().Replace(await File.ReadAllTextAsync(file, TestContext.Current.CancellationToken), "1");
            var asItStands = await PostAsync(stoa, name, text);
            if (asItStands.Status == 201 != ValidAsTheyStand.Contains(name)) wrong.Add($"{name} as it stands: {asItStands}");
            var answer = await PostAsync(stoa, name, BroughtTo11(text));
            var expected = Invalid.GetValueOrDefault(name, "accepted");
            var actual = answer.Status == 201 ? "accepted" : answer.Json.GetProperty("type").GetString()!["/problems/".Length..];
            if (actual != expected) wrong.Add($"{name}: {answer}");
        }

        Assert.True(wrong.Count == 0, string.Join('\n', wrong));
        await stoa.ShouldBeConsistentAsync();
    }

    [GeneratedRegex(@"\$[A-Z_-]+")]
    private static partial Regex Placeholder();

    /// <summary>To its set, and below Thing 1 or Datastream 1 where the body names no parent.</summary>
    private static async Task<Answer> PostAsync(Exchange stoa, string name, string json)
    {
        var kind = name[..name.IndexOf('/', StringComparison.Ordinal)];
        var path = kind switch
        {
            "datastreams" => json.Contains("\"Thing\"", StringComparison.Ordinal) ? "Datastreams" : "Things(1)/Datastreams",
            "foi" => "FeaturesOfInterest",
            "locations" => "Locations",
            "observations" when name.EndsWith("dataArray.json", StringComparison.Ordinal) => "CreateObservations",
            "observations" => json.Contains("\"Datastream\"", StringComparison.Ordinal) ? "Observations" : "Datastreams(1)/Observations",
            "observedproperties" => "ObservedProperties",
            "sensors" => "Sensors",
            "thing" => "Things",
            "unitsOfMeasurement" => "Things(1)/Datastreams",
            _ => throw new InvalidOperationException($"A folder that is not known: {kind}"),
        };
        if (kind == "unitsOfMeasurement")
            json = $$$"""
                {"name":"n","description":"d","observationType":"o","unitOfMeasurement":{{{json}}},
                 "Sensor":{"@iot.id":1},"ObservedProperty":{"@iot.id":1}}
                """;
        var before = await stoa.SnapshotAsync();
        var answer = await stoa.PostJsonAsync(SensorThings.At(path), json);
        Assert.True(answer.Status == 201 || (answer.Status is >= 400 and < 500 && answer.MediaType == "application/problem+json"), $"{name}: {answer}");
        if (answer.Status != 201) Assert.Equal(before, await stoa.SnapshotAsync());
        return answer;
    }

    private static string BroughtTo11(string json)
    {
        try
        {
            var node = JsonNode.Parse(json)!;
            BringTo11(node);
            return node.ToJsonString();
        }
        catch (JsonException)
        {
            return json;
        }
    }

    private static void BringTo11(JsonNode? node)
    {
        if (node is JsonArray array)
            foreach (var item in array) BringTo11(item);
        if (node is not JsonObject entity) return;
        foreach (var (_, value) in entity.ToList()) BringTo11(value);
        if (entity.Count == 1 && entity["id"] is { } id)
        {
            entity["@iot.id"] = id.DeepClone();
            entity.Remove("id");
        }
        else if (entity["description"] is { } description && !entity.ContainsKey("name"))
        {
            entity["name"] = description.DeepClone();
        }
    }
}

using System.Text.Json;
using static Stoa.Conformance.Check;

namespace Stoa.Conformance.Chapters;

/// <summary>OGC 18-088, 9.2: the addresses of sets, entities, properties and relations; the landing page.</summary>
internal static class ResourcePaths
{
    private const string About = Requirements.ResourcePath;

    private static readonly string[] Sets = [.. EntityShape.All.Select(shape => shape.Set)];

    public static IReadOnlyList<Check> Checks { get; } =
    [
        Rule("P1.landing-page", About, "9.2.1", "The landing page lists name and url of every set.", LandingPageAsync),
        Rule("L1.claims", About, "9.2.1", "The landing page lists the URIs of the requirements that are fulfilled.",
            ClaimsAsync),
        Rule("L2.settings", About, "9.2.1",
            "Settings of extensions stand in a member named by the URI that the list claims.", SettingsAsync),
        Advice("L3.readable", About, "9.2.1", "The landing page answers, whatever the caller may see.", trial =>
            trial.ReadAsync("")),
        Rule("P2.set", About, "9.2.2", "A set is an object with the array value.", SetAsync),
        Rule("P2.empty-set", About, "9.2.2", "A set without members has an empty array value.", EmptySetAsync),
        Rule("P3.entity", About, "9.2.3", "An entity is addressed by its id in parentheses.", EntityAsync),
        Rule("P3.unknown-id", Requirements.StatusCode, "9.2.3", "An id that does not exist is 404, or 410.",
            UnknownIdAsync),
        Rule("P4.property", About, "9.2.4", "A property answers as an object with that one member.", PropertyAsync),
        Rule("P4.null-property", About, "9.2.4", "A single property that is null is 204.", NullPropertyAsync),
        Rule("P4.unknown-property", About, "9.2.4", "A property that does not exist is 404, or 400.",
            UnknownPropertyAsync),
        Rule("P4.sub-property", About, "9.2.4", "A member of a JSON property is addressed by further segments.",
            SubPropertyAsync),
        Rule("P5.value", About, "9.2.5", "$value is the raw value: text as it is.", ValueAsync),
        Rule("P5.time-value", About, "9.2.5", "$value of a time is an ISO 8601 text.", TimeValueAsync),
        Rule("P6.related-set", About, "9.2.6", "A relation to many is a set of exactly the related entities.",
            RelatedSetAsync),
        Rule("P6.related-entity", About, "9.2.6", "A relation to one is the related entity.", RelatedEntityAsync),
        Rule("P7.references", About, "9.2.7", "$ref of a set has the self links of its members and nothing else.",
            ReferencesAsync),
        Rule("P8.nested", About, "9.2.8", "Paths go on over several relations to a property.", NestedAsync),
        Rule("P8.parent", About, "9.2.8", "An id in a path must belong to its parent.", ParentAsync),
        Rule("P9.unknown-set", Requirements.StatusCode, "9.2", "A set that does not exist is 404, or 400.",
            UnknownSetAsync),
        Rule("P9.unknown-version", Requirements.StatusCode, "9.1", "A version that does not exist is 404.",
            UnknownVersionAsync),
        Rule("P10.quoted-id", About, "9.2.3",
            "An id in quotes is an entity or is refused: never an error of the server.", QuotedIdAsync),
    ];

    private static async Task LandingPageAsync(Trial trial)
    {
        var landing = await trial.ReadAsync("");
        var listed = landing.Items("value").ToDictionary(set => set.Text("name"), set => set.Text("url"));
        foreach (var set in Sets)
        {
            Trial.Must(listed.ContainsKey(set), $"The landing page must list {set}.");
            _ = (await trial.ReadAsync(listed[set])).Items("value");
            await trial.ReadAsync("");
        }
    }

    private static async Task ClaimsAsync(Trial trial)
    {
        var list = (await trial.ReadAsync("")).Member("serverSettings").Items("conformance");
        Trial.Must(list.Count > 0, "serverSettings.conformance must list the requirements that are fulfilled.");
        foreach (var uri in list)
            Trial.Must(uri.ValueKind == JsonValueKind.String && Uri.TryCreate(uri.GetString(), UriKind.Absolute, out _),
                $"{uri} in serverSettings.conformance must be an absolute URI.");
        var known = Requirements.Classes.SelectMany(one =>
            one.Members.Append("iot_sensing/1.1/req/" + one.Name)).Append("iot_sensing/1.1/req/datamodel").ToHashSet();
        var unknown = trial.Run.Claims.Where(claim => claim.StartsWith("iot_sensing/1.1/", StringComparison.Ordinal) &&
            !known.Contains(claim)).ToList();
        Trial.Must(unknown.Count == 0, $"The standard has no requirement {string.Join(", ", unknown)}.");
    }

    private static async Task SettingsAsync(Trial trial)
    {
        var settings = (await trial.ReadAsync("")).Member("serverSettings");
        var claims = settings.Items("conformance").Select(uri => uri.GetString()).ToHashSet();
        foreach (var member in settings.EnumerateObject().Where(member =>
            member.Name.Contains(':', StringComparison.Ordinal)))
            Trial.Must(claims.Any(claim => claim == member.Name ||
                member.Name.StartsWith(claim + "/", StringComparison.Ordinal)),
                $"The settings named {member.Name} belong to nothing that the list claims.");
    }

    private static async Task SetAsync(Trial trial)
    {
        await trial.SampleAsync();
        foreach (var set in Sets)
            Trial.Must((await trial.ReadAsync($"{set}?$top=2")).Items("value").Count is 1 or 2,
                $"{set} must have members.");
    }

    private static async Task EmptySetAsync(Trial trial)
    {
        var thing = await trial.CreateAsync("Things", Bodies.Thing(trial.Name("Thing")));
        foreach (var relation in new[] { "Datastreams", "Locations", "HistoricalLocations" })
        {
            var set = await trial.ReadAsync($"{thing.Path}/{relation}");
            Trial.MustBe(0, set.Items("value").Count, $"The number of {relation}");
            Trial.Must(set.Known("@iot.nextLink") is null, "An empty set must have no @iot.nextLink.");
        }
    }

    private static async Task EntityAsync(Trial trial)
    {
        var sample = await trial.SampleAsync();
        foreach (var shape in EntityShape.All)
        {
            var one = await shape.OneAsync(trial, sample);
            Trial.MustBe(one, await trial.ReadAsync(one), "The entity");
        }
    }

    private static async Task UnknownIdAsync(Trial trial)
    {
        // An id that the server itself gave, and that is gone: no form of id can be wrong with it.
        var thing = await trial.CreateAsync("Things", Bodies.Thing(trial.Name("Gone")));
        (await trial.DeleteAsync(thing.Path)).Must(200, 204);
        (await trial.GetAsync(thing.Path)).Must(404, 410);
        (await trial.GetAsync(thing.Path + "/Datastreams")).Must(404, 410);
        (await trial.GetAsync(thing.Path + "/name")).Must(404, 410);
    }

    private static async Task PropertyAsync(Trial trial)
    {
        var sample = await trial.SampleAsync();
        foreach (var shape in EntityShape.All)
        {
            var one = await shape.OneAsync(trial, sample);
            var entity = await trial.ReadAsync(one);
            foreach (var property in shape.Mandatory)
            {
                var answer = await trial.ReadAsync($"{one.Path}/{property}");
                Trial.MustList([property], answer.EnumerateObject().Select(member => member.Name),
                    "The members of the answer");
                Trial.Must(Members.Same(entity.Member(property), answer.Member(property)),
                    $"{property} must be the same as in the entity.");
            }
        }
    }

    private static async Task NullPropertyAsync(Trial trial)
    {
        var station = await trial.StationAsync();
        var observation = await trial.ObserveAsync(station.Datastream, "1");
        (await trial.GetAsync(observation.Path + "/validTime")).Must(204);
    }

    private static async Task UnknownPropertyAsync(Trial trial)
    {
        var sample = await trial.SampleAsync();
        (await trial.GetAsync(sample.Station.Path + "/colour")).Must(404, 400);
        (await trial.GetAsync(sample.Numbers.Path + "/metadata")).Must(404, 400);
    }

    private static async Task SubPropertyAsync(Trial trial)
    {
        var sample = await trial.SampleAsync();
        var owner = await trial.ReadAsync(sample.Station.Path + "/properties/owner");
        Trial.MustBe("City", owner.Member("owner").Text("name"), "owner/name");
        var name = await trial.ReadAsync(sample.Station.Path + "/properties/owner/name");
        Trial.MustBe("City", name.Text("name"), "name");
    }

    private static async Task ValueAsync(Trial trial)
    {
        var sample = await trial.SampleAsync();
        var name = (await trial.GetAsync(sample.Station.Path + "/name/$value")).Must(200);
        Trial.MustBe(sample.StationName, name.Text, "name/$value");
        var location = (await trial.GetAsync(sample.Location.Path + "/location/$value")).Must(200);
        Trial.MustBe("Point", location.Json.Text("type"), "type of location/$value");
    }

    private static async Task TimeValueAsync(Trial trial)
    {
        var sample = await trial.SampleAsync();
        var observation = Entity.Of((
            await trial.ReadAsync($"{sample.Numbers.Path}/Observations?$filter=result eq 3")).Items("value")[0]);
        var value = (await trial.GetAsync(observation.Path + "/resultTime/$value")).Must(200);
        Trial.Must(!value.Text.Contains('"', StringComparison.Ordinal), "$value must be the text without quotes.");
        Trial.MustBe(Times.Instant("2025-03-13T03:07:09Z"), Times.Instant(value.Text), "resultTime/$value");
    }

    private static async Task RelatedSetAsync(Trial trial)
    {
        var sample = await trial.SampleAsync();
        var paths = await trial.PathsAsync(sample.Station.Path + "/Datastreams");
        Entity[] streams = [sample.Numbers, sample.Texts, sample.Decimals, sample.Shapes];
        Trial.MustList(streams.Select(stream => stream.Path).Order(StringComparer.Ordinal),
            paths.Order(StringComparer.Ordinal), "The Datastreams");
        Trial.MustBe(0, (await trial.PathsAsync(sample.Tower.Path + "/Datastreams")).Count,
            "The number of Datastreams of another Thing");
    }

    private static async Task RelatedEntityAsync(Trial trial)
    {
        var sample = await trial.SampleAsync();
        Trial.MustBe(sample.Station, await trial.ReadAsync(sample.Numbers.Path + "/Thing"), "Thing");
        Trial.MustBe(sample.Sensor, await trial.ReadAsync(sample.Numbers.Path + "/Sensor"), "Sensor");
        Trial.MustBe(sample.ObservedProperty, await trial.ReadAsync(sample.Numbers.Path + "/ObservedProperty"),
            "ObservedProperty");
    }

    private static async Task ReferencesAsync(Trial trial)
    {
        var sample = await trial.SampleAsync();
        var links = (await trial.ReadAsync(sample.Station.Path + "/Datastreams/$ref")).Items("value");
        foreach (var link in links)
            Trial.MustList(["@iot.selfLink"], link.EnumerateObject().Select(member => member.Name),
                "The members of a reference");
        Entity[] streams = [sample.Numbers, sample.Texts, sample.Decimals, sample.Shapes];
        Trial.MustList(streams.Select(stream => stream.Path).Order(StringComparer.Ordinal),
            links.Select(link => Entity.Of(link).Path).Order(StringComparer.Ordinal), "The references");
    }

    private static async Task NestedAsync(Trial trial)
    {
        var sample = await trial.SampleAsync();
        var observation = Entity.Of((
            await trial.ReadAsync($"{sample.Shapes.Path}/Observations?$filter=result eq 1")).Items("value")[0]);
        var feature = await trial.ReadAsync(
            $"{sample.Station.Path}/{sample.Shapes.Path}/{observation.Path}/FeatureOfInterest/feature");
        Trial.MustBe("Point", feature.Member("feature").Text("type"), "type of the feature");
        Trial.MustBe(sample.StationName,
            (await trial.ReadAsync($"{observation.Path}/Datastream/Thing/name")).Text("name"), "name of the Thing");
    }

    private static async Task ParentAsync(Trial trial)
    {
        var sample = await trial.SampleAsync();
        await trial.ReadAsync($"{sample.Station.Path}/{sample.Numbers.Path}");
        (await trial.GetAsync($"{sample.Tower.Path}/{sample.Numbers.Path}")).Must(404, 400);
    }

    private static async Task UnknownSetAsync(Trial trial)
    {
        (await trial.GetAsync("Nothings")).Must(404, 400);
        (await trial.GetAsync("Nothings(1)")).Must(404, 400);
        var sample = await trial.SampleAsync();
        (await trial.GetAsync(sample.Station.Path + "/Sensors")).Must(404, 400);
    }

    private static async Task UnknownVersionAsync(Trial trial)
    {
        var root = trial.Root[..trial.Root.LastIndexOf('/')];
        (await trial.GetAsync(root + "/v99.9/Things")).Must(404, 400, 410);
    }

    private static async Task QuotedIdAsync(Trial trial)
    {
        await trial.SampleAsync();
        foreach (var key in new[] { "'no-such-id'", "'it''s'", "'00000000-0000-0000-0000-000000000000'" })
            (await trial.GetAsync($"Things({key})")).Must(404, 400, 410);
    }
}

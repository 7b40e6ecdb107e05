using System.Text.Json;
using static Stoa.Conformance.Check;

namespace Stoa.Conformance.Chapters;

/// <summary>What the public executable test suite for version 1.0 and clients in use look at without the standard saying so.</summary>
internal static class ClientHabits
{
    public static IReadOnlyList<Check> Checks { get; } =
    [
        Advice("X1.integer-ids", Requirements.ControlInformation, "8.1", "Ids are whole numbers in JSON.",
            IntegerIdsAsync),
        Advice("X1.largest-id", Requirements.StatusCode, "9.2.3", "The largest id, 9223372036854775807, is 404.",
            async trial =>
            (await trial.GetAsync("Things(9223372036854775807)")).Must(404)),
        Advice("X2.landing-urls", Requirements.ResourcePath, "9.2.1",
            "The url of a set is the service root, a slash and its name.", LandingUrlsAsync),
        Advice("X3.braces", Requirements.ResourcePath, "9.2.5",
            "$value of an object begins with a brace; no other $value has one.", BracesAsync),
        Advice("X4.single-reference", Requirements.ResourcePath, "9.2.7",
            "$ref of a relation to one is an object with the self link alone.",
            SingleReferenceAsync),
        Advice("X5.next-link-with-top", Requirements.Pagination, "9.3.3.6",
            "$top=1 of several entities gives a next link.", NextLinkWithTopAsync),
        Advice("X6.text-comparison", Requirements.Filter, "9.3.3.5",
            "result gt '3', with quotes, compares as text, numbers too.", TextComparisonAsync),
        Advice("X7.result-by-text", Requirements.Filter, "9.3.3.5", "result eq '6', with quotes, finds the number 6.",
            async trial =>
            Trial.MustList([6.0], await trial.FilteredAsync((await trial.SampleAsync()).Numbers, "result eq '6'"),
                "The results")),
        Advice("X8.quoted-time", Requirements.Filter, "9.3.3.5", "A time in quotes is compared as a moment, too.",
            QuotedTimeAsync),
        Advice("X9.status-codes", Requirements.UpdateEntity, "10.3; 10.4",
            "PATCH and DELETE are answered 200, an invalid creation 400 or 409, an invalid PATCH 400.",
                StatusCodesAsync),
        Advice("X10.nothing-left", Requirements.DeepInsert, "10.2.1.2",
            "After a failed deep insert the number of entities of each set is as before.",
            NothingLeftAsync),
        Advice("X11.no-place", Requirements.CreateEntity, "10.2.2",
            "An Observation without feature for a Thing without Location is 400 or 409.", NoPlaceAsync),
        Advice("X12.page-size", Requirements.Pagination, "9.3.3.6", "A dozen entities come in one page.", async trial =>
            Trial.MustBe(12,
                (await trial.ReadAsync((await trial.SampleAsync()).Numbers.Path +
                "/Observations")).Items("value").Count, "The number of entities")),
    ];

    private static async Task IntegerIdsAsync(Trial trial)
    {
        var sample = await trial.SampleAsync();
        foreach (var shape in EntityShape.All)
            Trial.Must((await trial.ReadAsync(await shape.OneAsync(trial,
                sample))).Member("@iot.id") is { ValueKind: JsonValueKind.Number } id &&
                id.TryGetInt64(out _), $"@iot.id in {shape.Set} must be a whole number.");
    }

    private static async Task LandingUrlsAsync(Trial trial)
    {
        foreach (var set in (await trial.ReadAsync("")).Items("value"))
            Trial.MustBe($"{trial.Root}/{set.Text("name")}", set.Text("url"), "url");
    }

    private static async Task BracesAsync(Trial trial)
    {
        var sample = await trial.SampleAsync();
        foreach (var shape in EntityShape.All)
        {
            var one = await shape.OneAsync(trial, sample);
            foreach (var property in shape.Mandatory)
            {
                var value = (await trial.GetAsync($"{one.Path}/{property}/$value")).Must(200).Text;
                if (property is "location" or "feature" or "unitOfMeasurement") Trial.Must(value.StartsWith('{'),
                    $"{property}/$value must begin with a brace.");
                else Trial.Must(!value.Contains('{', StringComparison.Ordinal),
                    $"{property}/$value must have no brace.");
            }
        }
    }

    private static async Task SingleReferenceAsync(Trial trial)
    {
        var sample = await trial.SampleAsync();
        var link = await trial.ReadAsync(sample.Numbers.Path + "/Thing/$ref");
        Trial.MustList(["@iot.selfLink"], link.EnumerateObject().Select(member => member.Name),
            "The members of the reference");
        Trial.MustBe(sample.Station, link, "The reference");
    }

    private static async Task NextLinkWithTopAsync(Trial trial)
    {
        var sample = await trial.SampleAsync();
        Trial.Must((await trial.ReadAsync(sample.Station.Path +
            "/Datastreams?$top=1")).Known("@iot.nextLink") is not null, "@iot.nextLink must be there.");
        Trial.Must((await trial.ReadAsync(sample.Station.Path + "/Datastreams?$top=4")).Known("@iot.nextLink") is null,
            "@iot.nextLink must not be there.");
    }

    private static async Task TextComparisonAsync(Trial trial)
    {
        var sample = await trial.SampleAsync();
        Trial.MustList([4.0, 5, 6, 7, 8, 9], await trial.FilteredAsync(sample.Numbers, "result gt '3'"), "The results");
        Trial.MustList([4.0, 5, 6, 7, 8, 9, 10, 11, 12], await trial.FilteredAsync(sample.Numbers, "result gt 3"),
            "The results");
    }

    private static async Task QuotedTimeAsync(Trial trial)
    {
        var sample = await trial.SampleAsync();
        Trial.MustList([1.0, 12], await trial.FilteredAsync(sample.Numbers,
            "phenomenonTime lt '2025-01-31T23:00:00-01:00'"), "The results");
    }

    private static async Task StatusCodesAsync(Trial trial)
    {
        var thing = await trial.CreateAsync("Things", Bodies.Thing(trial.Name("Thing")));
        (await trial.PatchAsync(thing.Path, """{"description":"changed"}""")).Must(200);
        (await trial.PatchAsync(thing.Path,
            $$"""{"Locations":[{{Bodies.Location(trial.Name("Inline"))}}]}""")).Must(400);
        (await trial.PostAsync("Things", """{"description":"without a name"}""")).Must(400, 409);
        (await trial.DeleteAsync(thing.Path)).Must(200);
    }

    // On a server in use others write meanwhile: then the numbers say nothing.
    private static async Task NothingLeftAsync(Trial trial)
    {
        string[] sets = ["Things", "Locations", "HistoricalLocations", "Datastreams", "Sensors", "ObservedProperties"];
        async Task<string> CountsAsync()
        {
            var counts = new List<string>();
            foreach (var set in sets) counts.Add(
                $"{set} {(await trial.ReadAsync(set + "?$top=0&$count=true")).Count()}");
            return string.Join(", ", counts);
        }

        var before = await CountsAsync();
        if (before != await CountsAsync()) throw new CannotRun("Others write at the same time.");
        var stream = Bodies.Datastream(trial.Name("Datastream"), $",\"Sensor\":{Bodies.Sensor(trial.Name("Sensor"))}");
        (await trial.PostAsync("Things", Bodies.Thing(trial.Name("Thing"),
            $",\"Locations\":[{Bodies.Location(trial.Name("Location"))}],\"Datastreams\":[{stream}]")))
            .MustRefuse("the Datastream has no ObservedProperty.");
        Trial.MustBe(before, await CountsAsync(), "The numbers of entities");
    }

    private static async Task NoPlaceAsync(Trial trial)
    {
        var sample = await trial.SampleAsync();
        var thing = await trial.CreateAsync("Things", Bodies.Thing(trial.Name("Thing")));
        var stream = await trial.DatastreamAsync(thing, sample.Sensor, sample.ObservedProperty);
        (await trial.PostAsync(stream.Path + "/Observations", """{"result":1}""")).Must(400, 409);
    }
}

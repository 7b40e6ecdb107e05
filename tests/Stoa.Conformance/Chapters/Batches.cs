using static Stoa.Conformance.Chapters.BatchParts;
using static Stoa.Conformance.Check;

namespace Stoa.Conformance.Chapters;

/// <summary>OGC 18-088, 11: several requests in one.</summary>
internal static class Batches
{
    private const string About = Requirements.BatchRequest;

    public static IReadOnlyList<Check> Checks { get; } =
    [
        Rule("B1.addresses", About, "11.1",
            "Parts name their target by a relative address, an absolute path or a whole URL.", AddressesAsync),
        Rule("B1.create", About, "11.1", "A part may create, change and delete.", CreateAsync),
        Rule("B2.atomic", About, "11.1", "A change set is done as a whole or not at all.", AtomicAsync),
        Rule("B2.change-set", About, "11.1", "A change set that succeeds does all of its requests.", ChangeSetAsync),
        Rule("B2.order", About, "11.1", "Parts are done and answered in their order.", OrderAsync),
        Advice("B2.goes-on", About, "11.1", "A part that fails does not stop those after it.", GoesOnAsync),
        Advice("B2.no-reads", About, "11.1", "GET inside a change set is refused.", NoReadsAsync),
        Rule("B3.in-body", About, "11.1.1", "A Content-ID stands for the new entity in the @iot.id of later requests.",
            ContentIdInBodyAsync),
        Rule("B3.in-address", About, "11.1.1",
            "A Content-ID stands for the new entity in the address of later requests.", ContentIdInAddressAsync),
        Rule("B4.answer", About, "11.2",
            "The answer is 200 and has the structure of the request; Content-IDs come back.", AnswerAsync),
        Advice("B5.asynchronous", About, "11.3", "With Prefer: respond-async the answer is 200 or 202.",
            AsynchronousAsync),
        Rule("B.malformed", About, "11.1", "A body that is no batch is refused.", MalformedAsync),
    ];

    private static async Task<IReadOnlyList<BatchPart>> SendAsync(Trial trial, params string[] parts) =>
        BatchParts.Read((await trial.SendAsync(HttpMethod.Post, "$batch", Batch(parts), MediaType)).Must(200));

    private static BatchPart MustBe(BatchPart part, params int[] statuses)
    {
        Trial.Must(statuses.Contains(part.Status),
            $"The part must be answered {string.Join(" or ", statuses)}, it was {part.Status}: {part.Body}");
        return part;
    }

    private static Entity Made(Trial trial, BatchPart part) => trial.Adopt(Entity.At(MustBe(part, 201, 204).Location));

    private static async Task AddressesAsync(Trial trial)
    {
        var sample = await trial.SampleAsync();
        var whole = $"{trial.Root}/{sample.Station.Path}";
        var parts = await SendAsync(trial, Request("GET", sample.Station.Path),
            Request("GET", new Uri(whole).AbsolutePath), Request("GET", whole));
        Trial.MustBe(3, parts.Count, "The number of parts");
        foreach (var part in parts) Trial.MustBe(sample.Station, Members.Parse(MustBe(part, 200).Body),
            "The entity of the part");
    }

    private static async Task CreateAsync(Trial trial)
    {
        var station = await trial.StationAsync();
        var gone = await trial.ObserveAsync(station.Datastream, "9");
        var parts = await SendAsync(trial,
            Request("POST", station.Observations, """{"result":1}"""),
            Request("PATCH", station.Thing.Path, """{"description":"changed"}"""), Request("DELETE", gone.Path));
        Trial.MustBe(3, parts.Count, "The number of parts");
        var made = Made(trial, parts[0]);
        MustBe(parts[1], 200, 204);
        MustBe(parts[2], 200, 204);
        Trial.MustList([made.Path], await trial.PathsAsync(station.Observations), "The Observations");
        Trial.MustBe("changed", (await trial.ReadAsync(station.Thing)).Text("description"), "description");
    }

    private static async Task AtomicAsync(Trial trial)
    {
        var name = trial.Name("Thing");
        await SendAsync(trial, ChangeSet(Request("POST", "Things", Bodies.Thing(name), "1"),
            Request("POST", "Things", """{"description":"without a name"}""", "2")));
        Trial.MustBe(0, (await trial.PathsAsync($"Things?$filter=name eq '{name}'")).Count,
            "The number of Things of a change set that failed");
    }

    private static async Task ChangeSetAsync(Trial trial)
    {
        var (first, second) = (trial.Name("Thing"), trial.Name("Thing"));
        var parts = await SendAsync(trial, ChangeSet(Request("POST", "Things", Bodies.Thing(first), "1"),
            Request("POST", "Things", Bodies.Thing(second), "2")));
        Trial.MustBe(2, parts.Single().Parts.Count, "The number of answers of the change set");
        foreach (var part in parts.Single().Parts) Made(trial, part);
        Trial.MustBe(2, (await trial.PathsAsync($"Things?$filter=name eq '{first}' or name eq '{second}'")).Count,
            "The number of Things");
    }

    private static async Task OrderAsync(Trial trial)
    {
        var station = await trial.StationAsync();
        string Path(string text) => $"{station.Thing.Path}/description/$value";
        var parts = await SendAsync(trial, Request("PATCH", station.Thing.Path, """{"description":"first"}"""),
            Request("GET", Path("")),
            Request("PATCH", station.Thing.Path, """{"description":"second"}"""), Request("GET", Path("")));
        Trial.MustList(["first", "second"], new[] { parts[1].Body, parts[3].Body }.Select(body => body.Trim()),
            "description in between");
    }

    private static async Task GoesOnAsync(Trial trial)
    {
        var sample = await trial.SampleAsync();
        var parts = await SendAsync(trial, Request("GET", "Nothings(1)"), Request("GET", sample.Station.Path));
        Trial.MustBe(2, parts.Count, "The number of parts");
        MustBe(parts[0], 404, 400);
        MustBe(parts[1], 200);
    }

    private static async Task NoReadsAsync(Trial trial)
    {
        var sample = await trial.SampleAsync();
        var reply = await trial.SendAsync(HttpMethod.Post, "$batch",
            Batch(ChangeSet(Request("GET", sample.Station.Path, contentId: "1"))), MediaType);
        if (reply.Status is >= 400 and < 500) return;
        var part = BatchParts.Read(reply.Must(200))[0];
        MustBe(part.Parts.Count > 0 ? part.Parts[0] : part, 400, 405, 501);
    }

    private static async Task ContentIdInBodyAsync(Trial trial)
    {
        var station = await trial.StationAsync();
        var stream = Bodies.Datastream(trial.Name("Datastream"),
            $$""","Thing":{{station.Thing.Link}},"Sensor":{"@iot.id":"$sensor1"},"ObservedProperty":{{station.ObservedProperty.Link}}""");
        var parts = await SendAsync(trial, ChangeSet(
            Request("POST", "Sensors", Bodies.Sensor(trial.Name("Sensor")), "sensor1"),
                Request("POST", "Datastreams", stream, "any-text_2")));
        var answers = parts.Single().Parts;
        Trial.MustBe(2, answers.Count, "The number of answers of the change set");
        Trial.MustBe(Made(trial, answers[0]), await trial.ReadAsync(Made(trial, answers[1]).Path + "/Sensor"),
            "The Sensor of the Datastream");
    }

    // The text shows both forms in use: $thing1 as the first segment, and in the place of the id.
    private static async Task ContentIdInAddressAsync(Trial trial)
    {
        var refusals = new List<string>();
        foreach (var address in new[] { "$thing1/Locations", "Things($thing1)/Locations" })
        {
            var parts = await SendAsync(trial,
                ChangeSet(Request("POST", "Things", Bodies.Thing(trial.Name("Thing")), "thing1"),
                Request("POST", address, Bodies.Location(trial.Name("Location")), "location1")));
            var answers = parts.Single().Parts;
            if (answers.Count != 2 || answers.Any(answer => answer.Status is not (201 or 204)))
            {
                refusals.Add(
                    $"{address}: {string.Join(", ", answers.Append(parts.Single()).Select(answer => answer.Status))}");
                continue;
            }

            Trial.MustList([Made(trial, answers[1]).Path],
                await trial.PathsAsync(Made(trial, answers[0]).Path + "/Locations"), "The Locations of the Thing");
            return;
        }

        throw new CheckFailure($"One of the forms must be taken: {string.Join("; ", refusals)}.");
    }

    private static async Task AnswerAsync(Trial trial)
    {
        var sample = await trial.SampleAsync();
        var parts = await SendAsync(trial, Request("GET", sample.Station.Path),
            ChangeSet(Request("POST", "Things", Bodies.Thing(trial.Name("Thing")), "first"),
                Request("POST", "Things", Bodies.Thing(trial.Name("Thing")), "second")),
            Request("GET", "Nothings(1)"));
        Trial.MustBe(3, parts.Count, "The number of parts");
        MustBe(parts[0], 200);
        Trial.MustList(["first", "second"], parts[1].Parts.Select(part => part.ContentId),
            "The Content-IDs of the change set");
        foreach (var part in parts[1].Parts) Made(trial, part);
        MustBe(parts[2], 404, 400);
    }

    private static async Task AsynchronousAsync(Trial trial)
    {
        var sample = await trial.SampleAsync();
        (await trial.SendAsync(HttpMethod.Post, "$batch", Batch(Request("GET", sample.Station.Path)), MediaType,
            new Dictionary<string, string> { ["Prefer"] = "respond-async" })).Must(200, 202);
    }

    private static async Task MalformedAsync(Trial trial)
    {
        foreach (var (body, type) in new[]
        {
            ("not a batch", MediaType), (Batch(Request("GET", "Things")), "multipart/mixed"), ("", MediaType),
            ("--" + Boundary + "\r\n", MediaType), (Batch("Content-Type: text/plain\r\n\r\nhello"), MediaType),
        })
        {
            var reply = await trial.SendAsync(HttpMethod.Post, "$batch", body, type);
            if (reply.Status == 200 && BatchParts.Read(reply) is { Count: > 0 } parts &&
                parts.All(part => part.Status is >= 400 and < 500)) continue;
            reply.MustRefuse("the body is no batch.");
        }
    }
}

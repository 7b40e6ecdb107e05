using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace Stoa.Tests.Conformance;

/// <summary>One way to be wrong, and the checks that must notice it.</summary>
/// <param name="Class">The requirement class that it violates.</param>
/// <param name="Name">What the server does.</param>
/// <param name="Checks">Names of checks that must fail.</param>
internal sealed partial record Fault(string Class, string Name, params string[] Checks)
{
    /// <summary>The request that reaches the server in place of the suite's; null: none does.</summary>
    public Func<string, string, string?> Ask { get; init; } = (_, target) => target;

    /// <summary>The body that reaches the server in place of the suite's.</summary>
    public Func<string, string> AskBody { get; init; } = body => body;

    /// <summary>The answer that reaches the suite.</summary>
    public Func<Passing, Passing> Corrupt { get; init; } = passing => passing;

    public override string ToString() => $"{Class}: {Name}";

    public static readonly IReadOnlyList<Fault> All =
    [
        new("entity-control-information", "leaves out self links",
            "C1.self-link") { Corrupt = Without("@iot.selfLink") },
        new("entity-control-information", "gives every entity the same id",
            "C1.id") { Corrupt = With("@iot.id", _ => 1) },
        new("entity-control-information", "leaves out a navigation link", "C1.navigation-links", "C3.names")
            { Corrupt = Without("HistoricalLocations@iot.navigationLink") },
        new("entity-control-information", "does not count expanded relations",
            "C2.annotated-relations") { Corrupt = Without("Datastreams@iot.count") },
        new("thing", "loses properties", "D.thing.optional") { Corrupt = With("properties", _ => new JsonObject()) },
        new("thing", "has no description", "D.thing.properties") { Corrupt = Without("description") },
        new("location", "moves locations", "D1.geojson-location",
            "W6.feature") { Corrupt = With("coordinates", _ => new JsonArray(0, 0)) },
        new("historical-location", "gives intervals",
            "T1.historical-instant") { Corrupt = With("time", time => $"{time}/{time}") },
        new("datastream", "is wrong about the time of its observations", "D5.phenomenon-time", "W18.derived")
            { Corrupt = With("phenomenonTime", time => time is string text &&
                text.Contains('/', StringComparison.Ordinal) ? "1999-01-01T00:00:00Z/1999-01-02T00:00:00Z" : null) },
        new("datastream", "has one observed area for all",
            "D5.observed-area") { Corrupt = With("observedArea", _ =>
            JsonNode.Parse("""{"type":"Point","coordinates":[0,0]}""")) },
        new("sensor", "knows one encoding", "D2.sensor-encodings") { Corrupt = With("encodingType", type =>
            type is "text/html" ? "application/pdf" : null) },
        new("observed-property", "has no definition", "D.observed-property.properties", "D.observed-property.optional")
            { Corrupt = passing => passing.WithObjects(one =>
                { if (one.Remove("definition")) one.Remove("properties"); }) },
        new("observation", "keeps results as text", "D3.OM_Measurement", "D3.OM_CountObservation",
            "D3.OM_TruthObservation")
            { Corrupt = With("result", result => result?.ToString()) },
        new("observation", "fills in the time of the result", "W8.no-result-time") { Corrupt = passing =>
            passing.WithObjects(one =>
            { if (one.ContainsKey("resultTime")) one["resultTime"] = "2025-01-01T00:00:00Z"; }) },
        new("feature-of-interest", "loses the feature", "D.feature-of-interest.properties",
            "D1.geojson-feature") { Corrupt = Without("feature") },
        new("resource-path", "quotes raw values", "P5.value", "P5.time-value")
            { Corrupt = passing => passing.Target.EndsWith("/$value", StringComparison.Ordinal)
                ? passing with { Body = $"\"{passing.Body}\"" } : passing },
        new("resource-path", "finds what is gone", "P3.unknown-id", "W17.unknown", "P9.unknown-set")
            { Corrupt = passing => passing.Status == 404 ? passing with { Status = 200, Body = "{}" } : passing },
        new("resource-path", "shows whole entities as references", "P7.references")
            { Ask = (_, target) => target.Replace("/$ref", "", StringComparison.Ordinal) },
        new("resource-path", "does not look whose child it is", "P8.parent") { Ask = (_, target) =>
            Parent().Replace(target, "/v1.1/") },
        new("resource-path", "lists a set that does not exist", "P1.landing-page")
            { Corrupt = passing => passing.WithObjects(one =>
                { if ((string?)one["name"] == "Sensors" && one.ContainsKey("url")) one["url"] = one["url"] + "x"; }) },
        new("resource-path", "claims nothing", "L1.claims") { Corrupt = Without("serverSettings") },
        new("request-data", "turns the order around", "Q5.ascending", "Q5.nulls", "Q1.order", "F.math.floor")
            { Corrupt = passing => passing.IsGet ? passing.WithObjects(Reverse) : passing },
        new("request-data", "ends after one page", "Q11.pages",
            "X5.next-link-with-top") { Corrupt = Without("@iot.nextLink") },
        new("request-data", "promises more after the last page", "Q11.last-page")
            { Corrupt = passing => passing.WithObjects(one =>
                { if (one.ContainsKey("value") &&
                !one.ContainsKey("@iot.nextLink")) one["@iot.nextLink"] = "http://x/"; }) },
        new("request-data", "forgets options on further pages", "Q11.keeps-options") { Corrupt = passing =>
            passing.WithObjects(one =>
            { if (one["@iot.nextLink"] is { } link) one["@iot.nextLink"] = SelectOrExpand().Replace(
                Uri.UnescapeDataString(link.ToString()), "").Replace(' ', '+'); }) },
        new("request-data", "counts one too many", "Q8.exact",
            "Q1.order") { Corrupt = With("@iot.count", count => count is null ? null : 99) },
        new("request-data", "does not count", "Q8.count") { Corrupt = Without("@iot.count") },
        new("request-data", "takes any option", "Q2.unsupported-option", "Q2.status-501", "Q8.invalid", "Q6.invalid",
            "Q7.invalid", "Q3.unknown",
            "Q5.unknown", "Q9.malformed", "Q9.unknown-property")
            { Corrupt = passing => passing.IsGet && passing.Status >= 400
                ? passing with { Status = 200, Body = """{"value":[]}""" } : passing },
        Ignoring("$filter", "Q9.true-alone", "Q9.null", "Q9.time", "Q9.json", "Q10.to-many", "O.eq", "O.not",
            "F.string.length", "F.date.year", "F.geospatial.st_within"),
        Ignoring("$orderby", "Q5.ascending", "Q5.several", "F.date.month", "O.arithmetic-order"),
            Ignoring("$select", "Q4.properties", "Q4.id"),
        Ignoring("$expand", "Q3.to-one", "Q3.list", "Q3.levels", "Q3.nested-expand"),
            Ignoring("$top", "Q6.top", "Q1.order"), Ignoring("$skip", "Q7.skip", "Q1.order"),
        Taking(" gt ", " ge ", "O.gt"), Taking(" lt ", " le ", "O.lt"), Taking(" ge ", " gt ", "O.ge"),
            Taking(" le ", " lt ", "O.le"),
        Taking(" ne ", " eq ", "O.ne"), Taking(" and ", " or ", "O.and"), Taking(" or ", " and ", "O.or"),
            Taking("not (", "(", "O.not"),
        Taking(" add ", " sub ", "O.add"), Taking(" sub ", " add ", "O.sub"), Taking(" mul ", " add ", "O.mul"),
            Taking(" div ", " mul ", "O.div"),
        Taking(" mod ", " sub ", "O.mod"), Taking("tolower(", "toupper(", "F.string.tolower"),
            Taking("toupper(", "tolower(", "F.string.toupper"),
        Taking("month(", "day(", "F.date.month"), Taking("floor(", "ceiling(", "F.math.floor"),
            Taking("round(", "floor(", "F.math.round"),
        Taking("st_within(", "st_disjoint(", "F.geospatial.st_within"),
            Taking("st_contains(", "st_within(", "F.geospatial.st_contains"),
        Taking("startswith(", "endswith(", "F.string.startswith"), Taking("trim(", "tolower(", "F.string.trim"),
        Taking("trim(", "length(", "F.string.trim"), Taking("(description,1)", "(description,0)", "F.string.substring"),
        new("create-update-delete", "says 200 for what it made", "W1.create", "W1.deep-status")
            { Corrupt = passing => passing.Status == 201 ? passing with { Status = 200 } : passing },
        new("create-update-delete", "does not say where it is", "W1.create")
            { Corrupt = passing =>
                passing with { Headers = passing.Headers.Where(header => header.Key != "Location").ToDictionary() } },
        new("create-update-delete", "takes what is incomplete", "W5.mandatory-properties", "W5.integrity",
            "W5.malformed", "W6.no-location", "W4.all-or-nothing",
            "D7.one-datastream", "T1.malformed")
            { Corrupt = passing => passing is { Method: "POST", Status: 400 } ? passing with { Status = 201 }
                : passing },
        new("create-update-delete", "changes nothing", "W11.merge", "W12.replace-one",
            "W15.json-patch") { Ask = (method, target) => method == "PATCH" ? null : target },
        new("create-update-delete", "replaces nothing", "W14.put") { Ask = (method, target) => method == "PUT" ? null
            : target },
        new("create-update-delete", "deletes nothing", "W.cascade.thing", "W18.derived",
            "W16.relations") { Ask = (method, target) => method == "DELETE" ? null : target },
        new("create-update-delete", "keeps no history", "W9.by-post", "W9.by-deep-insert",
            "W9.by-patch") { Corrupt = passing =>
            passing.Target.Contains("/HistoricalLocations", StringComparison.Ordinal) && passing.IsGet
                ? passing with { Body = """{"value":[]}""" } : passing },
        new("batch-request", "does not say which answer is whose", "B4.answer") { Corrupt = passing =>
            passing with { Body = ContentId().Replace(passing.Body, "") } },
        new("batch-request", "takes change sets apart", "B2.atomic", "B2.change-set", "B4.answer") { AskBody = body =>
            body
            .Replace("--conformance_batch\r\nContent-Type: multipart/mixed; boundary=conformance_changes\r\n\r\n", "",
                StringComparison.Ordinal)
            .Replace("--conformance_changes--\r\n", "", StringComparison.Ordinal).Replace("--conformance_changes",
                "--conformance_batch", StringComparison.Ordinal) },
        new("batch-request", "does nothing", "B1.addresses", "B1.create", "B3.in-body", "B3.in-address")
            { Ask = (_, target) => target.EndsWith("/$batch", StringComparison.Ordinal) ? null : target },
        new("batch-request", "takes what is no batch", "B.malformed")
            { Corrupt = passing => passing is { Method: "POST", Status: 400 } ? passing with { Status = 202 }
                : passing },
        new("create-observations-via-mqtt", "stores another result than the one published", "M1.set", "M1.datastream")
            { Corrupt = With("result", result => result is null ? null : 0) },
        new("receive-updates-via-mqtt", "tells something else than it shows",
            "M2.created") { Corrupt = With("result", result => result is null ? null : 0) },
        new("receive-updates-via-mqtt", "tells no update", "M3.entity") { Ask = (method, target) => method == "PATCH"
            ? null : target },
        new("multi-datastream", "turns results around", "D6.result") { Corrupt = passing => passing.WithObjects(one =>
            { if (one["result"] is JsonArray result) one["result"] = new JsonArray([.. result.Reverse().Select(value =>
                value?.DeepClone())]); }) },
        new("multi-datastream", "sorts the properties", "D6.order") { Corrupt = passing =>
            passing.Target.Contains("ObservedProperties", StringComparison.Ordinal) && passing.IsGet
                ? passing.WithObjects(Reverse) : passing },
        new("data-array", "puts values under other names", "A1.read") { Corrupt = passing => passing.WithObjects(one =>
            { if (one["components"] is JsonArray names) one["components"] = new JsonArray(
                [.. names.Reverse().Select(value => value?.DeepClone())]); }) },
        new("data-array", "answers in another order", "A3.links", "A3.error") { Corrupt = passing =>
            passing.Target.EndsWith("/CreateObservations", StringComparison.Ordinal)
                ? passing with { Body = new JsonArray(
                [.. JsonNode.Parse(passing.Body)!.AsArray().OrderBy(link => link?.ToString() == "error" ? "~"
                    : link?.ToString()).Reverse().Select(value => value?.DeepClone())]).ToJsonString() } : passing },
        Ignoring("$resultFormat", "A1.read", "A1.pages"),
    ];

    private static Fault Ignoring(string option, params string[] checks) =>
        new(option == "$resultFormat" ? "data-array" : "request-data", $"ignores {option}", checks)
    {
        // On the first level alone; what stands in parentheses is another option.
        Ask = (_, target) => Regex.Replace(target, $@"(?<=[?&]){Regex.Escape(option)}=[^&]*&?", ""),
    };

    private static Fault Taking(string word, string other, params string[] checks) =>
        new("request-data", $"takes {word.Trim()} for {other.Trim()}", checks)
    {
        Ask = (method, target) => method == "GET" ? target.Replace(word, other, StringComparison.Ordinal) : target,
    };

    private static Func<Passing, Passing> Without(string member) => passing => passing.IsGet
        ? passing.WithObjects(one => one.Remove(member)) : passing;

    private static Func<Passing, Passing> With(string member, Func<object?, JsonNode?> value) => passing =>
        passing.IsGet
        ? passing.WithObjects(one =>
        {
            if (!one.TryGetPropertyValue(member, out var old) || old is null) return;
            if (value(old is JsonValue plain && plain.TryGetValue<string>(out var text) ? (object)text
                : old) is { } changed) one[member] = changed;
        })
        : passing;

    private static void Reverse(JsonObject one)
    {
        foreach (var member in new[] { "value", "ObservedProperties" })
            if (one[member] is JsonArray values) one[member] = new JsonArray([.. values.Reverse().Select(value =>
                value?.DeepClone())]);
    }

    [GeneratedRegex(@"/v1\.1/Things\([^)]*\)/(?=Datastreams\()")]
    private static partial Regex Parent();

    [GeneratedRegex(@"Content-ID:[^\n]*\n", RegexOptions.IgnoreCase)]
    private static partial Regex ContentId();

    [GeneratedRegex(@"&?\$(select|expand)=[^&]*")]
    private static partial Regex SelectOrExpand();
}

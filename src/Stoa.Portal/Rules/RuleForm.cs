using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Stoa.Portal.People;
using Stoa.Sharing.Records;
using Stoa.Sharing.Rules;

namespace Stoa.Portal.Rules;

/// <summary>What the form for a rule sends, as a draft of it.</summary>
internal static class RuleForm
{
    /// <summary>The fields of one value each: what is filled in again after a preview or a refusal.</summary>
    internal static readonly string[] Fields =
    [
        "for", "name", "datasets", "prohibits", "levelMax", "onlyFor", "notFor", "fieldsLeftOut", "timeSeconds", "spaceMetres", "fromTime",
        "untilTime", "requests", "rows", "jurisdictions", "reason",
    ];

    internal static PolicyRuleDraft Read(FormFields form)
    {
        var member = NumberOf(form["for"]);
        return new()
        {
            Name = form["name"].Trim(),
            Member = member == Acting.Exchange.Value ? null : member,
            Datasets = ListOf(form["datasets"]),
            Sectors = form.All("sectors") is { Count: > 0 } sectors ? sectors : null,
            Prohibits = form["prohibits"] == "yes",
            LevelMax = form["levelMax"] is { Length: > 0 } level ? level : null,
            Restriction = RestrictionOf(form),
            Reason = form["reason"],
        };
    }

    // A number that cannot be read is sent on as it is, so that the rule is refused by its clause.
    private static JsonElement? RestrictionOf(FormFields form)
    {
        var clauses = new JsonObject();
        if (form["onlyFor"] is { Length: > 0 } purpose) clauses["purposes"] = new JsonArray(purpose);
        if (form["notFor"] is { Length: > 0 } without) clauses["purposesLeftOut"] = new JsonArray(without);
        if (ListOf(form["fieldsLeftOut"]) is { } fields) clauses["fieldsLeftOut"] = ArrayOf(fields);
        if (ListOf(form["jurisdictions"]) is { } places) clauses["jurisdictions"] = ArrayOf(places);
        if (form.All("channels") is { Count: > 0 } ways) clauses["channels"] = ArrayOf(ways);
        var granularity = new JsonObject();
        if (ValueOf(form["timeSeconds"]) is { } seconds) granularity["timeSeconds"] = seconds;
        if (ValueOf(form["spaceMetres"]) is { } metres) granularity["spaceMetres"] = metres;
        if (granularity.Count > 0) clauses["granularity"] = granularity;
        var limits = new JsonObject();
        if (ValueOf(form["requests"]) is { } requests) limits["requestsPerMinute"] = requests;
        if (ValueOf(form["rows"]) is { } rows) limits["rowsPerDay"] = rows;
        if (limits.Count > 0) clauses["limits"] = limits;
        if (form["fromTime"].Length > 0 || form["untilTime"].Length > 0)
            clauses["hours"] = new JsonObject { ["fromMinute"] = MinuteOf(form["fromTime"]), ["untilMinute"] = MinuteOf(form["untilTime"]) };
        if (clauses.Count == 0) return null;
        using var document = JsonDocument.Parse(clauses.ToJsonString());
        return document.RootElement.Clone();
    }

    private static JsonArray ArrayOf(IReadOnlyList<string> entries) => [.. entries.Select(entry => (JsonNode?)entry)];

    private static string[]? ListOf(string text) =>
        text.Split([',', ';', '\n', '\r'], StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries) is { Length: > 0 } list ? list : null;

    private static JsonNode? ValueOf(string text) =>
        text.Trim() is not { Length: > 0 } value ? null : NumberOf(value) is { } number ? number : value;

    // Midnight where nothing is said.
    private static JsonNode MinuteOf(string text) =>
        text.Length == 0 ? 0
        : TimeOnly.TryParseExact(text, "HH:mm", CultureInfo.InvariantCulture, DateTimeStyles.None, out var time) ? time.Hour * 60 + time.Minute
        : text;

    internal static long? NumberOf(string text) =>
        long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : null;
}

using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using Stoa.Portal.People;
using Stoa.Sharing.Agreements;
using Stoa.Sharing.Recording;
using Stoa.Vocabulary;

namespace Stoa.Portal.Agreements;

/// <summary>The form for the clauses of an agreement, and what it is read as.</summary>
/// <remarks>The clauses that people change most have fields; all others are written as JSON below them, which has the last word.</remarks>
internal static class ClauseForm
{
    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>The fields of one value each.</summary>
    internal static readonly string[] Fields =
    [
        "legalBasis", "fields", "spaceMetres", "timeSeconds", "retentionDays", "retentionStart", "retentionThen", "onward", "requests",
        "rows", "jurisdictions", "undertakings", "fee", "completeness", "completenessDays", "completenessEvery", "timeliness", "timelinessEvery",
        "terms",
    ];

    /// <summary>The measures that have fields; the exchange measures no others.</summary>
    private static readonly QualityMeasure[] Measured = [QualityMeasure.Completeness, QualityMeasure.Timeliness];

    /// <summary>What stands in the fields for terms that there are.</summary>
    internal static Dictionary<string, string> Of(AgreementTerms terms) => new()
    {
        ["legalBasis"] = Words.Of(terms.LegalBasis),
        ["fields"] = terms.Fields is { } fields ? string.Join(", ", fields) : "",
        ["spaceMetres"] = Number(terms.Granularity.SpaceMetres),
        ["timeSeconds"] = Number(terms.Granularity.TimeSeconds),
        ["retentionDays"] = terms.Retention is { } kept ? kept.Days.ToString(CultureInfo.InvariantCulture) : "",
        ["retentionStart"] = terms.Retention is { } from ? Words.Of(from.Start) : "",
        ["retentionThen"] = terms.Retention is { } then ? Words.Of(then.Then) : "",
        ["onward"] = Words.Of(terms.Onward),
        ["requests"] = Number(terms.Limits.RequestsPerMinute),
        ["rows"] = Number(terms.Limits.RowsPerDay),
        ["jurisdictions"] = string.Join(", ", terms.Jurisdictions),
        ["undertakings"] = string.Join(", ", terms.Undertakings),
        ["fee"] = terms.Fee ?? "",
        ["completeness"] = Text(Shown(terms, QualityMeasure.Completeness)?.PercentMin),
        ["completenessDays"] = Text(Shown(terms, QualityMeasure.Completeness)?.Days),
        ["completenessEvery"] = Text(Shown(terms, QualityMeasure.Completeness)?.EverySeconds),
        ["timeliness"] = Text(Shown(terms, QualityMeasure.Timeliness)?.PercentMin),
        ["timelinessEvery"] = Text(Shown(terms, QualityMeasure.Timeliness)?.EverySeconds),
    };

    /// <summary>What stands in the fields for the clauses of a template: those without a field as JSON.</summary>
    internal static Dictionary<string, string> OfTemplate(JsonElement clauses)
    {
        var shown = Fields.ToDictionary(name => name, _ => "");
        if (!AgreementTemplates.TermsOf(clauses).TryGet(out var terms, out _)) return shown;
        var fields = Of(terms);
        var further = new JsonObject();
        foreach (var clause in clauses.EnumerateObject())
        {
            var names = FieldsOf(clause.Name);
            // What the fields cannot say in whole stands as JSON, which has the last word.
            if (names.Length == 0 || (clause.Name == "quality" && WithoutFields(terms).Any()))
                further[clause.Name] = JsonNode.Parse(clause.Value.GetRawText());
            else
                foreach (var name in names) shown[name] = fields[name];
        }

        if (further.Count > 0) shown["terms"] = further.ToJsonString(Indented);
        return shown;
    }

    /// <summary>The clauses that a form says.</summary>
    /// <param name="form">What was sent.</param>
    /// <param name="before">The terms that were shown in the fields, so that an emptied field takes its clause away; null for a template's,
    /// where an empty field leaves what the template says.</param>
    /// <param name="until">The end; null to leave it.</param>
    internal static Result<JsonElement> Read(FormFields form, AgreementTerms? before, string? until)
    {
        var said = new JsonObject();
        var was = before is null ? null : Of(before);

        // What was not touched is not said: the clause stays as it is, with the parts that have no field here.
        bool Changed(params ReadOnlySpan<string> names)
        {
            foreach (var name in names)
                if (form[name].Trim() != (was?[name] ?? "")) return true;
            return false;
        }

        void Say(string clause, JsonNode? value)
        {
            if (value is not null || was is not null) said[clause] = value;
        }

        if (Changed("legalBasis")) Say("legalBasis", Word(form["legalBasis"]));
        if (Changed("fields")) Say("fields", ListOf(form["fields"]));
        if (Changed("spaceMetres", "timeSeconds"))
            Say("granularity", ObjectOf(
                ("spaceMetres", ValueOf(form["spaceMetres"])), ("timeSeconds", ValueOf(form["timeSeconds"])),
                ("cellMinimum", before is { Granularity.CellMinimum: > 0 and var least } ? least : null)));
        if (Changed("retentionDays", "retentionStart", "retentionThen"))
            Say("retention", ValueOf(form["retentionDays"]) is { } days
                ? ObjectOf(("days", days), ("start", Word(form["retentionStart"]) ?? "receipt"), ("then", Word(form["retentionThen"]) ?? "delete"))
                : null);
        if (Changed("onward")) Say("onward", Word(form["onward"]));
        if (Changed("requests", "rows"))
            Say("limits", ObjectOf(("requestsPerMinute", ValueOf(form["requests"])), ("rowsPerDay", ValueOf(form["rows"]))));
        if (Changed("jurisdictions")) Say("jurisdictions", ListOf(form["jurisdictions"]));
        if (Changed("undertakings")) Say("undertakings", ListOf(form["undertakings"]));
        if (Changed("fee")) Say("fee", Word(form["fee"]));
        if (Changed("completeness", "completenessDays", "completenessEvery", "timeliness", "timelinessEvery")) Say("quality", QualityOf(form, before));
        if (until is not null) said["validTo"] = until;
        return Further(form["terms"], said) is { } unread ? unread : ElementOf(said);
    }

    // The first floor of a measure is the one in the fields.
    private static QualityFloor? Shown(AgreementTerms terms, QualityMeasure measure) => terms.Quality.FirstOrDefault(floor => floor.Measure == measure);

    private static IEnumerable<QualityFloor> WithoutFields(AgreementTerms terms) =>
        terms.Quality.Where(floor => !Measured.Contains(floor.Measure) || floor != Shown(terms, floor.Measure));

    private static JsonArray? QualityOf(FormFields form, AgreementTerms? before)
    {
        var floors = new JsonArray();
        foreach (var measure in Measured)
        {
            var name = Words.Of(measure);
            var (percent, days, every) = (ValueOf(form[name]), ValueOf(form[name + "Days"]), ValueOf(form[name + "Every"]));
            // Without its percentage a floor is sent on as none that can be read, so that the agreement is refused by its clause.
            if (percent is not null || days is not null || every is not null)
                floors.Add(ObjectOf(("measure", name), ("percentMin", percent ?? ""), ("days", days), ("everySeconds", every)));
        }

        // What has no field stays.
        foreach (var floor in before is null ? [] : WithoutFields(before))
            floors.Add(JsonSerializer.SerializeToNode(floor, SharingJson.Wire.QualityFloor));
        return floors.Count == 0 ? null : floors;
    }

    private static string[] FieldsOf(string clause) => clause switch
    {
        "granularity" => ["spaceMetres", "timeSeconds"],
        "retention" => ["retentionDays", "retentionStart", "retentionThen"],
        "limits" => ["requests", "rows"],
        "quality" => ["completeness", "completenessDays", "completenessEvery", "timeliness", "timelinessEvery"],
        "legalBasis" or "fields" or "onward" or "jurisdictions" or "undertakings" or "fee" => [clause],
        _ => [],
    };

    private static Problem? Further(string text, JsonObject said)
    {
        if (text.Trim() is not { Length: > 0 } json) return null;
        try
        {
            if (JsonNode.Parse(json, documentOptions: new() { MaxDepth = Identity.Http.StrictJson.DepthMax, AllowDuplicateProperties = false })
                is not JsonObject read) return NoClauses;
            foreach (var (name, value) in read.ToList())
            {
                read.Remove(name);
                // Written once, so that half a letter in a value is found here too.
                _ = value?.ToJsonString();
                said[name] = value;
            }

            return null;
        }
        // A name with half a letter is read as no name when it is asked for.
        catch (Exception error) when (error is JsonException or InvalidOperationException)
        {
            return NoClauses;
        }
    }

    private static JsonElement ElementOf(JsonObject said)
    {
        using var document = JsonDocument.Parse(said.ToJsonString());
        return document.RootElement.Clone();
    }

    private static JsonObject? ObjectOf(params ReadOnlySpan<(string Name, JsonNode? Value)> members)
    {
        var whole = new JsonObject();
        foreach (var (name, value) in members)
            if (value is not null) whole[name] = value;
        return whole.Count == 0 ? null : whole;
    }

    private static JsonArray? ListOf(string text) =>
        text.Split([',', ';', '\n', '\r'], StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries) is { Length: > 0 } list
            ? [.. list.Select(entry => (JsonNode?)entry)] : null;

    // A number that cannot be read is sent on as it is, so that the agreement is refused by its clause.
    private static JsonNode? ValueOf(string text) =>
        text.Trim() is not { Length: > 0 } value ? null
        : long.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : value;

    private static JsonNode? Word(string text) => text.Trim() is { Length: > 0 } word ? word : null;

    private static string Text(int? number) => number?.ToString(CultureInfo.InvariantCulture) ?? "";

    private static string Number(long number) => number == 0 ? "" : number.ToString(CultureInfo.InvariantCulture);

    private static Problem NoClauses { get; } = Identity.Http.StrictJson.InvalidProperty(
        "terms", "The clauses are one JSON object, such as {\"fee\": \"none\"}.");
}

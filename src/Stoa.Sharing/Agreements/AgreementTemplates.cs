using System.Text.Json;
using System.Text.Json.Nodes;
using Stoa.Identity.Http;
using Stoa.Sharing.Records;
using Stoa.Storage;
using Stoa.Vocabulary;

namespace Stoa.Sharing.Agreements;

/// <summary>Clauses to begin an agreement with.</summary>
/// <param name="Name">Its name in requests.</param>
/// <param name="Title">Its name for people.</param>
/// <param name="About">When it fits.</param>
/// <param name="Days">How long an agreement of it runs when nothing else is said.</param>
/// <param name="Terms">Clauses; without sides, datasets and times.</param>
internal sealed record AgreementTemplate(string Name, string Title, string About, int Days, JsonElement Terms);

/// <summary>Every template.</summary>
/// <param name="Value">The entries, those of the program first.</param>
internal sealed record AgreementTemplateList(IReadOnlyList<AgreementTemplate> Value);

/// <summary>The templates: a few of the program, and those that the office adds.</summary>
internal static class AgreementTemplates
{
    /// <summary>Most templates of the office: one page to choose from.</summary>
    public const int CountMax = 200;

    /// <summary>What an agreement is made of when nothing else is said.</summary>
    public const string Default = "plain";

    private static readonly string[] NotHere = ["id", "version", "provider", "consumer", "datasets", "validFrom", "validTo"];

    /// <summary>How they are kept.</summary>
    public static RecordType<AgreementTemplate> Type { get; } = new(
        RecordKind.AgreementTemplate, AgreementJson.Wire.AgreementTemplate, (one, _) => one, one => new() { Seat = $"template {one.Name}" });

    /// <summary>Those that come with the program.</summary>
    public static IReadOnlyList<AgreementTemplate> OfProgram { get; } =
    [
        Of(Default, "Plain access", "Data that are not about people, for one purpose, not to be passed on.", 365,
            """{"onward":"none","retention":{"start":"endOfAgreement","days":30,"then":"delete"}}"""),
        Of("operations", "Operation of infrastructure", "Operators who need each other's data to keep networks running.", 730,
            """
            {"onward":"none","retention":{"start":"receipt","days":365,"then":"delete"},
             "obligations":[{"kind":"notify","trigger":"incident","days":2,"suspends":false,"evidence":"what happened, and what was done"}]}
            """),
        Of("research", "Research", "Universities and institutes: results are published, data are not.", 1095,
            """
            {"onward":"none","retention":{"start":"endOfAgreement","days":90,"then":"delete"},
             "obligations":[{"kind":"attribute","trigger":"receipt","days":365,"suspends":false,"evidence":"where the source is named"},
              {"kind":"report","trigger":"endOfAgreement","days":60,"suspends":false,"evidence":"the results, or where they are found"}]}
            """),
        Of("service", "Service to citizens", "A product or service that shows the data, named with their source.", 365,
            """
            {"onward":"sameTerms",
             "obligations":[{"kind":"attribute","trigger":"receipt","days":30,"suspends":true,"evidence":"where the source is named"}]}
            """),
    ];

    /// <summary>All of them.</summary>
    public static List<AgreementTemplate> All(Session session) =>
    [
        .. OfProgram,
        .. GovernedRecords.List(session, Type, default, new Page(CountMax, 0)).Select(record => record.Content)
            .OrderBy(one => one.Name, StringComparer.Ordinal),
    ];

    /// <summary>The template of that name, or null.</summary>
    public static AgreementTemplate? Find(Session session, string name) =>
        OfProgram.FirstOrDefault(one => one.Name == name) ??
        (TextRules.CheckLine("template", name, AgreementCheck.TextLengthMax) is null ? Kept(session, name) : null);

    private static AgreementTemplate? Kept(Session session, string name) =>
        GovernedRecords.FindBySeat(session, Type, $"template {name}")?.Content;

    /// <summary>Keeps a template of the office, or takes the place of the one of that name.</summary>
    public static Result<AgreementTemplate> Put(WriteSession session, AgreementTemplate template, Acting by, Instant now)
    {
        if (FaultOf(template) is { } fault) return fault;
        var act = new RecordAct("put", by.Party, by.Person, Transitions.Actor.Officer);
        var there = GovernedRecords.FindBySeat(session, Type, $"template {template.Name}");
        if (there is null && GovernedRecords.Count(session, Type, default) >= CountMax) return TooMany;
        var kept = there is null
            ? GovernedRecords.Insert(session, Type, template, act, now)
            : GovernedRecords.Update(session, Type, there, template, act, now);
        return kept.TryGet(out var record, out var problem) ? record.Content : problem;
    }

    private static Problem? FaultOf(AgreementTemplate template)
    {
        if (OfProgram.Any(one => one.Name == template.Name))
            return StrictJson.InvalidProperty("name", "A template of the program has that name.");
        if (!template.Name.All(letter => letter is (>= 'a' and <= 'z') or (>= '0' and <= '9') or '-') || template.Name.Length is 0 or > 63)
            return StrictJson.InvalidProperty("name", "A name takes 1 to 63 characters of a-z, 0-9 and hyphens.");
        if (template.Title.Trim().Length is 0 or > 200) return StrictJson.InvalidProperty("title", "A title takes 1 to 200 characters.");
        if (template.About.Length > AgreementCheck.TextLengthMax)
            return StrictJson.InvalidProperty("about", $"At most {AgreementCheck.TextLengthMax} characters.");
        if (template.Days is < 1 or > AgreementCheck.DaysMax)
            return StrictJson.InvalidProperty("days", $"1 to {AgreementCheck.DaysMax} days.");
        if (template.Terms.ValueKind != JsonValueKind.Object) return StrictJson.InvalidProperty("terms", "The clauses are a JSON object.");
        foreach (var member in template.Terms.EnumerateObject())
            if (NotHere.Contains(member.Name)) return AgreementText.NotEvaluable(member.Name, "A template says nothing of this clause.");
        var whole = JsonNode.Parse(template.Terms.GetRawText())!.AsObject();
        (whole["id"], whole["version"], whole["provider"], whole["consumer"]) = (0, 1, 1, 2);
        (whole["datasets"], whole["validFrom"], whole["validTo"]) = (new JsonArray(), "2026-01-01T00:00:00Z", "2027-01-01T00:00:00Z");
        whole["purposes"] ??= new JsonArray();
        return AgreementText.Read(System.Text.Encoding.UTF8.GetBytes(whole.ToJsonString())).TryGet(out _, out var problem) ? null : problem;
    }

    private static AgreementTemplate Of(string name, string title, string about, int days, string terms)
    {
        using var document = JsonDocument.Parse(terms);
        return new(name, title, about, days, document.RootElement.Clone());
    }

    private static Problem TooMany { get; } = new Problem(409, "conflict", "There are too many templates",
        $"At most {CountMax} are kept. Change one of those there are.").With("limit", CountMax);
}

using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Stoa.Identity.Http;
using Stoa.Sharing.Policy;
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
internal sealed record AgreementTemplate(string Name, string Title, string About, int Days, JsonElement Terms)
{
    /// <summary>Since when no draft begins with it; null while it is offered.</summary>
    public Instant? RetiredAt { get; init; }
}

/// <summary>From which template an agreement was made.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Version">The version that was offered then.</param>
internal sealed record TemplateOrigin(string Name, int Version);

/// <summary>The templates: a few of the program, and those that the office adds.</summary>
/// <remarks>Each version is a revision of the record. Retiring is the last one, and makes no version; the name stays taken, since agreements name it.</remarks>
internal static class AgreementTemplates
{
    /// <summary>Most templates of the office that are offered: one page to choose from.</summary>
    public const int CountMax = 200;

    /// <summary>Most versions of one template: its page lists them all.</summary>
    public const int VersionsMax = 100;

    /// <summary>Longest name for people, in characters.</summary>
    public const int TitleLengthMax = 200;

    /// <summary>What an agreement is made of when nothing else is said.</summary>
    public const string Default = "plain";

    private static readonly string[] NotHere = ["id", "version", "provider", "consumer", "datasets", "validFrom", "validTo"];

    /// <summary>How they are kept.</summary>
    public static RecordType<AgreementTemplate> Type { get; } = new(
        RecordKind.AgreementTemplate, AgreementJson.Wire.AgreementTemplate, (one, _) => one, one => new()
        {
            State = one.RetiredAt is null ? RecordTypes.InForce : RecordTypes.Revoked,
            Seat = $"template {one.Name}",
        });

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

    /// <summary>All that are offered, those of the program first.</summary>
    public static List<AgreementTemplate> Offered(Session session) =>
        [.. OfProgram, .. Kept(session).Select(record => record.Content)];

    /// <summary>Those of the office that are offered, by name.</summary>
    public static IEnumerable<GovernedRecord<AgreementTemplate>> Kept(Session session) =>
        GovernedRecords.List(session, Type, new(State: RecordTypes.InForce), new Page(CountMax, 0))
            .OrderBy(record => record.Content.Name, StringComparer.Ordinal);

    /// <summary>The template of that name that is offered, or null.</summary>
    public static AgreementTemplate? Find(Session session, string name) =>
        OfProgramNamed(name) ?? (FindKept(session, name) is { Content.RetiredAt: null } kept ? kept.Content : null);

    /// <summary>What an agreement that is made of a template now remembers; null where there is none of that name.</summary>
    public static TemplateOrigin? OriginOf(Session session, string? name) =>
        name is null ? null
        : OfProgramNamed(name) is not null ? new(name, 1)
        : FindKept(session, name) is { } kept ? new(name, VersionOf(kept)) : null;

    /// <summary>The program's template of that name, or null.</summary>
    public static AgreementTemplate? OfProgramNamed(string name) => OfProgram.FirstOrDefault(one => one.Name == name);

    /// <summary>The office's template of that name, offered or retired; or null.</summary>
    public static GovernedRecord<AgreementTemplate>? FindKept(Session session, string name) =>
        TextRules.CheckSlug("template", name) is null ? GovernedRecords.FindBySeat(session, Type, $"template {name}") : null;

    /// <summary>Which version a template is at.</summary>
    public static int VersionOf(GovernedRecord<AgreementTemplate> record) =>
        record.Content.RetiredAt is null ? record.Revision : record.Revision - 1;

    /// <summary>The clauses of an agreement that a template can say: all but sides, datasets and times, and what is said by saying nothing.</summary>
    public static JsonObject ClausesOf(AgreementTerms terms)
    {
        var silent = Parse(AgreementText.Of(Silent));
        var said = Parse(AgreementText.Of(terms));
        foreach (var (name, value) in said.ToList())
            if (NotHere.Contains(name) || JsonNode.DeepEquals(value, silent[name])) said.Remove(name);
        return said;
    }

    /// <summary>The clauses of a template as terms whose sides, datasets and times say nothing.</summary>
    public static Result<AgreementTerms> TermsOf(JsonElement clauses)
    {
        var whole = Parse(AgreementText.Of(Silent));
        foreach (var clause in clauses.EnumerateObject()) whole[clause.Name] = JsonNode.Parse(clause.Value.GetRawText());
        return AgreementText.Read(Encoding.UTF8.GetBytes(whole.ToJsonString()));
    }

    /// <summary>Why the clauses of a template cannot be kept; null when they can.</summary>
    public static Problem? FaultOf(Session session, JsonElement clauses)
    {
        if (clauses.ValueKind != JsonValueKind.Object) return StrictJson.InvalidProperty("terms", "The clauses are a JSON object.");
        foreach (var member in clauses.EnumerateObject())
            if (NotHere.Contains(member.Name)) return AgreementText.NotEvaluable(member.Name, "A template says nothing of this clause.");
        if (!TermsOf(clauses).TryGet(out var terms, out var problem)) return problem;
        // Which dataset it will be about, and for what, is not known yet: its fields and the law about them are looked at with an agreement.
        var some = new GovernedDataset { Id = Silent.Datasets[0] };
        foreach (var fault in AgreementCheck.Check(terms, SharedDatasets.Purposes(session), new Dictionary<DatasetId, GovernedDataset> { [some.Id] = some }))
            if (fault.Clause != "fields" && !(fault.Clause == "purposes" && terms.Purposes.IsEmpty))
                return AgreementText.NotEvaluable(fault.Clause, fault.Advice);
        return null;
    }

    private static AgreementTerms Silent { get; } = new()
    {
        Id = default, Version = 1, Provider = new(1), Consumer = new(2), Datasets = [new(1)], Purposes = [], ValidFrom = new(0), ValidTo = new(1),
    };

    private static JsonObject Parse(byte[] terms) =>
        JsonNode.Parse(terms)?.AsObject() ?? throw new InvalidOperationException("Terms are an object.");

    private static AgreementTemplate Of(string name, string title, string about, int days, string terms)
    {
        using var document = JsonDocument.Parse(terms);
        return new(name, title, about, days, document.RootElement.Clone());
    }
}

using System.Collections.Immutable;
using System.ComponentModel;
using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;
using Stoa.Identity.Http;
using Stoa.Ledger.Canonical;
using Stoa.Sharing.Agreements;
using Stoa.Sharing.Policy;
using Stoa.Sharing.Purposes;
using Stoa.Sharing.Recording;
using Stoa.Sharing.Records;
using Stoa.Sharing.Roles;
using Stoa.Sharing.Rules;
using Stoa.Vocabulary;

namespace Stoa.Sharing.Spectrum;

/// <summary>A criterion of a group, on the wire.</summary>
internal sealed record CriterionDraft
{
    [Description("Type of a verified claim, or category for the party's user group.")]
    public string? ClaimType { get; init; }

    [Description("One of these must be the claim's value.")]
    public IReadOnlyList<string>? Values { get; init; }
}

/// <summary>Terms in one version, on the wire.</summary>
internal sealed record TermsReferenceDraft
{
    [Description("Name of the terms.")]
    public string? Name { get; init; }

    [Description("Their version.")]
    public int? Version { get; init; }
}

/// <summary>An assessment of harm, on the wire.</summary>
internal sealed record HarmDraft
{
    [Description("Harm to persons: none, low, medium or high.")]
    public string? Person { get; init; }

    [Description("Harm to assets: none, low, medium or high.")]
    public string? Asset { get; init; }

    [Description("Harm to the city: none, low, medium or high.")]
    public string? City { get; init; }

    [Description("Whether the site is one of major hazards: then two people decide.")]
    public bool Hazardous { get; init; }
}

/// <summary>A line of the legal checklist, on the wire.</summary>
internal sealed record RequirementDraft
{
    [Description("The requirement of the law.")]
    public string? Name { get; init; }

    [Description("open, satisfied or exempted.")]
    public string? State { get; init; }

    [Description("Where that stands.")]
    public string? Reference { get; init; }
}

/// <summary>The draft of a classification, as a caller sends it (ISO 37156, 5.5).</summary>
internal sealed record ClassificationDraft
{
    /// <summary>Most parties by name, criteria, values of a criterion, and lines of a checklist.</summary>
    public const int NamedMax = 1000, CriteriaMax = 20, ValuesMax = 100, ChecklistMax = 100;

    /// <summary>Longest claim type, value or name, in characters.</summary>
    public const int NameLengthMax = 200;

    /// <summary>Longest text of conditions, in bytes.</summary>
    public const int ConditionsBytesMax = 16 * 1024;

    [Description("closed, specific, group, public or open.")]
    public string? Level { get; init; }

    [Description("Of the level specific: ids of parties.")]
    public IReadOnlyList<long>? Named { get; init; }

    [Description("Of the level group: all must hold.")]
    public IReadOnlyList<CriterionDraft>? Criteria { get; init; }

    [Description("Of the level public: the terms to accept.")]
    public TermsReferenceDraft? Terms { get; init; }

    [Description("SPDX identifier or web address. The level open needs one that conforms to the Open Definition.")]
    public string? Licence { get; init; }

    [Description("What is left of the use: fields, purposes, granularity and so on. The level open takes none.")]
    public JsonElement? Conditions { get; init; }

    [Description("The harm that publication could do. Needed toward open.")]
    public HarmDraft? Harm { get; init; }

    [Description("The legal checklist. Needed toward open, each line satisfied or exempted.")]
    public IReadOnlyList<RequirementDraft>? Checklist { get; init; }

    [Description("Why.")]
    public string? Reason { get; init; }

    [Description("The last day on which the review is in time, such as 2027-01-31.")]
    public string? ReviewBy { get; init; }

    [Description("submit or close to do that at once with what is drafted here.")]
    public string? Move { get; init; }

    [Description("Id of the party that drafts; may be left out when it can only be one. 0 is the exchange itself.")]
    public long? For { get; init; }

    /// <summary>What is drafted, or why it cannot be read. Whether it is complete is asked when it is submitted.</summary>
    public Result<Classification> ToClassification(DatasetId dataset, PurposeTree purposes, PartyId by, Instant now)
    {
        if (!SpectrumClasses.TryParse(Level, out var level))
            return StrictJson.InvalidProperty("level", "'level' takes one of closed, specific, group, public, open.");
        if (CheckLists() is { } problem) return problem;
        if (!ReadConditions(purposes).TryGet(out var conditions, out var unfit)) return unfit;
        if (!ReadHarm(by, now).TryGet(out var harm, out var unread)) return unread;
        DateOnly? review = DateOnly.TryParseExact(ReviewBy, "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out var day)
            ? day : null;
        if (ReviewBy is not null && review is null)
            return StrictJson.InvalidProperty("reviewBy", "'reviewBy' takes a day such as 2027-01-31.");
        return new Classification
        {
            Id = default,
            Dataset = dataset,
            Level = level,
            State = ClassificationState.Draft,
            Named = [.. (Named ?? []).Distinct().Select(id => new PartyId(id))],
            Criteria = [.. (Criteria ?? []).Select(one => new GroupCriterion(one.ClaimType!, [.. one.Values!.Distinct()]))],
            Terms = Terms is { } terms ? new(terms.Name!, terms.Version!.Value) : null,
            Licence = Licences.FindOpen(Licence)?.Id ?? Licence,
            Conditions = conditions,
            Harm = harm.Length == 0 ? null : harm[0],
            Checklist = [.. (Checklist ?? []).Select(line => new LegalRequirement(line.Name!, StateOf(line.State), line.Reference))],
            Reason = Reason ?? "",
            ReviewBy = review,
        };
    }

    private Problem? CheckLists() =>
        Governing.CheckReason(Reason) ??
        TooMany("named", Named?.Count, NamedMax) ??
        TooMany("criteria", Criteria?.Count, CriteriaMax) ??
        TooMany("checklist", Checklist?.Count, ChecklistMax) ??
        (Licence is null || Licences.IsWellFormed(Licence)
            ? null
            : StrictJson.InvalidProperty("licence", "'licence' takes an SPDX identifier such as CC-BY-4.0, or a web address.")) ??
        (Terms is { Name: null } or { Version: null } ? TextRules.Missing("terms") : null) ??
        (Criteria ?? []).Select(CheckCriterion).FirstOrDefault(problem => problem is not null) ??
        (Checklist ?? []).Select(CheckLine).FirstOrDefault(problem => problem is not null);

    private static Problem? CheckCriterion(CriterionDraft one) => one is null
        ? TextRules.Missing("criteria")
        : TextRules.CheckLine("criteria", one.ClaimType, NameLengthMax) ??
            TooMany("criteria", one.Values?.Count ?? 0, ValuesMax) ??
            (one.Values is null ? TextRules.Missing("criteria") : null) ??
            one.Values!.Select(value => TextRules.CheckLine("criteria", value, NameLengthMax)).FirstOrDefault(problem => problem is not null);

    private static Problem? CheckLine(RequirementDraft line) => line is null
        ? TextRules.Missing("checklist")
        : TextRules.CheckLine("checklist", line.Name, NameLengthMax) ??
            TextRules.CheckText("checklist", line.Reference, Governing.ReasonLengthMax) ??
            (Words<LegalRequirementState>.TryParse(line.State, out _) ? null : RoleDraft.NotAWord<LegalRequirementState>("checklist"));

    private static LegalRequirementState StateOf(string? word) =>
        Words<LegalRequirementState>.TryParse(word, out var state) ? state : LegalRequirementState.Open;

    // A list of none or one: absence is no value that a result could carry.
    private Result<HarmAssessment[]> ReadHarm(PartyId by, Instant now)
    {
        if (Harm is null) return Array.Empty<HarmAssessment>();
        return Words<HarmLevel>.TryParse(Harm.Person, out var person) && Words<HarmLevel>.TryParse(Harm.Asset, out var asset) &&
            Words<HarmLevel>.TryParse(Harm.City, out var city)
            ? new HarmAssessment[] { new(person, asset, city, Harm.Hazardous, by, now) }
            : RoleDraft.NotAWord<HarmLevel>("harm");
    }

    private Result<Restriction> ReadConditions(PurposeTree purposes)
    {
        if (Conditions is not { ValueKind: not JsonValueKind.Null } element) return Restriction.None;
        if (element.GetRawText().Length > ConditionsBytesMax)
            return TextRules.TooLong("conditions", ConditionsBytesMax);
        if (!RestrictionText.TryRead(element, out var read, out _))
            return StrictJson.InvalidProperty("conditions", "'conditions' takes the members that docs/sharing.md names, and no others.");
        if ((read.Fields ?? []).Concat(read.FieldsLeftOut).Concat(read.Jurisdictions ?? []).Any(text => text is null))
            return StrictJson.InvalidProperty("conditions", "Lists in 'conditions' hold texts.");
        var named = (read.Purposes ?? []).Concat(read.PurposesLeftOut);
        if (named.Any(purpose => !purposes.IsOffered(purpose)))
            return StrictJson.InvalidProperty("conditions", "A purpose in 'conditions' is not known here.");
        return read.Granularity is { SpaceMetres: >= 0, TimeSeconds: >= 0, CellMinimum: >= 0 } &&
            read.Limits is { RequestsPerMinute: >= 0, RowsPerDay: >= 0 and <= AgreementCheck.RowsPerDayMax } &&
            read.Hours is not ({ FromMinute: < 0 or > 1440 } or { UntilMinute: < 0 or > 1440 })
            ? read
            : StrictJson.InvalidProperty("conditions", "Numbers in 'conditions' are not negative, and minutes of a day end at 1440.");
    }

    private static Problem? TooMany(string property, int? count, int max) => count > max
        ? StrictJson.InvalidProperty(property, $"'{property}' takes at most {max} entries.").With("limit", max)
        : null;
}

/// <summary>A classification on the wire. Who may see the dataset and does not govern it gets level, terms, licence, criteria and review.</summary>
internal sealed record ClassificationView(
    long Id, string Dataset, string Level, string State, IReadOnlyList<long>? Named, IReadOnlyList<CriterionDraft>? Criteria,
    TermsReferenceDraft? Terms, string? Licence, JsonElement? Conditions, HarmDraft? Harm, IReadOnlyList<RequirementDraft>? Checklist,
    string? Reason, string? ReviewBy, IReadOnlyList<string>? Moves, IReadOnlyList<MoveView>? History,
    bool? Provisional = null)
{
    public static ClassificationView Of(Classification one, string dataset) => new(
        one.Id.Value, dataset, one.Level.ToWord(), Words<ClassificationState>.Of(one.State), null,
        one.Criteria.IsEmpty ? null : [.. one.Criteria.Select(criterion => new CriterionDraft { ClaimType = criterion.ClaimType, Values = criterion.Values })],
        one.Terms is { } terms ? new() { Name = terms.Terms, Version = terms.Version } : null, one.Licence, null, null, null, null,
        one.ReviewBy?.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture), null, null, one.IsProvisional ? true : null);

    public static ClassificationView Of(
        Classification one, string dataset, IReadOnlyList<string> moves, IReadOnlyList<MoveView>? history) => Of(one, dataset) with
        {
            Named = one.Named.IsEmpty ? null : [.. one.Named.Select(party => party.Value)],
            Conditions = CanonicalJson.AreEqual(one.Conditions, Restriction.None, SharingJson.Wire.Restriction)
                ? null : JsonSerializer.SerializeToElement(one.Conditions, SharingJson.Wire.Restriction),
            Harm = one.Harm is { } harm ? new()
            {
                Person = Words<HarmLevel>.Of(harm.Person), Asset = Words<HarmLevel>.Of(harm.Asset), City = Words<HarmLevel>.Of(harm.City),
                Hazardous = harm.IsHazardous,
            }
            : null,
            Checklist = one.Checklist.IsEmpty ? null : [.. one.Checklist.Select(line => new RequirementDraft
            {
                Name = line.Name, State = Words<LegalRequirementState>.Of(line.State), Reference = line.Reference,
            })],
            Reason = one.Reason.Length == 0 ? null : one.Reason,
            Moves = moves,
            History = history,
        };
}

/// <summary>One page of classifications, newest first.</summary>
internal sealed record ClassificationPage(IReadOnlyList<ClassificationView> Value, long Count, string? NextLink);

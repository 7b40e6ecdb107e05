using System.Collections.Frozen;
using Stoa.Sharing.Records;

namespace Stoa.Sharing.Erasure;

/// <summary>Which members of governed records hold what somebody wrote in words of their own, and which do not.</summary>
/// <remarks>A test holds both lists against the types: a text that is added must be in one of them.</remarks>
internal static class RecordTexts
{
    /// <summary>Words of whoever wrote the record, by the path of the member below the record; * stands for each of a list.</summary>
    public static FrozenDictionary<RecordKind, string[]> Written { get; } = new Dictionary<RecordKind, string[]>
    {
        [RecordKind.Classification] = ["reason", "checklist.*.name", "checklist.*.reference"],
        [RecordKind.Obligation] = ["evidenceNote", "evidenceHash"],
        [RecordKind.AccessRequest] = ["statement"],
        [RecordKind.Claim] = ["claim.value", "evidenceHash"],
        [RecordKind.Emergency] = ["legalReference"],
        [RecordKind.Exemption] = ["reference"],
        [RecordKind.CompatibilityTest] =
            ["grounds", "factors.link", "factors.context", "factors.nature", "factors.consequences", "factors.safeguards"],
        [RecordKind.Declassification] = ["grounds"],
        [RecordKind.Correction] = ["present", "proposed", "reason", "evidence"],
        [RecordKind.Lineage] = ["process"],
    }.ToFrozenDictionary();

    /// <summary>Those that are JSON themselves.</summary>
    public static FrozenSet<string> Json { get; } = FrozenSet.Create("present", "proposed");

    /// <summary>Those that may be left out, and say something by their form: what stood there is left out.</summary>
    public static FrozenSet<string> LeftOut { get; } = FrozenSet.Create("evidenceHash");

    /// <summary>What stays: words of the program, names that others refer to, and texts that were signed, accepted or published, and whose digest others hold.</summary>
    public static FrozenDictionary<RecordKind, string[]> Kept { get; } = new Dictionary<RecordKind, string[]>
    {
        [RecordKind.Role] = ["purpose"],
        [RecordKind.Classification] =
            ["criteria.*.claimType", "criteria.*.values.*", "terms.terms", "licence", "conditions.fields.*", "conditions.fieldsLeftOut.*",
             "conditions.purposes.*", "conditions.purposesLeftOut.*", "conditions.jurisdictions.*"],
        [RecordKind.Agreement] = ["terms.*", "template.name", "signatures.*.termsHash", "approval.termsHash", "undertakings.*.name", "undertakings.*.documentHash"],
        [RecordKind.AccessRequest] = ["purpose", "fields.*"],
        [RecordKind.Claim] = ["claim.type"],
        [RecordKind.Terms] = ["name", "title", "text"],
        [RecordKind.TermsAcceptance] = ["terms", "textHash"],
        [RecordKind.Dataset] = ["fields.*.name", "fields.*.neededFor.*"],
        [RecordKind.Rule] =
            ["name", "restriction.fields.*", "restriction.fieldsLeftOut.*", "restriction.purposes.*", "restriction.purposesLeftOut.*",
             "restriction.jurisdictions.*"],
        [RecordKind.CompatibilityTest] = ["to"],
        [RecordKind.Purpose] = ["id", "parents.*", "english", "german", "description"],
        [RecordKind.AgreementTemplate] = ["name", "title", "about", "terms"],
        [RecordKind.Correction] = ["entity", "field"],
    }.ToFrozenDictionary();
}

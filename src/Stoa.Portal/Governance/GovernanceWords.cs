using Stoa.Sharing.Agreements;
using Stoa.Portal.Layout;
using Stoa.Sharing.Policy;
using Stoa.Sharing.Recording;
using Stoa.Sharing.Roles;
using Stoa.Sharing.Spectrum;
using Stoa.Vocabulary;

namespace Stoa.Portal.Governance;

/// <summary>How what is governed is said to people.</summary>
internal static class GovernanceWords
{
    internal static string Of(DataRole role) => role switch
    {
        DataRole.Creator => "Creator",
        DataRole.Owner => "Owner",
        DataRole.Custodian => "Custodian",
        DataRole.PrimaryPublisher => "Primary publisher",
        DataRole.SecondaryPublisher => "Secondary publisher",
        DataRole.User => "User",
        _ => throw new ArgumentOutOfRangeException(nameof(role), role, "Unknown role."),
    };

    internal static string Of(UserGroup group) => group switch
    {
        UserGroup.CityOrganization => "An organization of the city",
        UserGroup.ThirdSector => "A charity or association",
        UserGroup.Business => "A business",
        UserGroup.Citizen => "A citizen",
        UserGroup.Academia => "A university or institute",
        UserGroup.OtherCity => "Another city",
        _ => throw new ArgumentOutOfRangeException(nameof(group), group, "Unknown group."),
    };

    internal static string Of(ClassificationState state) => state switch
    {
        ClassificationState.Draft => "draft",
        ClassificationState.InReview => "waits for the other side",
        ClassificationState.Approved => "approved",
        ClassificationState.Effective => "in force",
        ClassificationState.Superseded => "over",
        ClassificationState.Frozen => "frozen",
        _ => throw new ArgumentOutOfRangeException(nameof(state), state, "Unknown state."),
    };

    internal static string Of(LegalBasis basis) => basis switch
    {
        LegalBasis.NotPersonal => "not about people",
        LegalBasis.Consent => "consent",
        LegalBasis.Contract => "contract",
        LegalBasis.LegalObligation => "legal obligation",
        LegalBasis.VitalInterest => "vital interest",
        LegalBasis.PublicTask => "public task",
        LegalBasis.LegitimateInterest => "legitimate interest",
        _ => throw new ArgumentOutOfRangeException(nameof(basis), basis, "Unknown basis."),
    };

    /// <summary>What a delegation lets do.</summary>
    internal static string Of(Delegation one) => Delegated(one.Action, one.LevelMax);

    /// <summary>What a delegation lets do, and where it stands.</summary>
    internal static (string What, string State) Of(DelegationView one) => (
        Words<DataAction>.TryParse(one.Action, out var action) && SpectrumClasses.TryParse(one.LevelMax, out var level)
            ? Delegated(action, level) : one.Action,
        one.State switch
        {
            "offered" => "offered, waits to be accepted",
            "accepted" => "accepted, waits for its giver's role",
            "active" => "in force",
            "revoked" => "ended",
            "expired" => "over",
            _ => one.State,
        });

    private static string Delegated(DataAction action, SpectrumClass level) =>
        $"{(action == DataAction.Grant ? "grants access" : "publishes")} up to “{Wording.Spectrum(level)}”";

    /// <summary>The moves as buttons say them.</summary>
    internal static string OfMove(string move) => move switch
    {
        "accept" => "Accept",
        "decline" => "Decline",
        "revoke" => "End",
        "withdraw" => "Withdraw",
        "dispute" => "Dispute",
        "confirm" => "Confirm",
        "end" => "End",
        "submit" => "Submit",
        "approve" => "Approve",
        "return" => "Return",
        "close" => "Put in force",
        "takeEffect" => "Put in force",
        "freeze" => "Freeze",
        "release" => "Release",
        "activate" => "Begin",
        _ => move,
    };

    /// <summary>What a level asks for, in one line; named parties as their number, since not everybody may know them.</summary>
    internal static string Asks(Classification? one) => one switch
    {
        null => "",
        { Level: SpectrumClass.SharedSpecific } => one.Named.Length == 1 ? "1 party by name" : $"{one.Named.Length} parties by name",
        { Level: SpectrumClass.SharedGroup } =>
            string.Join("; ", one.Criteria.Select(criterion => $"{criterion.ClaimType}: {string.Join(" or ", criterion.Values)}")),
        { Level: SpectrumClass.SharedPublic, Terms: { } terms } => $"Terms “{terms.Terms}”, version {terms.Version}",
        { Level: SpectrumClass.Open, Licence: { } licence } => $"Licence {licence}",
        _ => "",
    };

    internal static ReasonView Of(Reason reason, string language)
    {
        var meaning = ReasonCodes.Of(reason.Code);
        var isGerman = language.StartsWith("de", StringComparison.OrdinalIgnoreCase);
        var text = meaning.In(language);
        return new(meaning.Word, text.Text, text.Remedy, meaning.Clause, isGerman ? "de" : "en", reason.About);
    }

    /// <summary>Why: of a refusal every reason once, of a permit its notes.</summary>
    internal static IReadOnlyList<ReasonView> Of(Decision decision, string language) =>
        [.. decision.Reasons.Where(reason => decision.IsPermitted || ReasonCodes.Of(reason.Code).Kind != ReasonKind.Note)
            .DistinctBy(reason => (reason.Code, reason.About)).Select(reason => Of(reason, language))];
}

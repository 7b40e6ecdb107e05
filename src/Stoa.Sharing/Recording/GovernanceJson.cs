using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using Stoa.Identity.Http;
using Stoa.Sharing.Corrections;
using Stoa.Sharing.Parties;
using Stoa.Sharing.Policy;
using Stoa.Sharing.Records;
using Stoa.Sharing.Roles;
using Stoa.Sharing.Rules;
using Stoa.Sharing.Spectrum;
using Stoa.Vocabulary;

namespace Stoa.Sharing.Recording;

/// <summary>The JSON shapes of roles, levels, claims and terms on the wire, and of the records that belong to them alone.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
    Converters = [typeof(InstantJson), typeof(SpectrumJson), typeof(DatasetIdJson), typeof(PartyIdJson)])]
[JsonSerializable(typeof(MoveDraft))]
[JsonSerializable(typeof(RoleDraft))]
[JsonSerializable(typeof(RoleView))]
[JsonSerializable(typeof(RolePage))]
[JsonSerializable(typeof(RoleTableView))]
[JsonSerializable(typeof(DelegationDraft))]
[JsonSerializable(typeof(DelegationView))]
[JsonSerializable(typeof(DelegationPage))]
[JsonSerializable(typeof(ClassificationDraft))]
[JsonSerializable(typeof(ClassificationView))]
[JsonSerializable(typeof(ClassificationPage))]
[JsonSerializable(typeof(FactsDraft))]
[JsonSerializable(typeof(FactsView))]
[JsonSerializable(typeof(DeclassificationDraft))]
[JsonSerializable(typeof(Lineage))]
[JsonSerializable(typeof(Declassification))]
[JsonSerializable(typeof(Correction))]
[JsonSerializable(typeof(CorrectionDraft))]
[JsonSerializable(typeof(CorrectionView))]
[JsonSerializable(typeof(CorrectionPage))]
[JsonSerializable(typeof(ClaimDraft))]
[JsonSerializable(typeof(ClaimView))]
[JsonSerializable(typeof(ClaimPage))]
[JsonSerializable(typeof(TermsDraft))]
[JsonSerializable(typeof(TermsView))]
[JsonSerializable(typeof(TermsPage))]
[JsonSerializable(typeof(AcceptanceDraft))]
[JsonSerializable(typeof(ReceiptView))]
[JsonSerializable(typeof(ReceiptPage))]
[JsonSerializable(typeof(BlockDraft))]
[JsonSerializable(typeof(BlockView))]
[JsonSerializable(typeof(BlockPage))]
[JsonSerializable(typeof(EmergencyDraft))]
[JsonSerializable(typeof(EmergencyView))]
[JsonSerializable(typeof(EmergencyPage))]
[JsonSerializable(typeof(PolicyRuleDraft))]
[JsonSerializable(typeof(PolicyRuleView))]
[JsonSerializable(typeof(PolicyRulePage))]
[JsonSerializable(typeof(PolicyRulePreview))]
[JsonSerializable(typeof(OwnPurposeDraft))]
[JsonSerializable(typeof(OwnPurposeView))]
[JsonSerializable(typeof(OwnPurposePage))]
[JsonSerializable(typeof(ExemptionDraft))]
[JsonSerializable(typeof(ExemptionView))]
[JsonSerializable(typeof(ExemptionPage))]
[JsonSerializable(typeof(CompatibilityTestDraft))]
[JsonSerializable(typeof(CompatibilityTestView))]
[JsonSerializable(typeof(CompatibilityTestPage))]
[JsonSerializable(typeof(PartyFactsDraft))]
[JsonSerializable(typeof(PartyFactsView))]
internal sealed partial class GovernanceJson : JsonSerializerContext
{
    /// <summary>The shapes as they are sent and recorded: letters beyond ASCII stay as they are.</summary>
    internal static GovernanceJson Wire => Later.Wire;

    // In a type of its own, because it is made from what the generated part of this one makes first.
    private static class Later
    {
        internal static readonly GovernanceJson Wire = new(new JsonSerializerOptions(Default.Options)
        {
            Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        });
    }
}

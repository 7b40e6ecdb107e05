using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using Stoa.Identity.Http;
using Stoa.Sharing.Inbox;
using Stoa.Sharing.Obligations;
using Stoa.Sharing.Records;
using Stoa.Sharing.Requests;

namespace Stoa.Sharing.Agreements;

/// <summary>The JSON shapes of requests, agreements and obligations on the wire of Stoa's own API.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
    AllowDuplicateProperties = false,
    RespectNullableAnnotations = true,
    Converters = [typeof(InstantJson)])]
[JsonSerializable(typeof(AgreementAnswer))]
[JsonSerializable(typeof(AgreementPage))]
[JsonSerializable(typeof(FloorList))]
[JsonSerializable(typeof(AgreementDraft))]
[JsonSerializable(typeof(AgreementTemplate))]
[JsonSerializable(typeof(TemplateDraft))]
[JsonSerializable(typeof(TemplateList))]
[JsonSerializable(typeof(MoveDraft))]
[JsonSerializable(typeof(ActList))]
[JsonSerializable(typeof(AgreementMoveDraft))]
[JsonSerializable(typeof(SignatureDraft))]
[JsonSerializable(typeof(UndertakingDraft))]
[JsonSerializable(typeof(AgreementDifference))]
[JsonSerializable(typeof(AccessRequestAnswer))]
[JsonSerializable(typeof(AccessRequestPage))]
[JsonSerializable(typeof(AccessRequestDraft))]
[JsonSerializable(typeof(OfferDraft))]
[JsonSerializable(typeof(ObligationAnswer))]
[JsonSerializable(typeof(ObligationPage))]
[JsonSerializable(typeof(ObligationMoveDraft))]
[JsonSerializable(typeof(InboxPage))]
[JsonSerializable(typeof(System.Text.Json.Nodes.JsonObject))]
internal sealed partial class AgreementJson : JsonSerializerContext
{
    /// <summary>The shapes as they are sent and stored: letters beyond ASCII stay as they are.</summary>
    internal static AgreementJson Wire => Later.Wire;

    // In a type of its own, because it is made from what the generated part of this one makes first.
    private static class Later
    {
        internal static readonly AgreementJson Wire = new(new JsonSerializerOptions(Default.Options)
        {
            Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        });
    }
}

using System.Collections.Immutable;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using Stoa.Identity.Http;
using Stoa.Sharing.Agreements;
using Stoa.Sharing.Obligations;
using Stoa.Sharing.Parties;
using Stoa.Sharing.Policy;
using Stoa.Sharing.Purposes;
using Stoa.Sharing.Records;
using Stoa.Sharing.Requests;
using Stoa.Sharing.Roles;
using Stoa.Sharing.Spectrum;
using Stoa.Vocabulary;

namespace Stoa.Sharing.Recording;

/// <summary>The JSON shapes of this capability, as they are recorded and signed. A change of them is a new format.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
    AllowDuplicateProperties = false,
    RespectNullableAnnotations = true,
    Converters =
    [
        typeof(InstantJson), typeof(SpectrumJson), typeof(SectorJson), typeof(WordJson<PartyKind>), typeof(WordJson<PartyStatus>),
        typeof(UserGroupJson), typeof(PurposeIdJson), typeof(DatasetIdJson), typeof(PartyIdJson),
        typeof(AgreementIdJson), typeof(RoleAssignmentIdJson), typeof(DelegationIdJson), typeof(ClassificationIdJson),
        typeof(ObligationIdJson), typeof(AccessRequestIdJson),
    ])]
[JsonSerializable(typeof(Logs.LogList))]
[JsonSerializable(typeof(Logs.LogEntryPage))]
[JsonSerializable(typeof(AgreementTerms))]
[JsonSerializable(typeof(Agreement))]
[JsonSerializable(typeof(Classification))]
[JsonSerializable(typeof(Restriction))]
[JsonSerializable(typeof(PolicyContent))]
[JsonSerializable(typeof(PartyClaim))]
[JsonSerializable(typeof(PartyFacts))]
[JsonSerializable(typeof(Terms))]
[JsonSerializable(typeof(AcceptedTerms))]
[JsonSerializable(typeof(AccessRequest))]
[JsonSerializable(typeof(DecisionRequest))]
[JsonSerializable(typeof(Decision))]
[JsonSerializable(typeof(DecisionRecord))]
[JsonSerializable(typeof(DecisionList))]
[JsonSerializable(typeof(ReplayAnswer))]
[JsonSerializable(typeof(WhatIfDraft))]
[JsonSerializable(typeof(WhatIfAnswer))]
[JsonSerializable(typeof(ImmutableArray<DatasetField>))]
[JsonSerializable(typeof(ReasonAnswer[]))]
[JsonSerializable(typeof(ExplainDraft))]
[JsonSerializable(typeof(ExplainAnswer))]
[JsonSerializable(typeof(PurposeList))]
[JsonSerializable(typeof(ReasonList))]
[JsonSerializable(typeof(UseDetails[]))]
[JsonSerializable(typeof(ExchangedToken))]
[JsonSerializable(typeof(string[]))]
internal sealed partial class SharingJson : JsonSerializerContext
{
    /// <summary>The shapes as they are recorded: letters beyond ASCII stay as they are.</summary>
    internal static SharingJson Wire => Later.Wire;

    // In a type of its own, because it is made from what the generated part of this one makes first.
    private static class Later
    {
        internal static readonly SharingJson Wire = new(new JsonSerializerOptions(Default.Options)
        {
            Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        });
    }
}

internal sealed class DatasetIdJson() : NumberJson<DatasetId>(number => new(number), id => id.Value);

internal sealed class PartyIdJson() : NumberJson<PartyId>(number => new(number), id => id.Value);

internal sealed class AgreementIdJson() : NumberJson<AgreementId>(number => new(number), id => id.Value);

internal sealed class RoleAssignmentIdJson() : NumberJson<RoleAssignmentId>(number => new(number), id => id.Value);

internal sealed class DelegationIdJson() : NumberJson<DelegationId>(number => new(number), id => id.Value);

internal sealed class ClassificationIdJson() : NumberJson<ClassificationId>(number => new(number), id => id.Value);

internal sealed class ObligationIdJson() : NumberJson<ObligationId>(number => new(number), id => id.Value);

internal sealed class AccessRequestIdJson() : NumberJson<AccessRequestId>(number => new(number), id => id.Value);

/// <summary>A purpose as its name.</summary>
internal sealed class PurposeIdJson : JsonConverter<PurposeId>
{
    public override PurposeId Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        reader.TokenType == JsonTokenType.String && reader.GetString() is { Length: > 0 } name ? new(name) : throw new JsonException();

    public override void Write(Utf8JsonWriter writer, PurposeId value, JsonSerializerOptions options) =>
        writer.WriteStringValue(value.Value);
}

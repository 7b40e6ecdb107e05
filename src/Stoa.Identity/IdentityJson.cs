using System.Text.Json.Serialization;
using Stoa.Identity.Credentials;
using Stoa.Identity.Organizations;

namespace Stoa.Identity;

/// <summary>The JSON shapes of this capability.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow)]
[JsonSerializable(typeof(Organization))]
[JsonSerializable(typeof(OrganizationDraft))]
[JsonSerializable(typeof(OrganizationPage))]
[JsonSerializable(typeof(TokenDraft))]
[JsonSerializable(typeof(TokenPage))]
[JsonSerializable(typeof(CreatedToken))]
internal sealed partial class IdentityJson : JsonSerializerContext;

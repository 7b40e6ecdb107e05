using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using Stoa.Identity.Credentials;
using Stoa.Identity.Organizations;
using Stoa.Identity.Parties;
using Stoa.Identity.SignIn;

namespace Stoa.Identity;

/// <summary>The JSON shapes of this capability.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow)]
[JsonSerializable(typeof(Organization))]
[JsonSerializable(typeof(OrganizationDraft))]
[JsonSerializable(typeof(OrganizationPage))]
[JsonSerializable(typeof(PartyDraft))]
[JsonSerializable(typeof(PartyPage))]
[JsonSerializable(typeof(PartyStatusDraft))]
[JsonSerializable(typeof(MembershipDraft))]
[JsonSerializable(typeof(MembershipList))]
[JsonSerializable(typeof(InvitationDraft))]
[JsonSerializable(typeof(CreatedInvitation))]
[JsonSerializable(typeof(TokenDraft))]
[JsonSerializable(typeof(TokenRotation))]
[JsonSerializable(typeof(TokenPage))]
[JsonSerializable(typeof(CreatedToken))]
internal sealed partial class IdentityJson : JsonSerializerContext
{
    /// <summary>The shapes as they are sent and stored: letters beyond ASCII stay as they are.</summary>
    internal static IdentityJson Wire => Later.Wire;

    // In a type of its own, because it is made from what the generated part of this one makes first.
    private static class Later
    {
        internal static readonly IdentityJson Wire = new(new JsonSerializerOptions(Default.Options)
        {
            Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        });
    }
}

using Stoa.Identity.Organizations;
using Stoa.Identity.Parties;
using Stoa.Identity.SignIn;
using Stoa.Identity.SignIn.OpenId;

namespace Stoa.Portal.People;

/// <summary>What the page of an account shows.</summary>
/// <param name="Account">The account.</param>
/// <param name="Session">The session of this browser.</param>
/// <param name="Sessions">All sessions that are not over.</param>
/// <param name="Organizations">Where the person belongs, or all of them for who governs the exchange.</param>
/// <param name="Passkeys">The passkeys.</param>
/// <param name="Logins">Linked logins at the provider of single sign-on.</param>
public sealed record AccountView(
    Account Account, long Session, IReadOnlyList<SignInSession> Sessions, IReadOnlyList<AccountOrganization> Organizations,
    IReadOnlyList<Passkey> Passkeys, IReadOnlyList<ExternalLogin> Logins);

/// <summary>An organization on the page of an account.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Slug">Its name in addresses.</param>
/// <param name="Roles">As what the person belongs to it.</param>
/// <param name="MayGovern">Whether its members' page is open to the person.</param>
/// <param name="MayEnter">Whether the person answers for its data, and may enter datasets.</param>
public sealed record AccountOrganization(string Name, string? Slug, string Roles, bool MayGovern, bool MayEnter);

/// <summary>What the page of an organization's members shows.</summary>
/// <param name="Organization">Which.</param>
/// <param name="Members">Who belongs to it.</param>
/// <param name="Invitations">Who is invited.</param>
/// <param name="Holders">Which tokens services and devices hold.</param>
public sealed record MembersView(
    Organization Organization, IReadOnlyList<Membership> Members, IReadOnlyList<OneTimeLink> Invitations, IReadOnlyList<TokenHolder> Holders);

/// <summary>A token and who holds it.</summary>
/// <param name="Name">Name of the holder.</param>
/// <param name="Kind">Service or device.</param>
/// <param name="Status">Where the holder stands.</param>
/// <param name="Prefix">By which the token is recognised.</param>
/// <param name="Rights">What it may do.</param>
/// <param name="State">Until when.</param>
public sealed record TokenHolder(string Name, string Kind, string Status, string Prefix, string Rights, string State);

using Stoa.Identity.Credentials;
using Stoa.Identity.Http;
using Stoa.Identity.Organizations;
using Stoa.Identity.Parties;
using Stoa.Identity.SignIn;
using Stoa.Vocabulary;

namespace Stoa.Portal.People;

/// <summary>What the pages of people read of organizations; each asks whether the requester governs it.</summary>
internal sealed class OrganizationMembers(Organizations organizations, Parties parties, Tokens tokens, OneTimeLinks links)
{
    // A page, not a directory: who has more uses the API.
    private const int MembersMax = 500;
    private const int PartiesMax = 200;

    /// <summary>The organizations of a person, or all of them for who governs the exchange.</summary>
    internal async Task<IReadOnlyList<AccountOrganization>> OfPersonAsync(Requester requester, CancellationToken cancellation)
    {
        var own = requester.Memberships.ToDictionary(membership => membership.Organization);
        if (requester.IsAdministrator)
        {
            var (all, _) = await organizations.ListAsync(Page.First, cancellation);
            return
            [
                .. all.Select(organization => new AccountOrganization(organization.Name, organization.Slug,
                    own.TryGetValue(new(organization.Id.Value), out var membership) ? Words(membership) : "", true, true)),
            ];
        }

        var list = new List<AccountOrganization>();
        foreach (var membership in own.Values.OrderBy(membership => membership.OrganizationName, StringComparer.Ordinal))
        {
            var found = await organizations.FindAsync(new OrganizationId(membership.Organization.Value), cancellation);
            list.Add(new(membership.OrganizationName, found.TryGet(out var organization, out _) ? organization.Slug : null,
                Words(membership), requester.Governs(membership.Organization), requester.AnswersFor(membership.Organization)));
        }

        return list;
    }

    /// <summary>The organization, if the requester governs it; absent and forbidden look the same.</summary>
    internal async Task<PartyId?> GovernedAsync(Requester requester, string slug, CancellationToken cancellation)
    {
        var found = await organizations.FindAsync(slug, cancellation);
        return found.TryGet(out var organization, out _) && requester.Governs(new(organization.Id.Value))
            ? new PartyId(organization.Id.Value)
            : null;
    }

    /// <summary>What the members' page shows; null when there is none, or it is not the requester's to see.</summary>
    internal async Task<MembersView?> ReadAsync(Requester requester, string slug, CancellationToken cancellation)
    {
        if (await GovernedAsync(requester, slug, cancellation) is not { } id) return null;
        var found = await organizations.FindAsync(slug, cancellation);
        if (!found.TryGet(out var organization, out _)) return null;
        return new(organization, await parties.MembersAsync(id, MembersMax, cancellation), await links.WaitingAsync(id, cancellation),
            await HoldersAsync(id, cancellation));
    }

    /// <summary>Ends a membership, if it is one in this organization.</summary>
    internal async Task EndAsync(PartyId organization, MembershipId id, CancellationToken cancellation)
    {
        var found = await parties.FindMembershipAsync(id, cancellation);
        if (found.TryGet(out var membership, out _) && membership.Organization == organization)
            await parties.EndMembershipAsync(id, cancellation);
    }

    private async Task<List<TokenHolder>> HoldersAsync(PartyId organization, CancellationToken cancellation)
    {
        var holders = new List<TokenHolder>();
        var below = new Queue<PartyId>([organization]);
        for (var looked = 0; looked < PartiesMax && below.TryDequeue(out var parent); looked++)
        {
            var (found, _) = await parties.ListAsync(null, null, parent, new Page(PartiesMax, 0), cancellation);
            foreach (var party in found)
            {
                if (party.PartyKind == PartyKind.Unit) below.Enqueue(party.Id);
                if (holders.Count >= PartiesMax) return holders;
                var (held, _) = await tokens.ListAsync(party.Id, Page.First, cancellation);
                holders.AddRange(held.Select(token => new TokenHolder(
                    party.Name, party.Kind, party.Status, token.Prefix, Rights(token), State(token))));
            }
        }

        return holders;
    }

    private static string Words(Membership membership) => string.Join(", ", membership.Roles);

    private static string Rights(Token token) => token.Administrator
        ? "everything"
        : string.Join(", ", token.Datasets.Select(grant => $"{string.Join(" and ", grant.Can ?? [])} {grant.Dataset}"));

    private static string State(Token token) => token.Revoked is not null ? "revoked"
        : token.Expires is { } expires ? expires.ToDateTimeOffset().ToString("yyyy-MM-dd", System.Globalization.CultureInfo.InvariantCulture)
        : "no end";
}

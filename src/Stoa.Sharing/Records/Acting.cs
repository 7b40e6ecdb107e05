using Stoa.Identity.Credentials;
using Stoa.Identity.Parties;
using Stoa.Sharing.Roles;
using Stoa.Sharing.Transitions;
using Stoa.Storage;
using Stoa.Vocabulary;

namespace Stoa.Sharing.Records;

/// <summary>Somebody who governs: for which party, and who it is.</summary>
/// <param name="Party">For whom.</param>
/// <param name="Person">Who does it: a person, or the party that holds the token.</param>
/// <param name="IsOfficer">Acts for the exchange as its accountable officer besides.</param>
internal sealed record Acting(PartyId Party, PartyId Person, bool IsOfficer)
{
    /// <summary>Everybody for whom the person may act, this party among them.</summary>
    public IReadOnlyList<PartyId> Parties { get; init; } = [];

    // Units are nested at most eight deep in an organization.
    private const int LineMax = 12;

    private const string SelectAbove =
        """
        SELECT kind, parent_id, may_act
        FROM   party
        WHERE  id = @id
        """;

    /// <summary>The exchange itself, for which the operator's tokens act.</summary>
    public static PartyId Exchange { get; } = new(0);

    /// <summary>For whom the requester acts.</summary>
    /// <param name="session">Where the parties are looked up.</param>
    /// <param name="requester">Who asks.</param>
    /// <param name="party">The party that the request names; null when it names none: then the only one that it can be.</param>
    /// <returns>401 without a credential, 403 for a party that the requester does not act for, 400 when it could be several.</returns>
    /// <remarks>A person acts for himself, and for an organization as its data officer or administrator; the holder of a token for
    /// itself and for what it belongs to, a device for nobody; nobody by a token that names datasets or is bound to one use.</remarks>
    public static Result<Acting> Of(Session session, Requester requester, PartyId? party)
    {
        if (requester.IsAnonymous) return Refusals.CredentialRequired;
        var officer = requester.IsAdministrator;
        var candidates = Candidates(session, requester);
        if (party is { } named)
            return candidates.Contains(named) || (officer && named == Exchange)
                ? new Acting(named, requester.Party ?? Exchange, officer) { Parties = candidates }
                : NotActingFor;
        if (candidates.Count == 0) return officer ? new Acting(Exchange, requester.Party ?? Exchange, true) : NoParty;
        // Whoever acts for one organization does so unless he says otherwise; of several nobody can know which is meant.
        var others = candidates.Where(one => one != requester.Party).ToList();
        return others switch
        {
            [] => new Acting(candidates[0], candidates[0], officer) { Parties = candidates },
            [var only] => new Acting(only, requester.Party ?? Exchange, officer) { Parties = candidates },
            _ => SeveralParties,
        };
    }

    /// <summary>For whom the requester acts on something that has sides: for the one named, else for the side that is his, else as the
    /// officer of the exchange.</summary>
    public static Result<Acting> OfSides(Session session, Requester requester, PartyId? party, params ReadOnlySpan<PartyId> sides)
    {
        if (party is not null || requester.IsAnonymous) return Of(session, requester, party);
        var candidates = Candidates(session, requester);
        PartyId? mine = null;
        foreach (var side in sides)
        {
            if (side == mine || !candidates.Contains(side)) continue;
            if (mine is not null) return SeveralParties;
            mine = side;
        }

        return mine is null && requester.IsAdministrator ? Of(session, requester, Exchange) : Of(session, requester, mine);
    }

    /// <summary>Every party for which the requester may act, himself first.</summary>
    public static IReadOnlyList<PartyId> Candidates(Session session, Requester requester)
    {
        // A token for one use, or for datasets that it names, is good for that: it signs nothing and gives nothing away.
        if (requester.Party is not { } self || requester.Binding is not null || requester.NamesDatasets) return [];
        if (requester.Token is null)
            return [self, .. requester.Memberships
                .Where(one => (one.HeldRoles & (MembershipRoles.DataOfficer | MembershipRoles.Administrator)) != 0)
                .Select(one => one.Organization).Distinct()];
        var line = new List<PartyId>();
        for (PartyId? next = self; next is { } id && line.Count < LineMax;)
        {
            using var select = session.Prepare(SelectAbove).Bind("@id", id.Value);
            if (!select.Step() || !select.Boolean(2) || (PartyKind)select.Int64(0) == PartyKind.Device) return [];
            // Between a service and its organization only these two act.
            if (id == self || (PartyKind)select.Int64(0) == PartyKind.Organization) line.Add(id);
            next = select.Int64OrNull(1) is { } parent ? new PartyId(parent) : null;
        }

        return line;
    }

    /// <summary>Every capacity that its roles towards a dataset give it, besides that of the officer.</summary>
    public Actor Towards(IEnumerable<RoleAssignment> roles, DatasetId dataset, Instant now)
    {
        var capacity = IsOfficer ? Actor.Officer : Actor.None;
        foreach (var role in roles)
        {
            if (role.Dataset != dataset || role.Party != Party || role.State != RoleAssignmentState.Active ||
                role.From.CompareTo(now) > 0 || (role.To is { } to && to.CompareTo(now) <= 0)) continue;
            if (role.Role == DataRole.Owner) capacity |= Actor.Owner;
            if (role.Role == DataRole.PrimaryPublisher) capacity |= Actor.PrimaryPublisher;
        }

        return capacity;
    }

    private static Problem NotActingFor { get; } = new(403, "not-acting-for", "You do not act for that party",
        "A person acts for an organization as its data officer or administrator; a token for the party that holds it and what that " +
        "belongs to. Ask an administrator of the organization.");

    private static Problem NoParty { get; } = new(403, "no-party", "Nobody stands behind this token",
        "What is governed is done by parties. Sign in as a person, or use a token that a party holds.");

    private static Problem SeveralParties { get; } = new Problem(400, "several-parties", "It could be for several parties",
        "You act for several organizations. Name the one that you mean in 'for'.").With("property", "for");
}

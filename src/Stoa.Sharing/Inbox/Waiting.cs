using Stoa.Identity.Credentials;
using Stoa.Identity.Http;
using Stoa.Sharing.Agreements;
using Stoa.Sharing.Obligations;
using Stoa.Sharing.Records;
using Stoa.Sharing.Requests;
using Stoa.Sharing.Roles;
using Stoa.Storage;
using Stoa.Vocabulary;

namespace Stoa.Sharing.Inbox;

/// <summary>What waits for the parties that somebody acts for: the same for the page and for programs.</summary>
internal static class Waiting
{
    private static readonly AccessRequestState[] ToAnswer = [AccessRequestState.Submitted, AccessRequestState.Assessed, AccessRequestState.Approved];

    private static readonly AccessRequestState[] Overseen =
        [AccessRequestState.Appealed, AccessRequestState.Submitted, AccessRequestState.Assessed];

    private static readonly AccessRequestState[] Done = [AccessRequestState.Agreed, AccessRequestState.Withdrawn, AccessRequestState.Refused];

    /// <summary>Requests that the owner's side has to answer, and those that the office has to decide; what is due first comes first.</summary>
    public static IReadOnlyList<GovernedRecord<AccessRequest>> Requests(
        Session session, Requester requester, IReadOnlyList<PartyId> parties, Instant now) =>
    [
        .. RequestInbox.OfParties(session, parties, null)
            .Where(one => !parties.Contains(one.Content.Requester) && ToAnswer.Contains(one.Content.State))
            .UnionBy(requester.IsAdministrator ? OfOffice(session, now) : [], one => one.Id)
            .OrderBy(one => (one.Content.DueAt ?? Instant.Max).UnixMicroseconds).ThenBy(one => one.Id),
    ];

    /// <summary>Requests of one's own that are not done with.</summary>
    public static IReadOnlyList<GovernedRecord<AccessRequest>> OwnRequests(Session session, IReadOnlyList<PartyId> parties) =>
    [
        .. RequestInbox.OfParties(session, parties, null)
            .Where(one => parties.Contains(one.Content.Requester) && !Done.Contains(one.Content.State)),
    ];

    /// <summary>What is owed by these parties, and what of others waits for their word after a breach.</summary>
    public static IReadOnlyList<(GovernedRecord<Agreement> Agreement, GovernedRecord<Obligation> Owed)> Obligations(
        Session session, IReadOnlyList<PartyId> parties) =>
    [
        .. AgreementRegister.OfParties(session, parties, null)
            .SelectMany(one => ObligationMoves.Of(session, new(one.Id)).Select(owed => (Agreement: one, Owed: owed)))
            .Where(pair => pair.Owed.Content.State switch
            {
                ObligationState.Due or ObligationState.Overdue or ObligationState.Curing or ObligationState.Breached =>
                    parties.Contains(pair.Agreement.Content.Terms.Consumer),
                ObligationState.Presented => parties.Contains(pair.Agreement.Content.Terms.Provider),
                _ => false,
            })
            .OrderBy(pair => (pair.Owed.Content.DueAt ?? Instant.Max).UnixMicroseconds).ThenBy(pair => pair.Owed.Id),
    ];

    /// <summary>What is to be given back or deleted after a custody, and what of others waits for the owner's word.</summary>
    public static IReadOnlyList<(GovernedRecord<Obligation> Owed, ObligationSides Sides)> Custodies(
        Session session, IReadOnlyList<PartyId> parties) =>
    [
        .. ObligationRegister.OfCustody(session, parties).Where(one => one.Record.Content.State switch
        {
            ObligationState.Due or ObligationState.Overdue or ObligationState.Curing or ObligationState.Breached => parties.Contains(one.Sides.Debtor),
            ObligationState.Presented => one.Sides.Creditors.Any(parties.Contains),
            _ => false,
        }),
    ];

    /// <summary>Roles that one of these parties has to accept or decline, and disputes that the office has to decide.</summary>
    public static IReadOnlyList<GovernedRecord<RoleAssignment>> Roles(Session session, Requester requester, IReadOnlyList<PartyId> parties) =>
    [
        .. parties.SelectMany(party => GovernedRecords.Every(
                session, RecordTypes.Role, new(Party: party, State: (int)RoleAssignmentState.Proposed)))
            .Concat(requester.IsAdministrator
                ? GovernedRecords.List(session, RecordTypes.Role, new(State: (int)RoleAssignmentState.Disputed), new(Page.LimitMax, 0))
                : [])
            .OrderBy(one => (DueOf(one) ?? Instant.Max).UnixMicroseconds).ThenBy(one => one.Id),
    ];

    /// <summary>Delegations that one of these parties has to accept.</summary>
    public static IReadOnlyList<GovernedRecord<Delegation>> Delegations(Session session, IReadOnlyList<PartyId> parties) =>
    [
        .. parties.SelectMany(party => GovernedRecords.Every(
                session, RecordTypes.Delegation, new(Party: party, State: (int)DelegationState.Offered)))
            .OrderBy(one => one.Content.Until.UnixMicroseconds).ThenBy(one => one.Id),
    ];

    /// <summary>By when a role is to be accepted: before it begins, where that lay ahead when it was proposed; else before it ends.</summary>
    public static Instant? DueOf(GovernedRecord<RoleAssignment> role) =>
        role.Content.From.CompareTo(role.Created) > 0 ? role.Content.From : role.Content.To;

    // The office decides appeals, and sees to what others have left lying.
    private static IEnumerable<GovernedRecord<AccessRequest>> OfOffice(Session session, Instant now) =>
        Overseen.SelectMany(state => GovernedRecords.List(session, RecordTypes.AccessRequest, new(State: (int)state), new Page(Page.LimitMax, 0)))
            .Where(one => one.Content.State == AccessRequestState.Appealed || (one.Content.DueAt is { } due && due.CompareTo(now) < 0));
}

using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Stoa.Identity.Credentials;
using Stoa.Identity.Http;
using Stoa.Sharing.Agreements;
using Stoa.Sharing.Corrections;
using Stoa.Sharing.Recording;
using Stoa.Sharing.Records;
using Stoa.Sharing.Roles;
using Stoa.Storage;
using Stoa.Vocabulary;

namespace Stoa.Sharing.Inbox;

/// <summary>Something that waits for the caller.</summary>
/// <param name="Kind">request, agreement, obligation, role, delegation, correction or quality.</param>
/// <param name="Id">Its number.</param>
/// <param name="Address">Where it is read and moved.</param>
/// <param name="About">Title of the dataset, or what is owed.</param>
/// <param name="Party">The other side.</param>
/// <param name="State">Where it stands.</param>
/// <param name="Due">By when something is to be done; absent where there is no date.</param>
/// <param name="IsLate">The date has passed.</param>
internal sealed record InboxEntry(
    string Kind, long Id, string Address, string About, string Party, string State, Instant? Due, bool IsLate);

/// <summary>One page of what waits.</summary>
/// <param name="Value">The entries.</param>
/// <param name="Count">How many there are in all.</param>
/// <param name="NextLink">The page that follows, if any.</param>
internal sealed record InboxPage(IReadOnlyList<InboxEntry> Value, long Count, string? NextLink);

/// <summary>What waits for the caller, at <c>/api/v1/inbox</c>.</summary>
internal static class InboxEndpoints
{
    public static void Map(IEndpointRouteBuilder routes) => routes.MapGroup("/api/v1").WithTags("Agreements")
        .MapGet("inbox", ListAsync).WithName("GetInbox")
        .WithSummary("List what waits for the caller's parties: requests, signatures, obligations, roles, delegations, corrections and quality below what was promised, what is due first comes first")
        .Produces<InboxPage>().Refuses(400, 401);

    private static Task<IResult> ListAsync(
        HttpContext context, Governed http, Database database, TimeProvider time, string? limit, string? skip, CancellationToken cancellation) =>
        http.PageAsync<InboxEntry, InboxPage>(context, limit, skip, async (who, page) =>
        {
            if (who.IsAnonymous) return Refusals.CredentialRequired;
            using var session = await database.ReadAsync(cancellation);
            var all = Of(session, who, Instant.From(time.GetUtcNow()));
            return ((IReadOnlyList<InboxEntry>)[.. all.Skip(page.Skip).Take(page.Limit)], (long)all.Count);
        }, (value, count, next) => new InboxPage(value, count, next), AgreementJson.Wire.InboxPage);

    private static List<InboxEntry> Of(Session session, Requester who, Instant now)
    {
        var parties = Acting.Candidates(session, who);
        string Title(DatasetId dataset) => SharedDatasets.Find(session, dataset)?.Title ?? "";
        bool IsLate(Instant? due) => due is { } at && at.CompareTo(now) < 0;
        string Proposer(long id) =>
            GovernedRecords.Acts(session, id) is [{ Act.Party: { } party }, ..] && party != Acting.Exchange ? SharedDatasets.NameOf(session, party) : "";
        IEnumerable<InboxEntry> all =
        [
            .. Waiting.Requests(session, who, parties, now).Select(one => new InboxEntry(
                "request", one.Id, $"/api/v1/access-requests/{one.Id}", Title(one.Content.Dataset),
                SharedDatasets.NameOf(session, one.Content.Requester), Words.Of(one.Content.State), one.Content.DueAt, IsLate(one.Content.DueAt))),
            .. AgreementRegister.ToSign(session, parties).Select(one => new InboxEntry(
                "agreement", one.Id, $"/api/v1/agreements/{one.Id}", string.Join(", ", one.Content.Terms.Datasets.Take(5).Select(Title)),
                SharedDatasets.NameOf(session, parties.Contains(one.Content.Terms.Provider) ? one.Content.Terms.Consumer : one.Content.Terms.Provider),
                Words.Of(one.Content.State), null, false)),
            .. Waiting.Obligations(session, parties).Select(one => new InboxEntry(
                "obligation", one.Owed.Id, $"/api/v1/obligations/{one.Owed.Id}", Words.Of(one.Owed.Content.Kind),
                SharedDatasets.NameOf(session, parties.Contains(one.Agreement.Content.Terms.Consumer)
                    ? one.Agreement.Content.Terms.Provider : one.Agreement.Content.Terms.Consumer),
                Words.Of(one.Owed.Content.State), one.Owed.Content.DueAt, one.Owed.Content.IsOverdueAt(now))),
            .. Waiting.Custodies(session, parties).Select(one => new InboxEntry(
                "obligation", one.Owed.Id, $"/api/v1/obligations/{one.Owed.Id}", Words.Of(one.Owed.Content.Kind),
                string.Join(", ", (parties.Contains(one.Sides.Debtor) ? one.Sides.Creditors : [one.Sides.Debtor])
                    .Select(party => SharedDatasets.NameOf(session, party))),
                Words.Of(one.Owed.Content.State), one.Owed.Content.DueAt, one.Owed.Content.IsOverdueAt(now))),
            .. Waiting.Roles(session, who, parties).Select(one => new InboxEntry(
                "role", one.Id, $"/api/v1/roles/{one.Id}", Title(one.Content.Dataset), Proposer(one.Id),
                Words<RoleAssignmentState>.Of(one.Content.State), Waiting.DueOf(one), IsLate(Waiting.DueOf(one)))),
            .. Waiting.Delegations(session, parties).Select(one => new InboxEntry(
                "delegation", one.Id, $"/api/v1/delegations/{one.Id}", Title(one.Content.Dataset), SharedDatasets.NameOf(session, one.Content.From),
                Words<DelegationState>.Of(one.Content.State), one.Content.Until, IsLate(one.Content.Until))),
            .. CorrectionRegister.ToAnswer(session, parties, now).Select(one => new InboxEntry(
                "correction", one.Record.Id, $"/api/v1/corrections/{one.Record.Id}", one.Place.Title,
                SharedDatasets.NameOf(session, one.Record.Content.Party), Words<CorrectionState>.Of(one.Record.Content.State),
                one.Record.Content.DueAt, IsLate(one.Record.Content.DueAt))),
            .. QualityFindings.Unmet(session, parties).Select(one => new InboxEntry(
                "quality", one.Agreement.Id, $"/api/v1/agreements/{one.Agreement.Id}/quality", one.Floor.Dataset.Title,
                SharedDatasets.NameOf(session, parties.Contains(one.Agreement.Content.Terms.Provider)
                    ? one.Agreement.Content.Terms.Consumer : one.Agreement.Content.Terms.Provider),
                Words.Of(one.Floor.Clause.Measure), null, false)),
        ];
        return [.. all.OrderBy(one => (one.Due ?? Instant.Max).UnixMicroseconds).ThenBy(one => one.Id)];
    }
}

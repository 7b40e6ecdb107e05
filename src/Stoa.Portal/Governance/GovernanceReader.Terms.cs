using Stoa.Identity.Credentials;
using Stoa.Identity.Http;
using Stoa.Portal.Layout;
using Stoa.Portal.Pages;
using Stoa.Sharing.Parties;
using Stoa.Sharing.Records;
using Stoa.Vocabulary;

namespace Stoa.Portal.Governance;

internal sealed partial class GovernanceReader
{
    /// <summary>Every version of all terms, and for whom the visitor may publish the next.</summary>
    internal async Task<TermsListView> TermsListAsync(Requester who, int page, CancellationToken cancellation)
    {
        var (entries, total) = await terms.ListAsync(new(PageSize, (page - 1) * PageSize), cancellation);
        using var read = await database.ReadAsync(cancellation);
        var reader = Reader.Of(read, who).TryGet(out var known, out _) ? known : new Reader([], false);
        var names = new Names(read, reader with { IsOfficer = false });
        return new(
            [.. entries.Select(one => new TermsLine(one.Name, one.Version, one.Title, $"{names.Of(new(one.Provider))}, {Wording.Day(one.Published)}"))],
            page, (int)Math.Max(1, (total + PageSize - 1) / PageSize),
            who.IsAnonymous ? [] : [.. TermsOfUse.ProvidersOf(read, who, Now).Select(party => new PartyChoice(party.Value, names.Of(party)))]);
    }

    /// <summary>A version of terms; null when there is none.</summary>
    internal async Task<TermsPageView?> TermsAsync(Requester who, string name, int version, CancellationToken cancellation)
    {
        if (!(await terms.FindAsync(name, version, cancellation)).TryGet(out var found, out _)) return null;
        using var read = await database.ReadAsync(cancellation);
        var reader = Reader.Of(read, who).TryGet(out var known, out _) ? known with { IsOfficer = false } : new Reader([], false);
        var names = new Names(read, reader);
        var accepted = reader.Parties.Where(party => GovernedRecords.FindBySeat(
            read, RecordTypes.TermsAcceptance, $"accepted {party} {version} {name}") is not null);
        return new(found.Name, found.Version, found.Title, names.Of(new(found.Provider)), Datasets.Html(found.Text ?? ""), found.TextHash,
            ActingOf(read, reader, names), [.. accepted.Select(names.Of)]);
    }

    /// <summary>The claims of all parties that stand where they are asked for, newest first; for officers.</summary>
    internal async Task<Result<ClaimsView>> ClaimsAsync(Requester who, ClaimStatus status, int page, PartyClaims claims, CancellationToken cancellation)
    {
        var outcome = await claims.ListAsync(who, status, new(PageSize, (page - 1) * PageSize), cancellation);
        if (!outcome.TryGet(out var list, out var problem)) return problem;
        using var read = await database.ReadAsync(cancellation);
        var names = new Names(read, new([], true));
        return new ClaimsView(
            status == ClaimStatus.Asserted,
            [
                .. list.Entries.Select(one => new ClaimRow(
                    one.Id, one.Type, one.Value, names.Of(new(one.Party)), one.Issuer is { } issuer ? names.Of(new(issuer)) : null,
                    one.ExpiresAt, one.EvidenceHash, one.Moves)),
            ],
            list.Total, page, (int)Math.Max(1, (list.Total + PageSize - 1) / PageSize));
    }
}

using System.Globalization;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Stoa.Identity.Credentials;
using Stoa.Identity.Http;
using Stoa.Identity.Parties;
using Stoa.Portal.Layout;
using Stoa.Portal.Pages;
using Stoa.Sharing.Exchanges;
using Stoa.Vocabulary;

namespace Stoa.Portal.Usage;

/// <summary>What a page of usage shows.</summary>
/// <param name="About">A dataset, an agreement or a party, in words.</param>
/// <param name="Rows">By day, newest first.</param>
/// <param name="IsCut">There are more.</param>
/// <param name="Table">Where the records are as CSV.</param>
/// <param name="Filter">The page's own address up to the choice of what the data office read.</param>
/// <param name="Office">That choice: true, false, or empty for all.</param>
/// <param name="Groups">By group of users.</param>
/// <param name="Latest">The last accesses, newest first.</param>
public sealed record UsagePageView(
    string About, IReadOnlyList<UsageLine> Rows, bool IsCut, string Table, string Filter, string Office, IReadOnlyList<UsageGroupLine> Groups,
    IReadOnlyList<UsageAccess> Latest);

/// <summary>What a group of users has used, in words.</summary>
/// <param name="Group">Its name.</param>
/// <param name="Accesses">How many answers.</param>
/// <param name="Data">Rows and bytes in them, as text.</param>
public sealed record UsageGroupLine(string Group, string Accesses, (string Rows, string Bytes) Data);

/// <summary>A line of it.</summary>
/// <param name="Day">The day, UTC.</param>
/// <param name="Who">Name of the party; people are not named.</param>
/// <param name="Organization">For which organization, where that is another than who.</param>
/// <param name="IsByOffice">Because the data office may read everything.</param>
/// <param name="Agreement">Under which agreement.</param>
/// <param name="Purpose">For which purpose.</param>
/// <param name="Accesses">How many answers.</param>
/// <param name="Data">Rows and bytes in them, as text.</param>
public sealed record UsageLine(
    string Day, string Who, string? Organization, bool IsByOffice, long? Agreement, string? Purpose, string Accesses, (string Rows, string Bytes) Data);

/// <summary>One access, as it was recorded.</summary>
/// <param name="Id">Of its record.</param>
/// <param name="At">When the answer had left.</param>
/// <param name="Who">Name of the party; people are not named.</param>
/// <param name="Data">Rows and bytes in the answer, as text.</param>
public sealed record UsageAccess(string Id, string At, string Who, (string Rows, string Bytes) Data);

/// <summary><c>/usage</c> and <c>/usage/table</c>: what was used of a dataset, under an agreement, by a party, for those whom it concerns.</summary>
internal sealed class UsageEndpoints(Exchanges exchanges, ExchangeEvidence evidence, Parties parties, Visitors visitors, HtmlPages pages)
{
    // A screen of them; the CSV has all.
    private const int LatestShown = 20;

    internal void Map(IEndpointRouteBuilder app)
    {
        app.MapGet("/usage", PageAsync).ExcludeFromDescription();
        app.MapGet("/usage/table", TableAsync).ExcludeFromDescription();
        app.MapGet("/usage/{id:long}/evidence.zip", EvidenceAsync).ExcludeFromDescription();
    }

    private async Task PageAsync(HttpContext http)
    {
        if (await AdmitAsync(http) is not { } query) return;
        var usage = await exchanges.UsageAsync(query, http.RequestAborted);
        var latest = await exchanges.ListAsync(query, new(LatestShown, 0), http.RequestAborted);
        var names = new Dictionary<long, string>();
        foreach (var party in usage.Value.SelectMany(row => new[] { row.Party, row.Organization })
            .Concat(latest.Select(record => record.Party?.Value)).OfType<long>().Distinct())
            names[party] = await NameAsync(http, party);
        var lines = usage.Value.Select(row => new UsageLine(
            row.Day, NameOf(row.Party, names),
            row.Organization is { } organization && organization != row.Party ? names[organization] : null, row.ByOffice, row.Agreement, row.Purpose,
            Number(row.Accesses), (Number(row.Rows), Bytes(row.Bytes)))).ToArray();
        var about = query switch
        {
            { Dataset: not null } => $"the dataset {http.Request.Query["dataset"]}",
            { Agreement: { } agreement } => $"agreement {agreement}",
            { Organization: { } organization } => await NameAsync(http, organization.Value),
            { Party: { } party } => await NameAsync(http, party.Value),
            _ => "all data",
        };
        var asked = http.Request.Query.Where(one => one.Key != "office")
            .SelectMany(one => one.Value, (one, value) => KeyValuePair.Create(one.Key, value));
        var filter = "/usage" + QueryString.Create(asked);
        await pages.WritePrivateAsync<UsagePage>(http, 200, new()
        {
            ["Visit"] = visitors.Visit(http),
            ["View"] = new UsagePageView(about, lines, usage.IsCut, "/usage/table" + http.Request.QueryString,
                filter + (filter.Contains('?', StringComparison.Ordinal) ? "&" : "?"), http.Request.Query["office"].ToString(),
                [.. usage.Groups.Select(group => new UsageGroupLine(
                    GroupOf(group.Group), Number(group.Accesses), (Number(group.Rows), Bytes(group.Bytes))))],
                [.. latest.Select(record => new UsageAccess(
                    record.Id.ToString(), record.Id.At.ToString()[..19].Replace('T', ' '), NameOf(record.Party?.Value, names),
                    (Number(record.Rows), Bytes(record.Bytes))))]),
        });
    }

    private async Task TableAsync(HttpContext http)
    {
        if (await AdmitAsync(http) is not { } query) return;
        http.Response.ContentType = ExchangeTable.ContentType;
        http.Response.Headers.ContentDisposition = $"attachment; filename=\"{ExchangeTable.FileName}\"";
        http.Response.Headers.CacheControl = "no-store";
        await exchanges.WriteTableAsync(http.Response.Body, query, http.RequestAborted);
    }

    private async Task EvidenceAsync(HttpContext http, long id)
    {
        if (!(await visitors.AuthenticateAsync(http)).TryGet(out var requester, out var problem) ||
            !(await evidence.AnswerAsync(http, requester, id)).TryGet(out var pack, out problem))
            await RefuseAsync(http, problem);
        else
            await pack.ExecuteAsync(http);
    }

    // Who is not signed in, and what is not for the visitor: one page, which says nothing.
    private async Task<ExchangeQuery?> AdmitAsync(HttpContext http)
    {
        var outcome = await visitors.AuthenticateAsync(http);
        if (!outcome.TryGet(out var requester, out var problem))
        {
            await problem.WriteAsync(http);
            return null;
        }

        if ((await exchanges.AdmitAsync(requester, http.Request.Query, http.RequestAborted)).TryGet(out var query, out problem)) return query;
        await RefuseAsync(http, problem);
        return null;
    }

    private async Task RefuseAsync(HttpContext http, Problem problem)
    {
        if (problem.Status is 401 or 404)
            await pages.WriteAsync<NotFoundPage>(http, 404, new() { ["Visit"] = visitors.Visit(http) });
        else
            await problem.WriteAsync(http);
    }

    private static string NameOf(long? party, Dictionary<long, string> names) => party is { } id ? names[id] : "A token that nobody holds";

    private async Task<string> NameAsync(HttpContext http, long id) =>
        (await parties.FindAsync(new(id), http.RequestAborted)).TryGet(out var party, out _) && party.PartyKind != PartyKind.Person
            ? party.Name
            : $"Person {id}";

    private static string GroupOf(string? group) =>
        PartyWords.TryGroup(group, out var known) ? Governance.GovernanceWords.Of(known) : "Group not entered";

    private static string Number(long number) => number.ToString("N0", CultureInfo.InvariantCulture);

    private static string Bytes(long bytes) => bytes switch
    {
        < 10_000 => string.Create(CultureInfo.InvariantCulture, $"{bytes} B"),
        < 10_000_000 => string.Create(CultureInfo.InvariantCulture, $"{bytes / 1000.0:N0} kB"),
        < 10_000_000_000 => string.Create(CultureInfo.InvariantCulture, $"{bytes / 1e6:N0} MB"),
        _ => string.Create(CultureInfo.InvariantCulture, $"{bytes / 1e9:N0} GB"),
    };
}

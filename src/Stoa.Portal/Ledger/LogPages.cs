using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Stoa.Identity.Credentials;
using Stoa.Identity.Http;
using Stoa.Ledger.Checkpoints;
using Stoa.Ledger.Writing;
using Stoa.Portal.Layout;
using Stoa.Portal.People;
using Stoa.Sharing.Logs;
using Stoa.Vocabulary;

namespace Stoa.Portal.Ledger;

/// <summary>The logs as pages: what each is, its entries in words, and one entry that a browser verifies.</summary>
internal sealed class LogPages(Visitors visitors, FormPages pages, LogReading reading, LoggedEntries entries)
{
    internal void Map(IEndpointRouteBuilder routes)
    {
        var group = routes.MapGroup("/log").ExcludeFromDescription();
        group.MapGet("", LogsAsync);
        group.MapGet("{name}/entries", EntriesAsync);
        group.MapGet("{name}/entries/{index}", EntryAsync);
        group.MapGet("{name}/entries/{index}.tlog-proof", ProofAsync);
    }

    private async Task LogsAsync(HttpContext http) =>
        await pages.ShowAsync<LogsPage>(http, 200, new() { ["View"] = await reading.AllAsync(http.RequestAborted) });

    private async Task EntriesAsync(HttpContext http, string name)
    {
        if (await AskedAsync(http, name) is not var (who, log)) return;
        var asked = http.Request.Query;
        var filter = new EntryFilter(log.ToPath(), asked["dataset"].ToString(), asked["agreement"].ToString(), asked["party"].ToString(), null, asked["type"].ToString());
        if (!EntryEndpoints.Parse(asked, visitors.Policy).TryGet(out var query, out var problem) ||
            !(await reading.EntriesAsync(who, log, query, filter, http.RequestAborted)).TryGet(out var view, out problem))
        {
            await RefuseAsync(http, problem);
            return;
        }

        await pages.ShowAsync<LogEntriesPage>(http, 200, new() { ["View"] = view });
    }

    private async Task EntryAsync(HttpContext http, string name, string index)
    {
        if (await AskedAsync(http, name) is not var (who, log)) return;
        if (!Checkpoint.TryParseSize(index, out var at)) await pages.NotFoundAsync(http);
        else if ((await reading.EntryAsync(who, log, at, http.RequestAborted)).TryGet(out var view, out var problem))
            await pages.ShowAsync<LogEntryPage>(http, 200, new() { ["View"] = view });
        else await RefuseAsync(http, problem);
    }

    // For who signed in: sessions count for pages and for what is behind them.
    private async Task ProofAsync(HttpContext http, string name, string index)
    {
        if (await AskedAsync(http, name) is not var (who, log)) return;
        if (!Checkpoint.TryParseSize(index, out var at)) await pages.NotFoundAsync(http);
        else if ((await entries.ProofAsync(who, log, at, http.RequestAborted)).TryGet(out var proof, out var problem))
        {
            http.Response.Headers.CacheControl = "no-store";
            http.Response.Headers.ContentDisposition = $"attachment; filename=\"{log.ToPath()}-{at}.tlog-proof\"";
            await TypedResults.Bytes(proof.ToBytes(), "text/plain; charset=utf-8").ExecuteAsync(http);
        }
        else await RefuseAsync(http, problem);
    }

    private async Task<(Requester Who, LogName Log)?> AskedAsync(HttpContext http, string name)
    {
        if (!(await visitors.AuthenticateAsync(http)).TryGet(out var who, out var problem)) await problem.WriteAsync(http);
        else if (LogNames.TryParse(name, out var log)) return (who, log);
        else await pages.NotFoundAsync(http);
        return null;
    }

    private Task RefuseAsync(HttpContext http, Problem problem) => problem.Status switch
    {
        StatusCodes.Status401Unauthorized => FormPages.AskToSignInAsync(http),
        StatusCodes.Status404NotFound => pages.NotFoundAsync(http),
        _ => problem.WriteAsync(http),
    };
}

using Microsoft.AspNetCore.Http;
using Stoa.Query;
using Stoa.Sharing.Exchanges;
using Stoa.Storage;
using Stoa.Storage.Translation;
using Stoa.Vocabulary;

namespace Stoa.Sensing.Http.Formats;

/// <summary>Answers in forms that are written row by row: one page with $top, else everything.</summary>
/// <remarks>
/// A download of everything reads a few thousand rows at a time, each from a snapshot of its own, so that a slow client holds neither a
/// connection nor the log of the database. Rows keep their order; one that is inserted meanwhile may or may not be among them.
/// </remarks>
internal sealed class Downloads(Database database, QueryTranslator translator, KnownGroups groups, SensingOptions options)
{
    /// <summary>Rows read from one snapshot.</summary>
    internal const int SnapshotRows = 5_000;

    internal async Task<Problem?> WriteAsync(
        HttpContext context, Caller caller, ResourcePath path, BoundQuery query, IRowFormat format)
    {
        // Only an order that holds its place can be left and entered again.
        var isPage = query.HasTop || path.IsSingle || !query.IsKeyset;
        var rest = path.IsSingle ? 1 : !isPage ? options.DownloadRowsMax : query.HasTop ? query.Top : options.Query.TopMax;
        if (!isPage && !format.HasNextLink && await RefuseTooManyAsync(context, caller, path, query) is { } tooMany) return tooMany;
        using var answer = JsonAnswer.Rent();
        var leaving = new LeavingRows(context);
        var sent = 0L;
        var isFirst = true;
        while (true)
        {
            var part = query with { Top = (int)(isPage ? rest : Math.Min(rest, SnapshotRows)) };
            using var session = await database.ReadAsync(context.RequestAborted);
            using var plan = ReadPlan.For(
                translator, session, EntityReads.Request(path, caller, session, groups), part, path.IsSingle, format.Shape);
            using var own = format.Open(translator, session, query.Entity, caller.Read);
            if (isFirst && isPage && !path.IsSingle) AddLink(context, plan, caller, part);
            var hasRow = part.Top > 0 && plan.Step();
            if (isFirst && !hasRow && (path.IsSingle || !EntityReads.ParentExists(translator, session, caller, path)))
            {
                context.Response.Headers.Remove("Link");
                return Problem.NotFound();
            }

            if (isFirst)
            {
                Begin(context, answer, plan, session, format, path);
                // HEAD is answered as GET, and none of its rows leaves.
                if (!isPage && WithoutBody.IsAsked(context))
                {
                    answer.Begin(context);
                    return null;
                }
            }

            var (last, rows) = await WriteRowsAsync(context, session, plan, answer, format, part, hasRow, leaving, sent);
            if (leaving.IsOver) return leaving.Refusal;
            sent += rows;
            rest -= part.Top;
            if (last is null || isPage || rest <= 0)
            {
                await EndAsync(context, caller, part, answer, format, last);
                return null;
            }

            query = query with { Cursor = last.Place, Skip = 0, Count = false };
            isFirst = false;
        }
    }

    /// <summary>The last row of a part after which there are more.</summary>
    private sealed record LastRow(PageCursor? Place);

    private static async Task<(LastRow? Last, int Rows)> WriteRowsAsync(
        HttpContext context, ReadSession session, ReadPlan plan, JsonAnswer answer, IRowFormat format, BoundQuery part, bool hasRow,
        LeavingRows leaving, long sent)
    {
        PageCursor? place = null;
        var rows = 0;
        for (; hasRow && rows < part.Top; hasRow = plan.Step())
        {
            format.Row(answer, plan);
            if (++rows == part.Top) place = plan.Cursor();
            if (!answer.IsFull) continue;
            if (!leaving.MayLeave(sent + rows)) return (null, rows);
            await answer.SendAsync(context);
            session.ExtendTime();
        }

        leaving.MayLeave(sent + rows);
        return (hasRow ? new LastRow(place) : null, rows);
    }

    private static void Begin(HttpContext context, JsonAnswer answer, ReadPlan plan, ReadSession session, IRowFormat format, ResourcePath path)
    {
        context.Response.ContentType = format.ContentType;
        if (format is CsvRows)
            context.Response.Headers.ContentDisposition = $"attachment; filename=\"{path.Entity.SetName}.csv\"";
        format.Begin(answer, plan, format.HasNextLink ? plan.Count(session) : null);
    }

    private static async Task EndAsync(
        HttpContext context, Caller caller, BoundQuery part, JsonAnswer answer, IRowFormat format, LastRow? last)
    {
        var next = last is null || part.Top == 0 ? null : NextPage(context, caller, part, last.Place?.ToToken());
        if (next is not null && !format.HasNextLink && !context.Response.Headers.ContainsKey("Link"))
        {
            // A table has no place to say that it goes on: broken off it is not taken for the whole.
            context.Abort();
            return;
        }

        format.End(answer, next);
        await answer.EndAsync(context);
    }

    /// <summary>Where the count is kept: refuses what could not be sent to its end.</summary>
    private async Task<Problem?> RefuseTooManyAsync(HttpContext context, Caller caller, ResourcePath path, BoundQuery query)
    {
        using var session = await database.ReadAsync(context.RequestAborted);
        // Nothing is counted by reading: a count that is not kept stops at once.
        var sql = translator.Count(EntityReads.Request(path, caller) with { Query = query }, countLimit: 0);
        using var count = ReadPlan.Prepare(session, sql);
        if (!count.Step() || count.Int64(0) - query.Skip <= options.DownloadRowsMax) return null;
        return Problem.BadRequest("download-too-large", "The download has too many rows",
                "Narrow it down with $filter, for example to a span of phenomenonTime, or take pages with $top.")
            .With("limitName", "limits.downloadRows").With("limit", options.DownloadRowsMax);
    }

    // The header goes out before the rows, so the page is walked once without reading it.
    private static void AddLink(HttpContext context, ReadPlan plan, Caller caller, BoundQuery part)
    {
        if (part.Top == 0) return;
        string? token = null;
        for (var rows = 1; rows <= part.Top; rows++)
        {
            if (!plan.Step())
            {
                plan.Reset();
                return;
            }

            if (rows == part.Top) token = plan.NextToken();
        }

        var hasMore = plan.Step();
        plan.Reset();
        if (hasMore) context.Response.Headers.Link = NextLink.Header(NextPage(context, caller, part, token));
    }

    private static string NextPage(HttpContext context, Caller caller, BoundQuery part, string? token) =>
        EntityReads.NextPage(context, caller, part, token);
}

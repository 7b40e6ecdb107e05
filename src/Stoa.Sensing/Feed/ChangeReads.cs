using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Stoa.Identity.Http;
using Stoa.Sensing.Http;
using Stoa.Sharing.Exchanges;
using Stoa.Storage;
using Stoa.Storage.Translation;
using Stoa.Vocabulary;

namespace Stoa.Sensing.Feed;

/// <summary>Answers GET of a set whose changes are to be followed: the set with a link to its changes, and the changes.</summary>
/// <remarks>
/// OData 4.0 part 1, 8.2.8.6 (track-changes) and 11.3 (delta links), in the words of SensorThings: <c>@iot.deltaLink</c>, and
/// <c>@iot.removed</c> with the reason <c>deleted</c> or <c>changed</c>.
/// </remarks>
internal sealed class ChangeReads(
    Database database, QueryTranslator translator, ChangeReader reader, ChangeTokens tokens, SensingOptions options,
    TimeProvider time)
{
    /// <summary>Entities on one page of changes, whatever $top says: a page is made before it is sent.</summary>
    internal const int RowsMax = 1_000;

    /// <summary>Whether the request asks for changes, or for a set with a link to them.</summary>
    internal static bool IsMeant(HttpRequest request) =>
        Prefers(request) || ChangeQuery.Find(request.QueryString.Value, ChangeQuery.PlaceOption) is not null;

    private static bool Prefers(HttpRequest request)
    {
        foreach (var line in request.Headers["Prefer"])
            foreach (var preference in (line ?? "").Split(','))
                if (preference.Split(';')[0].Trim() is "odata.track-changes" or "track-changes") return true;
        return false;
    }

    internal async Task AnswerAsync(HttpContext context, Caller caller, ResourcePath path)
    {
        var text = context.Request.QueryString.Value;
        if (!ChangeQuery.Parse(path, text, options.Query, Instant.From(time.GetUtcNow())).TryGet(out var query, out var problem))
        {
            await problem.WriteAsync(context);
            return;
        }

        using var session = await database.ReadAsync(context.RequestAborted);
        var fingerprint = query.Fingerprint(caller.Root, caller.Read);
        if (!PlaceOf(session, context, fingerprint).TryGet(out var place, out problem) ||
            (problem = Absent(session, caller, path)) is not null)
        {
            await problem.WriteAsync(context);
            return;
        }

        var refusal = place is { } known && query.Query.Cursor is null
            ? await WriteChangesAsync(context, session, caller, query, known, fingerprint)
            : await WriteSetAsync(context, session, caller, query, place ?? ChangeLog.Head(session).End, fingerprint);
        if (refusal is not null) await refusal.WriteAsync(context);
    }

    // A parent that is hidden, or has gone since.
    internal Problem? Absent(Session session, Caller caller, ResourcePath path) =>
        EntityReads.ParentExists(translator, session, caller, path) ? null : Problem.NotFound();

    /// <summary>The place in the request; null when it has none.</summary>
    private Result<ChangePlace?> PlaceOf(Session session, HttpContext context, byte[] fingerprint)
    {
        if (ChangeQuery.Find(context.Request.QueryString.Value, ChangeQuery.PlaceOption) is not { } token)
            return Result<ChangePlace?>.Of(null);
        return Place(session, token, fingerprint).TryGet(out var place, out var problem) ? Result<ChangePlace?>.Of(place) : problem;
    }

    /// <summary>Reads a place that was given out before; 410 when it is good no more.</summary>
    internal Result<ChangePlace> Place(Session session, string token, byte[] fingerprint)
    {
        if (!ChangeTokens.IsWellFormed(token)) return ChangeProblems.NoPlace();
        if (!tokens.TryRead(session, token, fingerprint, out var place)) return ChangeProblems.Expired();
        return place.Log < ChangeLog.Head(session).Dropped ? ChangeProblems.Expired() : place;
    }

    private async Task<Problem?> WriteSetAsync(
        HttpContext context, ReadSession session, Caller caller, ChangeQuery query, ChangePlace place, byte[] fingerprint)
    {
        using var plan = ReadPlan.For(
            translator, session, new ReadRequest { Path = query.Steps, Scope = caller.Read }, query.Query, isSingle: false);
        var count = plan.Count(session);
        var hasRow = query.Query.Top > 0 && plan.Step();
        context.Response.Headers["Preference-Applied"] = "odata.track-changes";
        using var answer = JsonAnswer.Rent();
        var json = answer.Json;
        json.WriteStartObject();
        EntityReads.WriteCount(json, count);
        json.WriteStartArray("value"u8);
        string? next = null;
        var rows = 0;
        var leaving = new LeavingRows(context);
        for (; hasRow && rows < query.Query.Top; hasRow = plan.Step())
        {
            plan.WriteEntity(json, caller.Root.Utf8);
            if (++rows == query.Query.Top) next = plan.NextToken();
            if (!answer.IsFull) continue;
            if (!leaving.MayLeave(plan.Written)) return leaving.Refusal;
            await answer.SendAsync(context);
            session.ExtendTime();
        }

        if (!leaving.MayLeave(plan.Written)) return leaving.Refusal;
        json.WriteEndArray();
        var token = tokens.Write(session, place, fingerprint);
        // Every page carries the place at which the first began, so that what changes while pages are read is told later.
        if (hasRow && query.Query.Top > 0)
            json.WriteString("@iot.nextLink"u8,
                NextLink.Of(Address(context, caller), query.Options, next, 0) + $"&{ChangeQuery.PlaceOption}={token}");
        else
            json.WriteString("@iot.deltaLink"u8, Link(context, caller, query, token));
        json.WriteEndObject();
        await answer.EndAsync(context);
        return null;
    }

    private async Task<Problem?> WriteChangesAsync(
        HttpContext context, ReadSession session, Caller caller, ChangeQuery query, ChangePlace place, byte[] fingerprint)
    {
        using var answer = JsonAnswer.Rent();
        var json = answer.Json;
        json.WriteStartObject();
        json.WriteStartArray("value"u8);
        var sink = new PageSink(json, caller.Root);
        var after = reader.Read(session, query, caller.Read, place, Math.Clamp(query.Query.Top, 1, RowsMax), sink);
        var leaving = new LeavingRows(context);
        if (!leaving.MayLeave(sink.Rows)) return leaving.Refusal;
        json.WriteEndArray();
        var token = tokens.Write(session, after.IsDone ? after.Reopened : after, fingerprint);
        json.WriteString(after.IsDone ? "@iot.deltaLink"u8 : "@iot.nextLink"u8, Link(context, caller, query, token));
        json.WriteEndObject();
        await answer.EndAsync(context);
        return null;
    }

    private static string Address(HttpContext context, Caller caller) =>
        caller.Root.Url + "/" + SensorThingsEndpoints.PathOf(context);

    private static string Link(HttpContext context, Caller caller, ChangeQuery query, string token)
    {
        var more = query.LinkOptions;
        return $"{Address(context, caller)}?{more}{(more.Length > 0 ? "&" : "")}{ChangeQuery.PlaceOption}={token}";
    }

    private sealed class PageSink(Utf8JsonWriter json, ServiceRoot root) : IChangeSink
    {
        // What was removed holds no data.
        public long Rows { get; private set; }

        public void Changed(ReadPlan plan, in ChangePlace place)
        {
            var before = plan.Written;
            plan.WriteEntity(json, root.Utf8);
            Rows += plan.Written - before;
        }

        public void Removed(long id, bool isDeleted, in ChangePlace place) => WriteRemoved(json, id, isDeleted);
    }

    /// <summary>Writes <c>{"@iot.id": 5, "@iot.removed": {"reason": "deleted"}}</c>.</summary>
    internal static void WriteRemoved(Utf8JsonWriter json, long id, bool isDeleted)
    {
        json.WriteStartObject();
        json.WriteNumber("@iot.id"u8, id);
        json.WriteStartObject("@iot.removed"u8);
        json.WriteString("reason"u8, isDeleted ? "deleted"u8 : "changed"u8);
        json.WriteEndObject();
        json.WriteEndObject();
    }
}

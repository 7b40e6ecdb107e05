using System.Text.Json.Serialization.Metadata;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Stoa.Identity.Credentials;
using Stoa.Identity.Http;
using Stoa.Vocabulary;

namespace Stoa.Sharing.Records;

/// <summary>The three ways in which what is governed is asked for over HTTP: one, a page of many, and a change.</summary>
/// <remarks>Answers depend on the caller and are kept by nobody.</remarks>
internal sealed class Governed(CredentialCheck credentials)
{
    public async Task<IResult> GetAsync<T>(
        HttpContext context, Func<Requester, Task<Result<T>>> read, JsonTypeInfo<T> type)
    {
        var who = await credentials.AuthenticateAsync(context, context.RequestAborted);
        if (!who.TryGet(out var requester, out var refusal)) return refusal.ToHttp();
        return (await read(requester)).TryGet(out var value, out var problem) ? Answer(context, value, type) : problem.ToHttp();
    }

    public async Task<IResult> PageAsync<TEntry, TPage>(
        HttpContext context, string? limit, string? skip, Func<Requester, Page, Task<Result<(IReadOnlyList<TEntry> Entries, long Total)>>> read,
        Func<IReadOnlyList<TEntry>, long, string?, TPage> make, JsonTypeInfo<TPage> type)
    {
        var who = await credentials.AuthenticateAsync(context, context.RequestAborted);
        if (!who.TryGet(out var requester, out var refusal)) return refusal.ToHttp();
        if (!Page.Parse(limit, skip).TryGet(out var page, out var unfit)) return unfit.ToHttp();
        if (!(await read(requester, page)).TryGet(out var list, out var problem)) return problem.ToHttp();
        return Answer(context, make(list.Entries, list.Total, page.NextLink(context.Request, list.Total)), type);
    }

    /// <summary>Reads a body and hands it on; 201 with its address where something is made.</summary>
    public async Task<IResult> SendAsync<TDraft, T>(
        HttpContext context, JsonTypeInfo<TDraft> draftType, Func<Requester, TDraft, Task<Result<T>>> write, JsonTypeInfo<T> type,
        Func<T, string>? address = null)
    {
        var who = await credentials.AuthenticateAsync(context, context.RequestAborted);
        if (!who.TryGet(out var requester, out var refusal)) return refusal.ToHttp();
        if (requester.IsAnonymous) return Refusals.CredentialRequired.ToHttp();
        var body = await StrictJson.ReadAsync(context, draftType, context.RequestAborted);
        if (!body.TryGet(out var draft, out var unreadable)) return unreadable.ToHttp();
        if (!(await write(requester, draft)).TryGet(out var value, out var problem)) return problem.ToHttp();
        if (address is null) return Answer(context, value, type);
        context.Response.Headers.Location = context.Request.PathBase + address(value);
        return Answer(context, value, type, StatusCodes.Status201Created);
    }

    private static JsonHttpResult<T> Answer<T>(HttpContext context, T value, JsonTypeInfo<T> type, int status = StatusCodes.Status200OK)
    {
        context.Response.Headers.CacheControl = "no-store";
        return TypedResults.Json(value, type, statusCode: status);
    }
}

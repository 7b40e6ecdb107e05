using System.Globalization;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;
using Stoa.Identity.Credentials;
using Stoa.Identity.Http;
using Stoa.Ledger.Evidence;
using Stoa.Sharing.Obligations;
using Stoa.Sharing.Policy;
using Stoa.Sharing.Recording;
using Stoa.Sharing.Records;
using Stoa.Sharing.Requests;
using Stoa.Storage;
using Stoa.Vocabulary;

namespace Stoa.Sharing.Agreements;

/// <summary><c>/api/v1/agreements</c>, <c>/api/v1/access-requests</c>, <c>/api/v1/obligations</c> and <c>/api/v1/agreement-templates</c>.</summary>
public static class AgreementEndpoints
{
    private const string Root = "/api/v1/agreements";
    private const string Requests = "/api/v1/access-requests";
    private const string Owed = "/api/v1/obligations";
    private const string Templates = "/api/v1/agreement-templates";

    /// <summary>Maps the addresses.</summary>
    public static IEndpointRouteBuilder MapAgreements(this IEndpointRouteBuilder routes)
    {
        MapRequests(routes.MapGroup(Requests).WithTags("Access requests"));
        MapTheAgreements(routes.MapGroup(Root).WithTags("Agreements"));
        MapObligations(routes.MapGroup(Owed).WithTags("Obligations"));
        MapTemplates(routes.MapGroup(Templates).WithTags("Agreements"));
        return routes;
    }

    private static void MapRequests(RouteGroupBuilder group)
    {
        group.MapGet("", ListRequestsAsync).WithName("ListAccessRequests")
            .WithSummary("List the requests for access that the caller made or has to answer, newest first")
            .Produces<AccessRequestPage>().Refuses(400, 401);
        group.MapPost("", async Task<IResult> (HttpContext context, RequestInbox inbox, CredentialCheck credentials, CancellationToken cancellation) =>
                await TakeAsync(context, credentials, AgreementJson.Wire.AccessRequestDraft,
                    (who, draft) => inbox.DraftAsync(who, draft, cancellation), Created, cancellation))
            .WithName("CreateAccessRequest").WithSummary("Ask the owner of a dataset for access, for a purpose")
            .WithDescription("With submit it goes to the owner at once; else it is a draft.")
            .Takes<AccessRequestDraft>("application/json")
            .Produces<AccessRequestAnswer>(StatusCodes.Status201Created).Refuses(400, 401, 403, 404, 409, 413, 415);
        group.MapGet("{id:long}", async Task<IResult> (HttpContext context, RequestInbox inbox, CredentialCheck credentials, long id,
                CancellationToken cancellation) =>
                await GiveAsync(context, credentials, who => inbox.FindAsync(who, id, cancellation), Shown, cancellation))
            .WithName("GetAccessRequest").WithSummary("Get one request for access, with what the caller could do now")
            .Produces<AccessRequestAnswer>().Refuses(401, 404);
        group.MapGet("{id:long}/events", async Task<IResult> (HttpContext context, RequestInbox inbox, CredentialCheck credentials, long id,
                string? limit, string? skip, CancellationToken cancellation) =>
                await ActsAsync(context, credentials, limit, skip, (who, page) => inbox.ActsAsync(who, id, page, cancellation), cancellation))
            .WithName("ListAccessRequestEvents").WithSummary("List what happened to a request for access, newest first")
            .Produces<ActList>().Refuses(400, 401, 404);
        group.MapPost("{id:long}/moves", async Task<IResult> (HttpContext context, RequestInbox inbox, CredentialCheck credentials, long id,
                CancellationToken cancellation) =>
                await TakeAsync(context, credentials, AgreementJson.Wire.AgreementMoveDraft,
                    (who, draft) => inbox.MoveAsync(who, id, draft, cancellation), Shown, cancellation))
            .WithName("MoveAccessRequest")
            .WithSummary("Submit, withdraw or appeal a request; ask for more, assess, approve or refuse it")
            .Takes<AgreementMoveDraft>("application/json").Produces<AccessRequestAnswer>().Refuses(400, 401, 403, 404, 409, 413, 415);
        group.MapPost("{id:long}/offer", async Task<IResult> (HttpContext context, RequestInbox inbox, CredentialCheck credentials, long id,
                CancellationToken cancellation) =>
                await TakeAsync(context, credentials, AgreementJson.Wire.OfferDraft,
                    (who, draft) => inbox.OfferAsync(who, id, draft, cancellation), Shown, cancellation))
            .WithName("OfferAgreementOfAccessRequest")
            .WithSummary("Approve a request and offer an agreement of it, signed if that is said (the dataset's owner)")
            .Takes<OfferDraft>("application/json").Produces<AccessRequestAnswer>().Refuses(400, 401, 403, 404, 409, 413, 415);
    }

    private static void MapTheAgreements(RouteGroupBuilder group)
    {
        group.MapGet("", ListAsync).WithName("ListAgreements")
            .WithSummary("List the agreements of the caller's parties, newest first; all of them for administrators")
            .Produces<AgreementPage>().Refuses(400, 401);
        group.MapPost("", async Task<IResult> (HttpContext context, AgreementRegister register, CredentialCheck credentials, CancellationToken cancellation) =>
                await TakeAsync(context, credentials, AgreementJson.Wire.AgreementDraft,
                    (who, draft) => register.DraftAsync(who, draft, cancellation), Created, cancellation))
            .WithName("CreateAgreement").WithSummary("Draft an agreement from a template or from scratch, and offer it if that is said")
            .Takes<AgreementDraft>("application/json")
            .Produces<AgreementAnswer>(StatusCodes.Status201Created).Refuses(400, 401, 403, 413, 415);
        group.MapGet("{id:long}", async Task<IResult> (HttpContext context, AgreementRegister register, CredentialCheck credentials, long id,
                CancellationToken cancellation) =>
                await GiveAsync(context, credentials, who => register.FindAsync(who, id, cancellation), Shown, cancellation))
            .WithName("GetAgreement").WithSummary("Get one agreement with its clauses and what the caller could do now")
            .Produces<AgreementAnswer>().Refuses(401, 404);
        group.MapPost("{id:long}/moves", async Task<IResult> (HttpContext context, AgreementRegister register, CredentialCheck credentials, long id,
                CancellationToken cancellation) =>
                await TakeAsync(context, credentials, AgreementJson.Wire.AgreementMoveDraft,
                    (who, draft) => register.MoveAsync(who, id, draft, cancellation), Shown, cancellation))
            .WithName("MoveAgreement")
            .WithSummary("Offer, counter, accept, verify, activate, suspend, resume, terminate or close an agreement")
            .Takes<AgreementMoveDraft>("application/json").Produces<AgreementAnswer>().Refuses(400, 401, 403, 404, 409, 413, 415);
        group.MapPost("{id:long}/signatures", async Task<IResult> (HttpContext context, AgreementRegister register, CredentialCheck credentials, long id,
                CancellationToken cancellation) =>
                await TakeAsync(context, credentials, AgreementJson.Wire.SignatureDraft,
                    (who, draft) => register.SignAsync(who, id, draft, cancellation), Shown, cancellation))
            .WithName("SignAgreement").WithSummary("Sign exactly the terms whose hash was shown; what the other side offered is accepted with it")
            .Takes<SignatureDraft>("application/json").Produces<AgreementAnswer>().Refuses(400, 401, 403, 404, 409, 413, 415);
        group.MapPost("{id:long}/undertakings", async Task<IResult> (HttpContext context, AgreementRegister register, CredentialCheck credentials, long id,
                CancellationToken cancellation) =>
                await TakeAsync(context, credentials, AgreementJson.Wire.UndertakingDraft,
                    (who, draft) => register.UndertakeAsync(who, id, draft, cancellation), Shown, cancellation))
            .WithName("UndertakeInAgreement").WithSummary("Give an undertaking that the terms ask for (the consumer)")
            .Takes<UndertakingDraft>("application/json").Produces<AgreementAnswer>().Refuses(400, 401, 403, 404, 409, 413, 415);
        group.MapGet("{id:long}/events", async Task<IResult> (HttpContext context, AgreementRegister register, CredentialCheck credentials, long id,
                string? limit, string? skip, CancellationToken cancellation) =>
                await ActsAsync(context, credentials, limit, skip, (who, page) => register.ActsAsync(who, id, page, cancellation), cancellation))
            .WithName("ListAgreementEvents").WithSummary("List what happened to an agreement, newest first")
            .Produces<ActList>().Refuses(400, 401, 404);
        group.MapGet("{id:long}/diff", async Task<IResult> (HttpContext context, AgreementRegister register, CredentialCheck credentials, long id,
                CancellationToken cancellation) =>
                await GiveAsync(context, credentials, who => register.DifferenceAsync(who, id, cancellation),
                    found => Json(context, found, AgreementJson.Wire.AgreementDifference), cancellation))
            .WithName("CompareAgreement")
            .WithSummary("Tell who gains access to what by an agreement, and which clauses changed since the version before")
            .Produces<AgreementDifference>().Refuses(401, 404);
        group.MapGet("{id:long}/quality", async Task<IResult> (HttpContext context, AgreementRegister register, CredentialCheck credentials, long id,
                CancellationToken cancellation) =>
                await GiveAsync(context, credentials, who => register.QualityAsync(who, id, cancellation),
                    found => Json(context, found, AgreementJson.Wire.FloorList), cancellation))
            .WithName("GetAgreementQuality")
            .WithSummary("Tell what quality an agreement promises, what was measured of each dataset, and since when less")
            .Produces<FloorList>().Refuses(401, 404);
        group.MapGet("{id:long}/text", TextAsync).WithName("GetAgreementText")
            .WithSummary("Get the canonical text of the terms, which is signed; its SHA-256 is the entity tag")
            .Produces<JsonElement>().Refuses(401, 404);
        group.MapGet("{id:long}/odrl", OdrlAsync).WithName("GetAgreementOdrl")
            .WithSummary("Get the terms as W3C ODRL 2.2 in JSON-LD")
            .Produces<JsonElement>(StatusCodes.Status200OK, "application/ld+json").Refuses(401, 404);
        group.MapGet("{id:long}/evidence.zip", async Task<IResult> (HttpContext context, AgreementEvidence evidence, CredentialCheck credentials, long id,
                CancellationToken cancellation) =>
                await GiveAsync(context, credentials, who => evidence.AnswerAsync(context, who, id), pack => pack, cancellation))
            .WithName("DownloadAgreementEvidence")
            .WithSummary("Download what proves an agreement and its history: an evidence pack, verified offline by stoa verify or its own page")
            .Produces<byte[]>(StatusCodes.Status200OK, EvidencePack.MediaType).Refuses(400, 401, 404, 409, 503);
    }

    private static void MapObligations(RouteGroupBuilder group)
    {
        group.MapGet("", ListObligationsAsync).WithName("ListObligations")
            .WithSummary("List what is owed under the agreements of the caller's parties, what is due first comes first")
            .Produces<ObligationPage>().Refuses(400, 401, 404);
        group.MapGet("{id:long}", async Task<IResult> (HttpContext context, ObligationRegister register, CredentialCheck credentials, long id,
                CancellationToken cancellation) =>
                await GiveAsync(context, credentials, who => register.FindAsync(who, id, cancellation), Shown, cancellation))
            .WithName("GetObligation").WithSummary("Get one obligation, with what the caller could do now")
            .Produces<ObligationAnswer>().Refuses(401, 404);
        group.MapGet("{id:long}/events", async Task<IResult> (HttpContext context, ObligationRegister register, CredentialCheck credentials, long id,
                string? limit, string? skip, CancellationToken cancellation) =>
                await ActsAsync(context, credentials, limit, skip, (who, page) => register.ActsAsync(who, id, page, cancellation), cancellation))
            .WithName("ListObligationEvents").WithSummary("List what happened to an obligation, newest first")
            .Produces<ActList>().Refuses(400, 401, 404);
        group.MapPost("{id:long}/moves", async Task<IResult> (HttpContext context, ObligationRegister register, CredentialCheck credentials, long id,
                CancellationToken cancellation) =>
                await TakeAsync(context, credentials, AgreementJson.Wire.ObligationMoveDraft,
                    (who, draft) => register.MoveAsync(who, id, draft, cancellation), Shown, cancellation))
            .WithName("MoveObligation").WithSummary("Trigger an obligation, fulfil it with evidence, waive it or declare it breached")
            .Takes<ObligationMoveDraft>("application/json").Produces<ObligationAnswer>().Refuses(400, 401, 403, 404, 409, 413, 415);
    }

    private static void MapTemplates(RouteGroupBuilder group)
    {
        group.MapGet("", ListTemplatesAsync).WithName("ListAgreementTemplates")
            .WithSummary("List the templates that an agreement can begin with, or those that are retired")
            .Produces<TemplateList>().Refuses(400, 401);
        group.MapPost("", async Task<IResult> (HttpContext context, TemplateRegister register, CredentialCheck credentials, CancellationToken cancellation) =>
                await TakeAsync(context, credentials, AgreementJson.Wire.TemplateDraft,
                    (who, draft) => register.MakeAsync(who, draft, cancellation), Created, cancellation))
            .WithName("CreateAgreementTemplate").WithSummary("Make a template of agreements (administrators)")
            .Takes<TemplateDraft>("application/json")
            .Produces<TemplateAnswer>(StatusCodes.Status201Created).Refuses(400, 401, 403, 409, 413, 415);
        group.MapGet("{name}", GetTemplateAsync).WithName("GetAgreementTemplate")
            .WithSummary("Get one template with the list of its versions; version asks for another than the last")
            .Produces<TemplateAnswer>().Refuses(400, 401, 404);
        group.MapPut("{name}", async Task<IResult> (HttpContext context, TemplateRegister register, CredentialCheck credentials, string name,
                CancellationToken cancellation) =>
                await TakeAsync(context, credentials, AgreementJson.Wire.TemplateDraft,
                    (who, draft) => register.ReviseAsync(who, name, draft, cancellation), Shown, cancellation))
            .WithName("ReviseAgreementTemplate")
            .WithSummary("Make a further version of a template; agreements made of others stay as they are (administrators)")
            .Takes<TemplateDraft>("application/json").Produces<TemplateAnswer>().Refuses(400, 401, 403, 404, 409, 413, 415);
        group.MapPost("{name}/moves", async Task<IResult> (HttpContext context, TemplateRegister register, CredentialCheck credentials, string name,
                CancellationToken cancellation) =>
                await TakeAsync(context, credentials, AgreementJson.Wire.MoveDraft,
                    (who, draft) => register.RetireAsync(who, name, draft, cancellation), Shown, cancellation))
            .WithName("MoveAgreementTemplate").WithSummary("Retire a template: no draft begins with it any more (administrators)")
            .Takes<MoveDraft>("application/json").Produces<TemplateAnswer>().Refuses(400, 401, 403, 404, 409, 413, 415);
    }

    private static async Task<IResult> ListTemplatesAsync(
        HttpContext context, TemplateRegister register, CredentialCheck credentials, string? state, string? limit, string? skip,
        CancellationToken cancellation)
    {
        var who = await KnownAsync(context, credentials, cancellation);
        if (!who.TryGet(out _, out var refusal)) return refusal.ToHttp();
        if (!Page.Parse(limit, skip).TryGet(out var page, out var problem)) return problem.ToHttp();
        if (state is not (null or "offered" or "retired")) return InvalidParameter("state", "offered, retired").ToHttp();
        var (entries, total) = await register.ListAsync(state == "retired", page, cancellation);
        return Json(context, new TemplateList(entries, total, page.NextLink(context.Request, total)), AgreementJson.Wire.TemplateList);
    }

    private static async Task<IResult> GetTemplateAsync(
        HttpContext context, TemplateRegister register, CredentialCheck credentials, string name, string? version, CancellationToken cancellation)
    {
        int? number = int.TryParse(version, NumberStyles.None, CultureInfo.InvariantCulture, out var read) ? read : null;
        if (version is not null && number is null) return InvalidParameter("version", "the numbers of versions").ToHttp();
        return await GiveAsync(context, credentials, who => register.FindAsync(who, name, number, cancellation), Shown, cancellation);
    }

    private static async Task<IResult> ListAsync(
        HttpContext context, AgreementRegister register, CredentialCheck credentials, string? state, string? limit, string? skip,
        CancellationToken cancellation)
    {
        var asked = await AskedAsync<AgreementState>(context, credentials, state, limit, skip, cancellation);
        if (!asked.TryGet(out var question, out var problem)) return problem.ToHttp();
        var (entries, total) = await register.ListAsync(question.Who, question.State, question.Page, cancellation);
        return Json(context, new AgreementPage(entries, total, question.Page.NextLink(context.Request, total)), AgreementJson.Wire.AgreementPage);
    }

    private static async Task<IResult> ListRequestsAsync(
        HttpContext context, RequestInbox inbox, CredentialCheck credentials, string? state, string? limit, string? skip,
        CancellationToken cancellation)
    {
        var asked = await AskedAsync<AccessRequestState>(context, credentials, state, limit, skip, cancellation);
        if (!asked.TryGet(out var question, out var problem)) return problem.ToHttp();
        var (entries, total) = await inbox.ListAsync(question.Who, question.State, question.Page, cancellation);
        return Json(context, new AccessRequestPage(entries, total, question.Page.NextLink(context.Request, total)),
            AgreementJson.Wire.AccessRequestPage);
    }

    private static async Task<IResult> ListObligationsAsync(
        HttpContext context, ObligationRegister register, CredentialCheck credentials, string? agreement, string? state, string? limit,
        string? skip, CancellationToken cancellation)
    {
        var asked = await AskedAsync<ObligationState>(context, credentials, state, limit, skip, cancellation);
        if (!asked.TryGet(out var question, out var problem)) return problem.ToHttp();
        long? id = long.TryParse(agreement, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : null;
        if (agreement is not null && id is null) return InvalidParameter("agreement", "the numbers of agreements").ToHttp();
        var listed = await register.ListAsync(question.Who, id, question.State, question.Page, cancellation);
        if (!listed.TryGet(out var found, out problem)) return problem.ToHttp();
        return Json(context, new ObligationPage(found.Entries, found.Total, question.Page.NextLink(context.Request, found.Total)),
            AgreementJson.Wire.ObligationPage);
    }

    private static async Task<IResult> TextAsync(
        HttpContext context, AgreementRegister register, CredentialCheck credentials, long id, CancellationToken cancellation) =>
        await GiveAsync(context, credentials, who => register.TermsAsync(who, id, cancellation), terms =>
        {
            context.Response.Headers.ETag = $"\"{AgreementText.Hash(terms)}\"";
            context.Response.Headers.CacheControl = "no-store";
            return Results.Bytes(AgreementText.Of(terms), "application/json");
        }, cancellation);

    private static async Task<IResult> OdrlAsync(
        HttpContext context, AgreementRegister register, CredentialCheck credentials, SharingOptions options, long id,
        CancellationToken cancellation) =>
        await GiveAsync(context, credentials,
            who => register.OdrlAsync(who, id, options.BaseAddress.AbsoluteUri.TrimEnd('/'), cancellation), odrl =>
            {
                context.Response.Headers.CacheControl = "no-store";
                return Results.Bytes(odrl, "application/ld+json");
            }, cancellation);

    private static async Task<Result<(Requester Who, TState? State, Page Page)>> AskedAsync<TState>(
        HttpContext context, CredentialCheck credentials, string? state, string? limit, string? skip, CancellationToken cancellation)
        where TState : struct, Enum
    {
        var who = await KnownAsync(context, credentials, cancellation);
        if (!who.TryGet(out var requester, out var refusal)) return refusal;
        if (!Page.Parse(limit, skip).TryGet(out var page, out var problem)) return problem;
        var word = Words.TryRead<TState>(state);
        return state is not null && word is null ? InvalidParameter("state", Words<TState>.All) : (requester, word, page);
    }

    private static async Task<IResult> GiveAsync<T>(
        HttpContext context, CredentialCheck credentials, Func<Requester, Task<Result<T>>> find, Func<T, IResult> show,
        CancellationToken cancellation)
    {
        var who = await KnownAsync(context, credentials, cancellation);
        if (!who.TryGet(out var requester, out var refusal)) return refusal.ToHttp();
        var outcome = await find(requester);
        return outcome.TryGet(out var found, out var problem) ? show(found) : problem.ToHttp();
    }

    private static async Task<IResult> GiveAsync<T>(
        HttpContext context, CredentialCheck credentials, Func<Requester, Task<Result<T>>> find, Func<HttpContext, T, IResult> show,
        CancellationToken cancellation) =>
        await GiveAsync(context, credentials, find, found => show(context, found), cancellation);

    private static async Task<IResult> TakeAsync<TDraft, T>(
        HttpContext context, CredentialCheck credentials, System.Text.Json.Serialization.Metadata.JsonTypeInfo<TDraft> type,
        Func<Requester, TDraft, Task<Result<T>>> take, Func<HttpContext, T, IResult> show, CancellationToken cancellation)
        where TDraft : class
    {
        var who = await KnownAsync(context, credentials, cancellation);
        if (!who.TryGet(out var requester, out var refusal)) return refusal.ToHttp();
        var body = await StrictJson.ReadAsync(context, type, cancellation);
        if (!body.TryGet(out var draft, out var unreadable)) return unreadable.ToHttp();
        var outcome = await take(requester, draft);
        return outcome.TryGet(out var made, out var problem) ? show(context, made) : problem.ToHttp();
    }

    private static async Task<Result<Requester>> KnownAsync(
        HttpContext context, CredentialCheck credentials, CancellationToken cancellation)
    {
        var who = await credentials.AuthenticateAsync(context, cancellation);
        if (!who.TryGet(out var requester, out var refusal)) return refusal;
        return requester.IsAnonymous ? Refusals.CredentialRequired : requester;
    }

    private static IResult Created(HttpContext context, AgreementAnswer answer)
    {
        context.Response.Headers.Location = $"{context.Request.PathBase}{Root}/{answer.Id}";
        return Json(context, answer, AgreementJson.Wire.AgreementAnswer, StatusCodes.Status201Created);
    }

    private static IResult Created(HttpContext context, AccessRequestAnswer answer)
    {
        context.Response.Headers.Location = $"{context.Request.PathBase}{Requests}/{answer.Id}";
        return Json(context, answer, AgreementJson.Wire.AccessRequestAnswer, StatusCodes.Status201Created);
    }

    private static IResult Created(HttpContext context, TemplateAnswer answer)
    {
        context.Response.Headers.Location = $"{context.Request.PathBase}{Templates}/{answer.Name}";
        return Json(context, answer, AgreementJson.Wire.TemplateAnswer, StatusCodes.Status201Created);
    }

    private static IResult Shown(HttpContext context, TemplateAnswer answer) => Json(context, answer, AgreementJson.Wire.TemplateAnswer);

    private static IResult Shown(HttpContext context, AgreementAnswer answer) => Json(context, answer, AgreementJson.Wire.AgreementAnswer);

    private static IResult Shown(HttpContext context, AccessRequestAnswer answer) =>
        Json(context, answer, AgreementJson.Wire.AccessRequestAnswer);

    private static IResult Shown(HttpContext context, ObligationAnswer answer) => Json(context, answer, AgreementJson.Wire.ObligationAnswer);

    private static async Task<IResult> ActsAsync(
        HttpContext context, CredentialCheck credentials, string? limit, string? skip,
        Func<Requester, Page, Task<Result<(IReadOnlyList<ActAnswer> Entries, long Total)>>> find, CancellationToken cancellation)
    {
        var who = await KnownAsync(context, credentials, cancellation);
        if (!who.TryGet(out var requester, out var refusal)) return refusal.ToHttp();
        if (!Page.Parse(limit, skip).TryGet(out var page, out var problem)) return problem.ToHttp();
        if (!(await find(requester, page)).TryGet(out var found, out problem)) return problem.ToHttp();
        return Json(context, new ActList(found.Entries, found.Total, page.NextLink(context.Request, found.Total)), AgreementJson.Wire.ActList);
    }

    // What two sides agree on is kept by nobody on the way.
    private static JsonHttpResult<T> Json<T>(
        HttpContext context, T value, System.Text.Json.Serialization.Metadata.JsonTypeInfo<T> type, int status = StatusCodes.Status200OK)
    {
        context.Response.Headers.CacheControl = "no-store";
        return TypedResults.Json(value, type, statusCode: status);
    }

    private static Problem InvalidParameter(string name, string taken) => Problem.BadRequest(
        "invalid-parameter", "A query parameter is not acceptable", $"'{name}' takes one of {taken}.").With("parameter", name);
}

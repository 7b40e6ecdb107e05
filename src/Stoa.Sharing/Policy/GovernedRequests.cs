using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Stoa.Identity.Credentials;
using Stoa.Identity.Http;
using Stoa.Sharing.Agreements;
using Stoa.Sharing.Exchanges;
using Stoa.Sharing.Purposes;
using Stoa.Sharing.Recording;
using Stoa.Sharing.Roles;
using Stoa.Vocabulary;

namespace Stoa.Sharing.Policy;

/// <summary>Tells those who may know why a request is refused, and by which decision it is answered.</summary>
/// <remarks>
/// A step before every address. What may be seen is not decided here: each address asks the policy itself, and whoever may not know that
/// a dataset exists goes on to the address, which answers as if it did not. A purpose or agreement that is declared and cannot be is refused here,
/// wherever it is declared (ISO 37156, 5.5.1).
/// </remarks>
public sealed class GovernedRequests
{
    private const string Data = "/datasets/";
    private const string Described = "/api/v1/datasets/";

    private readonly CredentialCheck _credentials;
    private readonly AccessPolicy _policy;
    private readonly DecisionJournal _journal;
    private readonly UsageLimits _limits;

    internal GovernedRequests(CredentialCheck credentials, AccessPolicy policy, DecisionJournal journal, UsageLimits limits)
    {
        _limits = limits;
        _journal = journal;
        _credentials = credentials;
        _policy = policy;
    }

    /// <summary>Adds the step; after routing.</summary>
    public static void Use(IApplicationBuilder app)
    {
        ArgumentNullException.ThrowIfNull(app);
        app.Use(app.ApplicationServices.GetRequiredService<GovernedRequests>().ServeAsync);
    }

    private async Task ServeAsync(HttpContext context, RequestDelegate next)
    {
        var slug = SlugOf(context);
        var meter = ExchangeMeter.Of(context);
        if (slug is null && meter is null && !DeclaredUses.IsDeclared(context.Request.Headers))
        {
            await next(context);
            return;
        }

        if ((await _credentials.AuthenticateAsync(context, context.RequestAborted)).TryGet(out var requester, out _) &&
            await RefusalAsync(context, requester.By(WayOutRule.OfRequest(context)), slug, meter) is { } problem)
        {
            await problem.WriteAsync(context);
            return;
        }

        await next(context);
    }

    // Where data leave and come in, and where they are described; what is governed about a dataset has rules of its own.
    private static string? SlugOf(HttpContext context)
    {
        if (context.GetRouteValue("slug") is not string slug) return null;
        var path = (context.Request.Path.Value ?? "").AsSpan();
        if (path.StartsWith(Data, StringComparison.OrdinalIgnoreCase) && path[Data.Length..].StartsWith(slug, StringComparison.OrdinalIgnoreCase))
        {
            var below = path[(Data.Length + slug.Length)..];
            return below.StartsWith("/sensorthings/", StringComparison.OrdinalIgnoreCase) || below.StartsWith("/connectors/", StringComparison.OrdinalIgnoreCase)
                ? slug
                : null;
        }

        if (!HttpMethods.IsGet(context.Request.Method) || !path.StartsWith(Described, StringComparison.Ordinal)) return null;
        var described = path[Described.Length..].TrimEnd('/');
        return described.SequenceEqual(slug) || described.EndsWith("/statistics", StringComparison.Ordinal) ? slug : null;
    }

    /// <summary>What this step does, for a page that gives data of a dataset under its own address: the refusal, or the headers and the
    /// record of what is let through.</summary>
    public ValueTask<Problem?> RefusalAsync(HttpContext context, Requester requester, string slug) =>
        RefusalAsync(context, requester, slug, ExchangeMeter.Of(context));

    private async ValueTask<Problem?> RefusalAsync(HttpContext context, Requester requester, string? slug, ExchangeMeter? meter)
    {
        // Who is no party says nothing of a use, and at the root of all no one dataset is meant.
        if (slug is null && requester.Party is null) return null;
        var question = _policy.Ask(requester);
        if (meter is not null) meter.Asked = question;
        var dataset = slug is not null && _policy.TryFindDataset(slug, out var entry) ? entry : null;
        if (dataset is not null && !question.Snapshot.IsOpenAt(dataset.Id, question.Request.At)) AnswerGoverned(context, KeepPrivate);
        if (dataset?.LicenceAddress is { } licence)
            AnswerGoverned(context, headers => headers.Append("Link", $"<{licence}>; rel=\"license\""));
        if (requester.IsAdministrator) return null;
        // Told to whoever would be let through alone: for all others the dataset is as absent as it was.
        if (dataset is not null && ActionOf(context.Request) == DataAction.See && _policy.IsStopped(requester, dataset.Id))
            return SharingRefusals.ConfirmationOverdue;
        // Read where something is refused, and nowhere else.
        string Language() => DecisionAnswers.LanguageOf(context.Request);
        if (question.Request.Party is not null && question.FaultOfUse() is { } fault)
            return DecisionAnswers.ToProblem(fault.Decision, fault.Request, question.Snapshot, Language());
        if (meter is not null)
            (meter.Agreement, meter.Purpose) = (question.Request.Agreement?.Value, question.Request.Purpose?.Value);
        if (slug is null) return null;
        var action = ActionOf(context.Request);
        // Decided for what is not there too, so that it takes as long.
        var request = question.Request with { Action = action, Dataset = dataset?.Id ?? default };
        // What a token names is granted by it, whatever is decided of its party.
        var isNamed = dataset is not null &&
            (action == DataAction.See ? requester.IsNamedToRead(dataset.Id) : requester.IsNamedToWrite(dataset.Id));
        var (decision, id) = _journal.Decide(
            request, question.Snapshot, isKept: dataset is not null && request.Party is not null, isKeptRefused: !isNamed);
        if (dataset is null) return null;
        if (decision.Grant is { } grant && request.Party is not null)
        {
            if (action == DataAction.See && !grant.Limits.IsNone &&
                await ReachedLimitAsync(context, grant, request, question, meter) is { } reached)
                return DecisionAnswers.ToLimitReached(reached, request, question.Snapshot, Language());
            if (meter is not null)
                (meter.Agreement, meter.Purpose, meter.Decision) = (grant.Agreement?.Value, grant.Purpose?.Value, id);
            AnswerGoverned(context, headers => DecisionAnswers.Describe(headers, grant, id));
        }

        if (decision.IsPermitted || decision.IsOutsider || request.Party is null) return null;
        // What a token names, and what may be read and not written, the address answers in its own words; but who may propose is told so.
        var mayPropose = action == DataAction.Correct && decision.Reasons is [{ Code: ReasonCode.L10ProposalOnly }, ..];
        return (_policy.Read(requester).ContainsAny(dataset.Id) && !mayPropose) || _policy.Write(requester).Contains(dataset.Id)
            ? null
            : DecisionAnswers.ToProblem(decision, request, question.Snapshot, Language());
    }

    /// <summary>403 for whoever may propose how what is there should be changed, and not change it; null for everybody else.</summary>
    /// <remarks>Where one address adds or replaces, as with keys of other systems and in batches, only the write itself finds out which it is: the
    /// refusal is kept as a decision about correcting, beside the one about adding by which the request came so far.</remarks>
    public Problem? ProposalOnly(Requester requester, DatasetId dataset)
    {
        if (_policy.ProposalOnly(requester, dataset) is not { } problem) return null;
        var question = _policy.Ask(requester);
        var request = question.Request with { Action = DataAction.Correct, Dataset = dataset };
        var (_, id) = _journal.Decide(request, question.Snapshot, isKept: true);
        return problem.With("decisionId", id);
    }

    // An entity is changed, replaced and removed at its address in SensorThings; what is made, and what other addresses take, is added.
    private static DataAction ActionOf(HttpRequest request)
    {
        if (HttpMethods.IsGet(request.Method) || HttpMethods.IsHead(request.Method)) return DataAction.See;
        return HttpMethods.IsPatch(request.Method) || HttpMethods.IsDelete(request.Method) || Replaces(request) ? DataAction.Correct : DataAction.Add;
    }

    // By the key of another system an entity is made where there is none: whether there is one is known at the address alone.
    private static bool Replaces(HttpRequest request)
    {
        if (!HttpMethods.IsPut(request.Method)) return false;
        var path = (request.Path.Value ?? "").AsSpan().TrimEnd('/');
        return path.Contains("/sensorthings/", StringComparison.OrdinalIgnoreCase) &&
            !(path.Contains("(externalKey='", StringComparison.Ordinal) && path.EndsWith("')", StringComparison.Ordinal));
    }

    // The decision once more, with what was used; null when it still lets through, and then this use is taken.
    private async ValueTask<Decision?> ReachedLimitAsync(
        HttpContext context, AccessGrant grant, DecisionRequest request, Question question, ExchangeMeter? meter)
    {
        var key = UsageKey.Of(grant, request.Party);
        var usage = await _limits.OfAsync(key, context.RequestAborted);
        var decision = AccessDecision.Decide(request with { Usage = usage }, question.Snapshot);
        if (!decision.IsPermitted) return decision;
        // Of those that ask at the same time only as many as are left.
        var most = grant.Limits.RequestsPerMinute;
        if (!_limits.TryTakeRequest(key, most))
            return AccessDecision.Decide(request with { Usage = usage with { RequestsInMinute = most } }, question.Snapshot);
        meter?.Limit(_limits, key, grant.Limits.RowsPerDay);
        return null;
    }

    private static void KeepPrivate(IHeaderDictionary headers) => headers.CacheControl = "private, no-store";

    private static void AnswerGoverned(HttpContext context, Action<IHeaderDictionary> describe) =>
        context.Response.OnStarting(() =>
        {
            if (context.Response.StatusCode < StatusCodes.Status400BadRequest) describe(context.Response.Headers);
            return Task.CompletedTask;
        });
}

/// <summary>What a requester asks, for one moment and one snapshot.</summary>
internal readonly record struct Question(Requester Requester, PolicySnapshot Snapshot, DecisionRequest Request)
{
    /// <summary>Why what the request says of its use cannot be, whichever dataset it is about; null when it can.</summary>
    public (Decision Decision, DecisionRequest Request)? FaultOfUse()
    {
        var use = DeclaredUse.Of(Requester, Snapshot.Purposes);
        if (use.Fault is { } fault) return (Refused(fault), Request);
        if (use.Agreement is not { } id) return null;
        if (!Snapshot.Agreements.TryGetValue(id.Value, out var agreement) || !IsOwn(agreement))
            return (Refused(ReasonCode.G8AgreementOfOthers), Request);
        if (use.Purpose is { } purpose && !agreement.Purposes.Contains(Snapshot.Purposes.IndexOf(purpose)))
            return (Refused(ReasonCode.P1PurposeNotAgreed), Request);
        // What holds up the agreement holds up each of its datasets.
        (Decision, DecisionRequest)? first = null;
        foreach (var dataset in agreement.Datasets)
        {
            var request = Request with { Dataset = new(dataset), WithoutRoles = true };
            var decision = AccessDecision.Decide(request, Snapshot);
            if (decision.Gate is not Gate.Agreement) return null;
            first ??= (decision, request);
        }

        return first;
    }

    private bool IsOwn(AgreementStanding agreement)
    {
        var at = Request.At;
        return Request.Party is { } id && Snapshot.TryFind(id, out var party) &&
            Array.Exists(party.CapacitiesAt(at).All, capacity =>
                Array.Exists(capacity.Chain, one => one.Party.Id == agreement.Terms.Consumer));
    }

    private Decision Refused(ReasonCode code) => new()
    {
        Outcome = Outcome.Deny,
        Gate = ReasonCodes.Of(code).Gate,
        Reasons = [new(code)],
        Version = Snapshot.Content.Version,
    };
}

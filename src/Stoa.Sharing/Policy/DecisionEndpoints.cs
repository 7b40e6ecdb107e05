using System.ComponentModel;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Stoa.Identity.Credentials;
using Stoa.Identity.Http;
using Stoa.Sharing.Agreements;
using Stoa.Sharing.Purposes;
using Stoa.Sharing.Recording;
using Stoa.Sharing.Roles;
using Stoa.Vocabulary;

namespace Stoa.Sharing.Policy;

/// <summary>What a caller asks about a decision.</summary>
internal sealed record ExplainDraft
{
    /// <summary>Longest list of fields.</summary>
    public const int FieldsMax = GovernedDataset.FieldsMax;

    [Description("The dataset's slug.")]
    public string? Dataset { get; init; }

    [Description("see, add, correct, setLevel, grant or publish; see if left out.")]
    public DataAction Action { get; init; }

    [Description("Id of the party that would ask; the caller himself if left out. About others: owners of the dataset and administrators.")]
    public long? Party { get; init; }

    [Description("Name or address of the purpose; what the request declares if left out.")]
    public string? Purpose { get; init; }

    [Description("Number of the agreement; what the request declares if left out.")]
    public long? Agreement { get; init; }

    [Description("Fields asked for; whatever is allowed if left out.")]
    public IReadOnlyList<string>? Fields { get; init; }

    public Problem? Check()
    {
        if (TextRules.CheckSlug("dataset", Dataset) is { } problem) return problem;
        if (Purpose is { Length: > DeclaredUses.PurposeLengthMax })
            return StrictJson.InvalidProperty("purpose", $"'purpose' takes at most {DeclaredUses.PurposeLengthMax} characters.")
                .With("limit", DeclaredUses.PurposeLengthMax);
        return Fields is { Count: > FieldsMax }
            ? StrictJson.InvalidProperty("fields", $"'fields' takes at most {FieldsMax} names.").With("limit", FieldsMax)
            : null;
    }
}

/// <summary>How one gate was passed.</summary>
/// <param name="Gate">Which.</param>
/// <param name="Holds">Whether it was passed; null when it is not told or was not reached.</param>
internal sealed record GateAnswer(Gate Gate, bool? Holds);

/// <summary>A decision with its reasons.</summary>
/// <param name="Outcome">Only permit lets anything through.</param>
/// <param name="Gate">The gate that decided; absent for a permit, and for whoever may not know.</param>
/// <param name="Gates">Every gate, in order.</param>
/// <param name="Reasons">The one that decided first.</param>
/// <param name="Grant">What may be reached.</param>
/// <param name="ByToken">What the caller's token grants by naming the dataset, whatever was decided.</param>
/// <param name="Version">Of the state of governance by which it was decided.</param>
/// <param name="DecisionId">Names it.</param>
internal sealed record ExplainAnswer(
    Outcome Outcome, Gate? Gate, IReadOnlyList<GateAnswer> Gates, IReadOnlyList<ReasonAnswer> Reasons, AccessGrant? Grant,
    IReadOnlyList<string>? ByToken, long Version, string DecisionId);

/// <summary>A purpose as it is listed.</summary>
/// <param name="Name">What requests name.</param>
/// <param name="Iri">Its address.</param>
/// <param name="Parents">Broader purposes.</param>
/// <param name="English">Label in English.</param>
/// <param name="German">Label in German.</param>
/// <param name="Description">What is meant by one of the city's own.</param>
/// <param name="IsRetired">Nothing new is agreed for it; absent where it is offered.</param>
internal sealed record PurposeAnswer(
    string Name, string Iri, IReadOnlyList<string> Parents, string English, string German, string? Description, bool? IsRetired);

/// <summary>Every purpose.</summary>
internal sealed record PurposeList(IReadOnlyList<PurposeAnswer> Value);

/// <summary>Every reason, in one language.</summary>
internal sealed record ReasonList(IReadOnlyList<ReasonListing> Value);

/// <summary>A reason as it is listed.</summary>
internal sealed record ReasonListing(string Code, Gate Gate, ReasonKind Kind, string Text, string Remedy, string Clause);

/// <summary><c>/api/v1/decisions/explain</c>, <c>/api/v1/purposes</c> and <c>/api/v1/reasons</c>.</summary>
public static class DecisionEndpoints
{
    /// <summary>Maps the addresses.</summary>
    public static IEndpointRouteBuilder MapDecisions(this IEndpointRouteBuilder routes)
    {
        var group = routes.MapGroup("/api/v1").WithTags("Decisions");
        group.MapPost("decisions/explain", ExplainAsync).WithName("ExplainDecision")
            .WithSummary("Say why something may be done with a dataset or not, gate by gate")
            .WithDescription("Whoever has a credential may ask about himself. What an outsider may not know is not told: a hidden dataset looks like one " +
                "that does not exist. Texts are in English or German, by Accept-Language.")
            .Takes<ExplainDraft>("application/json")
            .Produces<ExplainAnswer>().Refuses(400, 401, 403, 413, 415);
        group.MapGet("purposes", Purposes).WithName("ListPurposes")
            .WithSummary("List the purposes for which data can be used: those of the Data Privacy Vocabulary, and the city's own")
            .Produces<PurposeList>().Refuses(401);
        group.MapGet("reasons", Reasons).WithName("ListReasons")
            .WithSummary("List the reasons that decisions give, in English or German by Accept-Language")
            .Produces<ReasonList>().Refuses(401);
        return routes;
    }

    private static async Task<IResult> ExplainAsync(
        HttpContext context, CredentialCheck credentials, AccessPolicy policy, CancellationToken cancellation)
    {
        var who = await credentials.AuthenticateAsync(context, cancellation);
        if (!who.TryGet(out var requester, out var refusal)) return refusal.ToHttp();
        if (requester.IsAnonymous) return Refusals.CredentialRequired.ToHttp();
        var body = await StrictJson.ReadAsync(context, SharingJson.Wire.ExplainDraft, cancellation);
        if (!body.TryGet(out var draft, out var unreadable)) return unreadable.ToHttp();
        if (draft.Check() is { } problem) return problem.ToHttp();
        var asking = requester.Declaring(draft.Purpose ?? requester.DeclaredPurpose, draft.Agreement ?? requester.DeclaredAgreement);
        var question = policy.Ask(asking);
        var dataset = policy.TryFindDataset(draft.Dataset!, out var entry) ? entry.Id : default;
        var isPrivileged = requester.IsAdministrator || policy.Decide(requester, dataset, DataAction.Grant).IsPermitted;
        var isAboutOther = draft.Party is { } party && party != requester.Party?.Value;
        // The same for a dataset that is not there: who asks about others learns nothing from being refused.
        if (isAboutOther && !isPrivileged) return NotAboutOthers.ToHttp();
        var request = question.Request with
        {
            Dataset = dataset,
            Action = draft.Action,
            Fields = draft.Fields is { } fields ? [.. fields] : null,
            Explain = true,
        };
        if (isAboutOther) request = request with { Party = new(draft.Party!.Value), WithoutRoles = false, Strength = Strength.Token };
        var decision = question.FaultOfUse() is { } fault && !isAboutOther
            ? fault.Decision
            : AccessDecision.Decide(request, question.Snapshot);
        if (!isPrivileged) decision = decision.ToOutside();
        context.Response.Headers.CacheControl = "private, no-store";
        return TypedResults.Json(
            Answer(decision, request, isAboutOther ? null : requester, DecisionAnswers.LanguageOf(context.Request)),
            SharingJson.Wire.ExplainAnswer);
    }

    private static ExplainAnswer Answer(Decision decision, DecisionRequest request, Requester? requester, string language)
    {
        // Some reasons are given by two gates: which one decided is known of the first.
        var failed = decision.Reasons
            .Select(reason => ReasonCodes.Of(reason.Code)).Where(meaning => meaning.Kind != ReasonKind.Note)
            .Select((meaning, place) => place == 0 && decision.Gate is { } gate ? gate : meaning.Gate).ToHashSet();
        var isTold = decision.IsPermitted || decision.Gate is not null;
        var gates = Enum.GetValues<Gate>().Select(gate => new GateAnswer(gate, isTold ? !failed.Contains(gate) : null));
        return new(
            decision.Outcome, decision.Gate, [.. gates],
            [.. decision.Reasons.Select(reason => ReasonAnswer.Of(reason, language))], decision.Grant,
            requester is null ? null : Named(requester, request.Dataset), decision.Version,
            DecisionAnswers.IdOf(decision.IsOutsider ? request with { Dataset = default } : request, decision.Version));
    }

    private static List<string>? Named(Requester requester, DatasetId dataset)
    {
        var named = new List<string>();
        if (requester.IsNamedToRead(dataset)) named.Add("read");
        if (requester.IsNamedToWrite(dataset)) named.Add("write");
        return named.Count == 0 ? null : named;
    }

    private static async Task<IResult> Purposes(
        HttpContext context, CredentialCheck credentials, AccessPolicy policy, CancellationToken cancellation)
    {
        var who = await credentials.AuthenticateAsync(context, cancellation);
        if (!who.TryGet(out _, out var refusal)) return refusal.ToHttp();
        var purposes = policy.Snapshot.Purposes.All.Select(purpose => new PurposeAnswer(
            purpose.Id.Value, purpose.Iri, [.. purpose.Parents.Select(parent => parent.Value)], purpose.English, purpose.German,
            purpose.Description, purpose.RetiredAt is null ? null : true));
        context.Response.Headers.CacheControl = "no-cache";
        return TypedResults.Json(new PurposeList([.. purposes]), SharingJson.Wire.PurposeList);
    }

    private static async Task<IResult> Reasons(HttpContext context, CredentialCheck credentials, CancellationToken cancellation)
    {
        var who = await credentials.AuthenticateAsync(context, cancellation);
        if (!who.TryGet(out _, out var refusal)) return refusal.ToHttp();
        var language = DecisionAnswers.LanguageOf(context.Request);
        var reasons = ReasonCodes.All.Select(meaning => new ReasonListing(
            meaning.Word, meaning.Gate, meaning.Kind, meaning.In(language).Text, meaning.In(language).Remedy, meaning.Clause));
        context.Response.Headers.CacheControl = "no-cache";
        context.Response.Headers.ContentLanguage = language;
        context.Response.Headers.Vary = "Accept-Language";
        return TypedResults.Json(new ReasonList([.. reasons]), SharingJson.Wire.ReasonList);
    }

    private static Problem NotAboutOthers { get; } = new(
        403, "not-about-others", "You may not ask about others",
        "Leave 'party' out to ask about yourself. About others ask those who may grant access to the dataset, and administrators.");
}

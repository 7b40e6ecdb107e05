using System.Globalization;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Stoa.Identity.Http;
using Stoa.Sharing.Policy;
using Stoa.Sharing.Recording;
using Stoa.Sharing.Records;
using Stoa.Vocabulary;

namespace Stoa.Sharing.Rules;

/// <summary><c>/api/v1/policy/rules</c>: what holds besides levels and agreements.</summary>
internal static class PolicyRuleEndpoints
{
    private const string Root = "/api/v1/policy/rules";

    public static void Map(IEndpointRouteBuilder routes)
    {
        var group = routes.MapGroup(Root).WithTags("Policy");
        group.MapGet("", ListAsync).WithName("ListPolicyRules")
            .WithSummary("List the rules of the city and of members, newest first")
            .WithDescription("Officers see all of them; others those of the parties for which they act, and those of the city that reach these. " +
                "Sentences are in English or German, by Accept-Language.")
            .Produces<PolicyRulePage>().Refuses(400, 401);
        group.MapPost("", MakeAsync).WithName("MakePolicyRule")
            .WithSummary("Put a rule in force: of the city (officers), or of a member for what it owns")
            .WithDescription("A rule is never changed: it is revoked, and another one made.")
            .Takes<PolicyRuleDraft>("application/json")
            .Produces<PolicyRuleView>(StatusCodes.Status201Created).Refuses(400, 401, 403, 409, 413, 415);
        group.MapPost("what-if", PreviewAsync).WithName("PreviewPolicyRule")
            .WithSummary("Tell what a rule would change, without putting it in force (whoever may make it)")
            .WithDescription("Who would gain or lose access to what, and which of the last 10,000 decisions about these data would differ.")
            .Takes<PolicyRuleDraft>("application/json")
            .Produces<PolicyRulePreview>().Refuses(400, 401, 403, 413, 415, 429);
        group.MapGet("{id:long}", FindAsync).WithName("GetPolicyRule")
            .WithSummary("Get one rule with what happened to it")
            .Produces<PolicyRuleView>().Refuses(401, 404);
        group.MapPost("{id:long}/moves", MoveAsync).WithName("MovePolicyRule")
            .WithSummary("Revoke a rule (officers, the member whose rule it is), with a reason")
            .Takes<MoveDraft>("application/json")
            .Produces<PolicyRuleView>().Refuses(400, 401, 403, 404, 409, 413, 415);
        group.MapGet("{id:long}/what-if", PreviewRevocationAsync).WithName("PreviewPolicyRuleRevocation")
            .WithSummary("Tell what would change if a rule were revoked (officers, the member whose rule it is)")
            .Produces<PolicyRulePreview>().Refuses(401, 403, 404, 409, 429);
    }

    private static Task<IResult> ListAsync(
        HttpContext context, Governed http, PolicyRules rules, string? layer, long? member, string? state, string? limit, string? skip,
        CancellationToken cancellation) =>
        http.PageAsync(context, limit, skip, async (who, page) =>
            {
                if (layer is not null && Words.TryRead<PolicyLayer>(layer) is null) return Unknown("layer", Words<PolicyLayer>.All);
                if (state is not (null or "inForce" or "revoked")) return Unknown("state", "inForce, revoked");
                var query = new PolicyRuleQuery(
                    Words.TryRead<PolicyLayer>(layer), member is { } id ? new PartyId(id) : null, state is null ? null : state == "inForce");
                return await rules.ListAsync(who, query, DecisionAnswers.LanguageOf(context.Request), page, cancellation);
            },
            (value, count, next) => new PolicyRulePage(value, count, next), GovernanceJson.Wire.PolicyRulePage);

    private static Task<IResult> FindAsync(HttpContext context, Governed http, PolicyRules rules, long id, CancellationToken cancellation) =>
        http.GetAsync(context, who => rules.FindAsync(who, id, DecisionAnswers.LanguageOf(context.Request), cancellation),
            GovernanceJson.Wire.PolicyRuleView);

    private static Task<IResult> MakeAsync(HttpContext context, Governed http, PolicyRules rules, CancellationToken cancellation) =>
        http.SendAsync(context, GovernanceJson.Wire.PolicyRuleDraft,
            (who, draft) => rules.MakeAsync(who, draft, DecisionAnswers.LanguageOf(context.Request), cancellation),
            GovernanceJson.Wire.PolicyRuleView, made => string.Create(CultureInfo.InvariantCulture, $"{Root}/{made.Id}"));

    private static Task<IResult> PreviewAsync(HttpContext context, Governed http, PolicyRules rules, CancellationToken cancellation) =>
        http.SendAsync(context, GovernanceJson.Wire.PolicyRuleDraft,
            (who, draft) => rules.PreviewAsync(who, draft, DecisionAnswers.LanguageOf(context.Request), cancellation),
            GovernanceJson.Wire.PolicyRulePreview);

    private static Task<IResult> MoveAsync(HttpContext context, Governed http, PolicyRules rules, long id, CancellationToken cancellation) =>
        http.SendAsync(context, GovernanceJson.Wire.MoveDraft,
            (who, draft) => rules.RevokeAsync(who, id, draft, DecisionAnswers.LanguageOf(context.Request), cancellation),
            GovernanceJson.Wire.PolicyRuleView);

    private static Task<IResult> PreviewRevocationAsync(
        HttpContext context, Governed http, PolicyRules rules, long id, CancellationToken cancellation) =>
        http.GetAsync(context, who => rules.PreviewRevocationAsync(who, id, DecisionAnswers.LanguageOf(context.Request), cancellation),
            GovernanceJson.Wire.PolicyRulePreview);

    private static Problem Unknown(string parameter, string takes) => Problem.BadRequest(
        "invalid-parameter", "A query parameter is not acceptable", $"'{parameter}' takes one of {takes}.").With("parameter", parameter);
}

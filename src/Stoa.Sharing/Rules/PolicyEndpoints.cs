using System.Globalization;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Stoa.Identity.Http;
using Stoa.Sharing.Recording;
using Stoa.Sharing.Records;
using Stoa.Vocabulary;

namespace Stoa.Sharing.Rules;

/// <summary>Own purposes, exemptions and compatibility tests under <c>/api/v1/policy</c>, and what parties say of themselves.</summary>
internal static class PolicyEndpoints
{
    private const string Purposes = "/api/v1/policy/purposes";
    private const string Exempt = "/api/v1/policy/exemptions";
    private const string Tests = "/api/v1/policy/compatibility-tests";

    public static void Map(IEndpointRouteBuilder routes)
    {
        MapPurposes(routes.MapGroup(Purposes).WithTags("Policy"));
        MapExemptions(routes.MapGroup(Exempt).WithTags("Policy"));
        MapTests(routes.MapGroup(Tests).WithTags("Policy"));
        var facts = routes.MapGroup("/api/v1/parties/{id:long}/facts").WithTags("Policy");
        facts.MapGet("", (HttpContext context, Governed http, FactsOfParties parties, long id, CancellationToken cancellation) =>
                http.GetAsync(context, who => parties.FindAsync(who, new(id), cancellation), GovernanceJson.Wire.PartyFactsView))
            .WithName("GetPartyFacts").WithSummary("Get what a party says of itself that decisions ask for (the party, officers)")
            .Produces<PartyFactsView>().Refuses(401, 404);
        facts.MapPut("", (HttpContext context, Governed http, FactsOfParties parties, long id, CancellationToken cancellation) =>
                http.SendAsync(context, GovernanceJson.Wire.PartyFactsDraft, (who, draft) => parties.PutAsync(who, new(id), draft, cancellation),
                    GovernanceJson.Wire.PartyFactsView))
            .WithName("PutPartyFacts").WithSummary("Say up to which residual risk a party takes part (the party, officers)")
            .Takes<PartyFactsDraft>("application/json").Produces<PartyFactsView>().Refuses(400, 401, 404, 413, 415);
    }

    private static void MapPurposes(RouteGroupBuilder group)
    {
        group.MapGet("", (HttpContext context, Governed http, OwnPurposes purposes, string? limit, string? skip, CancellationToken cancellation) =>
                http.PageAsync(context, limit, skip, async (who, page) =>
                        Result<(IReadOnlyList<OwnPurposeView>, long)>.Of(await purposes.ListAsync(who, page, cancellation)),
                    (value, count, next) => new OwnPurposePage(value, count, next), GovernanceJson.Wire.OwnPurposePage))
            .WithName("ListOwnPurposes").WithSummary("List the purposes of the city's own, newest first")
            .Produces<OwnPurposePage>().Refuses(400, 401);
        group.MapPost("", (HttpContext context, Governed http, OwnPurposes purposes, CancellationToken cancellation) =>
                http.SendAsync(context, GovernanceJson.Wire.OwnPurposeDraft, (who, draft) => purposes.AddAsync(who, draft, cancellation),
                    GovernanceJson.Wire.OwnPurposeView, made => AddressOf(Purposes, made.Id)))
            .WithName("AddOwnPurpose").WithSummary("Add a purpose of the city's own below one that is known (officers)")
            .Takes<OwnPurposeDraft>("application/json")
            .Produces<OwnPurposeView>(StatusCodes.Status201Created).Refuses(400, 401, 403, 409, 413, 415);
        group.MapGet("{id:long}", (HttpContext context, Governed http, OwnPurposes purposes, long id, CancellationToken cancellation) =>
                http.GetAsync(context, who => purposes.FindAsync(who, id, cancellation), GovernanceJson.Wire.OwnPurposeView))
            .WithName("GetOwnPurpose").WithSummary("Get one purpose of the city's own")
            .Produces<OwnPurposeView>().Refuses(401, 404);
        group.MapPost("{id:long}/moves", (HttpContext context, Governed http, OwnPurposes purposes, long id, CancellationToken cancellation) =>
                http.SendAsync(context, GovernanceJson.Wire.MoveDraft, (who, draft) => purposes.RetireAsync(who, id, draft, cancellation),
                    GovernanceJson.Wire.OwnPurposeView))
            .WithName("MoveOwnPurpose").WithSummary("Retire a purpose: nothing new is agreed for it, what was agreed runs on (officers)")
            .Takes<MoveDraft>("application/json").Produces<OwnPurposeView>().Refuses(400, 401, 403, 404, 409, 413, 415);
    }

    private static void MapExemptions(RouteGroupBuilder group)
    {
        group.MapGet("", (HttpContext context, Governed http, Exemptions exemptions, string? limit, string? skip, CancellationToken cancellation) =>
                http.PageAsync(context, limit, skip, (who, page) => exemptions.ListAsync(who, page, cancellation),
                    (value, count, next) => new ExemptionPage(value, count, next), GovernanceJson.Wire.ExemptionPage))
            .WithName("ListExemptions").WithSummary("List exemptions from checks of the law, newest first (officers; others those of their datasets)")
            .Produces<ExemptionPage>().Refuses(400, 401);
        group.MapPost("", (HttpContext context, Governed http, Exemptions exemptions, CancellationToken cancellation) =>
                http.SendAsync(context, GovernanceJson.Wire.ExemptionDraft, (who, draft) => exemptions.GrantAsync(who, draft, cancellation),
                    GovernanceJson.Wire.ExemptionView, made => AddressOf(Exempt, made.Id)))
            .WithName("GrantExemption").WithSummary("Exempt a dataset from one check of the law for a while, naming the legal basis (officers)")
            .Takes<ExemptionDraft>("application/json")
            .Produces<ExemptionView>(StatusCodes.Status201Created).Refuses(400, 401, 403, 413, 415);
        group.MapGet("{id:long}", (HttpContext context, Governed http, Exemptions exemptions, long id, CancellationToken cancellation) =>
                http.GetAsync(context, who => exemptions.FindAsync(who, id, cancellation), GovernanceJson.Wire.ExemptionView))
            .WithName("GetExemption").WithSummary("Get one exemption with what happened to it")
            .Produces<ExemptionView>().Refuses(401, 404);
        group.MapPost("{id:long}/moves", (HttpContext context, Governed http, Exemptions exemptions, long id, CancellationToken cancellation) =>
                http.SendAsync(context, GovernanceJson.Wire.MoveDraft, (who, draft) => exemptions.RevokeAsync(who, id, draft, cancellation),
                    GovernanceJson.Wire.ExemptionView))
            .WithName("MoveExemption").WithSummary("Revoke an exemption, with a reason (officers)")
            .Takes<MoveDraft>("application/json").Produces<ExemptionView>().Refuses(400, 401, 403, 404, 409, 413, 415);
    }

    private static void MapTests(RouteGroupBuilder group)
    {
        group.MapGet("", (HttpContext context, Governed http, CompatibilityTests tests, long? agreement, string? limit, string? skip,
                CancellationToken cancellation) =>
                http.PageAsync(context, limit, skip, (who, page) => tests.ListAsync(who, agreement, page, cancellation),
                    (value, count, next) => new CompatibilityTestPage(value, count, next), GovernanceJson.Wire.CompatibilityTestPage))
            .WithName("ListCompatibilityTests").WithSummary("List which further purposes were tested, newest first (sides of the agreement, officers)")
            .Produces<CompatibilityTestPage>().Refuses(400, 401);
        group.MapPost("", (HttpContext context, Governed http, CompatibilityTests tests, CancellationToken cancellation) =>
                http.SendAsync(context, GovernanceJson.Wire.CompatibilityTestDraft, (who, draft) => tests.RecordAsync(who, draft, cancellation),
                    GovernanceJson.Wire.CompatibilityTestView, made => AddressOf(Tests, made.Id)))
            .WithName("RecordCompatibilityTest")
            .WithSummary("Record by the five factors of GDPR 6(4) whether a further purpose is compatible with an agreement (its provider)")
            .Takes<CompatibilityTestDraft>("application/json")
            .Produces<CompatibilityTestView>(StatusCodes.Status201Created).Refuses(400, 401, 403, 409, 413, 415);
        group.MapGet("{id:long}", (HttpContext context, Governed http, CompatibilityTests tests, long id, CancellationToken cancellation) =>
                http.GetAsync(context, who => tests.FindAsync(who, id, cancellation), GovernanceJson.Wire.CompatibilityTestView))
            .WithName("GetCompatibilityTest").WithSummary("Get one compatibility test with what happened to it")
            .Produces<CompatibilityTestView>().Refuses(401, 404);
        group.MapPost("{id:long}/moves", (HttpContext context, Governed http, CompatibilityTests tests, long id, CancellationToken cancellation) =>
                http.SendAsync(context, GovernanceJson.Wire.MoveDraft, (who, draft) => tests.RevokeAsync(who, id, draft, cancellation),
                    GovernanceJson.Wire.CompatibilityTestView))
            .WithName("MoveCompatibilityTest").WithSummary("Revoke a compatibility test, with a reason (the provider, officers)")
            .Takes<MoveDraft>("application/json").Produces<CompatibilityTestView>().Refuses(400, 401, 403, 404, 409, 413, 415);
    }

    private static string AddressOf(string root, long id) => string.Create(CultureInfo.InvariantCulture, $"{root}/{id}");
}

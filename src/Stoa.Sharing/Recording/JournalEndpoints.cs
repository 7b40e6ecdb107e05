using System.Collections.Immutable;
using System.ComponentModel;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Stoa.Identity.Credentials;
using Stoa.Identity.Http;
using Stoa.Sharing.Agreements;
using Stoa.Sharing.Exchanges;
using Stoa.Sharing.Policy;
using Stoa.Sharing.Roles;
using Stoa.Sharing.Spectrum;
using Stoa.Vocabulary;

namespace Stoa.Sharing.Recording;

/// <summary>A decision that was kept, as it is listed.</summary>
/// <param name="DecisionId">Its name, that of the Decision-Id header.</param>
/// <param name="At">When it was made.</param>
/// <param name="Party">Who asked.</param>
/// <param name="Dataset">About which dataset.</param>
/// <param name="Action">What was to be done.</param>
/// <param name="Purpose">The declared purpose.</param>
/// <param name="Agreement">The agreement that was named, or that let it through.</param>
/// <param name="Outcome">What was decided.</param>
/// <param name="Gate">The gate that decided, where it was refused.</param>
/// <param name="Reasons">Codes of its reasons.</param>
/// <param name="Version">Of governance, by which it was decided.</param>
/// <param name="SnapshotDigest">SHA-256 of all that it depended on.</param>
internal sealed record DecisionListing(
    string DecisionId, Instant At, long? Party, string Dataset, DataAction Action, string? Purpose, long? Agreement, Outcome Outcome,
    Gate? Gate, IReadOnlyList<string> Reasons, long Version, string SnapshotDigest);

/// <summary>The last decisions.</summary>
internal sealed record DecisionList(IReadOnlyList<DecisionListing> Value);

/// <summary>What came of making a decision again.</summary>
/// <param name="DecisionId">Which.</param>
/// <param name="IsSame">Whether the same came out, byte for byte.</param>
/// <param name="SnapshotDigest">SHA-256 of all that it depends on.</param>
internal sealed record ReplayAnswer(string DecisionId, bool IsSame, string SnapshotDigest);

/// <summary>A changed policy to try on the decisions of the past.</summary>
internal sealed record WhatIfDraft
{
    [Description("Rules of the city or of members that would hold besides.")]
    public ImmutableArray<PolicyRule>? Rules { get; init; }

    [Description("Numbers of agreements that would have ended.")]
    public IReadOnlyList<long>? WithoutAgreements { get; init; }

    [Description("Slugs of datasets that would be closed.")]
    public IReadOnlyList<string>? Closed { get; init; }
}

/// <summary>One kind of request that would be answered differently.</summary>
/// <param name="Party">Who asked.</param>
/// <param name="Dataset">About which dataset.</param>
/// <param name="Purpose">For which purpose.</param>
/// <param name="Before">What was decided.</param>
/// <param name="After">What would be decided.</param>
/// <param name="Reason">Why, by the code of the first reason; absent for a permit.</param>
/// <param name="IsWidened">More would be let through.</param>
/// <param name="IsNarrowed">Less would be let through.</param>
/// <param name="Requests">How many decisions of the past.</param>
internal sealed record WhatIfDifference(
    long? Party, string Dataset, string? Purpose, Outcome Before, Outcome After, string? Reason, bool IsWidened, bool IsNarrowed,
    int Requests);

/// <summary>What a changed policy would have decided.</summary>
/// <param name="Requests">How many decisions of the past were made again.</param>
/// <param name="Differences">Those that differ, most frequent first, at most 200 kinds.</param>
internal sealed record WhatIfAnswer(int Requests, IReadOnlyList<WhatIfDifference> Differences);

/// <summary><c>/api/v1/decisions</c>: the last decisions, made again, and made again under another policy.</summary>
public static class JournalEndpoints
{
    private const int ListedMax = 200;
    private const int RulesMax = 100;

    /// <summary>Maps the addresses.</summary>
    public static IEndpointRouteBuilder MapDecisionJournal(this IEndpointRouteBuilder routes)
    {
        var group = routes.MapGroup("/api/v1/decisions").WithTags("Decisions");
        group.MapGet("", ListAsync).WithName("ListDecisions")
            .WithSummary("List the last decisions, newest first (administrators)")
            .Produces<DecisionList>().Refuses(400, 401, 403, 404);
        group.MapGet("{id}", FindAsync).WithName("GetDecision")
            .WithSummary("Get the record of a decision by its Decision-Id (administrators, and the party that asked)")
            .Produces<DecisionRecord>().Refuses(401, 404);
        group.MapPost("{id}/replay", ReplayAsync).WithName("ReplayDecision")
            .WithSummary("Make a decision again from its record, and compare byte for byte (administrators, and the party that asked)")
            .Produces<ReplayAnswer>().Refuses(401, 404);
        group.MapPost("what-if", WhatIfAsync).WithName("AskWhatIf")
            .WithSummary("Ask what a changed policy would have decided about the last 10,000 decisions (administrators)")
            .Takes<WhatIfDraft>("application/json")
            .Produces<WhatIfAnswer>().Refuses(400, 401, 403, 413, 415, 429);
        return routes;
    }

    private static async Task<IResult> ListAsync(
        HttpContext context, DecisionJournal journal, CredentialCheck credentials, AccessPolicy policy, string? dataset, long? party,
        string? limit, string? skip, CancellationToken cancellation)
    {
        var who = await credentials.RequireAdministratorAsync(context, cancellation);
        if (!who.TryGet(out _, out var refusal)) return refusal.ToHttp();
        if (!Page.Parse(limit, skip).TryGet(out var page, out var problem)) return problem.ToHttp();
        var query = new DecisionQuery(party is { } number ? new PartyId(number) : null);
        if (dataset is not null)
        {
            if (!policy.TryFindDataset(dataset, out var entry)) return Problem.NotFound().ToHttp();
            query = query with { Dataset = entry.Id };
        }

        await journal.StoreAsync(cancellation);
        var kept = await journal.LastAsync(query, page, cancellation);
        return Private(context, TypedResults.Json(
            new DecisionList([.. kept.Select(one => Listing(one.Record, policy))]), SharingJson.Wire.DecisionList));
    }

    private static async Task<IResult> FindAsync(
        HttpContext context, DecisionJournal journal, CredentialCheck credentials, string id, CancellationToken cancellation) =>
        (await OwnAsync(context, journal, credentials, id, cancellation)).TryGet(out var kept, out var problem)
            ? Private(context, TypedResults.Bytes(kept.Text, "application/json"))
            : problem.ToHttp();

    private static async Task<IResult> ReplayAsync(
        HttpContext context, DecisionJournal journal, CredentialCheck credentials, string id, CancellationToken cancellation)
    {
        if (!(await OwnAsync(context, journal, credentials, id, cancellation)).TryGet(out var kept, out var problem)) return problem.ToHttp();
        var digest = kept.Record.SnapshotDigest;
        if (await journal.SnapshotAsync(digest, cancellation) is not { } snapshot) return Problem.NotFound().ToHttp();
        return Private(context, TypedResults.Json(
            new ReplayAnswer(id, DecisionRecord.Replays(kept.Text, snapshot), digest), SharingJson.Wire.ReplayAnswer));
    }

    private static async Task<IResult> WhatIfAsync(
        HttpContext context, DecisionJournal journal, WhatIfPlaces places, CredentialCheck credentials, AccessPolicy policy,
        CancellationToken cancellation)
    {
        var who = await credentials.RequireAdministratorAsync(context, cancellation);
        if (!who.TryGet(out _, out var refusal)) return refusal.ToHttp();
        var body = await StrictJson.ReadAsync(context, SharingJson.Wire.WhatIfDraft, cancellation);
        if (!body.TryGet(out var draft, out var unreadable)) return unreadable.ToHttp();
        var before = policy.Snapshot;
        if (!Changed(draft, before.Content, policy).TryGet(out var content, out var problem)) return problem.ToHttp();
        if (!await places.Comparisons.WaitAsync(TimeSpan.Zero, cancellation)) return WhatIfPlaces.Busy.ToHttp();
        try
        {
            return Private(context, TypedResults.Json(
                await CompareAsync(journal, policy, before, PolicySnapshot.Of(content), cancellation), SharingJson.Wire.WhatIfAnswer));
        }
        finally
        {
            places.Comparisons.Release();
        }
    }

    private static async Task<WhatIfAnswer> CompareAsync(
        DecisionJournal journal, AccessPolicy policy, PolicySnapshot before, PolicySnapshot after, CancellationToken cancellation)
    {
        await journal.StoreAsync(cancellation);
        var kept = await journal.LastAsync(default, new(WhatIf.RequestsMax, 0), cancellation);
        var requests = kept.Select(one => one.Record.Request).ToArray();
        var differences = WhatIf.Compare(requests, before, after)
            .GroupBy(one => new WhatIfDifference(
                one.Request.Party?.Value, SlugOf(one.Request.Dataset, policy), one.Request.Purpose?.Value, one.Before.Outcome,
                one.After.Outcome, one.After.IsPermitted ? null : ReasonCodes.Of(one.After.Reasons[0].Code).Word, one.IsWidened,
                one.IsNarrowed, 0))
            .Select(group => group.Key with { Requests = group.Count() })
            .OrderByDescending(one => one.Requests).Take(ListedMax);
        return new(requests.Length, [.. differences]);
    }

    private static Result<PolicyContent> Changed(WhatIfDraft draft, PolicyContent content, AccessPolicy policy)
    {
        if (draft is { Rules: null, WithoutAgreements: null, Closed: null })
            return StrictJson.InvalidProperty("rules", "Name what would be different: rules, withoutAgreements or closed.");
        if (draft.Rules is { Length: > RulesMax } || draft.Closed is { Count: > RulesMax } || draft.WithoutAgreements is { Count: > RulesMax })
            return StrictJson.InvalidProperty("rules", $"At most {RulesMax} of each.").With("limit", RulesMax);
        var closed = new HashSet<DatasetId>();
        foreach (var slug in draft.Closed ?? [])
        {
            if (!policy.TryFindDataset(slug, out var dataset)) return StrictJson.InvalidProperty("closed", $"There is no dataset '{slug}'.");
            closed.Add(dataset.Id);
        }

        foreach (var rule in draft.Rules ?? [])
            if (rule.Layer == PolicyLayer.Member && rule.Member is null)
                return StrictJson.InvalidProperty("rules", $"The rule '{rule.Name}' is of a member: name it in 'member'.");
        var ended = (draft.WithoutAgreements ?? []).ToHashSet();
        return content with
        {
            Rules = [.. content.Rules, .. draft.Rules ?? []],
            Agreements = [.. content.Agreements.Where(agreement => !ended.Contains(agreement.Terms.Id.Value))],
            Obligations = [.. content.Obligations.Where(obligation => !ended.Contains(obligation.Agreement.Value))],
            CompatibilityTests = [.. content.CompatibilityTests.Where(test => !ended.Contains(test.Agreement.Value))],
            Classifications = [.. content.Classifications.Select(one => closed.Contains(one.Dataset) ? AsClosed(one) : one)],
        };
    }

    private static Classification AsClosed(Classification one) => new()
    {
        Id = one.Id,
        Dataset = one.Dataset,
        Level = SpectrumClass.Closed,
        State = ClassificationState.Effective,
        Reason = "What if.",
    };

    // The record of others looks like one that is not kept.
    private static async Task<Result<KeptDecision>> OwnAsync(
        HttpContext context, DecisionJournal journal, CredentialCheck credentials, string id, CancellationToken cancellation)
    {
        if (!(await credentials.AuthenticateAsync(context, cancellation)).TryGet(out var requester, out var problem)) return problem;
        if (requester.IsAnonymous) return Refusals.CredentialRequired;
        await journal.StoreAsync(cancellation);
        if (await journal.FindAsync(id, cancellation) is not { } kept) return Problem.NotFound();
        return kept.IsFor(requester) ? kept : Problem.NotFound();
    }

    private static DecisionListing Listing(DecisionRecord record, AccessPolicy policy) => new(
        DecisionAnswers.IdOf(record.Request, record.Decision.Version), record.Request.At, record.Request.Party?.Value,
        SlugOf(record.Request.Dataset, policy), record.Request.Action, record.Request.Purpose?.Value,
        (record.Decision.Grant?.Agreement ?? record.Request.Agreement)?.Value, record.Decision.Outcome, record.Decision.Gate,
        [.. record.Decision.Reasons.Select(reason => ReasonCodes.Of(reason.Code).Word)], record.Decision.Version, record.SnapshotDigest);

    private static string SlugOf(DatasetId id, AccessPolicy policy) =>
        policy.TryFindDataset(id, out var dataset) ? dataset.Slug : id.ToString();

    private static IResult Private(HttpContext context, IResult result)
    {
        context.Response.Headers.CacheControl = "private, no-store";
        return result;
    }
}

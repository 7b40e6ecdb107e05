using System.ComponentModel;
using System.Text.Json.Serialization;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Stoa.Identity.Credentials;
using Stoa.Identity.Http;
using Stoa.Sharing.Recording;
using Stoa.Sharing.Records;
using Stoa.Sharing.Roles;
using Stoa.Sharing.Transitions;
using Stoa.Storage;
using Stoa.Vocabulary;

namespace Stoa.Sharing.Policy;

/// <summary>A block, as an officer sets it.</summary>
internal sealed record BlockDraft
{
    [Description("incident, restriction or objection.")]
    public string? Kind { get; init; }

    [Description("Slug of the dataset; every dataset if left out.")]
    public string? Dataset { get; init; }

    [Description("Id of the party; every party if left out.")]
    public long? Party { get; init; }

    [Description("Why.")]
    public string? Reason { get; init; }
}

/// <summary>A block on the wire.</summary>
internal sealed record BlockView(
    long Id, string Kind, string? Dataset, long? Party, [property: JsonConverter(typeof(InstantJson))] Instant Since,
    [property: JsonConverter(typeof(InstantJson))] Instant? LiftedAt);

/// <summary>One page of blocks, newest first.</summary>
internal sealed record BlockPage(IReadOnlyList<BlockView> Value, long Count, string? NextLink);

/// <summary>A lawful emergency, as an officer declares it.</summary>
internal sealed record EmergencyDraft
{
    /// <summary>Most datasets and parties.</summary>
    public const int EntriesMax = 1000;

    /// <summary>Longest time.</summary>
    public static readonly TimeSpan TimeMax = TimeSpan.FromDays(30);

    [Description("Slugs of the datasets; every dataset if empty.")]
    public IReadOnlyList<string>? Datasets { get; init; }

    [Description("Ids of the parties that are not held up by blocks.")]
    public IReadOnlyList<long>? Parties { get; init; }

    [Description("Until when; at most 30 days ahead.")]
    [JsonConverter(typeof(InstantJson))]
    public Instant? Until { get; init; }

    [Description("By which law.")]
    public string? LegalReference { get; init; }
}

/// <summary>A lawful emergency on the wire.</summary>
internal sealed record EmergencyView(
    long Id, IReadOnlyList<string> Datasets, IReadOnlyList<long> Parties, [property: JsonConverter(typeof(InstantJson))] Instant Until,
    string LegalReference);

/// <summary>One page of lawful emergencies, newest first.</summary>
internal sealed record EmergencyPage(IReadOnlyList<EmergencyView> Value, long Count, string? NextLink);

/// <summary>What stops exchange at once, and what a lawful emergency lifts; set by officers.</summary>
internal sealed class ExchangeBlocks(Governing governing)
{
    public async Task<Result<(IReadOnlyList<BlockView> Entries, long Total)>> ListAsync(
        Requester requester, Page page, CancellationToken cancellation)
    {
        if (OfficerOf(requester) is { } refusal) return refusal;
        using var read = await governing.ReadAsync(cancellation);
        return (
            [.. GovernedRecords.List(read, RecordTypes.Block, default, page).Select(record => View(read, record))],
            GovernedRecords.Count(read, RecordTypes.Block, default));
    }

    public Task<Result<BlockView>> SetAsync(Requester requester, BlockDraft draft, CancellationToken cancellation) =>
        governing.WriteAsync<BlockView>((session, now) =>
        {
            if (OfficerOf(requester) is { } refusal) return refusal;
            if (!Words<BlockKind>.TryParse(draft.Kind, out var kind)) return RoleDraft.NotAWord<BlockKind>("kind");
            if (TextRules.CheckLine("reason", draft.Reason, Governing.ReasonLengthMax) is { } unfit) return unfit;
            var place = draft.Dataset is { } slug ? GovernedPlace.Find(session, slug) : null;
            if (draft.Dataset is not null && place is null) return StrictJson.InvalidProperty("dataset", "There is no such dataset.");
            PartyId? party = draft.Party is { } id ? new PartyId(id) : null;
            if (party is { } named && !DatasetRoles.IsParty(session, named))
                return StrictJson.InvalidProperty("party", "There is no such party that takes part.");
            return GovernedRecords.Insert(session, RecordTypes.Block, new(kind, place?.Id, party), Act(requester, "block", draft.Reason!), now)
                .TryGet(out var made, out var problem) ? View(session, made) : problem;
        }, cancellation);

    /// <summary>Lifts a block; again changes nothing.</summary>
    public Task<Result<BlockView>> LiftAsync(Requester requester, long id, MoveDraft draft, CancellationToken cancellation) =>
        governing.WriteAsync<BlockView>((session, now) =>
        {
            if (OfficerOf(requester) is { } refusal) return refusal;
            if (draft.Check() is { } unfit) return unfit;
            if (draft.Move != "lift") return StrictJson.InvalidProperty("move", "'move' takes lift.");
            if (GovernedRecords.Find(session, RecordTypes.Block, id) is not { } record) return Problem.NotFound();
            if (record.Content.LiftedAt is not null) return View(session, record);
            var lifted = record.Content with { LiftedAt = now };
            return GovernedRecords.Update(session, RecordTypes.Block, record, lifted, Act(requester, "lift", draft.Reason ?? ""), now)
                .TryGet(out var made, out var problem) ? View(session, made) : problem;
        }, cancellation);

    public async Task<Result<(IReadOnlyList<EmergencyView> Entries, long Total)>> EmergenciesAsync(
        Requester requester, Page page, CancellationToken cancellation)
    {
        if (OfficerOf(requester) is { } refusal) return refusal;
        using var read = await governing.ReadAsync(cancellation);
        return (
            [.. GovernedRecords.List(read, RecordTypes.Emergency, default, page).Select(record => View(read, record))],
            GovernedRecords.Count(read, RecordTypes.Emergency, default));
    }

    public Task<Result<EmergencyView>> DeclareAsync(Requester requester, EmergencyDraft draft, CancellationToken cancellation) =>
        governing.WriteAsync<EmergencyView>((session, now) =>
        {
            if (OfficerOf(requester) is { } refusal) return refusal;
            if (TextRules.CheckLine("legalReference", draft.LegalReference, Governing.ReasonLengthMax) is { } unfit) return unfit;
            if (draft.Until is not { } until) return TextRules.Missing("until");
            var span = until.ToDateTimeOffset() - now.ToDateTimeOffset();
            if (span <= TimeSpan.Zero || span > EmergencyDraft.TimeMax)
                return StrictJson.InvalidProperty("until", "'until' lies ahead, at most 30 days.");
            if (draft.Parties is not { Count: > 0 and <= EmergencyDraft.EntriesMax } parties || draft.Datasets?.Count > EmergencyDraft.EntriesMax)
                return StrictJson.InvalidProperty("parties", $"Name 1 to {EmergencyDraft.EntriesMax} parties, and at most as many datasets.");
            if (!parties.All(party => DatasetRoles.IsParty(session, new(party))))
                return StrictJson.InvalidProperty("parties", "A party in 'parties' does not take part.");
            var places = (draft.Datasets ?? []).Select(slug => slug is null ? null : GovernedPlace.Find(session, slug)).ToList();
            if (places.Contains(null)) return StrictJson.InvalidProperty("datasets", "A dataset in 'datasets' does not exist.");
            var emergency = new Emergency([.. places.OfType<GovernedPlace>().Select(place => place.Id)],
                [.. parties.Select(party => new PartyId(party))], new(until.UnixMicroseconds), draft.LegalReference!);
            var outcome = GovernedRecords.Insert(
                session, RecordTypes.Emergency, emergency, Act(requester, "declare", draft.LegalReference!), now);
            return outcome.TryGet(out var made, out var problem) ? View(session, made) : problem;
        }, cancellation);

    public static void Map(IEndpointRouteBuilder routes)
    {
        var group = routes.MapGroup("/api/v1").WithTags("Blocks");
        group.MapGet("blocks", PageAsync).WithName("ListBlocks")
            .WithSummary("List what stops or stopped exchange, newest first (officers)")
            .Produces<BlockPage>().Refuses(400, 401, 403);
        group.MapPost("blocks", (HttpContext context, Governed http, ExchangeBlocks blocks, CancellationToken cancellation) =>
                http.SendAsync(context, GovernanceJson.Wire.BlockDraft, (who, draft) => blocks.SetAsync(who, draft, cancellation),
                    GovernanceJson.Wire.BlockView, _ => "/api/v1/blocks"))
            .WithName("SetBlock").WithSummary("Stop exchange at once: of a dataset, with a party, or of everything (officers)")
            .Takes<BlockDraft>("application/json")
            .Produces<BlockView>(StatusCodes.Status201Created).Refuses(400, 401, 403, 413, 415);
        group.MapPost("blocks/{id:long}/moves", (
                HttpContext context, Governed http, ExchangeBlocks blocks, long id, CancellationToken cancellation) =>
                http.SendAsync(context, GovernanceJson.Wire.MoveDraft, (who, draft) => blocks.LiftAsync(who, id, draft, cancellation),
                    GovernanceJson.Wire.BlockView))
            .WithName("MoveBlock").WithSummary("Lift a block (officers)")
            .Takes<MoveDraft>("application/json")
            .Produces<BlockView>().Refuses(400, 401, 403, 404, 413, 415);
        group.MapGet("emergencies", (
                HttpContext context, Governed http, ExchangeBlocks blocks, string? limit, string? skip, CancellationToken cancellation) =>
                http.PageAsync(context, limit, skip, (who, page) => blocks.EmergenciesAsync(who, page, cancellation),
                    (value, count, next) => new EmergencyPage(value, count, next), GovernanceJson.Wire.EmergencyPage))
            .WithName("ListEmergencies").WithSummary("List the lawful emergencies there were, newest first (officers)")
            .Produces<EmergencyPage>().Refuses(400, 401, 403);
        group.MapPost("emergencies", (HttpContext context, Governed http, ExchangeBlocks blocks, CancellationToken cancellation) =>
                http.SendAsync(context, GovernanceJson.Wire.EmergencyDraft, (who, draft) => blocks.DeclareAsync(who, draft, cancellation),
                    GovernanceJson.Wire.EmergencyView, _ => "/api/v1/emergencies"))
            .WithName("DeclareEmergency").WithSummary("Declare a lawful emergency: the parties are not held up by blocks for a time (officers)")
            .Takes<EmergencyDraft>("application/json")
            .Produces<EmergencyView>(StatusCodes.Status201Created).Refuses(400, 401, 403, 413, 415);
    }

    private static Task<IResult> PageAsync(
        HttpContext context, Governed http, ExchangeBlocks blocks, string? limit, string? skip, CancellationToken cancellation) =>
        http.PageAsync(context, limit, skip, (who, page) => blocks.ListAsync(who, page, cancellation),
            (value, count, next) => new BlockPage(value, count, next), GovernanceJson.Wire.BlockPage);

    private static Problem? OfficerOf(Requester requester) =>
        requester.IsAnonymous ? Refusals.CredentialRequired : requester.IsAdministrator ? null : Refusals.AdministratorRequired;

    private static RecordAct Act(Requester requester, string move, string reason) =>
        new(move, Acting.Exchange, requester.Party ?? Acting.Exchange, Actor.Officer, reason);

    private static EmergencyView View(Session session, GovernedRecord<Emergency> record) => new(
        record.Id, [.. record.Content.Datasets.OrEmpty().Select(id => GovernedPlace.Find(session, id)?.Slug).OfType<string>()],
        [.. record.Content.Parties.OrEmpty().Select(party => party.Value)], record.Content.Until, record.Content.LegalReference);

    private static BlockView View(Session session, GovernedRecord<Block> record) => new(
        record.Id, Words<BlockKind>.Of(record.Content.Kind),
        record.Content.Dataset is { } dataset ? GovernedPlace.Find(session, dataset)?.Slug : null, record.Content.Party?.Value,
        record.Created, record.Content.LiftedAt);
}

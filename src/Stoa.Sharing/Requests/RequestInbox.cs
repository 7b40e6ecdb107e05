using System.Collections.Immutable;
using System.Text.Json;
using System.Text.Json.Nodes;
using Stoa.Identity.Credentials;
using Stoa.Identity.Http;
using Stoa.Sharing.Agreements;
using Stoa.Sharing.Policy;
using Stoa.Sharing.Purposes;
using Stoa.Sharing.Recording;
using Stoa.Sharing.Records;
using Stoa.Storage;
using Stoa.Vocabulary;

namespace Stoa.Sharing.Requests;

/// <summary>The requests for access: made by who wants data, answered by the side of the owner, seen by both and the office.</summary>
internal sealed class RequestInbox(Database database, PolicyRefresh refresh, AccessPolicy policy, SharingOptions options, TimeProvider time)
{
    /// <summary>Longest statement, in characters: a page.</summary>
    public const int StatementLengthMax = 4000;

    /// <summary>Most requests of one party, or about its datasets, that are listed.</summary>
    public const int OfPartyMax = 1000;

    private ExchangeTime Now => options.At(Instant.From(time.GetUtcNow()));

    /// <summary>Makes a request, and submits it if that is asked for.</summary>
    public async Task<Result<AccessRequestAnswer>> DraftAsync(
        Requester requester, AccessRequestDraft draft, CancellationToken cancellation)
    {
        if (requester.IsAnonymous) return Refusals.CredentialRequired;
        if (FaultOf(draft) is { } fault) return fault;
        var outcome = await database.TryWriteAsync<AccessRequestAnswer>(session =>
        {
            var now = Now;
            var acting = Acting.Of(session, requester, draft.For is { } party ? new PartyId(party) : null);
            if (!acting.TryGet(out var by, out var refusal)) return refusal;
            if (by.Party == Acting.Exchange) return NotTheExchange;
            // Asked of what is not there too, and nothing read before, so that absent and hidden take as long.
            var id = policy.TryFindDataset(draft.Dataset!, out var entry) ? entry.Id : default;
            if (!DatasetKnowledge.IsKnownTo(policy, requester, id) ||
                SharedDatasets.Find(session, draft.Dataset!) is not { } dataset) return UnknownDataset;
            var made = RequestMoves.Draft(session, ContentOf(draft, by.Party, dataset.Id), by, now);
            if (made.TryGet(out var record, out refusal) && draft.Submit)
                made = RequestMoves.Go(session, record, record.Content, "submit", by, "", now);
            return made.TryGet(out record, out refusal) ? AnswerOf(session, record, by, now) : refusal;
        }, cancellation);
        await refresh.ReloadAsync(CancellationToken.None);
        return outcome;
    }

    /// <summary>Makes a move.</summary>
    public Task<Result<AccessRequestAnswer>> MoveAsync(Requester requester, long id, AgreementMoveDraft draft, CancellationToken cancellation) =>
        ChangeAsync(requester, id, draft.For, (session, record, by, now) =>
        {
            if (draft.Move is not { Length: > 0 } move) return StrictJson.InvalidProperty("move", "Name the move.");
            if (draft.Terms is not null) return StrictJson.InvalidProperty("terms", "A request has no terms. Offer an agreement of it.");
            if (AgreementRegister.ReasonFault(draft.Reason) is { } fault) return fault;
            // Who refuses has taken it up.
            if (move == "refuse" && record.Content.State == AccessRequestState.Submitted)
            {
                var assessed = RequestMoves.Go(session, record, record.Content, "assess", by, "", now);
                if (!assessed.TryGet(out var next, out var refused)) return refused;
                record = next;
            }

            return RequestMoves.Go(session, record, record.Content, move, by, draft.Reason ?? "", now);
        }, cancellation);

    /// <summary>Approves a request, where that is still to be done, and offers an agreement of it.</summary>
    public Task<Result<AccessRequestAnswer>> OfferAsync(Requester requester, long id, OfferDraft draft, CancellationToken cancellation) =>
        ChangeAsync(requester, id, draft.For, (session, record, by, now) =>
        {
            if (AgreementRegister.ReasonFault(draft.Reason) is { } fault) return fault;
            foreach (var move in (string[])["assess", "approve"])
            {
                if (record.Content.State is AccessRequestState.Approved) break;
                if (record.Content.State is AccessRequestState.Assessed && move == "assess") continue;
                var moved = RequestMoves.Go(session, record, record.Content, move, by, draft.Reason ?? "", now);
                if (!moved.TryGet(out var next, out var refused)) return refused;
                record = next;
            }

            var offered = Offer(session, record.Content, draft, by, now);
            return offered.TryGet(out var agreement, out var problem)
                ? RequestMoves.Go(session, record, record.Content with { Agreement = new(agreement.Id) }, "agree", by, "", now)
                : problem;
        }, cancellation);

    /// <summary>One request, for a side of it or the office.</summary>
    public async Task<Result<AccessRequestAnswer>> FindAsync(Requester requester, long id, CancellationToken cancellation)
    {
        using var session = await database.ReadAsync(cancellation);
        return Visible(session, requester, id) is { } seen
            ? AnswerOf(session, seen.Record, ActingOn(session, requester, seen.Record, seen.Dataset), Now)
            : Problem.NotFound();
    }

    /// <summary>What happened to it, newest first.</summary>
    public async Task<Result<(IReadOnlyList<ActAnswer> Entries, long Total)>> ActsAsync(
        Requester requester, long id, Page page, CancellationToken cancellation)
    {
        using var session = await database.ReadAsync(cancellation);
        return Visible(session, requester, id) is var (record, _) ? AgreementRegister.ActsOf(session, record, page) : Problem.NotFound();
    }

    /// <summary>The requests that the requester's parties made or have to answer; every one for the office.</summary>
    public async Task<(IReadOnlyList<AccessRequestAnswer> Entries, long Total)> ListAsync(
        Requester requester, AccessRequestState? state, Page page, CancellationToken cancellation)
    {
        using var session = await database.ReadAsync(cancellation);
        IReadOnlyList<GovernedRecord<AccessRequest>> all;
        long total;
        if (requester.IsAdministrator)
        {
            var query = new RecordQuery(State: (int?)state);
            total = GovernedRecords.Count(session, RecordTypes.AccessRequest, query);
            all = GovernedRecords.List(session, RecordTypes.AccessRequest, query, page);
        }
        else
        {
            var own = OfParties(session, Acting.Candidates(session, requester), state);
            total = own.Count;
            all = [.. own.Skip(page.Skip).Take(page.Limit)];
        }

        return ([.. all.Select(record => AnswerOf(session, record, null, default))], total);
    }

    /// <summary>Requests that these parties made, and those about datasets of theirs; newest first.</summary>
    internal static List<GovernedRecord<AccessRequest>> OfParties(
        Session session, IReadOnlyList<PartyId> parties, AccessRequestState? state)
    {
        var found = new SortedDictionary<long, GovernedRecord<AccessRequest>>(Comparer<long>.Create((one, other) => other.CompareTo(one)));
        var most = new Page(OfPartyMax, 0);
        foreach (var party in parties)
        {
            foreach (var record in GovernedRecords.List(session, RecordTypes.AccessRequest, new(Party: party, State: (int?)state), most))
                found[record.Id] = record;
            foreach (var dataset in SharedDatasets.OwnedBy(session, party))
                foreach (var record in GovernedRecords.List(
                    session, RecordTypes.AccessRequest, new(Dataset: dataset, State: (int?)state), most))
                    if (record.Content.State != AccessRequestState.Draft) found[record.Id] = record;
        }

        return [.. found.Values];
    }

    /// <summary>The request, if the requester made it, has to answer it, or governs the exchange.</summary>
    internal static (GovernedRecord<AccessRequest> Record, SharedDataset Dataset)? Visible(Session session, Requester requester, long id)
    {
        if (GovernedRecords.Find(session, RecordTypes.AccessRequest, id) is not { } record ||
            SharedDatasets.Find(session, record.Content.Dataset) is not { } dataset) return null;
        if (requester.IsAdministrator) return (record, dataset);
        var candidates = Acting.Candidates(session, requester);
        if (candidates.Contains(record.Content.Requester)) return (record, dataset);
        if (record.Content.State == AccessRequestState.Draft) return null;
        return candidates.Any(party => SharedDatasets.OwnedBy(session, party).Contains(dataset.Id)) ? (record, dataset) : null;
    }

    /// <summary>As what the requester looks at a request; null where it could be several.</summary>
    internal static Acting? ActingOn(Session session, Requester requester, GovernedRecord<AccessRequest> record, SharedDataset dataset) =>
        Sided(session, requester, null, record, dataset).TryGet(out var by, out _) ? by : null;

    /// <summary>The request in the form in which it is told.</summary>
    internal static AccessRequestAnswer AnswerOf(Session session, GovernedRecord<AccessRequest> record, Acting? by, ExchangeTime now)
    {
        var content = record.Content;
        var reason = GovernedRecords.Acts(session, record.Id).FindLast(one => one.Act.Reason.Length > 0)?.Act.Reason;
        return new(
            record.Id, Words.Of(content.State), content.Requester.Value, SharedDatasets.NameOf(session, content.Requester),
            SharedDatasets.Find(session, content.Dataset)?.Slug ?? "", content.Purpose.Value, Words.Of(content.LegalBasis),
            content.Statement, content.Fields, content.From, content.Until, content.Granularity.SpaceMetres, content.Granularity.TimeSeconds,
            content.DueAt, content.Agreement?.Value, reason, by is null ? null : [.. RequestMoves.Offered(session, record, by, now)],
            record.Created, record.Modified);
    }

    private async Task<Result<AccessRequestAnswer>> ChangeAsync(
        Requester requester, long id, long? party,
        Func<WriteSession, GovernedRecord<AccessRequest>, Acting, ExchangeTime, Result<GovernedRecord<AccessRequest>>> change,
        CancellationToken cancellation)
    {
        if (requester.IsAnonymous) return Refusals.CredentialRequired;
        var outcome = await database.TryWriteAsync<AccessRequestAnswer>(session =>
        {
            var now = Now;
            if (Visible(session, requester, id) is not var (record, dataset)) return Problem.NotFound();
            var acting = Sided(session, requester, party is { } named ? new PartyId(named) : null, record, dataset);
            if (!acting.TryGet(out var by, out var refusal)) return refusal;
            var changed = change(session, record, by, now);
            return changed.TryGet(out var moved, out refusal) ? AnswerOf(session, moved, by, now) : refusal;
        }, cancellation);
        await refresh.ReloadAsync(CancellationToken.None);
        return outcome;
    }

    // The sides of a request are who made it, and every party that owns or publishes the dataset.
    private static Result<Acting> Sided(
        Session session, Requester requester, PartyId? named, GovernedRecord<AccessRequest> record, SharedDataset dataset)
    {
        if (named is not null || requester.IsAnonymous) return Acting.Of(session, requester, named);
        var sides = Acting.Candidates(session, requester)
            .Where(party => party == record.Content.Requester || SharedDatasets.OwnedBy(session, party).Contains(dataset.Id)).ToArray();
        return Acting.OfSides(session, requester, null, sides);
    }

    private static Result<GovernedRecord<Agreement>> Offer(
        WriteSession session, AccessRequest request, OfferDraft draft, Acting by, ExchangeTime now)
    {
        if (draft.Terms is { ValueKind: not (JsonValueKind.Object or JsonValueKind.Null or JsonValueKind.Undefined) })
            return AgreementText.NotEvaluable("", "The clauses are a JSON object.");
        var template = draft.Template ?? AgreementTemplates.Default;
        var read = TermsText.Read(session, template, TermsOf(request, draft, by, now), by.Party, null, now);
        if (!read.TryGet(out var terms, out var problem)) return problem;
        // The request decides for whom, and the offer is the owner's: what is said besides cannot turn that round.
        terms = terms with { Provider = by.Party, Consumer = request.Requester };
        var made = AgreementMoves.Draft(session, terms, template, by, now);
        if (!made.TryGet(out var record, out problem)) return problem;
        return draft.Sign
            ? AgreementMoves.Sign(session, record, AgreementText.Hash(record.Content.Terms), by, now)
            : AgreementMoves.Go(session, record, "offer", by, draft.Reason ?? "", now);
    }

    private static JsonElement TermsOf(AccessRequest request, OfferDraft draft, Acting by, ExchangeTime now)
    {
        var terms = new JsonObject
        {
            ["provider"] = by.Party.Value,
            ["consumer"] = request.Requester.Value,
            ["datasets"] = new JsonArray(request.Dataset.Value),
            ["purposes"] = new JsonArray(request.Purpose.Value),
            ["legalBasis"] = Words.Of(request.LegalBasis),
        };
        if (!request.Fields.IsEmpty) terms["fields"] = new JsonArray([.. request.Fields.Select(name => (JsonNode)name)]);
        if (!request.Granularity.IsFine)
            terms["granularity"] = JsonSerializer.SerializeToNode(request.Granularity, SharingJson.Wire.Granularity);
        if (request.From is { } from && from.CompareTo(now) > 0) terms["validFrom"] = from.ToString();
        if (request.Until is { } until) terms["validTo"] = until.ToString();
        if (draft.Terms is { ValueKind: JsonValueKind.Object } said)
            foreach (var clause in said.EnumerateObject())
                terms[clause.Name] = clause.Value.ValueKind == JsonValueKind.Null ? null : JsonNode.Parse(clause.Value.GetRawText());
        return JsonSerializer.SerializeToElement(terms, AgreementJson.Wire.JsonObject);
    }

    private static AccessRequest ContentOf(AccessRequestDraft draft, PartyId requester, DatasetId dataset) => new()
    {
        Id = default,
        Requester = requester,
        Dataset = dataset,
        Purpose = new(draft.Purpose!),
        State = AccessRequestState.Draft,
        LegalBasis = Words.TryRead<LegalBasis>(draft.LegalBasis) ?? LegalBasis.NotPersonal,
        Statement = draft.Statement?.Trim() ?? "",
        Fields = [.. draft.Fields ?? []],
        From = Instant.TryParse(draft.From, out var from) ? new Instant(from.UnixMicroseconds) : null,
        Until = Instant.TryParse(draft.Until, out var until) ? new Instant(until.UnixMicroseconds) : null,
        Granularity = new(draft.SpaceMetres ?? 0, draft.TimeSeconds ?? 0, 0),
    };

    private static Problem? FaultOf(AccessRequestDraft draft) => draft switch
    {
        { Dataset: null or { Length: 0 or > 63 } } => UnknownDataset,
        { Purpose: null or { Length: 0 or > 200 } } => StrictJson.InvalidProperty("purpose", "Say what the data are for."),
        { LegalBasis: { } basis } when Words.TryRead<LegalBasis>(basis) is null =>
            StrictJson.InvalidProperty("legalBasis", $"'legalBasis' takes one of {Words<LegalBasis>.All}."),
        { Statement.Length: > StatementLengthMax } =>
            StrictJson.InvalidProperty("statement", $"At most {StatementLengthMax} characters.").With("limit", StatementLengthMax),
        { Fields.Count: > GovernedDataset.FieldsMax } =>
            StrictJson.InvalidProperty("fields", $"At most {GovernedDataset.FieldsMax} fields.").With("limit", GovernedDataset.FieldsMax),
        { Fields: { } fields } when fields.Any(name => name is null) => StrictJson.InvalidProperty("fields", "A field has a name."),
        { From: { } from } when !Instant.TryParse(from, out _) => StrictJson.InvalidProperty("from", "Name a moment, such as 2027-01-31T00:00:00Z."),
        { Until: { } until } when !Instant.TryParse(until, out _) => StrictJson.InvalidProperty("until", "Name a moment, such as 2027-01-31T00:00:00Z."),
        { SpaceMetres: < 0 } => StrictJson.InvalidProperty("spaceMetres", "Not negative."),
        { TimeSeconds: < 0 } => StrictJson.InvalidProperty("timeSeconds", "Not negative."),
        _ => null,
    };

    private static Problem UnknownDataset { get; } = StrictJson.InvalidProperty("dataset",
        "There is no dataset of that name, or it is not visible with these credentials.");

    private static Problem NotTheExchange { get; } = new(403, "no-party", "Nobody stands behind this token",
        "What is governed is done by parties. Sign in as a person, or use a token that a party holds.");
}

using Stoa.Identity.Credentials;
using Stoa.Identity.Http;
using Stoa.Sharing.Policy;
using Stoa.Sharing.Recording;
using Stoa.Sharing.Records;
using Stoa.Sharing.Transitions;
using Stoa.Storage;
using Stoa.Vocabulary;

namespace Stoa.Sharing.Rules;

/// <summary>Which rules are asked for; null asks for any.</summary>
internal readonly record struct PolicyRuleQuery(PolicyLayer? Layer = null, PartyId? Member = null, bool? IsInForce = null);

/// <summary>The rules of the city, made by officers, and of members for the datasets that they own.</summary>
/// <remarks>A rule is never changed: it is revoked, and another one made. Each says who did it, when and why.</remarks>
internal sealed class PolicyRules(Governing governing, DecisionJournal journal, WhatIfPlaces places)
{
    /// <summary>Most rules of the city in force: each is looked at for every dataset when the policy is read.</summary>
    public const int OfCityMax = 200;

    /// <summary>Most rules in force of one member.</summary>
    public const int OfMemberMax = 50;

    // In force, or of the last that were revoked.
    private const int OfCityShownMax = 1000;

    private static readonly bool[] BothStates = [true, false];

    /// <summary>The rules that the requester may know: officers all; others their own and those of the city that reach them.</summary>
    public async Task<Result<(IReadOnlyList<PolicyRuleView> Entries, long Total)>> ListAsync(
        Requester requester, PolicyRuleQuery query, string language, Page page, CancellationToken cancellation)
    {
        using var read = await governing.ReadAsync(cancellation);
        if (!Reader.Of(read, requester).TryGet(out var reader, out var refusal)) return refusal;
        var (shown, total) = reader.IsOfficer ? Asked(read, query, page) : Told(read, reader, query, page);
        return ([.. shown.Select(record => View(read, reader, record, language, withHistory: false))], total);
    }

    public async Task<Result<PolicyRuleView>> FindAsync(Requester requester, long id, string language, CancellationToken cancellation)
    {
        using var read = await governing.ReadAsync(cancellation);
        if (!Reader.Of(read, requester).TryGet(out var reader, out var refusal)) return refusal;
        return GovernedRecords.Find(read, RecordTypes.Rule, id) is { } record && Told(read, reader, record) is { } told
            ? View(read, reader, told, language, withHistory: true)
            : Problem.NotFound();
    }

    /// <summary>Puts a rule in force: it decides when this returns.</summary>
    public Task<Result<PolicyRuleView>> MakeAsync(
        Requester requester, PolicyRuleDraft draft, string language, CancellationToken cancellation) =>
        governing.WriteAsync<PolicyRuleView>((session, now) =>
        {
            if (!MakerOf(session, requester, draft.Member).TryGet(out var who, out var refusal)) return refusal;
            if (!draft.ToRule(session).TryGet(out var rule, out var unfit)) return unfit;
            if (TooMany(session, rule) is { } full) return full;
            return GovernedRecords.Insert(session, RecordTypes.Rule, rule, Act(who, "make", draft.Reason!), now)
                .TryGet(out var made, out var problem)
                ? View(session, ReaderOf(session, requester), made, language, withHistory: true)
                : problem;
        }, cancellation);

    /// <summary>What the rule would change; nothing is put in force.</summary>
    public async Task<Result<PolicyRulePreview>> PreviewAsync(
        Requester requester, PolicyRuleDraft draft, string language, CancellationToken cancellation)
    {
        PolicyRule? rule;
        using (var read = await governing.ReadAsync(cancellation))
        {
            if (!MakerOf(read, requester, draft.Member).TryGet(out _, out var refusal)) return refusal;
            if (!draft.ToRule(read).TryGet(out rule, out var unfit)) return unfit;
        }

        return await PreviewAsync(requester, rule, false, language, cancellation);
    }

    /// <summary>What would change if the rule were revoked.</summary>
    public async Task<Result<PolicyRulePreview>> PreviewRevocationAsync(
        Requester requester, long id, string language, CancellationToken cancellation)
    {
        PolicyRule rule;
        using (var read = await governing.ReadAsync(cancellation))
        {
            if (!RevokerOf(read, requester, id).TryGet(out var found, out var refusal)) return refusal;
            rule = found.Record.Content;
        }

        return rule.RevokedAt is null ? await PreviewAsync(requester, rule, true, language, cancellation) : IsRevoked;
    }

    /// <summary>Revokes a rule: it decides no more when this returns.</summary>
    public Task<Result<PolicyRuleView>> RevokeAsync(
        Requester requester, long id, MoveDraft draft, string language, CancellationToken cancellation) =>
        governing.WriteAsync<PolicyRuleView>((session, now) =>
        {
            if (!RevokerOf(session, requester, id).TryGet(out var found, out var refusal)) return refusal;
            if (CheckRevocation(draft) is { } unfit) return unfit;
            var (record, who) = found;
            if (record.Content.RevokedAt is not null) return IsRevoked;
            var revoked = record.Content with { RevokedAt = now };
            return GovernedRecords.Update(session, RecordTypes.Rule, record, revoked, Act(who, "revoke", draft.Reason!), now)
                .TryGet(out var made, out var problem)
                ? View(session, ReaderOf(session, requester), made, language, withHistory: true)
                : problem;
        }, cancellation);

    /// <summary>What is wrong with a revocation: it takes the move and a reason.</summary>
    internal static Problem? CheckRevocation(MoveDraft draft, string move = "revoke") =>
        draft.Check() ??
        (draft.Move != move ? StrictJson.InvalidProperty("move", $"'move' takes {move}.") : null) ??
        (string.IsNullOrWhiteSpace(draft.Reason) ? TextRules.Missing("reason") : null);

    /// <summary>The city's rules are made by officers; a member's by who acts for it, and who owns nothing has none.</summary>
    internal static Result<Acting> MakerOf(Session session, Requester requester, long? member)
    {
        if (requester.IsAnonymous) return Refusals.CredentialRequired;
        if (member is null)
            return requester.IsAdministrator
                ? new Acting(Acting.Exchange, requester.Party ?? Acting.Exchange, true)
                : Refusals.AdministratorRequired;
        if (member == Acting.Exchange.Value) return StrictJson.InvalidProperty("member", "Leave 'member' out for a rule of the city.");
        if (!Acting.Of(session, requester, new PartyId(member.Value)).TryGet(out var who, out var refusal)) return refusal;
        return SharedDatasets.OwnedBy(session, who.Party).Any(id => SharedDatasets.Find(session, id)?.Owner == who.Party)
            ? who
            : OwnersAlone;
    }

    // Hidden rules look like absent ones; a rule that one may know of and not revoke says so.
    private static Result<(GovernedRecord<PolicyRule> Record, Acting Who)> RevokerOf(Session session, Requester requester, long id)
    {
        if (!Reader.Of(session, requester).TryGet(out var reader, out var refusal)) return refusal;
        if (GovernedRecords.Find(session, RecordTypes.Rule, id) is not { } record || Told(session, reader, record) is null)
            return Problem.NotFound();
        if (record.Content.Member is not { } member)
            return requester.IsAdministrator
                ? (record, new(Acting.Exchange, requester.Party ?? Acting.Exchange, true))
                : Refusals.AdministratorRequired;
        return Acting.Of(session, requester, member).TryGet(out var who, out var other) ? (record, who) : other;
    }

    private static RecordQuery Query(PolicyRuleQuery query) => new(
        Party: query.Member, State: query.IsInForce switch { null => null, true => RecordTypes.InForce, false => RecordTypes.Revoked },
        HasParty: query.Layer is { } layer ? layer == PolicyLayer.Member : null);

    private static (IEnumerable<GovernedRecord<PolicyRule>> Shown, long Total) Asked(Session session, PolicyRuleQuery query, Page page)
    {
        var asked = Query(query);
        return (GovernedRecords.List(session, RecordTypes.Rule, asked, page), GovernedRecords.Count(session, RecordTypes.Rule, asked));
    }

    // Of its own as many as the page asks for; of the city's those in force and the last that were revoked.
    private static (IEnumerable<GovernedRecord<PolicyRule>> Shown, long Total) Told(
        Session session, Reader reader, PolicyRuleQuery query, Page page)
    {
        var own = query.Layer is null or PolicyLayer.Member
            ? reader.Parties.Where(party => query.Member is null || query.Member == party).Distinct()
                .Select(party => Query(query with { Layer = PolicyLayer.Member, Member = party })).ToArray()
            : [];
        var ofCity = query is { Layer: null or PolicyLayer.City, Member: null }
            ? BothStates.Where(isInForce => query.IsInForce is null || query.IsInForce == isInForce)
                .SelectMany(isInForce => GovernedRecords.List(
                    session, RecordTypes.Rule, Query(new(PolicyLayer.City, null, isInForce)), new Page(OfCityShownMax, 0)))
                .Select(record => Told(session, reader, record)).OfType<GovernedRecord<PolicyRule>>().ToList()
            : [];
        var last = new Page(page.Skip + page.Limit, 0);
        var all = own.SelectMany(asked => GovernedRecords.List(session, RecordTypes.Rule, asked, last)).Concat(ofCity);
        return (
            all.OrderByDescending(record => record.Id).Skip((int)page.Skip).Take(page.Limit),
            own.Sum(asked => GovernedRecords.Count(session, RecordTypes.Rule, asked)) + ofCity.Count);
    }

    // Of the city's rules others see what reaches them; datasets of which they may not know are not named.
    private static GovernedRecord<PolicyRule>? Told(Session session, Reader reader, GovernedRecord<PolicyRule> record)
    {
        var rule = record.Content;
        if (reader.IsOfficer) return record;
        if (rule.Member is { } member) return reader.Is(member) ? record : null;
        if (rule.Datasets.IsEmpty) return reader.Parties.Count > 0 ? record : null;
        var own = rule.Datasets.Where(id => SharedDatasets.Find(session, id)?.Owner is { } owner && reader.Is(owner)).ToArray();
        return own.Length == 0 ? null : record with { Content = rule with { Datasets = [.. own] } };
    }

    private static PolicyRuleView View(
        Session session, Reader reader, GovernedRecord<PolicyRule> record, string language, bool withHistory)
    {
        var rule = record.Content;
        var acts = GovernedRecords.Events(session, RecordTypes.Rule, record.Id);
        var isOwn = rule.Member is { } member ? reader.Is(member) : reader.IsOfficer;
        return new(
            record.Id, rule.Name, Words.Of(rule.Layer), rule.Member?.Value,
            rule.Datasets.IsEmpty ? null : [.. rule.Datasets.Select(id => SharedDatasets.Find(session, id)?.Slug ?? "")],
            rule.Sectors.IsEmpty ? null : [.. rule.Sectors.Select(sector => sector.ToWord())], rule.Prohibits, rule.LevelMax?.ToWord(),
            RestrictionText.Written(rule.Restriction), RuleWords.Of(session, rule, language), acts[0].Act.Reason,
            acts[0].Act.Party?.Value ?? Acting.Exchange.Value, record.Created, rule.RevokedAt,
            isOwn && rule.RevokedAt is null ? ["revoke"] : [],
            withHistory ? MoveView.Of(acts, one => one.RevokedAt is null ? "inForce" : "revoked") : null);
    }

    private static Problem? TooMany(Session session, PolicyRule rule)
    {
        var max = rule.Member is null ? OfCityMax : OfMemberMax;
        var there = GovernedRecords.Count(session, RecordTypes.Rule, Query(new(rule.Layer, rule.Member, true)));
        return there < max
            ? null
            : new Problem(409, "conflict", "There are too many rules", $"At most {max} are in force at a time. Revoke one of them first.")
                .With("limit", max);
    }

    private async Task<Result<PolicyRulePreview>> PreviewAsync(
        Requester requester, PolicyRule rule, bool isRevoked, string language, CancellationToken cancellation)
    {
        // Thousands of decisions are made again.
        if (!await places.Previews.WaitAsync(TimeSpan.Zero, cancellation)) return WhatIfPlaces.Busy;
        try
        {
            var snapshot = governing.Policy.Snapshot;
            var reached = PolicyRulePreviews.Reached(rule, snapshot.Content);
            var requests = await RequestsAsync(reached, cancellation);
            using var read = await governing.ReadAsync(cancellation);
            return PolicyRulePreviews.Of(
                read, ReaderOf(read, requester), rule, reached, snapshot, isRevoked, requests, language, governing.Now);
        }
        finally
        {
            places.Previews.Release();
        }
    }

    private async Task<IReadOnlyList<DecisionRequest>> RequestsAsync(IReadOnlyList<DatasetId> reached, CancellationToken cancellation)
    {
        if (reached.Count == 0) return [];
        await journal.StoreAsync(cancellation);
        var query = reached.Count <= DecisionQuery.DatasetsMax ? new DecisionQuery { Datasets = reached } : default;
        var kept = await journal.LastAsync(query, new(WhatIf.RequestsMax, 0), cancellation);
        var known = reached.ToHashSet();
        // What is about others is not even parsed.
        return [.. kept.Where(one => known.Contains(one.Dataset)).Select(one => one.Record.Request)];
    }

    private static RecordAct Act(Acting who, string move, string reason) =>
        new(move, who.Party, who.Person, who.Party == Acting.Exchange ? Actor.Officer : Actor.Owner, reason);

    private static Reader ReaderOf(Session session, Requester requester) =>
        new(Acting.Candidates(session, requester), requester.IsAdministrator);

    private static Problem OwnersAlone { get; } = new(403, "not-in-this-capacity", "Rules are for who owns data",
        "The rules of a member reach the datasets that it owns, and this party owns none.");

    private static Problem IsRevoked { get; } = new(409, "move-not-possible", "This cannot be done now",
        "The rule is revoked already. Make another one.");
}

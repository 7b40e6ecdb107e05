using System.ComponentModel;
using System.Text.Json.Serialization;
using Stoa.Identity.Credentials;
using Stoa.Identity.Http;
using Stoa.Sharing.Agreements;
using Stoa.Sharing.Policy;
using Stoa.Sharing.Records;
using Stoa.Sharing.Transitions;
using Stoa.Storage;
using Stoa.Vocabulary;

namespace Stoa.Sharing.Rules;

/// <summary>A compatibility test, as the provider of an agreement records it.</summary>
internal sealed record CompatibilityTestDraft
{
    [Description("Number of the agreement.")]
    public long? Agreement { get; init; }

    [Description("The further purpose, by its name or address.")]
    public string? Purpose { get; init; }

    [Description("What came of it.")]
    public bool? IsCompatible { get; init; }

    [Description("The link between the purpose for which data were collected and the further one (GDPR 6(4)(a)).")]
    public string? Link { get; init; }

    [Description("The context in which they were collected (b).")]
    public string? Context { get; init; }

    [Description("The nature of the data (c).")]
    public string? Nature { get; init; }

    [Description("What the further use may mean for people (d).")]
    public string? Consequences { get; init; }

    [Description("Safeguards, such as encryption or pseudonyms (e).")]
    public string? Safeguards { get; init; }

    [Description("The conclusion from the five factors.")]
    public string? Grounds { get; init; }

    [Description("Id of the party for which the caller acts; may be left out when it can only be one.")]
    public long? For { get; init; }

    public Problem? Check() =>
        (Agreement is null ? TextRules.Missing("agreement") : null) ??
        TextRules.CheckLine("purpose", Purpose, TextRules.UrlLengthMax) ??
        (IsCompatible is null ? TextRules.Missing("isCompatible") : null) ??
        CheckFactor("link", Link) ?? CheckFactor("context", Context) ?? CheckFactor("nature", Nature) ??
        CheckFactor("consequences", Consequences) ?? CheckFactor("safeguards", Safeguards) ?? CheckFactor("grounds", Grounds);

    private static Problem? CheckFactor(string name, string? text) => string.IsNullOrWhiteSpace(text)
        ? TextRules.Missing(name)
        : TextRules.CheckText(name, text, AgreementCheck.TextLengthMax);
}

/// <summary>A compatibility test on the wire.</summary>
internal sealed record CompatibilityTestView(
    long Id, long Agreement, string Purpose, bool IsCompatible, CompatibilityFactors? Factors, string Grounds, long By,
    [property: JsonConverter(typeof(InstantJson))] Instant MadeAt, [property: JsonConverter(typeof(InstantJson))] Instant? RevokedAt,
    IReadOnlyList<string> Moves, IReadOnlyList<MoveView>? History);

/// <summary>One page of compatibility tests, newest first.</summary>
internal sealed record CompatibilityTestPage(IReadOnlyList<CompatibilityTestView> Value, long Count, string? NextLink);

/// <summary>Tests whether a further purpose is compatible with an agreed one (X-8.2.2-2, GDPR 6(4)): recorded by the provider of the
/// agreement, who may grant its datasets; both sides and officers see them.</summary>
internal sealed class CompatibilityTests(Governing governing)
{
    /// <summary>Most tests in force of one agreement.</summary>
    public const int OfAgreementMax = 20;

    public async Task<Result<(IReadOnlyList<CompatibilityTestView> Entries, long Total)>> ListAsync(
        Requester requester, long? agreement, Page page, CancellationToken cancellation)
    {
        using var read = await governing.ReadAsync(cancellation);
        if (!Reader.Of(read, requester).TryGet(out var reader, out var refusal)) return refusal;
        var visible = new Dictionary<AgreementId, bool>();
        var shown = GovernedRecords.All(read, RecordTypes.CompatibilityTest)
            .Where(record => (agreement is null || record.Content.Agreement.Value == agreement) && IsTold(record.Content.Agreement))
            .Reverse().ToList();
        return (
            [.. shown.Skip((int)page.Skip).Take(page.Limit).Select(record => View(read, reader, record, withHistory: false))],
            shown.Count);

        bool IsTold(AgreementId id) =>
            visible.TryGetValue(id, out var told)
                ? told
                : visible[id] = AgreementRegister.Visible(read, requester, id.Value) is not null;
    }

    public async Task<Result<CompatibilityTestView>> FindAsync(Requester requester, long id, CancellationToken cancellation)
    {
        using var read = await governing.ReadAsync(cancellation);
        if (!Reader.Of(read, requester).TryGet(out var reader, out var refusal)) return refusal;
        return GovernedRecords.Find(read, RecordTypes.CompatibilityTest, id) is { } record && TermsOf(read, requester, record.Content) is not null
            ? View(read, reader, record, withHistory: true)
            : Problem.NotFound();
    }

    public Task<Result<CompatibilityTestView>> RecordAsync(
        Requester requester, CompatibilityTestDraft draft, CancellationToken cancellation) =>
        governing.WriteAsync<CompatibilityTestView>((session, now) =>
        {
            if (!Reader.Of(session, requester).TryGet(out var reader, out var refusal)) return refusal;
            if (draft.Check() is { } unfit) return unfit;
            if (AgreementRegister.Visible(session, requester, draft.Agreement!.Value) is not { Content: var agreement })
                return StrictJson.InvalidProperty("agreement", "There is no such agreement.");
            if (!ProviderOf(session, requester, agreement.Terms, draft.For, now).TryGet(out var who, out refusal)) return refusal;
            if (!Read(session, draft, agreement, who).TryGet(out var test, out refusal)) return refusal;
            var act = new RecordAct("record", who.Party, who.Person, Actor.Provider, draft.Grounds!);
            return GovernedRecords.Insert(session, RecordTypes.CompatibilityTest, test, act, now).TryGet(out var made, out var problem)
                ? View(session, reader, made, withHistory: true)
                : problem;
        }, cancellation);

    public Task<Result<CompatibilityTestView>> RevokeAsync(
        Requester requester, long id, MoveDraft draft, CancellationToken cancellation) =>
        governing.WriteAsync<CompatibilityTestView>((session, now) =>
        {
            if (!Reader.Of(session, requester).TryGet(out var reader, out var refusal)) return refusal;
            if (GovernedRecords.Find(session, RecordTypes.CompatibilityTest, id) is not { } record ||
                TermsOf(session, requester, record.Content) is not { } terms) return Problem.NotFound();
            if (!reader.IsOfficer && !reader.Is(terms.Provider)) return ProviderAlone;
            if (PolicyRules.CheckRevocation(draft) is { } unfit) return unfit;
            if (record.Content.RevokedAt is not null) return IsRevoked;
            var act = reader.Is(terms.Provider)
                ? new RecordAct("revoke", terms.Provider, requester.Party ?? terms.Provider, Actor.Provider, draft.Reason!)
                : Office.Act(requester, "revoke", draft.Reason!);
            return GovernedRecords.Update(session, RecordTypes.CompatibilityTest, record, record.Content with { RevokedAt = now }, act, now)
                .TryGet(out var made, out var problem)
                ? View(session, reader, made, withHistory: true)
                : problem;
        }, cancellation);

    // It widens what was agreed: that takes who could agree to it now.
    private static Result<Acting> ProviderOf(Session session, Requester requester, AgreementTerms terms, long? named, Instant now)
    {
        var acting = Acting.OfSides(session, requester, named is { } id ? new PartyId(id) : null, terms.Provider);
        if (!acting.TryGet(out var who, out var refusal)) return refusal;
        if (who.Party != terms.Provider) return ProviderAlone;
        return terms.Datasets.All(id => SharedDatasets.FindToGrant(session, id, who.Party, now) is not null)
            ? who
            : AgreementMoves.NotGranted;
    }

    private static Result<CompatibilityTest> Read(Session session, CompatibilityTestDraft draft, Agreement agreement, Acting who)
    {
        if (agreement.State is AgreementState.Draft) return IsDraft;
        if (agreement.State is AgreementState.Expired or AgreementState.Terminated or AgreementState.Closing or AgreementState.Closed) return HasEnded;
        var purposes = SharedDatasets.Purposes(session);
        var purpose = purposes.Read(draft.Purpose!);
        if (!purposes.IsOffered(purpose))
            return StrictJson.InvalidProperty("purpose", "There is no such purpose here, or it is retired.");
        if (agreement.Terms.Purposes.Any(agreed => purposes.IsWithin(purpose, agreed)))
            return StrictJson.InvalidProperty("purpose", "The agreement covers this purpose already.");
        var there = GovernedRecords.List(session, RecordTypes.CompatibilityTest,
            new(Parent: agreement.Terms.Id.Value, State: RecordTypes.InForce), new Page(OfAgreementMax, 0));
        if (there.Count >= OfAgreementMax) return TooMany;
        return new CompatibilityTest(agreement.Terms.Id, purpose, draft.IsCompatible!.Value, who.Party, draft.Grounds!.Trim())
        {
            Factors = new(draft.Link!.Trim(), draft.Context!.Trim(), draft.Nature!.Trim(), draft.Consequences!.Trim(), draft.Safeguards!.Trim()),
        };
    }

    // Whoever sees the agreement: a draft of the other side looks like one that is not there.
    private static AgreementTerms? TermsOf(Session session, Requester requester, CompatibilityTest test) =>
        AgreementRegister.Visible(session, requester, test.Agreement.Value)?.Content.Terms;

    private static CompatibilityTestView View(Session session, Reader reader, GovernedRecord<CompatibilityTest> record, bool withHistory)
    {
        var one = record.Content;
        var mayRevoke = one.RevokedAt is null && (reader.IsOfficer || reader.Is(one.By));
        return new(
            record.Id, one.Agreement.Value, one.To.Value, one.IsCompatible, one.Factors, one.Grounds, one.By.Value, record.Created,
            one.RevokedAt, mayRevoke ? ["revoke"] : [],
            withHistory
                ? MoveView.Of(GovernedRecords.Events(session, RecordTypes.CompatibilityTest, record.Id),
                    at => at.RevokedAt is null ? "inForce" : "revoked")
                : null);
    }

    private static Problem ProviderAlone { get; } = new(403, "not-in-this-capacity", "Not in this capacity",
        "The provider of the agreement records what it tested.");

    private static Problem IsDraft { get; } = new(409, "move-not-possible", "This cannot be done now", "The agreement was not offered yet.");

    private static Problem HasEnded { get; } = new(409, "move-not-possible", "This cannot be done now", "The agreement has ended.");

    private static Problem IsRevoked { get; } = new(409, "move-not-possible", "This cannot be done now", "The test is revoked already.");

    private static Problem TooMany { get; } = new Problem(409, "conflict", "There are too many tests",
        $"At most {OfAgreementMax} are in force for one agreement: more ask for an agreement of their own.").With("limit", OfAgreementMax);
}

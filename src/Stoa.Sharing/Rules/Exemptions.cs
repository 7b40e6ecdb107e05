using System.ComponentModel;
using System.Text.Json.Serialization;
using Stoa.Identity.Credentials;
using Stoa.Identity.Http;
using Stoa.Sharing.Policy;
using Stoa.Sharing.Records;
using Stoa.Storage;
using Stoa.Vocabulary;

namespace Stoa.Sharing.Rules;

/// <summary>An exemption, as an officer grants it.</summary>
internal sealed record ExemptionDraft
{
    /// <summary>Longest time: there are no open-ended ones.</summary>
    public static readonly TimeSpan TimeMax = TimeSpan.FromDays(366);

    [Description("The check of the law that does not apply, by the code of its reason: W1-NO-SPECIAL-GROUND and so on.")]
    public string? Check { get; init; }

    [Description("Slug of the dataset.")]
    public string? Dataset { get; init; }

    [Description("Until when; at most 366 days ahead.")]
    [JsonConverter(typeof(InstantJson))]
    public Instant? Until { get; init; }

    [Description("The legal basis; every decision that uses the exemption names it.")]
    public string? Reference { get; init; }

    [Description("Why, and what is done instead; kept with it.")]
    public string? Reason { get; init; }
}

/// <summary>An exemption on the wire.</summary>
internal sealed record ExemptionView(
    long Id, string Check, string Dataset, [property: JsonConverter(typeof(InstantJson))] Instant Until, string Reference, string Reason,
    [property: JsonConverter(typeof(InstantJson))] Instant MadeAt, [property: JsonConverter(typeof(InstantJson))] Instant? RevokedAt,
    bool IsInForce, IReadOnlyList<string> Moves, IReadOnlyList<MoveView>? History);

/// <summary>One page of exemptions, newest first.</summary>
internal sealed record ExemptionPage(IReadOnlyList<ExemptionView> Value, long Count, string? NextLink);

/// <summary>Exemptions from single checks of the law, for a while (X-8.2.2-9): granted by officers, known to those who govern the dataset.</summary>
internal sealed class Exemptions(Governing governing)
{
    /// <summary>The checks from which there can be an exemption.</summary>
    public static IReadOnlyList<ReasonCode> Checks { get; } =
    [
        ReasonCode.W1NoSpecialGround, ReasonCode.W2NoticeNotCompatible, ReasonCode.W3TransferNotCovered, ReasonCode.W4AssessmentOpen,
        ReasonCode.W6PlaceNotAllowed,
    ];

    /// <summary>Those that the requester may know: officers all, others those of the datasets that they govern.</summary>
    public async Task<Result<(IReadOnlyList<ExemptionView> Entries, long Total)>> ListAsync(
        Requester requester, Page page, CancellationToken cancellation)
    {
        using var read = await governing.ReadAsync(cancellation);
        if (!Reader.Of(read, requester).TryGet(out var reader, out var refusal)) return refusal;
        var now = governing.Now;
        var shown = GovernedRecords.All(read, RecordTypes.Exemption)
            .Where(record => IsTold(read, reader, record.Content, now)).Reverse().ToList();
        return (
            [.. shown.Skip((int)page.Skip).Take(page.Limit).Select(record => View(read, reader, record, now, withHistory: false))],
            shown.Count);
    }

    public async Task<Result<ExemptionView>> FindAsync(Requester requester, long id, CancellationToken cancellation)
    {
        using var read = await governing.ReadAsync(cancellation);
        if (!Reader.Of(read, requester).TryGet(out var reader, out var refusal)) return refusal;
        return GovernedRecords.Find(read, RecordTypes.Exemption, id) is { } record && IsTold(read, reader, record.Content, governing.Now)
            ? View(read, reader, record, governing.Now, withHistory: true)
            : Problem.NotFound();
    }

    public Task<Result<ExemptionView>> GrantAsync(Requester requester, ExemptionDraft draft, CancellationToken cancellation) =>
        governing.WriteAsync<ExemptionView>((session, now) =>
        {
            if (Office.RefusalOf(requester) is { } refusal) return refusal;
            if (!Read(session, draft, now).TryGet(out var exemption, out var unfit)) return unfit;
            return GovernedRecords.Insert(session, RecordTypes.Exemption, exemption, Office.Act(requester, "grant", draft.Reason!), now)
                .TryGet(out var made, out var problem)
                ? View(session, Officer, made, now, withHistory: true)
                : problem;
        }, cancellation);

    public Task<Result<ExemptionView>> RevokeAsync(Requester requester, long id, MoveDraft draft, CancellationToken cancellation) =>
        governing.WriteAsync<ExemptionView>((session, now) =>
        {
            if (Office.RefusalOf(requester) is { } refusal) return refusal;
            if (GovernedRecords.Find(session, RecordTypes.Exemption, id) is not { } record) return Problem.NotFound();
            if (PolicyRules.CheckRevocation(draft) is { } unfit) return unfit;
            if (record.Content.RevokedAt is not null) return IsRevoked;
            var revoked = record.Content with { RevokedAt = now };
            return GovernedRecords.Update(session, RecordTypes.Exemption, record, revoked, Office.Act(requester, "revoke", draft.Reason!), now)
                .TryGet(out var made, out var problem)
                ? View(session, Officer, made, now, withHistory: true)
                : problem;
        }, cancellation);

    private static Reader Officer { get; } = new([], true);

    private static Result<Exemption> Read(Session session, ExemptionDraft draft, Instant now)
    {
        var codes = Checks.Where(code => ReasonCodes.Of(code).Word == draft.Check).ToArray();
        if (codes.Length == 0)
            return StrictJson.InvalidProperty("check",
                $"'check' takes one of {string.Join(", ", Checks.Select(code => ReasonCodes.Of(code).Word))}.");
        if (TextRules.CheckLine("reference", draft.Reference, Governing.ReasonLengthMax) is { } unfit) return unfit;
        if ((string.IsNullOrWhiteSpace(draft.Reason) ? TextRules.Missing("reason") : Governing.CheckReason(draft.Reason)) is { } without)
            return without;
        if (draft.Until is not { } until) return TextRules.Missing("until");
        var span = until.ToDateTimeOffset() - now.ToDateTimeOffset();
        if (span <= TimeSpan.Zero || span > ExemptionDraft.TimeMax)
            return StrictJson.InvalidProperty("until", "'until' lies ahead, at most 366 days.");
        if (draft.Dataset is not { } slug || GovernedPlace.Find(session, slug) is not { } place)
            return StrictJson.InvalidProperty("dataset", "There is no such dataset.");
        return new Exemption(codes[0], place.Id, new(until.UnixMicroseconds), draft.Reference!.Trim());
    }

    private static bool IsTold(Session session, Reader reader, Exemption one, Instant now) =>
        reader.IsOfficer || (GovernedPlace.Find(session, one.Dataset) is { } place && reader.Governs(place, now));

    private static ExemptionView View(Session session, Reader reader, GovernedRecord<Exemption> record, Instant now, bool withHistory)
    {
        var one = record.Content;
        var events = GovernedRecords.Events(session, RecordTypes.Exemption, record.Id);
        return new(
            record.Id, ReasonCodes.Of(one.Check).Word, GovernedPlace.Find(session, one.Dataset)?.Slug ?? "", one.Until, one.Reference,
            events[0].Act.Reason, record.Created, one.RevokedAt, one.RevokedAt is null && one.Until.CompareTo(now) > 0,
            reader.IsOfficer && one.RevokedAt is null ? ["revoke"] : [],
            withHistory ? MoveView.Of(events, at => at.RevokedAt is null ? "inForce" : "revoked") : null);
    }

    private static Problem IsRevoked { get; } = new(409, "move-not-possible", "This cannot be done now", "The exemption is revoked already.");
}

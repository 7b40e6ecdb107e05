using System.ComponentModel;
using System.Text.Json.Serialization;
using Stoa.Identity.Credentials;
using Stoa.Identity.Http;
using Stoa.Sharing.Recording;
using Stoa.Sharing.Records;
using Stoa.Sharing.Roles;
using Stoa.Sharing.Spectrum;
using Stoa.Sharing.Transitions;
using Stoa.Storage;
using Stoa.Vocabulary;

namespace Stoa.Sharing.Parties;

/// <summary>A claim, as a party asserts it of itself.</summary>
internal sealed record ClaimDraft
{
    /// <summary>Longest type or value, in characters.</summary>
    public const int NameLengthMax = 200;

    [Description("Of what kind it is; group criteria name it.")]
    public string? Type { get; init; }

    [Description("What it says.")]
    public string? Value { get; init; }

    [Description("From then on it no longer counts; never if left out.")]
    [JsonConverter(typeof(InstantJson))]
    public Instant? ExpiresAt { get; init; }

    [Description("SHA-256 of the evidence, 64 hexadecimal digits.")]
    public string? EvidenceHash { get; init; }

    public Result<PartyClaim> ToClaim(PartyId party, Instant now)
    {
        if (TextRules.CheckLine("type", Type, NameLengthMax) is { } problem) return problem;
        if (TextRules.CheckLine("value", Value, NameLengthMax) is { } unfit) return unfit;
        if (Type == GroupCriterion.CategoryType)
            return StrictJson.InvalidProperty("type", "The user group of a party is entered by an administrator, not claimed.");
        if (ExpiresAt is { } expires && expires.CompareTo(now) <= 0)
            return StrictJson.InvalidProperty("expiresAt", "'expiresAt' must lie ahead.");
        if (EvidenceHash is { } hash && (hash.Length != 64 || !hash.All(char.IsAsciiHexDigit)))
            return StrictJson.InvalidProperty("evidenceHash", "'evidenceHash' takes 64 hexadecimal digits.");
        Instant? until = ExpiresAt is { } end ? new Instant(end.UnixMicroseconds) : null;
        return new PartyClaim(0, party, new(Type!, Value!, ClaimStatus.Asserted, until), null, EvidenceHash?.ToLowerInvariant());
    }
}

/// <summary>A claim on the wire.</summary>
internal sealed record ClaimView(
    long Id, long Party, string Type, string Value, string Status, long? Issuer,
    [property: JsonConverter(typeof(InstantJson))] Instant? ExpiresAt, string? EvidenceHash, IReadOnlyList<string> Moves);

/// <summary>One page of claims, newest first.</summary>
internal sealed record ClaimPage(IReadOnlyList<ClaimView> Value, long Count, string? NextLink);

/// <summary>The life of a claim: asserted by the party, verified by another, revoked by either.</summary>
internal static class Claims
{
    private static readonly Guard<bool> Current = new("expired", isOver => !isOver, "The claim has expired: assert it anew.");

    /// <summary>By whether the claim has expired.</summary>
    public static StateMachine<ClaimStatus, bool> Machine { get; } = new(
    [
        new(ClaimStatus.Asserted, "verify", Actor.Officer, ClaimStatus.Verified, Current, IsByAnother: true),
        new(ClaimStatus.Asserted, "revoke", Actor.Concerned | Actor.Officer, ClaimStatus.Revoked),
        new(ClaimStatus.Verified, "revoke", Actor.Concerned | Actor.Officer, ClaimStatus.Revoked),
    ]);
}

/// <summary>What parties say of themselves, and who stands behind it: membership of groups is computed from what is verified.</summary>
internal sealed class PartyClaims(Governing governing)
{
    /// <summary>Most claims of one party, revoked ones included.</summary>
    public const int OfPartyMax = 1000;

    public async Task<Result<(IReadOnlyList<ClaimView> Entries, long Total)>> OfPartyAsync(
        Requester requester, PartyId party, Page page, CancellationToken cancellation)
    {
        using var read = await governing.ReadAsync(cancellation);
        if (!Reader.Of(read, requester).TryGet(out var reader, out var refusal)) return refusal;
        if (!reader.MayRead(null, governing.Now, party)) return Problem.NotFound();
        var query = new RecordQuery(Party: party);
        return (
            [.. GovernedRecords.List(read, RecordTypes.Claim, query, page).Select(record => View(read, reader, record, governing.Now))],
            GovernedRecords.Count(read, RecordTypes.Claim, query));
    }

    /// <summary>The claims of all parties that stand where they are asked for, newest first; for officers.</summary>
    public async Task<Result<(IReadOnlyList<ClaimView> Entries, long Total)>> ListAsync(
        Requester requester, ClaimStatus? status, Page page, CancellationToken cancellation)
    {
        if (requester.IsAnonymous) return Refusals.CredentialRequired;
        if (!requester.IsAdministrator) return Refusals.AdministratorRequired;
        using var read = await governing.ReadAsync(cancellation);
        if (!Reader.Of(read, requester).TryGet(out var reader, out var refusal)) return refusal;
        var query = new RecordQuery(State: (int?)status);
        return (
            [.. GovernedRecords.List(read, RecordTypes.Claim, query, page).Select(record => View(read, reader, record, governing.Now))],
            GovernedRecords.Count(read, RecordTypes.Claim, query));
    }

    /// <summary>Asserts a claim for a party that the requester acts for, or as an officer.</summary>
    public Task<Result<ClaimView>> AssertAsync(Requester requester, PartyId party, ClaimDraft draft, CancellationToken cancellation) =>
        governing.WriteAsync<ClaimView>((session, now) =>
        {
            if (!Reader.Of(session, requester).TryGet(out var reader, out var unknown)) return unknown;
            if (!reader.MayRead(null, now, party) || !DatasetRoles.IsParty(session, party)) return Problem.NotFound();
            if (!Acting.Of(session, requester, reader.Is(party) ? party : null).TryGet(out var who, out var refusal)) return refusal;
            if (!draft.ToClaim(party, now).TryGet(out var claim, out var unfit)) return unfit;
            if (GovernedRecords.Count(session, RecordTypes.Claim, new(Party: party)) >= OfPartyMax) return TooMany;
            var capacity = (who.Party == party ? Actor.Concerned : Actor.None) | (who.IsOfficer ? Actor.Officer : Actor.None);
            var outcome = GovernedRecords.Insert(
                session, RecordTypes.Claim, claim, new("assert", who.Party, who.Person, capacity), now);
            return outcome.TryGet(out var made, out var problem) ? View(session, reader, made, now) : problem;
        }, cancellation);

    /// <summary>Verifies or revokes a claim.</summary>
    public Task<Result<ClaimView>> MoveAsync(Requester requester, long id, MoveDraft draft, CancellationToken cancellation) =>
        governing.WriteAsync<ClaimView>((session, now) =>
        {
            if (draft.Check() is { } unfit) return unfit;
            if (!Reader.Of(session, requester).TryGet(out var reader, out var unknown)) return unknown;
            if (GovernedRecords.Find(session, RecordTypes.Claim, id) is not { Content: var claim } record ||
                !reader.MayRead(null, now, claim.Party)) return Problem.NotFound();
            PartyId? named = draft.For is { } number ? new PartyId(number) : reader.Is(claim.Party) ? claim.Party : null;
            if (!Acting.Of(session, requester, named).TryGet(out var who, out var refusal)) return refusal;
            var answered = Answered.Of(GovernedRecords.Events(session, RecordTypes.Claim, id), "assert");
            var move = Governing.Go(
                Claims.Machine, claim.Claim.Status, draft.Move!, who, CapacityOf(who, claim), answered, IsOver(claim, now));
            if (!move.TryGet(out var status, out var refused)) return refused;
            // Nobody stands behind what is said of an organization of its own.
            if (status == ClaimStatus.Verified && reader.Is(claim.Party)) return Governing.SamePerson(claim.Claim.Status);
            var changed = claim with
            {
                Claim = claim.Claim with { Status = status },
                Issuer = status == ClaimStatus.Verified ? who.Party : claim.Issuer,
            };
            var act = new RecordAct(draft.Move!, who.Party, who.Person, CapacityOf(who, claim), draft.Reason ?? "");
            return GovernedRecords.Update(session, RecordTypes.Claim, record, changed, act, now).TryGet(out var moved, out var problem)
                ? View(session, reader, moved, now)
                : problem;
        }, cancellation);

    private static bool IsOver(PartyClaim claim, Instant now) => claim.Claim.ExpiresAt is { } end && end.CompareTo(now) <= 0;

    private static Actor CapacityOf(Acting who, PartyClaim claim) =>
        (who.Party == claim.Party ? Actor.Concerned : Actor.None) | (who.IsOfficer ? Actor.Officer : Actor.None);

    private static ClaimView View(Session session, Reader reader, GovernedRecord<PartyClaim> record, Instant now)
    {
        var claim = record.Content;
        var asserted = Answered.Of(GovernedRecords.Events(session, RecordTypes.Claim, record.Id), "assert").Party;
        return new(claim.Id, claim.Party.Value, claim.Claim.Type, claim.Claim.Value, Words<ClaimStatus>.Of(claim.Claim.Status),
            claim.Issuer?.Value, claim.Claim.ExpiresAt, claim.EvidenceHash,
            [.. reader.ActingParties.SelectMany(who => Claims.Machine.Offered(
                claim.Claim.Status, new(who.Party, CapacityOf(who, claim), asserted), IsOver(claim, now))).Distinct()
                .Where(move => move != "verify" || !reader.Is(claim.Party))]);
    }

    private static Problem TooMany { get; } = new Problem(
        409, "too-many-claims", "There are too many claims", $"A party has at most {OfPartyMax} claims, revoked ones included.")
        .With("limit", OfPartyMax);
}

using System.ComponentModel;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Serialization;
using Stoa.Identity.Credentials;
using Stoa.Identity.Http;
using Stoa.Sharing.Records;
using Stoa.Sharing.Roles;
using Stoa.Sharing.Transitions;
using Stoa.Storage;
using Stoa.Vocabulary;

namespace Stoa.Sharing.Parties;

/// <summary>A version of terms, as its provider publishes it.</summary>
internal sealed record TermsDraft
{
    /// <summary>Longest text, in characters: some thirty printed pages.</summary>
    public const int TextLengthMax = 60_000;

    /// <summary>Longest title, in characters.</summary>
    public const int TitleLengthMax = 200;

    [Description("Names all versions: small letters, digits and hyphens.")]
    public string? Name { get; init; }

    [Description("What to call them.")]
    public string? Title { get; init; }

    [Description("What is accepted, Markdown.")]
    public string? Text { get; init; }

    [Description("Id of the party that publishes; may be left out when it can only be one. 0 is the exchange itself.")]
    public long? For { get; init; }

    public Problem? Check() =>
        TextRules.CheckSlug("name", Name) ?? TextRules.CheckLine("title", Title, TitleLengthMax) ??
        (string.IsNullOrWhiteSpace(Text) ? TextRules.Missing("text") : TextRules.CheckText("text", Text, TextLengthMax));
}

/// <summary>A version of terms on the wire.</summary>
/// <param name="Name">Names all versions.</param>
/// <param name="Version">Counted from 1.</param>
/// <param name="Provider">Whose terms they are; 0 is the exchange itself.</param>
/// <param name="Title">What to call them.</param>
/// <param name="Text">What is accepted; left out in lists.</param>
/// <param name="TextHash">SHA-256 of the text.</param>
/// <param name="Published">When.</param>
internal sealed record TermsView(
    string Name, int Version, long Provider, string Title, string? Text, string TextHash,
    [property: JsonConverter(typeof(InstantJson))] Instant Published);

/// <summary>One page of terms, newest first.</summary>
internal sealed record TermsPage(IReadOnlyList<TermsView> Value, long Count, string? NextLink);

/// <summary>For whom terms are accepted.</summary>
internal sealed record AcceptanceDraft
{
    [Description("Id of the party for which they are accepted; may be left out when it can only be one.")]
    public long? For { get; init; }

    [Description("SHA-256 of the text that was shown, 64 hexadecimal digits. When it is given it must be that of this version.")]
    public string? TextHash { get; init; }
}

/// <summary>The receipt of an acceptance.</summary>
internal sealed record ReceiptView(
    long Id, long Party, string Terms, int Version, string TextHash, [property: JsonConverter(typeof(InstantJson))] Instant At);

/// <summary>One page of receipts, newest first.</summary>
internal sealed record ReceiptPage(IReadOnlyList<ReceiptView> Value, long Count, string? NextLink);

/// <summary>The terms of the level public (ISO 37156, 5.5.3): published in versions, accepted by version, with a receipt.</summary>
internal sealed class TermsOfUse(Governing governing)
{
    /// <summary>Most versions of terms of one name.</summary>
    public const int VersionsMax = 1000;

    /// <summary>Every version of every name, newest first; everyone may read terms.</summary>
    public async Task<(IReadOnlyList<TermsView> Entries, long Total)> ListAsync(Page page, CancellationToken cancellation)
    {
        using var read = await governing.ReadAsync(cancellation);
        return (
            [.. GovernedRecords.List(read, RecordTypes.Terms, default, page).Select(record => View(record) with { Text = null })],
            GovernedRecords.Count(read, RecordTypes.Terms, default));
    }

    public async Task<Result<TermsView>> FindAsync(string name, int version, CancellationToken cancellation)
    {
        using var read = await governing.ReadAsync(cancellation);
        return Find(read, name, version) is { } record ? View(record) : Problem.NotFound();
    }

    /// <summary>The receipts of a party, for it and for officers.</summary>
    public async Task<Result<(IReadOnlyList<ReceiptView> Entries, long Total)>> ReceiptsAsync(
        Requester requester, PartyId party, Page page, CancellationToken cancellation)
    {
        using var read = await governing.ReadAsync(cancellation);
        if (!Reader.Of(read, requester).TryGet(out var reader, out var refusal)) return refusal;
        if (!reader.MayRead(null, governing.Now, party)) return Problem.NotFound();
        var query = new RecordQuery(Party: party);
        return (
            [.. GovernedRecords.List(read, RecordTypes.TermsAcceptance, query, page).Select(record => Receipt(record.Content))],
            GovernedRecords.Count(read, RecordTypes.TermsAcceptance, query));
    }

    /// <summary>Publishes the next version of terms; by an officer, or by whoever owns or publishes a dataset.</summary>
    public Task<Result<TermsView>> PublishAsync(Requester requester, TermsDraft draft, CancellationToken cancellation) =>
        governing.WriteAsync<TermsView>((session, now) =>
        {
            if (draft.Check() is { } unfit) return unfit;
            if (!Acting.Of(session, requester, draft.For is { } id ? new PartyId(id) : null).TryGet(out var who, out var refusal)) return refusal;
            if (!who.IsOfficer && !HasData(session, who, now)) return ProvidersAlone;
            var version = 1;
            while (Find(session, draft.Name!, version) is { } former)
            {
                if (former.Content.Provider != who.Party) return OfAnother;
                if (++version > VersionsMax) return TooManyVersions;
            }

            var terms = new Terms(draft.Name!, version, who.Party, draft.Title!, draft.Text!);
            var act = new RecordAct("publish", who.Party, who.Person, who.IsOfficer ? Actor.Officer : Actor.Provider);
            return GovernedRecords.Insert(session, RecordTypes.Terms, terms, act, now).TryGet(out var made, out var problem)
                ? View(made)
                : problem;
        }, cancellation);

    /// <summary>Accepts a version; again gives the same receipt.</summary>
    public Task<Result<ReceiptView>> AcceptAsync(
        Requester requester, string name, int version, AcceptanceDraft draft, CancellationToken cancellation) =>
        governing.WriteAsync<ReceiptView>((session, now) =>
        {
            if (!Acting.Of(session, requester, draft.For is { } id ? new PartyId(id) : null).TryGet(out var who, out var refusal)) return refusal;
            if (Find(session, name, version) is not { } record) return Problem.NotFound();
            var hash = HashOf(record.Content.Text);
            if (draft.TextHash is { } shown && !shown.Equals(hash, StringComparison.OrdinalIgnoreCase))
                return StrictJson.InvalidProperty("textHash", "That is not the text of this version. Read it again before you accept.");
            if (who.Party == Acting.Exchange) return PartiesAlone;
            if (GovernedRecords.FindBySeat(session, RecordTypes.TermsAcceptance, $"accepted {who.Party} {version} {name}") is { } known)
                return Receipt(known.Content);
            var accepted = new AcceptedTerms(0, who.Party, who.Person, name, version, hash, now);
            var act = new RecordAct("accept", who.Party, who.Person, Actor.Concerned);
            return GovernedRecords.Insert(session, RecordTypes.TermsAcceptance, accepted, act, now).TryGet(out var made, out var problem)
                ? Receipt(made.Content)
                : problem;
        }, cancellation);

    /// <summary>For whom the requester may publish terms: the exchange for officers, and whoever owns or publishes a dataset.</summary>
    public static IReadOnlyList<PartyId> ProvidersOf(Session session, Requester requester, Instant now) =>
    [
        .. Acting.Candidates(session, requester).Where(party =>
            Acting.Of(session, requester, party).TryGet(out var who, out _) && HasData(session, who, now)),
        .. requester.IsAdministrator ? [Acting.Exchange] : Array.Empty<PartyId>(),
    ];

    // What cannot be a name is not looked for: PostgreSQL takes no U+0000.
    internal static GovernedRecord<Terms>? Find(Session session, string name, int version) =>
        TextRules.CheckSlug("name", name) is not null ? null : GovernedRecords.FindBySeat(session, RecordTypes.Terms, $"terms {version} {name}");

    internal static string HashOf(string text) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)));

    private static bool HasData(Session session, Acting who, Instant now) =>
        GovernedRecords.List(session, RecordTypes.Role, new(Party: who.Party, State: (int)RoleAssignmentState.Active), new(Page.LimitMax, 0))
            .Any(record => record.Content.Role is DataRole.Owner or DataRole.PrimaryPublisher &&
                record.Content.To is var end && (end is not { } to || to.CompareTo(now) > 0)) ||
        IsDescribedOwner(session, who.Party);

    private static bool IsDescribedOwner(Session session, PartyId party)
    {
        using var select = session.Prepare(
            """
            SELECT 1
            FROM   dataset
            WHERE  owner_organization_id = @party
            LIMIT  1
            """).Bind("@party", party.Value);
        return select.Step();
    }

    private static TermsView View(GovernedRecord<Terms> record) => new(
        record.Content.Name, record.Content.Version, record.Content.Provider.Value, record.Content.Title, record.Content.Text,
        HashOf(record.Content.Text), record.Created);

    private static ReceiptView Receipt(AcceptedTerms one) => new(one.Id, one.Party.Value, one.Terms, one.Version, one.TextHash, one.At);

    private static Problem ProvidersAlone { get; } = new(
        403, "not-in-this-capacity", "Not in this capacity", "Terms are published by whoever owns or publishes a dataset, and by the exchange.");

    private static Problem OfAnother { get; } = StrictJson.InvalidProperty("name", "Terms of this name are another party's. Choose another name.");

    private static Problem PartiesAlone { get; } = StrictJson.InvalidProperty(
        "for", "The exchange accepts no terms. Sign in as a person, or use a token that a party holds.");

    private static Problem TooManyVersions { get; } =
        StrictJson.InvalidProperty("name", $"Terms of one name have at most {VersionsMax} versions.").With("limit", VersionsMax);
}

using System.ComponentModel;
using System.Text.Json.Serialization;
using Stoa.Identity.Credentials;
using Stoa.Identity.Http;
using Stoa.Sharing.Purposes;
using Stoa.Sharing.Records;
using Stoa.Sharing.Transitions;
using Stoa.Storage;
using Stoa.Vocabulary;

namespace Stoa.Sharing.Rules;

/// <summary>A purpose of the city's own, as an officer adds it.</summary>
internal sealed record OwnPurposeDraft
{
    /// <summary>Longest label, in characters.</summary>
    public const int LabelLengthMax = 120;

    /// <summary>Longest description, in characters.</summary>
    public const int DescriptionLengthMax = 2000;

    [Description("An absolute web address, or a short name of small letters, digits and hyphens that becomes one below this exchange's address.")]
    public string? Id { get; init; }

    [Description("The broader purpose: by its name in the W3C Data Privacy Vocabulary, or by the address of a purpose of the city's own.")]
    public string? Parent { get; init; }

    [Description("Label in English.")]
    public string? English { get; init; }

    [Description("Label in German.")]
    public string? German { get; init; }

    [Description("What is meant, and what is not.")]
    public string? Description { get; init; }

    [Description("Why it is needed; kept with it.")]
    public string? Reason { get; init; }

    public Problem? Check() =>
        TextRules.CheckLine("id", Id, TextRules.UrlLengthMax) ??
        TextRules.CheckLine("parent", Parent, TextRules.UrlLengthMax) ??
        TextRules.CheckLine("english", English, LabelLengthMax) ??
        TextRules.CheckLine("german", German, LabelLengthMax) ??
        TextRules.CheckText("description", Description, DescriptionLengthMax) ??
        (string.IsNullOrWhiteSpace(Reason) ? TextRules.Missing("reason") : Governing.CheckReason(Reason));
}

/// <summary>A purpose of the city's own on the wire.</summary>
/// <param name="Id">Its number, for moves.</param>
/// <param name="Purpose">Its address: what requests, agreements and the header Purpose name.</param>
/// <param name="Parent">The broader purpose.</param>
/// <param name="English">Label in English.</param>
/// <param name="German">Label in German.</param>
/// <param name="Description">What is meant.</param>
/// <param name="Reason">Why it was added.</param>
/// <param name="MadeAt">When.</param>
/// <param name="RetiredAt">Since when nothing new is agreed for it; absent while it is offered.</param>
/// <param name="Moves">What the caller can do now.</param>
/// <param name="History">What happened to it; absent in lists.</param>
internal sealed record OwnPurposeView(
    long Id, string Purpose, string Parent, string English, string German, string? Description, string Reason,
    [property: JsonConverter(typeof(InstantJson))] Instant MadeAt, [property: JsonConverter(typeof(InstantJson))] Instant? RetiredAt,
    IReadOnlyList<string> Moves, IReadOnlyList<MoveView>? History);

/// <summary>One page of purposes, newest first.</summary>
internal sealed record OwnPurposePage(IReadOnlyList<OwnPurposeView> Value, long Count, string? NextLink);

/// <summary>The city's own purposes, each below one that is known. Everybody may read them; officers add and retire.</summary>
internal sealed class OwnPurposes(Governing governing, SharingOptions options)
{
    public async Task<(IReadOnlyList<OwnPurposeView> Entries, long Total)> ListAsync(
        Requester requester, Page page, CancellationToken cancellation)
    {
        using var read = await governing.ReadAsync(cancellation);
        return (
            [.. GovernedRecords.List(read, RecordTypes.Purpose, default, page)
                .Select(record => View(read, requester, record, withHistory: false))],
            GovernedRecords.Count(read, RecordTypes.Purpose, default));
    }

    public async Task<Result<OwnPurposeView>> FindAsync(Requester requester, long id, CancellationToken cancellation)
    {
        using var read = await governing.ReadAsync(cancellation);
        return GovernedRecords.Find(read, RecordTypes.Purpose, id) is { } record
            ? View(read, requester, record, withHistory: !requester.IsAnonymous)
            : Problem.NotFound();
    }

    /// <summary>Adds a purpose below one that is known and offered.</summary>
    public Task<Result<OwnPurposeView>> AddAsync(Requester requester, OwnPurposeDraft draft, CancellationToken cancellation) =>
        governing.WriteAsync<OwnPurposeView>((session, now) =>
        {
            if (Office.RefusalOf(requester) is { } refusal) return refusal;
            if (draft.Check() is { } unfit) return unfit;
            if (!IdOf(draft.Id!).TryGet(out var id, out var unread)) return unread;
            var all = GovernedRecords.All(session, RecordTypes.Purpose).Select(record => record.Content).ToList();
            var known = PurposeTree.Standard.With([.. all]) ?? PurposeTree.Standard;
            var parent = known.Read(draft.Parent!);
            if (!known.IsOffered(parent))
                return StrictJson.InvalidProperty("parent", "There is no such purpose here, or it is retired. Those there are stand in /api/v1/purposes.");
            if (known.All.Length >= PurposeTree.CountMax) return TooMany;
            var purpose = new Purpose(new(id), [parent], draft.English!.Trim(), draft.German!.Trim())
            {
                Description = string.IsNullOrWhiteSpace(draft.Description) ? null : draft.Description.Trim(),
            };
            return GovernedRecords.Insert(session, RecordTypes.Purpose, purpose, Office.Act(requester, "add", draft.Reason!), now)
                .TryGet(out var made, out var problem)
                ? View(session, requester, made, withHistory: true)
                : problem;
        }, cancellation);

    /// <summary>Retires a purpose: nothing new is agreed for it, and what was agreed runs on.</summary>
    public Task<Result<OwnPurposeView>> RetireAsync(Requester requester, long id, MoveDraft draft, CancellationToken cancellation) =>
        governing.WriteAsync<OwnPurposeView>((session, now) =>
        {
            if (Office.RefusalOf(requester) is { } refusal) return refusal;
            if (GovernedRecords.Find(session, RecordTypes.Purpose, id) is not { } record) return Problem.NotFound();
            if (PolicyRules.CheckRevocation(draft, "retire") is { } unfit) return unfit;
            if (record.Content.RetiredAt is not null) return IsRetired;
            var below = GovernedRecords.All(session, RecordTypes.Purpose).FirstOrDefault(one =>
                one.Content.RetiredAt is null && one.Content.Parents.Contains(record.Content.Id));
            if (below is not null) return HasOthersBelow.With("below", below.Content.Id.Value);
            var retired = record.Content with { RetiredAt = now };
            return GovernedRecords.Update(session, RecordTypes.Purpose, record, retired, Office.Act(requester, "retire", draft.Reason!), now)
                .TryGet(out var made, out var problem)
                ? View(session, requester, made, withHistory: true)
                : problem;
        }, cancellation);

    // A short name becomes an address at which people can read about it.
    private Result<string> IdOf(string text)
    {
        var id = text.Trim();
        if (TextRules.CheckSlug("id", id) is null) id = new Uri(options.BaseAddress, "policy/purposes#purpose-" + id).AbsoluteUri;
        return TextRules.IsUrl(id) && !id.StartsWith(Purpose.DpvNamespace, StringComparison.Ordinal)
            ? id
            : StrictJson.InvalidProperty("id",
                "'id' takes a web address outside of the W3C vocabulary, or a short name of small letters, digits and hyphens.");
    }

    private static OwnPurposeView View(Session session, Requester requester, GovernedRecord<Purpose> record, bool withHistory)
    {
        var one = record.Content;
        var events = GovernedRecords.Events(session, RecordTypes.Purpose, record.Id);
        return new(
            record.Id, one.Id.Value, one.Parents[0].Value, one.English, one.German, one.Description,
            requester.IsAnonymous ? "" : events[0].Act.Reason, record.Created, one.RetiredAt,
            requester.IsAdministrator && one.RetiredAt is null ? ["retire"] : [],
            withHistory ? MoveView.Of(events, at => at.RetiredAt is null ? "offered" : "retired") : null);
    }

    private static Problem TooMany { get; } = new Problem(409, "conflict", "There are too many purposes",
        $"At most {PurposeTree.CountMax} are known, those of the vocabulary among them.").With("limit", PurposeTree.CountMax);

    private static Problem IsRetired { get; } = new(409, "move-not-possible", "This cannot be done now", "The purpose is retired already.");

    private static Problem HasOthersBelow { get; } = new(409, "move-not-possible", "This cannot be done now",
        "Purposes lie below it that are still offered. Retire those first.");
}

/// <summary>What officers of the exchange do, as the exchange.</summary>
internal static class Office
{
    /// <summary>Why the requester is none; null for an officer.</summary>
    public static Problem? RefusalOf(Requester requester) =>
        requester.IsAnonymous ? Refusals.CredentialRequired : requester.IsAdministrator ? null : Refusals.AdministratorRequired;

    public static RecordAct Act(Requester requester, string move, string reason) =>
        new(move, Acting.Exchange, requester.Party ?? Acting.Exchange, Actor.Officer, reason);
}

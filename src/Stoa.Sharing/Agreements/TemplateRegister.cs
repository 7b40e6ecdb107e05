using System.Text.Json;
using Stoa.Identity.Credentials;
using Stoa.Identity.Http;
using Stoa.Sharing.Records;
using Stoa.Sharing.Rules;
using Stoa.Storage;
using Stoa.Vocabulary;

namespace Stoa.Sharing.Agreements;

/// <summary>A template as the office writes it.</summary>
internal sealed record TemplateDraft
{
    /// <summary>Its name in requests; of a further version that in the address counts.</summary>
    public string? Name { get; init; }

    /// <summary>Its name for people.</summary>
    public string? Title { get; init; }

    /// <summary>When it fits.</summary>
    public string? About { get; init; }

    /// <summary>How long an agreement of it runs when nothing else is said.</summary>
    public int Days { get; init; }

    /// <summary>Clauses; without sides, datasets and times.</summary>
    public JsonElement Terms { get; init; }

    /// <summary>Why; kept with the version.</summary>
    public string? Reason { get; init; }

    /// <summary>Of a further version: the one that was read; refused when another came between.</summary>
    public int? Version { get; init; }
}

/// <summary>A template as it is told.</summary>
/// <param name="Name">Its name in requests.</param>
/// <param name="Title">Its name for people.</param>
/// <param name="About">When it fits.</param>
/// <param name="Days">How long an agreement of it runs when nothing else is said.</param>
/// <param name="Terms">Clauses; without sides, datasets and times.</param>
/// <param name="Version">Which version this is; those of the program have one.</param>
/// <param name="IsOfProgram">Comes with the program, and is not changed.</param>
/// <param name="RetiredAt">Since when no draft begins with it; absent while it is offered.</param>
/// <param name="Moves">What the caller could do now; left out of lists.</param>
/// <param name="Versions">All of them, the latest first; left out of lists.</param>
internal sealed record TemplateAnswer(
    string Name, string Title, string About, int Days, JsonElement Terms, int Version, bool IsOfProgram, Instant? RetiredAt,
    IReadOnlyList<string>? Moves = null, IReadOnlyList<TemplateVersion>? Versions = null);

/// <summary>A version of a template.</summary>
/// <param name="Version">Counted from 1.</param>
/// <param name="Reason">Why it was made.</param>
/// <param name="At">When.</param>
internal sealed record TemplateVersion(int Version, string Reason, Instant At);

/// <summary>One page of templates.</summary>
/// <param name="Value">Those that are offered: of the program, then of the office, by name. Those that are retired: newest first.</param>
/// <param name="Count">How many there are in all.</param>
/// <param name="NextLink">The page that follows, if any.</param>
internal sealed record TemplateList(IReadOnlyList<TemplateAnswer> Value, long Count, string? NextLink);

/// <summary>The templates of agreements: everybody who takes part reads them, the office makes, changes and retires its own.</summary>
internal sealed class TemplateRegister(Governing governing)
{
    private static RecordType<AgreementTemplate> Type => AgreementTemplates.Type;

    /// <summary>One page of those that are offered, or of those that are retired.</summary>
    public async Task<(IReadOnlyList<TemplateAnswer> Entries, long Total)> ListAsync(bool isRetired, Page page, CancellationToken cancellation)
    {
        using var session = await governing.ReadAsync(cancellation);
        if (isRetired)
        {
            var query = new RecordQuery(State: RecordTypes.Revoked);
            return ([.. GovernedRecords.List(session, Type, query, page).Select(AnswerOf)], GovernedRecords.Count(session, Type, query));
        }

        TemplateAnswer[] all = [.. AgreementTemplates.OfProgram.Select(OfProgram), .. AgreementTemplates.Kept(session).Select(AnswerOf)];
        return ([.. all.Skip(page.Skip).Take(page.Limit)], all.Length);
    }

    /// <summary>One of them, at its last version or at another.</summary>
    public async Task<Result<TemplateAnswer>> FindAsync(Requester requester, string name, int? version, CancellationToken cancellation)
    {
        using var session = await governing.ReadAsync(cancellation);
        if (AgreementTemplates.OfProgramNamed(name) is { } own)
            return version is null or 1 ? OfProgram(own) with { Moves = [], Versions = [] } : Problem.NotFound();
        if (AgreementTemplates.FindKept(session, name) is not { } record) return Problem.NotFound();
        return WholeOf(session, requester, record, version) is { } answer ? answer : Problem.NotFound();
    }

    /// <summary>Makes a template.</summary>
    public Task<Result<TemplateAnswer>> MakeAsync(Requester requester, TemplateDraft draft, CancellationToken cancellation) =>
        WriteAsync(requester, (session, now) =>
        {
            var name = draft.Name ?? "";
            if ((TextRules.CheckSlug("name", name) ?? FaultOf(session, draft)) is { } fault) return fault;
            if (AgreementTemplates.OfProgramNamed(name) is not null || AgreementTemplates.FindKept(session, name) is not null) return NameTaken(name);
            if (GovernedRecords.Count(session, Type, new(State: RecordTypes.InForce)) >= AgreementTemplates.CountMax) return TooMany;
            return GovernedRecords.Insert(session, Type, ContentOf(name, draft), Office.Act(requester, "make", draft.Reason ?? ""), now);
        }, cancellation);

    /// <summary>Makes a further version, with which drafts begin from now on; agreements that were made of others stay as they are.</summary>
    public Task<Result<TemplateAnswer>> ReviseAsync(Requester requester, string name, TemplateDraft draft, CancellationToken cancellation) =>
        WriteAsync(requester, (session, now) =>
        {
            if (!ToChange(session, name).TryGet(out var record, out var problem)) return problem;
            if (draft.Name is { } other && other != name) return StrictJson.InvalidProperty("name", "A template keeps its name: make another one.");
            if (FaultOf(session, draft) is { } fault) return fault;
            if (draft.Version is { } seen && seen != record.Revision) return Outdated.With("version", record.Revision);
            if (record.Revision >= AgreementTemplates.VersionsMax) return TooManyVersions;
            return GovernedRecords.Update(
                session, Type, record, ContentOf(name, draft), Office.Act(requester, "revise", draft.Reason ?? ""), now);
        }, cancellation);

    /// <summary>Retires a template: no draft begins with it, and agreements that were made of it stay as they are.</summary>
    public Task<Result<TemplateAnswer>> RetireAsync(Requester requester, string name, MoveDraft draft, CancellationToken cancellation) =>
        WriteAsync(requester, (session, now) =>
        {
            if (!ToChange(session, name).TryGet(out var record, out var problem)) return problem;
            if (PolicyRules.CheckRevocation(draft, "retire") is { } unfit) return unfit;
            return GovernedRecords.Update(
                session, Type, record, record.Content with { RetiredAt = now }, Office.Act(requester, "retire", draft.Reason!), now); // Checked.
        }, cancellation);

    private Task<Result<TemplateAnswer>> WriteAsync(
        Requester requester, Func<WriteSession, Instant, Result<GovernedRecord<AgreementTemplate>>> work, CancellationToken cancellation) =>
        // No decision rests on a template.
        governing.KeepAsync<TemplateAnswer>(session =>
        {
            if (Office.RefusalOf(requester) is { } refusal) return refusal;
            if (!work(session, governing.Now).TryGet(out var record, out var problem)) return problem;
            return WholeOf(session, requester, record, null) ?? throw new InvalidOperationException("What was just written is there.");
        }, cancellation);

    private static Result<GovernedRecord<AgreementTemplate>> ToChange(Session session, string name)
    {
        if (AgreementTemplates.OfProgramNamed(name) is not null) return NotOfProgram;
        if (AgreementTemplates.FindKept(session, name) is not { } record) return Problem.NotFound();
        return record.Content.RetiredAt is null ? record : IsRetired;
    }

    private static Problem? FaultOf(Session session, TemplateDraft draft) =>
        TextRules.CheckLine("title", draft.Title, AgreementTemplates.TitleLengthMax) ??
        TextRules.CheckText("about", draft.About, AgreementCheck.TextLengthMax) ??
        Governing.CheckReason(draft.Reason) ??
        (draft.Days is < 1 or > AgreementCheck.DaysMax ? StrictJson.InvalidProperty("days", $"1 to {AgreementCheck.DaysMax} days.") : null) ??
        AgreementTemplates.FaultOf(session, draft.Terms);

    private static AgreementTemplate ContentOf(string name, TemplateDraft draft) =>
        new(name, draft.Title!.Trim(), draft.About?.Trim() ?? "", draft.Days, draft.Terms); // Checked.

    private static TemplateAnswer OfProgram(AgreementTemplate one) => new(one.Name, one.Title, one.About, one.Days, one.Terms, 1, true, null);

    private static TemplateAnswer AnswerOf(GovernedRecord<AgreementTemplate> record) => new(
        record.Content.Name, record.Content.Title, record.Content.About, record.Content.Days, record.Content.Terms,
        AgreementTemplates.VersionOf(record), false, record.Content.RetiredAt);

    private static TemplateAnswer? WholeOf(Session session, Requester requester, GovernedRecord<AgreementTemplate> record, int? version)
    {
        var last = AgreementTemplates.VersionOf(record);
        var events = GovernedRecords.Events(session, Type, record.Id);
        if (events.Find(one => one.Revision == (version ?? last)) is not { } shown || shown.Revision > last) return null;
        var content = shown.Content;
        return AnswerOf(record) with
        {
            Title = content.Title, About = content.About, Days = content.Days, Terms = content.Terms, Version = shown.Revision,
            Moves = requester.IsAdministrator && record.Content.RetiredAt is null ? ["revise", "retire"] : [],
            Versions = [.. events.Where(one => one.Revision <= last).Select(one => new TemplateVersion(one.Revision, one.Act.Reason, one.At)).Reverse()],
        };
    }

    private static Problem NameTaken(string name) => new Problem(409, "conflict", "There is a template of that name",
        "A name is used once, also after its template was retired. To change the template make a further version of it.").With("name", name);

    private static Problem TooMany { get; } = new Problem(409, "conflict", "There are too many templates",
        $"At most {AgreementTemplates.CountMax} are offered. Change one of those there are, or retire one.").With("limit", AgreementTemplates.CountMax);

    private static Problem TooManyVersions { get; } = new Problem(409, "conflict", "There are too many versions",
        $"A template has at most {AgreementTemplates.VersionsMax}. Make another template, and retire this one.").With("limit", AgreementTemplates.VersionsMax);

    private static Problem NotOfProgram { get; } = new(409, "conflict", "It comes with the program",
        "It is not changed or retired. Make a template of another name with its clauses.");

    private static Problem IsRetired { get; } = new(409, "move-not-possible", "This cannot be done now", "The template is retired.");

    private static Problem Outdated { get; } = new(409, "revision-outdated", "Somebody else was faster",
        "Another version was made since you read it. Read it again, and see whether what you want still fits.");
}

using System.Globalization;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Stoa.Identity.Credentials;
using Stoa.Identity.Http;
using Stoa.Identity.SignIn;
using Stoa.Portal.Agreements;
using Stoa.Portal.People;
using Stoa.Sensing.Corrections;
using Stoa.Sharing.Corrections;
using Stoa.Sharing.Records;
using Stoa.Storage;
using Stoa.Vocabulary;

namespace Stoa.Portal.Corrections;

/// <summary>A correction or report on a page.</summary>
/// <param name="Id">Its id.</param>
/// <param name="What">What it is about, in words.</param>
/// <param name="State">Where it stands.</param>
/// <param name="By">Who filed it.</param>
/// <param name="At">When.</param>
/// <param name="Due">Until when it is to be answered.</param>
/// <param name="Field">The property.</param>
/// <param name="Present">What it was.</param>
/// <param name="Proposed">What would be right.</param>
/// <param name="Reason">Why.</param>
/// <param name="Evidence">The proof.</param>
/// <param name="Answer">What the owner said.</param>
/// <param name="Moves">What the visitor could do now.</param>
public sealed record CorrectionRow(
    long Id, string What, string State, string By, Instant At, Instant? Due, string? Field, string? Present, string? Proposed, string Reason,
    string? Evidence, string? Answer, IReadOnlyList<string> Moves);

/// <summary>The corrections of a dataset.</summary>
/// <param name="Slug">Of the dataset.</param>
/// <param name="Title">Its name for people.</param>
/// <param name="Rows">One page of them.</param>
/// <param name="Page">Which page, counted from 1.</param>
/// <param name="Pages">How many there are.</param>
/// <param name="Governs">The visitor sees those of everybody.</param>
/// <param name="MayPropose">True to propose, false to report alone, null for neither.</param>
/// <param name="Parties">For whom one can file.</param>
public sealed record CorrectionsView(
    string Slug, string Title, IReadOnlyList<CorrectionRow> Rows, int Page, int Pages, bool Governs, bool? MayPropose, IReadOnlyList<Choice> Parties);

/// <summary>The page on which corrections of a dataset are proposed, reported and decided.</summary>
internal sealed class CorrectionPages(FormPages forms, CorrectionRegister register, CorrectionWrites writes, Database database)
{
    private const int PageLength = 50;

    internal void Map(IEndpointRouteBuilder routes)
    {
        routes.MapGet("/datasets/{slug}/corrections", (HttpContext http, string slug) => ShowAsync(http, slug)).ExcludeFromDescription();
        routes.MapPost("/datasets/{slug}/corrections", FileAsync).ExcludeFromDescription();
        routes.MapPost("/corrections/{id:long}/moves", MoveAsync).ExcludeFromDescription();
    }

    private async Task ShowAsync(HttpContext http, string slug)
    {
        if (await forms.SignedInAsync(http) is { } who) await ShowAsync(http, who, slug, 200, null, null);
    }

    private async Task ShowAsync(HttpContext http, SignedIn who, string slug, int status, Problem? problem, FormFields? form)
    {
        if (await ViewAsync(http, who.Requester!, slug) is not { } view) // Signed in.
        {
            await forms.NotFoundAsync(http);
            return;
        }

        var notice = http.Request.Query["done"].ToString() switch
        {
            "filed" => "It is sent to the owner, who answers within 30 days.",
            "moved" => "It is done.",
            _ => null,
        };
        Func<string, string> sent = name => form?[name] ?? "";
        await forms.ShowAsync<CorrectionsPage>(http, status, new()
        {
            ["View"] = view, ["Problem"] = problem, ["Sent"] = sent, ["IsSent"] = form is not null, ["Notice"] = problem is null ? notice : null,
        });
    }

    private async Task<CorrectionsView?> ViewAsync(HttpContext http, Requester requester, string slug)
    {
        var number = int.TryParse(http.Request.Query["page"], NumberStyles.None, CultureInfo.InvariantCulture, out var asked)
            ? Math.Clamp(asked, 1, Page.SkipMax / PageLength) : 1;
        var found = await register.OfDatasetAsync(requester, slug, null, new(PageLength, (number - 1) * PageLength), http.RequestAborted);
        if (!found.TryGet(out var list, out _)) return null;
        using var session = await database.ReadAsync(http.RequestAborted);
        if (GovernedPlace.Find(session, slug) is not { } place) return null;
        var files = register.MayFile(session, requester, place);
        return new(
            slug, place.Title, [.. list.Entries.Select(RowOf)], number, (int)Math.Max(1, (list.Total + PageLength - 1) / PageLength),
            new Reader(Acting.Candidates(session, requester), requester.IsAdministrator).Governs(place, register.Governing.Now),
            files.Count == 0 ? null : files.Any(one => one.Kind == CorrectionKind.Correction),
            [.. files.Reverse().Select(one => one.Party).Select(party => new Choice(party.Value.ToString(CultureInfo.InvariantCulture), SharedDatasets.NameOf(session, party)))]);
    }

    private async Task FileAsync(HttpContext http, string slug)
    {
        if (await forms.SignedInFormAsync(http) is not var (who, read)) return;
        if (!read.TryGet(out var form, out var problem))
        {
            await ShowAsync(http, who, slug, problem.Status, problem, null);
            return;
        }

        string? Text(string name) => form[name].Trim() is { Length: > 0 } text ? text : null;
        var draft = new CorrectionDraft
        {
            For = long.TryParse(form["for"], NumberStyles.None, CultureInfo.InvariantCulture, out var party) ? party : null,
            Kind = Text("kind"), Entity = Text("entity"), Field = Text("field"), Proposed = ValueOf(Text("proposed")), Reason = Text("reason"),
            Evidence = Text("evidence"),
        };
        var outcome = await writes.FileAsync(who.Requester!, slug, draft, http.RequestAborted); // Signed in.
        if (outcome.TryGet(out _, out problem)) FormPages.Redirect(http, $"/datasets/{slug}/corrections?done=filed");
        else await ShowAsync(http, who, slug, problem.Status, problem, form);
    }

    private async Task MoveAsync(HttpContext http, long id)
    {
        if (await forms.SignedInFormAsync(http) is not var (who, read)) return;
        if (!(await register.FindAsync(who.Requester!, id, http.RequestAborted)).TryGet(out var one, out _)) // Signed in.
        {
            await forms.NotFoundAsync(http);
            return;
        }

        if (read.TryGet(out var form, out var problem))
        {
            var outcome = await writes.MoveAsync(who.Requester!, id, new() { Move = form["move"], Reason = form["reason"] }, http.RequestAborted);
            if (outcome.TryGet(out _, out problem))
            {
                FormPages.Redirect(http, $"/datasets/{one.Dataset}/corrections?done=moved");
                return;
            }
        }

        await ShowAsync(http, who, one.Dataset, problem.Status, problem, null);
    }

    // A number, an object or a quoted text is taken as JSON; everything else as the text that was typed.
    private static JsonElement? ValueOf(string? typed)
    {
        if (typed is null) return null;
        try
        {
            using var document = JsonDocument.Parse(typed, new() { MaxDepth = StrictJson.DepthMax, AllowDuplicateProperties = false });
            return document.RootElement.Clone();
        }
        catch (JsonException)
        {
            using var text = JsonDocument.Parse($"\"{JsonEncodedText.Encode(typed)}\"");
            return text.RootElement.Clone();
        }
    }

    private static CorrectionRow RowOf(CorrectionView one) => new(
        one.Id, (one.Kind == "correction" ? "Correction" : "Variance") + (one.Entity is { } entity ? $" of {entity}" : " of the dataset"),
        one.State switch
        {
            "proposed" => "Proposed",
            "reported" => "Reported",
            "applied" => "Approved and changed",
            "refused" => "Refused",
            "answered" => "Answered",
            _ => "Withdrawn",
        },
        one.PartyName, one.Created, one.Due, one.Field, one.Present?.GetRawText(), one.Proposed?.GetRawText(), one.Reason, one.Evidence, one.Answer,
        one.Moves);
}

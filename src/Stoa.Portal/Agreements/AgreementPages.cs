using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Stoa.Identity.Credentials;
using Stoa.Identity.Http;
using Stoa.Identity.SignIn;
using Stoa.Portal.Assets;
using Stoa.Portal.Governance;
using Stoa.Portal.People;
using Stoa.Sensing.Http;
using Stoa.Sharing.Agreements;
using Stoa.Sharing.Obligations;
using Stoa.Sharing.Policy;
using Stoa.Sharing.Requests;
using Stoa.Vocabulary;

namespace Stoa.Portal.Agreements;

/// <summary>The pages on which access is asked for, answered, agreed on and used.</summary>
internal sealed class AgreementPages(
    FormPages forms, AgreementReading reading, RequestInbox inbox, AgreementRegister register, AgreementEvidence evidence, ObligationRegister obligations,
    GovernedRequests governed, GovernanceEndpoints governance, PortalOptions options)
{
    private static readonly string[] Asked = ["for", "purpose", "statement", "legalBasis", "until"];

    internal void Map(IEndpointRouteBuilder routes)
    {
        var group = routes.MapGroup("").ExcludeFromDescription();
        group.MapGet("/datasets/{slug}/access", AskAsync);
        group.MapPost("/datasets/{slug}/access", TakeRequestAsync);
        group.MapGet("/inbox", InboxAsync);
        group.MapGet("/register", RegisterAsync);
        group.MapGet("/requests/{id:long}", (HttpContext http, long id) => RequestAsync(http, id));
        group.MapPost("/requests/{id:long}/offer", OfferAsync);
        group.MapPost("/requests/{id:long}/moves", MoveRequestAsync);
        group.MapGet("/agreements/{id:long}", (HttpContext http, long id) => AgreementAsync(http, id));
        group.MapGet("/agreements/{id:long}/text.json", TextAsync);
        group.MapGet("/agreements/{id:long}/odrl.jsonld", OdrlAsync);
        group.MapGet("/agreements/{id:long}/evidence.zip", EvidenceAsync);
        group.MapGet("/agreements/{id:long}/data/{slug}/{file}", DataAsync);
        group.MapPost("/agreements/{id:long}/sign", SignAsync);
        group.MapPost("/agreements/{id:long}/moves", MoveAgreementAsync);
        group.MapPost("/agreements/{id:long}/undertakings", UndertakeAsync);
        group.MapPost("/obligations/{id:long}/moves", MoveObligationAsync);
    }

    // Asking ------------------------------------------------------------------------------------------------------------

    private async Task AskAsync(HttpContext http, string slug)
    {
        if (await forms.SignedInAsync(http) is { } who) await ShowAskAsync(http, who, slug, 200, null, null);
    }

    private async Task ShowAskAsync(HttpContext http, SignedIn who, string slug, int status, Problem? problem, FormFields? form)
    {
        if (await reading.AskAsync(who.Requester!, slug, http.RequestAborted) is not { } view)
        {
            await forms.NotFoundAsync(http);
            return;
        }

        var typed = Asked.ToDictionary(name => name, name => form?[name] ?? "");
        await forms.ShowAsync<AskPage>(http, status, new() { ["View"] = view, ["Problem"] = problem, ["Typed"] = typed });
    }

    private async Task TakeRequestAsync(HttpContext http, string slug)
    {
        if (await forms.SignedInFormAsync(http) is not var (who, read)) return;
        if (!read.TryGet(out var form, out var problem))
        {
            await ShowAskAsync(http, who, slug, problem.Status, problem, null);
            return;
        }

        var draft = new AccessRequestDraft
        {
            For = form.Number("for"), Dataset = slug, Purpose = form["purpose"], Statement = form["statement"],
            LegalBasis = form["legalBasis"] is { Length: > 0 } basis ? basis : null, Fields = form.All("fields"), Until = form.EndOf("until")?.ToString(),
            Submit = true,
        };
        var outcome = await inbox.DraftAsync(who.Requester!, draft, http.RequestAborted);
        if (outcome.TryGet(out var made, out problem)) FormPages.Redirect(http, $"/requests/{made.Id}?done=asked");
        else await ShowAskAsync(http, who, slug, problem.Status, problem, form);
    }

    // Requests ----------------------------------------------------------------------------------------------------------

    private async Task InboxAsync(HttpContext http)
    {
        if (await forms.SignedInAsync(http) is not { } who) return;
        await forms.ShowAsync<InboxPage>(http, 200, new() { ["View"] = await reading.InboxAsync(who.Requester!, http.RequestAborted) });
    }

    private async Task RequestAsync(HttpContext http, long id)
    {
        if (await forms.SignedInAsync(http) is { } who) await ShowRequestAsync(http, who, id, 200, null);
    }

    private async Task ShowRequestAsync(HttpContext http, SignedIn who, long id, int status, Problem? problem, FormFields? form = null)
    {
        if (await reading.RequestAsync(who.Requester!, id, http.RequestAborted) is { } view)
            await forms.ShowAsync<RequestPage>(http, status, new()
            {
                ["View"] = view, ["Problem"] = problem, ["Typed"] = ClauseForm.Fields.ToDictionary(name => name, name => form?[name] ?? ""),
                ["Notice"] = http.Request.Query["done"] == "asked" ? "The request is sent. You find it in your inbox." : null,
            });
        else await forms.NotFoundAsync(http);
    }

    private async Task OfferAsync(HttpContext http, long id)
    {
        if (await forms.SignedInFormAsync(http) is not var (who, read)) return;
        if (!read.TryGet(out var form, out var problem) ||
            !ClauseForm.Read(form, null, form.EndOf("until")?.ToString()).TryGet(out var terms, out problem))
        {
            await ShowRequestAsync(http, who, id, problem.Status, problem, form);
            return;
        }

        var draft = new OfferDraft { Template = form["template"], Terms = terms, Sign = form["sign"] == "yes" };
        var outcome = await inbox.OfferAsync(who.Requester!, id, draft, http.RequestAborted);
        if (outcome.TryGet(out var moved, out problem)) FormPages.Redirect(http, $"/agreements/{moved.Agreement}?done=offered");
        else await ShowRequestAsync(http, who, id, problem.Status, problem, form);
    }

    private async Task MoveRequestAsync(HttpContext http, long id)
    {
        if (await forms.SignedInFormAsync(http) is not var (who, read)) return;
        if (read.TryGet(out var form, out var problem))
        {
            var draft = new AgreementMoveDraft { Move = form["move"], Reason = form["reason"] };
            var outcome = await inbox.MoveAsync(who.Requester!, id, draft, http.RequestAborted);
            if (outcome.TryGet(out _, out problem))
            {
                FormPages.Redirect(http, $"/requests/{id}");
                return;
            }
        }

        await ShowRequestAsync(http, who, id, problem.Status, problem);
    }

    // Agreements --------------------------------------------------------------------------------------------------------

    private async Task RegisterAsync(HttpContext http)
    {
        if (await forms.SignedInAsync(http) is not { } who) return;
        var page = int.TryParse(http.Request.Query["page"], NumberStyles.None, CultureInfo.InvariantCulture, out var number)
            ? Math.Clamp(number, 1, Page.SkipMax) : 1;
        await forms.ShowAsync<RegisterPage>(http, 200, new()
        {
            ["View"] = await reading.RegisterAsync(who.Requester!, http.Request.Query["state"], page, http.RequestAborted),
        });
    }

    private async Task AgreementAsync(HttpContext http, long id)
    {
        if (await forms.SignedInAsync(http) is { } who) await ShowAgreementAsync(http, who, id, 200, null);
    }

    private async Task ShowAgreementAsync(HttpContext http, SignedIn who, long id, int status, Problem? problem, FormFields? form = null)
    {
        if (await reading.AgreementAsync(who.Requester!, id, http.RequestAborted) is not { } view)
        {
            await forms.NotFoundAsync(http);
            return;
        }

        var notice = http.Request.Query["done"].ToString() switch
        {
            "offered" => "The agreement is offered to the other side.",
            "signed" => "Your signature is kept, with the hash of exactly these terms.",
            "moved" => "It is done.",
            _ => null,
        };
        await forms.ShowAsync<AgreementPage>(http, status, new()
        {
            ["View"] = view, ["Problem"] = problem, ["Notice"] = notice,
            // What was proposed and refused is still there to be mended.
            ["Typed"] = form?["move"] == "counter" ? ClauseForm.Fields.ToDictionary(name => name, name => form[name]) : null,
        });
    }

    private Task SignAsync(HttpContext http, long id) => ChangeAsync(http, id, "signed", async (who, form) =>
        Problem(await register.SignAsync(who.Requester!, id, new() { Hash = form["hash"] }, http.RequestAborted)));

    private Task MoveAgreementAsync(HttpContext http, long id) => ChangeAsync(http, id, "moved", async (who, form) =>
    {
        JsonElement? terms = null;
        if (form["move"] == "counter")
        {
            if (!(await register.TermsAsync(who.Requester!, id, http.RequestAborted)).TryGet(out var before, out var unseen)) return unseen;
            if (!ClauseForm.Read(form, before, form.EndOf("until")?.ToString()).TryGet(out var clauses, out var unread)) return unread;
            terms = clauses;
        }

        var draft = new AgreementMoveDraft { Move = form["move"], Reason = form["reason"], Terms = terms };
        return Problem(await register.MoveAsync(who.Requester!, id, draft, http.RequestAborted));
    });

    private Task UndertakeAsync(HttpContext http, long id) => ChangeAsync(http, id, "moved", async (who, form) =>
    {
        var document = form["document"].Trim();
        if (document.Length == 0) return StrictJson.InvalidProperty("document", "Say what is undertaken, or where the signed document lies.");
        var draft = new UndertakingDraft { Name = form["name"], DocumentHash = Hashes.Of(document), ValidUntil = form.EndOf("until")?.ToString() };
        return Problem(await register.UndertakeAsync(who.Requester!, id, draft, http.RequestAborted));
    });

    private async Task MoveObligationAsync(HttpContext http, long id)
    {
        if (await forms.SignedInFormAsync(http) is not var (who, read)) return;
        var found = await obligations.FindAsync(who.Requester!, id, http.RequestAborted);
        if (!found.TryGet(out var owed, out _))
        {
            await forms.NotFoundAsync(http);
            return;
        }

        if (read.TryGet(out var form, out var problem))
        {
            var draft = new ObligationMoveDraft
            {
                Move = form["move"], EvidenceNote = form["note"], Reason = form["reason"], Until = form.EndOf("until")?.ToString(),
            };
            var outcome = await obligations.MoveAsync(who.Requester!, id, draft, http.RequestAborted);
            if (outcome.TryGet(out _, out problem))
            {
                FormPages.Redirect(http, owed.Agreement is { } settled
                    ? $"/agreements/{settled}?done=moved#obligations" : $"/datasets/{owed.Dataset}/governance?done=yes#custody");
                return;
            }
        }

        if (owed.Agreement is { } agreement) await ShowAgreementAsync(http, who, agreement, problem.Status, problem);
        else await governance.ShowDatasetAsync(http, who.Requester!, owed.Dataset ?? "", problem.Status, problem); // Signed in.
    }

    private async Task ChangeAsync(HttpContext http, long id, string done, Func<SignedIn, FormFields, Task<Problem?>> change)
    {
        if (await forms.SignedInFormAsync(http) is not var (who, read)) return;
        if (read.TryGet(out var form, out var problem)) problem = await change(who, form);
        if (problem is null) FormPages.Redirect(http, $"/agreements/{id}?done={done}");
        else await ShowAgreementAsync(http, who, id, problem.Status, problem, form);
    }

    // What can be taken along -------------------------------------------------------------------------------------------

    private async Task TextAsync(HttpContext http, long id)
    {
        if (await forms.SignedInAsync(http) is not { } who) return;
        var found = await register.TermsAsync(who.Requester!, id, http.RequestAborted);
        if (found.TryGet(out var terms, out _)) await GiveAsync(http, "application/json", AgreementText.Of(terms));
        else await forms.NotFoundAsync(http);
    }

    private async Task OdrlAsync(HttpContext http, long id)
    {
        if (await forms.SignedInAsync(http) is not { } who) return;
        var found = await register.OdrlAsync(who.Requester!, id, options.BaseAddress.AbsoluteUri.TrimEnd('/'), http.RequestAborted);
        if (found.TryGet(out var odrl, out _)) await GiveAsync(http, "application/ld+json", odrl);
        else await forms.NotFoundAsync(http);
    }

    private async Task EvidenceAsync(HttpContext http, long id)
    {
        if (await forms.SignedInAsync(http) is not { } who) return;
        var found = await evidence.AnswerAsync(http, who.Requester!, id); // Signed in.
        if (found.TryGet(out var pack, out var problem)) await pack.ExecuteAsync(http);
        else if (problem.Status == StatusCodes.Status404NotFound) await forms.NotFoundAsync(http);
        else await problem.WriteAsync(http);
    }

    /// <summary>Data under an agreement for a purpose: read as SensorThings reads them, decided as there.</summary>
    private async Task DataAsync(HttpContext http, long id, string slug, string file)
    {
        if (await forms.SignedInAsync(http) is not { } who) return;
        var (path, query) = file switch
        {
            "observations.csv" => ("Observations", "?$resultFormat=CSV&$expand=Datastream($select=name)"),
            "things.geojson" => ("Things", "?$resultFormat=GeoJSON"),
            _ => ("", ""),
        };
        var purpose = http.Request.Query["purpose"].ToString();
        if (path.Length == 0 || purpose.Length > DeclaredUses.PurposeLengthMax ||
            !(await register.FindAsync(who.Requester!, id, http.RequestAborted)).IsValue)
        {
            await forms.NotFoundAsync(http);
            return;
        }

        var requester = who.Requester!.Declaring(purpose.Length == 0 ? null : purpose, id).By(WayOut.Export);
        if (await governed.RefusalAsync(http, requester, slug) is { } refusal)
        {
            await refusal.WriteAsync(http);
            return;
        }

        http.Response.OnStarting(() =>
        {
            // A refusal is read, not kept.
            if (http.Response.StatusCode == StatusCodes.Status200OK)
                http.Response.Headers.ContentDisposition = $"attachment; filename=\"{slug}-{file}\"";
            return Task.CompletedTask;
        });
        await SensorThingsEndpoints.ReadAsync(http, requester, slug, path, query);
    }

    private static Task GiveAsync(HttpContext http, string mediaType, byte[] body)
    {
        http.Response.Headers.CacheControl = "no-store";
        return Answer.WriteAsync(http, 200, mediaType, body);
    }

    private static Problem? Problem<T>(Result<T> outcome) => outcome.TryGet(out _, out var problem) ? null : problem;
}

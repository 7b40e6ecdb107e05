using System.Globalization;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Stoa.Identity.Credentials;
using Stoa.Identity.Http;
using Stoa.Portal.Layout;
using Stoa.Sensing.Observations;
using Stoa.Sensing.Sealing;
using Stoa.Sharing.Exchanges;
using Stoa.Sharing.Logs;
using Stoa.Sharing.Policy;
using Stoa.Vocabulary;

namespace Stoa.Portal.Charts;

/// <summary><c>GET /datasets/{slug}/datastreams/{id}/evidence.zip</c>: values of a series with what proves that they are those that were recorded.</summary>
/// <remarks>
/// For who signed in and for tokens; decided as an export. Who sees a part of a dataset only (fields, times, an area) gets none: a proof is about an observation as it
/// was sealed, and shows all of it.
/// </remarks>
internal sealed class SeriesEvidence(Visitors visitors, GovernedRequests governed, ObservationEvidence evidence)
{
    // A pack of 10,000 observations has some 8 MB; it is made in memory so that a fault is an answer and not half a file.
    private const int BufferBytes = 1 << 20;

    internal void Map(IEndpointRouteBuilder routes) =>
        routes.MapGet("/datasets/{slug}/datastreams/{id:long}/evidence.zip", ServeAsync).ExcludeFromDescription();

    /// <summary>The address for a Datastream of a dataset.</summary>
    internal static string AddressOf(string slug, long id) =>
        string.Create(CultureInfo.InvariantCulture, $"/datasets/{slug}/datastreams/{id}/evidence.zip");

    private async Task ServeAsync(HttpContext http, string slug, long id)
    {
        if (await RefuseAsync(http, slug, id) is { } problem) await problem.WriteAsync(http);
    }

    private async Task<Problem?> RefuseAsync(HttpContext http, string slug, long id)
    {
        if (!(await visitors.AuthenticateAsync(http)).TryGet(out var who, out var problem)) return problem;
        var requester = who.By(WayOut.Export);
        if (await governed.RefusalAsync(http, requester, slug) is { } refusal) return refusal;
        var scope = visitors.ReadWithin(http, requester, slug);
        if (!visitors.IsWithin(scope, slug) || !visitors.Policy.TryFindDataset(slug, out var dataset)) return Problem.NotFound();
        if (scope.NarrowingOf(dataset.Id) is not null) return NeedsTheWhole;
        if (!TryTime(http, "from", out var from) || !TryTime(http, "to", out var until)) return NoTime;
        if (!PackAnswers.OlderOf(http.Request).TryGet(out var older, out problem)) return problem;
        var question = new EvidenceQuestion(SeriesKey.OfDatastream(id), dataset.Id, from, until, older);
        if (!(await evidence.PrepareAsync(question, http.RequestAborted)).TryGet(out var prepared, out problem)) return problem;
        if (!WithoutBody.IsAsked(http) && ExchangeMeter.Of(http)?.TryAddRows(prepared.Proven) == false) return TooManyToday;
        using var pack = new MemoryStream(BufferBytes);
        await evidence.WriteAsync(prepared, slug, pack, http.RequestAborted);
        await PackAnswers.Send(http, pack.ToArray(), string.Create(CultureInfo.InvariantCulture, $"{slug}-datastream-{id}-evidence.zip")).ExecuteAsync(http);
        return null;
    }

    private static Problem NeedsTheWhole => new(403, "proof-needs-the-whole", "A proof needs the whole observation",
        "You see a part of this dataset: some fields, times or places of it. A proof is about an observation as it was sealed and would show all of it. Ask for access to the whole, " +
        "or ask the owner for the proof.");

    private static Problem NoTime => Problem.BadRequest("invalid-parameter", "A parameter cannot be used",
        "'from' and 'to' are moments with their offset from UTC, such as 2026-03-01T00:00:00Z.").With("parameter", "from");

    private static Problem TooManyToday => new Problem(429, "limit-reached", "The agreed use is reached",
        "The pack has more rows than may still be used today. Ask for a shorter time: from, to.").With("reason", "Q2-VOLUME");

    private static bool TryTime(HttpContext http, string name, out Instant? time)
    {
        time = null;
        if (http.Request.Query[name] is not [{ Length: > 0 } text]) return http.Request.Query[name].Count == 0;
        if (!Instant.TryParse(text, out var read)) return false;
        time = read;
        return true;
    }
}

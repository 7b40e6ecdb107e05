using System.Globalization;
using Microsoft.AspNetCore.Http;
using Stoa.Sharing.Policy;
using Stoa.Vocabulary;

namespace Stoa.Sharing.Exchanges;

/// <summary>Reads which records an address asks for.</summary>
internal static class ExchangeParameters
{
    /// <summary>The records asked for, from the parameters of an address.</summary>
    public static Result<ExchangeQuery> Parse(IQueryCollection query, AccessPolicy policy)
    {
        var asked = new ExchangeQuery();
        if (query["dataset"].ToString() is { Length: > 0 } slug)
        {
            // Absent is like one that nothing was recorded of: whoever may ask without being its owner learns nothing.
            asked = asked with { Dataset = policy.TryFindDataset(slug, out var dataset) ? dataset.Id : new(long.MaxValue) };
        }

        if (query["agreement"].ToString() is { Length: > 0 } agreement)
        {
            if (!TryId(agreement, out var id)) return Invalid("agreement", "the number of an agreement");
            asked = asked with { Agreement = id };
        }

        if (query["party"].ToString() is { Length: > 0 } party)
        {
            if (!TryId(party, out var id)) return Invalid("party", "the number of a party");
            // Of an organization: what was read for it, whoever did it.
            asked = policy.Snapshot.TryFind(new PartyId(id), out var standing) && standing.Party.Kind == PartyKind.Organization
                ? asked with { Organization = new(id) }
                : asked with { Party = new(id) };
        }

        if (query["office"].ToString() is { Length: > 0 } office)
        {
            if (office is not ("true" or "false")) return Invalid("office", "true or false");
            asked = asked with { IsByOffice = office == "true" };
        }

        if (query["from"].ToString() is { Length: > 0 } from)
        {
            if (!Instant.TryParse(from, out var time)) return Invalid("from", "a time such as 2026-01-31T00:00:00Z");
            asked = asked with { From = time };
        }

        if (query["until"].ToString() is { Length: > 0 } until)
        {
            if (!Instant.TryParse(until, out var time)) return Invalid("until", "a time such as 2026-01-31T00:00:00Z");
            asked = asked with { Until = time };
        }

        return asked;
    }

    private static bool TryId(string text, out long id) =>
        long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out id);

    private static Problem Invalid(string parameter, string takes) =>
        Problem.BadRequest("invalid-parameter", "A query parameter is not acceptable", $"'{parameter}' takes {takes}.")
            .With("parameter", parameter);
}

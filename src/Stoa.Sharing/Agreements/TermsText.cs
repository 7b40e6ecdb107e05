using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Stoa.Sharing.Recording;
using Stoa.Sharing.Records;
using Stoa.Storage;
using Stoa.Vocabulary;

namespace Stoa.Sharing.Agreements;

/// <summary>Terms as they are put together from a template, from the terms before, and from what somebody says.</summary>
internal static class TermsText
{
    /// <summary>Reads terms.</summary>
    /// <param name="session">Where templates and datasets are looked up.</param>
    /// <param name="template">Name of the template; null for none.</param>
    /// <param name="said">The clauses; members of null take a clause away.</param>
    /// <param name="maker">Who puts them together: provider where no provider is named, else consumer where none is named.</param>
    /// <param name="before">The terms that they take the place of; sides stay and the version counts on.</param>
    /// <param name="now">From then on they run where nothing else is said.</param>
    public static Result<AgreementTerms> Read(
        Session session, string? template, JsonElement? said, PartyId maker, AgreementTerms? before, Instant now)
    {
        var whole = before is null
            ? []
            : JsonNode.Parse(AgreementText.Of(before))?.AsObject() ?? throw new InvalidOperationException("Terms are an object.");
        var days = 365;
        if (template is not null)
        {
            if (AgreementTemplates.Find(session, template) is not { } found)
                return Identity.Http.StrictJson.InvalidProperty("template", "There is no template of that name, or it is retired.");
            Lay(whole, found.Terms);
            days = found.Days;
        }

        try
        {
            if (said is { ValueKind: JsonValueKind.Object } clauses) Lay(whole, clauses);
            else if (said is { ValueKind: not (JsonValueKind.Undefined or JsonValueKind.Null) })
                return AgreementText.NotEvaluable("", "The clauses are a JSON object.");
            Complete(whole, maker, before, days, now);
            if (NumberDatasets(session, whole) is { } fault) return fault;
            var read = AgreementText.Read(Encoding.UTF8.GetBytes(whole.ToJsonString()));
            return read.TryGet(out var terms, out var problem) ? terms : problem;
        }
        catch (InvalidOperationException)
        {
            // What System.Text.Json says of half a letter, when it is asked for and not when it is read.
            return AgreementText.NotEvaluable("", "A text has a surrogate that stands alone. Send whole letters.");
        }
    }

    private static void Lay(JsonObject whole, JsonElement clauses)
    {
        foreach (var clause in clauses.EnumerateObject())
            if (clause.Value.ValueKind == JsonValueKind.Null) whole.Remove(clause.Name);
            else whole[clause.Name] = JsonNode.Parse(clause.Value.GetRawText());
    }

    private static void Complete(JsonObject whole, PartyId maker, AgreementTerms? before, int days, Instant now)
    {
        whole["id"] = before?.Id.Value ?? 0;
        whole["version"] = (before?.Version ?? 0) + 1;
        if (before is not null)
        {
            (whole["provider"], whole["consumer"]) = (before.Provider.Value, before.Consumer.Value);
            return;
        }

        if (!whole.ContainsKey("provider")) whole["provider"] = maker.Value;
        else if (!whole.ContainsKey("consumer")) whole["consumer"] = maker.Value;
        if (!whole.ContainsKey("validFrom")) whole["validFrom"] = now.ToString();
        if (whole.ContainsKey("validTo")) return;
        whole["validTo"] = Instant.TryParse(whole["validFrom"]?.ToString(), out var from) && from.ToDateTimeOffset().Year < 9000
            ? Instant.From(from.ToDateTimeOffset().AddDays(days)).ToString()
            : now.ToString();
    }

    // The greatest number that JSON holds exactly; no dataset has it.
    private const long NoDataset = (1L << 53) - 1;

    // People name datasets by their slugs; what is signed holds their numbers, which never change.
    private static Problem? NumberDatasets(Session session, JsonObject whole)
    {
        if (whole["datasets"] is not JsonArray { Count: <= AgreementCheck.DatasetsMax } datasets) return null;
        for (var i = 0; i < datasets.Count; i++)
        {
            if (datasets[i] is not JsonValue value || !value.TryGetValue<string>(out var slug)) continue;
            // What is not there is a number that nothing has: other clauses are looked at first, as they are where it is.
            datasets[i] = SharedDatasets.IdOf(session, slug)?.Value ?? NoDataset;
        }

        return null;
    }
}

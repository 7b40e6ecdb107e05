using System.Globalization;
using System.Text.Json;
using Stoa.Ledger.Writing;
using Stoa.Vocabulary;

namespace Stoa.Sharing.Logs;

/// <summary>What an entry names, as it says itself.</summary>
/// <param name="Type">Its event type.</param>
/// <param name="Time">When it happened, as the entry has it.</param>
/// <param name="Subject">Number of what it is about; null where that has none.</param>
/// <param name="SubjectWord">What that is: agreement, dataset, token.</param>
/// <param name="Datasets">All that it names.</param>
/// <param name="Parties">All that it names: who acted, whom it is about, the other side, the owner.</param>
/// <param name="Parent">The record to which its subject belongs; null when it belongs to none.</param>
internal sealed record NamedInEntry(
    string Type, string Time, long? Subject, string SubjectWord, IReadOnlyList<DatasetId> Datasets, IReadOnlyList<PartyId> Parties, long? Parent)
{
    private const string Start = "urn:stoa:";
    private const string DatasetWord = "dataset";
    private const string PartyWord = "party";

    // Members of entries that name an organization or what belongs to one.
    private static readonly string[] PartyMembers = ["actor", PartyWord, "counterparty", "owner"];

    /// <summary>Reads an entry that this program wrote.</summary>
    public static NamedInEntry Of(WrittenEntry entry)
    {
        using var document = JsonDocument.Parse(entry.Body);
        var root = document.RootElement;
        var (word, subject) = Urn(Text(root, "subject"));
        var (parentWord, parent) = Urn(Text(root, "ref"));
        var datasets = new List<DatasetId>();
        var parties = new List<PartyId>();
        if (word == DatasetWord && subject is { } dataset) datasets.Add(new(dataset));
        if (parentWord == DatasetWord && parent is { } source) datasets.Add(new(source));
        if (word == PartyWord && subject is { } one) parties.Add(new(one));
        foreach (var member in PartyMembers)
            if (Urn(Text(root, member)) is (PartyWord, { } party)) parties.Add(new(party));
        if (root.TryGetProperty("datasets", out var list))
            datasets.AddRange(list.EnumerateArray().Select(item => Urn(item.GetString()).Number).OfType<long>().Select(id => new DatasetId(id)));
        return new(entry.Type, Text(root, "time") ?? "", subject, word, datasets, [.. parties.Distinct()], parentWord == DatasetWord ? null : parent);
    }

    private static string? Text(JsonElement root, string member) =>
        root.TryGetProperty(member, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;

    // What is public by its slug has no number.
    private static (string Word, long? Number) Urn(string? urn)
    {
        if (urn is null || !urn.StartsWith(Start, StringComparison.Ordinal)) return ("", null);
        var rest = urn.AsSpan(Start.Length);
        var colon = rest.IndexOf(':');
        return colon < 0 ? ("", null) : (rest[..colon].ToString(),
            long.TryParse(rest[(colon + 1)..], NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : null);
    }
}

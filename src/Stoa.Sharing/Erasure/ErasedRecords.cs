using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Stoa.Identity.Parties;
using Stoa.Ledger.Canonical;
using Stoa.Sharing.Records;
using Stoa.Storage;
using Stoa.Vocabulary;

namespace Stoa.Sharing.Erasure;

/// <summary>Takes a person out of governed records and their history: who acted, and what they wrote.</summary>
/// <remarks>
/// For whom somebody acted stands in the place of who it was. What the person wrote for themselves goes whole, as does what is said about them; from what they
/// wrote for an organization go their own name and address: the grounds are the organization's. Where something was taken out, or the person
/// acted, the salt of the commitment goes too: the entry in the log tells then that something happened, in which capacity, and nothing of whom.
/// </remarks>
internal sealed partial class ErasedRecords
{
    /// <summary>What stands in the place of a text.</summary>
    public const string Erased = "[erased]";

    // Shorter parts of names are words of every language.
    private const int WordLengthMin = 3;

    private const string PersonMember = "person";
    private const string PartyMember = "party";

    private readonly WriteSession _session;
    private readonly PartyId _person;
    private readonly Regex _words;
    private long _saltsDeleted;

    private ErasedRecords(WriteSession session, PartyId person, ErasedPerson called)
    {
        (_session, _person) = (session, person);
        var words = new[] { called.Name, called.Login ?? "", called.Login?.Split('@')[0] ?? "" }
            .Concat(called.Name.Split([' ', '-', '.', ',', '\''], StringSplitOptions.RemoveEmptyEntries))
            .Where(word => word.Length >= WordLengthMin).Distinct().OrderByDescending(word => word.Length).Select(Regex.Escape);
        _words = new($@"\b(?:{string.Join('|', words.DefaultIfEmpty("(?!)"))})\w*",
            RegexOptions.IgnoreCase | RegexOptions.CultureInvariant, Regex.InfiniteMatchTimeout);
    }

    /// <summary>Takes a person out of all records, in a transaction of the caller.</summary>
    /// <returns>Of how many changes the commitments cannot be opened any more.</returns>
    public static long Erase(WriteSession session, PartyId person, ErasedPerson called)
    {
        var records = new List<(long Id, RecordKind Kind, string Content)>();
        using (var select = session.PrepareStream(SelectRecords).Bind("@person", person.Value))
            while (select.Step()) records.Add((select.Int64(0), (RecordKind)select.Int64(1), select.Text(2)));
        var erasing = new ErasedRecords(session, person, called);
        foreach (var (id, kind, content) in records) erasing.EraseFrom(id, kind, content);
        return erasing._saltsDeleted;
    }

    private void EraseFrom(long record, RecordKind kind, string content)
    {
        var theirs = new Dictionary<(string Path, string Text), bool>();
        var before = new HashSet<(string Path, string Text)>();
        foreach (var change in EventsOf(record))
        {
            var node = JsonNode.Parse(change.Content)!; // A record is an object.
            var texts = TextsOf(kind, node).ToList();
            var isTheirs = change.Person == _person.Value;
            var isOwn = change.Party == _person.Value;
            // What was said before is somebody else's, unless all of it is about the person.
            if (isTheirs || IsAbout(kind, node))
                foreach (var text in texts)
                    if (!before.Contains((text.Path, text.Value)) || IsAbout(kind, node))
                        theirs[(text.Path, text.Value)] = isOwn || IsAbout(kind, node);
            before = [.. texts.Select(text => (text.Path, text.Value))];
            var isChanged = Replace(texts, theirs) | ReplacePeople(node);
            if (!isChanged && !isTheirs) continue;
            if (change.HasSalt) _saltsDeleted++;
            var reason = !isTheirs ? change.Reason : isOwn ? "" : _words.Replace(change.Reason, Erased);
            using var update = _session.Prepare(UpdateEvent)
                .Bind("@id", change.Id).Bind("@person", isTheirs ? change.Party : change.Person).Bind("@reason", reason)
                .Bind("@content", isChanged ? TextOf(node) : change.Content);
            update.Execute();
        }

        var last = JsonNode.Parse(content)!;
        if (!(Replace([.. TextsOf(kind, last)], theirs) | ReplacePeople(last))) return;
        using var replace = _session.Prepare(UpdateRecord).Bind("@id", record).Bind("@content", TextOf(last));
        replace.Execute();
    }

    private List<Change> EventsOf(long record)
    {
        using var select = _session.PrepareStream(SelectEvents).Bind("@record", record);
        var events = new List<Change>();
        while (select.Step())
            events.Add(new(select.Int64(0), select.Int64OrNull(1), select.Int64OrNull(2), select.Text(3), select.Text(4), !select.IsNull(5)));
        return events;
    }

    private bool IsAbout(RecordKind kind, JsonNode node) =>
        kind == RecordKind.Claim && node[PartyMember]?.GetValue<long>() == _person.Value;

    private bool Replace(List<WrittenText> texts, Dictionary<(string Path, string Text), bool> theirs)
    {
        var isChanged = false;
        foreach (var text in texts)
        {
            if (!theirs.TryGetValue((text.Path, text.Value), out var isOwn)) continue;
            if (isOwn && RecordTexts.LeftOut.Contains(text.Name)) text.Of.Remove(text.Name);
            else
            {
                var left = !isOwn ? _words.Replace(text.Value, Erased) : RecordTexts.Json.Contains(text.Name) ? $"\"{Erased}\"" : Erased;
                if (left == text.Value) continue;
                text.Of[text.Name] = left;
            }

            isChanged = true;
        }

        return isChanged;
    }

    // Signatures, decisions and receipts say who gave them, beside for whom.
    private bool ReplacePeople(JsonNode? node)
    {
        var isChanged = false;
        switch (node)
        {
            case JsonArray list:
                foreach (var one in list) isChanged |= ReplacePeople(one);
                break;
            case JsonObject record:
                if (record[PartyMember] is JsonValue party && record[PersonMember] is JsonValue person &&
                    person.TryGetValue<long>(out var who) && who == _person.Value && party.GetValue<long>() != who)
                {
                    record[PersonMember] = party.DeepClone();
                    isChanged = true;
                }

                foreach (var (_, member) in record.ToList()) isChanged |= ReplacePeople(member);
                break;
        }

        return isChanged;
    }

    private static IEnumerable<WrittenText> TextsOf(RecordKind kind, JsonNode content) =>
        RecordTexts.Written.GetValueOrDefault(kind, []).SelectMany(path => Below(content, path.Split('.'), 0, path));

    private static IEnumerable<WrittenText> Below(JsonNode? node, string[] names, int at, string path) => (node, names[at]) switch
    {
        (JsonArray list, "*") => list.SelectMany(one => Below(one, names, at + 1, path)),
        (JsonObject record, var name) when at < names.Length - 1 => Below(record[name], names, at + 1, path),
        (JsonObject record, var name) when record[name] is JsonValue value && value.TryGetValue<string>(out var text) =>
            [new(record, name, path, text)],
        _ => [],
    };

    private static string TextOf(JsonNode node)
    {
        using var document = JsonDocument.Parse(node.ToJsonString());
        return Encoding.UTF8.GetString(CanonicalJson.Bytes(document.RootElement));
    }

    private sealed record Change(long Id, long? Party, long? Person, string Reason, string Content, bool HasSalt);

    private sealed record WrittenText(JsonObject Of, string Name, string Path, string Value);
}

using System.Text;
using System.Text.Json;
using Stoa.Ledger.Events;
using Stoa.Ledger.Writing;

namespace Stoa.Portal.Ledger;

/// <summary>Logs and their entries in words.</summary>
internal static class LogWords
{
    private const string Changed = ".changed";

    /// <summary>What a log holds.</summary>
    internal static string MeaningOf(LogName log) => log switch
    {
        LogName.Audit => "Who did what under which agreement: every change of roles, levels, agreements, requests and rules, accesses to data that are not open in batches, " +
            "and the seals of observations. Its hashes are for everybody, its entries for those whom they concern.",
        LogName.Catalog => "How each dataset that everybody may see was described, and at which level.",
        LogName.Kpi => "Indicators and what they were computed of. Nothing is entered yet.",
        LogName.Cards => "Receipts of cards. Nothing is entered yet.",
        LogName.Registry => "Registers. Nothing is entered yet.",
        _ => throw new ArgumentOutOfRangeException(nameof(log), log, "A log that is not known."),
    };

    /// <summary>The name of a type of event.</summary>
    internal static string TitleOf(string type) => type switch
    {
        "data.deleted" => "Data removed",
        "data.imported" => "File imported",
        "decision.batch" => "Decisions",
        "decisions.dropped" => "Decisions not kept",
        "dataset.changed" => "Description changed",
        "dataset.created" => "Dataset entered",
        "dataset.published" => "Description published",
        "exchange.batch" => "Accesses",
        "key.made" => "Key made",
        "membership.ended" => "Membership ended",
        "membership.given" => "Membership given",
        "person.erased" => "Person erased",
        "signin-key.made" => "Key to sign in made",
        "signin-key.removed" => "Key to sign in removed",
        "signin-provider.changed" => "Provider for signing in",
        "key.rotated" => "Key changed",
        "observations.sealed" => "Observations sealed",
        "party.entered" => "Party entered",
        "party.moved" => "Status of a party",
        "program.started" => "Program started",
        "token.created" => "Token made",
        "token.revoked" => "Token revoked",
        "token.rotated" => "Token renewed",
        _ => KindOf(type),
    };

    /// <summary>What happened, in one sentence.</summary>
    internal static string Of(JsonElement entry)
    {
        var type = Text(entry, "type");
        if (entry.TryGetProperty("revision", out _)) return OfRecord(entry, type);
        return type switch
        {
            "data.deleted" => $"{Count(entry, "count")} of {Words(Text(entry, "set"))} were removed.",
            "data.imported" => $"A file was imported: {Count(entry, "created")} added, {Count(entry, "unchanged")} there already, {Count(entry, "refused")} refused.",
            "dataset.changed" => $"The description of a dataset was changed; its level is {Text(entry, "level")}.",
            "dataset.created" => $"A dataset was entered at the level {Text(entry, "level")}.",
            "dataset.published" => $"The description of the dataset {Number(entry)} was published, at the level {Text(entry, "level")}.",
            "decision.batch" => $"{Count(entry, "count")} decisions about access were kept, as one root.",
            "decisions.dropped" => $"{Count(entry, "count")} decisions about access were made and not kept.",
            "exchange.batch" => $"{Count(entry, entry.TryGetProperty("accesses", out _) ? "accesses" : "count")} accesses to data that are not open, as one root.",
            "key.made" => $"A key was made that signs the log {Number(entry)}.",
            "key.rotated" => $"Another key signs the log {Number(entry)} from now on.",
            "observations.sealed" => $"{Count(entry, "count")} observations were sealed.",
            "party.entered" => $"{Article(Text(entry, "kind"))} was entered; it is {Words(Text(entry, "state"))}.",
            "party.moved" => $"{Article(Text(entry, "kind"))} is {Words(Text(entry, "state"))} from now on.",
            "signin-provider.changed" => entry.TryGetProperty("digest", out _)
                ? "People can sign in by another provider than before, or by one for the first time."
                : "People cannot sign in by a provider any more.",
            "program.started" => $"The program was started in version {Text(entry, "release")}.",
            "token.created" => $"Token {Number(entry)} was made.",
            "token.revoked" => $"Token {Number(entry)} was revoked.",
            "token.rotated" => $"Token {Number(entry)} has a new secret.",
            _ => EventTypes.Find(type)?.Meaning ?? type,
        };
    }

    /// <summary>A code of the program as words: inForce is "in force".</summary>
    internal static string Words(string code)
    {
        var text = new StringBuilder();
        foreach (var one in code)
            if (char.IsAsciiLetterUpper(one)) text.Append(' ').Append(char.ToLowerInvariant(one));
            else text.Append(one == '-' ? ' ' : one);
        return text.ToString();
    }

    private static string OfRecord(JsonElement entry, string type)
    {
        var (done, state) = (DoneOf(Text(entry, "move")), Words(Text(entry, "state")));
        return $"{KindOf(type)} {Number(entry)} was {done}{(done == state ? "" : state == "draft" ? "; it is a draft" : $"; it is {state}")}.";
    }

    // What was done, from what is done: the words of moves are plain verbs.
    private static string DoneOf(string move) => move switch
    {
        "withdraw" => "withdrawn",
        "submit" => "submitted",
        "freeze" => "frozen",
        "undertake" => "undertaken",
        "fulfil" => "fulfilled",
        "signature" => "signed by one side",
        "owe" => "made",
        _ when move.EndsWith('e') => Words(move) + "d",
        _ when move.EndsWith('y') => Words(move)[..^1] + "ied",
        _ => Words(move) + "ed",
    };

    private static string KindOf(string type)
    {
        var words = Words(type.EndsWith(Changed, StringComparison.Ordinal) ? type[..^Changed.Length] : type);
        return words.Length == 0 ? words : char.ToUpperInvariant(words[0]) + words[1..];
    }

    private static string Article(string kind) => kind is "organization" ? "An organization" : $"A {Words(kind)}";

    private static string Text(JsonElement entry, string member) =>
        entry.TryGetProperty(member, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() ?? "" : "";

    private static string Count(JsonElement entry, string member) =>
        entry.TryGetProperty(member, out var value) && value.TryGetInt64(out var count) ? Layout.Wording.Count(count) : "0";

    // What follows the last colon of what it is about.
    private static string Number(JsonElement entry)
    {
        var subject = Text(entry, "subject");
        return subject[(subject.LastIndexOf(':') + 1)..];
    }
}

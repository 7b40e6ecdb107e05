using System.Globalization;
using Stoa.Ledger.Checkpoints;

namespace Stoa.Ledger.Witnesses;

/// <summary>A log that a policy trusts.</summary>
/// <param name="Key">Its key; the name is its origin.</param>
/// <param name="Address">Where it is, if the policy says so.</param>
public sealed record TrustedLog(VerifierKey Key, Uri? Address);

/// <summary>A witness that a policy knows.</summary>
/// <param name="Name">Its name in the policy.</param>
/// <param name="Key">Its key.</param>
/// <param name="Address">Where checkpoints are sent to, if the policy says so.</param>
public sealed record KnownWitness(string Name, VerifierKey Key, Uri? Address);

/// <summary>Which logs are trusted, and how many witnesses must have seen a checkpoint before it is believed.</summary>
/// <remarks>C2SP tlog-policy.</remarks>
public sealed class WitnessPolicy
{
    /// <summary>Most logs, witnesses and groups, each.</summary>
    public const int EntriesMax = 64;

    /// <summary>Longest policy, in characters.</summary>
    public const int LengthMax = 256 * 1024;

    private const string None = "none";

    private readonly Dictionary<string, (int Least, string[] Members)> _groups = new(StringComparer.Ordinal);
    private string? _quorum;

    private WitnessPolicy()
    {
    }

    /// <summary>Logs, in the order of the file.</summary>
    public List<TrustedLog> Logs { get; } = [];

    /// <summary>Witnesses, in the order of the file.</summary>
    public List<KnownWitness> Witnesses { get; } = [];

    /// <summary>Whether nobody besides the log has to have signed.</summary>
    public bool AsksNobody => _quorum == None;

    /// <summary>Reads a policy.</summary>
    /// <param name="text">The file.</param>
    /// <param name="policy">What it says.</param>
    /// <param name="fault">What is wrong, with the line; null when nothing is.</param>
    public static bool TryParse(string text, out WitnessPolicy? policy, out string? fault)
    {
        policy = null;
        fault = text.Length > LengthMax ? $"A policy has at most {LengthMax} characters." : null;
        if (fault is not null) return false;
        var read = new WitnessPolicy();
        var number = 0;
        foreach (var line in text.Split('\n'))
        {
            number++;
            if (line.Any(letter => letter is < ' ' and not '\t' or '\u007f')) fault = "has a control character";
            else if (line.Split([' ', '\t'], StringSplitOptions.RemoveEmptyEntries) is { Length: > 0 } words && words[0][0] != '#') fault = read.Take(words);
            if (fault is null) continue;
            fault = string.Create(CultureInfo.InvariantCulture, $"Line {number} {fault}.");
            return false;
        }

        if (read._quorum is null)
        {
            fault = "The policy has no line 'quorum'.";
            return false;
        }

        policy = read;
        return true;
    }

    /// <summary>Whether enough of the witnesses signed a note.</summary>
    public bool IsMetBy(SignedNote note) =>
        AsksNobody || Holds(_quorum!, Witnesses.Where(one => note.IsSignedBy(one.Key)).Select(one => one.Name).ToHashSet(StringComparer.Ordinal)); // Read with the policy.

    private bool Holds(string name, HashSet<string> signed) => _groups.TryGetValue(name, out var group)
        ? group.Members.Count(member => Holds(member, signed)) >= group.Least
        : signed.Contains(name);

    private string? Take(string[] words) => words switch
    {
        ["log", var key] => TakeLog(key, null),
        ["log", var key, var address] => TakeLog(key, address),
        ["witness", var name, var key] => TakeWitness(name, key, null),
        ["witness", var name, var key, var address] => TakeWitness(name, key, address),
        ["group", var name, var least, .. { Length: > 0 } members] => TakeGroup(name, least, members),
        ["quorum", var name] when _quorum is not null => "is a second line 'quorum'",
        ["quorum", var name] when name != None && !IsDefined(name) => $"names '{name}', which no line before it defines",
        ["quorum", var name] => (_quorum = name) is null ? "" : null,
        ["log" or "witness" or "group" or "quorum", ..] => $"does not have the words that follow '{words[0]}'",
        _ => $"begins with '{words[0]}'; a line begins with log, witness, group or quorum",
    };

    private string? TakeLog(string text, string? address)
    {
        if (Logs.Count == EntriesMax) return $"is one log too many: there are at most {EntriesMax}";
        if (!VerifierKey.TryParse(text, out var key) || key!.Type != SignatureType.Ed25519) return "has no key of a log: name, id and Ed25519 key, joined by plus";
        if (Logs.Any(one => one.Key.PublicKey.SequenceEqual(key.PublicKey))) return "repeats the key of a log";
        if (!TryAddress(address, out var read)) return "has an address that is none";
        Logs.Add(new(key, read));
        return null;
    }

    private string? TakeWitness(string name, string text, string? address)
    {
        if (Witnesses.Count == EntriesMax) return $"is one witness too many: there are at most {EntriesMax}";
        if (name == None || IsDefined(name)) return $"defines '{name}' again";
        if (!VerifierKey.TryParse(text, out var key) || key!.Type != SignatureType.CosignatureV1) return "has no key of a witness: name, id and key of cosignatures, joined by plus";
        if (Witnesses.Any(one => one.Key.PublicKey.SequenceEqual(key.PublicKey))) return "repeats the key of a witness";
        if (!TryAddress(address, out var read)) return "has an address that is none";
        Witnesses.Add(new(name, key, read));
        return null;
    }

    private string? TakeGroup(string name, string word, string[] members)
    {
        if (_groups.Count == EntriesMax) return $"is one group too many: there are at most {EntriesMax}";
        if (name == None || IsDefined(name)) return $"defines '{name}' again";
        if (members.FirstOrDefault(member => !IsDefined(member)) is { } unknown) return $"names '{unknown}', which no line before it defines";
        // Who is in two groups would count twice for the quorum.
        if (members.Distinct(StringComparer.Ordinal).Count() < members.Length || members.Any(member => _groups.Values.Any(group => group.Members.Contains(member))))
            return "has a member that is in a group already";
        var least = word switch
        {
            "all" => members.Length,
            "any" => 1,
            _ => word[0] != '0' && int.TryParse(word, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : 0,
        };
        if (least < 1 || least > members.Length) return $"takes all, any or a number from 1 to {members.Length}";
        _groups[name] = (least, members);
        return null;
    }

    private bool IsDefined(string name) => _groups.ContainsKey(name) || Witnesses.Any(one => one.Name == name);

    private static bool TryAddress(string? text, out Uri? address)
    {
        address = null;
        return text is null || Uri.TryCreate(text, UriKind.Absolute, out address) && address.Scheme is "http" or "https";
    }
}

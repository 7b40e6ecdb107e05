using System.Globalization;
using System.Text.Json;

namespace Stoa.Conformance;

/// <summary>An entity that the suite made: where it is, and how others link to it.</summary>
/// <param name="Set">Name of its set.</param>
/// <param name="Key">What stands in the parentheses of its address, with the quotes of a text.</param>
internal sealed record Entity(string Set, string Key)
{
    /// <summary>Address below the service root.</summary>
    public string Path => $"{Set}({Key})";

    /// <summary>What a body says to link to it (OGC 18-088, 10.2.1.1): <c>{"@iot.id": …}</c>.</summary>
    public string Link => $$"""{"@iot.id":{{IdJson}}}""";

    /// <summary>The id as JSON.</summary>
    public string IdJson
    {
        get
        {
            if (long.TryParse(Key, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out _)) return Key;
            var text = Key.StartsWith('\'') ? Key[1..^1].Replace("''", "'", StringComparison.Ordinal) : Key;
            return JsonSerializer.Serialize(text, SuiteJson.Default.String);
        }
    }

    /// <summary>The id as a literal of $filter.</summary>
    public string Literal => Key;

    /// <summary>The entity at an address such as <c>…/v1.1/Things(1)</c>.</summary>
    public static Entity At(string address)
    {
        var path = Uri.UnescapeDataString(address);
        var open = path.LastIndexOf('(');
        var slash = open < 0 ? -1 : path.LastIndexOf('/', open);
        if (open < 0 || !path.EndsWith(')'))
            throw new CheckFailure($"The address '{address}' is not that of an entity, such as …/Things(1).");
        return new Entity(path[(slash + 1)..open], path[(open + 1)..^1]);
    }

    /// <summary>The entity of an answer, by its own link.</summary>
    public static Entity Of(JsonElement entity) => At(entity.Text("@iot.selfLink"));
}

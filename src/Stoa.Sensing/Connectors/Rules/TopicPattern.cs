using System.Text;

namespace Stoa.Sensing.Connectors.Rules;

/// <summary>MQTT topics by pattern: <c>tele/{device}/SENSOR</c>, <c>application/+/device/+/event/up</c>, <c>plant/#</c>.</summary>
/// <remarks>
/// MQTT 5.0, 4.7: + stands for one level, # at the end for all that follow, and neither matches a first level that begins
/// with $. A name in braces is + with a name, by which templates take the level.
/// </remarks>
internal sealed class TopicPattern
{
    /// <summary>Bytes of a pattern; MQTT itself allows 65,535.</summary>
    internal const int BytesMax = 1024;

    /// <summary>Levels of a pattern.</summary>
    internal const int LevelsMax = 32;

    private readonly Level[] _levels;

    private TopicPattern(string text, Level[] levels, string filter)
    {
        Text = text;
        _levels = levels;
        Filter = filter;
    }

    private enum LevelKind { Literal, One, Rest }

    // Name: of the literal, or by which a level is taken; null for + and #.
    private readonly record struct Level(LevelKind Kind, string? Name);

    /// <summary>As written.</summary>
    internal string Text { get; }

    /// <summary>The same as an MQTT topic filter: names in braces are +.</summary>
    internal string Filter { get; }

    /// <summary>Names of levels.</summary>
    internal IEnumerable<string> Names => _levels.Where(level => level.Kind == LevelKind.One && level.Name is not null)
        .Select(level => level.Name!);

    /// <summary>Reads a pattern; <paramref name="problem"/> says what is not understood.</summary>
    internal static bool TryParse(string text, out TopicPattern pattern, out string problem)
    {
        var levels = new List<Level>();
        problem = "";
        if (text.Length == 0 || text.Contains('\0', StringComparison.Ordinal) || Encoding.UTF8.GetByteCount(text) > BytesMax)
            problem = $"a topic has 1 to {BytesMax} bytes and no zero character";
        foreach (var part in text.Split('/'))
        {
            if (levels is [.., { Kind: LevelKind.Rest }]) problem = $"'{text}' goes on after #, which stands for all that follow";
            if (LevelOf(part) is { } level) levels.Add(level);
            else problem = $"'{part}' in '{text}' is no level: +, # and {{name}} stand alone between slashes, and a name " +
                "has letters, digits, - and _";
        }

        if (levels.Count > LevelsMax) problem = $"a topic has at most {LevelsMax} levels";
        var names = levels.Where(level => level.Kind == LevelKind.One && level.Name is not null).ToArray();
        if (names.Length != names.Distinct().Count()) problem = $"'{text}' names two levels alike";
        pattern = new(text, [.. levels], string.Join('/', levels.Select(level => level.Kind switch
        {
            LevelKind.One => "+",
            LevelKind.Rest => "#",
            _ => level.Name,
        })));
        return problem.Length == 0;
    }

    private static Level? LevelOf(string part)
    {
        if (part == "+") return new(LevelKind.One, null);
        if (part == "#") return new(LevelKind.Rest, null);
        if (part is ['{', .. var name, '}'])
            return name.Length > 0 && name.All(letter => char.IsAsciiLetterOrDigit(letter) || letter is '-' or '_')
                ? new(LevelKind.One, name)
                : null;
        return part.AsSpan().IndexOfAny("+#{}") >= 0 ? null : new(LevelKind.Literal, part);
    }

    /// <summary>Whether the topic matches; then <paramref name="captures"/> takes the named levels, when given.</summary>
    internal bool Matches(ReadOnlySpan<char> topic, Dictionary<string, string>? captures)
    {
        if (topic is ['$', ..] && _levels[0].Kind != LevelKind.Literal) return false;
        var at = 0;
        foreach (var part in topic.Split('/'))
        {
            if (at == _levels.Length) return false;
            var level = _levels[at++];
            if (level.Kind == LevelKind.Rest) return true;
            var text = topic[part];
            if (level.Kind == LevelKind.Literal && !text.SequenceEqual(level.Name)) return false;
            if (level is { Kind: LevelKind.One, Name: { } name } && captures is not null) captures[name] = text.ToString();
        }

        // "sport/#" matches "sport" as well (MQTT 5.0, 4.7.1.2).
        return at == _levels.Length || (at == _levels.Length - 1 && _levels[at].Kind == LevelKind.Rest);
    }

    /// <inheritdoc/>
    public override string ToString() => Text;
}

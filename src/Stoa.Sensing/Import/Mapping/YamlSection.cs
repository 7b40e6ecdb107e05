using System.Globalization;
using System.Text.RegularExpressions;
using Stoa.Vocabulary;
using YamlDotNet.RepresentationModel;

namespace Stoa.Sensing.Import.Mapping;

/// <summary>What is wrong with a mapping, gathered so that all of it can be mended in one go.</summary>
internal sealed class MappingFaults
{
    // More would not be read; the rest shows after the first are mended.
    private const int KeptMax = 20;

    private readonly List<string> _faults = [];

    /// <summary>Whether anything was wrong.</summary>
    public bool Any => _faults.Count > 0;

    /// <summary>The line of the first fault.</summary>
    public int FirstLine { get; private set; }

    /// <summary>Notes a fault.</summary>
    public void Add(int line, string text)
    {
        if (_faults.Count == 0) FirstLine = line;
        if (_faults.Count < KeptMax) _faults.Add($"line {line}: {text}");
    }

    /// <summary>One fault a line.</summary>
    public override string ToString() => string.Join("\n", _faults);
}

/// <summary>A mapping node of the YAML text, from which every key is taken once; what is left over is a
/// fault.</summary>
internal sealed class YamlSection
{
    // Backtracking is bounded by time: a mapping may come from outside.
    private static readonly TimeSpan RegexTimeout = TimeSpan.FromMilliseconds(200);

    private const int TextCharactersMax = 4096;

    private readonly YamlMappingNode _node;
    private readonly string _path;
    private readonly MappingFaults _faults;
    private readonly List<string> _known = [];

    /// <summary>The section; <paramref name="path"/> is for messages.</summary>
    public YamlSection(YamlMappingNode node, string path, MappingFaults faults)
    {
        _node = node;
        _path = path;
        _faults = faults;
    }

    /// <summary>Where the section begins, from 1.</summary>
    public int Line => (int)_node.Start.Line;

    /// <summary>Whether the key is there.</summary>
    public bool Has(string key) => Find(key) is not null;

    /// <summary>A text, or null when the key is absent.</summary>
    public string? Text(string key) => Find(key) is { } node ? ScalarOf(node, Name(key)) : null;

    /// <summary>A text; its absence is a fault.</summary>
    public string RequiredText(string key)
    {
        if (Find(key) is { } node && ScalarOf(node, Name(key)) is not "") return ScalarOf(node, Name(key)) ?? "";
        Fault(LineOf(key), $"'{Name(key)}' is missing");
        return "";
    }

    /// <summary>true or false.</summary>
    public bool Flag(string key, bool otherwise)
    {
        if (Find(key) is not { } node) return otherwise;
        switch (ScalarOf(node, Name(key)))
        {
            case "true": return true;
            case "false": return false;
            default:
                Fault(LineOf(node), $"'{Name(key)}' is true or false");
                return otherwise;
        }
    }

    /// <summary>A whole number in a range.</summary>
    public int Number(string key, int otherwise, int min, int max)
    {
        if (Find(key) is not { } node) return otherwise;
        if (int.TryParse(ScalarOf(node, Name(key)), NumberStyles.None, CultureInfo.InvariantCulture, out var value) &&
            value >= min && value <= max) return value;
        Fault(LineOf(node), $"'{Name(key)}' is a whole number from {min} to {max}");
        return otherwise;
    }

    /// <summary>One of a few words.</summary>
    public T Word<T>(string key, T otherwise, params (string Word, T Value)[] words)
    {
        if (Find(key) is not { } node) return otherwise;
        var text = ScalarOf(node, Name(key));
        foreach (var (word, value) in words)
            if (word == text) return value;
        Fault(LineOf(node), $"'{Name(key)}' is one of {string.Join(", ", words.Select(word => word.Word))}");
        return otherwise;
    }

    /// <summary>A list of texts; a single text is a list of one.</summary>
    public IReadOnlyList<string> Texts(string key)
    {
        if (Find(key) is not { } node) return [];
        if (node is not YamlSequenceNode sequence) return [ScalarOf(node, Name(key)) ?? ""];
        return [.. sequence.Children.Select(child => ScalarOf(child, Name(key)) ?? "")];
    }

    /// <summary>A template, or null when the key is absent.</summary>
    public Template? Template(string key) =>
        Find(key) is { } node && ScalarOf(node, Name(key)) is { } text ? TemplateOf(text, LineOf(node)) : null;

    /// <summary>A template; its absence is a fault.</summary>
    public Template RequiredTemplate(string key) => Template(key) ?? Missing(key);

    /// <summary>A regular expression, or null when the key is absent.</summary>
    public Regex? Expression(string key)
    {
        if (Find(key) is not { } node || ScalarOf(node, Name(key)) is not { } text) return null;
        try
        {
            return new(text, RegexOptions.CultureInvariant, RegexTimeout);
        }
        catch (ArgumentException exception)
        {
            Fault(LineOf(node), $"'{Name(key)}' is not a regular expression: {exception.Message}");
            return null;
        }
    }

    /// <summary>A section below, or null when the key is absent.</summary>
    public YamlSection? Section(string key)
    {
        if (Find(key) is not { } node) return null;
        if (node is YamlMappingNode mapping) return new(mapping, Name(key), _faults);
        Fault(LineOf(node), $"'{Name(key)}' is a section with keys of its own");
        return null;
    }

    /// <summary>A list of sections.</summary>
    public IReadOnlyList<YamlSection> Sections(string key)
    {
        if (Find(key) is not { } node) return [];
        if (node is not YamlSequenceNode sequence)
        {
            Fault(LineOf(node), $"'{Name(key)}' is a list; begin each entry with a dash");
            return [];
        }

        var sections = new List<YamlSection>();
        foreach (var child in sequence.Children)
        {
            if (child is YamlMappingNode mapping) sections.Add(
                new(mapping, $"{Name(key)}[{sections.Count + 1}]", _faults));
            else Fault(LineOf(child), $"an entry of '{Name(key)}' is a section with keys of its own");
        }

        return sections;
    }

    /// <summary>All keys with their nodes, where the keys are names that the user chooses.</summary>
    public IEnumerable<(string Name, YamlNode Node)> Entries()
    {
        foreach (var (key, value) in _node.Children)
            if (key is YamlScalarNode { Value: { Length: > 0 } name }) yield return (name, value);
            else Fault(LineOf(key), $"a name in '{_path}' is a plain text");
    }

    /// <summary>A section for a node of <see cref="Entries"/>.</summary>
    public YamlSection? SectionOf(string name, YamlNode node)
    {
        if (node is YamlMappingNode mapping) return new(mapping, Name(name), _faults);
        Fault(LineOf(node), $"'{Name(name)}' is a section with keys of its own");
        return null;
    }

    /// <summary>The text of a node of <see cref="Entries"/>.</summary>
    public string? TextOf(string name, YamlNode node) => ScalarOf(node, Name(name));

    /// <summary>A node that may be a text or a section.</summary>
    public YamlNode? Node(string key) => Find(key);

    /// <summary>Reads a template at a line.</summary>
    public Template TemplateOf(string text, int line)
    {
        if (!Mapping.Template.TryParse(text, out var template, out var problem)) Fault(line, problem);
        return template;
    }

    /// <summary>Notes a fault of this section.</summary>
    public void Fault(int line, string text) => _faults.Add(line, text);

    /// <summary>Line of a key, for messages.</summary>
    public int LineOf(string key) => Find(key) is { } node ? LineOf(node) : Line;

    /// <summary>Line of a node, from 1.</summary>
    public static int LineOf(YamlNode node) => (int)node.Start.Line;

    /// <summary>Call last: keys that nothing asked for are faults, with a suggestion when one looks alike.</summary>
    public void Finish()
    {
        foreach (var key in _node.Children.Keys)
        {
            if (key is not YamlScalarNode { Value: { } name })
            {
                Fault(LineOf(key), $"a key in {Place()} is not a plain text");
                continue;
            }

            if (_known.Contains(name)) continue;
            var like = Spelling.Nearest(name, _known);
            var advice = like is null ? $"known are {string.Join(", ", _known)}" : $"did you mean '{like}'?";
            Fault(LineOf(key), $"unknown key '{Shorten(name)}' in {Place()}; {advice}");
        }
    }

    private string Place() => _path.Length == 0 ? "the mapping" : $"'{_path}'";

    private string Name(string key) => _path.Length == 0 ? key : $"{_path}.{key}";

    private Template Missing(string key)
    {
        if (Find(key) is null) Fault(Line, $"'{Name(key)}' is missing");
        return Mapping.Template.Empty;
    }

    private YamlNode? Find(string key)
    {
        if (!_known.Contains(key)) _known.Add(key);
        return _node.Children.TryGetValue(new YamlScalarNode(key), out var node) ? node : null;
    }

    private string? ScalarOf(YamlNode node, string name)
    {
        if (node is YamlScalarNode scalar)
        {
            if (scalar.Value is { Length: > TextCharactersMax }) Fault(LineOf(node),
                $"'{name}' is longer than {TextCharactersMax} characters");
            else return scalar.Value ?? "";
            return null;
        }

        Fault(LineOf(node), $"'{name}' is a plain text, not a list or a section");
        return null;
    }

    private static string Shorten(string text) => text.Length <= 40 ? text : text[..40] + "…";
}

using System.Text;

namespace Stoa.Sensing.Import.Mapping;

/// <summary>Text with places to fill in: <c>{station} {channel}</c>, <c>{station.name ?? station}</c>,
/// <c>{site|names}</c>.</summary>
/// <remarks>
/// A name in braces is replaced by its value; after <c>??</c> stands what is taken when that is empty, after <c>|</c>
/// the
/// list of <c>lookups</c> to translate through. Braces themselves are doubled.
/// </remarks>
internal sealed class Template
{
    private readonly Piece[] _pieces;

    private Template(string text, Piece[] pieces)
    {
        Text = text;
        _pieces = pieces;
    }

    /// <summary>A value that may stand in a place.</summary>
    /// <param name="Name">Of a column, a group of a regular expression, or <c>station.</c> and a column of the stations
    /// file.</param>
    /// <param name="Lookup">The list of <c>lookups</c> to translate through, or null.</param>
    public readonly record struct Reference(string Name, string? Lookup);

    // Literal text, or the references of one place.
    private readonly record struct Piece(string? Literal, Reference[] References);

    /// <summary>No text at all.</summary>
    public static Template Empty { get; } = new("", []);

    /// <summary>As written in the mapping.</summary>
    public string Text { get; }

    /// <summary>True when nothing is to be filled in.</summary>
    public bool IsConstant => _pieces.Length == 0 || (_pieces.Length == 1 && _pieces[0].Literal is not null);

    /// <summary>All names in all places.</summary>
    public IEnumerable<Reference> References => _pieces.SelectMany(piece => piece.References);

    /// <summary>Characters of one template: more than any name or description needs.</summary>
    public const int CharsMax = 4096;

    /// <summary>Reads a template; <paramref name="problem"/> says what is not understood.</summary>
    public static bool TryParse(string text, out Template template, out string problem)
    {
        var pieces = new List<Piece>();
        var literal = new StringBuilder();
        template = new(text, []);
        problem = "";
        if (text.Length > CharsMax)
        {
            problem = $"a template has {text.Length} characters, the limit is {CharsMax}";
            return false;
        }

        for (var at = 0; at < text.Length; at++)
        {
            if (text[at] is '{' or '}' && at + 1 < text.Length && text[at + 1] == text[at])
            {
                literal.Append(text[at++]);
                continue;
            }

            if (text[at] == '}' && problem.Length == 0)
                problem = $"a brace is closed that was not opened in '{text}'; write }}}} for the sign itself";
            if (text[at] != '{')
            {
                literal.Append(text[at]);
                continue;
            }

            var close = text.IndexOf('}', at);
            if (close < 0)
            {
                problem = $"a brace is not closed in '{text}'; write {{{{ for the sign itself";
                return false;
            }

            if (literal.Length > 0) pieces.Add(new(literal.ToString(), []));
            literal.Clear();
            var references = text[(at + 1)..close].Split("??",
                StringSplitOptions.TrimEntries).Select(ReferenceOf).ToArray();
            if (Array.Exists(references, reference => reference.Name.Length == 0) && problem.Length == 0)
                problem = $"a name is missing between the braces of '{text}'";
            pieces.Add(new(null, references));
            at = close;
        }

        if (literal.Length > 0) pieces.Add(new(literal.ToString(), []));
        template = new(text, [.. pieces]);
        return problem.Length == 0;
    }

    /// <summary>Fills the places in; <paramref name="valueOf"/> returns null or nothing for what is empty.</summary>
    public string Fill(Func<Reference, string?> valueOf)
    {
        if (_pieces.Length == 0) return "";
        if (_pieces is [{ Literal: { } only }]) return only;
        var filled = new StringBuilder();
        foreach (var (literal, references) in _pieces)
        {
            filled.Append(literal);
            foreach (var reference in references)
            {
                if (valueOf(reference) is not { Length: > 0 } value) continue;
                filled.Append(value);
                break;
            }
        }

        return filled.ToString().Trim();
    }

    private static Reference ReferenceOf(string text)
    {
        var bar = text.LastIndexOf('|');
        return bar < 0 ? new(text, null) : new(text[..bar].Trim(), text[(bar + 1)..].Trim());
    }

    /// <inheritdoc/>
    public override string ToString() => Text;
}

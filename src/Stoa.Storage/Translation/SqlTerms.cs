using System.Text;

namespace Stoa.Storage.Translation;

/// <summary>Conditions joined by AND.</summary>
internal sealed class SqlTerms
{
    private readonly StringBuilder _text = new();

    internal void Add(string term)
    {
        if (term.Length == 0) return;
        if (_text.Length > 0) _text.Append(" AND ");
        _text.Append(term);
    }

    /// <summary>The clause, or nothing.</summary>
    internal string Where() => _text.Length == 0 ? "" : $" WHERE {_text}";

    public override string ToString() => _text.ToString();
}

using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Text;
using System.Text.Json;
using Stoa.Vocabulary;

namespace Stoa.Sensing.Http.Batches;

/// <summary>The member if of a JSON batch: <c>$id/$succeeded</c>, <c>not $id/$succeeded</c>, or a comparison with a literal.</summary>
/// <remarks>
/// The part of OData 4.01 that batches are written with: <c>$search/@iot.count eq 0</c>, <c>$thing/$status eq 404</c>. What is compared is a
/// number, a text in single quotes, true, false or null.
/// </remarks>
internal sealed record BatchCondition(string Reference, string Operator, JsonElement Literal)
{
    private const string IsTrue = "";
    private const string IsNotTrue = "not";

    internal static bool TryParse(string text, [NotNullWhen(true)] out BatchCondition? condition)
    {
        condition = null;
        var words = text.Trim();
        if (words.StartsWith("not ", StringComparison.Ordinal))
        {
            if (!TryParse(words[4..].Trim(), out var negated) || negated.Operator != IsTrue) return false;
            condition = negated with { Operator = IsNotTrue };
            return true;
        }

        if (!words.StartsWith('$')) return false;
        var space = words.IndexOf(' ', StringComparison.Ordinal);
        if (space < 0)
        {
            if (!words.EndsWith("/$succeeded", StringComparison.Ordinal)) return false;
            condition = new BatchCondition(words[1..^"/$succeeded".Length], IsTrue, default);
            return true;
        }

        var rest = words[space..].Trim();
        var next = rest.IndexOf(' ', StringComparison.Ordinal);
        if (next < 0 || rest[..next] is not ("eq" or "ne" or "gt" or "ge" or "lt" or "le")) return false;
        if (!TryLiteral(rest[next..].Trim(), out var literal)) return false;
        condition = new BatchCondition(words[1..space], rest[..next], literal);
        return true;
    }

    private static bool TryLiteral(string text, out JsonElement literal)
    {
        literal = default;
        if (text.Length >= 2 && text[0] == '\'' && text[^1] == '\'')
        {
            var plain = JsonEncodedText.Encode(text[1..^1].Replace("''", "'", StringComparison.Ordinal));
            literal = JsonElement.Parse(Encoding.UTF8.GetBytes($"\"{plain}\""));
            return true;
        }

        if (text is not ("true" or "false" or "null") &&
            !double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out _)) return false;
        try
        {
            literal = JsonElement.Parse(Encoding.UTF8.GetBytes(text));
            return literal.ValueKind is JsonValueKind.Number or JsonValueKind.True or JsonValueKind.False or JsonValueKind.Null;
        }
        catch (JsonException)
        {
            return false;
        }
    }

    /// <summary>Whether it holds; a problem when it refers to nothing that is known.</summary>
    internal Result<bool> Holds(BatchResults results)
    {
        if (Operator is IsTrue or IsNotTrue)
            return results.Find(Reference) is { } known
                ? known.Succeeded == (Operator == IsTrue)
                : BatchProblems.UnknownReference("$" + Reference);
        var slash = Reference.LastIndexOf("/$status", StringComparison.Ordinal);
        if (slash > 0 && results.Find(Reference[..slash]) is { } part) return Compare(JsonElement.Parse(Digits(part.Status)));
        if (!results.Split(Reference).TryGet(out var found, out var problem)) return problem;
        return Compare(BatchResults.Value(found.Result, found.Inside) ?? JsonElement.Parse("null"u8));
    }

    private static byte[] Digits(int number) => Encoding.ASCII.GetBytes(number.ToString(CultureInfo.InvariantCulture));

    // What cannot be compared is unequal, and neither less nor greater.
    private bool Compare(JsonElement value)
    {
        if (Operator is "eq" or "ne") return JsonElement.DeepEquals(value, Literal) == (Operator == "eq");
        int order;
        if (value.ValueKind == JsonValueKind.Number && Literal.ValueKind == JsonValueKind.Number)
            order = value.GetDouble().CompareTo(Literal.GetDouble());
        else if (value.ValueKind == JsonValueKind.String && Literal.ValueKind == JsonValueKind.String)
            order = string.CompareOrdinal(value.GetString(), Literal.GetString());
        else return false;
        return Operator switch
        {
            "gt" => order > 0,
            "ge" => order >= 0,
            "lt" => order < 0,
            "le" => order <= 0,
            _ => throw new InvalidOperationException($"Unknown operator {Operator}."),
        };
    }
}

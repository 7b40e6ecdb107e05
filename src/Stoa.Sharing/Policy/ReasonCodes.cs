using System.Collections.Frozen;
using System.Text.Json;
using System.Text.Json.Serialization;
using Stoa.Sharing.Recording;

namespace Stoa.Sharing.Policy;

/// <summary>What a reason does to the decision.</summary>
[JsonConverter(typeof(WordJson<ReasonKind>))]
internal enum ReasonKind
{
    Deny,

    /// <summary>Something cannot be established: refused, and said how to supply it.</summary>
    Indeterminate,

    /// <summary>There is nothing to decide about.</summary>
    NotApplicable,

    /// <summary>Refuses nothing; says what happened or will.</summary>
    Note,
}

/// <summary>A reason in one language.</summary>
/// <param name="Text">What is so.</param>
/// <param name="Remedy">What to do next.</param>
internal sealed record ReasonText(string Text, string Remedy);

/// <summary>What a reason code means.</summary>
/// <param name="Code">The reason.</param>
/// <param name="Word">The stable text: never changed, never used again for something else.</param>
/// <param name="Gate">The gate that gives it.</param>
/// <param name="Kind">What it does to the decision.</param>
/// <param name="IsRestricted">Would tell outsiders about a dataset that they may not know of: collapses to NOT-AVAILABLE.</param>
/// <param name="Clause">The clause of ISO 37156 that it carries out.</param>
/// <param name="English">In English.</param>
/// <param name="German">In German.</param>
internal sealed record ReasonMeaning(
    ReasonCode Code, string Word, Gate Gate, ReasonKind Kind, bool IsRestricted, string Clause, ReasonText English, ReasonText German)
{
    public ReasonText In(string language) => language.StartsWith("de", StringComparison.OrdinalIgnoreCase) ? German : English;
}

/// <summary>The one registry of reason codes. docs/sharing.md is written from it.</summary>
internal static partial class ReasonCodes
{
    /// <summary>In the order of the gates.</summary>
    public static IReadOnlyList<ReasonMeaning> All => Table;

    public static ReasonMeaning Of(ReasonCode code) => Table[(int)code];

    public static bool TryParse(string word, out ReasonCode code)
    {
        var isKnown = Words.ToMeaning.TryGetValue(word, out var meaning);
        code = meaning?.Code ?? ReasonCode.NotAvailable;
        return isKnown;
    }

    // In a type of its own: the table stands in another file, and which of two is made first is not said.
    private static class Words
    {
        internal static readonly FrozenDictionary<string, ReasonMeaning> ToMeaning =
            Table.ToFrozenDictionary(meaning => meaning.Word, StringComparer.Ordinal);
    }
}

/// <summary>A reason code as its stable text.</summary>
internal sealed class ReasonCodeJson : JsonConverter<ReasonCode>
{
    public override ReasonCode Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        reader.TokenType == JsonTokenType.String && ReasonCodes.TryParse(reader.GetString() ?? "", out var code)
            ? code
            : throw new JsonException("Not a reason code.");

    public override void Write(Utf8JsonWriter writer, ReasonCode value, JsonSerializerOptions options) =>
        writer.WriteStringValue(ReasonCodes.Of(value).Word);
}

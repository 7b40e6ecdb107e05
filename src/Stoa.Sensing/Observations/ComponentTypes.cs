using System.Text.Json;
using Stoa.Vocabulary;

namespace Stoa.Sensing.Observations;

/// <summary>What the elements of a MultiDatastream's results must be: multiObservationDataTypes, read once.</summary>
/// <remarks>OGC 18-088, 12 (req/multi-datastream/constraints) and Table 12.</remarks>
internal sealed class ComponentTypes
{
    /// <summary>The observationType of every MultiDatastream.</summary>
    internal const string Complex = Base + "OM_ComplexObservation";

    /// <summary>Components of one MultiDatastream; more is a spectrum, which belongs into one result as it is.</summary>
    internal const int CountMax = 256;

    private const string Base = "http://www.opengis.net/def/observationType/OGC-OM/2.0/";

    private readonly Element[] _elements;

    private ComponentTypes(Element[] elements) => _elements = elements;

    private enum Element
    {
        Any,
        Number,
        Whole,
        Truth,
        Text,
    }

    internal int Count => _elements.Length;

    /// <summary>Reads the stored JSON array of texts.</summary>
    internal static ComponentTypes Of(string json)
    {
        using var types = JsonDocument.Parse(json);
        return new([.. types.RootElement.EnumerateArray().Select(type => ElementOf(type.GetString()))]);
    }

    private static Element ElementOf(string? type) => type switch
    {
        Base + "OM_Measurement" => Element.Number,
        Base + "OM_CountObservation" => Element.Whole,
        Base + "OM_TruthObservation" => Element.Truth,
        Base + "OM_CategoryObservation" => Element.Text,
        _ => Element.Any,
    };

    /// <summary>The refusal of a result that is no array of as many elements as there are components, each null or of its type.</summary>
    internal Problem? Refuse(in ResultValue result)
    {
        if (result is not { Kind: ResultKind.Json, TextValue: ['[', ..] text }) return WrongLength;
        using var array = JsonDocument.Parse(text);
        if (array.RootElement.GetArrayLength() != _elements.Length) return WrongLength;
        var index = 0;
        foreach (var element in array.RootElement.EnumerateArray())
        {
            var expected = _elements[index];
            if (element.ValueKind != JsonValueKind.Null && !Fits(element, expected))
                return Problems.Property($"result/{index}", $"{Describe(expected)} or null, as multiObservationDataTypes says");
            index++;
        }

        return null;
    }

    private Problem WrongLength => Problems.Property(
        "result", $"an array of {_elements.Length}, one element for each of the MultiDatastream's multiObservationDataTypes");

    private static bool Fits(JsonElement element, Element expected) => expected switch
    {
        Element.Any => true,
        Element.Number => element.ValueKind == JsonValueKind.Number,
        Element.Whole => element.ValueKind == JsonValueKind.Number && IsWhole(element),
        Element.Truth => element.ValueKind is JsonValueKind.True or JsonValueKind.False,
        Element.Text => element.ValueKind == JsonValueKind.String,
        _ => throw new ArgumentOutOfRangeException(nameof(expected), expected, "Unknown type of a component."),
    };

    // A count of 3.0 is a whole number, and one beyond 64 bits too.
    private static bool IsWhole(JsonElement number) =>
        number.GetRawText().AsSpan().IndexOfAny('.', 'e', 'E') < 0 || double.IsInteger(number.GetDouble());

    private static string Describe(Element expected) => expected switch
    {
        Element.Number => "a number",
        Element.Whole => "a whole number",
        Element.Truth => "true or false",
        Element.Text => "a text",
        _ => "any value",
    };
}

using System.Buffers;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;
using Stoa.Sensing.Connectors.Rules;
using Stoa.Sensing.Import;
using Stoa.Sensing.Observations;

namespace Stoa.Sensing.Connectors.Messages;

/// <summary>What became of a value.</summary>
internal enum ResultFate
{
    /// <summary>A result.</summary>
    Taken,

    /// <summary>It stands for no value, or is of a type that is not taken.</summary>
    PassedOver,

    /// <summary>It cannot be what it should be.</summary>
    Refused,
}

/// <summary>Makes results out of values.</summary>
internal static class ResultReading
{
    private static readonly SearchValues<char> WholeSigns = SearchValues.Create("-0123456789");
    private static readonly string[] Truths = ["true", "on", "1", "yes"];
    private static readonly string[] Falsehoods = ["false", "off", "0", "no"];

    /// <summary>A value of a JSON payload.</summary>
    internal static ResultFate Read(
        JsonElement value, ValueRules rules, QuantityRules quantity, out ResultValue result, out string reason)
    {
        result = default;
        reason = "";
        var type = TypeOf(value);
        if (type == JsonTypes.None || (rules.Take & type) == 0) return ResultFate.PassedOver;
        if (type == JsonTypes.Structure)
        {
            if (rules.Result != ResultType.AsSent) return Refuse("an object or array", rules, out reason);
            result = ResultValue.Json(JsonText.Of(value));
            return ResultFate.Taken;
        }

        var text = ReadingScope.TextOf(value)!;
        if (text.Length == 0 || quantity.Missing.Contains(text)) return ResultFate.PassedOver;
        if (rules.Result == ResultType.AsSent && type != JsonTypes.Number && quantity is { Factor: null, Offset: null })
        {
            result = type == JsonTypes.Boolean ? ResultValue.Boolean(value.ValueKind == JsonValueKind.True) : ResultValue.Text(text);
            return ResultFate.Taken;
        }

        if (type == JsonTypes.Number && rules.Result is ResultType.AsSent or ResultType.Number &&
            quantity is { Factor: null, Offset: null })
        {
            if (!value.TryGetDouble(out var finite) || !double.IsFinite(finite)) return Refuse(text, rules, out reason);
            result = AsWritten(value);
            return ResultFate.Taken;
        }

        return Read(text, rules, quantity, out result, out reason);
    }

    /// <summary>A value that is text: of a plain payload, or of a text in JSON.</summary>
    internal static ResultFate Read(
        string text, ValueRules rules, QuantityRules quantity, out ResultValue result, out string reason)
    {
        result = default;
        reason = "";
        if (text.Length == 0 || quantity.Missing.Contains(text)) return ResultFate.PassedOver;
        switch (rules.Result)
        {
            case ResultType.Text:
                result = ResultValue.Text(text);
                return ResultFate.Taken;
            case ResultType.Boolean:
                if (Truths.Contains(text, StringComparer.OrdinalIgnoreCase)) result = ResultValue.Boolean(true);
                else if (Falsehoods.Contains(text, StringComparer.OrdinalIgnoreCase)) result = ResultValue.Boolean(false);
                else return Refuse(text, rules, out reason);
                return ResultFate.Taken;
            case ResultType.AsSent when quantity is { Factor: null, Offset: null }:
                result = ResultValue.Text(text);
                return ResultFate.Taken;
            default:
                return TryNumber(text, rules.Result == ResultType.Integer, quantity, out result)
                    ? ResultFate.Taken
                    : Refuse(text, rules, out reason);
        }
    }

    /// <summary>A value that was read already: of SenML.</summary>
    internal static ResultFate Read(
        in ResultValue value, ValueRules rules, QuantityRules quantity, out ResultValue result, out string reason)
    {
        reason = "";
        result = value;
        if (rules.Result == ResultType.AsSent && quantity is { Factor: null, Offset: null, Missing.Count: 0 })
            return ResultFate.Taken;
        return value.AsNumber() is null && rules.Result == ResultType.AsSent
            ? ResultFate.Taken
            : Read(value.ToString(), rules, quantity, out result, out reason);
    }

    private static JsonTypes TypeOf(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.Number => JsonTypes.Number,
        JsonValueKind.True or JsonValueKind.False => JsonTypes.Boolean,
        JsonValueKind.String => JsonTypes.Text,
        JsonValueKind.Object or JsonValueKind.Array => JsonTypes.Structure,
        _ => JsonTypes.None,
    };

    private static ResultValue AsWritten(JsonElement value)
    {
        var utf8 = JsonMarshal.GetRawUtf8Value(value);
        var reader = new Utf8JsonReader(utf8);
        reader.Read();
        return ResultValue.Read(ref reader, utf8);
    }

    private static bool TryNumber(string text, bool isWhole, QuantityRules quantity, out ResultValue result)
    {
        result = default;
        if (text.Length > 64) return false;
        var utf8 = Encoding.UTF8.GetBytes(text);
        if (isWhole && quantity is { Factor: null, Offset: null })
        {
            if (!NumberFormat.Plain.TryReadInteger(utf8, out var integer)) return false;
            result = ResultValue.Integer(integer);
            return true;
        }

        if (!NumberFormat.Plain.TryReadNumber(utf8, out var number)) return false;
        if (quantity is { Factor: null, Offset: null })
        {
            result = IsWritten(text) ? ResultValue.Number(number) : ResultValue.Integer((long)number);
            return true;
        }

        var converted = Convert(text, number, quantity);
        if (!double.IsFinite(converted) || (isWhole && (Math.Abs(converted) > 1L << 53 || Math.Round(converted) != converted)))
            return false;
        result = isWhole ? ResultValue.Integer((long)converted) : ResultValue.Number(converted);
        return true;
    }

    // A whole number stays one when it is written without decimals and fits.
    private static bool IsWritten(string text) => text.Length > 15 || text.AsSpan().ContainsAnyExcept(WholeSigns);

    // In decimal, so that 213 times 0.1 is 21.3 and not 21.300000000000001; beyond its range in binary.
    private static double Convert(string text, double number, QuantityRules quantity)
    {
        var (factor, offset) = (quantity.Factor ?? 1, quantity.Offset ?? 0);
        if (Math.Abs(number) is < 1e9 or 0 && Math.Abs(factor) < 1e9m && Math.Abs(offset) < 1e9m &&
            decimal.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var exact))
            return (double)(exact * factor + offset);
        return number * (double)factor + (double)offset;
    }

    private static ResultFate Refuse(string text, ValueRules rules, out string reason)
    {
        var shown = text.Shown(40);
        reason = $"'{shown}' is not " + rules.Result switch
        {
            ResultType.Integer => "a whole number",
            ResultType.Boolean => "true or false",
            ResultType.Text => "text",
            _ => "a finite number",
        };
        return ResultFate.Refused;
    }
}

using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Json;

namespace Stoa.Sensing.Connectors.Lines;

/// <summary>Reads line protocol, as InfluxDB takes and Telegraf sends it, into JSON that rules can point into.</summary>
/// <remarks>
/// <code>weather,station=7 temperature=21.5,count=3i 1773478800000000000</code> becomes
/// <code>[{"measurement":"weather","tags":{"station":"7"},"fields":{"temperature":21.5,"count":3},"time":1773478800}]</code>
/// Times become seconds. A name that comes twice in a line is found by the reader of the JSON.
/// </remarks>
internal ref struct LineProtocol
{
    /// <summary>Points of one payload.</summary>
    internal const int PointsMax = 5_000;

    private readonly string _text;
    private readonly int _digits;
    private readonly Utf8JsonWriter _json;
    private int _at;

    private LineProtocol(string text, int digits, Utf8JsonWriter json)
    {
        _text = text;
        _digits = digits;
        _json = json;
    }

    /// <summary>Writes the points as a JSON array.</summary>
    /// <param name="text">Lines; blank ones and comments (#) count for nothing.</param>
    /// <param name="digits">Digits of a time below the second: 9 for nanoseconds, 0 for seconds.</param>
    /// <param name="json">Takes the array.</param>
    /// <param name="reason">Names the line, when the answer is false.</param>
    internal static bool TryConvert(string text, int digits, IBufferWriter<byte> json, out string reason)
    {
        using var writer = new Utf8JsonWriter(json);
        writer.WriteStartArray();
        var (number, points) = (0, 0);
        foreach (var range in text.AsSpan().Split('\n'))
        {
            number++;
            var line = text[range].TrimEnd('\r').Trim(' ');
            if (line.Length == 0 || line[0] == '#') continue;
            reason = ++points > PointsMax
                ? $"there are more than {PointsMax} points"
                : new LineProtocol(line, digits, writer).Point() is { } fault
                    ? string.Create(CultureInfo.InvariantCulture, $"line {number}: {fault}")
                    : "";
            if (reason.Length > 0) return false;
        }

        writer.WriteEndArray();
        reason = points == 0 ? "there are no points" : "";
        return points > 0;
    }

    private string? Point()
    {
        _json.WriteStartObject();
        if (Name(", ") is not { Length: > 0 } measurement) return "the measurement is missing";
        _json.WriteString("measurement"u8, measurement);
        _json.WriteStartObject("tags"u8);
        while (Take(','))
        {
            var tag = Name("=");
            if (tag.Length == 0 || !Take('=') || Name(", ") is not { Length: > 0 } value) return "a tag is not key=value";
            _json.WriteString(tag, value);
        }

        _json.WriteEndObject();
        if (!TakeSpaces()) return "the fields are missing";
        _json.WriteStartObject("fields"u8);
        do
        {
            var field = Name("=");
            if (field.Length == 0 || !Take('=')) return "a field is not key=value";
            _json.WritePropertyName(field);
            if (!TryValue()) return $"the value of the field '{Shorten(field)}' is no number, text, true or false";
        }
        while (Take(','));
        _json.WriteEndObject();
        if (TakeSpaces() && _at < _text.Length && Time() is { } fault) return fault;
        _json.WriteEndObject();
        return _at == _text.Length ? null : "something follows the time";
    }

    // Up to one of the signs; a backslash takes the sign after it as it is.
    private string Name(string ends)
    {
        var name = new StringBuilder();
        while (_at < _text.Length && !ends.Contains(_text[_at], StringComparison.Ordinal))
        {
            if (_text[_at] == '\\' && _at + 1 < _text.Length && _text[_at + 1] is ',' or '=' or ' ') _at++;
            name.Append(_text[_at++]);
        }

        return name.ToString();
    }

    private bool TryValue()
    {
        if (Take('"')) return TryText();
        var value = Name(", ");
        switch (value)
        {
            case "t" or "T" or "true" or "True" or "TRUE":
                _json.WriteBooleanValue(true);
                return true;
            case "f" or "F" or "false" or "False" or "FALSE":
                _json.WriteBooleanValue(false);
                return true;
        }

        if (value is [.. var digits, 'i' or 'u'])
        {
            if (!long.TryParse(digits, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var whole)) return false;
            _json.WriteNumberValue(whole);
            return true;
        }

        if (!double.TryParse(value, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) || !double.IsFinite(number))
            return false;
        _json.WriteNumberValue(number);
        return true;
    }

    private bool TryText()
    {
        var text = new StringBuilder();
        while (_at < _text.Length && _text[_at] != '"')
        {
            if (_text[_at] == '\\' && _at + 1 < _text.Length && _text[_at + 1] is '"' or '\\') _at++;
            text.Append(_text[_at++]);
        }

        _json.WriteStringValue(text.ToString());
        return Take('"');
    }

    private string? Time()
    {
        var time = Name(" ");
        if (!long.TryParse(time, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var units))
            return "the time is no whole number";
        var scale = 1m;
        for (var i = 0; i < _digits; i++) scale *= 10;
        _json.WriteNumber("time"u8, units / scale);
        return null;
    }

    private bool Take(char sign)
    {
        if (_at >= _text.Length || _text[_at] != sign) return false;
        _at++;
        return true;
    }

    private bool TakeSpaces()
    {
        var start = _at;
        while (Take(' '))
        {
        }

        return _at > start;
    }

    private static string Shorten(string text) => text.Shown(40);
}

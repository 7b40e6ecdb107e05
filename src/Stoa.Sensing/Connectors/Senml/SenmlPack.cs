using System.Globalization;
using System.Text.Json;
using Stoa.Sensing.Observations;
using Stoa.Vocabulary;

namespace Stoa.Sensing.Connectors.Senml;

/// <summary>A resolved SenML record: what stands by itself after all base fields were worked in (RFC 8428, 4.6).</summary>
/// <param name="BaseName">The base name in force; empty when there is none.</param>
/// <param name="RecordName">The record's own name; empty when there is none.</param>
/// <param name="Unit">The unit; null when neither the record nor a base unit states one.</param>
/// <param name="Time">Absolute time.</param>
/// <param name="Value">The value, or null for a record with a sum alone.</param>
/// <param name="Sum">The integrated sum, or null.</param>
internal readonly record struct SenmlRecord(
    string BaseName, string RecordName, string? Unit, Instant Time, ResultValue? Value, double? Sum)
{
    /// <summary>The name of what was measured, unique in the world (RFC 8428, 4.5.1).</summary>
    internal string Name => BaseName + RecordName;
}

/// <summary>Reads SenML packs in JSON (RFC 8428).</summary>
internal static class SenmlPack
{
    /// <summary>Records of one pack.</summary>
    internal const int RecordsMax = 5_000;

    /// <summary>Characters of a name: names become keys, and a long base name would be repeated in every record.</summary>
    internal const int NameCharactersMax = 255;

    // RFC 8428, 4.4: the version this reader knows.
    private const int Version = 10;

    // Below, times are relative to now (RFC 8428, 4.5.3).
    private const double RelativeMax = 268_435_456;

    // Year 9999.
    private const double SecondsMax = 253_402_300_799;

    /// <summary>Resolves a pack; <paramref name="reason"/> says why it cannot be taken.</summary>
    /// <param name="root">The JSON array.</param>
    /// <param name="now">The moment of arrival.</param>
    /// <param name="records">Resolved records, in the order of the pack.</param>
    /// <param name="reason">Names the record by its number from 1.</param>
    internal static bool TryResolve(JsonElement root, Instant now, List<SenmlRecord> records, out string reason)
    {
        reason = "";
        if (root.ValueKind != JsonValueKind.Array || root.GetArrayLength() == 0)
            reason = "a SenML pack is a JSON array of records";
        else if (root.GetArrayLength() > RecordsMax)
            reason = $"the pack has more than {RecordsMax} records";
        if (reason.Length > 0) return false;
        var state = new InForce();
        var number = 0;
        foreach (var element in root.EnumerateArray())
        {
            number++;
            var record = new Fields();
            reason = record.Read(element, ref state) ?? "";
            if (reason.Length == 0) reason = Resolve(record, state, now, records) ?? "";
            if (reason.Length == 0) continue;
            reason = string.Create(CultureInfo.InvariantCulture, $"SenML record {number}: {reason}");
            return false;
        }

        return true;
    }

    private static string? Resolve(in Fields fields, in InForce state, Instant now, List<SenmlRecord> records)
    {
        if ((state.Name?.Length ?? 0) + (fields.Name?.Length ?? 0) > NameCharactersMax)
            return $"its name is longer than {NameCharactersMax} characters";
        var name = state.Name + fields.Name;
        // A record may hold base fields alone.
        if (fields is { Value: null, Other: null, Sum: null })
            return fields.HasOwn ? "it has neither a value (v, vs, vb, vd) nor a sum (s)" : null;
        if (!IsName(name)) return "its name is empty or has other characters than A-Z a-z 0-9 - : . / _ (RFC 8428, 4.5.1)";
        var seconds = (state.Time ?? 0) + (fields.Time ?? 0);
        if (!TryInstant(seconds, now, out var time)) return "its time lies outside the years 1 to 9999";
        var value = fields.Other;
        if (fields.Value is { } number)
        {
            value = number.Plain;
            if (state.Value is { } added)
            {
                var sum = number.Number + added;
                if (!double.IsFinite(sum)) return "its value is no finite number";
                value = ResultValue.Number(sum);
            }
        }

        double? total = fields.Sum is { } s ? s + (state.Sum ?? 0) : null;
        if (total is { } far && !double.IsFinite(far)) return "its sum is no finite number";
        records.Add(new(state.Name ?? "", fields.Name ?? "", fields.Unit ?? state.Unit, time, value, total));
        return null;
    }

    private static bool TryInstant(double seconds, Instant now, out Instant time)
    {
        time = now;
        var absolute = seconds < RelativeMax ? now.UnixMicroseconds / 1e6 + seconds : seconds;
        if (!double.IsFinite(absolute) || Math.Abs(absolute) > SecondsMax) return false;
        // Relative times keep the arrival's own microseconds.
        var micros = seconds < RelativeMax
            ? now.UnixMicroseconds + (long)Math.Round(seconds * 1e6)
            : (long)Math.Round((decimal)seconds * 1_000_000m);
        if (micros < Instant.Min.UnixMicroseconds || micros > Instant.Max.UnixMicroseconds) return false;
        time = new(micros);
        return true;
    }

    private static bool IsName(string name) => name.Length > 0 && char.IsAsciiLetterOrDigit(name[0]) &&
        name.All(letter => char.IsAsciiLetterOrDigit(letter) || letter is '-' or ':' or '.' or '/' or '_');

    // Base fields hold from their record to the end of the pack, or until stated anew.
    private struct InForce
    {
        internal string? Name;
        internal string? Unit;
        internal double? Time;
        internal double? Value;
        internal double? Sum;
        internal int? Version;
    }

    private ref struct Fields
    {
        internal string? Name;
        internal string? Unit;
        internal (double Number, ResultValue Plain)? Value;
        internal ResultValue? Other;
        internal double? Sum;
        internal double? Time;
        internal bool HasOwn;

        internal string? Read(JsonElement record, ref InForce state)
        {
            if (record.ValueKind != JsonValueKind.Object) return "it is not a JSON object";
            foreach (var member in record.EnumerateObject())
                if (Read(member.Name, member.Value, ref state) is { } reason)
                    return reason;
            return null;
        }

        private string? Read(string label, JsonElement value, ref InForce state)
        {
            switch (label)
            {
                case "bn": return Text(label, value, ref state.Name);
                case "bu": return Text(label, value, ref state.Unit);
                case "bt": return Seconds(label, value, ref state.Time);
                case "bv": return Seconds(label, value, ref state.Value);
                case "bs": return Seconds(label, value, ref state.Sum);
                case "bver": return ReadVersion(value, ref state);
                case "n": return Own(Text(label, value, ref Name));
                case "u": return Own(Text(label, value, ref Unit));
                case "t": return Own(Seconds(label, value, ref Time));
                case "s": return Own(Seconds(label, value, ref Sum));
                case "ut":
                    double? ignored = null;
                    return Own(Seconds(label, value, ref ignored));
                case "v": return Own(ReadValue(value));
                case "vs": return Own(value.ValueKind == JsonValueKind.String
                    ? Set(ResultValue.Text(value.GetString()!)) : "'vs' is a text");
                case "vb": return Own(value.ValueKind is JsonValueKind.True or JsonValueKind.False
                    ? Set(ResultValue.Boolean(value.GetBoolean())) : "'vb' is true or false");
                case "vd": return Own(value.ValueKind == JsonValueKind.String && IsBase64Url(value.GetString()!)
                    ? Set(ResultValue.Text(value.GetString()!)) : "'vd' is a text in base64url without padding");
                // RFC 8428, 4.4: a label that ends in _ must be understood, others are passed over.
                default: return label.EndsWith('_') ? $"the field '{Shorten(label)}' must be understood and is not" : null;
            }
        }

        private string? Own(string? reason)
        {
            HasOwn = true;
            return reason;
        }

        private string? ReadValue(JsonElement value)
        {
            if (value.ValueKind != JsonValueKind.Number || !value.TryGetDouble(out var number) || !double.IsFinite(number))
                return "'v' is a finite number";
            if (Other is not null || Value is not null) return "it has two values";
            Value = (number, value.TryGetInt64(out var integer) ? ResultValue.Integer(integer) : ResultValue.Number(number));
            return null;
        }

        private string? Set(ResultValue value)
        {
            if (Other is not null || Value is not null) return "it has two values";
            Other = value;
            return null;
        }

        private static string? Text(string label, JsonElement value, ref string? into)
        {
            if (value.ValueKind != JsonValueKind.String) return $"'{label}' is a text";
            into = value.GetString();
            return null;
        }

        private static string? Seconds(string label, JsonElement value, ref double? into)
        {
            if (value.ValueKind != JsonValueKind.Number || !value.TryGetDouble(out var number) || !double.IsFinite(number))
                return $"'{label}' is a finite number";
            into = number;
            return null;
        }

        private static string? ReadVersion(JsonElement value, ref InForce state)
        {
            if (value.ValueKind != JsonValueKind.Number || !value.TryGetInt32(out var version) || version < 1)
                return "'bver' is a whole number from 1";
            if (version > SenmlPack.Version) return $"'bver' is {version}; known are versions up to {SenmlPack.Version}";
            // RFC 8428, 4.4: the same in the whole pack.
            if (state.Version is { } before && before != version) return "'bver' changes within the pack";
            state.Version = version;
            return null;
        }

        private static bool IsBase64Url(string text) => text.Length % 4 != 1 &&
            text.All(letter => char.IsAsciiLetterOrDigit(letter) || letter is '-' or '_');

        private static string Shorten(string text) => text.Shown(40);
    }
}

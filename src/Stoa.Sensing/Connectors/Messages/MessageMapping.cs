using System.Globalization;
using System.Text;
using System.Text.Json;
using Stoa.Sensing.Connectors.Paths;
using Stoa.Sensing.Connectors.Rules;
using Stoa.Sensing.Connectors.Senml;
using Stoa.Sensing.Observations;
using Stoa.Vocabulary;

namespace Stoa.Sensing.Connectors.Messages;

/// <summary>One message on its way.</summary>
internal sealed class MessageMapping(
    MessageMapper mapper, string? topic, Dictionary<string, string> levels, Instant arrival, JsonDocument? document)
{
    private const int ReadingsMax = MessageMapper.ReadingsMax;
    private const int KeyCharactersMax = MessageMapper.KeyCharactersMax;

    private readonly ConnectorRules _rules = mapper.Rules;
    private readonly List<Reading> _readings = [];
    private string? _timeText;
    private Instant _time;
    private string? _fault;
    private bool _wasAnySkipped;

    private JsonElement Root => document?.RootElement ?? default;

    internal MappedMessage Run(ReadOnlyMemory<byte> payload)
    {
        var text = document is null ? Encoding.UTF8.GetString(payload.Span).Trim() : null;
        var whole = new ReadingScope(_rules, topic, levels) { Root = Root, Record = Root, Value = text };
        if (_rules.Format == PayloadFormat.Senml) MapSenml();
        else if (IsSkipped(_rules.Skip, whole)) return new(null) { IsSkipped = true };
        else if (text is not null) MapText(text);
        else foreach (var rule in _rules.Values) MapJson(rule);
        if (_fault is not null) return MappedMessage.Rejected(_fault);
        if (_readings.Count > 0) return new(document) { Readings = _readings };
        return _wasAnySkipped
            ? new(null) { IsSkipped = true }
            : MappedMessage.Rejected(Nothing());
    }

    private string Nothing()
    {
        var paths = _rules.Values.Select(rule => (rule.Each, rule.Path) switch
        {
            ({ } each, { } path) => $"{each} {path}",
            var (each, path) => (each ?? path)?.Text ?? "the payload",
        });
        return $"no value was found: nothing at {MessageMapper.Shorten(string.Join(", ", paths))}";
    }

    private static bool IsSkipped(IReadOnlyList<SkipRule> skip, ReadingScope scope)
    {
        foreach (var rule in skip)
            if (rule.Applies(scope.Fill(rule.Value)))
                return true;
        return false;
    }

    private void MapText(string text)
    {
        foreach (var rule in _rules.Values)
        {
            var scope = new ReadingScope(_rules, topic, levels) { Value = text };
            if (!TryName(rule, scope, out var quantity)) continue;
            Take(rule, scope, quantity, ResultReading.Read(text, rule, quantity, out var result, out var reason), result, reason);
        }
    }

    private void MapJson(ValueRules rule)
    {
        if (rule.Each is null)
        {
            MapRecord(rule, Root, []);
            return;
        }

        var records = new List<JsonMatch>();
        if (!rule.Each.TrySelect(Root, records, ReadingsMax)) TooMany();
        else foreach (var record in records) MapRecord(rule, record.Value, record.Captures);
    }

    private void MapRecord(ValueRules rule, JsonElement record, string[] captures)
    {
        if (_fault is not null) return;
        if (rule.Path is null)
        {
            MapValue(rule, record, record, captures);
            return;
        }

        var start = rule.Path.IsRelative ? record : Root;
        if (rule.Path.IsSingular)
        {
            if (rule.Path.TryFirst(start, out var one)) MapValue(rule, record, one, captures);
            return;
        }

        var values = new List<JsonMatch>();
        if (!rule.Path.TrySelect(start, values, ReadingsMax)) TooMany();
        else
            foreach (var value in values)
                MapValue(rule, record, value.Value, captures.Length == 0 ? value.Captures : [.. captures, .. value.Captures]);
    }

    private void MapValue(ValueRules rule, JsonElement record, JsonElement value, string[] captures)
    {
        if (_fault is not null) return;
        var scope = new ReadingScope(_rules, topic, levels)
        {
            Root = Root, Record = record, Captures = captures, Value = ReadingScope.TextOf(value),
        };
        if (!TryName(rule, scope, out var quantity)) return;
        Take(rule, scope, quantity, ResultReading.Read(value, rule, quantity, out var result, out var reason), result, reason);
    }

    private void MapSenml()
    {
        var records = new List<SenmlRecord>();
        if (!SenmlPack.TryResolve(Root, arrival, records, out var fault))
        {
            _fault = fault;
            return;
        }

        foreach (var record in records)
        {
            if (record.Value is { } value) MapSenml(record, value, "");
            if (record.Sum is { } sum) MapSenml(record, ResultValue.Number(sum), "/sum");
        }
    }

    private void MapSenml(in SenmlRecord record, in ResultValue value, string suffix)
    {
        if (_fault is not null) return;
        var scope = new ReadingScope(_rules, topic, levels)
        {
            Root = Root, Record = Root, Senml = record, Value = value.ToString(),
        };
        if (IsSkipped(_rules.Skip, scope))
        {
            _wasAnySkipped = true;
            return;
        }

        foreach (var rule in _rules.Values)
        {
            if (!TryName(rule, scope, out var quantity)) continue;
            scope.Quantity += suffix;
            Take(rule, scope, quantity, ResultReading.Read(value, rule, quantity, out var result, out var reason), result, reason);
        }
    }

    /// <summary>Finds out whose value it is and of what; false when it is passed over or cannot be used.</summary>
    private bool TryName(ValueRules rule, ReadingScope scope, out QuantityRules quantity)
    {
        quantity = QuantityRules.None;
        scope.Device = scope.Fill(_rules.Device);
        scope.Quantity = scope.Fill(rule.Quantity);
        if (IsSkipped(rule.Skip, scope))
        {
            _wasAnySkipped = true;
            return false;
        }

        quantity = rule.Stated.Or(Known(scope.Quantity));
        // What a SenML record says of its own unit is truer than what its name makes likely.
        if (scope.Senml?.Unit is { } unit && rule.Stated.Unit is null) quantity = quantity with { Unit = new(unit, unit, null) };
        return true;
    }

    // door.temperature is a temperature, and Power.0 the power of the first channel.
    private QuantityRules Known(string quantity)
    {
        if (_rules.Quantities.TryGetValue(quantity, out var known)) return known;
        var channel = quantity.LastIndexOf('.');
        if (channel <= 0) return QuantityRules.None;
        var name = quantity[(channel + 1)..];
        if (name.All(char.IsAsciiDigit)) name = quantity[..channel];
        return _rules.Quantities.GetValueOrDefault(name[(name.LastIndexOf('.') + 1)..], QuantityRules.None);
    }

    private void Take(
        ValueRules rule, ReadingScope scope, QuantityRules quantity, ResultFate fate, in ResultValue result, string reason)
    {
        if (fate == ResultFate.PassedOver)
        {
            _wasAnySkipped |= scope.Value is not null;
            return;
        }

        if (fate == ResultFate.Refused)
        {
            _fault = $"{(scope.Quantity.Length > 0 ? scope.Quantity : "the value")}: {reason}";
            return;
        }

        if (result.HasNul)
        {
            _fault = $"{(scope.Quantity.Length > 0 ? scope.Quantity : "the value")}: the text has the character U+0000";
            return;
        }

        var key = scope.Fill(rule.Key);
        var thing = scope.Fill(_rules.Thing.Key);
        _fault = CheckKey("the key of the Thing", thing) ?? CheckKey("the device", scope.Device) ??
            CheckKey("the quantity", scope.Quantity) ??
            (rule.Datastream is null ? CheckKey("the key of the Datastream", key) : null);
        if (_fault is not null) return;

        if (!TryTime(rule, scope, out var time)) return;
        if (_readings.Count >= ReadingsMax)
        {
            TooMany();
            return;
        }

        var copy = result;
        _readings.Add(new()
        {
            Datastream = rule.Datastream,
            Key = key,
            ThingKey = thing,
            Time = time,
            Result = result,
            Place = PlaceOf(scope),
            Describe = () => Describing.Describe(_rules, rule, scope, quantity, copy, key, thing),
        });
    }

    private bool TryTime(ValueRules rule, ReadingScope scope, out Instant time)
    {
        time = scope.Senml?.Time ?? arrival;
        if ((rule.Time ?? _rules.Time) is not { } template || scope.Fill(template) is not { Length: > 0 } text) return true;
        if (text != _timeText)
        {
            if (!mapper.TryReadTime(text, out _time, out var reason))
            {
                _fault = reason;
                return false;
            }

            _timeText = text;
        }

        time = _time;
        return true;
    }

    // A receiver without a fix sends what is no place on Earth; that is no reason to lose the measurement.
    private Place? PlaceOf(ReadingScope scope)
    {
        if (_rules.Thing.Location is not { } location) return null;
        const NumberStyles style = NumberStyles.Float;
        return double.TryParse(scope.Fill(location.Longitude), style, CultureInfo.InvariantCulture, out var x) &&
            double.TryParse(scope.Fill(location.Latitude), style, CultureInfo.InvariantCulture, out var y) &&
            x is >= -180 and <= 180 && y is >= -90 and <= 90
            ? new(x, y)
            : null;
    }

    private static string? CheckKey(string what, string text)
    {
        if (text.Length == 0) return $"{what} is empty";
        if (text.Length > KeyCharactersMax) return $"{what} is longer than {KeyCharactersMax} characters";
        return text.Any(char.IsControl) ? $"{what} has control characters" : null;
    }

    private void TooMany() => _fault = $"the message has more than {ReadingsMax} values, or too many to look at";
}

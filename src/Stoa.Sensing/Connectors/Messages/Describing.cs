using Stoa.Sensing.Bulk;
using Stoa.Sensing.Connectors.Rules;
using Stoa.Sensing.Import;
using Stoa.Sensing.Observations;

namespace Stoa.Sensing.Connectors.Messages;

/// <summary>What new entities are called and like.</summary>
internal static class Describing
{
    // Names and descriptions come out of payloads.
    private const int TextCharactersMax = 1_000;

    private const string ObservationTypePrefix = "http://www.opengis.net/def/observationType/OGC-OM/2.0/";

    internal static ReadingDescription Describe(
        ConnectorRules rules, ValueRules rule, ReadingScope scope, QuantityRules quantity, in ResultValue result,
        string key, string thingKey)
    {
        var thingName = Text(scope.Fill(rules.Thing.Name, thingKey));
        var quantityName = quantity.Name ?? scope.Quantity;
        var name = Text(scope.Fill(rule.Name, $"{thingName} {quantityName}"));
        var property = new ObservedPropertyDraft(
            quantity.Name ?? scope.Quantity, quantityName, quantity.Definition ?? "", quantity.Description ?? quantityName);
        return new(
            new(thingKey, thingName, Text(scope.Fill(rules.Thing.Description, thingName)), Properties(rules, scope)),
            Sensor(rules, rule, scope),
            property,
            name,
            Text(scope.Fill(rule.Description, name)),
            ObservationTypePrefix + TypeOf(result.Kind),
            result.Kind is ResultKind.Number or ResultKind.Integer ? quantity.Unit ?? Unit.None : Unit.None);
    }

    private static SensorDraft Sensor(ConnectorRules rules, ValueRules rule, ReadingScope scope)
    {
        if ((rule.Sensor ?? rules.Sensor) is not { } sensor)
            return new(rules.Name, rules.Title, $"Connector {rules.Name}", "text/plain", "");
        var key = scope.Fill(sensor.Key, rules.Name);
        key = key.Cut(MessageMapper.KeyCharactersMax);
        var name = Text(scope.Fill(sensor.Name, key));
        return new(key, name, Text(scope.Fill(sensor.Description, name)),
            scope.Fill(sensor.EncodingType, "text/plain"), Text(scope.Fill(sensor.Metadata)));
    }

    private static string? Properties(ConnectorRules rules, ReadingScope scope)
    {
        var filled = rules.Thing.Properties.Select(property => (property.Name, Value: Text(scope.Fill(property.Value))))
            .Where(property => property.Value.Length > 0).ToArray();
        if (filled.Length == 0) return null;
        return ImportJson.Of(json =>
        {
            json.WriteStartObject();
            foreach (var (name, value) in filled) json.WriteString(name, value);
            json.WriteEndObject();
        });
    }

    // OGC 18-088, table 12. A whole number is a measurement that happened to be round, not a count.
    private static string TypeOf(ResultKind kind) => kind switch
    {
        ResultKind.Number or ResultKind.Integer => "OM_Measurement",
        ResultKind.Boolean => "OM_TruthObservation",
        _ => "OM_Observation",
    };

    private static string Text(string text) => text.Cut(TextCharactersMax);
}

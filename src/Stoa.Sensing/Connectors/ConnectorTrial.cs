using Stoa.Sensing.Connectors.Messages;
using Stoa.Sensing.Connectors.Rules;
using Stoa.Vocabulary;

namespace Stoa.Sensing.Connectors;

/// <summary>What a connector would make of a payload, found out without storing anything.</summary>
/// <param name="Connector">Name of the connector.</param>
/// <param name="Outcome">stored, skipped or rejected.</param>
/// <param name="Reason">Why it would be a dead letter.</param>
/// <param name="Things">Things that its observations belong to.</param>
/// <param name="Datastreams">Datastreams that would take observations.</param>
/// <param name="Observations">The observations.</param>
public sealed record ConnectorTrial(
    string Connector, string Outcome, string? Reason, IReadOnlyList<TriedThing> Things,
    IReadOnlyList<TriedDatastream> Datastreams, IReadOnlyList<TriedObservation> Observations)
{
    internal const string Stored = "stored";

    /// <summary>Tries a declaration that is not stored anywhere.</summary>
    /// <param name="declaration">YAML.</param>
    /// <param name="topic">MQTT topic of the payload; null: as through the webhook.</param>
    /// <param name="payload">Any bytes.</param>
    /// <param name="now">Taken as the moment of arrival.</param>
    /// <param name="name">The connector's name where the declaration states none.</param>
    /// <returns>What would happen; a problem when the declaration or the topic cannot be used.</returns>
    public static Result<ConnectorTrial> Run(
        ReadOnlyMemory<byte> declaration, string? topic, ReadOnlyMemory<byte> payload, Instant now, string? name = null)
    {
        if (!ConnectorReader.Read(declaration.Span, name).TryGet(out var rules, out var problem)) return problem;
        if (topic is not null && !rules.Topics.Any(pattern => pattern.Matches(topic, null)))
            return ConnectorProblems.TopicNotTaken(topic);
        if (payload.Length > ConnectorInbox.PayloadBytesMax)
            return ConnectorProblems.PayloadTooLarge(ConnectorInbox.PayloadBytesMax);
        return Run(rules, topic, payload, now);
    }

    /// <summary>The payload that a declaration holds as its sample; null when it holds none.</summary>
    public static Result<(string? Topic, string Payload)?> SampleOf(ReadOnlyMemory<byte> declaration)
    {
        if (!ConnectorReader.Read(declaration.Span, null).TryGet(out var rules, out var problem)) return problem;
        return rules.Sample is { } sample ? (sample.Topic, sample.Payload) : Result<(string?, string)?>.Of(null);
    }

    internal static ConnectorTrial Run(ConnectorRules rules, string? topic, ReadOnlyMemory<byte> payload, Instant now)
    {
        using var mapped = new MessageMapper(rules).Map(topic, payload, now);
        var things = new Dictionary<string, TriedThing>(StringComparer.Ordinal);
        var streams = new Dictionary<string, TriedDatastream>(StringComparer.Ordinal);
        var observations = new List<TriedObservation>();
        foreach (var reading in mapped.Readings)
        {
            var described = reading.Describe();
            things.TryAdd(reading.ThingKey, new(
                reading.ThingKey, described.Thing.Name, reading.Place?.Longitude, reading.Place?.Latitude));
            var stream = reading.Datastream is { } id ? $"Datastream {id}" : reading.Key;
            if (reading.Datastream is null)
                streams.TryAdd(stream, new(stream, described.Name, reading.ThingKey, described.ObservedProperty.Name,
                    described.Unit.Symbol));
            observations.Add(new(stream, reading.Time.ToString(), reading.Result.ToString()));
        }

        var outcome = mapped.Rejection is not null ? "rejected" : mapped.IsSkipped ? "skipped" : Stored;
        return new(rules.Name, outcome, mapped.Rejection, [.. things.Values], [.. streams.Values], observations);
    }
}

/// <summary>A Thing in a <see cref="ConnectorTrial"/>.</summary>
/// <param name="Key">Its external key.</param>
/// <param name="Name">Its name, should it have to be made.</param>
/// <param name="Longitude">Degrees, where the payload states a place.</param>
/// <param name="Latitude">Degrees.</param>
public sealed record TriedThing(string Key, string Name, double? Longitude, double? Latitude);

/// <summary>A Datastream in a <see cref="ConnectorTrial"/>.</summary>
/// <param name="Key">Its external key.</param>
/// <param name="Name">Its name, should it have to be made.</param>
/// <param name="Thing">Key of its Thing.</param>
/// <param name="ObservedProperty">What is measured.</param>
/// <param name="Unit">Symbol of the unit; null: none.</param>
/// <param name="Exists">Whether it is there already; null: nobody looked.</param>
public sealed record TriedDatastream(
    string Key, string Name, string Thing, string ObservedProperty, string? Unit, bool? Exists = null);

/// <summary>An Observation in a <see cref="ConnectorTrial"/>.</summary>
/// <param name="Datastream">Key of its Datastream, or its id.</param>
/// <param name="PhenomenonTime">ISO 8601 in UTC.</param>
/// <param name="Result">The result as text.</param>
public sealed record TriedObservation(string Datastream, string PhenomenonTime, string Result);

using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Unicode;
using Stoa.Sensing.Connectors.Lines;
using Stoa.Sensing.Connectors.Rules;
using Stoa.Sensing.Import.Time;
using Stoa.Vocabulary;

namespace Stoa.Sensing.Connectors.Messages;

/// <summary>Makes readings out of payloads by the rules of one connector. Used by many threads at once.</summary>
/// <remarks>All or nothing: one value that cannot be what it should be rejects its message.</remarks>
internal sealed class MessageMapper(ConnectorRules rules)
{
    /// <summary>Readings of one message; also what one transaction takes for it.</summary>
    internal const int ReadingsMax = 5_000;

    /// <summary>Characters of a key or quantity that a template gives.</summary>
    internal const int KeyCharactersMax = 255;

    // As deep as the parser goes; payloads of devices need a dozen.
    private static readonly JsonDocumentOptions Strict = new() { AllowDuplicateProperties = false, MaxDepth = 64 };

    private readonly ZoneRules _zone = new(rules.Clock.Zone, rules.Clock.Ambiguous, rules.Clock.Missing);
    private readonly Lock _gate = new();

    /// <summary>Makes readings of one message.</summary>
    /// <param name="topic">Null: it did not come over MQTT.</param>
    /// <param name="payload">Any bytes.</param>
    /// <param name="arrival">The phenomenon time where the payload states none.</param>
    internal MappedMessage Map(string? topic, ReadOnlyMemory<byte> payload, Instant arrival)
    {
        var levels = new Dictionary<string, string>(StringComparer.Ordinal);
        if (topic is not null)
            foreach (var pattern in rules.Topics)
                if (pattern.Matches(topic, levels))
                    break;
        if (!Utf8.IsValid(payload.Span)) return MappedMessage.Rejected("the payload is not UTF-8 text");
        JsonDocument? document = null;
        try
        {
            if (rules.Format is PayloadFormat.Json or PayloadFormat.Senml)
            {
                document = JsonDocument.Parse(payload, Strict);
                CheckTexts(payload.Span);
            }

            if (rules.Format is PayloadFormat.Lines)
            {
                var json = new ArrayBufferWriter<byte>(payload.Length * 2 + 64);
                if (!LineProtocol.TryConvert(Encoding.UTF8.GetString(payload.Span), rules.LineTimeDigits, json, out var fault))
                    return MappedMessage.Rejected(fault);
                document = JsonDocument.Parse(json.WrittenMemory, Strict);
            }

            var mapping = new MessageMapping(this, topic, levels, arrival, document);
            var mapped = mapping.Run(payload);
            if (mapped.Readings.Count == 0) document?.Dispose();
            return mapped;
        }
        catch (JsonException error)
        {
            document?.Dispose();
            return MappedMessage.Rejected(string.Create(CultureInfo.InvariantCulture,
                $"the payload is not JSON, names a member twice or is nested too deep (line {(error.LineNumber ?? 0) + 1}, " +
                $"byte {(error.BytePositionInLine ?? 0) + 1})"));
        }
        catch (InvalidOperationException)
        {
            // Half of a surrogate pair, written as an escape.
            document?.Dispose();
            return MappedMessage.Rejected("a text in the payload is not valid Unicode");
        }
    }

    // The reader of JSON looks at texts only when they are asked for, and some are asked for only when entities are made, on
    // the writer's thread. Halves of surrogate pairs can only come as escapes, which payloads of devices hardly have.
    private static void CheckTexts(ReadOnlySpan<byte> payload)
    {
        if (payload.IndexOf("\\ud"u8) < 0 && payload.IndexOf("\\uD"u8) < 0) return;
        var reader = new Utf8JsonReader(payload);
        while (reader.Read())
            if (reader.TokenType is JsonTokenType.String or JsonTokenType.PropertyName)
                reader.GetString();
    }

    /// <summary>The rules.</summary>
    internal ConnectorRules Rules => rules;

    /// <summary>Reads a time in one of the forms of the rules.</summary>
    internal bool TryReadTime(string text, out Instant time, out string reason)
    {
        time = default;
        var utf8 = Encoding.UTF8.GetBytes(text);
        foreach (var format in rules.Clock.Formats)
        {
            if (!format.TryRead(utf8, out var clock)) continue;
            bool isResolved;
            string? why;
            // The rules keep what they know of days.
            lock (_gate) isResolved = _zone.TryResolve(clock, null, out time, out why);
            reason = why ?? "";
            if (isResolved && clock.OffsetMinutes is { } offset) time = new(time.UnixMicroseconds, offset);
            return isResolved;
        }

        reason = $"'{Shorten(text)}' is not a time in the form " +
            string.Join(" or ", rules.Clock.Formats.Select(format => format.Text));
        return false;
    }

    internal static string Shorten(string text) => text.Shown(60);
}

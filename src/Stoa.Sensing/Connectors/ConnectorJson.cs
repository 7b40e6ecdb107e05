using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using Stoa.Identity.Http;
using Stoa.Vocabulary;

namespace Stoa.Sensing.Connectors;

/// <summary>The JSON shapes of this capability.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(ConnectorDocument))]
[JsonSerializable(typeof(ConnectorPage))]
[JsonSerializable(typeof(ConnectorTrial))]
[JsonSerializable(typeof(MessageReceipt))]
[JsonSerializable(typeof(DeadLetterDocument))]
[JsonSerializable(typeof(DeadLetterPage))]
[JsonSerializable(typeof(ReplaySummary))]
[JsonSerializable(typeof(DeletedDeadLetters))]
internal sealed partial class ConnectorJson : JsonSerializerContext
{
    /// <summary>The shapes as they are sent: letters beyond ASCII stay as they are.</summary>
    internal static ConnectorJson Wire => Later.Wire;

    // In a type of its own, because it is made from what the generated part of this one makes first.
    private static class Later
    {
        internal static readonly ConnectorJson Wire = new(new JsonSerializerOptions(Default.Options)
        {
            Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        });
    }
}

/// <summary>A connector as it is shown to those who may write to its dataset.</summary>
/// <param name="Name">Unique within the dataset.</param>
/// <param name="Id">Its number; metrics name it by that.</param>
/// <param name="Enabled">Whether messages are taken.</param>
/// <param name="Tested">When this very declaration understood a payload.</param>
/// <param name="File">The file that declares it, when one does.</param>
/// <param name="Webhook">Where payloads can be posted.</param>
/// <param name="Topics">MQTT topics it takes.</param>
/// <param name="Created">When it was declared.</param>
/// <param name="Modified">When it was last changed or switched.</param>
/// <param name="Received">Messages.</param>
/// <param name="Observations">Stored.</param>
/// <param name="Duplicates">Readings left out because their Datastream had that time already.</param>
/// <param name="Skipped">Messages passed over by a rule.</param>
/// <param name="Rejected">Messages that became dead letters.</param>
/// <param name="DatastreamsCreated">Datastreams it made.</param>
/// <param name="DeadLetters">Dead letters kept now.</param>
/// <param name="DeadLetterBytes">Bytes of their payloads.</param>
/// <param name="DeadLettersDropped">Dead letters that had to make room for newer ones.</param>
/// <param name="LastReceived">When the last message came.</param>
/// <param name="LastError">Why the last dead letter is one.</param>
/// <param name="LastErrorTime">When that was.</param>
/// <param name="Declaration">YAML; in the answer for one connector only.</param>
internal sealed record ConnectorDocument(
    string Name, long Id, bool Enabled, [property: JsonConverter(typeof(InstantJson))] Instant? Tested, string? File,
    string Webhook, IReadOnlyList<string> Topics,
    [property: JsonConverter(typeof(InstantJson))] Instant Created,
    [property: JsonConverter(typeof(InstantJson))] Instant Modified,
    long Received, long Observations, long Duplicates, long Skipped, long Rejected, long DatastreamsCreated,
    long DeadLetters, long DeadLetterBytes, long DeadLettersDropped,
    [property: JsonConverter(typeof(InstantJson))] Instant? LastReceived, string? LastError,
    [property: JsonConverter(typeof(InstantJson))] Instant? LastErrorTime, string? Declaration);

/// <summary>The connectors of a dataset.</summary>
/// <param name="Value">By name, without their declarations.</param>
/// <param name="Count">How many there are.</param>
internal sealed record ConnectorPage(IReadOnlyList<ConnectorDocument> Value, long Count);

/// <summary>What became of a message.</summary>
/// <param name="Observations">Stored.</param>
/// <param name="Duplicates">Left out because their Datastream had that time already.</param>
/// <param name="Skipped">Whether a rule passed the message over.</param>
/// <param name="Rejected">Why it is a dead letter.</param>
/// <param name="DeadLetter">Its id among the dead letters.</param>
internal sealed record MessageReceipt(int Observations, int Duplicates, bool Skipped, string? Rejected, long? DeadLetter);

/// <summary>A dead letter.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Time">When it arrived.</param>
/// <param name="Topic">MQTT topic, when it had one.</param>
/// <param name="Reason">Why it could not be used.</param>
/// <param name="Bytes">Length of the payload.</param>
/// <param name="Payload">The payload when it is text; in the answer for one dead letter only.</param>
/// <param name="PayloadBase64">The payload when it is not text.</param>
internal sealed record DeadLetterDocument(
    long Id, [property: JsonConverter(typeof(InstantJson))] Instant Time, string? Topic, string Reason, long Bytes,
    string? Payload, string? PayloadBase64);

/// <summary>Dead letters of a connector.</summary>
/// <param name="Value">Oldest first, without payloads.</param>
/// <param name="Count">How many there are in all.</param>
/// <param name="NextLink">The next page.</param>
internal sealed record DeadLetterPage(IReadOnlyList<DeadLetterDocument> Value, long Count, string? NextLink);

/// <summary>What was deleted.</summary>
/// <param name="Deleted">How many.</param>
internal sealed record DeletedDeadLetters(long Deleted);

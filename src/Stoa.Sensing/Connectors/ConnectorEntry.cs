using Stoa.Vocabulary;

namespace Stoa.Sensing.Connectors;

/// <summary>A connector as it is kept: its declaration, its state and what it did so far.</summary>
/// <param name="Id">Its number; metrics name it by that.</param>
/// <param name="Dataset">The dataset that its observations belong to.</param>
/// <param name="Name">Unique within the dataset.</param>
/// <param name="Declaration">YAML as it was sent.</param>
/// <param name="File">The file that declares it; null: it was declared over the API.</param>
/// <param name="IsEnabled">Whether messages are taken.</param>
/// <param name="Tested">When this very declaration understood a payload; null: not yet.</param>
/// <param name="Created">When it was declared.</param>
/// <param name="Modified">When it was last changed or switched.</param>
/// <param name="Counts">What it did.</param>
public sealed record ConnectorEntry(
    long Id, DatasetId Dataset, string Name, string Declaration, string? File, bool IsEnabled, Instant? Tested,
    Instant Created, Instant Modified, ConnectorTotals Counts);

/// <summary>What a connector did since it was declared; durable, kept in the same transactions.</summary>
/// <param name="Received">Messages.</param>
/// <param name="Observations">Stored.</param>
/// <param name="Duplicates">Readings left out because their Datastream had that time already.</param>
/// <param name="Skipped">Messages passed over by a rule.</param>
/// <param name="Rejected">Messages that became dead letters.</param>
/// <param name="DatastreamsCreated">Datastreams it made.</param>
/// <param name="DeadLetters">Kept now.</param>
/// <param name="DeadLetterBytes">Bytes of their payloads.</param>
/// <param name="DeadLettersDropped">Dead letters that had to make room for newer ones.</param>
/// <param name="LastReceived">When the last message came.</param>
/// <param name="LastError">Why the last dead letter is one.</param>
/// <param name="LastErrorTime">When that was.</param>
public sealed record ConnectorTotals(
    long Received, long Observations, long Duplicates, long Skipped, long Rejected, long DatastreamsCreated,
    long DeadLetters, long DeadLetterBytes, long DeadLettersDropped,
    Instant? LastReceived, string? LastError, Instant? LastErrorTime);

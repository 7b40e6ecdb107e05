using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Stoa.Sensing.Mqtt.Packets;
using Stoa.Storage;
using Stoa.Vocabulary;

namespace Stoa.Sensing.Mqtt.Spaces;

/// <summary>Brings messages that the store does not hold as observations to the followers at other nodes.</summary>
/// <remarks>
/// The publisher's transaction writes them (table mqtt_message), each other node reads them by id: a notification only says when.
/// Where there is no other node nothing is written. Of QoS 0 those are lost for which the write queue has no place.
/// </remarks>
internal sealed partial class MessagesOfNodes(
    Database database, DatasetTopics free, DeclaredTopics declared, RetainedMessages retained, TimeProvider time,
    ILogger<MessagesOfNodes> log) : BackgroundService
{
    /// <summary>How long messages are kept for nodes that cannot read at the moment.</summary>
    internal static readonly TimeSpan KeptFor = TimeSpan.FromMinutes(5);

    private static readonly TimeSpan CleaningPeriod = TimeSpan.FromSeconds(30);

    private const int RowsMax = 500;

    private const string Select =
        """
        SELECT   id, node, dataset_id, topic, payload, qos, retain, properties, expires
        FROM     mqtt_message
        WHERE    id > @after
        ORDER BY id
        LIMIT    @limit
        """;

    private const string Insert =
        """
        INSERT INTO mqtt_message (node, created, dataset_id, topic, payload, qos, retain, properties, expires)
        VALUES (@node, @created, @dataset, @topic, @payload, @qos, @retain, @properties, @expires)
        """;

    // Index mqtt_message_created.
    private const string DeleteOld = "DELETE FROM mqtt_message WHERE created < @before";

    private readonly SemaphoreSlim _signal = new(0, 1);
    private long _place;
    private DateTimeOffset _read;
    private DateTimeOffset _cleaned;

    /// <summary>Writes a message for the others inside its publisher's transaction, when there is another node.</summary>
    internal static void Write(WriteSession session, Nodes nodes, Message message, DateTimeOffset now)
    {
        if (!nodes.AreMany || !nodes.HasOthers(session)) return;
        var properties = PacketWriter.Begin().BeginProperties().Properties(message.Properties, null).EndProperties();
        using var insert = session.Prepare(Insert);
        insert.Bind("@node", nodes.Name).Bind("@created", Instant.From(now).UnixMicroseconds)
            .Bind("@dataset", message.Dataset.Value).Bind("@topic", message.Topic).BindBlob("@payload", message.Payload.Span)
            .Bind("@qos", (long)message.Qos).Bind("@retain", message.Retain).BindBlob("@properties", properties.FieldsToArray())
            .Bind("@expires", message.Expires is { } expires ? Instant.From(expires).UnixMicroseconds : null).Execute();
    }

    /// <summary>Begins before retained messages are loaded and the first client comes.</summary>
    public override async Task StartAsync(CancellationToken cancellationToken)
    {
        if (database.Nodes.AreMany) await TakePlaceAsync(cancellationToken);
        await base.StartAsync(cancellationToken);
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        if (!database.Nodes.AreMany) return;
        using var listening = database.Nodes.Listen(Wake, Nodes.Neighbours);
        while (true)
        {
            await _signal.WaitAsync(stoppingToken);
            try
            {
                await ReadAsync(stoppingToken);
                await CleanAsync(stoppingToken);
            }
            catch (StorageException error)
            {
                // The place stays.
                LogNotRead(error.Failure);
            }
        }
    }

    private void Wake()
    {
        if (_signal.CurrentCount > 0) return;
        try
        {
            _signal.Release();
        }
        catch (SemaphoreFullException)
        {
            // Somebody else was quicker.
        }
    }

    private async Task TakePlaceAsync(CancellationToken cancellation)
    {
        using var session = await database.ReadAsync(cancellation);
        using var last = session.Prepare("SELECT coalesce(max(id), 0) FROM mqtt_message");
        _place = last.Step() ? last.Int64(0) : 0;
        _read = time.GetUtcNow();
    }

    private async Task ReadAsync(CancellationToken cancellation)
    {
        // What was dropped before it could be read is lost, but for what topics keep.
        if (time.GetUtcNow() - _read > KeptFor / 2) await retained.LoadAsync(cancellation);
        int count;
        do
        {
            using var session = await database.ReadAsync(cancellation);
            using var rows = session.Prepare(Select);
            rows.Bind("@after", _place).Bind("@limit", (long)RowsMax);
            for (count = 0; rows.Step(); count++)
            {
                if (rows.Text(1) != database.Nodes.Name) Tell(rows);
                _place = rows.Int64(0);
            }

            _read = time.GetUtcNow();
        }
        while (count == RowsMax);
    }

    private void Tell(Statement row)
    {
        var reader = new PacketReader(row.Blob(7));
        var message = new Message(row.Text(3), row.Blob(4).ToArray(), new(row.Int64(2)))
        {
            Qos = (QualityOfService)row.Int64(5),
            Retain = row.Int64(6) != 0,
            Properties = PacketProperties.Read(ref reader, PropertySets.PublishByServer).ToMessage(),
            Expires = row.Int64OrNull(8) is { } expires ? new Instant(expires).ToDateTimeOffset() : null,
        };
        if (free.Owns(message.Topic)) free.Take(message);
        else declared.Take(message);
    }

    private async Task CleanAsync(CancellationToken cancellation)
    {
        var now = time.GetUtcNow();
        if (!database.Nodes.IsLeader || now - _cleaned < CleaningPeriod) return;
        _cleaned = now;
        var before = Instant.From(now - KeptFor).UnixMicroseconds;
        await database.WriteAsync(
            session =>
            {
                using var delete = session.Prepare(DeleteOld);
                return delete.Bind("@before", before).Execute();
            },
            cancellation);
    }

    public override void Dispose()
    {
        _signal.Dispose();
        base.Dispose();
    }

    [LoggerMessage(3361, LogLevel.Warning, "MQTT messages of other nodes could not be read: {Failure}.")]
    private partial void LogNotRead(StorageFailure failure);
}

using System.Collections.Concurrent;
using Stoa.Sensing.Mqtt.Packets;
using Stoa.Storage;
using Stoa.Vocabulary;

namespace Stoa.Sensing.Mqtt.Spaces;

/// <summary>The last message of each free topic whose publisher asked to keep it (MQTT 5, 3.3.1.3); survives a
/// restart.</summary>
internal sealed class RetainedMessages(Database database, MqttOptions options, TimeProvider time)
{
    /// <summary>Bytes of the payloads kept for one dataset; all are held in memory.</summary>
    internal const long DatasetBytesMax = 16 << 20;

    private const string Put =
        """
        INSERT INTO mqtt_retained (dataset_id, topic, payload, qos, properties, expires)
        VALUES (@dataset, @topic, @payload, @qos, @properties, @expires)
        ON CONFLICT (dataset_id, topic) DO UPDATE
        SET payload = excluded.payload, qos = excluded.qos, properties = excluded.properties, expires = excluded.expires
        """;

    private const string Delete =
        """
        DELETE FROM mqtt_retained
        WHERE  dataset_id = @dataset
          AND  topic = @topic
        """;

    private readonly ConcurrentDictionary<DatasetId, ConcurrentDictionary<string, Message>> _kept = new();

    internal int Count => _kept.Values.Sum(topics => topics.Count);

    /// <summary>What is kept below a dataset's topics that the filter takes.</summary>
    internal IEnumerable<Message> Matching(DatasetId dataset, string filter)
    {
        if (!_kept.TryGetValue(dataset, out var topics)) yield break;
        var now = time.GetUtcNow();
        foreach (var (topic, message) in topics)
            if (Topics.Matches(filter, topic) && (message.Expires is not { } expires || expires > now)) yield return message;
    }

    /// <summary>Whether one more may be kept.</summary>
    internal bool HasRoom(DatasetId dataset, string topic, int bytes)
    {
        if (!_kept.TryGetValue(dataset, out var topics)) return bytes <= DatasetBytesMax;
        var now = time.GetUtcNow();
        var (count, sum) = (0, (long)bytes);
        foreach (var (kept, message) in topics)
        {
            if (kept == topic) continue;
            if (message.Expires <= now)
            {
                topics.TryRemove(new(kept, message));
                continue;
            }

            count++;
            sum += message.Payload.Length;
        }

        return count < options.RetainedMessagesMax && sum <= DatasetBytesMax;
    }

    /// <summary>Writes or clears what a topic keeps, inside the caller's transaction.</summary>
    internal static void Write(WriteSession session, DatasetId dataset, string topic, Message message)
    {
        if (message.Payload.IsEmpty)
        {
            using var delete = session.Prepare(Delete);
            delete.Bind("@dataset", dataset.Value).Bind("@topic", topic).Execute();
            return;
        }

        var properties = PacketWriter.Begin().BeginProperties().Properties(message.Properties, null).EndProperties();
        using var put = session.Prepare(Put);
        put.Bind("@dataset", dataset.Value).Bind("@topic", topic).BindBlob("@payload", message.Payload.Span)
            .Bind("@qos", (long)message.Qos).BindBlob("@properties", properties.FieldsToArray())
            .Bind("@expires", message.Expires is { } expires ? Instant.From(expires).UnixMicroseconds : null).Execute();
    }

    /// <summary>Keeps or forgets in memory; after the commit.</summary>
    internal void Remember(DatasetId dataset, string topic, Message message)
    {
        var topics = _kept.GetOrAdd(dataset, _ => new(StringComparer.Ordinal));
        if (message.Payload.IsEmpty) topics.TryRemove(topic, out _);
        else topics[topic] = message;
    }

    /// <summary>Brings back what was there before the restart, or what other nodes have kept.</summary>
    internal async Task LoadAsync(CancellationToken cancellation)
    {
        _kept.Clear();
        using var read = await database.ReadAsync(cancellation);
        using var select = read.Prepare(
            """
            SELECT r.dataset_id, r.topic, r.payload, r.qos, r.properties, r.expires, d.slug
            FROM   mqtt_retained r
            JOIN   dataset d ON d.id = r.dataset_id
            WHERE  r.expires IS NULL OR r.expires > @now
            """);
        select.Bind("@now", Instant.From(time.GetUtcNow()).UnixMicroseconds);
        while (select.Step())
        {
            var (dataset, topic) = (new DatasetId(select.Int64(0)), select.Text(1));
            var reader = new PacketReader(select.Blob(4));
            var properties = PacketProperties.Read(ref reader, PropertySets.PublishByServer).ToMessage();
            Remember(dataset, topic, new(DatasetTopics.TopicOf(select.Text(6), topic), select.Blob(2).ToArray(), dataset)
            {
                Qos = (QualityOfService)select.Int64(3),
                Retain = true,
                Properties = properties,
                Expires = select.Int64OrNull(5) is { } expires ? new Instant(expires).ToDateTimeOffset() : null,
            });
        }
    }
}

using System.Buffers;
using System.Security.Cryptography;
using System.Text.Json;
using Stoa.Query;
using Stoa.Sensing.Http;
using Stoa.Sensing.Observations;
using Stoa.Sensing.Schema;
using Stoa.Storage;
using Stoa.Storage.Translation;
using Stoa.Vocabulary;

namespace Stoa.Sensing.Mqtt.SensorThings;

/// <summary>Writes payloads: the same bytes as the HTTP interface gives for the same address. Used by one thread at a time.</summary>
internal sealed class TopicText(QueryTranslator translator) : IDisposable
{
    private static readonly JsonWriterOptions Writing = new()
    {
        Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping, SkipValidation = true,
    };

    private readonly ArrayBufferWriter<byte> _buffer = new(4096);
    private readonly Utf8JsonWriter _json = new(Stream.Null, Writing);

    /// <summary>A new observation, from what the feed told.</summary>
    internal byte[] Of(StoredObservation observation, RowLayout layout, byte[] root)
    {
        var json = Begin();
        json.WriteStartObject();
        layout.WriteMembers(json, observation, root);
        json.WriteEndObject();
        return End();
    }

    /// <summary>The entity on which a plan stands, with what is expanded below it.</summary>
    internal byte[] Of(ReadPlan plan, byte[] root)
    {
        plan.WriteEntity(Begin(), root);
        return End();
    }

    /// <summary>One entity of a topic, or its property; null when it is not there, not seen or not wanted by the filter.</summary>
    /// <param name="session">A snapshot.</param>
    /// <param name="topic">The topic.</param>
    /// <param name="id">The entity, where the topic is a set; null where the topic says it.</param>
    /// <param name="scope">What may be seen; part of the statement.</param>
    internal (byte[] Payload, DatasetId Dataset)? Read(Session session, Topic topic, long? id, AccessScope scope)
    {
        var steps = topic.Path.Steps;
        if (id is { } key) steps = [.. steps.SkipLast(1), steps[^1] with { Key = key }];
        using var plan = ReadPlan.For(
            translator, session, new ReadRequest { Path = steps, Scope = scope }, topic.Query, isSingle: true);
        if (!plan.Step()) return null;
        if (DatasetOf(session, topic.Entity, plan.Id) is not { } dataset) return null;
        if (topic.Form != TopicForm.Property) return (Of(plan, topic.Root.Utf8), dataset);
        if (PropertyReads.Read(translator, session, new Caller(topic.Root, scope), topic.Path) is not { } value) return null;
        PropertyReads.WriteMember(Begin(), topic.Path, value);
        return (End(), dataset);
    }

    /// <summary>The dataset of an entity; the caller has read it under a scope.</summary>
    internal static DatasetId? DatasetOf(Session session, EntityType entity, long id)
    {
        var mapping = SensorThingsMapping.Mapping[entity];
        var named = mapping.DatasetSource?.Column ?? mapping.DatasetColumn;
        if (Number(session, $"SELECT {named} FROM {mapping.Table} WHERE {mapping.IdColumn} = @id", id) is not { } key) return null;
        // Asked by itself: the two tables may lie on different machines.
        var dataset = mapping.DatasetSource is { } source
            ? Number(session, $"SELECT {source.DatasetColumn} FROM {source.Table} WHERE {source.KeyColumn} = @id", key)
            : key;
        return dataset is { } known ? new DatasetId(known) : null;
    }

    private static long? Number(Session session, string sql, long id)
    {
        using var find = session.Prepare(sql);
        return find.Bind("@id", id).Step() ? find.Int64(0) : null;
    }

    /// <summary>Tells texts apart.</summary>
    internal static ulong Hash(ReadOnlySpan<byte> text)
    {
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(text, hash);
        return BitConverter.ToUInt64(hash);
    }

    private Utf8JsonWriter Begin()
    {
        _buffer.ResetWrittenCount();
        _json.Reset(_buffer);
        return _json;
    }

    private byte[] End()
    {
        _json.Flush();
        return _buffer.WrittenSpan.ToArray();
    }

    public void Dispose() => _json.Dispose();
}

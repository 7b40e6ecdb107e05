using System.Buffers;
using System.Buffers.Text;
using System.Collections.Frozen;
using System.Text.Json;
using Stoa.Sensing.Entities;
using Stoa.Storage;
using Stoa.Vocabulary;

namespace Stoa.Sensing.Http;

/// <summary>Puts ids into bodies in place of what stands for them, so that whoever reads a body afterwards knows ids alone.</summary>
internal static class LinkText
{
    // What clients keep there is theirs, whatever it looks like.
    private static readonly FrozenSet<string> Opaque = new[]
    {
        "properties", "parameters", "result", "resultQuality", "metadata", "location", "feature", "unitOfMeasurement",
        "unitOfMeasurements", "dataArray",
    }.ToFrozenSet(StringComparer.Ordinal);

    private static readonly FrozenDictionary<string, EntityDescription> Targets = EntityDescription.All
        .SelectMany(description => new[] { (description.Name, description), (description.Set, description) })
        .ToFrozenDictionary(pair => pair.Item1, pair => pair.description, StringComparer.Ordinal);

    /// <summary>Whether a body may link by external keys; a false alarm only costs time.</summary>
    internal static bool MayHaveKeys(ReadOnlySpan<byte> body) => body.IndexOf("\"@iot.externalKey\""u8) >= 0;

    /// <summary>A body with <c>{"@iot.id": "$sensor1"}</c> as <c>{"@iot.id": 7}</c>. What is no JSON stays as it is.</summary>
    internal static Result<ReadOnlyMemory<byte>> ResolveReferences(ReadOnlyMemory<byte> body, Func<string, Result<long>> idOf)
    {
        var rewriting = new Rewriting(body);
        try
        {
            var reader = new Utf8JsonReader(body.Span);
            var isId = false;
            while (reader.Read())
            {
                if (isId && reader.TokenType == JsonTokenType.String && reader.GetString() is ['$', .. var reference])
                {
                    if (!idOf(reference).TryGet(out var id, out var problem)) return problem;
                    rewriting.Replace((int)reader.TokenStartIndex, (int)reader.BytesConsumed, id, isObject: false);
                }

                isId = SkipOpaque(ref reader) && reader.ValueTextEquals("@iot.id"u8);
            }
        }
        catch (Exception error) when (error is JsonException or InvalidOperationException)
        {
            return body;
        }

        return rewriting.End();
    }

    /// <summary>A body with <c>{"Thing": {"@iot.externalKey": "abc"}}</c> as <c>{"Thing": {"@iot.id": 7}}</c>.</summary>
    /// <param name="session">Where keys are looked up.</param>
    /// <param name="body">What is no JSON stays as it is.</param>
    /// <param name="rights">The dataset of its address, or the one that the credential writes, is where keys are known.</param>
    internal static Result<ReadOnlyMemory<byte>> ResolveKeys(Session session, ReadOnlyMemory<byte> body, WriteRights rights)
    {
        var rewriting = new Rewriting(body);
        var names = new EntityDescription?[JsonPatch.DepthMax + 2];
        try
        {
            var reader = new Utf8JsonReader(body.Span);
            while (reader.Read())
            {
                var depth = reader.CurrentDepth;
                if (reader.TokenType == JsonTokenType.StartArray) names[depth + 1] = names[depth];
                if (reader.TokenType == JsonTokenType.StartObject && depth > 0 && names[depth] is { } target &&
                    TryReadKey(reader, out var key, out var end))
                {
                    var mayLook = rights.MayLink(rights.Target);
                    if (!mayLook || ExternalKeys.Find(session, target, rights.Target, key) is not { } id) return Problems.UnknownKey(target.Name, key);
                    rewriting.Replace((int)reader.TokenStartIndex, end, id, isObject: true);
                    reader.Skip();
                    continue;
                }

                if (SkipOpaque(ref reader)) names[depth] = Targets.GetValueOrDefault(reader.GetString()!);
            }
        }
        catch (Exception error) when (error is JsonException or InvalidOperationException)
        {
            return body;
        }

        return rewriting.End();
    }

    /// <summary>Whether an object is a link by key and nothing else.</summary>
    private static bool TryReadKey(Utf8JsonReader reader, out string key, out int end)
    {
        (key, end) = ("", 0);
        if (!reader.Read() || reader.TokenType != JsonTokenType.PropertyName || !reader.ValueTextEquals("@iot.externalKey"u8)) return false;
        if (!reader.Read() || reader.TokenType != JsonTokenType.String) return false;
        key = reader.GetString()!;
        if (!reader.Read() || reader.TokenType != JsonTokenType.EndObject) return false;
        end = (int)reader.BytesConsumed;
        return true;
    }

    /// <summary>True at a member of an entity; passes over the value of a member that is a client's own.</summary>
    private static bool SkipOpaque(ref Utf8JsonReader reader)
    {
        if (reader.TokenType != JsonTokenType.PropertyName) return false;
        if (!Opaque.Contains(reader.GetString()!)) return true;
        reader.Read();
        reader.Skip();
        return false;
    }

    private sealed class Rewriting(ReadOnlyMemory<byte> body)
    {
        private ArrayBufferWriter<byte>? _written;
        private int _copied;

        internal void Replace(int start, int end, long id, bool isObject)
        {
            _written ??= new ArrayBufferWriter<byte>(body.Length + 64);
            _written.Write(body.Span[_copied..start]);
            if (isObject) _written.Write("{\"@iot.id\":"u8);
            var digits = _written.GetSpan(20);
            Utf8Formatter.TryFormat(id, digits, out var length);
            _written.Advance(length);
            if (isObject) _written.Write("}"u8);
            _copied = end;
        }

        internal ReadOnlyMemory<byte> End()
        {
            if (_written is null) return body;
            _written.Write(body.Span[_copied..]);
            return _written.WrittenMemory;
        }
    }
}

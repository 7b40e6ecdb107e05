using System.Buffers;
using System.Buffers.Binary;
using System.Buffers.Text;
using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.Http;
using Microsoft.Net.Http.Headers;
using Stoa.Sensing.Entities;
using Stoa.Sensing.Observations;
using Stoa.Storage;
using Stoa.Vocabulary;

namespace Stoa.Sensing.Http;

/// <summary>Entity tags: <c>"stored.shown"</c>, a hash of the entity's stored properties and one of the bytes of the answer.</summary>
/// <remarks>
/// RFC 9110, 8.8.3; decision 0009. If-Match compares what stands before the dot, so that observations that
/// arrive do not keep anybody from changing their Datastream; If-None-Match on GET compares the whole.
/// </remarks>
internal static class EntityTag
{
    // 96 bits: no two states of an entity meet by chance, and a header stays short.
    private const int HashBytes = 12;

    private const string ObservationColumns =
        """
        result_number, result_text, result_boolean, result_json, phenomenon_start, phenomenon_end, phenomenon_offset, result_time,
        result_offset, valid_start, valid_end, valid_offset, result_quality, parameters
        """;

    private const int ResultColumns = 4;

    private static readonly ConcurrentDictionary<string, string> Statements = new(StringComparer.Ordinal);

    [ThreadStatic]
    private static ArrayBufferWriter<byte>? _buffer;

    /// <summary>The part before the dot; null when there is no such entity. Links to others do not count: they may be hidden.</summary>
    /// <remarks>Cost: one look-up by id.</remarks>
    internal static string? OfStored(Session session, string set, long id)
    {
        using var row = session.Prepare(Statements.GetOrAdd(set, Sql));
        if (!row.Bind("@id", id).Step()) return null;
        var buffer = _buffer ??= new ArrayBufferWriter<byte>(512);
        buffer.ResetWrittenCount();
        if (set == "Observations")
        {
            // What was sent, and not how this engine keeps it: the tag stays when the data moves to another.
            var result = ResultValue.Read(row, 0);
            Add(buffer, result.Kind is ResultKind.Integer or ResultKind.Number ? (byte)ResultKind.Json : (byte)result.Kind,
                Encoding.UTF8.GetBytes(result.ToString()));
        }

        for (var column = set == "Observations" ? ResultColumns : 0; column < row.Columns; column++)
            Add(buffer, (byte)row.Kind(column), row.Utf8(column));
        return OfBytes(buffer.WrittenSpan);
    }

    // Type and length go before each value, so that no two rows give the same bytes.
    private static void Add(ArrayBufferWriter<byte> buffer, byte kind, ReadOnlySpan<byte> bytes)
    {
        var start = buffer.GetSpan(5);
        start[0] = kind;
        BinaryPrimitives.WriteInt32LittleEndian(start[1..], bytes.Length);
        buffer.Advance(5);
        buffer.Write(bytes);
    }

    /// <summary>The part after the dot.</summary>
    internal static string OfBytes(ReadOnlySpan<byte> bytes)
    {
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(bytes, hash);
        return Base64Url.EncodeToString(hash[..HashBytes]);
    }

    /// <summary>The tag of an answer.</summary>
    internal static string Of(string stored, ReadOnlySpan<byte> shown) => $"\"{stored}.{OfBytes(shown)}\"";

    /// <summary>The tag of what a change has left stored: good for If-Match, and never equal to that of an answer.</summary>
    internal static string OfChanged(string stored) => $"\"{stored}\"";

    private static string Sql(string set)
    {
        if (set == "Observations") return $"SELECT {ObservationColumns} FROM observation WHERE id = @id";
        var description = EntityDescription.Find(set) ?? throw new InvalidOperationException($"Unknown set {set}.");
        var columns = string.Join(", ", description.Properties.Select(property => property.Column));
        return $"SELECT {columns} FROM {description.Table} WHERE id = @id";
    }
}

/// <summary>If-Match and If-None-Match of a request (RFC 9110, 13.1).</summary>
internal sealed record Preconditions
{
    // A client that edits one entity has one tag, or the few it has seen.
    private const int TagsMax = 32;

    private IReadOnlyList<EntityTagHeaderValue> Match { get; init; } = [];

    private IReadOnlyList<EntityTagHeaderValue> NoneMatch { get; init; } = [];

    internal static Preconditions None { get; } = new();

    internal bool IsEmpty => Match.Count == 0 && NoneMatch.Count == 0;

    /// <summary>Whether the request may only create: If-None-Match: *.</summary>
    internal bool OnlyCreates => NoneMatch.Any(tag => tag == EntityTagHeaderValue.Any);

    /// <summary>Whether the request may only change what is there: any If-Match.</summary>
    internal bool OnlyChanges => Match.Count > 0;

    internal static Result<Preconditions> Parse(IHeaderDictionary headers)
    {
        var (match, none) = (headers.IfMatch, headers.IfNoneMatch);
        if (match.Count == 0 && none.Count == 0) return None;
        if (!TryParse(match, out var matches)) return Problems.Header("If-Match");
        if (!TryParse(none, out var noneMatches)) return Problems.Header("If-None-Match");
        return new Preconditions { Match = matches, NoneMatch = noneMatches };
    }

    private static bool TryParse(Microsoft.Extensions.Primitives.StringValues header, out IReadOnlyList<EntityTagHeaderValue> tags)
    {
        tags = [];
        if (header.Count == 0) return true;
        if (!EntityTagHeaderValue.TryParseStrictList(header!, out var parsed) || parsed.Count is 0 or > TagsMax) return false;
        tags = [.. parsed];
        return true;
    }

    /// <summary>412 when what is stored is not what the request expects; null when it may go on.</summary>
    /// <param name="stored">The part of the tag before the dot; null when the entity is not there.</param>
    internal Problem? Refuse(string? stored)
    {
        if (Match.Count > 0 && !(stored is not null && Match.Any(tag => IsOf(tag, stored, weak: false))))
            return Problems.Changed();
        return stored is not null && NoneMatch.Any(tag => IsOf(tag, stored, weak: true)) ? Problems.Exists() : null;
    }

    /// <summary>Whether a GET may be answered 304: If-None-Match names the whole tag.</summary>
    internal bool IsFresh(string tag) => NoneMatch.Any(candidate =>
        candidate == EntityTagHeaderValue.Any || candidate.Tag.Equals(tag, StringComparison.Ordinal));

    private static bool IsOf(EntityTagHeaderValue tag, string stored, bool weak)
    {
        if (tag == EntityTagHeaderValue.Any) return true;
        if (tag.IsWeak && !weak) return false;
        var text = tag.Tag.AsSpan().Trim('"');
        var dot = text.IndexOf('.');
        return (dot < 0 ? text : text[..dot]).SequenceEqual(stored);
    }
}

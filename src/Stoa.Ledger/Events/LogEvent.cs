using System.Buffers;
using System.Buffers.Text;
using System.Globalization;
using System.Security.Cryptography;
using System.Text.Json;
using Stoa.Ledger.Canonical;
using Stoa.Vocabulary;

namespace Stoa.Ledger.Events;

/// <summary>Something that has happened, as it enters a log.</summary>
/// <param name="Type">What has happened.</param>
/// <param name="Time">When.</param>
/// <param name="Members">Further members of the type; those without a value are left out.</param>
public sealed record LogEvent(EventType Type, Instant Time, params IReadOnlyList<(string Name, EventValue Value)> Members)
{
    /// <summary>The form of the entry.</summary>
    public const int Version = 1;

    /// <summary>Longest entry, in bytes: a bundle says its length in two (C2SP tlog-tiles).</summary>
    public const int BytesMax = ushort.MaxValue;

    /// <summary>Length of the salt of a private entry, in bytes.</summary>
    public const int SaltLength = 16;

    /// <summary>The entry: canonical JSON (RFC 8785). A private one gets a salt, so that no two are alike.</summary>
    /// <exception cref="InvalidOperationException">It does not fit its schema, or is too long: a mistake of the program.</exception>
    public byte[] ToBytes()
    {
        Span<byte> salt = stackalloc byte[SaltLength];
        RandomNumberGenerator.Fill(salt);
        return ToBytes(salt);
    }

    /// <summary>The same with a salt of one's own, for tests.</summary>
    internal byte[] ToBytes(ReadOnlySpan<byte> salt)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            json.WriteNumber("v"u8, Version);
            json.WriteString("type"u8, Type.Name);
            json.WriteString("time"u8, new Instant(Time.UnixMicroseconds).ToString());
            if (Type.IsPrivate) json.WriteString("salt"u8, Base64Url.EncodeToString(salt));
            foreach (var (name, value) in Members) value.Write(json, name);
            json.WriteEndObject();
        }

        using var document = JsonDocument.Parse(buffer.WrittenMemory);
        if (Type.Refuse(document.RootElement) is { } refusal) throw new InvalidOperationException($"This must not enter a log: {refusal}");
        var bytes = CanonicalJson.Bytes(document.RootElement);
        return bytes.Length <= BytesMax
            ? bytes
            : throw new InvalidOperationException($"An entry of {bytes.Length} bytes is longer than {BytesMax}.");
    }

    /// <summary>Why these bytes are no entry that this program would have written; null when they are.</summary>
    public static string? Refuse(ReadOnlyMemory<byte> entry)
    {
        if (entry.Length > BytesMax) return $"An entry of {entry.Length} bytes is longer than {BytesMax}.";
        try
        {
            using var document = JsonDocument.Parse(entry);
            var root = document.RootElement;
            if (root.ValueKind != JsonValueKind.Object || !root.TryGetProperty("type", out var type) ||
                type.ValueKind != JsonValueKind.String || EventTypes.Find(type.GetString() ?? "") is not { } known)
                return "It is of no known type.";
            return known.Refuse(root) ?? (CanonicalJson.Bytes(root).AsSpan().SequenceEqual(entry.Span) ? null : "It is not canonical.");
        }
        catch (Exception error) when (error is JsonException or InvalidOperationException)
        {
            return "It is not JSON.";
        }
    }

    /// <summary>The identifier of a thing of the exchange.</summary>
    public static string Urn(string word, long number) => string.Create(CultureInfo.InvariantCulture, $"urn:stoa:{word}:{number}");

    /// <summary>The identifier of a thing that is public by its slug.</summary>
    public static string Urn(string word, string slug) => $"urn:stoa:{word}:{slug}";

    /// <summary>The digest of bytes, as entries have it.</summary>
    public static string DigestOf(ReadOnlySpan<byte> bytes) => $"sha256:{Convert.ToHexStringLower(SHA256.HashData(bytes))}";
}

/// <summary>What stands in a member: a text, a whole number, a list of texts, or nothing.</summary>
public readonly record struct EventValue
{
    private readonly string? _text;
    private readonly long? _number;
    private readonly IEnumerable<string>? _list;

    private EventValue(string? text, long? number, IEnumerable<string>? list) => (_text, _number, _list) = (text, number, list);

    /// <summary>A text; null for nothing.</summary>
    public static implicit operator EventValue(string? text) => new(text, null, null);

    /// <summary>A whole number; null for nothing.</summary>
    public static implicit operator EventValue(long? number) => new(null, number, null);

    /// <summary>A whole number.</summary>
    public static implicit operator EventValue(long number) => new(null, number, null);

    /// <summary>A list; an empty one is nothing. Entries may come in any order and several times.</summary>
    public static EventValue Of(IEnumerable<string> list) => new(null, null, list);

    internal void Write(Utf8JsonWriter json, string name)
    {
        if (_text is not null) json.WriteString(name, _text);
        else if (_number is { } number) json.WriteNumber(name, number);
        else if (_list is not null) WriteList(json, name, new SortedSet<string>(_list, StringComparer.Ordinal));
    }

    private static void WriteList(Utf8JsonWriter json, string name, SortedSet<string> list)
    {
        if (list.Count == 0) return;
        json.WriteStartArray(name);
        foreach (var entry in list) json.WriteStringValue(entry);
        json.WriteEndArray();
    }
}

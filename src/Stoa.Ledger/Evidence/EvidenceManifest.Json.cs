using System.Buffers;
using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;
using Stoa.Ledger.Checkpoints;
using Stoa.Ledger.Events;

namespace Stoa.Ledger.Evidence;

public sealed partial record EvidenceManifest
{
    private const string TimeFormat = "yyyy-MM-dd'T'HH:mm:ss'Z'";

    private static readonly JsonDocumentOptions Strict = new() { AllowDuplicateProperties = false, MaxDepth = 8 };
    private static readonly JsonWriterOptions Readable = new() { Indented = true, NewLine = "\n", Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>Reads it. Whatever the format does not have is refused, so that a changed name of a member is noticed.</summary>
    /// <param name="bytes">The file.</param>
    /// <param name="manifest">What it says.</param>
    /// <param name="fault">What is wrong with it, as the end of a sentence; null when nothing is.</param>
    public static bool TryParse(ReadOnlyMemory<byte> bytes, out EvidenceManifest? manifest, out string? fault)
    {
        manifest = null;
        fault = null;
        try
        {
            using var document = JsonDocument.Parse(bytes, Strict);
            manifest = Read(document.RootElement);
            return true;
        }
        catch (JsonException)
        {
            fault = "is not JSON, or was damaged";
        }
        catch (InvalidOperationException)
        {
            // Thrown where a text or the name of a member is read.
            fault = "has a text that is no Unicode";
        }
        catch (FormatException wrong)
        {
            fault = wrong.Message;
        }

        return false;
    }

    /// <summary>Its bytes: JSON that people can read.</summary>
    public byte[] ToBytes()
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(buffer, Readable))
        {
            json.WriteStartObject();
            json.WriteString("format", EvidencePack.Format);
            json.WriteString("made", Made.UtcDateTime.ToString(TimeFormat, CultureInfo.InvariantCulture));
            json.WriteString("about", About);
            json.WriteStartArray("keys");
            foreach (var key in Keys) json.WriteStringValue(key);
            json.WriteEndArray();
            json.WriteStartArray("items");
            foreach (var item in Items) Write(json, item);
            json.WriteEndArray();
            json.WriteStartArray("consistency");
            foreach (var one in Consistency)
            {
                json.WriteStartObject();
                json.WriteString("log", one.Log);
                json.WriteNumber("from", one.From);
                json.WriteNumber("to", one.To);
                json.WriteString("file", one.File);
                json.WriteEndObject();
            }

            json.WriteEndArray();
            json.WriteEndObject();
        }

        buffer.Write("\n"u8);
        return buffer.WrittenSpan.ToArray();
    }

    private static void Write(Utf8JsonWriter json, EvidenceItem item)
    {
        json.WriteStartObject();
        (string Kind, (string Name, string Value)[] Members) parts = item switch
        {
            EntryItem one => ("entry", [("proof", one.Proof)]),
            DigestItem one => ("digest", [("file", one.File), ("proof", one.Proof)]),
            CommitmentItem one => ("commitment", [("file", one.File), ("salt", Convert.ToBase64String(one.Salt)), ("proof", one.Proof)]),
            MembersItem one => ("members", [("file", one.File), ("proofs", one.Proofs)]),
            DetailItem one => ("detail", [("file", one.File), ("lines", one.Lines), ("member", one.Member)]),
            _ => throw new ArgumentOutOfRangeException(nameof(item), item, "Unknown kind of item."),
        };
        json.WriteString("kind", parts.Kind);
        json.WriteString("title", item.Title);
        foreach (var (name, value) in parts.Members) json.WriteString(name, value);
        json.WriteEndObject();
    }

    private static EvidenceManifest Read(JsonElement root)
    {
        Allow(root, "format", "made", "about", "keys", "items", "consistency");
        if (Text(root, "format", 100) is var format && format != EvidencePack.Format)
            throw new FormatException($"is of the format '{format}'; this program knows {EvidencePack.Format}");
        if (!DateTimeOffset.TryParseExact(Text(root, "made", 40), TimeFormat, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var made))
            throw new FormatException("has a time that is none");
        return new(made, Text(root, "about", EvidencePack.AboutLengthMax),
            [.. List(root, "keys").Select(key => VerifierKey.TryParse(Text(key), out var read) ? read!.ToString() : throw new FormatException("has a key that is none"))],
            [.. List(root, "items").Select(ReadItem)], [.. List(root, "consistency").Select(ReadConsistency)]);
    }

    private static EvidenceItem ReadItem(JsonElement item)
    {
        if (item.ValueKind != JsonValueKind.Object) throw new FormatException("has an item that is no object");
        var kind = Text(item, "kind", 100);
        var title = Text(item, "title", EvidencePack.TitleLengthMax);
        switch (kind)
        {
            case "entry":
                Allow(item, "kind", "title", "proof");
                return new EntryItem(title, Name(item, "proof"));
            case "digest":
                Allow(item, "kind", "title", "file", "proof");
                return new DigestItem(title, Name(item, "file"), Name(item, "proof"));
            case "commitment":
                Allow(item, "kind", "title", "file", "salt", "proof");
                return new CommitmentItem(title, Name(item, "file"), Salt(Text(item, "salt", 44)), Name(item, "proof"));
            case "members":
                Allow(item, "kind", "title", "file", "proofs");
                return new MembersItem(title, Name(item, "file"), Name(item, "proofs"));
            case "detail":
                Allow(item, "kind", "title", "file", "lines", "member");
                return new DetailItem(title, Name(item, "file"), Name(item, "lines"), Name(item, "member"));
            default:
                throw new FormatException($"has an item of the kind '{kind}', which {EvidencePack.Format} does not have");
        }
    }

    private static EvidenceConsistency ReadConsistency(JsonElement one)
    {
        Allow(one, "log", "from", "to", "file");
        var read = new EvidenceConsistency(Text(one, "log", VerifierKey.NameLengthMax), Number(one, "from"), Number(one, "to"), Name(one, "file"));
        return read.From <= read.To ? read : throw new FormatException("has a consistency proof to a smaller size");
    }

    private static byte[] Salt(string text)
    {
        Span<byte> salt = stackalloc byte[Commitment.SaltLength + 1];
        return Convert.TryFromBase64String(text, salt, out var length) && length == Commitment.SaltLength &&
            Convert.ToBase64String(salt[..length]) == text ? salt[..length].ToArray() : throw new FormatException("has a salt that is not 32 bytes in base64");
    }

    private static void Allow(JsonElement element, params ReadOnlySpan<string> names)
    {
        if (element.ValueKind != JsonValueKind.Object) throw new FormatException("has something else where an object belongs");
        foreach (var member in element.EnumerateObject())
            if (!names.Contains(member.Name)) throw new FormatException($"has a member '{member.Name}' where none belongs");
    }

    private static JsonElement.ArrayEnumerator List(JsonElement element, string name)
    {
        if (!element.TryGetProperty(name, out var list) || list.ValueKind != JsonValueKind.Array) throw new FormatException($"has no list '{name}'");
        if (list.GetArrayLength() > EvidencePack.ItemsMax) throw new FormatException($"has more than {EvidencePack.ItemsMax} in '{name}'");
        return list.EnumerateArray();
    }

    private static string Name(JsonElement element, string name) =>
        Text(element, name, EvidencePack.NameLengthMax) is var text && EvidencePack.IsName(text)
            ? text : throw new FormatException($"names a file '{text}', which no file may be called");

    private static long Number(JsonElement element, string name) =>
        element.TryGetProperty(name, out var number) && number.ValueKind == JsonValueKind.Number && Checkpoint.TryParseSize(number.GetRawText(), out var size)
            ? size : throw new FormatException($"has no size '{name}'");

    private static string Text(JsonElement element, string name, int lengthMax) =>
        element.TryGetProperty(name, out var text) && Text(text) is var read && read.Length <= lengthMax
            ? read : throw new FormatException($"has no text '{name}', or one that is too long");

    private static string Text(JsonElement element) =>
        element.ValueKind == JsonValueKind.String ? element.GetString() ?? "" : throw new FormatException("has something else where a text belongs");
}

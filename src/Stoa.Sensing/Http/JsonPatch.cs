using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Stoa.Sensing.Observations;
using Stoa.Vocabulary;

namespace Stoa.Sensing.Http;

/// <summary>A JSON Patch: operations on the properties of one entity, all done or none.</summary>
/// <remarks>
/// RFC 6902, and RFC 6901 for its pointers; OGC 18-088, 10.3.4 (update-entity-jsonpatch). Immutable: applied inside the
/// writer's transaction to what is stored there, perhaps twice.
/// </remarks>
internal sealed class JsonPatch
{
    /// <summary>Operations of one patch; whoever has more sends the whole property.</summary>
    internal const int OperationsMax = 1000;

    /// <summary>Parts of a pointer; JSON is read to the same depth.</summary>
    internal const int DepthMax = 64;

    /// <summary>JSON characters that the copy operations of one patch may copy: copying doubles, patch after patch.</summary>
    internal const int CopiedCharsMax = 1 << 20;

    private static readonly JsonDocumentOptions Reading = new() { AllowDuplicateProperties = false, MaxDepth = DepthMax };

    private readonly List<Operation> _operations = [];

    private JsonPatch()
    {
    }

    /// <summary>Reads a patch of an entity.</summary>
    /// <param name="utf8">An array of operations.</param>
    /// <param name="properties">The properties that may be patched; ids, links and relations are no part of the document.</param>
    internal static Result<JsonPatch> Parse(ReadOnlyMemory<byte> utf8, IReadOnlySet<string> properties)
    {
        JsonNode? root;
        try
        {
            CheckTexts(utf8.Span);
            root = JsonNode.Parse(utf8.Span, null, Reading);
        }
        catch (JsonException error)
        {
            return Problems.Json(error);
        }
        catch (InvalidOperationException)
        {
            return Problems.NoUnicode();
        }

        if (root is not JsonArray operations) return Problems.MalformedPatch("A JSON Patch is an array of operations (RFC 6902).");
        if (operations.Count > OperationsMax) return Problems.TooBig("A JSON Patch, in operations,", OperationsMax);
        var patch = new JsonPatch();
        for (var i = 0; i < operations.Count; i++)
        {
            if (!Read(operations[i], properties).TryGet(out var operation, out var problem)) return problem.With("operation", i);
            patch._operations.Add(operation);
        }

        return patch;
    }

    // Texts are read when they are first compared, which is too late to find half a surrogate pair in one.
    private static void CheckTexts(ReadOnlySpan<byte> utf8)
    {
        var reader = new Utf8JsonReader(utf8, new JsonReaderOptions { MaxDepth = DepthMax });
        while (reader.Read())
            if (reader.TokenType is JsonTokenType.String or JsonTokenType.PropertyName && reader.ValueIsEscaped) reader.GetString();
    }

    private static Result<Operation> Read(JsonNode? node, IReadOnlySet<string> properties)
    {
        if (node is not JsonObject json) return Problems.MalformedPatch("Each operation is an object with op and path.");
        if (!TryText(json, "op", out var name) || Parse(name) is not { } kind)
            return Problems.MalformedPatch("op is one of add, remove, replace, move, copy, test.");
        if (!TryPointer(json, "path", out var path))
            return Problems.MalformedPatch($"path is a JSON Pointer such as /properties/height, of at most {DepthMax} parts.");
        if (Refuse(path, properties) is { } refused) return refused;
        string[] from = [];
        if (kind is Kind.Move or Kind.Copy)
        {
            if (!TryPointer(json, "from", out from))
                return Problems.MalformedPatch($"{name} needs from: a JSON Pointer such as /properties/height.");
            if (Refuse(from, properties) is { } refusedFrom) return refusedFrom;
            if (kind == Kind.Move && path.Length > from.Length && path.AsSpan(0, from.Length).SequenceEqual(from))
                return Problems.MalformedPatch("A value cannot be moved into itself (RFC 6902, 4.4).");
        }

        if (kind is Kind.Add or Kind.Replace or Kind.Test && !json.ContainsKey("value"))
            return Problems.MalformedPatch($"{name} needs value; null is one.");
        return new Operation(kind, path, from, json["value"]);
    }

    private static Kind? Parse(string name) => name switch
    {
        "add" => Kind.Add,
        "remove" => Kind.Remove,
        "replace" => Kind.Replace,
        "move" => Kind.Move,
        "copy" => Kind.Copy,
        "test" => Kind.Test,
        _ => null,
    };

    private static Problem? Refuse(string[] path, IReadOnlySet<string> properties) =>
        path.Length > 0 && properties.Contains(path[0])
            ? null
            : Problems.MalformedPatch(
                "A pointer begins with a property of the entity: " + string.Join(", ", properties.Select(property => "/" + property)) +
                ". Ids, links, relations and derived values cannot be patched; send relations as application/json.");

    private static bool TryText(JsonObject json, string name, out string text)
    {
        text = "";
        if (json[name] is not JsonValue value || value.GetValueKind() != JsonValueKind.String) return false;
        text = value.GetValue<string>();
        return true;
    }

    /// <summary>RFC 6901: parts after slashes, ~1 for a slash and ~0 for a tilde.</summary>
    private static bool TryPointer(JsonObject json, string name, out string[] parts)
    {
        parts = [];
        if (!TryText(json, name, out var text) || (text.Length > 0 && text[0] != '/')) return false;
        if (text.Length == 0) return true;
        if (text.AsSpan().Count('/') > DepthMax) return false;
        parts = text[1..].Split('/');
        for (var i = 0; i < parts.Length; i++)
        {
            var part = parts[i];
            for (var tilde = part.IndexOf('~', StringComparison.Ordinal); tilde >= 0; tilde = part.IndexOf('~', tilde + 1))
                if (tilde + 1 == part.Length || part[tilde + 1] is not ('0' or '1'))
                    return false;
            parts[i] = part.Replace("~1", "/", StringComparison.Ordinal).Replace("~0", "~", StringComparison.Ordinal);
        }

        return true;
    }

    /// <summary>Does all operations on a document, which is changed even when one of them fails.</summary>
    /// <returns>Null, or why one of them fails: nothing may be stored then.</returns>
    internal Problem? Apply(JsonObject document)
    {
        var copied = 0;
        for (var i = 0; i < _operations.Count; i++)
        {
            var operation = _operations[i];
            if (Apply(document, operation, ref copied) is { } detail)
                return Problems.PatchFailed(i, ToText(operation.Path), detail);
            if (copied > CopiedCharsMax) return Problems.TooBig("What a JSON Patch copies, in characters,", CopiedCharsMax);
        }

        return null;
    }

    private static string? Apply(JsonObject document, Operation operation, ref int copied)
    {
        JsonNode? value;
        switch (operation.Kind)
        {
            case Kind.Add: return Add(document, operation.Path, operation.Value?.DeepClone());
            case Kind.Remove: return Remove(document, operation.Path, out _);
            case Kind.Replace:
                return TryGet(document, operation.Path, out _)
                    ? Replace(document, operation.Path, operation.Value?.DeepClone())
                    : Absent;
            case Kind.Test:
                return !TryGet(document, operation.Path, out value) ? Absent
                    : JsonNode.DeepEquals(value, operation.Value) ? null
                    : "The value is another than the test expects. Get the entity again, and send a patch that fits it.";
            case Kind.Copy:
                if (!TryGet(document, operation.From, out value)) return AbsentFrom;
                copied += value?.ToJsonString().Length ?? 0;
                return copied > CopiedCharsMax ? null : Add(document, operation.Path, value?.DeepClone());
            case Kind.Move:
                if (!TryGet(document, operation.From, out _)) return AbsentFrom;
                if (operation.From.AsSpan().SequenceEqual(operation.Path)) return null;
                return Remove(document, operation.From, out value) ?? Add(document, operation.Path, value);
            default: throw new InvalidOperationException($"Unknown operation {operation.Kind}.");
        }
    }

    private const string Absent = "There is nothing at path. Get the entity again, and send a patch that fits it.";

    private const string AbsentFrom = "There is nothing at from. Get the entity again, and send a patch that fits it.";

    private static bool TryGet(JsonNode? node, ReadOnlySpan<string> path, out JsonNode? value)
    {
        value = node;
        foreach (var part in path)
        {
            switch (value)
            {
                case JsonObject members when members.TryGetPropertyValue(part, out var member): value = member; break;
                case JsonArray items when TryIndex(part, items.Count - 1, out var index): value = items[index]; break;
                default: return false;
            }
        }

        return true;
    }

    private static string? Add(JsonObject document, ReadOnlySpan<string> path, JsonNode? value)
    {
        if (!TryGet(document, path[..^1], out var parent)) return "There is nothing that path could be added to.";
        switch (parent)
        {
            case JsonObject members:
                members[path[^1]] = value;
                return null;
            case JsonArray items when path[^1] == "-":
                items.Add(value);
                return null;
            case JsonArray items when TryIndex(path[^1], items.Count, out var index):
                items.Insert(index, value);
                return null;
            case JsonArray items:
                return string.Create(CultureInfo.InvariantCulture, $"The array has {items.Count} items; path names a place beyond.");
            default: return "Path leads into a value that is neither object nor array.";
        }
    }

    private static string? Remove(JsonObject document, ReadOnlySpan<string> path, out JsonNode? value)
    {
        if (!TryGet(document, path, out value) || !TryGet(document, path[..^1], out var parent)) return Absent;
        if (parent is JsonObject members) members.Remove(path[^1]);
        else if (parent is JsonArray items && TryIndex(path[^1], items.Count - 1, out var index)) items.RemoveAt(index);
        return null;
    }

    private static string? Replace(JsonObject document, ReadOnlySpan<string> path, JsonNode? value)
    {
        if (!TryGet(document, path[..^1], out var parent)) return Absent;
        if (parent is JsonObject members) members[path[^1]] = value;
        else if (parent is JsonArray items && TryIndex(path[^1], items.Count - 1, out var index)) items[index] = value;
        return null;
    }

    // RFC 6901, 4: digits without leading zeros.
    private static bool TryIndex(string part, int last, out int index) =>
        int.TryParse(part, NumberStyles.None, CultureInfo.InvariantCulture, out index) && index <= last &&
        (part.Length == 1 || part[0] != '0');

    private static string ToText(string[] path)
    {
        var text = new StringBuilder();
        foreach (var part in path)
            text.Append('/').Append(part.Replace("~", "~0", StringComparison.Ordinal).Replace("/", "~1", StringComparison.Ordinal));
        return text.ToString();
    }

    /// <summary>The members in which two documents differ, as a PATCH would send them: null for one that was removed.</summary>
    /// <returns>Null when a value cannot be written, being nested too deeply.</returns>
    internal static byte[]? Difference(JsonObject before, JsonObject after)
    {
        var changed = new JsonObject();
        foreach (var (name, value) in after)
            if (!before.TryGetPropertyValue(name, out var old) || !JsonNode.DeepEquals(old, value))
                changed[name] = value?.DeepClone();
        foreach (var (name, old) in before)
            if (old is not null && !after.ContainsKey(name)) changed[name] = null;
        using var buffer = new MemoryStream();
        try
        {
            using (var json = new Utf8JsonWriter(buffer, JsonText.Plain with { MaxDepth = DepthMax })) changed.WriteTo(json);
        }
        catch (InvalidOperationException)
        {
            return null;
        }

        return buffer.ToArray();
    }

    private enum Kind
    {
        Add,
        Remove,
        Replace,
        Move,
        Copy,
        Test,
    }

    private sealed record Operation(Kind Kind, string[] Path, string[] From, JsonNode? Value);
}

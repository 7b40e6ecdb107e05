using System.Globalization;
using System.Text.Json;
using Stoa.Vocabulary;

namespace Stoa.Sensing.Http.Batches;

/// <summary>What a part has come to, as far as later parts may refer to it.</summary>
/// <param name="Status">HTTP status.</param>
internal sealed record PartResult(int Status)
{
    /// <summary>Set name of the entity that was created, changed or read; null when there is none.</summary>
    internal string? Set { get; init; }

    internal long Id { get; init; }

    /// <summary>The JSON of an answer to GET; empty when there is none, or when it is too long to be kept.</summary>
    internal ReadOnlyMemory<byte> Json { get; init; }

    internal bool Succeeded => Status < 400;
}

/// <summary>The results of a batch so far, and what references to them stand for.</summary>
/// <remarks>OGC 18-088, 11.2.1: <c>$sensor1</c> in addresses, and as <c>"@iot.id": "$sensor1"</c> in bodies.</remarks>
internal sealed class BatchResults(BatchResults? outer = null)
{
    private readonly Dictionary<string, PartResult> _results = new(StringComparer.Ordinal);

    internal void Add(string? id, PartResult result)
    {
        if (id is not null) _results[id] = result;
    }

    internal PartResult? Find(string id) => _results.TryGetValue(id, out var found) ? found : outer?.Find(id);

    /// <summary>A path whose first segment may be a reference: <c>$sensor1/Datastreams</c>.</summary>
    internal Result<string> ResolvePath(string path)
    {
        if (!path.StartsWith('$')) return path;
        if (!Split(path.AsSpan(1)).TryGet(out var found, out var problem)) return problem;
        var (result, rest) = found;
        if (result.Set is null) return BatchProblems.UnknownReference(path);
        var entity = string.Create(CultureInfo.InvariantCulture, $"{result.Set}({result.Id})");
        return rest.Length == 0 ? entity : $"{entity}/{rest}";
    }

    /// <summary>A body in which ids may be references: <c>"@iot.id": "$sensor1"</c>. What is no JSON stays as it is.</summary>
    internal Result<ReadOnlyMemory<byte>> ResolveBody(ReadOnlyMemory<byte> body) =>
        body.Span.IndexOf("\"$"u8) < 0 ? body : LinkText.ResolveReferences(body, IdOf);

    /// <summary>The id for which <c>sensor1</c> or <c>search/value/0/@iot.id</c> stands.</summary>
    private Result<long> IdOf(string reference)
    {
        if (!Split(reference).TryGet(out var found, out var problem)) return problem;
        if (found.Inside.Length == 0 && found.Result.Set is not null) return found.Result.Id;
        return Value(found.Result, found.Inside) is { ValueKind: JsonValueKind.Number } value && value.TryGetInt64(out var id)
            ? id
            : BatchProblems.UnknownReference("$" + reference);
    }

    /// <summary>The value at a place inside a result: members and indexes after slashes.</summary>
    internal static JsonElement? Value(PartResult result, string path)
    {
        if (result.Json.IsEmpty || path.Length == 0) return null;
        try
        {
            using var json = JsonDocument.Parse(result.Json);
            var value = json.RootElement;
            foreach (var name in path.Split('/'))
            {
                if (value.ValueKind == JsonValueKind.Object && value.TryGetProperty(name, out var member)) value = member;
                else if (value.ValueKind == JsonValueKind.Array &&
                    int.TryParse(name, NumberStyles.None, CultureInfo.InvariantCulture, out var index) &&
                    index < value.GetArrayLength()) value = value[index];
                else return null;
            }

            return value.Clone();
        }
        catch (JsonException)
        {
            return null;
        }
    }

    /// <summary>The longest known id at the beginning, and what follows the slash behind it: ids may hold slashes themselves.</summary>
    internal Result<(PartResult Result, string Inside)> Split(ReadOnlySpan<char> reference)
    {
        // No id is longer, so a long text costs no more to look at than a short one.
        var last = reference.Length <= BatchLimits.IdCharsMax
            ? reference.Length
            : reference[..(BatchLimits.IdCharsMax + 1)].LastIndexOf('/');
        for (var end = last; end > 0; end = reference[..end].LastIndexOf('/'))
        {
            var id = reference[..end].ToString();
            if (Find(id) is not { } result) continue;
            if (!result.Succeeded) return BatchProblems.DependencyFailed(id);
            return (result, end < reference.Length ? reference[(end + 1)..].ToString() : "");
        }

        return BatchProblems.UnknownReference("$" + reference.ToString());
    }
}

using System.Runtime.InteropServices;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Stoa.Sensing.Observations;
using Stoa.Vocabulary;

namespace Stoa.Sensing.Http.Batches;

/// <summary>Reads a batch in JSON: <c>{"requests": [{"id", "method", "url", "atomicityGroup", "dependsOn", "if", "headers", "body"}]}</c>.</summary>
/// <remarks>OData JSON Format 4.01, 19; the extension of FROST to SensorThings. Forward references are refused, so none goes in circles.</remarks>
internal static class JsonBatch
{
    internal static Result<BatchRequest> Parse(ReadOnlyMemory<byte> utf8)
    {
        try
        {
            using var json = JsonDocument.Parse(utf8, JsonText.Strict);
            if (json.RootElement.ValueKind != JsonValueKind.Object ||
                !json.RootElement.TryGetProperty("requests", out var requests) || requests.ValueKind != JsonValueKind.Array)
                return BatchProblems.Malformed("A batch in JSON is an object with an array requests.");
            if (requests.GetArrayLength() > BatchLimits.PartsMax)
                return BatchProblems.TooMany("The requests of a batch", BatchLimits.PartsMax);
            return Read(requests);
        }
        catch (JsonException error)
        {
            return Problems.Json(error);
        }
        catch (InvalidOperationException)
        {
            return Problems.NoUnicode();
        }
    }

    private static Result<BatchRequest> Read(JsonElement requests)
    {
        var items = new List<BatchItem>();
        var known = new HashSet<string>(StringComparer.Ordinal);
        var group = new List<BatchPart>();
        string? name = null;
        var number = 0;
        foreach (var request in requests.EnumerateArray())
        {
            if (!ReadPart(request, ++number, known, out var partGroup).TryGet(out var part, out var problem)) return problem;
            if (partGroup != name && name is not null)
            {
                items.Add(new BatchItem([.. group], IsChangeSet: true, name));
                group.Clear();
            }

            if (partGroup != name && partGroup is not null && !known.Add(partGroup))
                return BatchProblems.Malformed("The requests of an atomicityGroup stand together, and no request has the group's name as its id.");
            name = partGroup;
            if (name is null)
            {
                items.Add(new BatchItem([part], IsChangeSet: false));
            }
            else
            {
                if (part.IsRead) return BatchProblems.Malformed("An atomicityGroup cannot hold GET requests.");
                group.Add(part);
            }
        }

        if (name is not null) items.Add(new BatchItem([.. group], IsChangeSet: true, name));
        return new BatchRequest(items);
    }

    private static Result<BatchPart> ReadPart(JsonElement json, int number, HashSet<string> known, out string? group)
    {
        group = null;
        if (json.ValueKind != JsonValueKind.Object) return BatchProblems.Malformed("Each item of requests is an object.");
        string? id = null, method = null, url = null, condition = null;
        var dependsOn = new List<string>();
        var headers = new HeaderDictionary();
        ReadOnlyMemory<byte> body = default;
        foreach (var member in json.EnumerateObject())
        {
            var isRead = member.Name switch
            {
                "id" => TryText(member.Value, out id),
                "method" => TryText(member.Value, out method),
                "url" => TryText(member.Value, out url),
                "if" => TryText(member.Value, out condition),
                "atomicityGroup" => TryText(member.Value, out group),
                "dependsOn" => TryTexts(member.Value, dependsOn),
                "headers" => TryHeaders(member.Value, headers),
                "body" => TryBody(member.Value, out body),
                _ => false,
            };
            if (!isRead)
                return BatchProblems.Malformed(
                    "A request has the members id, method, url, if, atomicityGroup (texts), dependsOn (an array of texts), headers (an object of " +
                    "texts), body; another stands there, or one of another kind: " + Problems.Shorten(member.Name) + ".");
        }

        if (id is null || method is null || url is null) return BatchProblems.Malformed("Each request has id, method and url.");
        if (id.Length > BatchLimits.IdCharsMax || group?.Length > BatchLimits.IdCharsMax || id.Any(char.IsControl))
            return BatchProblems.Malformed($"An id has at most {BatchLimits.IdCharsMax} characters, and no control characters.");
        if (BatchParts.Refuse(headers) is { } refused) return refused;
        // Only what stands further up is known, so dependencies cannot go in circles.
        if (dependsOn.FirstOrDefault(other => !known.Contains(other)) is { } unknown)
            return BatchProblems.Malformed($"dependsOn names no request or group further up: {Problems.Shorten(unknown)}.");
        BatchCondition? parsed = null;
        if (condition?.Length > BatchLimits.ConditionCharsMax || condition is not null && !BatchCondition.TryParse(condition, out parsed))
            return BatchProblems.Malformed("if is $id/$succeeded, not $id/$succeeded, or a comparison such as $id/@iot.count eq 0.");
        if (!known.Add(id)) return BatchProblems.Malformed("Two requests or groups have the same id.");
        return new BatchPart(method.ToUpperInvariant(), url, headers, body) { Number = number, Id = id, DependsOn = dependsOn, Condition = parsed };
    }

    private static bool TryText(JsonElement value, out string? text)
    {
        text = value.ValueKind == JsonValueKind.String ? value.GetString() : null;
        return text is { Length: > 0 };
    }

    private static bool TryTexts(JsonElement value, List<string> texts)
    {
        if (value.ValueKind != JsonValueKind.Array || value.GetArrayLength() > BatchLimits.PartsMax) return false;
        foreach (var item in value.EnumerateArray())
        {
            if (!TryText(item, out var text)) return false;
            texts.Add(text!);
        }

        return true;
    }

    private static bool TryHeaders(JsonElement value, HeaderDictionary headers)
    {
        if (value.ValueKind != JsonValueKind.Object) return false;
        foreach (var member in value.EnumerateObject())
        {
            if (headers.Count == BatchLimits.HeadersMax || member.Value.ValueKind != JsonValueKind.String) return false;
            var text = member.Value.GetString()!;
            if (member.Name.Length == 0 || text.Length > BatchLimits.HeaderBytesMax || text.Any(char.IsControl)) return false;
            headers[member.Name] = text;
        }

        return true;
    }

    private static bool TryBody(JsonElement value, out ReadOnlyMemory<byte> body)
    {
        body = JsonMarshal.GetRawUtf8Value(value).ToArray();
        return true;
    }
}

using System.Globalization;
using System.Text;

namespace Stoa.Conformance.Chapters;

/// <summary>One answer of a batch: an HTTP response, or the answers of a change set.</summary>
internal sealed record BatchPart(string? ContentId, int Status, IReadOnlyDictionary<string, string> Headers,
    string Body, IReadOnlyList<BatchPart> Parts)
{
    public string Location => Headers.GetValueOrDefault("Location", "");
}

/// <summary>multipart/mixed as OGC 18-088, 11 uses it (RFC 2046, 5.1): written and read.</summary>
internal static class BatchParts
{
    public const string Boundary = "conformance_batch";
    public const string MediaType = "multipart/mixed; boundary=" + Boundary;
    private const string Line = "\r\n";

    /// <summary>A request as a part.</summary>
    public static string Request(string method, string url, string? json = null, string? contentId = null)
    {
        var part = new StringBuilder("Content-Type: application/http\r\nContent-Transfer-Encoding: binary\r\n");
        if (contentId is not null) part.Append("Content-ID: ").Append(contentId).Append(Line);
        part.Append(Line).Append(method).Append(' ').Append(url).Append(" HTTP/1.1\r\n");
        if (json is not null)
            part.Append(CultureInfo.InvariantCulture,
                $"Content-Type: application/json\r\nContent-Length: {Encoding.UTF8.GetByteCount(json)}\r\n\r\n{json}");
        else
            part.Append(Line);
        return part.ToString();
    }

    /// <summary>Requests that are done all or not at all.</summary>
    public static string ChangeSet(params string[] parts) =>
        $"Content-Type: multipart/mixed; boundary=conformance_changes\r\n\r\n{Write("conformance_changes", parts)}";

    /// <summary>The body of a batch.</summary>
    public static string Batch(params string[] parts) => Write(Boundary, parts);

    private static string Write(string boundary, string[] parts) =>
        string.Concat(parts.Select(part => $"--{boundary}\r\n{part}\r\n")) + $"--{boundary}--\r\n";

    /// <summary>The answers of a batch.</summary>
    public static IReadOnlyList<BatchPart> Read(Reply reply)
    {
        var type = reply.Header("Content-Type");
        Trial.Must(type.StartsWith("multipart/mixed", StringComparison.OrdinalIgnoreCase),
            $"The answer must be multipart/mixed, it is {type}.");
        return Read(reply.Text, BoundaryOf(type));
    }

    private static string BoundaryOf(string type)
    {
        var at = type.IndexOf("boundary=", StringComparison.OrdinalIgnoreCase);
        Trial.Must(at >= 0, $"{type} must name its boundary.");
        return type[(at + 9)..].Split(';')[0].Trim().Trim('"');
    }

    private static List<BatchPart> Read(string text, string boundary)
    {
        var pieces = ("\n" + text.Replace("\r\n", "\n", StringComparison.Ordinal)).Split("\n--" + boundary);
        Trial.Must(pieces.Length > 1 && pieces[^1].StartsWith("--", StringComparison.Ordinal),
            "The answer must end with its boundary and two hyphens.");
        return [.. pieces[1..^1].Select(piece => ReadPart(piece.TrimStart(' ', '\t').TrimStart('\n')))];
    }

    private static BatchPart ReadPart(string piece)
    {
        var (headers, body) = Split(piece);
        var contentId = headers.GetValueOrDefault("Content-ID");
        if (headers.GetValueOrDefault("Content-Type", "") is var type &&
            type.StartsWith("multipart/mixed", StringComparison.OrdinalIgnoreCase))
            return new BatchPart(contentId, 0, headers, "", Read(body, BoundaryOf(type)));
        var lineEnd = body.IndexOf('\n', StringComparison.Ordinal);
        var line = lineEnd < 0 ? body : body[..lineEnd];
        var words = line.Split(' ');
        Trial.Must(words.Length >= 2 && words[0].StartsWith("HTTP/1.", StringComparison.Ordinal),
            $"'{line}' must be a status line of HTTP.");
        var (inner, content) = Split(lineEnd < 0 ? "" : body[(lineEnd + 1)..]);
        return new BatchPart(contentId ?? inner.GetValueOrDefault("Content-ID"),
            int.Parse(words[1], CultureInfo.InvariantCulture), inner, content, []);
    }

    private static (Dictionary<string, string> Headers, string Body) Split(string text)
    {
        if (text.StartsWith('\n')) return (new(StringComparer.OrdinalIgnoreCase), text[1..]);
        var end = text.IndexOf("\n\n", StringComparison.Ordinal);
        var lines = (end < 0 ? text : text[..end]).Split('\n', StringSplitOptions.RemoveEmptyEntries);
        var headers = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);
        foreach (var line in lines.Where(line => line.Contains(':', StringComparison.Ordinal)))
            headers[line[..line.IndexOf(':', StringComparison.Ordinal)].Trim()] = line[(line.IndexOf(':',
                StringComparison.Ordinal) + 1)..].Trim();
        return (headers, end < 0 ? "" : text[(end + 2)..]);
    }
}

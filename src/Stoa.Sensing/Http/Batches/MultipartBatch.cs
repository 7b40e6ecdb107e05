using System.Buffers;
using System.Globalization;
using System.Text;
using Microsoft.AspNetCore.Http;
using Microsoft.Net.Http.Headers;
using Stoa.Vocabulary;

namespace Stoa.Sensing.Http.Batches;

/// <summary>Reads a batch of the form multipart/mixed: parts of application/http, and change sets nested once.</summary>
/// <remarks>
/// OGC 18-088, 11 (req/batch-request/batch-request); RFC 2046, 5.1. In memory and in one pass; lines may end in CRLF or LF
/// alone, as clients write both. What cannot be read refuses the whole batch before anything of it is done.
/// </remarks>
internal static class MultipartBatch
{
    private const int BoundaryCharsMax = 70;

    private static readonly SearchValues<byte> NameBytes =
        SearchValues.Create("!#$%&'*+-.^_`|~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"u8);

    /// <summary>Reads the body of a request with this Content-Type.</summary>
    internal static Result<BatchRequest> Parse(string? contentType, ReadOnlyMemory<byte> body)
    {
        if (BoundaryOf(contentType) is not { } boundary)
            return BatchProblems.Malformed("The Content-Type must name a boundary of 1 to 70 characters: multipart/mixed; boundary=batch_1.");
        if (!Split(body, boundary).TryGet(out var parts, out var problem)) return problem;
        var items = new List<BatchItem>();
        var ids = new HashSet<string>(StringComparer.Ordinal);
        var count = 0;
        foreach (var part in parts)
        {
            if (!ReadItem(part, ids, ref count).TryGet(out var item, out problem)) return problem;
            items.Add(item);
        }

        return new BatchRequest(items);
    }

    private static Result<BatchItem> ReadItem(ReadOnlyMemory<byte> part, HashSet<string> ids, ref int count)
    {
        if (!ReadHeaders(part).TryGet(out var mime, out var problem)) return problem;
        var type = mime.Headers.ContentType.ToString();
        if (!MediaType.Is(type, "multipart/mixed"))
            return ReadRequest(mime, ids, ref count).TryGet(out var single, out problem)
                ? new BatchItem([single], IsChangeSet: false)
                : problem;
        if (BoundaryOf(type) is not { } boundary) return BatchProblems.Malformed("The Content-Type of a change set must name a boundary.");
        if (!Split(mime.Rest, boundary).TryGet(out var inner, out problem)) return problem;
        var parts = new List<BatchPart>(inner.Count);
        foreach (var member in inner)
        {
            if (!ReadHeaders(member).TryGet(out var innerMime, out problem)) return problem;
            if (MediaType.Is(innerMime.Headers.ContentType, "multipart/mixed"))
                return BatchProblems.Malformed("A change set cannot hold another (OGC 18-088, 11.2.1).");
            if (!ReadRequest(innerMime, ids, ref count).TryGet(out var request, out problem)) return problem;
            if (request.IsRead) return BatchProblems.Malformed("A change set cannot hold GET requests (OGC 18-088, 11.2.1).");
            parts.Add(request);
        }

        return new BatchItem(parts, IsChangeSet: true);
    }

    /// <summary>What stands between the lines of a boundary.</summary>
    private static Result<List<ReadOnlyMemory<byte>>> Split(ReadOnlyMemory<byte> body, string boundary)
    {
        var parts = new List<ReadOnlyMemory<byte>>();
        var line = Encoding.ASCII.GetBytes("--" + boundary);
        var start = -1;
        var at = 0;
        var span = body.Span;
        while (true)
        {
            var found = span[at..].IndexOf(line);
            if (found < 0) return BatchProblems.Malformed($"The line --{boundary}-- that ends the parts is missing.");
            found += at;
            at = found + line.Length;
            if (found > 0 && span[found - 1] != '\n') continue;
            var isLast = span[at..].StartsWith("--"u8);
            var end = isLast ? at + 2 : at;
            while (end < span.Length && span[end] is (byte)' ' or (byte)'\t') end++;
            if (end < span.Length && span[end] == '\r') end++;
            if (end < span.Length && span[end] != '\n' || end == span.Length && !isLast) continue;
            if (start >= 0)
            {
                // The line break before a boundary belongs to the boundary.
                var stop = found - 1;
                if (stop > start && span[stop - 1] == '\r') stop--;
                parts.Add(stop > start ? body[start..stop] : default);
                if (parts.Count > BatchLimits.PartsMax) return BatchProblems.TooMany("The requests of a batch", BatchLimits.PartsMax);
            }

            if (isLast) return parts;
            start = at = end + 1;
        }
    }

    private static Result<BatchPart> ReadRequest(in HeadedText mime, HashSet<string> ids, ref int count)
    {
        if (++count > BatchLimits.PartsMax) return BatchProblems.TooMany("The requests of a batch", BatchLimits.PartsMax);
        if (!MediaType.Is(mime.Headers.ContentType, "application/http"))
            return BatchProblems.Malformed("Every part has the Content-Type application/http, or multipart/mixed for a change set.");
        var encoding = mime.Headers["Content-Transfer-Encoding"].ToString();
        if (encoding.Length > 0 && encoding.ToLowerInvariant() is not ("binary" or "8bit" or "7bit"))
            return BatchProblems.Malformed("Content-Transfer-Encoding must be binary.");
        var text = mime.Rest;
        // An empty line or two before the request are a frequent slip.
        while (text.Span.StartsWith("\n"u8) || text.Span.StartsWith("\r\n"u8)) text = text[(text.Span[0] == '\n' ? 1 : 2)..];
        var end = text.Span.IndexOf((byte)'\n');
        var line = (end < 0 ? text.Span : text.Span[..end]).TrimEnd((byte)'\r');
        if (!TryReadLine(line, out var method, out var url))
            return BatchProblems.Malformed("A part begins with a line such as: POST Things HTTP/1.1");
        if (!ReadHeaders(end < 0 ? default : text[(end + 1)..]).TryGet(out var http, out var problem)) return problem;
        if (!http.Headers.TryGetValue("Content-Length", out var stated)) return Checked(method, url, http.Headers, http.Rest, mime, ids, count);
        if (!long.TryParse(stated, NumberStyles.None, CultureInfo.InvariantCulture, out var length) || length > http.Rest.Length ||
            http.Rest.Span[(int)length..].ContainsAnyExcept(" \t\r\n"u8))
            return BatchProblems.Malformed("The Content-Length of a part is not that of its body. Correct it, or leave it out.");
        return Checked(method, url, http.Headers, http.Rest[..(int)length], mime, ids, count);
    }

    private static Result<BatchPart> Checked(
        string method, string url, IHeaderDictionary headers, ReadOnlyMemory<byte> body, in HeadedText mime, HashSet<string> ids,
        int number)
    {
        if (BatchParts.Refuse(headers) is { } refused) return refused;
        var id = mime.Headers["Content-ID"].ToString() is { Length: > 0 } outer ? outer : headers["Content-ID"].ToString();
        if (id.Length > BatchLimits.IdCharsMax)
            return BatchProblems.Malformed($"A Content-ID has at most {BatchLimits.IdCharsMax} characters.");
        if (id.Length > 0 && !ids.Add(id)) return BatchProblems.Malformed("Two parts have the same Content-ID.");
        return new BatchPart(method, url, headers, body) { Number = number, Id = id.Length > 0 ? id : null };
    }

    private static bool TryReadLine(ReadOnlySpan<byte> line, out string method, out string url)
    {
        (method, url) = ("", "");
        var first = line.IndexOf((byte)' ');
        var last = line.LastIndexOf((byte)' ');
        if (first <= 0 || last <= first || !line[(last + 1)..].StartsWith("HTTP/1."u8) || line.Length - last != 9) return false;
        var target = line[(first + 1)..last].Trim((byte)' ');
        if (line[..first].ContainsAnyExcept(NameBytes) || target.IsEmpty || !Decode(target, out url)) return false;
        method = Encoding.ASCII.GetString(line[..first]).ToUpperInvariant();
        return true;
    }

    /// <summary>Headers up to an empty line, and what follows.</summary>
    private static Result<HeadedText> ReadHeaders(ReadOnlyMemory<byte> text)
    {
        var headers = new HeaderDictionary();
        var at = 0;
        while (true)
        {
            var rest = text.Span[at..];
            var end = rest.IndexOf((byte)'\n');
            var line = (end < 0 ? rest : rest[..end]).TrimEnd((byte)'\r');
            if (at + line.Length > BatchLimits.HeaderBytesMax || headers.Count > BatchLimits.HeadersMax)
                return BatchProblems.TooMany("The bytes of the headers of a part", BatchLimits.HeaderBytesMax);
            at += end < 0 ? rest.Length : end + 1;
            if (line.IsEmpty) return new HeadedText(headers, text[at..]);
            var colon = line.IndexOf((byte)':');
            if (colon <= 0 || line[..colon].ContainsAnyExcept(NameBytes) || !Decode(line[(colon + 1)..].Trim(" \t"u8), out var value))
                return BatchProblems.Malformed("A header of a part is not of the form Name: value, on one line.");
            headers.Append(Encoding.ASCII.GetString(line[..colon]), value);
            if (end < 0) return new HeadedText(headers, default);
        }
    }

    private static bool Decode(ReadOnlySpan<byte> utf8, out string text)
    {
        text = "";
        if (utf8.ContainsAnyInRange((byte)0, (byte)8) || utf8.ContainsAnyInRange((byte)10, (byte)31) || utf8.Contains((byte)127) ||
            !System.Text.Unicode.Utf8.IsValid(utf8)) return false;
        text = Encoding.UTF8.GetString(utf8);
        // Those beyond ASCII too: what is echoed stays one line, whoever reads it.
        return !text.AsSpan().ContainsAnyInRange('\u0080', '\u009F');
    }

    private static string? BoundaryOf(string? contentType)
    {
        if (!MediaTypeHeaderValue.TryParse(contentType, out var type)) return null;
        var boundary = HeaderUtilities.RemoveQuotes(type.Boundary);
        if (boundary.Length is 0 or > BoundaryCharsMax) return null;
        foreach (var character in boundary.AsSpan())
            if (character is < ' ' or > '~') return null;
        return boundary.ToString();
    }

    private readonly record struct HeadedText(IHeaderDictionary Headers, ReadOnlyMemory<byte> Rest);
}

/// <summary>What holds for the requests of both forms of batches.</summary>
internal static class BatchParts
{
    /// <summary>Headers that a part may not have: rights are those of the batch.</summary>
    internal static Problem? Refuse(IHeaderDictionary headers) =>
        headers.ContainsKey("Authorization")
            ? BatchProblems.Malformed("The credential belongs to the batch: send Authorization with it, and leave it out of the parts.")
            : null;
}

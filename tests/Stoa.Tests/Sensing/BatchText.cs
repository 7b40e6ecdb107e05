using System.Text;
using System.Text.RegularExpressions;
using Xunit;

namespace Stoa.Tests.Sensing;

/// <summary>Writes batches as clients write them, and reads the answers.</summary>
internal static partial class BatchText
{
    public const string ContentType = "multipart/mixed; boundary=batch_1";

    /// <summary>Sends requests such as <c>"POST Things\n\n{…}"</c>, or change sets made by <see cref="ChangeSet"/>, as multipart/mixed.</summary>
    public static Task<Answer> SendBatchAsync(this Exchange stoa, params string[] parts) =>
        stoa.SendAsync("POST", "$batch", Batch(parts), ContentType);

    public static string Batch(params string[] parts) => Write("batch_1", parts);

    /// <summary>A change set as a part.</summary>
    public static string ChangeSet(params string[] parts) =>
        "Content-Type: multipart/mixed; boundary=set_1\r\n\r\n" + Write("set_1", parts);

    private static string Write(string boundary, string[] parts)
    {
        var text = new StringBuilder();
        foreach (var part in parts)
        {
            text.Append("--").Append(boundary).Append("\r\n");
            text.Append(part.StartsWith("Content-Type: ", StringComparison.Ordinal) ? part : Request(part)).Append("\r\n");
        }

        return text.Append("--").Append(boundary).Append("--\r\n").ToString();
    }

    /// <summary><c>"sensor1: POST Sensors\n\n{…}"</c> has the Content-ID sensor1.</summary>
    public static string Request(string request)
    {
        var id = WithId().Match(request);
        if (id.Success) request = request[id.Length..];
        var lines = request.Split('\n', 2);
        var rest = lines.Length > 1 ? lines[1].Replace("\n", "\r\n", StringComparison.Ordinal) : "\r\n";
        return "Content-Type: application/http\r\nContent-Transfer-Encoding: binary\r\n" +
            (id.Success ? $"Content-ID: {id.Groups["id"].Value}\r\n" : "") +
            $"\r\n{lines[0]} HTTP/1.1\r\n{rest}";
    }

    /// <summary>The parts of an answer, each <c>id status location body</c> with what is absent left out; change sets in brackets.</summary>
    public static string Parts(this Answer answer)
    {
        answer.ShouldBe(200);
        Assert.Equal("multipart/mixed", answer.MediaType);
        var boundary = answer.Header("Content-Type").Split("boundary=")[1];
        Assert.EndsWith($"--{boundary}--\r\n", answer.Text, StringComparison.Ordinal);
        return string.Join('\n', Split(answer.Text, boundary).Select(part => Show(part, answer)));
    }

    private static IEnumerable<string> Split(string text, string boundary) =>
        ("\r\n" + text).Split($"\r\n--{boundary}")[1..^1].Select(part => part[2..]);

    private static string Show(string part, Answer answer)
    {
        var (head, rest) = Halves(part);
        if (head.Contains("multipart/mixed", StringComparison.Ordinal))
            return $"[{string.Join(" | ", Split(rest, head.Split("boundary=")[1]).Select(inner => Show(inner, answer)))}]";
        Assert.Contains("Content-Type: application/http", head, StringComparison.Ordinal);
        var (http, body) = Halves(rest);
        var status = http.Split("\r\n")[0];
        Assert.StartsWith("HTTP/1.1 ", status, StringComparison.Ordinal);
        Assert.Equal(Encoding.UTF8.GetByteCount(body).ToString(System.Globalization.CultureInfo.InvariantCulture), Value(http, "Content-Length"));
        var type = ProblemType().Match(body);
        string[] shown =
        [
            Value(head, "Content-ID"), status.Split(' ')[1],
            Value(http, "Location").Replace(answer.Address + "sensorthings/v1.1/", "", StringComparison.Ordinal),
            type.Success ? type.Groups["type"].Value : body,
        ];
        return string.Join(' ', shown.Where(word => word.Length > 0));
    }

    private static (string Head, string Text) Halves(string text)
    {
        var at = text.IndexOf("\r\n\r\n", StringComparison.Ordinal);
        Assert.True(at >= 0, text);
        return (text[..at], text[(at + 4)..]);
    }

    private static string Value(string head, string name) =>
        head.Split("\r\n").FirstOrDefault(line => line.StartsWith(name + ": ", StringComparison.Ordinal))?[(name.Length + 2)..] ?? "";

    [GeneratedRegex(@"^(?<id>[^\s:]+): ")]
    private static partial Regex WithId();

    [GeneratedRegex("\"type\":\"/problems/(?<type>[a-z-]+)\"")]
    private static partial Regex ProblemType();
}

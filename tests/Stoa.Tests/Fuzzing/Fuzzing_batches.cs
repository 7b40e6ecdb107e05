using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Stoa.Sensing.Http;
using Stoa.Sensing.Http.Batches;
using Stoa.Vocabulary;
using Xunit;

namespace Stoa.Tests.Fuzzing;

/// <summary>Batches in both forms, their references and conditions, and JSON Patch, whatever they hold.</summary>
public class Fuzzing_batches
{
    private static readonly HashSet<string> Properties = ["name", "description", "properties"];

    private static readonly string[] Multipart =
    [
        "--b\r\n", "--b--", "\r\n", "\n", "\r", "\r\n\r\n", "Content-Type: application/http\r\n", "Content-Type: multipart/mixed; boundary=c\r\n", "--c\r\n",
        "--c--\r\n", "Content-ID: 1\r\n", "Content-Length: 5\r\n", "Content-Length: 99999999999999999999\r\n", "GET Things HTTP/1.1\r\n", "POST $1/Datastreams HTTP/1.1",
        "Content-Transfer-Encoding: base64\r\n", ": ", " HTTP/1.1", "Authorization: Bearer x\r\n", "multipart/mixed; boundary=b",
    ];

    private static readonly string[] Json =
    [
        "{", "}", "[", "]", "\"", ",", ":", "null", "\"id\":\"a\"", "\"method\":\"get\"", "\"url\":\"$a/Things\"", "\"atomicityGroup\":\"g\"", "\"dependsOn\":[\"a\"]",
        "\"if\":\"$a/$succeeded\"", "\"if\":\"not $a/b/c eq 'x'\"", "\"headers\":{\"a\":\"b\"}", "\"body\":{\"@iot.id\":\"$a\"}", "{\"requests\":[", "$", "not ", "eq ",
    ];

    private static readonly string[] Patch =
    [
        "{", "}", "[", "]", "\"", ",", "\"op\":\"add\"", "\"op\":\"move\"", "\"op\":\"copy\"", "\"op\":\"test\"", "\"op\":\"remove\"", "\"path\":\"/properties/a\"",
        "\"from\":\"/properties\"", "\"value\":{}", "/-", "~0", "~1", "~2", "/0", "/01", "//", "null", "1e400",
    ];

    private static void MustBeAdvice(Problem problem)
    {
        Assert.InRange(problem.Status, 400, 499);
        Assert.InRange(problem.Detail.Length, 1, 2000);
        Assert.DoesNotContain(problem.Detail, char.IsControl);
    }

    private static void MustBeWhole(BatchRequest batch)
    {
        var numbers = 0;
        Assert.True(batch.Items.Sum(item => item.Parts.Count) <= BatchLimits.PartsMax);
        foreach (var part in batch.Items.SelectMany(item => item.Parts))
        {
            Assert.Equal(++numbers, part.Number);
            Assert.False(part.Headers.ContainsKey("Authorization"));
            // What is echoed must not break out of its line.
            Assert.DoesNotContain(part.Id ?? "", char.IsControl);
            if (new BatchAddresses(new Uri("https://example.org/city/"), null).Read(part.Url).TryGet(out var address, out var problem))
                Assert.DoesNotContain("..", address.Path.Split('/'));
            else MustBeAdvice(problem);
            if (!WriteRequest.From(part.Method, part.Headers, part.Body).TryGet(out _, out problem)) MustBeAdvice(problem);
        }

        Assert.DoesNotContain(batch.Items.Where(item => item.IsChangeSet).SelectMany(item => item.Parts), part => part.IsRead);
    }

    [Fact]
    public void Multipart_batches_are_requests_or_problems() => new Fuzzer("multipart-batches.txt", Multipart).Run(bytes =>
    {
        // The line that the content type names is the first one of the text.
        if (MultipartBatch.Parse("multipart/mixed; boundary=b", bytes).TryGet(out var batch, out var problem)) MustBeWhole(batch);
        else MustBeAdvice(problem);
        if (MultipartBatch.Parse(Encoding.Latin1.GetString(bytes.AsSpan(0, Math.Min(bytes.Length, 100))), "--b--"u8.ToArray()).TryGet(out batch, out problem))
            Assert.Empty(batch.Items);
        else MustBeAdvice(problem);
    });

    [Fact]
    public void JSON_batches_are_requests_or_problems() => new Fuzzer("json-batches.txt", Json).Run(bytes =>
    {
        if (!System.Text.Unicode.Utf8.IsValid(bytes)) return;
        if (JsonBatch.Parse(bytes).TryGet(out var batch, out var problem)) MustBeWhole(batch);
        else MustBeAdvice(problem);
    });

    [Fact]
    public void References_and_conditions_are_resolved_or_refused()
    {
        var results = new BatchResults();
        results.Add("a", new PartResult(201) { Set = "Things", Id = 7 });
        results.Add("a/b", new PartResult(200) { Json = """{"value":[{"@iot.id":3,"name":"x"}],"@iot.count":1}"""u8.ToArray() });
        results.Add("bad", new PartResult(404));
        new Fuzzer("batch-references.txt", [.. Json, "$a", "$a/b/value/0/@iot.id", "\"@iot.id\":\"$a\"", "$bad", "\"properties\":"]).Run(bytes =>
        {
            if (!System.Text.Unicode.Utf8.IsValid(bytes)) return;
            var text = Encoding.UTF8.GetString(bytes);
            if (!results.ResolvePath(text).TryGet(out _, out var problem)) Assert.InRange(problem.Status, 400, 424);
            if (text.Length <= BatchLimits.ConditionCharsMax && BatchCondition.TryParse(text, out var condition) &&
                !condition.Holds(results).TryGet(out _, out problem)) Assert.InRange(problem.Status, 400, 424);
            if (!results.ResolveBody(bytes).TryGet(out var body, out problem)) Assert.InRange(problem.Status, 400, 424);
            // What was JSON is JSON with the same members afterwards.
            else if (IsJson(bytes)) Assert.True(IsJson(body.ToArray()));
        });
    }

    [Fact]
    public void JSON_Patches_apply_or_say_why_not() => new Fuzzer("json-patches.txt", Patch).Run(bytes =>
    {
        if (!System.Text.Unicode.Utf8.IsValid(bytes)) return;
        if (!JsonPatch.Parse(bytes, Properties).TryGet(out var patch, out var problem))
        {
            MustBeAdvice(problem);
            return;
        }

        var before = (JsonObject)JsonNode.Parse("""{"name":"n","description":"d","properties":{"a":[1,{"b":null}],"~":"/"}}""")!;
        var after = (JsonObject)before.DeepClone();
        if (patch.Apply(after) is { } failed)
        {
            MustBeAdvice(failed);
            return;
        }

        if (JsonPatch.Difference(before, after) is { } difference) Assert.True(IsJson(difference));
    });

    private static bool IsJson(byte[] bytes)
    {
        try
        {
            using var json = JsonDocument.Parse(bytes);
            return true;
        }
        catch (JsonException)
        {
            return false;
        }
    }
}

using System.Text;
using Stoa.Vocabulary;
using Xunit;

namespace Stoa.Tests.Governance;

/// <summary>No request provokes a failure: what cannot be understood is refused with a problem document.</summary>
public class Refusing_nonsense(SharedExchange shared)
{
    private static readonly string[] Pieces =
    [
        "{", "}", "[", "]", ":", ",", "\"", "\\u0000", "\\ud800", "\\", "null", "true", "1e999", "-0", "0.1", "\"slug\"", "\"title\"",
        "\"name\"", "\"datasets\"", "\"can\"", "\"read\"", "\"expires\"", "\"keywords\"", "\"spectrum\"", "\"open\"", "\"inbox\"",
        "\"2026-01-01T00:00:00Z\"", "\"ä🚲\"", "\t", "\u00a0", "\uFEFF",
    ];

    private static readonly (string Method, string Path)[] Targets =
    [
        ("POST", "/api/v1/datasets"), ("PATCH", "/api/v1/datasets/nonsense"), ("POST", "/api/v1/organizations"),
        ("PATCH", "/api/v1/organizations/absent"), ("POST", "/api/v1/tokens"), ("POST", "/api/v1/tokens/99/rotate"), ("POST", "/api/v1/parties"),
        ("PATCH", "/api/v1/parties/1"), ("PUT", "/api/v1/parties/1/status"), ("POST", "/api/v1/parties/1/memberships"), ("POST", "/api/v1/invitations"),
    ];

    private static async Task<Exchange> WithDatasetAsync()
    {
        var stoa = await Exchange.StartAsync();
        await stoa.GivenDatasetAsync("nonsense", SpectrumClass.Closed);
        return stoa;
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public async Task Takes_no_harm_from_random_bodies(int seed)
    {
        await using var stoa = await WithDatasetAsync();
        var random = new Random(seed);
        for (var i = 0; i < 150; i++)
        {
            var body = string.Concat(Enumerable.Range(0, random.Next(20)).Select(_ => Pieces[random.Next(Pieces.Length)]));
            if (random.Next(2) == 0) body = "{" + body + "}";
            var (method, path) = Targets[random.Next(Targets.Length)];

            var answer = await stoa.SendAsync(new HttpMethod(method), path, body, stoa.AdminToken);

            Assert.True(answer.Status is 200 or (>= 400 and < 500), $"seed {seed}: {method} {path} {body} gave {answer}");
            if (answer.Status != 200) Assert.Equal("application/problem+json", answer.MediaType);
        }
    }

    [Theory]
    [InlineData(4)]
    [InlineData(5)]
    public async Task Takes_no_harm_from_random_bytes(int seed)
    {
        await using var stoa = await WithDatasetAsync();
        var random = new Random(seed);
        for (var i = 0; i < 100; i++)
        {
            var bytes = new byte[random.Next(60)];
            random.NextBytes(bytes);
            if (random.Next(2) == 0) bytes = [.. "{\"title\":\""u8, .. bytes, .. "\"}"u8];
            using var request = new HttpRequestMessage(HttpMethod.Patch, "/api/v1/datasets/nonsense");
            request.Content = new ByteArrayContent(bytes);
            request.Content.Headers.ContentType = new("application/merge-patch+json");
            request.Headers.Authorization = new("Bearer", stoa.AdminToken);

            var answer = await stoa.SendAsync(request);

            Assert.True(answer.Status is 200 or 400, $"seed {seed}: {Convert.ToHexString(bytes)} gave {answer}");
        }
    }

    [Theory]
    [InlineData(6)]
    [InlineData(7)]
    public async Task Takes_no_harm_from_random_credentials(int seed)
    {
        var stoa = await shared.StartedAsync();
        var random = new Random(seed);
        for (var i = 0; i < 100; i++)
        {
            var header = stoa.AdminToken.ToCharArray();
            for (var changes = random.Next(1, 4); changes > 0; changes--)
                header[random.Next(header.Length)] = (char)random.Next(0x21, 0x7f);
            var text = new string(header);
            if (text == stoa.AdminToken) continue;
            using var request = new HttpRequestMessage(HttpMethod.Get, "/api/v1/tokens");
            request.Headers.TryAddWithoutValidation("Authorization", (random.Next(4) == 0 ? "" : "Bearer ") + text);

            (await stoa.SendAsync(request)).ShouldBeProblem(401, "invalid-credential");
        }
    }

    [Theory]
    [InlineData(8)]
    [InlineData(9)]
    public async Task Takes_no_harm_from_random_queries(int seed)
    {
        var stoa = await shared.StartedAsync();
        var random = new Random(seed);
        string[] names = ["q", "sector", "spectrum", "owner", "limit", "skip"];
        for (var i = 0; i < 150; i++)
        {
            var query = new StringBuilder("?");
            for (var parameters = random.Next(1, 5); parameters > 0; parameters--)
            {
                var value = string.Concat(Enumerable.Range(0, random.Next(6)).Select(_ => Pieces[random.Next(Pieces.Length)]));
                query.Append(names[random.Next(names.Length)]).Append('=').Append(Uri.EscapeDataString(value)).Append('&');
            }

            var answer = await stoa.GetAsync("/api/v1/datasets" + query);

            Assert.True(answer.Status is 200 or 400, $"seed {seed}: {query} gave {answer}");
        }
    }
}

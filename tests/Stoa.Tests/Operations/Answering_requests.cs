using System.Diagnostics;
using System.Text;
using Xunit;

namespace Stoa.Tests.Operations;

public class Answering_requests(SharedExchange shared)
{
    [Fact]
    public async Task Answers_an_unknown_address_with_a_problem()
    {
        var stoa = await shared.StartedAsync();

        var answer = await stoa.GetAsync("/no/such/address");

        answer.ShouldBeProblem(404, "not-found");
    }

    [Fact]
    public async Task Answers_a_method_that_is_not_offered_with_a_problem_that_names_those_that_are()
    {
        var stoa = await shared.StartedAsync();

        var answer = await stoa.PutJsonAsync("/api/v1/tokens", "{}");

        answer.ShouldBeProblem(405, "method-not-allowed");
        Assert.Contains("POST", answer.Header("Allow"), StringComparison.Ordinal);
        Assert.Contains("POST", answer.Json.GetProperty("detail").GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Answers_a_body_beyond_the_limit_with_a_problem()
    {
        await using var stoa = await Exchange.StartAsync(settings: ("limits.bodyBytes", "1024"));

        var taken = await stoa.PostJsonAsync("/api/v1/tokens", """{"name":"x","administrator":true}""".PadRight(1024));
        var refused = await stoa.PostJsonAsync("/api/v1/tokens", """{"name":"x","administrator":true}""".PadRight(1025));

        taken.ShouldBe(201);
        refused.ShouldBeProblem(413, "body-too-large");
    }

    [Fact]
    public async Task Answers_a_media_type_that_is_not_taken_with_a_problem()
    {
        var stoa = await shared.StartedAsync();
        using var request = new HttpRequestMessage(HttpMethod.Post, "/api/v1/tokens");
        request.Headers.Authorization = new("Bearer", stoa.AdminToken);
        request.Content = new StringContent("<token/>", Encoding.UTF8, "application/xml");

        var answer = await stoa.SendAsync(request);

        answer.ShouldBeProblem(415, "unsupported-media-type");
    }

    [Fact]
    public async Task Sends_the_security_headers_with_answers_and_refusals()
    {
        var stoa = await shared.StartedAsync();

        foreach (var path in new[] { "/health/live", "/no/such/address" })
        {
            var answer = await stoa.GetAsync(path);

            Assert.Equal("nosniff", answer.Header("X-Content-Type-Options"));
            Assert.Contains("default-src 'self'", answer.Header("Content-Security-Policy"), StringComparison.Ordinal);
            Assert.Contains("frame-ancestors 'none'", answer.Header("Content-Security-Policy"),
                StringComparison.Ordinal);
            Assert.DoesNotContain("unsafe", answer.Header("Content-Security-Policy"), StringComparison.Ordinal);
            Assert.Equal("", answer.Header("Server"));
        }
    }

    [Fact]
    public async Task Lets_pages_of_other_origins_ask_before_they_write()
    {
        var stoa = await shared.StartedAsync();
        using var request = new HttpRequestMessage(HttpMethod.Options, "/api/v1/tokens");
        request.Headers.Add("Origin", "https://app.example.org");
        request.Headers.Add("Access-Control-Request-Method", "POST");

        var answer = await stoa.SendAsync(request);

        answer.ShouldBe(204);
        Assert.Equal("*", answer.Header("Access-Control-Allow-Origin"));
        Assert.Contains("Authorization", answer.Header("Access-Control-Allow-Headers"), StringComparison.Ordinal);
        Assert.Equal("", answer.Header("Access-Control-Allow-Credentials"));
    }

    [Theory]
    [InlineData("/")]
    [InlineData("/docs")]
    [InlineData("/openapi.json")]
    [InlineData("/health/ready")]
    [InlineData("/sensorthings/v1.1/Things")]
    [InlineData("/api/v1/datasets")]
    public async Task Answers_HEAD_as_GET_without_the_body(string path)
    {
        var stoa = await shared.StartedAsync();
        using var request = new HttpRequestMessage(HttpMethod.Head, path);

        var head = await stoa.SendAsync(request);
        var get = await stoa.GetAsync(path);

        Assert.Empty(head.ShouldBe(get.Status).Bytes);
        Assert.Equal(get.Header("Content-Type"), head.Header("Content-Type"));
        Assert.NotEmpty(get.Bytes);
    }

    [Fact]
    public async Task Builds_links_from_the_base_address_whatever_the_host_header_says()
    {
        await using var stoa = await Exchange.StartAsync(settings: ("baseAddress", "https://data.example.org"));
        using var request = new HttpRequestMessage(HttpMethod.Get, "/sensorthings/v1.1");
        request.Headers.Host = "evil.example";

        var answer = await stoa.SendAsync(request);

        Assert.Contains("https://data.example.org/sensorthings/v1.1/Things", answer.ShouldBe(200).Text,
            StringComparison.Ordinal);
        Assert.DoesNotContain("evil.example", answer.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Starts_fast_enough_to_be_started_for_every_test()
    {
        await shared.StartedAsync();
        var started = Stopwatch.StartNew();

        await using var stoa = await Exchange.StartAsync();

        // Generous: other tests share the machine. What it guards against is a start that waits for something.
        Assert.InRange(started.Elapsed, TimeSpan.Zero, TimeSpan.FromSeconds(5));
        TestContext.Current.SendDiagnosticMessage($"start took {started.ElapsedMilliseconds} ms");
    }
}

using System.Text.Json;
using System.Text.RegularExpressions;
using Xunit;

namespace Stoa.Tests.Operations;

public partial class Describing_the_interface(SharedExchange shared)
{
    [Fact]
    public async Task Offers_an_OpenAPI_document_built_on_the_base_address()
    {
        await using var stoa = await Exchange.StartAsync(settings: ("baseAddress", "https://data.example.org"));

        var answer = await stoa.GetAsync("/openapi.json");

        Assert.Equal("application/json", answer.ShouldBe(200).MediaType);
        Assert.StartsWith("3.1", answer.Json.GetProperty("openapi").GetString(), StringComparison.Ordinal);
        Assert.Equal("https://data.example.org", answer.Json.GetProperty("servers")[0].GetProperty("url").GetString());
    }

    [Fact]
    public async Task Describes_the_own_API_and_SensorThings_without_a_dangling_reference()
    {
        var stoa = await shared.StartedAsync();

        var document = (await stoa.GetAsync("/openapi.json")).ShouldBe(200).Json;

        var paths = document.GetProperty("paths").EnumerateObject().Select(path => path.Name).ToArray();
        Assert.Superset(
            new HashSet<string>
            {
                "/api/v1/datasets", "/api/v1/datasets/{slug}", "/api/v1/organizations", "/api/v1/tokens",
                "/sensorthings/v1.1/Observations", "/sensorthings/v1.1/Things({id})",
                "/sensorthings/v1.1/CreateObservations", "/sensorthings/v1.1/MultiDatastreams({id})",
            },
            paths.ToHashSet());
        var schemas = document.GetProperty("components").GetProperty("schemas").EnumerateObject().Select(schema =>
            schema.Name);
        var references = Reference().Matches(document.GetRawText()).Select(match => match.Groups[1].Value).Distinct();
        Assert.Empty(references.Except(schemas));
        var operations = document.GetProperty("paths").EnumerateObject().SelectMany(path =>
            path.Value.EnumerateObject())
            .Where(member => member.Value.ValueKind == JsonValueKind.Object)
            .Select(member => member.Value.GetProperty("operationId").GetString()).ToArray();
        Assert.Equal(operations.Length, operations.Distinct().Count());
    }

    [Fact]
    public async Task Answers_that_nothing_changed_to_who_has_the_document()
    {
        var stoa = await shared.StartedAsync();
        var first = await stoa.GetAsync("/openapi.json");
        using var request = new HttpRequestMessage(HttpMethod.Get, "/openapi.json");
        request.Headers.TryAddWithoutValidation("If-None-Match", first.Header("ETag"));

        var second = await stoa.SendAsync(request);

        Assert.Empty(second.ShouldBe(304).Bytes);
    }

    [Fact]
    public async Task Shows_every_operation_on_a_page_that_needs_nothing_from_elsewhere()
    {
        var stoa = await shared.StartedAsync();
        var document = (await stoa.GetAsync("/openapi.json")).Json;

        var page = (await stoa.GetAsync("/docs")).ShouldBe(200);

        Assert.Equal("text/html", page.MediaType);
        foreach (var path in document.GetProperty("paths").EnumerateObject())
            Assert.Contains($"<code>{path.Name}</code>", page.Text, StringComparison.Ordinal);
        Assert.DoesNotContain(Loaded().Matches(page.Text), match => !match.Groups[1].Value.StartsWith('/'));
        Assert.DoesNotContain("style=\"", page.Text, StringComparison.Ordinal);
        Assert.DoesNotContain("unsafe", page.Header("Content-Security-Policy"), StringComparison.Ordinal);
    }

    [GeneratedRegex("\"#/components/schemas/([^\"]+)\"")]
    private static partial Regex Reference();

    [GeneratedRegex("""(?:src|<link[^>]*href)="([^"]*)""")]
    private static partial Regex Loaded();
}

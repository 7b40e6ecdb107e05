using System.Text.Json;
using Xunit;

namespace Stoa.Tests.Governance;

/// <summary>What /openapi.json says of organizations, tokens and datasets.</summary>
public class Api_document(SharedExchange shared)
{
    private async Task<JsonElement> DocumentAsync()
    {
        var stoa = await shared.StartedAsync();
        return (await stoa.GetAsync("/openapi.json")).ShouldBe(200).Json;
    }

    [Theory]
    [InlineData("/api/v1/organizations", "get post")]
    [InlineData("/api/v1/organizations/{slug}", "get patch")]
    [InlineData("/api/v1/tokens", "get post")]
    [InlineData("/api/v1/tokens/{id}", "delete")]
    [InlineData("/api/v1/tokens/{id}/rotate", "post")]
    [InlineData("/api/v1/parties", "get post")]
    [InlineData("/api/v1/parties/{id}", "delete get patch")]
    [InlineData("/api/v1/parties/{id}/status", "put")]
    [InlineData("/api/v1/parties/{id}/memberships", "get post")]
    [InlineData("/api/v1/memberships/{id}", "delete")]
    [InlineData("/api/v1/invitations", "post")]
    [InlineData("/api/v1/policy/rules", "get post")]
    [InlineData("/api/v1/policy/rules/what-if", "post")]
    [InlineData("/api/v1/policy/rules/{id}", "get")]
    [InlineData("/api/v1/policy/rules/{id}/moves", "post")]
    [InlineData("/api/v1/policy/rules/{id}/what-if", "get")]
    [InlineData("/api/v1/policy/purposes", "get post")]
    [InlineData("/api/v1/policy/purposes/{id}", "get")]
    [InlineData("/api/v1/policy/purposes/{id}/moves", "post")]
    [InlineData("/api/v1/policy/exemptions", "get post")]
    [InlineData("/api/v1/policy/exemptions/{id}", "get")]
    [InlineData("/api/v1/policy/exemptions/{id}/moves", "post")]
    [InlineData("/api/v1/policy/compatibility-tests", "get post")]
    [InlineData("/api/v1/policy/compatibility-tests/{id}", "get")]
    [InlineData("/api/v1/policy/compatibility-tests/{id}/moves", "post")]
    [InlineData("/api/v1/parties/{id}/facts", "get put")]
    [InlineData("/api/v1/decisions/explain", "post")]
    [InlineData("/api/v1/purposes", "get")]
    [InlineData("/api/v1/reasons", "get")]
    [InlineData("/api/v1/token-exchange", "post")]
    [InlineData("/api/v1/datasets", "get post")]
    [InlineData("/api/v1/datasets/{slug}", "delete get patch")]
    [InlineData("/api/v1/datasets/{slug}/statistics", "get")]
    [InlineData("/api/v1/roles/table", "get")]
    [InlineData("/api/v1/datasets/{slug}/roles", "get post")]
    [InlineData("/api/v1/roles/{id}", "get")]
    [InlineData("/api/v1/roles/{id}/moves", "post")]
    [InlineData("/api/v1/parties/{id}/roles", "get")]
    [InlineData("/api/v1/datasets/{slug}/delegations", "get post")]
    [InlineData("/api/v1/delegations/{id}/moves", "post")]
    [InlineData("/api/v1/datasets/{slug}/classification", "get")]
    [InlineData("/api/v1/datasets/{slug}/classifications", "get post")]
    [InlineData("/api/v1/classifications/{id}", "get put")]
    [InlineData("/api/v1/classifications/{id}/moves", "post")]
    [InlineData("/api/v1/datasets/{slug}/facts", "get put")]
    [InlineData("/api/v1/datasets/{slug}/declassification", "put")]
    [InlineData("/api/v1/parties/{id}/claims", "get post")]
    [InlineData("/api/v1/claims", "get")]
    [InlineData("/api/v1/claims/{id}/moves", "post")]
    [InlineData("/api/v1/terms", "get post")]
    [InlineData("/api/v1/terms/{name}/versions/{version}", "get")]
    [InlineData("/api/v1/terms/{name}/versions/{version}/acceptances", "post")]
    [InlineData("/api/v1/blocks", "get post")]
    [InlineData("/api/v1/blocks/{id}/moves", "post")]
    [InlineData("/api/v1/emergencies", "get post")]
    public async Task Names_every_operation_with_its_refusals(string path, string methods)
    {
        var operations = (await DocumentAsync()).GetProperty("paths").GetProperty(path).EnumerateObject().ToArray();

        Assert.Equal(methods, string.Join(' ', operations.Select(operation => operation.Name).Order()));
        foreach (var operation in operations)
        {
            Assert.False(string.IsNullOrEmpty(operation.Value.GetProperty("operationId").GetString()));
            Assert.False(string.IsNullOrEmpty(operation.Value.GetProperty("summary").GetString()));
            Assert.True(operation.Value.GetProperty("responses").TryGetProperty("401", out var refusal));
            Assert.True(refusal.GetProperty("content").TryGetProperty("application/problem+json", out _));
        }
    }

    [Fact]
    public async Task Offers_only_the_media_types_that_are_taken()
    {
        var create = (await DocumentAsync()).GetProperty("paths").GetProperty("/api/v1/datasets").GetProperty("post");

        var offered = create.GetProperty("requestBody").GetProperty("content").EnumerateObject();

        Assert.Equal(["application/json"], offered.Select(type => type.Name));
    }

    [Fact]
    public async Task Requires_of_an_answer_what_is_always_in_it()
    {
        var dataset = (await DocumentAsync()).GetProperty("components").GetProperty("schemas").GetProperty("Dataset");

        var required = dataset.GetProperty("required").EnumerateArray().Select(name => name.GetString());

        Assert.Equal(["created", "description", "keywords", "modified", "slug", "title"], required.Order());
    }
}

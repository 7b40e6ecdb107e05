using System.Text.Json;
using Stoa.Tests.Connectors;
using Stoa.Vocabulary;
using Xunit;

namespace Stoa.Tests.Security;

/// <summary>Connectors and dead letters are for those alone who may write to their dataset.</summary>
public class Connectors_of_hidden_datasets
{
    private const string Declaration = "title: zq9secret\ntopic: zq9secret/{device}\nvalues: [{ path: $.v, quantity: v }]";

    private static readonly (string Method, string Path)[] Addresses =
    [
        ("GET", "/api/v1/datasets/{0}/connectors"), ("GET", "/api/v1/datasets/{0}/connectors/{1}"),
        ("PUT", "/api/v1/datasets/{0}/connectors/{1}"), ("DELETE", "/api/v1/datasets/{0}/connectors/{1}"),
        ("POST", "/api/v1/datasets/{0}/connectors/{1}/test"), ("POST", "/api/v1/datasets/{0}/connectors/{1}/enable"),
        ("POST", "/api/v1/datasets/{0}/connectors/{1}/disable"), ("GET", "/api/v1/datasets/{0}/connectors/{1}/dead-letters"),
        ("GET", "/api/v1/datasets/{0}/connectors/{1}/dead-letters/1"), ("DELETE", "/api/v1/datasets/{0}/connectors/{1}/dead-letters"),
        ("DELETE", "/api/v1/datasets/{0}/connectors/{1}/dead-letters/1"), ("POST", "/api/v1/datasets/{0}/connectors/{1}/dead-letters/replay"),
        ("POST", "/api/v1/datasets/{0}/connectors/{1}/dead-letters/1/replay"), ("POST", "/datasets/{0}/connectors/{1}"),
    ];

    private static string At(string path, string dataset, string name) =>
        path.Replace("{0}", dataset, StringComparison.Ordinal).Replace("{1}", name, StringComparison.Ordinal);

    private static async Task<Exchange> StartAsync(SpectrumClass spectrum)
    {
        var stoa = await Exchange.StartAsync();
        await stoa.GivenDatasetAsync("hidden", spectrum);
        await stoa.GivenDatasetAsync("other", SpectrumClass.Open);
        await stoa.GivenConnectorAsync("hidden", "gauges", Declaration);
        (await stoa.PostPayloadAsync("/datasets/hidden/connectors/gauges?topic=zq9secret/1", "\"zq9secret\"", stoa.AdminToken))
            .ShouldBe(202);
        return stoa;
    }

    [Fact]
    public async Task Are_absent_for_a_token_of_another_dataset()
    {
        await using var stoa = await StartAsync(SpectrumClass.Closed);
        var stranger = await stoa.GivenTokenAsync("other", "read", "write");

        foreach (var (method, path) in Addresses)
        {
            var hidden = await stoa.SendAsync(new(method), At(path, "hidden", "gauges"), "{}", stranger);
            var absent = await stoa.SendAsync(new(method), At(path, "absent", "gauges"), "{}", stranger);

            Assert.Equal(TwinExchanges.Comparable(absent), TwinExchanges.Comparable(hidden));
            hidden.ShouldBeProblem(404, "not-found");
        }
    }

    [Fact]
    public async Task Show_nothing_to_those_who_may_only_read()
    {
        await using var stoa = await StartAsync(SpectrumClass.Open);
        var reader = await stoa.GivenTokenAsync("hidden", "read");

        foreach (var (method, path) in Addresses)
        {
            (await stoa.SendAsync(new(method), At(path, "hidden", "gauges"), "{}", null)).ShouldBeProblem(401, "credential-required");
            var there = await stoa.SendAsync(new(method), At(path, "hidden", "gauges"), "{}", reader);
            var notThere = await stoa.SendAsync(new(method), At(path, "hidden", "none"), "{}", reader);

            there.ShouldBeProblem(403, "not-writable");
            Assert.Equal(TwinExchanges.Comparable(notThere), TwinExchanges.Comparable(there));
        }
    }

    [Fact]
    public async Task Are_shown_to_a_token_that_may_only_write()
    {
        await using var stoa = await StartAsync(SpectrumClass.Closed);
        var writer = await stoa.GivenTokenAsync("hidden", "write");

        var letter = await stoa.GetAsync("/api/v1/datasets/hidden/connectors/gauges/dead-letters/1", writer);

        Assert.Equal("\"zq9secret\"", letter.ShouldBe(200).Json.GetProperty("payload").GetString());
    }

    [Fact]
    public async Task Do_not_give_their_messages_to_another_dataset_with_the_same_topic()
    {
        await using var stoa = await StartAsync(SpectrumClass.Closed);
        await stoa.GivenConnectorAsync("other", "gauges", Declaration);
        var stranger = await stoa.GivenTokenAsync("other", "read", "write");

        (await stoa.PostPayloadAsync("/datasets/other/connectors/gauges?topic=zq9secret/7", """{"v":1}""", stranger)).ShouldBe(200);

        Assert.Empty(await stoa.ObservationsAsync("hidden"));
        Assert.Single(await stoa.ObservationsAsync("other"));
    }

    [Fact]
    public async Task Do_not_reach_Datastreams_of_another_dataset_by_their_id()
    {
        await using var stoa = await StartAsync(SpectrumClass.Closed);
        var admin = stoa.AdminToken;
        await stoa.GivenConnectorAsync("other", "open", "device: x\nformat: number\nvalues: [{ quantity: v }]");
        (await stoa.PostPayloadAsync("/datasets/other/connectors/open", "1", admin)).ShouldBe(200);
        var stream = (await stoa.GetAsync("/datasets/other/sensorthings/v1.1/Datastreams", admin)).Json
            .GetProperty("value")[0].GetProperty("@iot.id").GetInt64();
        var writer = await stoa.GivenConnectorAsync("hidden", "thief", $"device: x\nformat: number\nvalues: [{{ datastream: {stream} }}]");

        var answer = await stoa.PostPayloadAsync("/datasets/hidden/connectors/thief", "2", writer);
        var none = await stoa.PutYamlAsync("/api/v1/datasets/hidden/connectors/thief?enable=true&force=true",
            "device: x\nformat: number\nvalues: [{ datastream: 9999 }]", writer);
        var absent = await stoa.PostPayloadAsync("/datasets/hidden/connectors/thief", "2", writer);

        none.ShouldBe(200);
        Assert.Equal(
            answer.ShouldBe(202).Json.GetProperty("rejected").GetString()!.Replace($" {stream} ", " 9999 ", StringComparison.Ordinal),
            absent.ShouldBe(202).Json.GetProperty("rejected").GetString());
        Assert.Single(await stoa.ObservationsAsync("other"));
    }

    [Fact]
    public async Task Are_told_of_in_metrics_by_number_alone()
    {
        await using var stoa = await StartAsync(SpectrumClass.Closed);

        var metrics = (await stoa.GetAsync("/metrics")).ShouldBe(200).Text;

        Assert.Contains("stoa_connector_messages_total{connector=\"1\",outcome=\"rejected\"} 1", metrics, StringComparison.Ordinal);
        Assert.DoesNotContain("gauges", metrics, StringComparison.Ordinal);
        Assert.DoesNotContain("zq9secret", metrics, StringComparison.Ordinal);
    }
}

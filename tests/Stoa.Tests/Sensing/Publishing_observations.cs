using System.Text;
using Microsoft.Extensions.DependencyInjection;
using Stoa.Identity.Credentials;
using Stoa.Sensing.Mqtt;
using Stoa.Vocabulary;
using Xunit;

namespace Stoa.Tests.Sensing;

/// <summary>Creating observations by publishing them: the rules of POST (OGC 18-088, 14.1).</summary>
public class Publishing_observations
{
    private static CancellationToken Now => TestContext.Current.CancellationToken;

    private static async Task<Exchange> StartAsync()
    {
        var stoa = await Exchange.StartAsync();
        await stoa.CreateAsync("Things", SensorThings.Station);
        return stoa;
    }

    private static async Task<PublishOutcome> PublishAsync(
        Exchange stoa, string topic, string payload, string? token = null, ReceiptKey? receipt = null)
    {
        var requester = Requester.Operator;
        if (token is not null)
        {
            var check = stoa.Services.GetRequiredService<CredentialCheck>();
            Assert.True((await check.AuthenticateAsync(token.AsMemory(), Now)).TryGet(out requester!, out _));
        }

        var publication = new Publication(
            topic, Encoding.UTF8.GetBytes(payload), QualityOfService.ExactlyOnce, MessageProperties.Empty) { Receipt = receipt };
        return await TopicFollower.SpaceOf(stoa, topic).PublishAsync(publication, requester, Now);
    }

    private static async Task<string> ResultsAsync(Exchange stoa) => (await stoa.ReadAsync("Observations?$orderby=id")).Column("result");

    [Theory]
    [InlineData("v1.1/Observations", """{"result":7,"Datastream":{"@iot.id":1}}""")]
    [InlineData("sensorthings/v1.1/Observations", """{"result":7,"Datastream":{"@iot.id":1}}""")]
    [InlineData("v1.1/Datastreams(1)/Observations", """{"result":7}""")]
    [InlineData("datasets/inbox/v1.1/Datastreams(1)/Observations", """{"result":7}""")]
    [InlineData("datasets/inbox/sensorthings/v1.1/Datastreams(1)/Observations", """{"result":7}""")]
    [InlineData("v1.1/Things(1)/Datastreams(1)/Observations", """{"result":7}""")]
    [InlineData("v1.1/CreateObservations", """[{"Datastream":{"@iot.id":1},"components":["result","phenomenonTime"],"dataArray":[[7,"2026-01-01T00:00:00Z"]]}]""")]
    [Requirement(Requirements.MqttCreation)]
    public async Task Stores_what_POST_would_store(string topic, string payload)
    {
        await using var stoa = await StartAsync();

        var outcome = await PublishAsync(stoa, topic, payload);

        Assert.True(outcome.IsAccepted, outcome.Text);
        Assert.Equal("7", await ResultsAsync(stoa));
        await stoa.ShouldBeConsistentAsync();
    }

    [Fact]
    [Requirement(Requirements.MqttCreation)]
    public async Task Creates_what_is_sent_inside_and_takes_the_feature_of_the_address()
    {
        await using var stoa = await StartAsync();

        Assert.True((await PublishAsync(stoa, "v1.1/Datastreams(1)/Observations",
            """{"result":1,"FeatureOfInterest":{"name":"f","description":"d","encodingType":"application/geo+json","feature":{"type":"Point","coordinates":[1,2]}}}"""))
            .IsAccepted);
        Assert.True((await PublishAsync(stoa, "v1.1/FeaturesOfInterest(1)/Observations",
            """{"result":2,"Datastream":{"name":"made","description":"d","observationType":"o","unitOfMeasurement":{"name":null,"symbol":null,"definition":null},"Thing":{"@iot.id":1},"Sensor":{"@iot.id":1},"ObservedProperty":{"@iot.id":1}}}"""))
            .IsAccepted);

        Assert.Equal("1,2", (await stoa.ReadAsync("FeaturesOfInterest(1)/Observations?$orderby=id")).Column("result"));
        Assert.Equal("\"made\"", (await stoa.ReadAsync("FeaturesOfInterest(1)/Observations(2)/Datastream?$select=name")).Json.GetProperty("name").GetRawText());
        await stoa.ShouldBeConsistentAsync();
    }

    [Fact]
    [Requirement(Requirements.MqttCreation)]
    public async Task Stores_into_a_MultiDatastream_and_refuses_a_result_of_another_length()
    {
        await using var stoa = await StartAsync();
        await stoa.CreateAsync("MultiDatastreams", Following_topics.MultiDatastream);

        Assert.True((await PublishAsync(stoa, "v1.1/MultiDatastreams(1)/Observations", """{"result":[1,2]}""")).IsAccepted);
        Assert.False((await PublishAsync(stoa, "v1.1/MultiDatastreams(1)/Observations", """{"result":[1,2,3]}""")).IsAccepted);

        Assert.Equal("[1,2]", await ResultsAsync(stoa));
    }

    [Theory]
    [InlineData("v1.1/Observations", """{"result":7}""")]
    [InlineData("v1.1/Observations", """{"result":7,"Datastream":{"@iot.id":99}}""")]
    [InlineData("v1.1/Observations", "{")]
    [InlineData("v1.1/Observations", "")]
    [InlineData("v1.1/Observations?$select=id", """{"result":7,"Datastream":{"@iot.id":1}}""")]
    [InlineData("v1.1/Datastreams(99)/Observations", """{"result":7}""")]
    [InlineData("v1.1/Datastreams(1)/Observations(1)", """{"result":7}""")]
    [InlineData("v1.1/FeaturesOfInterest(99)/Observations", """{"result":7,"Datastream":{"@iot.id":1}}""")]
    [InlineData("v1.1/Things", """{"name":"t","description":"d"}""")]
    [InlineData("v1.1/Datastreams(1)", """{"name":"t"}""")]
    [InlineData("v1.1", """{"result":7}""")]
    [InlineData("v1.1/CreateObservations", """[{"Datastream":{"@iot.id":1},"components":["result","phenomenonTime"],"dataArray":[[7,"x"]]}]""")]
    [InlineData("datasets/nonsense/v1.1/Datastreams(1)/Observations", """{"result":7}""")]
    [Requirement(Requirements.MqttCreation)]
    public async Task Refuses_what_POST_would_refuse_and_says_why(string topic, string payload)
    {
        await using var stoa = await StartAsync();
        var before = await stoa.SnapshotAsync();

        var outcome = await PublishAsync(stoa, topic, payload);

        Assert.False(outcome.IsAccepted);
        Assert.False(string.IsNullOrWhiteSpace(outcome.Text));
        Assert.Equal(before, await stoa.SnapshotAsync());
    }

    [Fact]
    public async Task Says_how_many_rows_of_a_data_array_were_refused()
    {
        await using var stoa = await StartAsync();

        var outcome = await PublishAsync(stoa, "v1.1/CreateObservations",
            """[{"Datastream":{"@iot.id":1},"components":["result","phenomenonTime"],"dataArray":[[7,"x"],[8,"2026-01-01T00:00:00Z"]]}]""");

        Assert.True(outcome.IsAccepted);
        Assert.StartsWith("1 of 2 rows were refused", outcome.Text, StringComparison.Ordinal);
        Assert.Equal("8", await ResultsAsync(stoa));
    }

    [Fact]
    public async Task Needs_the_right_to_write_and_answers_alike_for_hidden_and_absent()
    {
        await using var stoa = await StartAsync();
        await stoa.GivenDatasetAsync("other", SpectrumClass.Open);
        var token = await stoa.GivenTokenAsync("other", "read", "write");

        var hidden = await PublishAsync(stoa, "v1.1/Datastreams(1)/Observations", """{"result":7}""", token);
        var absent = await PublishAsync(stoa, "v1.1/Datastreams(99)/Observations", """{"result":7}""", token);

        Assert.Equal(ReasonCode.NotAuthorized, hidden.Reason);
        Assert.Equal(absent, hidden);
        Assert.Equal("", await ResultsAsync(stoa));
    }

    [Fact]
    public async Task Stores_once_what_comes_twice_with_the_same_receipt_and_keeps_no_receipt_of_what_it_refused()
    {
        await using var stoa = await StartAsync();
        var session = await stoa.Database.WriteAsync(
            write =>
            {
                write.Execute("INSERT INTO mqtt_session (id, token_id, client_id, expiry_seconds) SELECT 5, min(id), 'c', 60 FROM access_token");
                return 5L;
            },
            Now);
        var receipt = new ReceiptKey(session, 9);

        var refused = await PublishAsync(stoa, "v1.1/Datastreams(9)/Observations", """{"result":1}""", receipt: receipt);
        var first = await PublishAsync(stoa, "v1.1/Datastreams(1)/Observations", """{"result":2}""", receipt: receipt);
        var again = await PublishAsync(stoa, "v1.1/Datastreams(1)/Observations", """{"result":2}""", receipt: receipt);

        Assert.Equal((false, true, true), (refused.IsAccepted, first.IsAccepted, again.IsAccepted));
        Assert.Equal("2", await ResultsAsync(stoa));
    }

    [Fact]
    [Requirement(Requirements.MqttCreation)]
    public async Task Keeps_the_order_in_which_one_connection_publishes()
    {
        await using var stoa = await StartAsync();

        var outcomes = new List<Task<PublishOutcome>>();
        for (var i = 0; i < 500; i++) outcomes.Add(PublishAsync(stoa, "v1.1/Datastreams(1)/Observations", $$"""{"result":{{i}}}"""));
        await Task.WhenAll(outcomes);

        Assert.Equal(string.Join(",", Enumerable.Range(0, 500)), (await stoa.ReadAsync("Observations?$orderby=id&$top=500")).Column("result"));
    }
}

using System.Globalization;
using Xunit;

namespace Stoa.Tests.Security;

/// <summary>Whoever writes into one dataset learns nothing of another and changes nothing in it: what is hidden is
/// answered like what is not there.</summary>
public class Writing_SensorThings(TwinExchanges twins)
{
    private const string Root = "/sensorthings/v1.1/";
    private const string ScopedRoot = "/datasets/open/sensorthings/v1.1/";
    private const string ClosedRoot = "/datasets/closed/sensorthings/v1.1/";

    /// <summary>Method, address and body; the ids of hidden entities stand in braces.</summary>
    internal static readonly (string Method, string Path, string? Body)[] Attempts =
    [
        ("PATCH", "Things({Things})", """{"name":"taken over"}"""),
        ("PUT", "Things({Things})", """{"name":"taken over","description":"d"}"""),
        ("DELETE", "Things({Things})", null),
        ("DELETE", "Datastreams({Datastreams})", null),
        ("DELETE", "Observations({Observations})", null),
        ("PATCH", "Observations({Observations})", """{"result":1}"""),
        ("PATCH", "Sensors({Sensors})", """{"name":"taken over"}"""),
        ("DELETE", "Locations({Locations})", null),
        ("DELETE", "FeaturesOfInterest({FeaturesOfInterest})", null),
        ("DELETE", "HistoricalLocations({HistoricalLocations})", null),
        ("DELETE", "Things({Things})/Datastreams({Datastreams})", null),
        ("POST", "Things({Things})/Locations", """{"name":"l","description":"d","encodingType":"application/geo+json","location":{"type":"Point","coordinates":[1,2]}}"""),
        ("POST", "Things({Things})/Datastreams", """{"name":"d"}"""),
        ("POST", "Datastreams({Datastreams})/Observations", """{"result":1}"""),
        ("POST", "Observations", """{"result":1,"Datastream":{"@iot.id":{Datastreams}}}"""),
        ("POST", "Things", """{"name":"t","description":"d","Locations":[{"@iot.id":{Locations}}]}"""),
        ("POST", "Datastreams", """
            {"name":"d","description":"d","unitOfMeasurement":{"name":"n","symbol":"s","definition":"d"},"observationType":"o",
             "Thing":{"@iot.id":{Things}},"Sensor":{"@iot.id":{Sensors}},"ObservedProperty":{"@iot.id":{ObservedProperties}}}
            """),
        ("POST", "Things({OpenThings})/Datastreams", """
            {"name":"d","description":"d","unitOfMeasurement":{"name":"n","symbol":"s","definition":"d"},"observationType":"o",
             "Sensor":{"@iot.id":{Sensors}},"ObservedProperty":{"@iot.id":{ObservedProperties}}}
            """),
        ("POST", "Datastreams({OpenDatastreams})/Observations", """{"result":1,"FeatureOfInterest":{"@iot.id":{FeaturesOfInterest}}}"""),
        ("PATCH", "Things({OpenThings})", """{"Locations":[{"@iot.id":{Locations}}]}"""),
        ("PATCH", "Datastreams({OpenDatastreams})", """{"Sensor":{"@iot.id":{Sensors}}}"""),
        ("PATCH", "Datastreams({OpenDatastreams})", """{"Thing":{"@iot.id":{Things}}}"""),
        ("PATCH", "Datastreams({OpenDatastreams})", """{"ObservedProperty":{"@iot.id":{ObservedProperties}}}"""),
        ("PATCH", "Observations({OpenObservations})", """{"Datastream":{"@iot.id":{Datastreams}}}"""),
        ("PATCH", "Observations({OpenObservations})", """{"FeatureOfInterest":{"@iot.id":{FeaturesOfInterest}}}"""),
        ("DELETE", "Things({Things})/Datastreams?$filter=id%20gt%200&$dryRun=true", null),
        ("DELETE", "Things?$filter=Datastreams/id%20eq%20{Datastreams}&$confirm=x", null),
        ("POST", "CreateObservations", """
            [{"Datastream":{"@iot.id":{Datastreams}},"components":["result"],"dataArray":[[1],[2]]}]
            """),
        ("POST", "CreateObservations", """
            [{"Datastream":{"@iot.id":{OpenDatastreams}},"components":["result","FeatureOfInterest/id"],"dataArray":[[1,{FeaturesOfInterest}]]}]
            """),
    ];

    private string Fill(string text) => Fill(twins, text);

    internal static string Fill(TwinExchanges twins, string text)
    {
        foreach (var (set, id) in twins.ClosedIds)
            text = text.Replace($"{{{set}}}", id.ToString(CultureInfo.InvariantCulture), StringComparison.Ordinal);
        foreach (var (set, id) in twins.OpenIds)
            text = text.Replace($"{{Open{set}}}", id.ToString(CultureInfo.InvariantCulture), StringComparison.Ordinal);
        return text;
    }

    [Theory]
    [InlineData(Root)]
    [InlineData(ScopedRoot)]
    [InlineData(ClosedRoot)]
    public async Task Answers_hidden_and_absent_alike(string root)
    {
        await twins.StartedAsync();
        var different = new List<string>();

        foreach (var (method, path, body) in Attempts)
        {
            var (address, json) = (root + Fill(path), body is null ? null : Fill(body));
            var with = await twins.With.SendAsync(new HttpMethod(method), address, json, twins.Stranger.With);
            var without = await twins.Without.SendAsync(new HttpMethod(method), address, json, twins.Stranger.Without);
            if (TwinExchanges.Comparable(with) != TwinExchanges.Comparable(without))
                different.Add($"{method} {address} {json}\n  with:    {with}\n  without: {without}");
            else if (with.Status is >= 200 and < 300 && path != "CreateObservations")
                different.Add($"{method} {address} {json}\n  was done: {with}");
        }

        TwinExchanges.ShouldBeNone(different);
    }

    [Theory]
    [InlineData(Root)]
    [InlineData(ScopedRoot)]
    [InlineData(ClosedRoot)]
    public async Task Changes_nothing_that_is_hidden(string root)
    {
        await twins.StartedAsync();
        var before = await ContentAsync();

        foreach (var (method, path, body) in Attempts)
            await twins.With.SendAsync(
                new HttpMethod(method), root + Fill(path), body is null ? null : Fill(body), twins.Stranger.With);

        Assert.Equal(before, await ContentAsync());
    }

    [Theory]
    [InlineData("Things?$filter=id%20eq%20{Things}")]
    [InlineData("Things?$filter=id%20gt%200")]
    [InlineData("Sensors?$filter=not%20(id%20eq%20{OpenSensors})")]
    [InlineData("Observations?$filter=id%20gt%200")]
    [InlineData("Things?$filter=Datastreams/id%20eq%20{Datastreams}")]
    [InlineData("Locations?$filter=id%20gt%200")]
    [InlineData("FeaturesOfInterest?$filter=id%20gt%200")]
    public async Task Counts_nothing_that_is_hidden_before_a_DELETE_of_many(string path)
    {
        await twins.StartedAsync();

        foreach (var root in new[] { Root, ScopedRoot })
        {
            var address = root + Fill(path) + "&$dryRun=true";
            var with = await twins.With.DeleteAsync(address, twins.Stranger.With);
            var without = await twins.Without.DeleteAsync(address, twins.Stranger.Without);

            // The confirmation is signed by a key of each server.
            Assert.Equal(without.Status, with.Status);
            Assert.Equal(without.Text.Split("\"confirmation\"")[0], with.Text.Split("\"confirmation\"")[0]);
        }
    }

    /// <summary>Everything in the closed dataset, as an administrator sees it.</summary>
    private async Task<string> ContentAsync()
    {
        var content = new List<string>();
        foreach (var set in SensorThingsAddresses.Sets)
        {
            var expand = set switch { "Datastreams" => "&$expand=Thing,Sensor", "Things" => "&$expand=Locations", _ => "" };
            var answer = await twins.With.GetAsync(
                $"{ClosedRoot}{set}?$count=true&$top=1000{expand}", twins.With.AdminToken);
            content.Add(answer.ShouldBe(200).Text);
        }

        return string.Join('\n', content);
    }
}

using Stoa.Vocabulary;

namespace Stoa.Tests.Mqtt;

/// <summary>A server with MQTT and two datasets: <c>open</c> and <c>closed</c>.</summary>
internal static class MqttExchange
{
    internal const string Open = "datasets/open/topics/";
    internal const string Closed = "datasets/closed/topics/";

    internal static readonly (string Key, string Value) Listen = ("mqtt.listen", "127.0.0.1:0");

    internal static async Task<Exchange> StartAsync(
        TimeProvider? time = null, string? folder = null, params (string Key, string Value)[] settings)
    {
        var stoa = await Exchange.StartAsync(folder, time, [Listen, .. settings]);
        await stoa.GivenDatasetAsync("open", SpectrumClass.Open);
        await stoa.GivenDatasetAsync("closed", SpectrumClass.Closed);
        return stoa;
    }
}

using System.Net.Http.Headers;
using System.Text;
using Stoa.Tests.Architecture;
using Stoa.Vocabulary;
using Xunit;

namespace Stoa.Tests.Connectors;

/// <summary>Connectors in a running program, and the samples of the repository.</summary>
internal static class ConnectorSamples
{
    public static string Read(string file) => File.ReadAllText(RepositoryFiles.PathOf("samples", "connectors", file));

    /// <summary>A closed dataset, a token that may write it, and a connector in it that is switched on.</summary>
    public static async Task<string> GivenConnectorAsync(
        this Exchange stoa, string dataset, string name, string yaml, string query = "?enable=true&force=true")
    {
        if (!(await stoa.GetAsync($"/api/v1/datasets/{dataset}", stoa.AdminToken)).Status.Equals(200))
            await stoa.GivenDatasetAsync(dataset, SpectrumClass.Closed);
        var token = await stoa.GivenTokenAsync(dataset, "write");
        (await stoa.PutYamlAsync($"/api/v1/datasets/{dataset}/connectors/{name}{query}", yaml, token)).ShouldBe(201);
        return token;
    }

    public static Task<Answer> PutYamlAsync(this Exchange stoa, string path, string yaml, string token) =>
        stoa.SendBytesAsync(HttpMethod.Put, path, Encoding.UTF8.GetBytes(yaml), "application/yaml", token);

    public static Task<Answer> PostPayloadAsync(this Exchange stoa, string path, string payload, string? token) =>
        stoa.SendBytesAsync(HttpMethod.Post, path, Encoding.UTF8.GetBytes(payload), "application/json", token);

    public static async Task<Answer> SendBytesAsync(
        this Exchange stoa, HttpMethod method, string path, byte[] body, string type, string? token)
    {
        using var request = new HttpRequestMessage(method, path) { Content = new ByteArrayContent(body) };
        request.Content.Headers.ContentType = new(type);
        if (token is not null) request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token);
        return await stoa.SendAsync(request);
    }

    /// <summary>Every observation of a dataset: Thing, Datastream's observed property with unit, time and result.</summary>
    public static async Task<string[]> ObservationsAsync(this Exchange stoa, string dataset)
    {
        var answer = (await stoa.GetAsync(
            $"/datasets/{dataset}/sensorthings/v1.1/Observations?$orderby=id&$top=1000&$select=phenomenonTime,result" +
            "&$expand=Datastream($select=unitOfMeasurement;$expand=Thing($select=name),ObservedProperty($select=name))",
            stoa.AdminToken)).ShouldBe(200);
        return
        [
            .. answer.Json.GetProperty("value").EnumerateArray().Select(row =>
            {
                var stream = row.GetProperty("Datastream");
                return string.Join(' ', stream.GetProperty("Thing").GetProperty("name").GetString(),
                    stream.GetProperty("ObservedProperty").GetProperty("name").GetString(),
                    row.GetProperty("phenomenonTime").GetString(), row.GetProperty("result").GetRawText(),
                    stream.GetProperty("unitOfMeasurement").GetProperty("symbol").GetString() ?? "-");
            }),
        ];
    }

    public static CancellationToken Now => TestContext.Current.CancellationToken;
}

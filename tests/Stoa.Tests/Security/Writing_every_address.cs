using System.Globalization;
using System.Text;
using Xunit;

namespace Stoa.Tests.Security;

/// <summary>Every address of the route table that changes something answers a token for another dataset the same whether the
/// closed dataset exists or not, whatever is sent.</summary>
public class Writing_every_address(TwinExchanges twins)
{
    private static readonly string[] ReadingMethods = ["GET", "HEAD", "OPTIONS"];

    private static readonly Func<HttpContent?>[] Bodies =
    [
        () => null,
        () => new StringContent("{}", Encoding.UTF8, "application/json"),
        () => new StringContent("""{"title":"taken over","name":"taken over"}""", Encoding.UTF8, "application/merge-patch+json"),
        () => new StringContent("not json", Encoding.UTF8, "application/json"),
        () => new StringContent("a;b\n1;2\n", Encoding.UTF8, "text/csv"),
        () => new StringContent("""{"type":"FeatureCollection","features":[]}""", Encoding.UTF8, "application/geo+json"),
        () => new MultipartFormDataContent("boundary") { { new StringContent("a: b"), "mapping", "mapping.yaml" } },
    ];

    private static async Task<string> AnswerAsync(Exchange stoa, string method, string path, string token, HttpContent? body)
    {
        using var request = new HttpRequestMessage(new HttpMethod(method), path) { Content = body };
        request.Headers.Authorization = new("Bearer", token);
        return TwinExchanges.Comparable(await stoa.SendAsync(request));
    }

    [Fact]
    public async Task Answers_hidden_and_absent_alike()
    {
        await twins.StartedAsync();
        var thing = twins.ClosedIds["Things"].ToString(CultureInfo.InvariantCulture);
        var routes = RouteTable.Of(twins.With, parameter => parameter switch
        {
            "slug" or "dataset" => "closed",
            "path" => $"Things({thing})",
            "name" => "gauges",
            _ => thing,
        }).Where(route => !ReadingMethods.Contains(route.Method)).Distinct().ToArray();
        Assert.Contains(("PATCH", "/api/v1/datasets/closed"), routes);

        var different = new List<string>();
        foreach (var (method, path) in routes)
        {
            foreach (var body in Bodies)
            {
                var with = await AnswerAsync(twins.With, method, path, twins.Stranger.With, body());
                var without = await AnswerAsync(twins.Without, method, path, twins.Stranger.Without, body());
                if (with != without || with[0] == '2') different.Add($"{method} {path}\n  with:    {with}\n  without: {without}");
            }
        }

        TwinExchanges.ShouldBeNone(different);
    }
}

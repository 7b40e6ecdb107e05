using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;
using Xunit;

namespace Stoa.Tests.Security;

/// <summary>
/// What SensorThings tests in depth is tested here in width: every address of the program that can be read answers the
/// same whether a closed dataset exists or not. The addresses are taken from the route table.
/// </summary>
public partial class Reading_every_address(TwinExchanges twins)
{
    // What proves that a form is ours is random.
    [GeneratedRegex("""(?<=stoa-form=|name="form" value="|name="challenge" value="|data-challenge=")[A-Za-z0-9_-]{43,54}""")]
    private static partial Regex FormProof();

    /// <summary>How many entries a log has, up to which checkpoint.</summary>
    [GeneratedRegex("The log [a-z]+ (holds|has) [^<]*")]
    internal static partial Regex SizeOfLog();

    // What an operator measures is about the process as a whole; it names no dataset, and counts what was sent to it. So do the logs: how many
    // entries there are is for everybody, what they say is not.
    private static readonly string[] AboutTheProcess = ["/metrics", "/health/ready", "/api/v1/log", "/log"];

    private static readonly string[] Queries =
    [
        "", $"?q={TwinExchanges.Secret}", "?q=a&sector=transport", "?dataset=closed", "?dataset=open", "?spectrum=closed",
        "?width=100", "?page=2", "?limit=1", "?owner=closed", "?bbox=9,50,20,52",
    ];

    private static readonly string[] Accepts = ["text/html", "application/json"];

    private IEnumerable<string> Paths()
    {
        var ids = twins.OpenIds.Values.Concat(twins.ClosedIds.Values).Distinct().ToArray();
        return from slug in new[] { "open", "closed" }
               from id in ids
               from route in RouteTable.Of(twins.With, parameter => parameter switch
               {
                   "slug" or "dataset" => slug,
                   "path" => "Things",
                   "name" => "gauges",
                   _ => id.ToString(CultureInfo.InvariantCulture),
               })
               where route.Method == "GET" && !AboutTheProcess.Contains(route.Path)
               // A pack of what is open says when it was made, and has proofs of the log of its exchange.
               where slug != "open" || !route.Path.EndsWith("/evidence.zip", StringComparison.Ordinal)
               select route.Path;
    }

    private static async Task<string> AnswerAsync(Exchange stoa, string address, string? token, string accept)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, address);
        request.Headers.TryAddWithoutValidation("Accept", accept);
        if (token is not null) request.Headers.Authorization = new("Bearer", token);
        using var response = await stoa.Http.SendAsync(
            request, HttpCompletionOption.ResponseHeadersRead, TestContext.Current.CancellationToken);
        // A stream of events has no end; what flows in it is tested for itself.
        var body = response.Content.Headers.ContentType?.MediaType == "text/event-stream"
            ? ""
            : await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
        // The two programs have different ports: a tag made of a text that holds the address differs by that.
        var holdsAddress = body.Contains(stoa.Address.Authority, StringComparison.Ordinal);
        var holdsSize = SizeOfLog().IsMatch(body);
        var text = new StringBuilder().Append((int)response.StatusCode).Append('\n');
        foreach (var (name, values) in response.Headers.Concat(response.Content.Headers).OrderBy(header => header.Key))
            if (name is not ("Date" or "Connection") && !(name == "ETag" && holdsAddress) && !(name == "Content-Length" && holdsSize))
                text.Append(name).Append(": ").AppendJoin(", ", values).Append('\n');
        text.Append(body).Replace(stoa.Address.ToString(), "{base}/").Replace(stoa.Address.Authority, "{base}");
        return SizeOfLog().Replace(FormProof().Replace(text.ToString(), "{form}"), "{log}");
    }

    private async Task<List<string>> DifferencesAsync((string? With, string? Without) token)
    {
        var different = new List<string>();
        foreach (var path in Paths().Distinct())
        {
            foreach (var query in Queries)
            {
                foreach (var accept in Accepts)
                {
                    var with = await AnswerAsync(twins.With, path + query, token.With, accept);
                    var without = await AnswerAsync(twins.Without, path + query, token.Without, accept);
                    if (with != without) different.Add($"{path}{query} as {accept}\n  with:    {with}\n  without: {without}");
                }
            }
        }

        return different;
    }

    [Fact]
    public async Task Shows_nothing_of_a_closed_dataset_to_anonymous_callers()
    {
        await twins.StartedAsync();

        TwinExchanges.ShouldBeNone(await DifferencesAsync((null, null)));
    }

    [Fact]
    public async Task Shows_nothing_of_a_closed_dataset_to_a_token_for_another()
    {
        await twins.StartedAsync();

        TwinExchanges.ShouldBeNone(await DifferencesAsync(twins.Stranger));
    }

    /// <summary>The bait: the same comparison finds the dataset for those who may see it.</summary>
    [Fact]
    public async Task Shows_the_closed_dataset_to_administrators()
    {
        await twins.StartedAsync();

        var different = await DifferencesAsync((twins.With.AdminToken, twins.Without.AdminToken));

        Assert.Contains(different, text => text.StartsWith("/api/v1/datasets/closed ", StringComparison.Ordinal));
        Assert.Contains(different, text => text.StartsWith("/api/v1/datasets ", StringComparison.Ordinal));
    }
}

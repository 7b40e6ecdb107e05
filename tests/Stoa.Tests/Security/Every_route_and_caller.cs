using System.Text;
using Stoa.Sharing.Agreements;
using Stoa.Sharing.Records;
using Stoa.Tests.Architecture;
using Stoa.Tests.Sharing;
using Stoa.Vocabulary;
using Xunit;

namespace Stoa.Tests.Security;

/// <summary>Every address of the program and four callers, about one dataset of the level specific: who gets which status, in full, in
/// <c>Every_route_and_caller.txt</c>. A new address without a row fails.</summary>
/// <remarks>A row is not a wish: look at what is written before keeping it. What none of the three may see is looked for in every
/// answer besides, whatever the table says.</remarks>
public class Every_route_and_caller
{
    // A name that occurs nowhere else.
    private const string Secret = "Zirbenholz 4711";
    private const string Columns = "anonymous, another organization, reader, expired agreement";

    private static readonly string Table = RepositoryFiles.PathOf("tests", "Stoa.Tests", "Security", "Every_route_and_caller.txt");

    private static CancellationToken Now => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Get_what_the_table_says()
    {
        await using var city = await GovernedCity.StartAsync();
        var callers = await CallersAsync(city);
        var rows = new List<string>();
        var leaks = new List<string>();
        var seen = 0;
        foreach (var (method, path) in Routes(city.Stoa))
        {
            var row = new StringBuilder($"{method,-6} {path} ");
            foreach (var (name, token) in callers)
            {
                var (status, text) = await AskAsync(city.Stoa, method, path, token);
                row.Append(' ').Append(status);
                var hasSecret = text.Contains(Secret, StringComparison.Ordinal);
                if (hasSecret && name == "reader") seen++;
                else if (hasSecret) leaks.Add($"{method} {path} tells {name}");
                if (status >= 500) leaks.Add($"{method} {path} answers {name} with {status}");
            }

            rows.Add(row.ToString());
        }

        Assert.Empty(leaks);
        // The bait: the reader sees what is looked for, at more than one address.
        Assert.InRange(seen, 2, int.MaxValue);
        var written = $"Statuses for: {Columns}. Written by the test with STOA_WRITE_DOCS=1.\n" + string.Join('\n', rows) + '\n';
        if (Environment.GetEnvironmentVariable("STOA_WRITE_DOCS") == "1") await File.WriteAllTextAsync(Table, written, Now);
        var kept = (await File.ReadAllTextAsync(Table, Now)).Split('\n');
        var now = written.Split('\n');
        var different = now.Except(kept).Select(line => "+ " + line).Concat(kept.Except(now).Select(line => "- " + line)).ToArray();
        Assert.True(different.Length == 0,
            "The table of routes and callers is not what the program does. Look at each line, and run this test with STOA_WRITE_DOCS=1:\n" +
            string.Join('\n', different));
    }

    private static IEnumerable<(string Method, string Path)> Routes(Exchange stoa) =>
        RouteTable.Of(stoa, parameter => parameter switch
            {
                "slug" or "dataset" => "counts",
                "path" or "rest" or "resource" => "Things",
                _ => "1",
            })
            .Where(route => route.Method != "HEAD").Distinct()
            .OrderBy(route => route.Path, StringComparer.Ordinal).ThenBy(route => route.Method, StringComparer.Ordinal);

    private static async Task<(string Name, string? Token)[]> CallersAsync(GovernedCity city)
    {
        var owner = await city.OrganizationAsync("owner");
        var consumer = await city.OrganizationAsync("consumer");
        var other = await city.OrganizationAsync("other");
        var dataset = await city.Stoa.GivenDatasetAsync("counts", SpectrumClass.Closed);
        (await city.Stoa.PatchJsonAsync("/api/v1/datasets/counts", """{"owner":"owner"}""")).ShouldBe(200);
        (await city.Stoa.PostJsonAsync("/datasets/counts/sensorthings/v1.1/Things",
            $$"""{"name":"{{Secret}}","description":"d"}""")).ShouldBe(201);
        await city.ClassifyAsync(dataset, SpectrumClass.SharedSpecific, consumer);
        var agreement = await city.AgreeAsync(owner, consumer, [dataset]);
        await city.ChangeAsync(RecordTypes.Agreement, agreement, World.Sign(agreement.Content with
        {
            Terms = agreement.Content.Terms with { ValidTo = new(1) }, State = AgreementState.Active,
        }));
        return
        [
            ("anonymous", null),
            ("another organization", await city.ServiceTokenAsync(other)),
            ("reader", await city.Stoa.GivenTokenAsync("counts", "read")),
            ("expired agreement", await city.ServiceTokenAsync(consumer)),
        ];
    }

    private static async Task<(int Status, string Text)> AskAsync(Exchange stoa, string method, string path, string? token)
    {
        using var request = new HttpRequestMessage(new(method), path);
        if (token is not null) request.Headers.Authorization = new("Bearer", token);
        request.Headers.TryAddWithoutValidation("Accept", "application/json, text/html;q=0.9, */*;q=0.8");
        if (method is not "GET") request.Content = new StringContent("{}", Encoding.UTF8, "application/json");
        using var response = await stoa.Http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, Now);
        // A stream has no end; what flows in it is tested for itself.
        var isStream = response.Content.Headers.ContentType?.MediaType == "text/event-stream";
        return ((int)response.StatusCode, isStream ? "" : await response.Content.ReadAsStringAsync(Now));
    }
}

using System.Text;
using Stoa.Vocabulary;
using Xunit;

namespace Stoa.Tests.Security;

/// <summary>Without a credential nothing can be written, at any address that the program has: the list of addresses is the
/// program's own, so a new one is tested without anybody thinking of it.</summary>
public class Anonymous_writing
{
    private static readonly string[] ReadingMethods = ["GET", "HEAD", "OPTIONS"];

    // Where a credential is got, none can be asked for. What is no form of ours is refused there before anything is looked at.
    private static readonly string[] Doors = ["/sign-in", "/sign-in/passkey", "/sign-in/openid", "/start/1", "/invitations/1", "/password/1", Witness];

    // What counts there is who signed a checkpoint, not who brings it (C2SP tlog-witness).
    private const string Witness = "/witness/add-checkpoint";

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    /// <summary>Every method and address that may change something, with likely values in the places of parameters.</summary>
    private static List<(string Method, string Path)> WritingRoutes(Exchange stoa) =>
        [.. RouteTable.Of(stoa, ValueOf).Where(route => !ReadingMethods.Contains(route.Method))];

    private static string ValueOf(string parameter) => parameter switch
    {
        "slug" or "dataset" => "open",
        "path" or "rest" or "resource" => "Things",
        _ => "1",
    };

    [Fact]
    public async Task Is_refused_with_401_at_every_address_of_the_route_table()
    {
        await using var stoa = await Exchange.StartAsync();
        await stoa.GivenDatasetAsync("open", SpectrumClass.Open);
        var routes = WritingRoutes(stoa);
        // The bait: a table that holds nothing would pass everything.
        Assert.Contains(("POST", "/api/v1/datasets"), routes);
        Assert.Contains(("DELETE", "/api/v1/tokens/1"), routes);

        Assert.Superset(Doors.Select(door => ("POST", door)).ToHashSet(), routes.ToHashSet());

        var wrong = new List<string>();
        foreach (var (method, path) in routes)
        {
            if (Doors.Contains(path)) continue;
            foreach (var body in new[] { "{}", "not json", null })
            {
                var answer = await stoa.SendAsync(new HttpMethod(method), path, body, token: null);
                if (answer.Status != 401 || answer.MediaType != "application/problem+json")
                    wrong.Add($"{method} {path} with body {body}: {answer}");
            }
        }

        Assert.Empty(wrong);
    }

    [Theory]
    [InlineData("/sign-in", 400)]
    [InlineData("/sign-in/passkey", 400)]
    [InlineData("/sign-in/openid", 400)]
    [InlineData("/start/1", 404)]
    [InlineData("/invitations/1", 404)]
    [InlineData("/password/1", 404)]
    [InlineData(Witness, 400)]
    public async Task Is_refused_at_the_doors_without_a_form_of_ours(string door, int status)
    {
        await using var stoa = await Exchange.StartAsync();
        using var request = new HttpRequestMessage(HttpMethod.Post, door)
        {
            Content = new StringContent("login=a%40b.example&password=seven+grey+herons", Encoding.UTF8, "application/x-www-form-urlencoded"),
        };

        var answer = await stoa.SendAsync(request);

        Assert.Equal((status, "application/problem+json", ""), (answer.Status, answer.MediaType, answer.Header("Set-Cookie")));
    }

    [Fact]
    public async Task Leaves_the_database_as_it_was()
    {
        await using var stoa = await Exchange.StartAsync();
        await stoa.GivenDatasetAsync("open", SpectrumClass.Open);
        var before = await FingerprintAsync(stoa);

        foreach (var (method, path) in WritingRoutes(stoa))
            await stoa.SendAsync(new HttpMethod(method), path, """{"name":"x","description":"x"}""", token: null);

        Assert.Equal(before, await FingerprintAsync(stoa));
    }

    [Fact]
    public async Task Is_refused_before_the_media_type_is_looked_at()
    {
        await using var stoa = await Exchange.StartAsync();
        foreach (var (method, path) in WritingRoutes(stoa).Where(route => !Doors.Contains(route.Path)))
        {
            using var request = new HttpRequestMessage(new HttpMethod(method), path)
            {
                Content = new StringContent("a=b", Encoding.UTF8, "application/x-www-form-urlencoded"),
            };

            Assert.Equal(401, (await stoa.SendAsync(request)).Status);
        }
    }

    /// <summary>Number of rows of every table.</summary>
    private static async Task<string> FingerprintAsync(Exchange stoa)
    {
        using var read = await stoa.Database.ReadAsync(Cancellation);
        using var tables = read.Prepare(TestSql.Tables);
        var rows = new StringBuilder();
        while (tables.Step())
        {
            // What stands in the logs stands in another table too, and comes to them by itself: keys, checkpoints, what everybody may see.
            if (tables.Text(0).StartsWith("ledger_", StringComparison.Ordinal)) continue;
            using var count = read.Prepare($"SELECT COUNT(*) FROM \"{tables.Text(0)}\"");
            count.Step();
            rows.Append(tables.Text(0)).Append(' ').Append(count.Int64(0)).Append('\n');
        }

        return rows.ToString();
    }
}

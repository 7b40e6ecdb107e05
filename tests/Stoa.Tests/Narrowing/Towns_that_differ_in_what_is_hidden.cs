using Stoa.Tests.Governance;
using Stoa.Tests.Security;
using Xunit;

namespace Stoa.Tests.Narrowing;

/// <summary>Two towns that differ in what a consumer may not see look the same to it on every page, chart and map: nothing that is shown,
/// counted, ordered or found goes by what is hidden.</summary>
public class Towns_that_differ_in_what_is_hidden
{
    private static readonly Secrets Else = new()
    {
        Result = "3.5", Parameter = "otherp", PhenomenonTime = "2026-03-07T03:44:01Z", ResultTime = "2026-03-09T01:01:01Z",
        ValidTime = "2026-01-05T07:13:15Z/2026-04-05T07:14:16Z", Moved = "2026-02-05T07:15:17Z", Place = "9.1,48.2", Owner = "another",
        ThingName = "Aardvark", UnitSymbol = "km",
    };

    private static readonly Secrets Fields = Else with
    {
        Result = new Secrets().Result, PhenomenonTime = new Secrets().PhenomenonTime, Place = new Secrets().Place,
    };

    // Within the hour, and within the cell of a thousand metres.
    private static readonly Secrets Coarse = new()
    {
        PhenomenonTime = "2026-03-05T07:44:01Z", ResultTime = "2026-03-05T07:59:59Z", ValidTime = "2026-03-05T07:00:01Z/2026-03-05T07:59:00Z",
        Moved = "2026-03-05T07:00:00Z", Place = "13.379999,52.517777",
    };

    public static TheoryData<string> Consumers => ["fields", "coarse", "results alone"];

    [Theory]
    [MemberData(nameof(Consumers))]
    public async Task Look_the_same(string consumer)
    {
        var other = consumer switch
        {
            "fields" => Fields,
            "coarse" => Coarse,
            _ => Else with { Result = new Secrets().Result },
        };
        await using var one = await ConsumersOfParts.StartAsync(null, new TestClock(), consumer);
        await using var two = await ConsumersOfParts.StartAsync(other, new TestClock(), consumer);

        var differing = new List<string>();
        foreach (var address in one.Addresses().Where(IsOfThePortal))
        {
            var (left, right) = (await AnswerAsync(one, address, consumer), await AnswerAsync(two, address, consumer));
            var at = left.AsSpan().CommonPrefixLength(right);
            if (left != right) differing.Add($"{address}: … {left[Math.Max(0, at - 80)..Math.Min(left.Length, at + 80)]} …");
        }

        Assert.Empty(differing);
    }

    // What is asked of the others by addresses is held by other tests; metrics tell of the machine, signing in has what is drawn at random, and logs
    // say to everybody how many entries there are.
    private static bool IsOfThePortal(string address) =>
        !address.StartsWith("/api/", StringComparison.Ordinal) && !address.Contains("sensorthings", StringComparison.Ordinal) &&
        !address.StartsWith("/metrics", StringComparison.Ordinal) && !address.StartsWith("/health", StringComparison.Ordinal) &&
        address is not ("/sign-in" or "/log");

    private static async Task<string> AnswerAsync(ConsumersOfParts town, string address, string consumer)
    {
        var answer = await town.Town.Exchange.GetAsync(address, town.Tokens[consumer]);
        var place = town.Town.Exchange.Address;
        return $"{address}: {answer.Status} {Reading_every_address.SizeOfLog().Replace(answer.Text.Replace(place.Authority, "here", StringComparison.Ordinal), "")}";
    }
}

using System.Globalization;
using System.Text.Json;
using Stoa.Tests.Governance;
using Xunit;

namespace Stoa.Tests.Sensing;

/// <summary>
/// Clients that follow changes hold at any time what a full read gives, whatever was created, changed, moved and removed, page by
/// page and over restarts.
/// </summary>
/// <remarks>A failure names its seed; <c>STOA_SEED=n</c> runs that one alone, and <c>STOA_STEPS</c> makes the runs longer.</remarks>
public class Following_random_histories
{
    private static readonly string[] Queries =
    [
        "Things", "Locations", "HistoricalLocations", "Datastreams", "MultiDatastreams", "Sensors", "ObservedProperties", "Observations",
        "FeaturesOfInterest", "Things?$top=2", "Observations?$top=3", "Observations?$orderby=id desc&$top=2",
        "Observations?$filter=result gt 5&$select=result,id", "Observations?$filter=phenomenonTime lt 2026-01-02T00:00:00Z",
        "Datastreams?$select=name,id", "Datastreams?$filter=phenomenonTime lt 2026-01-02T12:00:00Z&$top=2",
        "Datastreams?$filter=resultTime gt 2026-01-01T00:00:00Z", "Things?$filter=name gt 'n5'&$top=1",
        "Things(1)/Datastreams", "Things(2)/Locations", "Things(3)/HistoricalLocations", "Things(1)/MultiDatastreams", "Sensors(1)/Datastreams",
        "ObservedProperties(1)/Datastreams", "ObservedProperties(1)/MultiDatastreams", "MultiDatastreams(1)/ObservedProperties",
        "Datastreams(1)/Observations", "Datastreams(2)/Observations?$filter=result lt 50&$top=2", "MultiDatastreams(1)/Observations",
        "FeaturesOfInterest(1)/Observations", "Locations(1)/Things", "Locations(2)/HistoricalLocations",
        "HistoricalLocations(2)/Locations", "Things(1)/Datastreams(1)/Observations",
    ];

    public static TheoryData<int> Seeds =>
        Environment.GetEnvironmentVariable("STOA_SEED") is { } seed ? [int.Parse(seed, CultureInfo.InvariantCulture)] : [1, 2, 3, 4];

    [Theory]
    [MemberData(nameof(Seeds))]
    public async Task Ends_with_what_a_full_read_gives(int seed)
    {
        var clock = new TestClock();
        await using var stoa = await Exchange.StartAsync(time: clock);
        var run = new RandomRun(stoa, clock, seed);
        var random = new Random(seed);
        var followers = Queries.Select(query => new Follower(stoa, query)).ToList();
        var steps = int.Parse(Environment.GetEnvironmentVariable("STOA_STEPS") ?? "200", CultureInfo.InvariantCulture);
        async Task StepAsync()
        {
            clock.Advance(TimeSpan.FromSeconds(1));
            await run.StepAsync();
        }

        try
        {
            for (var step = 1; step <= steps; step++)
            {
                await StepAsync();
                if (random.Next(60) == 0) await stoa.RestartAsync();
                // Some read while others write, one page at a time.
                foreach (var follower in followers)
                    if (random.Next(12) == 0)
                        await follower.GoOnAsync();
                if (step % 40 != 0) continue;
                foreach (var follower in followers) await follower.CompareAsync();
            }

            Assert.True(followers.Count(follower => follower.Held > 0) > Queries.Length / 2, "The histories hold too little to say anything.");
        }
        catch (Exception error)
        {
            throw new InvalidOperationException(
                $"Seed {seed}, after:\n{string.Join('\n', run.Log.TakeLast(40))}\n{error.Message}", error);
        }
    }

    /// <summary>A client that keeps a copy.</summary>
    private sealed class Follower(Exchange stoa, string query)
    {
        private readonly Dictionary<long, string> _copy = [];
        private string? _link;
        private bool _isAtEnd;

        public int Held => _copy.Count;

        /// <summary>Reads one page: of the set at first, of its changes later.</summary>
        public async Task GoOnAsync()
        {
            var answer = _link is null
                ? await Following_changes_by_links.TrackAsync(stoa, SensorThings.At(query))
                : await stoa.GetAsync(_link, stoa.AdminToken);
            if (answer.Status == 404)
            {
                // The parent has gone, or is not there yet: whatever was below it is out of reach.
                _copy.Clear();
                _link = null;
                _isAtEnd = true;
                return;
            }

            answer.ShouldBe(200);
            foreach (var change in answer.Json.GetProperty("value").EnumerateArray())
            {
                var id = change.GetProperty("@iot.id").GetInt64();
                if (change.TryGetProperty("@iot.removed", out _)) _copy.Remove(id);
                else _copy[id] = Text(change);
            }

            _isAtEnd = answer.Json.TryGetProperty("@iot.deltaLink", out var link);
            if (!_isAtEnd) link = answer.Json.GetProperty("@iot.nextLink");
            _link = new Uri(link.GetString()!).PathAndQuery;
        }

        /// <summary>Follows to the end, while nobody writes, and compares with a full read.</summary>
        public async Task CompareAsync()
        {
            // What changed while pages were read comes with the round after.
            await EndAsync();
            await EndAsync();
            var whole = new Dictionary<long, string>();
            var page = await stoa.ReadAsync(query);
            if (page.Status == 404)
            {
                Assert.Empty(_copy);
                return;
            }

            while (true)
            {
                foreach (var entity in page.ShouldBe(200).Json.GetProperty("value").EnumerateArray())
                    whole[entity.GetProperty("@iot.id").GetInt64()] = Text(entity);
                if (!page.Json.TryGetProperty("@iot.nextLink", out var next)) break;
                page = await stoa.GetAsync(next.GetString()!, stoa.AdminToken);
            }

            Assert.True(
                whole.Count == _copy.Count && whole.All(entity => _copy.GetValueOrDefault(entity.Key) == entity.Value),
                $"{query}: a full read gives\n{Shown(whole)}\nwho follows holds\n{Shown(_copy)}");
        }

        private async Task EndAsync()
        {
            _isAtEnd = false;
            for (var i = 0; i < 1000 && !_isAtEnd; i++) await GoOnAsync();
            Assert.True(_isAtEnd, $"{query}: the changes do not end.");
        }

        // The port changes with every restart.
        private static string Text(JsonElement entity) =>
            System.Text.RegularExpressions.Regex.Replace(entity.GetRawText(), "http://127.0.0.1:[0-9]+/", "{base}/");

        private static string Shown(Dictionary<long, string> entities) =>
            string.Join('\n', entities.OrderBy(entity => entity.Key).Select(entity => $"  {entity.Key} {entity.Value}"));
    }
}

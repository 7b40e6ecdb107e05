using Stoa.Sensing.Bulk;
using Stoa.Sensing.Entities;
using Stoa.Sensing.Feed;
using Stoa.Sensing.Observations;
using Stoa.Storage;
using Stoa.Vocabulary;
using Xunit;

namespace Stoa.Tests.Sensing;

public class Bulk_loads
{
    private static readonly CancellationToken Now = TestContext.Current.CancellationToken;

    [Fact]
    public async Task Add_nothing_twice_when_run_again()
    {
        using var folder = new TemporaryFolder();
        await using var database = await TestDatabases.OpenAsync(new() { Folder = folder.Path }, Now);
        using var feed = new LiveFeed();
        var observations = new ObservationStore(feed);
        var bulk = new BulkLoader(database, new EntityStore(observations, TimeProvider.System), observations);
        var rows = Enumerable.Range(0, 50_000)
            .Select(i => new BulkObservation(new Instant(i * 60_000_000L), null, ResultValue.Integer(i)))
            .ToArray();

        var first = await LoadAsync(bulk, rows);
        var again = await LoadAsync(bulk, rows);

        Assert.Equal(new BulkResult(50_000, 0), first);
        Assert.Equal(new BulkResult(0, 50_000), again);
        using var read = await database.ReadAsync(Now);
        using var state = read.Prepare(
            """
            SELECT observation_count, phenomenon_start, phenomenon_end, latest_start, min_x, max_y,
                   (SELECT count(*) FROM observation), (SELECT count(*) FROM thing),
                   (SELECT entities FROM entity_count WHERE entity_set = 'Observations'),
                   (SELECT count(*) FROM feature_of_interest), (SELECT next FROM observation_sequence)
            FROM datastream_state
            """);
        Assert.True(state.Step());
        Assert.Equal(
            new long[] { 50_000, 0, 49_999 * 60_000_000L, 49_999 * 60_000_000L },
            new[] { state.Int64(0), state.Int64(1), state.Int64(2), state.Int64(3) });
        Assert.Equal(7.5, state.Double(4), 3);
        Assert.Equal(51.9, state.Double(5), 3);
        Assert.Equal(
            new long[] { 50_000, 1, 50_000, 1, 50_001 },
            new[] { state.Int64(6), state.Int64(7), state.Int64(8), state.Int64(9), state.Int64(10) });
    }

    [Fact]
    public async Task Need_a_place_to_derive_the_feature_of_interest_from()
    {
        using var folder = new TemporaryFolder();
        await using var database = await TestDatabases.OpenAsync(new() { Folder = folder.Path }, Now);
        using var feed = new LiveFeed();
        var observations = new ObservationStore(feed);
        var bulk = new BulkLoader(database, new EntityStore(observations, TimeProvider.System), observations);
        var datastream = await DatastreamAsync(bulk, withPlace: false);

        var outcome = await bulk.AppendAsync(
            datastream, new[] { new BulkObservation(new(0), null, ResultValue.Number(1.5)) }, BulkMode.Append, Now);

        Assert.False(outcome.TryGet(out _, out var problem));
        Assert.Equal("no-feature-of-interest", problem.Type);
    }

    private static async Task<BulkResult> LoadAsync(BulkLoader bulk, BulkObservation[] rows)
    {
        var outcome = await bulk.AppendAsync(await DatastreamAsync(bulk, withPlace: true), rows, BulkMode.SkipExisting, Now);
        Assert.True(outcome.TryGet(out var result, out _));
        return result;
    }

    private static async Task<DatastreamId> DatastreamAsync(BulkLoader bulk, bool withPlace)
    {
        var dataset = DatasetId.Inbox;
        var thing = Value(await bulk.EnsureThingAsync(dataset, new("t", "Thing", "A thing"), Now));
        if (withPlace)
            Value(await bulk.EnsureLocationAsync(
                dataset, new("l", "Place", "A place", """{"type":"Point","coordinates":[7.5,51.9]}"""), thing, Now));
        var sensor = Value(await bulk.EnsureSensorAsync(
            dataset, new("s", "Sensor", "A sensor", "text/html", "https://example.org"), Now));
        var property = Value(await bulk.EnsureObservedPropertyAsync(
            dataset, new("p", "Count", "https://example.org/count", "A count"), Now));
        return Value(await bulk.EnsureDatastreamAsync(
            dataset, new("d", "Stream", "A stream", "…OM_CountObservation", Unit.None, thing, sensor, property), Now));
    }

    private static T Value<T>(Result<T> result)
    {
        Assert.True(result.TryGet(out var value, out var problem), problem?.Detail);
        return value;
    }
}

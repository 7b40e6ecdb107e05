using System.Globalization;
using Stoa.Query;
using Stoa.Sensing.Schema;
using Stoa.Storage;
using Stoa.Storage.Dialects;
using Stoa.Storage.Translation;
using Stoa.Tests.Query;
using Stoa.Vocabulary;
using Xunit;

namespace Stoa.Tests.Storage;

/// <summary>Which Datastreams a scope lets be seen is kept in memory on PostgreSQL; what came meanwhile is seen, or hidden, at once.</summary>
[Trait("Engine", "Postgres")]
public sealed class Groups_that_are_known : IAsyncLifetime
{
    private const int Datasets = 40, Datastreams = 800, Other = Datasets + 2;
    private static readonly AccessScope Even = AccessScope.Of(Enumerable.Range(2, Datasets).Where(id => id % 2 == 0).Select(id => new DatasetId(id)));

    private readonly TemporaryFolder _folder = new();
    private readonly KnownGroups _known = new(SensorThingsMapping.Mapping, SqlDialect.Postgres, TimeProvider.System);
    private Database _database = null!; // Set before any test.

    public async ValueTask InitializeAsync()
    {
        _database = await TestDatabases.OpenAsync(new() { Folder = _folder.Path }, TestContext.Current.CancellationToken);
        await WriteAsync(session =>
        {
            session.Execute(Many(Datasets, "dataset (id, slug, title, description, sector, spectrum, created, modified)", "i, 'd' || i, '', '', 6, 4, 0, 0"));
            session.Execute(Many(Datasets, "thing (id, dataset_id, name, description)", "i, i, '', ''"));
            session.Execute(Many(Datasets, "sensor (id, dataset_id, name, description, encoding_type, metadata)", "i, i, '', '', '', '\"\"'"));
            session.Execute(Many(Datasets, "observed_property (id, dataset_id, name, definition, description)", "i, i, '', '', ''"));
            for (var id = 1; id <= Datastreams; id++) Add(session, id, 2 + id % Datasets);
        });
    }

    public async ValueTask DisposeAsync()
    {
        await _database.DisposeAsync();
        _folder.Dispose();
    }

    [Fact]
    public async Task What_comes_after_they_were_read_is_seen_by_its_dataset()
    {
        var before = await PageAsync("$orderby=phenomenonTime desc&$top=5", Even);
        Assert.Equal([800, 798, 796, 794, 792], before);

        await WriteAsync(session =>
        {
            Add(session, Datastreams + 1, 3);
            Add(session, Datastreams + 2, 4);
            Add(session, -1, 5);
            Add(session, -2, 6);
        });

        Assert.Equal([-2, 802, 800, 798, 796], await PageAsync("$orderby=phenomenonTime desc&$top=5", Even));
        Assert.Equal([2, 4, 6], await PageAsync("$orderby=phenomenonTime&$top=3", Even));
    }

    [Fact]
    public async Task They_are_looked_up_where_many_may_be_seen_and_nowhere_else()
    {
        Assert.NotNull(await KnownAsync(Even));
        Assert.Null(await KnownAsync(AccessScope.Everything));
        Assert.Null(await KnownAsync(AccessScope.Nothing));
        Assert.Null(await KnownAsync(AccessScope.Of([new(2)])));
        // 20 datasets without a row.
        Assert.Null(await KnownAsync(AccessScope.Of(Enumerable.Range(1_000, 20).Select(id => new DatasetId(id)))));
        Assert.Null(await KnownAsync(AccessScope.Of(
            Enumerable.Range(2, 30).Select(id => new DatasetId(id)), [([new DatasetId(40)], new ScopeNarrowing { From = new(5) })])));
        Assert.Null(await KnownAsync(Even, SensorThingsSchema.Thing));
    }

    [Fact]
    public async Task The_last_ones_alone_have_a_bit()
    {
        await WriteAsync(session => Add(session, -1, 2));
        using var read = await _database.ReadAsync(TestContext.Current.CancellationToken);
        var known = new KnownGroups(SensorThingsMapping.Mapping, SqlDialect.Postgres, TimeProvider.System) { SpanMax = 500 };

        var groups = known.Of(read, ReadRequest.OfSet(SensorThingsSchema.Observation, Even));

        Assert.Equal((301, 800), (groups!.Least, groups.Most)); // There are enough of them.
        Assert.Equal(0b1010_1010, groups.Bits.Span[0]);
        var all = _known.Of(read, ReadRequest.OfSet(SensorThingsSchema.Observation, Even));
        Assert.Equal((-1, 800), (all!.Least, all.Most)); // Likewise.
        Assert.Equal(0b0000_1001, all.Bits.Span[0] & 0b1111);
    }

    [Fact]
    public async Task A_few_runs_of_them_are_compared_and_show_nothing_else()
    {
        var scope = AccessScope.Of(Enumerable.Range(2, Datasets).Select(id => new DatasetId(id)));
        await WriteAsync(session =>
        {
            AddOther(session);
            Add(session, 801, Other);
            Add(session, 802, 3);
            Add(session, 804, 4);
        });
        Assert.Equal([new(1, 800), new(802, 802), new(804, 804)], (await KnownAsync(scope))!.Runs); // There are enough of them.
        Assert.Equal([804, 802, 800, 799], await PageAsync("$orderby=phenomenonTime desc&$top=4", scope));

        // One with a number of before, and what comes behind.
        await WriteAsync(session =>
        {
            Add(session, 803, Other);
            Add(session, 805, Other);
            Add(session, 806, 5);
        });

        Assert.Equal([806, 804, 802, 800], await PageAsync("$orderby=phenomenonTime desc&$top=4", scope));
        Assert.Empty((await KnownAsync(Even))!.Runs);
    }

    [Fact]
    public async Task Who_sees_all_of_them_is_told_no_end_and_is_shown_nothing_that_came_later_and_is_hidden()
    {
        var scope = AccessScope.Of(Enumerable.Range(2, Datasets).Select(id => new DatasetId(id)));
        var all = (await KnownAsync(scope))!; // There are enough of them.
        Assert.Equal([new(all.Least, all.Most)], all.Runs);

        await WriteAsync(session =>
        {
            AddOther(session);
            Add(session, 801, Other);
            Add(session, -1, Other);
            Add(session, 802, 3);
        });

        Assert.Equal([802, 800, 799, 798], await PageAsync("$orderby=phenomenonTime desc&$top=4", scope));
        using var read = await _database.ReadAsync(TestContext.Current.CancellationToken);
        // The run, and the datasets of what came later.
        Assert.Equal(2, Rows(read, "$orderby=phenomenonTime desc&$top=4", scope).Text.Split(" BETWEEN ").Length - 1);
    }

    [Fact]
    public async Task Few_datasets_are_tested_in_the_order_of_time_and_found_in_any_other()
    {
        var few = AccessScope.Of(Enumerable.Range(2, 16).Select(id => new DatasetId(id)));

        Assert.Equal([800, 775, 774, 773], await PageAsync("$orderby=phenomenonTime desc&$top=4", few));
        using var read = await _database.ReadAsync(TestContext.Current.CancellationToken);
        Assert.Contains("EXISTS", Rows(read, "$orderby=result&$top=4", few).Text, StringComparison.Ordinal);
        Assert.DoesNotContain("EXISTS", Rows(read, "$orderby=result&$top=4", Even).Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task No_row_asks_for_its_dataset()
    {
        using var read = await _database.ReadAsync(TestContext.Current.CancellationToken);
        var sql = Rows(read, "$orderby=phenomenonTime desc&$top=5", Even);
        using var explain = QueryStore.Run(read, sql with { Text = "EXPLAIN (ANALYZE, COSTS OFF, TIMING OFF) " + sql.Text });
        var lines = new List<string>();
        while (explain.Step()) lines.Add(explain.Text(0));
        var plan = string.Join('\n', lines);
        Assert.DoesNotContain("few_groups", plan, StringComparison.Ordinal);
        Assert.Matches(@"datastream_state.*\(never executed\)", plan);
    }

    private async Task<VisibleGroups?> KnownAsync(AccessScope scope, EntityType? entity = null)
    {
        using var read = await _database.ReadAsync(TestContext.Current.CancellationToken);
        return _known.Of(read, ReadRequest.OfSet(entity ?? SensorThingsSchema.Observation, scope));
    }

    private async Task<List<long>> PageAsync(string query, AccessScope scope)
    {
        using var read = await _database.ReadAsync(TestContext.Current.CancellationToken);
        var sql = Rows(read, query, scope);
        Assert.DoesNotContain("EXISTS", sql.Text, StringComparison.Ordinal);
        using var rows = QueryStore.Run(read, sql);
        var ids = new List<long>();
        while (rows.Step()) ids.Add(rows.Int64(0));
        return ids;
    }

    private SqlText Rows(ReadSession read, string query, AccessScope scope)
    {
        var bound = QueryStore.Bind(SensorThingsSchema.Observation, query);
        var request = ReadRequest.OfSet(SensorThingsSchema.Observation, scope) with
        {
            Query = bound, Limit = bound.Top, Columns = [new("datastream_id")],
        };
        return QueryStore.Translator.Rows(request with { Groups = _known.Of(read, request) });
    }

    /// <summary>A dataset that no scope holds.</summary>
    private static void AddOther(WriteSession session)
    {
        session.Execute(Many(1, "dataset (id, slug, title, description, sector, spectrum, created, modified)", $"{Other}, 'other', '', '', 6, 4, 0, 0"));
        session.Execute(Many(1, "thing (id, dataset_id, name, description)", $"{Other}, {Other}, '', ''"));
        session.Execute(Many(1, "sensor (id, dataset_id, name, description, encoding_type, metadata)", $"{Other}, {Other}, '', '', '', '\"\"'"));
        session.Execute(Many(1, "observed_property (id, dataset_id, name, definition, description)", $"{Other}, {Other}, '', '', ''"));
    }

    /// <summary>A Datastream, or a MultiDatastream with the opposite number, with one observation that is later than those before.</summary>
    private static void Add(WriteSession session, long id, long dataset)
    {
        var number = Math.Abs(id);
        var moment = 1_750_000_000_000_000 + ((id < 0 ? Datastreams + 10 : 0) + number) * 1_000_000;
        session.MakeRoom(moment);
        var (table, columns, values) = id > 0
            ? ("datastream", "observed_property_id, observation_type, unit_of_measurement", $"{Text(dataset)}, '', '{{}}'")
            : ("multi_datastream", "observation_type, multi_observation_data_types, unit_of_measurements", "'', '[]', '[]'");
        session.Execute($"INSERT INTO {table} (id, dataset_id, thing_id, sensor_id, name, description, {columns}) " +
            $"VALUES ({Text(number)}, {Text(dataset)}, {Text(dataset)}, {Text(dataset)}, '', '', {values})");
        session.Execute(string.Create(CultureInfo.InvariantCulture,
            $"INSERT INTO observation (datastream_id, phenomenon_start, id, result_number, feature_of_interest_id) VALUES ({id}, {moment}, {(id < 0 ? Datastreams + 10 : 0) + number}, 1, 1)"));
        session.Execute(string.Create(CultureInfo.InvariantCulture,
            $"INSERT INTO datastream_state (datastream_id, dataset_id, observation_count, phenomenon_start, phenomenon_end, latest_start, latest_id) VALUES ({id}, {dataset}, 1, {moment}, {moment}, {moment}, {number})"));
    }

    private static string Text(long number) => number.ToString(CultureInfo.InvariantCulture);

    private static string Many(int count, string insert, string select) => string.Create(CultureInfo.InvariantCulture,
        $"WITH RECURSIVE n (i) AS (SELECT CAST(2 AS bigint) UNION ALL SELECT i + 1 FROM n WHERE i < {count + 1}) INSERT INTO {insert} SELECT {select} FROM n");

    private Task<bool> WriteAsync(Action<WriteSession> work) => _database.WriteAsync(
        session =>
        {
            work(session);
            return true;
        }, TestContext.Current.CancellationToken);
}

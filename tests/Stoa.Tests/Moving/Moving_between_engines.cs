using Microsoft.Extensions.DependencyInjection;
using Stoa.Sensing.Import;
using Stoa.Storage;
using Stoa.Storage.Moving;
using Stoa.Tests.Governance;
using Stoa.Tests.Import;
using Stoa.Tests.Sensing;
using Stoa.Vocabulary;
using Xunit;

namespace Stoa.Tests.Moving;

/// <summary>Everything is moved from SQLite to PostgreSQL and back, and no answer changes.</summary>
[Trait("Engine", "Postgres")]
public class Moving_between_engines
{
    private static CancellationToken Now => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Changes_no_answer()
    {
        using var folder = new TemporaryFolder();
        RichCity.Memory? memory = null;

        await MoveThereAndBackAsync(
            folder, async stoa => memory = await RichCity.BuildAsync(stoa), stoa => RichCity.AnswersAsync(stoa, memory!)); // Built before.
    }

    [Fact]
    public async Task Changes_no_answer_about_the_year_of_Münster()
    {
        var files = RealFiles.Files("muenster-bike-counters", "*.csv");
        using var folder = new TemporaryFolder();

        var there = await MoveThereAndBackAsync(folder, stoa => ImportAsync(stoa, files, folder), AnswersAsync);

        Assert.Equal(1_069_437, Assert.Single(there.Tables, table => table.Table == "observation").ToRows);
    }

    /// <summary>Fills a folder, moves it to the database, and on to another folder, and asks the same at each of them.</summary>
    /// <returns>What came of the first move.</returns>
    private static async Task<MoveOutcome> MoveThereAndBackAsync(
        TemporaryFolder folder, Func<Exchange, Task> build, Func<Exchange, Task<SortedDictionary<string, string>>> ask)
    {
        var clock = new TestClock();
        var first = DataPlace.OfFolder(Path.Combine(folder.Path, "first"));
        var database = MovedPlaces.TargetIn(folder);
        var back = DataPlace.OfFolder(Path.Combine(folder.Path, "back"));
        string token;
        SortedDictionary<string, string> before;
        await using (var stoa = await Exchange.StartOnAsync(first, clock, null, MovedPlaces.Settings))
        {
            await build(stoa);
            token = stoa.AdminToken;
            before = await ask(stoa);
        }

        var there = await DataMove.RunAsync(first, database, null, Now);
        await using (var stoa = await Exchange.StartOnAsync(database, clock, token, MovedPlaces.Settings))
            RichCity.ShouldBeEqual(before, await ask(stoa));
        var again = await DataMove.RunAsync(database, back, null, Now);
        await using (var stoa = await Exchange.StartOnAsync(back, clock, token, MovedPlaces.Settings))
            RichCity.ShouldBeEqual(before, await ask(stoa));
        Assert.True(there.IsEqual);
        Assert.True(again.IsEqual);
        return there;
    }

    private static async Task ImportAsync(Exchange stoa, string[] files, TemporaryFolder folder)
    {
        var outcome = await stoa.Services.GetRequiredService<Imports>().ImportTablesAsync(
            DatasetId.Inbox,
            new()
            {
                Mapping = RealFiles.Mapping("muenster-bike-counters"),
                Files = [.. files.Select((file, i) => ImportSource.OfFile(file, Path.Combine(folder.Path, $"{i}.rejects.csv")))],
                Stations = _ => ImportSource.OfFile(Path.Combine(RealFiles.Folder("muenster-bike-counters"), "site_min.json"), null),
            },
            null, Now);
        Assert.True(outcome.TryGet(out var summary, out var problem), problem?.Detail);
        Assert.Equal(1_069_437, summary.Added);
    }

    private static async Task<SortedDictionary<string, string>> AnswersAsync(Exchange stoa)
    {
        string[] questions =
        [
            "Things?$expand=Locations,Datastreams($expand=Observations($orderby=phenomenonTime desc;$top=5),Sensor,ObservedProperty)&$orderby=id",
            "Datastreams?$count=true&$orderby=name&$top=1000", "Sensors?$count=true", "ObservedProperties?$count=true", "Locations?$count=true", "FeaturesOfInterest?$count=true",
            "HistoricalLocations?$count=true&$orderby=id", "Observations?$count=true&$top=1000&$orderby=phenomenonTime desc,id", "Observations?$top=1000&$orderby=phenomenonTime,id&$skip=5000",
            "Observations?$filter=result gt 300&$orderby=id&$count=true&$top=1000", "Observations?$filter=result eq 0 and phenomenonTime ge 2025-07-01T00:00:00Z&$top=200&$orderby=id",
            "Observations?$filter=phenomenonTime ge 2025-03-30T00:00:00Z and phenomenonTime lt 2025-03-31T00:00:00Z&$count=true&$top=10000&$orderby=id&$resultFormat=CSV",
            "Datastreams(1)/Observations?$filter=phenomenonTime ge 2025-10-26T00:00:00Z and phenomenonTime lt 2025-10-27T00:00:00Z&$orderby=phenomenonTime&$top=1000",
            "Datastreams(2)/Observations?$top=10000&$resultFormat=dataArray", "Observations/$aggregate?interval=P1M&functions=avg,min,max,sum,count,p50,p95&groupBy=Datastream",
            "Observations/$aggregate?interval=P1D&functions=sum,count&groupBy=Thing&zone=Europe/Berlin&$resultFormat=CSV", "Locations?$filter=geo.distance(location,geography'POINT(7.63 51.96)') lt 0.01&$orderby=id",
        ];
        var answers = new SortedDictionary<string, string>(StringComparer.Ordinal);
        string[] pages = ["/", "/datasets/inbox", "/things", "/things/1", "/map/things.geojson", "/charts/datastreams/1?from=2025-01-01&to=2025-12-31", "/charts/datastreams/3"];
        foreach (var path in questions.Select(SensorThings.At).Concat(pages))
            answers.Add(path, await RichCity.AnswerAsync(stoa, path, stoa.AdminToken));
        Assert.All(answers, answer => Assert.StartsWith("200", answer.Value, StringComparison.Ordinal));
        return answers;
    }

    [Fact]
    public async Task Leaves_out_no_table()
    {
        using var folder = new TemporaryFolder();
        await using (await TestDatabases.OpenPlaceAsync(DataPlace.OfFolder(folder.Path), Now)) { }
        using var sqlite = SqliteSide.Open(folder.Path, mayMake: false, TimeProvider.System);
        using var postgres = PostgresSide.Open(TestDatabases.ConnectionStringOf(Path.Combine(folder.Path, "database"))!, TimeProvider.System);

        var moved = MovedTable.Match(sqlite.ReadTables(), postgres.ReadTables());

        Assert.Contains(moved, table => table.Name == "observation");
        Assert.Equal(
            ["dataset_words", "ledger_checkpoint", "ledger_tile", "mqtt_message", "mqtt_takeover", "schema_migration", "time_window", "writer_turn"],
            sqlite.ReadTables().Concat(postgres.ReadTables()).Select(table => table.Name).Distinct(StringComparer.Ordinal)
                .Except(moved.Select(table => table.Name)).Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task Notices_a_table_or_a_column_that_only_one_engine_has()
    {
        using var folder = new TemporaryFolder();
        await using (await TestDatabases.OpenPlaceAsync(DataPlace.OfFolder(folder.Path), Now)) { }
        MovedPlaces.Execute(DataPlace.OfFolder(folder.Path), "CREATE TABLE baited (id INTEGER PRIMARY KEY) STRICT");
        using var sqlite = SqliteSide.Open(folder.Path, mayMake: false, TimeProvider.System);
        using var postgres = PostgresSide.Open(TestDatabases.ConnectionStringOf(Path.Combine(folder.Path, "database"))!, TimeProvider.System);

        var error = Assert.Throws<InvalidOperationException>(() => MovedTable.Match(sqlite.ReadTables(), postgres.ReadTables()));

        Assert.Contains("baited", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Names_the_row_of_a_text_that_PostgreSQL_does_not_take()
    {
        using var folder = new TemporaryFolder();
        var from = await MovedPlaces.SourceAsync(folder);
        MovedPlaces.Execute(from, "UPDATE observation SET result_text = 'a' || char(0) || 'b' WHERE id = 700");

        var error = await Assert.ThrowsAsync<StorageException>(() => DataMove.RunAsync(from, MovedPlaces.TargetIn(folder), null, Now));

        Assert.Contains("observation (row", error.Message, StringComparison.Ordinal);
        Assert.Contains("U+0000", error.Message, StringComparison.Ordinal);
    }
}

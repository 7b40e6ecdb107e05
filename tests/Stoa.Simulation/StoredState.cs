using Stoa.Storage;
using Xunit;

namespace Stoa.Simulation;

/// <summary>What lies in the data folder after a restart, read beside the server and compared with the ledger.</summary>
internal static class StoredState
{
    // Kept counts against counted rows, both ways.
    private const string WrongCounts =
        """
        WITH counted (dataset_id, entity_set, entities) AS (
            SELECT dataset_id, 'Things', count(*) FROM thing GROUP BY dataset_id
            UNION ALL SELECT dataset_id, 'Locations', count(*) FROM location GROUP BY dataset_id
            UNION ALL SELECT dataset_id, 'HistoricalLocations', count(*) FROM historical_location GROUP BY dataset_id
            UNION ALL SELECT dataset_id, 'Sensors', count(*) FROM sensor GROUP BY dataset_id
            UNION ALL SELECT dataset_id, 'ObservedProperties', count(*) FROM observed_property GROUP BY dataset_id
            UNION ALL SELECT dataset_id, 'Datastreams', count(*) FROM datastream GROUP BY dataset_id
            UNION ALL SELECT dataset_id, 'FeaturesOfInterest', count(*) FROM feature_of_interest GROUP BY dataset_id
            UNION ALL SELECT d.dataset_id, 'Observations', count(*)
                      FROM observation o JOIN datastream d ON d.id = o.datastream_id GROUP BY d.dataset_id)
        SELECT   coalesce(k.entity_set, c.entity_set) || ' kept ' || coalesce(k.entities, 0) || ' counted ' || coalesce(c.entities, 0)
        FROM     counted c
        FULL JOIN entity_count k ON k.dataset_id = c.dataset_id AND k.entity_set = c.entity_set
        WHERE    coalesce(k.entities, 0) <> coalesce(c.entities, 0)
        """;

    private const string WrongStates =
        """
        WITH derived AS (
            SELECT   o.datastream_id, count(*) AS observations, min(o.phenomenon_start) AS first,
                     max(coalesce(o.phenomenon_end, o.phenomenon_start)) AS last, max(o.phenomenon_start) AS latest_start
            FROM     observation o
            GROUP BY o.datastream_id),
        latest AS (
            SELECT d.datastream_id, max(o.id) AS latest_id
            FROM   derived d
            JOIN   observation o ON o.datastream_id = d.datastream_id AND o.phenomenon_start = d.latest_start
            GROUP BY d.datastream_id)
        SELECT   'datastream ' || coalesce(s.datastream_id, d.datastream_id) || ' kept ' || coalesce(s.observation_count, 0) ||
                 ' counted ' || coalesce(d.observations, 0)
        FROM     derived d
        JOIN     latest l ON l.datastream_id = d.datastream_id
        FULL JOIN datastream_state s ON s.datastream_id = d.datastream_id
        WHERE    s.datastream_id IS NULL OR d.datastream_id IS NULL
           OR    s.observation_count <> d.observations OR s.phenomenon_start <> d.first OR s.phenomenon_end <> d.last
           OR    s.latest_start <> d.latest_start OR s.latest_id <> l.latest_id
        """;

    // What refers to something that is not there; SQLite's own references are checked by the pragma.
    private const string Orphans =
        """
        SELECT 'observation ' || o.id || ' of no datastream'
        FROM   observation o LEFT JOIN datastream d ON d.id = o.datastream_id WHERE d.id IS NULL
        UNION ALL
        SELECT 'observation ' || o.id || ' of no feature'
        FROM   observation o LEFT JOIN feature_of_interest f ON f.id = o.feature_of_interest_id WHERE f.id IS NULL
        UNION ALL
        SELECT 'observation ' || o.id || ' beyond the sequence'
        FROM   observation o WHERE o.id >= (SELECT next FROM observation_sequence)
        """;

    public static async Task CompareAsync(string folder, Ledger ledger, CancellationToken cancellation)
    {
        await using var database = await TestDatabases.OpenAsync(
            new() { Folder = folder, Serves = false, StatementTimeout = TimeSpan.FromMinutes(2) }, cancellation);
        using var read = await database.ReadAsync(cancellation);

        if (read.Engine == StorageEngine.Sqlite) Assert.Equal(["ok"], Texts(read, "SELECT integrity_check FROM pragma_integrity_check"));
        Assert.Empty(Texts(read, TestSql.BrokenReferences));
        CompareObservations(read, ledger);
        CompareThings(read, ledger);
        CompareVersions(read, ledger);
        Assert.Empty(Texts(read, WrongCounts));
        Assert.Empty(Texts(read, WrongStates));
        Assert.Empty(Texts(read, Orphans));
    }

    private static void CompareObservations(ReadSession read, Ledger ledger)
    {
        var stored = new Dictionary<long, long>();
        using (var select = read.Prepare("SELECT result_number, id FROM observation"))
            while (select.Step())
                Assert.True(stored.TryAdd(select.Int64(0), select.Int64(1)), $"Result {select.Int64(0)} is stored twice.");
        var sent = 0;
        foreach (var request in ledger.Observations)
        {
            var present = request.Results.Count(stored.ContainsKey);
            sent += present;
            Assert.True(present == 0 || present == request.Results.Length,
                $"{present} of {request.Results.Length} rows of one array are stored.");
            if (request.IsAcknowledged && !request.IsRemovalSent) Assert.True(present > 0, "An acknowledged observation is lost.");
            if (request.IsRemoved) Assert.True(present == 0, "A removed observation is back.");
            if (request.IsRefused) Assert.True(present == 0, "A refused observation is stored.");
            if (request.Id != 0 && present == 1) Assert.Equal(request.Id, stored[request.Results[0]]);
        }

        Assert.Equal(stored.Count, sent);
    }

    private static void CompareThings(ReadSession read, Ledger ledger)
    {
        var stored = new Dictionary<string, (long Datastreams, long Locations)>(StringComparer.Ordinal);
        using (var select = read.Prepare(
            """
            SELECT t.name, (SELECT count(*) FROM datastream d WHERE d.thing_id = t.id),
                   (SELECT count(*) FROM thing_location l WHERE l.thing_id = t.id)
            FROM   thing t
            """))
            while (select.Step())
                Assert.True(stored.TryAdd(select.Text(0), (select.Int64(1), select.Int64(2))), $"{select.Text(0)} is stored twice.");
        Assert.All(stored.Values, thing => Assert.Equal((City.DatastreamsPerThing, 1), thing));
        foreach (var request in ledger.Things)
        {
            if (request.IsAcknowledged) Assert.Contains(request.Name, stored.Keys);
            if (request.IsRefused) Assert.DoesNotContain(request.Name, stored.Keys);
        }
    }

    private static void CompareVersions(ReadSession read, Ledger ledger)
    {
        using var select = read.Prepare($"SELECT CAST(coalesce({TestSql.Member("properties", "version")}, '0') AS bigint) FROM thing WHERE id = @id");
        foreach (var version in ledger.Versions)
        {
            Assert.True(select.Bind("@id", version.Id).Step());
            Assert.InRange(select.Int64(0), version.Acknowledged, version.Sent);
            select.Reset();
        }
    }

    private static List<string> Texts(ReadSession read, string sql)
    {
        using var select = read.Prepare(sql);
        var texts = new List<string>();
        while (select.Step() && texts.Count < 20) texts.Add(select.Text(0));
        return texts;
    }
}

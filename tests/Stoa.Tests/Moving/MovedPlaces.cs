using Stoa.Storage;
using Stoa.Storage.Moving;
using Stoa.Storage.Postgres;
using Stoa.Storage.Sqlite;
using Xunit;

namespace Stoa.Tests.Moving;

/// <summary>Places for tests that move data: a source with many observations, a target on the engine of the run.</summary>
internal static class MovedPlaces
{
    // Links in answers name the same server, wherever it listens.
    public static readonly (string, string)[] Settings = [("baseAddress", "http://city.example"), ("mqtt.listen", "127.0.0.1:0")];

    private static CancellationToken Now => TestContext.Current.CancellationToken;

    /// <summary>An empty place on the engine of this run.</summary>
    public static DataPlace TargetIn(TemporaryFolder folder, string name = "target")
    {
        var path = Path.Combine(folder.Path, name);
        return TestDatabases.ConnectionStringOf(path) is { } text ? DataPlace.OfConnection(text) : DataPlace.OfFolder(path);
    }

    /// <summary>As it is written on a command line.</summary>
    public static string Text(this DataPlace place) => place.Folder ?? place.ConnectionString!;

    /// <summary>A folder with a table of observations of a hundred datastreams over two years, and an organization.</summary>
    public static async Task<DataPlace> SourceAsync(TemporaryFolder folder, int observations = 1000)
    {
        var place = DataPlace.OfFolder(Path.Combine(folder.Path, "source"));
        await using (await TestDatabases.OpenPlaceAsync(place, Now)) { }
        Execute(place, $"""
            INSERT INTO organization (slug, name, created) VALUES ('one', 'One', 1);
            WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {observations})
            INSERT INTO observation (datastream_id, phenomenon_start, id, result_number, result_text, feature_of_interest_id)
            SELECT i % 100 + 1, 1700000000000000 + i * {63_000_000_000_000L / observations}, i, CASE WHEN i % 10 > 0 THEN i / 4.0 END,
                   CASE WHEN i % 10 = 0 THEN 'text ' || i END, 1
            FROM   n;
            UPDATE observation_sequence SET next = {observations + 1};
            INSERT INTO datastream_state (datastream_id, dataset_id, observation_count, phenomenon_start, phenomenon_end, latest_start, latest_id)
            SELECT datastream_id, 1, count(*), min(phenomenon_start), max(phenomenon_start), max(phenomenon_start), max(id)
            FROM   observation GROUP BY datastream_id;
            """);
        return place;
    }

    /// <summary>Changes a place by hand.</summary>
    public static void Execute(DataPlace place, string sql)
    {
        using var connection = Connect(place);
        connection.Execute(sql);
    }

    /// <summary>Rows of observations that a move has brought so far; 0 while it has not begun.</summary>
    public static long Moved(DataPlace place)
    {
        if (place.Folder is { } folder && !File.Exists(Path.Combine(folder, Database.FileName))) return 0;
        using var connection = Connect(place);
        if (!connection.HasTable(UnfinishedMove.Table)) return 0;
        using var read = connection.Prepare("SELECT moved FROM unfinished_move_table WHERE name = 'observation'");
        return read.Step() ? read.Int64(0) : 0;
    }

    private static EngineConnection Connect(DataPlace place)
    {
        if (place.Folder is { } folder)
        {
            var connection = SqliteConnection.Open(Path.Combine(folder, Database.FileName), SqliteConnection.OpenReadWrite);
            connection.SetBudget(TimeSpan.Zero, Now);
            return connection;
        }

        var address = PostgresAddress.Parse(place.ConnectionString + ";Application Name=test");
        return PostgresConnection.Open(address.ForWriting(), address.Node);
    }
}

namespace Stoa.Benchmarks.Storage;

/// <summary>One way to lay observations out in an SQLite file.</summary>
/// <param name="Name">Short name in the figures.</param>
/// <param name="PageBytes">Page size of the file.</param>
/// <param name="Schema">The tables and indexes.</param>
/// <param name="InsertInto">The table that takes new rows.</param>
/// <param name="HasLanding">Whether reads join a landing table with the main one.</param>
/// <param name="LandingRowsMax">Rows in the landing table at which it is merged; 0 without one.</param>
internal sealed record TableForm(
    string Name, int PageBytes, string Schema, string InsertInto, bool HasLanding, int LandingRowsMax)
{
    private static string Columns(string id) =>
        $"""
            datastream_id     INTEGER NOT NULL,
            phenomenon_start  INTEGER NOT NULL,
            id                INTEGER {id},
            phenomenon_end    INTEGER,
            phenomenon_offset INTEGER,
            result_time       INTEGER,
            result_number     ANY,
            result_text       TEXT,
            result_boolean    INTEGER,
            result_json       TEXT,
            feature_of_interest_id INTEGER NOT NULL,
            valid_start       INTEGER,
            valid_end         INTEGER,
            result_quality    TEXT,
            parameters        TEXT
        """;

    private static readonly string Clustered =
        $"CREATE TABLE observation ({Columns("NOT NULL")}, " +
        "PRIMARY KEY (datastream_id, phenomenon_start, id)) STRICT, WITHOUT ROWID;";

    private const string IdIndex = "CREATE UNIQUE INDEX observation_id ON observation (id);";
    private const string TimeIndex = "CREATE INDEX observation_time ON observation (phenomenon_start, id);";

    // Rows of one datastream and ten minutes lie together, so that an array touches few pages of this index.
    private const string Bucket = "phenomenon_start / 600000000";
    private const string BucketIndex = $"CREATE INDEX observation_bucket ON observation ({Bucket}, datastream_id);";

    private static readonly string Landing =
        $"CREATE TABLE landing ({Columns("PRIMARY KEY")}) STRICT;";

    private static readonly string ByArrival =
        $"CREATE TABLE observation ({Columns("PRIMARY KEY")}) STRICT;" +
        "CREATE INDEX observation_datastream ON observation (datastream_id, phenomenon_start, id);";

    public static readonly TableForm[] All =
    [
        new("A", 4096, ByArrival + TimeIndex, "observation", false, 0),
        new("B", 4096, Clustered + IdIndex + TimeIndex, "observation", false, 0),
        new("B/8K", 8192, Clustered + IdIndex + TimeIndex, "observation", false, 0),
        new("B/16K", 16384, Clustered + IdIndex + TimeIndex, "observation", false, 0),
        new("B-time", 4096, Clustered + IdIndex, "observation", false, 0),
        new("B/10min", 4096, Clustered + IdIndex + BucketIndex, "observation", false, 0),
        new("C", 4096, Clustered + IdIndex + TimeIndex + Landing, "landing", true, 50_000),
        new("C+ix", 4096, Clustered + IdIndex + TimeIndex + Landing +
            "CREATE INDEX landing_datastream ON landing (datastream_id, phenomenon_start, id);", "landing", true, 200_000),
    ];

    public string Insert =>
        $"INSERT INTO {InsertInto} (datastream_id, phenomenon_start, id, result_number, feature_of_interest_id) " +
        "VALUES (?1, ?2, ?3, ?4, ?5)";

    public string InsertSorted => Insert.Replace(InsertInto, "observation", StringComparison.Ordinal);

    public static string Merge =>
        "INSERT INTO observation SELECT * FROM landing ORDER BY datastream_id, phenomenon_start, id; DELETE FROM landing;";

    public string Latest => Select("datastream_id = ?1", "phenomenon_start DESC, id DESC", 1);

    public string LastDay => Select(
        "datastream_id = ?1 AND phenomenon_start >= ?2", "phenomenon_start DESC, id DESC", 10);

    public string Page => Select(
        "datastream_id = ?1 AND phenomenon_start >= ?2", "phenomenon_start, id", 1000);

    public string Year => Select("datastream_id = ?1", "phenomenon_start, id", 525_600);

    public string ById => Select("id = ?1", "phenomenon_start, id", 1);

    public string Newest => Select(
        "result_number > ?1",
        (Name == "B/10min" ? $"{Bucket} DESC, " : "") + "phenomenon_start DESC, id DESC", 100);

    private string Select(string where, string order, int limit)
    {
        const string What = "id, datastream_id, phenomenon_start, phenomenon_end, result_number, feature_of_interest_id";
        var from = HasLanding
            ? $"SELECT {What} FROM observation WHERE {where} UNION ALL SELECT {What} FROM landing WHERE {where}"
            : $"SELECT {What} FROM observation WHERE {where}";
        return $"{from} ORDER BY {order} LIMIT {limit}";
    }
}

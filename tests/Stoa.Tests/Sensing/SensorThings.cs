using System.Globalization;
using System.Text;
using System.Text.Json;
using Stoa.Storage;
using Xunit;

namespace Stoa.Tests.Sensing;

/// <summary>What the tests of the SensorThings interface share: addresses, bodies and looks into the store.</summary>
internal static class SensorThings
{
    public const string Root = "/sensorthings/v1.1";

    public const string Measurement = "http://www.opengis.net/def/observationType/OGC-OM/2.0/OM_Measurement";

    /// <summary>A Thing with everything below it but observations; on an empty store every id is 1.</summary>
    public const string Station =
        """
        {
          "name": "Station", "description": "A station", "properties": {"owner": {"name": "City"}, "height": 3},
          "Locations": [{
            "name": "Square", "description": "A square", "encodingType": "application/geo+json",
            "location": {"type": "Point", "coordinates": [7.5, 51.9]}, "properties": {"district": 4}
          }],
          "Datastreams": [{
            "name": "Temperature", "description": "Air temperature", "properties": {"depth": 0},
            "observationType": "http://www.opengis.net/def/observationType/OGC-OM/2.0/OM_Measurement",
            "unitOfMeasurement": {"name": "degree Celsius", "symbol": "°C", "definition": "ucum:Cel"},
            "Sensor": {
              "name": "Probe", "description": "A probe", "encodingType": "application/pdf",
              "metadata": "https://example.org/probe.pdf", "properties": {"serial": "A1"}
            },
            "ObservedProperty": {
              "name": "Air temperature", "definition": "https://example.org/def/temperature",
              "description": "Temperature of the air", "properties": {"medium": "air"}
            }
          }]
        }
        """;

    private static CancellationToken Now => TestContext.Current.CancellationToken;

    /// <summary>An address below the service root, with the query percent-encoded where it must be.</summary>
    public static string At(string path) => $"{Root}/{path.Replace(" ", "%20", StringComparison.Ordinal)}";

    /// <summary>Reads as the administrator.</summary>
    public static Task<Answer> ReadAsync(this Exchange stoa, string path) => stoa.GetAsync(At(path), stoa.AdminToken);

    /// <summary>Posts, expects 201 and gives the id out of the Location.</summary>
    public static async Task<long> CreateAsync(this Exchange stoa, string path, string json)
    {
        var answer = (await stoa.PostJsonAsync(At(path), json)).ShouldBe(201);
        return IdIn(answer.Header("Location"));
    }

    /// <summary>Any request below the service root, as the administrator, with headers such as <c>"If-Match: *"</c>.</summary>
    public static Task<Answer> SendAsync(
        this Exchange stoa, string method, string path, string? body = null, string contentType = "application/json",
        params string[] headers) =>
        stoa.SendAsAsync(stoa.AdminToken, method, At(path), body, contentType, headers);

    /// <summary>Any request at any address with any token.</summary>
    public static async Task<Answer> SendAsAsync(
        this Exchange stoa, string token, string method, string address, string? body = null,
        string contentType = "application/json", params string[] headers)
    {
        using var request = new HttpRequestMessage(new HttpMethod(method), address);
        if (body is not null)
        {
            request.Content = new ByteArrayContent(Encoding.UTF8.GetBytes(body));
            request.Content.Headers.TryAddWithoutValidation("Content-Type", contentType);
        }

        if (token.Length > 0) request.Headers.Add("Authorization", "Bearer " + token);
        foreach (var header in headers)
        {
            var colon = header.IndexOf(':', StringComparison.Ordinal);
            request.Headers.TryAddWithoutValidation(header[..colon], header[(colon + 1)..].Trim());
        }

        return await stoa.SendAsync(request);
    }

    /// <summary>The id at the end of a selfLink.</summary>
    public static long IdIn(string link) =>
        long.Parse(link.AsSpan(link.LastIndexOf('(') + 1).TrimEnd(')'), CultureInfo.InvariantCulture);

    /// <summary>Observations of Datastream 1: phenomenonTime and result, both as JSON.</summary>
    public static async Task GivenObservationsAsync(this Exchange stoa, params (string Time, string Result)[] rows)
    {
        foreach (var (time, result) in rows)
            await stoa.CreateAsync("Datastreams(1)/Observations", $$"""{"phenomenonTime":"{{time}}","result":{{result}}}""");
    }

    /// <summary>A second Datastream, for Thing 1, Sensor 1 and ObservedProperty 1 unless others are given.</summary>
    public static string Datastream(string name, long thing = 1, long sensor = 1, long property = 1) =>
        $$"""
        {
          "name": "{{name}}", "description": "d", "observationType": "{{Measurement}}",
          "unitOfMeasurement": {"name": null, "symbol": null, "definition": null},
          "Thing": {"@iot.id": {{thing}}}, "Sensor": {"@iot.id": {{sensor}}}, "ObservedProperty": {"@iot.id": {{property}}}
        }
        """;

    /// <summary>A Location at a point.</summary>
    public static string Location(string name, double x, double y) => string.Create(CultureInfo.InvariantCulture,
        $$$"""
        {"name":"{{{name}}}","description":"d","encodingType":"application/geo+json","location":{"type":"Point","coordinates":[{{{x}}},{{{y}}}]}}
        """);

    /// <summary>The values of one member of a collection answer, as JSON text, comma-joined.</summary>
    public static string Column(this Answer answer, string member)
    {
        answer.ShouldBe(200);
        return string.Join(",", answer.Json.GetProperty("value").EnumerateArray().Select(row => row.GetProperty(member).GetRawText()));
    }

    /// <summary>Ids of a collection answer, comma-joined.</summary>
    public static string Ids(this Answer answer) => answer.Column("@iot.id");

    // Entries that the program adds by itself.
    private static readonly string[] OfTheProgram = ["exchange.batch", "dataset.published", "program.started", "key.made"];

    /// <summary>Every row of every table, as text: equal before and after means that nothing was written.</summary>
    public static async Task<string> SnapshotAsync(this Exchange stoa)
    {
        using var read = await stoa.Database.ReadAsync(Now);
        var text = new StringBuilder();
        using var tables = read.Prepare(TestSql.Tables);
        while (tables.Step())
        {
            // Marks in the change log come with time, the name of the node with its start, records with what is read, among them entries of logs,
            // what everybody may see is entered in the public log soon after it changes, and tiles come after entries.
            if (tables.Text(0) is "change_log_mark" or "writer_turn" or "exchange" or "exchange_dataset" or "exchange_run" or
                "exchange_batch" or "ledger_log" or "ledger_key" or "ledger_tile" or "ledger_checkpoint") continue;
            var isLog = tables.Text(0) == "ledger_entry";
            using var rows = read.Prepare(TestSql.Rows(tables.Text(0)));
            text.Append(tables.Text(0)).Append('\n');
            // An engine may move a row that it writes anew.
            var lines = new List<string>();
            while (rows.Step())
            {
                var line = AppendRow(new StringBuilder(), rows).ToString();
                if (!isLog || !OfTheProgram.Any(type => line.Contains(type, StringComparison.Ordinal))) lines.Add(line);
            }

            foreach (var line in lines.Order(StringComparer.Ordinal)) text.Append(line);
        }

        return text.ToString();
    }

    private static StringBuilder AppendRow(StringBuilder text, Statement row)
    {
        for (var column = 0; column < row.Columns; column++)
        {
            text.Append(' ');
            switch (row.Kind(column))
            {
                case ColumnKind.Null: text.Append('-'); break;
                case ColumnKind.Blob: text.Append(Convert.ToHexString(row.Blob(column))); break;
                default: text.Append(row.Text(column)); break;
            }
        }

        return text.Append('\n');
    }

    /// <summary>What is kept beside the rows equals what the rows say: counts, derived values, boxes, links.</summary>
    public static async Task ShouldBeConsistentAsync(this Exchange stoa)
    {
        using var read = await stoa.Database.ReadAsync(Now);
        foreach (var (what, sql) in Inconsistencies)
        {
            using var wrong = read.Prepare(sql);
            var rows = new StringBuilder();
            while (wrong.Step()) AppendRow(rows, wrong);
            Assert.True(rows.Length == 0, $"{what} differs from what the rows say:\n{rows}");
        }
    }

    private static string CountOf(string table, string set) =>
        $"SELECT dataset_id, '{set}' AS entity_set, count(*) AS entities FROM {table} AS rows GROUP BY dataset_id";

    // What observations belong to, by the key that they hold.
    private const string Series = "SELECT id, dataset_id FROM datastream UNION ALL SELECT -id, dataset_id FROM multi_datastream";

    // Each finds rows that must not be there.
    private static readonly (string What, string Sql)[] Inconsistencies =
    [
        ("entity_count",
            $"""
            WITH counted AS (
                {CountOf("thing", "Things")} UNION ALL {CountOf("location", "Locations")}
                UNION ALL {CountOf("historical_location", "HistoricalLocations")}
                UNION ALL {CountOf("datastream", "Datastreams")} UNION ALL {CountOf("sensor", "Sensors")}
                UNION ALL {CountOf("observed_property", "ObservedProperties")}
                UNION ALL {CountOf("feature_of_interest", "FeaturesOfInterest")}
                UNION ALL {CountOf("multi_datastream", "MultiDatastreams")}
                UNION ALL {CountOf($"(SELECT d.dataset_id FROM observation o JOIN ({Series}) d ON d.id = o.datastream_id)", "Observations")}),
            kept AS (SELECT dataset_id, entity_set, entities FROM entity_count WHERE entities <> 0)
            SELECT 'kept', * FROM (SELECT * FROM kept EXCEPT SELECT * FROM counted) AS more
            UNION ALL
            SELECT 'counted', * FROM (SELECT * FROM counted EXCEPT SELECT * FROM kept) AS more
            """),
        ("datastream_state",
            $"""
            WITH derived AS (
                SELECT o.datastream_id, d.dataset_id, count(*), min(o.phenomenon_start), max(coalesce(o.phenomenon_end, o.phenomenon_start)),
                       min(o.result_time), max(o.result_time), max(o.phenomenon_start) AS latest,
                       (SELECT max(l.id) FROM observation l WHERE l.datastream_id = o.datastream_id AND l.phenomenon_start =
                           (SELECT max(m.phenomenon_start) FROM observation m WHERE m.datastream_id = o.datastream_id)),
                       min(f.min_x), max(f.max_x), min(f.min_y), max(f.max_y)
                FROM   observation o
                JOIN   ({Series}) d ON d.id = o.datastream_id
                LEFT JOIN feature_of_interest f ON f.id = o.feature_of_interest_id AND f.dataset_id = d.dataset_id
                GROUP  BY o.datastream_id, d.dataset_id),
            kept AS (
                SELECT datastream_id, dataset_id, observation_count, phenomenon_start, phenomenon_end, result_start, result_end,
                       latest_start, latest_id, min_x, max_x, min_y, max_y
                FROM   datastream_state)
            SELECT 'kept', * FROM (SELECT * FROM kept EXCEPT SELECT * FROM derived) AS more
            UNION ALL
            SELECT 'derived', * FROM (SELECT * FROM derived EXCEPT SELECT * FROM kept) AS more
            """),
        ("the bounds of results",
            """
            SELECT o.id, o.result_number, s.result_min, s.result_max
            FROM   observation o
            JOIN   datastream_state s ON s.datastream_id = o.datastream_id
            WHERE  o.result_number IS NOT NULL
              AND  (s.result_min <= o.result_number AND s.result_max >= o.result_number) IS NOT TRUE
            """),
        ("datastream_feature_of_interest",
            """
            WITH derived AS (SELECT DISTINCT feature_of_interest_id, datastream_id FROM observation)
            SELECT 'kept', * FROM (SELECT * FROM datastream_feature_of_interest EXCEPT SELECT * FROM derived) AS more
            UNION ALL
            SELECT 'derived', * FROM (SELECT * FROM derived EXCEPT SELECT * FROM datastream_feature_of_interest) AS more
            """),
        ("location_box",
            """
            SELECT id FROM (SELECT id FROM location WHERE geometry IS NOT NULL EXCEPT SELECT id FROM location_box) AS more
            UNION ALL
            SELECT id FROM (SELECT id FROM location_box EXCEPT SELECT id FROM location WHERE geometry IS NOT NULL) AS more
            """),
        ("feature_of_interest_box",
            """
            SELECT id FROM feature_of_interest WHERE (geometry IS NULL) <> (min_x IS NULL)
            UNION ALL
            SELECT id FROM (SELECT id FROM feature_of_interest WHERE geometry IS NOT NULL EXCEPT SELECT id FROM feature_of_interest_box) AS more
            UNION ALL
            SELECT id FROM (SELECT id FROM feature_of_interest_box EXCEPT SELECT id FROM feature_of_interest WHERE geometry IS NOT NULL) AS more
            """),
        ("observation_sequence",
            "SELECT next, (SELECT max(id) FROM observation) FROM observation_sequence WHERE next <= (SELECT max(id) FROM observation)"),
        ("links",
            """
            SELECT 'observation', id FROM observation WHERE datastream_id NOT IN (SELECT id FROM datastream)
                AND -datastream_id NOT IN (SELECT id FROM multi_datastream)
                OR feature_of_interest_id NOT IN (SELECT id FROM feature_of_interest)
            UNION ALL SELECT 'history without location', id FROM historical_location
                WHERE id NOT IN (SELECT historical_location_id FROM historical_location_location)
            UNION ALL SELECT 'pair', thing_id FROM thing_location WHERE thing_id NOT IN (SELECT id FROM thing)
                OR location_id NOT IN (SELECT id FROM location)
            UNION ALL SELECT 'history pair', historical_location_id FROM historical_location_location
                WHERE historical_location_id NOT IN (SELECT id FROM historical_location)
                OR location_id NOT IN (SELECT id FROM location)
            """),
        ("components",
            $"""
            SELECT m.id, m.unit_of_measurements, m.multi_observation_data_types
            FROM   multi_datastream m
            WHERE  {TestSql.Items("m.unit_of_measurements")} <> {TestSql.Items("m.multi_observation_data_types")}
               OR  {TestSql.Items("m.unit_of_measurements")} <>
                   (SELECT count(*) FROM multi_datastream_observed_property c WHERE c.multi_datastream_id = m.id)
               OR  EXISTS (SELECT 1 FROM observation o WHERE o.datastream_id = -m.id
                           AND {TestSql.Items("o.result_json")} IS DISTINCT FROM {TestSql.Items("m.unit_of_measurements")})
            """),
        ("foreign keys", TestSql.BrokenReferences),
    ];

    /// <summary>The ids of all pages of a collection, following nextLink; fails when a page comes twice.</summary>
    public static async Task<List<long>> AllIdsAsync(this Exchange stoa, string path)
    {
        var ids = new List<long>();
        var answer = await stoa.ReadAsync(path);
        while (true)
        {
            answer.ShouldBe(200);
            ids.AddRange(answer.Json.GetProperty("value").EnumerateArray().Select(row => row.GetProperty("@iot.id").GetInt64()));
            if (!answer.Json.TryGetProperty("@iot.nextLink", out var next)) return ids;
            Assert.True(ids.Count < 100_000, "The pages do not end.");
            answer = await stoa.GetAsync(next.GetString()!, stoa.AdminToken);
        }
    }
}

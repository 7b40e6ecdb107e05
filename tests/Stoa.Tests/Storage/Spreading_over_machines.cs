using System.Text.RegularExpressions;
using Stoa.Storage;
using Stoa.Storage.Dialects;
using Stoa.Storage.Postgres;
using Xunit;

namespace Stoa.Tests.Storage;

/// <summary>What is done to a database when Citus is there. What Citus makes of it is seen by tests/citus.sh on a cluster.</summary>
public partial class Spreading_over_machines
{
    private static readonly string[] Steps =
    [
        .. typeof(Database).Assembly.GetManifestResourceNames()
            .Where(name => name.StartsWith("Stoa.Storage.Migrations.Postgres.", StringComparison.Ordinal))
            .Select(name =>
            {
                using var text = new StreamReader(typeof(Database).Assembly.GetManifestResourceStream(name)!);
                return text.ReadToEnd();
            }),
    ];

    [GeneratedRegex(@"^CREATE TABLE (?:IF NOT EXISTS )?(\w+) \(", RegexOptions.Multiline)]
    private static partial Regex NewTable { get; }

    [Fact]
    public void Is_decided_for_every_table()
    {
        var made = Steps.SelectMany(step => NewTable.Matches(step)).Select(match => match.Groups[1].Value)
            .Append("schema_migration").Order().ToArray();

        Assert.True(made.Length > 30);
        Assert.Equal(made, Distribution.Tables.Select(entry => entry.Table).Order());
    }

    [Fact]
    public void Starts_with_functions_and_entities_and_then_spreads_observations()
    {
        var steps = Distribution.Plan(new()
        {
            Tables = new HashSet<string> { "thing", "datastream", "dataset", "observation", "datastream_feature_of_interest", "datastream_state" },
            Functions = ["stoa_shape(bytea)", "stoa_add(bigint,bigint)"],
            ForeignKeys =
            [
                ("datastream_dataset_id_fkey", "datastream", "dataset", "FOREIGN KEY (dataset_id) REFERENCES dataset(id)"),
                ("datastream_thing_id_fkey", "datastream", "thing", "FOREIGN KEY (thing_id) REFERENCES thing(id)"),
                ("import_progress_dataset_id_fkey", "import_progress", "dataset", "FOREIGN KEY (dataset_id) REFERENCES dataset(id)"),
            ],
        });

        Assert.Equal(
            [
                "SELECT create_distributed_function('stoa_shape(bytea)')",
                "SELECT create_distributed_function('stoa_add(bigint,bigint)')",
                """
                SET LOCAL citus.multi_shard_modify_mode TO 'sequential'
                ALTER TABLE datastream DROP CONSTRAINT datastream_dataset_id_fkey
                ALTER TABLE datastream DROP CONSTRAINT datastream_thing_id_fkey
                SELECT create_reference_table('thing')
                SELECT create_reference_table('datastream')
                ALTER TABLE datastream ADD CONSTRAINT datastream_thing_id_fkey FOREIGN KEY (thing_id) REFERENCES thing(id)
                """,
                "SELECT create_distributed_table('observation', 'datastream_id', colocate_with => 'none')",
                "SELECT create_distributed_table('datastream_feature_of_interest', 'datastream_id', colocate_with => 'observation')",
            ],
            steps.Select(step => string.Join('\n', step.Statements)));
    }

    [Fact]
    public void Goes_on_where_it_was_stopped()
    {
        var steps = Distribution.Plan(new()
        {
            Tables = new HashSet<string> { "thing", "datastream", "observation", "datastream_feature_of_interest" },
            Placed = new Dictionary<string, TableForm>
            {
                ["thing"] = TableForm.Everywhere, ["datastream"] = TableForm.Everywhere, ["observation"] = TableForm.Distributed,
            },
            LeftBehind = ["observation"],
        });

        Assert.Equal(
            [
                "SELECT create_distributed_table('datastream_feature_of_interest', 'datastream_id', colocate_with => 'observation')",
                "SELECT truncate_local_data_after_distributing_table('observation')",
            ],
            steps.SelectMany(step => step.Statements));
    }

    [Fact]
    public void Leaves_a_foreign_key_to_an_entity_that_was_spread_before_in_place()
    {
        // A later step of the schema brings a table of entities that refers to older ones.
        var steps = Distribution.Plan(new()
        {
            Tables = new HashSet<string> { "thing", "location", "thing_location" },
            Placed = new Dictionary<string, TableForm> { ["thing"] = TableForm.Everywhere, ["location"] = TableForm.Everywhere },
            ForeignKeys = [("thing_location_thing_id_fkey", "thing_location", "thing", "FOREIGN KEY (thing_id) REFERENCES thing(id)")],
        });

        var statements = Assert.Single(steps).Statements;
        Assert.Contains("SELECT create_reference_table('thing_location')", statements);
        Assert.Equal("ALTER TABLE thing_location ADD CONSTRAINT thing_location_thing_id_fkey FOREIGN KEY (thing_id) REFERENCES thing(id)", statements[^1]);
    }

    [Fact]
    public void Has_nothing_to_do_when_all_is_done()
    {
        Assert.Empty(Distribution.Plan(new()
        {
            Tables = new HashSet<string> { "thing", "observation", "datastream_feature_of_interest", "dataset" },
            Placed = new Dictionary<string, TableForm>
            {
                ["thing"] = TableForm.Everywhere, ["observation"] = TableForm.Distributed,
                ["datastream_feature_of_interest"] = TableForm.Distributed,
            },
        }));
    }

    /// <summary>Rules of Citus that the schema itself must keep, read from the server's own catalogue.</summary>
    [Fact, Trait("Engine", "Postgres")]
    public async Task Is_possible_with_the_schema()
    {
        await using var stoa = await Exchange.StartAsync();
        using var read = await stoa.Database.ReadAsync(TestContext.Current.CancellationToken);
        var spread = Distribution.Tables.Where(entry => entry.Form != TableForm.Coordinator).Select(entry => entry.Table).ToArray();
        var distributed = Distribution.Tables.Where(entry => entry.Form == TableForm.Distributed).Select(entry => entry.Table).ToArray();

        // Citus refuses triggers on distributed and reference tables.
        Assert.Empty(Texts(read, "SELECT DISTINCT tgrelid::regclass::text FROM pg_trigger WHERE NOT tgisinternal").Intersect(spread));
        // Unique keys hold the distribution column.
        Assert.Empty(Texts(read, """
            SELECT i.indexrelid::regclass::text
            FROM   pg_index i
            WHERE  i.indisunique AND i.indrelid::regclass::text IN ('observation', 'datastream_feature_of_interest')
              AND  NOT EXISTS (SELECT 1 FROM pg_attribute a
                               WHERE a.attrelid = i.indrelid AND a.attname = 'datastream_id' AND a.attnum = ANY (i.indkey::smallint[]))
            """));
        Assert.Equal(["datastream_feature_of_interest", "observation"], distributed.Order());
        // Tables are put side by side by a column of one type.
        Assert.Equal(["bigint"], Texts(read, """
            SELECT DISTINCT format_type(atttypid, atttypmod) FROM pg_attribute
            WHERE  attname = 'datastream_id' AND attrelid::regclass::text IN ('observation', 'datastream_feature_of_interest')
            """));
        // No foreign key comes from a table of the coordinator, or has to do with a distributed one.
        var keys = Texts(read, "SELECT conrelid::regclass::text || ' ' || confrelid::regclass::text FROM pg_constraint WHERE contype = 'f'")
            .Select(key => key.Split(' ')).ToArray();
        Assert.NotEmpty(keys);
        Assert.DoesNotContain(keys, key => key.Any(distributed.Contains));
        Assert.DoesNotContain(keys, key => spread.Contains(key[1]) && !spread.Contains(key[0]));
        // Of those that end, there are only the ones to dataset.
        Assert.Equal(["dataset"], keys.Where(key => spread.Contains(key[0]) && !spread.Contains(key[1])).Select(key => key[1]).Distinct());
        // Identity columns of reference tables are bigint; distributed ones have none.
        Assert.Equal(["bigint"], Texts(read, """
            SELECT DISTINCT format_type(a.atttypid, a.atttypmod) FROM pg_attribute a
            JOIN   pg_class c ON c.oid = a.attrelid AND c.relnamespace = to_regnamespace(current_schema()) WHERE a.attidentity <> ''
            """));
        Assert.Empty(Texts(read, "SELECT attrelid::regclass::text FROM pg_attribute WHERE attidentity <> ''").Intersect(distributed));
        // What generated columns call can run on every machine.
        Assert.Empty(Texts(read, "SELECT proname::text FROM pg_proc WHERE proname = 'stoa_shape' AND provolatile <> 'i'"));
    }

    /// <summary>The statements themselves, on a server where functions of the same names stand in for those of Citus.</summary>
    [Fact, Trait("Engine", "Postgres")]
    public async Task Is_done_once_and_keeps_foreign_keys_between_entities()
    {
        await using var stoa = await Exchange.StartAsync();
        var before = await stoa.Database.WriteAsync(Keys, TestContext.Current.CancellationToken);

        var (first, second) = await stoa.Database.WriteAsync(
            session =>
            {
                session.Execute(StandIn);
                return (Distribution.Spread(session.Connection, inTransaction: true), Distribution.Spread(session.Connection, inTransaction: true));
            },
            TestContext.Current.CancellationToken);

        Assert.True(first > 3);
        Assert.Equal(0, second);
        using var read = await stoa.Database.ReadAsync(TestContext.Current.CancellationToken);
        Assert.Equal(
            Distribution.Tables.Where(entry => entry.Form != TableForm.Coordinator).Select(entry => entry.Table).Order(),
            Texts(read, "SELECT logicalrelid::regclass::text FROM pg_dist_partition").Order());
        var after = Texts(read, KeysSql);
        Assert.Equal(before.Where(key => !(key.Contains("REFERENCES dataset", StringComparison.Ordinal) && IsSpread(key))), after);
        Assert.Contains(after, key => key.StartsWith("datastream FOREIGN KEY (thing_id)", StringComparison.Ordinal));

        static bool IsSpread(string key) => Distribution.FormOf(key.Split(' ')[0]) == TableForm.Everywhere;
    }

    [Fact, Trait("Engine", "Postgres")]
    public async Task Is_left_alone_where_Citus_is_absent()
    {
        await using var stoa = await Exchange.StartAsync();

        using var read = await stoa.Database.ReadAsync(TestContext.Current.CancellationToken);

        Assert.Empty(Texts(read, "SELECT extname::text FROM pg_extension WHERE extname = 'citus'"));
        Assert.NotSame(SqlDialect.Sqlite, stoa.Database.Dialect);
    }

    private const string KeysSql =
        """
        SELECT   conrelid::regclass::text || ' ' || pg_get_constraintdef(oid)
        FROM     pg_constraint
        WHERE    contype = 'f'
        ORDER BY 1
        """;

    private static List<string> Keys(WriteSession session)
    {
        using var read = session.Prepare(KeysSql);
        var keys = new List<string>();
        while (read.Step()) keys.Add(read.Text(0));
        return keys;
    }

    private static List<string> Texts(Session session, string sql)
    {
        using var read = session.Prepare(sql);
        var texts = new List<string>();
        while (read.Step()) texts.Add(read.Text(0));
        return texts;
    }

    // They note what was asked for, and refuse what Citus refuses: a table with triggers, a second time, a reference table with a
    // foreign key.
    private const string StandIn =
        """
        CREATE TABLE pg_dist_partition (logicalrelid oid PRIMARY KEY, partmethod text, repmodel text);
        CREATE TABLE pg_dist_node (groupid int);
        CREATE TABLE pg_dist_object (classid oid, objid oid);
        CREATE FUNCTION create_distributed_function(which regprocedure) RETURNS void LANGUAGE sql
        AS 'INSERT INTO pg_dist_object VALUES (1255, which::oid)';
        CREATE FUNCTION create_reference_table(which regclass) RETURNS void LANGUAGE plpgsql AS $$
        BEGIN
            IF EXISTS (SELECT 1 FROM pg_trigger WHERE tgrelid = which) THEN RAISE EXCEPTION '% has triggers or foreign keys', which; END IF;
            INSERT INTO pg_dist_partition VALUES (which, 'n', 't');
        END $$;
        CREATE FUNCTION create_distributed_table(which regclass, by_column text, colocate_with text) RETURNS void LANGUAGE plpgsql AS $$
        BEGIN
            IF EXISTS (SELECT 1 FROM pg_trigger WHERE tgrelid = which) THEN RAISE EXCEPTION '% has triggers', which; END IF;
            IF colocate_with <> 'none' THEN PERFORM 1 FROM pg_dist_partition WHERE logicalrelid = colocate_with::regclass AND partmethod = 'h';
                IF NOT FOUND THEN RAISE EXCEPTION '% is not distributed', colocate_with; END IF;
            END IF;
            INSERT INTO pg_dist_partition VALUES (which, 'h', 's');
        END $$;
        CREATE FUNCTION truncate_local_data_after_distributing_table(which regclass) RETURNS void LANGUAGE plpgsql AS $$
        BEGIN EXECUTE format('TRUNCATE %s CASCADE', which); END $$;
        """;
}

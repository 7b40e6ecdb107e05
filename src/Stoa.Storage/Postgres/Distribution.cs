using System.Globalization;
using Stoa.Storage.Migrations;

namespace Stoa.Storage.Postgres;

/// <summary>Where the rows of a table are when Citus is present.</summary>
internal enum TableForm
{
    /// <summary>In shards by <c>datastream_id</c>, on the workers.</summary>
    Distributed,

    /// <summary>Whole on every machine, the coordinator among them (a reference table of Citus).</summary>
    Everywhere,

    /// <summary>On the coordinator alone, as a table that Citus does not know.</summary>
    Coordinator,
}

/// <summary>What is known of a database before it is distributed. Immutable.</summary>
internal sealed record DistributionState
{
    /// <summary>Tables of the program that are there.</summary>
    public required IReadOnlySet<string> Tables { get; init; }

    /// <summary>Those of them that Citus spreads already.</summary>
    public IReadOnlyDictionary<string, TableForm> Placed { get; init; } = new Dictionary<string, TableForm>();

    /// <summary>Foreign keys: name, the table that refers, the one referred to, and the definition.</summary>
    public IReadOnlyList<(string Name, string Table, string Referred, string Definition)> ForeignKeys { get; init; } = [];

    /// <summary>Functions of the program that the workers do not have, as <c>name(types)</c>, in the order of their making.</summary>
    public IReadOnlyList<string> Functions { get; init; } = [];

    /// <summary>Spread tables whose rows of before still lie on the coordinator, unseen.</summary>
    public IReadOnlyList<string> LeftBehind { get; init; } = [];
}

/// <summary>Statements that belong together.</summary>
internal sealed record DistributionStep(string What, IReadOnlyList<string> Statements);

/// <summary>Spreads a database over the machines of a Citus cluster when the extension is there; run after every start.</summary>
/// <remarks>
/// <para>What is written with every observation is either in its shard or on the coordinator, never everywhere: a table that stands
/// everywhere takes no change while one machine is away. What observations are joined with in questions stands everywhere.</para>
/// <para>Limits of Citus 12 and 13 that decide (its documentation: "Creating and Modifying Distributed Tables", "SQL Support and
/// Workarounds", "Citus Utility Functions"):</para>
/// <list type="bullet">
/// <item>unique keys of a distributed table hold its distribution column, foreign keys to it do not come from other kinds of tables;</item>
/// <item>no triggers on distributed and reference tables: dataset, organization, access_token and connector have some, so they stay on
/// the coordinator, and with them all that refers to them by a foreign key;</item>
/// <item>foreign keys are dropped before tables are distributed and made again after; a reference table may not refer to a table that
/// only the coordinator has, so the keys of entities to <c>dataset</c> end here: the one writer looks the dataset up in the same
/// transaction, and datasets are not removed;</item>
/// <item>identity columns of bigint are allowed on reference tables: they are filled where the statement is planned, which is the
/// coordinator;</item>
/// <item>stored generated columns are made anew on every machine from a function that the workers must have;</item>
/// <item>questions of reference tables and tables of the coordinator alone are answered by the coordinator by itself.</item>
/// </list>
/// </remarks>
internal static class Distribution
{
    /// <summary>The oldest version that this program knows the rules of.</summary>
    internal const int MajorMin = 12;

    /// <summary>What the shards of observations are cut by.</summary>
    internal const string Key = "datastream_id";

    private const string Leading = "observation";

    /// <summary>Every table of the program, in the order in which they are spread. A table without a line here fails a test.</summary>
    internal static readonly IReadOnlyList<(string Table, TableForm Form)> Tables =
    [
        ("thing", TableForm.Everywhere),
        ("location", TableForm.Everywhere),
        ("thing_location", TableForm.Everywhere),
        ("historical_location", TableForm.Everywhere),
        ("historical_location_location", TableForm.Everywhere),
        ("sensor", TableForm.Everywhere),
        ("observed_property", TableForm.Everywhere),
        ("datastream", TableForm.Everywhere),
        ("multi_datastream", TableForm.Everywhere),
        ("multi_datastream_observed_property", TableForm.Everywhere),
        ("feature_of_interest", TableForm.Everywhere),
        (Leading, TableForm.Distributed),
        // Written in the transaction of an observation, and asked of together with the observations of its datastream.
        ("datastream_feature_of_interest", TableForm.Distributed),
        // Changed with every commit and joined with datastream in nearly every question of entities. In shards, a page of Datastreams
        // would fetch all rows (a table that stands everywhere cannot be on the outer side of a join with a distributed one); and
        // what is known of datastreams would be away with a worker.
        ("datastream_state", TableForm.Coordinator),
        ("observation_sequence", TableForm.Coordinator),
        ("writer_turn", TableForm.Coordinator),
        ("entity_count", TableForm.Coordinator),
        ("organization", TableForm.Coordinator),
        ("dataset", TableForm.Coordinator),
        ("dataset_words", TableForm.Coordinator),
        ("governance_state", TableForm.Coordinator),
        ("party", TableForm.Coordinator),
        ("membership", TableForm.Coordinator),
        ("account", TableForm.Coordinator),
        ("recovery_code", TableForm.Coordinator),
        ("sign_in_session", TableForm.Coordinator),
        ("trusted_device", TableForm.Coordinator),
        ("sign_in_attempt", TableForm.Coordinator),
        ("one_time_link", TableForm.Coordinator),
        ("passkey", TableForm.Coordinator),
        ("external_login", TableForm.Coordinator),
        ("governed_record", TableForm.Coordinator),
        ("governed_event", TableForm.Coordinator),
        ("quality_finding", TableForm.Coordinator),
        ("policy_snapshot", TableForm.Coordinator),
        ("decision", TableForm.Coordinator),
        ("decision_batch", TableForm.Coordinator),
        ("exchange", TableForm.Coordinator),
        ("exchange_dataset", TableForm.Coordinator),
        ("exchange_run", TableForm.Coordinator),
        ("exchange_batch", TableForm.Coordinator),
        ("ledger_log", TableForm.Coordinator),
        ("ledger_entry", TableForm.Coordinator),
        ("ledger_key", TableForm.Coordinator),
        ("ledger_tile", TableForm.Coordinator),
        ("ledger_checkpoint", TableForm.Coordinator),
        ("ledger_public_key", TableForm.Coordinator),
        ("seal_state", TableForm.Coordinator),
        ("sealed_block", TableForm.Coordinator),
        ("sealed_group", TableForm.Coordinator),
        ("sealed_leaf", TableForm.Coordinator),
        ("witnessed_log", TableForm.Coordinator),
        ("split_view", TableForm.Coordinator),
        ("ledger_cosigned", TableForm.Coordinator),
        ("ledger_stamp", TableForm.Coordinator),
        ("ledger_anchor", TableForm.Coordinator),
        ("ledger_lag", TableForm.Coordinator),
        ("access_token", TableForm.Coordinator),
        ("access_token_scope", TableForm.Coordinator),
        ("mqtt_session", TableForm.Coordinator),
        ("mqtt_subscription", TableForm.Coordinator),
        ("mqtt_receipt", TableForm.Coordinator),
        ("mqtt_retained", TableForm.Coordinator),
        ("mqtt_message", TableForm.Coordinator),
        ("mqtt_takeover", TableForm.Coordinator),
        ("connector", TableForm.Coordinator),
        ("connector_state", TableForm.Coordinator),
        ("dead_letter", TableForm.Coordinator),
        ("entity_change", TableForm.Coordinator),
        ("change_log_state", TableForm.Coordinator),
        ("change_log_mark", TableForm.Coordinator),
        ("idempotent_request", TableForm.Coordinator),
        ("import_progress", TableForm.Coordinator),
        ("schema_migration", TableForm.Coordinator),
    ];

    /// <summary>Spreads what is not spread yet; nothing without the extension, or when <c>stoa.distribute</c> is <c>off</c>.</summary>
    /// <remarks>
    /// Cost: rows that are there already are copied once, while nothing is written. May be stopped at any time and goes on at the next
    /// start. The setting is one of the server's: <c>ALTER DATABASE … SET stoa.distribute = 'off'</c>, or <c>Options=-c stoa.distribute=off</c>
    /// in the connection string. <c>pretend</c> asks the questions as if the database were spread, on a server without Citus: for tests.
    /// </remarks>
    /// <returns>Whether observations are spread over machines, so that questions must be asked in a way that Citus takes.</returns>
    internal static bool Run(EngineConnection connection)
    {
        var setting = connection.TextOrNull("SELECT coalesce(current_setting('stoa.distribute', true), '')");
        if (setting == "pretend") return true;
        if (setting == "off" || connection.TextOrNull("SELECT extversion FROM pg_extension WHERE extname = 'citus'") is not { } version)
            return false;
        CheckVersion(version);
        if (Plan(Read(connection)).Count > 0)
        {
            CheckCoordinator(connection);
            Spread(connection, inTransaction: false);
        }

        return true;
    }

    /// <summary>Does what is still to do, and says how many steps it took.</summary>
    /// <param name="connection">To the coordinator.</param>
    /// <param name="inTransaction">Whether the caller has one; else each step is one.</param>
    internal static int Spread(EngineConnection connection, bool inTransaction)
    {
        var done = new HashSet<string>();
        // After each step the next is looked for anew: another node may be at the same work.
        while (Plan(Read(connection)) is [var step, ..])
        {
            if (!done.Add(step.What)) throw new StorageException(StorageFailure.Engine, $"Citus did not do this: {step.What}.");
            if (inTransaction) foreach (var statement in step.Statements) connection.Execute(statement);
            else Do(connection, step);
        }

        return done.Count;
    }

    /// <summary>What is still to do, each step a transaction. Pure.</summary>
    internal static IReadOnlyList<DistributionStep> Plan(DistributionState state)
    {
        var steps = new List<DistributionStep>();
        // Questions call them in the shards, and generated columns of the tables do.
        foreach (var function in state.Functions)
            steps.Add(new($"give the workers {function}", [$"SELECT create_distributed_function({Quoted(function)})"]));
        if (SpreadEntities(state) is { } entities) steps.Add(entities);
        // The leading table first: the other lies beside it, so that both are asked together in a shard.
        foreach (var table in Missing(state, TableForm.Distributed))
            steps.Add(new($"spread {table}",
                [$"SELECT create_distributed_table({Quoted(table)}, {Quoted(Key)}, colocate_with => {Quoted(table == Leading ? "none" : Leading)})"]));
        foreach (var table in state.LeftBehind)
            steps.Add(new($"empty what {table} was before", [$"SELECT truncate_local_data_after_distributing_table({Quoted(table)})"]));
        return steps;
    }

    /// <summary>All in one transaction, since foreign keys that were dropped are known in it alone.</summary>
    private static DistributionStep? SpreadEntities(DistributionState state)
    {
        var missing = Missing(state, TableForm.Everywhere).ToArray();
        if (missing.Length == 0) return null;
        var statements = new List<string>
        {
            // Needed where tables with foreign keys to reference tables are made in one transaction (citus.multi_shard_modify_mode).
            "SET LOCAL citus.multi_shard_modify_mode TO 'sequential'",
        };
        var keys = state.ForeignKeys.Where(key => missing.Contains(key.Table) || missing.Contains(key.Referred)).ToArray();
        foreach (var key in keys) statements.Add($"ALTER TABLE {key.Table} DROP CONSTRAINT {key.Name}");
        foreach (var table in missing) statements.Add($"SELECT create_reference_table({Quoted(table)})");
        foreach (var key in keys)
            if (FormOf(key.Referred) == TableForm.Everywhere && FormOf(key.Table) == TableForm.Everywhere)
                statements.Add($"ALTER TABLE {key.Table} ADD CONSTRAINT {key.Name} {key.Definition}");
        return new("put the entities on every machine", statements);
    }

    private static IEnumerable<string> Missing(DistributionState state, TableForm form) =>
        from entry in Tables
        where entry.Form == form && state.Tables.Contains(entry.Table) && !state.Placed.ContainsKey(entry.Table)
        select entry.Table;

    /// <summary>The form of a table of the program; null for one without a decision.</summary>
    internal static TableForm? FormOf(string table)
    {
        foreach (var (known, form) in Tables)
            if (known == table) return form;
        return null;
    }

    private static void CheckVersion(string version)
    {
        var major = version.Split('.', '-')[0];
        if (int.TryParse(major, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number >= MajorMin) return;
        throw new StorageException(StorageFailure.Library,
            $"The database has Citus {version}; this program needs {MajorMin} or later. Nothing was changed. Update the extension on every " +
            "machine, or set stoa.distribute to off for this database.");
    }

    /// <summary>Reference tables are read on the coordinator too, which must be one of the cluster's nodes for it.</summary>
    private static void CheckCoordinator(EngineConnection connection)
    {
        // In a cluster without any node Citus adds the coordinator by itself.
        if (connection.TextOrNull("SELECT 'known' FROM pg_dist_node HAVING count(*) = 0 OR bool_or(groupid = 0)") is not null) return;
        throw new StorageException(StorageFailure.Access,
            "The workers of this Citus cluster do not know the coordinator. Nothing was changed. Run SELECT citus_set_coordinator_host('HOST', " +
            "PORT) on it, with the name by which the workers reach it, and start again.");
    }

    private static void Do(EngineConnection connection, DistributionStep step)
    {
        // Nobody migrates or writes meanwhile, whatever node it is.
        connection.Execute(Migrator.BeginOnPostgres);
        try
        {
            // Another node was quicker while this one waited.
            if (Plan(Read(connection)).Any(other => other.What == step.What))
                foreach (var statement in step.Statements) connection.Execute(statement);
            connection.Execute("COMMIT");
        }
        catch
        {
            connection.Rollback();
            throw;
        }
    }

    // reading -----------------------------------------------------------------------------------------------------------

    private static DistributionState Read(EngineConnection connection)
    {
        var placed = new Dictionary<string, TableForm>();
        // h: by hash; n and t: whole on every machine, kept the same by two-phase commits (pg_dist_partition).
        foreach (var row in Rows(connection, """
            SELECT c.relname::text, CASE WHEN p.partmethod = 'h' THEN 'h' WHEN p.partmethod = 'n' AND p.repmodel = 't' THEN 'n' ELSE '' END
            FROM   pg_dist_partition p
            JOIN   pg_class c ON c.oid = p.logicalrelid
            WHERE  c.relnamespace = to_regnamespace(current_schema())
            """))
            if (row[1].Length > 0) placed[row[0]] = row[1] == "h" ? TableForm.Distributed : TableForm.Everywhere;
        return new()
        {
            Tables = Rows(connection, """
                SELECT relname::text FROM pg_class
                WHERE  relnamespace = to_regnamespace(current_schema()) AND relkind IN ('r', 'p') AND NOT relispartition
                """).Select(row => row[0]).Where(table => FormOf(table) is not null).ToHashSet(),
            Placed = placed,
            ForeignKeys =
            [
                .. from row in Rows(connection, """
                    SELECT   k.conname::text, c.relname::text, r.relname::text, pg_get_constraintdef(k.oid)
                    FROM     pg_constraint k
                    JOIN     pg_class c ON c.oid = k.conrelid
                    JOIN     pg_class r ON r.oid = k.confrelid
                    WHERE    k.contype = 'f' AND c.relnamespace = to_regnamespace(current_schema())
                    ORDER BY c.relname, k.conname
                    """)
                   where FormOf(row[1]) is not null
                   select (row[0], row[1], row[2], row[3]),
            ],
            // Functions of triggers belong to tables of the coordinator.
            Functions = [.. Rows(connection, """
                SELECT   p.oid::regprocedure::text
                FROM     pg_proc p
                WHERE    p.pronamespace = to_regnamespace(current_schema()) AND starts_with(p.proname, 'stoa_')
                  AND    p.prorettype <> 'trigger'::regtype
                  AND    NOT EXISTS (SELECT 1 FROM pg_dist_object d WHERE d.classid = 'pg_proc'::regclass AND d.objid = p.oid)
                ORDER BY p.oid
                """).Select(row => row[0])],
            // What was copied to the shards is hidden, not gone. Partitions hold the rows of their table.
            LeftBehind = [.. Rows(connection, """
                SELECT   c.relname::text
                FROM     pg_dist_partition p
                JOIN     pg_class c ON c.oid = p.logicalrelid
                WHERE    c.relnamespace = to_regnamespace(current_schema()) AND (p.partmethod = 'h' OR p.repmodel = 't')
                  AND    NOT c.relispartition
                  AND    (SELECT sum(pg_relation_size(t.relid)) FROM pg_partition_tree(c.oid) t WHERE t.isleaf) > 0
                ORDER BY c.relname
                """).Select(row => row[0]).Where(table => FormOf(table) is not null)],
        };
    }

    private static List<string[]> Rows(EngineConnection connection, string sql)
    {
        var rows = new List<string[]>();
        using var read = connection.Prepare(sql);
        while (read.Step())
        {
            var row = new string[read.Columns];
            for (var i = 0; i < row.Length; i++) row[i] = read.Text(i);
            rows.Add(row);
        }

        return rows;
    }

    // Names of tables and functions of this program, which hold no quote.
    private static string Quoted(string name) => $"'{name}'";
}

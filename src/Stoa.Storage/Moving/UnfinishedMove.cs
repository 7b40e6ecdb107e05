using System.Globalization;

namespace Stoa.Storage.Moving;

/// <summary>What the target of a move remembers until the move is complete and verified; meanwhile nothing else uses the target.</summary>
internal static class UnfinishedMove
{
    internal const string Table = "unfinished_move";
    internal const string ProgressTable = "unfinished_move_table";

    private const string Separator = ";\n";

    private static readonly string Create =
        $"""
        CREATE TABLE {Table} (one bigint PRIMARY KEY, source text NOT NULL, later text NOT NULL);
        CREATE TABLE {ProgressTable} (name text PRIMARY KEY, moved bigint NOT NULL, last_key text, is_done bigint NOT NULL);
        """;

    /// <summary>How far a table has come.</summary>
    /// <param name="Rows">Rows that stand in the target.</param>
    /// <param name="LastKey">Key of the last one; null when the table moves in one piece.</param>
    /// <param name="IsDone">Whether all have come.</param>
    internal sealed record Progress(long Rows, long[]? LastKey, bool IsDone);

    /// <summary>Refuses a database that holds a part of what it shall hold.</summary>
    /// <exception cref="StorageException"><see cref="StorageFailure.Unfinished"/>.</exception>
    internal static void Refuse(EngineConnection connection, string place)
    {
        if (connection.HasTable(Table))
            throw new StorageException(StorageFailure.Unfinished,
                $"{place} is the target of a move that is not complete. Run the same stoa migrate again: it goes on where it stopped.");
    }

    /// <summary>Within a transaction: from now on this is the target of a move from that source.</summary>
    /// <param name="connection">The target.</param>
    /// <param name="source">What <see cref="SourceOf"/> says.</param>
    /// <param name="later">Statements for the end.</param>
    internal static void Begin(EngineConnection connection, string source, IEnumerable<string> later)
    {
        connection.Execute(Create);
        using var insert = connection.Prepare($"INSERT INTO {Table} (one, source, later) VALUES (1, @source, @later)");
        insert.Bind("@source", source).Bind("@later", string.Join(Separator, later)).Execute();
    }

    /// <summary>Within a transaction: the statements that were kept for the end, which are not given a second time.</summary>
    internal static IReadOnlyList<string> TakeLater(EngineConnection connection)
    {
        var later = connection.TextOrNull($"SELECT later FROM {Table} WHERE one = 1") ?? "";
        connection.Execute($"UPDATE {Table} SET later = ''");
        return later.Split(Separator, StringSplitOptions.RemoveEmptyEntries);
    }

    /// <summary>Within a transaction: the move is complete.</summary>
    internal static void End(EngineConnection connection) => connection.Execute($"DROP TABLE {ProgressTable}; DROP TABLE {Table};");

    /// <summary>The source as it was when the move began.</summary>
    internal static string ReadSource(EngineConnection connection) =>
        connection.TextOrNull($"SELECT source FROM {Table} WHERE one = 1") ??
        throw new InvalidOperationException("The source of the move is missing.");

    internal static Progress? ReadProgress(EngineConnection connection, MovedTable table)
    {
        using var read = connection.Prepare($"SELECT moved, last_key, is_done FROM {ProgressTable} WHERE name = @name");
        if (!read.Bind("@name", table.Name).Step()) return null;
        var key = read.TextOrNull(1)?.Split(' ').Select(part => long.Parse(part, CultureInfo.InvariantCulture)).ToArray();
        return new(read.Int64(0), key, read.Boolean(2));
    }

    /// <summary>Within the transaction of the rows.</summary>
    internal static void Write(EngineConnection connection, MovedTable table, Progress progress)
    {
        using var write = connection.Prepare(
            $"""
            INSERT INTO {ProgressTable} (name, moved, last_key, is_done)
            VALUES (@name, @moved, @key, @done)
            ON CONFLICT (name) DO UPDATE SET moved = excluded.moved, last_key = excluded.last_key, is_done = excluded.is_done
            """);
        write.Bind("@name", table.Name).Bind("@moved", progress.Rows).Bind("@done", progress.IsDone)
            .Bind("@key", progress.LastKey is { } key ? string.Join(' ', key) : null).Execute();
    }

    /// <summary>
    /// What tells one source from another, and a source from the same one after somebody has used it: the key of its change log, and
    /// numbers that grow with changes. Changes that leave these as they are show when the digests are compared.
    /// </summary>
    internal static string SourceOf(EngineConnection connection)
    {
        using var read = connection.Prepare(
            """
            SELECT l.key, l.dropped, g.version, c.version, o.next, (SELECT coalesce(max(number), 0) FROM entity_change)
            FROM   change_log_state l, governance_state g, connector_state c, observation_sequence o
            """);
        if (!read.Step()) throw new InvalidOperationException("The state of the source is missing.");
        return string.Create(CultureInfo.InvariantCulture,
            $"{Convert.ToHexStringLower(read.Blob(0))} {read.Int64(1)} {read.Int64(2)} {read.Int64(3)} {read.Int64(4)} {read.Int64(5)}");
    }
}

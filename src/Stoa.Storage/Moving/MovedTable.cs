namespace Stoa.Storage.Moving;

/// <summary>A table as an engine's catalogue describes it, in a form that is the same on both.</summary>
/// <param name="Name">The same on both engines.</param>
/// <param name="Columns">Those of the key first, in its order; then the others by name.</param>
/// <param name="KeyColumns">How many of them are the key.</param>
/// <param name="References">Tables that its rows refer to.</param>
/// <param name="HasIdentity">Whether the engine gives its ids, so that it knows a next one.</param>
internal sealed record MovedTable(
    string Name, IReadOnlyList<MovedColumn> Columns, int KeyColumns, IReadOnlyList<string> References, bool HasIdentity)
{
    /// <summary>The observations, of which there are more than of everything else.</summary>
    internal const string Observation = "observation";

    /// <summary>
    /// Tables that are not moved: each engine makes them for itself, or keeps them by triggers, or they speak of the database and not
    /// of its data. A table of a later schema that stands here neither, nor on both engines, makes a test fail.
    /// </summary>
    internal static readonly IReadOnlySet<string> LeftOut = new HashSet<string>(StringComparer.Ordinal)
    {
        "schema_migration",
        "time_window",
        "writer_turn",
        "dataset_words",
        // What one node tells the others stands there for some minutes, and all nodes are stopped.
        "mqtt_message",
        "mqtt_takeover",
        // Made again from the entries; on SQLite they are files.
        "ledger_tile",
        "ledger_checkpoint",
        UnfinishedMove.Table,
        UnfinishedMove.ProgressTable,
    };

    /// <summary>Columns that are not moved, as <c>table.column</c>, for the same reasons.</summary>
    internal static readonly IReadOnlySet<string> LeftOutColumns = new HashSet<string>(StringComparer.Ordinal)
    {
        "mqtt_session.node",
    };

    /// <summary>A table with its columns in the order that is the same on both engines, without those that are not moved.</summary>
    /// <param name="name">The table.</param>
    /// <param name="columns">All that are stored, each with its place in the key; null: it is not of the key.</param>
    /// <param name="references">Tables that its rows refer to.</param>
    /// <param name="hasIdentity">Whether the engine gives its ids.</param>
    internal static MovedTable Of(
        string name, IEnumerable<(MovedColumn Column, long? Key)> columns, IReadOnlyList<string> references, bool hasIdentity)
    {
        var moved = columns.Where(column => !LeftOutColumns.Contains($"{name}.{column.Column.Name}"))
            .OrderBy(column => column.Key ?? long.MaxValue).ThenBy(column => column.Column.Name, StringComparer.Ordinal).ToArray();
        return new(name, [.. moved.Select(column => column.Column)], moved.Count(column => column.Key is not null), references, hasIdentity);
    }

    /// <summary>Whether a place in the table can be written as numbers, so that a run can go on from there.</summary>
    internal bool HasNumericKey => KeyColumns > 0 && Columns.Take(KeyColumns).All(column => column.Type == MovedType.Integer);

    internal string ColumnList => string.Join(", ", Columns.Select(column => column.Name));

    internal string KeyList => string.Join(", ", Columns.Take(KeyColumns).Select(column => column.Name));

    internal int IndexOf(string column)
    {
        for (var i = 0; i < Columns.Count; i++)
            if (Columns[i].Name == column) return i;
        return -1;
    }

    /// <summary>Whether the other engine describes the same rows.</summary>
    internal bool Matches(MovedTable other) =>
        KeyColumns == other.KeyColumns && HasIdentity == other.HasIdentity && Columns.Count == other.Columns.Count &&
        Columns.Zip(other.Columns).All(pair => pair.First.Name == pair.Second.Name && Fits(pair.First.Type, pair.Second.Type));

    private static bool Fits(MovedType one, MovedType other) =>
        one == other || (one, other) is (MovedType.Number, MovedType.Real) or (MovedType.Real, MovedType.Number);

    /// <summary>The tables that both have and that are moved: what is referred to comes first, what refers to nothing last.</summary>
    /// <exception cref="InvalidOperationException">The schemas differ: a mistake of this program.</exception>
    internal static IReadOnlyList<MovedTable> Match(IReadOnlyList<MovedTable> from, IReadOnlyList<MovedTable> to)
    {
        var tables = from.Where(table => !LeftOut.Contains(table.Name)).ToDictionary(table => table.Name, StringComparer.Ordinal);
        var others = to.Where(table => !LeftOut.Contains(table.Name)).ToDictionary(table => table.Name, StringComparer.Ordinal);
        foreach (var name in tables.Keys.Concat(others.Keys).Distinct(StringComparer.Ordinal).ToArray())
        {
            if (!tables.TryGetValue(name, out var one) || !others.TryGetValue(name, out var other) || !one.Matches(other))
                throw new InvalidOperationException($"The table {name} is not the same on both sides.");
            // A column that holds more on one side is described by what that side says.
            tables[name] = one with
            {
                Columns = [.. one.Columns.Zip(other.Columns).Select(pair => pair.First.Type == MovedType.Number ? pair.First : pair.Second)],
            };
        }

        return InOrder(tables);
    }

    // Sums and states come last: triggers on the tables before them count into some of them.
    private static List<MovedTable> InOrder(Dictionary<string, MovedTable> tables)
    {
        var related = tables.Values.SelectMany(table => table.References.Append(table.References.Count > 0 ? table.Name : ""))
            .ToHashSet(StringComparer.Ordinal);
        var ordered = new List<MovedTable>();
        var done = new HashSet<string>(StringComparer.Ordinal);
        void Add(MovedTable table)
        {
            if (!done.Add(table.Name)) return;
            foreach (var other in table.References) Add(tables[other]);
            ordered.Add(table);
        }

        foreach (var table in tables.Values.Where(table => related.Contains(table.Name)).OrderBy(table => table.Name, StringComparer.Ordinal))
            Add(table);
        foreach (var table in tables.Values.OrderByDescending(table => table.Name == Observation).ThenBy(table => table.Name, StringComparer.Ordinal))
            Add(table);
        return ordered;
    }
}

/// <summary>A column that is stored, not computed.</summary>
internal sealed record MovedColumn(string Name, MovedType Type);

/// <summary>What a column holds, besides NULL.</summary>
internal enum MovedType
{
    /// <summary>Whole numbers of 64 bits.</summary>
    Integer,

    /// <summary>Doubles.</summary>
    Real,

    /// <summary>Doubles, and on SQLite whole numbers of 64 bits too.</summary>
    Number,

    /// <summary>UTF-8.</summary>
    Text,

    /// <summary>Bytes.</summary>
    Bytes,
}

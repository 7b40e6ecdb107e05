using Stoa.Query;

namespace Stoa.Storage.Translation;

/// <summary>A column by its name in the table of an entity, or in the side table that extends it.</summary>
/// <param name="Name">Written by the program, never by a caller: it goes into the SQL as it stands.</param>
/// <param name="IsSide">True for the side table, whose row may be missing: its columns are then null.</param>
/// <param name="IsRequired">True when every row has a value: an index on it then gives the order by it, wherever null comes.</param>
public readonly record struct Column(string Name, bool IsSide = false, bool IsRequired = false);

/// <summary>Where the values of a property are kept.</summary>
public abstract record PropertyColumns;

/// <summary>One column: TEXT for text, INTEGER or REAL for numbers, INTEGER microseconds for instants; for these optionally the
/// offset from UTC as written, in minutes.</summary>
public sealed record ScalarColumn(Column Column, Column? Offset = null) : PropertyColumns;

/// <summary>Start and end in INTEGER microseconds; a null end is an instant; optionally the offset from UTC as written, in minutes.</summary>
public sealed record IntervalColumns(Column Start, Column End, Column? Offset = null) : PropertyColumns;

/// <summary>A JSON value as text.</summary>
public sealed record JsonColumn(Column Column) : PropertyColumns;

/// <summary>A JSON value in the one of four columns that fits it; all null: JSON null.</summary>
public sealed record VariantColumns(Column Number, Column Text, Column Boolean, Column Json) : PropertyColumns;

/// <summary>A geometry as WKB beside its JSON text.</summary>
/// <param name="Json">The JSON text.</param>
/// <param name="Wkb">The geometry as bytes; null where the JSON holds none.</param>
/// <param name="Shape">The same for an engine that knows geometries, with an index on its boxes.</param>
/// <param name="BoxTable">For other engines: an R*Tree table (id, min_x, max_x, min_y, max_y) of the same ids.</param>
public sealed record GeometryColumns(Column Json, Column Wkb, Column Shape, string BoxTable) : PropertyColumns;

/// <summary>A geometry that is a box kept in four columns.</summary>
public sealed record BoxColumns(Column MinX, Column MaxX, Column MinY, Column MaxY) : PropertyColumns;

/// <summary>How a relation is kept.</summary>
public abstract record NavigationColumns;

/// <summary>How a column holds the id of a related entity.</summary>
public enum KeySign
{
    /// <summary>As it is.</summary>
    Plain,

    /// <summary>As it is; what is below zero speaks of another relation, and this one is then absent.</summary>
    Positive,

    /// <summary>Minus the id; what is above zero speaks of another relation, and this one is then absent.</summary>
    Negative,
}

/// <summary>To one: the source names its target.</summary>
/// <param name="Column">Of the source.</param>
/// <param name="Groups">Rows of which groups can have a given target; see <see cref="KeyGroups"/>.</param>
/// <param name="Sign">How the column holds the target's id.</param>
public sealed record SourceKey(string Column, KeyGroups? Groups = null, KeySign Sign = KeySign.Plain) : NavigationColumns;

/// <summary>To many: each target names its source.</summary>
/// <param name="Column">Of the target.</param>
/// <param name="Groups">Targets of which groups can name a given source; see <see cref="KeyGroups"/>.</param>
/// <param name="Sign">How the column holds the source's id.</param>
public sealed record TargetKey(string Column, KeyGroups? Groups = null, KeySign Sign = KeySign.Plain) : NavigationColumns;

/// <summary>Many to many by a table of pairs.</summary>
/// <param name="Table">The pairs.</param>
/// <param name="SourceColumn">Id of the source.</param>
/// <param name="TargetColumn">Id of the target.</param>
/// <param name="OrderColumn">Place of the target in the relation, which then is a list: without another order it is read in this
/// one, and a target that stands in it twice comes twice. Null: a set.</param>
public sealed record LinkTable(string Table, string SourceColumn, string TargetColumn, string? OrderColumn = null)
    : NavigationColumns;

/// <summary>Stands in for a missing index on a key of a large table: a small table of (key, group) pairs, and the group column of
/// the large table, by which it is clustered.</summary>
public sealed record KeyGroups(string Table, string KeyColumn, string GroupColumn, string LargeTableColumn);

/// <summary>A table with at most one row for each entity, which extends it.</summary>
/// <param name="Table">Its name.</param>
/// <param name="Key">Its column for the entity's id.</param>
/// <param name="Sign">How that column holds the id.</param>
public sealed record SideTable(string Table, string Key, KeySign Sign = KeySign.Plain);

/// <summary>Where the dataset of an entity without a column of its own for it is found.</summary>
/// <param name="Table">A small table with the dataset.</param>
/// <param name="KeyColumn">Its key.</param>
/// <param name="DatasetColumn">The dataset in it.</param>
/// <param name="Column">The entity's column that holds the key.</param>
/// <param name="Navigations">The to-one relations kept in that column: their targets belong to the same dataset.</param>
public sealed record DatasetSource(
    string Table, string KeyColumn, string DatasetColumn, string Column, IReadOnlyList<Navigation> Navigations);

/// <summary>How a large table is clustered: by group, and in each group by time. A small table holds the span of each group.</summary>
/// <param name="Property">The time by which it is clustered.</param>
/// <param name="TimeColumn">The start of that time, in the large table.</param>
/// <param name="GroupColumn">Of the large table; the key of the relation that gives the dataset.</param>
/// <param name="Table">The small table: one row for each group that has rows.</param>
/// <param name="KeyColumn">The group in the small table; named as in the large one.</param>
/// <param name="EarliestColumn">Least start in the group.</param>
/// <param name="LatestColumn">Greatest start in the group.</param>
/// <param name="LatestIdColumn">Greatest id among the rows with that start.</param>
/// <param name="DatasetColumn">The dataset of the group, in the small table.</param>
/// <param name="Value">A property whose numbers have bounds in the small table.</param>
/// <param name="LeastColumn">No number of the group lies below.</param>
/// <param name="MostColumn">No number of the group lies above.</param>
public sealed record TimeGroups(
    EntityProperty Property, string TimeColumn, string GroupColumn, string Table, string KeyColumn, string EarliestColumn,
    string LatestColumn, string LatestIdColumn, string DatasetColumn, EntityProperty Value, string LeastColumn, string MostColumn);

/// <summary>Where the entities of one type are kept. Immutable.</summary>
public sealed record EntityMapping
{
    /// <summary>The type.</summary>
    public required EntityType Entity { get; init; }

    /// <summary>Its table.</summary>
    public required string Table { get; init; }

    /// <summary>Column of the id.</summary>
    public string IdColumn { get; init; } = "id";

    /// <summary>Column of the dataset; null when <see cref="DatasetSource"/> says where it is found.</summary>
    public string? DatasetColumn { get; init; }

    /// <summary>Where the dataset is found; null when there is a <see cref="DatasetColumn"/>.</summary>
    public DatasetSource? DatasetSource { get; init; }

    /// <summary>By <see cref="EntityProperty.Ordinal"/>.</summary>
    public required IReadOnlyList<PropertyColumns> Properties { get; init; }

    /// <summary>By <see cref="Navigation.Ordinal"/>.</summary>
    public required IReadOnlyList<NavigationColumns> Navigations { get; init; }

    /// <summary>A table with at most one row for each entity, and its key column.</summary>
    public SideTable? SideTable { get; init; }

    /// <summary>Name of the set in the table of kept counts; null when none are kept.</summary>
    public string? CountedAs { get; init; }

    /// <summary>Kept counts of related sets: by relation, a column of the side table.</summary>
    public IReadOnlyList<(Navigation Navigation, string SideColumn)> CountedNavigations { get; init; } = [];

    /// <summary>How the table is clustered by time; null when it is not.</summary>
    public TimeGroups? TimeGroups { get; init; }

    /// <summary>Holds in statements with narrowed datasets the number of a row's narrowing; see <see cref="NarrowedFields"/>.</summary>
    public static readonly Column NarrowingColumn = new("narrowing");

    /// <summary>Column of the time by which a window of a narrowed dataset limits the rows; null: it does not.</summary>
    public string? MomentColumn { get; init; }

    /// <summary>The relations that lead to a geometry, by which the area of a narrowed dataset limits the rows: none, its own geometry;
    /// null: it has no place, and the area does not limit it.</summary>
    public IReadOnlyList<Navigation>? PlacePath { get; init; }

    /// <summary>True where a scan is out of the question: conditions over relations then choose which rows are read.</summary>
    public bool IsLarge { get; init; }
}

/// <summary>The mappings of one schema. Immutable; made once at start.</summary>
public sealed class StorageMapping
{
    private readonly Dictionary<EntityType, EntityMapping> _byEntity;

    /// <summary>Of one mapping for each entity type.</summary>
    public StorageMapping(IEnumerable<EntityMapping> entities) => _byEntity = entities.ToDictionary(mapping => mapping.Entity);

    /// <summary>The mapping of the type.</summary>
    public EntityMapping this[EntityType entity] => _byEntity[entity];

    internal NavigationColumns this[Navigation navigation] => _byEntity[navigation.Source].Navigations[navigation.Ordinal];

    /// <summary>Whether the target of a to-one relation belongs to the dataset of its source, so that who sees one sees the other.</summary>
    internal bool SharesDataset(Navigation navigation) =>
        _byEntity[navigation.Source].DatasetSource is { } source && source.Navigations.Contains(navigation);
}

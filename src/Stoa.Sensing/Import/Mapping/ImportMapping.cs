using System.Text;
using System.Text.RegularExpressions;
using Stoa.Sensing.Import.Crs;
using Stoa.Sensing.Import.Time;

namespace Stoa.Sensing.Import.Mapping;

/// <summary>How a table becomes Things, Datastreams and Observations. Read from YAML by <see cref="MappingReader"/>;
/// docs/import.md describes every key.</summary>
internal sealed record ImportMapping
{
    /// <summary>How the bytes are cut into rows and fields.</summary>
    public required FileFormat File { get; init; }

    /// <summary>How values are written.</summary>
    public required ValueFormat Values { get; init; }

    /// <summary>Where the time stands; null when the table lists Things only.</summary>
    public required TimeMapping? Time { get; init; }

    /// <summary>What the rows are about.</summary>
    public required ThingMapping Thing { get; init; }

    /// <summary>A second file with one entry a Thing, or null.</summary>
    public required StationsMapping? Stations { get; init; }

    /// <summary>Which columns become Datastreams; none when the table lists Things only.</summary>
    public required IReadOnlyList<DatastreamMapping> Datastreams { get; init; }

    /// <summary>Translations by name, for templates.</summary>
    public required IReadOnlyDictionary<string, IReadOnlyDictionary<string, string>> Lookups { get; init; }

    /// <summary>SHA-256 of the text it was read from: tells whether an interrupted import is the same one.</summary>
    public required byte[] Hash { get; init; }
}

/// <summary>Section <c>file</c>.</summary>
internal sealed record FileFormat
{
    /// <summary>Of the bytes; a byte order mark wins.</summary>
    public required Encoding Encoding { get; init; }

    /// <summary>Null: taken from the first lines.</summary>
    public required byte? Delimiter { get; init; }

    /// <summary>Null: quotes mean nothing.</summary>
    public required byte? Quote { get; init; }

    /// <summary>Whether the first row names the columns.</summary>
    public required bool HasHeader { get; init; }

    /// <summary>Names for the columns of a file without a header; they also replace those of a header.</summary>
    public required IReadOnlyList<string> Columns { get; init; }

    /// <summary>Rows to pass over before the header or the first row.</summary>
    public required int SkipRows { get; init; }

    /// <summary>Rows whose text matches are passed over: notes and sums below the table.</summary>
    public required Regex? Ignore { get; init; }

    /// <summary>Matched against the path of the file; its groups are names for templates.</summary>
    public required Regex? Path { get; init; }

    /// <summary>Rows with fewer fields than the header are taken as if the rest were empty.</summary>
    public required bool AllowShortRows { get; init; }
}

/// <summary>Section <c>values</c>.</summary>
internal sealed record ValueFormat
{
    /// <summary>Decimal sign and groups.</summary>
    public required NumberFormat Number { get; init; }

    /// <summary>Texts that stand for no value; the empty text always does.</summary>
    public required IReadOnlyList<byte[]> Missing { get; init; }

    /// <summary>A sign taken off when it stands on both sides of a value, such as an apostrophe.</summary>
    public required byte? Unwrap { get; init; }

    /// <summary>Texts read as true, in lower case.</summary>
    public required IReadOnlyList<byte[]> True { get; init; }

    /// <summary>Texts read as false, in lower case.</summary>
    public required IReadOnlyList<byte[]> False { get; init; }
}

/// <summary>Section <c>time</c>.</summary>
internal sealed record TimeMapping
{
    /// <summary>Columns whose texts, joined with a space, are the time.</summary>
    public required IReadOnlyList<ColumnReference> Columns { get; init; }

    /// <summary>Tried in order.</summary>
    public required IReadOnlyList<TimeFormat> Formats { get; init; }

    /// <summary>For times without an offset; null when there are none.</summary>
    public required TimeZoneInfo? Zone { get; init; }

    /// <summary>The hour that comes twice.</summary>
    public required AmbiguousTime Ambiguous { get; init; }

    /// <summary>The hour that does not come.</summary>
    public required MissingTime Missing { get; init; }

    /// <summary>How long each observation lasts, in microseconds; null: it is of an instant.</summary>
    public required long? PeriodMicroseconds { get; init; }

    /// <summary>True when the table states the end of the period.</summary>
    public required bool MarksEnd { get; init; }
}

/// <summary>A column named by its header, or by its place counted from 1.</summary>
/// <param name="Name">The header, or null.</param>
/// <param name="Index">From 1, or 0 when named.</param>
/// <param name="Occurrence">Which of several columns with the same header, from 1.</param>
/// <param name="Line">In the mapping.</param>
internal sealed record ColumnReference(string? Name, int Index, int Occurrence, int Line)
{
    /// <inheritdoc/>
    public override string ToString() => Name is null ? $"number {Index}" : $"'{Name}'";
}

/// <summary>Section <c>thing</c>.</summary>
internal sealed record ThingMapping
{
    /// <summary>Stable key within the dataset.</summary>
    public required Template Key { get; init; }

    /// <summary>Empty result: the key.</summary>
    public required Template Name { get; init; }

    /// <summary>Empty result: the name.</summary>
    public required Template Description { get; init; }

    /// <summary>Values for <c>properties</c>; empty ones are left out.</summary>
    public required IReadOnlyList<PropertyMapping> Properties { get; init; }

    /// <summary>Every column of the row becomes a property as well.</summary>
    public required bool CopyColumns { get; init; }

    /// <summary>Where the Thing is; null: it has no Location.</summary>
    public required LocationMapping? Location { get; init; }
}

/// <summary>One member of <c>properties</c>.</summary>
/// <param name="Name">Of the member.</param>
/// <param name="Value">Template.</param>
/// <param name="Type">How the text is written as JSON.</param>
internal sealed record PropertyMapping(string Name, Template Value, ResultKind Type);

/// <summary>Section <c>thing.location</c>: coordinates, well-known text, or the geometry of the stations
/// file.</summary>
internal sealed record LocationMapping
{
    /// <summary>Longitude or easting.</summary>
    public required Template? X { get; init; }

    /// <summary>Latitude or northing.</summary>
    public required Template? Y { get; init; }

    /// <summary>Well-known text.</summary>
    public required Template? WellKnownText { get; init; }

    /// <summary>The place in words, for Things whose coordinates are not known; empty result: the Thing's
    /// name.</summary>
    public required Template? Text { get; init; }

    /// <summary>The geometry that the stations file (GeoJSON) or the feature itself has.</summary>
    public required bool FromFeature { get; init; }

    /// <summary>Of the coordinates; null: not stated.</summary>
    public required CoordinateReferenceSystem? Crs { get; init; }

    /// <summary>Empty result: the Thing's name.</summary>
    public required Template Name { get; init; }
}

/// <summary>Section <c>stations</c>.</summary>
internal sealed record StationsMapping
{
    /// <summary>Name of the file, found beside the mapping or the data; null: only as given on the command line or in
    /// the upload.</summary>
    public required string? File { get; init; }

    /// <summary>csv, json or geojson.</summary>
    public required StationsFormat Format { get; init; }

    /// <summary>The column or member that holds the key.</summary>
    public required string Key { get; init; }

    /// <summary>The key to look for; empty: the Thing's.</summary>
    public required Template? Join { get; init; }

    /// <summary>Of a CSV file.</summary>
    public required byte? Delimiter { get; init; }

    /// <summary>Of a CSV file.</summary>
    public required Encoding Encoding { get; init; }
}

/// <summary>Forms of a stations file.</summary>
internal enum StationsFormat
{
    /// <summary>A table with a header.</summary>
    Csv,

    /// <summary>An array of objects.</summary>
    Json,

    /// <summary>A FeatureCollection.</summary>
    GeoJson,
}

/// <summary>What a value is.</summary>
internal enum ResultKind
{
    /// <summary>A number with decimals.</summary>
    Number,

    /// <summary>A whole number.</summary>
    Integer,

    /// <summary>Text.</summary>
    Text,

    /// <summary>True or false.</summary>
    Boolean,
}

/// <summary>An entry of <c>datastreams</c>: one column, or all that match a regular expression.</summary>
internal sealed record DatastreamMapping
{
    /// <summary>The column, or null when <see cref="Columns"/> is given.</summary>
    public required ColumnReference? Column { get; init; }

    /// <summary>Matched against whole headers; its groups are names for templates.</summary>
    public required Regex? Columns { get; init; }

    /// <summary>Taken only from rows in which these columns hold one of these texts (long tables).</summary>
    public required IReadOnlyList<RowCondition> When { get; init; }

    /// <summary>It is no error when no column matches: files of one set may differ.</summary>
    public required bool IsOptional { get; init; }

    /// <summary>Stable key within the dataset.</summary>
    public required Template Key { get; init; }

    /// <summary>Empty result: the key.</summary>
    public required Template Name { get; init; }

    /// <summary>Empty result: the name.</summary>
    public required Template Description { get; init; }

    /// <summary>What the values are.</summary>
    public required ResultKind Result { get; init; }

    /// <summary>Definition URI; by default the one that fits <see cref="Result"/>.</summary>
    public required Template ObservationType { get; init; }

    /// <summary>Name, symbol and definition of the unit.</summary>
    public required UnitMapping Unit { get; init; }

    /// <summary>What measures.</summary>
    public required SensorMapping Sensor { get; init; }

    /// <summary>What is measured.</summary>
    public required ObservedPropertyMapping ObservedProperty { get; init; }

    /// <summary>Values for <c>properties</c>.</summary>
    public required IReadOnlyList<PropertyMapping> Properties { get; init; }

    /// <summary>Texts that stand for no value in these columns, besides those of the section <c>values</c>.</summary>
    public required IReadOnlyList<byte[]> Missing { get; init; }

    /// <summary>A column with marks on the value, or null.</summary>
    public required StatusMapping? Status { get; init; }

    /// <summary>Line in the mapping.</summary>
    public required int Line { get; init; }
}

/// <summary>A condition on a row.</summary>
/// <param name="Column">The column looked at.</param>
/// <param name="Values">The texts that let the row pass.</param>
internal sealed record RowCondition(ColumnReference Column, IReadOnlyList<string> Values);

/// <summary>A unit of measurement (OGC 18-088, table 9); null where the file knows none.</summary>
internal sealed record UnitMapping(Template? Name, Template? Symbol, Template? Definition);

/// <summary>A Sensor.</summary>
internal sealed record SensorMapping(
    Template Key, Template Name, Template Description, Template EncodingType, Template Metadata);

/// <summary>An ObservedProperty.</summary>
internal sealed record ObservedPropertyMapping(Template Key, Template Name, Template Definition, Template Description);

/// <summary>Section <c>status</c> of a Datastream.</summary>
internal sealed record StatusMapping
{
    /// <summary>Header of the column with the marks; may use the groups of the value's header.</summary>
    public required Template Column { get; init; }

    /// <summary>Marks that say nothing: the value is kept without one. The empty text is always one of them.</summary>
    public required IReadOnlyList<byte[]> Good { get; init; }

    /// <summary>Marks that make the value count as missing.</summary>
    public required IReadOnlyList<byte[]> Drop { get; init; }

    /// <summary>Member of resultQuality that keeps every other mark; null: those are forgotten.</summary>
    public required string? KeepAs { get; init; }
}

/// <summary>How features become Things.</summary>
internal sealed record FeatureMapping
{
    /// <summary>Nothing stated: keys from the features' ids, names from a property <c>name</c>, all properties
    /// copied.</summary>
    public static FeatureMapping Default { get; } = new()
    {
        Path = null,
        Key = null,
        Name = null,
        Description = null,
        Properties = [],
        CopyProperties = true,
        Crs = null,
        Lookups = new Dictionary<string, IReadOnlyDictionary<string, string>>(),
    };

    /// <summary>Matched against the path of the file; its groups are names for templates.</summary>
    public required Regex? Path { get; init; }

    /// <summary>Null: the file's name and the feature's id.</summary>
    public required Template? Key { get; init; }

    /// <summary>Null: the property <c>name</c>, else the key.</summary>
    public required Template? Name { get; init; }

    /// <summary>Null: the name.</summary>
    public required Template? Description { get; init; }

    /// <summary>Values for <c>properties</c>, besides or in place of the copied ones.</summary>
    public required IReadOnlyList<PropertyMapping> Properties { get; init; }

    /// <summary>Whether the feature's properties are copied; those that are null are left out.</summary>
    public required bool CopyProperties { get; init; }

    /// <summary>Of the coordinates; null: what the file states, else WGS 84.</summary>
    public required CoordinateReferenceSystem? Crs { get; init; }

    /// <summary>Translations by name, for templates.</summary>
    public required IReadOnlyDictionary<string, IReadOnlyDictionary<string, string>> Lookups { get; init; }
}

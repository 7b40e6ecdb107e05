using System.Collections.Concurrent;
using System.Text;
using System.Text.Json;
using Stoa.Query;
using Stoa.Sensing.Observations;
using Stoa.Sensing.Schema;
using Stoa.Storage;
using Stoa.Storage.Translation;
using Stoa.Vocabulary;

namespace Stoa.Sensing.Http;

/// <summary>Which columns an entity's answer needs, and how a row of them is written as JSON.</summary>
/// <remarks>
/// The first column is the id. Text goes from the database's page to the response without becoming a string. One instance
/// serves every row and request of the same selection.
/// </remarks>
internal sealed partial class RowLayout
{
    // Clients ask for few shapes; more than this is somebody trying all of them.
    private const int KnownMax = 2048;

    private static readonly ConcurrentDictionary<(EntityType Entity, ulong Properties, ulong Links, bool HasLinks), RowLayout> Known =
        new();

    private readonly List<Column> _columns = [new("id")];
    private readonly List<Field> _fields = [];
    private readonly List<Link> _links = [];
    private readonly int _keyColumns;
    private readonly byte[] _set;
    private readonly bool _hasId;

    private RowLayout(EntityType entity, ulong properties, ulong links, bool hasLinks)
    {
        Entity = entity;
        _set = Encoding.UTF8.GetBytes("/" + entity.SetName + "(");
        _hasId = (properties & 1UL << entity.Id.Ordinal) != 0;
        var mapping = SensorThingsMapping.Mapping[entity];
        var isWhole = properties == AllOf(entity.Properties.Count);
        foreach (var property in entity.Properties)
        {
            if (property == entity.Id || (properties & 1UL << property.Ordinal) == 0) continue;
            _fields.Add(new(
                JsonEncodedText.Encode(property.Name), property, mapping.Properties[property.Ordinal], _columns.Count,
                // What was asked for by name is shown even when there is nothing; else only what the standard
                // prints as null (8.2.6: a resultTime that is not known is null).
                !isWhole || (entity == SensorThingsSchema.Observation && property.Name is "result" or "resultTime")));
            AddColumns(_columns, mapping.Properties[property.Ordinal]);
        }

        _keyColumns = _columns.Count;
        foreach (var navigation in entity.Navigations)
            if ((links & 1UL << navigation.Ordinal) != 0)
                _links.Add(LinkTo(navigation, mapping.Navigations[navigation.Ordinal]));
        HasSelfLink = hasLinks && (isWhole || _hasId);
    }

    // Of two relations that share a column a row has one: its sign says which.
    private Link LinkTo(Navigation navigation, NavigationColumns columns)
    {
        var name = JsonEncodedText.Encode(navigation.Name + "@iot.navigationLink");
        var segment = Encoding.UTF8.GetBytes(")/" + navigation.Name);
        if (columns is not SourceKey { Sign: not KeySign.Plain } key) return new(name, segment, -1, false);
        var column = _columns.FindIndex(_keyColumns, known => known.Name == key.Column);
        if (column < 0)
        {
            column = _columns.Count;
            _columns.Add(new(key.Column));
        }

        return new(name, segment, column, key.Sign == KeySign.Negative);
    }

    internal EntityType Entity { get; }

    /// <summary>The columns to fetch, in order.</summary>
    internal IReadOnlyList<Column> Columns => _columns;

    /// <summary>The properties shown, the id aside.</summary>
    internal IReadOnlyList<Field> Fields => _fields;

    /// <summary>Whether the id is shown.</summary>
    internal bool HasId => _hasId;

    private bool HasSelfLink { get; }

    /// <summary>The layout for what a query selects; what it expands has no link of its own (9.3.2.1).</summary>
    /// <param name="query">The query.</param>
    /// <param name="hasLinks">False: neither selfLink nor navigation links.</param>
    internal static RowLayout For(BoundQuery query, bool hasLinks = true)
    {
        ulong properties = 0, links = 0;
        foreach (var property in query.Entity.Properties)
            if (query.Shows(property)) properties |= 1UL << property.Ordinal;
        foreach (var navigation in query.Entity.Navigations)
            if (hasLinks && query.Shows(navigation) && query.FindExpand(navigation) is null) links |= 1UL << navigation.Ordinal;
        return For(query.Entity, properties, links, hasLinks);
    }

    /// <summary>The layout of one whole entity.</summary>
    internal static RowLayout For(EntityType entity) =>
        For(entity, AllOf(entity.Properties.Count), AllOf(entity.Navigations.Count), hasLinks: true);

    private static RowLayout For(EntityType entity, ulong properties, ulong links, bool hasLinks)
    {
        if (Known.TryGetValue((entity, properties, links, hasLinks), out var known)) return known;
        if (Known.Count >= KnownMax) Known.Clear();
        return Known.GetOrAdd(
            (entity, properties, links, hasLinks), key => new(key.Entity, key.Properties, key.Links, key.HasLinks));
    }

    private static ulong AllOf(int count) => (1UL << count) - 1;

    /// <summary>The columns that hold a property's value, in the order in which <see cref="PropertyValue"/> reads them.</summary>
    internal static void AddColumns(List<Column> list, PropertyColumns columns)
    {
        switch (columns)
        {
            case ScalarColumn scalar: list.Add(scalar.Column); break;
            case IntervalColumns interval: list.AddRange([interval.Start, interval.End]); break;
            case JsonColumn json: list.Add(json.Column); break;
            case VariantColumns variant: list.AddRange([variant.Number, variant.Text, variant.Boolean, variant.Json]); break;
            case GeometryColumns geometry: list.Add(geometry.Json); break;
            case BoxColumns box: list.AddRange([box.MinX, box.MaxX, box.MinY, box.MaxY]); break;
            default: throw new InvalidOperationException($"Unknown columns {columns}.");
        }
    }

    /// <summary>Writes control information and properties into the object that is open; returns the id.</summary>
    /// <param name="json">Where to.</param>
    /// <param name="row">The row.</param>
    /// <param name="root">Address of the service.</param>
    /// <param name="hidden">Properties to leave out, by ordinal.</param>
    internal long WriteMembers(Utf8JsonWriter json, Statement row, byte[] root, ulong hidden = 0)
    {
        var id = row.Int64(0);
        Span<byte> link = stackalloc byte[512];
        var length = StartLink(link, root, id);
        if (_hasId) json.WriteNumber("@iot.id"u8, id);
        if (HasSelfLink)
        {
            link[length] = (byte)')';
            json.WriteString("@iot.selfLink"u8, link[..(length + 1)]);
        }

        foreach (var (name, segment, column, isNegative) in _links)
        {
            if (column >= 0 && row.Int64(column) < 0 != isNegative) continue;
            segment.CopyTo(link[length..]);
            json.WriteString(name, link[..(length + segment.Length)]);
        }

        foreach (var field in _fields)
            if (!field.IsIn(hidden)) field.Write(json, row);
        return id;
    }

    /// <summary>The selfLink of an entity.</summary>
    internal string SelfLink(byte[] root, long id)
    {
        Span<byte> link = stackalloc byte[512];
        var length = StartLink(link, root, id);
        link[length] = (byte)')';
        return Encoding.UTF8.GetString(link[..(length + 1)]);
    }

    // The settings bound the base address to 256 bytes, and no name of a set or relation is longer than 20.
    private int StartLink(Span<byte> link, byte[] root, long id)
    {
        root.CopyTo(link);
        _set.CopyTo(link[root.Length..]);
        var length = root.Length + _set.Length;
        System.Buffers.Text.Utf8Formatter.TryFormat(id, link[length..], out var digits);
        return length + digits;
    }

    /// <summary>A navigationLink; where there is a column, only rows have it in which that column has its sign.</summary>
    private readonly record struct Link(JsonEncodedText Name, byte[] Segment, int Column, bool IsNegative);

    /// <summary>One property of an entity and where its columns are.</summary>
    internal readonly partial struct Field(
        JsonEncodedText name, EntityProperty property, PropertyColumns columns, int first, bool showsNull)
    {
        internal EntityProperty Property => property;

        /// <summary>Whether it is one of these properties, by ordinal.</summary>
        internal bool IsIn(ulong properties) => (properties >> property.Ordinal & 1) != 0;

        internal PropertyColumns Columns => columns;

        /// <summary>Index of its first column.</summary>
        internal int First => first;

        internal void Write(Utf8JsonWriter json, Statement row)
        {
            if (columns is not VariantColumns && row.IsNull(first))
            {
                if (showsNull) json.WriteNull(name);
                return;
            }

            json.WritePropertyName(name);
            PropertyValue.Write(json, row, property, columns, first);
        }
    }
}

/// <summary>A property's value as JSON.</summary>
internal static class PropertyValue
{
    /// <summary>Writes the value whose columns begin at <paramref name="first"/>.</summary>
    internal static void Write(Utf8JsonWriter json, Statement row, EntityProperty property, PropertyColumns columns, int first)
    {
        switch (columns)
        {
            case VariantColumns: ResultValue.Read(row, first).WriteTo(json); break;
            case var _ when row.IsNull(first): json.WriteNullValue(); break;
            case ScalarColumn when property.Kind == ValueKind.Instant: WriteTime(json, new Instant(row.Int64(first))); break;
            case ScalarColumn when property.Kind == ValueKind.Number: json.WriteNumberValue(row.Int64(first)); break;
            case ScalarColumn: json.WriteStringValue(row.Utf8(first)); break;
            case JsonColumn or GeometryColumns: json.WriteRawValue(row.Utf8(first), skipInputValidation: true); break;
            case IntervalColumns interval: WriteInterval(json, row, interval, first); break;
            case BoxColumns: WriteArea(json, row, first); break;
            default: throw new InvalidOperationException($"Unknown columns {columns}.");
        }
    }

    private static void WriteTime(Utf8JsonWriter json, Instant instant)
    {
        Span<byte> text = stackalloc byte[Instant.TextBytesMax];
        instant.TryFormat(text, out var written);
        json.WriteStringValue(text[..written]);
    }

    private static void WriteInterval(Utf8JsonWriter json, Statement row, IntervalColumns columns, int first)
    {
        Span<byte> text = stackalloc byte[TimeInterval.TextBytesMax];
        json.WriteStringValue(text[..FormatInterval(text, row, columns, first)]);
    }

    /// <summary>The text of an instant or interval, at most <see cref="TimeInterval.TextBytesMax"/> bytes.</summary>
    internal static int FormatInterval(Span<byte> text, Statement row, IntervalColumns columns, int first)
    {
        var start = new Instant(row.Int64(first));
        start.TryFormat(text, out var written);
        // Derived intervals of a Datastream print as start/end even when both are one instant (8.2.4).
        if (row.IsNull(first + 1) && !columns.End.IsSide) return written;
        var end = row.IsNull(first + 1) ? start : new Instant(row.Int64(first + 1));
        text[written] = (byte)'/';
        end.TryFormat(text[(written + 1)..], out var more);
        return written + 1 + more;
    }

    /// <summary>The box around all features of a Datastream as a GeoJSON polygon; one place is a point.</summary>
    internal static void WriteArea(Utf8JsonWriter json, Statement row, int first)
    {
        var (minX, maxX, minY, maxY) = (row.Double(first), row.Double(first + 1), row.Double(first + 2), row.Double(first + 3));
        json.WriteStartObject();
        if (minX == maxX && minY == maxY)
        {
            json.WriteString("type"u8, "Point"u8);
            json.WriteStartArray("coordinates"u8);
            json.WriteNumberValue(minX);
            json.WriteNumberValue(minY);
            json.WriteEndArray();
        }
        else
        {
            json.WriteString("type"u8, "Polygon"u8);
            json.WriteStartArray("coordinates"u8);
            json.WriteStartArray();
            foreach (var (x, y) in new[] { (minX, minY), (maxX, minY), (maxX, maxY), (minX, maxY), (minX, minY) })
            {
                json.WriteStartArray();
                json.WriteNumberValue(x);
                json.WriteNumberValue(y);
                json.WriteEndArray();
            }

            json.WriteEndArray();
            json.WriteEndArray();
        }

        json.WriteEndObject();
    }
}

using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Json;
using Stoa.Query;
using Stoa.Storage;
using Stoa.Storage.Translation;
using Stoa.Vocabulary;

namespace Stoa.Sensing.Http.Formats;

/// <summary>Entities as a FeatureCollection: the place of each, and everything else flattened into its properties.</summary>
/// <remarks>
/// RFC 7946. A property's name is its path: <c>properties/owner</c>, <c>Thing/Locations/0/name</c>; arrays stay arrays. The geometry is
/// the entity's own; else that of its place (<see cref="GeometryLookups"/>); else the first among what is expanded; else null.
/// </remarks>
internal sealed class GeoJsonRows : IRowFormat
{
    private const int PathBytesStart = 256;

    private readonly ArrayBufferWriter<byte> _geometry = new(256);
    private Action<ReadPlan, ArrayBufferWriter<byte>>? _findPlace;
    private byte[] _path = new byte[PathBytesStart];
    private int _length;

    public string ContentType => ResultFormats.GeoJson;

    public PlanShape Shape { get; } = new(HasLinks: false, More: static entity => GeometryLookups.ColumnsOf(entity));

    public bool HasNextLink => true;

    public IDisposable? Open(QueryTranslator translator, Session session, EntityType entity, AccessScope scope)
    {
        var lookups = new GeometryLookups(translator, session, entity, scope);
        _findPlace = lookups.Find;
        return lookups;
    }

    public void Begin(JsonAnswer answer, ReadPlan plan, (long Number, bool IsExact)? count)
    {
        var json = answer.Json;
        json.WriteStartObject();
        json.WriteString("type"u8, "FeatureCollection"u8);
        EntityReads.WriteCount(json, count);
        json.WriteStartArray("features"u8);
    }

    public void Row(JsonAnswer answer, ReadPlan plan)
    {
        var json = answer.Json;
        _geometry.ResetWrittenCount();
        _length = 0;
        _findPlace!(plan, _geometry); // Opened before the first row.
        json.WriteStartObject();
        json.WriteString("type"u8, "Feature"u8);
        json.WriteNumber("id"u8, plan.Id);
        json.WriteStartObject("properties"u8);
        WriteLevel(json, plan);
        json.WriteEndObject();
        json.WritePropertyName("geometry"u8);
        if (_geometry.WrittenCount == 0) json.WriteNullValue();
        else json.WriteRawValue(_geometry.WrittenSpan, skipInputValidation: true);
        json.WriteEndObject();
    }

    public void End(JsonAnswer answer, string? nextLink)
    {
        var json = answer.Json;
        json.WriteEndArray();
        if (nextLink is not null)
        {
            json.WriteString("@iot.nextLink"u8, nextLink);
            json.WriteStartArray("links"u8);
            json.WriteStartObject();
            json.WriteString("rel"u8, "next"u8);
            json.WriteString("type"u8, ResultFormats.GeoJson);
            json.WriteString("href"u8, nextLink);
            json.WriteEndObject();
            json.WriteEndArray();
        }

        json.WriteEndObject();
    }

    private void WriteLevel(Utf8JsonWriter json, ReadPlan plan)
    {
        var row = plan.Row;
        if (_geometry.WrittenCount == 0) GeometryLookups.Own(plan.Layout.Entity, row, plan.FirstMore, _geometry);
        if (plan.Layout.HasId)
        {
            Name(json, "id"u8);
            json.WriteNumberValue(plan.Id);
        }

        var hidden = plan.Hidden;
        foreach (var field in plan.Layout.Fields)
            if (!field.IsIn(hidden)) WriteField(json, plan, field);
        foreach (var (navigation, inner) in plan.Expanded)
        {
            inner.SetParent(plan.Id);
            WriteExpanded(json, navigation, inner);
        }
    }

    private void WriteExpanded(Utf8JsonWriter json, Navigation navigation, ReadPlan plan)
    {
        for (var i = 0; i < (navigation.IsMany ? plan.Top : 1) && plan.Step(); i++)
        {
            var length = _length;
            Push(Encoding.UTF8.GetBytes(navigation.Name));
            if (navigation.IsMany) Push(Encoding.ASCII.GetBytes(i.ToString(CultureInfo.InvariantCulture)));
            WriteLevel(json, plan);
            _length = length;
        }
    }

    private void WriteField(Utf8JsonWriter json, ReadPlan plan, RowLayout.Field field)
    {
        var row = plan.Row;
        if (field.Columns is BoxColumns || (field.Columns is not VariantColumns && row.IsNull(field.First))) return;
        // A geometry stands in the geometry; what is no GeoJSON is a property like others.
        if (field.Columns is GeometryColumns && row.Boolean(plan.FirstMore + 1)) return;
        var name = Encoding.UTF8.GetBytes(field.Property.Name);
        switch (field.Columns)
        {
            case JsonColumn or GeometryColumns:
                Flatten(json, name, row.Utf8(field.First));
                break;
            case VariantColumns when !row.IsNull(field.First + 3):
                Flatten(json, name, row.Utf8(field.First + 3));
                break;
            default:
                Name(json, name);
                PropertyValue.Write(json, row, field.Property, field.Columns, field.First);
                break;
        }
    }

    private void Flatten(Utf8JsonWriter json, ReadOnlySpan<byte> name, ReadOnlySpan<byte> value)
    {
        if (value[0] != '{')
        {
            Name(json, name);
            json.WriteRawValue(value, skipInputValidation: true);
            return;
        }

        var reader = new Utf8JsonReader(value, new JsonReaderOptions { MaxDepth = 256 });
        reader.Read();
        var length = _length;
        Push(name);
        Flatten(json, ref reader, value);
        _length = length;
    }

    /// <summary>The members of the object in which the reader stands, each under its path.</summary>
    private void Flatten(Utf8JsonWriter json, ref Utf8JsonReader reader, ReadOnlySpan<byte> value)
    {
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var name = Escaped(reader.GetString()!);
            reader.Read();
            if (reader.TokenType == JsonTokenType.StartObject)
            {
                var length = _length;
                Push(name);
                Flatten(json, ref reader, value);
                _length = length;
                continue;
            }

            var start = (int)reader.TokenStartIndex;
            reader.Skip();
            Name(json, name);
            json.WriteRawValue(value[start..(int)reader.BytesConsumed], skipInputValidation: true);
        }
    }

    // Else {"a/b": 1} and {"a": {"b": 1}} would be one name (RFC 6901 escapes the same way).
    private static byte[] Escaped(string name) => Encoding.UTF8.GetBytes(
        name.AsSpan().IndexOfAny('/', '~') < 0
            ? name
            : name.Replace("~", "~0", StringComparison.Ordinal).Replace("/", "~1", StringComparison.Ordinal));

    private void Name(Utf8JsonWriter json, ReadOnlySpan<byte> name)
    {
        var length = _length;
        Push(name);
        json.WritePropertyName(_path.AsSpan(0, _length - 1));
        _length = length;
    }

    private void Push(ReadOnlySpan<byte> name)
    {
        if (_path.Length < _length + name.Length + 1) Array.Resize(ref _path, 2 * (_length + name.Length + 1));
        name.CopyTo(_path.AsSpan(_length));
        _length += name.Length;
        _path[_length++] = (byte)'/';
    }
}

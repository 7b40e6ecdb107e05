using System.Globalization;
using System.Text;
using Stoa.Sensing.Bulk;
using Stoa.Sensing.Import.Crs;
using Stoa.Sensing.Import.Csv;
using Stoa.Sensing.Import.GeoJson;
using Stoa.Sensing.Import.Mapping;
using Stoa.Vocabulary;

namespace Stoa.Sensing.Import.Table;

/// <summary>Rows with the same keys: their Thing, their Datastreams and the time of the last one.</summary>
internal sealed class RowGroup
{
    /// <summary>Why rows of this group cannot be used; null: they can.</summary>
    public string? Reason { get; init; }

    /// <summary>One for each bound column; null where its conditions are not met.</summary>
    public PlannedDatastream?[] Datastreams { get; init; } = [];

    /// <summary>Start of the row before, for the hour that comes twice.</summary>
    public Instant? Last { get; set; }
}

/// <summary>Finds or makes what a row belongs to. Runs once for each different key, not for each row.</summary>
internal sealed class RowPlanner
{
    private readonly ImportMapping _mapping;
    private readonly Stations? _stations;
    private readonly TableBinding _binding;
    private readonly Plan _plan;
    private readonly RowScope _scope;
    private readonly List<PlannedThing> _newThings = [];

    /// <summary>A planner for one file.</summary>
    public RowPlanner(ImportMapping mapping, Stations? stations, TableBinding binding, Plan plan)
    {
        _mapping = mapping;
        _stations = stations;
        _binding = binding;
        _plan = plan;
        _scope = new(mapping.Lookups, binding.FileValues, binding.Columns)
        {
            IsMissing = field => FieldText.IsOneOf(field.Span, mapping.Values.Missing),
            Unwrap = mapping.Values.Unwrap,
        };
    }

    /// <summary>Things seen for the first time since the last call.</summary>
    public IReadOnlyList<PlannedThing> TakeNewThings()
    {
        PlannedThing[] things = [.. _newThings];
        _newThings.Clear();
        return things;
    }

    /// <summary>Things waiting to be taken.</summary>
    public int NewThingCount => _newThings.Count;

    /// <summary>The group that the row is the first of.</summary>
    public RowGroup Plan(CsvReader row)
    {
        _scope.Row = row;
        _scope.Station = null;
        _scope.HeaderValues = null;
        var key = _scope.Fill(_mapping.Thing.Key);
        if (key.Length == 0) return new() { Reason = $"the key of the Thing ({_mapping.Thing.Key}) is empty" };
        if (_stations is not null)
        {
            var join = _mapping.Stations?.Join is { } template ? _scope.Fill(template) : key;
            _scope.Station = _stations.Find(join);
        }

        var datastreams = new PlannedDatastream?[_binding.Values.Count];
        PlannedThing? thing = null;
        for (var i = 0; i < datastreams.Length; i++)
        {
            var column = _binding.Values[i];
            if (!IsMet(column, row)) continue;
            var reason = ThingOf(key, ref thing) ?? Datastream(column, thing!, out datastreams[i]);
            if (reason is not null) return new() { Reason = reason };
        }

        // A table of Things alone has no columns of values.
        if (datastreams.Length == 0 && ThingOf(key, ref thing) is { } why) return new() { Reason = why };
        return new() { Datastreams = datastreams };
    }

    private static bool IsMet(BoundColumn column, CsvReader row)
    {
        foreach (var (index, values) in column.Conditions)
        {
            var text = index < row.FieldCount ? Encoding.UTF8.GetString(FieldText.Trim(row.Field(index), null)) : "";
            if (!values.Contains(text)) return false;
        }

        return true;
    }

    // Null: found or made.
    private string? ThingOf(string key, ref PlannedThing? thing)
    {
        thing ??= _plan.FindThing(key);
        if (thing is not null) return null;
        if (_plan.ThingCount >= Table.Plan.ThingsMax)
            return $"there are more than {Table.Plan.ThingsMax} Things; does the key template take a time or a value?";
        _scope.HeaderValues = null;
        var mapping = _mapping.Thing;
        var name = _scope.Fill(mapping.Name, key);
        PlannedLocation? location = null;
        if (mapping.Location is not null && Location(mapping.Location, name, out location) is { } reason) return reason;
        // Observations need a place to take their feature of interest from (OGC 18-088, 10.2.4); words are better than
        // none.
        if (location is null && (_mapping.Datastreams.Count > 0 || mapping.Location?.Text is not null))
            location = InWords(mapping.Location?.Text is { } text ? _scope.Fill(text, name) : name, name);
        if (Properties(mapping.Properties, mapping.CopyColumns, out var properties) is { } why) return why;
        thing = new(key, name, _scope.Fill(mapping.Description, name), properties, location);
        _plan.Add(thing);
        _newThings.Add(thing);
        return null;
    }

    private PlannedLocation InWords(string text, string thingName) => new(
        _mapping.Thing.Location is { } mapping ? _scope.Fill(mapping.Name, thingName) : thingName,
        ImportJson.Of(json => json.WriteStringValue(text)),
        IsGeometry: false);

    private string? Location(LocationMapping mapping, string thingName, out PlannedLocation? location)
    {
        location = null;
        var crs = mapping.Crs ?? CoordinateReferenceSystem.Wgs84;
        string? geoJson = null;
        string? reason = null;
        if (mapping.FromFeature)
        {
            if (_scope.Station?.Geometry is not { } geometry) return null;
            Geometry.TryNormalize(geometry, crs, out geoJson, out reason);
        }
        else if (_scope.FillOrNull(mapping.WellKnownText) is { } text)
        {
            Geometry.TryFromWellKnownText(text, crs, out geoJson, out reason);
        }
        else if (_scope.FillOrNull(mapping.X) is { } xText && _scope.FillOrNull(mapping.Y) is { } yText)
        {
            if (!_mapping.Values.Number.TryReadNumber(Encoding.UTF8.GetBytes(xText), out var x) ||
                !_mapping.Values.Number.TryReadNumber(Encoding.UTF8.GetBytes(yText), out var y))
                return $"location: '{xText}', '{yText}' are not numbers";
            Geometry.TryPoint(x, y, crs, out geoJson, out reason);
        }

        if (reason is not null) return "location: " + reason;
        if (geoJson is not null) location = new(_scope.Fill(mapping.Name, thingName), geoJson, IsGeometry: true);
        return null;
    }

    private string? Datastream(BoundColumn column, PlannedThing thing, out PlannedDatastream? datastream)
    {
        datastream = null;
        _scope.HeaderValues = column.HeaderValues;
        var mapping = column.Mapping;
        var key = _scope.Fill(mapping.Key);
        if (key.Length == 0) return $"the key of the Datastream ({mapping.Key}) is empty";
        datastream = _plan.FindDatastream(key);
        if (datastream is not null)
            return datastream.Thing == thing ? null : $"the Datastream '{key}' belongs to the Thing " +
                $"'{datastream.Thing.Key}' already; the key template must tell them apart";
        if (_plan.DatastreamCount >= Table.Plan.DatastreamsMax)
            return $"there are more than {Table.Plan.DatastreamsMax} Datastreams; does the key template take a time " +
                $"or a value?";
        if (Properties(mapping.Properties, copyColumns: false, out var properties) is { } reason) return reason;
        var name = _scope.Fill(mapping.Name, key);
        datastream = new()
        {
            Key = key,
            Name = name,
            Description = _scope.Fill(mapping.Description, name),
            ObservationType = _scope.Fill(mapping.ObservationType),
            Unit = Unit(mapping.Unit),
            PropertiesJson = properties,
            Thing = thing,
            Sensor = Sensor(mapping.Sensor),
            ObservedProperty = ObservedProperty(mapping.ObservedProperty),
        };
        _plan.Add(datastream);
        return null;
    }

    private PlannedSensor Sensor(SensorMapping mapping)
    {
        var key = _scope.Fill(mapping.Key);
        var name = _scope.Fill(mapping.Name, key);
        var description = _scope.Fill(mapping.Description, name);
        return new(key, name, description, _scope.Fill(mapping.EncodingType, "text/plain"),
            _scope.Fill(mapping.Metadata, description));
    }

    private PlannedObservedProperty ObservedProperty(ObservedPropertyMapping mapping)
    {
        var key = _scope.Fill(mapping.Key);
        var name = _scope.Fill(mapping.Name, key);
        return new(key, name, _scope.Fill(mapping.Definition), _scope.Fill(mapping.Description, name));
    }

    private Unit Unit(UnitMapping mapping) =>
        new(_scope.FillOrNull(mapping.Name), _scope.FillOrNull(mapping.Symbol), _scope.FillOrNull(mapping.Definition));

    private string? Properties(IReadOnlyList<PropertyMapping> mappings, bool copyColumns, out string? propertiesJson)
    {
        string? reason = null;
        var any = false;
        var text = ImportJson.Of(json =>
        {
            json.WriteStartObject();
            foreach (var (name, template, type) in mappings)
            {
                if (_scope.Fill(template) is not { Length: > 0 } value) continue;
                any = true;
                json.WritePropertyName(name);
                if (ImportJson.TryWrite(json, value, type, _mapping.Values)) continue;
                json.WriteNullValue();
                reason = $"property '{name}': '{value}' is not {Words(type)}";
            }

            for (var i = 0; copyColumns && i < _binding.Header.Count; i++)
            {
                var name = _binding.Header[i];
                if (name.Length == 0 || _binding.Columns[name] != i ||
                    mappings.Any(mapping => mapping.Name == name)) continue;
                if (i >= _scope.Row!.FieldCount) break;
                var field = FieldText.Trim(_scope.Row.Field(i), _mapping.Values.Unwrap);
                if (field.IsEmpty || FieldText.IsOneOf(field, _mapping.Values.Missing)) continue;
                any = true;
                json.WriteString(name, field);
            }

            json.WriteEndObject();
        });
        propertiesJson = any ? text : null;
        return reason;
    }

    /// <summary>For messages: what a value should have been.</summary>
    public static string Words(ResultKind kind) => kind switch
    {
        ResultKind.Number => "a number",
        ResultKind.Integer => "a whole number",
        ResultKind.Boolean => "true or false",
        ResultKind.Text => "a text",
        _ => kind.ToString().ToLower(CultureInfo.InvariantCulture),
    };
}

using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Stoa.Sensing.Import.Crs;
using Stoa.Sensing.Import.Mapping;
using Stoa.Sensing.Import.Table;
using Stoa.Vocabulary;

namespace Stoa.Sensing.Import.GeoJson;

/// <summary>Turns the features of one file into Things with a Location.</summary>
internal sealed class FeatureThings
{
    // Features looked at before the import, to tell degrees from metres.
    private const int ProbedFeatures = 100;

    private readonly FeatureMapping _mapping;
    private readonly string _fileName;
    private readonly RejectedRows _rejected;
    private readonly HashSet<string> _keys = new(StringComparer.Ordinal);
    private Dictionary<string, string> _fileValues = [];
    private CoordinateReferenceSystem _crs = CoordinateReferenceSystem.Wgs84;

    /// <summary>For one file.</summary>
    public FeatureThings(FeatureMapping mapping, string fileName, RejectedRows rejected)
    {
        _mapping = mapping;
        _fileName = fileName;
        _rejected = rejected;
    }

    /// <summary>Features seen.</summary>
    public long Features { get; private set; }

    /// <summary>Why the file could not be read, or not to its end.</summary>
    public Problem? Problem { get; private set; }

    /// <summary>Finds the coordinate reference system before anything is stored; a problem when it cannot be
    /// used.</summary>
    /// <remarks>The member <c>crs</c> may stand behind the features, so the whole file is read once for it.</remarks>
    public async Task<Problem?> ProbeAsync(Stream file, CancellationToken cancellation)
    {
        using var reader = new FeatureReader(file);
        var probed = new List<JsonElement>();
        await foreach (var feature in reader.ReadAsync(cancellation))
            if (probed.Count < ProbedFeatures && FeatureReader.IsText(feature) &&
                Member(feature, "geometry") is { ValueKind: JsonValueKind.Object } geometry) probed.Add(geometry);
        if (reader.Fault is { } fault) return Refuse("invalid-geojson", "The file is not GeoJSON", fault + ".");
        if (FileCrs(reader.Members) is { } problem) return problem;
        return _crs.IsWgs84 ? ProbeDegrees(probed) : null;
    }

    /// <summary>The Things, in batches.</summary>
    public async IAsyncEnumerable<ImportBatch> ReadAsync(
        Stream file, Func<long> bytesRead, long? rejectsMax, [EnumeratorCancellation] CancellationToken cancellation)
    {
        var format = new FileFormat
        {
            Encoding = Encoding.UTF8, Delimiter = null, Quote = null, HasHeader = false, Columns = [], SkipRows = 0,
            Ignore = null, Path = _mapping.Path, AllowShortRows = false,
        };
        if (!TableBinding.ReadFileName(format, _fileName).TryGet(out var fileValues, out var problem))
        {
            Problem = problem;
            yield break;
        }

        _fileValues = fileValues;
        using var reader = new FeatureReader(file);
        var things = new List<PlannedThing>();
        await foreach (var feature in reader.ReadAsync(cancellation))
        {
            Features++;
            if (TryPlan(feature, out var thing, out var reason)) things.Add(thing);
            else _rejected.Add(Features, reason, Shown(feature));
            if (_rejected.Count > rejectsMax.GetValueOrDefault(long.MaxValue))
            {
                Problem = Refuse("too-many-rejected-rows", "More rows were rejected than are allowed",
                    $"more than {rejectsMax} features were rejected, the last is number {Features}: {reason}.");
                yield break;
            }

            if (things.Count < TableReader.BatchThings) continue;
            yield return new([.. things], [], Features, bytesRead(), IsLast: false);
            things.Clear();
        }

        if (reader.Fault is { } fault) Problem = Refuse("invalid-geojson", "The file is not GeoJSON", fault + ".");
        yield return new([.. things], [], Features, bytesRead(), IsLast: Problem is null);
    }

    private Problem? FileCrs(IReadOnlyDictionary<string, JsonElement> members)
    {
        if (_mapping.Crs is { } stated)
        {
            _crs = stated;
            return null;
        }

        // GeoJSON of 2008, section 3, still written by many servers.
        if (!members.TryGetValue("crs", out var crs) || crs.ValueKind != JsonValueKind.Object) return null;
        var name = TextOf(Member(Member(crs, "properties"), "name"));
        if (name is not null && CoordinateReferenceSystem.TryParse(name, out var named))
        {
            _crs = named;
            return null;
        }

        return Refuse("unsupported-crs", "The coordinate reference system is not supported",
            $"the file states '{name ?? "a system without a name"}'; supported are " +
                $"{CoordinateReferenceSystem.Supported}. " +
            "Convert the file to WGS 84 (for example ogr2ogr -t_srs EPSG:4326), or state the right one with --crs.");
    }

    private Problem? ProbeDegrees(List<JsonElement> geometries)
    {
        foreach (var geometry in geometries)
        {
            if (FirstPosition(geometry) is not { } position) continue;
            var (x, y) = position;
            if (Math.Abs(x) <= 180 && Math.Abs(y) <= 90) continue;
            return Refuse("unsupported-crs", "The coordinate reference system is not supported",
                FormattableString.Invariant($"the coordinates are not degrees (the first that are not: {x}, {y}) ") +
                "and the file states no system; " +
                CoordinateReferenceSystem.Guess(x, y) + ".");
        }

        return null;
    }

    private static (double X, double Y)? FirstPosition(JsonElement geometry)
    {
        var at = Member(geometry, "coordinates");
        for (var depth = 0; depth < 5 && at.ValueKind == JsonValueKind.Array && at.GetArrayLength() > 0; depth++)
        {
            if (at[0].ValueKind == JsonValueKind.Number && at.GetArrayLength() >= 2 &&
                at[1].ValueKind == JsonValueKind.Number &&
                at[0].TryGetDouble(out var x) && at[1].TryGetDouble(out var y)) return (x, y);
            at = at[0];
        }

        return null;
    }

    private bool TryPlan(JsonElement feature, [NotNullWhen(true)] out PlannedThing? thing,
        [NotNullWhen(false)] out string? reason)
    {
        thing = null;
        try
        {
            return TryPlanText(feature, out thing, out reason);
        }
        catch (InvalidOperationException)
        {
            // The JSON reader's answer to a text with half a surrogate pair.
            reason = "a text is not valid Unicode";
            return false;
        }
    }

    private bool TryPlanText(JsonElement feature, [NotNullWhen(true)] out PlannedThing? thing,
        [NotNullWhen(false)] out string? reason)
    {
        thing = null;
        if (feature.ValueKind != JsonValueKind.Object || TextOf(Member(feature, "type")) != "Feature")
        {
            reason = "it is not a Feature";
            return false;
        }

        var properties = Member(feature, "properties");
        var id = TextOf(Member(feature, "id"));
        string? ValueOf(Template.Reference reference) => Value(reference, properties, id);
        var key = _mapping.Key is { } template ? template.Fill(ValueOf)
            : $"{_fileValues["file"]}/{id ?? Fingerprint(feature)}";
        if (key.Length == 0)
        {
            reason = $"the key of the Thing ({_mapping.Key}) is empty";
            return false;
        }

        if (key.Contains('\0', StringComparison.Ordinal))
        {
            reason = "the key of the Thing has the character U+0000";
            return false;
        }

        if (!_keys.Add(key))
        {
            reason = $"the key '{key}' comes a second time; thing.key must tell the features apart";
            return false;
        }

        PlannedLocation? location = null;
        var name = _mapping.Name?.Fill(ValueOf) is { Length: > 0 } filled ? filled
            : _mapping.Name is null && TextOf(Member(properties, "name")) is { Length: > 0 } named ? named : key;
        if (Member(feature, "geometry") is { ValueKind: not (JsonValueKind.Null or JsonValueKind.Undefined) } geometry)
        {
            if (!Geometry.TryNormalize(geometry, _crs, out var geoJson, out reason)) return false;
            location = new(name, geoJson, IsGeometry: true);
        }

        var description = _mapping.Description?.Fill(ValueOf) is { Length: > 0 } text ? text : name;
        if (name.Contains('\0', StringComparison.Ordinal) || description.Contains('\0', StringComparison.Ordinal))
        {
            reason = "the name or description of the Thing has the character U+0000";
            return false;
        }

        if (!TryProperties(properties, ValueOf, out var propertiesJson, out reason)) return false;
        thing = new(key, name, description, propertiesJson, location);
        return true;
    }

    private bool TryProperties(
        JsonElement properties, Func<Template.Reference, string?> valueOf, out string? propertiesJson,
            [NotNullWhen(false)] out string? reason)
    {
        string? fault = null;
        var any = false;
        var text = ImportJson.Of(json =>
        {
            json.WriteStartObject();
            foreach (var (name, template, type) in _mapping.Properties)
            {
                if (template.Fill(valueOf) is not { Length: > 0 } value) continue;
                any = true;
                json.WritePropertyName(name);
                if (ImportJson.TryWrite(json, value, type, format: null)) continue;
                json.WriteNullValue();
                fault = $"property '{name}': '{value}' is not {RowPlanner.Words(type)}";
            }

            if (_mapping.CopyProperties && properties.ValueKind == JsonValueKind.Object)
            {
                var copied = new HashSet<string>(_mapping.Properties.Select(property => property.Name),
                    StringComparer.Ordinal);
                foreach (var member in properties.EnumerateObject())
                {
                    if (member.Value.ValueKind == JsonValueKind.Null || !copied.Add(member.Name)) continue;
                    any = true;
                    member.WriteTo(json);
                }
            }

            json.WriteEndObject();
        });
        propertiesJson = any ? text : null;
        reason = fault;
        return fault is null;
    }

    private string? Value(Template.Reference reference, JsonElement properties, string? id)
    {
        var value = reference.Name == "feature.id" ? id : TextOf(Member(properties, reference.Name));
        value ??= _fileValues.GetValueOrDefault(reference.Name);
        if (reference.Lookup is null || value is null) return value;
        return _mapping.Lookups[reference.Lookup].GetValueOrDefault(value);
    }

    // A feature without an id is known again by what it is.
    private static string Fingerprint(JsonElement feature)
    {
        var text = Member(feature, "geometry").ToString() + Member(feature, "properties");
        return Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)))[..16];
    }

    private static ReadOnlySpan<byte> Shown(JsonElement feature)
    {
        const int ShownMax = 64 * 1024;
        var text = feature.GetRawText();
        return Encoding.UTF8.GetBytes(text.Length <= ShownMax ? text : text[..ShownMax]);
    }

    private static JsonElement Member(JsonElement element, string name) =>
        element.ValueKind == JsonValueKind.Object && element.TryGetProperty(name, out var member) ? member : default;

    private static string? TextOf(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.String => value.GetString(),
        JsonValueKind.Number or JsonValueKind.True or JsonValueKind.False => value.GetRawText(),
        _ => null,
    };

    private Problem Refuse(string type, string title, string detail) =>
        Problem.BadRequest(type, title, $"{Path.GetFileName(_fileName)}: {detail}");
}

using System.Text;
using System.Text.Json;
using Stoa.Sensing.Import.Csv;
using Stoa.Sensing.Import.Mapping;
using Stoa.Vocabulary;

namespace Stoa.Sensing.Import;

/// <summary>A second file with one entry a Thing, joined to the rows by key. Held in memory: cities have thousands of
/// stations.</summary>
internal sealed class Stations
{
    /// <summary>Entries of a stations file.</summary>
    public const int EntriesMax = 200_000;

    /// <summary>Bytes of a stations file.</summary>
    public const int BytesMax = 64 * 1024 * 1024;

    private readonly Dictionary<string, Station> _byKey = new(StringComparer.Ordinal);
    private readonly HashSet<string> _names = new(StringComparer.Ordinal);

    private Stations()
    {
    }

    /// <summary>Names that <c>station.</c> may be followed by.</summary>
    public IReadOnlyCollection<string> Names => _names;

    /// <summary>Number of entries.</summary>
    public int Count => _byKey.Count;

    /// <summary>The entry with this key, or null.</summary>
    public Station? Find(string key) => _byKey.GetValueOrDefault(key);

    /// <summary>Reads the file; the stream is disposed.</summary>
    public static async Task<Result<Stations>> ReadAsync(StationsMapping mapping, Stream file,
        CancellationToken cancellation)
    {
        var stations = new Stations();
        await using var utf8 = await CsvText.OpenUtf8Async(file, mapping.Encoding, cancellation);
        var problem = mapping.Format == StationsFormat.Csv
            ? await stations.ReadTableAsync(mapping, utf8, cancellation)
            : await stations.ReadJsonAsync(mapping, utf8, cancellation);
        if (problem is not null) return problem;
        if (!stations._names.Contains(mapping.Key) && stations.Count == 0)
            return Invalid($"no entry has '{mapping.Key}', which 'stations.key' names" +
                (Spelling.Nearest(mapping.Key, stations._names) is { } like ? $"; did you mean '{like}'?" : ""));
        return stations;
    }

    private async Task<Problem?> ReadTableAsync(StationsMapping mapping, Stream utf8, CancellationToken cancellation)
    {
        byte? delimiter = mapping.Delimiter;
        string[]? header = null;
        // The delimiter is known only after a look at the first bytes, hence the reader in two steps.
        var bytes = await ReadAllAsync(utf8, cancellation);
        if (bytes is null) return Invalid($"it is longer than {BytesMax / (1024 * 1024)} MiB");
        delimiter ??= CsvText.SniffDelimiter(bytes);
        using var reader = new CsvReader(new MemoryStream(bytes), delimiter.Value, (byte)'"', CsvLimits.Default);
        while (true)
        {
            switch (reader.Read())
            {
                case CsvRead.End: return null;
                case CsvRead.FillNeeded:
                    await reader.FillAsync(cancellation);
                    continue;
                case CsvRead.Row:
                default:
                    break;
            }

            if (reader.Fault != CsvFault.None) return Invalid($"line {reader.LineNumber}: {reader.Fault.Describe()}");
            var values = new string[reader.FieldCount];
            for (var i = 0; i < values.Length; i++) values[i] = Encoding.UTF8.GetString(reader.Field(i)).Trim();
            if (header is null)
            {
                header = values;
                _names.UnionWith(header);
                continue;
            }

            var members = new Dictionary<string, string>(StringComparer.Ordinal);
            for (var i = 0; i < Math.Min(header.Length, values.Length); i++) members.TryAdd(header[i], values[i]);
            if (Add(mapping.Key, members, null) is { } problem) return problem;
        }
    }

    private async Task<Problem?> ReadJsonAsync(StationsMapping mapping, Stream utf8, CancellationToken cancellation)
    {
        var bytes = await ReadAllAsync(utf8, cancellation);
        if (bytes is null) return Invalid($"it is longer than {BytesMax / (1024 * 1024)} MiB");
        JsonDocument document;
        try
        {
            document = JsonDocument.Parse(WithoutMark(bytes));
        }
        catch (JsonException exception)
        {
            return Invalid($"it is not JSON: line {exception.LineNumber + 1}");
        }

        using (document)
        {
            var entries = mapping.Format == StationsFormat.GeoJson ? Member(document.RootElement, "features")
                : document.RootElement;
            if (entries.ValueKind != JsonValueKind.Array)
                return Invalid(mapping.Format == StationsFormat.GeoJson
                    ? "it is not a FeatureCollection with an array 'features'"
                    : "it is not an array of objects");
            foreach (var entry in entries.EnumerateArray())
            {
                var properties = mapping.Format == StationsFormat.GeoJson ? Member(entry, "properties") : entry;
                if (properties.ValueKind != JsonValueKind.Object) continue;
                var members = new Dictionary<string, string>(StringComparer.Ordinal);
                foreach (var member in properties.EnumerateObject()) members[member.Name] = TextOf(member.Value);
                if (mapping.Format == StationsFormat.GeoJson &&
                    Member(entry, "id") is { ValueKind: not JsonValueKind.Undefined } id)
                    members.TryAdd("id", TextOf(id));
                JsonElement? geometry = mapping.Format == StationsFormat.GeoJson &&
                    Member(entry, "geometry") is { ValueKind: JsonValueKind.Object } shape ? shape.Clone() : null;
                _names.UnionWith(members.Keys);
                if (Add(mapping.Key, members, geometry) is { } problem) return problem;
            }
        }

        return null;
    }

    // A key that comes twice: the first entry holds, as with Things in a table.
    private Problem? Add(string keyName, Dictionary<string, string> members, JsonElement? geometry)
    {
        if (!members.TryGetValue(keyName, out var key) || key.Length == 0) return null;
        if (_byKey.Count >= EntriesMax) return Invalid($"it has more than {EntriesMax} entries");
        _byKey.TryAdd(key, new(members, geometry));
        return null;
    }

    private static async Task<byte[]?> ReadAllAsync(Stream stream, CancellationToken cancellation)
    {
        using var all = new MemoryStream();
        var buffer = new byte[64 * 1024];
        for (int read; (read = await stream.ReadAsync(buffer, cancellation)) > 0;)
        {
            if (all.Length + read > BytesMax) return null;
            all.Write(buffer, 0, read);
        }

        return all.ToArray();
    }

    private static ReadOnlyMemory<byte> WithoutMark(byte[] bytes) =>
        bytes.AsSpan().StartsWith(Encoding.UTF8.Preamble) ? bytes.AsMemory(Encoding.UTF8.Preamble.Length) : bytes;

    private static JsonElement Member(JsonElement element, string name) =>
        element.ValueKind == JsonValueKind.Object && element.TryGetProperty(name, out var member) ? member : default;

    private static string TextOf(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.String => value.GetString() ?? "",
        JsonValueKind.Null or JsonValueKind.Undefined => "",
        _ => value.GetRawText(),
    };

    private static Problem Invalid(string detail) =>
        Problem.BadRequest("invalid-stations", "The stations file cannot be used",
            "In the stations file " + detail + ".");
}

/// <summary>One entry of a stations file.</summary>
/// <param name="Values">By name of the column or member.</param>
/// <param name="Geometry">Of a GeoJSON feature, else null.</param>
internal sealed record Station(IReadOnlyDictionary<string, string> Values, JsonElement? Geometry);

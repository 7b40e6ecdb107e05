using Stoa.Sensing.Bulk;
using Stoa.Vocabulary;

namespace Stoa.Sensing.Import.Table;

/// <summary>A Thing that the table speaks of, with its Location.</summary>
/// <param name="Key">External key within the dataset.</param>
/// <param name="Name">Never empty.</param>
/// <param name="Description">Never empty.</param>
/// <param name="PropertiesJson">A JSON object, or null.</param>
/// <param name="Location">Where it is, or null.</param>
internal sealed record PlannedThing(string Key, string Name, string Description, string? PropertiesJson,
    PlannedLocation? Location)
{
    /// <summary>Known after the Thing was found or created.</summary>
    public ThingId? Id { get; set; }
}

/// <summary>A Location.</summary>
/// <param name="Name">Never empty.</param>
/// <param name="Json">A GeoJSON geometry in WGS 84, or a JSON string when the place is only known in words.</param>
/// <param name="IsGeometry">Which of the two.</param>
internal sealed record PlannedLocation(string Name, string Json, bool IsGeometry);

/// <summary>A Sensor.</summary>
internal sealed record PlannedSensor(string Key, string Name, string Description, string EncodingType, string Metadata);

/// <summary>An ObservedProperty.</summary>
internal sealed record PlannedObservedProperty(string Key, string Name, string Definition, string Description);

/// <summary>A Datastream and the observations read for it since the last batch.</summary>
internal sealed class PlannedDatastream
{
    private const int FirstRows = 64;

    private ImportedObservation[] _rows = [];
    private int _count;

    /// <summary>External key within the dataset.</summary>
    public required string Key { get; init; }

    /// <summary>Never empty.</summary>
    public required string Name { get; init; }

    /// <summary>Never empty.</summary>
    public required string Description { get; init; }

    /// <summary>Definition URI.</summary>
    public required string ObservationType { get; init; }

    /// <summary>Unit of its results.</summary>
    public required Unit Unit { get; init; }

    /// <summary>A JSON object, or null.</summary>
    public required string? PropertiesJson { get; init; }

    /// <summary>What it is of.</summary>
    public required PlannedThing Thing { get; init; }

    /// <summary>What measures.</summary>
    public required PlannedSensor Sensor { get; init; }

    /// <summary>What is measured.</summary>
    public required PlannedObservedProperty ObservedProperty { get; init; }

    /// <summary>Known after the Datastream was found or created.</summary>
    public DatastreamId? Id { get; set; }

    /// <summary>Adds a row.</summary>
    public void Add(in ImportedObservation row)
    {
        if (_count == _rows.Length) Array.Resize(ref _rows, _count == 0 ? FirstRows : _count * 2);
        _rows[_count++] = row;
    }

    /// <summary>Hands the rows over, oldest first; of rows with the same start the first of the file comes
    /// first.</summary>
    public ReadOnlyMemory<ImportedObservation> Take()
    {
        var rows = _rows.AsMemory(0, _count);
        _rows = [];
        _count = 0;
        for (var i = 1; i < rows.Length; i++)
        {
            if (rows.Span[i - 1].Start <= rows.Span[i].Start) continue;
            return rows.ToArray().OrderBy(row => row.Start).ToArray();
        }

        return rows;
    }
}

/// <summary>A value with its time, as read.</summary>
/// <param name="Start">Microseconds since 1970 UTC.</param>
/// <param name="End">The same for the end of the period; equal to the start for an instant.</param>
/// <param name="Kind">Which of the values holds.</param>
/// <param name="Bits">A double's bits, an integer, or 0 and 1 for false and true.</param>
/// <param name="Text">A text.</param>
/// <param name="QualityJson">A JSON value for resultQuality, or null.</param>
internal readonly record struct ImportedObservation(
    long Start, long End, Mapping.ResultKind Kind, long Bits, string? Text, string? QualityJson);

/// <summary>What was read since the batch before: to be stored before the position is noted.</summary>
/// <param name="Things">New Things; those of the datastreams are among them.</param>
/// <param name="Datastreams">Datastreams with new rows.</param>
/// <param name="Rows">Rows of the file up to here, for the position.</param>
/// <param name="Bytes">Bytes of the file up to here, for the progress.</param>
/// <param name="IsLast">Whether the file ends here.</param>
internal sealed record ImportBatch(
    IReadOnlyList<PlannedThing> Things,
    IReadOnlyList<(PlannedDatastream Datastream, ReadOnlyMemory<ImportedObservation> Rows)> Datastreams,
    long Rows,
    long Bytes,
    bool IsLast);

/// <summary>All Things and Datastreams of one run, by key, so that files of one set share them.</summary>
internal sealed class Plan
{
    /// <summary>Datastreams of one run: a key template that takes the time or a value by mistake ends here.</summary>
    public const int DatastreamsMax = 200_000;

    /// <summary>Things of one run, for the same reason; each takes about a kilobyte until the end.</summary>
    public const int ThingsMax = 1_000_000;

    private readonly Dictionary<string, PlannedThing> _things = new(StringComparer.Ordinal);
    private readonly Dictionary<string, PlannedDatastream> _datastreams = new(StringComparer.Ordinal);

    /// <summary>Things seen.</summary>
    public int ThingCount => _things.Count;

    /// <summary>Datastreams seen.</summary>
    public int DatastreamCount => _datastreams.Count;

    /// <summary>Datastreams seen, in no order.</summary>
    public IEnumerable<PlannedDatastream> Datastreams => _datastreams.Values;

    /// <summary>The Thing with this key, or null.</summary>
    public PlannedThing? FindThing(string key) => _things.GetValueOrDefault(key);

    /// <summary>Remembers a Thing.</summary>
    public void Add(PlannedThing thing) => _things.Add(thing.Key, thing);

    /// <summary>The Datastream with this key, or null.</summary>
    public PlannedDatastream? FindDatastream(string key) => _datastreams.GetValueOrDefault(key);

    /// <summary>Remembers a Datastream.</summary>
    public void Add(PlannedDatastream datastream) => _datastreams.Add(datastream.Key, datastream);
}

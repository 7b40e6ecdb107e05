using System.Globalization;
using Stoa.Vocabulary;

namespace Stoa.Sensing.Observations;

/// <summary>What an observation belongs to, as it is stored: the id of a Datastream, or minus the id of a MultiDatastream.</summary>
/// <remarks>Made from ids only, so that a number from outside never reaches the other kind (decision 0010).</remarks>
public readonly record struct SeriesKey
{
    private SeriesKey(long value) => Value = value;

    /// <summary>The number in the tables observation, datastream_state and datastream_feature_of_interest.</summary>
    public long Value { get; }

    /// <summary>Whether it is a MultiDatastream's.</summary>
    public bool IsMulti => Value < 0;

    /// <summary>The id on the wire.</summary>
    public long Id => Math.Abs(Value);

    /// <summary>Name of the set it belongs to.</summary>
    public string Set => IsMulti ? "MultiDatastreams" : "Datastreams";

    /// <summary>Name of its kind.</summary>
    public string Name => IsMulti ? "MultiDatastream" : "Datastream";

    /// <summary>A Datastream's; for an id that none can have, a key that none has.</summary>
    public static SeriesKey OfDatastream(long id) => new(id > 0 ? id : 0);

    /// <summary>A MultiDatastream's; for an id that none can have, a key that none has.</summary>
    public static SeriesKey OfMultiDatastream(long id) => new(id > 0 ? -id : 0);

    /// <summary>As it was stored.</summary>
    public static SeriesKey Stored(long value) => new(value);

    /// <summary>A Datastream's.</summary>
    public static implicit operator SeriesKey(DatastreamId datastream) => OfDatastream(datastream.Value);

    /// <inheritdoc/>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Set}({Id})");
}

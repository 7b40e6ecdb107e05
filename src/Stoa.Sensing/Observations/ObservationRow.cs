using Stoa.Vocabulary;

namespace Stoa.Sensing.Observations;

/// <summary>An observation ready to be stored: everything decided, nothing left to look up.</summary>
internal readonly struct ObservationRow
{
    internal required TimeInterval PhenomenonTime { get; init; }

    internal required ResultValue Result { get; init; }

    internal Instant? ResultTime { get; init; }

    internal TimeInterval? ValidTime { get; init; }

    internal string? Parameters { get; init; }

    internal string? ResultQuality { get; init; }
}

/// <summary>A new observation that is durable, as it is told to those who follow the feed: whole.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Dataset">The dataset it belongs to: decides who may hear of it.</param>
/// <param name="Series">Its Datastream or MultiDatastream.</param>
/// <param name="PhenomenonTime">When it happened, with the offset as written.</param>
/// <param name="Result">What was observed.</param>
public sealed record StoredObservation(
    ObservationId Id, DatasetId Dataset, SeriesKey Series, TimeInterval PhenomenonTime, ResultValue Result)
{
    /// <summary>When the result was made; null when it was not said.</summary>
    public Instant? ResultTime { get; init; }

    /// <summary>When it may be used; null when it was not said.</summary>
    public TimeInterval? ValidTime { get; init; }

    /// <summary>JSON text; null when there is none.</summary>
    public string? ResultQuality { get; init; }

    /// <summary>A JSON object as text; null when there is none.</summary>
    public string? Parameters { get; init; }

    /// <summary>Its FeatureOfInterest.</summary>
    public required FeatureOfInterestId Feature { get; init; }

    /// <summary>The dataset of the feature, which may be hidden from those who see the observation.</summary>
    public required DatasetId FeatureDataset { get; init; }
}

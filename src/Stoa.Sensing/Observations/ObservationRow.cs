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

/// <summary>An observation that was stored and is durable, as it is told to those who follow the feed.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Dataset">The dataset it belongs to: decides who may hear of it.</param>
/// <param name="Datastream">Its Datastream.</param>
/// <param name="PhenomenonTime">When it happened.</param>
/// <param name="Result">What was observed.</param>
public readonly record struct StoredObservation(
    ObservationId Id, DatasetId Dataset, DatastreamId Datastream, TimeInterval PhenomenonTime, ResultValue Result);

using System.Text.Json;
using Stoa.Sensing.Bulk;
using Stoa.Sensing.Observations;
using Stoa.Vocabulary;

namespace Stoa.Sensing.Connectors.Messages;

/// <summary>What a connector made of one message: readings, or nothing with a reason.</summary>
/// <remarks>Holds the parsed payload, from which descriptions of new entities are taken; dispose it when it was stored.</remarks>
internal sealed class MappedMessage(JsonDocument? document) : IDisposable
{
    /// <summary>Passed over by a rule: nothing to store and nothing wrong.</summary>
    internal bool IsSkipped { get; init; }

    /// <summary>Why it cannot be used, for people; null when it can.</summary>
    internal string? Rejection { get; init; }

    /// <summary>What is to be stored.</summary>
    internal IReadOnlyList<Reading> Readings { get; init; } = [];

    /// <summary>Nothing can be made of it.</summary>
    internal static MappedMessage Rejected(string reason) => new(null) { Rejection = reason };

    public void Dispose() => document?.Dispose();
}

/// <summary>One value for one Datastream.</summary>
internal sealed class Reading
{
    /// <summary>The Datastream by its id; null: by <see cref="Key"/>.</summary>
    internal required DatastreamId? Datastream { get; init; }

    /// <summary>The Datastream's key within the dataset.</summary>
    internal required string Key { get; init; }

    /// <summary>The Thing's key within the dataset.</summary>
    internal required string ThingKey { get; init; }

    /// <summary>Phenomenon time.</summary>
    internal required Instant Time { get; init; }

    /// <summary>The result.</summary>
    internal required ResultValue Result { get; init; }

    /// <summary>Where the payload says the Thing is; null when it says nothing.</summary>
    internal required Place? Place { get; init; }

    /// <summary>What the entities are like, should they have to be made. Reads the payload.</summary>
    internal required Func<ReadingDescription> Describe { get; init; }
}

/// <summary>A position in degrees, WGS 84.</summary>
internal readonly record struct Place(double Longitude, double Latitude)
{
    private const double MetresPerDegree = 111_320;

    /// <summary>Metres to another place, near enough to tell a move from noise.</summary>
    internal double MetresTo(Place other)
    {
        var north = (other.Latitude - Latitude) * MetresPerDegree;
        var east = Math.IEEERemainder(other.Longitude - Longitude, 360) * MetresPerDegree *
            Math.Cos(double.DegreesToRadians(Latitude));
        return Math.Sqrt(north * north + east * east);
    }
}

/// <summary>The entities that a reading belongs to.</summary>
/// <param name="Thing">The Thing.</param>
/// <param name="Sensor">What measured.</param>
/// <param name="ObservedProperty">What was measured.</param>
/// <param name="Name">Of the Datastream.</param>
/// <param name="Description">Of the Datastream.</param>
/// <param name="ObservationType">Of the Datastream.</param>
/// <param name="Unit">Of the Datastream.</param>
internal sealed record ReadingDescription(
    ThingDraft Thing, SensorDraft Sensor, ObservedPropertyDraft ObservedProperty,
    string Name, string Description, string ObservationType, Unit Unit);

using System.Globalization;

namespace Stoa.Vocabulary;

/// <summary>Identifies a Dataset: the unit of description, governance, API scope and proof.</summary>
public readonly record struct DatasetId(long Value)
{
    /// <summary>The closed dataset that exists from the first start and takes what has no other home.</summary>
    public static readonly DatasetId Inbox = new(1);

    /// <inheritdoc/>
    public override string ToString() => Value.ToString(CultureInfo.InvariantCulture);
}

/// <summary>Identifies an organization: a data creator, owner, custodian, publisher or user (ISO 37156, 9.2).</summary>
public readonly record struct OrganizationId(long Value)
{
    /// <inheritdoc/>
    public override string ToString() => Value.ToString(CultureInfo.InvariantCulture);
}

/// <summary>Identifies a party: an organization, unit, person, service or device. An organization's is its
/// <see cref="OrganizationId"/>.</summary>
public readonly record struct PartyId(long Value)
{
    /// <inheritdoc/>
    public override string ToString() => Value.ToString(CultureInfo.InvariantCulture);
}

/// <summary>Identifies a membership of a person in an organization.</summary>
public readonly record struct MembershipId(long Value)
{
    /// <inheritdoc/>
    public override string ToString() => Value.ToString(CultureInfo.InvariantCulture);
}

/// <summary>Identifies an access token; never the token itself.</summary>
public readonly record struct TokenId(long Value)
{
    /// <inheritdoc/>
    public override string ToString() => Value.ToString(CultureInfo.InvariantCulture);
}

/// <summary>Identifies a SensorThings Thing.</summary>
public readonly record struct ThingId(long Value)
{
    /// <inheritdoc/>
    public override string ToString() => Value.ToString(CultureInfo.InvariantCulture);
}

/// <summary>Identifies a SensorThings Location.</summary>
public readonly record struct LocationId(long Value)
{
    /// <inheritdoc/>
    public override string ToString() => Value.ToString(CultureInfo.InvariantCulture);
}

/// <summary>Identifies a SensorThings Datastream.</summary>
public readonly record struct DatastreamId(long Value)
{
    /// <inheritdoc/>
    public override string ToString() => Value.ToString(CultureInfo.InvariantCulture);
}

/// <summary>Identifies a SensorThings Sensor.</summary>
public readonly record struct SensorId(long Value)
{
    /// <inheritdoc/>
    public override string ToString() => Value.ToString(CultureInfo.InvariantCulture);
}

/// <summary>Identifies a SensorThings ObservedProperty.</summary>
public readonly record struct ObservedPropertyId(long Value)
{
    /// <inheritdoc/>
    public override string ToString() => Value.ToString(CultureInfo.InvariantCulture);
}

/// <summary>Identifies a SensorThings Observation.</summary>
public readonly record struct ObservationId(long Value)
{
    /// <inheritdoc/>
    public override string ToString() => Value.ToString(CultureInfo.InvariantCulture);
}

/// <summary>Identifies a SensorThings FeatureOfInterest.</summary>
public readonly record struct FeatureOfInterestId(long Value)
{
    /// <inheritdoc/>
    public override string ToString() => Value.ToString(CultureInfo.InvariantCulture);
}

using Stoa.Vocabulary;

namespace Stoa.Sensing.Feed;

/// <summary>What became of an entity.</summary>
internal enum ChangeKind
{
    /// <summary>It is new.</summary>
    Created = 1,

    /// <summary>A property of it was set, or a relation that it holds itself, such as the Thing of a Datastream.</summary>
    Updated = 2,

    /// <summary>It is gone.</summary>
    Deleted = 3,

    /// <summary>It was joined with another or parted from it; its own properties are as they were.</summary>
    Linked = 4,

    /// <summary>What the server derives for it may differ: phenomenonTime, resultTime, observedArea (OGC 18-088, 8.2.4).</summary>
    Derived = 5,
}

/// <summary>One change of an entity; new observations come as <see cref="Observations.StoredObservation"/> instead.</summary>
/// <param name="Set">The set's name, such as <c>Things</c>.</param>
/// <param name="Id">The entity's id.</param>
/// <param name="Dataset">The dataset in which it is seen, or was before.</param>
/// <param name="Kind">What became of it.</param>
/// <param name="ObservationsBefore">New observations of the same group that came before it in the order of commit.</param>
internal readonly record struct EntityChange(
    string Set, long Id, DatasetId Dataset, ChangeKind Kind, int ObservationsBefore);

using Stoa.Sensing.Observations;

namespace Stoa.Sensing.Feed;

/// <summary>What one commit of the writer brought; durable when it is told.</summary>
/// <param name="Observations">New observations, in the order in which they were stored.</param>
/// <param name="Changes">
/// All else, in order. An entity stands here once for each request that touched it; observations that went with their
/// Datastream or feature are not listed.
/// </param>
internal sealed record ChangeGroup(StoredObservation[] Observations, EntityChange[] Changes);

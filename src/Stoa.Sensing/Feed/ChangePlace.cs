namespace Stoa.Sensing.Feed;

/// <summary>A place in the changes of the store: what was told already, and how far this round of telling goes.</summary>
/// <param name="Log">Number of the last change in the log that was told.</param>
/// <param name="Observation">Id of the last new observation that was told.</param>
/// <param name="LogEnd">Where this round ends in the log; <see cref="Open"/>: where the log ends when it is read.</param>
/// <param name="ObservationEnd">Where this round ends among the new observations; likewise.</param>
/// <remarks>
/// Changes of the log come first, then new observations, each in the order of commits. What is told is the state at the moment of
/// telling, so whatever changes meanwhile is told again in the next round, and telling twice does no harm.
/// </remarks>
internal readonly record struct ChangePlace(long Log, long Observation, long LogEnd, long ObservationEnd)
{
    internal const long Open = -1;

    /// <summary>A place from which a round has not begun.</summary>
    internal static ChangePlace At(long log, long observation) => new(log, observation, Open, Open);

    internal bool IsOpen => LogEnd == Open;

    /// <summary>Whether all of the round was told.</summary>
    internal bool IsDone => Log == LogEnd && Observation == ObservationEnd;

    /// <summary>The same place with the end of its round forgotten: from here a new one may begin.</summary>
    internal ChangePlace Reopened => At(Log, Observation);
}

using Stoa.Query;
using Stoa.Sensing.Http;
using Stoa.Storage;
using Stoa.Storage.Translation;
using Stoa.Vocabulary;

namespace Stoa.Sensing.Feed;

/// <summary>Takes changes as they are found, each with the place behind it.</summary>
internal interface IChangeSink
{
    /// <summary>An entity as it is now; the plan stands on it.</summary>
    void Changed(ReadPlan plan, in ChangePlace place);

    /// <summary>An entity that does not belong to the set any more, and perhaps never did in this client's eyes.</summary>
    /// <param name="id">Its id.</param>
    /// <param name="isDeleted">Whether it is gone, or hidden, which looks the same; else it no longer meets the query.</param>
    /// <param name="place">Behind it.</param>
    void Removed(long id, bool isDeleted, in ChangePlace place);
}

/// <summary>Finds what has changed since a place: from the log, and from the ids of new observations.</summary>
/// <remarks>
/// Each entity is read as it is now, under the scope, in one snapshot; what the log says of it only names it. So nothing is shown
/// that a plain read would not show, and whoever follows to the end holds what a full read gives.
/// </remarks>
internal sealed class ChangeReader(QueryTranslator translator)
{
    /// <summary>Changes that one call looks at, in the log and among new observations each: some tens of milliseconds.</summary>
    internal const int ExaminedMax = 100_000;

    /// <summary>Tells changes from a place on, at most so many, and returns the place behind the last.</summary>
    /// <returns>With the end of its round; see <see cref="ChangePlace.IsDone"/>.</returns>
    internal ChangePlace Read(
        Session session, ChangeQuery query, AccessScope scope, ChangePlace start, int rowsMax, IChangeSink sink)
    {
        if (start.IsOpen)
        {
            var (end, _) = ChangeLog.Head(session);
            start = start with { LogEnd = end.Log, ObservationEnd = end.Observation };
        }

        var told = new HashSet<long>();
        var place = ReadLog(session, query, scope, start, rowsMax, told, sink);
        if (place.Log < place.LogEnd || told.Count == rowsMax) return SkipIfIdle(query, place);
        if (query.IsOfObservations) return ReadNew(session, query, scope, place, rowsMax - told.Count, sink);
        return query.ShowsDerived ? ReadDerived(session, query, scope, place, rowsMax, told, sink) : SkipIfIdle(query, place);
    }

    // New observations say nothing to those who follow other sets.
    private static ChangePlace SkipIfIdle(ChangeQuery query, ChangePlace place) =>
        query.IsOfObservations || query.ShowsDerived || place.Log < place.LogEnd
            ? place
            : place with { Observation = place.ObservationEnd };

    private ChangePlace ReadLog(
        Session session, ChangeQuery query, AccessScope scope, ChangePlace place, int rowsMax, HashSet<long> told, IChangeSink sink)
    {
        if (place.Log >= place.LogEnd) return place;
        var end = Math.Min(place.LogEnd, place.Log + ExaminedMax);
        using var rows = session.PrepareStream(ChangeLog.Select);
        rows.Bind("@after", place.Log).Bind("@end", end).Bind("@set", query.Entity.SetName)
            .Bind("@series", query.Series?.Value).BindScope(scope);
        while (rows.Step())
        {
            var (number, id) = (rows.Int64(0), rows.Int64(1));
            // A new observation that has changed since is told once, as a new one.
            if (query.IsOfObservations && id > place.Observation && id <= place.ObservationEnd) continue;
            if (told.Contains(id)) continue;
            if (told.Count == rowsMax) return place with { Log = number - 1 };
            told.Add(id);
            TellOne(session, query, scope, id, place with { Log = number }, sink);
        }

        return place with { Log = end };
    }

    private void TellOne(
        Session session, ChangeQuery query, AccessScope scope, long id, in ChangePlace place, IChangeSink sink)
    {
        using var plan = PlanOf(session, query, scope, id);
        if (plan.Step()) sink.Changed(plan, place);
        else sink.Removed(id, !IsSeen(session, query, scope, id), place);
    }

    private ReadPlan PlanOf(Session session, ChangeQuery query, AccessScope scope, long id)
    {
        PathStep[] steps = [.. query.Steps.SkipLast(1), query.Steps[^1] with { Key = id }];
        return ReadPlan.For(
            translator, session, new ReadRequest { Path = steps, Scope = scope }, query.Query, isSingle: true);
    }

    private bool IsSeen(Session session, ChangeQuery query, AccessScope scope, long id)
    {
        using var exists = ReadPlan.Prepare(session, translator.Exists([new(query.Entity, null, id)], scope));
        return exists.Step() && exists.Boolean(0);
    }

    private ChangePlace ReadNew(
        Session session, ChangeQuery query, AccessScope scope, ChangePlace place, int rowsMax, IChangeSink sink)
    {
        if (place.Observation >= place.ObservationEnd) return place;
        var end = Math.Min(place.ObservationEnd, place.Observation + ExaminedMax);
        using var plan = ReadPlan.For(
            translator, session, new ReadRequest { Path = query.Steps, Scope = scope, IsByIds = true },
            Between(query.Query, place.Observation, end, rowsMax), isSingle: false);
        for (var rows = 0; plan.Step(); rows++)
        {
            if (rows == rowsMax) return place;
            place = place with { Observation = plan.Id };
            sink.Changed(plan, place);
        }

        return place with { Observation = end };
    }

    /// <summary>The query for ids after one and up to another, in their order.</summary>
    private static BoundQuery Between(BoundQuery query, long after, long end, int rowsMax)
    {
        var id = new BoundProperty(query.Row, query.Entity.Id, null);
        var isUpTo = new BoundCompare(BinaryOperator.Le, id, new BoundLiteral(Literal.Of(end)));
        return query with
        {
            Filter = query.Filter is { } filter ? new BoundAnd([isUpTo, filter]) : isUpTo,
            OrderBy = [new BoundOrder(id, false)],
            IsKeyset = true,
            Cursor = new PageCursor(false, [after]),
            Top = rowsMax,
            Count = false,
        };
    }

    /// <summary>Datastreams whose derived values new observations may have changed.</summary>
    private ChangePlace ReadDerived(
        Session session, ChangeQuery query, AccessScope scope, ChangePlace place, int rowsMax, HashSet<long> told, IChangeSink sink)
    {
        if (place.Observation >= place.ObservationEnd) return place;
        var end = Math.Min(place.ObservationEnd, place.Observation + ExaminedMax);
        var isMulti = query.Entity.SetName == "MultiDatastreams";
        using var rows = session.PrepareStream(ChangeLog.SelectSeries);
        rows.Bind("@after", place.Observation).Bind("@end", end);
        while (rows.Step())
        {
            var series = rows.Int64(1);
            if (series < 0 != isMulti || told.Contains(Math.Abs(series))) continue;
            if (told.Count == rowsMax) return place with { Observation = rows.Int64(0) - 1 };
            told.Add(Math.Abs(series));
            TellDerived(session, query, scope, Math.Abs(series), place with { Observation = rows.Int64(0) }, sink);
        }

        return place with { Observation = end };
    }

    private void TellDerived(
        Session session, ChangeQuery query, AccessScope scope, long id, in ChangePlace place, IChangeSink sink)
    {
        using var plan = PlanOf(session, query, scope, id);
        if (plan.Step()) sink.Changed(plan, place);
        // Only a condition on derived values can have been met before and be unmet now.
        else if (query.FiltersDerived && IsSeen(session, query, scope, id)) sink.Removed(id, false, place);
    }
}

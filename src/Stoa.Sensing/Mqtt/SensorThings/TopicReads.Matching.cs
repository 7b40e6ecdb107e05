using Stoa.Query;
using Stoa.Sensing.Feed;
using Stoa.Sensing.Http;
using Stoa.Sensing.Schema;
using Stoa.Storage;
using Stoa.Storage.Translation;
using Stoa.Vocabulary;

namespace Stoa.Sensing.Mqtt.SensorThings;

internal sealed partial class TopicReads
{
    /// <summary>Finds the topics that the waiting changes concern.</summary>
    private async ValueTask MatchAsync(CancellationToken cancellation)
    {
        List<EntityChange> changes;
        lock (_gate)
        {
            if (_changes.Count == 0) return;
            changes = [.. _changes];
            _changes.Clear();
        }

        ReadSession? session = null;
        try
        {
            foreach (var change in changes)
            {
                Touch(change);
                foreach (var relation in index.RelationsTo(change.Set))
                {
                    session ??= await database.ReadAsync(cancellation);
                    session.ExtendTime();
                    foreach (var parent in ParentsOf(session, relation, change.Id))
                        foreach (var topic in index.OfRelation(relation, parent))
                            TouchMember(topic, change);
                }
            }
        }
        finally
        {
            session?.Dispose();
        }
    }

    private void Touch(in EntityChange change)
    {
        foreach (var topic in index.OfEntity(change.Set, change.Id)) TouchOne(topic);
        foreach (var topic in index.Floating(change.Set))
        {
            if (topic.Path.IsSingle) TouchOne(topic);
            else if (topic.Entity.SetName == change.Set) TouchMember(topic, change);
        }

        // An entity that was joined with another reads as before.
        if (change.Kind == ChangeKind.Linked) return;
        foreach (var topic in index.OfSet(change.Set)) TouchMember(topic, change);
    }

    private void TouchOne(Topic topic)
    {
        lock (_gate)
        {
            topic.Pending.IsTouched = true;
            Enqueue(topic, topic.Pending.NextRead);
        }
    }

    private void TouchMember(Topic topic, in EntityChange change)
    {
        lock (_gate)
        {
            var pending = topic.Pending;
            if (change.Kind == ChangeKind.Derived)
            {
                if (pending.Changed.ContainsKey(change.Id) || pending.Derived.Count == PendingChanges.EntitiesMax) return;
                pending.Derived.Add(change.Id);
                Enqueue(topic, Math.Max(pending.NextRead, pending.NextDerived));
                return;
            }

            if (!pending.Changed.TryAdd(change.Id, true)) return;
            if (pending.Changed.Count > PendingChanges.EntitiesMax)
            {
                pending.Changed.RemoveAt(0);
                _missed++;
            }

            pending.Derived.Remove(change.Id);
            Hasten(topic);
        }
    }

    // Something that need not wait as long as the derived values for which the topic may be queued already.
    private void Hasten(Topic topic)
    {
        if (topic.Pending.IsQueued) _due.Remove(topic, out _, out _);
        topic.Pending.IsQueued = false;
        Enqueue(topic, topic.Pending.NextRead);
    }

    /// <summary>The entities that have this one in a relation; whether somebody may see them is asked when it is told.</summary>
    private List<long> ParentsOf(ReadSession session, Navigation relation, long id)
    {
        var parents = new List<long>();
        var inverse = relation.Target.Navigations.First(navigation => navigation.Target == relation.Source);
        var request = new ReadRequest
        {
            Path = [new(relation.Target, null, id), new(relation.Source, inverse)],
            Scope = AccessScope.Everything,
            Columns = [new Column("id")],
        };
        using var rows = ReadPlan.Prepare(session, translator.Rows(request));
        while (rows.Step()) parents.Add(rows.Int64(0));
        return parents;
    }
}

using System.Collections.Concurrent;
using System.Collections.Immutable;
using Stoa.Query;
using Stoa.Sensing.Http;

namespace Stoa.Sensing.Mqtt.SensorThings;

/// <summary>The topics that are followed, found by what can change them. Read by many threads, changed under one lock.</summary>
internal sealed class TopicIndex
{
    /// <summary>Different topics followed at once, by all clients together; about 1 KB each.</summary>
    internal const int TopicsMax = 200_000;

    /// <summary>Topics among them that cost a read of the database for every commit: $filter, $expand on observations, paths
    /// whose last parent has no id of its own.</summary>
    internal const int CostlyMax = 1_000;

    private readonly Lock _gate = new();
    private readonly ConcurrentDictionary<string, Topic> _byName = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, ImmutableArray<Topic>> _sets = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<(string Set, long Id), ImmutableArray<Topic>> _entities = [];
    private readonly ConcurrentDictionary<string, ImmutableArray<Topic>> _floating = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<(Navigation Via, long Parent), ImmutableArray<Topic>> _relations = [];
    private readonly ConcurrentDictionary<Navigation, int> _relationsUsed = [];
    private int _costly;

    internal bool IsEmpty => _byName.IsEmpty;

    internal int Count => _byName.Count;

    /// <summary>Topics of new observations that need a read.</summary>
    internal ImmutableArray<Topic> ObservationsByRead { get; private set; } = [];

    internal Topic? Find(string name) => _byName.GetValueOrDefault(name);

    /// <summary>The topic, which is there from now on; null when there are too many.</summary>
    internal Topic? Add(Topic topic)
    {
        lock (_gate)
        {
            if (_byName.TryGetValue(topic.Name, out var known)) return known;
            var isCostly = IsCostly(topic);
            if (_byName.Count >= TopicsMax || (isCostly && _costly >= CostlyMax)) return null;
            if (isCostly) _costly++;
            _byName[topic.Name] = topic;
            Change(topic, static (list, one) => list.Add(one));
            return topic;
        }
    }

    /// <summary>Lets somebody follow a topic, also when all others have left it meanwhile.</summary>
    internal void Join(Topic topic, ISubscriber subscriber)
    {
        lock (_gate)
        {
            topic.Add(subscriber);
            if (_byName.TryGetValue(topic.Name, out var known) && known == topic) return;
            _byName[topic.Name] = topic;
            if (IsCostly(topic)) _costly++;
            Change(topic, static (list, one) => list.Add(one));
        }
    }

    /// <summary>Takes a topic out that nobody follows any more.</summary>
    internal void RemoveIfEmpty(Topic topic)
    {
        lock (_gate)
        {
            if (!topic.IsEmpty || !_byName.TryRemove(KeyValuePair.Create(topic.Name, topic))) return;
            if (IsCostly(topic)) _costly--;
            Change(topic, static (list, one) => list.Remove(one));
        }
    }

    /// <summary>Topics of a whole set.</summary>
    internal ImmutableArray<Topic> OfSet(string set) => Of(_sets, set);

    /// <summary>Topics of one entity and of its properties.</summary>
    internal ImmutableArray<Topic> OfEntity(string set, long id) => Of(_entities, (set, id));

    /// <summary>Topics that a change of any entity of the set may concern: nothing in them says which.</summary>
    internal ImmutableArray<Topic> Floating(string set) => Of(_floating, set);

    /// <summary>Topics of a relation of one entity.</summary>
    internal ImmutableArray<Topic> OfRelation(Navigation via, long parent) => Of(_relations, (via, parent));

    /// <summary>Relations to this type for which there are topics.</summary>
    internal IEnumerable<Navigation> RelationsTo(string set) =>
        _relationsUsed.Where(used => used.Value > 0 && used.Key.Target.SetName == set).Select(used => used.Key);

    private static ImmutableArray<Topic> Of<TKey>(ConcurrentDictionary<TKey, ImmutableArray<Topic>> lists, TKey key)
        where TKey : notnull =>
        lists.TryGetValue(key, out var list) ? list : [];

    private static bool IsFloating(Topic topic)
    {
        var steps = topic.Path.Steps;
        return topic.Path.IsSingle ? steps[^1].Key is null : steps.Count > 1 && steps[^2].Key is null;
    }

    private static bool IsCostly(Topic topic) => IsFloating(topic) || topic.Form == TopicForm.ObservationsByRead;

    private void Change(Topic topic, Func<ImmutableArray<Topic>, Topic, ImmutableArray<Topic>> change)
    {
        var steps = topic.Path.Steps;
        if (topic.Form == TopicForm.ObservationsByRead) ObservationsByRead = change(ObservationsByRead, topic);
        if (IsFloating(topic))
        {
            foreach (var set in steps.Select(step => step.Entity.SetName).Distinct()) Put(_floating, set, topic, change);
            return;
        }

        if (topic.Path.IsSingle)
        {
            Put(_entities, (topic.Entity.SetName, steps[^1].Key!.Value), topic, change); // Not floating: it has a key.
            return;
        }

        if (steps.Count == 1)
        {
            Put(_sets, topic.Entity.SetName, topic, change);
            return;
        }

        var (via, before) = (steps[^1].Via!, _relations.Count); // Only the first step has none.
        Put(_relations, (via, steps[^2].Key!.Value), topic, change); // Not floating: it has a key.
        _relationsUsed.AddOrUpdate(via, Math.Max(0, _relations.Count - before), (_, used) => used + _relations.Count - before);
    }

    private static void Put<TKey>(
        ConcurrentDictionary<TKey, ImmutableArray<Topic>> lists, TKey key, Topic topic,
        Func<ImmutableArray<Topic>, Topic, ImmutableArray<Topic>> change)
        where TKey : notnull
    {
        var list = change(Of(lists, key), topic);
        if (list.IsEmpty) lists.TryRemove(key, out _);
        else lists[key] = list;
    }
}

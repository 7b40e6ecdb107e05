using System.Collections.Immutable;
using Stoa.Query;
using Stoa.Sensing.Http;
using Stoa.Sharing.Policy;
using Stoa.Vocabulary;

namespace Stoa.Sensing.Mqtt.SensorThings;

/// <summary>How the messages of a topic are found.</summary>
internal enum TopicForm
{
    /// <summary>New observations of all, of a Datastream or of a feature: told from the feed without a read.</summary>
    Observations,

    /// <summary>New observations for which the database has to be asked: with $filter, with $expand, below a longer path.</summary>
    ObservationsByRead,

    /// <summary>The entities of another set, or of a relation to many.</summary>
    Entities,

    /// <summary>One entity: told when its text differs from the last.</summary>
    Entity,

    /// <summary>One property of an entity: told when its value differs from the last.</summary>
    Property,
}

/// <summary>One topic that somebody follows, shared by all who do.</summary>
internal sealed class Topic(string name, TopicAddress address, ServiceRoot root, ResourcePath path, BoundQuery query)
{
    private ImmutableArray<ISubscriber> _subscribers = [];

    /// <summary>As it was subscribed to, and as messages name it.</summary>
    internal string Name => name;

    internal ServiceRoot Root => root;

    internal ResourcePath Path => path;

    internal EntityType Entity => path.Entity;

    /// <summary>What is selected, filtered, expanded.</summary>
    internal BoundQuery Query => query;

    internal RowLayout Layout { get; } = RowLayout.For(query);

    internal TopicForm Form { get; } = FormOf(path, query);

    internal ImmutableArray<ISubscriber> Subscribers => _subscribers;

    /// <summary>What has changed and is not told yet; used by the readers alone.</summary>
    internal PendingChanges Pending { get; } = new();

    /// <summary>Whether what is shown depends on more than whether it is shown.</summary>
    internal bool ShowsRelated => query.Expand.Count > 0;

    /// <summary>The id of the entity before the last step, where it stands in the path; else null.</summary>
    internal long? ParentKey => path.Steps.Count == 2 ? path.Steps[0].Key : null;

    internal bool IsEmpty => _subscribers.IsEmpty;

    internal void Add(ISubscriber subscriber) =>
        ImmutableInterlocked.Update(ref _subscribers, subscribers => subscribers.Add(subscriber));

    internal void Remove(ISubscriber subscriber) =>
        ImmutableInterlocked.Update(ref _subscribers, subscribers => subscribers.Remove(subscriber));

    /// <summary>What somebody may see through this topic now: datasets of which everything may be seen.</summary>
    internal AccessScope ScopeOf(Identity.Credentials.Requester requester, AccessPolicy policy)
    {
        var scope = policy.Read(requester).Whole;
        if (address.Slug is not { } slug) return scope;
        return policy.TryFindDataset(slug, out var dataset) ? scope.Within(dataset.Id) : AccessScope.Nothing;
    }

    private static TopicForm FormOf(ResourcePath path, BoundQuery query)
    {
        if (path.End == PathEnd.Property) return TopicForm.Property;
        if (path.IsSingle) return TopicForm.Entity;
        if (path.Entity.SetName != "Observations") return TopicForm.Entities;
        return query.Filter is null && query.Expand.Count == 0 && path.Steps.Count <= 2
            ? TopicForm.Observations
            : TopicForm.ObservationsByRead;
    }
}

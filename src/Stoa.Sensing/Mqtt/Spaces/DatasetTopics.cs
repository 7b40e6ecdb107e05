using System.Collections.Concurrent;
using Stoa.Identity.Credentials;
using Stoa.Sharing.Policy;
using Stoa.Storage;
using Stoa.Vocabulary;

namespace Stoa.Sensing.Mqtt.Spaces;

/// <summary>Free topics of a dataset: <c>datasets/{slug}/topics/…</c>, for payloads of devices as they are.</summary>
/// <remarks>Publishing needs the right to write the dataset, following the right to read it. Wildcards reach no
/// further than
/// the dataset.</remarks>
internal sealed class DatasetTopics(AccessPolicy policy, Database database, RetainedMessages retained, TimeProvider time)
    : ITopicSpace
{
    private const string Start = "datasets/";
    private const string Middle = "/topics/";

    private readonly ConcurrentDictionary<DatasetId, TopicTree<ISubscriber>> _subscribers = new();

    internal static string TopicOf(string slug, string below) => Start + slug + Middle + below;

    /// <inheritdoc/>
    public bool Owns(ReadOnlySpan<char> topic) => TrySplit(topic, out _, out _);

    private static bool TrySplit(ReadOnlySpan<char> topic, out ReadOnlySpan<char> slug, out ReadOnlySpan<char> below)
    {
        slug = below = default;
        if (!topic.StartsWith(Start)) return false;
        var rest = topic[Start.Length..];
        var slash = rest.IndexOf('/');
        if (slash <= 0 || !rest[slash..].StartsWith(Middle) || rest.Length == slash + Middle.Length) return false;
        slug = rest[..slash];
        below = rest[(slash + Middle.Length)..];
        return !Topics.HasWildcards(slug);
    }

    /// <inheritdoc/>
    public ValueTask<PublishOutcome> PublishAsync(
        Publication publication, Requester requester, CancellationToken cancellation)
    {
        TrySplit(publication.Topic, out var slug, out var below);
        if (!policy.DatasetForWrite(requester, slug.ToString()).TryGet(out var dataset, out var problem))
            return new(PublishOutcome.Refused(problem));
        var topic = below.ToString();
        var message = new Message(publication.Topic, publication.Payload, dataset)
        {
            Qos = publication.Qos, Properties = publication.Properties, Retain = publication.Retain,
            Publisher = publication.Publisher,
            Expires = publication.Properties.ExpirySeconds is { } seconds ? time.GetUtcNow().AddSeconds(seconds) : null,
        };
        if (publication.Retain && !publication.Payload.IsEmpty && !retained.HasRoom(dataset, topic, message.Payload.Length))
        {
            return new(new PublishOutcome(
                ReasonCode.QuotaExceeded,
                "The dataset keeps as many retained messages as it may. Clear some by publishing an empty retained payload."));
        }

        // An acknowledged message reaches the followers at all nodes.
        if (publication.Retain || publication.Receipt is not null || (database.Nodes.AreMany && publication.Qos > QualityOfService.AtMostOnce))
            return StoreAsync(topic, message, publication.Receipt, cancellation);
        if (database.Nodes.Others > 0) return new(Send(topic, message));
        return new(Spread(topic, message) > 0 ? PublishOutcome.Accepted : PublishOutcome.NoSubscribers);
    }

    // Nobody waits for a message of QoS 0, here or at the other nodes.
    private PublishOutcome Send(string topic, Message message)
    {
        try
        {
            database.Enqueue(new FreeTopicWork(this, topic, message, null));
        }
        catch (StorageException)
        {
            Spread(topic, message);
        }

        return PublishOutcome.Accepted;
    }

    /// <summary>A message that was published at another node.</summary>
    internal void Take(Message message)
    {
        TrySplit(message.Topic, out _, out var below);
        Committed(below.ToString(), message);
    }

    private async ValueTask<PublishOutcome> StoreAsync(
        string topic, Message message, ReceiptKey? receipt, CancellationToken cancellation)
    {
        var work = new FreeTopicWork(this, topic, message, receipt);
        await database.EnqueueAsync(work, cancellation);
        await work.Task;
        // Who follows at other nodes is not known here.
        return message.Retain || receipt is not null || work.Followers > 0 || database.Nodes.Others > 0
            ? PublishOutcome.Accepted
            : PublishOutcome.NoSubscribers;
    }

    private void Store(WriteSession session, string topic, Message message)
    {
        if (message.Retain) RetainedMessages.Write(session, message.Dataset, topic, message);
        MessagesOfNodes.Write(session, database.Nodes, message, time.GetUtcNow());
    }

    private int Committed(string topic, Message message)
    {
        if (message.Retain) retained.Remember(message.Dataset, topic, message);
        return Spread(topic, message);
    }

    /// <summary>Gives the message to all who follow and may read; how many.</summary>
    private int Spread(string topic, Message message) =>
        !_subscribers.TryGetValue(message.Dataset, out var tree) ? 0 : tree.ForEachMatch(topic, subscriber =>
        {
            if (!policy.Read(subscriber.Requester).Contains(message.Dataset)) return false;
            subscriber.Deliver(message);
            return true;
        });

    /// <inheritdoc/>
    public ValueTask<Result<IDisposable>> SubscribeAsync(
        ISubscriber subscriber, string filter, CancellationToken cancellation)
    {
        TrySplit(filter, out var slug, out var below);
        if (!policy.DatasetForFollowing(subscriber.Requester, slug.ToString()).TryGet(out var dataset, out var problem))
            return new(problem);
        var tree = _subscribers.GetOrAdd(dataset.Id, _ => new());
        var registration = new Registration(tree, below.ToString(), subscriber);
        return new(Result<IDisposable>.Of(registration));
    }

    /// <inheritdoc/>
    public Problem? WhyNot(Requester requester, string filter)
    {
        TrySplit(filter, out var slug, out _);
        return policy.DatasetForFollowing(requester, slug.ToString()).TryGet(out _, out var problem) ? null : problem;
    }

    /// <inheritdoc/>
    public IEnumerable<Message> Retained(string filter)
    {
        TrySplit(filter, out var slug, out var below);
        return policy.TryFindDataset(slug.ToString(), out var dataset)
            ? retained.Matching(dataset.Id, below.ToString())
            : [];
    }

    private sealed class Registration : IDisposable
    {
        private readonly TopicTree<ISubscriber> _tree;
        private readonly string _filter;
        private readonly ISubscriber _subscriber;

        internal Registration(TopicTree<ISubscriber> tree, string filter, ISubscriber subscriber)
        {
            (_tree, _filter, _subscriber) = (tree, filter, subscriber);
            tree.Add(filter, subscriber);
        }

        public void Dispose() => _tree.Remove(_filter, _subscriber);
    }

    /// <summary>What a publication on a free topic stores: the retained message, the receipt.</summary>
    private sealed class FreeTopicWork(DatasetTopics topics, string topic, Message message, ReceiptKey? receipt) : WriteWork
    {
        private readonly TaskCompletionSource _done = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private bool _isNew;

        internal Task Task => _done.Task;

        /// <summary>To how many at this node it went.</summary>
        internal int Followers { get; private set; }

        protected override bool Run(WriteSession session)
        {
            _isNew = receipt is not { } key || Receipts.TryAdd(session, key);
            if (_isNew) topics.Store(session, topic, message);
            return true;
        }

        // On the writer's thread, so that messages go out in the order in which they were committed.
        protected override void Complete()
        {
            if (_isNew) Followers = topics.Committed(topic, message);
            _done.TrySetResult();
        }

        protected override void Fail(Exception error) => _done.TrySetException(error);
    }
}

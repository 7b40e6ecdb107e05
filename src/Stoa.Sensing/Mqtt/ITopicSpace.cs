using Stoa.Identity.Credentials;
using Stoa.Vocabulary;

namespace Stoa.Sensing.Mqtt;

/// <summary>What a family of topics means: who may publish and subscribe there, and what a publication does.</summary>
/// <remarks>
/// The broker owns packets, sessions and queues and knows no topic; a space knows its topics and nothing of packets.
/// The
/// broker asks the registered spaces in order and takes the first that owns a topic; what none owns is refused. Several
/// exist: SensorThings topics, free topics of datasets, declared patterns of devices, counters. Methods are called
/// from many
/// connections at once.
/// </remarks>
internal interface ITopicSpace
{
    /// <summary>Whether a topic name or filter belongs here. Looks at its text alone: no decision, no
    /// database.</summary>
    bool Owns(ReadOnlySpan<char> topic);

    /// <summary>Decides whether the requester may publish this, and does what the publication means.</summary>
    /// <param name="publication">Without wildcards; its payload may be kept.</param>
    /// <param name="requester">Who publishes, as the token stands now.</param>
    /// <param name="cancellation">Ends the wait for a place in the write queue; after that it is not observed.</param>
    /// <returns>Completes after the durable commit, so that the broker's PUBACK or PUBREC is a promise kept. Calls of
    /// one
    /// connection are begun in their order, each before the one before has ended: what decides the order in the store
    /// (enqueueing) must happen before the first real wait.</returns>
    /// <exception cref="Stoa.Storage.StorageException">The world fails: the broker answers, never the
    /// space.</exception>
    ValueTask<PublishOutcome> PublishAsync(
        Publication publication, Requester requester, CancellationToken cancellation);

    /// <summary>Decides whether the subscriber may follow a filter, and lets its messages flow.</summary>
    /// <param name="subscriber">Takes messages, from any thread, from now until what is returned is disposed.</param>
    /// <param name="filter">A topic filter of this space, perhaps with wildcards, without <c>$share</c>.</param>
    /// <param name="cancellation">Ends the wait.</param>
    /// <returns>Dispose it to end the subscription. A refusal: status 401 and 403 become 0x87 Not authorized, 404 too
    /// (absent
    /// and hidden look the same), 429 becomes 0x97 Quota exceeded, any other 0x8F Topic Filter invalid.</returns>
    ValueTask<Result<IDisposable>> SubscribeAsync(
        ISubscriber subscriber, string filter, CancellationToken cancellation);

    /// <summary>Why a subscription that was made brings nothing any more; null while it may bring something.</summary>
    /// <remarks>Asked when anything about access has changed. Looks at the policy alone, not at the database.</remarks>
    Problem? WhyNot(Requester requester, string filter) => null;

    /// <summary>The messages that a new subscription gets at once (MQTT 5, 3.3.1.3), the retained ones.</summary>
    /// <remarks>The broker asks after subscribing, where the options of the subscription want it.</remarks>
    IEnumerable<Message> Retained(string filter) => [];
}

/// <summary>One subscription as a space sees it.</summary>
internal interface ISubscriber
{
    /// <summary>Who follows, as the token stands now; ask it for every message, never keep it.</summary>
    /// <remarks>
    /// Ask <c>AccessPolicy.Read(subscriber.Requester)</c> of the current snapshot before a message is built or given;
    /// nobody
    /// (<see cref="Requester.Anonymous"/> without rights to closed data) follows once the token is revoked. The broker
    /// asks
    /// once more, by <see cref="Message.Dataset"/>, when the message leaves its queue.
    /// </remarks>
    Requester Requester { get; }

    /// <summary>Takes a message. Never waits and never throws; a full queue drops by the broker's policy.</summary>
    void Deliver(Message message);
}

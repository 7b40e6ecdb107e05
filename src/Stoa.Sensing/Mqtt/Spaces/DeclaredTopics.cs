using System.Collections.Immutable;
using Stoa.Identity.Credentials;
using Stoa.Sharing.Policy;
using Stoa.Storage;
using Stoa.Vocabulary;

namespace Stoa.Sensing.Mqtt.Spaces;

/// <summary>Does what a publication on a declared pattern means; completes after the durable commit, and takes the
/// receipt into its transaction (<see cref="Publication.Receipt"/>).</summary>
internal delegate ValueTask<PublishOutcome> PublicationHandler(
    Publication publication, Requester requester, CancellationToken cancellation);

/// <summary>Topics that devices have built in, such as <c>tele/+/SENSOR</c>: each pattern was declared and belongs to a
/// dataset.</summary>
/// <remarks>
/// Several datasets may declare patterns that meet; a publication then belongs to the first declared whose dataset the
/// token may write. Followers subscribe to a pattern as declared, or to one topic that it takes. What no other space
/// owns is
/// asked for here, so that a pattern of a dataset that the caller does not see gets the answer of one that nobody
/// declared.
/// </remarks>
internal sealed class DeclaredTopics(AccessPolicy policy, Database database, TimeProvider time) : ITopicSpace
{
    /// <summary>The answer where no pattern takes the topic, or none that the publisher may see or write.</summary>
    internal static PublishOutcome NobodyListens { get; } = new(
        ReasonCode.TopicNameInvalid,
        "Nobody listens to this topic, or not for this token. There are v1.1/… and datasets/{slug}/v1.1/… (SensorThings), " +
        "datasets/{slug}/topics/…, and the topics of connectors.");

    /// <summary>The same for a filter.</summary>
    internal static Problem NoSuchFilter { get; } = new(
        400, "invalid-property", "A property has a value that cannot be used",
        "Wildcards are possible below datasets/{slug}/topics/, and in patterns of connectors as they are declared. There are " +
        "v1.1/… and datasets/{slug}/v1.1/… besides.");

    private ImmutableArray<Declaration> _declarations = [];

    /// <summary>Declares a pattern; dispose what is returned to withdraw it.</summary>
    /// <returns>400 when it is no filter, begins with a wildcard or <c>$</c>, or lies where other topics are.</returns>
    internal Result<IDisposable> Declare(string pattern, DatasetId dataset, PublicationHandler handler)
    {
        if (!Topics.IsFilter(pattern) || pattern[0] is '+' or '#' or '$' ||
            pattern.StartsWith("datasets/", StringComparison.Ordinal) || pattern.StartsWith("v1.", StringComparison.Ordinal))
        {
            return new Problem(
                400, "invalid-property", "A property has a value that cannot be used",
                "The topic pattern must be a topic filter that begins with a name of its own, not with a wildcard, $, v1. or datasets/.");
        }

        var declaration = new Declaration(this, pattern, dataset, handler);
        ImmutableInterlocked.Update(ref _declarations, (all, added) => all.Add(added), declaration);
        return Result<IDisposable>.Of(declaration);
    }

    /// <inheritdoc/>
    public bool Owns(ReadOnlySpan<char> topic) => true;

    /// <inheritdoc/>
    public async ValueTask<PublishOutcome> PublishAsync(
        Publication publication, Requester requester, CancellationToken cancellation)
    {
        Problem? refusal = null;
        var readable = policy.Read(requester);
        foreach (var declaration in _declarations)
        {
            if (!declaration.Takes(publication.Topic)) continue;
            if (!policy.MayWrite(requester, declaration.Dataset).TryGet(out _, out var problem))
            {
                // Only who sees the dataset is told that the topic is there.
                if (readable.Contains(declaration.Dataset)) refusal ??= problem;
                continue;
            }

            var outcome = await declaration.Handler(publication, requester, cancellation);
            if (outcome is { IsAccepted: true, IsKeptBack: false }) await SpreadAsync(declaration, publication, cancellation);
            return outcome;
        }

        return refusal is null ? NobodyListens : PublishOutcome.Refused(refusal);
    }

    private ValueTask SpreadAsync(Declaration declaration, Publication publication, CancellationToken cancellation)
    {
        if (declaration.Subscribers.IsEmpty && database.Nodes.Others == 0) return default;
        var message = new Message(publication.Topic, publication.Payload, declaration.Dataset)
        {
            Qos = publication.Qos, Properties = publication.Properties, Publisher = publication.Publisher,
            Expires = publication.Properties.ExpirySeconds is { } seconds ? time.GetUtcNow().AddSeconds(seconds) : null,
        };
        Spread(declaration, message);
        return database.Nodes.Others == 0 ? default : new(database.WriteAsync(
            session =>
            {
                MessagesOfNodes.Write(session, database.Nodes, message, time.GetUtcNow());
                return true;
            },
            cancellation));
    }

    /// <summary>A message that was published at another node.</summary>
    internal void Take(Message message)
    {
        // As where it was published: one declaration tells it, the first of its dataset.
        foreach (var declaration in _declarations)
        {
            if (declaration.Dataset != message.Dataset || !declaration.Takes(message.Topic)) continue;
            Spread(declaration, message);
            return;
        }
    }

    private void Spread(Declaration declaration, Message message) =>
        declaration.Subscribers.ForEachMatch(message.Topic, subscriber =>
        {
            if (!MayFollow(subscriber.Requester, declaration.Dataset)) return false;
            subscriber.Deliver(message);
            return true;
        });

    /// <inheritdoc/>
    public ValueTask<Result<IDisposable>> SubscribeAsync(
        ISubscriber subscriber, string filter, CancellationToken cancellation)
    {
        // Absent and hidden look the same: a pattern that may not be followed is refused like one that nobody declared.
        var visible = _declarations.Where(declaration => declaration.Takes(filter) &&
            MayFollow(subscriber.Requester, declaration.Dataset)).ToArray();
        if (visible.Length == 0) return new(NoSuchFilter);
        foreach (var declaration in visible) declaration.Subscribers.Add(filter, subscriber);
        return new(Result<IDisposable>.Of(new Registration(visible, filter, subscriber)));
    }

    // What devices send holds more than what is published of it: identifiers of gateways, places of private rooms. So it is
    // shown to those who keep the dataset, however open the dataset is.
    private bool MayFollow(Requester requester, DatasetId dataset) =>
        policy.Read(requester).Contains(dataset) && policy.Write(requester).Contains(dataset);

    private sealed class Declaration(DeclaredTopics topics, string pattern, DatasetId dataset, PublicationHandler handler)
        : IDisposable
    {
        internal DatasetId Dataset => dataset;

        internal PublicationHandler Handler => handler;

        internal TopicTree<ISubscriber> Subscribers { get; } = new();

        /// <summary>A topic that the pattern takes, or the pattern itself.</summary>
        internal bool Takes(ReadOnlySpan<char> topic) =>
            topic.SequenceEqual(pattern) || (!Topics.HasWildcards(topic) && Topics.Matches(pattern, topic));

        public void Dispose() =>
            ImmutableInterlocked.Update(ref topics._declarations, (all, gone) => all.Remove(gone), this);
    }

    private sealed class Registration(Declaration[] declarations, string filter, ISubscriber subscriber) : IDisposable
    {
        public void Dispose()
        {
            foreach (var declaration in declarations) declaration.Subscribers.Remove(filter, subscriber);
        }
    }
}

using System.Collections.Immutable;
using Stoa.Identity.Credentials;
using Stoa.Sharing.Policy;
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
/// token may write. Followers subscribe to a pattern as declared, or to one topic that it takes.
/// </remarks>
internal sealed class DeclaredTopics(AccessPolicy policy, TimeProvider time) : ITopicSpace
{
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
    public bool Owns(ReadOnlySpan<char> topic)
    {
        foreach (var declaration in _declarations)
            if (declaration.Takes(topic)) return true;
        return false;
    }

    /// <inheritdoc/>
    public async ValueTask<PublishOutcome> PublishAsync(
        Publication publication, Requester requester, CancellationToken cancellation)
    {
        Problem? refusal = null;
        foreach (var declaration in _declarations)
        {
            if (!declaration.Takes(publication.Topic)) continue;
            if (!policy.MayWrite(requester, declaration.Dataset).TryGet(out _, out var problem))
            {
                refusal ??= problem;
                continue;
            }

            var outcome = await declaration.Handler(publication, requester, cancellation);
            if (outcome.IsAccepted) Spread(declaration, publication);
            return outcome;
        }

        return PublishOutcome.Refused(refusal ?? Problem.NotFound());
    }

    private void Spread(Declaration declaration, Publication publication)
    {
        if (declaration.Subscribers.IsEmpty) return;
        var message = new Message(publication.Topic, publication.Payload, declaration.Dataset)
        {
            Qos = publication.Qos, Properties = publication.Properties, Publisher = publication.Publisher,
            Expires = publication.Properties.ExpirySeconds is { } seconds ? time.GetUtcNow().AddSeconds(seconds) : null,
        };
        declaration.Subscribers.ForEachMatch(publication.Topic, subscriber =>
        {
            if (!policy.Read(subscriber.Requester).Contains(declaration.Dataset)) return false;
            subscriber.Deliver(message);
            return true;
        });
    }

    /// <inheritdoc/>
    public ValueTask<Result<IDisposable>> SubscribeAsync(
        ISubscriber subscriber, string filter, CancellationToken cancellation)
    {
        // Absent and hidden look the same: a pattern of a closed dataset is refused like one that nobody declared.
        var visible = _declarations.Where(declaration => declaration.Takes(filter) &&
            policy.Read(subscriber.Requester).Contains(declaration.Dataset)).ToArray();
        if (visible.Length == 0) return new(Problem.NotFound());
        foreach (var declaration in visible) declaration.Subscribers.Add(filter, subscriber);
        return new(Result<IDisposable>.Of(new Registration(visible, filter, subscriber)));
    }

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

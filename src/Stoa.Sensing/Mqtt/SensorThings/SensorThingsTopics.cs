using Microsoft.AspNetCore.Http;
using Stoa.Identity.Credentials;
using Stoa.Query;
using Stoa.Query.OData;
using Stoa.Sensing.Feed;
using Stoa.Sensing.Http;
using Stoa.Sensing.Observations;
using Stoa.Sensing.Schema;
using Stoa.Sharing.Policy;
using Stoa.Storage;
using Stoa.Vocabulary;

namespace Stoa.Sensing.Mqtt.SensorThings;

/// <summary>The topics of the SensorThings interface: create observations, receive updates.</summary>
/// <remarks>
/// OGC 18-088, 14. A topic is the path of an HTTP address. Messages hold the bytes that GET of the same address would give.
/// Beyond the standard: $select on single entities, $filter, $expand, data arrays.
/// </remarks>
internal sealed class SensorThingsTopics(
    TopicIndex index, TopicReads reads, TopicFollowing following, FeedOfOtherNodes others, SensorThingsHandler handler,
    EntityWrites writes, Database database, AccessPolicy policy, SensingOptions options, TimeProvider time)
    : ITopicSpace
{
    // Only the order of ids lets a read go on where the last one ended.
    private static readonly QueryOptions ById =
        ODataQuery.Parse("$orderby=id", QueryLimits.Default).TryGet(out var parsed, out _) ? parsed : QueryOptions.None;

    public bool Owns(ReadOnlySpan<char> topic) => TopicAddress.Owns(topic);

    public async ValueTask<Result<IDisposable>> SubscribeAsync(
        ISubscriber subscriber, string filter, CancellationToken cancellation)
    {
        if (filter.AsSpan().ContainsAny('+', '#')) return TopicProblems.Wildcards();
        if (!Parse(filter).TryGet(out var parsed, out var problem)) return problem;
        if (WhyNot(subscriber.Requester, filter) is { } refusal) return refusal;
        if ((index.Find(filter) ?? index.Add(parsed)) is not { } topic) return TopicProblems.TooMany();
        following.Begin();
        var scope = topic.ScopeOf(subscriber.Requester, policy);
        // A set that is empty for the subscriber may fill; an address that names something hidden does not exist.
        var isNamed = topic.Path.Steps.Count > 1 || topic.Path.IsSingle || TopicAddress.Of(filter).Slug is not null;
        var exists = false;
        try
        {
            await others.BeginAsync(cancellation);
            exists = (!isNamed || !scope.IsNothing) && await reads.BeginAsync(topic, scope, cancellation);
        }
        finally
        {
            if (exists) index.Join(topic, subscriber);
            else index.RemoveIfEmpty(topic);
            following.EndIfUnused();
        }

        return exists ? new Subscription(this, topic, subscriber) : Problem.NotFound();
    }

    // At the root of all there is always something, be it what is open.
    public Problem? WhyNot(Requester requester, string filter) => TopicAddress.Of(filter).Slug is not { } slug ||
        policy.DatasetForFollowing(requester, slug).TryGet(out _, out var problem) ? null : problem;

    private Result<Topic> Parse(string filter)
    {
        var address = TopicAddress.Of(filter);
        if (!ResourcePath.Parse(address.Path).TryGet(out var path, out var problem)) return problem;
        if (path.End is not (PathEnd.Entities or PathEnd.Property) || (path.End == PathEnd.Property && !path.IsSingle))
            return TopicProblems.NotASubject();
        if (!ODataQuery.Parse(address.Query, options.Query).TryGet(out var query, out problem)) return problem;
        if (query is not { OrderBy.Count: 0, Top: null, Skip: null, Count: null, ResultFormat: null, ResultMetadata: null, Cursor: null } ||
            (path.End == PathEnd.Property && query != QueryOptions.None) || (path.IsSingle && query.Filter is not null))
            return TopicProblems.Options();
        if (path.Entity.SetName == "Observations" && !path.IsSingle) query = query with { OrderBy = ById.OrderBy };
        if (!QueryBinder.Bind(query, path.Entity, options.Query, Instant.From(time.GetUtcNow())).TryGet(out var bound, out problem))
            return problem;
        var root = address.Slug is { } slug
            ? ServiceRoot.Of(options.BaseAddress, slug)
            : ServiceRoot.Unscoped(options.BaseAddress);
        return new Topic(filter, address, root, path, bound);
    }

    private void End(Topic topic, ISubscriber subscriber)
    {
        topic.Remove(subscriber);
        index.RemoveIfEmpty(topic);
        following.EndIfUnused();
    }

    public async ValueTask<PublishOutcome> PublishAsync(
        Publication publication, Requester requester, CancellationToken cancellation)
    {
        if (!Prepare(publication, requester).TryGet(out var write, out var problem)) return PublishOutcome.Refused(problem);
        var work = new PublishedWork(write, publication.Receipt);
        // When the queue is full the connection waits: that is MQTT's way to slow a publisher down.
        await database.EnqueueAsync(work, cancellation);
        if (!(await work.Task).TryGet(out var outcome, out problem)) return PublishOutcome.Refused(problem);
        var refused = outcome.Rows?.Count(row => row == DataArrayRows.Refused) ?? 0;
        if (refused == 0) return PublishOutcome.Accepted;
        return new(
            refused == outcome.Rows!.Count ? ReasonCode.PayloadFormatInvalid : ReasonCode.Success, // Null has no refused rows.
            $"{refused} of {outcome.Rows.Count} rows were refused. POST the same to CreateObservations to see which.");
    }

    private Result<PreparedWrite> Prepare(Publication publication, Requester requester)
    {
        var address = TopicAddress.Of(publication.Topic);
        if (address.Query.Length > 0) return TopicProblems.NotCreatable();
        if (!System.Text.Unicode.Utf8.IsValid(publication.Payload.Span)) return Problems.NoUnicode();
        if (!handler.Admit(requester, address.Slug, HttpMethods.Post, address.Path).TryGet(out var target, out var problem))
            return problem;
        if (target.Path is { } path && path.Entity != SensorThingsSchema.Observation) return TopicProblems.NotCreatable();
        return writes.Prepare(target, new WriteRequest { Method = HttpMethods.Post, Body = publication.Payload });
    }

    private sealed class Subscription(SensorThingsTopics topics, Topic topic, ISubscriber subscriber) : IDisposable
    {
        private int _isEnded;

        public void Dispose()
        {
            if (Interlocked.Exchange(ref _isEnded, 1) == 0) topics.End(topic, subscriber);
        }
    }
}

/// <summary>Refusals of topics.</summary>
internal static class TopicProblems
{
    internal static Problem Wildcards() => new(
        400, "invalid-topic", "The topic cannot be used",
        "SensorThings topics take no + and no #: subscribe to a set such as v1.1/Observations or v1.1/Things(1)/Datastreams. " +
        "Within query options write + as %2B and # as %23.");

    internal static Problem NotASubject() => new(
        400, "invalid-topic", "The topic cannot be used",
        "Subscribe to a set, an entity or a property of an entity, such as v1.1/Datastreams(1)/observedArea (OGC 18-088, 14.2).");

    internal static Problem Options() => new(
        400, "invalid-topic", "The topic cannot be used",
        "Topics of sets take $select, $filter and $expand, topics of entities $select and $expand, topics of properties nothing.");

    internal static Problem NotCreatable() => new(
        400, "invalid-topic", "The topic cannot be used",
        "Publish observations to v1.1/Observations, v1.1/Datastreams(1)/Observations or v1.1/FeaturesOfInterest(1)/Observations, " +
        "data arrays to v1.1/CreateObservations (OGC 18-088, 14.1).");

    internal static Problem TooMany() => new(
        429, "too-many-topics", "Too many topics are followed",
        "Subscribe to fewer different topics, or to ones without $filter and $expand. Try again later.");
}

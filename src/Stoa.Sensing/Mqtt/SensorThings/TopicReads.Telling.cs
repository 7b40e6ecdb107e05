using Stoa.Query;
using Stoa.Sensing.Http;
using Stoa.Storage;
using Stoa.Storage.Translation;
using Stoa.Vocabulary;

namespace Stoa.Sensing.Mqtt.SensorThings;

internal sealed partial class TopicReads
{
    private async ValueTask ReadAsync(Topic topic, CancellationToken cancellation)
    {
        var followers = FollowersOf(topic);
        using var budget = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        budget.CancelAfter(ReadTimeMax);
        var isInTime = true;
        try
        {
            using var session = await database.ReadAsync(budget.Token);
            Tell(session, topic, followers);
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            isInTime = false;
            Interlocked.Increment(ref _missed);
        }

        lock (_gate)
        {
            var pending = topic.Pending;
            pending.Delay = isInTime ? Pause : TimeSpan.FromTicks(Math.Min(RetryMax.Ticks, Math.Max(
                (10 * ReadTimeMax).Ticks, 2 * pending.Delay.Ticks)));
            pending.NextRead = After(pending.Delay);
            if (pending.Derived.Count > 0) Enqueue(topic, Math.Max(pending.NextRead, pending.NextDerived));
        }
    }

    /// <summary>Who follows, by what they may see now: those who see the same get the same bytes.</summary>
    private List<(AccessScope Scope, List<ISubscriber> Subscribers)> FollowersOf(Topic topic)
    {
        var groups = new Dictionary<AccessScope, List<ISubscriber>>(SameDatasets.Instance);
        foreach (var subscriber in topic.Subscribers)
        {
            var scope = topic.ScopeOf(subscriber.Requester, policy);
            if (scope.IsNothing) continue;
            if (!groups.TryGetValue(scope, out var group)) groups[scope] = group = [];
            group.Add(subscriber);
        }

        return [.. groups.Select(group => (group.Key, group.Value))];
    }

    private void Tell(ReadSession session, Topic topic, List<(AccessScope Scope, List<ISubscriber> Subscribers)> followers)
    {
        var (changed, derived, isTouched, from, to) = Take(topic);
        if (topic.Form is TopicForm.Entity or TopicForm.Property)
        {
            if (isTouched) TellOne(session, topic, followers);
            return;
        }

        if (to > from)
            foreach (var (scope, subscribers) in followers)
                TellObservations(session, topic, scope, subscribers, from, to);
        foreach (var id in changed)
            foreach (var (scope, subscribers) in followers)
                if (text.Read(session, topic, id, scope) is { } found)
                {
                    if (!topic.ShowsRelated) topic.Pending.IsNews(id, TopicText.Hash(found.Payload));
                    Deliver(topic, subscribers, found, scope);
                }

        foreach (var id in derived) TellDerived(session, topic, followers, id);
    }

    private (long[] Changed, long[] Derived, bool IsTouched, long From, long To) Take(Topic topic)
    {
        lock (_gate)
        {
            var pending = topic.Pending;
            long[] changed = [.. pending.Changed.Keys], derived = [];
            pending.Changed.Clear();
            if (pending.Derived.Count > 0 && pending.NextDerived <= time.GetTimestamp())
            {
                derived = [.. pending.Derived];
                pending.Derived.Clear();
                pending.NextDerived = After(DerivedPause);
            }

            var (isTouched, from, to) = (pending.IsTouched, pending.LastObservation, pending.NewestObservation);
            pending.IsTouched = false;
            if (from == PendingChanges.NotKnown) from = to;
            pending.LastObservation = Math.Max(from, to);
            if (to - from > ObservationsMax)
            {
                _missed += to - from - ObservationsMax;
                from = to - ObservationsMax;
            }

            return (changed, derived, isTouched, from, to);
        }
    }

    /// <summary>New observations that one read of a topic looks at; of more the oldest are left out, and counted.</summary>
    internal const int ObservationsMax = 100_000;

    private void TellObservations(
        ReadSession session, Topic topic, AccessScope scope, List<ISubscriber> subscribers, long from, long to)
    {
        var query = topic.Query with { Cursor = new PageCursor(false, [from]), Top = ObservationsMax };
        using var plan = ReadPlan.For(
            translator, session, new ReadRequest { Path = topic.Path.Steps, Scope = scope, IsByIds = true }, query, isSingle: false);
        while (plan.Step() && plan.Id <= to)
            if (TopicText.DatasetOf(session, topic.Entity, plan.Id) is { } dataset)
                Deliver(topic, subscribers, (text.Of(plan, topic.Root.Utf8), dataset), scope);
    }

    private void TellDerived(
        ReadSession session, Topic topic, List<(AccessScope Scope, List<ISubscriber> Subscribers)> followers, long id)
    {
        bool? isNews = null;
        foreach (var (scope, subscribers) in followers)
        {
            if (text.Read(session, topic, id, scope) is not { } found) continue;
            isNews ??= topic.ShowsRelated || topic.Pending.IsNews(id, TopicText.Hash(found.Payload));
            if (isNews == true) Deliver(topic, subscribers, found, scope);
        }
    }

    /// <summary>One entity or property: told when it reads otherwise than the last time.</summary>
    private void TellOne(ReadSession session, Topic topic, List<(AccessScope Scope, List<ISubscriber> Subscribers)> followers)
    {
        var told = new List<(AccessScope Scope, ulong Hash)>();
        foreach (var (scope, subscribers) in followers)
        {
            if (text.Read(session, topic, null, scope) is not { } found) continue;
            var (known, hash) = (KnownTo(topic, scope), TopicText.Hash(found.Payload));
            told.Add((known, hash));
            bool isNews;
            lock (_gate) isNews = topic.Pending.IsNews(known, hash);
            if (isNews) Deliver(topic, subscribers, found, scope);
        }

        lock (_gate)
            foreach (var (scope, hash) in told)
                topic.Pending.Remember(scope, hash);
    }

    // Without $expand all who see an entity see the same of it.
    private static AccessScope KnownTo(Topic topic, AccessScope scope) => topic.ShowsRelated ? scope : AccessScope.Everything;

    private static void Deliver(
        Topic topic, List<ISubscriber> subscribers, (byte[] Payload, DatasetId Dataset) found, AccessScope scope)
    {
        var message = new Message(topic.Name, found.Payload, found.Dataset)
        {
            // What is expanded, and what the path leads through, may lie in other datasets.
            Sight = topic.ShowsRelated || topic.Path.Steps.Count > 1 || topic.Query.Filter is not null ? scope : null,
        };
        foreach (var subscriber in subscribers) subscriber.Deliver(message);
    }

    /// <summary>What a new topic tells from now on: changes after this moment.</summary>
    /// <returns>False when there is nothing at the topic that the scope lets be seen.</returns>
    internal async ValueTask<bool> BeginAsync(Topic topic, AccessScope scope, CancellationToken cancellation)
    {
        using var session = await database.ReadAsync(cancellation);
        using var own = new TopicText(translator);
        if (topic.Form is TopicForm.Entity or TopicForm.Property)
        {
            if (own.Read(session, topic, null, scope) is not { } found) return false;
            lock (_gate)
            {
                var known = KnownTo(topic, scope);
                if (!topic.Pending.KnowsText || topic.ShowsRelated) topic.Pending.Remember(known, TopicText.Hash(found.Payload));
            }

            return true;
        }

        if (topic.Path.Steps.Count > 1)
        {
            using var exists = ReadPlan.Prepare(session, translator.Exists([.. topic.Path.Steps.SkipLast(1)], scope));
            if (!exists.Step() || !exists.Boolean(0)) return false;
        }

        if (topic.Form != TopicForm.ObservationsByRead) return true;
        using var next = session.Prepare("SELECT next - 1 FROM observation_sequence WHERE one = 1");
        var last = next.Step() ? next.Int64(0) : 0;
        lock (_gate)
            if (topic.Pending.LastObservation == PendingChanges.NotKnown) topic.Pending.LastObservation = last;
        return true;
    }
}

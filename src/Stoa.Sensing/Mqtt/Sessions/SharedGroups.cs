using Stoa.Identity.Credentials;
using Stoa.Vocabulary;

namespace Stoa.Sensing.Mqtt.Sessions;

/// <summary>Shared subscriptions (MQTT 5, 4.8.2): each message goes to one member of the group.</summary>
/// <remarks>
/// A group belongs to a token: clients with the same token share, others that use the same name form another group. So
/// nobody can draw messages off a stranger's group; anonymous clients, who cannot be told apart, get none.
/// </remarks>
internal sealed class SharedGroups
{
    private readonly Lock _gate = new();
    private readonly Dictionary<GroupKey, Group> _groups = [];

    /// <summary>Joins a group, making it when this is its first member.</summary>
    /// <param name="subscription">The member.</param>
    /// <param name="group">Name of the group.</param>
    /// <param name="filter">Without <c>$share</c>.</param>
    /// <param name="subscribe">Subscribes the whole group; asked for every member, so that a refusal reaches
    /// each.</param>
    internal async ValueTask<Result<IDisposable>> JoinAsync(
        Subscription subscription, string group, string filter, Func<ISubscriber, ValueTask<Result<IDisposable>>> subscribe)
    {
        if (subscription.Requester.Token is not { } token)
            throw new InvalidOperationException("Anonymous clients do not share.");
        var key = new GroupKey(token, group, filter);
        lock (_gate)
            if (_groups.TryGetValue(key, out var there)) return Result<IDisposable>.Of(Add(there, subscription));

        var made = new Group(key, subscription);
        if (!(await subscribe(made)).TryGet(out var registration, out var problem)) return problem;
        lock (_gate)
        {
            if (_groups.TryGetValue(key, out var other))
            {
                registration.Dispose();
                return Result<IDisposable>.Of(Add(other, subscription));
            }

            made.Registration = registration;
            _groups.Add(key, made);
            return Result<IDisposable>.Of(Add(made, subscription));
        }
    }

    private Membership Add(Group group, Subscription subscription)
    {
        group.Members = [.. group.Members, subscription];
        return new(this, group, subscription);
    }

    private void Leave(Group group, Subscription subscription)
    {
        lock (_gate)
        {
            group.Members = [.. group.Members.Where(member => member != subscription)];
            if (group.Members.Length > 0 || !_groups.Remove(group.Key)) return;
        }

        group.Registration?.Dispose();
    }

    private readonly record struct GroupKey(TokenId Token, string Name, string Filter);

    private sealed class Membership(SharedGroups groups, Group group, Subscription subscription) : IDisposable
    {
        public void Dispose() => groups.Leave(group, subscription);
    }

    private sealed class Group(GroupKey key, Subscription founder) : ISubscriber
    {
        private volatile Subscription[] _members = [];
        private uint _turn;

        internal GroupKey Key => key;

        internal IDisposable? Registration { get; set; }

        internal Subscription[] Members
        {
            get => _members;
            set => _members = value;
        }

        // All members show the same token; the founder asks before there is a member.
        public Requester Requester => (_members is [var first, ..] ? first : founder).Requester;

        // In turn to those who are there; when none is, the first keeps it for later.
        public void Deliver(Message message)
        {
            var members = _members;
            if (members.Length == 0) return;
            var turn = Interlocked.Increment(ref _turn);
            for (var i = 0U; i < members.Length; i++)
            {
                var member = members[(turn + i) % members.Length];
                if (member.Session.Connection is null) continue;
                member.Deliver(message);
                return;
            }

            members[0].Deliver(message);
        }
    }
}

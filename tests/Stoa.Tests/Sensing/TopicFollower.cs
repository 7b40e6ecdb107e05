using System.Text;
using System.Threading.Channels;
using Microsoft.Extensions.DependencyInjection;
using Stoa.Identity.Credentials;
using Stoa.Sensing.Mqtt;
using Stoa.Vocabulary;
using Xunit;

namespace Stoa.Tests.Sensing;

/// <summary>Follows SensorThings topics below the broker: what the broker would be handed.</summary>
internal sealed class TopicFollower(Exchange stoa, Requester requester) : ISubscriber, IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    private readonly Channel<Message> _messages = Channel.CreateUnbounded<Message>();
    private readonly List<IDisposable> _subscriptions = [];

    public Requester Requester { get; set; } = requester;

    private static CancellationToken Now => TestContext.Current.CancellationToken;

    /// <summary>The administrator, or whoever is given.</summary>
    public static async Task<TopicFollower> FollowAsync(Exchange stoa, params string[] topics)
    {
        var follower = new TopicFollower(stoa, Requester.Operator);
        foreach (var topic in topics) Assert.Null(await follower.SubscribeAsync(topic));
        return follower;
    }

    /// <summary>The space that owns a topic.</summary>
    public static ITopicSpace SpaceOf(Exchange stoa, string topic) =>
        stoa.Services.GetServices<ITopicSpace>().First(space => space.Owns(topic));

    /// <summary>The refusal; null when it was accepted.</summary>
    public async Task<Problem?> SubscribeAsync(string topic)
    {
        var outcome = await SpaceOf(stoa, topic).SubscribeAsync(this, topic, Now);
        if (!outcome.TryGet(out var subscription, out var problem)) return problem;
        _subscriptions.Add(subscription);
        return null;
    }

    public void Deliver(Message message) => _messages.Writer.TryWrite(message);

    /// <summary>The next message as <c>topic payload</c>.</summary>
    public async Task<string> NextAsync()
    {
        var message = await _messages.Reader.ReadAsync(Now).AsTask().WaitAsync(Patience, Now);
        return $"{message.Topic} {Encoding.UTF8.GetString(message.Payload.Span)}";
    }

    /// <summary>So many messages, in any order of topics.</summary>
    public async Task<List<string>> NextAsync(int count)
    {
        var messages = new List<string>();
        while (messages.Count < count) messages.Add(await NextAsync());
        messages.Sort(StringComparer.Ordinal);
        return messages;
    }

    /// <summary>Nothing more came; call it when a later message has come already, or after waiting.</summary>
    public void ShouldBeSilent() =>
        Assert.False(_messages.Reader.TryPeek(out var message), message is null ? "" : Encoding.UTF8.GetString(message.Payload.Span));

    public void Dispose()
    {
        foreach (var subscription in _subscriptions) subscription.Dispose();
        _subscriptions.Clear();
    }
}

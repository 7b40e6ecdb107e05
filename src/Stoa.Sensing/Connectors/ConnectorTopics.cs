using Stoa.Identity.Credentials;
using Stoa.Sensing.Mqtt;
using Stoa.Sensing.Mqtt.Spaces;
using Stoa.Vocabulary;

namespace Stoa.Sensing.Connectors;

/// <summary>Brings what is published over MQTT to the connectors that take its topic.</summary>
/// <remarks>
/// Declares each pattern of a connector that is switched on once for each dataset, and withdraws it when the last one goes;
/// who follows it meanwhile is kept. The pattern is declared for its dataset; which connectors take a message is decided
/// anew for every message.
/// </remarks>
internal sealed class ConnectorTopics
{
    private readonly DeclaredTopics _topics;
    private readonly ConnectorInbox _inbox;
    private readonly Lock _gate = new();
    private readonly Dictionary<(long Dataset, string Filter), IDisposable> _declared = [];
    private long _version = -1;

    public ConnectorTopics(Connectors connectors, ConnectorInbox inbox, DeclaredTopics topics)
    {
        _topics = topics;
        _inbox = inbox;
        connectors.OnChange = Follow;
    }

    /// <summary>Declares what is new and withdraws what is gone.</summary>
    internal void Follow(ConnectorDirectory directory)
    {
        lock (_gate)
        {
            if (directory.Version <= _version) return;
            _version = directory.Version;
            var wanted = directory.Patterns.ToHashSet();
            foreach (var gone in _declared.Keys.Except(wanted).ToArray())
            {
                _declared[gone].Dispose();
                _declared.Remove(gone);
            }

            foreach (var pattern in wanted.Except(_declared.Keys))
                if (_topics.Declare(pattern.Filter, new(pattern.Dataset), PublishAsync).TryGet(out var declaration, out _))
                    _declared.Add(pattern, declaration);
        }
    }

    private async ValueTask<PublishOutcome> PublishAsync(
        Publication publication, Requester requester, CancellationToken cancellation)
    {
        var received = await _inbox.ReceiveAsync(
            requester, publication.Topic, publication.Payload, publication.Receipt, cancellation);
        if (!received.TryGet(out var outcomes, out var problem)) return PublishOutcome.Refused(problem);
        if (outcomes.FirstOrDefault(outcome => outcome.Rejection is not null) is not { } rejected)
            return PublishOutcome.Accepted;
        // What became a dead letter was taken and is kept: the client has nothing to repeat. Its content is for those
        // alone who may write to the dataset, not for all who follow the topic.
        return new(ReasonCode.Success, $"Kept as dead letter {rejected.DeadLetter}: {rejected.Rejection}.")
        {
            IsKeptBack = outcomes.All(outcome => outcome.Rejection is not null),
        };
    }
}

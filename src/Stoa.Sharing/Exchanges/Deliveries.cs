using System.Collections.Concurrent;
using Microsoft.Extensions.Hosting;
using Stoa.Identity.Credentials;
using Stoa.Sharing.Policy;
using Stoa.Vocabulary;

namespace Stoa.Sharing.Exchanges;

/// <summary>Counts what is delivered to subscribers of data that are not open, and records it by the minute.</summary>
/// <remarks>
/// One record for each subscriber and dataset with messages, bytes and the SHA-256 of the payloads in the order of their delivery. A crash
/// can lose the counts of a minute. Open data cost a look-up.
/// </remarks>
public sealed class Deliveries : BackgroundService
{
    /// <summary>How often is recorded.</summary>
    public static readonly TimeSpan Period = TimeSpan.FromMinutes(1);

    private readonly ConcurrentDictionary<(TokenId? Token, PartyId? Party, DatasetId Dataset), Delivered> _delivered = new();
    private readonly AccessPolicy _policy;
    private readonly ExchangeLog _log;
    private readonly TimeProvider _time;

    internal Deliveries(AccessPolicy policy, ExchangeLog log, TimeProvider time) => (_policy, _log, _time) = (policy, log, time);

    /// <summary>A message has left for a subscriber.</summary>
    public void Count(Requester subscriber, DatasetId dataset, ReadOnlySpan<byte> payload)
    {
        if (GovernedReach.IsOpen(_policy.Snapshot, dataset)) return;
        var key = (subscriber.Token, subscriber.Party, dataset);
        while (!_delivered.GetOrAdd(key, static _ => new()).TryAdd(payload)) _delivered.TryRemove(key, out _);
    }

    /// <summary>Records what was delivered so far.</summary>
    internal void Record()
    {
        var now = Instant.From(_time.GetUtcNow());
        foreach (var (key, delivered) in _delivered)
        {
            if (!_delivered.TryRemove(KeyValuePair.Create(key, delivered))) continue;
            var (messages, bytes, digest) = delivered.Close();
            if (messages == 0) continue;
            _log.Add(new()
            {
                Id = _log.NextId(now),
                Party = key.Party,
                Token = key.Token?.Value,
                Datasets = [key.Dataset],
                DatasetCount = 1,
                Channel = Channel.Subscription,
                Method = "",
                Route = "mqtt",
                Query = "",
                Status = 200,
                Rows = messages,
                Bytes = bytes,
                Digest = digest,
                Version = _policy.Version,
            });
        }
    }

    /// <inheritdoc/>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Period, _time);
        while (await timer.WaitForNextTickAsync(stoppingToken)) Record();
    }

    /// <inheritdoc/>
    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        await base.StopAsync(cancellationToken);
        Record();
    }

    private sealed class Delivered
    {
        private readonly BodyHash _hash = BodyHash.Rent();
        private long _messages;
        private long _bytes;
        private bool _isClosed;

        /// <summary>False when it was recorded meanwhile: the message belongs to the next.</summary>
        public bool TryAdd(ReadOnlySpan<byte> payload)
        {
            lock (_hash)
            {
                if (_isClosed) return false;
                _hash.Append(payload);
                _messages++;
                _bytes += payload.Length;
                return true;
            }
        }

        public (long Messages, long Bytes, BodyDigest Digest) Close()
        {
            lock (_hash)
            {
                _isClosed = true;
                var digest = _hash.Take();
                _hash.Return();
                return (_messages, _bytes, digest);
            }
        }
    }
}

using System.Collections.Concurrent;
using Microsoft.Extensions.Hosting;
using Stoa.Identity.Credentials;
using Stoa.Sharing.Policy;
using Stoa.Sharing.Recording;
using Stoa.Sharing.Roles;
using Stoa.Vocabulary;

namespace Stoa.Sharing.Exchanges;

/// <summary>Counts what is delivered to subscribers of data that are not open, and records it by the minute.</summary>
/// <remarks>
/// One record for each subscriber, dataset and state of governance, with agreement, purpose and decision, messages, bytes and the SHA-256 of the payloads in the order of their delivery. A crash
/// can lose the counts of a minute. Open data cost a look-up.
/// </remarks>
public sealed class Deliveries : BackgroundService
{
    /// <summary>How often is recorded.</summary>
    public static readonly TimeSpan Period = TimeSpan.FromMinutes(1);

    private readonly ConcurrentDictionary<Delivery, Delivered> _delivered = new();
    private readonly AccessPolicy _policy;
    private readonly DecisionJournal _journal;
    private readonly ExchangeLog _log;
    private readonly TimeProvider _time;

    internal Deliveries(AccessPolicy policy, DecisionJournal journal, ExchangeLog log, TimeProvider time) =>
        (_policy, _journal, _log, _time) = (policy, journal, log, time);

    /// <summary>A message has left for a subscriber.</summary>
    /// <param name="subscriber">Who gets it.</param>
    /// <param name="dataset">Whose data it holds.</param>
    /// <param name="payload">As it left.</param>
    /// <param name="route">By which way: what the record gives for the address.</param>
    public void Count(Requester subscriber, DatasetId dataset, ReadOnlySpan<byte> payload, string route = "mqtt")
    {
        var snapshot = _policy.Snapshot;
        if (GovernedReach.IsOpen(snapshot, dataset)) return;
        var key = new Delivery(
            subscriber.Token, subscriber.Party, subscriber.DeclaredPurpose, subscriber.DeclaredAgreement, dataset, route,
            snapshot.Content.Version);
        while (true)
        {
            if (!_delivered.TryGetValue(key, out var delivered))
                delivered = _delivered.GetOrAdd(key, new Delivered(Decide(subscriber, dataset)));
            if (delivered.TryAdd(payload)) return;
            _delivered.TryRemove(KeyValuePair.Create(key, delivered));
        }
    }

    // As it is decided of a request at the dataset's address.
    private Use Decide(Requester subscriber, DatasetId dataset)
    {
        var question = _policy.Ask(subscriber);
        var request = question.Request with { Dataset = dataset, Action = DataAction.See };
        var isAsked = request.Party is not null && !subscriber.IsAdministrator;
        var (decision, name) = isAsked ? _journal.Decide(request, question.Snapshot, isKept: true) : (null, null);
        var grant = decision?.Grant;
        return new(
            grant?.Agreement?.Value, grant?.Purpose?.Value, grant is null ? null : name,
            ReadingFor.Of(question, grant?.Agreement?.Value, [dataset]));
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
                Organization = delivered.Use.Reading.Organization,
                IsByOffice = delivered.Use.Reading.IsByOffice,
                Token = key.Token?.Value,
                Agreement = delivered.Use.Agreement,
                Purpose = delivered.Use.Purpose,
                Decision = delivered.Use.Decision,
                Datasets = [key.Dataset],
                DatasetCount = 1,
                Channel = Channel.Subscription,
                Method = "",
                Route = key.Route,
                Query = "",
                Status = 200,
                Rows = messages,
                Bytes = bytes,
                Digest = digest,
                Version = key.Version,
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

    /// <summary>What is recorded together. As long as governance stands, it is decided about in one way.</summary>
    private readonly record struct Delivery(
        TokenId? Token, PartyId? Party, string? Purpose, long? Agreement, DatasetId Dataset, string Route, long Version);

    /// <summary>Under what it was delivered.</summary>
    private readonly record struct Use(long? Agreement, string? Purpose, string? Decision, ReadingFor Reading);

    private sealed class Delivered(Use use)
    {
        private readonly BodyHash _hash = BodyHash.Rent();
        private long _messages;
        private long _bytes;
        private bool _isClosed;

        public Use Use => use;

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

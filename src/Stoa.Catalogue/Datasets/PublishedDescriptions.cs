using System.Text.Json;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Stoa.Identity.Credentials;
using Stoa.Sharing.Policy;
using Stoa.Storage;
using Stoa.Vocabulary;

namespace Stoa.Catalogue.Datasets;

/// <summary>Enters in the public log how each dataset is described that everybody may see: when it can first be seen, and when that changes.</summary>
/// <remarks>
/// What everybody may see is what the policy shows to nobody in particular, so that each way of opening and hiding a dataset counts (levels, rules,
/// blocks, dates), and of a dataset that is hidden nothing enters: from outside it is as one that does not exist. Whatever changes, and who changed it,
/// stands in the log of audit in the transaction of the change; this follows within <see cref="Period"/>, on the node that leads.
/// </remarks>
public sealed partial class PublishedDescriptions(
    Database database, AccessPolicy policy, TimeProvider time, ILogger<PublishedDescriptions> log) : BackgroundService
{
    /// <summary>How often is looked whether something has changed: two numbers are read.</summary>
    public static readonly TimeSpan Period = TimeSpan.FromSeconds(2);

    /// <summary>When is looked though nothing has changed: dates bring changes too.</summary>
    public static readonly TimeSpan PeriodMax = TimeSpan.FromMinutes(1);

    // Entries of one transaction: others wait for some milliseconds.
    private const int PieceMax = 500;

    private const string SelectState =
        """
        SELECT (SELECT version FROM governance_state), (SELECT COUNT(*) FROM dataset), (SELECT MAX(modified) FROM dataset)
        """;

    private const string SelectVersion =
        """
        SELECT version
        FROM   governance_state
        """;

    // The log itself: by its primary key; kind is EntryKeyKind.Dataset.
    private const string SelectPublished =
        """
        SELECT   k.number, e.body
        FROM     ledger_entry e
        JOIN     ledger_key k ON k.kind = 1 AND k.log = e.log AND k.idx = e.idx
        WHERE    e.log = 2
          AND    e.type = 'dataset.published'
        ORDER BY e.idx
        """;

    private readonly ILogger<PublishedDescriptions> _log = log;
    private readonly SemaphoreSlim _turn = new(1);
    private Dictionary<long, (string Digest, string Level)>? _published;
    private (long Version, long Count, long Modified) _seen;
    private long _seenAt;

    /// <summary>Enters what is not entered yet.</summary>
    /// <returns>How many descriptions.</returns>
    public async Task<int> PublishAsync(CancellationToken cancellation)
    {
        await _turn.WaitAsync(cancellation);
        try
        {
            if (!database.Nodes.IsLeader)
            {
                // Another one writes meanwhile.
                _published = null;
                return 0;
            }

            return await FollowAsync(cancellation);
        }
        finally
        {
            _turn.Release();
        }
    }

    /// <inheritdoc/>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Period, time);
        do
        {
            try
            {
                await PublishAsync(stoppingToken);
            }
            catch (StorageException error)
            {
                // The next look will do.
                LogNotDone(error.Failure);
            }
        }
        while (await timer.WaitForNextTickAsync(stoppingToken));
    }

    /// <inheritdoc/>
    public override void Dispose()
    {
        _turn.Dispose();
        base.Dispose();
    }

    private async Task<int> FollowAsync(CancellationToken cancellation)
    {
        (long Version, long Count, long Modified) state;
        List<(Dataset Dataset, SpectrumClass Level)> changed;
        using (var read = await database.ReadAsync(cancellation))
        {
            state = StateOf(read);
            // Decided by another state than is read: the next look will do.
            if (state.Version != policy.Version) return 0;
            if (_published is not null && state == _seen && time.GetElapsedTime(_seenAt) < PeriodMax) return 0;
            var scope = policy.ReadDescriptions(Requester.Anonymous);
            _published ??= ReadPublished(read);
            changed = [.. Datasets.All(read, scope).Where(IsChanged).Select(dataset => (dataset, LevelOf(dataset)))];
        }

        var entered = 0;
        foreach (var piece in changed.Chunk(PieceMax))
        {
            var isDone = await database.WriteAsync(session => Enter(session, state.Version, piece), cancellation);
            // Something may have been hidden meanwhile.
            if (!isDone) return entered;
            foreach (var (dataset, level) in piece) _published[dataset.Id.Value] = (DatasetEvents.DigestOf(dataset), level.ToWord());
            entered += piece.Length;
        }

        (_seen, _seenAt) = (state, time.GetTimestamp());
        return entered;
    }

    private bool Enter(WriteSession session, long version, (Dataset Dataset, SpectrumClass Level)[] piece)
    {
        using (var select = session.Prepare(SelectVersion))
            if (!select.Step() || select.Int64(0) != version) return false;
        var now = Instant.From(time.GetUtcNow());
        foreach (var (dataset, level) in piece) DatasetEvents.Publish(session, dataset, level, now);
        return true;
    }

    private bool IsChanged(Dataset dataset) =>
        !_published!.TryGetValue(dataset.Id.Value, out var published) || published.Digest != DatasetEvents.DigestOf(dataset) ||
        published.Level != LevelOf(dataset).ToWord();

    private SpectrumClass LevelOf(Dataset dataset) => policy.TryFindDataset(dataset.Slug, out var entry) ? entry.Spectrum : dataset.Spectrum;

    private static (long, long, long) StateOf(Session session)
    {
        using var select = session.Prepare(SelectState);
        select.Step();
        return (select.Int64(0), select.Int64(1), select.Int64OrNull(2) ?? 0);
    }

    private static Dictionary<long, (string, string)> ReadPublished(Session session)
    {
        var published = new Dictionary<long, (string, string)>();
        using var select = session.PrepareStream(SelectPublished);
        while (select.Step())
        {
            using var entry = JsonDocument.Parse(select.Blob(1).ToArray());
            published[select.Int64(0)] = (entry.RootElement.GetProperty("digest").GetString()!, entry.RootElement.GetProperty("level").GetString()!);
        }

        return published;
    }

    [LoggerMessage(2151, LogLevel.Warning, "Descriptions could not be entered in the public log: {Failure}.")]
    private partial void LogNotDone(StorageFailure failure);
}

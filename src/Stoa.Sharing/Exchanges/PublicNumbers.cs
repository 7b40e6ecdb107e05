using System.Collections.Frozen;
using Stoa.Sharing.Policy;
using Stoa.Storage;
using Stoa.Vocabulary;

namespace Stoa.Sharing.Exchanges;

/// <summary>How often data were given and refused, for everybody to see (ISO 37156, 7.3.1).</summary>
/// <param name="Until">Until when it was counted.</param>
/// <param name="Datasets">By dataset: answers with its data, and decisions that refused them. Of datasets that are public knowledge alone.</param>
/// <param name="Agreements">By agreement: answers under it. Of those that are about such datasets alone.</param>
public sealed record NumbersInPublic(
    Instant Until, FrozenDictionary<long, (long Given, long Refused)> Datasets, FrozenDictionary<long, long> Agreements);

/// <summary>Counts for the page of transparency what was recorded of exchanges and decisions in the last days.</summary>
/// <remarks>Anybody may ask as often as he likes, so that it is counted once in a while and kept. Of what is not listed nothing is counted, whoever asks:
/// the numbers are the same for all.</remarks>
public sealed class PublicNumbers : IDisposable
{
    /// <summary>Days that are counted.</summary>
    public const int Days = 30;

    /// <summary>For how long what was counted is told.</summary>
    public static readonly TimeSpan Life = TimeSpan.FromMinutes(10);

    private const string SelectDatasets =
        """
        SELECT   dataset_id, CAST(SUM(accesses) AS BIGINT)
        FROM     exchange
        WHERE    id BETWEEN @first AND @last
          AND    dataset_id IS NOT NULL
        GROUP BY dataset_id
        """;

    // Of answers from several datasets, each of them.
    private const string SelectShared =
        """
        SELECT   d.dataset_id, CAST(SUM(e.accesses) AS BIGINT)
        FROM     exchange_dataset d
        JOIN     exchange e ON e.id = d.exchange_id
        WHERE    d.exchange_id BETWEEN @first AND @last
        GROUP BY d.dataset_id
        """;

    private const string SelectAgreements =
        """
        SELECT   agreement_id, CAST(SUM(accesses) AS BIGINT)
        FROM     exchange
        WHERE    id BETWEEN @first AND @last
          AND    agreement_id IS NOT NULL
        GROUP BY agreement_id
        """;

    private const string SelectRefused =
        """
        SELECT   dataset_id, COUNT(*)
        FROM     decision
        WHERE    id BETWEEN @first AND @last
          AND    outcome <> @permit
        GROUP BY dataset_id
        """;

    private readonly Database _database;
    private readonly AccessPolicy _policy;
    private readonly TimeProvider _time;
    private readonly SemaphoreSlim _counting = new(1, 1);
    private volatile NumbersInPublic? _counted;
    private PolicySnapshot? _countedBy;

    internal PublicNumbers(Database database, AccessPolicy policy, TimeProvider time) => (_database, _policy, _time) = (database, policy, time);

    /// <summary>The numbers of the last days. Cost: nothing while they are kept, else four sums over the records of that time.</summary>
    public async Task<NumbersInPublic> CountAsync(CancellationToken cancellation)
    {
        var now = Instant.From(_time.GetUtcNow());
        var snapshot = _policy.Snapshot;
        if (IsCurrent(snapshot, now) is { } kept) return kept;
        await _counting.WaitAsync(cancellation);
        try
        {
            if (IsCurrent(snapshot, now) is { } meanwhile) return meanwhile;
            var counted = await CountAsync(snapshot, now, cancellation);
            (_counted, _countedBy) = (counted, snapshot);
            return counted;
        }
        finally
        {
            _counting.Release();
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _counting.Dispose();

    // A dataset that was taken off the list is not told of any more, and a clock that was set back does not keep them forever.
    private NumbersInPublic? IsCurrent(PolicySnapshot snapshot, Instant now) =>
        _counted is { } counted && ReferenceEquals(_countedBy, snapshot) && now.CompareTo(counted.Until) >= 0 &&
        now.CompareTo(Evaluation.Later(counted.Until, Life)) < 0
            ? counted
            : null;

    private async Task<NumbersInPublic> CountAsync(PolicySnapshot snapshot, Instant now, CancellationToken cancellation)
    {
        var first = ExchangeId.From(Instant.From(now.ToDateTimeOffset().AddDays(-Days)));
        var last = ExchangeId.From(now);
        using var read = await _database.ReadAsync(cancellation);
        Dictionary<long, long> Sum(params ReadOnlySpan<string> statements)
        {
            var sums = new Dictionary<long, long>();
            foreach (var statement in statements)
            {
                using var select = read.Prepare(statement).Bind("@first", first.Value).Bind("@last", last.Value);
                if (statement == SelectRefused) select.Bind("@permit", (long)Outcome.Permit);
                while (select.Step()) sums[select.Int64(0)] = sums.GetValueOrDefault(select.Int64(0)) + select.Int64(1);
            }

            return sums;
        }

        var (given, refused, agreed) = (Sum(SelectDatasets, SelectShared), Sum(SelectRefused), Sum(SelectAgreements));
        var known = snapshot.Datasets.Where(dataset => dataset.IsListedAt(now)).Select(dataset => dataset.Id.Value).ToHashSet();
        return new(
            now,
            known.ToFrozenDictionary(id => id, id => (given.GetValueOrDefault(id), refused.GetValueOrDefault(id))),
            snapshot.Agreements.Values.Where(agreement => agreement.Terms.Datasets.All(dataset => known.Contains(dataset.Value)))
                .ToFrozenDictionary(agreement => agreement.Terms.Id.Value, agreement => agreed.GetValueOrDefault(agreement.Terms.Id.Value)));
    }
}

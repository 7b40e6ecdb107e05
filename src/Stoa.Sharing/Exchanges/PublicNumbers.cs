using System.Runtime.ExceptionServices;
using Stoa.Sharing.Policy;
using Stoa.Storage;
using Stoa.Vocabulary;

namespace Stoa.Sharing.Exchanges;

/// <summary>How often data were given and refused, for everybody to see (ISO 37156, 7.3.1).</summary>
/// <param name="Until">Until when it was counted.</param>
/// <param name="Datasets">By dataset: answers with its data, and decisions that refused them. Of datasets that are public knowledge alone.</param>
/// <param name="Agreements">By agreement: answers under it. Of those that are about such datasets alone.</param>
public sealed record NumbersInPublic(
    Instant Until, IReadOnlyDictionary<long, (long Given, long Refused)> Datasets, IReadOnlyDictionary<long, long> Agreements);

/// <summary>Counts for the page of transparency what was recorded of exchanges and decisions in the last days.</summary>
/// <remarks>Anybody may ask as often as he likes, so that it is counted once in a while and kept, whatever is changed meanwhile. Of what is not listed nothing is counted, whoever asks:
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

    /// <summary>For how long a failure to count is told, before it is tried again: sums over many records that took too long take too long again.</summary>
    public static readonly TimeSpan FailureLife = TimeSpan.FromMinutes(1);

    private readonly Database _database;
    private readonly AccessPolicy _policy;
    private readonly TimeProvider _time;
    private readonly SemaphoreSlim _counting = new(1, 1);
    private volatile Sums? _counted;
    private volatile Failure? _failed;

    internal PublicNumbers(Database database, AccessPolicy policy, TimeProvider time) => (_database, _policy, _time) = (database, policy, time);

    /// <summary>The numbers of the last days. Cost: what is known of each dataset while they are kept, else four sums over the records of
    /// that time as well.</summary>
    public async Task<NumbersInPublic> CountAsync(CancellationToken cancellation)
    {
        var now = Instant.From(_time.GetUtcNow());
        return Listed(Current(now) ?? await SumOnceAsync(now, cancellation), _policy.Snapshot, now);
    }

    /// <inheritdoc/>
    public void Dispose() => _counting.Dispose();

    private async Task<Sums> SumOnceAsync(Instant now, CancellationToken cancellation)
    {
        await _counting.WaitAsync(cancellation);
        try
        {
            return Current(now) ?? (_counted = await SumAsync(now, cancellation));
        }
        catch (StorageException failure) when (!cancellation.IsCancellationRequested && _failed?.What.SourceException != failure)
        {
            // Who left says nothing of the records; and one that was kept is not made younger by telling it.
            _failed = new(ExceptionDispatchInfo.Capture(failure), now);
            throw;
        }
        finally
        {
            _counting.Release();
        }
    }

    // A clock that was set back does not keep them forever.
    private Sums? Current(Instant now)
    {
        if (_counted is { } counted && IsWithin(counted.Until, Life, now)) return counted;
        if (_failed is { } failed && IsWithin(failed.At, FailureLife, now)) failed.What.Throw();
        return null;
    }

    private static bool IsWithin(Instant since, TimeSpan life, Instant now) =>
        now.CompareTo(since) >= 0 && now.CompareTo(Evaluation.Later(since, life)) < 0;

    private async Task<Sums> SumAsync(Instant now, CancellationToken cancellation)
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

        return new(now, Sum(SelectDatasets, SelectShared), Sum(SelectRefused), Sum(SelectAgreements));
    }

    // What was taken off the list a moment ago is not told of any more, whenever it was counted.
    private static NumbersInPublic Listed(Sums sums, PolicySnapshot snapshot, Instant now)
    {
        var known = snapshot.Datasets.Where(dataset => dataset.IsListedAt(now)).Select(dataset => dataset.Id.Value).ToHashSet();
        return new(
            sums.Until,
            known.ToDictionary(id => id, id => (sums.Given.GetValueOrDefault(id), sums.Refused.GetValueOrDefault(id))),
            snapshot.Agreements.Values.Where(agreement => agreement.Terms.Datasets.All(dataset => known.Contains(dataset.Value)))
                .ToDictionary(agreement => agreement.Terms.Id.Value, agreement => sums.Agreed.GetValueOrDefault(agreement.Terms.Id.Value)));
    }

    /// <summary>What was counted, of everything: never told as it is.</summary>
    private sealed record Sums(Instant Until, Dictionary<long, long> Given, Dictionary<long, long> Refused, Dictionary<long, long> Agreed);

    private sealed record Failure(ExceptionDispatchInfo What, Instant At);
}

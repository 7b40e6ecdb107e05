using System.Collections.Immutable;
using System.Runtime.CompilerServices;
using Microsoft.AspNetCore.Http;
using Stoa.Identity.Credentials;
using Stoa.Sharing.Policy;
using Stoa.Vocabulary;

namespace Stoa.Sharing.Exchanges;

/// <summary>What leaves with one answer: measured while it leaves, recorded when it has ended.</summary>
/// <remarks>Stands in the features of a request that carries a credential; whoever answers with data tells it what was reached.</remarks>
public sealed class ExchangeMeter : IDisposable
{
    private BodyHash? _hash;
    private BodyDigest? _whole;
    private Requester? _requester;
    private Question? _question;
    private GovernedReach _reach = GovernedReach.Nothing;
    private Channel _channel;
    private long _version;
    private long _rows;
    private long _bytes;
    private bool _isTold;
    private bool _isInferred;
    private string? _declaredPurpose;
    private UsageLimits? _limits;
    private long _rowsPerDay;

    /// <summary>The agreement by which it was let through, where one was needed.</summary>
    public long? Agreement { get; set; }

    /// <summary>The purpose that was declared.</summary>
    public string? Purpose { get; set; }

    /// <summary>Which decision let it through.</summary>
    public string? Decision { get; set; }

    /// <summary>What was asked before the address was reached.</summary>
    internal Question? Asked { get; set; }

    /// <summary>What this use counts towards, where it is limited.</summary>
    internal UsageKey? Limited { get; private set; }

    /// <summary>Whether this use was counted towards the limits of the dataset: what is limited is seen only then.</summary>
    public bool Counts(DatasetId dataset) => Limited?.Dataset == dataset;

    /// <summary>Whether this answer is to be recorded.</summary>
    internal bool IsGoverned => _isTold && _reach.Count > 0;

    /// <summary>The meter of a request, or null where nothing is recorded.</summary>
    public static ExchangeMeter? Of(HttpContext context) => context.Features.Get<ExchangeMeter>();

    /// <summary>Tells what the answer is made of. Call it before the first byte is written; later calls add to what is reached.</summary>
    public void Reach(Requester requester, AccessScope scope, AccessPolicy policy)
    {
        var snapshot = policy.Snapshot;
        var reach = GovernedReach.Of(snapshot, scope);
        _reach = _reach.Count == 0 ? reach : _reach.Or(reach);
        (_requester, _channel, _version, _isTold) =
            (requester, PolicyInForce.ChannelOf(requester.WayOut), snapshot.Content.Version, true);
        _question = Asked is { } asked && ReferenceEquals(asked.Requester, requester) && ReferenceEquals(asked.Snapshot, snapshot)
            ? asked
            : policy.Ask(requester);
        if (requester.Party is null || _reach.Count == 0 || (Agreement is not null && !_isInferred)) return;
        // None was declared: the one that carries everything that could be reached is the one, if there is one.
        var use = _reach.Count == _reach.Some.Length ? policy.AgreedUseOf(requester, _reach.Some.AsSpan()) : null;
        if (!_isInferred) _declaredPurpose = Purpose;
        // What was declared stays so, whatever several parts of a batch reach.
        if (_isInferred || use is not null) (Agreement, Purpose, _isInferred) = (use?.Agreement, use?.Purpose ?? _declaredPurpose, true);
    }

    /// <summary>Rows that are about to leave; false when more than are left of what may be used today. Then they must stay.</summary>
    public bool TryAddRows(long rows)
    {
        if (_limits is { } limits && Limited is { } key && !limits.TryTakeRows(key, rows, _rowsPerDay)) return false;
        _rows += rows;
        return true;
    }

    /// <summary>Rows that were added and did not leave: another answer is given instead.</summary>
    public void GiveBackRows()
    {
        if (_limits is { } limits && Limited is { } key) limits.GiveBackRows(key, _rows);
        _rows = 0;
    }

    /// <summary>This use is counted, and so many rows may leave in a day; 0 for any number.</summary>
    internal void Limit(UsageLimits limits, UsageKey key, long rowsPerDay)
    {
        Limited = key;
        if (rowsPerDay > 0) (_limits, _rowsPerDay) = (limits, rowsPerDay);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (_hash is not { } hash) return;
        _hash = null;
        hash.Take();
        hash.Return();
    }

    /// <summary>Counts what leaves.</summary>
    /// <param name="bytes">A piece of the body.</param>
    /// <param name="length">Length of the body, where it is known.</param>
    internal void Count(ReadOnlySpan<byte> bytes, long? length)
    {
        var isFirst = _bytes == 0 && _hash is null && _whole is null;
        _bytes += bytes.Length;
        if (!IsGoverned) return;
        if (isFirst && length == bytes.Length)
        {
            _whole = BodyDigest.Of(bytes);
            return;
        }

        if (bytes.Length > 0) (_hash ??= BodyHash.Rent()).Append(bytes);
    }

    /// <summary>What has left since the last record; counted anew from here.</summary>
    internal ExchangeRecord Record(HttpContext context, ExchangeId id)
    {
        var record = Describe(context, id);
        (_rows, _bytes, _whole) = (0, 0, null);
        return record;
    }

    private ExchangeRecord Describe(HttpContext context, ExchangeId id)
    {
        var reading = _question is { } question ? ReadingFor.Of(question, Agreement, _reach.Some.AsSpan()) : default;
        return Describe(context, id, reading);
    }

    private ExchangeRecord Describe(HttpContext context, ExchangeId id, ReadingFor reading) => new()
    {
        Id = id,
        Party = _requester?.Party,
        Organization = reading.Organization,
        IsByOffice = reading.IsByOffice,
        Token = _requester?.Token?.Value,
        Agreement = Agreement,
        Purpose = Purpose,
        Datasets = _reach.Some,
        DatasetCount = _reach.Count,
        Channel = _channel,
        Method = context.Request.Method,
        Route = QueryShape.OfPath(context.Request.Path.Value ?? ""),
        Query = QueryShape.OfQuery(context.Request.QueryString.Value),
        Status = context.Response.StatusCode,
        Rows = _rows,
        Bytes = _bytes,
        Digest = _whole ?? _hash?.Take() ?? BodyDigest.OfNothing,
        Decision = Decision,
        Version = _version,
    };
}

/// <summary>The datasets of a scope that are not open: access to them is recorded.</summary>
/// <param name="Some">The first of them by id, at most <see cref="ExchangeRecord.DatasetsMax"/>.</param>
/// <param name="Count">How many there are.</param>
internal sealed record GovernedReach(ImmutableArray<DatasetId> Some, int Count)
{
    /// <summary>What lies in this or in the other; their number is exact as long as all are listed.</summary>
    public GovernedReach Or(GovernedReach other)
    {
        if (ReferenceEquals(this, other) || other.Count == 0) return this;
        var all = Some.Union(other.Some).OrderBy(id => id.Value).ToList();
        var count = Count > Some.Length || other.Count > other.Some.Length ? Math.Max(Math.Max(Count, other.Count), all.Count) : all.Count;
        return new([.. all.Take(ExchangeRecord.DatasetsMax)], count);
    }

    // Up to so many it is quicker to look than to remember.
    private const int SmallMax = 4;

    private static readonly ConditionalWeakTable<PolicySnapshot, ConditionalWeakTable<AccessScope, GovernedReach>> Known = [];

    public static GovernedReach Nothing { get; } = new([], 0);

    /// <summary>Cost: a table look-up after the first time that a scope is asked about.</summary>
    public static GovernedReach Of(PolicySnapshot snapshot, AccessScope scope)
    {
        if (scope.IsNothing) return Nothing;
        if (!scope.IsEverything && scope.AllDatasets.Length <= SmallMax) return Find(snapshot, scope);
        return Known.GetOrCreateValue(snapshot).GetValue(scope, one => Find(snapshot, one));
    }

    /// <summary>Whether nothing is recorded of the dataset.</summary>
    public static bool IsOpen(PolicySnapshot snapshot, DatasetId id) =>
        snapshot.TryFind(id, out var dataset) && dataset is { Level: SpectrumClass.Open, OwnLevel: SpectrumClass.Open };

    private static GovernedReach Find(PolicySnapshot snapshot, AccessScope scope)
    {
        var some = ImmutableArray.CreateBuilder<DatasetId>();
        var count = 0;
        if (scope.IsEverything)
            foreach (var dataset in snapshot.Datasets.OrderBy(dataset => dataset.Id.Value)) Add(dataset.Id);
        else
            foreach (var id in scope.AllDatasets) Add(new(id));
        return count == 0 ? Nothing : new(some.ToImmutable(), count);

        void Add(DatasetId id)
        {
            if (IsOpen(snapshot, id)) return;
            if (count++ < ExchangeRecord.DatasetsMax) some.Add(id);
        }
    }
}

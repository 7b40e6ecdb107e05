using System.Collections.Frozen;
using System.Collections.Immutable;
using Stoa.Sharing.Recording;
using Stoa.Sharing.Roles;
using Stoa.Vocabulary;

namespace Stoa.Sharing.Policy;

/// <summary>What one subject may see of all datasets at once: the decision of every dataset, in the form that goes into SQL.</summary>
/// <param name="Open">The plainly open ones; the same object for everybody, so that a statement can be kept for it.</param>
/// <param name="Whole">Further ones that may be seen as they are.</param>
/// <param name="Narrowed">Further ones of which fields, times, an area or fineness are left out, by what is left.</param>
/// <param name="Limited">Further ones of which only so much may be used: seen where it is counted.</param>
/// <param name="ValidUntil">Ask again from then on.</param>
internal sealed record SubjectScope(
    AccessScope Open, AccessScope Whole, ImmutableArray<NarrowedScope> Narrowed, ImmutableArray<NarrowedScope> Limited, Instant ValidUntil)
{
    /// <summary>What each dataset that an agreement carries is seen under; the limited ones are not among them.</summary>
    public FrozenDictionary<long, AgreedUse> Agreed { get; init; } = FrozenDictionary<long, AgreedUse>.Empty;

    /// <summary>As it goes into statements. Cost: sorts, when there are open ones and others.</summary>
    /// <param name="named">Seen whole besides.</param>
    public AccessScope ToAccessScope(IReadOnlyCollection<DatasetId> named)
    {
        if (Narrowed.IsEmpty && named.Count == 0) return Open.Or(Whole);
        var whole = new List<DatasetId>(Open.Datasets.Length + Whole.Datasets.Length + named.Count);
        Add(whole, Open);
        Add(whole, Whole);
        whole.AddRange(named);
        return AccessScope.Of(whole, Narrowed.Select(one => (DatasetsOf(one.Datasets), one.Grant.ToNarrowing())));
    }

    /// <summary>What may be seen where its use is counted: at the address of one dataset.</summary>
    public AccessScope ToLimitedScope() => Limited.IsEmpty
        ? AccessScope.Nothing
        : AccessScope.Of(
            Limited.Where(one => one.Grant.IsWhole).SelectMany(one => DatasetsOf(one.Datasets)),
            Limited.Where(one => !one.Grant.IsWhole).Select(one => (DatasetsOf(one.Datasets), one.Grant.ToNarrowing())));

    /// <summary>Every dataset of which something may be seen.</summary>
    public AccessScope Datasets()
    {
        if (Narrowed.IsEmpty) return Open.Or(Whole);
        var all = new List<DatasetId>(Open.Datasets.Length + Whole.Datasets.Length);
        Add(all, Open);
        Add(all, Whole);
        foreach (var narrowed in Narrowed) Add(all, narrowed.Datasets);
        return AccessScope.Of(all);
    }

    /// <summary>Whether something of the dataset may be seen.</summary>
    public bool Contains(DatasetId dataset) =>
        Open.Contains(dataset) || Whole.Contains(dataset) || Narrowed.Any(narrowed => narrowed.Datasets.Contains(dataset));

    private static IEnumerable<DatasetId> DatasetsOf(AccessScope scope) => scope.Datasets.ToArray().Select(id => new DatasetId(id));

    internal static void Add(List<DatasetId> all, AccessScope scope)
    {
        foreach (var dataset in scope.Datasets) all.Add(new(dataset));
    }
}

/// <summary>Under which agreement something is seen.</summary>
/// <param name="Agreement">Its number.</param>
/// <param name="Purpose">For what, where that is known.</param>
internal readonly record struct AgreedUse(long Agreement, string? Purpose);

/// <summary>Datasets of which the same is left: one condition in a statement.</summary>
/// <param name="Datasets">Which.</param>
/// <param name="Grant">What is left; its dataset is one of them.</param>
internal sealed record NarrowedScope(AccessScope Datasets, AccessGrant Grant);

/// <summary>Datasets in groups about which the same is decided.</summary>
internal sealed class ScopeIndex
{
    private readonly PolicySnapshot _snapshot;
    private readonly DatasetStanding[] _plain;
    private readonly AccessScope[] _groups;
    private readonly Dictionary<long, int> _groupOf = [];
    private readonly AccessScope _open;
    private readonly Instant _openUntil;

    public ScopeIndex(PolicySnapshot snapshot)
    {
        _snapshot = snapshot;
        _plain = [.. snapshot.Datasets.Where(dataset => dataset.IsPlainlyOpen)];
        _open = AccessScope.Of(_plain.Select(dataset => dataset.Id));
        _openUntil = _plain.Length == 0 ? Instant.Max : _plain.Min(dataset => dataset.Review.LapsedFrom);
        _groups = [.. snapshot.Datasets.Where(dataset => dataset.Group is not null)
            .GroupBy(dataset => dataset.Group, StringComparer.Ordinal)
            .Select(group => AccessScope.Of(group.Select(dataset => dataset.Id)))];
        for (var i = 0; i < _groups.Length; i++)
            foreach (var dataset in _groups[i].Datasets) _groupOf[dataset] = i;
    }

    private ScopeIndex(ScopeIndex other, PolicySnapshot snapshot)
    {
        _snapshot = snapshot;
        (_plain, _groups, _groupOf, _open, _openUntil) =
            (other._plain, other._groups, other._groupOf, other._open, other._openUntil);
    }

    /// <summary>The same for a snapshot of the same datasets.</summary>
    public ScopeIndex For(PolicySnapshot snapshot) => new(this, snapshot);

    /// <summary>What the subject may see of the datasets of the agreement that it names, and of no others.</summary>
    public (SubjectScope Scope, Instant ValidUntil) Under(DecisionRequest subject)
    {
        var gathering = new Gathering(subject with { Action = DataAction.See }, _snapshot);
        if (subject.Agreement is { } id && _snapshot.Agreements.TryGetValue(id.Value, out var agreement) &&
            agreement.IsInForceAt(subject.At))
        {
            gathering.EndsAt(agreement.Terms.ValidTo);
            foreach (var dataset in agreement.Datasets) gathering.Decide(new(dataset));
        }

        var scope = gathering.ToScope(AccessScope.Nothing);
        return (scope, scope.ValidUntil);
    }

    /// <summary>The datasets to which the subject may add: decided for each towards which it holds a role.</summary>
    public (AccessScope Datasets, Instant ValidUntil) ToAdd(DecisionRequest subject)
    {
        var gathering = new Gathering(subject with { Action = DataAction.Add }, _snapshot);
        if (subject.Party is { } id && _snapshot.TryFind(id, out var party))
            foreach (var dataset in party.CapacitiesAt(subject.At).All.SelectMany(capacity => capacity.Chain)
                .SelectMany(one => one.DatasetsByRole).ToHashSet())
                gathering.Decide(new(dataset));
        var scope = gathering.ToScope(AccessScope.Nothing);
        return (scope.Whole, scope.ValidUntil);
    }

    /// <summary>Those of the datasets to which the subject adds in which it may change and remove too, without asking anybody.</summary>
    public (AccessScope Datasets, Instant ValidUntil) ToCorrect(DecisionRequest subject, AccessScope added)
    {
        var gathering = new Gathering(subject with { Action = DataAction.Correct }, _snapshot);
        foreach (var dataset in added.Datasets) gathering.Decide(new(dataset));
        var scope = gathering.ToScope(AccessScope.Nothing);
        return (scope.Whole, scope.ValidUntil);
    }

    /// <summary>The scope of whoever asks so; its dataset, fields, times and area are not looked at.</summary>
    /// <remarks>Cost: one decision for each group of public datasets, each role and each agreed dataset of the subject; the
    /// open ones cost one in all.</remarks>
    public SubjectScope Of(DecisionRequest subject)
    {
        var gathering = new Gathering(
            subject with
            {
                Action = DataAction.See,
                Fields = null,
                From = null,
                Until = null,
                Area = null,
                Granularity = default,
                Explain = false,
            },
            _snapshot);
        var own = OwnDatasets(subject);
        var touched = new HashSet<int>();
        foreach (var dataset in own)
            if (_groupOf.TryGetValue(dataset, out var group)) touched.Add(group);
        var open = Open(gathering, own);
        for (var i = 0; i < _groups.Length; i++)
            gathering.AddGroup(touched.Contains(i) ? Without(_groups[i], own) : _groups[i]);
        foreach (var dataset in own)
            if (!open.Contains(new(dataset))) gathering.Decide(new(dataset));
        return gathering.ToScope(open);
    }

    private AccessScope Open(Gathering gathering, HashSet<long> own)
    {
        if (_plain.Length == 0) return AccessScope.Nothing;
        if (gathering.At.CompareTo(_openUntil) < 0)
        {
            if (gathering.TryDecide(_plain[0].Id) is null) return AccessScope.Nothing;
            gathering.EndsAt(_openUntil);
            return _open;
        }

        // A review was missed for too long: each for itself.
        foreach (var dataset in _plain)
            if (!own.Contains(dataset.Id.Value)) gathering.Decide(dataset.Id);
        return AccessScope.Nothing;
    }

    private static AccessScope Without(AccessScope group, HashSet<long> own)
    {
        var rest = new List<DatasetId>();
        foreach (var dataset in group.Datasets)
            if (!own.Contains(dataset)) rest.Add(new(dataset));
        return AccessScope.Of(rest);
    }

    // Where a role, an agreement or an emergency may speak, the dataset is decided about by itself.
    private HashSet<long> OwnDatasets(DecisionRequest subject)
    {
        var own = new HashSet<long>();
        if (subject.Party is not { } id || !_snapshot.TryFind(id, out var party)) return own;
        var parties = party.CapacitiesAt(subject.At).All.SelectMany(capacity => capacity.Chain).ToHashSet();
        foreach (var one in parties)
        {
            foreach (var dataset in one.DatasetsByRole) own.Add(dataset);
            foreach (var agreement in one.Agreements)
                foreach (var dataset in agreement.Datasets) own.Add(dataset);
        }

        foreach (var emergency in _snapshot.Content.Emergencies)
            if (emergency.Parties.Any(named => parties.Any(one => one.Party.Id == named)))
                foreach (var dataset in emergency.Datasets.OrEmpty()) own.Add(dataset.Value);
        return own;
    }

    private sealed class Gathering(DecisionRequest subject, PolicySnapshot snapshot)
    {
        private readonly List<AccessScope> _wholes = [];
        private readonly List<DatasetId> _whole = [];
        private readonly List<NarrowedScope> _narrowed = [];
        private readonly List<NarrowedScope> _limited = [];
        private readonly Dictionary<long, AgreedUse> _agreed = [];
        private Instant _until = Instant.Max;

        public Instant At => subject.At;

        public AccessGrant? TryDecide(DatasetId dataset)
        {
            var request = subject with { Dataset = dataset };
            var decision = AccessDecision.Decide(request, snapshot);
            // What is limited is only seen where its use is counted: beside everything else.
            if (decision is { Grant: null, Reasons: [{ Code: ReasonCode.Q5UsageNotEstablished }, ..] })
                decision = AccessDecision.Decide(request with { Usage = Usage.None }, snapshot);
            if (decision.Grant is { } grant) EndsAt(grant.ValidUntil);
            return decision.Grant;
        }

        public void Decide(DatasetId dataset)
        {
            if (TryDecide(dataset) is not { } grant) return;
            if (grant.Agreement is { } agreement && !IsCounted(grant)) _agreed[dataset.Value] = new(agreement.Value, grant.Purpose?.Value);
            if (IsCounted(grant)) _limited.Add(new(AccessScope.Of([dataset]), grant));
            else if (grant.IsWhole) _whole.Add(dataset);
            else _narrowed.Add(new(AccessScope.Of([dataset]), grant));
        }

        // Whoever says what was used counts it himself.
        private bool IsCounted(AccessGrant grant) => !grant.Limits.IsNone && subject.Usage is null;

        public void AddGroup(AccessScope group)
        {
            if (group.IsNothing || TryDecide(new(group.Datasets[0])) is not { } grant) return;
            if (IsCounted(grant)) _limited.Add(new(group, grant));
            else if (grant.IsWhole) _wholes.Add(group);
            else _narrowed.Add(new(group, grant));
        }

        public void EndsAt(Instant end)
        {
            if (end.CompareTo(_until) < 0) _until = end;
        }

        public SubjectScope ToScope(AccessScope open)
        {
            // Nothing was granted: what may be granted later is asked for then.
            var last = Evaluation.Later(At, Evaluation.LifeMax);
            return new(open, Whole(), [.. _narrowed], [.. _limited], _until.CompareTo(last) < 0 ? _until : last)
            {
                Agreed = _agreed.ToFrozenDictionary(),
            };
        }

        private AccessScope Whole()
        {
            if (_wholes is [var only] && _whole.Count == 0) return only;
            foreach (var scope in _wholes) SubjectScope.Add(_whole, scope);
            return AccessScope.Of(_whole);
        }
    }
}

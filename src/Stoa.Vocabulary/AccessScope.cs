using System.Collections.Immutable;

namespace Stoa.Vocabulary;

/// <summary>The datasets that one request may touch: what the policy decided, in the form that goes into the SQL.</summary>
/// <remarks>
/// <para>Immutable. Made by the policy alone, and joined into every statement that reads; nothing is filtered after the fact.
/// The order of <see cref="Datasets"/> is ascending, so that equal scopes give equal statements and parameters.</para>
/// <para>A dataset is inside as it is (whole), or narrowed: fields, times, an area or fineness are left out. Who does not know of
/// narrowed datasets sees the whole ones alone, in <see cref="Datasets"/> and <see cref="Contains"/>: that is never too much.</para>
/// </remarks>
public sealed class AccessScope
{
    private readonly long[] _datasets;
    private readonly long[] _narrowed;
    private readonly ScopeNarrowing[] _narrowings;
    private ScopeBits? _bits;
    private ScopeBits? _wholeBits;

    private AccessScope(bool isEverything, long[] datasets, long[] narrowed, ScopeNarrowing[] narrowings)
    {
        IsEverything = isEverything;
        _datasets = datasets;
        _narrowed = narrowed;
        _narrowings = narrowings;
        NarrowedGroups = narrowed.Length == 0 ? [] :
            [.. narrowed.Index().GroupBy(item => narrowings[item.Index])
                .Select(group => (group.Key, group.Select(item => item.Item).ToImmutableArray()))];
    }

    /// <summary>No dataset at all: the scope to start from.</summary>
    public static AccessScope Nothing { get; } = new(false, [], [], []);

    /// <summary>Every dataset, also those made later in the same moment: administrators only.</summary>
    public static AccessScope Everything { get; } = new(true, [], [], []);

    /// <summary>True for administrators: no predicate is needed.</summary>
    public bool IsEverything { get; }

    /// <summary>True when nothing can be seen, of no dataset.</summary>
    public bool IsNothing => !IsEverything && _datasets.Length == 0 && _narrowed.Length == 0;

    /// <summary>Whether there are datasets of which not everything may be seen.</summary>
    public bool IsNarrowed => _narrowed.Length > 0;

    /// <summary>Ids of the datasets that may be seen whole, ascending; empty when <see cref="IsEverything"/>.</summary>
    public ReadOnlySpan<long> Datasets => _datasets;

    /// <summary>Ids of the datasets that may be seen narrowed, ascending.</summary>
    public ReadOnlySpan<long> NarrowedDatasets => _narrowed;

    /// <summary>The narrowed datasets by what is left of them: each narrowing once, in the order of its first dataset.</summary>
    public ImmutableArray<(ScopeNarrowing Narrowing, ImmutableArray<long> Datasets)> NarrowedGroups { get; }

    /// <summary>This scope with at most so many different narrowings: those of the datasets with the least ids.</summary>
    public AccessScope WithNarrowings(int most)
    {
        if (NarrowedGroups.Length <= most) return this;
        return Of(_datasets.Select(id => new DatasetId(id)), Narrowings().Take(most));
    }

    /// <summary>This scope without its narrowed datasets.</summary>
    public AccessScope Whole => !IsNarrowed ? this : _datasets.Length == 0 ? Nothing : new(false, _datasets, [], []);

    /// <summary>Every dataset of which something may be seen, whole ones first; empty when <see cref="IsEverything"/>.</summary>
    public long[] AllDatasets => IsNarrowed ? [.. _datasets, .. _narrowed] : _datasets;

    /// <summary>The datasets as bits. Made once, so that a statement for thousands of datasets costs what one for a few does.</summary>
    /// <param name="withNarrowed">Every dataset of which something may be seen; else the whole ones alone.</param>
    /// <remarks>Empty for <see cref="Everything"/>.</remarks>
    public ScopeBits Bits(bool withNarrowed)
    {
        // Made twice by two threads they are the same.
        if (!IsNarrowed || !withNarrowed) return _wholeBits ??= ScopeBits.Of(_datasets, []);
        return _bits ??= ScopeBits.Of(_datasets, _narrowed);
    }

    /// <summary>Just these datasets.</summary>
    public static AccessScope Of(IEnumerable<DatasetId> datasets)
    {
        var ids = Sorted(datasets);
        return ids.Length == 0 ? Nothing : new(false, ids, [], []);
    }

    /// <summary>These datasets whole, and those narrowed.</summary>
    /// <param name="whole">As they are.</param>
    /// <param name="narrowed">With what is left of them. A dataset that is also among the whole ones is whole; of several narrowings
    /// of one dataset the first counts; one that narrows nothing makes its datasets whole.</param>
    public static AccessScope Of(
        IEnumerable<DatasetId> whole, IEnumerable<(IEnumerable<DatasetId> Datasets, ScopeNarrowing Narrowing)> narrowed)
    {
        ArgumentNullException.ThrowIfNull(narrowed);
        var all = new List<DatasetId>(whole);
        var left = new SortedDictionary<long, ScopeNarrowing>();
        foreach (var (datasets, narrowing) in narrowed)
            foreach (var dataset in datasets)
                left.TryAdd(dataset.Value, narrowing);
        foreach (var (dataset, narrowing) in left)
            if (narrowing.IsNone) all.Add(new(dataset));
        var ids = Sorted(all);
        foreach (var dataset in ids) left.Remove(dataset);
        return ids.Length == 0 && left.Count == 0 ? Nothing : new(false, ids, [.. left.Keys], [.. left.Values]);
    }

    /// <summary>Whether the dataset may be seen whole. Cost: binary search.</summary>
    public bool Contains(DatasetId dataset) => IsEverything || Array.BinarySearch(_datasets, dataset.Value) >= 0;

    /// <summary>Whether something of the dataset may be seen, whole or narrowed. Cost: two binary searches.</summary>
    public bool ContainsAny(DatasetId dataset) => Contains(dataset) || Array.BinarySearch(_narrowed, dataset.Value) >= 0;

    /// <summary>What is left of the dataset; null when it may be seen whole, and when it is not inside.</summary>
    public ScopeNarrowing? NarrowingOf(DatasetId dataset) =>
        Array.BinarySearch(_narrowed, dataset.Value) is >= 0 and var place ? _narrowings[place] : null;

    /// <summary>Whether the other holds the same datasets, narrowed in the same way.</summary>
    public bool IsSameAs(AccessScope other)
    {
        ArgumentNullException.ThrowIfNull(other);
        return ReferenceEquals(this, other) ||
            (IsEverything == other.IsEverything && _datasets.AsSpan().SequenceEqual(other._datasets) &&
                _narrowed.AsSpan().SequenceEqual(other._narrowed) && _narrowings.AsSpan().SequenceEqual(other._narrowings));
    }

    /// <summary>Whether everything of the other lies in this one. Cost: one or two binary searches a dataset.</summary>
    /// <remarks>A narrowed dataset lies in the same one whole, or narrowed in the same way; that one way leaves more than another is not
    /// looked for, and then the answer is no.</remarks>
    public bool Covers(AccessScope other)
    {
        ArgumentNullException.ThrowIfNull(other);
        if (IsEverything || ReferenceEquals(this, other)) return true;
        if (other.IsEverything) return false;
        foreach (var dataset in other._datasets)
            if (Array.BinarySearch(_datasets, dataset) < 0) return false;
        for (var i = 0; i < other._narrowed.Length; i++)
        {
            var dataset = new DatasetId(other._narrowed[i]);
            if (!Contains(dataset) && NarrowingOf(dataset) != other._narrowings[i]) return false;
        }

        return true;
    }

    /// <summary>What lies in this scope or in the other.</summary>
    /// <remarks>A dataset that one of them holds whole is whole. When both narrow it in different ways, this scope's way counts: both at
    /// once would show in one row what neither grants alone.</remarks>
    public AccessScope Or(AccessScope other)
    {
        ArgumentNullException.ThrowIfNull(other);
        if (IsEverything || other.IsEverything) return Everything;
        if (other.IsNothing) return this;
        if (IsNothing) return other;
        return Of(_datasets.Concat(other._datasets).Select(id => new DatasetId(id)), Narrowings().Concat(other.Narrowings()));
    }

    /// <summary>The part of this scope that lies in one dataset: that dataset, as far as it may be seen, or nothing.</summary>
    public AccessScope Within(DatasetId dataset) =>
        Contains(dataset) ? new(false, [dataset.Value], [], [])
        : NarrowingOf(dataset) is { } narrowing ? new(false, [], [dataset.Value], [narrowing])
        : Nothing;

    /// <summary>This scope without some of its datasets; <see cref="Everything"/> stays as it is.</summary>
    public AccessScope Without(Func<DatasetId, bool> isLeftOut)
    {
        ArgumentNullException.ThrowIfNull(isLeftOut);
        if (IsEverything || !Array.Exists(AllDatasets, id => isLeftOut(new(id)))) return this;
        return Of(
            _datasets.Select(id => new DatasetId(id)).Where(dataset => !isLeftOut(dataset)),
            Narrowings().Select(group => (group.Datasets.Where(dataset => !isLeftOut(dataset)), group.Narrowing)));
    }

    private IEnumerable<(IEnumerable<DatasetId> Datasets, ScopeNarrowing Narrowing)> Narrowings() =>
        NarrowedGroups.Select(group => (group.Datasets.Select(id => new DatasetId(id)), group.Narrowing));

    private static long[] Sorted(IEnumerable<DatasetId> datasets)
    {
        var ids = datasets.Select(dataset => dataset.Value).Distinct().ToArray();
        Array.Sort(ids);
        return ids;
    }
}

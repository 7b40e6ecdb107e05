namespace Stoa.Vocabulary;

/// <summary>The datasets that one request may touch: what the policy decided, in the form that goes into the SQL.</summary>
/// <remarks>
/// Immutable. Made by the policy alone, and joined into every statement that reads; nothing is filtered after the fact.
/// The order of <see cref="Datasets"/> is ascending, so that equal scopes give equal statements and parameters.
/// </remarks>
public sealed class AccessScope
{
    private readonly long[] _datasets;

    private AccessScope(bool isEverything, long[] datasets)
    {
        IsEverything = isEverything;
        _datasets = datasets;
    }

    /// <summary>No dataset at all: the scope to start from.</summary>
    public static AccessScope Nothing { get; } = new(false, []);

    /// <summary>Every dataset, also those made later in the same moment: administrators only.</summary>
    public static AccessScope Everything { get; } = new(true, []);

    /// <summary>True for administrators: no predicate is needed.</summary>
    public bool IsEverything { get; }

    /// <summary>True when nothing can be seen.</summary>
    public bool IsNothing => !IsEverything && _datasets.Length == 0;

    /// <summary>The datasets' ids, ascending; empty when <see cref="IsEverything"/>.</summary>
    public ReadOnlySpan<long> Datasets => _datasets;

    /// <summary>Just these datasets.</summary>
    public static AccessScope Of(IEnumerable<DatasetId> datasets)
    {
        var ids = datasets.Select(dataset => dataset.Value).Distinct().ToArray();
        Array.Sort(ids);
        return ids.Length == 0 ? Nothing : new(false, ids);
    }

    /// <summary>Whether the dataset is inside. Cost: binary search.</summary>
    public bool Contains(DatasetId dataset) => IsEverything || Array.BinarySearch(_datasets, dataset.Value) >= 0;

    /// <summary>Whether the other holds the same datasets.</summary>
    public bool IsSameAs(AccessScope other)
    {
        ArgumentNullException.ThrowIfNull(other);
        return ReferenceEquals(this, other) ||
            (IsEverything == other.IsEverything && _datasets.AsSpan().SequenceEqual(other._datasets));
    }

    /// <summary>Whether everything of the other lies in this one. Cost: one binary search a dataset.</summary>
    public bool Covers(AccessScope other)
    {
        ArgumentNullException.ThrowIfNull(other);
        if (IsEverything || ReferenceEquals(this, other)) return true;
        if (other.IsEverything) return false;
        foreach (var dataset in other._datasets)
            if (Array.BinarySearch(_datasets, dataset) < 0) return false;
        return true;
    }

    /// <summary>What lies in this scope or in the other.</summary>
    public AccessScope Or(AccessScope other)
    {
        ArgumentNullException.ThrowIfNull(other);
        if (IsEverything || other.IsEverything) return Everything;
        if (other.IsNothing) return this;
        return IsNothing ? other : Of(_datasets.Concat(other._datasets).Select(id => new DatasetId(id)));
    }

    /// <summary>The part of this scope that lies in one dataset: that dataset or nothing.</summary>
    public AccessScope Within(DatasetId dataset) => Contains(dataset) ? new(false, [dataset.Value]) : Nothing;
}

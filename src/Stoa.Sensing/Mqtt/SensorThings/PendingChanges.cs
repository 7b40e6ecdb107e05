using Stoa.Vocabulary;

namespace Stoa.Sensing.Mqtt.SensorThings;

/// <summary>What happened to the entities of one topic since it was last told. Guarded by the readers' lock.</summary>
internal sealed class PendingChanges
{
    /// <summary>Entities that wait to be told; more are dropped, the oldest first, and counted.</summary>
    internal const int EntitiesMax = 10_000;

    /// <summary>No place among the observations yet.</summary>
    internal const long NotKnown = -1;

    private readonly Dictionary<AccessScope, ulong> _told = new(SameDatasets.Instance);
    private Dictionary<long, ulong>? _derived;

    /// <summary>Ids of entities that were created or changed.</summary>
    internal OrderedDictionary<long, bool> Changed { get; } = [];

    /// <summary>Ids of entities whose derived values may have changed.</summary>
    internal HashSet<long> Derived { get; } = [];

    /// <summary>The greatest id of an observation that was told; new ones are read after it.</summary>
    internal long LastObservation { get; set; } = NotKnown;

    /// <summary>The greatest id of an observation that is to be told.</summary>
    internal long NewestObservation { get; set; }

    /// <summary>Whether the one entity of the topic may have changed.</summary>
    internal bool IsTouched { get; set; }

    internal bool IsQueued { get; set; }

    /// <summary>Between the last read and the next.</summary>
    internal TimeSpan Delay { get; set; }

    /// <summary>When it may be read next, in ticks of the clock.</summary>
    internal long NextRead { get; set; }

    /// <summary>When derived values may be told next.</summary>
    internal long NextDerived { get; set; }

    /// <summary>Whether this text is another than the last told to those of the scope; unknown counts as another.</summary>
    internal bool IsNews(AccessScope scope, ulong hash) => !_told.TryGetValue(scope, out var last) || last != hash;

    internal bool KnowsText => _told.Count > 0;

    internal void Remember(AccessScope scope, ulong hash)
    {
        // Scopes follow one another when rights change; few are in use at a time.
        if (_told.Count >= 64) _told.Clear();
        _told[scope] = hash;
    }

    /// <summary>Whether a set's entity reads otherwise than when it was last told.</summary>
    internal bool IsNews(long id, ulong hash)
    {
        _derived ??= [];
        if (_derived.TryGetValue(id, out var last) && last == hash) return false;
        if (_derived.Count >= EntitiesMax) _derived.Clear();
        _derived[id] = hash;
        return true;
    }
}

/// <summary>Scopes are the same when they hold the same datasets.</summary>
internal sealed class SameDatasets : IEqualityComparer<AccessScope>
{
    internal static readonly SameDatasets Instance = new();

    public bool Equals(AccessScope? x, AccessScope? y) => x is null ? y is null : y is not null && x.IsSameAs(y);

    public int GetHashCode(AccessScope scope)
    {
        var hash = new HashCode();
        hash.Add(scope.IsEverything);
        foreach (var dataset in scope.Datasets) hash.Add(dataset);
        return hash.ToHashCode();
    }
}

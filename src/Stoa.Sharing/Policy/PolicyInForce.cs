using System.Collections.Frozen;
using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using Stoa.Identity.Credentials;
using Stoa.Sharing.Purposes;
using Stoa.Vocabulary;

namespace Stoa.Sharing.Policy;

/// <summary>What is known of a dataset beside what decides about it.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Slug">Its name in addresses.</param>
/// <param name="Spectrum">How open it was described to be; a classification says how open it is.</param>
/// <param name="Owner">The organization that was described as its owner, where there is one.</param>
/// <param name="Licence">SPDX identifier or web address; null where none is known.</param>
public sealed record DatasetEntry(
    DatasetId Id, string Slug, SpectrumClass Spectrum, OrganizationId? Owner, string? Licence = null)
{
    /// <summary>Where the licence can be read; null where none is known.</summary>
    public string? LicenceAddress { get; } = Licence switch
    {
        null => null,
        _ when Uri.TryCreate(Licence, UriKind.Absolute, out var address) && address.Scheme is "http" or "https" => address.AbsoluteUri,
        _ => $"https://spdx.org/licenses/{Uri.EscapeDataString(Licence)}.html",
    };
}

/// <summary>The snapshot by which requests are decided now, the names of its datasets, and what was decided by it. They are put in
/// force together.</summary>
internal sealed class PolicyInForce
{
    private readonly FrozenDictionary<string, DatasetEntry> _bySlug;
    private readonly FrozenDictionary<long, DatasetEntry> _byId;
    private readonly Lazy<PolicyInForce> _stale;
    private readonly IReadOnlySet<SpectrumClass>? _stopped;
    private volatile PolicyInForce? _stopping;

    // Beside the requester and not in a table of our own: the entry goes when the requester goes.
    private readonly ConditionalWeakTable<Requester, Scopes> _scopes = [];

    public PolicyInForce(PolicySnapshot snapshot, IEnumerable<DatasetEntry> datasets)
    {
        Snapshot = snapshot;
        var entries = datasets.ToArray();
        _bySlug = entries.ToFrozenDictionary(entry => entry.Slug, StringComparer.Ordinal);
        _byId = entries.ToFrozenDictionary(entry => entry.Id.Value);
        _stale = new(() => new(this, snapshot.AsStale()));
    }

    private PolicyInForce(PolicyInForce other, PolicySnapshot snapshot, IReadOnlySet<SpectrumClass>? stopped = null)
    {
        Snapshot = snapshot;
        _stopped = stopped;
        (_bySlug, _byId) = (other._bySlug, other._byId);
        _stale = new(this);
    }

    /// <summary>Before anything was read: no dataset, so nothing is allowed.</summary>
    public static PolicyInForce Empty { get; } = new(PolicySnapshot.Empty, []);

    public PolicySnapshot Snapshot { get; }

    /// <summary>The same, when nobody knows any more what was revoked meanwhile.</summary>
    public PolicyInForce Stale => _stale.Value;

    /// <summary>The same, with nothing read of these levels but by administrators.</summary>
    public PolicyInForce Stopping(IReadOnlySet<SpectrumClass> levels)
    {
        // Made twice by two threads they are the same.
        if (_stopping is { } made && ReferenceEquals(made._stopped, levels)) return made;
        return _stopping = new(this, Snapshot, levels);
    }

    /// <summary>How open a dataset is then.</summary>
    public SpectrumClass LevelAt(DatasetId dataset, Instant now) => Snapshot.TryFind(dataset, out var standing)
        ? standing.LevelAt(now)
        : TryFind(dataset, out var entry) ? entry.Spectrum : SpectrumClass.Closed;

    /// <summary>Finds by slug. This is the directory, not the decision: never tell a caller what it says.</summary>
    public bool TryFind(string slug, [MaybeNullWhen(false)] out DatasetEntry dataset) => _bySlug.TryGetValue(slug, out dataset);

    /// <summary>Finds by id; likewise.</summary>
    public bool TryFind(DatasetId id, [MaybeNullWhen(false)] out DatasetEntry dataset) => _byId.TryGetValue(id.Value, out dataset);

    /// <summary>What the requester may read and write then. Cost: one table look-up while what was decided holds.</summary>
    public Scopes ScopesOf(Requester requester, Instant now)
    {
        if (requester.IsAdministrator) return Scopes.Everything;
        var isKnown = _scopes.TryGetValue(requester, out var known);
        // Known: found on the line above. A clock that was set back would make it last longer.
        if (isKnown && now.CompareTo(known!.From) >= 0 && now.CompareTo(known.ValidUntil) < 0) return known;
        var made = Stop(Decide(requester, now, known), now) with { From = now };
        _scopes.AddOrUpdate(requester, made);
        return made;
    }

    /// <summary>The question of a requester, by what his credential and his request say.</summary>
    public DecisionRequest RequestOf(Requester requester, DatasetId dataset, Instant now, Usage? usage = null)
    {
        var use = DeclaredUse.Of(requester, Snapshot.Purposes);
        return RequestOf(requester, dataset, now, use, usage);
    }

    private DecisionRequest RequestOf(Requester requester, DatasetId dataset, Instant now, DeclaredUse use, Usage? usage = null) => new()
    {
        Usage = usage,
        Purpose = use.Purpose,
        Agreement = use.Agreement,
        // A party that is not known here yet, because it was entered a moment ago, is nobody in particular until it is.
        Party = requester.Party is { } party && Snapshot.TryFind(party, out _) ? party : null,
        // A token that names datasets is good for these; what its party holds is for a token that names none.
        WithoutRoles = requester.Binding is not null || (requester.Token is not null && requester.NamesDatasets),
        Strength = StrengthOf(requester),
        Channel = ChannelOf(requester.WayOut),
        Dataset = dataset,
        At = now,
    };

    // What is added is not stopped: sensors do not wait, and what they send would be lost.
    private Scopes Stop(Scopes scopes, Instant now)
    {
        if (_stopped is not { } levels) return scopes;
        bool IsStopped(DatasetId dataset) => levels.Contains(LevelAt(dataset, now));
        return scopes with { Read = scopes.Read.Without(IsStopped), Limited = scopes.Limited.Without(IsStopped) };
    }

    private Scopes Decide(Requester requester, Instant now, Scopes? before)
    {
        var use = DeclaredUse.Of(requester, Snapshot.Purposes);
        if (use.Fault is not null) return Scopes.Nothing(now);
        var subject = RequestOf(requester, default, now, use);
        if (requester.Binding is not null) return Bound(subject, before);
        var seen = Snapshot.ScopeOf(subject);
        var (written, writtenUntil) = subject.Party is null || subject.WithoutRoles
            ? (AccessScope.Nothing, Instant.Max)
            : Snapshot.Scopes.ToAdd(subject);
        var (changed, changedUntil) = written.IsNothing ? (written, writtenUntil) : Snapshot.Scopes.ToCorrect(subject, written);
        var read = seen.ToAccessScope(Granted(requester.ReadableDatasets));
        var (write, change) = Granted(requester.WritableDatasets) is { Count: > 0 } writable
            ? (written.Or(AccessScope.Of(writable)), changed.Or(AccessScope.Of(writable)))
            : (written, changed);
        // The same object where it holds the same, so that what was made for it can be kept.
        if (before is not null && before.Read.IsSameAs(read)) read = before.Read;
        if (before is not null && before.Write.IsSameAs(write)) write = before.Write;
        return new(read, write, Earliest(seen.ValidUntil, writtenUntil, changedUntil))
        {
            Change = change,
            Limited = seen.ToLimitedScope(),
            Agreed = seen.Agreed,
        };
    }

    private static Instant Earliest(params ReadOnlySpan<Instant> ends)
    {
        var first = Instant.Max;
        foreach (var end in ends)
            if (end.CompareTo(first) < 0) first = end;
        return first;
    }

    // Purposes are not mixed: by a token for one use nothing is seen but what its agreement is about.
    private Scopes Bound(DecisionRequest subject, Scopes? before)
    {
        var (seen, until) = Snapshot.Scopes.Under(subject);
        var read = seen.ToAccessScope([]);
        if (before is not null && before.Read.IsSameAs(read)) read = before.Read;
        return new(read, AccessScope.Nothing, until) { Limited = seen.ToLimitedScope() };
    }

    // Naming a dataset in a token is a right of its own, as a grant by hand is. One whose level is of a newer version is for those alone
    // who can set it right.
    private List<DatasetId> Granted(IEnumerable<DatasetId> named) => Snapshot.IsStale
        ? []
        : [.. named.Where(dataset => _byId.TryGetValue(dataset.Value, out var entry) && Enum.IsDefined(entry.Spectrum))];

    /// <summary>What a way out is called in decisions and records.</summary>
    internal static Channel ChannelOf(WayOut way) => way switch
    {
        WayOut.Api => Channel.Api,
        WayOut.Portal => Channel.Portal,
        WayOut.Export => Channel.Export,
        WayOut.Subscription => Channel.Subscription,
        _ => throw new ArgumentOutOfRangeException(nameof(way), way, "Unknown way out."),
    };

    private static Strength StrengthOf(Requester requester) => requester switch
    {
        { IsAnonymous: true } => Strength.None,
        { Token: not null } => Strength.Token,
        { Assurance: Assurance.TwoFactors } => Strength.MultiFactor,
        _ => Strength.Password,
    };
}

/// <summary>What one requester may read and write, and until when that was decided.</summary>
internal sealed record Scopes(AccessScope Read, AccessScope Write, Instant ValidUntil)
{
    /// <summary>When it was decided.</summary>
    public Instant From { get; init; } = Instant.Min;

    /// <summary>In which of those that are written what is there already may be changed and removed.</summary>
    public AccessScope Change { get; init; } = AccessScope.Nothing;

    /// <summary>What may be read besides where its use is counted: at the address of one dataset.</summary>
    public AccessScope Limited { get; init; } = AccessScope.Nothing;

    /// <summary>Under what that is read which an agreement carries.</summary>
    public FrozenDictionary<long, AgreedUse> Agreed { get; init; } = FrozenDictionary<long, AgreedUse>.Empty;

    /// <summary>Of administrators.</summary>
    public static Scopes Everything { get; } = new(AccessScope.Everything, AccessScope.Everything, Instant.Max)
    {
        Change = AccessScope.Everything,
    };

    /// <summary>Of whoever says what cannot be.</summary>
    public static Scopes Nothing(Instant now) =>
        new(AccessScope.Nothing, AccessScope.Nothing, Evaluation.Later(now, Evaluation.LifeMax));
}

using System.Collections.Frozen;
using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using Stoa.Identity.Credentials;
using Stoa.Sharing.Spectrum;
using Stoa.Vocabulary;

namespace Stoa.Sharing.Policy;

/// <summary>What the policy knows of one dataset.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Slug">Its name in addresses.</param>
/// <param name="Spectrum">How open it is.</param>
/// <param name="Owner">The data owner, where one is set.</param>
public sealed record DatasetEntry(DatasetId Id, string Slug, SpectrumClass Spectrum, OrganizationId? Owner);

/// <summary>One immutable snapshot of all datasets. A decision is a pure function of (requester, snapshot).</summary>
public sealed class DatasetDirectory
{
    private readonly FrozenDictionary<string, DatasetEntry> _bySlug;
    private readonly FrozenDictionary<long, DatasetEntry> _byId;

    // Beside the requester and not in a table of our own: the entry goes when the requester goes.
    private readonly ConditionalWeakTable<Requester, Scopes> _scopes = [];

    /// <summary>A snapshot.</summary>
    /// <param name="version">Number of the governance state; grows with every change.</param>
    /// <param name="datasets">Every dataset there is.</param>
    public DatasetDirectory(long version, IEnumerable<DatasetEntry> datasets)
    {
        Version = version;
        var entries = datasets.ToArray();
        _bySlug = entries.ToFrozenDictionary(entry => entry.Slug, StringComparer.Ordinal);
        _byId = entries.ToFrozenDictionary(entry => entry.Id.Value);
    }

    /// <summary>Before anything was read: no dataset, so nothing is allowed.</summary>
    public static DatasetDirectory Empty { get; } = new(-1, []);

    /// <summary>Number of the governance state.</summary>
    public long Version { get; }

    /// <summary>Every dataset, in no order.</summary>
    public IReadOnlyCollection<DatasetEntry> Datasets => _byId.Values;

    /// <summary>Finds by slug. This is the directory, not the decision: never tell a caller what it says.</summary>
    public bool TryFind(string slug, [MaybeNullWhen(false)] out DatasetEntry dataset) =>
        _bySlug.TryGetValue(slug, out dataset);

    /// <summary>Finds by id. This is the directory, not the decision.</summary>
    public bool TryFind(DatasetId id, [MaybeNullWhen(false)] out DatasetEntry dataset) =>
        _byId.TryGetValue(id.Value, out dataset);

    /// <summary>What the requester may read. Cost: one table look-up after the first time.</summary>
    public AccessScope ReadScope(Requester requester) => ScopesOf(requester).Read;

    /// <summary>What the requester may write.</summary>
    public AccessScope WriteScope(Requester requester) => ScopesOf(requester).Write;

    private Scopes ScopesOf(Requester requester) =>
        _scopes.TryGetValue(requester, out var scopes)
            ? scopes
            : _scopes.GetOrAdd(requester, static (who, datasets) => Decide(who, datasets), Datasets);

    private static Scopes Decide(Requester requester, IReadOnlyCollection<DatasetEntry> datasets)
    {
        if (requester.IsAdministrator) return new(AccessScope.Everything, AccessScope.Everything);
        return new(
            AccessScope.Of(datasets
                .Where(dataset => SpectrumRule.MayRead(dataset.Spectrum, Standings.Of(requester, dataset.Id)))
                .Select(dataset => dataset.Id)),
            AccessScope.Of(datasets
                .Where(dataset => SpectrumRule.MayWrite(dataset.Spectrum, Standings.Of(requester, dataset.Id)))
                .Select(dataset => dataset.Id)));
    }

    private sealed record Scopes(AccessScope Read, AccessScope Write);
}

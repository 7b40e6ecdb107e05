using System.Collections.Immutable;
using Stoa.Vocabulary;

namespace Stoa.Identity.Credentials;

/// <summary>Who asks: nobody in particular, or the bearer of an access token with the rights that the token carries.</summary>
/// <remarks>
/// Immutable. What the requester may do with a dataset is not decided here: the policy decides from these facts and the
/// dataset's place on the spectrum. The same token gives the same instance while its rights do not change, so that
/// what is derived from it can be kept beside it.
/// </remarks>
public sealed class Requester
{
    private Requester(
        TokenId? token,
        string name,
        bool isAdministrator,
        ImmutableArray<DatasetId> readable,
        ImmutableArray<DatasetId> writable)
    {
        Token = token;
        Name = name;
        IsAdministrator = isAdministrator;
        ReadableDatasets = readable;
        WritableDatasets = writable;
    }

    /// <summary>Everyone without a credential.</summary>
    public static Requester Anonymous { get; } = new(null, "anonymous", false, [], []);

    /// <summary>The program itself, acting for its operator on this machine: commands, samples, background work.</summary>
    public static Requester Operator { get; } = new(null, "operator", true, [], []);

    /// <summary>The token presented; null for <see cref="Anonymous"/> and <see cref="Operator"/>.</summary>
    public TokenId? Token { get; }

    /// <summary>What the token was named at creation; for logs and records, never for decisions.</summary>
    public string Name { get; }

    /// <summary>May do everything.</summary>
    public bool IsAdministrator { get; }

    /// <summary>Datasets that the token names for reading, ascending; empty for administrators.</summary>
    public ImmutableArray<DatasetId> ReadableDatasets { get; }

    /// <summary>Datasets that the token names for writing, ascending; empty for administrators.</summary>
    public ImmutableArray<DatasetId> WritableDatasets { get; }

    /// <summary>True without a credential.</summary>
    public bool IsAnonymous => Token is null && !IsAdministrator;

    /// <summary>The bearer of a token.</summary>
    public static Requester ForToken(
        TokenId token,
        string name,
        bool isAdministrator,
        IEnumerable<DatasetId> readable,
        IEnumerable<DatasetId> writable) =>
        new(token, name, isAdministrator, Sorted(readable), Sorted(writable));

    /// <summary>Whether the token names the dataset for reading.</summary>
    public bool IsNamedToRead(DatasetId dataset) => Contains(ReadableDatasets, dataset);

    /// <summary>Whether the token names the dataset for writing.</summary>
    public bool IsNamedToWrite(DatasetId dataset) => Contains(WritableDatasets, dataset);

    /// <summary>Whether both carry the same rights under the same name.</summary>
    public bool IsSameAs(Requester other) =>
        Token == other.Token && Name == other.Name && IsAdministrator == other.IsAdministrator &&
        ReadableDatasets.AsSpan().SequenceEqual(other.ReadableDatasets.AsSpan()) &&
        WritableDatasets.AsSpan().SequenceEqual(other.WritableDatasets.AsSpan());

    private static bool Contains(ImmutableArray<DatasetId> datasets, DatasetId dataset) =>
        datasets.AsSpan().BinarySearch(dataset, ByValue.Instance) >= 0;

    private static ImmutableArray<DatasetId> Sorted(IEnumerable<DatasetId> datasets) =>
        [.. datasets.Distinct().OrderBy(dataset => dataset.Value)];

    private sealed class ByValue : IComparer<DatasetId>
    {
        internal static readonly ByValue Instance = new();

        public int Compare(DatasetId x, DatasetId y) => x.Value.CompareTo(y.Value);
    }
}

using System.Collections.Concurrent;
using System.Collections.Immutable;
using Stoa.Identity.Parties;
using Stoa.Vocabulary;

namespace Stoa.Identity.Credentials;

/// <summary>How sure it is who asks.</summary>
public enum Assurance
{
    /// <summary>Nothing was shown.</summary>
    None = 0,

    /// <summary>One thing was shown: a token, or a password.</summary>
    OneFactor = 1,

    /// <summary>Two things were shown, such as a password and a code, or one that holds two, such as a passkey.</summary>
    TwoFactors = 2,
}

/// <summary>For what alone a token is good.</summary>
/// <param name="Agreement">Number of the agreement.</param>
/// <param name="Purpose">Name of the purpose.</param>
public sealed record UseBinding(long Agreement, string Purpose);

/// <summary>Who asks: nobody in particular, the bearer of an access token with the rights that the token carries, or a person who
/// signed in.</summary>
/// <remarks>
/// Immutable. What the requester may do with a dataset is not decided here: the policy decides from these facts and the
/// dataset's place on the spectrum. The same token gives the same instance while its rights do not change, so that
/// what is derived from it can be kept beside it.
/// </remarks>
public sealed class Requester
{
    // Purposes of one caller: few, unless somebody makes them up.
    private const int DeclaringMax = 64;

    private readonly ConcurrentDictionary<(string? Purpose, long? Agreement), Requester> _declaring = new();

    // The same by another way, made when it is first asked for, and of which this was made so.
    private readonly Requester?[] _byWay = new Requester?[4];
    private Requester? _origin;

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

    /// <summary>The token presented; null for <see cref="Anonymous"/>, <see cref="Operator"/> and people who signed in.</summary>
    public TokenId? Token { get; }

    /// <summary>What the token was named at creation; for logs and records, never for decisions.</summary>
    public string Name { get; }

    /// <summary>The person who signed in, or the party that holds the token; null where nobody is known.</summary>
    public PartyId? Party { get; private init; }

    /// <summary>Where the person belongs now, and as what; empty for tokens.</summary>
    public ImmutableArray<Membership> Memberships { get; private init; } = [];

    /// <summary>How sure it is who asks.</summary>
    public Assurance Assurance { get; private init; }

    /// <summary>For what alone the token is good; null for one that is not made for a single use.</summary>
    public UseBinding? Binding { get; private init; }

    /// <summary>What the request says the data are used for, as it says it; null when it says nothing.</summary>
    public string? DeclaredPurpose { get; private init; }

    /// <summary>The agreement by which the request says it is made; null when it says nothing.</summary>
    public long? DeclaredAgreement { get; private init; }

    /// <summary>By which way data are asked for.</summary>
    public WayOut WayOut { get; private init; }

    /// <summary>May do everything.</summary>
    public bool IsAdministrator { get; }

    /// <summary>Datasets that the token names for reading, ascending; empty for administrators.</summary>
    public ImmutableArray<DatasetId> ReadableDatasets { get; }

    /// <summary>Datasets that the token names for writing, ascending; empty for administrators.</summary>
    public ImmutableArray<DatasetId> WritableDatasets { get; }

    /// <summary>Whether the token is good for single datasets, and not for all that its party may do.</summary>
    public bool NamesDatasets => ReadableDatasets.Length > 0 || WritableDatasets.Length > 0;

    /// <summary>True without a credential.</summary>
    public bool IsAnonymous => Token is null && Party is null && !IsAdministrator;

    /// <summary>The bearer of a token.</summary>
    public static Requester ForToken(
        TokenId token,
        string name,
        bool isAdministrator,
        IEnumerable<DatasetId> readable,
        IEnumerable<DatasetId> writable,
        PartyId? holder = null,
        UseBinding? binding = null) =>
        new(token, name, isAdministrator, Sorted(readable), Sorted(writable))
        {
            Party = holder, Assurance = Assurance.OneFactor, Binding = binding,
        };

    /// <summary>The same requester, who says for what a request is made. The same words give the same instance.</summary>
    public Requester Declaring(string? purpose, long? agreement)
    {
        if (purpose is null && agreement is null) return this;
        if (_origin is { } origin) return origin.Declaring(purpose, agreement).By(WayOut);
        if (_declaring.Count >= DeclaringMax) _declaring.Clear();
        return _declaring.GetOrAdd((purpose, agreement), static (use, self) => new(
            self.Token, self.Name, self.IsAdministrator, self.ReadableDatasets, self.WritableDatasets)
        {
            Party = self.Party,
            Memberships = self.Memberships,
            Assurance = self.Assurance,
            Binding = self.Binding,
            DeclaredPurpose = use.Purpose,
            DeclaredAgreement = use.Agreement,
        }, this);
    }

    /// <summary>The same requester, who asks by another way. The same way gives the same instance.</summary>
    public Requester By(WayOut way)
    {
        if (way == WayOut) return this;
        var origin = _origin ?? this;
        if (way == origin.WayOut) return origin;
        ref var known = ref origin._byWay[(int)way];
        if (known is { } made) return made;
        made = new(Token, Name, IsAdministrator, ReadableDatasets, WritableDatasets)
        {
            Party = Party,
            Memberships = Memberships,
            Assurance = Assurance,
            Binding = Binding,
            DeclaredPurpose = DeclaredPurpose,
            DeclaredAgreement = DeclaredAgreement,
            WayOut = way,
            _origin = origin,
        };
        return Interlocked.CompareExchange(ref known, made, null) ?? made;
    }

    /// <summary>A person who signed in. The name is made of the id: names of people do not reach logs.</summary>
    public static Requester ForPerson(
        PartyId person, bool isAdministrator, IEnumerable<Membership> memberships, Assurance assurance) =>
        new(null, $"person {person}", isAdministrator, [], []) { Party = person, Memberships = [.. memberships], Assurance = assurance };

    /// <summary>Whether the person is administrator of an organization, or governs the exchange.</summary>
    public bool Governs(PartyId organization) => IsAdministrator || Memberships.Any(membership =>
        membership.Organization == organization && membership.HeldRoles.HasFlag(MembershipRoles.Administrator));

    /// <summary>Whether the person is data officer or administrator of an organization, or governs the exchange.</summary>
    public bool AnswersFor(PartyId organization) => IsAdministrator || Memberships.Any(membership =>
        membership.Organization == organization && IsAccountable(membership));

    /// <summary>Whether the person is data officer or administrator of any organization, or governs the exchange.</summary>
    public bool AnswersForSome => IsAdministrator || Memberships.Any(IsAccountable);

    /// <summary>Whether the token names the dataset for reading.</summary>
    public bool IsNamedToRead(DatasetId dataset) => Contains(ReadableDatasets, dataset);

    /// <summary>Whether the token names the dataset for writing.</summary>
    public bool IsNamedToWrite(DatasetId dataset) => Contains(WritableDatasets, dataset);

    /// <summary>Whether both carry the same rights under the same name, by whichever way.</summary>
    public bool IsSameAs(Requester other) =>
        Token == other.Token && Party == other.Party && Name == other.Name && IsAdministrator == other.IsAdministrator &&
        Binding == other.Binding && DeclaredPurpose == other.DeclaredPurpose && DeclaredAgreement == other.DeclaredAgreement &&
        Assurance == other.Assurance && Memberships.AsSpan().SequenceEqual(other.Memberships.AsSpan()) &&
        ReadableDatasets.AsSpan().SequenceEqual(other.ReadableDatasets.AsSpan()) &&
        WritableDatasets.AsSpan().SequenceEqual(other.WritableDatasets.AsSpan());

    private static bool IsAccountable(Membership membership) =>
        (membership.HeldRoles & (MembershipRoles.DataOfficer | MembershipRoles.Administrator)) != 0;

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

using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using System.Text.Json;
using Stoa.Identity.Parties;
using Stoa.Sharing.Agreements;
using Stoa.Sharing.Obligations;
using Stoa.Sharing.Parties;
using Stoa.Sharing.Purposes;
using Stoa.Sharing.Recording;
using Stoa.Sharing.Roles;
using Stoa.Sharing.Spectrum;
using Stoa.Vocabulary;
using Party = Stoa.Sharing.Parties.Party;

namespace Stoa.Sharing.Policy;

/// <summary>The state of the world by which decisions are made, indexed by dataset and by party. Immutable.</summary>
/// <remarks>
/// Everything that does not depend on the request is worked out here once: rules and conditions intersected for each
/// dataset, agreements intersected with them, signatures compared, days turned into instants. Cost of making one: about a quarter of a
/// second for 10,000 datasets and 3,000 agreements; a decision then only looks up.
/// </remarks>
internal sealed class PolicySnapshot
{
    /// <summary>Longest line of parties each acting for the next: a service, as many units as may be nested, an
    /// organization.</summary>
    public const int ChainMax = PartyDraft.DepthMax + 2;

    private readonly Dictionary<long, DatasetStanding> _datasets;
    private readonly Dictionary<long, PartyStanding> _parties;
    private readonly Lazy<string> _digest;

    private PolicySnapshot(
        PolicyContent content, PurposeTree purposes, TimeZoneInfo zone, Dictionary<long, DatasetStanding> datasets,
        Dictionary<long, PartyStanding> parties, Dictionary<long, AgreementStanding> agreements)
    {
        Content = content;
        Purposes = purposes;
        Zone = zone;
        _datasets = datasets;
        _parties = parties;
        Agreements = agreements;
        // In the order of the declarations and not of the names: sorting ten thousand datasets takes a second. A test holds
        // the digest of a known content, so that a member that moves is noticed.
        _digest = new(() => DigestOf(Content));
        Scopes = new(this);
    }

    // The same state of the world, known until another time.
    private PolicySnapshot(PolicySnapshot other, Instant? freshUntil)
    {
        Content = other.Content with { FreshUntil = freshUntil };
        Purposes = other.Purposes;
        Zone = other.Zone;
        _datasets = other._datasets;
        _parties = other._parties;
        Agreements = other.Agreements;
        _digest = new(() => DigestOf(Content));
        Scopes = other.Scopes.For(this);
    }

    /// <summary>Before anything was read: nothing is decided.</summary>
    public static PolicySnapshot Empty { get; } = Of(new() { Version = -1, TakenAt = Instant.Min });

    public PolicyContent Content { get; }

    public PurposeTree Purposes { get; }

    public TimeZoneInfo Zone { get; }

    /// <summary>SHA-256 of the content's text; worked out when first asked for.</summary>
    public string Digest => _digest.Value;

    internal Dictionary<long, AgreementStanding> Agreements { get; }

    internal IReadOnlyCollection<DatasetStanding> Datasets => _datasets.Values;

    internal ScopeIndex Scopes { get; }

    /// <summary>The same, without knowing whether anything was revoked since it was read: nothing is decided by it.</summary>
    public PolicySnapshot AsStale() => new(this, Content.TakenAt);

    /// <summary>Whether it grants nothing at any time, because what was revoked is not known.</summary>
    public bool IsStale => Content.FreshUntil is { } fresh && fresh.CompareTo(Content.TakenAt) <= 0;

    /// <summary>The same rules at any time: for asking what a rule would have done.</summary>
    public PolicySnapshot AtAnyTime() => Of(Content with { TakenAt = Instant.Min, FreshUntil = null });

    /// <summary>Reads the content. Throws when the content contradicts itself: it comes from the store, not from a caller.</summary>
    public static PolicySnapshot Of(PolicyContent content)
    {
        var purposes = PurposeTree.Standard.With(content.OwnPurposes) ??
            throw new ArgumentException("The city's own purposes do not fit below the known ones.", nameof(content));
        var zone = TimeZoneInfo.FindSystemTimeZoneById(content.TimeZone);
        var datasets = new DatasetStandings(content, purposes, zone).All();
        var parties = PartiesOf(content);
        var agreements = new Dictionary<long, AgreementStanding>();
        var obligations = content.Obligations.ToLookup(one => one.Agreement);
        var tests = content.CompatibilityTests.Where(test => test.IsCompatible).ToLookup(test => test.Agreement, test => test.To);
        foreach (var agreement in content.Agreements.OrderBy(one => one.Terms.Id.Value))
        {
            var standing = AgreementStanding.Of(
                agreement, [.. obligations[agreement.Terms.Id]], [.. tests[agreement.Terms.Id]], datasets, purposes);
            agreements.Add(agreement.Terms.Id.Value, standing);
            if (parties.TryGetValue(agreement.Terms.Consumer.Value, out var consumer)) consumer.Agreements.Add(standing);
        }

        return new(content, purposes, zone, datasets, parties, agreements);
    }

    /// <summary>What whoever asks so may see of all datasets at once: the decision of each, without asking for each.</summary>
    /// <param name="subject">Who asks, when, for which purpose; its dataset is not looked at.</param>
    public SubjectScope ScopeOf(DecisionRequest subject) => Scopes.Of(subject);

    /// <summary>Whether everyone may have all of the dataset.</summary>
    internal bool IsOpenAt(DatasetId id, Instant at) =>
        _datasets.TryGetValue(id.Value, out var dataset) && dataset.IsPlainlyOpen && dataset.LevelAt(at) == SpectrumClass.Open;

    internal bool TryFind(DatasetId id, [MaybeNullWhen(false)] out DatasetStanding dataset) =>
        _datasets.TryGetValue(id.Value, out dataset);

    internal bool TryFind(PartyId id, [MaybeNullWhen(false)] out PartyStanding party) =>
        _parties.TryGetValue(id.Value, out party);

    private static string DigestOf(PolicyContent content) => Convert.ToHexStringLower(
        SHA256.HashData(JsonSerializer.SerializeToUtf8Bytes(content, SharingJson.Wire.PolicyContent)));

    private static Dictionary<long, PartyStanding> PartiesOf(PolicyContent content)
    {
        var parties = content.Parties.ToDictionary(party => party.Id.Value, party => new PartyStanding(party));
        foreach (var role in content.Roles)
            if (role.State == RoleAssignmentState.Active && parties.TryGetValue(role.Party.Value, out var holder))
                holder.Add(role);
        foreach (var delegation in content.Delegations)
            if (delegation.State == DelegationState.Active && parties.TryGetValue(delegation.To.Value, out var to) &&
                parties.TryGetValue(delegation.From.Value, out var from))
                to.Add(delegation, from);
        foreach (var party in parties.Values) party.Link(parties);
        return parties;
    }
}

/// <summary>An agreement in the form in which it is applied.</summary>
internal sealed class AgreementStanding
{
    private readonly Dictionary<long, AgreedDataset> _datasets = [];

    private AgreementStanding(Agreement agreement) => Agreement = agreement;

    public Agreement Agreement { get; }

    public AgreementTerms Terms => Agreement.Terms;

    public bool IsSigned { get; private init; }

    /// <summary>Until when every undertaking is given; null when one is missing.</summary>
    public Instant? UndertakenUntil { get; private init; }

    public ImmutableArray<Obligation> Suspending { get; private init; } = [];

    public ImmutableArray<ObligationKind> ObligationKinds { get; private init; } = [];

    /// <summary>What was agreed, and what was tested to be compatible with it.</summary>
    public IndexSet Purposes { get; private init; }

    public IEnumerable<long> Datasets => _datasets.Keys;

    public bool IsInForceAt(Instant at) =>
        Agreement.State == AgreementState.Active && Terms.ValidFrom.CompareTo(at) <= 0 && Terms.ValidTo.CompareTo(at) > 0;

    public bool TryFind(DatasetId dataset, [MaybeNullWhen(false)] out AgreedDataset agreed) =>
        _datasets.TryGetValue(dataset.Value, out agreed);

    public static AgreementStanding Of(
        Agreement agreement, ImmutableArray<Obligation> obligations, ImmutableArray<PurposeId> compatible,
        Dictionary<long, DatasetStanding> datasets, PurposeTree purposes)
    {
        var terms = agreement.Terms;
        var agreedPurposes = purposes.Within(terms.Purposes).Or(purposes.Within(compatible));
        var standing = new AgreementStanding(agreement)
        {
            IsSigned = agreement.IsSignedByBoth(),
            UndertakenUntil = agreement.UndertakenUntil(),
            Suspending = [.. obligations.Where(one =>
                one.Suspends && one.State is not (ObligationState.Fulfilled or ObligationState.Waived))],
            ObligationKinds = [.. terms.Obligations.Select(clause => clause.Kind).Distinct().Order()],
            Purposes = agreedPurposes,
        };
        var restriction = new Restriction
        {
            Fields = terms.Fields,
            Granularity = terms.Granularity,
            From = terms.DataFrom,
            Until = terms.DataUntil,
            Area = terms.Area,
            Jurisdictions = terms.Jurisdictions.IsEmpty ? null : terms.Jurisdictions,
            Limits = terms.Limits,
        };
        foreach (var id in terms.Datasets)
            if (datasets.TryGetValue(id.Value, out var dataset))
                standing._datasets[id.Value] = AgreedDataset.Of(restriction, dataset, agreedPurposes, purposes);
        return standing;
    }
}

/// <summary>What an agreement leaves of one of its datasets.</summary>
/// <param name="Narrowing">Intersected with rules and conditions.</param>
/// <param name="IsPersonal">What the clauses name is about people.</param>
internal sealed record AgreedDataset(Narrowing Narrowing, bool IsPersonal)
{
    public static AgreedDataset Of(Restriction restriction, DatasetStanding dataset, in IndexSet agreed, PurposeTree purposes)
    {
        var clauses = Narrowing.Of(restriction, dataset.Layout, purposes).WithPurposes(agreed);
        var narrowing = dataset.Narrowing.And(clauses);
        // Those about people are given only by name. What the clauses name counts, not what rules leave of it: else a rule that
        // takes such a field away would let the rest through a check of the law.
        var isPersonal = dataset.Source.IsSpecial ||
            (restriction.Fields is not null && clauses.Fields.Overlaps(dataset.Layout.Personal));
        return new(restriction.Fields is null ? narrowing.WithoutFields(dataset.Layout.Personal) : narrowing, isPersonal);
    }
}

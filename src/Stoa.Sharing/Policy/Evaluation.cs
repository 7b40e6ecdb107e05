using System.Collections.Immutable;
using Stoa.Sharing.Agreements;
using Stoa.Sharing.Parties;
using Stoa.Sharing.Purposes;
using Stoa.Sharing.Roles;
using Stoa.Sharing.Spectrum;
using Stoa.Vocabulary;

namespace Stoa.Sharing.Policy;

/// <summary>One run through the gates. Lives on the stack and is used once.</summary>
internal ref partial struct Evaluation
{
    /// <summary>How far the clock of a request may stand before the reading of the policy: clocks of nodes differ a little.</summary>
    internal static readonly TimeSpan ClockTolerance = TimeSpan.FromSeconds(30);

    /// <summary>Longest life of a decision: streams are decided again at least as often.</summary>
    internal static readonly TimeSpan LifeMax = TimeSpan.FromSeconds(60);

    private readonly DecisionRequest _request;
    private readonly PolicySnapshot _snapshot;
    private readonly Instant _at;
    private readonly DatasetStanding? _dataset;
    private readonly PartyStanding? _party;
    private readonly Capacity? _capacity;

    private SpectrumClass _level;
    private bool _isByRole;
    private bool _isReadByOffice;
    private AgreementStanding? _agreement;
    private AgreedDataset? _agreed;
    private int _purpose;
    private PurposeId? _purposeId;
    private IndexSet _fields;
    private bool _isReduced;
    private long _from;
    private long _until;
    private BoundingBox? _area;
    private Granularity _granularity;
    private Instant _validUntil;

    private Gate? _failed;
    private Outcome _outcome;
    private List<Reason>? _reasons;

    /// <param name="request">What is asked.</param>
    /// <param name="snapshot">The state of the world.</param>
    /// <param name="party">Who asks; null for nobody, and for a party that is not known.</param>
    /// <param name="capacity">As whom.</param>
    public Evaluation(DecisionRequest request, PolicySnapshot snapshot, PartyStanding? party = null, Capacity? capacity = null)
    {
        _request = request;
        _snapshot = snapshot;
        _at = request.At;
        snapshot.TryFind(request.Dataset, out _dataset);
        _party = party;
        _capacity = capacity;
        _purpose = -1;
        _purposeId = request.Purpose;
        _level = _dataset?.LevelAt(_at) ?? SpectrumClass.Closed;
        _validUntil = Later(_at, LifeMax);
        if (party is not null) EndsAt(party.CapacitiesAt(_at).Until);
    }

    public Decision Run()
    {
        for (var gate = Gate.Integrity; gate <= Gate.Obligations; gate++)
        {
            if (gate > Gate.Block && _dataset is null) break;
            if (Passes(gate)) continue;
            _failed ??= gate;
            // Without a policy there is nothing to go on with.
            if (!_request.Explain || _outcome == Outcome.Indeterminate && gate == Gate.Integrity) break;
        }

        // Told after identity, as what is there is told after identity: absent and hidden go the same way.
        if (_dataset is null && (_failed is null || (_request.Explain && _failed != Gate.Integrity)))
        {
            Fail(ReasonCode.S4DatasetUnknown);
            _failed ??= Gate.Integrity;
        }

        return _failed is null ? Permit() : Refuse();
    }

    private bool Passes(Gate gate) => gate switch
    {
        Gate.Integrity => Integrity(),
        Gate.Identity => Identity(),
        Gate.Block => Blocked(),
        Gate.Level => Level(),
        Gate.Agreement => Agreed(),
        Gate.Purpose => Purpose(),
        Gate.Law => Law(),
        Gate.Minimisation => Minimisation(),
        Gate.Aggregation => Aggregation(),
        Gate.Limits => Limits(),
        Gate.Risk => Risk(),
        Gate.Obligations => true,
        _ => throw new ArgumentOutOfRangeException(nameof(gate), gate, "Unknown gate."),
    };

    private readonly PartyStanding[] Chain => _capacity?.Chain ?? [];

    private bool Sees => _request.Action == DataAction.See;

    /// <summary>What applies: the agreement's share where one was found, the rules alone for who holds a role.</summary>
    private Narrowing Narrowing => _isByRole ? Dataset.Rules : _agreed?.Narrowing ?? Dataset.Narrowing;

    private DatasetStanding Dataset => _dataset ?? throw new InvalidOperationException("Asked about nothing.");

    private bool Integrity()
    {
        if (_snapshot.Content.Version < 0) return Fail(ReasonCode.S1PolicyNotLoaded);
        if (Later(_at, ClockTolerance).CompareTo(_snapshot.Content.TakenAt) < 0) return Fail(ReasonCode.S2ClockUnsound);
        if (_snapshot.Content.FreshUntil is not { } fresh) return true;
        EndsAt(fresh);
        return fresh.CompareTo(_at) > 0 || Fail(ReasonCode.S3PolicyStale);
    }

    private bool Identity()
    {
        if (_request.Party is null) return !NeedsIdentity || Fail(ReasonCode.I1NotIdentified);
        if (_party is null) return Fail(ReasonCode.I2PartyUnknown);
        if (_party.IsChainBroken) return Fail(ReasonCode.I3PartyNotActive);
        foreach (var party in Chain)
            if (party.Party.Status is not (PartyStatus.Active or PartyStatus.Suspended))
                return Fail(ReasonCode.I3PartyNotActive);
        if (_request.CredentialUntil is { } until)
        {
            if (until.CompareTo(_at) <= 0) return Fail(ReasonCode.I4CredentialExpired);
            EndsAt(until);
        }

        // Whoever is suspended is told so, by the next gate, whatever the dataset asks for: else the answer would tell that it is there.
        return _dataset is null || IsSuspended || _request.Strength >= _dataset.Narrowing.Strength ||
            Fail(ReasonCode.I5StrengthTooLow);
    }

    private readonly bool IsSuspended => Array.Exists(Chain, party => party.Party.Status == PartyStatus.Suspended);

    private bool NeedsIdentity =>
        _dataset is null || _level != SpectrumClass.Open || _dataset.OwnLevel != SpectrumClass.Open ||
        !Sees || _dataset.Narrowing.Categories != uint.MaxValue || _dataset.Narrowing.Strength > Strength.None;

    private bool Blocked()
    {
        if (IsSuspended) return Fail(ReasonCode.B2PartySuspended);
        if (_dataset is null) return true;
        // The owner can always close, and what is recorded goes on being recorded.
        if (_request.Action is DataAction.SetLevel) return true;
        var blocked = Block();
        if (blocked is not { } code) return true;
        if (!IsInEmergency()) return Fail(code);
        Note(ReasonCode.B7LiftedByEmergency);
        return true;
    }

    private readonly ReasonCode? Block()
    {
        var dataset = _dataset;
        if (dataset is null) return null;
        if (dataset.IsFrozen) return ReasonCode.B1DatasetFrozen;
        foreach (var block in dataset.Blocks)
            if (block.Party is not { } party || HasInChain(party))
                return block.Kind == BlockKind.Incident ? ReasonCode.B3Incident : ReasonCode.B4Restricted;
        // A rule that nothing leaves does not stop what comes in.
        return _request.Action is DataAction.Add or DataAction.Correct ? null : dataset.Prohibition;
    }

    private bool IsInEmergency()
    {
        foreach (var emergency in Dataset.Emergencies)
        {
            if (emergency.Until.CompareTo(_at) <= 0) continue;
            foreach (var party in emergency.Parties)
            {
                if (!HasInChain(party)) continue;
                EndsAt(emergency.Until);
                return true;
            }
        }

        return false;
    }

    private readonly bool HasInChain(PartyId id)
    {
        if (_party is null) return false;
        foreach (var party in Chain)
            if (party.Party.Id == id) return true;
        return false;
    }

    private bool Minimisation()
    {
        if (!Sees) return true;
        var narrowing = Narrowing;
        _from = Math.Max(narrowing.From, _request.From?.UnixMicroseconds ?? long.MinValue);
        _until = Math.Min(narrowing.Until, _request.Until?.UnixMicroseconds ?? long.MaxValue);
        if (_from >= _until) return Fail(ReasonCode.M3WindowEmpty);
        _granularity = narrowing.Granularity.And(_request.Granularity);
        if (!HasFields(narrowing)) return Fail(ReasonCode.M1NoFieldLeft);
        if (_isReduced) Note(ReasonCode.M2FieldsReduced);
        if (_granularity != _request.Granularity) Note(ReasonCode.M4Coarsened);
        return true;
    }

    private bool HasFields(Narrowing narrowing)
    {
        var layout = Dataset.Layout;
        // A dataset that does not describe its fields is given whole or, when some are asked for or left out, not at all.
        if (!layout.IsDescribed) return _request.Fields is null && narrowing.Fields == IndexSet.All;
        var allowed = narrowing.Fields.And(layout.Everything);
        if (!_isByRole)
        {
            if (_agreed is null) allowed = allowed.Without(layout.Personal);
            foreach (var (field, purposes) in layout.Needs)
                if (_purpose < 0 || !purposes.Contains(_purpose)) allowed = allowed.Without(IndexSet.Empty.With(field));
        }

        var asked = _request.Fields is { } names ? layout.Of(names) : layout.Everything;
        _fields = allowed.And(asked);
        _isReduced = _fields != asked || (_request.Fields is { } all && _fields.Count < all.Length);
        return !_fields.IsEmpty;
    }

    // The place of disclosure control. Until it is there, what needs it is refused.
    private bool Aggregation() =>
        !Sees || _granularity.CellMinimum <= 1 || Fail(ReasonCode.A1AggregationNotAvailable);

    private bool Limits()
    {
        if (!Sees) return true;
        var narrowing = Narrowing;
        if (!narrowing.Admits(_request.Channel)) return Fail(ReasonCode.Q6Channel);
        if (narrowing.Hours.Length > 0 && !IsHour(narrowing.Hours)) return Fail(ReasonCode.Q3Hours);
        _area = Policy.Narrowing.And(narrowing.Area, _request.Area);
        if (_area is { IsEmpty: true }) return Fail(ReasonCode.Q4Area);
        if (narrowing.Limits.IsNone) return true;
        if (_request.Usage is not { } usage) return Fail(ReasonCode.Q5UsageNotEstablished);
        if (narrowing.Limits.RequestsPerMinute is > 0 and var requests && usage.RequestsInMinute >= requests)
            return Fail(ReasonCode.Q1Rate);
        return narrowing.Limits.RowsPerDay is not (> 0 and var rows) || usage.RowsToday < rows || Fail(ReasonCode.Q2Volume);
    }

    private bool IsHour(ImmutableArray<DayHours> hours)
    {
        var local = TimeZoneInfo.ConvertTime(_at.ToDateTimeOffset(), _snapshot.Zone);
        var minute = local.Hour * 60 + local.Minute;
        foreach (var span in hours)
            if (!span.Contains(minute)) return false;
        // Asked again with the next minute: that is as finely as hours are counted.
        EndsAt(new(_at.UnixMicroseconds - Mod(_at.UnixMicroseconds, 60_000_000) + 60_000_000));
        return true;
    }

    private bool Risk()
    {
        if (!Sees || _isByRole) return true;
        var appetite = Dataset.RiskAppetite;
        foreach (var party in Chain)
            if (party.Party.RiskAppetite is { } own && own < appetite) appetite = own;
        if (Dataset.Source.ResidualRisk <= appetite) return true;
        if (Dataset.Source.RiskAcceptedUntil is not { } until || until.CompareTo(_at) <= 0)
            return Fail(ReasonCode.R1RiskNotAccepted);
        EndsAt(until);
        return true;
    }

    private Decision Permit()
    {
        var obligations = Sees ? _agreement?.ObligationKinds ?? [] : [];
        if (!obligations.IsEmpty) Note(ReasonCode.O1ObligationsAttached);
        var layout = Dataset.Layout;
        return new()
        {
            Outcome = Outcome.Permit,
            Reasons = _reasons is null ? [] : [.. _reasons],
            Version = _snapshot.Content.Version,
            Grant = new()
            {
                Dataset = _request.Dataset,
                Fields = !Sees || !layout.IsDescribed || _fields == layout.Everything ? null : layout.NamesOf(_fields),
                Granularity = _granularity,
                From = !Sees || _from == long.MinValue ? null : new(_from),
                Until = !Sees || _until == long.MaxValue ? null : new(_until),
                Area = _area,
                Purpose = _purpose < 0 ? null : _purposeId,
                Agreement = _agreement?.Terms.Id,
                Obligations = obligations,
                Limits = Sees ? Narrowing.Limits : default,
                IsReadByOffice = _isReadByOffice,
                ValidUntil = _validUntil,
            },
        };
    }

    private readonly Decision Refuse() => new()
    {
        Outcome = _outcome,
        Gate = _failed,
        Reasons = _reasons is null ? [] : [.. _reasons],
        Version = _snapshot.Content.Version,
        IsOutsider = IsOutsider(),
    };

    private readonly bool IsOutsider()
    {
        if (_dataset is null) return true;
        if (_dataset.IsListedAt(_at)) return false;
        if (_party is null || _party.IsChainBroken || IsNamed()) return _party is null || _party.IsChainBroken;
        foreach (var party in Chain)
        {
            if (!_request.WithoutRoles)
            {
                if (party.RolesFor(_request.Dataset).Count > 0) return false;
                foreach (var (delegation, _) in party.Delegations)
                    if (delegation.Dataset == _request.Dataset) return false;
            }

            foreach (var agreement in party.Agreements)
                if (agreement.Agreement.State is not (AgreementState.Draft or AgreementState.Closed) &&
                    agreement.TryFind(_request.Dataset, out _)) return false;
        }

        return true;
    }

    private bool Fail(ReasonCode code, string? about = null)
    {
        var kind = ReasonCodes.Of(code).Kind;
        var isFirst = _failed is null;
        if (isFirst)
            _outcome = kind switch
            {
                ReasonKind.Indeterminate => Outcome.Indeterminate,
                ReasonKind.NotApplicable => Outcome.NotApplicable,
                _ => Outcome.Deny,
            };
        _reasons ??= [];
        // What decided stands first; notes of gates before it follow.
        if (isFirst) _reasons.Insert(0, new(code, about));
        else _reasons.Add(new(code, about));
        return false;
    }

    private void Note(ReasonCode code, string? about = null) => (_reasons ??= []).Add(new(code, about));

    private void EndsAt(Instant end)
    {
        if (end.CompareTo(_validUntil) < 0) _validUntil = new(end.UnixMicroseconds);
    }

    internal static Instant Later(Instant time, TimeSpan span) =>
        new(Math.Min(time.UnixMicroseconds + (long)span.TotalMicroseconds, Instant.Max.UnixMicroseconds));

    private static long Mod(long value, long by) => (value % by + by) % by;
}

/// <summary>Words of roles, as reasons name them.</summary>
internal static class RoleWords
{
    private static readonly string[] Words =
        ["creator", "owner", "custodian", "primaryPublisher", "secondaryPublisher", "user"];

    public static string Of(DataRole role) => Words[(int)role];
}

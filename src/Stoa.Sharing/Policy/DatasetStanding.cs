using System.Collections.Immutable;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;
using Stoa.Sharing.Parties;
using Stoa.Sharing.Purposes;
using Stoa.Sharing.Recording;
using Stoa.Sharing.Roles;
using Stoa.Sharing.Spectrum;
using Stoa.Vocabulary;

namespace Stoa.Sharing.Policy;

/// <summary>A dataset in the form in which it is decided about. Immutable.</summary>
internal sealed record DatasetStanding
{
    public required GovernedDataset Source { get; init; }

    public required FieldLayout Layout { get; init; }

    /// <summary>The level of the classification; closed without one.</summary>
    public SpectrumClass OwnLevel { get; init; }

    /// <summary>The least open of the classification, the bound of a derived dataset and the caps of rules.</summary>
    public SpectrumClass Level { get; init; }

    public ReviewClock Review { get; init; } = ReviewClock.Never;

    public bool IsFrozen { get; init; }

    public ImmutableArray<PartyId> Named { get; init; } = [];

    public ImmutableArray<GroupCriterion> Criteria { get; init; } = [];

    public TermsReference? Terms { get; init; }

    /// <summary>What the rules of city and owner leave: for those who hold a role.</summary>
    public Narrowing Rules { get; init; } = Narrowing.None;

    /// <summary>What rules and the classification's conditions leave: for everyone else.</summary>
    public Narrowing Narrowing { get; init; } = Narrowing.None;

    /// <summary>The rule that lets nothing leave; null without one.</summary>
    public ReasonCode? Prohibition { get; init; }

    public ImmutableArray<Block> Blocks { get; init; } = [];

    public ImmutableArray<Emergency> Emergencies { get; init; } = [];

    public ImmutableArray<Exemption> Exemptions { get; init; } = [];

    public int Creators { get; init; }

    /// <summary>The lower of the city's and the owner's.</summary>
    public int RiskAppetite { get; init; }

    /// <summary>Equal for datasets about which everyone without a role or an agreement gets the same decision; null below
    /// the level public, where nobody gets one without.</summary>
    public string? Group { get; init; }

    public DatasetId Id => Source.Id;

    /// <summary>Nothing but the level speaks, and it says that anyone may have all of it, until a missed review lapses.</summary>
    public bool IsPlainlyOpen =>
        Level == SpectrumClass.Open && OwnLevel == SpectrumClass.Open && !IsFrozen && Prohibition is null &&
        Blocks.IsEmpty && Source.ResidualRisk == 0 && ReferenceEquals(Narrowing, Narrowing.None) && Layout.Needs.IsEmpty;

    /// <summary>The level in force: a review missed for too long takes it down.</summary>
    public SpectrumClass LevelAt(Instant now) =>
        Level > SpectrumClass.SharedSpecific && Review.At(now) == ReviewStanding.Lapsed ? SpectrumClass.SharedSpecific : Level;

    public bool IsListedAt(Instant now) => Source.IsListed || LevelAt(now) >= SpectrumClass.SharedPublic;
}

/// <summary>Works the content out for each dataset.</summary>
internal sealed class DatasetStandings
{
    private readonly PolicyContent _content;
    private readonly PurposeTree _purposes;
    private readonly TimeZoneInfo _zone;
    private readonly Dictionary<ImmutableArray<DatasetField>, FieldLayout> _layouts = new(ByFields.Instance);
    private readonly Dictionary<(Restriction, FieldLayout), Narrowing> _narrowings = new(ByReference.Instance);
    private readonly StringBuilder _group = new();

    public DatasetStandings(PolicyContent content, PurposeTree purposes, TimeZoneInfo zone)
    {
        _content = content;
        _purposes = purposes;
        _zone = zone;
    }

    public Dictionary<long, DatasetStanding> All()
    {
        var classifications = new Dictionary<long, Classification>();
        foreach (var one in _content.Classifications)
        {
            if (one.State is not (ClassificationState.Effective or ClassificationState.Frozen)) continue;
            ref var kept = ref CollectionsMarshal.GetValueRefOrAddDefault(classifications, one.Dataset.Value, out var exists);
            // Two in force would be a fault of the store: the one that lets less through counts, a frozen one before all.
            if (!exists || one.State == ClassificationState.Frozen ||
                (kept?.State != ClassificationState.Frozen && one.Level < kept?.Level))
                kept = one;
        }

        var roles = _content.Roles.Where(role => role.State == RoleAssignmentState.Active).ToLookup(role => role.Dataset.Value);
        var appetites = _content.Parties.ToDictionary(party => party.Id, party => party.RiskAppetite);
        var datasets = new Dictionary<long, DatasetStanding>(_content.Datasets.Length);
        foreach (var dataset in _content.Datasets)
        {
            PartyId? owner = roles[dataset.Id.Value].FirstOrDefault(role => role.Role == DataRole.Owner)?.Party;
            var classification = classifications.GetValueOrDefault(dataset.Id.Value);
            var standing = StandingOf(dataset, classification, owner) with
            {
                Creators = roles[dataset.Id.Value]
                    .Where(role => role.Role == DataRole.Creator).Select(role => role.Party).Distinct().Count(),
                RiskAppetite = Math.Min(
                    _content.RiskAppetite, owner is { } id ? appetites.GetValueOrDefault(id) ?? int.MaxValue : int.MaxValue),
            };
            datasets.Add(dataset.Id.Value, standing with { Group = GroupOf(standing, classification, owner) });
        }

        return datasets;
    }

    private DatasetStanding StandingOf(GovernedDataset dataset, Classification? classification, PartyId? owner)
    {
        var layout = LayoutOf(dataset);
        var level = classification?.Level ?? SpectrumClass.Closed;
        var capped = dataset.LevelMax is { } bound && bound < level ? bound : level;
        var rules = Narrowing.None;
        ReasonCode? prohibition = null;
        foreach (var rule in _content.Rules)
        {
            if (!rule.Reaches(dataset, owner)) continue;
            if (rule.LevelMax is { } max && max < capped) capped = max;
            // The city's comes first where both prohibit.
            if (rule.Prohibits && prohibition != ReasonCode.B5CityProhibits)
                prohibition = rule.Layer == PolicyLayer.City ? ReasonCode.B5CityProhibits : ReasonCode.B6MemberProhibits;
            rules = rules.And(NarrowingOf(rule.Restriction, layout));
        }

        var conditions = classification is null ? Narrowing.None : NarrowingOf(classification.Conditions, layout);
        return new()
        {
            Source = dataset,
            Layout = layout,
            OwnLevel = level,
            Level = capped,
            Review = ReviewClock.Of(classification?.ReviewBy, _zone, _content.ReviewGraceDays),
            IsFrozen = classification is { State: ClassificationState.Frozen },
            Named = classification?.Named ?? [],
            Criteria = classification?.Criteria ?? [],
            Terms = classification?.Terms,
            Rules = rules,
            Narrowing = rules.And(conditions),
            Prohibition = prohibition,
            Blocks = [.. _content.Blocks.Where(block =>
                block.LiftedAt is null && (block.Dataset is null || block.Dataset == dataset.Id))],
            Emergencies = [.. _content.Emergencies.Where(one =>
                one.Datasets.IsDefaultOrEmpty || one.Datasets.Contains(dataset.Id))],
            Exemptions = [.. _content.Exemptions.Where(one => one.Dataset == dataset.Id)],
        };
    }

    private string? GroupOf(DatasetStanding standing, Classification? classification, PartyId? owner)
    {
        if (standing.Level < SpectrumClass.SharedPublic || standing.IsPlainlyOpen || classification is null) return null;
        var source = standing.Source;
        _group.Clear().Append(CultureInfo.InvariantCulture,
            $"{standing.OwnLevel} {standing.Level} {standing.Review} {standing.Terms} {standing.IsFrozen} {source.ResidualRisk} ")
            .Append(CultureInfo.InvariantCulture, $"{source.RiskAcceptedUntil} {standing.RiskAppetite} {standing.Layout.Number} ");
        if (!IsNone(classification.Conditions))
            _group.Append(JsonSerializer.Serialize(classification.Conditions, SharingJson.Wire.Restriction));
        for (var i = 0; i < _content.Rules.Length; i++)
            if (_content.Rules[i].Reaches(source, owner)) _group.Append(CultureInfo.InvariantCulture, $" {i}");
        // What speaks of this dataset alone puts it apart.
        if (standing.Blocks.Any(block => block.Dataset is not null) ||
            standing.Emergencies.Any(one => !one.Datasets.IsDefaultOrEmpty) ||
            standing.Exemptions.Length > 0)
            _group.Append(CultureInfo.InvariantCulture, $" only {source.Id}");
        return _group.ToString();
    }

    private FieldLayout LayoutOf(GovernedDataset dataset)
    {
        if (!_layouts.TryGetValue(dataset.Fields, out var layout))
            _layouts[dataset.Fields] = layout = new(_layouts.Count, dataset.Fields, _purposes);
        return layout;
    }

    private Narrowing NarrowingOf(Restriction restriction, FieldLayout layout)
    {
        if (ReferenceEquals(restriction, Restriction.None) || IsNone(restriction)) return Narrowing.None;
        if (!_narrowings.TryGetValue((restriction, layout), out var narrowing))
            _narrowings[(restriction, layout)] = narrowing = Narrowing.Of(restriction, layout, _purposes);
        return narrowing;
    }

    // What comes from a text is equal to nothing by reference.
    private static bool IsNone(Restriction restriction) => restriction is
    {
        Fields: null, FieldsLeftOut.IsEmpty: true, Granularity.IsFine: true, From: null, Until: null, Area: null, Purposes: null,
        PurposesLeftOut.IsEmpty: true, Jurisdictions: null, Categories: null, Channels: null, Hours: null, Limits.IsNone: true,
        StrengthMin: Strength.None,
    };

    private sealed class ByFields : IEqualityComparer<ImmutableArray<DatasetField>>
    {
        internal static readonly ByFields Instance = new();

        public bool Equals(ImmutableArray<DatasetField> x, ImmutableArray<DatasetField> y)
        {
            if (x.Length != y.Length) return false;
            for (var i = 0; i < x.Length; i++)
                if (x[i].Name != y[i].Name || x[i].Personal != y[i].Personal ||
                    !x[i].NeededFor.OrEmpty().AsSpan().SequenceEqual(y[i].NeededFor.OrEmpty().AsSpan())) return false;
            return true;
        }

        public int GetHashCode(ImmutableArray<DatasetField> fields)
        {
            var hash = default(HashCode);
            foreach (var field in fields) hash.Add(field.Name, StringComparer.Ordinal);
            return hash.ToHashCode();
        }
    }

    private sealed class ByReference : IEqualityComparer<(Restriction, FieldLayout)>
    {
        internal static readonly ByReference Instance = new();

        public bool Equals((Restriction, FieldLayout) x, (Restriction, FieldLayout) y) =>
            ReferenceEquals(x.Item1, y.Item1) && ReferenceEquals(x.Item2, y.Item2);

        public int GetHashCode((Restriction, FieldLayout) pair) =>
            HashCode.Combine(
                System.Runtime.CompilerServices.RuntimeHelpers.GetHashCode(pair.Item1),
                System.Runtime.CompilerServices.RuntimeHelpers.GetHashCode(pair.Item2));
    }
}

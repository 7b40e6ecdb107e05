using System.Collections.Immutable;
using Stoa.Sharing.Parties;
using Stoa.Sharing.Purposes;
using Stoa.Sharing.Recording;
using Stoa.Vocabulary;

namespace Stoa.Sharing.Policy;

/// <summary>The fields of a dataset with their places as bits. Datasets of the same fields share one.</summary>
internal sealed class FieldLayout
{
    private readonly Dictionary<string, int> _places;

    public FieldLayout(int number, ImmutableArray<DatasetField> fields, PurposeTree purposes)
    {
        Number = number;
        Names = [.. fields.Select(field => field.Name)];
        _places = new(StringComparer.Ordinal);
        var needs = new List<(int, IndexSet)>();
        for (var i = 0; i < fields.Length; i++)
        {
            _places[fields[i].Name] = i;
            if (IsPersonal(fields, i)) Personal = Personal.With(i);
            if (fields[i].Personal != Policy.Personal.None || fields[i].NeededFor.OrEmpty().Length > 0)
                needs.Add((i, purposes.Within(fields[i].NeededFor.OrEmpty())));
        }

        Everything = IndexSet.UpTo(fields.Length);
        Needs = [.. needs];
    }

    /// <summary>Its place among those of the snapshot.</summary>
    public int Number { get; }

    public ImmutableArray<string> Names { get; }


    /// <summary>Fields that not every purpose needs, with those that do.</summary>
    public ImmutableArray<(int Field, IndexSet Purposes)> Needs { get; }

    public IndexSet Everything { get; }

    public IndexSet Personal { get; }

    public bool IsDescribed => Names.Length > 0;

    // Who gets a field gets what lies below it: one is about people when one below it is.
    private static bool IsPersonal(ImmutableArray<DatasetField> fields, int at)
    {
        if (fields[at].Personal == Policy.Personal.Personal) return true;
        var below = fields[at].Name + "/";
        foreach (var field in fields)
            if (field.Personal == Policy.Personal.Personal && field.Name.StartsWith(below, StringComparison.Ordinal)) return true;
        return false;
    }

    /// <summary>The places of those names that it has; others are left aside.</summary>
    public IndexSet Of(ImmutableArray<string> names)
    {
        var set = IndexSet.Empty;
        foreach (var name in names)
            if (name is not null && _places.TryGetValue(name, out var place)) set = set.With(place);
        return set;
    }

    public ImmutableArray<string> NamesOf(in IndexSet set)
    {
        var names = ImmutableArray.CreateBuilder<string>(set.Count);
        for (var i = 0; i < Names.Length; i++)
            if (set.Contains(i)) names.Add(Names[i]);
        return names.MoveToImmutable();
    }
}

/// <summary>A <see cref="Restriction"/> for one dataset, in the form in which it is applied. Immutable.</summary>
internal sealed record Narrowing
{
    public static Narrowing None { get; } = new();

    public IndexSet Fields { get; private init; } = IndexSet.All;

    public Granularity Granularity { get; private init; }

    public long From { get; private init; } = long.MinValue;

    public long Until { get; private init; } = long.MaxValue;

    public BoundingBox? Area { get; private init; }

    /// <summary>Whether a purpose must be declared.</summary>
    public bool IsPurposeBound { get; private init; }

    public IndexSet Purposes { get; private init; } = IndexSet.All;

    public IndexSet PurposesLeftOut { get; private init; }

    public ImmutableArray<string>? Jurisdictions { get; private init; }

    public uint Categories { get; private init; } = uint.MaxValue;

    public uint Channels { get; private init; } = uint.MaxValue;

    public ImmutableArray<DayHours> Hours { get; private init; } = [];

    public RateLimits Limits { get; private init; }

    public Strength Strength { get; private init; }

    public bool IsWindowEmpty => From >= Until;

    public static Narrowing Of(Restriction restriction, FieldLayout layout, PurposeTree tree)
    {
        if (ReferenceEquals(restriction, Restriction.None)) return None;
        var leftOut = tree.Within(restriction.PurposesLeftOut);
        var fields = restriction.Fields is { } names ? layout.Of(names) : IndexSet.All;
        return new()
        {
            Fields = fields.Without(layout.Of(restriction.FieldsLeftOut)),
            Granularity = restriction.Granularity,
            From = restriction.From?.UnixMicroseconds ?? long.MinValue,
            Until = restriction.Until?.UnixMicroseconds ?? long.MaxValue,
            Area = restriction.Area,
            IsPurposeBound = restriction.Purposes is not null || restriction.PurposesLeftOut.Length > 0,
            Purposes = (restriction.Purposes is { } purposes ? tree.Within(purposes) : IndexSet.All).Without(leftOut),
            PurposesLeftOut = leftOut,
            Jurisdictions = restriction.Jurisdictions,
            Categories = restriction.Categories is { } categories ? Mask(categories) : uint.MaxValue,
            Channels = restriction.Channels is { } channels ? Mask(channels) : uint.MaxValue,
            Hours = restriction.Hours is { } hours ? [hours] : [],
            Limits = restriction.Limits,
            Strength = restriction.StrengthMin,
        };
    }

    /// <summary>What both leave: never more than either.</summary>
    public Narrowing And(Narrowing other)
    {
        if (ReferenceEquals(this, None)) return other;
        if (ReferenceEquals(other, None)) return this;
        return new()
        {
            Fields = Fields.And(other.Fields),
            Granularity = Granularity.And(other.Granularity),
            From = Math.Max(From, other.From),
            Until = Math.Min(Until, other.Until),
            Area = And(Area, other.Area),
            IsPurposeBound = IsPurposeBound || other.IsPurposeBound,
            Purposes = Purposes.And(other.Purposes),
            PurposesLeftOut = PurposesLeftOut.Or(other.PurposesLeftOut),
            Jurisdictions = Jurisdictions is { } mine && other.Jurisdictions is { } theirs
                ? [.. mine.Where(theirs.Contains)]
                : Jurisdictions ?? other.Jurisdictions,
            Categories = Categories & other.Categories,
            Channels = Channels & other.Channels,
            Hours = [.. Hours, .. other.Hours],
            Limits = Limits.And(other.Limits),
            Strength = (Strength)Math.Max((int)Strength, (int)other.Strength),
        };
    }

    public Narrowing WithPurposes(in IndexSet purposes) => this with { IsPurposeBound = true, Purposes = purposes };

    public Narrowing WithoutFields(in IndexSet fields) => this with { Fields = Fields.Without(fields) };

    /// <summary>Null, a party of no known group, is admitted where no groups are named.</summary>
    public bool Admits(UserGroup? group) => (Categories >> (group is { } known ? (int)known : 31) & 1) != 0;

    public bool Admits(Channel channel) => (Channels >> (int)channel & 1) != 0;

    public static BoundingBox? And(BoundingBox? one, BoundingBox? other) =>
        one is { } a && other is { } b ? a.And(b) : one ?? other;

    private static uint Mask(ImmutableArray<UserGroup> categories)
    {
        var mask = 0U;
        foreach (var category in categories) mask |= 1U << (int)category;
        return mask;
    }

    private static uint Mask(ImmutableArray<Channel> channels)
    {
        var mask = 0U;
        foreach (var channel in channels) mask |= 1U << (int)channel;
        return mask;
    }
}

namespace Stoa.Query;

/// <summary>What kind of value an expression or property yields.</summary>
public enum ValueKind
{
    /// <summary>The literal null, which fits every kind.</summary>
    Null,

    /// <summary>Text; compared by code point.</summary>
    Text,

    /// <summary>A number: whole numbers of 64 bits exactly, others in double precision.</summary>
    Number,

    /// <summary>true or false.</summary>
    Boolean,

    /// <summary>A point in time.</summary>
    Instant,

    /// <summary>A point in time or a span from start to end; see <see cref="BoundCompare"/> for how they compare.</summary>
    Interval,

    /// <summary>A time of the day without a date.</summary>
    TimeOfDay,

    /// <summary>A length of time.</summary>
    Duration,

    /// <summary>A geometry in longitude and latitude (WGS 84), planar.</summary>
    Geometry,

    /// <summary>Any JSON value, whose kind differs from row to row: an Observation's result, or a place inside a JSON object.</summary>
    Json,
}

/// <summary>A named value of an entity.</summary>
/// <remarks>Compared by reference: one instance stands for one property of one entity type.</remarks>
public sealed class EntityProperty(string name, ValueKind kind)
{
    /// <summary>Name on the wire; letter case counts.</summary>
    public string Name { get; } = name;

    /// <summary>Kind of its values.</summary>
    public ValueKind Kind { get; } = kind;

    /// <summary>Place in <see cref="EntityType.Properties"/>; index into arrays kept beside the schema.</summary>
    public int Ordinal { get; internal set; }

    /// <summary>Whether a path may go on into its value: <c>properties/owner/name</c>.</summary>
    public bool HasInside { get; init; }

    /// <summary>Whether it is made of other values when it is read: its parts can be read, and not filtered or ordered by.</summary>
    public bool IsDerived { get; init; }

    /// <summary>Never null, and ordered by itself alone or together with the id: paging may continue after a value of it.</summary>
    public bool IsKeyset { get; init; }

    /// <inheritdoc/>
    public override string ToString() => Name;
}

/// <summary>A relation as seen from one of its ends.</summary>
/// <remarks>Compared by reference.</remarks>
public sealed class Navigation
{
    internal Navigation(EntityType source, string name, EntityType target, bool isMany, int ordinal)
    {
        Source = source;
        Name = name;
        Target = target;
        IsMany = isMany;
        Ordinal = ordinal;
    }

    /// <summary>The entity type it starts from.</summary>
    public EntityType Source { get; }

    /// <summary>Name on the wire: plural where many.</summary>
    public string Name { get; }

    /// <summary>The entity type it leads to.</summary>
    public EntityType Target { get; }

    /// <summary>Whether it leads to a set.</summary>
    public bool IsMany { get; }

    /// <summary>Place in <see cref="EntityType.Navigations"/> of the source.</summary>
    public int Ordinal { get; }

    /// <inheritdoc/>
    public override string ToString() => $"{Source.Name}/{Name}";
}

/// <summary>A kind of entity: its properties and relations. Immutable once it is part of a <see cref="Schema"/>.</summary>
public sealed class EntityType
{
    private readonly Dictionary<string, EntityProperty> _propertyByName;
    private readonly Dictionary<string, Navigation> _navigationByName = new(StringComparer.Ordinal);
    private readonly List<Navigation> _navigations = [];

    /// <summary>Describes a type; relations come with the <see cref="Schema"/>.</summary>
    /// <param name="name">Singular, for example <c>ObservedProperty</c>.</param>
    /// <param name="setName">Plural, for example <c>ObservedProperties</c>.</param>
    /// <param name="properties">The first is the id, whose name is <c>id</c>; on the wire it is also <c>@iot.id</c>.</param>
    /// <param name="defaultOrder">Names the property that leads the order when none is asked for; the id follows. Null: the id.</param>
    public EntityType(string name, string setName, IReadOnlyList<EntityProperty> properties, string? defaultOrder = null)
    {
        Name = name;
        SetName = setName;
        Properties = properties;
        for (var i = 0; i < properties.Count; i++) properties[i].Ordinal = i;
        _propertyByName = properties.ToDictionary(property => property.Name, StringComparer.Ordinal);
        DefaultOrder = defaultOrder is null ? Id : _propertyByName[defaultOrder];
    }

    /// <summary>Singular name.</summary>
    public string Name { get; }

    /// <summary>Name of the set.</summary>
    public string SetName { get; }

    /// <summary>All properties, the id first.</summary>
    public IReadOnlyList<EntityProperty> Properties { get; }

    /// <summary>All relations.</summary>
    public IReadOnlyList<Navigation> Navigations => _navigations;

    /// <summary>The id.</summary>
    public EntityProperty Id => Properties[0];

    /// <summary>Leads the order when none is asked for; the id follows.</summary>
    public EntityProperty DefaultOrder { get; }

    /// <summary>The property of this name, <c>@iot.id</c> included; null when there is none.</summary>
    public EntityProperty? FindProperty(string name) =>
        _propertyByName.TryGetValue(name, out var property) ? property : name == "@iot.id" ? Id : null;

    /// <summary>The relation of this name; null when there is none.</summary>
    public Navigation? FindNavigation(string name) => _navigationByName.GetValueOrDefault(name);

    internal void Relate(string name, EntityType target, bool isMany)
    {
        var navigation = new Navigation(this, name, target, isMany, _navigations.Count);
        _navigations.Add(navigation);
        _navigationByName.Add(name, navigation);
    }

    /// <inheritdoc/>
    public override string ToString() => Name;
}

/// <summary>One end of a relation as it is declared.</summary>
/// <param name="Source">Name of the type it starts from.</param>
/// <param name="Name">Name of the relation.</param>
/// <param name="Target">Name of the type it leads to.</param>
/// <param name="IsMany">Whether it leads to a set.</param>
public readonly record struct RelationEnd(string Source, string Name, string Target, bool IsMany);

/// <summary>The entity types of one interface and how they relate. Immutable; made once at start.</summary>
public sealed class Schema
{
    private readonly Dictionary<string, EntityType> _bySetName;
    private readonly Dictionary<string, EntityType> _byName;

    /// <summary>Joins types by relations; each type belongs to one schema.</summary>
    public Schema(IReadOnlyList<EntityType> types, IReadOnlyList<RelationEnd> relations)
    {
        Types = types;
        _bySetName = types.ToDictionary(type => type.SetName, StringComparer.Ordinal);
        _byName = types.ToDictionary(type => type.Name, StringComparer.Ordinal);
        foreach (var (source, name, target, isMany) in relations) _byName[source].Relate(name, _byName[target], isMany);
    }

    /// <summary>All entity types in the order of the landing page.</summary>
    public IReadOnlyList<EntityType> Types { get; }

    /// <summary>The type whose set has this name; null when there is none.</summary>
    public EntityType? FindSet(string setName) => _bySetName.GetValueOrDefault(setName);

    /// <summary>The type of this singular name; null when there is none.</summary>
    public EntityType? FindType(string name) => _byName.GetValueOrDefault(name);
}

using System.Text.Json;

namespace Stoa.Ledger.Events;

/// <summary>A member of an event: its name, what it looks like, and whether it may be left out.</summary>
/// <param name="Name">As it stands in the entry.</param>
/// <param name="Form">What it looks like.</param>
/// <param name="IsRequired">Whether it must be there.</param>
public sealed record EventMember(string Name, MemberForm Form, bool IsRequired);

/// <summary>A type of event: which members it has, and which logs take it.</summary>
/// <remarks>A member that the schema does not list does not enter, nor does one of another form.</remarks>
public sealed class EventType
{
    private static readonly EventMember[] Always =
    [
        new("v", MemberForm.Version, true),
        new("type", MemberForm.Type, true),
        new("time", MemberForm.Time, true),
    ];

    private readonly Dictionary<string, EventMember> _byName;

    internal EventType(string name, bool isPrivate, string meaning, params ReadOnlySpan<EventMember> members)
    {
        Name = name;
        IsPrivate = isPrivate;
        Meaning = meaning;
        // Whoever sees the hash of an entry alone cannot find out by guessing what the entry says.
        Members = isPrivate ? [.. Always, new("salt", MemberForm.Salt, true), .. members] : [.. Always, .. members];
        _byName = Members.ToDictionary(member => member.Name, StringComparer.Ordinal);
    }

    /// <summary>Its name in the entry.</summary>
    public string Name { get; }

    /// <summary>Whether its entries are for those whom they concern alone; then each holds a salt.</summary>
    public bool IsPrivate { get; }

    /// <summary>What has happened, for people.</summary>
    public string Meaning { get; }

    /// <summary>Its members.</summary>
    public IReadOnlyList<EventMember> Members { get; }

    /// <summary>Why an entry does not fit; null when it does.</summary>
    public string? Refuse(JsonElement entry)
    {
        if (entry.ValueKind != JsonValueKind.Object) return "An entry is an object.";
        var seen = new HashSet<string>(StringComparer.Ordinal);
        foreach (var member in entry.EnumerateObject())
        {
            if (!_byName.TryGetValue(member.Name, out var known)) return $"{Name} has no member {member.Name}.";
            if (!known.Form.Fits(member.Value)) return $"{member.Name} of {Name} has not the form {known.Form}.";
            if (!seen.Add(member.Name)) return $"{member.Name} of {Name} stands twice.";
        }

        if (entry.GetProperty("type").GetString() != Name) return $"It is not of the type {Name}.";
        foreach (var member in Members)
            if (member.IsRequired && !seen.Contains(member.Name)) return $"{Name} needs {member.Name}.";
        return null;
    }

    /// <inheritdoc/>
    public override string ToString() => Name;
}

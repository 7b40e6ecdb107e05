namespace Stoa.Vocabulary;

/// <summary>The community infrastructure a dataset belongs to (ISO 37150 and ISO 37156), and the environment around it.</summary>
/// <remarks>The numbers are stored; they never change.</remarks>
public enum InfrastructureSector
{
    /// <summary>Electricity, heat, gas, street lighting.</summary>
    Energy = 0,

    /// <summary>Drinking water, waste water, drainage.</summary>
    Water = 1,

    /// <summary>Roads, public transport, cycling, parking.</summary>
    Transport = 2,

    /// <summary>Waste collection and treatment.</summary>
    Waste = 3,

    /// <summary>Information and communication technology.</summary>
    Ict = 4,

    /// <summary>Air, noise, weather, green: what the infrastructure acts on.</summary>
    Environment = 5,

    /// <summary>None of these, or not said.</summary>
    Other = 6,
}

/// <summary>The words used for <see cref="InfrastructureSector"/> on the wire.</summary>
public static class InfrastructureSectors
{
    private static readonly string[] Words =
        ["energy", "water", "transport", "waste", "ict", "environment", "other"];

    /// <summary>The word of the wire, for example <c>transport</c>.</summary>
    public static string ToWord(this InfrastructureSector sector) => Words[(int)sector];

    /// <summary>Every word in order of number; for messages that list what is allowed.</summary>
    public static IReadOnlyList<string> AllWords => Words;

    /// <summary>Reads a word of the wire; letter case counts.</summary>
    public static bool TryParse(string? word, out InfrastructureSector sector)
    {
        var index = Array.IndexOf(Words, word);
        sector = index < 0 ? InfrastructureSector.Other : (InfrastructureSector)index;
        return index >= 0;
    }
}

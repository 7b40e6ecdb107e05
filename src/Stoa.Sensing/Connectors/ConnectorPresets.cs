using System.Text;
using Stoa.Sensing.Connectors.Rules;

namespace Stoa.Sensing.Connectors;

/// <summary>The declarations that come with the program, as texts to start from.</summary>
public static class ConnectorPresets
{
    /// <summary>Their names, in order.</summary>
    public static IReadOnlyList<string> Names => Presets.Names;

    /// <summary>The YAML of one; null when there is none of that name.</summary>
    public static string? TextOf(string name) =>
        Presets.TextOf(name) is { } text ? Encoding.UTF8.GetString(text) : null;
}

using System.Collections.Frozen;
using Stoa.Sensing.Import.Mapping;
using YamlDotNet.RepresentationModel;

namespace Stoa.Sensing.Connectors.Rules;

/// <summary>Declarations that come with the program, for what many send: a connector names one and states the rest.</summary>
internal static class Presets
{
    private const string Prefix = "Stoa.Sensing.Connectors.Presets.";
    private const string QuantitiesFile = "quantities";

    private static readonly FrozenDictionary<string, byte[]> Texts = Load();

    /// <summary>Their names, in order.</summary>
    internal static IReadOnlyList<string> Names { get; } =
        [.. Texts.Keys.Where(name => name != QuantitiesFile).Order(StringComparer.Ordinal)];

    /// <summary>What is known of common quantities, whatever sends them.</summary>
    internal static IReadOnlyDictionary<string, QuantityRules> Quantities { get; } =
        ConnectorReader.ReadQuantities(Parse(Texts[QuantitiesFile]));

    /// <summary>A preset to lay under a declaration; null when there is none of that name.</summary>
    internal static YamlMappingNode? Find(string name) =>
        name != QuantitiesFile && Texts.TryGetValue(name, out var text) ? Parse(text) : null;

    /// <summary>Its text, for people; null when there is none of that name.</summary>
    internal static byte[]? TextOf(string name) =>
        name != QuantitiesFile && Texts.TryGetValue(name, out var text) ? text : null;

    /// <summary>Adds what the declaration does not state itself; sections are laid over each other key by key.</summary>
    internal static void Lay(YamlMappingNode declaration, YamlMappingNode under)
    {
        foreach (var (key, value) in under.Children)
        {
            if (!declaration.Children.TryGetValue(key, out var stated)) declaration.Children.Add(key, value);
            else if (stated is YamlMappingNode section && value is YamlMappingNode known) Lay(section, known);
        }
    }

    private static YamlMappingNode Parse(byte[] text) =>
        YamlText.TryLoad(text, 12, "", (line, fault) => new(500, "internal-error", fault, fault), out var root, out var problem)
            ? root
            : throw new InvalidOperationException(problem.Detail);

    private static FrozenDictionary<string, byte[]> Load()
    {
        var assembly = typeof(Presets).Assembly;
        var texts = new Dictionary<string, byte[]>(StringComparer.Ordinal);
        foreach (var name in assembly.GetManifestResourceNames().Where(name => name.StartsWith(Prefix, StringComparison.Ordinal)))
        {
            using var stream = assembly.GetManifestResourceStream(name)!;
            using var bytes = new MemoryStream();
            stream.CopyTo(bytes);
            texts.Add(name[Prefix.Length..^".yaml".Length], bytes.ToArray());
        }

        return texts.ToFrozenDictionary(StringComparer.Ordinal);
    }
}

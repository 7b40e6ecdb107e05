using System.Diagnostics.CodeAnalysis;
using System.Text;
using Stoa.Vocabulary;
using YamlDotNet.Core;
using YamlDotNet.Core.Events;
using YamlDotNet.RepresentationModel;

namespace Stoa.Sensing.Import.Mapping;

/// <summary>One YAML document whose root is a mapping: bounded, without anchors and aliases.</summary>
internal static class YamlText
{
    /// <summary>Loads a text.</summary>
    /// <param name="yaml">UTF-8.</param>
    /// <param name="nestingMax">Sections inside sections.</param>
    /// <param name="shape">What such a document is, for the refusal of another.</param>
    /// <param name="refuse">Makes the problem from a line and a text.</param>
    /// <param name="root">The root, when the answer is true.</param>
    /// <param name="problem">Why not, when it is false.</param>
    // Events first: the document model follows aliases and nests as deep as the text does.
    public static bool TryLoad(
        ReadOnlySpan<byte> yaml, int nestingMax, string shape, Func<int, string, Problem> refuse,
        [NotNullWhen(true)] out YamlMappingNode? root, [NotNullWhen(false)] out Problem? problem)
    {
        root = null;
        var text = Encoding.UTF8.GetString(yaml);
        try
        {
            problem = Check(text, nestingMax, refuse);
            if (problem is not null) return false;
            var stream = new YamlStream();
            stream.Load(new StringReader(text));
            if (stream.Documents.Count == 1) root = stream.Documents[0].RootNode as YamlMappingNode;
        }
        catch (YamlException exception)
        {
            var line = (int)exception.Start.Line;
            problem = refuse(line, $"line {line}: this is not YAML: {exception.Message}");
            return false;
        }
        catch (Exception exception) when (
            exception is InvalidOperationException or ArgumentException or IndexOutOfRangeException
            or FormatException or OverflowException or NullReferenceException)
        {
            // The library has no words for some broken texts; fuzzing found InvalidOperationException in its scanner.
            problem = refuse(1, "this is not YAML; look for brackets, quotes and indents that do not fit");
            return false;
        }

        if (root is null) problem = refuse(1, "line 1: " + shape);
        return root is not null;
    }

    private static Problem? Check(string text, int nestingMax, Func<int, string, Problem> refuse)
    {
        var parser = new Parser(new StringReader(text));
        var depth = 0;
        while (parser.MoveNext())
        {
            depth += parser.Current switch
            {
                MappingStart or SequenceStart => 1,
                MappingEnd or SequenceEnd => -1,
                _ => 0,
            };
            var line = (int)parser.Current!.Start.Line;
            if (depth > nestingMax) return refuse(line, $"line {line}: sections are nested more than {nestingMax} deep");
            if (parser.Current is AnchorAlias) return refuse(line, $"line {line}: anchors and aliases are not taken");
        }

        return null;
    }
}

using System.Reflection;
using System.Runtime.CompilerServices;
using System.Text.RegularExpressions;
using Xunit;

namespace Stoa.Tests.Architecture;

/// <summary>Names say what a thing is, and where a thing is found.</summary>
public partial class Names
{
    // Each of these endings says that nobody decided what the type is.
    private static readonly string[] BannedEndings =
        ["Manager", "Helper", "Helpers", "Util", "Utils", "Processor", "Info", "Data", "Impl", "Base", "Common"];

    [Fact]
    public void Of_types_do_not_end_in_a_word_without_meaning()
    {
        var types = RepositoryFiles.SourceProjects
            .Select(project => Assembly.Load(project.Name == "Stoa.Host" ? "stoa" : project.Name))
            .SelectMany(assembly => assembly.GetTypes())
            .Where(type => !type.IsDefined(typeof(CompilerGeneratedAttribute)) && !type.Name.StartsWith('<'))
            .Select(type => type.FullName ?? type.Name)
            .ToArray();

        Assert.NotEmpty(types);
        Assert.DoesNotContain(types, IsBanned);
    }

    [Theory]
    [InlineData("Stoa.Sensing.ThingManager")]
    [InlineData("Stoa.Sensing.ObservationData")]
    [InlineData("Stoa.Query.Cache`1+EntryInfo")]
    public void Of_types_refuse_the_bait(string name) => Assert.True(IsBanned(name));

    [Theory]
    [InlineData("Stoa.Sensing.Database")]
    [InlineData("Stoa.Sensing.Thing")]
    public void Of_types_take_words_that_only_look_alike(string name) => Assert.False(IsBanned(name));

    [Fact]
    public void Of_namespaces_are_the_folders()
    {
        var files = RepositoryFiles.CSharp("src").Concat(RepositoryFiles.CSharp("tests")).ToArray();

        Assert.NotEmpty(files);
        Assert.Empty(NamespaceViolations(files));
    }

    [Fact]
    public void Of_namespaces_refuse_the_bait() =>
        Assert.Single(NamespaceViolations([("src/Stoa.Sensing/Http/Pages.cs", "namespace Stoa.Sensing.Models;\n")]));

    private static bool IsBanned(string fullName)
    {
        var name = fullName.Split('.', '+')[^1].Split('`')[0];
        return BannedEndings.Any(ending => name == ending || (name.EndsWith(ending, StringComparison.Ordinal) &&
            name.Length > ending.Length && char.IsLower(name[^(ending.Length + 1)])));
    }

    private static IEnumerable<string> NamespaceViolations(IEnumerable<(string Path, string Text)> files)
    {
        foreach (var (path, text) in files)
        {
            var declared = NamespaceLine().Match(text);
            if (!declared.Success) continue;
            var expected = string.Join('.', path.Split('/')[1..^1]);
            if (declared.Groups[1].Value != expected) yield return $"{path} declares {declared.Groups[1].Value}, not {expected}.";
        }
    }

    [GeneratedRegex(@"^namespace ([\w.]+)\s*[;{]", RegexOptions.Multiline)]
    private static partial Regex NamespaceLine();
}

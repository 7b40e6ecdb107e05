using System.Xml.Linq;

namespace Stoa.Tests.Architecture;

/// <summary>The repository that the tests were built from, found by walking up from the test program.</summary>
internal static class RepositoryFiles
{
    public static string Root { get; } = FindRoot();

    public static string PathOf(params string[] parts) => Path.Combine([Root, .. parts]);

    /// <summary>Projects that the program consists of, by name: those under src, and the conformance suite, which stands
    /// with the tests because it is one and is shipped because anyone may run it.</summary>
    public static IReadOnlyList<(string Name, XDocument File)> SourceProjects { get; } =
    [
        .. Directory.GetFiles(PathOf("src"), "*.csproj", SearchOption.AllDirectories).Order(StringComparer.Ordinal)
            .Append(PathOf("tests", "Stoa.Conformance", "Stoa.Conformance.csproj"))
            .Select(path => (Path.GetFileNameWithoutExtension(path), XDocument.Load(path))),
    ];

    /// <summary>Own C# files under a folder: path relative to the root with forward slashes, and text.</summary>
    public static IEnumerable<(string Path, string Text)> CSharp(string folder) =>
        Directory.EnumerateFiles(PathOf(folder), "*.cs", SearchOption.AllDirectories)
            .Select(path => (Relative: Path.GetRelativePath(Root, path).Replace('\\', '/'), Full: path))
            .Where(file => !file.Relative.Contains("/obj/", StringComparison.Ordinal) &&
                !file.Relative.Contains("/bin/", StringComparison.Ordinal))
            .OrderBy(file => file.Relative, StringComparer.Ordinal)
            .Select(file => (file.Relative, File.ReadAllText(file.Full)));

    private static string FindRoot()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
            if (File.Exists(Path.Combine(folder.FullName, "Stoa.slnx"))) return folder.FullName;
        throw new InvalidOperationException("The tests run outside of the repository.");
    }
}

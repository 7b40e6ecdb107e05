using Xunit;

namespace Stoa.Tests.Import;

/// <summary>Real public data beside the repository; a test that needs it is skipped where it is absent, and fails on
/// the build server.</summary>
internal static class RealFiles
{
    /// <summary>The folder that holds Stoa.slnx.</summary>
    public static string Repository { get; } = FindRepository();

    /// <summary>A mapping of samples/mappings.</summary>
    public static byte[] Mapping(string name) => File.ReadAllBytes(MappingPath(name));

    /// <summary>Path of a mapping of samples/mappings.</summary>
    public static string MappingPath(string name) => Path.Combine(Repository, "samples", "mappings", name + ".yaml");

    /// <summary>A folder of the data beside the repository.</summary>
    public static string Folder(string name)
    {
        var folder = Path.Combine(Repository, "..", "shared", "data", name);
        if (Directory.Exists(folder)) return Path.GetFullPath(folder);
        Assert.False(Environment.GetEnvironmentVariable("CI") == "true",
            $"The data set {name} is missing on the build server.");
        Assert.Skip($"The data set {name} is not beside the repository (../shared/data).");
        return folder;
    }

    /// <summary>Files of a data set, sorted.</summary>
    public static string[] Files(string name, string pattern) =>
        [.. Directory.EnumerateFiles(Folder(name), pattern, SearchOption.AllDirectories).Order(StringComparer.Ordinal)];

    private static string FindRepository()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
            if (File.Exists(Path.Combine(folder.FullName, "Stoa.slnx"))) return folder.FullName;
        throw new InvalidOperationException("The tests run outside the repository.");
    }
}

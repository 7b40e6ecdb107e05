namespace Stoa.Benchmarks;

/// <summary>Where the programs under measurement stand: the Release output of this repository.</summary>
internal static class Repository
{
    public static string Root { get; } = FindRoot();

    public static string StoaProgram
    {
        get
        {
            var program = Path.Combine(Root, "src", "Stoa.Host", "bin", "Release", "net10.0", "stoa");
            return File.Exists(program)
                ? program
                : throw new FileNotFoundException("Build it first: dotnet build -c Release src/Stoa.Host", program);
        }
    }

    private static string FindRoot()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
            if (File.Exists(Path.Combine(folder.FullName, "Stoa.slnx")))
                return folder.FullName;
        throw new DirectoryNotFoundException("This program runs from inside the repository.");
    }
}

using System.Reflection;
using System.Xml.Linq;
using Xunit;

namespace Stoa.Tests.Architecture;

/// <summary>A driver stays in one place, so that it can be replaced there.</summary>
public class Places_of_drivers
{
    // What a native library is called through, and the folders that may.
    private static readonly string[] NativeCalls = ["LibraryImport(", "DllImport(", "NativeLibrary."];
    private static readonly string[] NativeFolders = ["src/Stoa.Storage/Sqlite/", "src/Stoa.Ledger/"];

    // Packages and the projects that may refer to them. A package that is not listed may not be used at all.
    private static readonly Dictionary<string, string[]> PackagePlaces = new()
    {
        ["Npgsql"] = ["Stoa.Storage"],
        ["NetTopologySuite"] =
            ["Stoa.Query", "Stoa.Storage", "Stoa.Sensing", "Stoa.Catalogue", "Stoa.Publication", "Stoa.Portal",
                "Stoa.Host"],
        ["YamlDotNet"] = ["Stoa.Sensing"],
        ["Markdig"] = ["Stoa.Portal", "Stoa.Host"],
        ["Microsoft.AspNetCore.OpenApi"] = ["Stoa.Host"],
        ["System.CommandLine"] = ["Stoa.Host"],
        ["ModelContextProtocol.Core"] = ["Stoa.AIServices"],
        ["System.Security.Cryptography.Pkcs"] = ["Stoa.Ledger"],
    };

    // These are the parts that other programs could use without a web server.
    private static readonly string[] WithoutWeb = ["Stoa.Vocabulary", "Stoa.Query", "Stoa.Storage"];

    [Fact]
    public void Native_libraries_are_called_from_their_folders_alone()
    {
        var files = RepositoryFiles.CSharp("src").ToArray();

        Assert.Contains(files, file => file.Path.StartsWith("src/Stoa.Storage/Sqlite/", StringComparison.Ordinal) &&
            file.Text.Contains("LibraryImport(", StringComparison.Ordinal));
        Assert.Empty(NativeViolations(files));
    }

    [Fact]
    public void A_native_call_elsewhere_is_refused() => Assert.Single(NativeViolations(
        [("src/Stoa.Sensing/Bulk/Fast.cs", "[LibraryImport(\"sqlite3\")] static partial int Go();")]));

    [Fact]
    public void Packages_are_used_by_their_projects_alone()
    {
        var uses = RepositoryFiles.SourceProjects.SelectMany(project =>
            PackagesOf(project.Name, project.File)).ToArray();

        Assert.NotEmpty(uses);
        Assert.Empty(PackageViolations(uses));
    }

    [Theory]
    [InlineData("Stoa.Portal", "Npgsql")]
    [InlineData("Stoa.Storage", "Dapper")]
    public void A_package_elsewhere_is_refused(string project, string package)
    {
        var file = XDocument.Parse($"""<Project><ItemGroup><PackageReference Include="{package}" /></ItemGroup></Project>""");

        Assert.Single(PackageViolations(PackagesOf(project, file)));
    }

    [Fact]
    public void The_lower_projects_do_not_know_the_web_server()
    {
        foreach (var project in RepositoryFiles.SourceProjects.Where(project => WithoutWeb.Contains(project.Name)))
        {
            Assert.Empty(FrameworksOf(project.File));
            Assert.Empty(WebReferences(Assembly.Load(project.Name)));
        }
    }

    [Fact]
    public void A_project_that_knows_the_web_server_is_noticed()
    {
        const string framework = """<FrameworkReference Include="Microsoft.AspNetCore.App" />""";

        Assert.Single(FrameworksOf(XDocument.Parse($"""<Project Sdk="Microsoft.NET.Sdk"><ItemGroup>{framework}</ItemGroup></Project>""")));
        Assert.Single(FrameworksOf(XDocument.Parse("""<Project Sdk="Microsoft.NET.Sdk.Web" />""")));
        Assert.NotEmpty(WebReferences(Assembly.Load("stoa")));
    }

    private static IEnumerable<string> NativeViolations(IEnumerable<(string Path, string Text)> files) =>
        from file in files
        where !NativeFolders.Any(folder => file.Path.StartsWith(folder, StringComparison.Ordinal))
        where NativeCalls.Any(call => file.Text.Contains(call, StringComparison.Ordinal))
        select $"{file.Path} calls a native library; only {string.Join(", ", NativeFolders)} may.";

    private static IEnumerable<(string Project, string Package)> PackagesOf(string project, XDocument file) =>
        file.Descendants("PackageReference").Select(reference =>
            (project, (string?)reference.Attribute("Include") ?? ""));

    private static IEnumerable<string> PackageViolations(IEnumerable<(string Project, string Package)> uses) =>
        from use in uses
        where !PackagePlaces.GetValueOrDefault(use.Package, []).Contains(use.Project)
        select $"{use.Project} must not use the package {use.Package}.";

    private static IEnumerable<string> FrameworksOf(XDocument file) =>
        file.Descendants("FrameworkReference").Select(reference => (string?)reference.Attribute("Include") ?? "")
            .Concat((string?)file.Root?.Attribute("Sdk") is { } sdk && sdk != "Microsoft.NET.Sdk" ? [sdk] : []);

    private static IEnumerable<string> WebReferences(Assembly assembly) =>
        assembly.GetReferencedAssemblies().Select(reference => reference.Name ?? "")
            .Where(name => name.StartsWith("Microsoft.AspNetCore", StringComparison.Ordinal) ||
                name.StartsWith("Microsoft.Extensions", StringComparison.Ordinal));
}

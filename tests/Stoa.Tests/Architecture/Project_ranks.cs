using System.Reflection;
using Xunit;

namespace Stoa.Tests.Architecture;

/// <summary>A project refers only to projects of lower rank; those of equal rank never see each other.</summary>
public class Project_ranks
{
    // Lowest first; names on one line have the same rank.
    private static readonly string[][] Ranks =
    [
        ["Stoa.Vocabulary"],
        ["Stoa.Query"],
        ["Stoa.Storage"],
        ["Stoa.Ledger"],
        ["Stoa.Identity"],
        ["Stoa.Sharing"],
        ["Stoa.Sensing"],
        ["Stoa.Catalogue"],
        ["Stoa.Privacy"],
        ["Stoa.Quality"],
        ["Stoa.Publication", "Stoa.Indicators", "Stoa.AIServices"],
        ["Stoa.Portal"],
        ["Stoa.Conformance"],
        ["Stoa.Host"],
    ];

    [Fact]
    public void Are_kept_by_the_project_files()
    {
        var references = RepositoryFiles.SourceProjects
            .SelectMany(project => project.File.Descendants("ProjectReference"), (project, reference) =>
                (project.Name, Path.GetFileNameWithoutExtension((string?)reference.Attribute("Include") ?? "")))
            .ToArray();

        Assert.NotEmpty(references);
        Assert.Empty(Violations(references));
    }

    [Fact]
    public void Are_kept_by_what_was_compiled()
    {
        var references = RepositoryFiles.SourceProjects
            .SelectMany(project => AssemblyOf(project.Name).GetReferencedAssemblies(), (project, reference) =>
                (project.Name, NameOfProject(reference.Name ?? "")))
            .Where(reference => reference.Item2.StartsWith("Stoa.", StringComparison.Ordinal))
            .ToArray();

        Assert.NotEmpty(references);
        Assert.Empty(Violations(references));
    }

    [Fact]
    public void Cover_every_project() =>
        Assert.Empty(RepositoryFiles.SourceProjects.Select(project => project.Name)
            .Except(Ranks.SelectMany(rank => rank)));

    [Theory]
    [InlineData("Stoa.Query", "Stoa.Storage")]
    [InlineData("Stoa.Vocabulary", "Stoa.Host")]
    [InlineData("Stoa.Indicators", "Stoa.Publication")]
    [InlineData("Stoa.Portal", "Stoa.Portal")]
    [InlineData("Stoa.Sensing", "Stoa.Unheard")]
    public void Refuse_the_bait(string from, string to) => Assert.Single(Violations([(from, to)]));

    [Fact]
    public void Take_what_is_allowed() =>
        Assert.Empty(Violations([("Stoa.Query", "Stoa.Vocabulary"), ("Stoa.Portal", "Stoa.Publication")]));

    private static IEnumerable<string> Violations(IEnumerable<(string From, string To)> references) =>
        from reference in references
        where RankOf(reference.To) < 0 || RankOf(reference.To) >= RankOf(reference.From)
        select $"{reference.From} must not refer to {reference.To}.";

    private static int RankOf(string project) => Array.FindIndex(Ranks, rank => rank.Contains(project));

    private static Assembly AssemblyOf(string project) => Assembly.Load(project == "Stoa.Host" ? "stoa" : project);

    private static string NameOfProject(string assembly) => assembly == "stoa" ? "Stoa.Host" : assembly;
}

using System.Text.RegularExpressions;
using Xunit;

namespace Stoa.Tests.Architecture;

public partial class Links_in_the_documentation
{
    [Fact]
    public void Lead_to_files_that_exist()
    {
        var pages = Directory.GetFiles(RepositoryFiles.Root, "*.md")
            .Concat(Directory.GetFiles(RepositoryFiles.PathOf("docs"), "*.md", SearchOption.AllDirectories)).ToArray();

        Assert.True(pages.Length > 20, "The pages were not found.");
        Assert.Empty(pages.SelectMany(page => Broken(page, File.ReadAllText(page))));
    }

    [Fact]
    public void Are_refused_when_they_lead_nowhere() =>
        Assert.Single(Broken(RepositoryFiles.PathOf("README.md"),
            "See [this](docs/no-such-page.md) and [that](LICENSE)."));

    private static IEnumerable<string> Broken(string page, string text) =>
        from match in Link().Matches(text)
        let target = match.Groups[1].Value.Split('#')[0]
        where target.Length > 0 && !target.Contains("://", StringComparison.Ordinal) && !target.StartsWith('/')
        where !Path.Exists(Path.Combine(Path.GetDirectoryName(page) ?? "", target))
        select $"{Path.GetRelativePath(RepositoryFiles.Root, page)} leads to {target}, which does not exist.";

    [GeneratedRegex(@"\]\(([^)\s]+)\)")]
    private static partial Regex Link();
}

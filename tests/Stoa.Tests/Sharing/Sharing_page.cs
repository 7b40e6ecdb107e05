using System.Globalization;
using System.Text;
using Stoa.Sharing.Policy;
using Stoa.Tests.Architecture;
using Xunit;

namespace Stoa.Tests.Sharing;

/// <summary>The list of reasons in docs/sharing.md is written from the registry.</summary>
public class Sharing_page
{
    private const string Begin = "<!-- reasons: written from the registry by the tests with STOA_WRITE_DOCS=1; do not edit -->\n";
    private const string End = "<!-- end of reasons -->\n";

    [Fact]
    public async Task Lists_every_reason_as_the_registry_has_it()
    {
        var path = RepositoryFiles.PathOf("docs", "sharing.md");
        var page = await File.ReadAllTextAsync(path, TestContext.Current.CancellationToken);
        var (begin, end) = (page.IndexOf(Begin, StringComparison.Ordinal), page.IndexOf(End, StringComparison.Ordinal));
        Assert.True(begin >= 0 && end > begin, "docs/sharing.md has lost the place for the reasons.");

        var written = page[..(begin + Begin.Length)] + Table() + page[end..];

        if (Environment.GetEnvironmentVariable("STOA_WRITE_DOCS") == "1")
            await File.WriteAllTextAsync(path, written, TestContext.Current.CancellationToken);
        else
            Assert.True(written == page, "docs/sharing.md does not list the reasons there are. Run the tests with STOA_WRITE_DOCS=1.");
    }

    [Fact]
    public void Has_text_remedy_and_clause_for_every_reason_in_both_languages()
    {
        var words = new HashSet<string>();
        foreach (var code in Enum.GetValues<ReasonCode>())
        {
            var meaning = ReasonCodes.Of(code);

            Assert.Equal(code, meaning.Code);
            Assert.True(words.Add(meaning.Word));
            Assert.Matches("^([A-Z][0-9]+(-[A-Z]+)+|NOT-AVAILABLE)$", meaning.Word);
            Assert.Matches("^[0-9](\\.[0-9]+)*( [a-g])?$", meaning.Clause);
            foreach (var text in new[] { meaning.English, meaning.German })
            {
                Assert.EndsWith(".", text.Text, StringComparison.Ordinal);
                Assert.EndsWith(".", text.Remedy, StringComparison.Ordinal);
            }

            Assert.NotEqual(meaning.English.Text, meaning.German.Text);
            Assert.NotEqual(meaning.English.Remedy, meaning.German.Remedy);
            Assert.Equal(meaning.German, meaning.In("de-AT"));
            Assert.Equal(meaning.English, meaning.In("fr"));
            Assert.True(ReasonCodes.TryParse(meaning.Word, out var parsed) && parsed == code);
        }

        Assert.Equal(Enum.GetValues<ReasonCode>().Length, ReasonCodes.All.Count);
        Assert.False(ReasonCodes.TryParse("L2-CLAIM-LOST", out _));
    }

    [Fact]
    public void Names_each_reason_after_its_code_and_its_gate()
    {
        var letters = new Dictionary<Gate, char>
        {
            [Gate.Integrity] = 'S', [Gate.Identity] = 'I', [Gate.Block] = 'B', [Gate.Level] = 'L', [Gate.Agreement] = 'G',
            [Gate.Purpose] = 'P', [Gate.Law] = 'W', [Gate.Minimisation] = 'M', [Gate.Aggregation] = 'A', [Gate.Limits] = 'Q',
            [Gate.Risk] = 'R', [Gate.Obligations] = 'O',
        };

        foreach (var meaning in ReasonCodes.All.Where(meaning => meaning.Code != ReasonCode.NotAvailable))
        {
            Assert.Equal(letters[meaning.Gate], meaning.Word[0]);
            Assert.Equal(meaning.Code.ToString(), meaning.Word.Replace("-", "", StringComparison.Ordinal), ignoreCase: true);
        }
    }

    private static string Table()
    {
        var table = new StringBuilder("\n| Code | Means | What to do | Answer | Outsiders are told | ISO 37156 |\n|---|---|---|---|---|---|\n");
        foreach (var meaning in ReasonCodes.All)
            table.Append(CultureInfo.InvariantCulture,
                $"| `{meaning.Word}` | {meaning.English.Text} | {meaning.English.Remedy} | {Answer(meaning.Kind)} | {(meaning.IsRestricted ? "`NOT-AVAILABLE`" : "this")} | {meaning.Clause} |\n");
        return table.Append('\n').ToString();
    }

    private static string Answer(ReasonKind kind) => kind switch
    {
        ReasonKind.Deny => "deny",
        ReasonKind.Indeterminate => "indeterminate",
        ReasonKind.NotApplicable => "not applicable",
        ReasonKind.Note => "note",
        _ => throw new ArgumentOutOfRangeException(nameof(kind), kind, "Unknown kind."),
    };
}

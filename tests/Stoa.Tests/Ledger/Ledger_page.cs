using System.Text;
using Stoa.Ledger.Events;
using Stoa.Tests.Architecture;
using Xunit;

namespace Stoa.Tests.Ledger;

/// <summary>The list of events in docs/ledger.md is written from the registry.</summary>
public class Ledger_page
{
    private const string Begin = "<!-- events: written from the registry by the tests with STOA_WRITE_DOCS=1; do not edit -->\n";
    private const string End = "<!-- end of events -->\n";

    [Fact]
    public async Task Lists_every_event_as_the_registry_has_it()
    {
        var path = RepositoryFiles.PathOf("docs", "ledger.md");
        var page = await File.ReadAllTextAsync(path, TestContext.Current.CancellationToken);
        var (begin, end) = (page.IndexOf(Begin, StringComparison.Ordinal), page.IndexOf(End, StringComparison.Ordinal));
        Assert.True(begin >= 0 && end > begin, "docs/ledger.md has lost the place for the events.");

        var written = page[..(begin + Begin.Length)] + Table() + page[end..];

        if (Environment.GetEnvironmentVariable("STOA_WRITE_DOCS") == "1")
            await File.WriteAllTextAsync(path, written, TestContext.Current.CancellationToken);
        else
            Assert.True(written == page, "docs/ledger.md does not list the events there are. Run the tests with STOA_WRITE_DOCS=1.");
    }

    private static string Table()
    {
        var text = new StringBuilder("\n| Type | Log | What has happened | Members besides `v`, `type`, `time` |\n|---|---|---|---|\n");
        foreach (var type in EventTypes.All)
            text.Append($"| `{type.Name}` | {(type.IsPrivate ? "private" : "public")} | {type.Meaning} | {Members(type)} |\n");
        return text.Append('\n').ToString();
    }

    private static string Members(EventType type)
    {
        // What all kinds of governed records have in common is told once, above the table.
        var isGoverned = type.Members.Any(member => member.Name == "revision");
        return isGoverned
            ? "those of a governed record"
            : string.Join(", ", type.Members.Where(member => member.Name is not ("v" or "type" or "time" or "salt"))
                .Select(member => member.IsRequired ? $"`{member.Name}`" : $"`{member.Name}`?"));
    }
}

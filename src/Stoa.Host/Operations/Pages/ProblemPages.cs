using System.Collections.Frozen;
using System.Text;
using Markdig;
using Stoa.Identity.Http;
using Stoa.Portal.Pages;
using Stoa.Sharing.Agreements;
using Stoa.Vocabulary;

namespace Stoa.Host.Operations.Pages;

/// <summary>A page for every problem type, from docs/problems, at the address that the problem's <c>type</c>
/// names.</summary>
internal sealed class ProblemPages
{
    private const string Prefix = "problems/";

    private static readonly MarkdownPipeline Markdown =
        new MarkdownPipelineBuilder().UsePipeTables().DisableHtml().Build();

    private readonly FrozenDictionary<string, ProblemPage> _pages = Load();

    public void Map(IEndpointRouteBuilder routes, ReferencePages frame)
    {
        var index = "<h1>Problem types</h1><p>Every refusal is a problem document (RFC 9457). Its <code>type</code> is one of these.</p><ul>" +
            string.Concat(_pages.Values.OrderBy(page => page.Type, StringComparer.Ordinal)
                .Select(page => $"<li><a href=\"/problems/{page.Type}\">{page.Type}</a></li>")) + "</ul>";
        routes.MapGet("/problems", context =>
            frame.WriteAsync(context, "Problem types", index)).ExcludeFromDescription();
        routes.MapGet("/odrl", context => frame.WriteAsync(context, "ODRL profile", Profile)).ExcludeFromDescription();
        routes.MapGet("/problems/{type}", (HttpContext context, string type) => _pages.TryGetValue(type, out var page)
            ? frame.WriteAsync(context, page.Title, page.Html)
            : Problem.NotFound().WriteAsync(context)).ExcludeFromDescription();
    }

    // The addresses of the terms in agreements lead here.
    private static readonly string Profile =
        "<h1>ODRL profile</h1><p>Agreements are given in W3C ODRL 2.2 too (<code>/api/v1/agreements/{id}/odrl</code>). What its vocabulary has no " +
        "word for is said with these terms. What was signed is the canonical text.</p><table><thead><tr><th>Term</th><th>Is a</th><th>Means</th></tr></thead><tbody>" +
        string.Concat(OdrlProfile.Terms.Select(term =>
            $"<tr id=\"{term.Name}\"><td><code>{term.Name}</code></td><td>{term.Kind}</td><td>{term.Means}</td></tr>")) + "</tbody></table>";

    private static FrozenDictionary<string, ProblemPage> Load()
    {
        var assembly = typeof(ProblemPages).Assembly;
        var pages = new Dictionary<string, ProblemPage>(StringComparer.Ordinal);
        foreach (var name in assembly.GetManifestResourceNames().Where(name =>
            name.StartsWith(Prefix, StringComparison.Ordinal)))
        {
            using var stream = assembly.GetManifestResourceStream(name)!;
            using var reader = new StreamReader(stream, Encoding.UTF8);
            var text = reader.ReadToEnd();
            var type = name[Prefix.Length..];
            var title = text.Split('\n')[0].TrimStart('#', ' ');
            pages[type] = new ProblemPage(type, title, Markdig.Markdown.ToHtml(text, Markdown));
        }

        return pages.ToFrozenDictionary();
    }

    private sealed record ProblemPage(string Type, string Title, string Html);
}

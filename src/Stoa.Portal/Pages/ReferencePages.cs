using Microsoft.AspNetCore.Http;
using Stoa.Portal.Layout;

namespace Stoa.Portal.Pages;

/// <summary>Frames pages about the interface itself, which are made above this project: the API reference, the problem types.</summary>
public sealed class ReferencePages
{
    private readonly Visitors _visitors;
    private readonly HtmlPages _pages;

    internal ReferencePages(Visitors visitors, HtmlPages pages)
    {
        _visitors = visitors;
        _pages = pages;
    }

    /// <summary>Writes a page in the portal's frame.</summary>
    /// <param name="http">The request.</param>
    /// <param name="title">Title, as text.</param>
    /// <param name="content">HTML that the program made; nothing of a caller may be in it.</param>
    /// <param name="isWide">Whether it brings a navigation beside it.</param>
    public Task WriteAsync(HttpContext http, string title, string content, bool isWide = false) =>
        _pages.WriteAsync<ReferencePage>(http, StatusCodes.Status200OK, new()
        {
            ["Visit"] = _visitors.Visit(http), ["Title"] = title, ["Content"] = content, ["IsWide"] = isWide,
        });
}

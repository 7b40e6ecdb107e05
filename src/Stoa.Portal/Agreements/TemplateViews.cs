using Stoa.Vocabulary;

namespace Stoa.Portal.Agreements;

// Types that Razor components take as parameters are public, because the compiler makes every component public.

/// <summary>A template in a list.</summary>
/// <param name="Name">Its name in addresses and requests.</param>
/// <param name="Title">Its name for people.</param>
/// <param name="About">When it fits.</param>
/// <param name="Days">How long an agreement of it runs.</param>
/// <param name="Version">The version that is shown.</param>
/// <param name="IsOfProgram">Comes with the program.</param>
/// <param name="RetiredAt">Since when no draft begins with it.</param>
public sealed record TemplateRow(string Name, string Title, string About, int Days, int Version, bool IsOfProgram, Instant? RetiredAt);

/// <summary>The templates, and the form that makes one.</summary>
/// <param name="Offered">Those that drafts can begin with.</param>
/// <param name="Retired">Those that were retired last.</param>
/// <param name="RetiredCount">How many are retired in all.</param>
/// <param name="MayMake">Whether the visitor makes templates.</param>
/// <param name="Fields">What stands in the form.</param>
/// <param name="IsFilled">Whether the form was filled from an agreement, a template, or by the visitor.</param>
public sealed record TemplatesView(
    IReadOnlyList<TemplateRow> Offered, IReadOnlyList<TemplateRow> Retired, long RetiredCount, bool MayMake,
    IReadOnlyDictionary<string, string> Fields, bool IsFilled);

/// <summary>One version of a template on its page.</summary>
/// <param name="Row">The template.</param>
/// <param name="Clauses">What it says, in words.</param>
/// <param name="Fields">What stands in the form for a further version.</param>
/// <param name="Versions">All versions, the latest first.</param>
/// <param name="MayMake">Whether the visitor makes templates.</param>
/// <param name="MayChange">Whether the visitor may make a further version of it, or retire it.</param>
public sealed record TemplateView(
    TemplateRow Row, IReadOnlyList<(string Title, string Text)> Clauses, IReadOnlyDictionary<string, string> Fields,
    IReadOnlyList<(int Version, string Reason, Instant At)> Versions, bool MayMake, bool MayChange)
{
    /// <summary>Whether the version that is shown is the last one.</summary>
    public bool IsLast => Versions is not [var last, ..] || last.Version == Row.Version;
}

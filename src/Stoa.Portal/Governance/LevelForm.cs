using System.Globalization;
using Stoa.Portal.People;
using Stoa.Sharing.Spectrum;

namespace Stoa.Portal.Governance;

/// <summary>The form by which a level is proposed, and what it is read as.</summary>
internal static class LevelForm
{
    /// <summary>The lines of the legal checklist that the form asks for.</summary>
    internal static readonly IReadOnlyList<(string Field, string Text)> Checklist =
    [
        ("data-protection", "Data protection"),
        ("rights", "Rights of others, contracts, secrets of business"),
        ("security", "Security and critical infrastructure"),
        ("publication", "Duties to publish, duties to keep secret"),
    ];

    internal static ClassificationDraft Read(FormFields form, long? party)
    {
        var level = form["level"];
        return new()
        {
            Level = level,
            Reason = form["reason"].Trim(),
            ReviewBy = Text(form["review"]),
            Named = level == "specific" ? [.. form.All("named").Select(Number).OfType<long>()] : null,
            Criteria = level == "group" ? Criteria(form) : null,
            Terms = level == "public" && form["terms"].Split(' ') is [var name, var version] && Number(version) is { } number
                ? new() { Name = name, Version = (int)Math.Min(number, int.MaxValue) } : null,
            Licence = Text(form["licence"]),
            Harm = form["harm-person"].Length == 0 ? null : new()
            {
                Person = form["harm-person"], Asset = form["harm-asset"], City = form["harm-city"], Hazardous = form["hazardous"] == "yes",
            },
            Checklist =
            [
                .. Checklist.Where(line => form[line.Field].Length > 0).Select(line => new RequirementDraft
                {
                    Name = line.Text, State = form[line.Field], Reference = Text(form[line.Field + "-reference"].Trim()),
                }),
            ],
            Move = form["move"] == "close" ? "close" : "submit",
            For = party,
        };
    }

    private static List<CriterionDraft> Criteria(FormFields form)
    {
        var criteria = new List<CriterionDraft>();
        if (form.All("categories") is { Count: > 0 } categories)
            criteria.Add(new() { ClaimType = GroupCriterion.CategoryType, Values = categories });
        var values = form["claim-values"].Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
        if (form["claim-type"].Trim() is { Length: > 0 } type) criteria.Add(new() { ClaimType = type, Values = values });
        return criteria;
    }

    private static string? Text(string text) => text.Length == 0 ? null : text;

    private static long? Number(string text) =>
        long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : null;
}

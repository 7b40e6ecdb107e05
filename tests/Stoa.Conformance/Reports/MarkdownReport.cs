using System.Globalization;
using System.Text;

namespace Stoa.Conformance.Reports;

/// <summary>A report as a page of Markdown.</summary>
public static class MarkdownReport
{
    /// <summary>The page.</summary>
    public static string Write(Report report)
    {
        var page = new StringBuilder();
        page.Append(CultureInfo.InvariantCulture,
            $"# Conformance of {report.Root} to OGC SensorThings 1.1\n\n{TextReport.Sentence(report)}\n\n");
        page.Append(Table(report));
        foreach (var (title, outcomes) in new[]
        {
            ("Failed", report.Faults), ("Could not be run", report.NotRun), ("Advice not followed", report.Advice),
        })
        {
            if (outcomes.Count > 0) page.Append(CultureInfo.InvariantCulture, $"\n## {title}\n");
            foreach (var outcome in outcomes) Append(page, outcome);
        }

        return page.ToString();
    }

    /// <summary>The table of classes.</summary>
    public static string Table(Report report)
    {
        var table = new StringBuilder(
            "| Requirement class | Requirements | Passed | Failed | Skipped | Not run | Advice | |\n|---|---|---|---|---|---|---|---|\n");
        foreach (var one in report.Classes)
            table.Append(CultureInfo.InvariantCulture,
                $"| {one.Name} | {one.Fulfilled} of {one.Requirements} | {one.Of(Verdict.Passed)} | {one.Of(Verdict.Failed)} " +
                $"| {one.Of(Verdict.NotClaimed)} | {one.Of(Verdict.CouldNotRun)} | {one.Advice} | {one.State} |\n");
        return table.ToString();
    }

    private static void Append(StringBuilder page, Outcome outcome)
    {
        page.Append(CultureInfo.InvariantCulture,
            $"\n**{outcome.Check.Name}** {outcome.Check.Statement} ({TextReport.Where(outcome.Check)})\n\n");
        page.Append(CultureInfo.InvariantCulture, $"{outcome.Why}\n\n");
        if (outcome.Sent.Length > 0)
            page.Append(CultureInfo.InvariantCulture, $"````text\n{outcome.Sent}\n\n{outcome.Came}\n````\n");
    }
}

using System.Globalization;
using System.Text;

namespace Stoa.Conformance.Reports;

internal static class TextReport
{
    public static string Write(Report report)
    {
        var text = new StringBuilder();
        text.Append(CultureInfo.InvariantCulture,
            $"OGC SensorThings API 1.1 (18-088): {report.Root}, {report.Outcomes.Count} checks in {report.Duration.TotalSeconds:0.0} s\n\n");
        text.Append(CultureInfo.InvariantCulture,
            $"{"Requirement class",-42} {"Requirements",12} {"Passed",7} {"Failed",7} {"Skipped",8} {"Not run",8} {"Advice",7}\n");
        foreach (var one in report.Classes)
            text.Append(CultureInfo.InvariantCulture,
                $"{one.Name,-42} {$"{one.Fulfilled}/{one.Requirements}",12} {one.Of(Verdict.Passed),7} {one.Of(Verdict.Failed),7} " +
                $"{one.Of(Verdict.NotClaimed),8} {one.Of(Verdict.CouldNotRun),8} {one.Advice,7}  {one.State}\n");
        Append(text, "FAILED", report.Faults);
        Append(text, "Could not be run", report.NotRun);
        Append(text, "Advice not followed (the standard leaves it open)", report.Advice);
        if (report.Claims.Count == 0)
            text.Append("\nThe landing page lists no requirements, so all of them were taken as claimed.\n");
        if (report.Left.Count > 0)
            text.Append(CultureInfo.InvariantCulture,
                $"\nCould not be removed again: {string.Join(", ", report.Left)}\n");
        text.Append(CultureInfo.InvariantCulture, $"\n{Sentence(report)}\n");
        return text.ToString();
    }

    public static string Sentence(Report report)
    {
        if (report.Faults.Count > 0) return $"{Counted(report.Faults.Count, "check")} failed.";
        return report.NotRun.Count > 0
            ? $"No claimed requirement failed, but {Counted(report.NotRun.Count, "check")} could not be run."
            : "Every claimed requirement that was tried is fulfilled.";
    }

    private static string Counted(int count, string what) =>
        string.Create(CultureInfo.InvariantCulture, $"{count} {what}{(count == 1 ? "" : "s")}");

    private static void Append(StringBuilder text, string title, IReadOnlyList<Outcome> outcomes)
    {
        if (outcomes.Count > 0) text.Append(CultureInfo.InvariantCulture, $"\n{title}\n");
        foreach (var outcome in outcomes)
        {
            var check = outcome.Check;
            text.Append(CultureInfo.InvariantCulture, $"\n  {check.Name}: {check.Statement}\n");
            text.Append(CultureInfo.InvariantCulture, $"    Clause  {Where(check)}\n");
            text.Append(CultureInfo.InvariantCulture, $"    Why     {outcome.Why}\n");
            if (outcome.Sent.Length > 0) text.Append(CultureInfo.InvariantCulture,
                $"    Sent    {Indented(outcome.Sent)}\n");
            if (outcome.Came.Length > 0) text.Append(CultureInfo.InvariantCulture,
                $"    Came    {Indented(outcome.Came)}\n");
        }
    }

    internal static string Where(Check check) => check.Kind == CheckKind.Extension
        ? $"{check.Clause}"
        : $"OGC 18-088, {check.Clause} ({Uri(check.Requirement)})";

    internal static string Uri(string requirement) =>
        requirement.Contains("://", StringComparison.Ordinal) ? requirement : "http://www.opengis.net/spec/" +
            requirement;

    // Answers of a server must not steer the terminal.
    private static string Indented(string text) => string.Concat(text.ReplaceLineEndings("\n").TrimEnd()
        .Select(c => char.IsControl(c) && c != '\n' ? ' ' : c)).Replace("\n", "\n            ",
            StringComparison.Ordinal);
}

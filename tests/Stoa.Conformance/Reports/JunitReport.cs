using System.Globalization;
using System.Xml.Linq;

namespace Stoa.Conformance.Reports;

internal static class JunitReport
{
    public static string Write(Report report)
    {
        var suites = new XElement("testsuites",
            new XAttribute("name", "OGC SensorThings API 1.1: " + report.Root),
            new XAttribute("tests", report.Outcomes.Count), new XAttribute("failures", report.Faults.Count),
            new XAttribute("errors", report.NotRun.Count), new XAttribute("time", Seconds(report.Duration)),
            report.Classes.Select(SuiteOf));
        return "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n" + suites + "\n";
    }

    private static XElement SuiteOf(ClassResult one) => new("testsuite",
        new XAttribute("name", one.Name), new XAttribute("tests", one.Outcomes.Count),
        new XAttribute("failures", one.Of(Verdict.Failed)), new XAttribute("errors", one.Of(Verdict.CouldNotRun)),
        new XAttribute("skipped", one.Of(Verdict.NotClaimed) + one.Advice),
        one.Outcomes.Select(CaseOf));

    private static XElement CaseOf(Outcome outcome)
    {
        var one = new XElement("testcase", new XAttribute("classname", outcome.Check.Class),
            new XAttribute("name", $"{outcome.Check.Name}: {outcome.Check.Statement}"),
            new XAttribute("time", Seconds(outcome.Duration)));
        if (outcome.Verdict == Verdict.Passed) return one;
        var element = outcome.IsFault ? "failure" : outcome.Verdict == Verdict.CouldNotRun ? "error" : "skipped";
        one.Add(new XElement(element, new XAttribute("message", Clean(outcome.Why)),
            Clean($"{TextReport.Where(outcome.Check)}\n{outcome.Sent}\n{outcome.Came}")));
        return one;
    }

    // XML 1.0 has no way to write control characters, and an answer may hold any.
    private static string Clean(string text) =>
        string.Concat(text.Select(c => System.Xml.XmlConvert.IsXmlChar(c) ? c : '\uFFFD'));

    private static string Seconds(TimeSpan time) => time.TotalSeconds.ToString("0.000", CultureInfo.InvariantCulture);
}

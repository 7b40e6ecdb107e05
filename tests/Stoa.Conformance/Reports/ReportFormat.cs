namespace Stoa.Conformance.Reports;

/// <summary>How a report is written.</summary>
public enum ReportFormat
{
    /// <summary>A table for people, then what is wrong in plain words.</summary>
    Text,

    /// <summary>Everything, for programs.</summary>
    Json,

    /// <summary>JUnit XML, as build servers read it.</summary>
    Junit,

    /// <summary>A page of Markdown.</summary>
    Markdown,
}

/// <summary>Writes reports.</summary>
public static class ReportFormats
{
    /// <summary>The report as text of that format; ends with a line end.</summary>
    public static string Write(this Report report, ReportFormat format) => format switch
    {
        ReportFormat.Text => TextReport.Write(report),
        ReportFormat.Json => JsonReport.Write(report),
        ReportFormat.Junit => JunitReport.Write(report),
        ReportFormat.Markdown => MarkdownReport.Write(report),
        _ => throw new ArgumentOutOfRangeException(nameof(format), format, "Unknown format."),
    };
}

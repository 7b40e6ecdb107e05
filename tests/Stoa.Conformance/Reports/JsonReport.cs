using System.Buffers;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace Stoa.Conformance.Reports;

internal static class JsonReport
{
    public static string Write(Report report)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(buffer,
            new() { Indented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping }))
        {
            json.WriteStartObject();
            json.WriteString("service", report.Root);
            json.WriteNumber("seconds", Math.Round(report.Duration.TotalSeconds, 3));
            json.WriteBoolean("proven", report.IsProven);
            WriteTexts(json, "claims", report.Claims.Select(TextReport.Uri));
            WriteTexts(json, "left", report.Left);
            json.WriteStartArray("classes");
            foreach (var one in report.Classes) Write(json, one);
            json.WriteEndArray();
            json.WriteStartArray("checks");
            foreach (var outcome in report.Outcomes) Write(json, outcome);
            json.WriteEndArray();
            json.WriteEndObject();
        }

        return Encoding.UTF8.GetString(buffer.WrittenSpan) + "\n";
    }

    private static void Write(Utf8JsonWriter json, ClassResult one)
    {
        json.WriteStartObject();
        json.WriteString("name", one.Name);
        json.WriteString("state", one.State);
        json.WriteNumber("requirements", one.Requirements);
        json.WriteNumber("fulfilled", one.Fulfilled);
        json.WriteNumber("passed", one.Of(Verdict.Passed));
        json.WriteNumber("failed", one.Of(Verdict.Failed));
        json.WriteNumber("notClaimed", one.Of(Verdict.NotClaimed));
        json.WriteNumber("couldNotRun", one.Of(Verdict.CouldNotRun));
        json.WriteNumber("adviceNotFollowed", one.Advice);
        json.WriteEndObject();
    }

    private static void Write(Utf8JsonWriter json, Outcome outcome)
    {
        json.WriteStartObject();
        json.WriteString("name", outcome.Check.Name);
        json.WriteString("class", outcome.Check.Class);
        json.WriteString("requirement", TextReport.Uri(outcome.Check.Requirement));
        json.WriteString("clause", outcome.Check.Clause);
        json.WriteString("statement", outcome.Check.Statement);
        json.WriteString("kind", WordOf(outcome.Check.Kind));
        json.WriteString("verdict", WordOf(outcome.Verdict));
        json.WriteNumber("milliseconds", Math.Round(outcome.Duration.TotalMilliseconds, 1));
        if (outcome.Why.Length > 0) json.WriteString("why", outcome.Why);
        if (outcome.Sent.Length > 0) json.WriteString("sent", outcome.Sent);
        if (outcome.Came.Length > 0) json.WriteString("came", outcome.Came);
        json.WriteEndObject();
    }

    internal static string WordOf(Verdict verdict) => verdict switch
    {
        Verdict.Passed => "passed",
        Verdict.Failed => "failed",
        Verdict.NotClaimed => "notClaimed",
        Verdict.CouldNotRun => "couldNotRun",
        _ => throw new ArgumentOutOfRangeException(nameof(verdict), verdict, "Unknown verdict."),
    };

    private static string WordOf(CheckKind kind) => kind switch
    {
        CheckKind.Rule => "rule",
        CheckKind.Advice => "advice",
        CheckKind.Extension => "extension",
        _ => throw new ArgumentOutOfRangeException(nameof(kind), kind, "Unknown kind."),
    };

    private static void WriteTexts(Utf8JsonWriter json, string name, IEnumerable<string> texts)
    {
        json.WriteStartArray(name);
        foreach (var text in texts) json.WriteStringValue(text);
        json.WriteEndArray();
    }
}

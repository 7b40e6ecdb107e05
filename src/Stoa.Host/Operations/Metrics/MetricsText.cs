using System.Diagnostics.Metrics;
using System.Globalization;
using System.Text;

namespace Stoa.Host.Operations.Metrics;

/// <summary>Writes series in the Prometheus text format, version 0.0.4.</summary>
internal static class MetricsText
{
    public const string ContentType = "text/plain; version=0.0.4; charset=utf-8";

    /// <summary>The name of an instrument as Prometheus wants it: unit and kind at the end, dots as
    /// underscores.</summary>
    public static string NameOf(Instrument instrument)
    {
        var name = new StringBuilder(instrument.Name.Length + 16);
        foreach (var letter in instrument.Name) name.Append(char.IsAsciiLetterOrDigit(letter) ? letter : '_');
        var unit = instrument.Unit switch { "s" => "_seconds", "ms" => "_milliseconds", "By" => "_bytes", _ => "" };
        if (unit.Length > 0 && !name.ToString().EndsWith(unit, StringComparison.Ordinal)) name.Append(unit);
        if (KindOf(instrument) == "counter"
            && !name.ToString().EndsWith("_total", StringComparison.Ordinal)) name.Append("_total");
        return name.ToString();
    }

    /// <summary>counter, gauge or histogram.</summary>
    public static string KindOf(Instrument instrument)
    {
        var kind = instrument.GetType();
        if (!kind.IsGenericType) return "gauge";
        var definition = kind.GetGenericTypeDefinition();
        return definition == typeof(Counter<>) || definition == typeof(ObservableCounter<>) ? "counter"
            : definition == typeof(Histogram<>) ? "histogram"
            : "gauge";
    }

    /// <summary>The labels of a series without braces: <c>a="1",b="2"</c>.</summary>
    public static string LabelsOf(ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        var labels = new StringBuilder();
        foreach (var (key, value) in tags)
        {
            if (labels.Length > 0) labels.Append(',');
            foreach (var letter in key) labels.Append(char.IsAsciiLetterOrDigit(letter) ? letter : '_');
            labels.Append("=\"");
            foreach (var letter in Convert.ToString(value, CultureInfo.InvariantCulture) ?? "")
                _ = letter switch
                {
                    '\\' => labels.Append("\\\\"),
                    '"' => labels.Append("\\\""),
                    '\n' => labels.Append("\\n"),
                    _ => labels.Append(letter),
                };
            labels.Append('"');
        }

        return labels.ToString();
    }

    public static void WriteHead(StringBuilder text, string name, string kind, string help) => text
        .Append("# HELP ").Append(name).Append(' ')
        .Append(help.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\n", "\\n", StringComparison.Ordinal))
        .Append("\n# TYPE ").Append(name).Append(' ').Append(kind).Append('\n');

    public static void WriteSample(StringBuilder text, string name, string labels, double value)
    {
        text.Append(name);
        if (labels.Length > 0) text.Append('{').Append(labels).Append('}');
        text.Append(' ').Append(Number(value)).Append('\n');
    }

    public static void WriteBucket(StringBuilder text, string name, string labels, double bound, double count)
    {
        var separator = labels.Length > 0 ? "," : "";
        WriteSample(text, name + "_bucket", $"{labels}{separator}le=\"{Number(bound)}\"", count);
    }

    private static string Number(double value) => value switch
    {
        double.PositiveInfinity => "+Inf",
        double.NegativeInfinity => "-Inf",
        _ => value.ToString("R", CultureInfo.InvariantCulture),
    };
}

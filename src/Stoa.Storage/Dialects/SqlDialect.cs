using System.Globalization;
using System.Text;
using Stoa.Query;

namespace Stoa.Storage.Dialects;

/// <summary>Everything in translated SQL that one engine writes differently from another.</summary>
/// <remarks>
/// Takes and gives pieces of SQL; an operand is written once in what comes out, so that nesting cannot make the text grow beyond
/// its measure. Functions named <c>stoa_…</c> are those of <see cref="SqliteFunctions"/>.
/// </remarks>
#pragma warning disable CA1822 // Members belong to the instance: the next engine is another instance.
public sealed class SqlDialect
{
    private const string Second = "1000000", Minute = "60000000", Hour = "3600000000", Day = "86400000000";

    private SqlDialect()
    {
    }

    /// <summary>SQLite 3.40 or later.</summary>
    public static SqlDialect Sqlite { get; } = new();

    /// <summary>Characters that trim takes away: ASCII white space.</summary>
    public const string Whitespace = " \t\n\v\f\r";

    internal string Parameter(int number) => string.Create(CultureInfo.InvariantCulture, $"?{number}");

    /// <summary>The values of a JSON array in a parameter, as a list for IN.</summary>
    public string ListOf(string parameter) => $"(SELECT value FROM json_each({parameter}))";

    /// <summary>That the bit of this number is set; false for numbers beyond the mask, whose bits are shifted out.</summary>
    internal string IsInMask(string number, string mask) => $"({mask} >> {number} & 1)";

    /// <summary>Keeps an index from being chosen for this column.</summary>
    internal string WithoutIndex(string column) => "+" + column;

    /// <summary>The way into a JSON value: names of members, and numbers that index arrays.</summary>
    internal string JsonPath(IReadOnlyList<string> inside)
    {
        // SQLite reads the index into 32 bits and has no escape for a quote within a name: neither may reach it.
        const int IndexDigitsMax = 9;
        var path = new StringBuilder("$");
        foreach (var name in inside)
            if (!char.IsAsciiDigit(name[0])) path.Append(".\"").Append(name.Replace('"', '\uFFFD')).Append('"');
            else path.Append('[').Append(name.Length > IndexDigitsMax ? "999999999" : name).Append(']');
        return path.ToString();
    }

    internal string JsonNumber(string json, string path) =>
        $"CASE WHEN json_type({json}, {path}) IN ('integer', 'real') THEN json_extract({json}, {path}) END";

    internal string JsonBoolean(string json, string path) =>
        $"CASE json_type({json}, {path}) WHEN 'true' THEN 1 WHEN 'false' THEN 0 END";

    internal string JsonString(string json, string path) =>
        $"CASE json_type({json}, {path}) WHEN 'text' THEN json_extract({json}, {path}) END";

    internal string JsonCompound(string json, string path) =>
        $"CASE WHEN json_type({json}, {path}) IN ('object', 'array') THEN json_extract({json}, {path}) END";

    internal string JsonText(string json, string path) =>
        $"CASE json_type({json}, {path}) WHEN 'null' THEN NULL WHEN 'text' THEN json_extract({json}, {path}) ELSE {json} -> {path} END";

    internal string JsonIsNull(string json, string path) => $"json_extract({json}, {path}) IS NULL";

    /// <summary>The text that a number has as JSON.</summary>
    internal string NumberText(string number) => $"stoa_number_text({number})";

    internal string TimeOfText(string text) => $"stoa_time({text})";

    /// <summary>The offset from UTC of a time as text, in minutes; null where it is no time.</summary>
    internal string OffsetOfText(string text) => $"stoa_time_offset({text})";

    internal string Divide(string left, string right) => $"(CAST({left} AS REAL) / {right})";

    internal string Remainder(string left, string right) => $"stoa_mod({left}, {right})";

    internal string Whole(string number) => $"CAST({number} AS INTEGER)";

    /// <summary>A count or place in a text: whole, not negative, and within the 32 bits that substr takes.</summary>
    internal string Place(string number) => $"min(max({Whole(number)}, 0), 1000000000)";

    /// <summary>Now, in microseconds; for what decides how rows are found, never which.</summary>
    internal string Now => "CAST(strftime('%s', 'now') AS INTEGER) * 1000000";

    internal string Least(string left, string right) => $"min({left}, {right})";

    internal string Greatest(string left, string right) => $"max({left}, {right})";

    internal string Position(string text, string part) => $"instr({text}, {part})";

    internal string Part(QueryFunction function, string micros) => function switch
    {
        QueryFunction.Year => DatePart("%Y", micros),
        QueryFunction.Month => DatePart("%m", micros),
        QueryFunction.Day => DatePart("%d", micros),
        QueryFunction.Hour => Since(micros, Day, Hour),
        QueryFunction.Minute => Since(micros, Hour, Minute),
        QueryFunction.Second => Since(micros, Minute, Second),
        QueryFunction.FractionalSeconds => $"({Modulo(micros, Second)} / {Second}.0)",
        QueryFunction.Time => Modulo(micros, Day),
        QueryFunction.Date => $"stoa_date({micros})",
        _ => throw new ArgumentOutOfRangeException(nameof(function), function, "Not a part of a time."),
    };

    private static string DatePart(string format, string micros) =>
        $"CAST(strftime('{format}', stoa_date({micros}) / {Second}, 'unixepoch') AS INTEGER)";

    private static string Since(string micros, string span, string unit) => $"({Modulo(micros, span)} / {unit})";

    /// <summary>The remainder that is never negative.</summary>
    private static string Modulo(string micros, string span) => $"(({micros} % {span} + {span}) % {span})";

    /// <summary>SQL names of the functions that are called by name.</summary>
    internal string Function(QueryFunction function) => function switch
    {
        QueryFunction.Length => "length",
        QueryFunction.ToLower => "stoa_lower",
        QueryFunction.ToUpper => "stoa_upper",
        QueryFunction.Round => "round",
        QueryFunction.Floor => "stoa_floor",
        QueryFunction.Ceiling => "stoa_ceiling",
        QueryFunction.GeoDistance => "stoa_geo_distance",
        QueryFunction.GeoLength => "stoa_geo_length",
        QueryFunction.GeoIntersects or QueryFunction.StIntersects => "stoa_st_intersects",
        QueryFunction.StEquals => "stoa_st_equals",
        QueryFunction.StDisjoint => "stoa_st_disjoint",
        QueryFunction.StTouches => "stoa_st_touches",
        QueryFunction.StWithin => "stoa_st_within",
        QueryFunction.StOverlaps => "stoa_st_overlaps",
        QueryFunction.StCrosses => "stoa_st_crosses",
        QueryFunction.StContains => "stoa_st_contains",
        QueryFunction.StRelate => "stoa_st_relate",
        _ => throw new ArgumentOutOfRangeException(nameof(function), function, "Not called by name."),
    };

    internal string Box(string minX, string maxX, string minY, string maxY) => $"stoa_box({minX}, {maxX}, {minY}, {maxY})";
}

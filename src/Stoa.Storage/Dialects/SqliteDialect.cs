using System.Globalization;
using System.Text;
using Stoa.Query;
using Stoa.Storage.Translation;

namespace Stoa.Storage.Dialects;

/// <summary>SQLite 3.40 or later. Functions named <c>stoa_…</c> are those of <see cref="SqliteFunctions"/>.</summary>
/// <remarks>Types belong to values, truth is 1 and 0, a calculation that overflows goes on in double precision.</remarks>
internal sealed class SqliteDialect : SqlDialect
{
    private const string Second = "1000000", Minute = "60000000", Hour = "3600000000", Day = "86400000000";

    public override string ListOf(string parameter) => $"(SELECT value FROM json_each({parameter}))";

    public override string Least(string left, string right) => $"min({left}, {right})";

    public override string Greatest(string left, string right) => $"max({left}, {right})";

    internal override string Now => "CAST(strftime('%s', 'now') AS INTEGER) * 1000000";

    internal override string Parameter(int number, SqlValueKind kind) => string.Create(CultureInfo.InvariantCulture, $"?{number}");

    internal override SqlValue Number(Literal literal) => literal.IsWhole ? SqlValue.Of(literal.Whole) : SqlValue.Of(literal.Real);

    internal override string Limit(long? rows, Func<SqlValue, string> parameter) => $" LIMIT {parameter(SqlValue.Of(rows ?? -1))}";

    internal override string NullsAreLeast(bool isDescending) => "";

    internal override string After((string First, string Second) left, string sign, (string First, string Second) right) =>
        $"({left.First}, {left.Second}) {sign} ({right.First}, {right.Second})";

    internal override bool ReadsByGroups => true;

    internal override string Truth(bool value) => value ? "1" : "0";

    internal override string TruthOf(string column) => column;

    /// <summary>The sign stays clear.</summary>
    internal override long MaskMax => 62;

    internal override string IsInMask(string number, string mask) => $"({mask} >> {number} & 1)";

    internal override string IsInBits(string number, string bits, Func<string> end) => IsBitSet(number, bits);

    internal override string IsInRuns(string number, IEnumerable<(string First, string Last)> runs) =>
        $"({IsWithin(WithoutIndex(number), runs)})";

    internal override string IsInRunOrBits(string number, string first, string last, string bits, Func<string> end) =>
        $"({IsWithin(WithoutIndex(number), [(first, last)])} OR {IsInBits(number, bits, end)})";

    internal override string IsBitSet(string number, string bits) => $"stoa_in_bits({bits}, {number})";

    internal override string IsAmong(string parameter) => $"IN {ListOf(parameter)}";

    public override string ManyIds(ReadOnlySpan<long> ids)
    {
        var json = new StringBuilder("[");
        foreach (var id in ids) json.Append(json.Length > 1 ? "," : "").Append(id.ToString(CultureInfo.InvariantCulture));
        return json.Append(']').ToString();
    }

    internal override string WithoutIndex(string column) => "+" + column;

    internal override string NegativeId(string id) => $"(-{id})";

    internal override string JsonPath(IReadOnlyList<string> inside)
    {
        // SQLite reads the index into 32 bits and has no escape for a quote within a name: neither may reach it.
        const int IndexDigitsMax = 9;
        var path = new StringBuilder("$");
        foreach (var name in inside)
            if (!char.IsAsciiDigit(name[0])) path.Append(".\"").Append(name.Replace('"', '\uFFFD')).Append('"');
            else path.Append('[').Append(name.Length > IndexDigitsMax ? "999999999" : name).Append(']');
        return path.ToString();
    }

    internal override string JsonNumber(string json, string path) =>
        $"CASE WHEN json_type({json}, {path}) IN ('integer', 'real') THEN json_extract({json}, {path}) END";

    internal override string JsonBoolean(string json, string path) =>
        $"CASE json_type({json}, {path}) WHEN 'true' THEN 1 WHEN 'false' THEN 0 END";

    internal override string JsonString(string json, string path) =>
        $"CASE json_type({json}, {path}) WHEN 'text' THEN json_extract({json}, {path}) END";

    internal override string JsonCompound(string json, string path) =>
        $"CASE WHEN json_type({json}, {path}) IN ('object', 'array') THEN json_extract({json}, {path}) END";

    internal override string JsonText(string json, string path) =>
        $"CASE json_type({json}, {path}) WHEN 'null' THEN NULL WHEN 'text' THEN json_extract({json}, {path}) ELSE {json} -> {path} END";

    internal override string JsonIsNull(string json, string path) => $"json_extract({json}, {path}) IS NULL";

    internal override string Calculate(BinaryOperator op, string left, string right, ValueKind kind) => op switch
    {
        BinaryOperator.Add => $"({left} + {right})",
        BinaryOperator.Sub => $"({left} - {right})",
        BinaryOperator.Mul => kind == ValueKind.Duration ? Whole($"({left} * {right})") : $"({left} * {right})",
        BinaryOperator.Div => kind == ValueKind.Duration
            ? Whole($"(CAST({left} AS REAL) / {right})")
            : $"(CAST({left} AS REAL) / {right})",
        BinaryOperator.Mod => $"stoa_mod({left}, {right})",
        _ => throw new ArgumentOutOfRangeException(nameof(op), op, "Not arithmetic."),
    };

    internal override string Negative(string number, ValueKind kind) => $"(-{number})";

    private static string Whole(string number) => $"CAST({number} AS INTEGER)";

    /// <summary>A count or place in a text: whole, not negative, and within the 32 bits that substr takes.</summary>
    private static string Place(string number) => $"min(max({Whole(number)}, 0), 1000000000)";

    public override string Position(string text, string part) => $"instr({text}, {part})";

    internal override string StartsWith(string text, string prefix) => $"(substr({text}, 1, length({prefix})) = {prefix})";

    internal override string EndsWith(string text, string suffix) =>
        $"(substr({text}, length({text}) - length({suffix}) + 1) = {suffix})";

    internal override string Substring(string text, string skip, string? length) =>
        length is null ? $"substr({text}, {Place(skip)} + 1)" : $"substr({text}, {Place(skip)} + 1, {Place(length)})";

    internal override string Trim(string text, string characters) => $"trim({text}, {characters})";

    internal override string Part(QueryFunction function, string micros) => function switch
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

    internal override Column ShapeOf(GeometryColumns columns) => columns.Wkb;

    internal override string Shape(string wkb) => wkb;

    /// <summary>By the R*Tree; its single-precision boxes are rounded outward, so nothing is lost.</summary>
    internal override string MeetsBox(
        string id, string shape, string boxTable, (string MinX, string MaxX, string MinY, string MaxY) box) =>
        $"{id} IN (SELECT id FROM {boxTable} WHERE max_x >= {box.MinX} AND min_x <= {box.MaxX} AND max_y >= {box.MinY} AND " +
        $"min_y <= {box.MaxY})";

    internal override string IsInBox(string shape, (string West, string South, string East, string North) box) =>
        $"stoa_in_box({shape}, {box.West}, {box.South}, {box.East}, {box.North})";

    internal override string Cell(string shape, string step) => $"stoa_cell({shape}, {step})";

    internal override string CellWkb(string shape, string step) => Cell(shape, step);

    internal override string CellJson(string shape, string step) => $"stoa_cell_json({shape}, {step})";

    internal override string JsonMembers(string json, string names) => $"stoa_json_members({json}, {names})";

    internal override string Function(QueryFunction function) => function switch
    {
        QueryFunction.Length => "length",
        QueryFunction.Round => "round",
        _ => base.Function(function),
    };
}

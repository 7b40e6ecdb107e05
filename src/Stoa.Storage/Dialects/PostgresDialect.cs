using System.Globalization;
using System.Text;
using Stoa.Query;
using Stoa.Storage.Translation;

namespace Stoa.Storage.Dialects;

/// <summary>PostgreSQL 15 or later with PostGIS. Functions named <c>stoa_…</c> are those of the step 0000_functions.</summary>
/// <remarks>
/// Types belong to expressions: every parameter says its own, so that a statement means the same whatever it was prepared with.
/// A number is bigint, numeric where whole numbers were calculated, or double precision. Truth is boolean. A geometry is PostGIS's.
/// </remarks>
/// <param name="fewGroupsMax">See <see cref="FewGroupsMax"/>; reading the first rows of 200 groups takes some ten milliseconds. 0 where
/// lateral subqueries with a limit are not supported, as on Citus.</param>
internal class PostgresDialect(int fewGroupsMax = 200) : SqlDialect
{
    /// <summary>Whole numbers up to here are the same in double precision.</summary>
    private const double ExactMax = 9_007_199_254_740_992;

    private const string Second = "1000000", Minute = "60000000", Hour = "3600000000", Day = "86400000000";

    public override string ListOf(string parameter) =>
        $"(SELECT CAST(value AS bigint) FROM json_array_elements_text(CAST({parameter} AS json)))";

    public override string Least(string left, string right) => $"LEAST({left}, {right})";

    public override string Greatest(string left, string right) => $"GREATEST({left}, {right})";

    internal override string Now => "CAST(extract(epoch FROM now()) * 1000000 AS bigint)";

    /// <remarks>Texts are compared by their bytes, whatever the collation of the database is.</remarks>
    internal override string Typed(string parameter, SqlValueKind kind) => parameter + kind switch
    {
        SqlValueKind.Null or SqlValueKind.Whole => "::bigint",
        SqlValueKind.Real => "::double precision",
        SqlValueKind.Text => "::text COLLATE \"C\"",
        SqlValueKind.Blob => "::bytea",
        _ => throw new ArgumentOutOfRangeException(nameof(kind), kind, "Unknown kind of parameter."),
    };

    internal override string Parameter(int number, SqlValueKind kind) =>
        Typed(string.Create(CultureInfo.InvariantCulture, $"${number}"), kind);

    /// <remarks>2.0 is sent as a whole number, so that the index of a whole column serves it.</remarks>
    internal override SqlValue Number(Literal literal) =>
        literal.IsWhole ? SqlValue.Of(literal.Whole)
        : double.IsInteger(literal.Real) && Math.Abs(literal.Real) <= ExactMax && literal.Real != 0 ? SqlValue.Of((long)literal.Real)
        : SqlValue.Of(literal.Real);

    /// <remarks>
    /// The number stands in the text: whether an index that gives the order is used, or everything sorted, hangs on it, and of a
    /// parameter the engine supposes a tenth of all rows. There are few different ones.
    /// </remarks>
    internal override string Limit(long? rows, Func<SqlValue, string> parameter) =>
        rows is { } most ? string.Create(CultureInfo.InvariantCulture, $" LIMIT {most}") : "";

    internal override string NullsAreLeast(bool isDescending) => isDescending ? " NULLS LAST" : " NULLS FIRST";

    /// <remarks>The first key once more by itself: partitions are passed over by plain comparisons alone.</remarks>
    internal override string After((string First, string Second) left, string sign, (string First, string Second) right) =>
        $"({left.First} {sign}= {right.First} AND ({left.First}, {left.Second}) {sign} ({right.First}, {right.Second}))";

    internal override bool ReadsByGroups => false;

    internal override int FewGroupsMax => fewGroupsMax;

    public override bool ReadsManyParents => true;

    /// <remarks>A function in FROM is gone through in its own order, and a lateral subquery with an order is run for each of its rows.</remarks>
    internal override string ManyParents(string parameter) =>
        $"unnest(CAST({parameter} AS bigint[])) WITH ORDINALITY AS parents(id, place)";

    internal override string RowsAbout(string table) => $"(SELECT reltuples FROM pg_class WHERE oid = '{table}'::regclass)";

    internal override string Truth(bool value) => value ? "TRUE" : "FALSE";

    internal override string TruthOf(string column) => $"({column} = 1)";

    internal override long MaskMax => -1;

    internal override string IsInMask(string number, string mask) =>
        throw new NotSupportedException("Shifts wrap around: a mask cannot tell numbers beyond it.");

    /// <remarks>A number beyond the bits would be an error. Nothing here may be worked out of the parameters alone, as their length: a plan
    /// for their values would look cheaper, and the statement would be planned at every run.</remarks>
    internal override string IsInBits(string number, string bits, Func<string> end) =>
        $"CASE WHEN {number} < {end()} THEN {IsBitSet(number, bits)} ELSE false END";

    /// <remarks>Of two plain comparisons with parameters the planner supposes that one row in two hundred meets them, of a CASE one in two.</remarks>
    internal override string IsInRuns(string number, IEnumerable<(string First, string Last)> runs) =>
        $"CASE WHEN {IsWithin(number, runs)} THEN true ELSE false END";

    internal override string IsInRunOrBits(string number, string first, string last, string bits, Func<string> end) =>
        $"CASE WHEN {number} BETWEEN {first} AND {last} THEN true WHEN {number} < {end()} THEN {IsBitSet(number, bits)} ELSE false END";

    internal override string IsBitSet(string number, string bits) => $"get_bit({bits}, {number}) = 1";

    /// <remarks>A subquery, which is run once: the text is not read again for every row.</remarks>
    internal override string IsAmong(string parameter) => $"= ANY (CAST((SELECT {parameter}) AS bigint[]))";

    public override string ManyIds(ReadOnlySpan<long> ids)
    {
        var array = new StringBuilder("{");
        foreach (var id in ids) array.Append(array.Length > 1 ? "," : "").Append(id.ToString(CultureInfo.InvariantCulture));
        return array.Append('}').ToString();
    }

    internal override string WithoutIndex(string column) => column;

    /// <remarks>The least number has no opposite, and is no id.</remarks>
    internal override string NegativeId(string id) =>
        id.StartsWith('$') ? $"(-GREATEST({id}, -9223372036854775807))" : $"(-{id})";

    internal override string JsonPath(IReadOnlyList<string> inside) => string.Join('/', inside);

    internal override string JsonNumber(string json, string path) => $"stoa_json_number({json}, {path})";

    internal override string JsonBoolean(string json, string path) => $"stoa_json_boolean({json}, {path})";

    internal override string JsonString(string json, string path) => $"stoa_json_string({json}, {path})";

    internal override string JsonCompound(string json, string path) => $"stoa_json_compound({json}, {path})";

    internal override string JsonText(string json, string path) => $"stoa_json_text({json}, {path})";

    internal override string JsonIsNull(string json, string path) => $"stoa_json_at({json}, {path}) IS NULL";

    internal override string Calculate(BinaryOperator op, string left, string right, ValueKind kind)
    {
        var outcome = op switch
        {
            BinaryOperator.Add => $"stoa_add({left}, {right})",
            BinaryOperator.Sub => $"stoa_subtract({left}, {right})",
            BinaryOperator.Mul => $"stoa_multiply({left}, {right})",
            BinaryOperator.Div => $"stoa_divide({left}, {right})",
            BinaryOperator.Mod => $"stoa_mod({left}, {right})",
            _ => throw new ArgumentOutOfRangeException(nameof(op), op, "Not arithmetic."),
        };
        return kind == ValueKind.Number ? outcome : $"stoa_whole({outcome})";
    }

    internal override string Negative(string number, ValueKind kind) =>
        kind == ValueKind.Number ? $"stoa_negative({number})" : $"stoa_whole(stoa_negative({number}))";

    public override string Position(string text, string part) => $"CAST(strpos({text}, {part}) AS bigint)";

    internal override string StartsWith(string text, string prefix) => $"starts_with({text}, {prefix})";

    internal override string EndsWith(string text, string suffix) => $"(right({text}, length({suffix})) = {suffix})";

    internal override string Substring(string text, string skip, string? length) => length is null
        ? $"substr({text}, stoa_place({skip}) + 1)"
        : $"substr({text}, stoa_place({skip}) + 1, stoa_place({length}))";

    internal override string Trim(string text, string characters) => $"btrim({text}, {characters})";

    internal override string Part(QueryFunction function, string micros) => function switch
    {
        QueryFunction.Year => DatePart("year", micros),
        QueryFunction.Month => DatePart("month", micros),
        QueryFunction.Day => DatePart("day", micros),
        QueryFunction.Hour => $"(stoa_since({micros}, {Day}) / {Hour})",
        QueryFunction.Minute => $"(stoa_since({micros}, {Hour}) / {Minute})",
        QueryFunction.Second => $"(stoa_since({micros}, {Minute}) / {Second})",
        QueryFunction.FractionalSeconds => $"(CAST(stoa_since({micros}, {Second}) AS double precision) / {Second})",
        QueryFunction.Time => $"stoa_since({micros}, {Day})",
        QueryFunction.Date => $"stoa_date({micros})",
        _ => throw new ArgumentOutOfRangeException(nameof(function), function, "Not a part of a time."),
    };

    private static string DatePart(string part, string micros) => $"CAST(extract({part} FROM stoa_day({micros})) AS bigint)";

    internal override Column ShapeOf(GeometryColumns columns) => columns.Shape;

    internal override string Shape(string wkb) => $"ST_GeomFromWKB({wkb}, 4326)";

    /// <summary>By the GiST index; its single-precision boxes are rounded outward, so nothing is lost.</summary>
    internal override string MeetsBox(
        string id, string shape, string boxTable, (string MinX, string MaxX, string MinY, string MaxY) box) =>
        $"{shape} && ST_MakeEnvelope({box.MinX}, {box.MinY}, {box.MaxX}, {box.MaxY}, 4326)";

    internal override string IsInBox(string shape, (string West, string South, string East, string North) box) =>
        $"ST_CoveredBy({shape}, ST_MakeEnvelope({box.West}, {box.South}, {box.East}, {box.North}, 4326))";

    internal override string Cell(string shape, string step) =>
        $"(SELECT ST_SetSRID(ST_MakePoint(cell.x, cell.y), 4326) FROM {CellOf(shape, step)})";

    internal override string CellWkb(string shape, string step) =>
        $"(SELECT ST_AsBinary(ST_MakePoint(cell.x, cell.y), 'NDR') FROM {CellOf(shape, step)})";

    internal override string CellJson(string shape, string step) =>
        $"(SELECT '{{\"type\":\"Point\",\"coordinates\":[' || trim_scale(cell.x) || ',' || trim_scale(cell.y) || ']}}' " +
        $"FROM {CellOf(shape, step)}) COLLATE \"C\"";

    /// <summary>One row with the middle of the cell; none without a shape. The same steps as in <see cref="SpatialFunctions.Cell"/>.</summary>
    private static string CellOf(string shape, string step) =>
        "(SELECT round(CAST(LEAST(GREATEST((floor(width.x / width.step) + 0.5) * width.step, -180), 180) AS numeric), 6) AS x, " +
        "round(CAST(width.y AS numeric), 6) AS y FROM (SELECT middle.x, middle.y, " +
        $"{step} / GREATEST(cos(radians(middle.y)), 0.000001) AS step FROM (SELECT (ST_XMin({shape}) + ST_XMax({shape})) / 2 AS x, " +
        $"LEAST(GREATEST((floor((ST_YMin({shape}) + ST_YMax({shape})) / 2 / {step}) + 0.5) * {step}, -90), 90) AS y) AS middle) AS width " +
        "WHERE width.x IS NOT NULL) AS cell";

    internal override string JsonMembers(string json, string names) =>
        "(SELECT '{' || string_agg(CAST(to_json(member.key) AS text) || ':' || CAST(member.value AS text), ',') || '}' " +
        $"FROM json_each(CASE WHEN json_typeof(stoa_json({json})) = 'object' THEN stoa_json({json}) END) AS member " +
        $"WHERE member.key IN (SELECT json_array_elements_text(CAST({names} AS json)))) COLLATE \"C\"";

    internal override string Function(QueryFunction function) => function switch
    {
        QueryFunction.Length => "stoa_length",
        QueryFunction.Round => "stoa_round",
        _ => base.Function(function),
    };
}

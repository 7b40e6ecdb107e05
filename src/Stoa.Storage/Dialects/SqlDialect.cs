using Stoa.Query;
using Stoa.Storage.Translation;

namespace Stoa.Storage.Dialects;

/// <summary>Everything in SQL that one engine writes differently from another.</summary>
/// <remarks>
/// Takes and gives pieces of SQL; an operand is written once in what comes out, so that nesting cannot make the text grow beyond
/// its measure. What is called <c>stoa_…</c> on both engines with the same arguments needs no word here. Immutable, safe for use by
/// many threads.
/// </remarks>
public abstract class SqlDialect
{
    /// <summary>Characters that trim takes away: ASCII white space.</summary>
    public const string Whitespace = " \t\n\v\f\r";

    private protected SqlDialect()
    {
    }

    /// <summary>SQLite 3.40 or later.</summary>
    public static SqlDialect Sqlite { get; } = new SqliteDialect();

    /// <summary>PostgreSQL 15 or later with PostGIS 3.3 or later.</summary>
    public static SqlDialect Postgres { get; } = new PostgresDialect();

    /// <summary>The same with observations spread over several machines by Citus 12 or later.</summary>
    public static SqlDialect Citus { get; } = new CitusDialect();

    /// <summary>The whole numbers of a JSON array in a parameter, as a list for IN.</summary>
    public abstract string ListOf(string parameter);

    /// <summary>The smaller of two values of which neither is null.</summary>
    public abstract string Least(string left, string right);

    /// <summary>The greater of two values of which neither is null.</summary>
    public abstract string Greatest(string left, string right);

    /// <summary>Now, in microseconds; for what decides how rows are found, never which.</summary>
    internal abstract string Now { get; }

    // statements ----------------------------------------------------------------------------------------------------------

    /// <summary>A place for a value of this kind; what is null holds the place of a whole number.</summary>
    internal abstract string Parameter(int number, SqlValueKind kind);

    /// <summary>A named parameter for a value of this kind.</summary>
    internal virtual string Typed(string parameter, SqlValueKind kind) => parameter;

    /// <summary>A number as the value of a parameter.</summary>
    internal abstract SqlValue Number(Literal literal);

    /// <summary>At most so many rows; null for all.</summary>
    internal abstract string Limit(long? rows, Func<SqlValue, string> parameter);

    /// <summary>What follows a sort key that may be null, so that null comes before all values.</summary>
    internal abstract string NullsAreLeast(bool isDescending);

    /// <summary>That two keys come after two others.</summary>
    /// <param name="left">Of the row.</param>
    /// <param name="sign">Less or greater.</param>
    /// <param name="right">Of the row before.</param>
    internal abstract string After((string First, string Second) left, string sign, (string First, string Second) right);

    /// <summary>
    /// Whether a large table that is clustered by groups is read by groups and windows of time; if not, it has an index on time.
    /// </summary>
    internal abstract bool ReadsByGroups { get; }

    /// <summary>
    /// Up to so many groups of a large table with an index on time are read group by group, by a lateral subquery with a limit.
    /// </summary>
    internal virtual int FewGroupsMax => 0;

    /// <summary>Whether the children of many parents can be read by one statement, parent after parent.</summary>
    public virtual bool ReadsManyParents => false;

    /// <summary>The id of the parent, where the children of many are read by one statement.</summary>
    internal const string ParentId = "parents.id";

    /// <summary>Its place among the parents, from 1.</summary>
    internal const string ParentPlace = "parents.place";

    /// <summary>A row with <see cref="ParentId"/> and <see cref="ParentPlace"/> for each id of a text, see <see cref="ManyIds"/>.</summary>
    internal virtual string ManyParents(string parameter) => throw new NotSupportedException("Parents are read one by one.");

    /// <summary>About how many rows a table has, known without counting; zero or less where it is not known.</summary>
    internal virtual string RowsAbout(string table) => "0";

    /// <summary>
    /// Whether large tables lie on other machines than the small ones that are written often. Then a subquery over a large table must
    /// stand by itself, and the dataset of its rows is asked of the entities that they belong to.
    /// </summary>
    internal virtual bool IsSpread => false;

    // truth ---------------------------------------------------------------------------------------------------------------

    /// <summary>True or false.</summary>
    internal abstract string Truth(bool value);

    /// <summary>The truth value that a column of 0 and 1 holds.</summary>
    internal abstract string TruthOf(string column);

    // scopes --------------------------------------------------------------------------------------------------------------

    /// <summary>Up to this number ids are tested by one mask of bits; negative where that is of no use.</summary>
    internal abstract long MaskMax { get; }

    /// <summary>That the bit of this number is set; false for numbers beyond the mask, whose bits are shifted out.</summary>
    internal abstract string IsInMask(string number, string mask);

    /// <summary>That the bit of this number is set in a parameter of bytes: bit n % 8, from the lowest, of byte n / 8.</summary>
    /// <param name="number">What is tested.</param>
    /// <param name="bits">The bytes.</param>
    /// <param name="end">Gives a parameter with the first number beyond them, where it is needed.</param>
    internal abstract string IsInBits(string number, string bits, Func<string> end);

    /// <summary>That a number lies in one of some runs, of each from the first to the last; no index is chosen for it.</summary>
    internal abstract string IsInRuns(string number, IEnumerable<(string First, string Last)> runs);

    /// <summary>The same for whoever knows what the engine makes of it.</summary>
    internal static string IsWithin(string number, IEnumerable<(string First, string Last)> runs) =>
        string.Join(" OR ", runs.Select(run => $"{number} BETWEEN {run.First} AND {run.Last}"));

    /// <summary>Either, asked in this order.</summary>
    internal abstract string IsInRunOrBits(string number, string first, string last, string bits, Func<string> end);

    /// <summary>That the bit of a number that has one is set.</summary>
    internal abstract string IsBitSet(string number, string bits);

    /// <summary>That the number is one of many, as a condition that follows it: ids in a text, see <see cref="ManyIds"/>.</summary>
    internal abstract string IsAmong(string parameter);

    /// <summary>Ids as the text that <see cref="IsAmong"/> and <see cref="ManyParents"/> take.</summary>
    public abstract string ManyIds(ReadOnlySpan<long> ids);

    /// <summary>Keeps an index from being chosen for this column, where the engine cannot judge that by itself.</summary>
    internal abstract string WithoutIndex(string column);

    /// <summary>An id with the opposite sign.</summary>
    internal abstract string NegativeId(string id);

    // JSON ----------------------------------------------------------------------------------------------------------------

    /// <summary>The way into a JSON value: names of members, and numbers that index arrays.</summary>
    internal abstract string JsonPath(IReadOnlyList<string> inside);

    internal abstract string JsonNumber(string json, string path);

    /// <summary>A truth value.</summary>
    internal abstract string JsonBoolean(string json, string path);

    internal abstract string JsonString(string json, string path);

    /// <summary>The text of an object or array.</summary>
    internal abstract string JsonCompound(string json, string path);

    internal abstract string JsonText(string json, string path);

    internal abstract string JsonIsNull(string json, string path);

    // numbers -------------------------------------------------------------------------------------------------------------

    /// <summary>Sum, difference, product, quotient or remainder. What has no value is null, never a failure.</summary>
    /// <param name="op">What is calculated.</param>
    /// <param name="left">A number, or the microseconds of a time or duration.</param>
    /// <param name="right">See <paramref name="left"/>.</param>
    /// <param name="kind">Of the outcome; times and durations are whole microseconds.</param>
    internal abstract string Calculate(BinaryOperator op, string left, string right, ValueKind kind);

    /// <summary>The number, or duration, with the opposite sign.</summary>
    internal abstract string Negative(string number, ValueKind kind);

    // texts ---------------------------------------------------------------------------------------------------------------

    /// <summary>Where a part begins in a text, counted from 1; 0 when it is not there.</summary>
    public abstract string Position(string text, string part);

    internal abstract string StartsWith(string text, string prefix);

    internal abstract string EndsWith(string text, string suffix);

    /// <summary>What follows after so many characters, or so many characters of it; counts may be any numbers.</summary>
    internal abstract string Substring(string text, string skip, string? length);

    internal abstract string Trim(string text, string characters);

    // times ---------------------------------------------------------------------------------------------------------------

    internal abstract string Part(QueryFunction function, string micros);

    // geometries ----------------------------------------------------------------------------------------------------------

    /// <summary>The column from which relations of a geometry are decided.</summary>
    internal abstract Column ShapeOf(GeometryColumns columns);

    /// <summary>A geometry given as WKB in a parameter.</summary>
    internal abstract string Shape(string wkb);

    /// <summary>That the box of a stored geometry meets another box; served by an index.</summary>
    /// <param name="id">Of the row.</param>
    /// <param name="shape">Of the row; see <see cref="ShapeOf"/>.</param>
    /// <param name="boxTable">See <see cref="GeometryColumns"/>.</param>
    /// <param name="box">The other box.</param>
    internal abstract string MeetsBox(
        string id, string shape, string boxTable, (string MinX, string MaxX, string MinY, string MaxY) box);

    /// <summary>That a geometry, given as <see cref="ShapeOf"/> has it, lies within a box, its border included; null without one.</summary>
    internal abstract string IsInBox(string shape, (string West, string South, string East, string North) box);

    /// <summary>The middle of the cell in which the middle of a geometry's box lies; as <see cref="ShapeOf"/> has geometries.</summary>
    /// <param name="shape">As <see cref="ShapeOf"/> has it.</param>
    /// <param name="step">Height of a cell in degrees.</param>
    internal abstract string Cell(string shape, string step);

    /// <summary>The same as WKB.</summary>
    internal abstract string CellWkb(string shape, string step);

    /// <summary>The same as the JSON text of a point.</summary>
    internal abstract string CellJson(string shape, string step);

    /// <summary>Of a JSON object in a text the members that a JSON array in a parameter names; null when there are none.</summary>
    internal abstract string JsonMembers(string json, string names);

    /// <summary>A time in microseconds, at the last multiple of a step.</summary>
    internal static string Floored(string micros, string step) => $"({micros} - (({micros} % {step} + {step}) % {step}))";

    /// <summary>SQL names of the functions that are called by name.</summary>
    internal virtual string Function(QueryFunction function) => function switch
    {
        QueryFunction.ToLower => "stoa_lower",
        QueryFunction.ToUpper => "stoa_upper",
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
}

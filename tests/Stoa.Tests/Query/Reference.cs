using System.Text;
using System.Text.Json;
using NetTopologySuite.Geometries;
using NetTopologySuite.IO;
using Stoa.Query;
using Stoa.Storage.Translation;
using Stoa.Vocabulary;

#pragma warning disable CA1859 // Values are objects throughout: null, and what it may be.
namespace Stoa.Tests.Query;

/// <summary>
/// What a query means, written the plainest way: a walk over entities in memory. The translator is right when it gives the same.
/// Values: null, string, long, double, bool, Time (both ends), JsonElement, Geometry; durations and times of the day are long.
/// </summary>
internal sealed class Reference(City city, AccessScope scope, Func<Entity, bool>? isLeft = null)
{
    internal readonly record struct Span(long Start, long End, long Offset);

    private readonly Dictionary<QueryRow, Entity?> _rows = [];

    private bool IsVisible(Entity entity) => scope.ContainsAny(new DatasetId(entity.Dataset)) && isLeft?.Invoke(entity) != false;

    /// <summary>Ids in order, after skip and top.</summary>
    internal List<long> Rows(IReadOnlyList<PathStep> path, BoundQuery query, long? limit)
    {
        var rows = Matching(path, query);
        var keys = rows.Distinct().ToDictionary(entity => entity, entity => SortKeys(entity, query));
        if (!(query.IsDefaultOrder && IsList(path))) rows.Sort((a, b) => Compare(keys[a], keys[b], query.OrderBy));
        return [.. rows.Skip((int)query.Skip).Take((int)(limit ?? int.MaxValue)).Select(entity => entity.Id)];
    }

    internal List<Entity> Matching(IReadOnlyList<PathStep> path, BoundQuery query) =>
        [.. AtEnd(path).Where(entity => query.Filter is null || IsTrue(query, entity))];

    private bool IsTrue(BoundQuery query, Entity entity)
    {
        _rows.Clear();
        _rows[query.Row] = entity;
        return Evaluate(query.Filter!) is true;
    }

    /// <summary>The visible entities at the end of the path.</summary>
    internal IEnumerable<Entity> AtEnd(IReadOnlyList<PathStep> path)
    {
        var current = city.Of(path[0].Entity).Where(IsVisible).Where(entity => path[0].Key is not { } key || entity.Id == key);
        foreach (var step in path.Skip(1))
            current = current.SelectMany(entity => entity.Related[step.Via!.Name]).Where(IsVisible)
                .Where(entity => step.Key is not { } key || entity.Id == key);
        return IsList(path) ? current : current.Distinct();
    }

    /// <summary>The components of a MultiDatastream come in their order, and as often as they are.</summary>
    private static bool IsList(IReadOnlyList<PathStep> path) =>
        path[^1] is { Key: null, Via: { Name: "ObservedProperties" } };

    // order -------------------------------------------------------------------------------------------------------------

    private List<object?[]> SortKeys(Entity entity, BoundQuery query)
    {
        _rows.Clear();
        _rows[query.Row] = entity;
        return [.. query.OrderBy.Select(item => item.Expression.Kind == ValueKind.Json
            ? JsonKeys(Evaluate(item.Expression))
            : [Evaluate(item.Expression) is Span span ? span.Start : Evaluate(item.Expression)])];
    }

    private static object?[] JsonKeys(object? value) => value is not JsonElement json ? [null, null, null, null]
        : [Number(json), json.ValueKind == JsonValueKind.String ? json.GetString() : null, Boolean(json),
            json.ValueKind is JsonValueKind.Object or JsonValueKind.Array ? json.GetRawText() : null];

    private static int Compare(List<object?[]> left, List<object?[]> right, IReadOnlyList<BoundOrder> order)
    {
        for (var i = 0; i < order.Count; i++)
            for (var j = 0; j < left[i].Length; j++)
            {
                var (a, b) = (left[i][j], right[i][j]);
                var sign = a is null || b is null ? (a is null ? 0 : 1) - (b is null ? 0 : 1) : Compare(a, b);
                if (sign != 0) return order[i].IsDescending ? -sign : sign;
            }

        return 0;
    }

    // values ------------------------------------------------------------------------------------------------------------

    internal object? Evaluate(BoundExpression expression) => expression switch
    {
        BoundLiteral literal => Constant(literal.Value),
        BoundProperty property => Property(property),
        BoundConversion conversion => Convert(Evaluate(conversion.Operand), conversion.To),
        BoundCompare compare => Compare(compare.Operator, Evaluate(compare.Left), Evaluate(compare.Right)),
        BoundIsNull isNull => IsNull(isNull.Operand) != isNull.IsNegated,
        BoundAnd and => All(and.Operands.Select(Evaluate).ToList()),
        BoundOr or => Not(All([.. or.Operands.Select(operand => Not(Evaluate(operand)))])),
        BoundNot not => Not(Evaluate(not.Operand)),
        BoundAny any => Any(any),
        BoundIn isIn => Not(All([.. isIn.Items.Select(item =>
            Not(Compare(BinaryOperator.Eq, Evaluate(isIn.Operand), Constant(item))))])),
        BoundArithmetic arithmetic => Calculate(arithmetic),
        BoundNegate negate => Evaluate(negate.Operand) switch { null => null, long whole => -whole, var number => -(double)number },
        BoundCall call => Call(call),
        _ => throw new InvalidOperationException(expression.GetType().Name),
    };

    // The JSON of a location is always there, be it a geometry or not.
    private bool IsNull(BoundExpression operand) =>
        operand is BoundProperty { Kind: ValueKind.Geometry, Property.Name: "location" or "feature" } place ? Row(place.Row) is null :
        Evaluate(operand) is null or JsonElement { ValueKind: JsonValueKind.Null };

    private static object? Not(object? value) => value is bool truth ? !truth : null;

    private static object? All(List<object?> values) =>
        values.Contains(false) ? false : values.Contains(null) ? null : true;

    private object? Any(BoundAny any)
    {
        var source = Row(any.Row.Source!);
        if (source is null) return false;
        var found = false;
        foreach (var entity in source.Related[any.Row.Via!.Name].Where(IsVisible))
        {
            // Rows reached from the one before are another's now.
            foreach (var row in _rows.Keys.Where(row => IsFrom(row, any.Row)).ToList()) _rows.Remove(row);
            _rows[any.Row] = entity;
            found |= Evaluate(any.Condition) is true;
        }

        foreach (var row in _rows.Keys.Where(row => IsFrom(row, any.Row)).ToList()) _rows.Remove(row);
        return found;
    }

    private static bool IsFrom(QueryRow? row, QueryRow origin)
    {
        for (; row is not null; row = row.Source)
            if (ReferenceEquals(row, origin)) return true;
        return false;
    }

    private Entity? Row(QueryRow row)
    {
        if (_rows.TryGetValue(row, out var known)) return known;
        var target = Row(row.Source!)?.Related[row.Via!.Name].SingleOrDefault(IsVisible);
        return _rows[row] = target;
    }

    private static object? Constant(Literal literal) => literal.Kind switch
    {
        ValueKind.Null => null,
        ValueKind.Boolean => literal.Boolean,
        ValueKind.Number => literal.IsWhole ? (object)literal.Whole : literal.Real,
        ValueKind.Duration or ValueKind.TimeOfDay => literal.Whole,
        ValueKind.Text => literal.Text,
        ValueKind.Instant or ValueKind.Interval => Of(literal.Time),
        ValueKind.Geometry => new WKBReader().Read(literal.Geometry!.Wkb.ToArray()),
        _ => throw new InvalidOperationException(),
    };

    private static Span Of(TimeInterval time) =>
        new(time.Start.UnixMicroseconds, time.End.UnixMicroseconds, time.Start.OffsetMinutes);

    private object? Property(BoundProperty property)
    {
        if (Row(property.Row) is not { } entity) return null;
        var value = entity.Values[property.Property.Name] switch
        {
            Instant instant => Of(TimeInterval.At(instant)),
            // Times that are derived have no offset as written.
            TimeInterval time => (object)(property.Row.Entity.Name == "Observation" ? Of(time) : Of(time) with { Offset = 0 }),
            var other => other,
        };
        if (property.Inside is null) return value;
        if (value is not JsonElement json) return null;
        foreach (var name in property.Inside)
        {
            if (json.ValueKind == JsonValueKind.Object && !char.IsAsciiDigit(name[0]) && json.TryGetProperty(name, out var member)) json = member;
            else if (json.ValueKind == JsonValueKind.Array && char.IsAsciiDigit(name[0]) &&
                int.Parse(name, System.Globalization.CultureInfo.InvariantCulture) is var index && index < json.GetArrayLength()) json = json[index];
            else return null;
        }

        return json;
    }

    private static object? Convert(object? value, ValueKind kind)
    {
        if (value is null) return null;
        if (value is not JsonElement json) return kind == ValueKind.Instant && value is Span span ? span with { End = span.Start } : value;
        return kind switch
        {
            ValueKind.Number => Number(json),
            ValueKind.Boolean => Boolean(json),
            ValueKind.Text => Text(json),
            ValueKind.Instant => json.ValueKind == JsonValueKind.String && Instant.TryParse(json.GetString().AsSpan(), out var instant)
                ? Of(TimeInterval.At(instant))
                : null,
            _ => throw new InvalidOperationException(),
        };
    }

    private static object? Number(JsonElement json) => json.ValueKind != JsonValueKind.Number ? null
        : json.TryGetInt64(out var whole) ? (object)whole : json.GetDouble();

    private static object? Boolean(JsonElement json) =>
        json.ValueKind is JsonValueKind.True or JsonValueKind.False ? json.GetBoolean() : null;

    private static string? Text(JsonElement json) => json.ValueKind switch
    {
        JsonValueKind.Null => null,
        JsonValueKind.String => json.GetString(),
        JsonValueKind.Number => json.GetRawText(),
        _ => json.GetRawText(),
    };

    private static object? Compare(BinaryOperator op, object? left, object? right)
    {
        if (left is null || right is null) return null;
        if (left is Span a && right is Span b)
            return op switch
            {
                BinaryOperator.Eq => a.Start == b.Start && a.End == b.End,
                BinaryOperator.Ne => a.Start != b.Start || a.End != b.End,
                BinaryOperator.Lt => a.Start < b.Start && a.End <= b.Start,
                BinaryOperator.Gt => a.Start > b.Start && a.Start >= b.End,
                BinaryOperator.Le => a.Start <= b.Start && a.End <= b.End,
                BinaryOperator.Ge => a.Start >= b.Start && a.End >= b.End,
                _ => throw new InvalidOperationException(),
            };
        if (left is JsonElement x && right is JsonElement y)
        {
            (left, right) = (Number(x), Number(y));
            if (left is null || right is null) (left, right) = (String(x), String(y));
            if (left is null || right is null) (left, right) = (Boolean(x), Boolean(y));
            if (left is null || right is null) return null;
        }

        var sign = Compare(left, right);
        return op switch
        {
            BinaryOperator.Eq => sign == 0,
            BinaryOperator.Ne => sign != 0,
            BinaryOperator.Lt => sign < 0,
            BinaryOperator.Gt => sign > 0,
            BinaryOperator.Le => sign <= 0,
            BinaryOperator.Ge => sign >= 0,
            _ => throw new InvalidOperationException(),
        };
    }

    private static string? String(JsonElement json) => json.ValueKind == JsonValueKind.String ? json.GetString() : null;

    internal static int Compare(object left, object right) => (left, right) switch
    {
        (string a, string b) => Encoding.UTF8.GetBytes(a).AsSpan().SequenceCompareTo(Encoding.UTF8.GetBytes(b)),
        (bool a, bool b) => a.CompareTo(b),
        (long a, long b) => a.CompareTo(b),
        (Span a, Span b) => a.Start.CompareTo(b.Start),
        (long a, Span b) => a.CompareTo(b.Start),
        _ => Real(left).CompareTo(Real(right)),
    };

    private static double Real(object number) => number is long whole ? whole : (double)number;

    private object? Calculate(BoundArithmetic arithmetic)
    {
        var left = Evaluate(arithmetic.Left);
        var right = Evaluate(arithmetic.Right);
        if (left is null || right is null) return null;
        if (left is Span start) left = start.Start;
        if (right is Span other) right = other.Start;
        var value = Calculate(arithmetic.Operator, left, right);
        return (arithmetic.Kind, value) switch
        {
            (_, null) => null,
            (ValueKind.Instant, long micros) => new Span(micros, micros, 0),
            (ValueKind.Duration, double micros) => (long)micros,
            _ => value,
        };
    }

    private static object? Calculate(BinaryOperator op, object left, object right)
    {
        if (op == BinaryOperator.Div) return Real(right) == 0 ? null : Finite(Real(left) / Real(right));
        if (left is long a && right is long b)
        {
            if (op == BinaryOperator.Mod) return b == 0 ? null : (object)(b == -1 ? 0L : a % b);
            var exact = op switch
            {
                BinaryOperator.Add => (Int128)a + b,
                BinaryOperator.Sub => (Int128)a - b,
                _ => (Int128)a * b,
            };
            return exact >= long.MinValue && exact <= long.MaxValue ? (object)(long)exact : (double)exact;
        }

        return Finite(op switch
        {
            BinaryOperator.Add => Real(left) + Real(right),
            BinaryOperator.Sub => Real(left) - Real(right),
            BinaryOperator.Mul => Real(left) * Real(right),
            _ => Real(left) % Real(right),
        });
    }

    private static object? Finite(double number) => double.IsNaN(number) ? null : number;

    private object? Call(BoundCall call)
    {
        var arguments = call.Arguments.Select(Evaluate).ToList();
        if (arguments.Contains(null)) return null;
        var first = arguments[0]!;
        var second = arguments.Count > 1 ? arguments[1] : null;
        if (first is Span a && second is Span b) return Relation(call.Function, a, b);
        if (first is Span time) return Part(call.Function, time);
        if (first is Geometry geometry) return Spatial(call.Function, geometry, second as Geometry, arguments.Count > 2 ? (string)arguments[2]! : "");
        return first is string text ? OfText(call.Function, text, second, arguments) : OfNumber(call.Function, first);
    }

    private static object? OfNumber(QueryFunction function, object number) => (function, number) switch
    {
        (QueryFunction.Round, _) => (object)Math.Round(Real(number), MidpointRounding.AwayFromZero),
        (_, long whole) => whole,
        (QueryFunction.Floor, double real) => Math.Floor(real),
        (QueryFunction.Ceiling, double real) => Math.Ceiling(real),
        _ => throw new InvalidOperationException(),
    };

    private static object OfText(QueryFunction function, string text, object? second, List<object?> arguments)
    {
        var runes = text.EnumerateRunes().ToList();
        return function switch
        {
            QueryFunction.SubstringOf => ((string)second!).Contains(text, StringComparison.Ordinal),
            QueryFunction.Contains => text.Contains((string)second!, StringComparison.Ordinal),
            QueryFunction.StartsWith => text.StartsWith((string)second!, StringComparison.Ordinal),
            QueryFunction.EndsWith => text.EndsWith((string)second!, StringComparison.Ordinal),
            QueryFunction.Length => (long)runes.Count,
            QueryFunction.IndexOf => text.IndexOf((string)second!, StringComparison.Ordinal) is >= 0 and var at
                ? (long)text[..at].EnumerateRunes().Count()
                : -1L,
            QueryFunction.Substring => string.Concat(runes
                .Skip(Place(second!))
                .Take(arguments.Count > 2 ? Place(arguments[2]!) : int.MaxValue)
                .Select(rune => rune.ToString())),
            QueryFunction.ToLower => text.ToLowerInvariant(),
            QueryFunction.ToUpper => text.ToUpperInvariant(),
            QueryFunction.Trim => text.Trim(' ', '\t', '\n', '\v', '\f', '\r'),
            QueryFunction.Concat => text + (string)second!,
            _ => throw new InvalidOperationException(),
        };
    }

    private static int Place(object number) => (int)Math.Clamp(Math.Truncate(Real(number)), 0, 1_000_000_000);

    private static object Part(QueryFunction function, Span time)
    {
        if (function == QueryFunction.TotalOffsetMinutes) return time.Offset;
        var date = DateTime.UnixEpoch.AddTicks(time.Start * 10);
        return function switch
        {
            QueryFunction.Year => (long)date.Year,
            QueryFunction.Month => (long)date.Month,
            QueryFunction.Day => (long)date.Day,
            QueryFunction.Hour => (long)date.Hour,
            QueryFunction.Minute => (long)date.Minute,
            QueryFunction.Second => (long)date.Second,
            QueryFunction.FractionalSeconds => date.Ticks % 10_000_000 / 10 / 1_000_000.0,
            QueryFunction.Date => new Span((date.Date - DateTime.UnixEpoch).Ticks / 10, (date.Date - DateTime.UnixEpoch).Ticks / 10, 0),
            QueryFunction.Time => date.TimeOfDay.Ticks / 10,
            _ => throw new InvalidOperationException(),
        };
    }

    private static object Relation(QueryFunction function, Span a, Span b) => function switch
    {
        QueryFunction.Before => a.Start < b.Start && a.End <= b.Start,
        QueryFunction.After => a.Start > b.Start && a.Start >= b.End,
        QueryFunction.Meets => a.Start == b.End || a.End == b.Start,
        QueryFunction.During => a.Start >= b.Start && a.Start < b.End && a.End <= b.End,
        QueryFunction.Overlaps => a.Start == b.Start || (a.Start < b.End && b.Start < a.End),
        QueryFunction.Starts => a.Start == b.Start,
        QueryFunction.Finishes => a.End == b.End,
        _ => throw new InvalidOperationException(),
    };

    private static object? Spatial(QueryFunction function, Geometry a, Geometry? b, string pattern) => function switch
    {
        QueryFunction.GeoLength => a.Length,
        QueryFunction.GeoDistance => a.IsEmpty || b!.IsEmpty ? null : a.Distance(b),
        QueryFunction.StEquals => a.EqualsTopologically(b),
        QueryFunction.StDisjoint => a.Disjoint(b),
        QueryFunction.StTouches => a.Touches(b),
        QueryFunction.StWithin => a.Within(b),
        QueryFunction.StOverlaps => a.Overlaps(b),
        QueryFunction.StCrosses => a.Crosses(b),
        QueryFunction.StIntersects or QueryFunction.GeoIntersects => a.Intersects(b),
        QueryFunction.StContains => a.Contains(b),
        QueryFunction.StRelate => a.Relate(b, pattern),
        _ => throw new InvalidOperationException(),
    };
}

using System.Globalization;
using Stoa.Query;
using Stoa.Sensing.Schema;
using Stoa.Storage.Translation;

namespace Stoa.Tests.Query;

/// <summary>Query texts made at random that fit the schema: the parser and the binder must take every one.</summary>
internal sealed class RandomQuery(Random random)
{
    private int _budget = 14;
    private bool _isMany = true;

    internal static List<PathStep> Path(Random random, City city)
    {
        var types = SensorThingsSchema.Schema.Types;
        var type = types[random.Next(types.Count)];
        var path = new List<PathStep> { new(type) };
        if (random.Next(3) > 0) return path;
        for (var depth = random.Next(1, 4); depth > 0; depth--)
        {
            if (path[^1].Via is not { IsMany: false })
                path[^1] = path[^1] with { Key = AnyId(random, city, path[^1]) };
            var navigations = path[^1].Entity.Navigations;
            var via = navigations[random.Next(navigations.Count)];
            path.Add(new(via.Target, via));
        }

        if (random.Next(4) == 0 && path[^1].Via is { IsMany: true }) path[^1] = path[^1] with { Key = AnyId(random, city, path[^1]) };
        return path;
    }

    private static long AnyId(Random random, City city, PathStep step)
    {
        var all = city.Of(step.Entity).ToList();
        return random.Next(10) == 0 ? 999_999 : all[random.Next(all.Count)].Id;
    }

    private string Pick(params string[] items) => items[random.Next(items.Length)];

    internal string Order(EntityType type)
    {
        _isMany = false; // Orders need single values.
        var items = Enumerable.Range(0, random.Next(1, 4)).Select(_ =>
            (random.Next(6) switch
            {
                0 => Number(type, 1),
                1 => Text(type, 1),
                2 => Time(type, 1),
                _ => Path(type, property => property.Kind != ValueKind.Geometry) ?? "id",
            }) + Pick("", " asc", " desc"));
        return string.Join(", ", items);
    }

    /// <summary>Bounds of an Observation's time, written either way round, with now and then another condition.</summary>
    internal string TimeBounds() => string.Join(" and ", Enumerable.Range(0, random.Next(1, 4)).Select(_ => random.Next(5) switch
    {
        0 => $"{TimeLiteral()} {Op()} phenomenonTime",
        1 => $"result {Op()} {NumberLiteral()}",
        2 => $"not (phenomenonTime {Op()} {TimeLiteral()})",
        _ => $"phenomenonTime {Op()} {TimeLiteral()}",
    }));

    internal string Condition(EntityType type, int depth = 0)
    {
        if (_budget-- > 0 && depth < 4)
            switch (random.Next(7))
            {
                case 0: return $"{Condition(type, depth + 1)} and {Condition(type, depth + 1)}";
                case 1: return $"({Condition(type, depth + 1)} or {Condition(type, depth + 1)})";
                case 2: return $"not ({Condition(type, depth + 1)})";
                case 3: return $"({Condition(type, depth + 1)} or {Condition(type, depth + 1)}) and {Condition(type, depth + 1)}";
            }

        return Atom(type);
    }

    private string Op() => Pick("eq", "ne", "gt", "ge", "lt", "le");

    private string Atom(EntityType type) => random.Next(15) switch
    {
        0 or 1 => $"{Number(type, 0)} {Op()} {Number(type, 0)}",
        2 or 3 => $"{Text(type, 0)} {Op()} {Text(type, 0)}",
        4 => $"{Pick("contains", "startswith", "endswith", "substringof")}({Text(type, 0)}, {Text(type, 0)})",
        5 or 6 => $"{Time(type, 0)} {Op()} {Time(type, 0)}",
        7 => $"{Pick("before", "after", "meets", "during", "overlaps", "starts", "finishes")}({Time(type, 0)}, {Time(type, 0)})",
        8 => $"{Path(type, _ => true) ?? "id"} {Pick("eq", "ne")} null",
        9 => $"{Text(type, 0)} in ({Text(type, 2)}, {Text(type, 2)}, {TextLiteral()})",
        10 => $"{Number(type, 0)} in ({NumberLiteral()}, {NumberLiteral()}, {NumberLiteral()})",
        11 => Spatial(type),
        12 => Json(type) is { } json ? $"{json} {Op()} {Pick(NumberLiteral(), TextLiteral(), Pick("true", "false"), Json(type) ?? "1", TimeLiteral())}" : "true",
        13 => $"({Condition(type, 3)}) {Pick("eq", "ne")} ({Condition(type, 3)})",
        _ => Path(type, property => property.Kind == ValueKind.Text) is { } path ? $"{path} {Op()} {TextLiteral()}" : "false",
    };

    private string Spatial(EntityType type)
    {
        var geometry = Path(type, property => property.Kind == ValueKind.Geometry);
        if (geometry is null) return "true";
        var literal = $"geography'{RandomCity.ShapeText(random)}'";
        return random.Next(5) switch
        {
            0 => $"geo.distance({geometry}, {literal}) {Op()} {NumberLiteral()}",
            1 => $"geo.length({geometry}) {Op()} {NumberLiteral()}",
            2 => $"st_relate({geometry}, {literal}, '{Pick("T********", "FF*FF****", "T*F**F***")}')",
            _ => Pick("geo.intersects", "st_equals", "st_disjoint", "st_touches", "st_within", "st_overlaps", "st_crosses",
                "st_intersects", "st_contains") + (random.Next(2) == 0 ? $"({geometry}, {literal})" : $"({literal}, {geometry})"),
        };
    }

    private string? Json(EntityType type) => Path(type, property => property.Kind == ValueKind.Json);

    private string TextLiteral() => "'" + RandomCity.Texts[random.Next(RandomCity.Texts.Length)].Replace("'", "''", StringComparison.Ordinal) + "'";

    private string NumberLiteral() => Pick("0", "1", "2", "2.5", "-3", "1e1", "7", "100.125", (1 + random.Next(90)).ToString(CultureInfo.InvariantCulture));

    private string TimeLiteral() => RandomCity.TimeText(random);

    private string Number(EntityType type, int depth)
    {
        if (_budget-- > 0 && depth < 3)
            switch (random.Next(8))
            {
                case 0: return $"({Number(type, depth + 1)} {Pick("add", "sub", "mul", "div", "mod")} {Number(type, depth + 1)})";
                case 1: return $"{Pick("round", "floor", "ceiling")}({Number(type, depth + 1)})";
                case 2: return $"length({Text(type, depth + 1)})";
                case 3: return $"indexof({Text(type, depth + 1)}, {TextLiteral()})";
                case 4:
                    return Pick("year", "month", "day", "hour", "minute", "second", "fractionalseconds", "totaloffsetminutes") +
                        $"({Time(type, depth + 1)})";
                case 5: return $"(-{Number(type, depth + 1)})";
            }

        return random.Next(3) == 0 ? NumberLiteral() : Path(type, property => property.Kind is ValueKind.Number or ValueKind.Json) ?? NumberLiteral();
    }

    private string Text(EntityType type, int depth)
    {
        if (_budget-- > 0 && depth < 3)
            switch (random.Next(6))
            {
                case 0: return $"{Pick("tolower", "toupper", "trim")}({Text(type, depth + 1)})";
                case 1: return $"concat({Text(type, depth + 1)}, {Text(type, depth + 1)})";
                case 2: return $"substring({Text(type, depth + 1)}, {Number(type, depth + 2)})";
                case 3: return $"substring({Text(type, depth + 1)}, {Number(type, depth + 2)}, {Number(type, depth + 2)})";
            }

        // JSON takes the kind of what it meets; concat makes it text on both sides.
        var path = Path(type, property => property.Kind is ValueKind.Text or ValueKind.Json, out var isText);
        return random.Next(3) == 0 || path is null ? TextLiteral() : isText ? path : $"concat({path}, '')";
    }

    private string Time(EntityType type, int depth)
    {
        var path = Path(type, property => property.Kind is ValueKind.Instant or ValueKind.Interval);
        if (path is null || random.Next(3) == 0) return TimeLiteral();
        if (depth >= 2 || _budget-- <= 0) return path;
        return random.Next(5) switch
        {
            0 => $"({path} {Pick("add", "sub")} duration'PT{random.Next(48)}H')",
            1 => $"date({path})",
            _ => path,
        };
    }

    private string? Path(EntityType type, Func<EntityProperty, bool> fits) => Path(type, fits, out _);

    /// <summary>A path of up to three relations to a property that fits; places inside JSON now and then.</summary>
    private string? Path(EntityType type, Func<EntityProperty, bool> fits, out bool isText)
    {
        var prefix = "";
        for (var hops = Math.Max(0, random.Next(5) - 1); hops > 0; hops--)
        {
            var navigations = type.Navigations.Where(navigation => _isMany || !navigation.IsMany).ToList();
            if (navigations.Count == 0) break;
            var via = navigations[random.Next(navigations.Count)];
            prefix += via.Name + "/";
            type = via.Target;
        }

        isText = false;
        var properties = type.Properties.Where(fits).ToList();
        if (properties.Count == 0) return null;
        var property = properties[random.Next(properties.Count)];
        isText = property.Kind == ValueKind.Text;
        if (property.Kind != ValueKind.Json) return prefix + property.Name;
        return property.Name switch
        {
            "result" => prefix + Pick("result", "result", "result", "result/x"),
            "metadata" => prefix + "metadata",
            _ => prefix + property.Name + Pick("/a", "/b", "/c", "/d/e/0", "/d/e/2", "/d", "/zz"),
        };
    }
}

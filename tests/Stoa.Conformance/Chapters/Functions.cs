using static Stoa.Conformance.Check;

namespace Stoa.Conformance.Chapters;

/// <summary>OGC 18-088, 9.3.3.5.2: the functions of Table 23, each in $filter and in $orderby.</summary>
internal static class Functions
{
    private const string About = Requirements.QueryFunctions;
    private const string Air = Sample.NumbersDescription, Padded = Sample.TextsDescription,
        Water = Sample.DecimalsDescription,
        Map = Sample.ShapesDescription;
    private const string Square = Sample.Square;

    /// <summary>A function: a condition and whom it leaves, an order and what it gives; the order may need a condition.</summary>
    private sealed record Case<T>(string Name, string Filter, T[] Expected, string Order, T[] Ordered,
        string Also = "");

    // On Datastreams, told apart by their description.
    private static readonly Case<string>[] Texts =
    [
        new("substringof", "substringof('door',description)", [Air, Water],
            "substringof('door',description) desc,length(description)",
            [Air, Water, Padded, Map]),
        new("endswith", "endswith(description,'Air')", [Air], "endswith(description,'Air') desc,length(description)",
            [Air, Padded, Water, Map]),
        new("startswith", "startswith(description,'Outdoor')", [Air],
            "startswith(description,'outdoor') desc,length(description)",
            [Water, Air, Padded, Map]),
        new("length", "length(description) eq 11", [Air], "length(description)", [Air, Padded, Water, Map]),
        new("indexof",
            "indexof(description,'Air') gt indexof(description,'door') and indexof(description,'door') gt 1", [Air],
            "indexof(description,'door') desc,length(description)", [Air, Water, Padded, Map]),
        new("substring", "substring(description,1) eq 'utdoor Air'", [Air], "substring(description,2)",
            [Map, Padded, Air, Water]),
        new("substring-length", "substring(description,3,4) eq 'door'", [Air, Water],
            "substring(description,2,3),length(description)",
            [Map, Padded, Air, Water]),
        new("tolower", "tolower(description) eq 'outdoor air'", [Air], "tolower(description)", [Air, Water, Map],
            $"description ne '{Padded}'"),
        new("toupper", "toupper(description) eq 'OUTDOOR WATER'", [Water], "toupper(description) desc",
            [Map, Water, Air], $"description ne '{Padded}'"),
        new("trim", "trim(description) eq 'padded'", [Padded], "length(trim(description))", [Padded, Air, Water, Map]),
        new("concat", "concat(concat(description,', '),'x') eq 'Outdoor Air, x'", [Air],
            "length(concat(description,description)) desc",
            [Map, Water, Padded, Air]),
    ];

    // On Observations 1 to 12; the ninth is left out of orders, as its offset may or may not count.
    private static readonly Case<double>[] Dates =
    [
        new("year", "year(phenomenonTime) eq 2024", [12], "year(phenomenonTime),result",
            [12, 1, 2, 3, 4, 5, 6, 7, 8, 10, 11]),
        new("month", "month(phenomenonTime) eq 5", [5], "month(phenomenonTime) desc",
            [12, 11, 10, 8, 7, 6, 5, 4, 3, 2, 1]),
        new("day", "day(phenomenonTime) eq 17", [7], "day(phenomenonTime) desc", [12, 11, 10, 8, 7, 6, 5, 4, 3, 2, 1]),
        new("hour", "hour(phenomenonTime) eq 3", [3], "hour(phenomenonTime) desc",
            [12, 11, 10, 8, 7, 6, 5, 4, 3, 2, 1]),
        new("minute", "minute(phenomenonTime) eq 8", [4], "minute(phenomenonTime) desc",
            [12, 11, 10, 8, 7, 6, 5, 4, 3, 2, 1]),
        new("second", "second(phenomenonTime) eq 15", [5], "second(phenomenonTime) desc",
            [12, 11, 10, 8, 7, 6, 5, 4, 3, 2, 1]),
        new("fractionalseconds", "fractionalseconds(phenomenonTime) gt 0.4", [2],
            "fractionalseconds(phenomenonTime) desc,result",
            [2, 1, 3, 4, 5, 6, 7, 8, 10, 11, 12]),
        new("date", "date(phenomenonTime) eq date(resultTime) and result lt 8", [3, 5, 7], "date(phenomenonTime)",
            [12, 1, 2, 3, 4, 5, 6, 7, 8, 10, 11]),
        new("time", "time(phenomenonTime) lt time(resultTime) and result lt 8", [3, 5, 7], "time(phenomenonTime) desc",
            [12, 11, 10, 8, 7, 6, 5, 4, 3, 2, 1]),
        new("now", "phenomenonTime lt now() and result gt 10", [11, 12], "", []),
        new("mindatetime", "phenomenonTime gt mindatetime() and result gt 10", [11, 12], "", []),
        new("maxdatetime", "phenomenonTime lt maxdatetime() and result gt 10", [11, 12], "", []),
    ];

    // On Observations 2.4, 2.6 and -1.2.
    private static readonly Case<double>[] Numbers =
    [
        new("round", "round(result) eq 3", [2.6], "round(result) desc,result", [2.6, 2.4, -1.2]),
        new("floor", "floor(result) eq -2", [-1.2], "floor(result) desc,result desc", [2.6, 2.4, -1.2]),
        new("ceiling", "ceiling(result) eq 3", [2.4, 2.6], "ceiling(result),result desc", [-1.2, 2.6, 2.4]),
    ];

    // On Observations 1 to 6, by their features: point within, point far away, line through, the square itself, square
    // that
    // overlaps, square beside. Distances and lengths are large in any unit, as 1.1 names none.
    private static readonly Case<double>[] Shapes =
    [
        Spatial("geo.distance", "geo.distance(FeatureOfInterest/feature,geography'POINT (1 1)') lt 5 and result le 2",
            [1],
            "geo.distance(FeatureOfInterest/feature,geography'POINT (1 1)') desc", [2, 1], "result le 2"),
        Spatial("geo.length", "geo.length(FeatureOfInterest/feature) gt 5 and result eq 3", [3],
            "geo.length(FeatureOfInterest/feature)", [3], "result eq 3"),
        Spatial("geo.intersects", $"geo.intersects(FeatureOfInterest/feature,{Square}) and result le 2", [1],
            $"geo.intersects(FeatureOfInterest/feature,{Square}) desc", [1, 2], "result le 2"),
        Relation("st_equals", 4), Relation("st_disjoint", 2), Relation("st_touches", 6), Relation("st_within", 1, 4),
        Relation("st_overlaps", 5), Relation("st_crosses", 3), Relation("st_intersects", 1, 3, 4, 5, 6),
        Spatial("st_contains", "st_contains(FeatureOfInterest/feature,geography'POINT (3 3)')", [4, 5],
            "st_contains(FeatureOfInterest/feature,geography'POINT (3 3)') desc,result", [4, 5, 1, 2, 3, 6]),
        Spatial("st_relate", $"st_relate(FeatureOfInterest/feature,{Square},'FF*FF****')", [2],
            $"st_relate(FeatureOfInterest/feature,{Square},'FF*FF****') desc,result", [2, 1, 3, 4, 5, 6]),
    ];

    public static IReadOnlyList<Check> Checks { get; } =
    [
        .. Texts.Select(one => Function("string", one.Name, trial => TextAsync(trial, one))),
        .. Dates.Select(one => Function("date", one.Name, trial =>
            NumberAsync(trial, one with { Also = "result ne 9" }, sample => sample.Numbers))),
        Function("date", "totaloffsetminutes", trial => OffsetAsync(trial, isKept: false)),
        .. Numbers.Select(one => Function("math", one.Name, trial =>
            NumberAsync(trial, one, sample => sample.Decimals))),
        .. Shapes.Select(one => Function("geospatial", one.Name, trial =>
            NumberAsync(trial, one, sample => sample.Shapes))),
        Advice("F.string.indexof-from-0", About, "9.3.3.5.2, Table 23", "indexof counts from 0, as OData does.",
            IndexFromZeroAsync),
        Advice("F.date.offset-kept", About, "9.3.3.5.2, Table 23",
            "totaloffsetminutes gives the offset with which a time was sent.",
            trial => OffsetAsync(trial, isKept: true)),
    ];

    private static Check Function(string group, string name, Func<Trial, Task> body) =>
        Rule($"F.{group}.{name}", About, "9.3.3.5.2, Table 23",
        $"The function {(name == "substring-length" ? "substring with a length" : name)} works in $filter and in $orderby.", body);

    private static Case<double> Spatial(string name, string filter, double[] expected, string order, double[] ordered,
        string also = "") =>
        new(name, filter, expected, order, ordered, also);

    private static Case<double> Relation(string name, params double[] related) => Spatial(name,
        $"{name}(FeatureOfInterest/feature,{Square})", related,
            $"{name}(FeatureOfInterest/feature,{Square}) desc,result",
        [.. related, .. Enumerable.Range(1, 6).Select(n => (double)n).Except(related)]);

    private static async Task TextAsync(Trial trial, Case<string> one)
    {
        var sample = await trial.SampleAsync();
        async Task<IEnumerable<string>> DescriptionsAsync(string query) =>
            (await trial.AllAsync($"{sample.Sensor.Path}/Datastreams?{query}")).Select(stream =>
                stream.Text("description"));
        Trial.MustList(one.Expected.Order(StringComparer.Ordinal),
            (await DescriptionsAsync("$filter=" + one.Filter)).Order(StringComparer.Ordinal),
                $"The descriptions for {one.Filter}");
        var also = one.Also.Length == 0 ? "" : "&$filter=" + one.Also;
        Trial.MustList(one.Ordered, await DescriptionsAsync($"$orderby={one.Order}{also}"),
            $"The descriptions by {one.Order}");
    }

    private static async Task NumberAsync(Trial trial, Case<double> one, Func<Sample, Entity> of)
    {
        var stream = of(await trial.SampleAsync());
        Trial.MustList(one.Expected.Order(), await trial.FilteredAsync(stream, one.Filter),
            $"The results for {one.Filter}");
        if (one.Order.Length == 0) return;
        var also = one.Also.Length == 0 ? "" : "&$filter=" + one.Also;
        Trial.MustList(one.Ordered, await trial.ResultsAsync(stream, $"$orderby={one.Order}{also}"),
            $"The results by {one.Order}");
    }

    // Sent with +01:00. A server that answers in another offset may mean that one: then the function must say so too.
    private static async Task OffsetAsync(Trial trial, bool isKept)
    {
        var sample = await trial.SampleAsync();
        var ninth = (await trial.ReadAsync($"{sample.Numbers.Path}/Observations?$filter=result eq 9")).Items("value")[
            0];
        var shown = ninth.Time("phenomenonTime").Start.Offset.TotalMinutes;
        var kept = await trial.FilteredAsync(sample.Numbers, "totaloffsetminutes(phenomenonTime) eq 60");
        if (isKept || kept.Count > 0)
        {
            Trial.MustList([9.0], kept, "The results with an offset of 60 minutes");
            Trial.MustBe(9,
                (await trial.ResultsAsync(sample.Numbers,
                "$orderby=totaloffsetminutes(phenomenonTime) desc,result"))[0],
                "The result with the largest offset");
            return;
        }

        Trial.Must((await trial.FilteredAsync(sample.Numbers,
            $"totaloffsetminutes(phenomenonTime) eq {shown:0}")).Contains(9),
            $"The ninth result must have the offset with which it was sent, 60, or that with which it is shown, {shown:0}.");
    }

    private static async Task IndexFromZeroAsync(Trial trial)
    {
        var sample = await trial.SampleAsync();
        Trial.MustList([sample.Numbers.Path],
            await trial.PathsAsync($"{sample.Sensor.Path}/Datastreams?$filter=indexof(description,'Air') eq 8"),
                "The Datastreams");
    }
}

using static Stoa.Conformance.Check;

namespace Stoa.Conformance.Chapters;

/// <summary>OGC 18-088, 9.3.3.5: what $filter takes, and its operators (Table 22).</summary>
internal static class Filters
{
    private const string About = Requirements.Filter;
    private const string Table = Requirements.FilterOperations;

    // Results are 1 to 12.
    private static readonly (string Name, string Filter, double[] Expected, string Statement)[] Operators =
    [
        ("O.eq", "result eq 3", [3], "eq is true for equal values."),
        ("O.ne", "result ne 3 and result lt 5", [1, 2, 4], "ne is true for different values."),
        ("O.gt", "result gt 10", [11, 12], "gt is true for greater values."),
        ("O.ge", "result ge 11", [11, 12], "ge is true for greater and equal values."),
        ("O.lt", "result lt 3", [1, 2], "lt is true for smaller values."),
        ("O.le", "result le 2", [1, 2], "le is true for smaller and equal values."),
        ("O.and", "result gt 3 and result lt 6", [4, 5], "and is true when both sides are."),
        ("O.or", "result lt 2 or result gt 11", [1, 12], "or is true when one side is."),
        ("O.not", "not (result gt 2)", [1, 2], "not is true when what follows is false."),
        ("O.add", "result add 2 eq 5", [3], "add adds."),
        ("O.sub", "result sub 2 eq 3", [5], "sub subtracts."),
        ("O.mul", "result mul 3 eq 12", [4], "mul multiplies."),
        ("O.div", "result div 2 gt 5.5", [12], "div divides."),
        ("O.mod", "result mod 5 eq 0", [5, 10], "mod is the rest of a division."),
    ];

    // One for each pair of neighbours, as annex A.2.1.6 asks; strongest first.
    private static readonly (string Name, string Filter, double[] Expected, string Statement)[] Precedences =
    [
        ("O.precedence.grouping", "(result add 1) mul 2 eq 8", [3], "Parentheses bind tighter than operators."),
        ("O.precedence.not-and", "not (result gt 3) and result gt 1", [2, 3], "not binds tighter than and."),
        ("O.precedence.mul-add", "result add 2 mul 3 eq 10", [4], "mul binds tighter than add."),
        ("O.precedence.add-lt", "result lt 10 sub 8", [1], "sub binds tighter than lt."),
        ("O.precedence.eq-and", "result eq 3 and result eq 3", [3], "eq binds tighter than and."),
        ("O.precedence.and-or", "result eq 1 or result gt 10 and result lt 12", [1, 11], "and binds tighter than or."),
    ];

    public static IReadOnlyList<Check> Checks { get; } =
    [
        Rule("Q9.true-alone", About, "9.3.3.5",
            "$filter leaves the entities for which the condition is true, in every set.", TrueAloneAsync),
        Rule("Q9.text", About, "9.3.3.5", "Text stands in single quotes; a quote within is doubled.", TextAsync),
        Rule("Q9.time", About, "9.3.3.5", "Times stand without quotes and are compared as moments.", TimeAsync),
        Rule("Q9.null", About, "9.3.3.5", "A comparison with null drops the entity, also the opposite one.", NullAsync),
        Rule("Q9.json", About, "9.3.3.5", "Members of JSON properties are addressed by a path.", JsonAsync),
        Rule("Q9.malformed", About, "9.3.3.5", "A condition that cannot be read makes the request fail.",
            MalformedAsync),
        Rule("Q9.unknown-property", About, "9.3.3.5", "A property that does not exist makes the request fail.",
            async trial =>
                (await trial.GetAsync("Things?$filter=nothing eq 1")).MustRefuse("Things have no property nothing.")),
        Rule("Q10.to-one", About, "9.3.3.5", "Conditions follow relations to one.", ToOneAsync),
        Rule("Q10.to-many", About, "9.3.3.5", "Conditions follow relations to many: one of them is enough.",
            ToManyAsync),
        .. Operators.Select(one => Rule(one.Name, Table, "9.3.3.5.1, Table 22", one.Statement, trial =>
            TryAsync(trial, one.Filter, one.Expected))),
        .. Precedences.Select(one => Rule(one.Name, Table, "9.3.3.5.1; annex A.2.1.6", one.Statement,
            trial => TryAsync(trial, one.Filter, one.Expected))),
        Advice("O.precedence.lt-eq", Table, "9.3.3.5.1; annex A.2.1.6", "lt binds tighter than eq.",
            trial => TryAsync(trial, "result lt 3 eq true", [1, 2])),
        Rule("O.arithmetic-order", Table, "9.3.3.5.1, Table 22", "Arithmetic stands in $orderby too.",
            ArithmeticOrderAsync),
        Rule("O.kinds", Table, "9.3.3.5.1, Table 22", "Operators compare text and times as well as numbers.",
            KindsAsync),
    ];

    private static async Task TryAsync(Trial trial, string filter, double[] expected)
    {
        var sample = await trial.SampleAsync();
        Trial.MustList(expected, await trial.FilteredAsync(sample.Numbers, filter), $"The results for {filter}");
    }

    private static async Task TrueAloneAsync(Trial trial)
    {
        var sample = await trial.SampleAsync();
        Trial.MustList([sample.Station.Path], await trial.PathsAsync($"Things?$filter=name eq '{sample.StationName}'"),
            "The Things");
        Trial.MustList([sample.Numbers.Path],
            await trial.PathsAsync(
                $"{sample.Station.Path}/Datastreams?$filter=description eq '{Sample.NumbersDescription}'"),
                "The Datastreams");
        Trial.MustList(Array.Empty<string>(),
            await trial.PathsAsync($"Things?$filter=name eq '{sample.StationName} no'"), "The Things");
        foreach (var set in new[] { "Sensors", "ObservedProperties", "Locations", "FeaturesOfInterest" })
            Trial.Must((
                await trial.AllAsync($"{set}?$filter=startswith(name,'{trial.Run.Marker} sample')&$select=name,id"))
                .All(entity => entity.Text("name").StartsWith(trial.Run.Marker, StringComparison.Ordinal)),
                    $"$filter must hold for {set}.");
    }

    private static async Task TextAsync(Trial trial)
    {
        var name = trial.Name("it's") + " 'quoted' (a,b)/c & d + é";
        var thing = await trial.CreateAsync("Things", Bodies.Thing(name));
        var quoted = name.Replace("'", "''", StringComparison.Ordinal).Replace("&", "%26", StringComparison.Ordinal)
            .Replace("+", "%2B", StringComparison.Ordinal).Replace(" ", "%20", StringComparison.Ordinal).Replace("é",
                "%C3%A9", StringComparison.Ordinal);
        Trial.MustList([thing.Path], await trial.PathsAsync($"{trial.Root}/Things?$filter=name%20eq%20'{quoted}'"),
            "The Things");
    }

    private static async Task TimeAsync(Trial trial)
    {
        var sample = await trial.SampleAsync();
        foreach (var (filter, expected) in new[]
        {
            ("phenomenonTime lt 2025-02-01T00:00:00Z", new double[] { 1, 12 }),
            ("phenomenonTime ge 2025-10-20T10:20:30Z and phenomenonTime lt 2025-12-01T00:00:00.000Z", [10, 11]),
            ("phenomenonTime eq 2025-03-13T04:06:09%2B01:00", [3]), ("resultTime gt 2025-11-01T00:00:00Z", [11]),
        })
        {
            var address = $"{trial.Root}/{sample.Numbers.Path}/Observations?$filter={filter.Replace(" ", "%20", StringComparison.Ordinal)}";
            var results = (await trial.AllAsync(address)).Select(observation => observation.Number("result")).Order();
            Trial.MustList(expected, results, $"The results for {filter}");
        }
    }

    private static async Task NullAsync(Trial trial)
    {
        var sample = await trial.SampleAsync();
        Trial.MustList([1.0, 3, 5, 7, 9, 11], await trial.FilteredAsync(sample.Numbers,
            "resultTime gt 2000-01-01T00:00:00Z"), "The results");
        Trial.MustList(Array.Empty<double>(), await trial.FilteredAsync(sample.Numbers,
            "not (resultTime gt 2000-01-01T00:00:00Z)"), "The results");
    }

    private static async Task JsonAsync(Trial trial)
    {
        var sample = await trial.SampleAsync();
        var own = $" and id eq {sample.Station.Literal}";
        Trial.MustBe(1, (await trial.PathsAsync($"Things?$filter=properties/owner/name eq 'City'{own}")).Count,
            "The number of Things");
        Trial.MustBe(0, (await trial.PathsAsync($"Things?$filter=properties/owner/name eq 'Town'{own}")).Count,
            "The number of Things");
        Trial.MustBe(1, (await trial.PathsAsync($"Things?$filter=properties/height gt 2{own}")).Count,
            "The number of Things");
        Trial.MustList([7.0], await trial.FilteredAsync(sample.Numbers, "parameters/depth eq 7"), "The results");
        Trial.MustBe(2, (await trial.PathsAsync(
            $"{sample.Station.Path}/Datastreams?$filter=unitOfMeasurement/symbol eq 'degC' and description ne '{Sample.ShapesDescription}'")).Count,
            "The number of Datastreams");
    }

    private static async Task MalformedAsync(Trial trial)
    {
        foreach (var filter in new[] { "name eq", "(name eq 'a'", "name eq 'a", "name is 'a'", "nofunction(name)",
            "and", "name eq 'a' and" })
            (await trial.GetAsync("Things?$filter=" + filter)).MustRefuse($"{filter} is no condition.");
    }

    private static async Task ToOneAsync(Trial trial)
    {
        var sample = await trial.SampleAsync();
        Trial.MustBe(4, (await trial.PathsAsync($"Datastreams?$filter=Thing/name eq '{sample.StationName}'")).Count,
            "The number of Datastreams");
        var observations = await trial.AllAsync(
            $"Observations?$filter=Datastream/Thing/name eq '{sample.StationName}' and result ge 11");
        Trial.MustList([11.0, 12], observations.Select(observation => observation.Number("result")).Order(),
            "The results");
    }

    private static async Task ToManyAsync(Trial trial)
    {
        var sample = await trial.SampleAsync();
        var own = $" and startswith(name,'{trial.Run.Marker} sample')";
        Trial.MustList([sample.Station.Path],
            await trial.PathsAsync($"Things?$filter=Datastreams/description eq '{Sample.NumbersDescription}'{own}"),
                "The Things");
        Trial.MustList([sample.Station.Path],
            await trial.PathsAsync(
                $"Things?$filter=Datastreams/Observations/phenomenonTime gt 2025-11-01T00:00:00Z{own}"), "The Things");
        Trial.MustList(Array.Empty<string>(),
            await trial.PathsAsync(
                $"Things?$filter=Datastreams/Observations/phenomenonTime gt 2025-12-01T00:00:00Z{own}"), "The Things");
    }

    private static async Task ArithmeticOrderAsync(Trial trial)
    {
        var sample = await trial.SampleAsync();
        Trial.MustList([3.0, 6, 9, 12, 1, 4, 7, 10, 2, 5, 8, 11],
            await trial.ResultsAsync(sample.Numbers, "$orderby=result mod 3,result"), "The results by their rest");
    }

    private static async Task KindsAsync(Trial trial)
    {
        var sample = await trial.SampleAsync();
        var path = sample.Texts.Path + "/Observations?$filter=result ";
        Trial.MustBe(1, (await trial.AllAsync(path + "eq 'banana'")).Count, "The number of texts equal to banana");
        Trial.MustBe(2, (await trial.AllAsync(path + "gt 'apple'")).Count, "The number of texts after apple");
        Trial.MustList([1.0, 2], await trial.FilteredAsync(sample.Numbers,
            $"phenomenonTime le {Sample.TimeOf(2)} and result ne 12"), "The results");
    }
}

using System.Text.Json;
using static Stoa.Conformance.Check;

namespace Stoa.Conformance.Chapters;

/// <summary>OGC 18-088, 9.3: expand, select, order, page and count.</summary>
internal static class QueryOptions
{
    public static IReadOnlyList<Check> Checks { get; } =
    [
        Rule("Q1.order", Requirements.Order, "9.3.1",
            "Options work together in the order filter, count, orderby, skip, top, select.", OrderAsync),
        Rule("Q2.unsupported-option", Requirements.QueryStatusCode, "9.3.1",
            "A query option that is not supported makes the request fail.",
            async trial => (await trial.GetAsync("Things?$nosuchoption=1")).MustRefuse("$nosuchoption is no option.")),
        Advice("Q2.status-501", Requirements.QueryStatusCode, "9.3.1", "It fails with 501.",
            async trial => (await trial.GetAsync("Things?$nosuchoption=1")).Must(501)),
        Rule("Q3.to-one", Requirements.Expand, "9.3.2.1", "$expand puts related entities in the place of their links.",
            ExpandOneAsync),
        Rule("Q3.list", Requirements.Expand, "9.3.2.1", "$expand takes a list of relations, to one and to many.",
            ExpandListAsync),
        Rule("Q3.levels", Requirements.Expand, "9.3.2.1", "$expand goes over several levels, separated by a slash.",
            ExpandLevelsAsync),
        Rule("Q3.nested-options", Requirements.Expand, "9.3.2.1",
            "Options in parentheses hold for the expanded entities alone.", ExpandOptionsAsync),
        Rule("Q3.nested-expand", Requirements.Expand, "9.3.2.1", "$expand stands inside $expand.", ExpandNestedAsync),
        Rule("Q3.nested-filter", Requirements.Expand, "9.3.2.1",
            "$filter inside $expand drops expanded entities, not those that hold them.",
            ExpandFilterAsync),
        Rule("Q3.unknown", Requirements.Expand, "9.3.2.1", "A relation that does not exist makes the request fail.",
            async trial => (await trial.GetAsync("Things?$expand=Nothings")).MustRefuse("Things have no Nothings.")),
        Rule("Q4.properties", Requirements.Select, "9.3.2.2",
            "$select leaves the properties that are named, and no others.", SelectAsync),
        Rule("Q4.id", Requirements.Select, "9.3.2.2", "$select=id shows @iot.id.", SelectIdAsync),
        Rule("Q4.relation", Requirements.Select, "9.3.2.2", "$select with the name of a relation keeps its link.",
            SelectRelationAsync),
        Rule("Q4.expanded", Requirements.Select, "9.3.2.2", "What is expanded need not be selected.",
            SelectExpandedAsync),
        Rule("Q5.ascending", Requirements.OrderBy, "9.3.3.1", "$orderby is ascending unless it says desc.",
            OrderByAsync),
        Rule("Q5.several", Requirements.OrderBy, "9.3.3.1",
            "$orderby takes several expressions, the first counts most.", OrderBySeveralAsync),
        Rule("Q5.path", Requirements.OrderBy, "9.3.3.1", "$orderby follows relations to one.", OrderByPathAsync),
        Rule("Q5.nulls", Requirements.OrderBy, "9.3.3.1", "Null comes first upwards and last downwards.", NullsAsync),
        Rule("Q5.unknown", Requirements.OrderBy, "9.3.3.1", "A property that does not exist makes the request fail.",
            async trial =>
                (await trial.GetAsync("Things?$orderby=nothing")).MustRefuse("Things have no property nothing.")),
        Rule("Q6.top", Requirements.Top, "9.3.3.2", "$top limits the number of entities; 0 is allowed.", TopAsync),
        Rule("Q6.invalid", Requirements.Top, "9.3.3.2", "$top that is no whole number from 0 makes the request fail.",
            trial => RefusedAsync(trial, "$top=-1", "$top=two", "$top=1.5")),
        Rule("Q6.large", Requirements.Top, "9.3.3.2", "$top beyond the limit of the server gives pages, not an error.",
            LargeTopAsync),
        Rule("Q6.stable", Requirements.Top, "9.3.3.2", "Without $orderby the order is stable.", StableAsync),
        Rule("Q7.skip", Requirements.Skip, "9.3.3.3", "$skip passes over entities, before $top.", SkipAsync),
        Rule("Q7.invalid", Requirements.Skip, "9.3.3.3", "$skip that is no whole number from 0 makes the request fail.",
            trial => RefusedAsync(trial, "$skip=-1", "$skip=two")),
        Rule("Q8.count", Requirements.Count, "9.3.3.4", "$count=true gives @iot.count, $count=false does not.",
            CountAsync),
        Advice("Q8.exact", Requirements.Count, "9.3.3.4",
            "@iot.count of a small set is exact; it honours $filter and ignores $top, $skip and $expand.",
            CountExactAsync),
        Rule("Q8.invalid", Requirements.Count, "9.3.3.4", "$count other than true and false is 400.",
            async trial => (await trial.GetAsync("Things?$count=maybe")).Must(400)),
        Rule("Q11.pages", Requirements.Pagination, "9.3.3.6",
            "A partial page has @iot.nextLink; all pages give every entity once.", PagesAsync),
        Rule("Q11.last-page", Requirements.Pagination, "9.3.3.6", "The last page has no @iot.nextLink.", LastPageAsync),
        Rule("Q11.keeps-options", Requirements.Pagination, "9.3.3.6",
            "@iot.nextLink keeps $filter, $orderby, $select and $expand.", KeepsOptionsAsync),
        Rule("Q11.expanded", Requirements.Pagination, "9.3.3.6",
            "Expanded relations are paged, and their next links give every entity once.",
            ExpandedPagesAsync),
    ];

    private static async Task<IReadOnlyList<JsonElement>> NumbersAsync(Trial trial, string query) =>
        (await trial.ReadAsync($"{(await trial.SampleAsync()).Numbers.Path}/Observations?{query}")).Items("value");

    private static IEnumerable<double> Results(IEnumerable<JsonElement> observations) =>
        observations.Select(observation => observation.Number("result"));

    private static async Task OrderAsync(Trial trial)
    {
        var sample = await trial.SampleAsync();
        var page = await trial.ReadAsync(
            $"{sample.Numbers.Path}/Observations?$select=result&$top=3&$skip=1&$orderby=result desc&$count=true&$filter=result gt 2");
        Trial.MustList([11.0, 10, 9], Results(page.Items("value")), "The results");
        Trial.MustBe(10, page.Count(), "@iot.count");
    }

    private static async Task RefusedAsync(Trial trial, params string[] queries)
    {
        foreach (var query in queries) (await trial.GetAsync("Things?" + query)).MustRefuse($"{query} cannot be.");
    }

    private static async Task ExpandOneAsync(Trial trial)
    {
        var sample = await trial.SampleAsync();
        var stream = await trial.ReadAsync(sample.Numbers.Path + "?$expand=Thing");
        Trial.MustBe(sample.Station, stream.Member("Thing"), "The expanded Thing");
        Trial.MustBe(sample.StationName, stream.Member("Thing").Text("name"), "name of the expanded Thing");
        foreach (var member in (await trial.ReadAsync(sample.Station.Path +
            "/Datastreams?$expand=Thing")).Items("value"))
            Trial.MustBe(sample.Station, member.Member("Thing"), "The expanded Thing");
    }

    private static async Task ExpandListAsync(Trial trial)
    {
        var sample = await trial.SampleAsync();
        var stream = await trial.ReadAsync(sample.Numbers.Path + "?$expand=Sensor,ObservedProperty,Observations");
        Trial.MustBe(sample.Sensor, stream.Member("Sensor"), "The expanded Sensor");
        Trial.MustBe(sample.ObservedProperty, stream.Member("ObservedProperty"), "The expanded ObservedProperty");
        Trial.Must(stream.Items("Observations").Count > 0, "Observations must be expanded.");
        Trial.Must(!stream.Has("Thing"), "Thing must not be expanded.");
    }

    private static async Task ExpandLevelsAsync(Trial trial)
    {
        var sample = await trial.SampleAsync();
        var station = await trial.ReadAsync(sample.Station.Path + "?$expand=Datastreams/ObservedProperty");
        Trial.MustBe(4, station.Items("Datastreams").Count, "The number of expanded Datastreams");
        foreach (var stream in station.Items("Datastreams"))
            Trial.MustBe(sample.ObservedProperty, stream.Member("ObservedProperty"), "The expanded ObservedProperty");
    }

    private static async Task ExpandOptionsAsync(Trial trial)
    {
        var sample = await trial.SampleAsync();
        var stream = await trial.ReadAsync(
            sample.Numbers.Path +
                "?$expand=Observations($filter=result gt 3;$orderby=result desc;$skip=1;$top=2;$select=result;$count=true)");
        Trial.MustList([11.0, 10], Results(stream.Items("Observations")), "The expanded results");
        Trial.MustBe(9, (long)stream.Number("Observations@iot.count"), "Observations@iot.count");
        Trial.Must(stream.Items("Observations").All(observation => !observation.Has("phenomenonTime")),
            "$select must hold for Observations.");
        Trial.Must(stream.Has("description"), "$select of Observations must not hold for the Datastream.");
    }

    private static async Task ExpandNestedAsync(Trial trial)
    {
        var sample = await trial.SampleAsync();
        var station = await trial.ReadAsync(sample.Station.Path +
            "?$expand=Datastreams($orderby=id;$expand=Observations($orderby=result desc;$top=1),Sensor($select=name))");
        var first = station.Items("Datastreams").First(stream => Entity.Of(stream) == sample.Numbers);
        Trial.MustList([12.0], Results(first.Items("Observations")), "The expanded results");
        Trial.Must(first.Member("Sensor").Has("name") && !first.Member("Sensor").Has("metadata"),
            "$select must hold for the Sensor.");
    }

    private static async Task ExpandFilterAsync(Trial trial)
    {
        var sample = await trial.SampleAsync();
        var streams = (await trial.ReadAsync(sample.Station.Path +
            "/Datastreams?$expand=Observations($filter=result eq 12)")).Items("value");
        Trial.MustBe(4, streams.Count, "The number of Datastreams");
        Trial.MustBe(1, streams.Sum(stream => stream.Items("Observations").Count),
            "The number of expanded Observations");
    }

    private static async Task SelectAsync(Trial trial)
    {
        var sample = await trial.SampleAsync();
        foreach (var entity in (await trial.ReadAsync(sample.Station.Path +
            "/Datastreams?$select=name,unitOfMeasurement")).Items("value"))
        {
            Trial.Must(entity.Has("name") && entity.Has("unitOfMeasurement"),
                "name and unitOfMeasurement must be there.");
            Trial.Must(!entity.Has("description") && !entity.Has("observationType"),
                "description and observationType must not be there.");
        }

        var station = await trial.ReadAsync(sample.Station.Path + "?$select=name");
        Trial.Must(station.Has("name") && !station.Has("description") && !station.Has("properties"),
            "Only name must be there.");
    }

    private static async Task SelectIdAsync(Trial trial)
    {
        var sample = await trial.SampleAsync();
        var station = await trial.ReadAsync(sample.Station.Path + "?$select=id");
        Trial.Must(station.Has("@iot.id") && !station.Has("name"), "@iot.id must be there, name must not.");
    }

    private static async Task SelectRelationAsync(Trial trial)
    {
        var sample = await trial.SampleAsync();
        var station = await trial.ReadAsync(sample.Station.Path + "?$select=name,Datastreams");
        Trial.Must(station.Has("Datastreams@iot.navigationLink"), "The link to Datastreams must be there.");
        Trial.Must(!station.Has("Locations@iot.navigationLink"), "The link to Locations must not be there.");
    }

    private static async Task SelectExpandedAsync(Trial trial)
    {
        var sample = await trial.SampleAsync();
        var stream = await trial.ReadAsync(sample.Numbers.Path + "?$select=name&$expand=Thing");
        Trial.MustBe(sample.StationName, stream.Member("Thing").Text("name"), "name of the expanded Thing");
        Trial.Must(!stream.Has("description"), "description must not be there.");
    }

    private static async Task OrderByAsync(Trial trial)
    {
        var upwards = Enumerable.Range(1, 12).Select(n => (double)n).ToList();
        Trial.MustList(upwards, Results(await NumbersAsync(trial, "$orderby=result")), "The results");
        Trial.MustList(upwards, Results(await NumbersAsync(trial, "$orderby=result asc")), "The results");
        Trial.MustList(upwards.AsEnumerable().Reverse(), Results(await NumbersAsync(trial, "$orderby=result desc")),
            "The results");
        Trial.MustList(upwards.SkipLast(1).Prepend(12), Results(await NumbersAsync(trial, "$orderby=phenomenonTime")),
            "The results by phenomenonTime");
    }

    private static async Task OrderBySeveralAsync(Trial trial) => Trial.MustList([3.0, 2, 1, 6, 5, 4],
        Results((await NumbersAsync(trial, "$orderby=validTime desc,result desc&$filter=result le 6")).OrderBy(_ =>
            0)), "The results");

    private static async Task OrderByPathAsync(Trial trial)
    {
        var sample = await trial.SampleAsync();
        var query = $"Observations?$filter=Datastream/id eq {sample.Numbers.Literal} or Datastream/id eq {sample.Decimals.Literal}" +
            "&$expand=Datastream($select=id)&$orderby=Datastream/id";
        var upwards = await GroupsAsync(trial, query + ",result");
        var downwards = await GroupsAsync(trial, query + " desc,result");
        Trial.MustBe(2, upwards.Count, "The number of Datastreams, each in one piece,");
        Trial.MustList(upwards.AsEnumerable().Reverse(), downwards, "The Datastreams downwards");
    }

    private static async Task<List<string>> GroupsAsync(Trial trial, string query)
    {
        var groups = new List<string>();
        foreach (var observation in await trial.AllAsync(query))
        {
            var id = observation.Member("Datastream").Member("@iot.id").ToString();
            if (groups.Count == 0 || groups[^1] != id) groups.Add(id);
        }

        return groups;
    }

    private static async Task NullsAsync(Trial trial)
    {
        var upwards = Results(await NumbersAsync(trial, "$orderby=resultTime,result&$filter=result ne 1")).ToList();
        Trial.MustList([2.0, 4, 6, 8, 10, 12, 3, 5, 7, 9, 11], upwards, "The results by resultTime, even ones without");
        var downwards = Results(await NumbersAsync(trial, "$orderby=resultTime desc,result desc&$filter=result ne 1"));
        Trial.MustList(upwards.AsEnumerable().Reverse(), downwards, "The results by resultTime downwards");
    }

    private static async Task TopAsync(Trial trial)
    {
        Trial.MustList([1.0, 2], Results(await NumbersAsync(trial, "$top=2&$orderby=result")), "The results");
        Trial.MustBe(0, (await NumbersAsync(trial, "$top=0")).Count, "The number of entities with $top=0");
    }

    private static async Task LargeTopAsync(Trial trial)
    {
        var sample = await trial.SampleAsync();
        Trial.MustBe(12, (await trial.AllAsync($"{sample.Numbers.Path}/Observations?$top=1000000")).Count,
            "The number of entities");
    }

    private static async Task StableAsync(Trial trial)
    {
        var sample = await trial.SampleAsync();
        var address = sample.Numbers.Path + "/Observations?$top=5";
        var whole = Results(await trial.AllAsync(sample.Numbers.Path + "/Observations")).ToList();
        Trial.MustList(whole, Results(await trial.AllAsync(address)), "The results in pages");
        Trial.MustList(whole.Skip(4).Take(3), Results(await NumbersAsync(trial, "$skip=4&$top=3")),
            "The results after $skip=4");
    }

    private static async Task SkipAsync(Trial trial)
    {
        Trial.MustList([5.0, 6], Results(await NumbersAsync(trial, "$skip=4&$top=2&$orderby=result")), "The results");
        Trial.MustBe(0, (await NumbersAsync(trial, "$skip=12")).Count, "The number of entities after $skip=12 of 12");
    }

    private static async Task CountAsync(Trial trial)
    {
        var sample = await trial.SampleAsync();
        var path = sample.Numbers.Path + "/Observations";
        Trial.Must((await trial.ReadAsync(path + "?$count=true&$top=1")).Count() > 0,
            "@iot.count must be a number above 0.");
        Trial.Must(!(await trial.ReadAsync(path + "?$count=false")).Has("@iot.count"),
            "With $count=false there must be no @iot.count.");
    }

    private static async Task CountExactAsync(Trial trial)
    {
        var sample = await trial.SampleAsync();
        var path = sample.Numbers.Path + "/Observations";
        foreach (var more in new[] { "", "&$top=2", "&$top=0", "&$skip=5", "&$expand=Datastream" })
            Trial.MustBe(12, (await trial.ReadAsync(path + "?$count=true" + more)).Count(), "@iot.count" + more);
        Trial.MustBe(4, (await trial.ReadAsync(path + "?$count=true&$filter=result gt 8")).Count(),
            "@iot.count with $filter");
    }

    private static async Task PagesAsync(Trial trial)
    {
        var sample = await trial.SampleAsync();
        var page = await trial.ReadAsync(sample.Numbers.Path + "/Observations?$top=5");
        Trial.MustBe(5, page.Items("value").Count, "The number of entities of the page");
        Trial.Must(page.Known("@iot.nextLink") is not null, "A partial page must have @iot.nextLink.");
        var all = await trial.AllAsync(sample.Numbers.Path + "/Observations?$top=5");
        Trial.MustList(Enumerable.Range(1, 12).Select(n => (double)n), Results(all).Order(),
            "The results of all pages");
    }

    private static async Task LastPageAsync(Trial trial)
    {
        var sample = await trial.SampleAsync();
        foreach (var query in new[] { "$top=12", "$top=13", "$skip=8&$top=4", "$skip=12", "$filter=result gt 8&$top=4",
            "" })
            Trial.Must((await trial.ReadAsync($"{sample.Numbers.Path}/Observations?{query}")).Known(
                "@iot.nextLink") is null,
                $"No entities follow after {query}: there must be no @iot.nextLink.");
    }

    private static async Task KeepsOptionsAsync(Trial trial)
    {
        var sample = await trial.SampleAsync();
        var all = await trial.AllAsync(sample.Numbers.Path +
            "/Observations?$filter=result gt 4&$orderby=result desc&$select=result&$expand=Datastream($select=name)&$top=3");
        Trial.MustList([12.0, 11, 10, 9, 8, 7, 6, 5], Results(all), "The results");
        foreach (var observation in all)
        {
            Trial.Must(!observation.Has("phenomenonTime"), "phenomenonTime must not be there, on no page.");
            Trial.Must(observation.Member("Datastream").Has("name"), "The Datastream must be expanded on every page.");
        }
    }

    private static async Task ExpandedPagesAsync(Trial trial)
    {
        var sample = await trial.SampleAsync();
        var stream = await trial.ReadAsync(sample.Numbers.Path + "?$expand=Observations($top=5;$orderby=result)");
        var first = Results(stream.Items("Observations")).ToList();
        var others = Results(await trial.AllAsync(stream.Text("Observations@iot.nextLink")));
        Trial.MustList(Enumerable.Range(1, 12).Select(n => (double)n), first.Concat(others),
            "The results of all pages");
    }
}

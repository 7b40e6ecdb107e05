namespace Stoa.Tests.Security;

/// <summary>The addresses of the SensorThings interface by which something hidden could show itself, made from the data model.</summary>
internal static class SensorThingsAddresses
{
    // OGC 18-088, 8.2: sets, and their relations with whether they lead to many.
    private static readonly (string Set, (string Name, string Set, bool IsMany)[] Relations)[] Model =
    [
        ("Things",
            [("Datastreams", "Datastreams", true), ("MultiDatastreams", "MultiDatastreams", true), ("Locations", "Locations", true),
             ("HistoricalLocations", "HistoricalLocations", true)]),
        ("Locations", [("Things", "Things", true), ("HistoricalLocations", "HistoricalLocations", true)]),
        ("HistoricalLocations", [("Thing", "Things", false), ("Locations", "Locations", true)]),
        ("Datastreams",
            [("Thing", "Things", false), ("Sensor", "Sensors", false), ("ObservedProperty", "ObservedProperties", false),
             ("Observations", "Observations", true)]),
        ("Sensors", [("Datastreams", "Datastreams", true), ("MultiDatastreams", "MultiDatastreams", true)]),
        ("ObservedProperties", [("Datastreams", "Datastreams", true), ("MultiDatastreams", "MultiDatastreams", true)]),
        ("MultiDatastreams",
            [("Thing", "Things", false), ("Sensor", "Sensors", false), ("ObservedProperties", "ObservedProperties", true),
             ("Observations", "Observations", true)]),
        ("Observations",
            [("Datastream", "Datastreams", false), ("MultiDatastream", "MultiDatastreams", false), ("FeatureOfInterest", "FeaturesOfInterest", false)]),
        ("FeaturesOfInterest", [("Observations", "Observations", true)]),
    ];

    private static readonly string[] OptionsOfSets =
    [
        "", "?$count=true", "?$count=true&$top=0", "?$top=1", "?$top=2&$skip=1&$count=true", "?$skip=3", "?$skip=100",
        "?$orderby=id desc", "?$orderby=id desc&$top=1&$skip=1", "?$select=id", "?$filter=id gt 0&$count=true",
        "?$resultFormat=CSV", "?$resultFormat=CSV&$top=1", "?$resultFormat=CSV&$top=2&$skip=1&$orderby=id desc",
        "?$resultFormat=GeoJSON", "?$resultFormat=GeoJSON&$top=1&$count=true", "?$resultMetadata=minimal&$top=1",
    ];

    /// <summary>Names of the sets.</summary>
    internal static IEnumerable<string> Sets => Model.Select(entity => entity.Set);

    private static string PropertyOf(string set) => set switch
    {
        "Observations" => "result",
        "HistoricalLocations" => "time",
        _ => "name",
    };

    /// <summary>Addresses below a service root.</summary>
    /// <param name="open">An id of each set that may be seen.</param>
    /// <param name="closed">An id of each set that may not.</param>
    internal static IEnumerable<string> All(
        IReadOnlyDictionary<string, long> open, IReadOnlyDictionary<string, long> closed)
    {
        yield return "";
        foreach (var (set, relations) in Model)
        {
            foreach (var path in OfSet(set, open[set], closed[set])) yield return path;
            foreach (var relation in relations)
                foreach (var path in OfRelation(set, relation, open, closed))
                    yield return path;
        }

        foreach (var path in OfValues(open, closed)) yield return path;
    }

    private static IEnumerable<string> OfSet(string set, long open, long closed)
    {
        var property = PropertyOf(set);
        foreach (var options in OptionsOfSets) yield return set + options;
        yield return $"{set}/$ref";
        yield return $"{set}/$ref?$count=true&$top=1";
        yield return $"{set}?$orderby={property}";
        yield return $"{set}?$orderby={property} desc&$top=2";
        yield return $"{set}?$filter=id eq {closed}&$count=true";
        yield return $"{set}?$filter=id ne {open}&$count=true";
        foreach (var id in new[] { open, closed })
        {
            yield return $"{set}({id})";
            yield return $"{set}({id})?$select=id,{property}";
            yield return $"{set}({id})/$ref";
            yield return $"{set}({id})/{property}";
            yield return $"{set}({id})/{property}/$value";
            yield return $"{set}({id})?$resultFormat=CSV";
            yield return $"{set}({id})?$resultFormat=GeoJSON";
            yield return $"{set}({id})?$resultMetadata=off";
            yield return $"{set}({id})/@iot.id";
            yield return $"{set}({id})/noSuchProperty";
        }
    }

    private static IEnumerable<string> OfRelation(
        string set,
        (string Name, string Set, bool IsMany) relation,
        IReadOnlyDictionary<string, long> open,
        IReadOnlyDictionary<string, long> closed)
    {
        var (name, target, isMany) = relation;
        yield return $"{set}?$expand={name}";
        yield return $"{set}?$expand={name}($select=id)&$select=id&$top=2";
        yield return $"{set}?$expand={name}($top=1)&$resultFormat=CSV";
        yield return $"{set}?$expand={name}($orderby=id desc;$top=1)&$resultFormat=CSV&$top=3";
        yield return $"{set}?$expand={name}&$resultFormat=GeoJSON";
        yield return $"{set}?$filter={name}/id eq {closed[target]}&$count=true";
        yield return $"{set}?$filter={name}/id gt 0&$count=true";
        yield return $"{set}?$filter=not ({name}/id gt 0)&$count=true";
        yield return $"{set}?$filter={name}/{PropertyOf(target)} eq '{TwinExchanges.Secret}'&$count=true";
        if (isMany)
        {
            yield return $"{set}?$expand={name}($count=true;$top=1)";
            yield return $"{set}?$expand={name}($count=true;$top=0)";
            yield return $"{set}?$expand={name}($orderby=id desc;$top=1;$skip=1)";
            yield return $"{set}?$expand={name}($filter=id gt 0;$count=true)";
        }
        else
        {
            yield return $"{set}?$orderby={name}/id desc";
            yield return $"{set}?$orderby={name}/{PropertyOf(target)}&$top=2";
        }

        foreach (var id in new[] { open[set], closed[set] })
        {
            yield return $"{set}({id})/{name}";
            yield return $"{set}({id})/{name}/$ref";
            yield return $"{set}({id})?$expand={name}";
            if (isMany)
            {
                foreach (var options in OptionsOfSets) yield return $"{set}({id})/{name}{options}";
                yield return $"{set}({id})/{name}({open[target]})";
                yield return $"{set}({id})/{name}({closed[target]})";
                yield return $"{set}({id})/{name}({closed[target]})/{PropertyOf(target)}/$value";
            }
            else
            {
                yield return $"{set}({id})/{name}/{PropertyOf(target)}";
                yield return $"{set}({id})/{name}/{PropertyOf(target)}/$value";
            }
        }

        foreach (var (next, nextSet, nextIsMany) in Model.Single(entity => entity.Set == target).Relations)
        {
            yield return $"{set}?$expand={name}/{next}";
            yield return $"{set}?$expand={name}($expand={next})&$top=2";
            yield return $"{set}?$filter={name}/{next}/id eq {closed[nextSet]}&$count=true";
            yield return $"{set}?$filter={name}/{next}/id gt 0&$count=true";
            yield return $"{set}({open[set]})?$expand={name}($expand={next}($select=id))";
            if (!isMany) yield return $"{set}({open[set]})/{name}/{next}{(nextIsMany ? "?$count=true" : "")}";
        }
    }

    private static IEnumerable<string> OfAggregations(
        IReadOnlyDictionary<string, long> open, IReadOnlyDictionary<string, long> closed)
    {
        foreach (var path in new[] { "Observations", $"Datastreams({open["Datastreams"]})/Observations", $"Datastreams({closed["Datastreams"]})/Observations" })
        {
            var start = path + "/$aggregate?interval=PT1H&functions=avg,count,p50";
            yield return start;
            foreach (var group in new[] { "Thing", "ObservedProperty", "none" }) yield return $"{start}&groupBy={group}";
            yield return start + "&fill=null&groupBy=none&$resultFormat=CSV";
            yield return start + "&$top=2&groupBy=Thing";
            yield return start + "&area=a:POLYGON((9 50,20 50,20 52,9 52,9 50))&area=b:POINT(10 51)&fill=null";
            yield return $"{start}&$filter=Datastream/Thing/name eq 'a {TwinExchanges.Secret}'";
            yield return $"{start}&$filter=Datastream/Thing/id eq {closed["Things"]} or result gt 5";
            yield return $"{start}&$filter=FeatureOfInterest/name ne '{TwinExchanges.Secret}'";
            yield return $"{start}&$filter=Datastream/id ge {closed["Datastreams"]}&groupBy=Thing";
        }
    }

    private static IEnumerable<string> OfValues(IReadOnlyDictionary<string, long> open, IReadOnlyDictionary<string, long> closed)
    {
        yield return $"Things?$filter=substringof('{TwinExchanges.Secret}',name)&$count=true";
        yield return $"Things?$filter=startswith(name,'a')&$count=true";
        yield return $"Things?$filter=properties/note eq 'a {TwinExchanges.Secret}'&$count=true";
        yield return "Things?$orderby=properties/note desc";
        yield return "Things?$filter=Datastreams/Observations/result eq -5&$count=true";
        yield return "Things?$filter=Datastreams/Observations/result gt 20&$count=true";
        yield return "Things?$filter=MultiDatastreams/Observations/result/0 eq -4&$count=true";
        yield return $"Observations?$filter=result/1 eq '{TwinExchanges.Secret}'&$count=true";
        yield return "MultiDatastreams?$select=phenomenonTime,resultTime,observedArea,unitOfMeasurements";
        yield return $"MultiDatastreams?$filter=unitOfMeasurements/0/name eq 'a {TwinExchanges.Secret} multi 0'&$count=true";
        yield return $"MultiDatastreams({closed["MultiDatastreams"]})/Observations?$resultFormat=dataArray";
        yield return $"MultiDatastreams({open["MultiDatastreams"]})/Observations?$resultFormat=dataArray";
        yield return "Things?$expand=Datastreams/Observations($orderby=result desc;$top=1),Locations&$count=true";
        yield return "Datastreams?$select=phenomenonTime,resultTime,observedArea";
        yield return "Datastreams?$orderby=Thing/name,name desc&$top=3&$count=true";
        yield return $"Datastreams?$filter=Sensor/metadata eq 'b {TwinExchanges.Secret} 0'&$count=true";
        yield return "Observations?$filter=result eq 5&$count=true";
        yield return "Observations?$filter=result lt 0&$count=true";
        yield return "Observations?$orderby=result desc&$top=1";
        yield return "Observations?$orderby=phenomenonTime desc&$top=4&$count=true";
        yield return "Observations?$filter=phenomenonTime ge 2026-01-01T01:00:00Z and phenomenonTime lt 2026-01-01T02:00:00Z&$count=true";
        yield return $"Observations?$filter=parameters/note eq '{TwinExchanges.Secret}'&$count=true";
        yield return "Observations?$resultFormat=dataArray";
        yield return "Observations?$resultFormat=dataArray&$count=true&$top=2";
        yield return $"Datastreams({open["Datastreams"]})/Observations?$resultFormat=dataArray";
        yield return $"Datastreams({closed["Datastreams"]})/Observations?$resultFormat=dataArray";
        yield return "Datastreams?$expand=Observations&$resultFormat=dataArray";
        yield return "Datastreams?$expand=Observations($orderby=phenomenonTime desc;$top=1)";
        yield return "Datastreams?$expand=Observations($orderby=phenomenonTime desc;$top=1)&$resultFormat=CSV";
        yield return "Things?$expand=Datastreams($expand=Observations($orderby=phenomenonTime desc;$top=1))";
        foreach (var path in OfAggregations(open, closed)) yield return path;
        yield return "Locations?$filter=st_within(location,geography'POLYGON((9 50,20 50,20 52,9 52,9 50))')&$count=true";
        yield return "Locations?$orderby=st_distance(location,geography'POINT(10 51)')&$top=1";
        yield return $"Locations?$filter=Things/name eq 'a {TwinExchanges.Secret}'&$count=true";
        yield return "FeaturesOfInterest?$expand=Observations/Datastream&$count=true";
        // Errors must not depend on what is there either.
        yield return $"Things({closed["Things"]})?$filter=name eq";
        yield return $"Things({closed["Things"]})?$expand=Nonsense";
        yield return $"Datastreams({closed["Datastreams"]})/Nonsense";
        yield return $"Observations?$filter=result div 0 eq {closed["Observations"]}";
        yield return $"Things({closed["Things"]})/Datastreams({open["Datastreams"]})/Observations?$count=true";
        yield return $"Things({open["Things"]})/Datastreams({closed["Datastreams"]})/Observations?$count=true";
    }
}

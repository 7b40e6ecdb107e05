using System.Text;
using Stoa.Query;
using Stoa.Vocabulary;
using Xunit;
using static Stoa.Sensing.Schema.SensorThingsSchema;

namespace Stoa.Tests.Query;

/// <summary>Every operator between every kind of value: which are taken, and that those give what the reference gives.</summary>
public class Every_combination
{
    private static readonly (string Name, EntityType Type, string Text)[] Values =
    [
        ("number", Observation, "id"), ("text", Thing, "name"), ("truth", Thing, "startswith(name,'b')"), ("time", Observation, "resultTime"),
        ("interval", Observation, "phenomenonTime"), ("time of day", Observation, "time(resultTime)"),
        ("duration", Observation, "(resultTime sub phenomenonTime)"), ("geometry", Location, "location"),
        ("box", Datastream, "observedArea"), ("JSON", Observation, "result"), ("place in JSON", Thing, "properties/a"),
    ];

    private static readonly (string Name, string Text)[] Literals =
    [
        ("null", "null"), ("number", "2"), ("real", "2.5"), ("text", "'alpha'"), ("truth", "true"), ("time", "2026-01-01T05:00:00Z"),
        ("time in quotes", "'2026-01-01T05:00:00+01:00'"), ("interval", "2026-01-01T05:00:00Z/2026-01-02T05:30:00Z"),
        ("time of day", "05:00:00"), ("duration", "duration'PT1H'"), ("geometry", "geography'POINT (1 1)'"),
    ];

    /// <summary>Comparisons and lists by their first letters: eq, ne, lt, ge, in; the literal on either side.</summary>
    private const string Compared =
        """
        .              null    number  real    text    truth   time    quoted  interval of day  duration geometry
        number         enlgi   enlgi   enlgi   .       .       .       .       .       .       .       .
        text           enlgi   .       .       enlgi   .       .       enlgi   .       .       .       .
        truth          enlgi   .       .       .       enlgi   .       .       .       .       .       .
        time           enlgi   .       .       .       .       enlgi   enlgi   enlgi   .       .       .
        interval       enlgi   .       .       .       .       enlgi   enlgi   enlgi   .       .       .
        time of day    enlgi   .       .       .       .       .       .       .       enlgi   .       .
        duration       enlgi   .       .       .       .       .       .       .       .       enlgi   .
        geometry       enlgi   .       .       .       .       .       .       .       .       .       eni
        box            enlgi   .       .       .       .       .       .       .       .       .       eni
        JSON           enlgi   enlgi   enlgi   enlgi   enlgi   enlgi   enlgi   enlgi   .       .       .
        place in JSON  enlgi   enlgi   enlgi   enlgi   enlgi   enlgi   enlgi   enlgi   .       .       .

        """;

    private const string Calculated =
        """
        .              null    number  real    text    truth   time    quoted  interval of day  duration geometry
        number         +-*/%   +-*/%   +-*/%   .       .       .       .       .       .       *       .
        text           +-*/%   .       .       .       .       .       .       .       .       .       .
        truth          +-*/%   .       .       .       .       .       .       .       .       .       .
        time           +-*/%   .       .       .       .       -       .       -       .       +-      .
        interval       +-*/%   .       .       .       .       -       .       -       .       +-      .
        time of day    +-*/%   .       .       .       .       .       .       .       .       .       .
        duration       +-*/%   */      */      .       .       +       .       +       .       +-      .
        geometry       +-*/%   .       .       .       .       .       .       .       .       .       .
        box            +-*/%   .       .       .       .       .       .       .       .       .       .
        JSON           +-*/%   +-*/%   +-*/%   .       .       -       .       -       .       +-*     .
        place in JSON  +-*/%   +-*/%   +-*/%   .       .       -       .       -       .       +-*     .

        """;

    private static IEnumerable<(char Mark, string Condition)> Comparisons(string value, string literal) =>
    [
        ('e', $"{value} eq {literal}"), ('n', $"{literal} ne {value}"), ('l', $"{value} lt {literal}"), ('g', $"{literal} ge {value}"),
        ('i', $"{value} in ({literal},{literal})"),
    ];

    private static IEnumerable<(char Mark, string Condition)> Calculations(string value, string literal) =>
    [
        ('+', $"({value} add {literal}) eq null"), ('-', $"({value} sub {literal}) eq null"), ('*', $"({value} mul {literal}) eq null"),
        ('/', $"({value} div {literal}) eq null"), ('%', $"({value} mod {literal}) eq null"),
    ];

    private static bool IsTaken(EntityType type, string condition) =>
        QueryStore.TryBind(type, "$filter=" + Uri.EscapeDataString(condition), out _, out _);

    private static string Table(Func<string, string, IEnumerable<(char Mark, string Condition)>> conditions)
    {
        var table = new StringBuilder(".              null    number  real    text    truth   time    quoted  interval of day  duration geometry\n");
        foreach (var (name, type, text) in Values)
        {
            var row = new StringBuilder(name.PadRight(15));
            foreach (var (_, literal) in Literals)
            {
                var taken = string.Concat(conditions(text, literal).Where(item => IsTaken(type, item.Condition)).Select(item => item.Mark));
                row.Append((taken.Length > 0 ? taken : ".").PadRight(8));
            }

            table.Append(row.ToString().TrimEnd()).Append('\n');
        }

        return table.ToString();
    }

    [Fact]
    [Requirement(Requirements.FilterOperations)]
    public void Is_taken_where_the_kinds_fit_and_refused_elsewhere()
    {
        Assert.Equal(Compared, Table(Comparisons));
        Assert.Equal(Calculated, Table(Calculations));
    }

    [Fact]
    [Requirement(Requirements.FilterOperations)]
    public async Task Finds_what_the_reference_finds()
    {
        var city = RandomCity.Make(new Random(20260401));
        await using var store = await QueryStore.OpenAsync(city);
        foreach (var (_, type, text) in Values)
        foreach (var (_, literal) in Literals)
        foreach (var (_, condition) in Comparisons(text, literal).Concat(Calculations(text, literal)))
        foreach (var filter in new[] { condition, $"not ({condition})", $"({condition}) eq null" })
        {
            if (IsTaken(type, filter)) await CompareAsync(city, store, type, "$filter=" + Uri.EscapeDataString(filter));
        }
    }

    private static async Task CompareAsync(City city, QueryStore store, EntityType type, string query)
    {
        var bound = QueryStore.Bind(type, query);
        var expected = new Reference(city, AccessScope.Everything).Rows([new(type)], bound, bound.Top);

        var actual = await store.IdsAsync(type, query);

        Assert.True(expected.SequenceEqual(actual),
            $"{type.SetName}?{Uri.UnescapeDataString(query)}\nexpected {string.Join(' ', expected)}\nactual   {string.Join(' ', actual)}");
    }

    // functions -----------------------------------------------------------------------------------------------------------

    private static (EntityType Type, string Argument) ArgumentOf(ValueKind kind, int place) => kind switch
    {
        ValueKind.Text => (Thing, place == 0 ? "name" : "'a'"),
        ValueKind.Number => (Thing, place == 0 ? "(id div 2)" : "1"),
        ValueKind.Instant or ValueKind.Interval =>
            (Observation, place == 0 ? "phenomenonTime" : "2026-01-01T05:00:00Z/2026-01-02T05:30:00Z"),
        ValueKind.Geometry => (Location, place == 0 ? "location" : "geography'POLYGON ((0 0,4 0,4 4,0 4,0 0))'"),
        _ => throw new InvalidOperationException(kind.ToString()),
    };

    [Fact]
    [Requirement(Requirements.QueryFunctions)]
    public async Task Of_a_function_filters_and_orders_as_the_reference_does()
    {
        var city = RandomCity.Make(new Random(20260402));
        await using var store = await QueryStore.OpenAsync(city);
        foreach (var function in QueryFunctions.All)
        {
            var (type, _) = function.Parameters.Count == 0 ? (Observation, "") : ArgumentOf(function.Parameters[0], 0);
            for (var count = function.Required; count <= function.Parameters.Count; count++)
            {
                var arguments = Enumerable.Range(0, count).Select(place =>
                    function.Function == QueryFunction.StRelate && place == 2 ? "'T********'" : ArgumentOf(function.Parameters[place], place).Argument);
                var call = Uri.EscapeDataString($"{function.Name}({string.Join(',', arguments)})");
                await CompareAsync(city, store, type, $"$orderby={call}");
                await CompareAsync(city, store, type, $"$orderby={call}%20desc,id");
                await CompareAsync(city, store, type, $"$filter={call}%20ne%20null");
                if (function.Result == ValueKind.Boolean) await CompareAsync(city, store, type, $"$filter={call}");
                else await CompareAsync(city, store, type, $"$filter={call}%20eq%20{call}");
            }
        }
    }
}

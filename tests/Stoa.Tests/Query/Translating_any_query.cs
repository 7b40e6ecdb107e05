using System.Globalization;
using Stoa.Query;
using Stoa.Sensing.Schema;
using Stoa.Storage.Translation;
using Stoa.Vocabulary;
using Xunit;

namespace Stoa.Tests.Query;

/// <summary>Random queries on random cities: the statement on a real database gives what the plain walk in memory gives.</summary>
public class Translating_any_query
{
    private const int Cities = 12;
    private const int QueriesPerCity = 250;

    [Fact]
    public async Task Gives_the_rows_of_the_reference_in_its_order()
    {
        var first = SeedOr(20260101);
        for (var seed = first; seed < first + Cities; seed++)
        {
            var random = new Random(seed);
            var city = RandomCity.Make(random);
            await using var store = await QueryStore.OpenAsync(city);
            for (var i = 0; i < QueriesPerCity; i++) await CompareAsync(city, store, random, $"seed {seed}, query {i}");
        }
    }

    [Fact]
    public async Task Gives_observations_in_the_order_of_time_within_any_bounds()
    {
        var first = SeedOr(20260101);
        for (var seed = first; seed < first + Cities; seed++)
        {
            var random = new Random(seed);
            var city = RandomCity.Make(random);
            await using var store = await QueryStore.OpenAsync(city);
            for (var i = 0; i < QueriesPerCity / 2; i++)
            {
                var query = "$filter=" + Uri.EscapeDataString(new RandomQuery(random).TimeBounds()) + random.Next(3) switch
                {
                    0 => "",
                    1 => "&$orderby=phenomenonTime",
                    _ => "&$orderby=phenomenonTime desc",
                };
                await CompareAsync(city, store, random, [new(SensorThingsSchema.Observation)], query, $"seed {seed}, query {i}");
            }
        }
    }

    private static async Task CompareAsync(City city, QueryStore store, Random random, string where)
    {
        var path = RandomQuery.Path(random, city);
        var type = path[^1].Entity;
        var query = "$filter=" + Uri.EscapeDataString(new RandomQuery(random).Condition(type));
        if (random.Next(2) == 0) query += "&$orderby=" + Uri.EscapeDataString(new RandomQuery(random).Order(type));
        await CompareAsync(city, store, random, path, query, where);
    }

    private static async Task CompareAsync(
        City city, QueryStore store, Random random, List<PathStep> path, string query, string where)
    {
        var type = path[^1].Entity;
        if (random.Next(3) == 0) query += string.Create(CultureInfo.InvariantCulture, $"&$skip={random.Next(3)}");
        if (random.Next(3) == 0) query += string.Create(CultureInfo.InvariantCulture, $"&$top={random.Next(6)}");
        where += $": {QueryStore.Show(path)}?{Uri.UnescapeDataString(query)}";
        var scope = random.Next(4) switch
        {
            0 => AccessScope.Everything,
            1 => AccessScope.Of([new(1 + random.Next(RandomCity.Datasets))]),
            2 => AccessScope.Of(Enumerable.Range(1, 40).Where(_ => random.Next(2) == 0).Select(id => new DatasetId(id))),
            _ => AccessScope.Of([new(1), new(2), new(3)]),
        };
        where += $" scope {(scope.IsEverything ? "all" : string.Join(',', scope.Datasets.ToArray()))}";

        if (!QueryStore.TryBind(type, query, out var bound, out var problem))
        {
            // Conditions may come out nested too deeply; everything else must be taken.
            Assert.True(problem.Type == "query-limit", $"{where}: {problem.Detail}");
            return;
        }

        var request = new ReadRequest { Path = path, Scope = scope, Query = bound, Limit = bound.Top };
        List<long> expected;
        try
        {
            expected = new Reference(city, scope).Rows(path, bound, bound.Top);
        }
        catch (ArgumentException)
        {
            return; // Relations that are not defined for collections: the reference cannot say either.
        }
        catch (Exception error)
        {
            throw new InvalidOperationException(where, error);
        }

        foreach (var (translator, known) in QueryStore.Translators.Select(one => (one, (KnownGroups?)null)).Concat(store.Knowing.Select(one => (one.Translator, (KnownGroups?)one.Known))))
        {
            List<long> actual;
            try
            {
                actual = await store.IdsAsync(request, translator, known);
            }
            catch (Exception error)
            {
                throw new InvalidOperationException($"{where}\n{translator.Rows(request).Text}", error);
            }

            if (!expected.SequenceEqual(actual))
                Assert.Fail($"{where}\nexpected {string.Join(' ', expected)}\nactual   {string.Join(' ', actual)}\n{translator.Rows(request).Text}");
            if (path.Count > 1 || type != SensorThingsSchema.Observation) break;
        }

        var count = await store.NumberAsync(QueryStore.Translator.Count(request));
        Assert.True(new Reference(city, scope).Matching(path, bound).Count == count, where);
    }

    private static int SeedOr(int seed) =>
        int.TryParse(Environment.GetEnvironmentVariable("STOA_TEST_SEED"), NumberStyles.None, CultureInfo.InvariantCulture, out var given)
            ? given
            : seed;
}

using System.Diagnostics;
using System.Globalization;
using System.Text;
using Stoa.Query;
using Stoa.Query.OData;
using Stoa.Storage.Translation;
using Stoa.Vocabulary;
using Xunit;

namespace Stoa.Tests.Query;

/// <summary>Whatever text comes in: a query or a problem comes out, soon, and what binds can be run.</summary>
public class Fuzzing_the_parser(SampleStore sample) : IClassFixture<SampleStore>
{
    private const int Rounds = 20_000;

    private static readonly string[] Words =
    [
        "name", "id", "result", "phenomenonTime", "properties/a", "Datastreams/", "Datastream/Thing/", "location", " eq ", " and ", " or ", "not ",
        " in ", "(", ")", "((", "'", "''", "'x'", ",", ";", "=", "/", "-", "5", "1e5", "1e999", "9223372036854775808", "2026-01-01T00:00:00Z",
        "2026-01-01/2026", "12:30", "null", "true", "geography'", "geography'POINT(1 2)'", "POLYGON((", "duration'P1D'", "duration'", "length(",
        "substring(", "st_within(", "geo.distance(", "$filter", "$expand=", "$top=", "$orderby=", "&", "%27", "%", "%zz", "%00", "\0", "\ud800",
        "🙂", "+", " add ", " div ", " desc", "@iot.id", "now()", "Observations($top=1;$filter=", "\t", "#", "*",
    ];

    [Fact]
    public void Answers_any_text_with_options_or_a_problem()
    {
        var seed = SeedOr(7);
        var random = new Random(seed);
        var clock = Stopwatch.StartNew();
        for (var i = 0; i < Rounds; i++)
        {
            var query = Text(random);
            try
            {
                Check(query, random);
            }
            catch (Exception error) when (error is not Xunit.Sdk.XunitException)
            {
                throw new InvalidOperationException($"seed {seed}, round {i}: {query}", error);
            }
        }

        Assert.True(clock.Elapsed < TimeSpan.FromSeconds(60), $"seed {seed}: {clock.Elapsed}");
    }

    private static void Check(string query, Random random)
    {
        var types = Stoa.Sensing.Schema.SensorThingsSchema.Schema.Types;
        if (!ODataQuery.Parse(query, QueryLimits.Default).TryGet(out var options, out var problem))
        {
            Assert.True(problem.Status is 400 or 501, problem.Detail);
            Assert.DoesNotContain(problem.Detail, c => char.IsControl(c) || char.IsSurrogate(c));
            Assert.True(problem.Detail.Length < 1000, problem.Detail);
            return;
        }

        if (!QueryBinder.Bind(options, types[random.Next(types.Count)], QueryLimits.Default, QueryStore.Moment).TryGet(out var bound, out problem))
        {
            Assert.Equal(400, problem.Status);
            return;
        }

        QueryStore.Translator.Rows(ReadRequest.OfSet(bound.Entity, AccessScope.Everything) with { Query = bound });
    }

    private static string Text(Random random)
    {
        var text = new StringBuilder(random.Next(4) == 0 ? "" : Pick(random, ["$filter=", "$orderby=", "$expand=", "$select="]));
        if (random.Next(3) == 0)
        {
            // A good query with something wrong in it.
            var types = Stoa.Sensing.Schema.SensorThingsSchema.Schema.Types;
            text.Append(new RandomQuery(random).Condition(types[random.Next(types.Count)]));
            for (var edits = random.Next(4); edits > 0; edits--)
                if (random.Next(2) == 0) text.Remove(random.Next(text.Length), 1);
                else text.Insert(random.Next(text.Length + 1), Pick(random, Words));
        }
        else
        {
            for (var words = random.Next(20); words > 0; words--) text.Append(Pick(random, Words));
        }

        return text.ToString();
    }

    private static string Pick(Random random, string[] items) => items[random.Next(items.Length)];

    [Theory]
    [InlineData("(")]
    [InlineData("not ")]
    [InlineData("-")]
    [InlineData("length(")]
    [InlineData("id eq (")]
    [InlineData("name in (")]
    [InlineData("1 add ")]
    [InlineData("id eq 1 or ")]
    [InlineData("Datastreams/Thing/")]
    [InlineData("geography'GEOMETRYCOLLECTION(")]
    [InlineData("'")]
    [InlineData("Datastreams($expand=")]
    public void Answers_endless_repetition(string word)
    {
        var text = string.Concat(Enumerable.Repeat(word, 60_000 / word.Length)) + "x";

        Assert.False(ODataQuery.Parse("$filter=" + text, QueryLimits.Default).TryGet(out _, out var filter));
        Assert.False(ODataQuery.Parse("$expand=" + text, QueryLimits.Default).TryGet(out _, out var expand));
        Assert.Equal((400, 400), (filter.Status, expand.Status));
    }

    /// <summary>Deep and wide queries that the binder takes can be prepared: the limits keep them within the engine's own.</summary>
    [Fact]
    public async Task What_is_taken_can_be_run()
    {
        var seed = SeedOr(11);
        var random = new Random(seed);
        var types = Stoa.Sensing.Schema.SensorThingsSchema.Schema.Types;
        var taken = 0;
        for (var i = 0; i < 3000; i++)
        {
            var type = types[random.Next(types.Count)];
            var query = "$filter=" + Uri.EscapeDataString(Nested(random, type, 2 + random.Next(12)));
            if (!QueryStore.TryBind(type, query, out var bound, out var problem))
            {
                Assert.True(problem.Type == "query-limit", $"seed {seed}, round {i}: {Uri.UnescapeDataString(query)}: {problem.Detail}");
                continue;
            }

            taken++;
            var request = ReadRequest.OfSet(type, AccessScope.Of([new(1), new(2)])) with { Query = bound };
            try
            {
                await sample.Store.IdsAsync(request);
                await sample.Store.NumberAsync(QueryStore.Translator.Count(request, 1000));
            }
            catch (Exception error)
            {
                throw new InvalidOperationException(
                    $"seed {seed}, round {i}: {Uri.UnescapeDataString(query)}\n{QueryStore.Translator.Rows(request).Text}", error);
            }
        }

        Assert.True(taken > 300, $"Only {taken} were taken.");
    }

    private static string Nested(Random random, EntityType type, int depth)
    {
        if (depth <= 0) return new RandomQuery(random).Condition(type, 3);
        return random.Next(8) switch
        {
            0 => $"not ({Nested(random, type, depth - 1)})",
            1 => $"({Nested(random, type, depth - 1)}) and {Nested(random, type, 0)}",
            2 => $"({Nested(random, type, 0)} or ({Nested(random, type, depth - 1)}))",
            3 => $"({Nested(random, type, depth - 1)}) eq true",
            4 => $"length({Wrapped(random, depth)}) gt 1",
            5 => $"{Summed(random, depth)} lt 5",
            6 => $"id in (1, 2, {Summed(random, depth)})",
            _ => Path(random, type, depth),
        };
    }

    private static string Wrapped(Random random, int depth) => depth <= 0 ? "'x'" : random.Next(4) switch
    {
        0 => $"substring({Wrapped(random, depth - 1)}, {Summed(random, depth / 3)})",
        1 => $"concat('a', {Wrapped(random, depth - 1)})",
        _ => $"tolower({Wrapped(random, depth - 1)})",
    };

    private static string Summed(Random random, int depth) => depth <= 0 ? "id" : random.Next(5) switch
    {
        0 => $"(1 add {Summed(random, depth - 1)})",
        1 => $"(1 div {Summed(random, depth - 1)})",
        2 => $"round({Summed(random, depth - 1)})",
        3 => $"length(substring('abc', {Summed(random, depth - 1)}))",
        _ => $"(-{Summed(random, depth - 1)})",
    };

    private static string Path(Random random, EntityType type, int hops)
    {
        var path = new StringBuilder();
        for (; hops > 0; hops--)
        {
            var via = type.Navigations[random.Next(type.Navigations.Count)];
            path.Append(via.Name).Append('/');
            type = via.Target;
        }

        return string.Create(CultureInfo.InvariantCulture, $"{path}id gt {random.Next(5)}");
    }

    private static int SeedOr(int seed) =>
        int.TryParse(Environment.GetEnvironmentVariable("STOA_TEST_SEED"), NumberStyles.None, CultureInfo.InvariantCulture, out var given)
            ? given
            : seed;
}

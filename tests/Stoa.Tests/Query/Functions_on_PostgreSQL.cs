using System.Buffers.Text;
using System.Globalization;
using System.Text;
using System.Text.Json;
using NetTopologySuite.Geometries;
using NetTopologySuite.IO;
using Stoa.Query;
using Stoa.Storage;
using Stoa.Storage.Dialects;
using Stoa.Vocabulary;
using Xunit;

namespace Stoa.Tests.Query;

/// <summary>An empty database for all tests of a class.</summary>
public sealed class EmptyDatabase : IAsyncLifetime
{
    private readonly TemporaryFolder _folder = new();

    internal Database Database { get; private set; } = null!; // Set before any test.

    public async ValueTask InitializeAsync() =>
        Database = await TestDatabases.OpenAsync(new() { Folder = _folder.Path }, TestContext.Current.CancellationToken);

    public async ValueTask DisposeAsync()
    {
        await Database.DisposeAsync();
        _folder.Dispose();
    }
}

/// <summary>The functions that statements call on PostgreSQL give what the program itself, and so the other engine, gives.</summary>
[Trait("Engine", "Postgres")]
public class Functions_on_PostgreSQL(EmptyDatabase empty) : IClassFixture<EmptyDatabase>
{
    private const int Seed = 20260501;

    private static readonly double[] Doubles =
    [
        0, 1, -1, 2, 3, 0.1, 0.5, -2.5, 0.49999999999999994, 5.3, 1e15, 123456789.125, 1000000000000000.5, 99999999999999984, 1e17, -12345678901234568, 9007199254740991, 9007199254740993, 1e16, 1e22, 1e-5,
        1e-7, 5e-324, -5e-324, 2.2250738585072014e-308, 1e308, double.MaxValue, double.MinValue, double.PositiveInfinity,
        double.NegativeInfinity, 1e150, 1e-150, 1e200, -1e200, 4503599627370495.5, 9223372036854775807, 1e-300,
    ];

    private static readonly long[] Wholes =
        [0, 1, -1, 2, -3, 7, 1000, long.MaxValue, long.MinValue, long.MaxValue - 1, 4611686018427387904, -4611686018427387905, 3037000500];

    /// <summary>First column of all rows; null for NULL.</summary>
    private async Task<List<string?>> TextsAsync(string sql, string parameter = "")
    {
        using var read = await empty.Database.ReadAsync(TestContext.Current.CancellationToken);
        using var statement = read.Prepare(sql);
        if (sql.Contains("?1", StringComparison.Ordinal)) statement.Bind(1, parameter);
        var texts = new List<string?>();
        while (statement.Step()) texts.Add(statement.TextOrNull(0));
        return texts;
    }

    /// <summary>The expression for each <c>value</c> of some texts, in their order.</summary>
    private Task<List<string?>> OfEachAsync(string expression, IEnumerable<string> values) => TextsAsync(
        $"SELECT {expression} FROM json_array_elements_text(?1::json) WITH ORDINALITY AS a (value, place) ORDER BY place",
        JsonSerializer.Serialize(values));

    private static string Shown(double number) => number.ToString("R", CultureInfo.InvariantCulture);

    private static double? Read(string? number) => number is null ? null : double.Parse(number, CultureInfo.InvariantCulture);

    private static IEnumerable<double> AnyDoubles(Random random, int count) => Doubles.Concat(Enumerable.Range(0, count).Select(_ =>
        random.Next(3) switch
        {
            0 => BitConverter.Int64BitsToDouble(random.NextInt64(long.MinValue, long.MaxValue)),
            1 => random.Next(-100_000, 100_000) / 8.0,
            _ => Math.Round(random.NextDouble() * 1000, random.Next(6)),
        })).Where(number => !double.IsNaN(number));

    [Fact]
    public async Task Write_numbers_as_json_has_them()
    {
        var numbers = AnyDoubles(new(Seed), 4000).Where(double.IsFinite).ToList();

        var texts = await OfEachAsync("stoa_number_text(value::double precision)", numbers.Select(Shown));

        Assert.Equal(numbers.Count, texts.Count);
        foreach (var (number, text) in numbers.Zip(texts)) Assert.Equal(TextOf(number), text);
    }

    private static string TextOf(double number)
    {
        Span<byte> text = stackalloc byte[32];
        Assert.True(Utf8Formatter.TryFormat(number, text, out var length));
        return Encoding.ASCII.GetString(text[..length]);
    }

    [Fact]
    public async Task Read_json_numbers_of_any_size()
    {
        var numbers = AnyDoubles(new(Seed), 2000).Where(double.IsFinite).Select(Shown)
            .Concat(["1e400", "-1e400", "1e-400", "-0", "0e99999999999", "123e-99999999999", "1e99999999999", "0.000001e5", "100000e-3", "1.50",
                new string('9', 400), "0." + new string('0', 400) + "1", "1" + new string('0', 400) + "e-400", "12.5E+1", "1e+005"]).ToList();

        var read = await OfEachAsync("stoa_double(value)", numbers);

        foreach (var (written, number) in numbers.Zip(read)) Assert.Equal(double.Parse(written, CultureInfo.InvariantCulture), Read(number));
    }

    [Theory]
    [InlineData("stoa_add", 'a')]
    [InlineData("stoa_subtract", 's')]
    [InlineData("stoa_multiply", 'm')]
    [InlineData("stoa_divide", 'd')]
    [InlineData("stoa_mod", '%')]
    public async Task Calculate_with_doubles_as_the_program_does_and_never_fail(string function, char op)
    {
        var random = new Random(Seed);
        var numbers = AnyDoubles(random, 40).ToList();
        var pairs = numbers.SelectMany(_ => numbers, (left, right) => (left, right)).ToList();

        var outcomes = await TextsAsync(
            $"""
            SELECT   {function}((value ->> 0)::double precision, (value ->> 1)::double precision)
            FROM     json_array_elements(?1::json) WITH ORDINALITY AS a (value, place)
            ORDER BY place
            """,
            JsonSerializer.Serialize(pairs.Select(pair => new[] { Shown(pair.left), Shown(pair.right) })));

        foreach (var ((left, right), outcome) in pairs.Zip(outcomes))
        {
            var expected = op switch
            {
                'a' => left + right,
                's' => left - right,
                'm' => left * right,
                'd' => right == 0 ? double.NaN : left / right,
                _ => left % right,
            };
            var actual = Read(outcome);
            // At the ends of its range a product or quotient may differ in the last digit, which may be the only one.
            var isNear = actual is { } near && Math.Abs(near - expected) <= Math.Abs(expected) * 1e-15;
            var isLow = op is 'm' or 'd' && (IsLow(left) || IsLow(right) || IsLow(expected)) && actual is not null;
            Assert.True(double.IsNaN(expected) ? actual is null : actual == expected || isNear || isLow, $"{Shown(left)} {op} {Shown(right)}: {outcome}");
        }
    }

    private static bool IsLow(double number) => number != 0 && Math.Abs(number) < 2.2250738585072014e-300;

    [Theory]
    [InlineData("stoa_add", 'a')]
    [InlineData("stoa_subtract", 's')]
    [InlineData("stoa_multiply", 'm')]
    [InlineData("stoa_mod", '%')]
    public async Task Calculate_with_whole_numbers_beyond_64_bits(string function, char op)
    {
        var pairs = Wholes.SelectMany(_ => Wholes, (left, right) => (left, right)).ToList();

        var outcomes = await TextsAsync(
            $"SELECT {function}((value ->> 0)::bigint, (value ->> 1)::bigint)::text FROM json_array_elements(?1::json) WITH ORDINALITY AS a (value, place) ORDER BY place",
            JsonSerializer.Serialize(pairs.Select(pair => new[] { $"{pair.left}", $"{pair.right}" })));

        foreach (var ((left, right), outcome) in pairs.Zip(outcomes))
        {
            if (op == '%' && right == 0)
            {
                Assert.Null(outcome);
                continue;
            }

            var exact = op switch { 'a' => (Int128)left + right, 's' => (Int128)left - right, 'm' => (Int128)left * right, _ => (Int128)left % right };
            if (exact >= long.MinValue && exact <= long.MaxValue) Assert.Equal(exact.ToString(CultureInfo.InvariantCulture), outcome);
            else Assert.Equal((double)exact, Read(outcome));
        }
    }

    [Fact]
    public async Task Round_halves_away_from_zero_and_cut_to_places()
    {
        var numbers = AnyDoubles(new(Seed), 500).ToList();

        foreach (var (sql, expected) in new (string, Func<double, double>)[]
        {
            ("stoa_round(value::double precision)", number => Math.Round(number, MidpointRounding.AwayFromZero)),
            ("stoa_floor(value::double precision)", Math.Floor), ("stoa_ceiling(value::double precision)", Math.Ceiling),
            ("stoa_place(value::double precision)", number => Math.Clamp(Math.Truncate(number), 0, 1_000_000_000)),
            ("stoa_whole(value::double precision)::text::double precision", number => (double)(long)number),
        })
        {
            var outcomes = await OfEachAsync(sql, numbers.Select(Shown));
            foreach (var (number, outcome) in numbers.Zip(outcomes))
                Assert.True(expected(number) == Read(outcome), $"{sql} of {Shown(number)}: {outcome}");
        }
    }

    [Fact]
    public async Task Change_the_case_of_every_letter_as_the_program_does()
    {
        foreach (var (function, change) in new (string, Func<string, string>)[]
            { ("stoa_lower", text => text.ToLowerInvariant()), ("stoa_upper", text => text.ToUpperInvariant()) })
        {
            var changed = await TextsAsync(
                $"SELECT {function}(chr(code)) FROM generate_series(1, 131071) AS code WHERE code NOT BETWEEN 55296 AND 57343 ORDER BY code");
            var codes = Enumerable.Range(1, 131071).Where(code => code is < 0xD800 or > 0xDFFF).ToList();
            // The server's tables may be older: letters that it does not know yet are left as they are.
            var others = codes.Zip(changed).Where(pair => change(char.ConvertFromUtf32(pair.First)) != pair.Second)
                .Where(pair => char.ConvertFromUtf32(pair.First) != pair.Second).Select(pair => pair.First).ToList();
            Assert.True(others.Count == 0, $"{function}: {others.Count}: {string.Join(' ', others.Take(200).Select(code => code.ToString("X4", CultureInfo.InvariantCulture)))}");
        }

        Assert.Equal(["äéßøžğışя"], await TextsAsync("SELECT stoa_lower('ÄÉßØŽĞıŞЯ')"));
        Assert.Equal(["äöü straße σσ i\u0307 İ 🙂"], await TextsAsync("SELECT stoa_lower('ÄÖÜ STRAßE ΣΣ I\u0307 İ 🙂')"));
        Assert.Equal(["ÄÖÜ STRAßE ΣΣ ı"], await TextsAsync("SELECT stoa_upper('äöü straße σς ı')"));
    }

    [Fact]
    public async Task Read_times_as_the_program_does()
    {
        const string Letters = "0123456789-:.,TtZz+ ";
        var random = new Random(Seed);
        string[] whole =
        [
            "2026-01-31T12:30:15.1234567+01:30", "2026-02-29", "2024-02-29", "2000-02-29T24:00", "1900-02-29", "0001-01-01T00:00:00+01", "2026-01-31T12:30:60Z",
            "9999-12-31T23:59:59.999999Z", "9999-12-31T23:59:60Z", "2026-01-31T12:30-1800", "2026-01-31 12:30,", "2026-01-31t12:30:15,5z", "1969-12-31T23:59:59.25Z",
            "2026-01-31T12:30:15.1234567890123456+01:30", "２０２６-01-31", "2026-01-31\n", "2026-13-01", "2026-00-10", "0000-01-01", "2026-01-31T12:30+19",
        ];
        var texts = whole.Concat(Enumerable.Range(0, 6000).Select(_ =>
        {
            var text = new StringBuilder(whole[random.Next(whole.Length)]);
            for (var changes = random.Next(3); changes > 0; changes--)
                switch (random.Next(3))
                {
                    case 0: text[random.Next(text.Length)] = Letters[random.Next(Letters.Length)]; break;
                    case 1: text.Remove(random.Next(text.Length), 1); break;
                    default: text.Insert(random.Next(text.Length + 1), Letters[random.Next(Letters.Length)]); break;
                }

            return text.ToString();
        })).ToList();

        var read = await OfEachAsync("stoa_time(value) || ' ' || stoa_time_offset(value)", texts);

        foreach (var (text, time) in texts.Zip(read))
        {
            var expected = Instant.TryParse(text.AsSpan(), out var instant) ? $"{instant.UnixMicroseconds} {instant.OffsetMinutes}" : null;
            Assert.True(expected == time, $"{text}: expected {expected}, found {time}");
        }
    }

    [Theory]
    [InlineData("""{"a":{"b":[1,2.5,"x"]},"a b":1}""", "a/b/1", "2.5")]
    [InlineData("""{"a":{"b":[1,2.5,"x"]}}""", "a/b/3", null)]
    [InlineData("""{"a":{"b":[1,2.5,"x"]}}""", "a/b/99999999999999999999", null)]
    [InlineData("""{"0":1}""", "0", null)] // Digits are places in arrays alone.
    [InlineData("""[{"x":1}]""", "x", null)]
    [InlineData("""[[1],[2,3]]""", "1/1", "3")]
    [InlineData("""{"a":null}""", "a", null)]
    [InlineData("""{"a":"t\u0000x\u00e4\ud83d\ude00"}""", "a", "t\uFFFDxä😀")]
    [InlineData("""{"b":"\u0000","a":1}""", "a", "1")]
    [InlineData("""{"b":"\\u0000","a":"\\u0000\\\u0000"}""", "a", "\\u0000\\\uFFFD")]
    [InlineData("""{"b":"\ud800","a":"\udc00x"}""", "a", "\uFFFDx")]
    [InlineData("""{"a": { "b" : [ 1 , "x \" y" ] } }""", "a", """{"b":[1,"x \" y"]}""")]
    [InlineData("""{"a":1e400}""", "a", "1e400")]
    [InlineData("\"text\"", "", "text")]
    [InlineData("true", "", "true")]
    public async Task Look_into_json(string json, string path, string? expected)
    {
        var found = await TextsAsync("SELECT stoa_json_text(value ->> 0, value ->> 1) FROM (SELECT ?1::json) AS a (value)", JsonSerializer.Serialize(new[] { json, path }));

        Assert.Equal([expected], found);
    }

    [Fact]
    public async Task Look_into_json_as_deep_as_it_is_taken()
    {
        var json = string.Concat(Enumerable.Repeat("{\"a\":[", 500)) + "7" + string.Concat(Enumerable.Repeat("]}", 500));

        Assert.Equal(["7"], await TextsAsync("SELECT stoa_json_number(?1, repeat('a/0/', 499) || 'a/0')", json));
    }

    [Fact]
    public async Task Relate_geometries_as_the_program_does_and_never_fail()
    {
        var random = new Random(Seed);
        var pairs = Enumerable.Range(0, 1500).Select(_ => (Left: Spatial_relations.Shape(random, 2), Right: Spatial_relations.Shape(random, 2)))
            .Select(pair => (pair.Left, pair.Right, A: Spatial_relations.Wkb(pair.Left), B: Spatial_relations.Wkb(pair.Right))).ToList();
        var array = JsonSerializer.Serialize(pairs.Select(pair => new[] { Convert.ToHexString(pair.A), Convert.ToHexString(pair.B) }));
        var differing = new List<string>();

        foreach (var (function, relation) in new (string, Func<byte[], byte[], bool?>)[]
        {
            ("stoa_st_equals(a, b)", (a, b) => SpatialFunctions.Equal(a, b)), ("stoa_st_disjoint(a, b)", (a, b) => SpatialFunctions.Disjoint(a, b)),
            ("stoa_st_touches(a, b)", (a, b) => SpatialFunctions.Touches(a, b)), ("stoa_st_within(a, b)", (a, b) => SpatialFunctions.Within(a, b)),
            ("stoa_st_overlaps(a, b)", (a, b) => SpatialFunctions.Overlaps(a, b)), ("stoa_st_crosses(a, b)", (a, b) => SpatialFunctions.Crosses(a, b)),
            ("stoa_st_intersects(a, b)", (a, b) => SpatialFunctions.Intersects(a, b)), ("stoa_st_contains(a, b)", (a, b) => SpatialFunctions.Contains(a, b)),
            ("stoa_st_relate(a, b, 'T*F**F***')", (a, b) => SpatialFunctions.Relate(a, b, "T*F**F***")),
        })
        {
            var found = await TextsAsync(Related($"{function}::integer"), array);
            foreach (var ((left, right, a, b), outcome) in pairs.Zip(found))
                if (IsPlain(a) && IsPlain(b) && (relation(a, b) is not { } truth ? null : truth ? "1" : "0") != outcome)
                    differing.Add($"{function} {left} {right}: {outcome}");
        }

        foreach (var (function, measure) in new (string, Func<byte[], byte[], double?>)[]
            { ("stoa_geo_distance(a, b)", (a, b) => SpatialFunctions.Distance(a, b)), ("stoa_geo_length(a)", (a, _) => SpatialFunctions.Length(a)) })
        {
            var found = await TextsAsync(Related(function), array);
            foreach (var ((left, right, a, b), outcome) in pairs.Zip(found))
                if (IsPlain(a) && IsPlain(b) && !IsNear(measure(a, b), Read(outcome))) differing.Add($"{function} {left} {right}: {outcome} {measure(a, b)}");
        }

        Assert.True(differing.Count == 0, $"{differing.Count}\n{string.Join('\n', differing.Take(40))}");
    }

    private static string Related(string expression) =>
        $"""
        SELECT   {expression}
        FROM     (SELECT ST_GeomFromWKB(decode(value ->> 0, 'hex'), 4326), ST_GeomFromWKB(decode(value ->> 1, 'hex'), 4326), place
                  FROM   json_array_elements(?1::json) WITH ORDINALITY AS pairs (value, place)) AS shapes (a, b, place)
        ORDER BY place
        """;

    private static bool IsNear(double? expected, double? actual) => expected is { } a && actual is { } b
        ? Math.Abs(a - b) <= Math.Abs(a) * 1e-12
        : expected is null == actual is null;

    /// <summary>What the standard defines relations for: valid, no collection, within a range that can be calculated with.</summary>
    private static bool IsPlain(byte[] wkb)
    {
        Geometry geometry;
        try
        {
            geometry = new WKBReader().Read(wkb);
        }
        catch (ParseException)
        {
            return false;
        }

        return geometry is not GeometryCollection || geometry is MultiPoint or MultiPolygon
            ? !geometry.IsEmpty && geometry.IsValid && geometry.Coordinates.All(point => Math.Abs(point.X) < 1e100 && Math.Abs(point.Y) < 1e100 &&
                (point.X == 0 || Math.Abs(point.X) > 1e-100) && (point.Y == 0 || Math.Abs(point.Y) > 1e-100))
            : false;
    }
}

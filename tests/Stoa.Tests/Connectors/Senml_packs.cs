using System.Globalization;
using System.Text.Json;
using Stoa.Sensing.Connectors.Senml;
using Stoa.Vocabulary;
using Xunit;

namespace Stoa.Tests.Connectors;

/// <summary>SenML packs in JSON (RFC 8428), resolved.</summary>
public class Senml_packs
{
    private static readonly Instant Now = Instant.From(new DateTimeOffset(2026, 3, 14, 12, 0, 0, TimeSpan.Zero));

    private static string Resolve(string json)
    {
        using var document = JsonDocument.Parse(json);
        var records = new List<SenmlRecord>();
        if (!SenmlPack.TryResolve(document.RootElement, Now, records, out var reason)) return "refused: " + reason;
        return string.Join('\n', records.Select(record => string.Create(CultureInfo.InvariantCulture,
            $"{record.Name} {record.Unit ?? "-"} {record.Time} {record.Value?.ToString() ?? "-"} {record.Sum?.ToString(CultureInfo.InvariantCulture) ?? "-"}")));
    }

    // RFC 8428, 5.1.1 to 5.1.5.
    [Theory]
    [InlineData("""[{"n":"urn:dev:ow:10e2073a01080063","u":"Cel","v":23.1}]""",
        "urn:dev:ow:10e2073a01080063 Cel 2026-03-14T12:00:00Z 23.1 -")]
    [InlineData("""[{"bn":"urn:dev:ow:10e2073a01080063:","n":"voltage","u":"V","v":120.1},{"n":"current","u":"A","v":1.2}]""",
        "urn:dev:ow:10e2073a01080063:voltage V 2026-03-14T12:00:00Z 120.1 -\n" +
        "urn:dev:ow:10e2073a01080063:current A 2026-03-14T12:00:00Z 1.2 -")]
    [InlineData(
        """
        [{"bn":"urn:dev:ow:10e2073a0108006:","bt":1.276020076001e+09,"bu":"A","bver":5,"n":"voltage","u":"V","v":120.1},
         {"n":"current","t":-5,"v":1.2},{"n":"current","t":-4,"v":1.3}]
        """,
        "urn:dev:ow:10e2073a0108006:voltage V 2010-06-08T18:01:16.001Z 120.1 -\n" +
        "urn:dev:ow:10e2073a0108006:current A 2010-06-08T18:01:11.001Z 1.2 -\n" +
        "urn:dev:ow:10e2073a0108006:current A 2010-06-08T18:01:12.001Z 1.3 -")]
    [InlineData(
        """
        [{"bn":"urn:dev:ow:10e2073a01080063:","bt":1.320067464e+09,"bu":"%RH","v":20},{"t":10,"v":20.3},{"u":"lon","v":24.30621}]
        """,
        "urn:dev:ow:10e2073a01080063: %RH 2011-10-31T13:24:24Z 20 -\n" +
        "urn:dev:ow:10e2073a01080063: %RH 2011-10-31T13:24:34Z 20.3 -\n" +
        "urn:dev:ow:10e2073a01080063: lon 2011-10-31T13:24:24Z 24.30621 -")]
    [InlineData(
        """
        [{"bn":"urn:dev:ow:10e2073a01080063:","n":"temp","u":"Cel","v":23.1},{"n":"label","vs":"Machine Room"},
         {"n":"open","vb":false},{"n":"nfc-reader","vd":"aGkgCg"}]
        """,
        "urn:dev:ow:10e2073a01080063:temp Cel 2026-03-14T12:00:00Z 23.1 -\n" +
        "urn:dev:ow:10e2073a01080063:label - 2026-03-14T12:00:00Z Machine Room -\n" +
        "urn:dev:ow:10e2073a01080063:open - 2026-03-14T12:00:00Z false -\n" +
        "urn:dev:ow:10e2073a01080063:nfc-reader - 2026-03-14T12:00:00Z aGkgCg -")]
    public void Resolve_as_the_examples_of_the_RFC(string json, string expected) => Assert.Equal(expected, Resolve(json));

    [Theory]
    // A base value and a base sum are added; a record may hold a sum alone.
    [InlineData("""[{"bn":"a:","bv":20,"n":"x","v":1.5},{"n":"y","v":-1}]""",
        "a:x - 2026-03-14T12:00:00Z 21.5 -\na:y - 2026-03-14T12:00:00Z 19 -")]
    [InlineData("""[{"n":"e","bs":100,"s":5},{"n":"e","s":7,"v":1}]""",
        "e - 2026-03-14T12:00:00Z - 105\ne - 2026-03-14T12:00:00Z 1 107")]
    // A record of base fields alone is no record; base fields hold until stated anew.
    [InlineData("""[{"bn":"a:","bu":"Cel"},{"n":"x","v":1},{"bn":"b:","n":"x","v":2}]""",
        "a:x Cel 2026-03-14T12:00:00Z 1 -\nb:x Cel 2026-03-14T12:00:00Z 2 -")]
    // Below 2**28 a time counts from now, from there on since 1970 (4.5.3).
    [InlineData("""[{"n":"x","t":-60,"v":1},{"n":"x","t":0,"v":1},{"n":"x","t":268435455,"v":1},{"n":"x","t":268435456,"v":1}]""",
        "x - 2026-03-14T11:59:00Z 1 -\nx - 2026-03-14T12:00:00Z 1 -\nx - 2034-09-15T09:24:15Z 1 -\nx - 1978-07-04T21:24:16Z 1 -")]
    [InlineData("""[{"bt":1773478800,"n":"x","t":0.25,"v":1}]""", "x - 2026-03-14T09:00:00.25Z 1 -")]
    // What is not known is passed over, unless it says that it must be understood (4.4).
    [InlineData("""[{"n":"x","v":1,"future":true}]""", "x - 2026-03-14T12:00:00Z 1 -")]
    [InlineData("""[{"n":"x","v":1,"ut":60,"bver":10}]""", "x - 2026-03-14T12:00:00Z 1 -")]
    public void Resolve_base_fields_sums_and_times(string json, string expected) => Assert.Equal(expected, Resolve(json));

    [Theory]
    [InlineData("""{"n":"x","v":1}""", "a SenML pack is a JSON array of records")]
    [InlineData("[]", "a SenML pack is a JSON array of records")]
    [InlineData("[1]", "record 1: it is not a JSON object")]
    [InlineData("""[{"n":"x","v":1},{"n":"x","v":1,"must_":1}]""", "record 2: the field 'must_' must be understood")]
    [InlineData("""[{"n":"x","v":1,"bver":11}]""", "'bver' is 11")]
    [InlineData("""[{"n":"x","v":1,"bver":5},{"n":"x","v":1,"bver":6}]""", "record 2: 'bver' changes")]
    [InlineData("""[{"v":1}]""", "its name is empty")]
    [InlineData("""[{"n":"-x","v":1}]""", "its name is empty or has other characters")]
    [InlineData("""[{"n":"x y","v":1}]""", "other characters")]
    [InlineData("""[{"n":"x"}]""", "neither a value")]
    [InlineData("""[{"n":"x","v":1,"vs":"1"}]""", "two values")]
    [InlineData("""[{"n":"x","v":"1"}]""", "'v' is a finite number")]
    [InlineData("""[{"n":"x","v":1e999}]""", "'v' is a finite number")]
    [InlineData("""[{"n":"x","bv":1.7e308,"v":1.7e308}]""", "its value is no finite number")]
    [InlineData("""[{"n":"x","bs":1.7e308,"s":1.7e308}]""", "its sum is no finite number")]
    [InlineData("""[{"n":"x","v":1,"t":1e300}]""", "its time lies outside")]
    [InlineData("""[{"n":"x","v":1,"t":-1e300}]""", "its time lies outside")]
    [InlineData("""[{"n":"x","vd":"a+b="}]""", "'vd' is a text in base64url")]
    [InlineData("""[{"n":7,"v":1}]""", "'n' is a text")]
    public void Are_refused_with_the_number_of_the_record(string json, string reason) =>
        Assert.Contains(reason, Resolve(json), StringComparison.Ordinal);

    [Fact]
    public void Have_names_of_at_most_so_many_characters()
    {
        static string Pack(int characters) => $$"""[{"bn":"{{new string('b', characters - 2)}}","n":"xy","v":1}]""";

        Assert.StartsWith("bbb", Resolve(Pack(SenmlPack.NameCharactersMax)), StringComparison.Ordinal);
        Assert.StartsWith("refused", Resolve(Pack(SenmlPack.NameCharactersMax + 1)), StringComparison.Ordinal);
    }

    [Fact]
    public void Have_at_most_so_many_records()
    {
        static string Pack(int records) =>
            "[" + string.Join(',', Enumerable.Repeat("""{"n":"x","v":1}""", records)) + "]";

        Assert.StartsWith("x", Resolve(Pack(SenmlPack.RecordsMax)), StringComparison.Ordinal);
        Assert.StartsWith("refused", Resolve(Pack(SenmlPack.RecordsMax + 1)), StringComparison.Ordinal);
    }
}

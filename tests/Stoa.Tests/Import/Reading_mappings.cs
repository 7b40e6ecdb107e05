using System.Text;
using Stoa.Sensing.Import.Mapping;
using Stoa.Sensing.Import.Time;
using Stoa.Vocabulary;
using Xunit;

namespace Stoa.Tests.Import;

public class Reading_mappings
{
    private const string Smallest =
        """
        time: { column: when }
        thing: { key: '{station}' }
        datastreams:
          - column: value
            key: '{station}/value'
            sensor: meter
            observedProperty: height
        sensors: { meter: {} }
        observedProperties: { height: { definition: 'https://example.org/height' } }
        """;

    private static string Refusal(string yaml)
    {
        Assert.False(MappingReader.Read(Encoding.UTF8.GetBytes(yaml)).TryGet(out _, out var problem));
        Assert.Equal("invalid-mapping", problem.Type);
        Assert.Equal(400, problem.Status);
        return problem.Detail;
    }

    [Fact]
    public void Needs_little()
    {
        var outcome = MappingReader.Read(Encoding.UTF8.GetBytes(Smallest));

        Assert.True(outcome.TryGet(out var mapping, out var problem), problem?.Detail);
        Assert.Equal("meter", mapping.Datastreams[0].Sensor.Key.Text);
        Assert.Equal("http://www.opengis.net/def/observationType/OGC-OM/2.0/OM_Measurement",
            mapping.Datastreams[0].ObservationType.Text);
    }

    [Theory]
    [InlineData("thing: { key: a }\nfile:\n  delimeter: ';'",
        "line 3: unknown key 'delimeter' in 'file'; did you mean 'delimiter'?")]
    [InlineData("thing: { key: a }\nfoo: 1", "line 2: unknown key 'foo' in the mapping; known are")]
    [InlineData("thing: { key: a }\nfile:\n  encoding: utf8", "line 3: 'file.encoding' is one of utf-8, utf-16le")]
    [InlineData("thing: { key: a }\nfile: { header: yes }", "line 2: 'file.header' is true or false")]
    [InlineData("thing: { key: a }\nfile: { delimiter: ab }", "line 2: 'delimiter' is one sign or tab or auto")]
    [InlineData("thing: { key: a }\nfile: { delimiter: '\"' }", "the same sign")]
    [InlineData("thing: { key: a }\nfile: { skipRows: -1 }", "'file.skipRows' is a whole number from 0 to 10000")]
    [InlineData("thing: { key: a }\nfile: { path: '(' }", "'file.path' is not a regular expression")]
    [InlineData("thing: { key: a }\nvalues: { decimal: ';' }", "'values.decimal' is one of ., ,")]
    [InlineData("thing: { key: a }\nvalues: { decimal: ',', thousands: ',' }", "the same sign")]
    [InlineData("thing: { key: a }\ntime: { column: t, zone: Europe/Berln }", "'Europe/Berln' is not a time zone")]
    [InlineData("thing: { key: a }\ntime: { column: t, formats: [dd.MM.yyyy] }", "'time.zone' is missing")]
    [InlineData("thing: { key: a }\ntime: { column: t, formats: [HH] }", "has no year")]
    [InlineData("thing: { key: a }\ntime: { column: t, zone: UTC, marks: end }", "needs 'time.period'")]
    [InlineData("thing: { key: a }\ntime: { column: t, zone: UTC, period: 15min }", "ISO 8601 duration")]
    [InlineData("thing: { key: a }\ntime: { zone: UTC }", "'time.column' is missing")]
    [InlineData("thing: { key: 'a' , location: { longitude: '{x}' } }", "a location has longitude and latitude")]
    [InlineData("thing: { key: 'a' , location: { wkt: '{x}', crs: 'EPSG:31467' } }",
        "'EPSG:31467' is not one of EPSG:4326")]
    [InlineData("thing: { key: '{a' }", "a brace is not closed")]
    [InlineData("thing: { key: 'a}' }", "a brace is closed that was not opened")]
    [InlineData("thing: { key: '{}' }", "a name is missing between the braces")]
    [InlineData("thing: { key: '{a|names}' }", "'names' is not under 'lookups'")]
    [InlineData("thing: { name: a }", "'thing.key' is missing")]
    [InlineData("title: nothing", "'thing' is missing")]
    [InlineData("thing: [a]", "'thing' is a section with keys of its own")]
    [InlineData("thing: { key: [a] }", "'thing.key' is a plain text")]
    [InlineData("thing: { key: a }\nthing: { key: b }", "this is not YAML")]
    [InlineData("thing: { key: a", "this is not YAML")]
    [InlineData("just text", "a mapping is one YAML document")]
    [InlineData("", "a mapping is one YAML document")]
    [InlineData("thing: &a { key: a }\nfile: *a", "anchors and aliases are not taken")]
    [InlineData("a: [[[[[[[[[[[[[[[]]]]]]]]]]]]]]]", "nested more than")]
    public void Says_what_is_wrong_and_where(string yaml, string part) =>
        Assert.Contains(part, Refusal(yaml), StringComparison.Ordinal);

    [Theory]
    [InlineData("sensor: meter", "sensor: metre", "'metre' is not under 'sensors'; did you mean 'meter'?")]
    [InlineData("sensor: meter", "", "'datastreams[1].sensor' is missing")]
    [InlineData("column: value", "", "has one of column, index or columns")]
    [InlineData("column: value", "columns: '['", "is not a regular expression")]
    [InlineData("key: '{station}/value'", "", "'datastreams[1].key' is missing")]
    [InlineData("time: { column: when }", "", "'time' is missing")]
    [InlineData("sensor: meter", "sensor: meter\n    result: float",
        "'datastreams[1].result' is one of number, integer, text, boolean")]
    [InlineData("sensor: meter", "sensor: meter\n    unit: { simbol: m }",
        "unknown key 'simbol' in 'datastreams[1].unit'; did you mean 'symbol'?")]
    public void Says_what_is_wrong_with_a_datastream(string from, string to, string part)
    {
        var yaml = Smallest.Replace(from, to, StringComparison.Ordinal);

        Assert.Contains(part, Refusal(yaml), StringComparison.Ordinal);
    }

    [Fact]
    public void Gathers_all_faults_with_their_lines()
    {
        var detail = Refusal("thing:\n  key: a\n  nam: b\nfile:\n  heder: true\n");

        Assert.Contains("line 3: unknown key 'nam' in 'thing'; did you mean 'name'?", detail, StringComparison.Ordinal);
        Assert.Contains("line 5: unknown key 'heder' in 'file'; did you mean 'header'?", detail,
            StringComparison.Ordinal);
    }

    [Fact]
    public void Refuses_a_mapping_beyond_the_limit_and_takes_one_at_it()
    {
        var comment = "\n#" + new string('x', MappingReader.BytesMax - Encoding.UTF8.GetByteCount(Smallest) - 2);

        Assert.True(MappingReader.Read(Encoding.UTF8.GetBytes(Smallest + comment)).IsValue);
        Assert.Contains("longer than", Refusal(Smallest + comment + "x"), StringComparison.Ordinal);
    }

    // The refusal of an unknown key lists the known ones; each must have its place in the guide.
    [Theory]
    [InlineData("thing: { key: a }\nzzzzzzzzzzzz: 1")]
    [InlineData("thing: { key: a }\ndataset: { zzzzzzzzzzzz: 1 }")]
    [InlineData("thing: { key: a }\nfile: { zzzzzzzzzzzz: 1 }")]
    [InlineData("thing: { key: a }\nvalues: { zzzzzzzzzzzz: 1 }")]
    [InlineData("thing: { key: a }\ntime: { column: t, zzzzzzzzzzzz: 1 }")]
    [InlineData("thing: { key: a }\nstations: { key: t, zzzzzzzzzzzz: 1 }")]
    [InlineData("thing: { key: a, zzzzzzzzzzzz: 1 }")]
    [InlineData("thing: { key: a, location: { wkt: a, zzzzzzzzzzzz: 1 } }")]
    [InlineData("thing: { key: a, location: { easting: a, northing: a, zzzzzzzzzzzz: 1 } }")]
    [InlineData("thing: { key: a, properties: { p: { value: a, zzzzzzzzzzzz: 1 } } }")]
    [InlineData("thing: { key: a }\nsensors: { s: { zzzzzzzzzzzz: 1 } }")]
    [InlineData("thing: { key: a }\nobservedProperties: { s: { zzzzzzzzzzzz: 1 } }")]
    [InlineData("thing: { key: a }\ndatastreams: [{ zzzzzzzzzzzz: 1 }]")]
    [InlineData("thing: { key: a }\ndatastreams: [{ unit: { zzzzzzzzzzzz: 1 } }]")]
    [InlineData("thing: { key: a }\ndatastreams: [{ status: { zzzzzzzzzzzz: 1 } }]")]
    public void Knows_no_key_that_the_guide_does_not_describe(string yaml)
    {
        var guide = File.ReadAllText(Path.Combine(RealFiles.Repository, "docs", "import.md"));
        var detail = Refusal(yaml);
        var known = detail[(detail.IndexOf("known are ", StringComparison.Ordinal) + 10)..].Split('\n')[0].Split(", ");

        Assert.NotEmpty(known);
        Assert.All(known, key => Assert.Matches($@"`([a-z]+\.)?{key}`", guide));
    }

    public static TheoryData<string> Samples => new(Directory
        .EnumerateFiles(Path.Combine(RealFiles.Repository, "samples", "mappings"),
            "*.yaml").Select(file => Path.GetFileNameWithoutExtension(file)).Order());

    [Theory]
    [MemberData(nameof(Samples))]
    public void Reads_every_sample_which_names_its_licence(string name)
    {
        var yaml = RealFiles.Mapping(name);
        var text = Encoding.UTF8.GetString(yaml);
        var isTable = text.Contains("stoa import csv", StringComparison.Ordinal);

        Problem? problem;
        var read = isTable
            ? MappingReader.Read(yaml).TryGet(out _, out problem)
            : MappingReader.ReadFeatures(yaml).TryGet(out _, out problem);

        Assert.True(read, problem?.Detail);
        Assert.Contains("# Source: ", text, StringComparison.Ordinal);
        Assert.Contains("icence", text, StringComparison.Ordinal);
        Assert.Contains("# Attribution: ", text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(51)]
    [InlineData(52)]
    [InlineData(53)]
    public void Answers_hostile_text_with_a_problem(int seed)
    {
        const string signs = "{}[]:,'\"&*!|>%@`#-?\n\t \\";
        var random = new Random(seed);
        var sample = RealFiles.Mapping("muenster-bike-counters");
        for (var round = 0; round < 600; round++)
        {
            var bytes = sample.ToArray();
            for (var change = random.Next(1, 12); change > 0; change--)
            {
                var at = random.Next(bytes.Length);
                switch (random.Next(4))
                {
                    case 0: bytes[at] = (byte)random.Next(256); break;
                    case 1: bytes[at] = (byte)signs[random.Next(signs.Length)]; break;
                    case 2: bytes = bytes[..at]; break;
                    default: bytes = [.. bytes[..at], .. bytes[random.Next(bytes.Length)..]]; break;
                }

                if (bytes.Length == 0) break;
            }

            if (!MappingReader.Read(bytes).TryGet(out _, out var problem)) Assert.Equal("invalid-mapping",
                problem.Type);
            if (!MappingReader.ReadFeatures(bytes).TryGet(out _, out problem)) Assert.Equal("invalid-mapping",
                problem.Type);
        }
    }

    [Theory]
    [InlineData("{a} of {b}", "1 of 2")]
    [InlineData("{missing ?? a}", "1")]
    [InlineData("{missing}", "")]
    [InlineData("{{{a}}}", "{1}")]
    [InlineData("plain", "plain")]
    [InlineData("{a|roman}", "I")]
    [InlineData("{b|roman ?? b}", "2")]
    public void Fills_templates_in(string text, string filled)
    {
        Assert.True(Template.TryParse(text, out var template, out var problem), problem);

        Assert.Equal(filled, template.Fill(reference => (reference.Name, reference.Lookup) switch
        {
            ("a", null) => "1",
            ("a", "roman") => "I",
            ("b", null) => "2",
            _ => null,
        }));
    }

    [Fact]
    public void Takes_templates_and_time_formats_of_the_greatest_length_and_no_longer_ones()
    {
        string Format(int characters) => "yyyy'" + new string('x', characters - 6) + "'";

        Assert.True(Template.TryParse(new string('x', Template.CharsMax), out _, out _));
        Assert.False(Template.TryParse(new string('x', Template.CharsMax + 1), out _, out var problem));
        Assert.Equal("a template has 4097 characters, the limit is 4096", problem);
        Assert.True(TimeFormat.TryCreate(Format(TimeFormat.CharsMax), out _, out _));
        Assert.False(TimeFormat.TryCreate(Format(TimeFormat.CharsMax + 1), out _, out problem));
        Assert.Equal("a time format has 201 characters, the limit is 200", problem);
    }
}

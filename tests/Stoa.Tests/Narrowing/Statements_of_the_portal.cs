using System.Reflection;
using System.Text.RegularExpressions;
using Stoa.Portal.Pages;
using Stoa.Sensing.Schema;
using Stoa.Storage.Dialects;
using Stoa.Storage.Translation;
using Stoa.Vocabulary;
using Xunit;

namespace Stoa.Tests.Narrowing;

/// <summary>Statements of the portal that know of narrowed datasets read no table of entities as it is stored.</summary>
public partial class Statements_of_the_portal
{
    private static readonly AccessScope Scope = AccessScope.Of([new(1)], [([new(2)], new ScopeNarrowing { Fields = ["Things/name"] })]);

    // In what stands for a table it is called r. Pairs, datasets and organizations hold nothing that could be hidden.
    [GeneratedRegex(@"(FROM|JOIN)\s+(thing|location|historical_location|datastream|sensor|observed_property|observation|feature_of_interest|multi_datastream|\w+_box|datastream_feature_of_interest)\s(?!AS r\b)")]
    private static partial Regex Stored { get; }

    // What is kept of all rows of a series is read under a condition on its dataset.
    [GeneratedRegex(@"(FROM|JOIN)\s+datastream_state\s(?!AS of_row\b)(?![^\n]* AND [a-z.]+_?id IN \(SELECT id FROM (whole|counted)\))")]
    private static partial Regex States { get; }

    private static string? Fault(ShownText text, SqlDialect dialect)
    {
        // This one looks up what a state names, and of states it gets the whole ones.
        var sql = text.Write(dialect, ShownTables.Of(SensorThingsMapping.Mapping, dialect, Scope)).Replace(Visible.Latest, "", StringComparison.Ordinal);
        return Stored.Match(sql) is { Success: true } stored ? stored.Value
            : States.Match(sql) is { Success: true } states ? states.Value
            : null;
    }

    [Fact]
    public void Name_tables_by_what_the_scope_shows()
    {
        var fields = typeof(ShownText).Assembly.GetTypes()
            .SelectMany(type => type.GetFields(BindingFlags.Static | BindingFlags.NonPublic | BindingFlags.Public))
            .Where(field => field.FieldType == typeof(ShownText)).ToList();

        Assert.True(fields.Count > 20, $"{fields.Count} were found.");
        foreach (var field in fields)
            foreach (var dialect in new[] { SqlDialect.Sqlite, SqlDialect.Postgres })
                Assert.True(Fault((ShownText)field.GetValue(null)!, dialect) is null,
                    $"{field.DeclaringType}.{field.Name} reads {Fault((ShownText)field.GetValue(null)!, dialect)}");
    }

    [Theory]
    [InlineData("SELECT t.name FROM thing t")]
    [InlineData("SELECT 1 FROM dataset d JOIN location_box b ON b.id = 1")]
    [InlineData("SELECT 1 FROM dataset d\nJOIN observation o ON 1 = 1")]
    [InlineData("SELECT 1 FROM dataset d LEFT JOIN datastream_state s ON s.datastream_id = 1")]
    public void Are_refused_when_they_do_not(string sql) => Assert.NotNull(Fault(new(_ => sql), SqlDialect.Sqlite));
}

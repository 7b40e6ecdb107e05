using System.Reflection;
using System.Text;
using System.Text.RegularExpressions;
using Stoa.Storage;
using Xunit;

namespace Stoa.Tests.Storage;

/// <summary>Every statement that stands in the program as text, also those that tests seldom reach.</summary>
public class Hand_written_statements
{
    private static readonly CancellationToken Now = TestContext.Current.CancellationToken;

    private static readonly Assembly[] Assemblies =
    [
        typeof(Stoa.Ledger.Witnesses.WitnessPolicy).Assembly, typeof(Stoa.Identity.Credentials.Tokens).Assembly, typeof(Stoa.Sharing.Policy.AccessPolicy).Assembly,
        typeof(Stoa.Sensing.Observations.ObservationStore).Assembly, typeof(Stoa.Catalogue.Datasets.Datasets).Assembly,
        typeof(Stoa.Portal.Pages.Visible).Assembly,
    ];

    private static readonly string[] Verbs = ["SELECT", "INSERT", "UPDATE", "DELETE", "WITH"];

    // The beginning of several statements.
    private static readonly string[] Parts = ["Stoa.Portal.Pages.Datasets.Columns"];

    // What nodes tell each other: SQLite has one node, and no tables for it.
    private static readonly Regex OfNodes = new(@"\b(mqtt_message|mqtt_takeover|writer_turn|node)\b");

    private static IEnumerable<(string Name, EngineText Text)> Statements() =>
        from type in Assemblies.SelectMany(assembly => assembly.GetTypes())
        where !type.ContainsGenericParameters
        from field in type.GetFields(BindingFlags.Static | BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.DeclaredOnly)
        let name = $"{type.FullName}.{field.Name}"
        where !Parts.Contains(name)
        let text = field.FieldType == typeof(EngineText) ? (EngineText?)field.GetValue(null)
            : field.IsLiteral && field.FieldType == typeof(string) && IsStatement((string)field.GetRawConstantValue()!)
                ? new EngineText(_ => (string)field.GetRawConstantValue()!)
                : null
        where text is not null
        select (name, text);

    private static bool IsStatement(string text) =>
        Verbs.Any(verb => text.StartsWith(verb, StringComparison.Ordinal) && text.Length > verb.Length && char.IsWhiteSpace(text[verb.Length]));

    [Fact]
    public async Task Are_understood_by_the_engine()
    {
        using var folder = new TemporaryFolder();
        await using var database = await TestDatabases.OpenAsync(new DatabaseOptions { Folder = folder.Path }, Now);
        var refused = new StringBuilder();
        var count = 0;
        foreach (var (name, text) in Statements())
        {
            count++;
            // A snapshot each: on PostgreSQL a statement that is refused ends it.
            using var read = await database.ReadAsync(Now);
            if (read.Engine == StorageEngine.Sqlite && OfNodes.IsMatch(text.On(read))) continue;
            try
            {
                using var explain = read.Prepare("EXPLAIN " + text.On(read));
                explain.Step();
            }
            catch (StorageException error)
            {
                refused.Append(name).Append(": ").AppendLine(error.Message);
            }
        }

        Assert.Equal("", refused.ToString());
        Assert.InRange(count, 100, 1000);
    }
}

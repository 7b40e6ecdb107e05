using System.Text.RegularExpressions;
using Stoa.Conformance;
using Stoa.Tests.Architecture;
using Xunit;

namespace Stoa.Tests.Conformance;

/// <summary>The suite holds what it says, and knows no server but by its address.</summary>
public partial class The_suite
{
    // Letter and how many statements of the standard it numbers.
    private static readonly (string Letter, int Count)[] Numbers =
    [
        ("C", 3), ("D", 7), ("P", 10), ("Q", 11), ("W", 18), ("T", 4), ("B", 6), ("A", 3), ("M", 8), ("L", 3),
            ("X", 12),
    ];

    private static readonly string[] Operators =
        ["eq", "ne", "gt", "ge", "lt", "le", "and", "or", "not", "add", "sub", "mul", "div", "mod"];

    private static readonly string[] Functions =
    [
        "substringof", "endswith", "startswith", "length", "indexof", "substring", "substring-length", "tolower",
            "toupper", "trim", "concat",
        "year", "month", "day", "hour", "minute", "second", "fractionalseconds", "date", "time", "totaloffsetminutes",
            "now", "mindatetime",
        "maxdatetime", "round", "floor", "ceiling", "geo.distance", "geo.length", "geo.intersects", "st_equals",
            "st_disjoint", "st_touches",
        "st_within", "st_overlaps", "st_crosses", "st_intersects", "st_contains", "st_relate",
    ];

    [Fact]
    public void Has_a_check_for_every_statement_operator_and_function()
    {
        var names = Suite.Checks.Select(check => check.Name).ToList();

        foreach (var (letter, count) in Numbers)
            for (var number = 1; number <= count; number++)
                Assert.Contains(names, name => name.StartsWith($"{letter}{number}.", StringComparison.Ordinal));
        Assert.All(Operators, name => Assert.Contains("O." + name, names));
        Assert.All(Functions, name => Assert.Contains(names, one => one.StartsWith("F.", StringComparison.Ordinal) &&
            one.EndsWith("." + name, StringComparison.Ordinal)));
        Assert.Empty(Requirements.Classes.SelectMany(one =>
            one.Members).Except(Suite.Checks.Select(check => check.Requirement)));
    }

    [Fact]
    public void Names_every_check_once_and_says_in_a_sentence_what_it_asks()
    {
        Assert.Equal(Suite.Checks.Count, Suite.Checks.Select(check => check.Name).Distinct().Count());
        Assert.All(Suite.Checks, check =>
        {
            Assert.Matches(Name(), check.Name);
            Assert.EndsWith(".", check.Statement, StringComparison.Ordinal);
            Assert.NotEmpty(check.Clause);
            Assert.NotEmpty(check.Class);
        });
    }

    [Fact]
    public void Refers_to_nothing_but_the_base_library()
    {
        var references = typeof(Suite).Assembly.GetReferencedAssemblies().Select(reference => reference.Name!).ToList();

        Assert.All(references, name => Assert.StartsWith("System.", name, StringComparison.Ordinal));
    }

    [Fact]
    public void Has_a_page_that_lists_every_class_and_letter()
    {
        var page = File.ReadAllText(RepositoryFiles.PathOf("docs", "conformance-suite.md"));

        Assert.All(Numbers.Select(number => number.Letter).Concat(["O", "F", "E"]), letter =>
            Assert.Contains($"| {letter} |", page, StringComparison.Ordinal));
    }

    [GeneratedRegex(@"^[A-Z]\d{0,2}\.[A-Za-z0-9._-]+$")]
    private static partial Regex Name();
}

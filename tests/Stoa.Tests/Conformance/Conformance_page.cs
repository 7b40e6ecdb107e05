using System.Globalization;
using System.Reflection;
using System.Text;
using Stoa.Sensing.Http;
using Stoa.Tests.Architecture;
using Xunit;

namespace Stoa.Tests.Conformance;

/// <summary>docs/conformance.md says which test proves which requirement; it is written from the tests' attributes.</summary>
public class Conformance_page
{
    private const string UriBase = "http://www.opengis.net/spec/";

    private static readonly ILookup<string, MethodInfo> TestsByRequirement =
    (
        from type in typeof(Conformance_page).Assembly.GetTypes()
        from method in type.GetMethods()
        where method.GetCustomAttributes<FactAttribute>().Any()
        from requirement in method.GetCustomAttributes<RequirementAttribute>()
            .Concat(type.GetCustomAttributes<RequirementAttribute>()).Select(attribute => attribute.Requirement).Distinct()
        select (requirement, method)
    ).ToLookup(pair => pair.requirement, pair => pair.method);

    [Fact]
    public async Task Is_what_the_tests_say()
    {
        var path = RepositoryFiles.PathOf("docs", "conformance.md");
        var page = Write();
        if (Environment.GetEnvironmentVariable("STOA_WRITE_DOCS") == "1")
            await File.WriteAllTextAsync(path, page, TestContext.Current.CancellationToken);

        var stored = await File.ReadAllTextAsync(path, TestContext.Current.CancellationToken);

        Assert.True(stored == page, "docs/conformance.md is not what the tests say. Run the tests with STOA_WRITE_DOCS=1.");
    }

    [Fact]
    public void Knows_every_requirement_that_a_test_names()
    {
        var known = Requirements.Classes.SelectMany(requirements => requirements.Members);

        Assert.Empty(TestsByRequirement.Select(group => group.Key).Except(known));
    }

    [Fact]
    public void Has_a_test_for_everything_that_the_landing_page_claims()
    {
        var claimed = LandingPage.Conformance.Where(uri => uri.StartsWith(UriBase, StringComparison.Ordinal))
            .SelectMany(uri => RequirementsOf(uri[UriBase.Length..])).ToList();

        // The bait: a claim that stands for nothing would pass.
        Assert.True(claimed.Count >= LandingPage.Conformance.Length);
        Assert.Empty(claimed.Except(TestsByRequirement.Select(group => group.Key)));
    }

    /// <summary>A claim is one requirement, or a class and so all of its requirements (9.2.1).</summary>
    private static IEnumerable<string> RequirementsOf(string claim)
    {
        var named = Requirements.Classes.FirstOrDefault(candidate => "iot_sensing/1.1/req/" + candidate.Name == claim);
        return named?.Members ?? [claim];
    }

    private static string Write()
    {
        var claimed = LandingPage.Conformance.Where(uri => uri.StartsWith(UriBase, StringComparison.Ordinal))
            .SelectMany(uri => RequirementsOf(uri[UriBase.Length..])).ToHashSet();
        var page = new StringBuilder();
        page.Append(
            """
            # Conformance to OGC SensorThings 1.1

            Written from the tests that carry `[Requirement]`; do not edit it. `STOA_WRITE_DOCS=1` and a run of the tests write it
            again. Requirement URIs begin with `http://www.opengis.net/spec/`. *Claimed* means that the landing page lists it.


            """);
        foreach (var requirements in Requirements.Classes)
        {
            page.Append(CultureInfo.InvariantCulture, $"## {requirements.Name} (OGC 18-088, {requirements.Clause})\n\n");
            foreach (var requirement in requirements.Members)
                Write(page, requirement, claimed.Contains(requirement));
        }

        return page.ToString();
    }

    private static void Write(StringBuilder page, string requirement, bool isClaimed)
    {
        var tests = TestsByRequirement[requirement]
            .Select(method => (Class: Words(method.DeclaringType!.Name), Name: Words(method.Name)))
            .Order().GroupBy(test => test.Class).ToList();
        var state = isClaimed ? "claimed" : tests.Count > 0 ? "tested, not claimed" : "not claimed";
        page.Append(CultureInfo.InvariantCulture, $"`{requirement}`: {state}\n\n");
        foreach (var group in tests)
            page.Append(CultureInfo.InvariantCulture, $"- {group.Key}: {string.Join("; ", group.Select(test => test.Name))}\n");
        if (tests.Count > 0) page.Append('\n');
    }

    private static string Words(string name) => name.Replace('_', ' ');
}

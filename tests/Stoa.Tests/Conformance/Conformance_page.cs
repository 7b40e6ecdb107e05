using System.Globalization;
using System.Reflection;
using System.Text;
using Stoa.Conformance;
using Stoa.Conformance.Reports;
using Stoa.Sensing.Http;
using Stoa.Tests.Architecture;
using Xunit;

namespace Stoa.Tests.Conformance;

/// <summary>docs/conformance.md says what the conformance suite found for this program, and which other tests prove the
/// same requirements; it is written from a run and from the tests' attributes.</summary>
public class Conformance_page(OwnService service)
{
    private const string UriBase = "http://www.opengis.net/spec/";

    private static readonly ILookup<string, MethodInfo> TestsByRequirement =
    (
        from type in typeof(Conformance_page).Assembly.GetTypes()
        from method in type.GetMethods()
        where method.GetCustomAttributes<FactAttribute>().Any()
        from requirement in method.GetCustomAttributes<RequirementAttribute>()
            .Concat(type.GetCustomAttributes<RequirementAttribute>()).Select(attribute =>
                attribute.Requirement).Distinct()
        select (requirement, method)
    ).ToLookup(pair => pair.requirement, pair => pair.method);

    [Fact]
    public async Task Is_what_the_suite_finds()
    {
        var path = RepositoryFiles.PathOf("docs", "conformance.md");
        var outcomes = new List<Outcome>();
        foreach (var check in Suite.Checks) outcomes.Add(await service.OutcomeAsync(check));
        var page = Write(new Report("", await service.ClaimsAsync(), outcomes, [], TimeSpan.Zero));
        if (Environment.GetEnvironmentVariable("STOA_WRITE_DOCS") == "1")
            await File.WriteAllTextAsync(path, page, TestContext.Current.CancellationToken);

        var stored = await File.ReadAllTextAsync(path, TestContext.Current.CancellationToken);

        Assert.True(stored == page,
            "docs/conformance.md is not what the suite finds. Run the tests with STOA_WRITE_DOCS=1.");
    }

    [Fact]
    public void Knows_every_requirement_that_a_test_names()
    {
        var known = Requirements.Classes.SelectMany(requirements => requirements.Members);

        Assert.Empty(TestsByRequirement.Select(group => group.Key).Except(known));
    }

    [Fact]
    public void Has_a_check_and_a_test_for_everything_that_the_landing_page_claims()
    {
        var claims = LandingPage.Conformance.Where(uri => uri.StartsWith(UriBase, StringComparison.Ordinal)).ToList();
        var claimed = claims.SelectMany(uri => RequirementsOf(Requirements.PathOf(uri))).ToList();

        // The bait: a claim that stands for nothing would pass.
        Assert.True(claimed.Count >= claims.Count);
        Assert.Empty(claimed.Except(TestsByRequirement.Select(group => group.Key)));
        Assert.Empty(claimed.Except(Suite.Checks.Select(check => check.Requirement)));
    }

    /// <summary>A claim is one requirement, or a class and so all of its requirements (9.2.1).</summary>
    private static IEnumerable<string> RequirementsOf(string claim)
    {
        var named = Requirements.Classes.FirstOrDefault(candidate => "iot_sensing/1.1/req/" + candidate.Name == claim);
        return named?.Members ?? [claim];
    }

    private static string Write(Report report)
    {
        var page = new StringBuilder();
        page.Append(
            """
            # Conformance to OGC SensorThings 1.1

            Written from a run of the [conformance suite](conformance-suite.md) against this program, and from the tests that carry
            `[Requirement]`; do not edit it. `STOA_WRITE_DOCS=1` and a run of the tests write it again. Requirement URIs begin with
            `http://www.opengis.net/spec/`. *Claimed* means that the landing page lists it.


            """);
        page.Append(MarkdownReport.Table(report));
        foreach (var requirements in Requirements.Classes)
        {
            page.Append(CultureInfo.InvariantCulture,
                $"\n## {requirements.Name} (OGC 18-088, {requirements.Clause})\n");
            foreach (var requirement in requirements.Members)
                Write(page, requirement,
                    [.. report.Outcomes.Where(outcome => outcome.Check.Requirement == requirement)],
                    report.Claims.Any(claim => requirement == claim ||
                        requirement.StartsWith(claim + "/", StringComparison.Ordinal)));
        }

        page.Append("\n## Beyond the standard\n");
        foreach (var group in report.Outcomes.Where(outcome =>
            outcome.Check.Kind == CheckKind.Extension).GroupBy(outcome => outcome.Check.Requirement))
            Write(page, group.Key, [.. group], report.Claims.Contains(group.Key));
        return page.ToString();
    }

    private static void Write(StringBuilder page, string requirement, IReadOnlyList<Outcome> outcomes, bool isClaimed)
    {
        page.Append(CultureInfo.InvariantCulture,
            $"\n### {requirement}\n\n{(isClaimed ? "Claimed." : "Not claimed.")}\n\n");
        foreach (var outcome in outcomes)
            page.Append(CultureInfo.InvariantCulture,
                $"- {Word(outcome)} **{outcome.Check.Name}** {outcome.Check.Statement}\n");
        var tests = TestsByRequirement[requirement]
            .Select(method => (Class: Words(method.DeclaringType!.Name), Name: Words(method.Name)))
            .Order().GroupBy(test => test.Class).ToList();
        if (tests.Count > 0) page.Append("\nFurther tests:\n\n");
        foreach (var group in tests)
            page.Append(CultureInfo.InvariantCulture,
                $"- {group.Key}: {string.Join("; ", group.Select(test => test.Name))}\n");
    }

    private static string Word(Outcome outcome)
    {
        var word = outcome.Verdict switch
        {
            Verdict.Passed => "passed",
            Verdict.Failed => "failed",
            Verdict.NotClaimed => "not claimed",
            Verdict.CouldNotRun => "could not be run",
            _ => throw new ArgumentOutOfRangeException(nameof(outcome), outcome.Verdict, "Unknown verdict."),
        };
        return outcome.Check.Kind == CheckKind.Advice ? word + " (advice)" : word;
    }

    private static string Words(string name) => name.Replace('_', ' ');
}

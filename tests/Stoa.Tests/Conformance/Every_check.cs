using Stoa.Conformance;
using Xunit;

namespace Stoa.Tests.Conformance;

/// <summary>The conformance suite that anyone can run, against this program: one test for each check.</summary>
public class Every_check(OwnService service)
{
    public static TheoryData<string> Names => [.. Suite.Checks.Select(check => check.Name)];

    [Theory]
    [MemberData(nameof(Names))]
    public async Task Of_the_suite_is_passed(string name)
    {
        var outcome = await service.OutcomeAsync(Suite.Named(name));

        Assert.True(outcome.Verdict == Verdict.Passed,
            $"{outcome.Verdict}: {outcome.Check.Statement}\n{outcome.Why}\nSent: {outcome.Sent}\nCame: {outcome.Came}");
    }
}

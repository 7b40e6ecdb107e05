using Stoa.Conformance;
using Xunit;

namespace Stoa.Tests.Conformance;

/// <summary>The conformance suite that anyone can run, against this program: one test for each check.</summary>
public class Every_check(OwnService service)
{
    // Not built yet: whoever builds it claims it, and from then on the checks must pass.
    internal static readonly string[] Unclaimed =
        ["create-observations-via-mqtt", "receive-updates-via-mqtt"];

    public static TheoryData<string> Names => [.. Suite.Checks.Select(check => check.Name)];

    [Theory]
    [MemberData(nameof(Names))]
    public async Task Of_the_suite_is_passed(string name)
    {
        var outcome = await service.OutcomeAsync(Suite.Named(name));

        if (outcome.Verdict == Verdict.NotClaimed && Unclaimed.Contains(outcome.Check.Class)) return;
        Assert.True(outcome.Verdict == Verdict.Passed,
            $"{outcome.Verdict}: {outcome.Check.Statement}\n{outcome.Why}\nSent: {outcome.Sent}\nCame: {outcome.Came}");
    }
}

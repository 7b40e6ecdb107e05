namespace Stoa.Ledger.Verification;

/// <summary>What a check came to.</summary>
public enum Outcome
{
    /// <summary>It is so.</summary>
    Proven,

    /// <summary>It could not be shown with what was given; nothing speaks against it.</summary>
    NotProven,

    /// <summary>It is not so: what was given contradicts itself, or was changed.</summary>
    Wrong,
}

/// <summary>One check, in words for people.</summary>
/// <param name="Outcome">What it came to.</param>
/// <param name="Text">A sentence.</param>
public sealed record Finding(Outcome Outcome, string Text);

/// <summary>What is proven of something, and what is not.</summary>
/// <param name="Findings">Each check, in the order of its making.</param>
public sealed record VerificationReport(IReadOnlyList<Finding> Findings)
{
    /// <summary>Whether nothing is wrong.</summary>
    public bool Holds => Findings.All(finding => finding.Outcome != Outcome.Wrong);
}

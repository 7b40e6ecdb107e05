namespace Stoa.Conformance;

/// <summary>What a run found.</summary>
/// <param name="Root">The service root.</param>
/// <param name="Claims">What its landing page lists; empty when it has no list.</param>
/// <param name="Outcomes">Every check that was asked for, in the order of the standard.</param>
/// <param name="Left">Addresses of what the run made and could not remove.</param>
/// <param name="Duration">How long it took.</param>
public sealed record Report(
    string Root, IReadOnlyList<string> Claims, IReadOnlyList<Outcome> Outcomes, IReadOnlyList<string> Left,
        TimeSpan Duration)
{
    /// <summary>Claimed requirements that are not fulfilled, check by check.</summary>
    public IReadOnlyList<Outcome> Faults => [.. Outcomes.Where(outcome => outcome.IsFault)];

    /// <summary>Checks about which nothing is known.</summary>
    public IReadOnlyList<Outcome> NotRun => [.. Outcomes.Where(outcome => outcome.Verdict == Verdict.CouldNotRun)];

    /// <summary>What clients in use depend on and the server does differently, as it may.</summary>
    public IReadOnlyList<Outcome> Advice =>
        [.. Outcomes.Where(outcome => outcome.Verdict == Verdict.Failed && outcome.Check.Kind == CheckKind.Advice)];

    /// <summary>Whether every claimed requirement was tried and none failed.</summary>
    public bool IsProven => Faults.Count == 0 && NotRun.Count == 0;

    /// <summary>The classes in the order of the standard, the extensions last.</summary>
    public IReadOnlyList<ClassResult> Classes =>
    [
        .. Requirements.Classes.Select(one => one.Name).Append(Requirements.Extensions)
            .Select(name => new ClassResult(name, [.. Outcomes.Where(outcome => outcome.Check.Class == name)]))
            .Where(result => result.Outcomes.Count > 0),
    ];
}

/// <summary>What a run found for one requirement class.</summary>
/// <param name="Name">Path after <c>/req/</c>, or <c>extensions</c>.</param>
/// <param name="Outcomes">Its checks.</param>
public sealed record ClassResult(string Name, IReadOnlyList<Outcome> Outcomes)
{
    /// <summary>How many requirements the checks speak of.</summary>
    public int Requirements => Outcomes.Select(outcome => outcome.Check.Requirement).Distinct().Count();

    /// <summary>How many of them were tried and have no fault.</summary>
    public int Fulfilled => Outcomes.GroupBy(outcome => outcome.Check.Requirement).Count(group =>
        group.All(outcome => !outcome.IsFault && outcome.Verdict != Verdict.CouldNotRun) &&
        group.Any(outcome => outcome.Verdict == Verdict.Passed));

    /// <summary>How many checks ended so; advice that is not followed does not count as failed.</summary>
    public int Of(Verdict verdict) => verdict == Verdict.Failed
        ? Outcomes.Count(outcome => outcome.IsFault)
        : Outcomes.Count(outcome => outcome.Verdict == verdict);

    /// <summary>How many pieces of advice the server does not follow.</summary>
    public int Advice => Outcomes.Count(outcome => outcome.Verdict == Verdict.Failed && !outcome.IsFault);

    /// <summary>One word: ok, FAILED, incomplete or not claimed.</summary>
    public string State => Of(Verdict.Failed) > 0 ? "FAILED"
        : Of(Verdict.CouldNotRun) > 0 ? "incomplete"
        : Of(Verdict.Passed) == 0 ? "not claimed" : "ok";
}

namespace Stoa.Conformance;

/// <summary>How much a check weighs.</summary>
public enum CheckKind
{
    /// <summary>The standard says so: a server that claims the requirement and does otherwise fails.</summary>
    Rule,

    /// <summary>The standard leaves it open, clients in use depend on it: reported, never a failure.</summary>
    Advice,

    /// <summary>Beyond the standard: tried where the server offers it, and then it must be right.</summary>
    Extension,
}

/// <summary>One statement of OGC 18-088 that can be tried from outside, over HTTP or MQTT.</summary>
public sealed record Check
{
    /// <summary>Number and short name, such as <c>Q5.nulls-first</c>; docs/conformance-suite.md lists the numbers.</summary>
    public required string Name { get; init; }

    /// <summary>URI of the requirement, below <c>http://www.opengis.net/spec/</c>, or whole where it is no OGC
    /// requirement.</summary>
    public required string Requirement { get; init; }

    /// <summary>Chapter of OGC 18-088, or the document that describes the extension.</summary>
    public required string Clause { get; init; }

    /// <summary>What must hold, in one line.</summary>
    public required string Statement { get; init; }

    /// <summary>How much it weighs.</summary>
    public required CheckKind Kind { get; init; }

    /// <summary>Tries it.</summary>
    internal Func<Trial, Task> Body { get; init; } = _ => Task.CompletedTask;

    /// <summary>The requirement class that it belongs to.</summary>
    public string Class => Kind == CheckKind.Extension ? Requirements.Extensions
        : Requirements.ClassOf(Requirement).Name;

    internal static Check Rule(string name, string requirement, string clause, string statement, Func<Trial,
        Task> body) =>
        new()
        {
            Name = name, Requirement = requirement, Clause = clause, Statement = statement, Kind = CheckKind.Rule,
                Body = body,
        };

    internal static Check Advice(string name, string requirement, string clause, string statement, Func<Trial,
        Task> body) =>
        Rule(name, requirement, clause, statement, body) with { Kind = CheckKind.Advice };

    internal static Check Extension(string name, string requirement, string clause, string statement, Func<Trial,
        Task> body) =>
        Rule(name, requirement, clause, statement, body) with { Kind = CheckKind.Extension };

    /// <summary>The name.</summary>
    public override string ToString() => Name;
}

/// <summary>How a check ended.</summary>
public enum Verdict
{
    /// <summary>The server does what the clause asks.</summary>
    Passed,

    /// <summary>The server does not.</summary>
    Failed,

    /// <summary>The server does not list the requirement, or refuses the extension: nothing was counted.</summary>
    NotClaimed,

    /// <summary>What the check needs could not be had: nothing is known.</summary>
    CouldNotRun,
}

/// <summary>How one check ended, and why.</summary>
/// <param name="Check">What was tried.</param>
/// <param name="Verdict">How it ended.</param>
/// <param name="Why">Empty when it passed; else one or two sentences.</param>
/// <param name="Sent">The last request, shortened, without credentials; empty when there was none.</param>
/// <param name="Came">The last answer, shortened.</param>
/// <param name="Duration">How long it took.</param>
public sealed record Outcome(Check Check, Verdict Verdict, string Why, string Sent, string Came, TimeSpan Duration)
{
    /// <summary>Whether it is held against the server: a claimed requirement that is not fulfilled.</summary>
    public bool IsFault => Verdict == Verdict.Failed && Check.Kind != CheckKind.Advice;
}

using Stoa.Portal.Agreements;
using Stoa.Portal.Governance;
using Stoa.Vocabulary;

namespace Stoa.Portal.Rules;

/// <summary>A rule, as a line.</summary>
/// <param name="Id">Its number.</param>
/// <param name="Name">What it is called.</param>
/// <param name="Owner">Whose rule it is.</param>
/// <param name="Effect">What it does, in sentences.</param>
/// <param name="Reason">Why it was made.</param>
/// <param name="MadeAt">When.</param>
/// <param name="RevokedAt">Since when it holds no more; null while it does.</param>
/// <param name="MayRevoke">Whether the visitor may revoke it.</param>
public sealed record RuleRow(
    long Id, string Name, string Owner, IReadOnlyList<string> Effect, string Reason, Instant MadeAt, Instant? RevokedAt, bool MayRevoke);

/// <summary>The rules that the visitor may know.</summary>
/// <param name="Rules">Newest first.</param>
/// <param name="IsRevoked">Whether those that hold no more are shown.</param>
/// <param name="Total">How many there are.</param>
/// <param name="Page">Which page it is.</param>
/// <param name="Pages">How many pages.</param>
/// <param name="Makers">For whom the visitor may make one.</param>
/// <param name="Appetites">Up to which risk the parties of the visitor take part.</param>
/// <param name="CityAppetite">That of the city.</param>
/// <param name="Language">Of the sentences.</param>
public sealed record RulesView(
    IReadOnlyList<RuleRow> Rules, bool IsRevoked, long Total, int Page, int Pages, IReadOnlyList<PartyChoice> Makers,
    IReadOnlyList<AppetiteRow> Appetites, int CityAppetite, string Language);

/// <summary>Up to which residual risk a party takes part; null as the city.</summary>
public sealed record AppetiteRow(long Party, string Name, int? Appetite);

/// <summary>What the form for a rule offers.</summary>
/// <param name="Makers">For whom; 0 is the city.</param>
/// <param name="Sectors">Sectors.</param>
/// <param name="Levels">Levels below open.</param>
/// <param name="Purposes">Purposes, each below its broader one.</param>
/// <param name="Language">Of the sentences.</param>
public sealed record RuleFormView(
    IReadOnlyList<PartyChoice> Makers, IReadOnlyList<Choice> Sectors, IReadOnlyList<Choice> Levels, IReadOnlyList<Choice> Purposes,
    string Language);

/// <summary>What a rule would change.</summary>
/// <param name="Effect">What it does, in sentences.</param>
/// <param name="Datasets">How many datasets it reaches.</param>
/// <param name="LookedAt">For how many of them it was worked out who gains and loses.</param>
/// <param name="Access">Who gains or loses.</param>
/// <param name="Requests">How many decisions of the past were looked at.</param>
/// <param name="Differences">Those that would differ.</param>
public sealed record RulePreviewView(
    IReadOnlyList<string> Effect, int Datasets, int LookedAt, IReadOnlyList<EffectRow> Access, int Requests,
    IReadOnlyList<DifferenceRow> Differences);

/// <summary>What changes for somebody.</summary>
public sealed record EffectRow(string Who, string Dataset, string Change, string Before, string After);

/// <summary>Decisions of the past that would differ.</summary>
public sealed record DifferenceRow(string Who, string Dataset, string Change, int Requests);

/// <summary>One rule with what happened to it, and what its end would change.</summary>
public sealed record RulePageView(RuleRow Rule, IReadOnlyList<PastStep> History, RulePreviewView? Revocation, string Language);

/// <summary>What happened once.</summary>
public sealed record PastStep(string What, string Why, Instant At);

/// <summary>A purpose in the tree.</summary>
/// <param name="Name">What requests name.</param>
/// <param name="Label">In the visitor's language.</param>
/// <param name="Other">In the other language.</param>
/// <param name="Description">What is meant.</param>
/// <param name="OwnId">Number of one of the city's own; null for the vocabulary's.</param>
/// <param name="Anchor">Where it stands on the page.</param>
/// <param name="IsRetired">Nothing new is agreed for it.</param>
/// <param name="Below">Those within it.</param>
public sealed record PurposeNode(
    string Name, string Label, string Other, string? Description, long? OwnId, string Anchor, bool IsRetired, IReadOnlyList<PurposeNode> Below)
{
    /// <summary>Whether one of the city's own lies within it.</summary>
    public bool HoldsOwn => OwnId is not null || Below.Any(one => one.HoldsOwn);
}

/// <summary>The purposes.</summary>
/// <param name="Top">The tree.</param>
/// <param name="Below">Below which one is added; null when none is.</param>
/// <param name="BelowLabel">What people call that.</param>
/// <param name="MayAdd">Whether the visitor may add.</param>
/// <param name="Language">Of the labels.</param>
public sealed record PurposesView(IReadOnlyList<PurposeNode> Top, string? Below, string BelowLabel, bool MayAdd, string Language);

/// <summary>An exemption, as a line.</summary>
public sealed record ExemptionRow(
    long Id, string Check, string CheckText, string Dataset, string Reference, string Reason, Instant Until, string State, bool MayRevoke);

/// <summary>The exemptions that the visitor may know.</summary>
public sealed record ExemptionsView(IReadOnlyList<ExemptionRow> Rows, IReadOnlyList<Choice> Checks, bool MayGrant, string Language);

/// <summary>A compatibility test, as a line.</summary>
public sealed record TestRow(
    long Id, long Agreement, string Purpose, bool IsCompatible, string Grounds, IReadOnlyList<(string Name, string Text)> Factors, string By,
    Instant MadeAt, bool IsRevoked, bool MayRevoke);

/// <summary>The compatibility tests that the visitor may know.</summary>
public sealed record TestsView(IReadOnlyList<TestRow> Rows, IReadOnlyList<Choice> Agreements, IReadOnlyList<Choice> Purposes);

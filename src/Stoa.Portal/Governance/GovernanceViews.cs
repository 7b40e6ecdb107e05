using Stoa.Portal.Ledger;
using Stoa.Vocabulary;

namespace Stoa.Portal.Governance;

// Types that Razor components take as parameters are public, because the compiler makes every component public.

/// <summary>A reason for a decision, in the language of whoever reads it.</summary>
/// <param name="Code">Its stable text.</param>
/// <param name="Text">What is so.</param>
/// <param name="Remedy">What to do next.</param>
/// <param name="Clause">The clause of ISO 37156.</param>
/// <param name="Language">en or de.</param>
/// <param name="About">What it is about, if it has a name.</param>
public sealed record ReasonView(string Code, string Text, string Remedy, string Clause, string Language, string? About);

/// <summary>Whether somebody may read a dataset, and why.</summary>
/// <param name="Name">Who.</param>
/// <param name="As">What connects it with the dataset; empty for typical parties.</param>
/// <param name="MayRead">Whether.</param>
/// <param name="Reasons">Why.</param>
public sealed record WhoView(string Name, string As, bool MayRead, IReadOnlyList<ReasonView> Reasons);

/// <summary>A party for which the visitor may act, or that can be chosen.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Name">Its name.</param>
public sealed record PartyChoice(long Id, string Name);

/// <summary>A role, as a line.</summary>
/// <param name="Id">Its id; 0 for the owner that was described.</param>
/// <param name="Role">Which, in words.</param>
/// <param name="Party">Who holds it.</param>
/// <param name="Dataset">Title of the dataset.</param>
/// <param name="Slug">Slug of the dataset.</param>
/// <param name="State">Where it stands.</param>
/// <param name="Until">Until when, if it ends.</param>
/// <param name="Moves">What the visitor can do to it.</param>
public sealed record RoleLine(
    long Id, string Role, string Party, string Dataset, string Slug, string State, Instant? Until, IReadOnlyList<string> Moves)
{
    /// <summary>Of a role that is over: who ended it, when and why, in words.</summary>
    public string? Ended { get; init; }
}

/// <summary>A delegation, as a line.</summary>
/// <param name="Id">Its id.</param>
/// <param name="From">In whose place.</param>
/// <param name="To">Who acts.</param>
/// <param name="What">What may be done, and up to which level, in words.</param>
/// <param name="Dataset">Title of the dataset.</param>
/// <param name="Slug">Slug of the dataset.</param>
/// <param name="State">Where it stands, in words.</param>
/// <param name="Until">Until when.</param>
/// <param name="Moves">What the visitor can do to it.</param>
public sealed record DelegationLine(
    long Id, string From, string To, string What, string Dataset, string Slug, string State, Instant Until, IReadOnlyList<string> Moves);

/// <summary>A classification, as a line.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Level">Which level.</param>
/// <param name="State">Where it stands.</param>
/// <param name="Reason">Why.</param>
/// <param name="ReviewBy">By which day it is looked at again.</param>
/// <param name="Details">Named parties, criteria, terms and licence, in words.</param>
/// <param name="Moves">What the visitor can do to it.</param>
public sealed record LevelLine(
    long Id, SpectrumClass Level, string State, string Reason, string? ReviewBy, string Details, IReadOnlyList<string> Moves);

/// <summary>What the page of a dataset's governance shows.</summary>
/// <param name="Slug">Slug of the dataset.</param>
/// <param name="Title">Its title.</param>
/// <param name="Level">The level in force.</param>
/// <param name="State">How it came about: described, classified, frozen.</param>
/// <param name="ReviewBy">By which day the level is looked at again.</param>
/// <param name="IsReviewOverdue">That day has passed.</param>
/// <param name="Details">What the level asks for.</param>
/// <param name="Own">The visitor's own case.</param>
/// <param name="Typical">Nobody in particular, and one of each user group.</param>
/// <param name="Concerned">Who holds a role, is named or has an agreement; empty for visitors who do not govern it.</param>
/// <param name="Roles">Roles that the visitor may know of.</param>
/// <param name="Levels">Classifications; empty for visitors who do not govern it.</param>
/// <param name="Governs">Whether the visitor governs the dataset.</param>
/// <param name="Acting">For whom the visitor may act.</param>
/// <param name="Parties">Organizations that a role can be proposed to.</param>
/// <param name="Terms">Terms that a level can ask for.</param>
public sealed record DatasetGovernanceView(
    string Slug, string Title, SpectrumClass Level, string State, DateOnly? ReviewBy, bool IsReviewOverdue, string Details, WhoView Own,
    IReadOnlyList<WhoView> Typical, IReadOnlyList<WhoView> Concerned, IReadOnlyList<RoleLine> Roles, IReadOnlyList<LevelLine> Levels,
    bool Governs, IReadOnlyList<PartyChoice> Acting, IReadOnlyList<PartyChoice> Parties, IReadOnlyList<string> Terms)
{
    /// <summary>What former custodians give back or delete: their own, and all for those who govern it.</summary>
    public IReadOnlyList<Agreements.ObligationRow> Custody { get; init; } = [];

    /// <summary>Who acts in whose place, as far as the visitor may know of it.</summary>
    public IReadOnlyList<DelegationLine> Delegations { get; init; } = [];

    /// <summary>For whom the visitor could delegate something, because it is held by a role of its own.</summary>
    public IReadOnlyList<PartyChoice> Delegating { get; init; } = [];

    /// <summary>Whether the visitor has a say in the level: who governs the dataset, and a secondary publisher within its bounds.</summary>
    public bool DecidesLevels { get; init; }
}

/// <summary>A claim, as a line.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Text">Type and value.</param>
/// <param name="Party">Of whom.</param>
/// <param name="Status">Where it stands.</param>
/// <param name="ExpiresAt">Until when it counts.</param>
/// <param name="MayRevoke">Whether it can still be taken back.</param>
public sealed record ClaimLine(long Id, string Text, string Party, string Status, Instant? ExpiresAt, bool MayRevoke);

/// <summary>Terms, as a line.</summary>
/// <param name="Name">Name of the terms.</param>
/// <param name="Version">Their version.</param>
/// <param name="Title">Their title.</param>
/// <param name="What">Who accepted them when, or what they are asked for.</param>
public sealed record TermsLine(string Name, int Version, string Title, string What);

/// <summary>An agreement or a request for access, as a line.</summary>
/// <param name="Text">What it is about.</param>
/// <param name="State">Where it stands.</param>
/// <param name="Detail">More, in small.</param>
public sealed record MatterLine(string Text, string State, string Detail);

/// <summary>What the page "my access" shows.</summary>
/// <param name="Acting">For whom the visitor may act.</param>
/// <param name="Roles">Roles of these.</param>
/// <param name="Agreements">Agreements of these.</param>
/// <param name="Requests">Requests of these.</param>
/// <param name="Claims">Claims of these.</param>
/// <param name="Accepted">Terms that these accepted.</param>
/// <param name="Open">Terms that public datasets ask for and that none of these accepted.</param>
public sealed record AccessView(
    IReadOnlyList<PartyChoice> Acting, IReadOnlyList<RoleLine> Roles, IReadOnlyList<MatterLine> Agreements,
    IReadOnlyList<MatterLine> Requests, IReadOnlyList<ClaimLine> Claims, IReadOnlyList<TermsLine> Accepted, IReadOnlyList<TermsLine> Open)
{
    /// <summary>What these may do in place of others, and others in theirs.</summary>
    public IReadOnlyList<DelegationLine> Delegations { get; init; } = [];
}

/// <summary>A version of terms to read and accept.</summary>
/// <param name="Name">Name of the terms.</param>
/// <param name="Version">Their version.</param>
/// <param name="Title">Their title.</param>
/// <param name="Provider">Whose they are.</param>
/// <param name="Html">The text, Markdown rendered with HTML switched off.</param>
/// <param name="TextHash">SHA-256 of the text.</param>
/// <param name="Acting">For whom the visitor may accept them; empty for visitors who are not signed in.</param>
/// <param name="Accepted">By whom of these they were accepted.</param>
public sealed record TermsPageView(
    string Name, int Version, string Title, string Provider, string Html, string TextHash, IReadOnlyList<PartyChoice> Acting,
    IReadOnlyList<string> Accepted);

/// <summary>The terms of the exchange.</summary>
/// <param name="Rows">One page of versions, newest first.</param>
/// <param name="Page">Which, counted from 1.</param>
/// <param name="Pages">How many there are.</param>
/// <param name="Providers">For whom the visitor may publish terms; empty for nobody.</param>
public sealed record TermsListView(IReadOnlyList<TermsLine> Rows, int Page, int Pages, IReadOnlyList<PartyChoice> Providers);

/// <summary>A claim, as the office sees it.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Type">Of what kind it is.</param>
/// <param name="Value">What it says.</param>
/// <param name="Party">Of whom.</param>
/// <param name="Issuer">Who stands behind it.</param>
/// <param name="ExpiresAt">Until when it counts.</param>
/// <param name="EvidenceHash">SHA-256 of the evidence.</param>
/// <param name="Moves">What the visitor could do now.</param>
public sealed record ClaimRow(
    long Id, string Type, string Value, string Party, string? Issuer, Instant? ExpiresAt, string? EvidenceHash, IReadOnlyList<string> Moves);

/// <summary>The claims of all parties, for the office.</summary>
/// <param name="IsWaiting">Whether those are shown that wait to be verified; else those that are verified.</param>
/// <param name="Rows">One page of them, newest first.</param>
/// <param name="Total">How many there are in all.</param>
/// <param name="Page">Which page, counted from 1.</param>
/// <param name="Pages">How many there are.</param>
public sealed record ClaimsView(bool IsWaiting, IReadOnlyList<ClaimRow> Rows, long Total, int Page, int Pages);

/// <summary>A field of a dataset, as a form has it.</summary>
/// <param name="Name">Its name in requests and answers.</param>
/// <param name="Personal">What it says about people.</param>
/// <param name="NeededFor">Purposes that need it, with commas between.</param>
public sealed record FieldRow(string Name, string Personal, string NeededFor);

/// <summary>What decisions know of a dataset, as a form has it.</summary>
/// <param name="Slug">Slug.</param>
/// <param name="Title">Title.</param>
/// <param name="Fields">Its fields.</param>
public sealed record FactsPageView(string Slug, string Title, IReadOnlyList<FieldRow> Fields)
{
    /// <summary>Holds special categories of personal data.</summary>
    public required bool IsSpecial { get; init; }

    /// <summary>Outsiders may learn that it exists.</summary>
    public required bool IsListed { get; init; }

    /// <summary>The assessment of the impact on data protection.</summary>
    public required string Impact { get; init; }

    /// <summary>Residual risk.</summary>
    public required string Risk { get; init; }

    /// <summary>Last day for which the risk is accepted.</summary>
    public required string Accepted { get; init; }

    /// <summary>The office approves what new parties get.</summary>
    public required bool Approves { get; init; }

    /// <summary>Slugs of what it was made from.</summary>
    public required string DerivedFrom { get; init; }

    /// <summary>How it was made.</summary>
    public required string Process { get; init; }

    /// <summary>Whose the process is.</summary>
    public required long? ProcessOwner { get; init; }

    /// <summary>The most open level that its inputs allow; null for a dataset that is not derived.</summary>
    public required string? LevelMax { get; init; }

    /// <summary>For whom the visitor may act.</summary>
    public required IReadOnlyList<PartyChoice> Acting { get; init; }

    /// <summary>Who can own the process.</summary>
    public required IReadOnlyList<PartyChoice> Parties { get; init; }
}

/// <summary>A block, in words.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Kind">Why in one word.</param>
/// <param name="Dataset">What is stopped.</param>
/// <param name="Party">With whom.</param>
/// <param name="Since">Since when.</param>
/// <param name="LiftedAt">When it was lifted.</param>
public sealed record BlockRow(long Id, string Kind, string Dataset, string Party, Instant Since, Instant? LiftedAt);

/// <summary>The latest blocks, for the office.</summary>
/// <param name="Rows">Newest first.</param>
/// <param name="Parties">With whom exchange can be stopped.</param>
public sealed record BlocksView(IReadOnlyList<BlockRow> Rows, IReadOnlyList<PartyChoice> Parties);

/// <summary>What the page of a refusal shows.</summary>
/// <param name="Title">What it is about.</param>
/// <param name="Slug">Slug of the dataset; null for a code.</param>
/// <param name="MayRead">Whether the visitor may read the dataset; null for a code.</param>
/// <param name="Reasons">Why.</param>
public sealed record WhyView(string Title, string? Slug, bool? MayRead, IReadOnlyList<ReasonView> Reasons);

/// <summary>A dataset on the page of transparency.</summary>
/// <param name="Slug">Slug.</param>
/// <param name="Title">Title.</param>
/// <param name="Owner">Who owns it.</param>
/// <param name="Level">How open it is.</param>
/// <param name="Asks">What the level asks for.</param>
/// <param name="ReviewBy">By which day it is looked at again.</param>
/// <param name="Numbers">How often its data were given and refused of late; null where that is not public, or not recorded.</param>
public sealed record SharedDataset(
    string Slug, string Title, string Owner, SpectrumClass Level, string Asks, string? ReviewBy, (long Given, long Refused)? Numbers);

/// <summary>An agreement on the page of transparency.</summary>
/// <param name="Provider">Who gives.</param>
/// <param name="Consumer">Who receives.</param>
/// <param name="What">Which data.</param>
/// <param name="Purposes">What for.</param>
/// <param name="Basis">On which legal basis.</param>
/// <param name="Until">Until when.</param>
/// <param name="Given">How often data were given under it of late; null where that is not public.</param>
public sealed record SharedAgreement(
    string Provider, string Consumer, string What, string Purposes, string Basis, Instant Until, long? Given);

/// <summary>What the page of transparency shows.</summary>
/// <param name="Levels">How many datasets that the visitor may know of lie at each level.</param>
/// <param name="Datasets">One page of them.</param>
/// <param name="Page">Which page.</param>
/// <param name="Pages">How many there are.</param>
/// <param name="Agreements">Agreements in force, newest first.</param>
/// <param name="AgreementCount">How many there are in all.</param>
/// <param name="Logs">The logs that hold what the page says.</param>
public sealed record TransparencyView(
    IReadOnlyList<(SpectrumClass Level, int Count)> Levels, IReadOnlyList<SharedDataset> Datasets, int Page, int Pages,
    IReadOnlyList<SharedAgreement> Agreements, int AgreementCount, IReadOnlyList<LogView> Logs);

using Stoa.Vocabulary;

namespace Stoa.Portal.Agreements;

// Types that Razor components take as parameters are public, because the compiler makes every component public.

/// <summary>One of several to choose from.</summary>
/// <param name="Value">What the form sends.</param>
/// <param name="Text">What people read.</param>
public sealed record Choice(string Value, string Text);

/// <summary>What the form shows by which access is asked for.</summary>
/// <param name="Slug">Of the dataset.</param>
/// <param name="Title">Its name for people.</param>
/// <param name="Owner">Who decides; null when nobody does.</param>
/// <param name="Level">How open it is.</param>
/// <param name="Parties">For whom one can ask.</param>
/// <param name="Purposes">All purposes, each below its broader one.</param>
/// <param name="Bases">All legal bases.</param>
/// <param name="Fields">The fields of the dataset that can be asked for; empty when it is given whole.</param>
public sealed record AskView(
    string Slug, string Title, string? Owner, SpectrumClass Level, IReadOnlyList<Choice> Parties, IReadOnlyList<Choice> Purposes,
    IReadOnlyList<Choice> Bases, IReadOnlyList<Choice> Fields);

/// <summary>A row of a list.</summary>
/// <param name="Address">Its page.</param>
/// <param name="Title">What it is about.</param>
/// <param name="Who">The other side.</param>
/// <param name="State">Where it stands, in words.</param>
/// <param name="Due">By when something is to be done.</param>
/// <param name="IsLate">The date has passed.</param>
public sealed record InboxRow(string Address, string Title, string Who, string State, Instant? Due, bool IsLate);

/// <summary>What waits for somebody.</summary>
/// <param name="ToAnswer">Requests that the owner's side has to answer.</param>
/// <param name="ToSign">Agreements that wait for a signature.</param>
/// <param name="Roles">Roles and delegations that wait for his acceptance; disputes, for the office.</param>
/// <param name="Owed">What is owed by him, and what of others waits for his word after a breach.</param>
/// <param name="Own">His own requests that are not done with.</param>
public sealed record InboxView(
    IReadOnlyList<InboxRow> ToAnswer, IReadOnlyList<InboxRow> ToSign, IReadOnlyList<InboxRow> Roles, IReadOnlyList<InboxRow> Owed, IReadOnlyList<InboxRow> Own)
{
    /// <summary>Agreements of his under which less quality was measured than is promised.</summary>
    public IReadOnlyList<InboxRow> Unmet { get; init; } = [];
}

/// <summary>A request for access on its page.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Dataset">Name of the dataset for people.</param>
/// <param name="Slug">Its name in addresses.</param>
/// <param name="Requester">Who asks.</param>
/// <param name="State">Where it stands, in words.</param>
/// <param name="Facts">What is asked for, in words.</param>
/// <param name="Statement">Why.</param>
/// <param name="DueAt">Until when it is to be answered.</param>
/// <param name="Reason">What was last said about it.</param>
/// <param name="Agreement">The agreement that was made of it.</param>
/// <param name="Moves">What the visitor could do now.</param>
/// <param name="MayOffer">Whether an agreement can be offered of it now.</param>
/// <param name="Templates">What an agreement can begin with.</param>
/// <param name="Until">The last day that is proposed.</param>
/// <param name="History">What happened to it.</param>
public sealed record RequestView(
    long Id, string Dataset, string Slug, string Requester, string State, IReadOnlyList<(string Title, string Text)> Facts, string Statement,
    Instant? DueAt, string? Reason, long? Agreement, IReadOnlyList<string> Moves, bool MayOffer, IReadOnlyList<Choice> Templates, string Until,
    IReadOnlyList<HistoryRow> History)
{
    /// <summary>The dataset is closed: no agreement can be offered on it.</summary>
    public bool IsClosed { get; init; }
}

/// <summary>Something that happened.</summary>
/// <param name="At">When.</param>
/// <param name="What">What was done, in words.</param>
/// <param name="Who">By whom; "a date came" for the clock.</param>
/// <param name="Reason">Why.</param>
public sealed record HistoryRow(Instant At, string What, string Who, string Reason);

/// <summary>A signature on a page.</summary>
/// <param name="Party">For whom.</param>
/// <param name="Person">By whom.</param>
/// <param name="At">When.</param>
/// <param name="Hash">Under which terms.</param>
public sealed record SignatureRow(string Party, string Person, Instant At, string Hash);

/// <summary>An obligation on a page.</summary>
/// <param name="Id">Its id.</param>
/// <param name="What">What is owed.</param>
/// <param name="State">Where it stands.</param>
/// <param name="DueAt">By when.</param>
/// <param name="Asked">What proves it.</param>
/// <param name="Evidence">The proof.</param>
/// <param name="Hash">Its SHA-256.</param>
/// <param name="Moves">What the visitor could do now.</param>
public sealed record ObligationRow(
    long Id, string What, string State, Instant? DueAt, string? Asked, string? Evidence, string? Hash, IReadOnlyList<string> Moves)
{
    /// <summary>Who owes it, where that is to be said.</summary>
    public string? Debtor { get; init; }

    /// <summary>It was breached, and is being settled.</summary>
    public bool IsBreach { get; init; }
}

/// <summary>A floor of quality on a page.</summary>
/// <param name="Promise">What is promised.</param>
/// <param name="Dataset">Of which dataset.</param>
/// <param name="Measured">What was measured, in words.</param>
/// <param name="UnmetSince">When it was first found below the floor; null while it is kept.</param>
public sealed record FloorRow(string Promise, string Dataset, string Measured, Instant? UnmetSince);

/// <summary>What somebody gains by an agreement, in words.</summary>
/// <param name="Who">Who.</param>
/// <param name="Dataset">Of which dataset.</param>
/// <param name="Purpose">For what.</param>
/// <param name="Change">gained, changed, unchanged or refused.</param>
/// <param name="Before">What it may see now.</param>
/// <param name="After">What it may see with it.</param>
/// <param name="Reason">Why it would see nothing with it either.</param>
public sealed record GainRow(string Who, string Dataset, string Purpose, string Change, string Before, string After, string? Reason);

/// <summary>A dataset that can be downloaded under an agreement.</summary>
/// <param name="Slug">Its name in addresses.</param>
/// <param name="Title">Its name for people.</param>
public sealed record DownloadRow(string Slug, string Title);

/// <summary>An agreement on its page.</summary>
public sealed record AgreementView
{
    /// <summary>Its id.</summary>
    public required long Id { get; init; }

    /// <summary>Where it stands, in words.</summary>
    public required string State { get; init; }

    /// <summary>Version of the terms.</summary>
    public required int Version { get; init; }

    /// <summary>From which template it was drafted, with the version; null where from none.</summary>
    public (string Name, int Version)? Template { get; init; }

    /// <summary>Whether the visitor makes templates.</summary>
    public required bool MakesTemplates { get; init; }

    /// <summary>Who gives access.</summary>
    public required string Provider { get; init; }

    /// <summary>Who gets it.</summary>
    public required string Consumer { get; init; }

    /// <summary>SHA-256 of the terms.</summary>
    public required string Hash { get; init; }

    /// <summary>Every clause in words.</summary>
    public required IReadOnlyList<(string Title, string Text)> Clauses { get; init; }

    /// <summary>What stands in the fields of the form for other clauses.</summary>
    public required IReadOnlyDictionary<string, string> Fields { get; init; }

    /// <summary>Clauses that differ from the version before.</summary>
    public required IReadOnlyList<(string Title, string Before, string After)> Changed { get; init; }

    /// <summary>Who gains what.</summary>
    public required IReadOnlyList<GainRow> Gains { get; init; }

    /// <summary>That another approval is needed before it begins, or was given; null where none is.</summary>
    public string? Approval { get; init; }

    /// <summary>Who has signed.</summary>
    public required IReadOnlyList<SignatureRow> Signatures { get; init; }

    /// <summary>Undertakings that are asked for, with until when they are given.</summary>
    public required IReadOnlyList<(string Name, Instant? Until)> Undertakings { get; init; }

    /// <summary>What quality is promised, and what was measured.</summary>
    public required IReadOnlyList<FloorRow> Quality { get; init; }

    /// <summary>What is owed.</summary>
    public required IReadOnlyList<ObligationRow> Obligations { get; init; }

    /// <summary>What happened.</summary>
    public required IReadOnlyList<HistoryRow> History { get; init; }

    /// <summary>What the visitor could do now.</summary>
    public required IReadOnlyList<string> Moves { get; init; }

    /// <summary>Whether the visitor's signature is what is waited for.</summary>
    public required bool MaySign { get; init; }

    /// <summary>Whether the visitor gives undertakings.</summary>
    public required bool MayUndertake { get; init; }

    /// <summary>What the visitor can download now.</summary>
    public required IReadOnlyList<DownloadRow> Downloads { get; init; }

    /// <summary>The purposes that were agreed.</summary>
    public required IReadOnlyList<Choice> Purposes { get; init; }

    /// <summary>One sentence on what comes next.</summary>
    public required string Next { get; init; }

    /// <summary>The last day as a form has it.</summary>
    public required string Until { get; init; }

    /// <summary>Whether nothing is to be negotiated or signed any more.</summary>
    public required bool IsSettled { get; init; }
}

/// <summary>An agreement in the register.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Provider">Who gives access.</param>
/// <param name="Consumer">Who gets it.</param>
/// <param name="Datasets">To what.</param>
/// <param name="Purposes">For what.</param>
/// <param name="State">Where it stands.</param>
/// <param name="Ends">When it ends.</param>
public sealed record RegisterRow(long Id, string Provider, string Consumer, string Datasets, string Purposes, string State, Instant Ends);

/// <summary>The register of agreements.</summary>
/// <param name="Rows">One page of it.</param>
/// <param name="Total">How many there are in all.</param>
/// <param name="State">The state that is asked for; empty for any.</param>
/// <param name="States">All states.</param>
/// <param name="Page">Which page this is, counted from 1.</param>
/// <param name="Pages">How many there are.</param>
/// <param name="IsWhole">Whether the visitor sees every agreement of the exchange.</param>
public sealed record RegisterView(
    IReadOnlyList<RegisterRow> Rows, long Total, string State, IReadOnlyList<Choice> States, int Page, int Pages, bool IsWhole);

/// <summary>A dataset whose page shows the visitor no data: nothing may be seen, or not all of it, or not without counting.</summary>
/// <param name="Slug">Its name in addresses.</param>
/// <param name="Title">Its name for people.</param>
/// <param name="Description">What it holds; plain text, cut.</param>
/// <param name="Owner">Who owns it.</param>
/// <param name="Level">How open it is.</param>
/// <param name="Own">What may be used without an agreement, by a role or the level, in words; null when nothing.</param>
/// <param name="Agreed">What agreements in force give the visitor.</param>
public sealed record KnownDatasetView(
    string Slug, string Title, string Description, string? Owner, SpectrumClass Level, string? Own, IReadOnlyList<UseUnderAgreement> Agreed);

/// <summary>What an agreement in force gives of a dataset.</summary>
/// <param name="Agreement">Its number.</param>
/// <param name="Ends">When it ends.</param>
/// <param name="Uses">For each purpose.</param>
public sealed record UseUnderAgreement(long Agreement, Instant Ends, IReadOnlyList<UseFor> Uses);

/// <summary>What may be used for a purpose.</summary>
/// <param name="Purpose">Its name.</param>
/// <param name="Label">As people read it.</param>
/// <param name="What">What is left, in words; null when nothing now.</param>
/// <param name="Reason">Why nothing.</param>
public sealed record UseFor(string Purpose, string Label, string? What, string? Reason);

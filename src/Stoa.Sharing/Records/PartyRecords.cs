using Stoa.Sharing.Parties;
using Stoa.Vocabulary;

namespace Stoa.Sharing.Records;

/// <summary>A claim about a party, with who stands behind it.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Party">About whom.</param>
/// <param name="Claim">What it says.</param>
/// <param name="Issuer">Who stands behind it; null while it is only asserted.</param>
/// <param name="EvidenceHash">SHA-256 of what was shown.</param>
internal sealed record PartyClaim(long Id, PartyId Party, Claim Claim, PartyId? Issuer = null, string? EvidenceHash = null);

/// <summary>What a party has said of itself that decisions ask for and that the register of parties does not hold.</summary>
/// <param name="Party">Which.</param>
/// <param name="RiskAppetite">Highest residual risk, 1 to 25, that it takes part in; null when it has not said.</param>
internal sealed record PartyFacts(PartyId Party, int? RiskAppetite);

/// <summary>One version of terms of the level public (ISO 37156, 5.5.3). Never changed: a change is a further version.</summary>
/// <param name="Name">Names all versions.</param>
/// <param name="Version">Counted from 1.</param>
/// <param name="Provider">Whose terms they are.</param>
/// <param name="Title">What to call them.</param>
/// <param name="Text">What is accepted, Markdown.</param>
internal sealed record Terms(string Name, int Version, PartyId Provider, string Title, string Text);

/// <summary>The receipt: a party has accepted one version of terms.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Party">For whom.</param>
/// <param name="Person">Who did it.</param>
/// <param name="Terms">Name of the terms.</param>
/// <param name="Version">Their version.</param>
/// <param name="TextHash">SHA-256 of the text that was shown.</param>
/// <param name="At">When.</param>
internal sealed record AcceptedTerms(long Id, PartyId Party, PartyId Person, string Terms, int Version, string TextHash, Instant At);

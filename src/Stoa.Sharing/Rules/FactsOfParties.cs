using System.ComponentModel;
using Stoa.Identity.Credentials;
using Stoa.Identity.Http;
using Stoa.Sharing.Records;
using Stoa.Sharing.Roles;
using Stoa.Sharing.Transitions;
using Stoa.Vocabulary;

namespace Stoa.Sharing.Rules;

/// <summary>What a party says of itself that decisions ask for.</summary>
internal sealed record PartyFactsDraft
{
    [Description("Highest residual risk, 1 to 25, that it takes part in; null or left out for what the city takes.")]
    public int? RiskAppetite { get; init; }

    [Description("Why; kept with it.")]
    public string? Reason { get; init; }
}

/// <summary>The same on the wire.</summary>
/// <param name="Party">Which.</param>
/// <param name="RiskAppetite">Highest residual risk that it takes part in; absent when it has not said.</param>
/// <param name="CityRiskAppetite">That of the city: the lower of both counts.</param>
/// <param name="History">What happened to it.</param>
internal sealed record PartyFactsView(long Party, int? RiskAppetite, int CityRiskAppetite, IReadOnlyList<MoveView> History);

/// <summary>What parties say of themselves: each for itself, and officers for all.</summary>
internal sealed class FactsOfParties(Governing governing, SharingOptions options)
{
    public async Task<Result<PartyFactsView>> FindAsync(Requester requester, PartyId party, CancellationToken cancellation)
    {
        using var read = await governing.ReadAsync(cancellation);
        if (!Reader.Of(read, requester).TryGet(out var reader, out var refusal)) return refusal;
        return MayKnow(read, reader, party) ? Find(read, party) : Problem.NotFound();
    }

    public Task<Result<PartyFactsView>> PutAsync(
        Requester requester, PartyId party, PartyFactsDraft draft, CancellationToken cancellation) =>
        governing.WriteAsync<PartyFactsView>((session, now) =>
        {
            if (!Reader.Of(session, requester).TryGet(out var reader, out var refusal)) return refusal;
            if (!MayKnow(session, reader, party)) return Problem.NotFound();
            if (draft.RiskAppetite is < 1 or > SharingOptions.RiskMax)
                return StrictJson.InvalidProperty("riskAppetite", $"'riskAppetite' takes a whole number from 1 to {SharingOptions.RiskMax}, or null.");
            if ((string.IsNullOrWhiteSpace(draft.Reason) ? TextRules.Missing("reason") : Governing.CheckReason(draft.Reason)) is { } unfit)
                return unfit;
            var act = reader.Is(party)
                ? new RecordAct("put", party, requester.Party ?? party, Actor.Concerned, draft.Reason!)
                : Office.Act(requester, "put", draft.Reason!);
            var there = GovernedRecords.FindBySeat(session, RecordTypes.PartyFacts, $"party {party}");
            var facts = new PartyFacts(party, draft.RiskAppetite);
            var outcome = there is null
                ? GovernedRecords.Insert(session, RecordTypes.PartyFacts, facts, act, now)
                : GovernedRecords.Update(session, RecordTypes.PartyFacts, there, facts, act, now);
            return outcome.TryGet(out _, out var problem) ? Find(session, party) : problem;
        }, cancellation);

    private static bool MayKnow(Storage.Session session, Reader reader, PartyId party) =>
        reader.Is(party) || (reader.IsOfficer && DatasetRoles.IsParty(session, party));

    /// <summary>What a party says, to whoever may know it.</summary>
    internal PartyFactsView Find(Storage.Session session, PartyId party)
    {
        var record = GovernedRecords.FindBySeat(session, RecordTypes.PartyFacts, $"party {party}");
        return new(party.Value, record?.Content.RiskAppetite, options.RiskAppetite, record is null
            ? []
            : MoveView.Of(GovernedRecords.Events(session, RecordTypes.PartyFacts, record.Id), _ => "inForce"));
    }
}

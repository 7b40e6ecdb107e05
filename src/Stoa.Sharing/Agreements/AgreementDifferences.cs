using System.Collections.Immutable;
using Stoa.Sharing.Policy;
using Stoa.Sharing.Purposes;
using Stoa.Sharing.Records;
using Stoa.Storage;
using Stoa.Vocabulary;

namespace Stoa.Sharing.Agreements;

/// <summary>What an agreement changes, told before it is signed.</summary>
/// <param name="Access">Who gains or loses access to what.</param>
/// <param name="Clauses">Clauses that differ from the version of the terms before; empty for the first.</param>
/// <param name="ApprovalFor">Slugs of datasets that a party gets which never had them, and for which the office approves it besides the two sides.</param>
/// <param name="IsApproved">Whether the office has approved exactly these terms.</param>
internal sealed record AgreementDifference(
    IReadOnlyList<AccessChange> Access, IReadOnlyList<ClauseChange> Clauses, IReadOnlyList<string> ApprovalFor, bool IsApproved);

/// <summary>What a party could do without the agreement and with it.</summary>
/// <param name="Party">Who.</param>
/// <param name="PartyName">Its name.</param>
/// <param name="Dataset">Slug of the dataset.</param>
/// <param name="Purpose">For what.</param>
/// <param name="Change"><c>gained</c>, <c>changed</c>, <c>unchanged</c>, or <c>refused</c> when it would see nothing with it either.</param>
/// <param name="Before">What it may see without, in words; absent when nothing.</param>
/// <param name="After">What it may see with it, in words; absent when nothing.</param>
/// <param name="Reasons">Why it would still be refused: codes of reasons.</param>
internal sealed record AccessChange(
    long Party, string PartyName, string Dataset, string Purpose, string Change, string? Before, string? After, IReadOnlyList<string> Reasons);

/// <summary>A clause that differs from the version before.</summary>
/// <param name="Clause">Its name.</param>
/// <param name="Title">What it is about.</param>
/// <param name="Before">What it said.</param>
/// <param name="After">What it says.</param>
internal sealed record ClauseChange(string Clause, string Title, string Before, string After);

/// <summary>Compares what is decided without an agreement and with it.</summary>
internal static class AgreementDifferences
{
    /// <summary>The differences that the agreement makes. Cost: two snapshots of its datasets, and two decisions for each of them and each purpose.</summary>
    public static AgreementDifference Of(Session session, GovernedRecord<Agreement> record, PolicySnapshot policy, Instant now) =>
        new(AccessOf(session, record.Content, policy, now), ClausesOf(session, record),
            [.. NewAccess.GainedOf(session, record.Content).Select(id => SharedDatasets.Find(session, id)?.Slug).OfType<string>()],
            record.Content.IsApproved);

    private static List<AccessChange> AccessOf(Session session, Agreement agreement, PolicySnapshot policy, Instant now)
    {
        var terms = agreement.Terms;
        var at = now.CompareTo(terms.ValidFrom) < 0 ? terms.ValidFrom : now;
        var named = terms.Datasets.ToHashSet();
        var content = policy.Content with
        {
            // A moment to come is asked about.
            TakenAt = Instant.Min,
            FreshUntil = null,
            Datasets = [.. policy.Content.Datasets.Where(dataset => named.Contains(dataset.Id))],
            Classifications = [.. policy.Content.Classifications.Where(one => named.Contains(one.Dataset))],
            Roles = [.. policy.Content.Roles.Where(one => named.Contains(one.Dataset))],
            Delegations = [.. policy.Content.Delegations.Where(one => named.Contains(one.Dataset))],
            Agreements = [.. policy.Content.Agreements.Where(one => one.Terms.Consumer == terms.Consumer && one.Terms.Id != terms.Id)],
            Obligations = [.. policy.Content.Obligations.Where(one => one.Agreement != terms.Id)],
        };
        var without = PolicySnapshot.Of(content);
        var with = PolicySnapshot.Of(content with
        {
            Agreements = content.Agreements.Add(AsActive(agreement)),
            Classifications =
            [
                .. content.Classifications.Select(one => named.Contains(one.Dataset) ? NamedByAgreement.With(one, terms.Consumer) : one),
            ],
        });
        var name = SharedDatasets.NameOf(session, terms.Consumer);
        var changes = new List<AccessChange>();
        foreach (var dataset in terms.Datasets)
        {
            var slug = SharedDatasets.Find(session, dataset)?.Slug ?? "";
            foreach (var purpose in terms.Purposes)
            {
                var request = new DecisionRequest
                {
                    Party = terms.Consumer, Dataset = dataset, Purpose = purpose, At = at, Strength = Strength.MultiFactor, Usage = Usage.None,
                };
                var before = AccessDecision.Decide(request, without).Grant;
                var decision = AccessDecision.Decide(request with { Agreement = terms.Id }, with);
                changes.Add(ChangeOf(terms.Consumer, name, slug, purpose, before, decision));
            }
        }

        return changes;
    }

    private static AccessChange ChangeOf(
        PartyId party, string name, string dataset, PurposeId purpose, AccessGrant? before, Decision decision)
    {
        var was = before is null ? null : AgreementWords.Of(before);
        var becomes = decision.Grant is { } grant ? AgreementWords.Of(grant) : null;
        var change = (was, becomes) switch
        {
            (_, null) => "refused",
            (null, _) => "gained",
            _ when was == becomes => "unchanged",
            _ => "changed",
        };
        return new(party.Value, name, dataset, purpose.Value, change, was, becomes, decision.IsPermitted
            ? []
            : [.. decision.Reasons.Take(1).Select(reason => ReasonCodes.Of(reason.Code).Word)]);
    }

    private static Agreement AsActive(Agreement agreement)
    {
        var terms = agreement.Terms;
        var hash = AgreementText.Hash(terms);
        return agreement with
        {
            State = AgreementState.Active,
            Signatures = [new(terms.Provider, terms.Provider, terms.ValidFrom, hash), new(terms.Consumer, terms.Consumer, terms.ValidFrom, hash)],
            Undertakings = [.. terms.Undertakings.Select(undertaking => new Undertaking(undertaking, "", Instant.Max))],
            ActiveSince = terms.ValidFrom,
        };
    }

    private static ImmutableArray<ClauseChange> ClausesOf(Session session, GovernedRecord<Agreement> record)
    {
        var before = GovernedRecords.Events(session, RecordTypes.Agreement, record.Id)
            .FindLast(one => one.Content.Terms.Version < record.Content.Terms.Version);
        if (before is null) return [];
        var old = AgreementWords.Of(session, before.Content.Terms);
        var present = AgreementWords.Of(session, record.Content.Terms);
        return [.. old.Zip(present).Where(pair => pair.First.Text != pair.Second.Text)
            .Select(pair => new ClauseChange(pair.First.Clause, pair.First.Title, pair.First.Text, pair.Second.Text))];
    }
}

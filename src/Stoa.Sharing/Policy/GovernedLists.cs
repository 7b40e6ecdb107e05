using System.Collections.Immutable;
using Stoa.Sharing.Agreements;
using Stoa.Sharing.Obligations;
using Stoa.Sharing.Parties;
using Stoa.Sharing.Purposes;
using Stoa.Sharing.Recording;
using Stoa.Sharing.Records;
using Stoa.Sharing.Roles;
using Stoa.Sharing.Spectrum;
using Stoa.Storage;
using Stoa.Vocabulary;

namespace Stoa.Sharing.Policy;

/// <summary>What was decided about sharing, as it is recorded: the part of the policy's content that does not stand in tables of
/// its own.</summary>
internal sealed record GovernedLists
{
    public ImmutableArray<RoleAssignment> Roles { get => field.OrEmpty(); init; }

    public ImmutableArray<Delegation> Delegations { get => field.OrEmpty(); init; }

    public ImmutableArray<Classification> Classifications { get => field.OrEmpty(); init; }

    public ImmutableArray<Agreement> Agreements { get => field.OrEmpty(); init; }

    public ImmutableArray<Obligation> Obligations { get => field.OrEmpty(); init; }

    public ImmutableArray<CompatibilityTest> CompatibilityTests { get => field.OrEmpty(); init; }

    public ImmutableArray<GovernedDataset> Datasets { get => field.OrEmpty(); init; }

    public ImmutableArray<(PartyId Party, Claim Claim)> Claims { get => field.OrEmpty(); init; }

    public ImmutableArray<(PartyId Party, TermsAcceptance Accepted)> Accepted { get => field.OrEmpty(); init; }

    public ImmutableArray<(PartyId Party, int? RiskAppetite)> PartyFacts { get => field.OrEmpty(); init; }

    public ImmutableArray<PolicyRule> Rules { get => field.OrEmpty(); init; }

    public ImmutableArray<Block> Blocks { get => field.OrEmpty(); init; }

    public ImmutableArray<Emergency> Emergencies { get => field.OrEmpty(); init; }

    public ImmutableArray<Exemption> Exemptions { get => field.OrEmpty(); init; }

    public ImmutableArray<Purpose> Purposes { get => field.OrEmpty(); init; }

    /// <summary>Reads all of them; what is over and decides nothing any more is left out.</summary>
    public static GovernedLists Read(Session session)
    {
        ImmutableArray<T> All<T>(RecordType<T> type, Func<T, bool>? counts = null)
            where T : class =>
            [.. GovernedRecords.All(session, type).Select(record => record.Content).Where(one => counts is null || counts(one))];
        ImmutableArray<T> In<T, TState>(RecordType<T> type, params TState[] states)
            where T : class
            where TState : struct, Enum =>
            [.. GovernedRecords.All(session, type, states).Select(record => record.Content)];
        return new()
        {
            Roles = In(RecordTypes.Role, RoleAssignmentState.Active),
            Delegations = In(RecordTypes.Delegation, DelegationState.Active),
            Classifications = In(RecordTypes.Classification, ClassificationState.Effective, ClassificationState.Frozen),
            Agreements = In(RecordTypes.Agreement, [.. Enum.GetValues<AgreementState>()
                .Except([AgreementState.Draft, AgreementState.Closed])]),
            Obligations = In(RecordTypes.Obligation, [.. Enum.GetValues<ObligationState>()
                .Except([ObligationState.Fulfilled, ObligationState.Waived])]),
            CompatibilityTests = All(RecordTypes.CompatibilityTest, one => one.RevokedAt is null),
            // Until consent is recorded for each person no stored word for it counts.
            Datasets = [.. All(RecordTypes.Dataset).Select(one => one with { HasConsentRecords = false })],
            Claims = [.. All(RecordTypes.Claim).Select(one => (one.Party, one.Claim))],
            Accepted = [.. All(RecordTypes.TermsAcceptance)
                .Select(one => (one.Party, new TermsAcceptance(one.Terms, one.Version, one.At)))],
            PartyFacts = [.. All(RecordTypes.PartyFacts).Select(one => (one.Party, one.RiskAppetite))],
            Rules = All(RecordTypes.Rule, one => one.RevokedAt is null),
            Blocks = All(RecordTypes.Block),
            Emergencies = All(RecordTypes.Emergency),
            Exemptions = All(RecordTypes.Exemption, one => one.RevokedAt is null),
            Purposes = All(RecordTypes.Purpose),
        };
    }
}

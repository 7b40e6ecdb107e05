using Stoa.Identity.Credentials;
using Stoa.Sharing.Agreements;
using Stoa.Sharing.Policy;
using Stoa.Sharing.Purposes;
using Stoa.Sharing.Records;
using Stoa.Sharing.Roles;
using Stoa.Storage;
using Stoa.Vocabulary;

namespace Stoa.Portal.Agreements;

/// <summary>What somebody may use of a dataset that its page does not show, because parts are left out or use is counted.</summary>
internal static class KnownUses
{
    // More than anybody reads; the register has all.
    private const int AgreementsMax = 20;

    /// <summary>What may be seen without an agreement, by a role or the level, in words; null when nothing.</summary>
    internal static string? Own(AccessPolicy policy, Requester requester, DatasetId dataset) =>
        Decide(policy, requester.By(WayOut.Api), dataset).Grant is { Agreement: null } grant ? AgreementWords.Of(grant) : null;

    /// <summary>What agreements in force give, each for its purposes.</summary>
    internal static IReadOnlyList<UseUnderAgreement> Agreed(Session session, AccessPolicy policy, Requester requester, DatasetId dataset)
    {
        var purposes = SharedDatasets.Purposes(session);
        return
        [
            .. policy.AgreementsOn(requester, dataset).Where(terms => AgreementRegister.Visible(session, requester, terms.Id.Value) is not null)
                .Take(AgreementsMax).Select(terms => new UseUnderAgreement(terms.Id.Value, terms.ValidTo,
                    [.. terms.Purposes.Select(purpose => UseFor(policy, requester, dataset, terms.Id, purpose, purposes))])),
        ];
    }

    private static UseFor UseFor(
        AccessPolicy policy, Requester requester, DatasetId dataset, AgreementId agreement, PurposeId purpose, PurposeTree purposes)
    {
        // As its downloads are decided.
        var decision = Decide(policy, requester.Declaring(purpose.Value, agreement.Value).By(WayOut.Export), dataset);
        return new(purpose.Value, AgreementWords.Words(purpose, purposes), decision.Grant is { } grant ? AgreementWords.Of(grant) : null,
            decision.IsPermitted ? null : ReasonCodes.Of(decision.Reasons[0].Code).In("en").Text);
    }

    // What was used is counted where data leave.
    private static Decision Decide(AccessPolicy policy, Requester requester, DatasetId dataset)
    {
        var question = policy.Ask(requester);
        return AccessDecision.Decide(question.Request with { Dataset = dataset, Action = DataAction.See }, question.Snapshot);
    }
}

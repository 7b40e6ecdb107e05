using Stoa.Sharing.Agreements;
using Stoa.Vocabulary;

namespace Stoa.Sharing.Policy;

// The agreement gate: finding the one agreement that counts, and whether it holds (ISO 37156, 8.3.4).
internal ref partial struct Evaluation
{
    private bool Agreed()
    {
        if (!Sees || _isByRole || (_level == SpectrumClass.Open && Dataset.OwnLevel == SpectrumClass.Open)) return true;
        var isNeeded = IsShared(_level) || IsShared(Dataset.OwnLevel) || AsksForPeople();
        if (!isNeeded && _request.Agreement is null) return true;
        return FindAgreement() && Holds();
    }

    private static bool IsShared(SpectrumClass level) =>
        level is SpectrumClass.Closed or SpectrumClass.SharedSpecific or SpectrumClass.SharedGroup;

    private readonly bool AsksForPeople() =>
        _request.Fields is { } fields && _dataset is { } dataset && dataset.Layout.Of(fields).Overlaps(dataset.Layout.Personal);

    private bool FindAgreement()
    {
        if (_request.Agreement is { } named)
        {
            foreach (var party in Chain)
                foreach (var agreement in party.Agreements)
                    if (agreement.Terms.Id == named) return Take(agreement);
            return Fail(ReasonCode.G8AgreementOfOthers);
        }

        AgreementStanding? found = null, matching = null, any = null;
        int running = 0, fitting = 0;
        var purpose = _request.Purpose is { } declared ? _snapshot.Purposes.IndexOf(declared) : -1;
        foreach (var party in Chain)
            foreach (var agreement in party.Agreements)
            {
                if (!agreement.TryFind(_request.Dataset, out _)) continue;
                any ??= agreement;
                if (agreement.Agreement.State != AgreementState.Active) continue;
                if (!IsInTime(agreement))
                {
                    // When it begins there are several to choose from.
                    if (agreement.Terms.ValidFrom.CompareTo(_at) > 0) EndsAt(agreement.Terms.ValidFrom);
                    continue;
                }

                running++;
                found = agreement;
                if (purpose < 0 || !agreement.Purposes.Contains(purpose)) continue;
                fitting++;
                matching = agreement;
            }

        if (running == 1) return Take(found);
        if (fitting == 1) return Take(matching);
        if (running > 1) return Fail(ReasonCode.G10SeveralAgreements);
        return any is null ? Fail(ReasonCode.G1NoAgreement) : Take(any);
    }

    private bool Take(AgreementStanding? agreement)
    {
        _agreement = agreement;
        return agreement is not null;
    }

    private readonly bool IsInTime(AgreementStanding agreement) =>
        agreement.Terms.ValidFrom.CompareTo(_at) <= 0 && agreement.Terms.ValidTo.CompareTo(_at) > 0;

    private bool Holds()
    {
        if (_agreement is not { } agreement) return false;
        var terms = agreement.Terms;
        if (!agreement.TryFind(_request.Dataset, out _agreed)) return Fail(ReasonCode.G4DatasetNotAgreed);
        if (!terms.Actions.Contains(_request.Action)) return Fail(ReasonCode.G5ActionNotAgreed);
        if (agreement.Agreement.State != AgreementState.Active) return Fail(ReasonCode.G2NotActive);
        if (!IsInTime(agreement)) return Fail(ReasonCode.G3OutOfTime);
        if (!agreement.IsSigned) return Fail(ReasonCode.G9NotSigned);
        if (agreement.UndertakenUntil is not { } undertaken || undertaken.CompareTo(_at) <= 0)
            return Fail(ReasonCode.G6UndertakingMissing);
        foreach (var obligation in agreement.Suspending)
        {
            if (obligation.IsOverdueAt(_at)) return Fail(ReasonCode.G7ObligationOverdue);
            if (obligation.DueAt is { } due) EndsAt(new(due.UnixMicroseconds + 1));
        }

        if (agreement.Agreement.ActiveSince is not { } since || since.CompareTo(Dataset.Review.OverdueFrom) >= 0)
            return Fail(ReasonCode.L8ReviewOverdue);
        EndsAt(terms.ValidTo);
        EndsAt(undertaken);
        return true;
    }
}

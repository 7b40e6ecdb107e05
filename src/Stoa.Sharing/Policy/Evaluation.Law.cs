using Stoa.Sharing.Agreements;

namespace Stoa.Sharing.Policy;

// The gates of purpose and law: what was agreed for, and what the law asks besides (ISO 37156, 5.5.1 and 8.3.4).
internal ref partial struct Evaluation
{
    private bool Purpose()
    {
        if (!Sees) return true;
        if (_agreement?.Terms.Purposes is [var only]) _purposeId ??= only;
        if (_purposeId is not { } declared)
            return !Narrowing.IsPurposeBound || Fail(ReasonCode.P2PurposeNotDeclared);
        _purpose = _snapshot.Purposes.IndexOf(declared);
        if (_purpose < 0) return Fail(ReasonCode.P3PurposeUnknown);
        if (!Narrowing.Purposes.Contains(_purpose))
            return Fail(Narrowing.PurposesLeftOut.Contains(_purpose)
                ? ReasonCode.P6PurposeProhibited
                : ReasonCode.P1PurposeNotAgreed);
        if (_agreed is not { IsPersonal: true } || _agreement is not { } agreement) return true;
        return agreement.Terms.LegalBasis switch
        {
            LegalBasis.NotPersonal => Fail(ReasonCode.P5NoLegalBasis),
            LegalBasis.Consent => Dataset.Source.HasConsentRecords || Fail(ReasonCode.P4ConsentNotEstablished),
            _ => true,
        };
    }

    private bool Law()
    {
        if (!Sees) return true;
        if (!IsPlaceAllowed()) return false;
        if (_agreed is not { IsPersonal: true } || _agreement is not { Terms: var terms }) return true;
        if (Dataset.Source.IsSpecial && terms.SpecialGround == SpecialGround.None && !IsExempt(ReasonCode.W1NoSpecialGround))
            return Fail(ReasonCode.W1NoSpecialGround);
        if (terms.Notice is NoticeCompatibility.NotEstablished or NoticeCompatibility.Incompatible &&
            !IsExempt(ReasonCode.W2NoticeNotCompatible)) return Fail(ReasonCode.W2NoticeNotCompatible);
        if (!IsTransferCovered(terms)) return false;
        return Dataset.Source.Impact != ImpactAssessment.Open || IsExempt(ReasonCode.W4AssessmentOpen) ||
            Fail(ReasonCode.W4AssessmentOpen);
    }

    private bool IsPlaceAllowed()
    {
        if (Narrowing.Jurisdictions is not { } allowed) return true;
        if (Place is not { } place) return Fail(ReasonCode.W5PlaceNotEstablished);
        return allowed.Contains(place) || IsExempt(ReasonCode.W6PlaceNotAllowed) || Fail(ReasonCode.W6PlaceNotAllowed, place);
    }

    private bool IsTransferCovered(AgreementTerms terms)
    {
        var home = _snapshot.Content.HomeJurisdictions;
        if (home.IsEmpty || terms.Transfer != TransferInstrument.None) return true;
        if (Place is not { } place) return Fail(ReasonCode.W5PlaceNotEstablished);
        return home.Contains(place) || IsExempt(ReasonCode.W3TransferNotCovered) || Fail(ReasonCode.W3TransferNotCovered, place);
    }

    private readonly string? Place
    {
        get
        {
            if (_request.Origin is { } origin) return origin;
            foreach (var party in Chain)
                if (party.Party.Jurisdiction is { } place) return place;
            return null;
        }
    }

    private bool IsExempt(ReasonCode check)
    {
        foreach (var exemption in Dataset.Exemptions)
        {
            if (exemption.Check != check || exemption.Until.CompareTo(_at) <= 0) continue;
            EndsAt(exemption.Until);
            Note(ReasonCode.W7Exempted, exemption.Reference);
            return true;
        }

        return false;
    }
}

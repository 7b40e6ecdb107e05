using Stoa.Sharing.Parties;
using Stoa.Sharing.Roles;
using Stoa.Sharing.Spectrum;
using Stoa.Vocabulary;

namespace Stoa.Sharing.Policy;

// The level gate: who may do what by level and by role (ISO 37156, 5.5 and 9.2).
internal ref partial struct Evaluation
{
    private bool Level()
    {
        if (ByRole()) return true;
        if (!Sees) return Fail(MayPropose() ? ReasonCode.L10ProposalOnly : ReasonCode.L9RoleMissing);
        if (!Dataset.Narrowing.Admits(Category)) return Fail(ReasonCode.L11CategoryNotAdmitted);

        // What a cap or a missed review leaves is asked for besides what the owner decided: a lower level never lets somebody
        // through whom the higher one did not.
        if (!IsAdmitted(Dataset.OwnLevel)) return false;
        if (_level != Dataset.OwnLevel && !IsAdmitted(_level)) return false;
        if (Dataset.Review.At(_at) != ReviewStanding.Current) Note(ReasonCode.L12ReviewDue);
        if (Dataset.Review.At(_at) != ReviewStanding.Lapsed) EndsAt(Dataset.Review.LapsedFrom);
        return true;
    }

    // A person's category is that of whom it acts for, unless it has one.
    private readonly UserGroup? Category
    {
        get
        {
            foreach (var party in Chain)
                if (party.Party.Category is { } group) return group;
            return null;
        }
    }

    private bool IsAdmitted(SpectrumClass level) => level switch
    {
        SpectrumClass.Open => true,
        SpectrumClass.SharedPublic => HasAccepted(),
        SpectrumClass.SharedGroup => BelongsToGroup(),
        SpectrumClass.SharedSpecific => IsNamed() || Fail(ReasonCode.L3NotNamed),
        SpectrumClass.Closed => Fail(ReasonCode.L1Closed),
        // A level of a newer version: nobody passes.
        _ => Fail(ReasonCode.L1Closed),
    };

    private readonly bool IsNamed()
    {
        if (_dataset is null) return false;
        foreach (var named in _dataset.Named)
            if (HasInChain(named)) return true;
        return false;
    }

    private bool HasAccepted()
    {
        if (Dataset.Terms is not { } terms || _party is null) return Fail(ReasonCode.L6TermsNotAccepted);
        var best = ReasonCode.L6TermsNotAccepted;
        foreach (var party in Chain)
            foreach (var accepted in party.Party.Accepted)
            {
                if (accepted.Terms != terms.Terms || accepted.At.CompareTo(_at) > 0) continue;
                if (accepted.Version != terms.Version)
                {
                    if (best == ReasonCode.L6TermsNotAccepted) best = ReasonCode.L7TermsChanged;
                    continue;
                }

                if (accepted.At.CompareTo(Dataset.Review.OverdueFrom) < 0) return true;
                best = ReasonCode.L8ReviewOverdue;
            }

        return Fail(best, terms.Terms);
    }

    private bool BelongsToGroup()
    {
        // No criterion describes nobody.
        if (Dataset.Criteria.IsEmpty || _party is null) return Fail(ReasonCode.L4CriterionNotMet);
        foreach (var criterion in Dataset.Criteria)
            if (!Meets(criterion)) return false;
        return true;
    }

    private bool Meets(GroupCriterion criterion)
    {
        var chain = Chain;
        var best = ReasonCode.L4CriterionNotMet;
        Instant? end = null;
        foreach (var party in chain)
        {
            if (criterion.ClaimType == GroupCriterion.CategoryType)
            {
                if (party.Party.Category is { } group && criterion.Values.Contains(group.ToWord())) return true;
                continue;
            }

            foreach (var claim in party.Party.Claims)
            {
                if (claim.Type != criterion.ClaimType || !criterion.Values.Contains(claim.Value)) continue;
                var expires = claim.ExpiresAt ?? Instant.Max;
                if (claim.Status == ClaimStatus.Asserted)
                {
                    if (best == ReasonCode.L4CriterionNotMet) best = ReasonCode.L5ClaimNotVerified;
                }
                else if (claim.Status == ClaimStatus.Verified)
                {
                    if (expires.CompareTo(_at) <= 0) best = ReasonCode.L2ClaimExpired;
                    else if (end is not { } known || expires.CompareTo(known) > 0) end = expires;
                }
            }
        }

        if (end is not { } until) return Fail(best, criterion.ClaimType);
        EndsAt(until);
        return true;
    }

    private bool ByRole()
    {
        if (_capacity is null || _request.WithoutRoles) return false;
        for (var place = 0; place < Chain.Length; place++)
        {
            var party = Chain[place];
            if (!_capacity.MayUse(place, _request.Action)) continue;
            foreach (var role in party.RolesFor(_request.Dataset))
            {
                if (!IsInForce(role) || !MayAct(party, role)) continue;
                if (role.To is { } end) EndsAt(end);
                _isByRole = true;
                _isReadByOffice = Sees && role.Role == DataRole.PrimaryPublisher;
                Note(_isReadByOffice ? ReasonCode.L14ReadByOffice : ReasonCode.L13ByRole, RoleWords.Of(role.Role));
                return true;
            }
        }

        return false;
    }

    private readonly bool IsInForce(RoleAssignment role) =>
        role.From.CompareTo(_at) <= 0 && (role.To is not { } to || to.CompareTo(_at) > 0);

    private bool MayAct(PartyStanding party, RoleAssignment role)
    {
        var isPurpose = role.Purpose is not { } custody || _request.Purpose is not { } declared ||
            _snapshot.Purposes.IsWithin(declared, custody);
        var facts = new RoleFacts(
            Dataset.Creators == 1, Dataset.Source.IsDerived, isPurpose, IsDelegated(party), Dataset.Level > SpectrumClass.Closed);
        if (!RoleTable.MayAct(_request.Action, role.Role, facts)) return false;
        if (role.Purpose is { } purpose) _purposeId ??= purpose;
        return true;
    }

    // Of depth one: the giver must hold the right by a role of its own, not by another delegation.
    private bool IsDelegated(PartyStanding party)
    {
        foreach (var (delegation, from) in party.Delegations)
        {
            if (delegation.Dataset != _request.Dataset || delegation.Action != _request.Action ||
                delegation.Until.CompareTo(_at) <= 0 || Dataset.Level > delegation.LevelMax ||
                from.Party.Status != PartyStatus.Active) continue;
            foreach (var role in from.RolesFor(_request.Dataset))
            {
                if (!IsInForce(role) || !RoleTable.MayAct(_request.Action, role.Role,
                    new(false, Dataset.Source.IsDerived, false, false, Dataset.Level > SpectrumClass.Closed))) continue;
                EndsAt(delegation.Until);
                return true;
            }
        }

        return false;
    }

    private readonly bool MayPropose()
    {
        if (_party is null) return false;
        foreach (var party in Chain)
            foreach (var role in party.RolesFor(_request.Dataset))
                if (IsInForce(role) && RoleTable.MayPropose(_request.Action, role.Role)) return true;
        return false;
    }
}

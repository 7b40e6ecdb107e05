using Stoa.Sharing.Agreements;
using Stoa.Sharing.Obligations;
using Stoa.Sharing.Parties;
using Stoa.Sharing.Policy;
using Stoa.Sharing.Roles;
using Stoa.Sharing.Spectrum;
using Stoa.Vocabulary;
using Xunit;
using static Stoa.Tests.Sharing.World;

namespace Stoa.Tests.Sharing;

/// <summary>Each reason is met by a world that differs in one thing from the one in which the decision is a permit.</summary>
public class Gates_of_the_decision
{
    private static readonly Party Consumer = Content.PartyOf(University);
    private static readonly PolicyContent AboutPeople = Content.With(ClausesAboutPeople);

    private static readonly Dictionary<string, (PolicyContent World, DecisionRequest Request)> Refusals = new()
    {
        ["S1-POLICY-NOT-LOADED"] = (Content with { Version = -1 }, Request),
        ["S2-CLOCK-UNSOUND"] = (Content, Request with { At = At("2026-06-01T09:59:00Z") }),
        ["S3-POLICY-STALE"] = (Content with { FreshUntil = Now }, Request),
        ["S4-DATASET-UNKNOWN"] = (Content, Request with { Dataset = new(99) }),
        ["I1-NOT-IDENTIFIED"] = (Content, Request with { Party = null }),
        ["I2-PARTY-UNKNOWN"] = (Content, Request with { Party = new(99) }),
        ["I3-PARTY-NOT-ACTIVE"] = (Content.With(Consumer with { Status = PartyStatus.Verified }), Request with { Party = Researcher }),
        ["I4-CREDENTIAL-EXPIRED"] = (Content, Request with { CredentialUntil = Now }),
        ["I5-STRENGTH-TOO-LOW"] = (Content.With(new Restriction { StrengthMin = Strength.MultiFactor }), Request),
        ["B1-DATASET-FROZEN"] = (Content.With(Specific with { State = ClassificationState.Frozen }), Request),
        ["B2-PARTY-SUSPENDED"] = (Content.With(Consumer with { Status = PartyStatus.Suspended }), Request with { Party = Researcher }),
        ["B3-INCIDENT"] = (Content with { Blocks = [new(BlockKind.Incident, null, null)] }, Request),
        ["B4-RESTRICTED"] = (Content with { Blocks = [new(BlockKind.Objection, Counts, University)] }, Request),
        ["B5-CITY-PROHIBITS"] = (Content.With(Rule(PolicyLayer.City)), Request),
        ["B6-MEMBER-PROHIBITS"] = (Content.With(Rule(PolicyLayer.Member) with { Member = City }), Request),
        ["L1-CLOSED"] = (Content.With(WithEverything(SpectrumClass.Closed)), Request),
        ["L2-CLAIM-EXPIRED"] = (Group(new Claim("member-of", "mobility-lab", ClaimStatus.Verified, Now)), Request),
        ["L3-NOT-NAMED"] = (Content.With(Specific with { Named = [Stranger] }), Request),
        ["L4-CRITERION-NOT-MET"] = (Group(new Claim("member-of", "another-lab", ClaimStatus.Verified)), Request),
        ["L5-CLAIM-NOT-VERIFIED"] = (Group(new Claim("member-of", "mobility-lab", ClaimStatus.Asserted)), Request),
        ["L6-TERMS-NOT-ACCEPTED"] = (Public(), Request),
        ["L7-TERMS-CHANGED"] = (Public(new TermsAcceptance("city-terms", 1, Now)), Request),
        ["L8-REVIEW-OVERDUE"] = (Public(new TermsAcceptance("city-terms", 2, At("2027-02-01T00:00:00Z"))), Request with { At = At("2027-02-02T00:00:00Z") }),
        ["L9-ROLE-MISSING"] = (Content, Request with { Action = DataAction.Publish }),
        ["L10-PROPOSAL-ONLY"] = (Content, Request with { Party = Office, Action = DataAction.Correct }),
        ["L11-CATEGORY-NOT-ADMITTED"] = (Content.With(new Restriction { Categories = [UserGroup.Business] }), Request),
        ["G1-NO-AGREEMENT"] = (Content with { Agreements = [] }, Request),
        ["G2-NOT-ACTIVE"] = (Content with { Agreements = [Sign(Agreed) with { State = AgreementState.Suspended }] }, Request),
        ["G3-OUT-OF-TIME"] = (Content.With(Specific with { ReviewBy = new(2029, 1, 1) }), Request with { At = At("2027-01-01T00:00:00Z") }),
        ["G4-DATASET-NOT-AGREED"] = (Content.With(Clauses with { Datasets = [new(11)] }), Request with { Agreement = Terms }),
        ["G5-ACTION-NOT-AGREED"] = (Content.With(Clauses with { Actions = [DataAction.Add] }), Request),
        ["G6-UNDERTAKING-MISSING"] = (Content.With(Clauses with { Undertakings = ["confidentiality"] }), Request),
        ["G7-OBLIGATION-OVERDUE"] = (Content with { Obligations = [Owed(ObligationState.Due, "2026-05-31T00:00:00Z")] }, Request),
        ["G8-AGREEMENT-OF-OTHERS"] = (Content.With(Specific with { Named = [Stranger] }), Request with { Party = Stranger, Agreement = Terms }),
        ["G9-NOT-SIGNED"] = (Content with { Agreements = [Sign(Agreed) with { Terms = Clauses with { Fee = "none" } }] }, Request),
        ["G10-SEVERAL-AGREEMENTS"] = (Content with { Agreements = [Sign(Agreed), Sign(Agreed with { Terms = Clauses with { Id = new(8) } })] }, Request),
        ["P1-PURPOSE-NOT-AGREED"] = (Content, Request with { Purpose = new("Marketing") }),
        ["P2-PURPOSE-NOT-DECLARED"] = (Content.With(Clauses with { Purposes = [Research, Mobility] }), Request with { Purpose = null }),
        ["P3-PURPOSE-UNKNOWN"] = (Content, Request with { Purpose = new("Whatever") }),
        ["P4-CONSENT-NOT-ESTABLISHED"] = (Content.With(ClausesAboutPeople with { LegalBasis = LegalBasis.Consent }), Request),
        ["P5-NO-LEGAL-BASIS"] = (Content.With(ClausesAboutPeople with { LegalBasis = LegalBasis.NotPersonal }), Request),
        ["P6-PURPOSE-PROHIBITED"] = (Content.With(new Restriction { PurposesLeftOut = [new("ResearchAndDevelopment")] }), Request),
        ["W1-NO-SPECIAL-GROUND"] = (AboutPeople.With(Dataset with { IsSpecial = true }), Request),
        ["W2-NOTICE-NOT-COMPATIBLE"] = (Content.With(ClausesAboutPeople with { Notice = NoticeCompatibility.Incompatible }), Request),
        ["W3-TRANSFER-NOT-COVERED"] = (AboutPeople with { HomeJurisdictions = ["DE", "FR"] }, Request with { Origin = "US" }),
        ["W4-ASSESSMENT-OPEN"] = (AboutPeople.With(Dataset with { Impact = ImpactAssessment.Open }), Request),
        ["W5-PLACE-NOT-ESTABLISHED"] = (Content.With(Consumer with { Jurisdiction = null }).With(Clauses with { Jurisdictions = ["DE"] }), Request),
        ["W6-PLACE-NOT-ALLOWED"] = (Content.With(Clauses with { Jurisdictions = ["FR"] }), Request),
        ["M1-NO-FIELD-LEFT"] = (Content, Request with { Fields = ["no-such-field"] }),
        ["M3-WINDOW-EMPTY"] = (Content.With(Clauses with { DataFrom = Now }), Request with { Until = Now }),
        ["A1-AGGREGATION-NOT-AVAILABLE"] = (Content.With(new Restriction { Granularity = new(0, 0, 10) }), Request),
        ["Q1-RATE"] = (Content.With(Clauses with { Limits = new(60, 0) }), Request with { Usage = new(60, 0) }),
        ["Q2-VOLUME"] = (Content.With(Clauses with { Limits = new(0, 1000) }), Request with { Usage = new(0, 1000) }),
        // Ten o'clock UTC is noon in Berlin in June.
        ["Q3-HOURS"] = (Content.With(new Restriction { Hours = new(8 * 60, 12 * 60) }), Request),
        ["Q4-AREA"] = (Content.With(Clauses with { Area = new(0, 0, 1, 1) }), Request with { Area = new(2, 2, 3, 3) }),
        ["Q5-USAGE-NOT-ESTABLISHED"] = (Content.With(Clauses with { Limits = new(60, 0) }), Request),
        ["Q6-CHANNEL"] = (Content.With(new Restriction { Channels = [Channel.Portal] }), Request),
        ["R1-RISK-NOT-ACCEPTED"] = (Content.With(Dataset with { ResidualRisk = 12 }).With(Consumer with { RiskAppetite = 8 }), Request),
    };

    [Fact]
    public void Let_the_agreed_use_through_with_what_was_agreed()
    {
        var decision = Content.Decide(Request with { Party = Researcher });

        Assert.Equal(Outcome.Permit, decision.Outcome);
        Assert.Null(decision.Gate);
        Assert.Equal(["time", "count", "district"], decision.Grant!.Fields!.Value);
        Assert.Equal((Counts, Research, Terms), (decision.Grant.Dataset, decision.Grant.Purpose!.Value, decision.Grant.Agreement!.Value));
        Assert.Equal(At("2026-06-01T10:01:00Z"), decision.Grant.ValidUntil);
        Assert.Equal([new Reason(ReasonCode.M2FieldsReduced)], decision.Reasons);
    }

    [Fact]
    public void Refuse_each_with_its_reason()
    {
        foreach (var (word, (world, request)) in Refusals)
        {
            var decision = world.Decide(request);

            var meaning = ReasonCodes.Of(decision.Reasons.FirstOrDefault().Code);
            Assert.True(meaning.Word == word, $"{word} was expected, not {meaning.Word} ({decision.Outcome}).");
            Assert.Equal(meaning.Kind.ToString(), decision.Outcome.ToString());
            Assert.Null(decision.Grant);
            Assert.True(meaning.Gate == decision.Gate || word == "L8-REVIEW-OVERDUE", word);
        }
    }

    [Fact]
    public void Are_met_by_a_world_for_every_reason_that_refuses()
    {
        var refusing = ReasonCodes.All.Where(meaning => meaning.Kind != ReasonKind.Note && meaning.Code != ReasonCode.NotAvailable);

        Assert.Equal(refusing.Select(meaning => meaning.Word).Order(StringComparer.Ordinal), Refusals.Keys.Order(StringComparer.Ordinal));
    }

    [Fact]
    public void Are_all_evaluated_when_an_explanation_is_asked_for()
    {
        var world = Content.With(new Restriction { Channels = [Channel.Portal] })
            .With(Specific with { Named = [Stranger] });

        var brief = world.Decide(Request with { Purpose = new("Marketing") });
        var full = world.Decide(Request with { Purpose = new("Marketing"), Explain = true });

        Assert.Equal([ReasonCode.L3NotNamed], brief.Reasons.Select(reason => reason.Code));
        Assert.Equal(
            [ReasonCode.L3NotNamed, ReasonCode.P1PurposeNotAgreed, ReasonCode.M2FieldsReduced, ReasonCode.Q6Channel],
            full.Reasons.Select(reason => reason.Code));
        Assert.Equal(Gate.Level, full.Gate);
        Assert.Equal(brief.Outcome, full.Outcome);
    }

    [Fact]
    public void Say_which_claim_the_group_asks_for()
    {
        var decision = Group(new Claim("member-of", "mobility-lab", ClaimStatus.Verified, Now)).Decide(Request);

        Assert.Equal(new Reason(ReasonCode.L2ClaimExpired, "member-of"), decision.Reasons[0]);
    }

    [Fact]
    public void Give_fields_about_people_only_by_name_and_for_a_purpose_that_needs_them()
    {
        Assert.Equal(["time", "count", "plate"], AboutPeople.Decide(Request).Grant!.Fields!.Value);
        Assert.Equal(["time", "count"],
            Content.With(ClausesAboutPeople with { Purposes = [Mobility] }).Decide(Request with { Purpose = Mobility }).Grant!.Fields!.Value);
        Assert.Equal(["time", "count", "district"], Content.Decide(Request).Grant!.Fields!.Value);
    }

    [Fact]
    public void Intersect_the_city_the_member_the_classification_and_the_agreement()
    {
        var world = Content.With(
                new PolicyRule { Name = "a", Layer = PolicyLayer.City, Restriction = new() { Granularity = new(100, 0, 0) } },
                new PolicyRule { Name = "b", Layer = PolicyLayer.Member, Member = City, Restriction = new() { FieldsLeftOut = ["time"] } },
                new PolicyRule { Name = "c", Layer = PolicyLayer.Member, Member = Stranger, Prohibits = true })
            .With(Specific with { Conditions = new() { From = At("2020-01-01T00:00:00Z") } })
            .With(Clauses with { Granularity = new(50, 3600, 0), DataUntil = At("2026-01-01T00:00:00Z") });

        var grant = world.Decide(Request with { From = At("2021-01-01T00:00:00Z") }).Grant!;

        Assert.Equal(["count", "district"], grant.Fields!.Value);
        Assert.Equal(new Granularity(100, 3600, 0), grant.Granularity);
        Assert.Equal((At("2021-01-01T00:00:00Z"), At("2026-01-01T00:00:00Z")), (grant.From!.Value, grant.Until!.Value));
    }

    [Fact]
    public void Let_a_lawful_emergency_through_a_block_but_not_a_suspended_party()
    {
        var world = Content.With(Specific with { State = ClassificationState.Frozen }) with
        {
            Emergencies = [new([Counts], [University], At("2026-06-02T00:00:00Z"), "Disaster act, 4")],
        };

        Assert.Equal(Outcome.Permit, world.Decide(Request).Outcome);
        Assert.Contains(new Reason(ReasonCode.B7LiftedByEmergency), world.Decide(Request).Reasons);
        Assert.Equal(ReasonCode.B2PartySuspended,
            world.With(Consumer with { Status = PartyStatus.Suspended }).Decide(Request).Reasons[0].Code);
    }

    [Fact]
    public void Flip_one_check_of_the_law_by_an_exemption_and_name_it()
    {
        var world = AboutPeople.With(Dataset with { Impact = ImpactAssessment.Open }) with
        {
            Exemptions = [new(ReasonCode.W4AssessmentOpen, Counts, At("2026-06-01T10:00:30Z"), "EX-3")],
        };

        var decision = world.Decide(Request);

        Assert.True(decision.IsPermitted);
        Assert.Contains(new Reason(ReasonCode.W7Exempted, "EX-3"), decision.Reasons);
        Assert.Equal(At("2026-06-01T10:00:30Z"), decision.Grant!.ValidUntil);
        Assert.False(world.Decide(Request with { At = At("2026-06-01T10:00:30Z") }).IsPermitted);
    }

    [Fact]
    public void Take_a_compatible_purpose_when_it_was_tested()
    {
        var world = Content with { CompatibilityTests = [new(Terms, Mobility, true, City, "Same context, no new recipients.")] };

        Assert.True(world.Decide(Request with { Purpose = Mobility }).IsPermitted);
        Assert.False(Content.Decide(Request with { Purpose = Mobility }).IsPermitted);
        Assert.False((world with { CompatibilityTests = [new(Terms, Mobility, false, City, "")] }).Decide(Request with { Purpose = Mobility }).IsPermitted);
    }

    [Fact]
    public void Choose_among_agreements_by_the_purpose()
    {
        var world = Content with
        {
            Agreements = [Sign(Agreed), Sign(Agreed with { Terms = Clauses with { Id = new(8), Purposes = [Mobility] } })],
        };

        Assert.Equal(new AgreementId(8), world.Decide(Request with { Purpose = Mobility }).Grant!.Agreement);
        Assert.Equal(Terms, world.Decide(Request).Grant!.Agreement);
        Assert.Equal(Outcome.Indeterminate, world.Decide(Request with { Purpose = null }).Outcome);
    }

    [Fact]
    public void Give_open_data_to_anyone_without_a_credential()
    {
        var world = Content.With(Specific with { Level = SpectrumClass.Open, Named = [] }).With(Dataset with { Fields = [] });

        var decision = world.Decide(new() { Dataset = Counts, At = Now });

        Assert.True(decision.IsPermitted);
        Assert.True(decision.Grant!.IsWhole);
        Assert.Empty(decision.Reasons);
    }

    [Fact]
    public void Last_no_longer_than_what_they_rest_on()
    {
        var soon = At("2026-06-01T10:00:20Z");

        Assert.Equal(soon, Content.Decide(Request with { CredentialUntil = soon }).Grant!.ValidUntil);
        Assert.Equal(soon, Content.With(Clauses with { ValidTo = soon }).Decide(Request).Grant!.ValidUntil);
        Assert.Equal(soon, Group(new Claim("member-of", "mobility-lab", ClaimStatus.Verified, soon)).Decide(Request).Grant!.ValidUntil);
    }

    private static PolicyRule Rule(PolicyLayer layer) => new() { Name = "stop", Layer = layer, Prohibits = true };

    private static PolicyContent Group(params Claim[] claims) =>
        Content.With(WithEverything(SpectrumClass.SharedGroup)).With(Consumer with { Claims = [.. claims] });

    private static PolicyContent Public(params TermsAcceptance[] accepted) =>
        Content.With(WithEverything(SpectrumClass.SharedPublic)).With(Consumer with { Accepted = [.. accepted] });
}

using System.Collections.Immutable;
using Stoa.Sharing.Agreements;
using Stoa.Sharing.Obligations;
using Stoa.Sharing.Parties;
using Stoa.Sharing.Policy;
using Stoa.Sharing.Purposes;
using Stoa.Sharing.Roles;
using Stoa.Sharing.Spectrum;
using Stoa.Vocabulary;

namespace Stoa.Tests.Sharing;

/// <summary>A small world in which one decision is a permit: a city that owns bicycle counts, an office that publishes them, a
/// university with an agreement, and somebody who works there. Tests change one thing of it.</summary>
internal static class World
{
    public static readonly PartyId City = new(1), Office = new(2), University = new(3), Researcher = new(4), Stranger = new(5);
    public static readonly DatasetId Counts = new(10);
    public static readonly AgreementId Terms = new(7);
    public static readonly PurposeId Research = new("ScientificResearch"), Mobility = new("ImproveTransportMobility");
    public static readonly Instant Now = At("2026-06-01T10:00:00Z");

    public static PolicyContent Content { get; } = new()
    {
        Version = 12,
        TakenAt = At("2026-06-01T09:59:59Z"),
        TimeZone = "Europe/Berlin",
        Parties =
        [
            new() { Id = City, Kind = PartyKind.Organization, Status = PartyStatus.Active, Category = UserGroup.CityOrganization, Jurisdiction = "DE" },
            new() { Id = Office, Kind = PartyKind.Unit, Status = PartyStatus.Active, Category = UserGroup.CityOrganization, Jurisdiction = "DE" },
            new()
            {
                Id = University, Kind = PartyKind.Organization, Status = PartyStatus.Active, Category = UserGroup.Academia, Jurisdiction = "DE",
                Claims = [new("member-of", "mobility-lab", ClaimStatus.Verified, At("2027-01-01T00:00:00Z"))],
                Accepted = [new("city-terms", 2, At("2026-01-10T00:00:00Z"))],
            },
            new() { Id = Researcher, Kind = PartyKind.Person, Status = PartyStatus.Active, ActsFor = University },
            new() { Id = Stranger, Kind = PartyKind.Organization, Status = PartyStatus.Active, Category = UserGroup.Business, Jurisdiction = "US" },
        ],
        Datasets = [Dataset],
        Classifications = [Specific],
        Roles =
        [
            Role(1, DataRole.Owner, City),
            Role(2, DataRole.PrimaryPublisher, Office),
        ],
        Agreements = [Sign(Agreed)],
    };

    public static GovernedDataset Dataset => new()
    {
        Id = Counts,
        Sector = InfrastructureSector.Transport,
        Fields =
        [
            new("time", Personal.None, []),
            new("count", Personal.None, []),
            new("district", Personal.Linkable, [Research]),
            new("plate", Personal.Personal, [new("AcademicResearch"), Research]),
        ],
        RiskAcceptedUntil = null,
    };

    public static Classification Specific => new()
    {
        Id = new(1),
        Dataset = Counts,
        Level = SpectrumClass.SharedSpecific,
        State = ClassificationState.Effective,
        Named = [University],
        Reason = "Counts of single lanes.",
        ReviewBy = new(2027, 1, 31),
    };

    /// <summary>One that holds the conditions of every level, to be looked at under any.</summary>
    public static Classification WithEverything(SpectrumClass level) => Specific with
    {
        Level = level,
        Criteria = [new("member-of", ["mobility-lab"])],
        Terms = new("city-terms", 2),
    };

    public static Agreement Agreed => new()
    {
        Terms = Clauses,
        State = AgreementState.Active,
        ActiveSince = At("2026-01-15T00:00:00Z"),
    };

    public static AgreementTerms Clauses => new()
    {
        Id = Terms,
        Version = 1,
        Provider = City,
        Consumer = University,
        Datasets = [Counts],
        Purposes = [Research],
        ValidFrom = At("2026-01-01T00:00:00Z"),
        ValidTo = At("2027-01-01T00:00:00Z"),
    };

    /// <summary>The clauses with the plates, and what the law asks for then.</summary>
    public static AgreementTerms ClausesAboutPeople => Clauses with
    {
        Fields = ["time", "count", "plate"],
        LegalBasis = LegalBasis.PublicTask,
        NonConsentRecord = "c0ffee",
        Notice = NoticeCompatibility.Compatible,
        Retention = new(RetentionStart.Receipt, 90, AfterRetention.Delete),
    };

    public static DecisionRequest Request => new() { Party = University, Strength = Strength.Token, Dataset = Counts, Purpose = Research, At = Now };

    public static Instant At(string text) => Instant.TryParse(text, out var at) ? at : throw new ArgumentException(text);

    public static RoleAssignment Role(long id, DataRole role, PartyId party) => new()
    {
        Id = new(id),
        Dataset = Counts,
        Role = role,
        Party = party,
        State = RoleAssignmentState.Active,
        From = At("2025-01-01T00:00:00Z"),
        To = role == DataRole.Custodian ? At("2028-01-01T00:00:00Z") : null,
        Purpose = role == DataRole.Custodian ? Research : null,
        Mode = role == DataRole.Creator ? CreatorMode.Passive : null,
    };

    public static Agreement Sign(Agreement agreement) => agreement with
    {
        Signatures =
        [
            new(agreement.Terms.Provider, agreement.Terms.Provider, agreement.Terms.ValidFrom, AgreementText.Hash(agreement.Terms)),
            new(agreement.Terms.Consumer, agreement.Terms.Consumer, agreement.Terms.ValidFrom, AgreementText.Hash(agreement.Terms)),
        ],
    };

    public static PolicyContent With(this PolicyContent content, AgreementTerms terms) =>
        content with { Agreements = [Sign(Agreed with { Terms = terms })] };

    public static PolicyContent With(this PolicyContent content, Party party) =>
        content with { Parties = [.. content.Parties.Select(one => one.Id == party.Id ? party : one)] };

    public static PolicyContent With(this PolicyContent content, Classification classification) =>
        content with { Classifications = [classification] };

    public static PolicyContent With(this PolicyContent content, GovernedDataset dataset) => content with { Datasets = [dataset] };

    public static PolicyContent With(this PolicyContent content, params PolicyRule[] rules) => content with { Rules = [.. rules] };

    public static PolicyContent With(this PolicyContent content, Restriction restriction) =>
        content.With(new PolicyRule { Name = "rule", Layer = PolicyLayer.City, Restriction = restriction });

    public static PolicyContent With(this PolicyContent content, RoleAssignment role) => content with { Roles = content.Roles.Add(role) };

    public static Party PartyOf(this PolicyContent content, PartyId id) => content.Parties.Single(party => party.Id == id);

    public static Obligation Owed(ObligationState state, string due) =>
        new(new(1), Terms, ObligationKind.Report, state, At(due), Suspends: true);

    public static Decision Decide(this PolicyContent content, DecisionRequest request) =>
        AccessDecision.Decide(request, PolicySnapshot.Of(content));
}

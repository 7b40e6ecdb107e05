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

/// <summary>Worlds and requests made from a seed, so that every gate is passed by some and stopped at by others.</summary>
internal sealed class RandomWorld(int seed)
{
    private static readonly PurposeId[] Purposes =
        [World.Research, World.Mobility, new("Marketing"), new("ResearchAndDevelopment"), new("PublicBenefit"), new("AcademicResearch")];

    private static readonly string[] Fields = ["time", "count", "district", "plate", "speed"];
    private static readonly string[] Places = ["DE", "FR", "US"];

    private readonly Random _random = new(seed);
    private readonly Random _memberships = new(seed + 1_000_003); // Of its own, so that the rest stays as it was.

    public const int Parties = 12, Datasets = 14;

    public PolicyContent Content()
    {
        var parties = Many(Parties, Party);
        var datasets = Many(Datasets, Dataset);
        return new()
        {
            Version = _random.Next(1, 1000),
            TakenAt = World.At("2026-01-01T00:00:00Z"),
            TimeZone = "Europe/Berlin",
            RiskAppetite = 15,
            HomeJurisdictions = Coin() ? [] : ["DE", "FR"],
            Parties = parties,
            Datasets = datasets,
            Classifications = [.. datasets.Where(_ => Chance(9, 10)).Select(dataset => Classification(dataset.Id))],
            Roles = Many(14, Role),
            Delegations = Many(4, Delegation),
            Agreements = Many(16, Agreement),
            Obligations = Many(5, Obligation),
            CompatibilityTests = Many(3, _ => new CompatibilityTest(new(_random.Next(1, 17)), Any(Purposes), Coin(), PartyId(), "tested")),
            Rules = Many(_random.Next(4), Rule),
            Blocks = Chance(1, 4) ? [new(Any<BlockKind>(), Chance(9, 10) ? DatasetId() : null, Coin() ? PartyId() : null)] : [],
            Emergencies = Chance(1, 4) ? [new([DatasetId()], [PartyId()], At(), "act")] : [],
            Exemptions = Many(8, _ => new Exemption(
                Any(ReasonCode.W1NoSpecialGround, ReasonCode.W2NoticeNotCompatible, ReasonCode.W4AssessmentOpen, ReasonCode.W6PlaceNotAllowed),
                DatasetId(), At(), "EX")),
        };
    }

    public DecisionRequest Request() => new()
    {
        Party = Chance(9, 10) ? PartyId() : null,
        Strength = Any<Strength>(),
        CredentialUntil = Chance(1, 5) ? At() : null,
        Action = Chance(5, 6) ? DataAction.See : Any<DataAction>(),
        Dataset = DatasetId(),
        Fields = Chance(1, 4) ? Some(Fields) : null,
        From = Chance(1, 6) ? At() : null,
        Until = Chance(1, 6) ? At() : null,
        Area = Chance(1, 8) ? Box() : null,
        Granularity = Chance(1, 5) ? new(_random.Next(3) * 100, _random.Next(3) * 600, 0) : default,
        Purpose = Chance(4, 5) ? Any(Purposes) : null,
        Agreement = Chance(1, 8) ? new(_random.Next(1, 18)) : null,
        Channel = Any<Channel>(),
        At = At(),
        Origin = Chance(1, 5) ? Any(Places) : null,
        Usage = Coin() ? new(_random.Next(100), _random.Next(5000)) : null,
        Explain = Chance(1, 5),
    };

    public PolicyRule Rule(int number) => new()
    {
        Name = $"rule {number}",
        Layer = Any<PolicyLayer>(),
        Member = PartyId(),
        Datasets = Coin() ? [] : [DatasetId(), DatasetId()],
        Sectors = Chance(1, 4) ? [InfrastructureSector.Transport] : [],
        Prohibits = Chance(1, 8),
        LevelMax = Chance(1, 4) ? Any<SpectrumClass>() : null,
        Restriction = Restriction(),
    };

    /// <summary>A restriction that says one thing or two.</summary>
    public Restriction Restriction()
    {
        var restriction = new Restriction();
        for (var i = _random.Next(1, 3); i > 0; i--)
            restriction = _random.Next(13) switch
            {
                0 => restriction with { Fields = Some(Fields) },
                1 => restriction with { FieldsLeftOut = [Any(Fields)] },
                2 => restriction with { Granularity = new(_random.Next(500), _random.Next(3600), _random.Next(8) / 6 * 5) },
                3 => restriction with { From = At() },
                4 => restriction with { Until = At() },
                5 => restriction with { Area = Box() },
                6 => restriction with { Purposes = [Any(Purposes), Any(Purposes)] },
                7 => restriction with { PurposesLeftOut = [Any(Purposes)] },
                8 => restriction with { Jurisdictions = Some(Places) },
                9 => restriction with { Categories = [Any<UserGroup>(), Any<UserGroup>(), Any<UserGroup>()] },
                10 => restriction with { Channels = [Any<Channel>(), Any<Channel>()] },
                11 => restriction with { Hours = new(_random.Next(1440), _random.Next(1440)) },
                _ => restriction with { Limits = new(_random.Next(80), _random.Next(4000)), StrengthMin = Any<Strength>() },
            };
        return restriction;
    }

    public T Any<T>(params T[] all) where T : notnull => all[_random.Next(all.Length)];

    private Party Party(int number) => new()
    {
        Id = new(number),
        Kind = Any<PartyKind>(),
        Status = Chance(9, 10) ? PartyStatus.Active : Any<PartyStatus>(),
        Category = Any<UserGroup>(),
        Jurisdiction = Chance(4, 5) ? Any(Places) : null,
        ActsFor = Chance(1, 3) ? PartyId() : null,
        MemberOf = _memberships.Next(3) == 0 ? [.. Enumerable.Range(1, _memberships.Next(1, 4)).Select(_ => MemberOf())] : [],
        Claims = Many(2, _ => new Claim("member-of", Any("lab", "club"), Chance(4, 5) ? ClaimStatus.Verified : Any<ClaimStatus>(), Coin() ? At() : null)),
        Accepted = Many(2, _ => new TermsAcceptance("terms", _random.Next(1, 3), At())),
        RiskAppetite = Chance(1, 4) ? _random.Next(1, 26) : null,
    };

    private MemberOf MemberOf()
    {
        Instant Time() => new(World.At("2026-01-01T00:00:00Z").UnixMicroseconds + _memberships.NextInt64(365L * 86_400) * 1_000_000);
        return new(new(_memberships.Next(1, Parties + 1)), _memberships.Next(3) == 0 ? Time() : World.At("2025-01-01T00:00:00Z"),
            _memberships.Next(3) == 0 ? Time() : null, _memberships.Next(2) == 0);
    }

    private GovernedDataset Dataset(int number) => new()
    {
        Id = new(number),
        Sector = Any<InfrastructureSector>(),
        Fields = Chance(1, 3) ? [] :
        [
            .. Fields.Where(_ => Chance(3, 4)).Select(name => new DatasetField(name,
                name == "plate" ? Personal.Personal : name == "district" ? Personal.Linkable : Personal.None,
                name is "plate" or "district" ? [Any(Purposes)] : [])),
        ],
        IsSpecial = Chance(1, 10),
        IsListed = Chance(1, 4),
        IsDerived = Chance(1, 4),
        LevelMax = Chance(1, 5) ? Any<SpectrumClass>() : null,
        Impact = Any<ImpactAssessment>(),
        HasConsentRecords = Coin(),
        ResidualRisk = Coin() ? 0 : _random.Next(20),
        RiskAcceptedUntil = Coin() ? At() : null,
    };

    private Classification Classification(DatasetId dataset) => new()
    {
        Id = new(dataset.Value),
        Dataset = dataset,
        Level = Any<SpectrumClass>(),
        State = Chance(14, 15) ? ClassificationState.Effective : Any<ClassificationState>(),
        Named = [PartyId(), PartyId(), PartyId()],
        Criteria = [Chance(1, 4) ? new("category", ["academia", "business"]) : new("member-of", [Any("lab", "club")])],
        Terms = new("terms", _random.Next(1, 3)),
        Conditions = Chance(1, 4) ? Restriction() : new(),
        ReviewBy = Chance(1, 4) ? new(2026, _random.Next(1, 13), 15) : new(2028, 1, 1),
    };

    private RoleAssignment Role(int number)
    {
        var role = Any<DataRole>();
        return new()
        {
            Id = new(number),
            Dataset = DatasetId(),
            Role = role,
            Party = PartyId(),
            State = Chance(9, 10) ? RoleAssignmentState.Active : Any<RoleAssignmentState>(),
            Purpose = role == DataRole.Custodian ? Any(Purposes) : null,
            From = World.At("2025-01-01T00:00:00Z"),
            To = Coin() ? At() : null,
        };
    }

    private Delegation Delegation(int number) => new()
    {
        Id = new(number), Dataset = DatasetId(), From = PartyId(), To = PartyId(), Action = Any(DataAction.Grant, DataAction.Publish),
        LevelMax = Any<SpectrumClass>(), Until = At(), State = DelegationState.Active,
    };

    private Agreement Agreement(int number)
    {
        var agreement = new Agreement
        {
            Terms = new()
            {
                Id = new(number),
                Version = 1,
                Provider = PartyId(),
                Consumer = PartyId(),
                Datasets = [.. new[] { DatasetId(), DatasetId(), DatasetId(), DatasetId() }.Distinct()],
                Purposes = [.. new[] { Any(Purposes), Any(Purposes) }.Distinct()],
                LegalBasis = Any<LegalBasis>(),
                SpecialGround = Any<SpecialGround>(),
                Notice = Any<NoticeCompatibility>(),
                Fields = Coin() ? Some(Fields) : null,
                Granularity = new(_random.Next(2) * 50, 0, 0),
                DataFrom = Chance(1, 4) ? At() : null,
                Jurisdictions = Coin() ? [] : Some(Places),
                Transfer = Any<TransferInstrument>(),
                Limits = Chance(1, 4) ? new(_random.Next(80), 0) : default,
                Obligations = Coin() ? [] : [new(Any<ObligationKind>(), ObligationTrigger.Receipt, 30, Coin(), "note")],
                Undertakings = Chance(1, 5) ? ["secrecy"] : [],
                ValidFrom = World.At("2025-01-01T00:00:00Z"),
                ValidTo = Chance(3, 4) ? World.At("2028-01-01T00:00:00Z") : At(),
            },
            State = Chance(7, 8) ? AgreementState.Active : Any<AgreementState>(),
            ActiveSince = Chance(3, 4) ? World.At("2025-06-01T00:00:00Z") : At(),
            Undertakings = Coin() ? [] : [new("secrecy", "ab", At())],
        };
        return Chance(9, 10) ? World.Sign(agreement) : agreement;
    }

    private Obligation Obligation(int number) =>
        new(new(number), new(_random.Next(1, 17)), Any<ObligationKind>(), Any<ObligationState>(), Coin() ? At() : null, Coin());

    private static ImmutableArray<T> Many<T>(int count, Func<int, T> make) => [.. Enumerable.Range(1, count).Select(make)];

    private ImmutableArray<string> Some(string[] all) => [.. all.Where(_ => Chance(2, 3))];

    private T Any<T>() where T : struct, Enum => Any(Enum.GetValues<T>());

    private PartyId PartyId() => new(_random.Next(1, Parties + 1));

    // One beyond: there are requests about nothing too.
    private DatasetId DatasetId() => new(_random.Next(1, Datasets + 2));

    private BoundingBox Box()
    {
        var (west, south) = (_random.Next(100), _random.Next(100));
        return new(west, south, west + _random.Next(50), south + _random.Next(50));
    }

    // Some time of 2026.
    private Instant At() => new(World.At("2026-01-01T00:00:00Z").UnixMicroseconds + _random.NextInt64(365L * 86_400) * 1_000_000);

    private bool Coin() => Chance(1, 2);

    private bool Chance(int times, int of) => _random.Next(of) < times;
}

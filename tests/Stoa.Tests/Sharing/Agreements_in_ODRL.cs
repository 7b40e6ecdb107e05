using System.Text;
using System.Text.RegularExpressions;
using Stoa.Sharing.Agreements;
using Stoa.Sharing.Obligations;
using Stoa.Sharing.Policy;
using Stoa.Sharing.Purposes;
using Stoa.Sharing.Roles;
using Stoa.Vocabulary;
using Xunit;
using static Stoa.Tests.Sharing.World;

namespace Stoa.Tests.Sharing;

/// <summary>ODRL says everything that was signed, with terms and addresses that can be looked up.</summary>
public partial class Agreements_in_ODRL
{
    private static readonly Odrl Odrl = new("https://stoa.example", dataset => dataset == Counts ? "counts" : null);

    private static readonly ObligationClause Owed = new(ObligationKind.Report, ObligationTrigger.Receipt, 14, false, "usage");

    private static readonly AgreementTerms Full = ClausesAboutPeople with
    {
        Granularity = new(500, 3600, 0), DataFrom = new(0), DataUntil = new(60_000_000), Area = new(1, 2, 3, 4), Onward = OnwardSharing.Named,
        OnwardTo = [Stranger], Limits = new(5, 6), Quality = [new(QualityMeasure.Validity, 90, 7, 60)], Obligations = [Owed], Undertakings = ["confidentiality"],
    };

    // One change of each member of the terms and of their parts.
    private static readonly Dictionary<string, AgreementTerms> Changed = new()
    {
        ["Id"] = Full with { Id = new(8) },
        ["Version"] = Full with { Version = 2 },
        ["Provider"] = Full with { Provider = Stranger },
        ["Consumer"] = Full with { Consumer = Stranger },
        ["ProviderRole"] = Full with { ProviderRole = LegalRole.Controller },
        ["ConsumerRole"] = Full with { ConsumerRole = LegalRole.Processor },
        ["Datasets"] = Full with { Datasets = [new(99)] },
        ["Actions"] = Full with { Actions = [DataAction.See, DataAction.Add] },
        ["Purposes"] = Full with { Purposes = [Mobility] },
        ["LegalBasis"] = Full with { LegalBasis = LegalBasis.Consent },
        ["SpecialGround"] = Full with { SpecialGround = SpecialGround.PublicHealth },
        ["NonConsentRecord"] = Full with { NonConsentRecord = "beef" },
        ["Notice"] = Full with { Notice = NoticeCompatibility.NotNeeded },
        ["Fields"] = Full with { Fields = ["time"] },
        ["Granularity.SpaceMetres"] = Full with { Granularity = new(501, 3600, 0) },
        ["Granularity.TimeSeconds"] = Full with { Granularity = new(500, 3601, 0) },
        ["Granularity.CellMinimum"] = Full with { Granularity = new(500, 3600, 1) },
        ["DataFrom"] = Full with { DataFrom = new(1_000_000) },
        ["DataUntil"] = Full with { DataUntil = new(70_000_000) },
        ["Area.West"] = Full with { Area = new(0, 2, 3, 4) },
        ["Area.South"] = Full with { Area = new(1, 0, 3, 4) },
        ["Area.East"] = Full with { Area = new(1, 2, 9, 4) },
        ["Area.North"] = Full with { Area = new(1, 2, 3, 9) },
        ["Retention.Start"] = Full with { Retention = Full.Retention! with { Start = RetentionStart.EndOfAgreement } },
        ["Retention.Days"] = Full with { Retention = Full.Retention! with { Days = 91 } },
        ["Retention.Then"] = Full with { Retention = Full.Retention! with { Then = AfterRetention.Return } },
        ["Jurisdictions"] = Full with { Jurisdictions = ["DE"] },
        ["Transfer"] = Full with { Transfer = TransferInstrument.Adequacy },
        ["Onward"] = Full with { Onward = OnwardSharing.SameTerms },
        ["OnwardTo"] = Full with { OnwardTo = [City] },
        ["Limits.RequestsPerMinute"] = Full with { Limits = new(9, 6) },
        ["Limits.RowsPerDay"] = Full with { Limits = new(5, 9) },
        ["Quality.Measure"] = Full with { Quality = [new(QualityMeasure.Uniqueness, 90, 7, 60)] },
        ["Quality.PercentMin"] = Full with { Quality = [new(QualityMeasure.Validity, 91, 7, 60)] },
        ["Quality.Days"] = Full with { Quality = [new(QualityMeasure.Validity, 90, 8, 60)] },
        ["Quality.EverySeconds"] = Full with { Quality = [new(QualityMeasure.Validity, 90, 7, 61)] },
        ["Obligations.Kind"] = Full with { Obligations = [Owed with { Kind = ObligationKind.Notify }] },
        ["Obligations.Trigger"] = Full with { Obligations = [Owed with { Trigger = ObligationTrigger.Incident }] },
        ["Obligations.Days"] = Full with { Obligations = [Owed with { Days = 15 }] },
        ["Obligations.Suspends"] = Full with { Obligations = [Owed with { Suspends = true }] },
        ["Obligations.Evidence"] = Full with { Obligations = [Owed with { Evidence = "none" }] },
        ["Undertakings"] = Full with { Undertakings = ["secrecy"] },
        ["Fee"] = Full with { Fee = "10" },
        ["IntellectualProperty"] = Full with { IntellectualProperty = "the city's" },
        ["ValidFrom"] = Full with { ValidFrom = At("2026-01-02T00:00:00Z") },
        ["ValidTo"] = Full with { ValidTo = At("2027-01-02T00:00:00Z") },
    };

    private static readonly Dictionary<string, Type> Parts = new()
    {
        ["Granularity"] = typeof(Granularity), ["Area"] = typeof(BoundingBox), ["Retention"] = typeof(Retention), ["Limits"] = typeof(RateLimits),
        ["Quality"] = typeof(QualityFloor), ["Obligations"] = typeof(ObligationClause),
    };

    [GeneratedRegex("stoa:([A-Za-z]+)")]
    private static partial Regex Terms { get; }

    private static string Text(AgreementTerms terms) => Encoding.UTF8.GetString(Odrl.Of(terms, PurposeTree.Standard));

    // What is written is what has a setter: the rest is computed.
    private static IEnumerable<string> MembersOf(Type type) =>
        type.GetProperties().Where(one => one.CanWrite).Select(one => one.Name);

    [Fact]
    public void Say_each_clause()
    {
        var members = MembersOf(typeof(AgreementTerms)).SelectMany(member => Parts.TryGetValue(member, out var part)
            ? MembersOf(part).Select(name => $"{member}.{name}")
            : [member]);

        Assert.Equal(members.Order(StringComparer.Ordinal), Changed.Keys.Order(StringComparer.Ordinal));
        Assert.All(Changed, one => Assert.NotEqual(Text(Full), Text(one.Value)));
    }

    [Fact]
    public void Use_no_term_that_the_profile_does_not_explain()
    {
        var known = OdrlProfile.Terms.Select(term => term.Name).ToList();

        Assert.Equal(known.Count, known.Distinct().Count());
        var used = Changed.Where(one => one.Key != "Actions").Select(one => one.Value)
            .Concat(Enum.GetValues<ObligationTrigger>().Select(trigger => Full with { Obligations = [Owed with { Trigger = trigger }] }))
            .SelectMany(terms => Terms.Matches(Text(terms))).Select(match => match.Groups[1].Value).Distinct();
        Assert.Equal(known.Order(StringComparer.Ordinal), used.Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task Have_addresses_that_lead_somewhere()
    {
        await using var city = await CityOfRoles.StartAsync();
        var made = (await city.Stoa.PostJsonAsync("/api/v1/agreements",
            $$$"""{"template":"plain","terms":{"consumer":{{{city.Lab.Id}}},"datasets":["counts"],"purposes":["AcademicResearch"]}}""", city.City.Token))
            .ShouldBe(201).Json.GetProperty("id").GetInt64();

        var odrl = (await city.Stoa.GetAsync($"/api/v1/agreements/{made}/odrl", city.City.Token)).ShouldBe(200).Json;

        var profile = new Uri(odrl.GetProperty("profile").GetString()!);
        Assert.Contains("id=\"field\"", (await city.Stoa.GetAsync(profile.AbsolutePath)).ShouldBe(200).Text, StringComparison.Ordinal);
        Assert.Equal("/datasets/counts", new Uri(odrl.GetProperty("permission")[0].GetProperty("target").GetString()!).AbsolutePath);
        (await city.Stoa.GetAsync("/datasets/counts", city.City.Token)).ShouldBe(200);
        (await city.Stoa.GetAsync(new Uri(odrl.GetProperty("assigner").GetString()!).AbsolutePath, city.Stoa.AdminToken)).ShouldBe(200);
    }
}

using System.Collections.Immutable;
using System.Text;
using System.Text.Json;
using Stoa.Ledger.Canonical;
using Stoa.Sharing.Agreements;
using Stoa.Sharing.Obligations;
using Stoa.Sharing.Policy;
using Stoa.Sharing.Purposes;
using Stoa.Sharing.Recording;
using Stoa.Vocabulary;
using Xunit;
using static Stoa.Tests.Sharing.World;

namespace Stoa.Tests.Sharing;

public class Agreements_as_texts
{
    private static readonly Odrl Odrl = new("https://stoa.example", dataset => dataset == Counts ? "counts" : null);

    private static readonly AgreementTerms Full = ClausesAboutPeople with
    {
        Granularity = new(500, 3600, 0),
        Jurisdictions = ["DE", "FR"],
        Onward = OnwardSharing.Named,
        OnwardTo = [Stranger],
        Obligations = [new(ObligationKind.Attribute, ObligationTrigger.Receipt, 0, false, "a link"), new(ObligationKind.Report, ObligationTrigger.EveryMonth, 14, true, "usage")],
        Undertakings = ["confidentiality"],
        Fee = "none – „kostenfrei“",
    };

    [Fact]
    public void Are_canonical_JSON() => Assert.Equal(
        """
        {"actions":["see"],"consumer":3,"consumerRole":"none","datasets":[10],"granularity":{"cellMinimum":0,"spaceMetres":0,"timeSeconds":0},"id":7,"jurisdictions":[],"legalBasis":"notPersonal","limits":{"requestsPerMinute":0,"rowsPerDay":0},"notice":"notEstablished","obligations":[],"onward":"none","onwardTo":[],"provider":1,"providerRole":"none","purposes":["ScientificResearch"],"quality":[],"specialGround":"none","transfer":"none","undertakings":[],"validFrom":"2026-01-01T00:00:00Z","validTo":"2027-01-01T00:00:00Z","version":1}
        """,
        Encoding.UTF8.GetString(AgreementText.Of(Clauses)));

    [Fact]
    public void Are_read_back_as_they_were_written()
    {
        Assert.True(AgreementText.Read(AgreementText.Of(Full)).TryGet(out var terms, out _));
        Assert.Equal(AgreementText.Of(Full), AgreementText.Of(terms));
        Assert.Contains("„kostenfrei“", Encoding.UTF8.GetString(AgreementText.Of(Full)), StringComparison.Ordinal);
    }

    [Fact]
    public void Have_another_hash_when_any_clause_differs()
    {
        AgreementTerms[] others =
        [
            Full, Full with { Version = 2 }, Full with { Purposes = [Mobility] }, Full with { Fields = ["time", "count"] },
            Full with { Granularity = default }, Full with { Fee = null }, Full with { ValidTo = At("2027-01-01T00:00:00.000001Z") },
            Full with { Retention = null }, Full with { OnwardTo = [] }, Full with { Datasets = [] }, Full with { Obligations = [] },
        ];

        Assert.Equal(others.Length, others.Select(AgreementText.Hash).Distinct().Count());
        Assert.Matches("^[0-9a-f]{64}$", AgreementText.Hash(Full));
    }

    [Theory]
    [InlineData("""{"b":1,"a":[true,null,"x"]}""", """{"a":[true,null,"x"],"b":1}""")]
    [InlineData("""{ "\u20ac": "\u0041\/\n\u001f", "a" : "\ud83d\ude00" }""", "{\"a\":\"😀\",\"€\":\"A/\\n\\u001f\"}")]
    [InlineData("""{"B":{"d":-0,"c":9007199254740992},"A":""}""", """{"A":"","B":{"c":9007199254740992,"d":0}}""")]
    public void Follow_RFC_8785(string json, string canonical)
    {
        using var document = JsonDocument.Parse(json);

        Assert.Equal(canonical, Encoding.UTF8.GetString(CanonicalJson.Bytes(document.RootElement)));
    }

    [Theory]
    [InlineData("1.5")]
    [InlineData("9007199254740993")]
    [InlineData("1e400")]
    public void Hold_no_number_that_others_write_otherwise(string number)
    {
        using var document = JsonDocument.Parse(number);

        Assert.Throws<InvalidOperationException>(() => CanonicalJson.Bytes(document.RootElement));
    }

    [Theory]
    [InlineData("\"fee\":\"none – „kostenfrei“\"", "\"noiseEpsilon\":1", "noiseEpsilon")]
    [InlineData("\"legalBasis\":\"publicTask\"", "\"legalBasis\":\"because\"", "legalBasis")]
    [InlineData("\"legalBasis\":\"publicTask\"", "\"legalBasis\":5", "legalBasis")]
    [InlineData("\"validTo\":\"2027-01-01T00:00:00Z\"", "\"validTo\":\"soon\"", "validTo")]
    [InlineData("\"kind\":\"report\"", "\"kind\":\"sing\"", "obligations[1].kind")]
    [InlineData("\"days\":90", "\"days\":90,\"days\":9", "retention")]
    public void Are_refused_when_a_clause_is_not_known(string clause, string unknown, string path)
    {
        var text = Encoding.UTF8.GetString(AgreementText.Of(Full));
        Assert.Contains(clause, text, StringComparison.Ordinal);

        var read = AgreementText.Read(Encoding.UTF8.GetBytes(text.Replace(clause, unknown, StringComparison.Ordinal)));

        Assert.False(read.TryGet(out _, out var problem));
        Assert.Equal("clause-not-evaluable", problem.Type);
        Assert.Contains(problem.Members, member => member.Key == "clause" && ((string)member.Value).StartsWith(path, StringComparison.Ordinal));
    }

    [Fact]
    public void Are_refused_when_they_are_too_long_or_miss_what_they_need()
    {
        Assert.False(AgreementText.Read(new byte[AgreementText.BytesMax + 1]).IsValue);
        Assert.False(AgreementText.Read("null"u8).IsValue);
        Assert.False(AgreementText.Read("{}"u8).IsValue);
        Assert.False(AgreementText.Read("{"u8).IsValue);
    }

    [Fact]
    public void Are_taken_when_each_clause_can_be_evaluated()
    {
        Assert.Empty(Faults(Clauses));
        Assert.Empty(Faults(Full));
    }

    [Fact]
    public void Are_refused_by_the_clause_that_cannot_be_evaluated()
    {
        var cases = new (AgreementTerms Terms, string Clause)[]
        {
            (Clauses with { Version = 0 }, "version"),
            (Clauses with { Consumer = City }, "consumer"),
            (Clauses with { ValidTo = Clauses.ValidFrom }, "validTo"),
            (Clauses with { Datasets = [] }, "datasets"),
            (Clauses with { Datasets = [Counts, new(11)] }, "datasets"),
            (Clauses with { Actions = [Stoa.Sharing.Roles.DataAction.Publish] }, "actions"),
            (Clauses with { Purposes = [] }, "purposes"),
            (Clauses with { Purposes = [new("Whatever")] }, "purposes"),
            (Clauses with { Purposes = [.. Enumerable.Repeat(Research, AgreementCheck.PurposesMax + 1)] }, "purposes"),
            (Clauses with { Fields = [] }, "fields"),
            (Clauses with { Fields = ["colour"] }, "fields"),
            (Clauses with { DataFrom = Now, DataUntil = Now }, "dataUntil"),
            (Clauses with { Granularity = new(0, 0, 10) }, "granularity"),
            (Clauses with { Granularity = new(-1, 0, 0) }, "granularity"),
            (Clauses with { Limits = new(-1, 0) }, "limits"),
            (Clauses with { Area = new(2, 0, 1, 1) }, "area"),
            (Clauses with { Jurisdictions = ["Germany"] }, "jurisdictions"),
            (Clauses with { Onward = OnwardSharing.Named }, "onwardTo"),
            (Clauses with { OnwardTo = [City] }, "onwardTo"),
            (Clauses with { Quality = [new(QualityMeasure.Completeness, 101)] }, "quality"),
            (Clauses with { Quality = [new(QualityMeasure.Completeness, 90, AgreementCheck.QualityDaysMax + 1)] }, "quality"),
            (Clauses with { Quality = [new(QualityMeasure.Completeness, 90, 0)] }, "quality"),
            (Clauses with { Quality = [new(QualityMeasure.Timeliness, 90, null, AgreementCheck.CadenceSecondsMax + 1)] }, "quality"),
            (Clauses with { Quality = [new(QualityMeasure.Timeliness, 90, null, 0)] }, "quality"),
            (Clauses with { Obligations = [new(ObligationKind.Report, ObligationTrigger.Receipt, -1, false, "")] }, "obligations"),
            (Clauses with { Undertakings = [""] }, "undertakings"),
            (Clauses with { Fee = new('x', AgreementCheck.TextLengthMax + 1) }, "fee"),
            (Full with { LegalBasis = LegalBasis.NotPersonal }, "legalBasis"),
            (Full with { LegalBasis = LegalBasis.Consent }, "legalBasis"),
            (Full with { NonConsentRecord = null }, "nonConsentRecord"),
            (Full with { Retention = null }, "retention"),
            (Full with { Retention = new(RetentionStart.Receipt, AgreementCheck.DaysMax + 1, AfterRetention.Delete) }, "retention"),
            (Full with { Notice = NoticeCompatibility.Incompatible }, "notice"),
        };

        foreach (var (terms, clause) in cases) Assert.Contains(Faults(terms), fault => fault.Clause == clause && fault.Advice.Length > 0);
    }

    [Fact]
    public void Take_as_many_purposes_as_the_limit_and_a_text_of_the_greatest_length() => Assert.Empty(Faults(Clauses with
    {
        Purposes = [.. PurposeTree.Standard.All.Take(AgreementCheck.PurposesMax).Select(purpose => purpose.Id)],
        Fee = new('x', AgreementCheck.TextLengthMax),
    }));

    [Fact]
    public void Are_shown_to_others_in_ODRL() => Assert.Equal(
        """
        {
          "@context": [
            "http://www.w3.org/ns/odrl.jsonld",
            {
              "xsd": "http://www.w3.org/2001/XMLSchema#",
              "dpv": "https://w3id.org/dpv#",
              "gdpr": "https://w3id.org/dpv/legal/eu/gdpr#",
              "stoa": "https://stoa.example/odrl#"
            }
          ],
          "@type": "Agreement",
          "uid": "https://stoa.example/agreements/7#version-1",
          "profile": "https://stoa.example/odrl",
          "assigner": "https://stoa.example/api/v1/parties/1",
          "assignee": "https://stoa.example/api/v1/parties/3",
          "permission": [
            {
              "target": "https://stoa.example/datasets/counts",
              "action": "read",
              "constraint": [
                {
                  "leftOperand": "purpose",
                  "operator": "isAnyOf",
                  "rightOperand": [
                    {
                      "@id": "https://w3id.org/dpv#ScientificResearch"
                    }
                  ]
                },
                {
                  "leftOperand": "dateTime",
                  "operator": "gteq",
                  "rightOperand": {
                    "@value": "2026-01-01T00:00:00Z",
                    "@type": "xsd:dateTime"
                  }
                },
                {
                  "leftOperand": "dateTime",
                  "operator": "lt",
                  "rightOperand": {
                    "@value": "2027-01-01T00:00:00Z",
                    "@type": "xsd:dateTime"
                  }
                }
              ]
            }
          ],
          "prohibition": [
            {
              "target": "https://stoa.example/datasets/counts",
              "action": "distribute"
            }
          ]
        }
        """,
        Encoding.UTF8.GetString(Odrl.Of(Clauses, PurposeTree.Standard)));

    [Fact]
    public void Use_only_words_of_the_ODRL_vocabulary_or_of_their_profile()
    {
        foreach (var terms in new[] { Clauses, Full, Full with { Onward = OnwardSharing.SameTerms } }
            .Concat(Enum.GetValues<ObligationKind>().Select(kind => Clauses with { Obligations = [new(kind, ObligationTrigger.Receipt, 1, false, "")] }))
            .Concat(Enum.GetValues<AfterRetention>().Select(then => Clauses with { Retention = new(RetentionStart.Receipt, 1, then) })))
        {
            using var document = JsonDocument.Parse(Odrl.Of(terms, PurposeTree.Standard));
            Assert.Empty(OdrlVocabulary.Faults(document.RootElement));
        }
    }

    [Theory]
    [InlineData("\"action\": \"read\"", "\"action\": \"look\"")]
    [InlineData("\"operator\": \"lt\"", "\"operator\": \"before\"")]
    [InlineData("\"leftOperand\": \"dateTime\"", "\"leftOperand\": \"moment\"")]
    [InlineData("\"@type\": \"Agreement\"", "\"@type\": \"Treaty\"")]
    [InlineData("\"assignee\"", "\"receiver\"")]
    [InlineData("\"constraint\"", "\"condition\"")]
    [InlineData("\"target\"", "\"aim\"")]
    public void Are_noticed_when_they_use_another_word(string word, string other)
    {
        var text = Encoding.UTF8.GetString(Odrl.Of(Clauses, PurposeTree.Standard));
        Assert.Contains(word, text, StringComparison.Ordinal);
        using var document = JsonDocument.Parse(text.Replace(word, other, StringComparison.Ordinal));

        Assert.NotEmpty(OdrlVocabulary.Faults(document.RootElement));
    }

    [Fact]
    public void Say_in_ODRL_what_the_clauses_say()
    {
        var text = Encoding.UTF8.GetString(Odrl.Of(Full, PurposeTree.Standard));

        foreach (var part in new[]
        {
            "\"leftOperand\": \"spatial\"", "iso:code:3166:FR", "\"stoa:field\"", "\"plate\"", "\"recipient\"", "\"isNoneOf\"",
            "https://stoa.example/api/v1/parties/5", "\"delete\"", "\"P90D\"", "\"attribute\"", "\"inform\"", "\"P14D\"", "gdpr:A6-1-e",
        })
            Assert.Contains(part, text, StringComparison.Ordinal);
    }

    private static ImmutableArray<ClauseFault> Faults(AgreementTerms terms) =>
        AgreementCheck.Check(terms, PurposeTree.Standard, new Dictionary<DatasetId, GovernedDataset> { [Counts] = Dataset });
}

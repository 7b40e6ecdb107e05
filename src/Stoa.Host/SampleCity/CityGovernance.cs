using System.Text.Json;
using Stoa.Host.SampleCity.Model;
using Stoa.Identity.Organizations;
using Stoa.Identity.Parties;
using Stoa.Sharing.Agreements;
using Stoa.Sharing.Obligations;
using Stoa.Sharing.Policy;
using Stoa.Sharing.Purposes;
using Stoa.Sharing.Records;
using Stoa.Sharing.Requests;
using Stoa.Sharing.Roles;
using Stoa.Sharing.Spectrum;
using Stoa.Sharing.Transitions;
using Stoa.Storage;
using Stoa.Vocabulary;

namespace Stoa.Host.SampleCity;

/// <summary>Who shares what with whom in the sample city, so that the pages of governance have something to show.</summary>
/// <remarks>Brought in as it stands, as a register of an older system would be: the records say so. What follows on them goes the usual way.</remarks>
internal sealed class CityGovernance(Organizations organizations, Parties parties, Database database, TimeProvider time)
{
    private const string ParkingTerms = "parkwerk-terms";
    private const string ResearchPurpose = "AcademicResearch";

    private static readonly RecordAct Brought = new("bring", Acting.Exchange, Acting.Exchange, Actor.Officer, "Part of the sample city.");

    private static readonly (string Organization, string Group)[] Groups =
    [
        ("stadt-marenbrueck", "city-organization"), ("stadtwerke-marenbrueck", "city-organization"),
        ("verkehrsverbund-marental", "city-organization"), ("abfallwirtschaft-marenbrueck", "city-organization"),
        ("umweltamt-marental", "city-organization"), ("universitaet-marenbrueck", "academia"), ("parkwerk", "business"),
        ("maren-digital", "business"),
    ];

    /// <summary>Writes everything in one transaction, if it is not there yet.</summary>
    /// <param name="datasets">The datasets of the city by slug.</param>
    /// <param name="cancellation">Stops before it begins.</param>
    public async Task EnsureAsync(IReadOnlyDictionary<string, DatasetId> datasets, CancellationToken cancellation)
    {
        using (var read = await database.ReadAsync(cancellation))
            if (GovernedRecords.FindBySeat(read, RecordTypes.Terms, $"terms 1 {ParkingTerms}") is not null) return;
        var ids = new Dictionary<string, PartyId>();
        foreach (var (organization, group) in Groups)
        {
            var id = new PartyId(Demand(await organizations.FindAsync(organization, cancellation)).Id.Value);
            ids[organization] = id;
            using var patch = JsonDocument.Parse($$"""{"category":"{{group}}","jurisdiction":"DE"}""");
            Demand(await parties.PatchAsync(id, patch.RootElement, cancellation));
        }

        var now = Instant.From(time.GetUtcNow());
        Demand(await database.TryWriteAsync<bool>(session =>
        {
            var city = new Writing(session, datasets, ids, now);
            city.Classify();
            city.Agree();
            return true;
        }, cancellation));
    }

    private static T Demand<T>(Result<T> outcome) =>
        outcome.TryGet(out var value, out var problem) ? value : throw new InvalidOperationException(problem.Detail);

    /// <summary>One transaction.</summary>
    private sealed class Writing(
        WriteSession session, IReadOnlyDictionary<string, DatasetId> datasets, Dictionary<string, PartyId> parties, Instant now)
    {
        private DateOnly InAYear => DateOnly.FromDateTime(now.ToDateTimeOffset().UtcDateTime).AddYears(1);

        private PartyId Utility => parties["stadtwerke-marenbrueck"];

        private PartyId University => parties["universitaet-marenbrueck"];

        public void Classify()
        {
            Insert(RecordTypes.Terms, new(ParkingTerms, 1, parties["parkwerk"], "Terms of ParkWerk", """
                1. You may use the numbers of free places for any purpose, also a commercial one.
                2. Say when they were measured wherever you show them: a number that is older than ten minutes is not shown as present.
                3. Name ParkWerk GmbH as the source.
                """));
            foreach (var slug in new[] { CityDatasets.Noise, CityDatasets.DrinkingWater, CityDatasets.Heating })
                Insert(RecordTypes.Dataset, new() { Id = datasets[slug], IsListed = true });
            Insert(CityDatasets.Noise, SpectrumClass.SharedGroup, "Quiet hours are a matter of the city's own organizations.", one => one with
            {
                Criteria = [new(GroupCriterion.CategoryType, ["city-organization"])],
            });
            Insert(CityDatasets.Heating, SpectrumClass.SharedGroup, "Research and the city's own planning may learn from it.", one => one with
            {
                Criteria = [new(GroupCriterion.CategoryType, ["city-organization", "academia"])],
            });
            Insert(CityDatasets.DrinkingWater, SpectrumClass.SharedSpecific, "Critical infrastructure: by name only.", one => one with
            {
                Named = [University],
            });
            Insert(CityDatasets.Parking, SpectrumClass.SharedPublic, "For everyone who accepts the terms.", one => one with
            {
                Terms = new(ParkingTerms, 1),
            });
        }

        public void Agree()
        {
            var terms = new AgreementTerms
            {
                Id = default,
                Version = 1,
                Provider = Utility,
                Consumer = University,
                Datasets = [datasets[CityDatasets.DrinkingWater], datasets[CityDatasets.Heating]],
                Purposes = [new(ResearchPurpose)],
                Retention = new(RetentionStart.EndOfAgreement, 90, AfterRetention.Delete),
                Jurisdictions = ["DE"],
                Obligations = [new(ObligationKind.Report, ObligationTrigger.EveryMonth, 30, false, "Short report on what was found")],
                ValidFrom = now,
                ValidTo = Instant.From(now.ToDateTimeOffset().AddYears(1)),
            };
            // The hash is that of the terms with their number in them.
            var agreement = Insert(RecordTypes.Agreement, new() { Terms = terms, State = AgreementState.Draft });
            var hash = AgreementText.Hash(agreement.Content.Terms);
            Demand(GovernedRecords.Update(session, RecordTypes.Agreement, agreement, agreement.Content with
            {
                State = AgreementState.Active,
                ActiveSince = now,
                Signatures = [new(University, University, now, hash), new(Utility, Utility, now, hash)],
            }, Brought, now));
            Insert(RecordTypes.Obligation, new(
                default, new(agreement.Id), ObligationKind.Report, ObligationState.Due,
                Instant.From(now.ToDateTimeOffset().AddDays(30)), false));
            Insert(RecordTypes.AccessRequest, new()
            {
                Id = default,
                Requester = parties["maren-digital"],
                Dataset = datasets[CityDatasets.Heating],
                Purpose = new("ServiceOptimisation"),
                State = AccessRequestState.Submitted,
                LegalBasis = LegalBasis.NotPersonal,
                Statement = "We should like to forecast the load of the network cabinets that are heated by it.",
                DueAt = Instant.From(now.ToDateTimeOffset().AddDays(30)),
            });
        }

        private void Insert(string slug, SpectrumClass level, string reason, Func<Classification, Classification> with) =>
            Insert(RecordTypes.Classification, with(new()
            {
                Id = default,
                Dataset = datasets[slug],
                Level = level,
                State = ClassificationState.Effective,
                Reason = reason,
                ReviewBy = InAYear,
            }));

        private GovernedRecord<T> Insert<T>(RecordType<T> type, T content)
            where T : class => Demand(GovernedRecords.Insert(session, type, content, Brought, now));
    }
}

using System.Collections.Immutable;
using System.Text.Json;
using Stoa.Sharing.Agreements;
using Stoa.Sharing.Policy;
using Stoa.Sharing.Purposes;
using Stoa.Sharing.Records;
using Stoa.Tests.Sharing;
using Stoa.Vocabulary;
using Xunit;

namespace Stoa.Tests.Narrowing;

/// <summary>
/// Random agreements on fields that random purposes need: no answer over HTTP holds a field outside of what is agreed and needed for the purpose that is
/// declared, and all that is agreed and needed is there.
/// </summary>
public sealed class Random_agreements_over_HTTP
{
    private const int Rounds = 7;

    // Of about a thousand; another share in each round, so that all come.
    private const int ShareOfQuestions = 12;

    private static readonly PurposeId[] Purposes =
        [new("ScientificResearch"), new("AcademicResearch"), new("ResearchAndDevelopment"), new("Marketing"), new("PublicBenefit")];

    private static readonly string[] Names =
        [.. SentinelTown.Fields.Select(field => field.Field).Concat(SentinelTown.Derived.Select(field => field.Field))];

    private sealed record Round(ImmutableArray<DatasetField> Fields, ImmutableArray<string> Agreed, ImmutableArray<PurposeId> Purposes, PurposeId Declared)
    {
        /// <summary>The second description of what may be seen: agreed, and needed for what was declared.</summary>
        public List<string> Readable => [.. Fields.Where(one => Agreed.Contains(one.Name) && IsNeeded(one)).Select(one => one.Name)];

        private bool IsNeeded(DatasetField field) => field.NeededFor.IsEmpty
            ? field.Personal == Personal.None
            : field.NeededFor.Any(needed => PurposeTree.Standard.IsWithin(Declared, needed));
    }

    private static Round Any(Random random)
    {
        PurposeId Purpose() => Purposes[random.Next(Purposes.Length)];
        Personal Kind() => random.Next(4) switch { 0 => Personal.Linkable, 1 => Personal.Personal, _ => Personal.None };
        ImmutableArray<PurposeId> agreed = [.. Enumerable.Range(0, random.Next(1, 4)).Select(_ => Purpose()).Distinct()];
        return new(
            [.. Names.Select(name => new DatasetField(name, Kind(),
                [.. Enumerable.Range(0, random.Next(4)).Select(_ => Purpose()).Distinct()]))],
            [.. Names.Where(_ => random.Next(4) > 0)], agreed, agreed[random.Next(agreed.Length)]);
    }

    [Fact]
    public async Task Let_no_field_out_that_is_not_agreed_and_needed()
    {
        await using var town = await SentinelTown.StartAsync();
        var city = GovernedCity.Of(town.Exchange);
        var (owner, lab) = (await city.OrganizationAsync("owner"), await city.OrganizationAsync("lab"));
        var token = await city.ServiceTokenAsync(lab);
        await city.ClassifyAsync(town.Narrow, SpectrumClass.SharedSpecific, lab);
        var random = new Random(20_261_120);
        var facts = await city.RecordAsync(RecordTypes.Dataset, new() { Id = town.Narrow, Fields = Any(random).Fields });
        var agreement = await city.AgreeAsync(owner, lab, [town.Narrow], terms => terms with
        {
            LegalBasis = LegalBasis.PublicTask, Notice = NoticeCompatibility.Compatible,
        });
        var (shown, hidden, refused) = (0, 0, 0);
        for (var number = 0; number < Rounds; number++)
        {
            var round = Any(random);
            facts = await city.ChangeAsync(RecordTypes.Dataset, facts, facts.Content with { Fields = round.Fields }, isTold: false);
            agreement = await city.ChangeAsync(RecordTypes.Agreement, agreement, World.Sign(agreement.Content with
            {
                Terms = agreement.Content.Terms with { Fields = round.Agreed, Purposes = round.Purposes },
            }));
            var readable = round.Readable;
            var secrets = SentinelTown.Fields.Where(field => !Hidden_fields.IsReadable(readable, field.Field)).ToList();

            var seen = new HashSet<string>();
            foreach (var question in Questions(random, number))
            {
                var answer = await AskAsync(city, question, token, round.Declared);
                Assert.True(answer.Status < 500, $"round {number}: {question}\n{answer.Text}");
                if (answer.Status == 403) refused++;
                foreach (var (field, sentinel) in secrets)
                    Assert.False(answer.Text.Contains(sentinel, StringComparison.Ordinal) || Headers(answer).Contains(sentinel, StringComparison.Ordinal),
                        $"round {number}, {round.Declared}: {question} shows {field}:\n{answer.Text}");
                foreach (var (field, sentinel) in SentinelTown.Fields)
                    if (answer.Status == 200 && answer.Text.Contains(sentinel, StringComparison.Ordinal)) seen.Add(field);
            }

            Assert.Empty(SentinelTown.Fields.Select(field => field.Field).Where(readable.Contains).Except(seen));
            (shown, hidden) = (shown + seen.Count, hidden + secrets.Count);
        }

        Assert.True(shown > 40 && hidden > 100 && refused > 20, $"Too little happened: {shown} shown, {hidden} hidden, {refused} refused.");
    }

    // All sets whole each time, so that what is readable is found; of the rest a share, at both roots, alone and in batches.
    private static IEnumerable<string> Questions(Random random, int number)
    {
        foreach (var type in Stoa.Sensing.Schema.SensorThingsSchema.Schema.Types)
            yield return $"/datasets/narrow/sensorthings/v1.1/{type.SetName}";
        yield return "/datasets/narrow/sensorthings/v1.1/Things?$expand=Locations,HistoricalLocations,MultiDatastreams($expand=Observations)," +
            "Datastreams($expand=Sensor,ObservedProperty,Observations($expand=FeatureOfInterest))";
        var at = 0;
        foreach (var question in Hidden_fields.Questions(random))
            if ((at++ + number) % ShareOfQuestions == 0)
                yield return (at % 2 == 0 ? "/datasets/narrow" : "") + "/sensorthings/v1.1/" + question;
    }

    private static Task<Answer> AskAsync(GovernedCity city, string question, string token, PurposeId purpose)
    {
        var isInBatch = question.Length % 7 == 0;
        var escaped = question.Replace(" ", "%20", StringComparison.Ordinal);
        if (!isInBatch) return city.GetAsync(escaped, token, purpose.Value);
        var root = escaped[..(escaped.IndexOf("v1.1/", StringComparison.Ordinal) + 5)];
        var request = new HttpRequestMessage(HttpMethod.Post, root + "$batch")
        {
            Content = new StringContent(
                $$"""{"requests":[{"id":"1","method":"get","url":{{JsonSerializer.Serialize(escaped[root.Length..])}}}]}""",
                System.Text.Encoding.UTF8, "application/json"),
        };
        request.Headers.Authorization = new("Bearer", token);
        request.Headers.TryAddWithoutValidation("Purpose", purpose.Value);
        return city.Stoa.SendAsync(request);
    }

    private static string Headers(Answer answer) => string.Join('\n', answer.Headers.Select(header => $"{header.Key}: {header.Value}"));
}

using System.Diagnostics;
using System.Globalization;
using Stoa.Benchmarks.Bars;
using Stoa.Sharing.Agreements;
using Stoa.Sharing.Parties;
using Stoa.Sharing.Policy;
using Stoa.Sharing.Purposes;
using Stoa.Sharing.Roles;
using Stoa.Sharing.Spectrum;
using Stoa.Vocabulary;

namespace Stoa.Benchmarks.Sharing;

/// <summary>What one decision costs when the snapshot is there, and what the scope over all datasets costs.</summary>
/// <remarks>Arguments: datasets (10,000), parties (1,000).</remarks>
internal static class Decisions
{
    private const double DecisionBar = 50, PerSecondBar = 200_000, ScopeBar = 1_000;
    private const int Warmup = 200_000, Rounds = 1_000_000, ScopeRounds = 3_000, Fields = 12, AgreementsOfOne = 3, DatasetsOfOne = 5;

    private static readonly Instant Now = Instant.From(new DateTimeOffset(2026, 6, 1, 10, 0, 0, TimeSpan.Zero));
    private static readonly PurposeId Research = new("ScientificResearch");

    internal static Task RunAsync(Arguments arguments)
    {
        var (datasets, parties) = (arguments.Number(0, 10_000), arguments.Number(1, 1_000));
        var content = Content(datasets, parties);
        PolicySnapshot.Of(content);
        var start = Stopwatch.GetTimestamp();
        var snapshot = PolicySnapshot.Of(content);
        var made = Stopwatch.GetElapsedTime(start);
        start = Stopwatch.GetTimestamp();
        var digest = snapshot.Digest;
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"{datasets:N0} datasets, {parties:N0} parties, {content.Agreements.Length:N0} agreements: snapshot made in {made.TotalMilliseconds:N0} ms, digest {digest[..8]} in {Stopwatch.GetElapsedTime(start).TotalMilliseconds:N0} ms"));

        MeasureDecisions(snapshot, [.. Requests(content, datasets, parties)]);
        MeasureScopes(snapshot, parties);
        return Task.CompletedTask;
    }

    private static void MeasureDecisions(PolicySnapshot snapshot, DecisionRequest[] requests)
    {
        var permitted = 0;
        for (var i = 0; i < Warmup; i++)
            if (AccessDecision.Decide(requests[i % requests.Length], snapshot).IsPermitted) permitted++;
        var bytes = GC.GetAllocatedBytesForCurrentThread();
        var start = Stopwatch.GetTimestamp();
        for (var i = 0; i < Rounds; i++) AccessDecision.Decide(requests[i % requests.Length], snapshot);
        var all = Stopwatch.GetElapsedTime(start);
        bytes = (GC.GetAllocatedBytesForCurrentThread() - bytes) / Rounds;
        var ticks = Timed(Rounds, i => AccessDecision.Decide(requests[i % requests.Length], snapshot));
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"decision: p50 {Microseconds(ticks, 0.5):N2} us, p99 {Microseconds(ticks, 0.99):N2} us, p99.9 {Microseconds(ticks, 0.999):N2} us, {bytes} bytes, {100.0 * permitted / Warmup:N0} % permitted"));
        Verdict.Print(Microseconds(ticks, 0.99) < DecisionBar, string.Create(CultureInfo.InvariantCulture,
            $"p99 {Microseconds(ticks, 0.99):N2} us, bar {DecisionBar:N0} us"));
        Verdict.Print(Rounds / all.TotalSeconds >= PerSecondBar, string.Create(CultureInfo.InvariantCulture,
            $"{Rounds / all.TotalSeconds:N0} a second on one core, bar {PerSecondBar:N0}"));
    }

    private static void MeasureScopes(PolicySnapshot snapshot, int parties)
    {
        var subjects = Enumerable.Range(1, parties).Select(id => new DecisionRequest
        {
            Party = new(id), Strength = Strength.Token, Dataset = default, Purpose = Research, At = Now,
        }).ToArray();
        for (var i = 0; i < ScopeRounds; i++) snapshot.ScopeOf(subjects[i % parties]);
        var scopes = Timed(ScopeRounds, i => snapshot.ScopeOf(subjects[i % parties]));
        var merged = Timed(ScopeRounds, i => snapshot.ScopeOf(subjects[i % parties]).Datasets());
        var seen = snapshot.ScopeOf(subjects[parties / 2]);
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"scope: p50 {Microseconds(scopes, 0.5):N0} us, p99 {Microseconds(scopes, 0.99):N0} us ({seen.Open.Datasets.Length:N0} open, {seen.Whole.Datasets.Length:N0} whole, {seen.Narrowed.Sum(one => one.Datasets.Datasets.Length):N0} narrowed); as one list p50 {Microseconds(merged, 0.5):N0} us, p99 {Microseconds(merged, 0.99):N0} us"));
        // The median: in a tenth of a millisecond a busy machine takes the processor away now and then.
        Verdict.Print(Microseconds(scopes, 0.5) < ScopeBar, string.Create(CultureInfo.InvariantCulture,
            $"scope p50 {Microseconds(scopes, 0.5):N0} us, bar {ScopeBar:N0} us (made once for a subject and snapshot)"));
    }

    private static long[] Timed(int rounds, Action<int> work)
    {
        var ticks = new long[rounds];
        for (var i = 0; i < rounds; i++)
        {
            var start = Stopwatch.GetTimestamp();
            work(i);
            ticks[i] = Stopwatch.GetTimestamp() - start;
        }

        Array.Sort(ticks);
        return ticks;
    }

    private static double Microseconds(long[] sorted, double share) =>
        sorted[(int)(share * (sorted.Length - 1))] * 1e6 / Stopwatch.Frequency;

    // Half of the requests are for what the party has an agreement about, the rest for anything.
    private static IEnumerable<DecisionRequest> Requests(PolicyContent content, int datasets, int parties)
    {
        var random = new Random(1);
        var agreements = content.Agreements;
        for (var i = 0; i < 10_000; i++)
        {
            var agreement = agreements[random.Next(agreements.Length)].Terms;
            yield return new()
            {
                Party = i % 2 == 0 ? agreement.Consumer : new PartyId(random.Next(1, parties + 1)),
                Strength = Strength.Token,
                Dataset = i % 2 == 0 ? agreement.Datasets[0] : new DatasetId(random.Next(1, datasets + 1)),
                Purpose = Research,
                Agreement = i % 4 == 0 ? agreement.Id : null,
                At = Now,
            };
        }
    }

    /// <summary>A city: a quarter open, a tenth public, the rest specific, group and closed; every party has three agreements of five
    /// datasets.</summary>
    internal static PolicyContent Content(int datasets, int parties)
    {
        var random = new Random(2);
        return new()
        {
            Version = 1,
            TakenAt = Now,
            TimeZone = "Europe/Berlin",
            Parties =
            [
                .. Enumerable.Range(1, parties).Select(id => new Party
                {
                    Id = new(id), Kind = PartyKind.Organization, Status = PartyStatus.Active, Category = UserGroup.Academia, Jurisdiction = "DE",
                    Claims = [new("member-of", id % 2 == 0 ? "lab" : "club", ClaimStatus.Verified, Instant.Max)],
                    Accepted = id % 3 == 0 ? [new("city-terms", 1, new(0))] : [],
                }),
            ],
            Datasets = [.. Enumerable.Range(1, datasets).Select(id => Dataset(id))],
            Classifications = [.. Enumerable.Range(1, datasets).Select(id => Classification(id, parties, random))],
            Roles =
            [
                .. Enumerable.Range(1, datasets).Select(id => new RoleAssignment
                {
                    Id = new(id), Dataset = new(id), Role = DataRole.Owner, Party = new(random.Next(1, parties + 1)),
                    State = RoleAssignmentState.Active, From = new(0),
                }),
            ],
            Agreements = [.. Enumerable.Range(0, parties * AgreementsOfOne).Select(number => Agreement(number, datasets, random))],
            Rules =
            [
                new() { Name = "no marketing", Layer = PolicyLayer.City, Sectors = [InfrastructureSector.Energy], Restriction = new() { PurposesLeftOut = [new("Marketing")] } },
                new() { Name = "office hours", Layer = PolicyLayer.City, Sectors = [InfrastructureSector.Water], Restriction = new() { Hours = new(6 * 60, 22 * 60) } },
            ],
        };
    }

    private static GovernedDataset Dataset(int id) => new()
    {
        Id = new(id),
        Sector = (InfrastructureSector)(id % 7),
        Fields = id % 4 == 0 ? [] :
        [
            .. Enumerable.Range(0, Fields).Select(field => new DatasetField($"field{field}",
                field == Fields - 1 && id % 20 >= 5 ? Personal.Personal : Personal.None, [])),
        ],
    };

    private static Classification Classification(int id, int parties, Random random) => new()
    {
        Id = new(id),
        Dataset = new(id),
        State = ClassificationState.Effective,
        Level = (id % 20) switch
        {
            < 5 => SpectrumClass.Open,
            < 7 => SpectrumClass.SharedPublic,
            < 11 => SpectrumClass.SharedGroup,
            < 17 => SpectrumClass.SharedSpecific,
            _ => SpectrumClass.Closed,
        },
        Named = [.. Enumerable.Range(0, 10).Select(_ => new PartyId(random.Next(1, parties + 1)))],
        Criteria = [new("member-of", ["lab"])],
        Terms = new("city-terms", 1),
        ReviewBy = new(2028, 1, 1),
    };

    private static Agreement Agreement(int number, int datasets, Random random)
    {
        var terms = new AgreementTerms
        {
            Id = new(number + 1),
            Version = 1,
            Provider = new(1_000_000),
            Consumer = new(number / AgreementsOfOne + 1),
            Datasets = [.. Enumerable.Range(0, DatasetsOfOne).Select(_ => new DatasetId(random.Next(1, datasets + 1))).Distinct()],
            Purposes = [new("ResearchAndDevelopment")],
            ValidFrom = new(0),
            ValidTo = Instant.Max,
        };
        return new()
        {
            Terms = terms,
            State = AgreementState.Active,
            ActiveSince = new(0),
            Signatures = [Sign(terms, terms.Provider), Sign(terms, terms.Consumer)],
        };
    }

    private static Signature Sign(AgreementTerms terms, PartyId party) => new(party, party, new(0), AgreementText.Hash(terms));
}

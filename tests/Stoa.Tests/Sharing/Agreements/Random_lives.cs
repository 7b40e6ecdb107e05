using System.Globalization;
using Microsoft.Extensions.DependencyInjection;
using Stoa.Sharing.Agreements;
using Stoa.Sharing.Obligations;
using Stoa.Sharing.Records;
using Stoa.Sharing.Requests;
using Stoa.Sharing.Transitions;
using Stoa.Storage;
using Stoa.Vocabulary;
using Xunit;

namespace Stoa.Tests.Sharing.Agreements;

/// <summary>Whatever is tried by whomever in whatever order: what is stored has come about by the tables of moves alone.</summary>
public class Random_lives
{
    private const int Steps = 160;

    private static readonly string[] RequestMoves = ["submit", "askMore", "assess", "approve", "refuse", "appeal", "withdraw", "agree"];

    private static readonly string[] AgreementMoves =
        ["offer", "counter", "accept", "verify", "activate", "suspend", "resume", "terminate", "close", "withdraw", "expire", "settle", "approve"];

    private static readonly string[] ObligationMoves = ["trigger", "fulfil", "waive", "declareBreach", "lapse", "present", "acceptLate", "rejectLate", "allowCure"];

    private static CancellationToken Now => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(1)]
    [InlineData(20261120)]
    public async Task Follow_the_tables(int seed)
    {
        await using var sides = await TwoSides.StartAsync();
        var random = new Random(seed);
        string[] tokens = [sides.OwnersToken, sides.ConsumersToken, sides.StrangersToken, sides.Stoa.AdminToken];
        var moved = 0;
        var refused = 0;

        for (var step = 0; step < Steps; step++)
        {
            if (random.Next(12) == 0) await sides.PassAsync(TimeSpan.FromDays(random.Next(1, 120)));
            var before = await RevisionsAsync(sides);
            var token = tokens[random.Next(tokens.Length)];
            var answer = await TryAsync(sides, random, token);
            var after = await RevisionsAsync(sides);

            Assert.True(answer.Status is 200 or 201 or (>= 400 and < 500), $"Seed {seed}, step {step}: {answer.Status} {answer.Text}");
            if (answer.Status < 300) moved++;
            else
            {
                refused++;
                Assert.True(before.SequenceEqual(after), $"Seed {seed}, step {step}: refused, and yet something changed. {answer.Text}");
            }
        }

        Assert.True(moved > 20 && refused > 20, $"Seed {seed}: {moved} moves were made, {refused} refused.");
        await HoldAsync(sides, seed);
    }

    private static async Task<Answer> TryAsync(TwoSides sides, Random random, string token)
    {
        var stoa = sides.Stoa;
        using var read = await stoa.Services.GetRequiredService<Database>().ReadAsync(Now);
        var requests = GovernedRecords.All(read, RecordTypes.AccessRequest);
        var agreements = GovernedRecords.All(read, RecordTypes.Agreement);
        var obligations = GovernedRecords.All(read, RecordTypes.Obligation);
        var choice = random.Next(10);
        if (choice == 0 || requests.Count == 0)
            return await stoa.PostJsonAsync("/api/v1/access-requests",
                """{"dataset":"counters","purpose":"AcademicResearch","statement":"Because.","submit":true}""", token);
        if (choice == 1 || (choice < 4 && agreements.Count == 0))
            return await stoa.PostJsonAsync($"/api/v1/access-requests/{Any(random, requests)}/offer",
                $$"""{"template":"{{(random.Next(2) == 0 ? "service" : "research")}}","sign":{{(random.Next(2) == 0 ? "true" : "false")}}}""", token);
        if (choice is 2 or 3)
        {
            var record = agreements[random.Next(agreements.Count)];
            var hash = random.Next(5) == 0 ? new string('0', 64) : AgreementText.Hash(record.Content.Terms);
            return await stoa.PostJsonAsync($"/api/v1/agreements/{record.Id}/signatures", $$"""{"hash":"{{hash}}"}""", token);
        }

        if (choice < 6) return await sides.MoveAsync("access-requests", Any(random, requests), Any(random, RequestMoves), token, ",\"reason\":\"So.\"");
        if (choice < 9 && agreements.Count > 0)
            return await sides.MoveAsync("agreements", Any(random, agreements), Any(random, AgreementMoves), token,
                random.Next(3) == 0 ? $",\"terms\":{{\"fee\":\"{random.Next(100).ToString(CultureInfo.InvariantCulture)} EUR\"}}" : "");
        return obligations.Count == 0
            ? await stoa.GetAsync("/api/v1/obligations", token)
            : await sides.MoveAsync("obligations", Any(random, obligations), Any(random, ObligationMoves), token,
                ",\"evidenceNote\":\"Done.\",\"reason\":\"So.\"" +
                (random.Next(2) == 0 ? $",\"until\":\"{Instant.From(sides.Clock.GetUtcNow().AddDays(random.Next(1, 60)))}\"" : ""));
    }

    private static async Task HoldAsync(TwoSides sides, int seed)
    {
        using var read = await sides.Stoa.Services.GetRequiredService<Database>().ReadAsync(Now);
        foreach (var record in GovernedRecords.All(read, RecordTypes.AccessRequest))
        {
            var events = GovernedRecords.Events(read, RecordTypes.AccessRequest, record.Id);
            Follows(AccessRequests.Machine, events, one => one.State, record.Content.State, AccessRequestState.Draft, seed);
            Assert.DoesNotContain(events, one => one.Act.Move is "approve" or "refuse" or "assess" && one.Act.Party == record.Content.Requester);
        }

        foreach (var record in GovernedRecords.All(read, RecordTypes.Agreement))
        {
            var events = GovernedRecords.Events(read, RecordTypes.Agreement, record.Id);
            Follows(AgreementStates.Machine, events, one => one.State, record.Content.State, AgreementState.Draft, seed);
            PartyId? offered = null;
            foreach (var one in events)
            {
                if (one.Act.Move is "accept" or "counter") Assert.NotEqual(offered, one.Act.Party);
                if (one.Act.Move is "offer" or "counter") offered = one.Act.Party;
                if (one.Content.State is AgreementState.Signed or AgreementState.Verified or AgreementState.Active)
                    Assert.True(one.Content.IsSignedByBoth(), $"Seed {seed}: agreement {record.Id} is {one.Content.State} and not signed.");
            }
        }

        foreach (var record in GovernedRecords.All(read, RecordTypes.Obligation))
            Follows(ObligationStates.Machine, GovernedRecords.Events(read, RecordTypes.Obligation, record.Id), one => one.State,
                record.Content.State, ObligationState.Pending, seed);
    }

    // Each state follows on the one before by a row of the table for that move and capacity; what is no move leaves the state.
    private static void Follows<T, TState, TFacts>(
        StateMachine<TState, TFacts> machine, List<RecordEvent<T>> events, Func<T, TState> stateOf, TState last, TState first, int seed)
        where T : class
        where TState : struct, Enum
    {
        var state = first;
        Assert.Equal(first, stateOf(events[0].Content));
        foreach (var one in events.Skip(1))
        {
            var next = stateOf(one.Content);
            var isMove = machine.Transitions.Any(row => row.Name == one.Act.Move);
            Assert.True(isMove
                ? machine.Transitions.Any(row => row.From.Equals(state) && row.Name == one.Act.Move && row.To.Equals(next) &&
                    (row.Who & one.Act.Capacity) != 0)
                : next.Equals(state), $"Seed {seed}: {one.Act.Move} led from {state} to {next}.");
            state = next;
        }

        Assert.Equal(last, state);
    }

    private static async Task<List<(long, int)>> RevisionsAsync(TwoSides sides)
    {
        using var read = await sides.Stoa.Services.GetRequiredService<Database>().ReadAsync(Now);
        return
        [
            .. GovernedRecords.All(read, RecordTypes.AccessRequest).Select(one => (one.Id, one.Revision)),
            .. GovernedRecords.All(read, RecordTypes.Agreement).Select(one => (one.Id, one.Revision)),
            .. GovernedRecords.All(read, RecordTypes.Obligation).Select(one => (one.Id, one.Revision)),
        ];
    }

    private static long Any<T>(Random random, List<GovernedRecord<T>> records)
        where T : class => records[random.Next(records.Count)].Id;

    private static string Any(Random random, string[] moves) => moves[random.Next(moves.Length)];
}

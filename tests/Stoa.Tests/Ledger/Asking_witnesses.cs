using System.Diagnostics.Metrics;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Stoa.Ledger.Checkpoints;
using Stoa.Ledger.Merkle;
using Stoa.Ledger.Witnesses;
using Stoa.Vocabulary;
using Xunit;

namespace Stoa.Tests.Ledger;

/// <summary>Asking witnesses for cosignatures, and comparing what they show: a real witness, and others that fail or lie.</summary>
public sealed class Asking_witnesses(WitnessExchange exchange) : IClassFixture<WitnessExchange>
{
    private static readonly SignerKey Other = SignerKey.Generate("witness.example/other", SignatureType.CosignatureV1);
    private static readonly SignerKey Third = SignerKey.Generate("witness.example/third", SignatureType.CosignatureV1);

    private static CancellationToken Now => TestContext.Current.CancellationToken;

    private IMeterFactory Meters => exchange.Stoa.Services.GetRequiredService<IMeterFactory>();

    [Fact]
    public async Task Brings_a_cosignature_and_remembers_what_was_seen()
    {
        var log = exchange.Take(5);
        var policy = await PolicyAsync("quorum real");
        using var round = new CosigningRound(policy, TimeProvider.System, Meters);

        var first = await AskAsync(round, log, 5);
        log.Grow(400);
        var second = await AskAsync(round, log, 400);

        Assert.True(first.IsMet);
        Assert.True(second.IsMet);
        Assert.True(policy.IsMetBy(second.Note));
        Assert.Equal(log.Sign(400).Text, second.Note.Text);
        Assert.Equal(2, second.Note.Signatures.Count);
    }

    [Fact]
    public async Task Asks_anew_with_the_size_that_it_is_told()
    {
        var log = exchange.Take(9);
        var policy = await PolicyAsync("quorum real");
        using (var before = new CosigningRound(policy, TimeProvider.System, Meters)) Assert.True((await AskAsync(before, log, 9)).IsMet);
        log.Grow(12);
        using var round = new CosigningRound(policy, TimeProvider.System, Meters);

        var answer = await AskAsync(round, log, 12);

        Assert.True(answer.IsMet);
        Assert.Equal(AskOutcome.Cosigned, Assert.Single(answer.Asked).Outcome);
    }

    [Fact]
    public async Task Meets_the_quorum_while_others_are_away_or_silent()
    {
        await using var silent = await OtherServer.StartAsync((context, _) => Task.Delay(Timeout.Infinite, context.RequestAborted));
        var log = exchange.Take(5);
        var policy = await PolicyAsync(
            $"witness away {Other.Verifier} {OtherServer.Nobody()}\nwitness silent {Third.Verifier} {silent.Address}\ngroup g 1 real away silent\nquorum g");
        using var round = new CosigningRound(policy, TimeProvider.System, Meters);
        var watch = System.Diagnostics.Stopwatch.StartNew();

        var answer = await AskAsync(round, log, 5);

        Assert.True(answer.IsMet);
        Assert.True(watch.Elapsed < WitnessLimits.AnswerTimeMax, "The silent one was waited for.");
        Assert.DoesNotContain(answer.Asked, one => one.Witness == "silent");
    }

    [Fact]
    public async Task Says_that_the_quorum_is_not_met()
    {
        var log = exchange.Take(5);
        var policy = await PolicyAsync($"witness away {Other.Verifier} {OtherServer.Nobody()}\ngroup g all real away\nquorum g");
        using var round = new CosigningRound(policy, TimeProvider.System, Meters);

        var answer = await AskAsync(round, log, 5);

        Assert.False(answer.IsMet);
        Assert.Equal(AskOutcome.NoAnswer, answer.Asked.Single(one => one.Witness == "away").Outcome);
        Assert.Equal(2, answer.Note.Signatures.Count);
    }

    public static TheoryData<string, AskOutcome> Lies => new()
    {
        { "another key", AskOutcome.Invalid },
        { "another checkpoint", AskOutcome.Invalid },
        { "no signature", AskOutcome.Invalid },
        { "too much", AskOutcome.NoAnswer },
        { "elsewhere", AskOutcome.NoAnswer },
        { "another size each time", AskOutcome.NoAnswer },
        { "more than there is", AskOutcome.Ahead },
        { "contradiction", AskOutcome.Contradicts },
        { "unknown", AskOutcome.Unknown },
        { "failure", AskOutcome.NoAnswer },
    };

    [Theory]
    [MemberData(nameof(Lies))]
    public async Task Takes_nothing_from_a_witness_that_does_not_keep_to_the_protocol(string lie, AskOutcome outcome)
    {
        var log = GrowingLog.Of("city.example/log/lied-to", 8);
        var asked = 0;
        await using var liar = await OtherServer.StartAsync(async (context, _) =>
        {
            asked++;
            var text = log.Sign(8).Text;
            (context.Response.StatusCode, var answer) = lie switch
            {
                "another key" => (200, Third.Sign(text, DateTimeOffset.UtcNow).ToLine()),
                "another checkpoint" => (200, Other.Sign(log.Sign(7).Text, DateTimeOffset.UtcNow).ToLine()),
                "no signature" => (200, "Yes, of course!"),
                "too much" => (200, Other.Sign(text, DateTimeOffset.UtcNow).ToLine() + new string('\n', WitnessLimits.AnswerBytesMax)),
                "elsewhere" => (307, ""),
                "another size each time" => (409, $"{asked}\n"),
                "more than there is" => (409, "9\n"),
                "contradiction" => (422, ""),
                "unknown" => (404, ""),
                _ => (500, ""),
            };
            context.Response.ContentType = context.Response.StatusCode == 409 ? "text/x.tlog.size" : "text/plain";
            if (lie == "elsewhere") context.Response.Headers.Location = "http://127.0.0.1:1/";
            await context.Response.WriteAsync(answer, context.RequestAborted);
        });
        Assert.True(WitnessPolicy.TryParse($"witness liar {Other.Verifier} {liar.Address}\nquorum liar", out var policy, out var fault), fault);
        using var round = new CosigningRound(policy!, TimeProvider.System, Meters);

        var answer = await AskAsync(round, log, 8);

        Assert.False(answer.IsMet);
        Assert.Equal(outcome, Assert.Single(answer.Asked).Outcome);
        Assert.Equal(log.Sign(8).ToString(), answer.Note.ToString());
        Assert.InRange(asked, 1, 3);
    }

    [Fact]
    public async Task Takes_one_of_many_cosignatures_of_a_witness()
    {
        var log = GrowingLog.Of("city.example/log/eager", 8);
        await using var eager = await OtherServer.StartAsync(200, string.Concat(
            Enumerable.Range(0, 90).Select(i => Other.Sign(log.Sign(8).Text, DateTimeOffset.UnixEpoch.AddSeconds(i)).ToLine())));
        Assert.True(WitnessPolicy.TryParse($"witness eager {Other.Verifier} {eager.Address}\nquorum eager", out var policy, out var fault), fault);
        using var round = new CosigningRound(policy!, TimeProvider.System, Meters);

        var answer = await AskAsync(round, log, 8);

        Assert.True(answer.IsMet);
        Assert.Equal(2, answer.Note.Signatures.Count);
    }

    [Fact]
    public async Task Finds_a_view_that_differs_from_ours()
    {
        var log = exchange.Take(10);
        (await exchange.AddAsync(log.Request(0, 10))).ShouldBe(200);
        var rewritten = log.Rewritten(4);
        rewritten.Grow(20);
        using var round = new CosigningRound(await PolicyAsync("quorum real"), TimeProvider.System, Meters);

        var honest = await CompareAsync(round, log);
        var found = await CompareAsync(round, rewritten);

        Assert.Empty(honest.Views);
        var view = Assert.Single(found.Views);
        Assert.Equal((10, log.RootAt(10), rewritten.RootAt(10), "witness real"), (view.Size, view.OtherRoot, view.Root, view.Source));
        Assert.True(await exchange.Stoa.Services.GetRequiredService<SplitViews>().KeepAsync(view, Now));
        var shown = (await exchange.Stoa.GetAsync("/witness/split-views")).ShouldBe(200).Json.GetProperty("value").EnumerateArray();
        Assert.Contains(shown, one => one.GetProperty("origin").GetString() == log.Origin && one.GetProperty("source").GetString() == "witness real");
    }

    [Fact]
    public async Task Finds_that_a_witness_saw_more_of_our_log_than_there_is()
    {
        var log = exchange.Take(10);
        (await exchange.AddAsync(log.Request(0, 10))).ShouldBe(200);
        using var round = new CosigningRound(await PolicyAsync("quorum real"), TimeProvider.System, Meters);

        var found = await CompareAsync(round, log, 7);

        Assert.Empty(found.Views);
        Assert.Equal([("real", 10L)], found.Ahead);
    }

    [Fact]
    public async Task Finds_two_witnesses_that_were_shown_different_trees_of_a_log_of_others()
    {
        var log = exchange.Take(10);
        (await exchange.AddAsync(log.Request(0, 10))).ShouldBe(200);
        var forged = log.Sign(10, log.RootAt(9));
        var stranger = new SignedNote(forged.Text, [Other.Sign(forged.Text, DateTimeOffset.UnixEpoch)]);
        await using var deceived = await OtherServer.StartAsync(200, forged.With([Other.Sign(forged.Text, DateTimeOffset.UnixEpoch)]).ToString());
        await using var inventing = await OtherServer.StartAsync(200, stranger.ToString());
        using var round = new CosigningRound(await PolicyAsync(
            $"witness deceived {Other.Verifier} {deceived.Address}\nwitness inventing {Third.Verifier} {inventing.Address}\nquorum none"), TimeProvider.System, Meters);

        var found = await ViewComparison.RunAsync(new(log.Origin, [log.Key.Verifier]), round.Witnesses, Instant.From(DateTimeOffset.UnixEpoch), Now);

        var view = Assert.Single(found.Views);
        Assert.Equal("witness deceived", view.Source);
        Assert.Equal((log.RootAt(10), log.RootAt(9)), (view.Root, view.OtherRoot));
    }

    private static Task<Compared> CompareAsync(CosigningRound round, GrowingLog log, long? size = null) => ViewComparison.RunAsync(
        new(log.Origin, [log.Key.Verifier]) { Own = new(log.Sign(size ?? log.Size), size ?? log.Size, (at, _) => Task.FromResult(log.RootAt(at))) },
        round.Witnesses, Instant.From(DateTimeOffset.UnixEpoch), Now);

    private static Task<CosignedCheckpoint> AskAsync(CosigningRound round, GrowingLog log, long size)
    {
        var note = log.Sign(size);
        Assert.True(Checkpoint.TryParse(note.Text, out var checkpoint));
        return round.AskAsync(note, checkpoint!, (from, _) => Task.FromResult(log.Consistency(from, size)), Now);
    }

    private async Task<WitnessPolicy> PolicyAsync(string rest)
    {
        var text = $"witness real {await exchange.KeyAsync()} {exchange.Stoa.Address}witness\n{rest}\n";
        Assert.True(WitnessPolicy.TryParse(text, out var policy, out var fault), fault);
        return policy!; // Read on the line above.
    }
}

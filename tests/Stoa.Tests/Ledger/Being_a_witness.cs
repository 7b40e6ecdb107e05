using System.Globalization;
using System.Text;
using Microsoft.Extensions.DependencyInjection;
using Stoa.Ledger.Checkpoints;
using Stoa.Ledger.Merkle;
using Stoa.Ledger.Witnesses;
using Stoa.Storage;
using Stoa.Vocabulary;
using Xunit;

namespace Stoa.Tests.Ledger;

/// <summary>C2SP tlog-witness, add-checkpoint, asked over HTTP.</summary>
public class Being_a_witness(WitnessExchange exchange) : IClassFixture<WitnessExchange>
{
    private static CancellationToken Now => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Cosigns_checkpoints_that_go_on_from_each_other()
    {
        var log = exchange.Take(5);
        var key = await exchange.KeyAsync();

        (await exchange.Stoa.GetAsync(log.Path)).ShouldBeProblem(404, "not-found");
        var first = (await exchange.AddAsync(log.Request(0, 5))).ShouldBe(200);
        log.Grow(700);
        var second = (await exchange.AddAsync(log.Request(5, 700))).ShouldBe(200);

        Assert.Equal("text/plain", second.MediaType);
        Assert.True(WitnessExchange.With(log.Sign(5), first).IsSignedBy(key));
        var time = WitnessExchange.With(log.Sign(700), second).TimeOf(key);
        Assert.InRange(time!.Value, DateTimeOffset.UtcNow.AddMinutes(-10), DateTimeOffset.UtcNow.AddMinutes(1));
        var kept = (await exchange.Stoa.GetAsync(log.Path)).ShouldBe(200);
        Assert.Equal(WitnessExchange.With(log.Sign(700), second).ToString(), kept.Text);
        Assert.Equal("text/plain", kept.MediaType);
    }

    [Fact]
    public async Task Cosigns_the_tree_without_entries_and_any_tree_after_it()
    {
        var log = exchange.Take(0);

        (await exchange.AddAsync(log.Request(0, 0))).ShouldBe(200);
        log.Grow(3);

        (await exchange.AddAsync(log.Request(0, 3))).ShouldBe(200);
    }

    [Fact]
    public async Task Gives_a_cosignature_again_for_what_it_cosigned()
    {
        var log = exchange.Take(9);
        var first = (await exchange.AddAsync(log.Request(0, 9))).ShouldBe(200);

        var again = (await exchange.AddAsync(log.Request(9, 9))).ShouldBe(200);

        Assert.True(WitnessExchange.With(log.Sign(9), again).IsSignedBy(await exchange.KeyAsync()));
        Assert.Equal(first.Text, again.Text);
    }

    [Fact]
    public async Task Answers_404_for_a_log_that_it_does_not_know() =>
        (await exchange.AddAsync(GrowingLog.Of("unheard.example/log", 4).Request(0, 4))).ShouldBeProblem(404, "unknown-log");

    [Fact]
    public async Task Answers_403_when_no_trusted_key_signed()
    {
        var log = exchange.Take(4);
        var other = GrowingLog.Of(log.Origin, 4);
        var text = log.Sign(4).Text;
        var changed = new SignedNote(text.Replace("\n4\n", "\n3\n", StringComparison.Ordinal), log.Sign(4).Signatures);

        (await exchange.AddAsync(other.Request(0, 4))).ShouldBeProblem(403, "checkpoint-not-signed");
        (await exchange.AddAsync(GrowingLog.Request(0, [], changed))).ShouldBeProblem(403, "checkpoint-not-signed");
        // One more key that nobody knows is no harm.
        (await exchange.AddAsync(GrowingLog.Request(0, [], log.Sign(4).With(other.Sign(4).Signatures)))).ShouldBe(200);
        Assert.DoesNotContain(other.Sign(4).Signatures[0].ToLine(), (await exchange.Stoa.GetAsync(log.Path)).Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Answers_400_when_the_old_size_is_beyond_the_new_one()
    {
        var log = exchange.Take(8);
        (await exchange.AddAsync(log.Request(0, 8))).ShouldBe(200);

        (await exchange.AddAsync(GrowingLog.Request(8, [], log.Sign(5)))).ShouldBeProblem(400, "checkpoint-malformed");
        (await exchange.AddAsync(GrowingLog.Request(9, [], log.Sign(8)))).ShouldBeProblem(400, "checkpoint-malformed");
    }

    [Fact]
    public async Task Answers_400_to_what_is_no_request()
    {
        var log = exchange.Take(4);
        var good = Encoding.UTF8.GetString(log.Request(0, 4));
        var hash = log.RootAt(1).ToString() + "\n";
        string[] wrong =
        [
            "", "\n", "old 0\n", "old\n\n" + log.Sign(4), "old 00\n\n" + log.Sign(4), "old -1\n\n" + log.Sign(4), "old 9223372036854775808\n\n" + log.Sign(4),
            "Old 0\n\n" + log.Sign(4), "old 0 \n\n" + log.Sign(4), "old 0\r\n\n" + log.Sign(4), "old 0\nabc\n\n" + log.Sign(4),
            "old 4\n" + string.Concat(Enumerable.Repeat(hash, 64)) + "\n" + log.Sign(4),
            "old 0\n\n" + log.Sign(4).Text, good[..^1], good.Replace("\n4\n", "\nfour\n", StringComparison.Ordinal), good.Replace("\n4\n", "\n04\n", StringComparison.Ordinal),
            good + "\n",
        ];

        foreach (var body in wrong) (await exchange.AddAsync(Encoding.UTF8.GetBytes(body))).ShouldBeProblem(400, "checkpoint-malformed");

        (await exchange.AddAsync(Encoding.UTF8.GetBytes(good))).ShouldBe(200);
    }

    [Fact]
    public async Task Answers_409_and_the_size_when_the_old_size_is_not_the_last()
    {
        var log = exchange.Take(40);

        var never = (await exchange.AddAsync(log.Request(3, 4))).ShouldBe(409);
        (await exchange.AddAsync(log.Request(0, 30))).ShouldBe(200);
        var smaller = (await exchange.AddAsync(log.Request(20, 40))).ShouldBe(409);
        var greater = (await exchange.AddAsync(log.Request(35, 40))).ShouldBe(409);
        var none = (await exchange.AddAsync(log.Request(0, 40))).ShouldBe(409);

        Assert.Equal("0\n", never.Text);
        foreach (var answer in new[] { smaller, greater, none }) Assert.Equal("30\n", answer.Text);
        Assert.Equal("text/x.tlog.size", none.Header("Content-Type"));
        (await exchange.AddAsync(log.Request(30, 40))).ShouldBe(200);
    }

    [Fact]
    public async Task Answers_422_when_the_proof_does_not_lead_there()
    {
        var log = exchange.Take(20);
        (await exchange.AddAsync(log.Request(0, 10))).ShouldBe(200);
        var proof = log.Consistency(10, 20);
        MerkleHash[][] wrong = [[], proof[1..], proof[..^1], [.. proof, proof[0]], [.. proof.Reverse()], log.Consistency(9, 20)];

        foreach (var other in wrong) (await exchange.AddAsync(GrowingLog.Request(10, other, log.Sign(20)))).ShouldBeProblem(422, "checkpoint-inconsistent");

        Assert.Contains("\n10\n", (await exchange.Stoa.GetAsync(log.Path)).Text, StringComparison.Ordinal);
        (await exchange.AddAsync(GrowingLog.Request(10, proof, log.Sign(20)))).ShouldBe(200);
    }

    [Fact]
    public async Task Answers_422_to_a_proof_from_nothing_and_to_another_root_of_nothing()
    {
        var log = exchange.Take(4);

        (await exchange.AddAsync(GrowingLog.Request(0, [log.RootAt(1)], log.Sign(4)))).ShouldBeProblem(422, "checkpoint-inconsistent");
        (await exchange.AddAsync(GrowingLog.Request(0, [], log.Sign(0, log.RootAt(1))))).ShouldBeProblem(422, "checkpoint-inconsistent");
    }

    [Fact]
    public async Task Gives_no_cosignature_to_a_past_that_was_written_anew()
    {
        var log = exchange.Take(10);
        (await exchange.AddAsync(log.Request(0, 10))).ShouldBe(200);

        log.Rewrite(3);
        log.Grow(20);

        (await exchange.AddAsync(log.Request(10, 20))).ShouldBeProblem(422, "checkpoint-inconsistent");
    }

    [Fact]
    public async Task Keeps_and_shows_two_roots_of_one_size_once()
    {
        var log = exchange.Take(10);
        var honest = log.Sign(10);
        (await exchange.AddAsync(log.Request(0, 10))).ShouldBe(200);
        log.Rewrite(3);

        (await exchange.AddAsync(GrowingLog.Request(10, [], log.Sign(10)))).ShouldBeProblem(422, "checkpoint-inconsistent");
        (await exchange.AddAsync(GrowingLog.Request(10, [], log.Sign(10)))).ShouldBeProblem(422, "checkpoint-inconsistent");
        (await exchange.AddAsync(GrowingLog.Request(0, [], log.Sign(10)))).ShouldBe(409);

        var views = (await exchange.Stoa.GetAsync("/witness/split-views")).ShouldBe(200).Json.GetProperty("value").EnumerateArray()
            .Where(view => view.GetProperty("origin").GetString() == log.Origin).ToArray();
        var view = Assert.Single(views);
        Assert.Equal(10, view.GetProperty("size").GetInt64());
        Assert.StartsWith(honest.ToString(), view.GetProperty("checkpoint").GetString(), StringComparison.Ordinal);
        Assert.Equal(log.Sign(10).ToString(), view.GetProperty("otherCheckpoint").GetString());
        Assert.NotEqual(view.GetProperty("root").GetString(), view.GetProperty("otherRoot").GetString());
    }

    [Fact]
    public async Task Signs_one_of_two_that_contradict_each_other_at_once()
    {
        for (var round = 0; round < 5; round++)
        {
            var log = exchange.Take(6);
            var liar = log.Sign(6, log.RootAt(5));

            var answers = await Task.WhenAll(
                exchange.AddAsync(log.Request(0, 6)), exchange.AddAsync(GrowingLog.Request(0, [], liar)),
                exchange.AddAsync(log.Request(0, 6)), exchange.AddAsync(GrowingLog.Request(0, [], liar)));

            var honest = answers.Where((_, i) => i % 2 == 0).Count(answer => answer.Status == 200);
            var lying = answers.Where((_, i) => i % 2 == 1).Count(answer => answer.Status == 200);
            Assert.True(honest > 0 != lying > 0, $"{honest} honest and {lying} lying ones were cosigned.");
            Assert.All(answers.Where(answer => answer.Status != 200), answer => Assert.Equal((409, "6\n"), (answer.Status, answer.Text)));
            var kept = (await exchange.Stoa.GetAsync(log.Path)).Text;
            Assert.Contains((honest > 0 ? log.RootAt(6) : log.RootAt(5)).ToString(), kept, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task Bounds_the_body()
    {
        var log = exchange.Take(4);
        var body = log.Request(0, 4);
        byte[] Padded(int length) => [.. body, .. new byte[length - body.Length].AsSpan().ToArray()];

        (await exchange.AddAsync(Padded(WitnessLimits.BodyBytesMax))).ShouldBeProblem(400, "checkpoint-malformed");
        (await exchange.AddAsync(Padded(WitnessLimits.BodyBytesMax + 1))).ShouldBeProblem(413, "body-too-large");
    }

    [Fact]
    public async Task Remembers_after_a_restart_what_it_cosigned_and_with_which_key()
    {
        using var folder = new TemporaryFolder();
        var log = GrowingLog.Of("city.example/log/kept", 10);
        var file = Path.Combine(folder.Path, "logs");
        await File.WriteAllTextAsync(file, $"log {log.Key.Verifier}\nquorum none\n", Now);
        await using var stoa = await Exchange.StartAsync(null, null, ("ledger.witness.logs", file));
        using (var request = RequestOf(log.Request(0, 10))) (await stoa.SendAsync(request)).ShouldBe(200);
        var (key, kept) = ((await stoa.GetAsync("/witness/vkey")).Text, (await stoa.GetAsync(log.Path)).Text);

        await stoa.RestartAsync(("ledger.witness.logs", file));

        Assert.Equal(key, (await stoa.GetAsync("/witness/vkey")).Text);
        Assert.Equal(kept, (await stoa.GetAsync(log.Path)).Text);
        using (var request = RequestOf(log.Request(0, 10))) Assert.Equal("10\n", (await stoa.SendAsync(request)).ShouldBe(409).Text);
        if (!OperatingSystem.IsWindows())
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(Path.Combine(stoa.Folder, "ledger", "witness.key")));
    }

    [Fact]
    public async Task Is_off_unless_it_is_asked_for()
    {
        await using var stoa = await Exchange.StartAsync();

        (await stoa.GetAsync("/witness/vkey")).ShouldBeProblem(404, "not-found");
        using var request = RequestOf(GrowingLog.Of("city.example/log/audit", 4).Request(0, 4));
        (await stoa.SendAsync(request)).ShouldBeProblem(404, "unknown-log");
        Assert.False(File.Exists(Path.Combine(stoa.Folder, "ledger", "witness.key")));
    }

    [Fact]
    public async Task Keeps_no_more_than_a_thousand_contradictions_of_a_log()
    {
        var log = exchange.Take(1);
        var views = exchange.Stoa.Services.GetRequiredService<SplitViews>();
        SplitView Of(int i) => new(
            log.Origin, 1, log.RootAt(1), log.Sign(1).ToBytes(), MerkleTree.Leaf(Encoding.UTF8.GetBytes(i.ToString(CultureInfo.InvariantCulture))), [1], "test",
            Instant.From(DateTimeOffset.UnixEpoch));
        var kept = await Task.WhenAll(Enumerable.Range(0, WitnessLimits.SplitViewsMax).Select(i => views.KeepAsync(Of(i), Now)));

        Assert.All(kept, Assert.True);
        Assert.False(await views.KeepAsync(Of(WitnessLimits.SplitViewsMax), Now));
        Assert.False(await views.KeepAsync(Of(0), Now));
    }

    [Theory]
    [InlineData("quorum none\n", "no line that begins with 'log'")]
    [InlineData("log nobody\nquorum none\n", "no key of a log")]
    [InlineData("", "no line 'quorum'")]
    public async Task Does_not_start_with_a_file_that_names_no_logs(string text, string said)
    {
        using var folder = new TemporaryFolder();
        var file = Path.Combine(folder.Path, "logs");
        await File.WriteAllTextAsync(file, text, Now);

        var error = await Assert.ThrowsAsync<Stoa.Host.StartException>(() => Exchange.StartAsync(settings: ("ledger.witness.logs", file)));

        Assert.Contains(said, error.Message, StringComparison.Ordinal);
    }

    private static HttpRequestMessage RequestOf(byte[] body) => new(HttpMethod.Post, "/witness/add-checkpoint") { Content = new ByteArrayContent(body) };
}

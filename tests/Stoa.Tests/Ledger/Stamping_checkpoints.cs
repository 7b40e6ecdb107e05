using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Stoa.Ledger.Anchoring;
using Stoa.Ledger.Checkpoints;
using Stoa.Ledger.Lags;
using Stoa.Ledger.Writing;
using Xunit;

namespace Stoa.Tests.Ledger;

/// <summary>Checkpoints get time stamps of RFC 3161: openssl is the authority, and openssl verifies.</summary>
public sealed class Stamping_checkpoints : IAsyncLifetime
{
    private LocalAuthority _authority = null!; // Set before each test.

    private static CancellationToken Now => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => _authority = await LocalAuthority.StartAsync();

    public ValueTask DisposeAsync() => _authority.DisposeAsync();

    [Fact]
    public async Task Gives_tokens_that_openssl_verifies()
    {
        await using var stoa = await StartAsync(("ledger.timestamp.authority", _authority.Root));
        await AppendAsync(stoa, 3);
        var first = await StampedAsync(stoa, 3);
        await AppendAsync(stoa, 300);
        var second = await StampedAsync(stoa, 303);

        foreach (var (size, checkpoint) in new[] { (3, first), (303, second) })
        {
            var token = (await stoa.GetAsync($"/api/v1/log/registry/stamps/{size}/token")).ShouldBe(200);
            var data = (await stoa.GetAsync($"/api/v1/log/registry/stamps/{size}/checkpoint")).ShouldBe(200);
            Assert.Equal("application/vnd.etsi.timestamp-token", token.MediaType);
            Assert.Equal(checkpoint, data.Text);
            Assert.True(SignedNote.TryParse(data.Bytes, out var note) && Checkpoint.TryParse(note!.Text, out var said) && said!.Size == size);
            var verified = await _authority.VerifyAsync(data.Bytes, token.Bytes);
            Assert.True(verified.Code == 0 && verified.Text.Contains("Verification: OK", StringComparison.Ordinal), verified.Text);
            data.Bytes[^10] ^= 1;
            Assert.NotEqual(0, (await _authority.VerifyAsync(data.Bytes, token.Bytes)).Code);
        }

        (await stoa.GetAsync("/api/v1/log/registry/stamps/4/token")).ShouldBeProblem(404, "not-found");
        (await stoa.GetAsync("/api/v1/log/no-such/stamps")).ShouldBeProblem(404, "not-found");
        Assert.Null(stoa.Services.GetRequiredService<LagWatch>().Finding());
    }

    [Fact]
    public async Task Says_since_when_none_came_and_that_they_come_again()
    {
        _authority.Instead = (context, _) =>
        {
            context.Response.StatusCode = 503;
            return Task.CompletedTask;
        };
        await using var stoa = await StartAsync(("ledger.timestamp.authority", _authority.Root));
        await AppendAsync(stoa, 3);
        await UntilAsync(async () => await ConfirmationsAsync(stoa) != "ok");
        Assert.Contains("time stamp of registry waits since ", await ConfirmationsAsync(stoa), StringComparison.Ordinal);

        _authority.Instead = null;

        await StampedAsync(stoa, 3);
        await UntilAsync(async () => !(await ConfirmationsAsync(stoa)).Contains("registry", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Takes_no_answer_that_is_not_a_stamp_of_the_checkpoint()
    {
        using var wrong = new TemporaryFolder();
        var asked = Encoding.UTF8.GetBytes("a checkpoint");
        var trusting = new TimestampAuthority(new(_authority.Address, _authority.Root, TimeSpan.FromHours(1)), TimeProvider.System);
        var strict = new TimestampAuthority(new(_authority.Address, null, TimeSpan.FromHours(1)), TimeProvider.System);
        var slow = new TimestampAuthority(new(_authority.Address, _authority.Root, TimeSpan.FromHours(1)), new Yesterday());
        Assert.NotNull(await trusting.StampAsync(asked, Now));

        Assert.Contains("not trusted", (await Assert.ThrowsAsync<CryptographicException>(() => strict.StampAsync(asked, Now))).Message, StringComparison.Ordinal);
        Assert.Contains("clocks", (await Assert.ThrowsAsync<CryptographicException>(() => slow.StampAsync(asked, Now))).Message, StringComparison.Ordinal);
        byte[]? before = null;
        _authority.Instead = async (context, query) => await context.Response.BodyWriter.WriteAsync(before ??= await _authority.ReplyAsync(query), context.RequestAborted);
        Assert.NotNull(await trusting.StampAsync(asked, Now));
        // The stamp of another request, of the same bytes or of others.
        await Assert.ThrowsAnyAsync<CryptographicException>(() => trusting.StampAsync(asked, Now));
        await Assert.ThrowsAnyAsync<CryptographicException>(() => trusting.StampAsync([1], Now));
        _authority.Instead = async (context, query) =>
        {
            var reply = await _authority.ReplyAsync(query);
            reply[^5] ^= 1;
            await context.Response.BodyWriter.WriteAsync(reply, context.RequestAborted);
        };
        await Assert.ThrowsAnyAsync<CryptographicException>(() => trusting.StampAsync(asked, Now));
        _authority.Instead = async (context, _) => await context.Response.WriteAsync("no", context.RequestAborted);
        await Assert.ThrowsAnyAsync<CryptographicException>(() => trusting.StampAsync(asked, Now));
        _authority.Instead = async (context, _) => await context.Response.BodyWriter.WriteAsync(new byte[AnchoringLimits.AnswerBytesMax + 1], context.RequestAborted);
        await Assert.ThrowsAnyAsync<HttpRequestException>(() => trusting.StampAsync(asked, Now));
    }

    [Fact]
    public async Task Does_not_start_with_roots_that_are_none()
    {
        using var folder = new TemporaryFolder();
        var file = Path.Combine(folder.Path, "roots.pem");
        await File.WriteAllTextAsync(file, "nothing", Now);

        var error = await Assert.ThrowsAsync<Stoa.Host.StartException>(() => StartAsync(("ledger.timestamp.authority", file)));

        Assert.Contains("ledger.timestamp.authority", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Is_off_unless_it_is_asked_for()
    {
        await using var stoa = await Exchange.StartAsync();

        (await stoa.GetAsync("/api/v1/log/audit/stamps")).ShouldBeJson(200, """{"value":[]}""");
        (await stoa.GetAsync("/api/v1/log/audit/anchors")).ShouldBeJson(200, """{"value":[]}""");
        Assert.False((await stoa.GetAsync("/health/ready")).Json.GetProperty("checks").TryGetProperty("confirmations", out _));
    }

    private Task<Exchange> StartAsync(params (string, string)[] settings) => Exchange.StartAsync(null, null,
        [("ledger.timestamp.url", _authority.Address.ToString()), ("ledger.timestamp.periodSeconds", "1"), .. settings]);

    private static Task<bool> AppendAsync(Exchange stoa, int count) => stoa.Database.WriteAsync(session =>
    {
        for (var i = 0; i < count; i++) LogEntries.Append(session, LogName.Registry, Encoding.UTF8.GetBytes($$"""{"n":{{i}}}"""), new EntryKeys("test"));
        return true;
    }, Now);

    private static async Task<string> StampedAsync(Exchange stoa, long size)
    {
        string? checkpoint = null;
        await UntilAsync(async () =>
        {
            var list = (await stoa.GetAsync("/api/v1/log/registry/stamps")).ShouldBe(200).Json.GetProperty("value");
            checkpoint = list.EnumerateArray().Where(one => one.GetProperty("size").GetInt64() == size).Select(one => one.GetProperty("checkpoint").GetString()).FirstOrDefault();
            return checkpoint is not null;
        });
        return checkpoint!; // Until it was there.
    }

    private static async Task<string> ConfirmationsAsync(Exchange stoa) =>
        (await stoa.GetAsync("/health/ready")).ShouldBe(200).Json.GetProperty("checks").GetProperty("confirmations").GetString()!;

    internal static async Task UntilAsync(Func<Task<bool>> condition)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(Now);
        patience.CancelAfter(TimeSpan.FromSeconds(30));
        while (!await condition()) await Task.Delay(30, patience.Token);
    }

    private sealed class Yesterday : TimeProvider
    {
        public override DateTimeOffset GetUtcNow() => DateTimeOffset.UtcNow.AddDays(-1);
    }
}

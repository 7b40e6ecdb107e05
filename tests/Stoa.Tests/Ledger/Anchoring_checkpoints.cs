using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Stoa.Ledger.Anchoring;
using Stoa.Ledger.Checkpoints;
using Stoa.Ledger.Writing;
using Stoa.Storage;
using Xunit;

namespace Stoa.Tests.Ledger;

/// <summary>Checkpoints are anchored on a chain: anvil, with the contract of tests/clients/anchor.</summary>
public sealed class Anchoring_checkpoints : IAsyncLifetime
{
    private LocalChain _chain = null!; // Set before each test.

    private static CancellationToken Now => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => _chain = await LocalChain.StartAsync();

    public ValueTask DisposeAsync() => _chain.DisposeAsync();

    [Fact]
    public async Task Stand_in_the_contract_with_their_hash()
    {
        await using var stoa = await Exchange.StartAsync(null, null,
            ("ledger.anchor.url", _chain.Address.ToString()), ("ledger.anchor.contract", _chain.Contract), ("ledger.anchor.account", LocalChain.Account),
            ("ledger.anchor.periodSeconds", "1"));
        await AppendAsync(stoa, 3);
        await AnchoredAsync(stoa, 3);
        await AppendAsync(stoa, 40);
        var anchor = await AnchoredAsync(stoa, 43);

        Assert.Equal("eip155:31337:" + _chain.Contract, anchor.GetProperty("contract").GetString());
        var bytes = Encoding.UTF8.GetBytes(anchor.GetProperty("checkpoint").GetString()!);
        Assert.True(SignedNote.TryParse(bytes, out var note));
        Assert.True(Checkpoint.TryParse(note!.Text, out var checkpoint));
        var head = (await _chain.CallAsync("eth_call", new { to = _chain.Contract, data = AnchorContract.Head(LocalChain.Account, checkpoint!.Origin) }, "latest")).GetString()!;
        Assert.True(AnchorContract.TryReadHead(head, out var size, out var root));
        Assert.Equal((43, checkpoint.Root), (size, root));
        var receipt = await _chain.CallAsync("eth_getTransactionReceipt", anchor.GetProperty("transaction").GetString()!);
        var logged = Assert.Single(receipt.GetProperty("logs").EnumerateArray());
        // Anchored(address indexed by, bytes32 indexed logId, uint64 size, bytes32 root, bytes32 checkpointHash)
        Assert.Equal("0xa58519225e4f9c8267cd9793b73fec57d8d8f98424e8f206c6d7288d6fe037e7", logged.GetProperty("topics")[0].GetString());
        Assert.Equal(
            string.Create(CultureInfo.InvariantCulture, $"0x{43:x64}{Convert.ToHexStringLower(checkpoint.Root.ToBytes())}{Convert.ToHexStringLower(SHA256.HashData(bytes))}"),
            logged.GetProperty("data").GetString());
        Assert.InRange(Convert.ToInt32(receipt.GetProperty("gasUsed").GetString()![2..], 16), 30_000, 40_000);
    }

    [Fact]
    public async Task Are_refused_by_the_contract_when_they_shrink_or_contradict()
    {
        using var folder = new TemporaryFolder();
        await using var database = await TestDatabases.OpenAsync(new() { Folder = folder.Path }, Now);
        var anchors = AnchorsTo(_chain.Address, database);
        var log = GrowingLog.Of("city.example/log/anchored", 10);
        Assert.Null(await AnchorAsync(anchors, log, 10));

        Assert.Contains("Shrinks", await AnchorAsync(anchors, log, 9), StringComparison.Ordinal);
        Assert.Contains("SplitView", await AnchorAsync(anchors, log.Rewritten(2), 10), StringComparison.Ordinal);
        Assert.Null(await AnchorAsync(anchors, log, 10));
        Assert.Equal(10, Assert.Single(await anchors.ReadAsync(LogName.Cards, 10, Now)).Size);
    }

    [Fact]
    public async Task Are_not_believed_of_a_node_that_says_anything_else()
    {
        using var folder = new TemporaryFolder();
        await using var database = await TestDatabases.OpenAsync(new() { Folder = folder.Path }, Now);
        var log = GrowingLog.Of("city.example/log/anchored", 10);
        var hash = "0x" + new string('a', 64);
        // What it answers to each method; {id} is that of the question.
        (string Send, string Receipt, string Head, string Said)[] cases =
        [
            ("\"result\":\"" + hash + "\"", "\"result\":{\"status\":\"0x0\"}", "", "refused by the contract"),
            ("\"result\":\"" + hash + "\"", "\"result\":{\"status\":\"0x1\"}", "\"result\":\"0x\"", "does not hold"),
            ("\"result\":\"" + hash + "\"", "\"result\":{\"status\":\"0x1\"}", "\"result\":\"0x" + new string('f', 192) + "\"", "does not hold"),
            ("\"result\":7", "", "", "without the hash"),
            ("\"error\":{\"code\":-32000,\"message\":\"insufficient funds\"}", "", "", "insufficient funds"),
            ("\"nothing\":1", "", "", "no result"),
        ];
        foreach (var (send, receipt, head, said) in cases)
        {
            await using var node = await OtherServer.StartAsync(async (context, body) =>
            {
                var question = System.Text.Json.JsonDocument.Parse(body).RootElement;
                var answer = question.GetProperty("method").GetString() switch
                {
                    "eth_sendTransaction" => send,
                    "eth_getTransactionReceipt" => receipt,
                    "eth_call" when question.GetProperty("params")[0].GetProperty("data").GetString()!.StartsWith("0x24e8393d", StringComparison.Ordinal) => head,
                    "eth_call" => "\"result\":\"0x\"",
                    _ => "\"result\":\"0x1\"",
                };
                await context.Response.WriteAsync($$"""{"jsonrpc":"2.0","id":{{question.GetProperty("id")}},{{answer}}}""", context.RequestAborted);
            });
            var anchors = AnchorsTo(node.Address, database);

            Assert.Contains(said, await AnchorAsync(anchors, log, 10), StringComparison.Ordinal);
            Assert.Empty(await anchors.ReadAsync(LogName.Cards, 10, Now));
        }

        await using var page = await OtherServer.StartAsync(200, "<html>");
        Assert.Contains("no JSON", await AnchorAsync(AnchorsTo(page.Address, database), log, 10), StringComparison.Ordinal);
        Assert.NotNull(await AnchorAsync(AnchorsTo(OtherServer.Nobody(), database), log, 10));
    }

    private Anchors AnchorsTo(Uri node, Database database) =>
        new(new(node, _chain.Contract, LocalChain.Account, TimeSpan.FromDays(1)), database, TimeProvider.System);

    private static Task<string?> AnchorAsync(Anchors anchors, GrowingLog log, long size)
    {
        var note = log.Sign(size);
        Assert.True(Checkpoint.TryParse(note.Text, out var checkpoint));
        return anchors.ConfirmAsync(LogName.Cards, note, checkpoint!, Now);
    }

    private static Task<bool> AppendAsync(Exchange stoa, int count) => stoa.Database.WriteAsync(session =>
    {
        for (var i = 0; i < count; i++) LogEntries.Append(session, LogName.Registry, Encoding.UTF8.GetBytes($$"""{"n":{{i}}}"""), new EntryKeys("test"));
        return true;
    }, Now);

    private static async Task<System.Text.Json.JsonElement> AnchoredAsync(Exchange stoa, long size)
    {
        System.Text.Json.JsonElement anchor = default;
        await Stamping_checkpoints.UntilAsync(async () =>
        {
            anchor = (await stoa.GetAsync("/api/v1/log/registry/anchors")).ShouldBe(200).Json.GetProperty("value").EnumerateArray()
                .FirstOrDefault(one => one.GetProperty("size").GetInt64() == size);
            return anchor.ValueKind == System.Text.Json.JsonValueKind.Object;
        });
        return anchor;
    }
}

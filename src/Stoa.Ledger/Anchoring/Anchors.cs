using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Security.Cryptography;
using System.Text.RegularExpressions;
using Stoa.Ledger.Checkpoints;
using Stoa.Ledger.Writing;
using Stoa.Storage;
using Stoa.Vocabulary;

namespace Stoa.Ledger.Anchoring;

/// <summary>A contract on a chain that holds what was claimed of logs.</summary>
/// <param name="Address">Of the node, or of the signer in front of it, that has the key of the account.</param>
/// <param name="Contract">Address of the contract: 0x and 40 hexadecimal digits.</param>
/// <param name="Account">Who sends.</param>
/// <param name="Period">How often the checkpoint of a log that has grown is anchored; each costs some 36,000 gas.</param>
public sealed partial record AnchorOptions(Uri Address, string Contract, string Account, TimeSpan Period)
{
    /// <summary>Whether a text is an address on a chain.</summary>
    public static bool IsChainAddress(string text) => ChainAddress().IsMatch(text);

    [GeneratedRegex(@"\A0x[0-9a-fA-F]{40}\z")]
    private static partial Regex ChainAddress();
}

/// <summary>A checkpoint that a contract holds.</summary>
/// <param name="Size">Of the checkpoint.</param>
/// <param name="Note">The signed checkpoint; the contract holds the SHA-256 of these bytes.</param>
/// <param name="Contract">Chain and contract, as <c>eip155:1:0x…</c> (CAIP-10).</param>
/// <param name="Transaction">Its hash.</param>
/// <param name="At">When it was seen in a block.</param>
internal sealed record Anchor(long Size, byte[] Note, string Contract, string Transaction, Instant At);

/// <summary>Anchors of the checkpoints of our logs.</summary>
/// <remarks>A chain proves what was claimed when, and by whom; that a log only grew is proven by witnesses. One looks at a time.</remarks>
[SuppressMessage("Design", "CA1001", Justification = "Lives as long as the program.")]
internal sealed class Anchors : IConfirmation
{
    private const string Insert =
        """
        INSERT INTO ledger_anchor (log, size, note, contract, tx, anchored)
        VALUES (@log, @size, @note, @contract, @tx, @anchored)
        ON CONFLICT (log, size) DO NOTHING
        """;

    // By the primary key.
    private const string Select =
        """
        SELECT   size, note, contract, tx, anchored
        FROM     ledger_anchor
        WHERE    log = @log
        ORDER BY size DESC
        LIMIT    @limit
        """;

    private static readonly TimeSpan ReceiptPause = TimeSpan.FromMilliseconds(500);

    private readonly AnchorOptions? _options;
    private readonly Database _database;
    private readonly TimeProvider _time;
    private readonly ChainNode? _node;

    // Transactions that were sent and not yet seen in a block: sent again, they would be paid again.
    private readonly Dictionary<LogName, (Checkpoint Checkpoint, byte[] Note, string Hash)> _sent = [];

    public Anchors(AnchorOptions? options, Database database, TimeProvider time)
    {
        (_options, _database, _time) = (options, database, time);
        if (options is not null) _node = new(options.Address, OutsideHttp.Client());
    }

    /// <summary>The newest of a log.</summary>
    public async Task<List<Anchor>> ReadAsync(LogName log, int limit, CancellationToken cancellation)
    {
        using var read = await _database.ReadAsync(cancellation);
        using var select = read.Prepare(Select);
        select.Bind("@log", (long)log).Bind("@limit", limit);
        var anchors = new List<Anchor>();
        while (select.Step()) anchors.Add(new(select.Int64(0), select.Blob(1).ToArray(), select.Text(2), select.Text(3), new(select.Int64(4))));
        return anchors;
    }

    /// <inheritdoc/>
    public async Task<(long Size, Instant At)?> LastAsync(LogName log, CancellationToken cancellation) =>
        await ReadAsync(log, 1, cancellation) is [var last] ? (last.Size, last.At) : null;

    /// <inheritdoc/>
    public async Task<string?> ConfirmAsync(LogName log, SignedNote note, Checkpoint checkpoint, CancellationToken cancellation)
    {
        if (_options is not { } options || _node is not { } node) return "No chain is named.";
        try
        {
            if (!_sent.TryGetValue(log, out var sent))
            {
                var bytes = note.ToBytes();
                var call = AnchorContract.Anchor(checkpoint, SHA256.HashData(bytes));
                // What the contract refuses is known before it is paid for.
                await node.AskAsync(options.Account, options.Contract, call, cancellation);
                var hash = await node.SendAsync(options.Account, options.Contract, call, cancellation);
                _sent[log] = sent = (checkpoint, bytes, hash);
            }

            if (await WaitAsync(node, sent.Hash, cancellation) is not { } isDone)
                return $"The transaction {sent.Hash} is in no block yet.";
            _sent.Remove(log);
            if (!isDone) return $"The transaction {sent.Hash} was refused by the contract.";
            // A node may answer with a receipt of anything: what counts is what the contract says.
            var head = await node.AskAsync(options.Account, options.Contract, AnchorContract.Head(options.Account, sent.Checkpoint.Origin), cancellation);
            if (!AnchorContract.TryReadHead(head, out var size, out var root) || size != sent.Checkpoint.Size || root != sent.Checkpoint.Root)
                return "The contract does not hold what was sent: is its address right, and the account used by this program alone?";
            var chain = await node.ChainIdAsync(cancellation);
            await KeepAsync(log, new(sent.Checkpoint.Size, sent.Note, string.Create(CultureInfo.InvariantCulture, $"eip155:{chain}:{options.Contract}"), sent.Hash, Instant.From(_time.GetUtcNow())), cancellation);
            return null;
        }
        catch (Exception error) when (error is ChainException or HttpRequestException or IOException)
        {
            return error.Message;
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            return $"The node did not answer within {AnchoringLimits.AnswerTimeMax.TotalSeconds:0} seconds.";
        }
    }

    private static async Task<bool?> WaitAsync(ChainNode node, string hash, CancellationToken cancellation)
    {
        for (var waited = TimeSpan.Zero; waited < AnchoringLimits.ReceiptTimeMax; waited += ReceiptPause)
        {
            if (await node.ReceiptAsync(hash, cancellation) is { } isDone) return isDone;
            await Task.Delay(ReceiptPause, cancellation);
        }

        return null;
    }

    private Task<long> KeepAsync(LogName log, Anchor anchor, CancellationToken cancellation) => _database.WriteAsync(session =>
    {
        using var insert = session.Prepare(Insert);
        return insert.Bind("@log", (long)log).Bind("@size", anchor.Size).BindBlob("@note", anchor.Note).Bind("@contract", anchor.Contract)
            .Bind("@tx", anchor.Transaction).Bind("@anchored", anchor.At.UnixMicroseconds).Execute();
    }, cancellation);
}

using System.Security.Cryptography;
using Stoa.Ledger.Checkpoints;
using Stoa.Ledger.Writing;
using Stoa.Storage;
using Stoa.Vocabulary;

namespace Stoa.Ledger.Anchoring;

/// <summary>A time stamp of a checkpoint.</summary>
/// <param name="Size">Of the checkpoint.</param>
/// <param name="Note">The bytes that were stamped: the checkpoint with its signatures.</param>
/// <param name="Token">TimeStampToken, DER (RFC 3161, 2.4.2).</param>
/// <param name="At">The time in it.</param>
internal sealed record Stamp(long Size, byte[] Note, byte[] Token, Instant At);

/// <summary>Time stamps of the checkpoints of our logs.</summary>
internal sealed class Stamps(TimestampAuthority? authority, Database database) : IConfirmation
{
    private const string Insert =
        """
        INSERT INTO ledger_stamp (log, size, note, token, stamped)
        VALUES (@log, @size, @note, @token, @stamped)
        ON CONFLICT (log, size) DO NOTHING
        """;

    // By the primary key.
    private const string Select =
        """
        SELECT   size, note, token, stamped
        FROM     ledger_stamp
        WHERE    log = @log AND size <= @most
        ORDER BY size DESC
        LIMIT    @limit
        """;

    /// <summary>The newest of a log; with <paramref name="size"/> those of no larger one.</summary>
    public async Task<List<Stamp>> ReadAsync(LogName log, long size, int limit, CancellationToken cancellation)
    {
        using var read = await database.ReadAsync(cancellation);
        using var select = read.Prepare(Select);
        select.Bind("@log", (long)log).Bind("@most", size).Bind("@limit", limit);
        var stamps = new List<Stamp>();
        while (select.Step()) stamps.Add(new(select.Int64(0), select.Blob(1).ToArray(), select.Blob(2).ToArray(), new(select.Int64(3))));
        return stamps;
    }

    /// <inheritdoc/>
    public async Task<(long Size, Instant At)?> LastAsync(LogName log, CancellationToken cancellation) =>
        await ReadAsync(log, long.MaxValue, 1, cancellation) is [var last] ? (last.Size, last.At) : null;

    /// <inheritdoc/>
    public async Task<string?> ConfirmAsync(LogName log, SignedNote note, Checkpoint checkpoint, CancellationToken cancellation)
    {
        if (authority is null) return "No time-stamp authority is named.";
        var bytes = note.ToBytes();
        Stamp stamp;
        try
        {
            var token = await authority.StampAsync(bytes, cancellation);
            stamp = new(checkpoint.Size, bytes, token.AsSignedCms().Encode(), Instant.From(token.TokenInfo.Timestamp));
        }
        catch (Exception error) when (error is CryptographicException or HttpRequestException or IOException)
        {
            return error.Message;
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            return $"The time-stamp authority did not answer within {AnchoringLimits.AnswerTimeMax.TotalSeconds:0} seconds.";
        }

        await database.WriteAsync(session =>
        {
            using var insert = session.Prepare(Insert);
            return insert.Bind("@log", (long)log).Bind("@size", stamp.Size).BindBlob("@note", stamp.Note).BindBlob("@token", stamp.Token)
                .Bind("@stamped", stamp.At.UnixMicroseconds).Execute();
        }, cancellation);
        return null;
    }
}

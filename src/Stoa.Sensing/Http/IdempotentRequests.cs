using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.Http;
using Stoa.Identity.Credentials;
using Stoa.Sensing.Schema;
using Stoa.Storage;
using Stoa.Vocabulary;

namespace Stoa.Sensing.Http;

/// <summary>Remembers what was done under an Idempotency-Key, so that the same request sent again is answered and not done again.</summary>
/// <remarks>
/// draft-ietf-httpapi-idempotency-key-header. The memory is a row in the transaction of the write, so it is there exactly
/// when the write is, whatever kills the program. Refusals are not remembered: they have changed nothing. Lives on the
/// writer's thread.
/// </remarks>
internal sealed class IdempotentRequests(TimeProvider time)
{
    /// <summary>Requests and parts of batches that are kept for one credential; beyond it the oldest are forgotten first.</summary>
    internal const int KeptMax = 100_000;

    // Forgotten at once when there are too many, so that counting stays rare.
    private const int ForgottenAtOnce = 1_000;

    /// <summary>How long a request is kept: long enough for a device that was without network for a day.</summary>
    internal static readonly TimeSpan KeptFor = TimeSpan.FromHours(24);

    private static readonly TimeSpan CleaningPeriod = TimeSpan.FromMinutes(10);

    private const string FindSql =
        """
        SELECT fingerprint, status, entity_set, entity_id, entity_tag, row_ids, created
        FROM   idempotent_request
        WHERE  credential = @credential
          AND  key = @key
          AND  part = @part
        """;

    // Another request under the same key differs in all of its parts, so the first one tells.
    private const string FirstSql =
        """
        SELECT   fingerprint, created
        FROM     idempotent_request
        WHERE    credential = @credential
          AND    key = @key
        ORDER BY part
        LIMIT    1
        """;

    private const string AddSql =
        """
        INSERT INTO idempotent_request (
            credential, key, part, fingerprint, status, entity_set, entity_id, entity_tag, row_ids, created)
        VALUES (@credential, @key, @part, @fingerprint, @status, @set, @id, @tag, @rows, @created)
        """;

    private const string ForgetKeySql = "DELETE FROM idempotent_request WHERE credential = @credential AND key = @key";

    private const string CountSql = "SELECT count(*) FROM idempotent_request WHERE credential = @credential";

    // Index idempotent_request_created.
    private const string ForgetOldestSql =
        """
        DELETE FROM idempotent_request
        WHERE  (credential, key, part) IN (
               SELECT   credential, key, part
               FROM     idempotent_request
               WHERE    credential = @credential
               ORDER BY created
               LIMIT    @limit)
        """;

    private const string ForgetExpiredSql =
        """
        DELETE FROM idempotent_request
        WHERE  (credential, key, part) IN (
               SELECT   credential, key, part
               FROM     idempotent_request
               WHERE    created <= @expired
               ORDER BY created
               LIMIT    @limit)
        """;

    private readonly Dictionary<long, long> _counts = [];
    private DateTimeOffset _cleaned = DateTimeOffset.MinValue;
    private long _turn;

    /// <summary>Does a write once: what was done before under the same key is answered again.</summary>
    /// <returns>The outcome, or 422 when the key was used for another request.</returns>
    internal Result<WriteOutcome> Once(
        WriteSession session, IdempotencyKey key, Func<WriteSession, Result<WriteOutcome>> write)
    {
        if (Refuse(session, key) is { } refused) return refused;
        if (Find(session, key) is { } known) return known;
        if (!write(session).TryGet(out var outcome, out var problem)) return problem;
        Remember(session, key, outcome);
        return outcome;
    }

    /// <summary>422 when the key stands for another request that is still remembered; null when it is free or stands for this one.</summary>
    internal Problem? Refuse(Session session, IdempotencyKey key)
    {
        using var first = session.Prepare(FirstSql);
        if (!first.Bind("@credential", key.Credential).Bind("@key", key.Text).Step()) return null;
        if (first.Blob(0).SequenceEqual(key.Fingerprint) || IsExpired(first.Int64(1))) return null;
        return Problems.KeyReused();
    }

    private WriteOutcome? Find(WriteSession session, IdempotencyKey key)
    {
        using (var find = session.Prepare(FindSql))
        {
            if (!find.Bind("@credential", key.Credential).Bind("@key", key.Text).Bind("@part", key.Part).Step()) return null;
            if (!IsExpired(find.Int64(6)))
                return new WriteOutcome((int)find.Int64(1))
                {
                    Entity = find.TextOrNull(2) is { } set ? SensorThingsSchema.Schema.FindSet(set) : null,
                    Id = find.Int64(3),
                    Tag = find.TextOrNull(4),
                    Rows = find.IsNull(5) ? null : Unpack(find.Blob(5)),
                };
        }

        using var forget = session.Prepare(ForgetKeySql);
        forget.Bind("@credential", key.Credential).Bind("@key", key.Text).Execute();
        _counts.Clear();
        return null;
    }

    private void Remember(WriteSession session, IdempotencyKey key, WriteOutcome outcome)
    {
        using (var stale = session.Prepare(FirstSql))
            if (stale.Bind("@credential", key.Credential).Bind("@key", key.Text).Step() && IsExpired(stale.Int64(1)))
            {
                stale.Reset();
                using var forget = session.Prepare(ForgetKeySql);
                forget.Bind("@credential", key.Credential).Bind("@key", key.Text).Execute();
                _counts.Clear();
            }

        using (var add = session.Prepare(AddSql))
            add.Bind("@credential", key.Credential).Bind("@key", key.Text).Bind("@part", key.Part)
                .BindBlob("@fingerprint", key.Fingerprint).Bind("@status", outcome.Status)
                .Bind("@set", outcome.Entity?.SetName).Bind("@id", outcome.Id).Bind("@tag", outcome.Tag)
                .BindBlob("@rows", outcome.Rows is { } rows ? Pack(rows) : null)
                .Bind("@created", Instant.From(time.GetUtcNow()).UnixMicroseconds).Execute();
        // What memory counts of a group that is undone is wrong.
        session.AfterRollback(_counts.Clear);
        Bound(session, key.Credential);
    }

    private void Bound(WriteSession session, long credential)
    {
        // Another node may have remembered or forgotten requests since.
        if (session.Turn != _turn) _counts.Clear();
        _turn = session.Turn;
        if (time.GetUtcNow() - _cleaned >= CleaningPeriod)
        {
            _cleaned = time.GetUtcNow();
            using var forget = session.Prepare(ForgetExpiredSql);
            var expired = Instant.From(time.GetUtcNow() - KeptFor).UnixMicroseconds;
            // As many as ten busy credentials add in ten minutes; what is left goes the next time.
            if (forget.Bind("@expired", expired).Bind("@limit", 10L * ForgottenAtOnce).Execute() > 0) _counts.Clear();
        }

        if (!_counts.TryGetValue(credential, out var count))
        {
            using var counted = session.Prepare(CountSql);
            count = counted.Bind("@credential", credential).Step() ? counted.Int64(0) : 0;
        }
        else
        {
            count++;
        }

        if (count > KeptMax)
        {
            using var forget = session.Prepare(ForgetOldestSql);
            count -= forget.Bind("@credential", credential).Bind("@limit", (long)ForgottenAtOnce).Execute();
        }

        _counts[credential] = count;
    }

    private bool IsExpired(long created) => created <= Instant.From(time.GetUtcNow() - KeptFor).UnixMicroseconds;

    private static byte[] Pack(IReadOnlyList<long> ids)
    {
        var bytes = new byte[ids.Count * sizeof(long)];
        for (var i = 0; i < ids.Count; i++) BinaryPrimitives.WriteInt64LittleEndian(bytes.AsSpan(i * sizeof(long)), ids[i]);
        return bytes;
    }

    private static long[] Unpack(ReadOnlySpan<byte> bytes)
    {
        var ids = new long[bytes.Length / sizeof(long)];
        for (var i = 0; i < ids.Length; i++) ids[i] = BinaryPrimitives.ReadInt64LittleEndian(bytes[(i * sizeof(long))..]);
        return ids;
    }
}

/// <summary>A request that may come again: whose it is, its key, and what it is.</summary>
/// <param name="Credential">The token's id; keys of different tokens never meet.</param>
/// <param name="Text">The key.</param>
/// <param name="Part">Number of the part of a batch, from 1; 0 for a request by itself.</param>
/// <param name="Fingerprint">SHA-256 of method, address and body.</param>
internal sealed record IdempotencyKey(long Credential, string Text, int Part, byte[] Fingerprint)
{
    internal const string Header = "Idempotency-Key";

    /// <summary>Characters of a key.</summary>
    internal const int CharsMax = 255;

    /// <summary>The key in the headers of a request; null when there is none.</summary>
    internal static Result<IdempotencyKey?> Parse(HttpContext context, Requester requester, ReadOnlySpan<byte> body)
    {
        var header = context.Request.Headers[Header];
        if (header.Count == 0) return Result<IdempotencyKey?>.Of(null);
        var text = header.Count == 1 ? header[0] ?? "" : "";
        // The draft asks for a quoted string; most clients send the bare text.
        if (text is ['"', .. var inner, '"']) text = inner;
        if (text.Length is 0 or > CharsMax || text.AsSpan().ContainsAnyExceptInRange('!', '~')) return Problems.Header(Header);
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData(Encoding.UTF8.GetBytes(
            $"{context.Request.Method}\n{context.Request.Path}\n{context.Request.QueryString}\n{context.Request.ContentType}\n"));
        hash.AppendData(body);
        return new IdempotencyKey(requester.Token?.Value ?? 0, text, 0, hash.GetHashAndReset());
    }
}

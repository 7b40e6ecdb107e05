using System.Buffers;
using System.Security.Cryptography;
using System.Text;
using Stoa.Ledger.Canonical;
using Stoa.Ledger.Events;
using Stoa.Ledger.Merkle;
using Stoa.Ledger.Writing;
using Stoa.Sharing.Batches;
using Stoa.Sharing.Recording;
using Stoa.Storage;
using Stoa.Vocabulary;

namespace Stoa.Sharing.Exchanges;

/// <summary>What the leaves of a batch are.</summary>
internal enum BatchForm
{
    /// <summary>Each access: batches from before rows were leaves.</summary>
    Accesses = 0,

    /// <summary>Each row, with all of its accesses.</summary>
    Rows = 1,
}

/// <summary>Accesses that are written together, as leaves of a Merkle tree whose root stands in the log: each can be shown to be one of them.</summary>
/// <remarks>
/// RFC 6962, 2.1. A leaf is a row of accesses that differ in nothing but time, rows, bytes and body, as canonical JSON: what each has of its own, the digest
/// of what they have in common, and a salt made of the batch's, so that who is shown one cannot guess its neighbours. Who may see one access of a row may see all of
/// them: it is who asked, for whom, for what and of which data that decides, and that they have in common. Made again from the stored rows; when some of these
/// are removed, as exchanges.keepDays says, what is left of the batch cannot be shown any more.
/// </remarks>
internal sealed class ExchangeBatch
{
    private const string Columns = "idx, first_id, last_id, accesses, salt, row_ids, form";

    private readonly Leaf[] _leaves;
    private readonly MerkleHash[] _hashes;
    private readonly MerkleHash _root;
    private readonly byte[] _salt;
    private readonly BatchForm _form;

    private ExchangeBatch(IEnumerable<IReadOnlyList<ExchangeRecord>> rows, byte[] salt, BatchForm form, bool areKept)
    {
        (_salt, _form) = (salt, form);
        _leaves = [.. LeavesOf(rows, salt, form, areKept)];
        Array.Sort(_leaves, static (one, other) => one.First.Value.CompareTo(other.First.Value));
        _hashes = Array.ConvertAll(_leaves, static leaf => leaf.Hash);
        // Before the writer's turn comes.
        _root = MerkleTree.Root(_hashes);
    }

    /// <summary>How many accesses.</summary>
    public int Count => _leaves.Sum(leaf => leaf.Accesses);

    /// <summary>The root of their tree.</summary>
    public MerkleHash Root() => _root;

    /// <summary>A batch that is about to be written; it proves nothing. Cost: three SHA-256 for each row, of some 110 bytes for each access.</summary>
    public static ExchangeBatch Of(IEnumerable<ExchangeGroup> groups) =>
        new(groups.Select(group => group.Accesses), RandomNumberGenerator.GetBytes(BatchLeaf.BatchSaltLength), BatchForm.Rows, areKept: false);

    /// <summary>A batch as it was written, from what each of its rows holds.</summary>
    public static ExchangeBatch Of(IEnumerable<IReadOnlyList<ExchangeRecord>> rows, byte[] salt, BatchForm form) => new(rows, salt, form, areKept: true);

    private static IEnumerable<Leaf> LeavesOf(IEnumerable<IReadOnlyList<ExchangeRecord>> rows, byte[] salt, BatchForm form, bool areKept)
    {
        var buffer = new ArrayBufferWriter<byte>();
        foreach (var accesses in rows)
        {
            var common = Encoding.ASCII.GetBytes(LogEvent.DigestOf(Common(accesses[0])));
            if (form == BatchForm.Rows)
            {
                WriteLeaf(buffer, accesses, common, salt);
                yield return Made(accesses[0].Id, accesses[^1].Id, accesses.Count);
                continue;
            }

            foreach (var access in accesses)
            {
                WriteLeaf(buffer, access, common, salt);
                yield return Made(access.Id, access.Id, 1);
            }
        }

        Leaf Made(ExchangeId first, ExchangeId last, int count) =>
            new(first, last, count, MerkleTree.Leaf(buffer.WrittenSpan), areKept ? buffer.WrittenSpan.ToArray() : []);
    }

    /// <summary>Enters the batch in the log, in the transaction of its rows.</summary>
    /// <param name="session">That of the rows.</param>
    /// <param name="rows">Ids of the rows.</param>
    /// <param name="now">When.</param>
    public void Enter(WriteSession session, IEnumerable<ExchangeId> rows, Instant now)
    {
        var (first, last) = (_leaves[0].First, new ExchangeId(_leaves.Max(leaf => leaf.Last.Value)));
        var entry = new LogEvent(EventTypes.ExchangeBatch, now,
            ("first", LogEvent.Urn("exchange", first.Value)), ("last", LogEvent.Urn("exchange", last.Value)), ("count", _leaves.Length), ("accesses", Count),
            ("digest", $"sha256:{Convert.ToHexStringLower(Root().ToBytes())}"));
        var index = LogEntries.Append(session, LogName.Audit, entry.ToBytes(), new(entry.Type.Name));
        using var insert = session.PrepareInsert("exchange_batch", Columns);
        insert.Bind(1, index).Bind(2, first.Value).Bind(3, last.Value).Bind(4, (long)Count).BindBlob(5, _salt)
            .BindBlob(6, Pack(rows.Select(row => row.Value).Order())).Bind(7, (long)_form).Execute();
    }

    /// <summary>The leaf that begins with an access, and the proof that it is one of the batch; null when none does.</summary>
    public (byte[] Leaf, int Position, MerkleHash[] Path)? Prove(ExchangeId first)
    {
        var position = Array.FindIndex(_leaves, leaf => leaf.First == first);
        if (position < 0) return null;
        return (_leaves[position].Bytes, position, Proofs.Inclusion(_hashes, position));
    }

    /// <summary>Ids in their order, each as the difference to the one before, in numbers of seven bits a byte, lowest first.</summary>
    internal static byte[] Pack(IEnumerable<long> ids)
    {
        var packed = new ArrayBufferWriter<byte>();
        var before = 0L;
        foreach (var id in ids)
        {
            var number = (ulong)(id - before);
            before = id;
            var target = packed.GetSpan(10);
            var length = 0;
            for (; number >= 0x80; number >>= 7) target[length++] = (byte)(number | 0x80);
            target[length++] = (byte)number;
            packed.Advance(length);
        }

        return packed.WrittenSpan.ToArray();
    }

    /// <summary>What <see cref="Pack"/> has packed.</summary>
    internal static HashSet<long> Unpack(ReadOnlySpan<byte> packed)
    {
        var ids = new HashSet<long>();
        var (id, number, shift) = (0L, 0L, 0);
        foreach (var part in packed)
        {
            number |= (long)(part & 0x7F) << shift;
            shift += 7;
            if (part >= 0x80) continue;
            ids.Add(id += number);
            (number, shift) = (0, 0);
        }

        return ids;
    }

    // The members of leaves stand in their canonical order, and none has a character that is escaped.
    private static void WriteLeaf(ArrayBufferWriter<byte> buffer, IReadOnlyList<ExchangeRecord> accesses, ReadOnlySpan<byte> common, ReadOnlySpan<byte> batchSalt)
    {
        buffer.ResetWrittenCount();
        buffer.Write("{\"accesses\":["u8);
        for (var i = 0; i < accesses.Count; i++)
        {
            if (i > 0) buffer.Write(","u8);
            buffer.Write("{\"bytes\":"u8);
            BatchLeaf.Write(buffer, accesses[i].Bytes);
            buffer.Write(",\"id\":"u8);
            WriteUrn(buffer, accesses[i].Id);
            buffer.Write(",\"rows\":"u8);
            BatchLeaf.Write(buffer, accesses[i].Rows);
            buffer.Write(",\"sha256\":"u8);
            WriteDigest(buffer, accesses[i].Digest);
            buffer.Write("}"u8);
        }

        buffer.Write("],\"common\":\""u8);
        buffer.Write(common);
        buffer.Write("\",\"salt\":"u8);
        WriteSalt(buffer, batchSalt, accesses[0].Id);
        buffer.Write("}"u8);
    }

    private static void WriteLeaf(ArrayBufferWriter<byte> buffer, ExchangeRecord access, ReadOnlySpan<byte> common, ReadOnlySpan<byte> batchSalt)
    {
        buffer.ResetWrittenCount();
        buffer.Write("{\"bytes\":"u8);
        BatchLeaf.Write(buffer, access.Bytes);
        buffer.Write(",\"common\":\""u8);
        buffer.Write(common);
        buffer.Write("\",\"id\":"u8);
        WriteUrn(buffer, access.Id);
        buffer.Write(",\"rows\":"u8);
        BatchLeaf.Write(buffer, access.Rows);
        buffer.Write(",\"salt\":"u8);
        WriteSalt(buffer, batchSalt, access.Id);
        buffer.Write(",\"sha256\":"u8);
        WriteDigest(buffer, access.Digest);
        buffer.Write("}"u8);
    }

    private static void WriteUrn(ArrayBufferWriter<byte> buffer, ExchangeId id) => BatchLeaf.WriteUrn(buffer, "exchange"u8, id.Value);

    private static void WriteDigest(ArrayBufferWriter<byte> buffer, BodyDigest digest)
    {
        Span<byte> bytes = stackalloc byte[BodyDigest.Size];
        digest.CopyTo(bytes);
        BatchLeaf.WriteDigest(buffer, bytes);
    }

    private static void WriteSalt(ArrayBufferWriter<byte> buffer, ReadOnlySpan<byte> batchSalt, ExchangeId first)
    {
        Span<byte> salt = stackalloc byte[LogEvent.SaltLength];
        BatchLeaf.MakeSalt(batchSalt, first.Value, salt);
        BatchLeaf.WriteSalt(buffer, salt);
    }

    /// <summary>What the accesses of a row have in common, canonical JSON: its digest stands in their leaf.</summary>
    internal static byte[] Common(ExchangeRecord record)
    {
        // The members stand in their canonical order.
        var buffer = new ArrayBufferWriter<byte>(512);
        buffer.Write("{"u8);
        if (record.Agreement is { } agreement)
        {
            buffer.Write("\"agreement\":"u8);
            BatchLeaf.Write(buffer, agreement);
            buffer.Write(","u8);
        }

        buffer.Write(record.IsByOffice ? "\"byOffice\":true"u8 : "\"byOffice\":false"u8);
        WriteMember(buffer, ",\"channel\":"u8, Words.Of(record.Channel));
        WriteMember(buffer, ",\"datasetCount\":"u8, record.DatasetCount);
        buffer.Write(",\"datasets\":["u8);
        var isFirst = true;
        foreach (var dataset in record.Datasets.OrderBy(dataset => dataset.Value))
        {
            if (!isFirst) buffer.Write(","u8);
            isFirst = false;
            BatchLeaf.Write(buffer, dataset.Value);
        }

        buffer.Write("]"u8);
        WriteMember(buffer, ",\"decision\":"u8, record.Decision);
        WriteMember(buffer, ",\"method\":"u8, record.Method);
        WriteMember(buffer, ",\"organization\":"u8, record.Organization?.Value);
        WriteMember(buffer, ",\"party\":"u8, record.Party?.Value);
        WriteMember(buffer, ",\"purpose\":"u8, record.Purpose);
        WriteMember(buffer, ",\"query\":"u8, record.Query);
        WriteMember(buffer, ",\"route\":"u8, record.Route);
        WriteMember(buffer, ",\"status\":"u8, record.Status);
        WriteMember(buffer, ",\"token\":"u8, record.Token);
        WriteMember(buffer, ",\"version\":"u8, record.Version);
        buffer.Write("}"u8);
        return buffer.WrittenSpan.ToArray();
    }

    private static void WriteMember(ArrayBufferWriter<byte> buffer, ReadOnlySpan<byte> name, string? text)
    {
        if (text is null) return;
        buffer.Write(name);
        // Half a letter is stored as the sign of what cannot be read.
        var isHalf = text.AsSpan().ContainsAnyInRange('\uD800', '\uDFFF');
        CanonicalJson.Write(buffer, isHalf ? Encoding.UTF8.GetString(Encoding.UTF8.GetBytes(text)) : text);
    }

    private static void WriteMember(ArrayBufferWriter<byte> buffer, ReadOnlySpan<byte> name, long? number)
    {
        if (number is not { } value) return;
        buffer.Write(name);
        BatchLeaf.Write(buffer, value);
    }

    private readonly record struct Leaf(ExchangeId First, ExchangeId Last, int Accesses, MerkleHash Hash, byte[] Bytes);
}

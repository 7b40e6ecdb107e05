using System.Buffers;
using System.Buffers.Binary;
using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Stoa.Ledger.Canonical;
using Stoa.Ledger.Events;
using Stoa.Ledger.Merkle;
using Stoa.Ledger.Writing;
using Stoa.Sharing.Recording;
using Stoa.Storage;
using Stoa.Vocabulary;

namespace Stoa.Sharing.Exchanges;

/// <summary>Accesses that are written together, as leaves of a Merkle tree whose root stands in the log: each can be shown to be one of them.</summary>
/// <remarks>
/// RFC 6962, 2.1, over the accesses by id. A leaf is canonical JSON: what the access has of its own, the digest of what its row has in common, and
/// a salt made of the batch's, so that who is shown one cannot guess its neighbours. Made again from the stored rows; when some of these are
/// removed, as exchanges.keepDays says, what is left of the batch cannot be shown any more.
/// </remarks>
internal sealed class ExchangeBatch
{
    /// <summary>Length of the batch's salt, in bytes.</summary>
    public const int SaltLength = 32;

    private const string Columns = "idx, first_id, last_id, accesses, salt, row_ids";

    private readonly (ExchangeId Id, MerkleHash Hash, byte[] Leaf)[] _leaves;
    private readonly MerkleHash[] _hashes;
    private readonly MerkleHash _root;
    private readonly byte[] _salt;

    private ExchangeBatch(byte[] salt, IEnumerable<(ExchangeId Id, MerkleHash Hash, byte[] Leaf)> leaves)
    {
        _salt = salt;
        _leaves = [.. leaves];
        Array.Sort(_leaves, static (one, other) => one.Id.Value.CompareTo(other.Id.Value));
        _hashes = Array.ConvertAll(_leaves, static leaf => leaf.Hash);
        // Before the writer's turn comes.
        _root = MerkleTree.Root(_hashes);
    }

    /// <summary>How many accesses.</summary>
    public int Count => _leaves.Length;

    /// <summary>The root of their tree.</summary>
    public MerkleHash Root() => _root;

    /// <summary>A batch that is about to be written; it proves nothing. Cost: three SHA-256 of some 70 to 300 bytes for each access.</summary>
    public static ExchangeBatch Of(IEnumerable<ExchangeGroup> groups)
    {
        var salt = RandomNumberGenerator.GetBytes(SaltLength);
        return new(salt, LeavesOf(groups.Select(group => group.Accesses), salt, areKept: false));
    }

    /// <summary>A batch as it was written, from what each of its rows holds.</summary>
    public static ExchangeBatch Of(IEnumerable<IReadOnlyList<ExchangeRecord>> rows, byte[] salt) => new(salt, LeavesOf(rows, salt, areKept: true));

    private static IEnumerable<(ExchangeId Id, MerkleHash Hash, byte[] Leaf)> LeavesOf(
        IEnumerable<IReadOnlyList<ExchangeRecord>> rows, byte[] salt, bool areKept)
    {
        var buffer = new ArrayBufferWriter<byte>();
        foreach (var accesses in rows)
        {
            var common = Encoding.ASCII.GetBytes(LogEvent.DigestOf(Common(accesses[0])));
            foreach (var access in accesses)
            {
                WriteLeaf(buffer, access, common, salt);
                yield return (access.Id, MerkleTree.Leaf(buffer.WrittenSpan), areKept ? buffer.WrittenSpan.ToArray() : []);
            }
        }
    }

    /// <summary>Enters the batch in the log, in the transaction of its rows.</summary>
    /// <param name="session">That of the rows.</param>
    /// <param name="rows">Ids of the rows.</param>
    /// <param name="now">When.</param>
    public void Enter(WriteSession session, IEnumerable<ExchangeId> rows, Instant now)
    {
        var (first, last) = (_leaves[0].Id, _leaves[^1].Id);
        var entry = new LogEvent(EventTypes.ExchangeBatch, now,
            ("first", LogEvent.Urn("exchange", first.Value)), ("last", LogEvent.Urn("exchange", last.Value)), ("count", Count),
            ("digest", $"sha256:{Convert.ToHexStringLower(Root().ToBytes())}"));
        var index = LogEntries.Append(session, LogName.Audit, entry.ToBytes(), new(entry.Type.Name));
        using var insert = session.PrepareInsert("exchange_batch", Columns);
        insert.Bind(1, index).Bind(2, first.Value).Bind(3, last.Value).Bind(4, (long)Count).BindBlob(5, _salt)
            .BindBlob(6, Pack(rows.Select(row => row.Value).Order())).Execute();
    }

    /// <summary>The proof that an access is one of the batch; null when it is not.</summary>
    public (byte[] Leaf, int Position, MerkleHash[] Path)? Prove(ExchangeId id)
    {
        var position = Array.FindIndex(_leaves, leaf => leaf.Id == id);
        if (position < 0) return null;
        return (_leaves[position].Leaf, position, Proofs.Inclusion(
            (level, index) => MerkleTree.Root(_hashes.AsSpan((int)(index << level), 1 << level)), position, _hashes.Length));
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

    private static void WriteLeaf(ArrayBufferWriter<byte> buffer, ExchangeRecord access, ReadOnlySpan<byte> common, ReadOnlySpan<byte> batchSalt)
    {
        Span<byte> seed = stackalloc byte[SaltLength + sizeof(long)];
        batchSalt.CopyTo(seed);
        BinaryPrimitives.WriteInt64BigEndian(seed[SaltLength..], access.Id.Value);
        Span<byte> salt = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(seed, salt);

        // The members stand in their canonical order, and none has a character that is escaped.
        buffer.ResetWrittenCount();
        buffer.Write("{\"bytes\":"u8);
        Write(buffer, access.Bytes);
        buffer.Write(",\"common\":\""u8);
        buffer.Write(common);
        buffer.Write("\",\"id\":\"urn:stoa:exchange:"u8);
        Write(buffer, access.Id.Value);
        buffer.Write("\",\"rows\":"u8);
        Write(buffer, access.Rows);
        buffer.Write(",\"salt\":\""u8);
        var text = buffer.GetSpan(Base64Url.GetEncodedLength(LogEvent.SaltLength));
        Base64Url.EncodeToUtf8(salt[..LogEvent.SaltLength], text, out _, out var length);
        buffer.Advance(length);
        buffer.Write("\",\"sha256\":\""u8);
        Span<byte> digest = stackalloc byte[BodyDigest.Size];
        access.Digest.CopyTo(digest);
        Convert.TryToHexStringLower(digest, buffer.GetSpan(2 * BodyDigest.Size), out length);
        buffer.Advance(length);
        buffer.Write("\"}"u8);

        static void Write(ArrayBufferWriter<byte> buffer, long number)
        {
            Utf8Formatter.TryFormat(number, buffer.GetSpan(20), out var length);
            buffer.Advance(length);
        }
    }

    /// <summary>What the accesses of a row have in common, canonical JSON: its digest stands in the leaf of each.</summary>
    internal static byte[] Common(ExchangeRecord record)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            if (record.Agreement is { } agreement) json.WriteNumber("agreement"u8, agreement);
            json.WriteBoolean("byOffice"u8, record.IsByOffice);
            json.WriteString("channel"u8, Words.Of(record.Channel));
            json.WriteNumber("datasetCount"u8, record.DatasetCount);
            json.WriteStartArray("datasets"u8);
            foreach (var dataset in record.Datasets.OrderBy(dataset => dataset.Value)) json.WriteNumberValue(dataset.Value);
            json.WriteEndArray();
            if (record.Decision is { } decision) json.WriteString("decision"u8, decision);
            json.WriteString("method"u8, record.Method);
            if (record.Organization is { } organization) json.WriteNumber("organization"u8, organization.Value);
            if (record.Party is { } party) json.WriteNumber("party"u8, party.Value);
            if (record.Purpose is { } purpose) json.WriteString("purpose"u8, purpose);
            json.WriteString("query"u8, record.Query);
            json.WriteString("route"u8, record.Route);
            json.WriteNumber("status"u8, record.Status);
            if (record.Token is { } token) json.WriteNumber("token"u8, token);
            json.WriteNumber("version"u8, record.Version);
            json.WriteEndObject();
        }

        using var document = JsonDocument.Parse(buffer.WrittenMemory);
        return CanonicalJson.Bytes(document.RootElement);
    }
}

using System.Buffers;
using System.Buffers.Binary;
using System.Buffers.Text;
using System.Globalization;
using System.Security.Cryptography;
using Stoa.Ledger.Canonical;
using Stoa.Ledger.Merkle;
using Stoa.Sensing.Observations;
using Stoa.Storage;
using Stoa.Vocabulary;

namespace Stoa.Sensing.Sealing;

/// <summary>The text of an observation that is sealed: what was measured, when, by which series.</summary>
/// <remarks>
/// Canonical JSON (RFC 8785) with the names of SensorThings: <c>{"Datastream":5,"FeatureOfInterest":2,"id":77,"phenomenonTime":"…","result":21.5}</c>. Times are
/// UTC. A salt of its own is made of a secret of the block, which is deleted with the dataset. What the sender wrote as JSON (resultQuality, parameters, results that are neither number, text nor truth) stands as the text that is stored.
/// </remarks>
internal static class SealedObservation
{
    /// <summary>Columns that a statement must have, in their order.</summary>
    public const string Columns =
        "o.id, o.datastream_id, o.phenomenon_start, o.phenomenon_end, o.result_time, o.result_number, o.result_text, o.result_boolean, o.result_json, " +
        "o.feature_of_interest_id, o.valid_start, o.valid_end, o.result_quality, o.parameters";

    private const long WholeMax = 1L << 53;

    /// <summary>Length of a block's secret, in bytes.</summary>
    public const int SecretLength = 32;

    private const int SaltLength = 16;

    /// <summary>The leaf of a row.</summary>
    public static MerkleHash Leaf(Statement row, ReadOnlySpan<byte> secret, ArrayBufferWriter<byte> buffer)
    {
        buffer.ResetWrittenCount();
        Write(row, secret, buffer);
        return MerkleTree.Leaf(buffer.WrittenSpan);
    }

    /// <summary>Writes the text of a row, UTF-8, without a newline.</summary>
    public static void Write(Statement row, ReadOnlySpan<byte> secret, ArrayBufferWriter<byte> buffer)
    {
        var series = row.Int64(1);
        if (series > 0) Number(buffer, "{\"Datastream\":"u8, series);
        Number(buffer, series > 0 ? ",\"FeatureOfInterest\":"u8 : "{\"FeatureOfInterest\":"u8, row.Int64(9));
        if (series < 0) Number(buffer, ",\"MultiDatastream\":"u8, -series);
        Number(buffer, ",\"id\":"u8, row.Int64(0));
        if (!row.IsNull(13)) Text(buffer, ",\"parameters\":"u8, row.Text(13));
        Time(buffer, ",\"phenomenonTime\":\""u8, row.Int64(2), row.Int64OrNull(3));
        Result(buffer, ResultValue.Read(row, 5));
        if (!row.IsNull(12)) Text(buffer, ",\"resultQuality\":"u8, row.Text(12));
        if (!row.IsNull(4)) Time(buffer, ",\"resultTime\":\""u8, row.Int64(4), null);
        Salt(buffer, secret, row.Int64(0));
        if (!row.IsNull(10)) Time(buffer, ",\"validTime\":\""u8, row.Int64(10), row.Int64OrNull(11));
        buffer.Write("}"u8);
    }

    private static void Result(ArrayBufferWriter<byte> buffer, ResultValue result)
    {
        switch (result.Kind)
        {
            case ResultKind.Null:
                buffer.Write(",\"result\":null"u8);
                break;
            case ResultKind.Boolean:
                buffer.Write(result.IsTrue ? ",\"result\":true"u8 : ",\"result\":false"u8);
                break;
            case ResultKind.Text:
                Text(buffer, ",\"result\":"u8, result.TextValue!);
                break;
            case ResultKind.Integer when result.WholeNumber is > WholeMax or < -WholeMax:
                Text(buffer, ",\"resultJson\":"u8, result.WholeNumber.ToString(CultureInfo.InvariantCulture));
                break;
            case ResultKind.Json:
                Text(buffer, ",\"resultJson\":"u8, result.TextValue!);
                break;
            default:
                buffer.Write(",\"result\":"u8);
                CanonicalJson.Write(buffer, result.AsNumber()!.Value); // A number is one.
                break;
        }
    }

    // 16 bytes of SHA-256 over the secret and the id: whoever sees the hash of a neighbour in a proof cannot find out by guessing what was measured.
    private static void Salt(ArrayBufferWriter<byte> buffer, ReadOnlySpan<byte> secret, long id)
    {
        Span<byte> bytes = stackalloc byte[SecretLength + sizeof(long)];
        secret.CopyTo(bytes);
        BinaryPrimitives.WriteInt64BigEndian(bytes[SecretLength..], id);
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(bytes, hash);
        buffer.Write(",\"salt\":\""u8);
        Base64Url.EncodeToUtf8(hash[..SaltLength], buffer.GetSpan(24), out _, out var written);
        buffer.Advance(written);
        buffer.Write("\""u8);
    }

    private static void Number(ArrayBufferWriter<byte> buffer, ReadOnlySpan<byte> name, long number)
    {
        buffer.Write(name);
        number.TryFormat(buffer.GetSpan(20), out var written, default, CultureInfo.InvariantCulture);
        buffer.Advance(written);
    }

    private static void Text(ArrayBufferWriter<byte> buffer, ReadOnlySpan<byte> name, string text)
    {
        buffer.Write(name);
        CanonicalJson.Write(buffer, text);
    }

    private static void Time(ArrayBufferWriter<byte> buffer, ReadOnlySpan<byte> name, long start, long? end)
    {
        buffer.Write(name);
        Moment(buffer, start);
        if (end is { } last)
        {
            buffer.Write("/"u8);
            Moment(buffer, last);
        }

        buffer.Write("\""u8);
    }

    private static void Moment(ArrayBufferWriter<byte> buffer, long microseconds)
    {
        new Instant(microseconds).TryFormat(buffer.GetSpan(Instant.TextBytesMax), out var written);
        buffer.Advance(written);
    }
}

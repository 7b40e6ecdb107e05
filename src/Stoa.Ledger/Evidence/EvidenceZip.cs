using System.Buffers.Binary;
using System.IO.Compression;
using System.Text;

namespace Stoa.Ledger.Evidence;

/// <summary>A pack as a zip, read strictly: every program has to find the same files in it.</summary>
/// <remarks>
/// Zips can say one thing in their directory and another before each file, hide bytes between files, or grow without end when they are unpacked. Here the
/// files follow each other without gaps up to the directory, both places say the same, and no file gives more bytes than the directory says. No encryption, no zip64,
/// no comment. (APPNOTE.TXT 6.3, 4.3)
/// </remarks>
internal sealed class EvidenceZip : EvidenceFiles
{
    private const int LocalLength = 30;
    private const int CentralLength = 46;
    private const int EndLength = 22;
    private const uint LocalMark = 0x04034b50;
    private const uint CentralMark = 0x02014b50;
    private const uint EndMark = 0x06054b50;
    private const uint DescriptorMark = 0x08074b50;
    private const int DescriptorLength = 16;
    private const int Stored = 0;
    private const int Deflated = 8;
    private const ushort HasDescriptor = 1 << 3;

    // How hard it was compressed, sizes after the file, names in UTF-8: nothing else is understood.
    private const ushort KnownFlags = 0b110 | HasDescriptor | 1 << 11;

    private const int DirectoryBytesMax = EvidencePack.FilesMax * 1024;

    private readonly Stream _zip;
    private readonly Dictionary<string, Member> _members = new(StringComparer.Ordinal);

    private EvidenceZip(Stream zip) => _zip = zip;

    public static EvidenceZip Of(Stream zip)
    {
        var files = new EvidenceZip(zip);
        try
        {
            files.ReadDirectory();
            return files;
        }
        catch (EndOfStreamException)
        {
            zip.Dispose();
            throw new InvalidDataException("it ends too early");
        }
        catch
        {
            zip.Dispose();
            throw;
        }
    }

    public override Stream OpenFile(string name)
    {
        if (!_members.TryGetValue(name, out var member)) throw new FileNotFoundException($"{name} is not there.");
        var region = new ZipRegion(_zip, member.Begin, member.Packed);
        return new CheckedStream(name, member.Method == Stored ? region : new DeflateStream(region, CompressionMode.Decompress), member.Length, member.Crc);
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing) _zip.Dispose();
        base.Dispose(disposing);
    }

    private void ReadDirectory()
    {
        if (_zip.Length < EndLength) throw new InvalidDataException("it is no zip");
        var end = ReadAt(_zip.Length - EndLength, EndLength);
        var count = Word(end, 10);
        var (length, begin) = (Number(end, 12), Number(end, 16));
        if (Number(end, 0) != EndMark) throw new InvalidDataException("it is no zip, has a comment, or was cut");
        // 65,535 files would say zip64.
        if (Number(end, 4) != 0 || Word(end, 8) != count || count > 2 * EvidencePack.FilesMax || length > DirectoryBytesMax ||
            begin + (long)length + EndLength != _zip.Length || Word(end, 20) != 0)
            throw new InvalidDataException("its directory is not where it belongs, or too large");
        var members = new List<Member>(count);
        var rest = ReadAt(begin, (int)length).AsSpan();
        for (var i = 0; i < count; i++) members.Add(ReadMember(ref rest));
        if (!rest.IsEmpty) throw new InvalidDataException("its directory has more in it than files");
        long next = 0;
        foreach (var member in members.OrderBy(member => member.At)) next = Follow(member, next, begin);
        if (next != begin) throw new InvalidDataException("there are bytes in it that belong to no file");
        foreach (var member in members)
        {
            // A folder has no bytes of its own.
            if (member.Name.EndsWith('/') && member.Length == 0 && EvidencePack.IsName(member.Name[..^1])) continue;
            Take(member.Name, member.Length);
            _members.Add(member.Name, member with { Begin = member.At + LocalLength + member.Name.Length + ExtraOf(member) });
        }
    }

    private static Member ReadMember(ref Span<byte> rest)
    {
        if (rest.Length < CentralLength || Number(rest, 0) != CentralMark) throw new InvalidDataException("its directory was damaged");
        var (name, extra, comment) = (Word(rest, 28), Word(rest, 30), Word(rest, 32));
        var whole = CentralLength + name + extra + comment;
        if (rest.Length < whole || comment != 0 || Word(rest, 34) != 0) throw new InvalidDataException("its directory was damaged");
        var member = new Member(Encoding.Latin1.GetString(rest.Slice(CentralLength, name)), Word(rest, 8), Word(rest, 10), Number(rest, 16), Number(rest, 20),
            Number(rest, 24), Number(rest, 42), 0);
        if ((member.Flags & ~KnownFlags) != 0 || member.Method is not (Stored or Deflated) || member.Method == Stored && member.Packed != member.Length)
            throw new InvalidDataException($"{Printable(member.Name)} is encrypted, or packed in a way that evidence packs are not");
        rest = rest[whole..];
        return member;
    }

    // Both places have to say the same of a file, and nothing may lie between two.
    private long Follow(Member member, long next, long directory)
    {
        if (member.At != next) throw new InvalidDataException("there are bytes in it that belong to no file");
        var local = ReadAt(member.At, LocalLength);
        var extra = Word(local, 28);
        var isLate = (member.Flags & HasDescriptor) != 0;
        var isSame = Number(local, 0) == LocalMark && Word(local, 6) == member.Flags && Word(local, 8) == member.Method && Word(local, 26) == member.Name.Length &&
            Encoding.Latin1.GetString(ReadAt(member.At + LocalLength, member.Name.Length)) == member.Name &&
            (isLate || HasSizes(local.AsSpan(14), member));
        var end = member.At + LocalLength + member.Name.Length + extra + member.Packed;
        if (isSame && isLate && end + DescriptorLength <= directory)
        {
            var descriptor = ReadAt(end, DescriptorLength);
            isSame = Number(descriptor, 0) == DescriptorMark && HasSizes(descriptor.AsSpan(4), member);
            end += DescriptorLength;
        }

        return isSame && end <= directory ? end : throw new InvalidDataException($"it says two things of {Printable(member.Name)}");
    }

    private static bool HasSizes(ReadOnlySpan<byte> bytes, Member member) =>
        Number(bytes, 0) == member.Crc && Number(bytes, 4) == member.Packed && Number(bytes, 8) == member.Length;

    private int ExtraOf(Member member) => Word(ReadAt(member.At, LocalLength), 28);

    private byte[] ReadAt(long position, int length)
    {
        var bytes = new byte[length];
        _zip.Position = position;
        _zip.ReadExactly(bytes);
        return bytes;
    }

    private static ushort Word(ReadOnlySpan<byte> bytes, int at) => BinaryPrimitives.ReadUInt16LittleEndian(bytes[at..]);

    private static uint Number(ReadOnlySpan<byte> bytes, int at) => BinaryPrimitives.ReadUInt32LittleEndian(bytes[at..]);

    private sealed record Member(string Name, ushort Flags, ushort Method, uint Crc, uint Packed, uint Length, uint At, long Begin);
}

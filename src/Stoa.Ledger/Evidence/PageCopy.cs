using System.Buffers;

namespace Stoa.Ledger.Evidence;

/// <summary>Keeps a copy of a file for the page while it is written, and drops it when it is longer than there is room.</summary>
internal sealed class PageCopy(long room)
{
    private ArrayBufferWriter<byte>? _bytes = new();

    /// <summary>The copy; null when there was no room.</summary>
    public byte[]? Bytes => _bytes?.WrittenSpan.ToArray();

    /// <summary>Takes what is written.</summary>
    public void Take(ReadOnlySpan<byte> bytes)
    {
        if (_bytes is null) return;
        if (_bytes.WrittenCount + bytes.Length > room) _bytes = null;
        else _bytes.Write(bytes);
    }
}

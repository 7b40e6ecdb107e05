namespace Stoa.Ledger.Evidence;

/// <summary>The lines of a file of a pack, each ended by a newline, without it.</summary>
internal sealed class EvidenceLines(string name, Stream stream, int lengthMax) : IDisposable
{
    private const int ReadBytes = 64 * 1024;

    private byte[] _buffer = new byte[ReadBytes];
    private int _begin;
    private int _end;

    /// <summary>The next line, valid until the one after it is asked for; null at the end.</summary>
    /// <exception cref="InvalidDataException">The file was damaged, a line is too long, or the last does not end.</exception>
    public async ValueTask<ReadOnlyMemory<byte>?> NextAsync(CancellationToken cancellation)
    {
        var seen = 0;
        while (true)
        {
            var length = _buffer.AsSpan(_begin + seen, _end - _begin - seen).IndexOf((byte)'\n');
            if (length >= 0 && seen + length <= lengthMax)
            {
                var line = _buffer.AsMemory(_begin, seen + length);
                _begin += seen + length + 1;
                return line;
            }

            seen = _end - _begin;
            if (seen > lengthMax || length >= 0) throw new InvalidDataException($"{name} has a line of more than {lengthMax} bytes");
            if (await FillAsync(cancellation)) continue;
            return seen == 0 ? null : throw new InvalidDataException($"{name} does not end in a newline: it was cut");
        }
    }

    public void Dispose() => stream.Dispose();

    private async ValueTask<bool> FillAsync(CancellationToken cancellation)
    {
        if (_begin > 0)
        {
            _buffer.AsSpan(_begin, _end - _begin).CopyTo(_buffer);
            (_begin, _end) = (0, _end - _begin);
        }

        if (_end == _buffer.Length) Array.Resize(ref _buffer, 2 * _buffer.Length);
        var count = await stream.ReadAsync(_buffer.AsMemory(_end), cancellation);
        _end += count;
        return count > 0;
    }
}

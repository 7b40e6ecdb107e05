using System.Buffers;
using System.Numerics;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Text;
using System.Text.Unicode;

namespace Stoa.Sensing.Import.Csv;

/// <summary>Reads comma-separated rows from UTF-8 bytes as they come (RFC 4180, with any delimiter and any line
/// end).</summary>
/// <remarks>
/// Lines end with LF, CRLF or a bare CR. Blank lines are passed over. A quote that does not open a field is an ordinary
/// character. A broken row is reported with its <see cref="Fault"/>, and reading goes on at the line after the first
/// line of that row, so that one forgotten quote does not swallow the rest of the file. What is found does not depend
/// on
/// how the bytes are cut into reads. Memory: one buffer that holds the longest row.
/// </remarks>
internal sealed class CsvReader : IDisposable
{
    private const int BufferBytes = 256 * 1024;
    private const byte LineFeed = (byte)'\n';
    private const byte CarriageReturn = (byte)'\r';

    // The vector scan may read this far behind the last byte; what it finds there is masked off.
    private const int ScanSlack = 32;

    // Enough for people to recognise the row in the reject file.
    private const int FaultyRowBytesShown = 64 * 1024;

    private readonly Stream _utf8;
    private readonly byte _delimiter;
    private readonly byte _quote;
    private readonly bool _hasQuote;
    private readonly CsvLimits _limits;

    private byte[] _buffer;
    private int _start;
    private int _end;
    private bool _inputEnded;
    private bool _atFileStart = true;
    private bool _skipsLine;
    private bool _dropsLineFeed;
    private long _nextLine = 1;

    private int[] _fieldStarts = new int[64];
    private int[] _fieldEnds = new int[64]; // complement (~) when the field holds doubled quotes
    private int _rowStart;
    private int _rowEnd;
    private byte[] _scratch = [];
    private int _scratchUsed;

    /// <summary>A reader over UTF-8 bytes; disposing it disposes the stream.</summary>
    /// <param name="utf8">With or without a byte order mark.</param>
    /// <param name="delimiter">One ASCII character.</param>
    /// <param name="quote">One ASCII character, or null when quotes mean nothing in this file.</param>
    /// <param name="limits">What a row may grow to.</param>
    public CsvReader(Stream utf8, byte delimiter, byte? quote, CsvLimits limits)
    {
        _utf8 = utf8;
        _delimiter = delimiter;
        _quote = quote ?? 0;
        _hasQuote = quote is not null;
        _limits = limits;
        _buffer = ArrayPool<byte>.Shared.Rent(Math.Min(BufferBytes, BufferBytesMax) + ScanSlack);
    }

    /// <summary>The line, counted from 1, on which the current row begins.</summary>
    public long LineNumber { get; private set; }

    /// <summary>Fields of the current row; 0 when it is faulty.</summary>
    public int FieldCount { get; private set; }

    /// <summary>What is wrong with the current row.</summary>
    public CsvFault Fault { get; private set; }

    /// <summary>The current row as it stands in the file, line end left out; of a faulty row its first line, cut when
    /// very long.</summary>
    public ReadOnlySpan<byte> Row => _buffer.AsSpan(_rowStart, _rowEnd - _rowStart);

    // A row and its line end.
    private int BufferBytesMax => _limits.RowBytesMax + 2;

    /// <summary>A field of the current row, counted from 0, without its quotes; valid until the next <see
    /// cref="Read"/>.</summary>
    public ReadOnlySpan<byte> Field(int index)
    {
        var start = _fieldStarts[index];
        var end = _fieldEnds[index];
        return end >= 0 ? _buffer.AsSpan(start, end - start) : Unescaped(start, ~end);
    }

    /// <summary>Looks for the next row in what was read so far.</summary>
    public CsvRead Read()
    {
        while (true)
        {
            if (_dropsLineFeed && _start < _end)
            {
                if (_buffer[_start] == LineFeed) _start++;
                _dropsLineFeed = false;
            }

            if (_skipsLine && !SkipLine()) return _inputEnded ? CsvRead.End : CsvRead.FillNeeded;
            if (_start == _end) return _inputEnded ? CsvRead.End : CsvRead.FillNeeded;
            _scratchUsed = 0;
            if (!ScanRow()) return CsvRead.FillNeeded;
            if (FieldCount == 1 && _rowEnd == _rowStart && Fault == CsvFault.None) continue;
            return CsvRead.Row;
        }
    }

    /// <summary>Reads more bytes; afterwards <see cref="Read"/> comes further, or says that the file has
    /// ended.</summary>
    public async ValueTask FillAsync(CancellationToken cancellation)
    {
        if (_inputEnded) return;
        MakeRoom();
        // Short reads (a slow upload) are gathered, so that a long row is not scanned again for every few bytes.
        var wanted = Math.Min(_buffer.Length - ScanSlack, _end + BufferBytes / 4);
        do
        {
            var read = await _utf8.ReadAsync(_buffer.AsMemory(_end, _buffer.Length - ScanSlack - _end), cancellation);
            if (read == 0) _inputEnded = true;
            _end += read;
        }
        while (!_inputEnded && _end < wanted);
        if (!_atFileStart) return;
        _atFileStart = false;
        if (_buffer.AsSpan(0, _end).StartsWith(Encoding.UTF8.Preamble)) _start = Encoding.UTF8.Preamble.Length;
    }

    /// <summary>The bytes read and not yet consumed; for looking ahead before the first row.</summary>
    public ReadOnlySpan<byte> Ahead => _buffer.AsSpan(_start, _end - _start);

    /// <inheritdoc/>
    public void Dispose()
    {
        var buffer = _buffer;
        _buffer = [];
        if (buffer.Length > 0) ArrayPool<byte>.Shared.Return(buffer);
        _utf8.Dispose();
    }

    private void MakeRoom()
    {
        if (_start > 0)
        {
            _buffer.AsSpan(_start, _end - _start).CopyTo(_buffer);
            _end -= _start;
            _start = 0;
        }

        if (_end < _buffer.Length - ScanSlack) return;
        // Only a row that is not yet complete fills the buffer, and no row grows beyond its limit.
        var larger = ArrayPool<byte>.Shared.Rent(
            Math.Min(_buffer.Length * 2, BufferBytesMax + BufferBytes) + ScanSlack);
        _buffer.AsSpan(0, _end).CopyTo(larger);
        ArrayPool<byte>.Shared.Return(_buffer);
        _buffer = larger;
    }

    // One pass over the row. The bit mask holds the delimiters and line ends of the 32 bytes scanned last; fields are
    // short, so most of them cost no further load. False: more bytes are needed to decide.
    private bool ScanRow()
    {
        var limit = (int)Math.Min(_end, (long)_start + _limits.RowBytesMax + 1);
        ref var bytes = ref MemoryMarshal.GetArrayDataReference(_buffer);
        var delimiters = Vector256.Create(_delimiter);
        var lineFeeds = Vector256.Create(LineFeed);
        var carriageReturns = Vector256.Create(CarriageReturn);
        var count = 0;
        var breaks = 0;
        var fieldStart = _start;
        var scanned = _start; // every delimiter and line end in [fieldStart, scanned) is a bit of the mask
        uint mask = 0;
        while (true)
        {
            int at;
            if (_hasQuote && fieldStart < limit && _buffer[fieldStart] == _quote)
            {
                var quoted = ScanQuoted(fieldStart, limit, out var fieldEnd, out at);
                if (quoted == Quoted.FillNeeded) return false;
                if (quoted == Quoted.Unclosed) return Reject(CsvFault.UnclosedQuote);
                if (quoted == Quoted.TextAfter) return Reject(CsvFault.TextAfterQuote);
                breaks += CountBreaks(fieldStart + 1, at - 1);
                if (!AddField(ref count, fieldStart + 1, fieldEnd, out var fault)) return Reject(fault);
                scanned = at + 1;
                mask = 0;
            }
            else
            {
                while (mask == 0 && scanned < limit)
                {
                    var block = Vector256.LoadUnsafe(ref bytes, (nuint)scanned);
                    mask = (Vector256.Equals(block, delimiters) | Vector256.Equals(block, lineFeeds) |
                        Vector256.Equals(block, carriageReturns)).ExtractMostSignificantBits();
                    if (limit - scanned < ScanSlack) mask &= (1u << (limit - scanned)) - 1;
                    scanned += ScanSlack;
                }

                if (mask == 0)
                {
                    if (IsRowLimit(limit)) return Reject(CsvFault.RowTooLong);
                    if (!_inputEnded) return false;
                    at = limit;
                }
                else
                {
                    at = scanned - ScanSlack + BitOperations.TrailingZeroCount(mask);
                    mask &= mask - 1;
                }

                if (!AddField(ref count, fieldStart, at, out var fault)) return Reject(fault);
            }

            if (at == limit || _buffer[at] != _delimiter) return EndRow(at, count, breaks);
            fieldStart = at + 1;
        }
    }

    private bool IsRowLimit(int limit) => limit - _start > _limits.RowBytesMax;

    private enum Quoted { Closed, Unclosed, TextAfter, FillNeeded }

    private Quoted ScanQuoted(int open, int limit, out int fieldEnd, out int at)
    {
        var doubled = false;
        fieldEnd = 0;
        at = open + 1;
        while (true)
        {
            var found = _buffer.AsSpan(at, limit - at).IndexOf(_quote);
            if (found < 0) return _inputEnded || IsRowLimit(limit) ? Quoted.Unclosed : Quoted.FillNeeded;
            var close = at + found;
            at = close + 1;
            if (at == limit)
            {
                if (IsRowLimit(limit)) return Quoted.Unclosed;
                if (!_inputEnded) return Quoted.FillNeeded;
            }
            else if (_buffer[at] == _quote)
            {
                doubled = true;
                at++;
                continue;
            }
            else if (_buffer[at] != _delimiter && _buffer[at] is not (LineFeed or CarriageReturn))
            {
                return Quoted.TextAfter;
            }

            fieldEnd = doubled ? ~close : close;
            return Quoted.Closed;
        }
    }

    private bool AddField(ref int count, int start, int end, out CsvFault fault)
    {
        fault = CsvFault.None;
        if (count == _fieldStarts.Length)
        {
            if (count >= _limits.ColumnsMax)
            {
                fault = CsvFault.TooManyColumns;
                return false;
            }

            Array.Resize(ref _fieldStarts, count * 2);
            Array.Resize(ref _fieldEnds, count * 2);
        }

        if ((end < 0 ? ~end : end) - start > _limits.FieldBytesMax) fault = CsvFault.FieldTooLong;
        else if (count >= _limits.ColumnsMax) fault = CsvFault.TooManyColumns;
        _fieldStarts[count] = start;
        _fieldEnds[count++] = end;
        return fault == CsvFault.None;
    }

    private bool EndRow(int at, int count, int breaks)
    {
        var next = at;
        if (at < _end)
        {
            next++;
            if (_buffer[at] == CarriageReturn)
            {
                if (next < _end) next += _buffer[next] == LineFeed ? 1 : 0;
                else _dropsLineFeed = !_inputEnded;
            }
        }

        _rowStart = _start;
        _rowEnd = at;
        if (!Utf8.IsValid(_buffer.AsSpan(_rowStart, at - _rowStart)))
        {
            _dropsLineFeed = false;
            return Reject(CsvFault.NotText);
        }

        if (_buffer.AsSpan(_rowStart, at - _rowStart).Contains((byte)0))
        {
            _dropsLineFeed = false;
            return Reject(CsvFault.HasNul);
        }

        Fault = CsvFault.None;
        FieldCount = count;
        LineNumber = _nextLine;
        _nextLine += 1 + breaks;
        _start = next;
        return true;
    }

    // The row is given up; reading goes on at the line behind the first line of the row.
    private bool Reject(CsvFault fault)
    {
        var line = _buffer.AsSpan(_start, Math.Min(_end - _start, FaultyRowBytesShown));
        var lineEnd = line.IndexOfAny(LineFeed, CarriageReturn);
        // Wait for the whole line, so that what is shown does not depend on how the reads fell.
        if (lineEnd < 0 && line.Length < Math.Min(FaultyRowBytesShown, _limits.RowBytesMax) &&
            !_inputEnded) return false;
        Fault = fault;
        FieldCount = 0;
        LineNumber = _nextLine++;
        _rowStart = _start;
        _rowEnd = _start + Math.Min(lineEnd < 0 ? line.Length : lineEnd, _limits.RowBytesMax);
        _skipsLine = true;
        return true;
    }

    private bool SkipLine()
    {
        var line = _buffer.AsSpan(_start, _end - _start);
        var lineEnd = line.IndexOfAny(LineFeed, CarriageReturn);
        if (lineEnd < 0)
        {
            _start = _end;
            return false;
        }

        _start += lineEnd + 1;
        _skipsLine = false;
        _dropsLineFeed = line[lineEnd] == CarriageReturn;
        if (_dropsLineFeed && _start < _end)
        {
            if (_buffer[_start] == LineFeed) _start++;
            _dropsLineFeed = false;
        }

        return true;
    }

    private int CountBreaks(int start, int end)
    {
        var breaks = 0;
        var text = _buffer.AsSpan(start, end - start);
        for (var at = text.IndexOfAny(LineFeed, CarriageReturn); at >= 0; at = text.IndexOfAny(LineFeed,
            CarriageReturn))
        {
            breaks++;
            text = text[(at + (text[at] == CarriageReturn && at + 1 < text.Length && text[at + 1] == LineFeed ? 2
                : 1))..];
        }

        return breaks;
    }

    private ReadOnlySpan<byte> Unescaped(int start, int end)
    {
        var length = end - start;
        // Spans handed out earlier keep the array they point into.
        if (_scratch.Length - _scratchUsed < length)
        {
            _scratch = new byte[Math.Max(length, 4096)];
            _scratchUsed = 0;
        }

        var to = _scratchUsed;
        for (var from = start; from < end; from++)
        {
            _scratch[_scratchUsed++] = _buffer[from];
            if (_buffer[from] == _quote) from++;
        }

        return _scratch.AsSpan(to, _scratchUsed - to);
    }
}

using System.Text;

namespace Stoa.Sensing.Import.Csv;

/// <summary>Encodings of table files, and guessing the delimiter.</summary>
internal static class CsvText
{
    private static readonly byte[] Delimiters = [(byte)',', (byte)';', (byte)'\t', (byte)'|'];

    // Lines looked at when the delimiter is not stated.
    private const int SniffedLines = 20;

    /// <summary>Names taken under <c>file.encoding</c>.</summary>
    public static IReadOnlyList<string> EncodingNames { get; } =
        ["utf-8", "utf-16le", "utf-16be", "iso-8859-1", "windows-1252"];

    /// <summary>The encoding of a name in <see cref="EncodingNames"/>.</summary>
    public static Encoding EncodingOf(string name) => name switch
    {
        "utf-8" => Encoding.UTF8,
        "utf-16le" => Encoding.Unicode,
        "utf-16be" => Encoding.BigEndianUnicode,
        "iso-8859-1" => Encoding.Latin1,
        "windows-1252" => CodePagesEncodingProvider.Instance.GetEncoding(1252)
            ?? throw new InvalidOperationException("Code page 1252 is missing from the runtime."),
        _ => throw new ArgumentOutOfRangeException(nameof(name), name, "Unknown encoding."),
    };

    /// <summary>The file as UTF-8. A byte order mark wins over what is stated.</summary>
    public static async Task<Stream> OpenUtf8Async(Stream file, Encoding stated, CancellationToken cancellation)
    {
        var head = new byte[3];
        var read = await file.ReadAtLeastAsync(head, head.Length, throwOnEndOfStream: false, cancellation);
        var whole = new ReplayStream(head.AsMemory(0, read), file);
        return head switch
        {
            [0xEF, 0xBB, 0xBF] => whole,
            [0xFF, 0xFE, ..] when read >= 2 => Encoding.CreateTranscodingStream(whole, Encoding.Unicode, Encoding.UTF8),
            [0xFE, 0xFF, ..] when read >= 2 =>
                Encoding.CreateTranscodingStream(whole, Encoding.BigEndianUnicode, Encoding.UTF8),
            _ when stated is UTF8Encoding => whole,
            _ => Encoding.CreateTranscodingStream(whole, stated, Encoding.UTF8),
        };
    }

    /// <summary>Bytes that were read already, then the rest of the stream they came from.</summary>
    public static Stream Concat(ReadOnlyMemory<byte> head, Stream rest) => new ReplayStream(head, rest);

    /// <summary>The delimiter that cuts the first lines into the same, and the greatest, number of fields.</summary>
    /// <param name="ahead">The first bytes of the file, as UTF-8.</param>
    /// <returns>A comma when nothing speaks for another.</returns>
    public static byte SniffDelimiter(ReadOnlySpan<byte> ahead)
    {
        var best = Delimiters[0];
        var bestScore = 0;
        foreach (var delimiter in Delimiters)
        {
            var score = Score(ahead, delimiter);
            if (score <= bestScore) continue;
            best = delimiter;
            bestScore = score;
        }

        return best;
    }

    // Lines that agree with the first one weigh most: a comma in a few texts does not beat a semicolon in every line.
    private static int Score(ReadOnlySpan<byte> text, byte delimiter)
    {
        var first = 0;
        var agreeing = 0;
        var count = 0;
        var lines = 0;
        var quoted = false;
        foreach (var value in text)
        {
            if (value == '"') quoted = !quoted;
            if (quoted) continue;
            if (value == delimiter) count++;
            if (value is not ((byte)'\n' or (byte)'\r')) continue;
            if (lines == 0) first = count;
            if (count > 0 && count == first) agreeing++;
            lines += 1;
            count = 0;
            if (lines == SniffedLines * 2) break;
        }

        if (lines == 0) return count;
        return first == 0 ? 0 : agreeing * 100 + Math.Min(first, 99);
    }

    /// <summary>Bytes that were read already, then the rest.</summary>
    private sealed class ReplayStream(ReadOnlyMemory<byte> head, Stream rest) : Stream
    {
        private ReadOnlyMemory<byte> _head = head;

        public override bool CanRead => true;

        public override bool CanSeek => false;

        public override bool CanWrite => false;

        public override long Length => throw new NotSupportedException();

        public override long Position { get => throw new NotSupportedException(); set =>
            throw new NotSupportedException(); }

        public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

        public override int Read(Span<byte> buffer)
        {
            if (_head.IsEmpty) return rest.Read(buffer);
            var length = Math.Min(buffer.Length, _head.Length);
            _head.Span[..length].CopyTo(buffer);
            _head = _head[length..];
            return length;
        }

        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
            _head.IsEmpty ? rest.ReadAsync(buffer, cancellationToken) : new(Read(buffer.Span));

        public override Task<int> ReadAsync(byte[] buffer, int offset, int count,
            CancellationToken cancellationToken) =>
            ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

        public override void Flush()
        {
        }

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        protected override void Dispose(bool disposing)
        {
            if (disposing) rest.Dispose();
            base.Dispose(disposing);
        }
    }
}

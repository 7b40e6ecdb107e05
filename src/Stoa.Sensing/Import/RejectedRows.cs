using System.Globalization;
using System.Text;

namespace Stoa.Sensing.Import;

/// <summary>Rows that were not taken, or not wholly: line, reason and the row as it stands in the file.</summary>
/// <remarks>The file is made with the first such row; one left over from an earlier run is removed when there is
/// none.</remarks>
internal sealed class RejectedRows : IDisposable
{
    /// <summary>Rejections kept in memory for the answer of an upload.</summary>
    public const int KeptMax = 100;

    /// <summary>First line of a reject file.</summary>
    public const string Header = "line,reason,row";

    private const int ReasonCharactersMax = 1000;

    private readonly string? _file;
    private readonly List<RejectedRow> _kept = [];
    private StreamWriter? _writer;

    /// <summary>Rejections of one file.</summary>
    /// <param name="file">Where they are written, or null: only the first are kept in memory.</param>
    public RejectedRows(string? file)
    {
        _file = file;
        if (_file is not null && System.IO.File.Exists(_file) && StartsWithHeader(_file)) System.IO.File.Delete(_file);
    }

    /// <summary>Rows with a reason.</summary>
    public long Count { get; private set; }

    /// <summary>The first of them.</summary>
    public IReadOnlyList<RejectedRow> Kept => _kept;

    /// <summary>The file, once it was made.</summary>
    public string? File => _writer is null ? null : _file;

    /// <summary>Notes a row.</summary>
    public void Add(long line, string reason, ReadOnlySpan<byte> row)
    {
        Count++;
        if (reason.Length > ReasonCharactersMax) reason = reason[..ReasonCharactersMax] + "…";
        if (_kept.Count < KeptMax) _kept.Add(new(line, reason));
        if (_file is null) return;
        if (_writer is null)
        {
            _writer = new(_file, append: false, new UTF8Encoding(encoderShouldEmitUTF8Identifier: false));
            _writer.Write(Header + "\n");
        }

        _writer.Write(line.ToString(CultureInfo.InvariantCulture));
        _writer.Write(',');
        WriteQuoted(reason);
        _writer.Write(',');
        WriteQuoted(Encoding.UTF8.GetString(row));
        _writer.Write('\n');
    }

    /// <inheritdoc/>
    public void Dispose() => _writer?.Dispose();

    private void WriteQuoted(string text)
    {
        _writer!.Write('"');
        _writer.Write(text.Replace("\"", "\"\"", StringComparison.Ordinal));
        _writer.Write('"');
    }

    // Somebody else's file of that name is overwritten only when there is something to say, never removed.
    private static bool StartsWithHeader(string file)
    {
        using var reader = new StreamReader(file);
        var start = new char[Header.Length];
        return reader.ReadBlock(start) == start.Length && start.AsSpan().SequenceEqual(Header);
    }
}

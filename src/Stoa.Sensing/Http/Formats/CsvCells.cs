using System.Buffers;
using System.Buffers.Text;

namespace Stoa.Sensing.Http.Formats;

/// <summary>Writes cells of one row of CSV after each other (RFC 4180).</summary>
/// <remarks>
/// A text that a spreadsheet would take for a formula gets an apostrophe in front: names and texts come from whoever may write, and
/// the file is opened by somebody else.
/// </remarks>
internal struct CsvCells(IBufferWriter<byte> bytes)
{
    private static readonly SearchValues<byte> Special = SearchValues.Create(",\"\r\n"u8);
    private static readonly SearchValues<byte> FormulaStarts = SearchValues.Create("=+-@\t\r"u8);
    private int _cells;
    private bool _isBlank = true;

    /// <summary>Ends the row. One empty cell alone is quoted: readers pass over blank lines.</summary>
    internal void EndRow()
    {
        bytes.Write(_isBlank && _cells == 1 ? "\"\"\r\n"u8 : "\r\n"u8);
        _cells = 0;
        _isBlank = true;
    }

    /// <summary>Nothing.</summary>
    internal void Empty() => Next();

    /// <summary>What needs no quotes.</summary>
    internal void Plain(ReadOnlySpan<byte> text)
    {
        Separate();
        bytes.Write(text);
    }

    /// <summary>A whole number.</summary>
    internal void Number(long number)
    {
        Separate();
        var span = bytes.GetSpan(24);
        Utf8Formatter.TryFormat(number, span, out var written);
        bytes.Advance(written);
    }

    /// <summary>A number; the shortest text that reads back as the same.</summary>
    internal void Number(double number)
    {
        Separate();
        var span = bytes.GetSpan(32);
        Utf8Formatter.TryFormat(number, span, out var written);
        bytes.Advance(written);
    }

    /// <summary>Text that somebody wrote: empty text as a pair of quotes, formulas defused.</summary>
    internal void Text(ReadOnlySpan<byte> text)
    {
        var isFormula = !text.IsEmpty && FormulaStarts.Contains(text[0]) &&
            !(Utf8Parser.TryParse(text, out double _, out var consumed) && consumed == text.Length);
        if (!isFormula && !text.IsEmpty && !text.ContainsAny(Special))
        {
            Plain(text);
            return;
        }

        Quote(text, isFormula);
    }

    /// <summary>Text of the program's own making that may hold anything, such as JSON.</summary>
    internal void Quoted(ReadOnlySpan<byte> text)
    {
        if (text.ContainsAny(Special)) Quote(text, isFormula: false);
        else Plain(text);
    }

    private void Quote(ReadOnlySpan<byte> text, bool isFormula)
    {
        Separate();
        bytes.Write(isFormula ? "\"'"u8 : "\""u8);
        for (var quote = text.IndexOf((byte)'"'); quote >= 0; quote = text.IndexOf((byte)'"'))
        {
            bytes.Write(text[..(quote + 1)]);
            bytes.Write("\""u8);
            text = text[(quote + 1)..];
        }

        bytes.Write(text);
        bytes.Write("\""u8);
    }

    private void Separate()
    {
        Next();
        _isBlank = false;
    }

    private void Next()
    {
        if (_cells++ > 0) bytes.Write(","u8);
    }
}

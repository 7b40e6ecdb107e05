using System.Text;
using Stoa.Sensing.Import.Csv;
using Xunit;

namespace Stoa.Tests.Import;

public class Reading_csv
{
    private static readonly CancellationToken Now = TestContext.Current.CancellationToken;

    private static Task<string> RowsAsync(string text, CsvLimits? limits = null, int chunk = int.MaxValue,
        char? quote = '"') =>
        RowsAsync(Encoding.UTF8.GetBytes(text), limits, chunk, quote);

    // One line a row: its line number, then its fields, or the fault and the raw row.
    private static async Task<string> RowsAsync(byte[] bytes, CsvLimits? limits, int chunk, char? quote)
    {
        using var reader = new CsvReader(new Trickle(bytes, chunk), (byte)',', (byte?)quote,
            limits ?? CsvLimits.Default);
        var rows = new StringBuilder();
        while (true)
        {
            var read = reader.Read();
            if (read == CsvRead.End) return rows.ToString();
            if (read == CsvRead.FillNeeded)
            {
                await reader.FillAsync(Now);
                continue;
            }

            rows.Append(reader.LineNumber).Append(':');
            if (reader.Fault != CsvFault.None) rows.Append(reader.Fault).Append(' ').Append(
                Encoding.UTF8.GetString(reader.Row));
            for (var i = 0; i < reader.FieldCount; i++) rows.Append('[').Append(
                Encoding.UTF8.GetString(reader.Field(i))).Append(']');
            rows.Append('\n');
        }
    }

    [Theory]
    [InlineData("a,b\n1,2\n", "1:[a][b]\n2:[1][2]\n")]
    [InlineData("a,b\r\n1,2\r\n", "1:[a][b]\n2:[1][2]\n")]
    [InlineData("a,b\r1,2\r", "1:[a][b]\n2:[1][2]\n")]
    [InlineData("a,b\n1,2", "1:[a][b]\n2:[1][2]\n")]
    [InlineData("a,b\n\n\r\n1,2\n\n", "1:[a][b]\n4:[1][2]\n")]
    [InlineData("a,\n,b\n", "1:[a][]\n2:[][b]\n")]
    [InlineData("\uFEFFa,b\n", "1:[a][b]\n")]
    [InlineData("", "")]
    public async Task Ends_lines_with_LF_CRLF_or_a_bare_CR(string text, string rows) =>
        Assert.Equal(rows, await RowsAsync(text));

    [Theory]
    [InlineData("\"a,b\",c\n", "1:[a,b][c]\n")]
    [InlineData("\"a\"\"b\",c\n", "1:[a\"b][c]\n")]
    [InlineData("\"a\nb\r\nc\",d\ne,f\n", "1:[a\nb\r\nc][d]\n4:[e][f]\n")]
    [InlineData("\"\",\"\"\n", "1:[][]\n")]
    [InlineData("5\" pipe,b\n", "1:[5\" pipe][b]\n")]
    [InlineData("\"a\"", "1:[a]\n")]
    public async Task Takes_quoted_fields_as_RFC_4180_has_them(string text, string rows) =>
        Assert.Equal(rows, await RowsAsync(text));

    [Fact]
    public async Task Leaves_quotes_alone_where_they_mean_nothing() =>
        Assert.Equal("1:[\"a][b\"]\n", await RowsAsync("\"a,b\"\n", quote: null));

    [Theory]
    [InlineData("\"a\"b,c\n1,2\n", "1:TextAfterQuote \"a\"b,c\n2:[1][2]\n")]
    [InlineData("a,\"b\n1,2\n3,4\n", "1:UnclosedQuote a,\"b\n2:[1][2]\n3:[3][4]\n")]
    [InlineData("\"abc\n\"def\",1\n", "1:TextAfterQuote \"abc\n2:[def][1]\n")]
    public async Task Gives_up_a_broken_row_and_goes_on_at_its_next_line(string text, string rows) =>
        Assert.Equal(rows, await RowsAsync(text));

    [Fact]
    public async Task Says_that_bytes_are_not_text() =>
        Assert.Equal("1:[a]\n2:NotText \uFFFD\n3:[b]\n",
            await RowsAsync([(byte)'a', 10, 0xE4, 10, (byte)'b', 10], null, int.MaxValue, '"'));

    [Fact]
    public async Task Gives_up_a_row_with_a_character_that_cannot_be_stored() =>
        Assert.Equal("1:[a]\n2:HasNul b\0\n3:[c]\n", await RowsAsync("a\nb\0\nc\n"));

    [Fact]
    public async Task Takes_a_row_of_the_greatest_length_and_no_longer_one()
    {
        var limits = new CsvLimits { RowBytesMax = 8 };

        Assert.Equal("1:[1234][678]\n2:[x]\n", await RowsAsync("1234,678\nx\n", limits));
        Assert.Equal("1:RowTooLong 1234,678\n2:[x]\n", await RowsAsync("1234,6789\nx\n", limits));
        Assert.Equal("1:[1234][678]\n", await RowsAsync("1234,678", limits));
        Assert.Equal("1:RowTooLong 1234,678\n", await RowsAsync("1234,6789", limits));
        Assert.Equal("1:UnclosedQuote \"1\n2:[2]\n3:[3]\n4:[4]\n", await RowsAsync("\"1\n2\n3\n4\n", limits));
    }

    [Fact]
    public async Task Takes_a_field_of_the_greatest_length_and_no_longer_one()
    {
        var limits = new CsvLimits { FieldBytesMax = 3 };

        Assert.Equal("1:[123][456]\n", await RowsAsync("123,\"456\"\n", limits));
        Assert.Equal("1:FieldTooLong 123,4567\n", await RowsAsync("123,4567\n", limits));
        Assert.Equal("1:FieldTooLong \"1234\",5\n", await RowsAsync("\"1234\",5\n", limits));
    }

    [Fact]
    public async Task Takes_as_many_columns_as_allowed_and_no_more()
    {
        var limits = new CsvLimits { ColumnsMax = 3 };

        Assert.Equal("1:[1][2][3]\n", await RowsAsync("1,2,3\n", limits));
        Assert.Equal("1:TooManyColumns 1,2,3,4\n", await RowsAsync("1,2,3,4\n", limits));
        Assert.Equal(201, (await RowsAsync(string.Join(',', Enumerable.Range(0, 201)))).Count(sign => sign == '['));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    public async Task Finds_the_same_rows_however_the_bytes_are_cut(int seed)
    {
        var random = new Random(seed);
        const string alphabet = "ab,,\"\"\r\n\nä1";
        var limits = new CsvLimits { RowBytesMax = 24, FieldBytesMax = 12, ColumnsMax = 5 };
        for (var round = 0; round < 1500; round++)
        {
            var text = string.Concat(Enumerable.Range(0,
                random.Next(90)).Select(_ => alphabet[random.Next(alphabet.Length)]));

            var whole = await RowsAsync(text, limits);
            var cut = await RowsAsync(text, limits, random.Next(1, 7));

            Assert.True(whole == cut,
                $"seed {seed}, round {round}, text {text.ReplaceLineEndings("⏎")}\n{whole}\n{cut}");
        }
    }

    [Theory]
    [InlineData(11)]
    [InlineData(12)]
    public async Task Reads_back_what_was_written(int seed)
    {
        var random = new Random(seed);
        const string alphabet = "ab,\"\r\n x;ö";
        var table = Enumerable.Range(0, 400).Select(_ => Enumerable.Range(0, random.Next(2, 40))
            .Select(_ => string.Concat(Enumerable.Range(0,
                random.Next(60)).Select(_ => alphabet[random.Next(alphabet.Length)]))).ToArray()).ToArray();
        var text = string.Concat(table.Select(
            row => string.Join(',', row.Select(field => '"' + field.Replace("\"", "\"\"") + '"')) + "\r\n"));

        var rows = await RowsAsync(text, chunk: 1000);

        var fields = string.Concat(table.Select(row => string.Concat(row.Select(field => $"[{field}]")) + "\n"));
        Assert.Equal(fields, System.Text.RegularExpressions.Regex.Replace(rows, @"(?m)^\d+:(?=\[)", ""));
    }

    [Theory]
    [InlineData("a;b;c\n1,5;2;3\n", ';')]
    [InlineData("a,b\n1,2\n", ',')]
    [InlineData("a\tb\n1,5\t2\n", '\t')]
    [InlineData("\"x;y\",b\n1,2\n", ',')]
    [InlineData("a|b|c\n", '|')]
    [InlineData("alone\n", ',')]
    public void Guesses_the_delimiter_from_the_first_lines(string text, char delimiter) =>
        Assert.Equal((byte)delimiter, CsvText.SniffDelimiter(Encoding.UTF8.GetBytes(text)));

    [Theory]
    [InlineData("utf-8", "iso-8859-1", "Stra\u00dfe")]
    [InlineData("utf-16le", "utf-8", "Straße")]
    [InlineData("utf-16be", "utf-8", "Straße")]
    public async Task Believes_a_byte_order_mark_more_than_what_is_stated(string real, string stated, string text)
    {
        var encoding = CsvText.EncodingOf(real);
        byte[] bytes = [.. encoding.GetPreamble(), .. encoding.GetBytes(text)];

        await using var utf8 = await CsvText.OpenUtf8Async(new MemoryStream(bytes), CsvText.EncodingOf(stated), Now);

        using var read = new StreamReader(utf8);
        Assert.Equal(text, (await read.ReadToEndAsync(Now)).TrimStart('\uFEFF'));
    }

    [Theory]
    [InlineData("iso-8859-1", new byte[] { 0x53, 0x74, 0x72, 0x61, 0xDF, 0x65 }, "Straße")]
    [InlineData("windows-1252", new byte[] { 0x31, 0x80 }, "1€")]
    public async Task Reads_the_encodings_that_are_stated(string name, byte[] bytes, string text)
    {
        await using var utf8 = await CsvText.OpenUtf8Async(new MemoryStream(bytes), CsvText.EncodingOf(name), Now);

        using var read = new StreamReader(utf8);
        Assert.Equal(text, await read.ReadToEndAsync(Now));
    }

    /// <summary>Gives out a few bytes at a time, as a slow network does.</summary>
    private sealed class Trickle(byte[] bytes, int chunk) : MemoryStream(bytes)
    {
        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
            base.ReadAsync(buffer[..Math.Min(buffer.Length, chunk)], cancellationToken);
    }
}

namespace Stoa.Sensing.Import.Csv;

/// <summary>What one row may grow to. A row beyond a limit is rejected; the file goes on.</summary>
internal sealed record CsvLimits
{
    /// <summary>Bytes of one row, line ends inside quotes included. Bounds the buffer: 1 MiB is far beyond any real
    /// table.</summary>
    public const int RowBytesMaxDefault = 1024 * 1024;

    /// <summary>Bytes of one field: room for the outline of a city, not for a file in a field.</summary>
    public const int FieldBytesMaxDefault = 512 * 1024;

    /// <summary>Columns of one row: what spreadsheet programs stop at is 16,384; sensor tables stay below
    /// 4,096.</summary>
    public const int ColumnsMaxDefault = 4096;

    /// <summary>The limits of the program.</summary>
    public static CsvLimits Default { get; } = new();

    /// <inheritdoc cref="RowBytesMaxDefault"/>
    public int RowBytesMax { get; init; } = RowBytesMaxDefault;

    /// <inheritdoc cref="FieldBytesMaxDefault"/>
    public int FieldBytesMax { get; init; } = FieldBytesMaxDefault;

    /// <inheritdoc cref="ColumnsMaxDefault"/>
    public int ColumnsMax { get; init; } = ColumnsMaxDefault;
}

/// <summary>What a call of <see cref="CsvReader.Read"/> found.</summary>
internal enum CsvRead
{
    /// <summary>A row; look at <see cref="CsvReader.Fault"/> before using its fields.</summary>
    Row,

    /// <summary>More bytes are needed: await <see cref="CsvReader.FillAsync"/> and call again.</summary>
    FillNeeded,

    /// <summary>No further row.</summary>
    End,
}

/// <summary>Why a row cannot be used.</summary>
internal enum CsvFault
{
    /// <summary>Nothing is wrong.</summary>
    None,

    /// <summary>A quote opens a field and no quote closes it.</summary>
    UnclosedQuote,

    /// <summary>Text stands between a closing quote and the next delimiter.</summary>
    TextAfterQuote,

    /// <summary>Longer than <see cref="CsvLimits.RowBytesMax"/>.</summary>
    RowTooLong,

    /// <summary>A field longer than <see cref="CsvLimits.FieldBytesMax"/>.</summary>
    FieldTooLong,

    /// <summary>More columns than <see cref="CsvLimits.ColumnsMax"/>.</summary>
    TooManyColumns,

    /// <summary>Bytes that are not text in the encoding.</summary>
    NotText,

    /// <summary>The character U+0000, which cannot be stored.</summary>
    HasNul,
}

/// <summary>The words for people.</summary>
internal static class CsvFaults
{
    /// <summary>What is wrong and what to do about it; goes into the reject file.</summary>
    public static string Describe(this CsvFault fault) => fault switch
    {
        CsvFault.None => "",
        CsvFault.UnclosedQuote => "a quote opens a field and is never closed",
        CsvFault.TextAfterQuote => "text stands after a closing quote; a quote inside a quoted field must be doubled",
        CsvFault.RowTooLong => "the row is longer than the limit",
        CsvFault.FieldTooLong => "a field is longer than the limit",
        CsvFault.TooManyColumns => "the row has more columns than the limit",
        CsvFault.HasNul => "it has the character U+0000; if the file is in another encoding, state it under file.encoding",
        CsvFault.NotText => "the bytes are not UTF-8; if the file is in another encoding, state it under file.encoding",
        _ => throw new ArgumentOutOfRangeException(nameof(fault), fault, "Unknown fault."),
    };
}

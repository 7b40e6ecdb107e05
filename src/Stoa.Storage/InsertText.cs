using System.Collections.Concurrent;
using System.Globalization;

namespace Stoa.Storage;

/// <summary>The texts of plain INSERT statements, made once for each table and list of columns.</summary>
internal static class InsertText
{
    private static readonly ConcurrentDictionary<(string Table, string Columns, string OnConflict), string> Texts = new();

    internal static string Of(string table, string columns, string onConflict = "") => Texts.GetOrAdd((table, columns, onConflict), static key =>
    {
        var count = key.Columns.Count(letter => letter == ',') + 1;
        var values = string.Join(", ", Enumerable.Range(1, count).Select(i => string.Create(CultureInfo.InvariantCulture, $"?{i}")));
        return $"INSERT INTO {key.Table} AS kept ({key.Columns}) VALUES ({values}) {key.OnConflict}";
    });
}

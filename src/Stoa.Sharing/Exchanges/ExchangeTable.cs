using System.Globalization;
using System.Text;
using Stoa.Sharing.Policy;
using Stoa.Vocabulary;

namespace Stoa.Sharing.Exchanges;

/// <summary>Records as CSV.</summary>
/// <remarks>RFC 4180.</remarks>
public static class ExchangeTable
{
    /// <summary>What it is.</summary>
    public const string ContentType = "text/csv; charset=utf-8; header=present";

    /// <summary>What to call it.</summary>
    public const string FileName = "exchanges.csv";

    internal static async Task WriteAsync(
        Stream body, IAsyncEnumerable<List<ExchangeRecord>> parts, AccessPolicy policy,
        IReadOnlyCollection<DatasetId>? named, CancellationToken cancellation)
    {
        await body.WriteAsync(
            "id,at,party,token,agreement,purpose,datasets,datasetCount,channel,method,route,query,status,rows,bytes,sha256,decision,organization,byOffice,group\r\n"u8
                .ToArray(), cancellation);
        var text = new StringBuilder();
        await foreach (var part in parts)
        {
            text.Clear();
            foreach (var record in part) WriteRow(text, ExchangeView.Of(record, policy, named));
            await body.WriteAsync(Encoding.UTF8.GetBytes(text.ToString()), cancellation);
        }
    }

    private static void WriteRow(StringBuilder text, ExchangeView view)
    {
        string?[] cells =
        [
            view.Id, view.At.ToString(), Number(view.Party), Number(view.Token), Number(view.Agreement), view.Purpose,
            string.Join(' ', view.Datasets), Number(view.DatasetCount), view.Channel, view.Method, view.Route, view.Query,
            Number(view.Status), Number(view.Rows), Number(view.Bytes), view.Sha256, view.Decision,
            Number(view.Organization), view.ByOffice ? "true" : "false", view.Group,
        ];
        for (var i = 0; i < cells.Length; i++) WriteCell(i == 0 ? text : text.Append(','), cells[i] ?? "");
        text.Append("\r\n");
    }

    // A cell that a table program would take for a formula is quoted as text with an apostrophe.
    private static void WriteCell(StringBuilder text, string cell)
    {
        if (cell.Length > 0 && cell[0] is '=' or '+' or '-' or '@') cell = "'" + cell;
        if (cell.AsSpan().ContainsAny(",\"\r\n")) text.Append('"').Append(cell.Replace("\"", "\"\"", StringComparison.Ordinal)).Append('"');
        else text.Append(cell);
    }

    private static string? Number(long? number) => number?.ToString(CultureInfo.InvariantCulture);
}

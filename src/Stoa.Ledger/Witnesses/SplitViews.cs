using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Stoa.Ledger.Merkle;
using Stoa.Storage;
using Stoa.Vocabulary;

namespace Stoa.Ledger.Witnesses;

/// <summary>Two views of a log that cannot both be true, each signed by the log.</summary>
/// <param name="Origin">Which log.</param>
/// <param name="Size">Where both views have a root.</param>
/// <param name="Root">The root that was known.</param>
/// <param name="Note">A checkpoint of the view that was known.</param>
/// <param name="OtherRoot">The root of the other view.</param>
/// <param name="OtherNote">A checkpoint of the other view.</param>
/// <param name="Source">Where the other one came from.</param>
/// <param name="Found">When.</param>
internal sealed record SplitView(
    string Origin, long Size, MerkleHash Root, byte[] Note, MerkleHash OtherRoot, byte[] OtherNote, string Source, Instant Found)
{
    /// <summary>The same for the same contradiction, whichever of the two was known first.</summary>
    public string Digest()
    {
        var roots = new[] { Root.ToString(), OtherRoot.ToString() };
        Array.Sort(roots, StringComparer.Ordinal);
        var text = string.Create(CultureInfo.InvariantCulture, $"{Origin}\n{Size}\n{roots[0]}\n{roots[1]}\n");
        return Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)));
    }
}

/// <summary>Contradictions of logs: kept for good and shown to everybody.</summary>
internal sealed partial class SplitViews(Database database)
{
    /// <summary>Keeps a contradiction.</summary>
    /// <returns>Whether it was new; false too when <see cref="WitnessLimits.SplitViewsMax"/> of the log are kept.</returns>
    public Task<bool> KeepAsync(SplitView view, CancellationToken cancellation) => database.WriteAsync(session => Keep(session, view), cancellation);

    /// <summary>How many there are.</summary>
    public async Task<long> CountAsync(CancellationToken cancellation)
    {
        using var read = await database.ReadAsync(cancellation);
        using var count = read.Prepare(CountAll);
        return count.Step() ? count.Int64(0) : 0;
    }

    /// <summary>The newest, at most <see cref="WitnessLimits.SplitViewsShownMax"/>.</summary>
    public async Task<List<SplitView>> LastAsync(CancellationToken cancellation)
    {
        using var read = await database.ReadAsync(cancellation);
        using var select = read.Prepare(SelectLast);
        select.Bind("@limit", WitnessLimits.SplitViewsShownMax);
        var views = new List<SplitView>();
        while (select.Step())
            views.Add(new(
                select.Text(0), select.Int64(1), new(select.Blob(2)), select.Blob(3).ToArray(), new(select.Blob(4)), select.Blob(5).ToArray(),
                select.Text(6), new(select.Int64(7))));
        return views;
    }

    /// <summary>Writes them as JSON: <c>count</c>, and <c>value</c> with the newest.</summary>
    public async Task WriteAsync(Utf8JsonWriter json, CancellationToken cancellation)
    {
        var (count, views) = (await CountAsync(cancellation), await LastAsync(cancellation));
        json.WriteStartObject();
        json.WriteNumber("count"u8, count);
        json.WriteStartArray("value"u8);
        foreach (var view in views)
        {
            json.WriteStartObject();
            json.WriteString("origin"u8, view.Origin);
            json.WriteNumber("size"u8, view.Size);
            json.WriteString("found"u8, view.Found.ToDateTimeOffset());
            json.WriteString("source"u8, view.Source);
            json.WriteString("root"u8, view.Root.ToString());
            json.WriteString("checkpoint"u8, view.Note);
            json.WriteString("otherRoot"u8, view.OtherRoot.ToString());
            json.WriteString("otherCheckpoint"u8, view.OtherNote);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }

    private static bool Keep(WriteSession session, SplitView view)
    {
        using (var count = session.Prepare(Count).Bind("@origin", view.Origin))
            if (count.Step() && count.Int64(0) >= WitnessLimits.SplitViewsMax) return false;
        using var insert = session.Prepare(Insert);
        return insert.Bind("@digest", view.Digest()).Bind("@origin", view.Origin).Bind("@size", view.Size)
            .BindBlob("@root", view.Root.ToBytes()).BindBlob("@note", view.Note)
            .BindBlob("@otherRoot", view.OtherRoot.ToBytes()).BindBlob("@otherNote", view.OtherNote)
            .Bind("@source", view.Source).Bind("@found", view.Found.UnixMicroseconds).Execute() > 0;
    }
}

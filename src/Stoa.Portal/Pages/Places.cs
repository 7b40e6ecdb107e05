using Stoa.Storage;
using Stoa.Vocabulary;

namespace Stoa.Portal.Pages;

/// <summary>Things as places: lists of them with their latest values.</summary>
internal static partial class Places
{
    /// <summary>Places on one page of the list.</summary>
    internal const int PageLength = 50;

    // What fits in a line; the thing's page has all of them.
    private const int ValuesPerPlace = 3;

    internal static ThingsView Search(
        ReadSession read, AccessScope scope, string words, InfrastructureSector? sector, int page)
    {
        long total;
        using (var count = read.Prepare(Count, scope).Bind("@sector", (long?)sector).Bind("@words", Absent(words)))
            total = count.Step() ? count.Int64(0) : 0;
        var pages = (int)Math.Max(1, (total + PageLength - 1) / PageLength);
        page = Math.Clamp(page, 1, pages);
        using var select = read.Prepare(Page, scope)
            .Bind("@sector", (long?)sector).Bind("@words", Absent(words))
            .Bind("@limit", PageLength).Bind("@skip", (page - 1L) * PageLength);
        return new(words, sector, WithLatest(read, scope, select), total, page, pages);
    }

    internal static IReadOnlyList<PlaceRow> First(ReadSession read, AccessScope scope, InfrastructureSector? sector, int limit)
    {
        using var select = read.Prepare(Mixed, scope).Bind("@sector", (long?)sector).Bind("@limit", limit);
        return WithLatest(read, scope, select);
    }

    private static string? Absent(string words) => words.Length == 0 ? null : words;

    private static List<PlaceRow> WithLatest(ReadSession read, AccessScope scope, Statement select)
    {
        var rows = new List<PlaceRow>();
        while (select.Step())
            rows.Add(new(select.Int64(0), select.Text(1), select.Text(2), select.Text(3), (InfrastructureSector)select.Int64(4), []));
        var values = LatestOf(read, scope, [.. rows.Select(row => row.Id)], ValuesPerPlace).ToLookup(pair => pair.Thing, pair => pair.Value);
        return rows.ConvertAll(row => row with { Latest = [.. values[row.Id]] });
    }

    /// <summary>The latest values of the first datastreams of some things.</summary>
    internal static List<(long Thing, LatestValue Value)> LatestOf(
        ReadSession read, AccessScope scope, ReadOnlySpan<long> things, int perThing)
    {
        using var select = read.Prepare(Latest, scope).Bind("@things", Visible.List(things)).Bind("@perThing", perThing);
        var values = new List<(long, LatestValue)>();
        while (select.Step())
        {
            var value = ResultText.Latest(select, 1);
            values.Add((select.Int64(0), NarrowedSeries.Of(read, scope, select.Int64(9), value.Datastream)?.Latest(value) ?? value));
        }

        return values;
    }
}

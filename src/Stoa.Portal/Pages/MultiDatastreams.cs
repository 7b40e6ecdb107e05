using System.Text.Json;
using Stoa.Portal.Layout;
using Stoa.Storage;
using Stoa.Vocabulary;

namespace Stoa.Portal.Pages;

/// <summary>The MultiDatastreams of a Thing: their newest observations, a column for each component.</summary>
internal static partial class MultiDatastreams
{
    // What fits on a page beside the Datastreams; the API has all.
    private const int Shown = 4;
    private const int RowsShown = 12;
    private const int ComponentsShown = 12;

    internal static IReadOnlyList<ThingMultiDatastream> Of(ReadSession read, AccessScope scope, long thing)
    {
        var shown = new List<ThingMultiDatastream>();
        using var select = read.Prepare(OfThing, scope).Bind("@id", thing).Bind("@limit", Shown);
        while (select.Step())
        {
            var id = select.Int64(0);
            var rows = Rows(read, scope, select.Int64(4), id);
            var units = select.TextOrNull(3);
            // With hidden units nothing is known of the components but their values.
            var heads = units is not null ? Heads(read, scope, id, units)
                : Enumerable.Range(1, rows.Count == 0 ? 0 : rows.Max(row => row.Values.Count)).Select(number => new ComponentHead($"Component {number}", "", ""));
            shown.Add(new(select.Text(1), select.Text(2), [.. heads], rows));
        }

        return shown;
    }

    private static List<ComponentHead> Heads(ReadSession read, AccessScope scope, long id, string units)
    {
        using var document = JsonDocument.Parse(units);
        var count = document.RootElement.GetArrayLength();
        var properties = Properties(read, scope, id);
        var heads = new List<ComponentHead>();
        foreach (var unit in document.RootElement.EnumerateArray().Take(ComponentsShown))
        {
            var (symbol, name) = ResultText.Unit(unit.GetRawText());
            var number = heads.Count;
            // With one of them hidden, the place of the others would tell that it exists.
            if (properties.Count == count) heads.Add(new(properties[number], symbol, name));
            else heads.Add(new(name.Length > 0 ? name : $"Component {number + 1}", symbol, name));
        }

        return heads;
    }

    private static List<string> Properties(ReadSession read, AccessScope scope, long id)
    {
        var names = new List<string>();
        using var select = read.Prepare(Components, scope).Bind("@id", id);
        while (select.Step()) names.Add(select.Text(0));
        return names;
    }

    private static List<ComponentRow> Rows(ReadSession read, AccessScope scope, long dataset, long id)
    {
        var rows = new List<ComponentRow>();
        // Members of results are no components.
        using var select = NarrowedSeries.Of(read, scope, dataset, -id) is { } narrowed
            ? narrowed.HasWholeResults ? narrowed.Newest(RowsShown) : null
            : read.Prepare(Newest, scope).Bind("@id", id).Bind("@limit", RowsShown);
        while (select?.Step() ?? false)
        {
            using var result = JsonDocument.Parse(select.Text(5));
            rows.Add(new(
                new(select.Int64(0)), [.. result.RootElement.EnumerateArray().Take(ComponentsShown).Select(ResultText.Of)]));
        }

        return rows;
    }
}

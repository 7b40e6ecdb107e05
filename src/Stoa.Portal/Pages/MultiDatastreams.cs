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
            shown.Add(new(select.Text(1), select.Text(2), Heads(read, scope, id, select.Text(3)), Rows(read, scope, id)));
        }

        return shown;
    }

    private static List<ComponentHead> Heads(ReadSession read, AccessScope scope, long id, string units)
    {
        using var document = JsonDocument.Parse(units);
        var heads = new List<ComponentHead>();
        using var select = read.Prepare(Components, scope).Bind("@id", id);
        foreach (var unit in document.RootElement.EnumerateArray().Take(ComponentsShown))
        {
            var (symbol, name) = ResultText.Unit(unit.GetRawText());
            var property = select.Step() ? select.TextOrNull(0) : null;
            heads.Add(new(property ?? (name.Length > 0 ? name : "–"), symbol, name));
        }

        return heads;
    }

    private static List<ComponentRow> Rows(ReadSession read, AccessScope scope, long id)
    {
        var rows = new List<ComponentRow>();
        using var select = read.Prepare(Newest, scope).Bind("@id", id).Bind("@limit", RowsShown);
        while (select.Step())
        {
            using var result = JsonDocument.Parse(select.Text(1));
            rows.Add(new(
                new(select.Int64(0)), [.. result.RootElement.EnumerateArray().Take(ComponentsShown).Select(ResultText.Of)]));
        }

        return rows;
    }
}

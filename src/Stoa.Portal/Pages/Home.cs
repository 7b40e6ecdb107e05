using Stoa.Storage;
using Stoa.Storage.Translation;
using Stoa.Vocabulary;

namespace Stoa.Portal.Pages;

/// <summary>What the home page shows.</summary>
internal static partial class Home
{
    private const int PlacesShown = 8;
    private const int ArrivalsShown = 7;
    private const int DatasetsShown = 6;

    // Many datastreams of one place arrive together; enough are looked at to show different places.
    private const int ArrivalsLookedAt = 60;

    internal static HomeView Read(ReadSession read, AccessScope scope, InfrastructureSector? chosen, DateTimeOffset now)
    {
        // Of all numbers on the page alike.
        scope = scope.WithNarrowings(NarrowedFields.NarrowingsMax);
        var sectors = Sectors(read, scope);
        return new(
            ReadFigures(read, scope, sectors.Sum(sector => sector.Things), now), sectors, chosen,
            Places.First(read, scope, chosen, PlacesShown), ReadArrivals(read, scope, now),
            Datasets.Liveliest(read, scope, DatasetsShown));
    }

    private static List<SectorCount> Sectors(ReadSession read, AccessScope scope)
    {
        using var select = read.Prepare(CountThings, scope);
        var sectors = new List<SectorCount>();
        while (select.Step()) sectors.Add(new((InfrastructureSector)select.Int64(0), select.Int64(1)));
        return sectors;
    }

    private static Figures ReadFigures(ReadSession read, AccessScope scope, long things, DateTimeOffset now)
    {
        using var datasets = read.PrepareDescribed(CountDatasets, scope);
        datasets.Step();
        using var sums = read.Prepare(SumDatastreams, scope).Bind("@now", Instant.From(now).UnixMicroseconds);
        sums.Step();
        return new(datasets.Int64(0), things, sums.Int64(0), sums.Int64(1), sums.Int64OrNull(2) is { } latest ? new(latest) : null);
    }

    private static List<Arrival> ReadArrivals(ReadSession read, AccessScope scope, DateTimeOffset now)
    {
        using var select = read.Prepare(Arrivals, scope)
            .Bind("@now", Instant.From(now).UnixMicroseconds).Bind("@limit", ArrivalsLookedAt);
        var arrivals = new List<Arrival>();
        var seen = new HashSet<long>();
        while (arrivals.Count < ArrivalsShown && select.Step())
        {
            if (!seen.Add(select.Int64(0))) continue;
            arrivals.Add(new(select.Int64(0), select.Text(1), (InfrastructureSector)select.Int64(2), ResultText.Latest(select, 3)));
        }

        return arrivals;
    }
}

using System.Globalization;

namespace Stoa.Portal.Pages;

/// <summary>The calls offered for copying; each works as it stands, for what is open without a key.</summary>
internal static class ApiCallText
{
    internal static IReadOnlyList<ApiCall> OfDataset(string baseAddress, string slug, long? datastream)
    {
        var root = $"{baseAddress}/datasets/{slug}/sensorthings/v1.1";
        var calls = new List<ApiCall>
        {
            new("SensorThings address of this dataset", root),
            new("Places with their datastreams and latest values",
                $"curl -G '{root}/Things' \\\n  --data-urlencode '$expand=Datastreams($expand=Observations($top=1;$orderby=phenomenonTime desc))'"),
        };
        if (datastream is { } id) calls.AddRange([LatestOf(root, id), DailyOf(root, id)]);
        return calls;
    }

    internal static IReadOnlyList<ApiCall> OfThing(string baseAddress, long thing, long? datastream)
    {
        var root = baseAddress + "/sensorthings/v1.1";
        var calls = new List<ApiCall>
        {
            new("SensorThings address of this place", FormattableString.Invariant($"{root}/Things({thing})")),
        };
        if (datastream is { } id) calls.AddRange([LatestOf(root, id), DailyOf(root, id)]);
        return calls;
    }

    private static ApiCall DailyOf(string root, long datastream) => new(
        "Daily averages of one datastream",
        $"curl -G '{root}/Datastreams({datastream.ToString(CultureInfo.InvariantCulture)})/Observations/$aggregate' \\\n" +
        "  --data-urlencode 'interval=P1D' \\\n  --data-urlencode 'zone=Europe/Berlin'");

    private static ApiCall LatestOf(string root, long datastream) => new(
        "Latest 100 observations of one datastream",
        $"curl -G '{root}/Datastreams({datastream.ToString(CultureInfo.InvariantCulture)})/Observations' \\\n  --data-urlencode '$orderby=phenomenonTime desc' \\\n  --data-urlencode '$top=100'");
}

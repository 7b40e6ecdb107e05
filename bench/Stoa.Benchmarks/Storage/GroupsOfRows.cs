using System.Diagnostics;
using System.Globalization;
using Stoa.Benchmarks.Bars;
using Stoa.Benchmarks.Http;
using Stoa.Benchmarks.Servers;

namespace Stoa.Benchmarks.Storage;

/// <summary>
/// Rows into PostgreSQL's observation table, a commit for each group: as one insert of arrays and as binary COPY, by the size of the
/// groups. It shows from which size on COPY is the faster, and so what the bare endpoint has to use.
/// </summary>
/// <remarks>Arguments: rounds (3), seconds a round (1).</remarks>
internal static class GroupsOfRows
{
    private static readonly int[] Sizes = [1, 8, 64, 200, 400, 800, 3200];

    public static async Task RunAsync(Arguments arguments)
    {
        var time = TimeSpan.FromSeconds(arguments.Number(1, 1));
        await using var cluster = await PostgresCluster.StartAsync(folder: null);
        using var copy = ObservationCopy.Open(await cluster.DatabaseAsync("groups"));
        var requests = new Requests("", null, [.. Enumerable.Range(1, 10_000).Select(id => (long)id)]);
        long number = 0;
        foreach (var size in Sizes)
        {
            var (arrays, copied) = (new List<double>(), new List<double>());
            for (var round = 0; round < arguments.Number(0, 3); round++)
            {
                arrays.Add(Measure(copy.InsertArrays));
                copied.Add(Measure(copy.Copy));
            }

            Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
                $"{size,6} rows a commit: arrays {Machine.Median(arrays),10:N0}, COPY {Machine.Median(copied),10:N0} rows/s (load average {Machine.LoadAverage()})"));

            double Measure(Action store)
            {
                var clock = Stopwatch.StartNew();
                long rows = 0;
                for (; clock.Elapsed < time; rows += size)
                {
                    for (var row = 0; row < size; row++, number++)
                        copy.Add(number + 1, requests.RowOf(number / Requests.RowsPerArray, (int)(number % Requests.RowsPerArray)));
                    store();
                }

                return rows / clock.Elapsed.TotalSeconds;
            }
        }
    }
}

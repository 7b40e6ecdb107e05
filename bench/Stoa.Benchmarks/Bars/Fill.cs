using Stoa.Benchmarks.Http;
using Stoa.Benchmarks.Servers;

namespace Stoa.Benchmarks.Bars;

/// <summary>Brings a server to a size through its own data arrays.</summary>
internal static class Fill
{
    private const int Connections = 8;

    /// <remarks><paramref name="from"/>: observations that are there already from an earlier call.</remarks>
    public static async Task ToAsync(StoaServer stoa, long[] datastreams, long observations, long from = 0)
    {
        var requests = new Requests(StoaServer.Path, stoa.Token, datastreams);
        var next = (from / Requests.RowsPerArray) - 1;
        var end = observations / Requests.RowsPerArray;
        await Task.WhenAll(Enumerable.Range(0, Connections).Select(_ => Task.Run(async () =>
        {
            using var connection = new LoadConnection(stoa.Process.Address);
            for (var number = Interlocked.Increment(ref next); number < end; number = Interlocked.Increment(ref next))
                if (await connection.OneAsync(number, requests.WriteArray) != 201)
                    throw new InvalidOperationException("An array was refused.");
        })));
    }
}

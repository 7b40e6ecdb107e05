using System.Threading.Channels;

namespace Stoa.Sharing.Batches;

/// <summary>What is stored in batches: gathered for a while, and taken up to so many at once.</summary>
internal static class Gathering
{
    /// <summary>Returns a period after something waits, or when it is stopped.</summary>
    public static async Task WhenGatheredAsync<T>(this ChannelReader<T> waiting, TimeSpan period, CancellationToken stop)
    {
        Task first = waiting.WaitToReadAsync(stop).AsTask();
        await first.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await Task.Delay(period, stop).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    /// <summary>Takes what waits.</summary>
    public static List<T> Take<T>(this ChannelReader<T> waiting, int most)
    {
        var batch = new List<T>();
        while (batch.Count < most && waiting.TryRead(out var one)) batch.Add(one);
        return batch;
    }
}

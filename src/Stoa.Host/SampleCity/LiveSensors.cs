using Stoa.Host.SampleCity.Model;
using Stoa.Sensing.Observations;
using Stoa.Storage;
using Stoa.Vocabulary;

namespace Stoa.Host.SampleCity;

/// <summary>Takes one observation to the normal way of writing.</summary>
internal delegate Task ObservationSink(
    DatastreamId datastream, TimeInterval phenomenonTime, ResultValue result, CancellationToken cancellation);

/// <summary>The devices of the sample city, alive: each goes on with its own history in its own rhythm.</summary>
/// <remarks>
/// Devices that report seldom report faster here than they would, so that the map moves: about nine observations a
/// second together. Counts keep their rhythm, since their sums would be wrong otherwise.
/// </remarks>
internal sealed partial class LiveSensors(
    Task<BuiltCity> built, ObservationSink sink, TimeProvider time, ILogger<LiveSensors> logger) : BackgroundService
{
    // A sensor that woke this late has nothing new to say; it waits for its next turn.
    private const long LatenessSecondsMax = 120;

    /// <inheritdoc/>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var city = await built.WaitAsync(stoppingToken);
        var waiting = new PriorityQueue<StoredStream, long>();
        foreach (var stored in city.Streams) waiting.Enqueue(stored, FirstDue(stored.Stream, city.HistoryEnd));
        while (waiting.TryDequeue(out var stored, out var due))
        {
            var now = Now();
            if (due > now)
            {
                await Task.Delay(TimeSpan.FromSeconds(due - now), time, stoppingToken);
                now = Now();
            }

            if (now - due <= LatenessSecondsMax) await SendAsync(city.Model, stored, due, stoppingToken);
            var missed = Math.Max(0, (now - due) / stored.Stream.LiveSeconds - 1);
            waiting.Enqueue(stored, due + (1 + missed) * stored.Stream.LiveSeconds);
        }
    }

    private long Now() => time.GetUtcNow().ToUnixTimeSeconds();

    /// <summary>Every device has a beat of its own, so that the city does not report in bursts.</summary>
    /// <remarks>A count is sent some seconds after its interval has ended, as it is in life.</remarks>
    internal static long FirstDue(CityStream stream, long historyEnd)
    {
        var beat = (long)(Hash.Unit(stream.Seed, 7) * stream.LiveSeconds);
        var last = historyEnd / stream.LiveSeconds * stream.LiveSeconds;
        // A count's interval must end after the history; an instant need only lie after it.
        return last + beat > historyEnd && !stream.CoversInterval ? last + beat : last + stream.LiveSeconds + beat;
    }

    /// <summary>
    /// What the device reports when it is its turn at <paramref name="due"/>; null when it is silent.
    /// </summary>
    internal static (TimeInterval PhenomenonTime, ResultValue Result)? Report(
        CityModel model, CityStream stream, long due)
    {
        var end = stream.CoversInterval ? due / stream.IntervalSeconds * stream.IntervalSeconds : due;
        var moment = model.Weather.At(end);
        var value = stream.ValueAt(moment);
        return double.IsNaN(value) ? null : (stream.PhenomenonTime(moment.UnixSeconds), stream.ResultOf(value));
    }

    private async Task SendAsync(CityModel model, StoredStream stored, long due, CancellationToken cancellation)
    {
        if (Report(model, stored.Stream, due) is not { } report) return;
        try
        {
            await sink(stored.Datastream, report.PhenomenonTime, report.Result, cancellation);
        }
        catch (StorageException failed)
        {
            // A device tries again at its next turn; the city does not fall silent because the disk was busy once.
            LogLost(failed.Message);
        }
    }

    [LoggerMessage(EventId = 4101, Level = LogLevel.Warning, Message = "A simulated sensor lost a reading: {Reason}")]
    private partial void LogLost(string reason);
}

using System.Diagnostics.Metrics;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Stoa.Ledger.Writing;
using Stoa.Storage;

namespace Stoa.Ledger.Lags;

/// <summary>What every node knows of confirmations that are waiting: for health, metrics, and the stop of guarded access.</summary>
public sealed partial class LagWatch : BackgroundService
{
    /// <summary>How often it is looked.</summary>
    public static readonly TimeSpan Period = TimeSpan.FromSeconds(2);

    private readonly ConfirmationLags _lags;
    private readonly HashSet<LagKind> _asked;
    private readonly TimeProvider _time;
    private readonly ILogger<LagWatch> _log;
    private volatile IReadOnlyList<Lag> _known = [];

    internal LagWatch(ConfirmationLags lags, IEnumerable<AskedConfirmation> asked, TimeProvider time, IMeterFactory meters, ILogger<LagWatch> log)
    {
        (_lags, _asked, _time, _log) = (lags, [.. asked.Select(one => one.Kind)], time, log);
        meters.Create(new MeterOptions("Stoa.Ledger")).CreateObservableGauge(
            "stoa.ledger.waiting", Measure, "s", "Time for which a confirmation of a log by others has been waiting; none while all have come.");
    }

    /// <summary>Whether anything is to be confirmed at all.</summary>
    public bool IsAsked => _asked.Count > 0;

    /// <summary>What waited at the last look.</summary>
    public IReadOnlyList<Lag> Known => _known;

    /// <summary>Those that have waited for longer than a time.</summary>
    public IEnumerable<Lag> LongerThan(TimeSpan time)
    {
        var before = _time.GetUtcNow() - time;
        return _known.Where(lag => lag.Since.ToDateTimeOffset() < before);
    }

    /// <summary>In words, for health: null when nothing waits.</summary>
    public string? Finding() => _known.Count == 0
        ? null
        : string.Join("; ", _known.Select(lag => $"{WordOf(lag.Kind)} of {lag.Log.ToPath()} waits since {lag.Since.ToDateTimeOffset():yyyy-MM-dd'T'HH:mm:ss'Z'}"));

    /// <summary>Looks now.</summary>
    public async Task LookAsync(CancellationToken cancellation) =>
        // What was asked for once, and is no more, waits for nobody.
        _known = [.. (await _lags.ReadAsync(cancellation)).Where(lag => _asked.Contains(lag.Kind))];

    /// <inheritdoc/>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        if (!IsAsked) return;
        using var timer = new PeriodicTimer(Period);
        do
        {
            try
            {
                await LookAsync(stoppingToken);
            }
            catch (StorageException error)
            {
                // What was known last stays: it says since when, so that a database that is away stops nothing sooner and forgives nothing.
                LogNotLooked(error.Failure);
            }
        }
        while (await timer.WaitForNextTickAsync(stoppingToken));
    }

    private static string WordOf(LagKind kind) => kind switch
    {
        LagKind.Witnessing => "witnessing",
        LagKind.Stamping => "time stamp",
        LagKind.Anchoring => "anchor",
        _ => throw new ArgumentOutOfRangeException(nameof(kind), kind, "Unknown kind of confirmation."),
    };

    private IEnumerable<Measurement<double>> Measure()
    {
        var now = _time.GetUtcNow();
        return _known.Select(lag => new Measurement<double>(
            Math.Max(0, (now - lag.Since.ToDateTimeOffset()).TotalSeconds), new("log", lag.Log.ToPath()), new KeyValuePair<string, object?>("kind", lag.Kind.ToString())));
    }

    [LoggerMessage(5231, LogLevel.Warning, "It is not known which confirmations of logs are waiting: {Failure}.")]
    private partial void LogNotLooked(StorageFailure failure);
}

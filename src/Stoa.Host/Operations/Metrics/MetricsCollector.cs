using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;
using System.Diagnostics.Metrics;
using System.Runtime.InteropServices;
using System.Text;

namespace Stoa.Host.Operations.Metrics;

/// <summary>Listens to the program's meters and keeps the sums that a scrape asks for.</summary>
/// <remarks>
/// Why it is our own: docs/decisions/0006. Memory is bounded by <see cref="SeriesMax"/> for each instrument; what
/// exceeds it is counted, not kept. A measurement costs one look-up without allocation and one or two atomic additions.
/// </remarks>
internal sealed class MetricsCollector : IDisposable
{
    /// <summary>Series of one instrument; a label with unbounded values must not fill the memory.</summary>
    public const int SeriesMax = 500;

    // Finer than the framework's own below 5 ms, where most answers of this program lie.
    private static readonly double[] SecondsBounds =
        [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30];

    private static readonly double[] AmountBounds =
        [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 10_000, 100_000, 1_000_000];

    private static readonly string[] ForeignMeters =
        ["Microsoft.AspNetCore.Hosting", "Microsoft.AspNetCore.Server.Kestrel", "System.Runtime"];

    private readonly MeterListener _listener = new();
    private readonly ConcurrentDictionary<Instrument, Family> _families = new();
    private readonly object _factory;
    private long _dropped;

    public MetricsCollector(IMeterFactory factory)
    {
        _factory = factory;
        _listener.InstrumentPublished = (instrument, listener) =>
        {
            if (!IsOurs(instrument.Meter)) return;
            listener.EnableMeasurementEvents(instrument, _families.GetOrAdd(instrument, made => new Family(made)));
        };
        _listener.SetMeasurementEventCallback<long>((_, value, tags, state) => Record(value, tags, state));
        _listener.SetMeasurementEventCallback<int>((_, value, tags, state) => Record(value, tags, state));
        _listener.SetMeasurementEventCallback<double>((_, value, tags, state) => Record(value, tags, state));
        _listener.SetMeasurementEventCallback<float>((_, value, tags, state) => Record(value, tags, state));
        _listener.Start();
    }

    /// <summary>All series as text; observable instruments are read now.</summary>
    public string Scrape()
    {
        _listener.RecordObservableInstruments();
        var text = new StringBuilder(16 * 1024);
        foreach (var family in _families.Values.Where(family => !family.IsEmpty)
            .OrderBy(family => family.Name, StringComparer.Ordinal).DistinctBy(family => family.Name))
            family.WriteTo(text);
        MetricsText.WriteHead(text, "stoa_build", "gauge", "Always 1; its label is the version of the program.");
        MetricsText.WriteSample(text, "stoa_build", $"version=\"{ProductVersion.Text}\"", 1);
        MetricsText.WriteHead(text, "stoa_metrics_dropped_total", "counter",
            "Measurements of series beyond the limit of an instrument.");
        MetricsText.WriteSample(text, "stoa_metrics_dropped_total", "", Interlocked.Read(ref _dropped));
        return text.ToString();
    }

    public void Dispose() => _listener.Dispose();

    // A meter made by another server's factory in the same process is that server's business.
    private bool IsOurs(Meter meter) =>
        (meter.Scope is null || ReferenceEquals(meter.Scope, _factory)) &&
        (meter.Name.StartsWith("Stoa", StringComparison.Ordinal) || ForeignMeters.Contains(meter.Name));

    private void Record(double value, ReadOnlySpan<KeyValuePair<string, object?>> tags, object? state)
    {
        if (state is Family family && !family.TryRecord(value, tags)) Interlocked.Increment(ref _dropped);
    }

    private sealed class Family(Instrument instrument)
    {
        private readonly ConcurrentDictionary<KeyValuePair<string, object?>[], Series> _series = new(new SameTags());
        private readonly string _kind = MetricsText.KindOf(instrument);
        private readonly bool _isSum = instrument is not { IsObservable: true }
            && MetricsText.KindOf(instrument) != "histogram"
            && !instrument.GetType().Name.StartsWith("Gauge", StringComparison.Ordinal);
        private readonly double[] _bounds = instrument.Unit == "s" ? SecondsBounds : AmountBounds;

        public string Name { get; } = MetricsText.NameOf(instrument);

        public bool IsEmpty => _series.IsEmpty;

        public bool TryRecord(double value, ReadOnlySpan<KeyValuePair<string, object?>> tags)
        {
            var lookup = _series.GetAlternateLookup<ReadOnlySpan<KeyValuePair<string, object?>>>();
            if (!lookup.TryGetValue(tags, out var series))
            {
                if (_series.Count >= SeriesMax) return false;
                series = _series.GetOrAdd(tags.ToArray(),
                    static (key, bounds) => new Series(MetricsText.LabelsOf(key), bounds),
                    _kind == "histogram" ? _bounds : []);
            }

            if (_kind == "histogram") series.Observe(value, _bounds);
            else if (_isSum) series.Add(value);
            else series.Set(value);
            return true;
        }

        public void WriteTo(StringBuilder text)
        {
            MetricsText.WriteHead(text, Name, _kind, instrument.Description ?? Name);
            foreach (var series in _series.Values.OrderBy(series => series.Labels, StringComparer.Ordinal))
                if (_kind == "histogram") series.WriteHistogram(text, Name, _bounds);
                else MetricsText.WriteSample(text, Name, series.Labels, series.Value);
        }
    }

    private sealed class Series(string labels, double[] bounds)
    {
        private readonly long[] _buckets = new long[bounds.Length + 1];
        private double _value;

        public string Labels => labels;

        public double Value => Volatile.Read(ref _value);

        public void Set(double value) => Volatile.Write(ref _value, value);

        public void Add(double value)
        {
            double before, read = Volatile.Read(ref _value);
            do before = read;
            while ((read = Interlocked.CompareExchange(ref _value, before + value, before)) != before);
        }

        public void Observe(double value, double[] bounds)
        {
            var bucket = 0;
            while (bucket < bounds.Length && value > bounds[bucket]) bucket++;
            Interlocked.Increment(ref _buckets[bucket]);
            Add(value);
        }

        // The count is the sum of the buckets read here, so that it equals the last bucket even while others write.
        public void WriteHistogram(StringBuilder text, string name, double[] bounds)
        {
            var count = 0L;
            for (var i = 0; i <= bounds.Length; i++)
            {
                count += Interlocked.Read(ref _buckets[i]);
                var bound = i < bounds.Length ? bounds[i] : double.PositiveInfinity;
                MetricsText.WriteBucket(text, name, labels, bound, count);
            }

            MetricsText.WriteSample(text, name + "_sum", labels, Value);
            MetricsText.WriteSample(text, name + "_count", labels, count);
        }
    }

    private sealed class SameTags : IEqualityComparer<KeyValuePair<string, object?>[]>,
        IAlternateEqualityComparer<ReadOnlySpan<KeyValuePair<string, object?>>, KeyValuePair<string, object?>[]>
    {
        public bool Equals(KeyValuePair<string, object?>[]? x, KeyValuePair<string, object?>[]? y) =>
            ReferenceEquals(x, y) || (x is not null && y is not null && Equals(x.AsSpan(), y));

        public bool Equals(ReadOnlySpan<KeyValuePair<string, object?>> alternate, KeyValuePair<string, object?>[] other)
        {
            if (alternate.Length != other.Length) return false;
            for (var i = 0; i < other.Length; i++)
                if (alternate[i].Key != other[i].Key || !Equals(alternate[i].Value, other[i].Value)) return false;
            return true;
        }

        public int GetHashCode([DisallowNull] KeyValuePair<string, object?>[] tags) => GetHashCode(tags.AsSpan());

        public int GetHashCode(ReadOnlySpan<KeyValuePair<string, object?>> alternate)
        {
            var hash = new HashCode();
            foreach (ref readonly var tag in alternate)
            {
                hash.Add(tag.Key);
                hash.Add(tag.Value);
            }

            return hash.ToHashCode();
        }

        public KeyValuePair<string, object?>[] Create(ReadOnlySpan<KeyValuePair<string, object?>> alternate) =>
            alternate.ToArray();
    }
}

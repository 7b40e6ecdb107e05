using System.Buffers;
using System.Text.Json;
using Stoa.Catalogue.Datasets;
using Stoa.Host.SampleCity.Model;
using Stoa.Host.SampleCity.Plan;
using Stoa.Host.SampleCity.Signals;
using Stoa.Identity.Organizations;
using Stoa.Sensing.Bulk;
using Stoa.Storage;
using Stoa.Vocabulary;

namespace Stoa.Host.SampleCity;

/// <summary>A stream of the model and the Datastream that stands for it in the data folder.</summary>
internal readonly record struct StoredStream(CityStream Stream, DatastreamId Datastream);

/// <summary>What was built: the model, its streams in the data folder, and how much was stored.</summary>
/// <param name="Model">The city.</param>
/// <param name="Streams">All streams, in order of the model.</param>
/// <param name="HistoryEnd">Up to here, in Unix seconds, history was written; live sensors go on from there.</param>
/// <param name="Observations">Observations added by this run.</param>
internal sealed record BuiltCity(
    CityModel Model, IReadOnlyList<StoredStream> Streams, long HistoryEnd, long Observations);

/// <summary>
/// Puts the sample city into a data folder: organizations, datasets, entities and a month of history.
/// </summary>
/// <remarks>Run again on the same folder it finds what is there, and adds what the time since then brought.</remarks>
internal sealed class CityFolder(
    Organizations organizations, Datasets datasets, BulkLoader loader, CityGovernance governance, Database database, TimeProvider time)
{
    /// <summary>How much history is written before the first visitor comes.</summary>
    public static readonly TimeSpan DefaultHistory = TimeSpan.FromDays(30);

    // History is written day by day: a commit then touches the end of the index by time and not all of it, which is
    // what writing each stream as a whole does (a month of 3.6 million rows: 6 s of processor time in place of 24 s).
    private const int SpanMinutes = 24 * 60;

    // A build that was interrupted has not finished its last span for all streams.
    private const long OverlapSeconds = SpanMinutes * 60 + 3600;

    // Enough small loads in the queue that the writer's commits are always full.
    private const int StreamsAtOnce = 48;

    // Many small writes share one commit; the queue of the writer takes a few thousand.
    private const int EntitiesAtOnce = 64;

    /// <summary>Builds the city up to now; about ten seconds for a month.</summary>
    /// <param name="model">What to build.</param>
    /// <param name="history">Whole hours before the current hour.</param>
    /// <param name="progress">Told the share of work done, 0 to 1.</param>
    /// <param name="cancellation">Stops between two writes; what was stored stays.</param>
    public async Task<BuiltCity> BuildAsync(
        CityModel model, TimeSpan history, IProgress<double>? progress, CancellationToken cancellation)
    {
        var (ids, isFresh) = await DescribeAsync(cancellation);
        await governance.EnsureAsync(ids, cancellation);
        var streams = await PlaceAsync(model, ids, cancellation);
        var end = time.GetUtcNow().ToUnixTimeSeconds() / 60 * 60;
        var start = end / 3600 * 3600 - (long)history.TotalHours * 3600;
        if (!isFresh)
        {
            var last = Math.Min(await LastAsync(cancellation), end);
            start = Math.Max(start, (last - OverlapSeconds) / 3600 * 3600);
        }

        var moments = await Task.Run(() => model.Moments(start, (int)((end - start) / 60) + 1), cancellation);
        var added = await StoreAsync(streams, moments, isFresh ? BulkMode.Append : BulkMode.SkipExisting, progress,
            cancellation);
        return new(model, streams, end, added);
    }

    /// <summary>Whether the folder holds datasets that are not of the sample city.</summary>
    public async Task<bool> HoldsOtherDataAsync(CancellationToken cancellation)
    {
        // Someone may add datasets to a sample city to try things out; that is what it is for.
        if ((await organizations.FindAsync(CityModel.Organizations[0].Slug, cancellation)).IsValue) return false;
        using var read = await database.ReadAsync(cancellation);
        using var other = read.Prepare("SELECT 1 FROM dataset WHERE id <> @inbox LIMIT 1");
        return other.Bind("@inbox", DatasetId.Inbox.Value).Step();
    }

    private async Task<long> LastAsync(CancellationToken cancellation)
    {
        using var read = await database.ReadAsync(cancellation);
        using var last = read.Prepare("SELECT max(phenomenon_end) FROM datastream_state");
        return last.Step() && !last.IsNull(0) ? last.Int64(0) / 1_000_000 : 0;
    }

    private async Task<(Dictionary<string, DatasetId> Ids, bool IsFresh)> DescribeAsync(CancellationToken cancellation)
    {
        foreach (var organization in CityModel.Organizations)
        {
            if ((await organizations.FindAsync(organization.Slug, cancellation)).IsValue) continue;
            OrganizationDraft draft = new()
            {
                Slug = organization.Slug, Name = organization.Name, Homepage = organization.Homepage,
            };
            Demand(await organizations.CreateAsync(draft, cancellation));
        }

        var (ids, isFresh) = (new Dictionary<string, DatasetId>(), true);
        foreach (var dataset in CityModel.Datasets)
        {
            var found = await datasets.FindAsync(dataset.Slug, AccessScope.Everything, cancellation);
            if (found.TryGet(out var known, out _))
            {
                ids[dataset.Slug] = known.Dataset.Id;
                isFresh = false;
                continue;
            }

            ids[dataset.Slug] = Demand(await datasets.CreateAsync(Draft(dataset), cancellation)).Id;
        }

        return (ids, isFresh);
    }

    private static DatasetDraft Draft(CityDataset dataset) => new()
    {
        Slug = dataset.Slug,
        Title = dataset.Title,
        Description = dataset.Description,
        Sector = dataset.Sector.ToWord(),
        Spectrum = dataset.Spectrum.ToWord(),
        Licence = dataset.Licence,
        Owner = dataset.Owner,
        Keywords = dataset.Keywords,
    };

    private async Task<StoredStream[]> PlaceAsync(
        CityModel model, Dictionary<string, DatasetId> ids, CancellationToken cancellation)
    {
        var sensors = await EnsureAllAsync(model, (_, stream) => stream.Device.Key, async (dataset, stream) => Demand(
            await loader.EnsureSensorAsync(ids[dataset], new(
                stream.Device.Key, stream.Device.Name, stream.Device.Description, stream.Device.EncodingType,
                stream.Device.Metadata), cancellation)));
        var properties = await EnsureAllAsync(model, (_, stream) => stream.Quantity.Property.Key,
            async (dataset, stream) =>
        {
            var property = stream.Quantity.Property;
            return Demand(await loader.EnsureObservedPropertyAsync(
                ids[dataset], new(property.Key, property.Name, property.Definition, property.Description),
                cancellation));
        });
        var placed = new List<StoredStream>();
        foreach (var group in model.Things.Chunk(EntitiesAtOnce))
        {
            // All of a group at once: the writer commits what waits together, instead of once for each.
            var streams = await Task.WhenAll(group.Select(thing =>
                PlaceAsync(thing, ids[thing.Dataset], sensors, properties, cancellation)));
            placed.AddRange(streams.SelectMany(stream => stream));
        }

        return [.. placed];
    }

    private static async Task<Dictionary<(string, string), T>> EnsureAllAsync<T>(
        CityModel model, Func<string, CityStream, string> keyOf, Func<string, CityStream, Task<T>> ensure)
    {
        var wanted = model.Things.SelectMany(thing => thing.Streams.Select(stream => (thing.Dataset, stream)))
            .DistinctBy(pair => (pair.Dataset, keyOf(pair.Dataset, pair.stream))).ToArray();
        var found = await Task.WhenAll(wanted.Select(pair => ensure(pair.Dataset, pair.stream)));
        return wanted.Zip(found).ToDictionary(
            pair => (pair.First.Dataset, keyOf(pair.First.Dataset, pair.First.stream)), pair => pair.Second);
    }

    private async Task<IEnumerable<StoredStream>> PlaceAsync(
        CityThing thing, DatasetId dataset, Dictionary<(string, string), SensorId> sensors,
        Dictionary<(string, string), ObservedPropertyId> properties, CancellationToken cancellation)
    {
        var id = Demand(await loader.EnsureThingAsync(
            dataset, new(thing.Key, thing.Name, thing.Description, PropertiesOf(thing)), cancellation));
        Demand(await loader.EnsureLocationAsync(
            dataset, new(thing.Key, thing.Name, thing.Description, GeoJsonText.Of(thing.Place)), id, cancellation));
        var stored = await Task.WhenAll(thing.Streams.Select(async stream => Demand(await loader.EnsureDatastreamAsync(
            dataset,
            new(stream.Key, stream.Name, stream.Description, ObservationType(stream.Quantity.Form),
                stream.Quantity.Unit, id,
                sensors[(thing.Dataset, stream.Device.Key)], properties[(thing.Dataset, stream.Quantity.Property.Key)],
                $$"""{"intervalSeconds":{{stream.IntervalSeconds}}}"""),
            cancellation))));
        return thing.Streams.Zip(stored, (stream, datastream) => new StoredStream(stream, datastream));
    }

    /// <summary>OGC 18-088, table 12.</summary>
    private static string ObservationType(ResultForm form) =>
        "http://www.opengis.net/def/observationType/OGC-OM/2.0/" + form switch
    {
        ResultForm.Number => "OM_Measurement",
        ResultForm.Count => "OM_CountObservation",
        ResultForm.Truth => "OM_TruthObservation",
        ResultForm.Category => "OM_Observation",
        _ => throw new ArgumentOutOfRangeException(nameof(form), form, "Unknown result form."),
    };

    private async Task<long> StoreAsync(
        StoredStream[] streams, Moment[] moments, BulkMode mode, IProgress<double>? progress,
        CancellationToken cancellation)
    {
        var added = 0L;
        // In order of their ids: so the rows of the clustered table come nearly sorted, too.
        var ordered = streams.OrderBy(stored => stored.Datastream.Value).ToArray();
        var options = new ParallelOptions { MaxDegreeOfParallelism = StreamsAtOnce, CancellationToken = cancellation };
        for (var from = 0; from < moments.Length; from += SpanMinutes)
        {
            var (first, next) = (from, Math.Min(from + SpanMinutes, moments.Length));
            await Parallel.ForEachAsync(ordered, options, async (stored, stop) =>
                Interlocked.Add(ref added, await StoreAsync(stored, moments, first, next, mode, stop)));
            progress?.Report(next / (double)moments.Length);
        }

        return added;
    }

    private async Task<long> StoreAsync(
        StoredStream stored, Moment[] moments, int first, int next, BulkMode mode, CancellationToken cancellation)
    {
        var rows = ArrayPool<BulkObservation>.Shared.Rent((next - first) * 60 / stored.Stream.IntervalSeconds + 1);
        try
        {
            var count = Fill(rows, stored.Stream, moments, first, next);
            var result = await loader.AppendAsync(stored.Datastream, rows.AsMemory(0, count), mode, cancellation);
            return Demand(result).Added;
        }
        finally
        {
            ArrayPool<BulkObservation>.Shared.Return(rows);
        }
    }

    /// <summary>
    /// Rows of one stream from one minute to before another: where its rhythm falls and it has a reading.
    /// </summary>
    internal static int Fill(BulkObservation[] rows, CityStream stream, Moment[] moments, int first, int next)
    {
        var (count, minutes) = (0, stream.IntervalSeconds / 60);
        // The first interval ends one rhythm after the start of all; an instant may lie on the start itself.
        var start = first == 0 && stream.CoversInterval ? minutes : (first + minutes - 1) / minutes * minutes;
        for (var minute = start; minute < next; minute += minutes)
        {
            var value = stream.ValueAt(moments[minute]);
            if (double.IsNaN(value)) continue;
            var phenomenon = stream.PhenomenonTime(moments[minute].UnixSeconds);
            rows[count++] = new(phenomenon.Start, stream.CoversInterval ? phenomenon.End : null,
                stream.ResultOf(value));
        }

        return count;
    }

    private static string PropertiesOf(CityThing thing)
    {
        var buffer = new ArrayBufferWriter<byte>(128);
        using (var json = new Utf8JsonWriter(buffer, new JsonWriterOptions { Encoder = GeoJsonText.Plain }))
        {
            json.WriteStartObject();
            foreach (var (name, value) in thing.Properties)
            {
                json.WritePropertyName(name);
                Write(json, value);
            }

            json.WriteEndObject();
        }

        return System.Text.Encoding.UTF8.GetString(buffer.WrittenSpan);
    }

    private static void Write(Utf8JsonWriter json, object value)
    {
        switch (value)
        {
            case string text: json.WriteStringValue(text); break;
            case double number: json.WriteNumberValue(number); break;
            case int number: json.WriteNumberValue(number); break;
            case bool truth: json.WriteBooleanValue(truth); break;
            case int[] numbers:
                json.WriteStartArray();
                foreach (var number in numbers) json.WriteNumberValue(number);
                json.WriteEndArray();
                break;
            default: throw new ArgumentException($"A {value.GetType().Name} is not a property of a Thing here.",
                nameof(value));
        }
    }

    /// <summary>The model keeps the rules of the exchange; a refusal is a mistake in the model.</summary>
    private static T Demand<T>(Result<T> result) => result.TryGet(out var value, out var problem)
        ? value
        : throw new InvalidOperationException($"The sample city was refused: {problem.Title} {problem.Detail}");
}

using System.Diagnostics;
using System.Globalization;
using Stoa.Benchmarks.Bars;
using Stoa.Storage;
using Stoa.Storage.Sqlite;

namespace Stoa.Benchmarks.Storage;

/// <summary>
/// Chooses the form of the observation table: 10,000 datastreams whose values arrive interleaved, through the program's
/// own binding with the program's own settings (write-ahead log, synchronous=FULL, checkpoints beside the writer).
/// </summary>
/// <remarks>
/// Arguments: rows (default 10,000,000; 0 measures the import of histories instead), folder, forms by name (default all).
/// </remarks>
internal static class ObservationTables
{
    private const int Rounds = 3;
    private static readonly TimeSpan RoundTime = TimeSpan.FromSeconds(1.5);

    public static Task RunAsync(Arguments arguments)
    {
        var rows = arguments.Texts.Count > 0 ? long.Parse(arguments.Texts[0], CultureInfo.InvariantCulture) : 10_000_000;
        var folder = arguments.Texts.Count > 1 ? arguments.Texts[1] : Path.Combine(Path.GetTempPath(), "stoa-observation-tables");
        var forms = TableForm.All.Where(form => arguments.Texts.Count < 3 || arguments.Texts.Skip(2).Contains(form.Name)).ToArray();
        Directory.CreateDirectory(folder);
        var files = forms.Select(form => new ObservationFile(form, folder)).ToArray();
        try
        {
            foreach (var size in Sizes(rows))
            {
                Load(files, size);
                Read(files, size, onlyGrowth: size != rows);
            }

            if (rows == 0) Import(files);
            else Write(files);
        }
        finally
        {
            foreach (var file in files) file.Dispose();
            Directory.Delete(folder, recursive: true);
        }

        return Task.CompletedTask;
    }

    private static IEnumerable<long> Sizes(long rows)
    {
        for (var size = 100_000L; size < rows; size *= 10) yield return size;
        if (rows > 0) yield return rows;
    }

    private static void Load(ObservationFile[] files, long size)
    {
        Print($"load to {size:N0} rows, 50,000 a transaction, sorted", "rows/s", "cpu us/row", "log B/row", "B/row");
        foreach (var file in files)
        {
            var work = Work.Measure(file, () => file.LoadTo(size));
            file.Empty();
            Print(file.Form.Name, work.RowsPerSecond, work.CpuMicroseconds, work.LogBytes, file.BytesPerRow);
        }
    }

    private static void Import(ObservationFile[] files)
    {
        const int Datastreams = 150;
        Print("import of 150 months, one datastream after another", "rows/s", "cpu us/row", "log B/row", "B/row");
        foreach (var file in files)
        {
            var work = Work.Measure(file, () =>
            {
                for (var datastream = 0; datastream < Datastreams; datastream++) file.CommitHistory();
            });
            file.Empty();
            Print(file.Form.Name, work.RowsPerSecond, work.CpuMicroseconds, work.LogBytes, file.BytesPerRow);
        }
    }

    private static void Write(ObservationFile[] files)
    {
        var workloads = new (string Name, Action<ObservationFile> Commit)[]
        {
            ("commit of 64 scattered rows", file => file.CommitScattered(64)),
            ("commit of 256 scattered rows", file => file.CommitScattered(256)),
            ("commit of one array of 100 rows", file => file.CommitArrays(1)),
            ("commit of eight arrays of 100 rows", file => file.CommitArrays(8)),
        };
        foreach (var (name, commit) in workloads)
        {
            var measured = files.ToDictionary(file => file, _ => new List<Work>());
            for (var round = 0; round < Rounds; round++)
                foreach (var file in files)
                    measured[file].Add(Work.Measure(file, () =>
                    {
                        for (var clock = Stopwatch.StartNew(); clock.Elapsed < RoundTime;) commit(file);
                    }));
            Print(name, "rows/s", "cpu us/row", "log B/row", "p99 ms");
            foreach (var (file, works) in measured)
                Print(file.Form.Name, Machine.Median(works.Select(w => w.RowsPerSecond)),
                    Machine.Median(works.Select(w => w.CpuMicroseconds)), Machine.Median(works.Select(w => w.LogBytes)),
                    Machine.Median(works.Select(w => w.CommitP99)));
        }
    }

    private static void Read(ObservationFile[] files, long size, bool onlyGrowth)
    {
        var queries = new List<(string Name, Func<TableForm, string> Sql, int Samples)>
        {
            ("latest", form => form.Latest, 500),
            ("last 10 of one datastream", form => form.LastDay, 500),
        };
        if (!onlyGrowth)
            queries.AddRange(
            [
                ("page of 1,000 of one datastream", form => form.Page, 100),
                ("year of minutes (525,600)", form => form.Year, 1),
                ("by id", form => form.ById, 500),
                ("newest 100 with value filter", form => form.Newest, 5),
            ]);
        foreach (var (name, sql, samples) in queries)
        {
            var warm = files.ToDictionary(file => file, _ => new List<double>());
            for (var round = 0; round < Rounds; round++)
                foreach (var file in files)
                    warm[file].AddRange(file.Query(sql(file.Form), samples, Temperature.Warm));
            Print($"{name} at {size:N0}", "p50 us", "p95 us", "fresh us", "disk us");
            foreach (var file in files)
                Print(file.Form.Name, Machine.Median(warm[file]), Machine.Percentile(warm[file], 0.95),
                    Machine.Median(file.Query(sql(file.Form), Math.Min(samples, 20), Temperature.FreshConnection)),
                    Machine.Median(file.Query(sql(file.Form), Math.Min(samples, 20), Temperature.FromDisk)));
        }
    }

    private static void Print(string name, params object[] values)
    {
        var cells = values.Select(value => value is double number
            ? number.ToString(number < 10 ? "N2" : "N0", CultureInfo.InvariantCulture)
            : (string)value);
        if (values[0] is string) Console.WriteLine();
        Console.WriteLine($"{name,-60}" + string.Concat(cells.Select(cell => $"{cell,14}")));
    }
}

/// <summary>What a stretch of writing cost.</summary>
internal sealed record Work(double RowsPerSecond, double CpuMicroseconds, double LogBytes, double CommitP99)
{
    public static Work Measure(ObservationFile file, Action action)
    {
        var rows = file.Rows;
        var log = file.LogBytes;
        file.CommitTimes.Clear();
        var cpu = Process.GetCurrentProcess().TotalProcessorTime;
        var clock = Stopwatch.StartNew();
        action();
        var seconds = clock.Elapsed.TotalSeconds;
        var cpuUsed = (Process.GetCurrentProcess().TotalProcessorTime - cpu).TotalMicroseconds;
        var added = Math.Max(1, file.Rows - rows);
        return new Work(added / seconds, cpuUsed / added, (double)(file.LogBytes - log) / added,
            Machine.Percentile(file.CommitTimes, 0.99));
    }
}

internal enum Temperature
{
    /// <summary>The same connection for all samples.</summary>
    Warm,

    /// <summary>A new connection for each sample; the file is in the system's cache.</summary>
    FreshConnection,

    /// <summary>A new connection, and the file is not in the system's cache.</summary>
    FromDisk,
}

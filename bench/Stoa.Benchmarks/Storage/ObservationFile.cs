using System.Diagnostics;
using Stoa.Storage;
using Stoa.Storage.Sqlite;

namespace Stoa.Benchmarks.Storage;

/// <summary>One file with observations in one form, with its writer, its checkpoints and its readers.</summary>
internal sealed class ObservationFile : IDisposable
{
    public const int Datastreams = 10_000;

    // One more datastream brings 525 rows a step, so that 1,000 steps give it as many as a year has minutes.
    private const int BusyRowsPerStep = 525;
    private const int StepsPerLoad = 5;
    private const long StepMicroseconds = 60_000_000;
    private const long Beginning = 1_735_689_600_000_000;

    private readonly string _file;
    private readonly SqliteConnection _writer;
    private readonly Checkpointer _checkpointer;
    private readonly Random _random = new(20_260_101);
    private readonly long[] _latest = new long[Datastreams + 1];
    private long _step;
    private long _now;
    private long _nextId = 1;
    private int _logPages;
    private int _landed;
    private int _histories;
    private long _loaded;

    public ObservationFile(TableForm form, string folder)
    {
        Form = form;
        _file = Path.Combine(folder, string.Concat(form.Name.Where(char.IsAsciiLetterOrDigit)) + ".db");
        _writer = OpenWriter();
        _writer.Execute(form.Schema);
        _checkpointer = new Checkpointer(OpenWriter(), _writer);
    }

    public TableForm Form { get; }

    public long Rows => _nextId - 1;

    public long LogBytes { get; private set; }

    public List<double> CommitTimes { get; } = [];

    public double BytesPerRow => new FileInfo(_file).Length / (double)Rows;

    /// <summary>Loads in the order of arrival, five steps of all datastreams a transaction, sorted within it.</summary>
    public void LoadTo(long rows)
    {
        while (_loaded < rows)
        {
            _writer.Execute("BEGIN IMMEDIATE");
            using (var insert = _writer.Prepare(Form.InsertSorted))
            {
                for (var datastream = 0; datastream < Datastreams; datastream++)
                    for (var step = 0; step < StepsPerLoad; step++)
                        Insert(insert, datastream, TimeOf(_step + step), _nextId + (step * (Datastreams + BusyRowsPerStep)) + datastream);
                for (var step = 0; step < StepsPerLoad; step++)
                    for (var row = 0; row < BusyRowsPerStep; row++)
                        Insert(insert, Datastreams, TimeOf(_step + step) + (row * (StepMicroseconds / BusyRowsPerStep)),
                            _nextId + (step * (Datastreams + BusyRowsPerStep)) + Datastreams + row);
            }

            _nextId += StepsPerLoad * (Datastreams + BusyRowsPerStep);
            _step += StepsPerLoad;
            _loaded += StepsPerLoad * Datastreams;
            Commit();
        }
    }

    public void CommitScattered(int rows)
    {
        _writer.Execute("BEGIN IMMEDIATE");
        using (var insert = _writer.Prepare(Form.Insert))
            for (var row = 0; row < rows; row++)
            {
                // One clock for all, as with live sensors: a step for every 10,000 rows.
                var time = Math.Max(_now, TimeOf(_step)) + (StepMicroseconds / Datastreams);
                Insert(insert, _random.Next(Datastreams), _now = time, _nextId++);
            }

        Landed(rows);
        Commit();
    }

    public void CommitArrays(int arrays)
    {
        const int RowsPerArray = 100;
        _writer.Execute("BEGIN IMMEDIATE");
        using (var insert = _writer.Prepare(Form.Insert))
            for (var array = 0; array < arrays; array++)
            {
                var datastream = _random.Next(Datastreams);
                for (var row = 0; row < RowsPerArray; row++)
                    Insert(insert, datastream, _latest[datastream] + StepMicroseconds, _nextId++);
            }

        Landed(arrays * RowsPerArray);
        Commit();
    }

    /// <summary>A month of two-minute values of a datastream that has none yet, as an import brings it.</summary>
    public void CommitHistory()
    {
        const int RowsPerMonth = 20_000;
        _writer.Execute("BEGIN IMMEDIATE");
        using (var insert = _writer.Prepare(Form.InsertSorted))
            for (var row = 0; row < RowsPerMonth; row++)
                Insert(insert, _histories, Beginning + (row * 2 * StepMicroseconds), _nextId++);
        _histories++;
        Commit();
    }

    /// <summary>Moves everything out of the log and the landing table, so that sizes can be compared.</summary>
    public void Empty()
    {
        if (Form.HasLanding) _writer.Execute(TableForm.Merge);

        // Busy while the checkpointer is at work.
        using var checkpoint = _writer.Prepare("PRAGMA wal_checkpoint(TRUNCATE)");
        for (var busy = true; busy; checkpoint.Reset()) busy = !checkpoint.Step() || checkpoint.Int64(0) != 0;
    }

    public List<double> Query(string sql, int samples, Temperature temperature)
    {
        var times = new List<double>(samples);
        var random = new Random(7);
        var reader = OpenReader();
        try
        {
            // Not measured: the first statement on a connection reads the schema.
            if (temperature == Temperature.Warm) Run(reader, sql, random);
            for (var sample = 0; sample < samples; sample++)
            {
                if (temperature == Temperature.FromDisk) DropFromCache();
                var started = Stopwatch.GetTimestamp();
                if (temperature != Temperature.Warm)
                {
                    reader.Dispose();
                    reader = OpenReader();
                }

                Run(reader, sql, random);
                times.Add(Stopwatch.GetElapsedTime(started).TotalMicroseconds);
            }
        }
        finally
        {
            reader.Dispose();
        }

        return times;
    }

    private void Run(SqliteConnection reader, string sql, Random random)
    {
        using var select = reader.Prepare(sql);
        var datastream = random.Next(Datastreams);
        if (sql == Form.ById) select.Bind(1, random.NextInt64(1, Rows));
        else if (sql == Form.Newest) select.Bind(1, 98.0);
        else select.Bind(1, sql == Form.Year ? Datastreams : datastream);
        if (sql == Form.LastDay) select.Bind(2, _latest[datastream] - (9 * StepMicroseconds));
        if (sql == Form.Page) select.Bind(2, _latest[datastream] - (999 * StepMicroseconds));
        double sum = 0;
        while (select.Step()) sum += select.Int64(0) + select.Int64(2) + select.Double(4);
        if (sum == 0) throw new InvalidOperationException("A query found nothing.");
    }

    private static long TimeOf(long step) => Beginning + (step * StepMicroseconds);

    private void Insert(Statement insert, int datastream, long time, long id)
    {
        insert.Bind(1, datastream).Bind(2, time).Bind(3, id).Bind(4, Math.Round(_random.NextDouble() * 100, 2))
            .Bind(5, datastream).Execute();
        _latest[datastream] = time;
    }

    private void Landed(int rows)
    {
        if (!Form.HasLanding || (_landed += rows) < Form.LandingRowsMax) return;
        _writer.Execute(TableForm.Merge);
        _landed = 0;
    }

    private void Commit()
    {
        var started = Stopwatch.GetTimestamp();
        _writer.Execute("COMMIT");
        var pages = _writer.LogPages;
        LogBytes += (long)(pages > _logPages ? pages - _logPages : pages) * (Form.PageBytes + 24);
        _logPages = pages;
        _checkpointer.AfterCommit();
        CommitTimes.Add(Stopwatch.GetElapsedTime(started).TotalMilliseconds);
    }

    private SqliteConnection OpenWriter()
    {
        var connection = SqliteConnection.Open(_file, SqliteConnection.OpenReadWrite | SqliteConnection.OpenCreate);
        connection.SetBudget(TimeSpan.Zero, CancellationToken.None);
        connection.Execute($"""
            PRAGMA page_size = {Form.PageBytes};
            PRAGMA journal_mode = WAL;
            PRAGMA synchronous = FULL;
            PRAGMA secure_delete = FAST;
            PRAGMA temp_store = MEMORY;
            PRAGMA cache_size = -65536;
            PRAGMA wal_autocheckpoint = 0;
            """);
        return connection;
    }

    private SqliteConnection OpenReader()
    {
        var connection = SqliteConnection.Open(_file, SqliteConnection.OpenReadWrite);
        connection.SetBudget(TimeSpan.Zero, CancellationToken.None);
        connection.Execute("PRAGMA query_only = ON; PRAGMA temp_store = MEMORY; PRAGMA cache_size = -4096;");
        return connection;
    }

    // Only what is clean can leave the system's cache, so this follows a checkpoint.
    private void DropFromCache()
    {
        using var dd = Process.Start("dd", ["if=" + _file, "iflag=nocache", "count=0", "status=none"]);
        dd.WaitForExit();
    }

    public void Dispose()
    {
        _checkpointer.Dispose();
        _writer.Dispose();
    }
}

using System.Globalization;
using Npgsql;
using NpgsqlTypes;
using Stoa.Storage;

namespace Stoa.Benchmarks.Servers;

/// <summary>Rows into the program's own observation table, as fast as the driver can: the ceiling of PostgreSQL.</summary>
internal sealed class ObservationCopy : IDisposable
{
    // An insert of arrays is one round trip, COPY is two or three, but cheaper for each row (benchmark groups-of-rows).
    private const int ArrayRowsMax = 200;

    private const string Columns = "datastream_id, phenomenon_start, id, result_number, feature_of_interest_id";

    private readonly NpgsqlConnection _connection;
    private readonly NpgsqlCommand _insert;
    private readonly NpgsqlParameter<long[]> _datastreams = new() { NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Bigint };
    private readonly NpgsqlParameter<long[]> _times = new() { NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Bigint };
    private readonly NpgsqlParameter<long[]> _ids = new() { NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Bigint };
    private readonly NpgsqlParameter<double[]> _results = new() { NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Double };
    private readonly List<(long Id, BareRow Row)> _rows = [];

    private ObservationCopy(NpgsqlConnection connection)
    {
        _connection = connection;
        _insert = new NpgsqlCommand(
            $"""
            INSERT INTO observation ({Columns})
            SELECT datastream, time, id, result, datastream
            FROM   unnest($1, $2, $3, $4) AS row (datastream, time, id, result)
            """,
            connection);
        _insert.Parameters.AddRange(new NpgsqlParameter[] { _datastreams, _times, _ids, _results });
        (_datastreams.TypedValue, _times.TypedValue, _ids.TypedValue, _results.TypedValue) = ([], [], [], []);
    }

    /// <summary>Makes the program's schema and the months that the load falls into.</summary>
    public static ObservationCopy Open(string connectionString)
    {
        var folder = Directory.CreateTempSubdirectory("stoa-bench-schema-");
        var options = new DatabaseOptions { Folder = folder.FullName, ConnectionString = connectionString };
        Task.Run(async () => await (await Database.OpenAsync(options, CancellationToken.None)).DisposeAsync()).GetAwaiter().GetResult();
        folder.Delete(recursive: true);
        var connection = new NpgsqlConnection(connectionString);
        connection.Open();
        foreach (var first in new DateTimeOffset[] { new(2025, 1, 1, 0, 0, 0, TimeSpan.Zero), new(2034, 12, 1, 0, 0, 0, TimeSpan.Zero) })
            for (var month = first; month < first.AddYears(1); month = month.AddMonths(1)) MakePartition(connection, month);
        var copy = new ObservationCopy(connection);
        copy._insert.Prepare();
        return copy;
    }

    private static void MakePartition(NpgsqlConnection connection, DateTimeOffset month)
    {
        using var command = new NpgsqlCommand(string.Create(CultureInfo.InvariantCulture,
            $"""
            CREATE TABLE observation_{month:yyyyMM} PARTITION OF observation
            FOR VALUES FROM ({month.ToUnixTimeMilliseconds() * 1000}) TO ({month.AddMonths(1).ToUnixTimeMilliseconds() * 1000})
            """), connection);
        command.ExecuteNonQuery();
    }

    public void Add(long id, in BareRow row) => _rows.Add((id, row));

    /// <summary>One transaction with what was added; durable on return.</summary>
    public void Commit()
    {
        if (_rows.Count <= ArrayRowsMax) InsertArrays();
        else Copy();
    }

    public void InsertArrays()
    {
        _datastreams.TypedValue = Column(row => row.Row.Datastream);
        _times.TypedValue = Column(row => row.Row.Time);
        _ids.TypedValue = Column(row => row.Id);
        _results.TypedValue = Column(row => row.Row.Result);
        _insert.ExecuteNonQuery();
        _rows.Clear();
    }

    public void Copy()
    {
        using (var copy = _connection.BeginBinaryImport($"COPY observation ({Columns}) FROM STDIN (FORMAT BINARY)"))
        {
            foreach (var (id, row) in _rows)
            {
                copy.StartRow();
                copy.Write(row.Datastream, NpgsqlDbType.Bigint);
                copy.Write(row.Time, NpgsqlDbType.Bigint);
                copy.Write(id, NpgsqlDbType.Bigint);
                copy.Write(row.Result, NpgsqlDbType.Double);
                copy.Write(row.Datastream, NpgsqlDbType.Bigint);
            }

            copy.Complete();
        }

        _rows.Clear();
    }

    private T[] Column<T>(Func<(long Id, BareRow Row), T> value) => [.. _rows.Select(value)];

    public void Dispose()
    {
        _insert.Dispose();
        _connection.Dispose();
    }
}

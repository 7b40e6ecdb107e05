using System.Globalization;
using Npgsql;
using Stoa.Storage.Dialects;

namespace Stoa.Storage.Postgres;

/// <summary>Where the PostgreSQL database is, and how this program connects to it.</summary>
internal sealed class PostgresAddress
{
    // A worker whose machine is gone does not refuse; by itself Citus waits 30 s for it, and the one writer with it. Who knows better
    // says so in the address, which comes after.
    private const string WorkerTimeout = "-c citus.node_connection_timeout=2000";

    /// <summary>How long the server lets the writer say nothing in a transaction, during which others wait.</summary>
    internal static readonly TimeSpan IdleInTransactionMax = TimeSpan.FromSeconds(10);

    private readonly NpgsqlConnectionStringBuilder _given;

    private PostgresAddress(NpgsqlConnectionStringBuilder given) => _given = given;

    /// <summary>Names this run of the program.</summary>
    internal string Node { get; } = Guid.NewGuid().ToString("N");

    /// <summary>Whether observations are spread over machines; known after the first connection.</summary>
    internal bool IsSpread { get; set; }

    /// <summary>How statements are written for it.</summary>
    internal SqlDialect Dialect => IsSpread ? SqlDialect.Citus : SqlDialect.Postgres;

    /// <summary>Server and database, without credentials: for messages.</summary>
    internal string Shown => $"{_given.Host}:{_given.Port}/{_given.Database ?? _given.Username}";

    /// <summary>Reads <c>Host=…;Database=…</c>, or <c>postgres://user:password@host:port/database?Option=value</c>.</summary>
    /// <exception cref="StorageException"><see cref="StorageFailure.Access"/>: it is neither.</exception>
    internal static PostgresAddress Parse(string text)
    {
        try
        {
            var builder = IsUri(text) ? OfUri(new Uri(text)) : new NpgsqlConnectionStringBuilder(text);
            if (string.IsNullOrEmpty(builder.Host)) throw Unreadable(null);
            return new(builder);
        }
        catch (Exception error) when (error is ArgumentException or UriFormatException or FormatException)
        {
            throw Unreadable(error);
        }
    }

    /// <summary>Whether the text is the second of these forms.</summary>
    internal static bool IsUri(string text) =>
        text.StartsWith("postgres://", StringComparison.Ordinal) || text.StartsWith("postgresql://", StringComparison.Ordinal);

    // The text itself may hold a password, so it is not shown; nor is the inner message, which may quote it.
    private static StorageException Unreadable(Exception? error) => new(StorageFailure.Access,
        "The setting database cannot be read as the address of a PostgreSQL database" +
        (error is null ? "" : $" ({error.GetType().Name})") +
        ". Write Host=HOST;Database=NAME;Username=USER;Password=…, or postgres://USER:PASSWORD@HOST:PORT/NAME.");

    private static NpgsqlConnectionStringBuilder OfUri(Uri uri)
    {
        var builder = new NpgsqlConnectionStringBuilder { Host = uri.Host };
        if (uri.Port > 0) builder.Port = uri.Port;
        var user = uri.UserInfo.Split(':', 2);
        if (user[0].Length > 0) builder.Username = Uri.UnescapeDataString(user[0]);
        if (user.Length > 1) builder.Password = Uri.UnescapeDataString(user[1]);
        if (uri.AbsolutePath.Length > 1) builder.Database = Uri.UnescapeDataString(uri.AbsolutePath[1..]);
        foreach (var pair in uri.Query.TrimStart('?').Split('&', StringSplitOptions.RemoveEmptyEntries))
        {
            var parts = pair.Split('=', 2);
            var name = Uri.UnescapeDataString(parts[0]);
            builder[name == "sslmode" ? "SSL Mode" : name] = parts.Length > 1 ? Uri.UnescapeDataString(parts[1]) : "";
        }

        return builder;
    }

    /// <summary>For snapshots: nothing can be changed over it, and a statement that runs too long is stopped.</summary>
    internal string ForReading(TimeSpan statementTimeout) => new NpgsqlConnectionStringBuilder(With(string.Create(CultureInfo.InvariantCulture,
        $"-c default_transaction_read_only=on -c statement_timeout={(long)statementTimeout.TotalMilliseconds}")))
    {
        // A server that does not keep to the statement's time any more does not answer at all.
        CommandTimeout = (int)Math.Ceiling(statementTimeout.TotalSeconds) + 5,
    }.ConnectionString;

    /// <summary>For the writer. A node that hangs in the middle of its turn loses it after <see cref="IdleInTransactionMax"/>.</summary>
    internal string ForWriting() => With(string.Create(CultureInfo.InvariantCulture,
        $"-c synchronous_commit=on -c idle_in_transaction_session_timeout={(long)IdleInTransactionMax.TotalMilliseconds} -c statement_timeout=0"));

    /// <summary>For what nodes say to each other; an answer that does not come in time is an error.</summary>
    internal string ForNodes(string name, string options, TimeSpan answerMax)
    {
        var seconds = (int)answerMax.TotalSeconds;
        return new NpgsqlConnectionStringBuilder(With(options))
        {
            ApplicationName = name, Timeout = seconds, CommandTimeout = seconds, CancellationTimeout = -1,
        }.ConnectionString;
    }

    /// <summary>For moving everything: one long transaction, large sorts, and a name by which it is told from the nodes.</summary>
    internal string ForMoving()
    {
        var text = With("-c synchronous_commit=on -c statement_timeout=0 -c idle_in_transaction_session_timeout=0 -c lock_timeout=30s " +
            "-c work_mem=64MB -c maintenance_work_mem=256MB");
        return new NpgsqlConnectionStringBuilder(text)
        {
            ApplicationName = "stoa migrate", ReadBufferSize = 64 * 1024, WriteBufferSize = 64 * 1024,
        }.ConnectionString;
    }

    /// <summary>The name by which the server knows the connections of the nodes.</summary>
    internal string ApplicationName => string.IsNullOrEmpty(_given.ApplicationName) ? "stoa" : _given.ApplicationName;

    private string With(string options)
    {
        var builder = new NpgsqlConnectionStringBuilder(_given.ConnectionString)
        {
            // Each connection has its own owner here, who opens it again when it was lost.
            Pooling = false,
            Multiplexing = false,
            MaxAutoPrepare = 256,
            AutoPrepareMinUsages = 2,
            IncludeErrorDetail = false,
            CommandTimeout = 0,
            TcpKeepAlive = true,
            TcpKeepAliveTime = 10,
            TcpKeepAliveInterval = 5,
        };
        if (!_given.ContainsKey("Timeout")) builder.Timeout = 4;
        builder.ApplicationName = ApplicationName;
        // Compiling plans costs more than the short statements of this program gain by it.
        builder.Options = $"{(IsSpread ? WorkerTimeout : "")} {_given.Options} -c jit=off {options}".Trim();
        return builder.ConnectionString;
    }
}

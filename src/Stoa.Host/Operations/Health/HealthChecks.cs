using System.Text.Json;
using Stoa.Host.Settings;
using Stoa.Ledger.Lags;
using Stoa.Ledger.Writing;
using Stoa.Storage;

namespace Stoa.Host.Operations.Health;

/// <summary>Says whether the process lives, and whether it can do its work.</summary>
/// <remarks>
/// Live answers as long as requests are answered at all: restart the process when it does not. Ready is for whoever
/// sends requests here; it fails while the server stops, when the database does not answer, and when the disk cannot
/// be written.
/// The schema is up to date whenever a server runs, since it is brought up to date before the first request.
/// </remarks>
internal sealed class HealthChecks(
    Database database, StoaSettings settings, Draining draining, LagWatch lags, LogPublisher logs, IHostApplicationLifetime lifetime)
{
    private const string NoAnswer = "does not answer";
    private static readonly TimeSpan TimeMax = TimeSpan.FromSeconds(2);
    private volatile Task<bool> _probe = Task.FromResult(true);

    public void Map(IEndpointRouteBuilder routes)
    {
        routes.MapGet("/health/live", () => Results.Text("live")).ExcludeFromDescription();
        routes.MapGet("/health/ready", AnswerAsync).ExcludeFromDescription();
    }

    private async Task AnswerAsync(HttpContext context)
    {
        var checks = await CheckAsync(context.RequestAborted);
        var isReady = checks.All(check => check.Finding is null);
        context.Response.StatusCode = isReady ? StatusCodes.Status200OK : StatusCodes.Status503ServiceUnavailable;
        context.Response.ContentType = "application/json";
        context.Response.Headers.CacheControl = "no-store";
        await using var json = new Utf8JsonWriter(context.Response.BodyWriter);
        json.WriteStartObject();
        json.WriteString("status"u8, isReady ? "ready" : "not ready");
        json.WriteStartObject("checks"u8);
        foreach (var (name, finding) in checks) json.WriteString(name, finding ?? "ok");
        // Told and no more: who is behind with it still serves, and another node is behind as well.
        if (lags.IsAsked) json.WriteString("confirmations"u8, lags.Finding() ?? "ok");
        if (logs.Finding() is { } halted) json.WriteString("logs"u8, halted);
        json.WriteEndObject();
        json.WriteEndObject();
    }

    /// <summary>Every check with what it found; null is good.</summary>
    public async Task<IReadOnlyList<(string Name, string? Finding)>> CheckAsync(CancellationToken cancellation) =>
    [
        ("server", draining.HasBegun || lifetime.ApplicationStopping.IsCancellationRequested ? "stopping" : null),
        ("database", await CheckDatabaseAsync(cancellation)),
        ("disk", database.Engine == StorageEngine.Sqlite ? CheckDisk() : null), // PostgreSQL looks after its own.
    ];

    private async Task<string?> CheckDatabaseAsync(CancellationToken cancellation)
    {
        // One question at a time, on a thread that nobody waits for: one that hangs must hang neither this answer nor the next.
        var probe = _probe;
        if (probe.IsCompleted) _probe = probe = Task.Run(ProbeAsync, CancellationToken.None);
        try
        {
            return await probe.WaitAsync(TimeMax, cancellation) ? null : NoAnswer;
        }
        catch (Exception error) when (error is TimeoutException or OperationCanceledException)
        {
            return NoAnswer;
        }
    }

    private async Task<bool> ProbeAsync()
    {
        using var limit = new CancellationTokenSource(TimeMax);
        try
        {
            using var read = await database.ReadAsync(limit.Token);
            using var probe = read.Prepare("SELECT version FROM governance_state");
            return probe.Step();
        }
        catch (Exception error) when (error is StorageException or OperationCanceledException)
        {
            return false;
        }
    }

    // A file of one byte says what the rights and the mount say, and a full disk refuses it too.
    private string? CheckDisk()
    {
        try
        {
            var probe = Path.Combine(settings.Data, "stoa.probe");
            using (var file = new FileStream(probe, FileMode.Create, FileAccess.Write,
                FileShare.ReadWrite | FileShare.Delete, 1))
            {
                file.WriteByte(1);
                file.Flush(flushToDisk: false);
            }

            File.Delete(probe);
            var free = new DriveInfo(settings.Data).AvailableFreeSpace;
            return free < settings.Storage.FreeBytesMin ? "little space is left" : null;
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            return "cannot be written";
        }
    }
}

using System.Diagnostics;
using System.Runtime.InteropServices;
using Xunit;

namespace Stoa.Tests.Operations;

/// <summary>The program as a process of its own, as an operator starts it.</summary>
internal sealed class StoaProgram : IAsyncDisposable
{
    private static readonly TimeSpan TimeMax = TimeSpan.FromSeconds(60);
    private readonly Process _process;

    private StoaProgram(Process process) => _process = process;

    private static CancellationToken Now => TestContext.Current.CancellationToken;

    /// <summary>Starts a server on a free port and returns when it answers.</summary>
    public static async Task<(StoaProgram Program, Uri Address)> ServeAsync(string folder, params string[] more)
    {
        var program = new StoaProgram(Start(["serve", "--data", folder, "--urls", "http://127.0.0.1:0", .. more]));
        while (await program._process.StandardOutput.ReadLineAsync(Now) is { } line)
            if (line.IndexOf("http://", StringComparison.Ordinal) is var at and >= 0)
                return (program, new Uri(line[at..]));
        throw new InvalidOperationException("The server did not start: " + await program._process.StandardError.ReadToEndAsync(Now));
    }

    /// <summary>Runs a server until it says that it is ready, stops it, and returns what it wrote.</summary>
    public static async Task<IReadOnlyList<string>> LinesUntilStoppedAsync(params string[] arguments)
    {
        await using var program = new StoaProgram(Start(arguments));
        var lines = new List<string>();
        while (await program._process.StandardOutput.ReadLineAsync(Now) is { } line)
        {
            lines.Add(line);
            if (line.Contains("is ready at", StringComparison.Ordinal)) program.Signal(PosixSignal.SIGTERM);
        }

        await program.WaitAsync();
        return lines;
    }

    /// <summary>Runs a command to its end.</summary>
    public static async Task<(int ExitCode, string Output, string Errors)> RunAsync(params string[] arguments)
    {
        using var process = Start(arguments);
        var output = process.StandardOutput.ReadToEndAsync(Now);
        var errors = process.StandardError.ReadToEndAsync(Now);
        await process.WaitForExitAsync(Now).WaitAsync(TimeMax, Now);
        return (process.ExitCode, await output, await errors);
    }

    /// <summary>Starts a command; it is killed when this is disposed.</summary>
    public static StoaProgram Launch(params string[] arguments) => new(Start(arguments));

    /// <summary>kill -9.</summary>
    public void Kill() => _process.Kill();

    /// <summary>kill -9; returns when it has ended.</summary>
    public async Task KillAsync()
    {
        Kill();
        await _process.WaitForExitAsync(Now);
    }

    /// <summary>Whether it has ended.</summary>
    public bool HasExited => _process.HasExited;

    /// <summary>Asks the server to stop, as Ctrl-C or a service manager does.</summary>
    public void Signal(PosixSignal signal)
    {
        using var kill = Process.Start("kill", [signal == PosixSignal.SIGINT ? "-INT" : "-TERM", $"{_process.Id}"]);
        kill.WaitForExit();
    }

    /// <summary>Waits for the end of the server.</summary>
    /// <returns>Its exit code.</returns>
    public async Task<int> WaitAsync()
    {
        await _process.WaitForExitAsync(Now).WaitAsync(TimeMax, Now);
        return _process.ExitCode;
    }

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
        {
            _process.Kill();
            await _process.WaitForExitAsync(CancellationToken.None);
        }

        _process.Dispose();
    }

    private static Process Start(string[] arguments)
    {
        var start = new ProcessStartInfo(Path.Combine(AppContext.BaseDirectory, "stoa"), arguments)
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        TestDatabases.Prepare(start);
        return Process.Start(start) ?? throw new InvalidOperationException("stoa did not start.");
    }
}

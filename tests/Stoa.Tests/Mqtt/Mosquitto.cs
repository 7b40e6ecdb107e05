using System.Diagnostics;
using System.Globalization;
using System.Threading.Channels;
using Xunit;

namespace Stoa.Tests.Mqtt;

/// <summary>The clients of the Mosquitto project, as anybody would call them.</summary>
internal sealed class Mosquitto : IAsyncDisposable
{
    private readonly Process _process;
    private readonly Channel<string> _lines = Channel.CreateUnbounded<string>();
    private readonly Task _reading;

    private Mosquitto(Process process)
    {
        _process = process;
        _reading = ReadAsync();
    }

    private static CancellationToken Now => TestContext.Current.CancellationToken;

    /// <summary>Follows topics; returns when the server has answered all subscriptions.</summary>
    public static async Task<Mosquitto> FollowAsync(Exchange stoa, string? token, params string[] topics)
    {
        List<string> arguments = ["-d", "-v", "-q", "1"];
        foreach (var topic in topics) arguments.AddRange(["-t", topic]);
        var follower = new Mosquitto(Start(stoa, "mosquitto_sub", token, arguments));
        try
        {
            while (!(await follower.LineAsync()).StartsWith("Subscribed (mid:", StringComparison.Ordinal)) { }
            return follower;
        }
        catch
        {
            await follower.DisposeAsync();
            throw;
        }
    }

    /// <summary>Publishes and waits for the acknowledgement of the quality.</summary>
    public static async Task PublishAsync(Exchange stoa, string? token, string topic, string payload, int qos)
    {
        using var process = Start(
            stoa, "mosquitto_pub", token, ["-q", qos.ToString(CultureInfo.InvariantCulture), "-t", topic, "-m", payload]);
        await process.WaitForExitAsync(Now).WaitAsync(TimeSpan.FromSeconds(20), Now);
        Assert.Equal(0, process.ExitCode);
    }

    /// <summary>The next message as <c>topic payload</c>.</summary>
    public async Task<string> NextAsync()
    {
        while (true)
        {
            var line = await LineAsync();
            if (!line.StartsWith("Client ", StringComparison.Ordinal) && !line.StartsWith("Subscribed", StringComparison.Ordinal)) return line;
        }
    }

    private Task<string> LineAsync() => _lines.Reader.ReadAsync(Now).AsTask().WaitAsync(TimeSpan.FromSeconds(20), Now);

    private async Task ReadAsync()
    {
        while (await _process.StandardOutput.ReadLineAsync(CancellationToken.None) is { } line) _lines.Writer.TryWrite(line);
        _lines.Writer.TryComplete();
    }

    private static Process Start(Exchange stoa, string program, string? token, List<string> arguments)
    {
        // Line by line: into a pipe the clients would write only when their buffer is full.
        var start = new ProcessStartInfo("stdbuf") { RedirectStandardOutput = true, RedirectStandardError = true };
        start.ArgumentList.Add("-oL");
        start.ArgumentList.Add(program);
        foreach (var argument in (string[])["-h", "127.0.0.1", "-p", stoa.MqttEndpoint.Port.ToString(CultureInfo.InvariantCulture)])
            start.ArgumentList.Add(argument);
        if (token is not null)
            foreach (var argument in (string[])["-u", "any", "-P", token]) start.ArgumentList.Add(argument);
        foreach (var argument in arguments) start.ArgumentList.Add(argument);
        return Process.Start(start) ?? throw new InvalidOperationException($"{program} did not start.");
    }

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited) _process.Kill();
        await _process.WaitForExitAsync(CancellationToken.None);
        await _reading;
        _process.Dispose();
    }
}

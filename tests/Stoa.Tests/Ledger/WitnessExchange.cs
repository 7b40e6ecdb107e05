using System.Globalization;
using Stoa.Ledger.Checkpoints;
using Stoa.Ledger.Witnesses;
using Xunit;

namespace Stoa.Tests.Ledger;

/// <summary>An exchange that is witness for a number of logs: each test takes one that no other has.</summary>
public sealed class WitnessExchange : IAsyncLifetime
{
    private const int Count = 24;

    private readonly TemporaryFolder _folder = new();
    private int _taken;

    internal Exchange Stoa { get; private set; } = null!; // Set before the first test.

    private GrowingLog[] Logs { get; } =
        [.. Enumerable.Range(0, Count).Select(i => new GrowingLog(string.Create(CultureInfo.InvariantCulture, $"city.example/log/{i}")))];

    /// <summary>A log that the witness knows and has not seen yet.</summary>
    internal GrowingLog Take(int size)
    {
        var log = Logs[Interlocked.Increment(ref _taken) - 1];
        log.Grow(size);
        return log;
    }

    internal async Task<Answer> AddAsync(byte[] body)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "/witness/add-checkpoint") { Content = new ByteArrayContent(body) };
        return await Stoa.SendAsync(request);
    }

    internal async Task<VerifierKey> KeyAsync()
    {
        var text = (await Stoa.GetAsync("/witness/vkey")).ShouldBe(200).Text.TrimEnd('\n');
        Assert.True(VerifierKey.TryParse(text, out var key), text);
        return key!; // Read on the line above.
    }

    /// <summary>The checkpoint with what the witness answered below it.</summary>
    internal static SignedNote With(SignedNote note, Answer answer)
    {
        Assert.True(SignedNote.TryParse(System.Text.Encoding.UTF8.GetBytes(note + answer.Text), out var cosigned), answer.Text);
        return cosigned!; // Read on the line above.
    }

    public async ValueTask InitializeAsync()
    {
        var file = Path.Combine(_folder.Path, "logs");
        await File.WriteAllTextAsync(file, string.Concat(Logs.Select(log => $"log {log.Key.Verifier}\n")) + "quorum none\n");
        Stoa = await Exchange.StartAsync(settings: ("ledger.witness.logs", file));
    }

    public async ValueTask DisposeAsync()
    {
        await Stoa.DisposeAsync();
        _folder.Dispose();
    }
}

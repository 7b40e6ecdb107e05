using System.Diagnostics;
using System.Net.Http.Json;
using System.Text.Json;
using System.Text.RegularExpressions;
using Stoa.Tests.Architecture;
using Xunit;

namespace Stoa.Tests.Ledger;

/// <summary>A chain on this machine: anvil from npm, with the contract deployed.</summary>
internal sealed partial class LocalChain : IAsyncDisposable
{
    // The first account that every anvil has.
    public const string Account = "0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266";

    private readonly Process _process;
    private readonly HttpClient _http = new();

    private LocalChain(Process process, Uri address)
    {
        _process = process;
        Address = address;
    }

    public Uri Address { get; }

    public string Contract { get; private set; } = "";

    private static CancellationToken Now => TestContext.Current.CancellationToken;

    public static async Task<LocalChain> StartAsync()
    {
        var packages = RepositoryFiles.PathOf("tests", "clients", "node_modules", "@foundry-rs");
        var program = Directory.GetFiles(packages, "anvil", SearchOption.AllDirectories).First(file => file.EndsWith("/bin/anvil", StringComparison.Ordinal));
        var start = new ProcessStartInfo(program, ["--host", "127.0.0.1", "--port", "0", "--accounts", "1"])
            { RedirectStandardOutput = true, RedirectStandardError = true };
        var process = Process.Start(start)!; // Not null: no shell.
        var listening = new TaskCompletionSource<string>(TaskCreationOptions.RunContinuationsAsynchronously);
        process.OutputDataReceived += (_, line) =>
        {
            if (Listening().Match(line.Data ?? "") is { Success: true } found) listening.TrySetResult(found.Groups[1].Value);
        };
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        try
        {
            var chain = new LocalChain(process, new($"http://{await listening.Task.WaitAsync(TimeSpan.FromSeconds(30), Now)}/"));
            await chain.DeployAsync();
            return chain;
        }
        catch
        {
            // Else it would outlive the tests.
            process.Kill();
            throw;
        }
    }

    private async Task DeployAsync()
    {
        var code = "0x" + (await File.ReadAllTextAsync(RepositoryFiles.PathOf("tests", "clients", "anchor", "CheckpointAnchor.bin"), Now)).Trim();
        var hash = await CallAsync("eth_sendTransaction", new { from = Account, data = code });
        // There is a receipt when the transaction is in a block.
        JsonElement receipt;
        while ((receipt = await CallAsync("eth_getTransactionReceipt", hash.GetString()!)).ValueKind == JsonValueKind.Null) await Task.Delay(20, Now);
        Contract = receipt.GetProperty("contractAddress").GetString()!;
    }

    public async Task<JsonElement> CallAsync(string method, params object[] parameters)
    {
        using var answer = await _http.PostAsJsonAsync(Address, new { jsonrpc = "2.0", id = 1, method, @params = parameters }, Now);
        var json = await answer.Content.ReadFromJsonAsync<JsonElement>(Now);
        Assert.True(json.TryGetProperty("result", out var result), json.GetRawText());
        return result;
    }

    public ValueTask DisposeAsync()
    {
        _http.Dispose();
        if (!_process.HasExited) _process.Kill();
        _process.Dispose();
        return ValueTask.CompletedTask;
    }

    [GeneratedRegex("Listening on ([0-9.:]+)")]
    private static partial Regex Listening();
}

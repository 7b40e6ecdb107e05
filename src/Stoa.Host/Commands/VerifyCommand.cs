using System.CommandLine;
using System.Net;
using System.Security.Cryptography;
using Stoa.Ledger.Checkpoints;
using Stoa.Ledger.Evidence;
using Stoa.Ledger.Verification;
using Stoa.Ledger.Witnesses;

namespace Stoa.Host.Commands;

/// <summary><c>stoa verify</c>: what is proven of a log or of a proof, without a server and without a database.</summary>
internal static class VerifyCommand
{
    private static readonly TimeSpan WaitMax = TimeSpan.FromSeconds(30);

    // Keys of one file: those of a log while they are changed, or of several logs.
    private const int KeysMax = 64;

    public static Command Build()
    {
        var command = new Command("verify",
            "Verify a transparency log (C2SP tlog-tiles), a proof that an entry is in one, or an evidence pack, and say what is proven and what is not.");
        var source = new Argument<string>("SOURCE")
        {
            Description = "A folder or an address with the log's files (checkpoint, tile/...), a file *.tlog-proof, an evidence pack (*.zip) or the folder it was unpacked to.",
        };
        var key = new Option<string[]>("--key")
        {
            Description = "Public key of the log, name+id+key; or a file with one or more, a line each. May be given several times.", HelpName = "VKEY", Required = true,
        };
        var policy = new Option<string?>("--policy")
            { Description = "File that names witnesses and how many must have signed (C2SP tlog-policy).", HelpName = "FILE" };
        var older = new Option<string?>("--older")
            { Description = "File with a checkpoint of the same log from earlier.", HelpName = "FILE" };
        var entry = new Option<string?>("--entry")
            { Description = "File with the entry that a proof is about. [default: what the proof brings along]", HelpName = "FILE" };
        var answer = new Option<string?>("--answer")
            { Description = "File that is said to be the answer that an access in the evidence pack got.", HelpName = "FILE" };
        var hashes = new Option<bool>("--hashes-only")
            { Description = "Do not read the entries of a log, only their hashes. [default: where the log does not show its entries]" };
        command.Arguments.Add(source);
        foreach (var option in new Option[] { key, policy, older, entry, answer, hashes }) command.Options.Add(option);
        command.SetAction(async (parsed, cancellation) =>
        {
            try
            {
                var given = await GivenAsync(parsed.GetValue(key)!, parsed.GetValue(policy), parsed.GetValue(older), cancellation); // Required.
                return await RunAsync(given, parsed.GetValue(source)!, parsed.GetValue(entry), parsed.GetValue(answer), parsed.GetValue(hashes), cancellation);
            }
            catch (UsageException wrong)
            {
                await Console.Error.WriteLineAsync("stoa: " + wrong.Message);
                return ExitCode.Usage;
            }
            catch (Exception failed) when (failed is IOException or HttpRequestException or UnauthorizedAccessException)
            {
                await Console.Error.WriteLineAsync("stoa: " + failed.Message);
                return ExitCode.Failed;
            }
            catch (TaskCanceledException) when (!cancellation.IsCancellationRequested)
            {
                await Console.Error.WriteLineAsync($"stoa: no answer within {WaitMax.TotalSeconds:0} seconds.");
                return ExitCode.Failed;
            }
        });
        return command;
    }

    private static async Task<Given> GivenAsync(string[] keys, string? policy, string? older, CancellationToken cancellation)
    {
        if (!Ed25519.IsSupported) throw new UsageException("OpenSSL 3 was not found. Install it (Debian: apt-get install libssl3).");
        var read = new List<VerifierKey>();
        foreach (var one in keys) read.AddRange(KeysOf(File.Exists(one) ? await ReadTextAsync(one, cancellation) : one));
        if (read.Count is 0 or > KeysMax) throw new UsageException($"--key takes 1 to {KeysMax} public keys.");
        WitnessPolicy? rules = null;
        if (policy is not null && !WitnessPolicy.TryParse(await ReadTextAsync(policy, cancellation), out rules, out var fault))
            throw new UsageException($"--policy {policy}: {fault}");
        SignedNote? before = null;
        if (older is not null && !SignedNote.TryParse(await ReadBytesAsync(older, cancellation), out before))
            throw new UsageException($"--older {older} is not a signed checkpoint.");
        return new(read, rules, before);
    }

    // A file as /log/NAME/vkey answers: a key for each line.
    private static IEnumerable<VerifierKey> KeysOf(string text) =>
        text.Split('\n').Select(line => line.Trim()).Where(line => line.Length > 0).Select(line =>
            VerifierKey.TryParse(line, out var key) && key!.Type == SignatureType.Ed25519 // Read before it is asked.
                ? key : throw new UsageException("--key takes the public key of a log: name, id and Ed25519 key, joined by plus."));

    private static async Task<int> RunAsync(Given given, string source, string? entry, string? answer, bool hashesOnly, CancellationToken cancellation)
    {
        if (answer is not null && !EvidenceFiles.IsPack(source)) throw new UsageException("--answer goes with an evidence pack.");
        var verifier = new LogVerifier(given.Keys, given.Policy, given.Older);
        VerificationReport report;
        if (Uri.TryCreate(source, UriKind.Absolute, out var address) && address.Scheme is "http" or "https")
        {
            RefuseEntry(entry);
            using var http = new HttpClient { Timeout = WaitMax, MaxResponseContentBufferSize = BundleBytesMax };
            report = await verifier.VerifyLogAsync((path, token) => FetchAsync(http, source.TrimEnd('/') + "/" + path, token), hashesOnly, cancellation);
        }
        else if (EvidenceFiles.IsPack(source))
        {
            RefuseEntry(entry);
            var body = answer is null ? null : await DigestOfAsync(answer, cancellation);
            report = await new PackVerifier(given.Keys, given.Policy, given.Older, body).VerifyAsync(source, cancellation);
        }
        else if (Directory.Exists(source))
        {
            RefuseEntry(entry);
            // A copy of a private log has no entries at all.
            hashesOnly |= !Directory.Exists(Path.Combine(source, "tile", "entries"));
            report = await verifier.VerifyLogAsync((path, token) => ReadAsync(Path.Combine(source, path), token), hashesOnly, cancellation);
        }
        else if (File.Exists(source))
        {
            var claimed = entry is null ? null : await ReadBytesAsync(entry, cancellation);
            report = verifier.VerifyProof(await ReadBytesAsync(source, cancellation), claimed);
        }
        else
        {
            throw new UsageException($"{source} is neither a folder, nor a file, nor an address such as https://city.example/log/audit.");
        }

        foreach (var finding in report.Findings) await Console.Out.WriteLineAsync($"{WordOf(finding.Outcome)}  {finding.Text}");
        await Console.Out.WriteLineAsync(report.Holds ? "Nothing is wrong." : "Something is wrong: see above.");
        return report.Holds ? ExitCode.Done : ExitCode.Finding;
    }

    // 256 entries as long as can be, each with its length.
    private const int BundleBytesMax = 256 * (2 + 65_535);

    // How often a server that has no time is asked, and how long at most it is waited for each time.
    private const int TriesMax = 5;
    private static readonly TimeSpan BreakMax = TimeSpan.FromSeconds(30);

    private static async Task<byte[]?> FetchAsync(HttpClient http, string address, CancellationToken cancellation)
    {
        for (var tries = 1; tries < TriesMax; tries++)
        {
            using var early = await http.GetAsync(new Uri(address), cancellation);
            if (early.StatusCode is not (HttpStatusCode.TooManyRequests or HttpStatusCode.ServiceUnavailable))
                return await ContentAsync(early, address, cancellation);
            await Task.Delay(BreakOf(early), cancellation);
        }

        using var answer = await http.GetAsync(new Uri(address), cancellation);
        return await ContentAsync(answer, address, cancellation);
    }

    // RFC 9110, 10.2.3: seconds or a date; a server that names neither is asked again after a second.
    private static TimeSpan BreakOf(HttpResponseMessage answer)
    {
        var named = answer.Headers.RetryAfter;
        var wait = named?.Delta ?? (named?.Date is { } date ? date - DateTimeOffset.UtcNow : TimeSpan.FromSeconds(1));
        return wait < TimeSpan.Zero ? TimeSpan.Zero : wait > BreakMax ? BreakMax : wait;
    }

    private static async Task<byte[]?> ContentAsync(HttpResponseMessage answer, string address, CancellationToken cancellation)
    {
        if (answer.StatusCode is HttpStatusCode.NotFound) return null;
        if (answer.StatusCode is HttpStatusCode.Forbidden or HttpStatusCode.Unauthorized && address.Contains("/tile/entries/", StringComparison.Ordinal))
            throw new EntriesWithheldException();
        answer.EnsureSuccessStatusCode();
        return await answer.Content.ReadAsByteArrayAsync(cancellation);
    }

    private static async Task<byte[]?> ReadAsync(string path, CancellationToken cancellation)
    {
        var file = new FileInfo(path);
        if (!file.Exists) return null;
        if (file.Length > BundleBytesMax) throw new IOException($"{path} is longer than {BundleBytesMax} bytes, and no file of a log.");
        return await File.ReadAllBytesAsync(path, cancellation);
    }

    // What somebody else sent is not read before it is known to be no longer than anything of a log.
    private static async Task<byte[]> ReadBytesAsync(string path, CancellationToken cancellation) =>
        await ReadAsync(path, cancellation) ?? throw new FileNotFoundException($"{path} is not there.");

    private static async Task<string> ReadTextAsync(string path, CancellationToken cancellation) =>
        System.Text.Encoding.UTF8.GetString(await ReadBytesAsync(path, cancellation));

    // As long as an answer may be.
    private static async Task<string> DigestOfAsync(string path, CancellationToken cancellation)
    {
        await using var file = File.OpenRead(path);
        return Convert.ToHexStringLower(await SHA256.HashDataAsync(file, cancellation));
    }

    private static string WordOf(Outcome outcome) => outcome switch
    {
        Outcome.Proven => "proven    ",
        Outcome.NotProven => "not proven",
        Outcome.Wrong => "WRONG     ",
        _ => throw new ArgumentOutOfRangeException(nameof(outcome), outcome, "Unknown outcome."),
    };

    private static void RefuseEntry(string? entry)
    {
        if (entry is not null) throw new UsageException("--entry goes with a proof, not with a log or a pack.");
    }

    private sealed record Given(IReadOnlyList<VerifierKey> Keys, WitnessPolicy? Policy, SignedNote? Older);

    private sealed class UsageException(string message) : Exception(message);
}

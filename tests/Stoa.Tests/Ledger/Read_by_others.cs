using System.Diagnostics;
using Stoa.Tests.Architecture;
using Xunit;

namespace Stoa.Tests.Ledger;

/// <summary>Logs of ours, read by a program of others: golang.org/x/mod, from Debian's golang-golang-x-mod-dev.</summary>
public class Read_by_others
{
    // Where Debian puts the sources of Go packages.
    private const string Packages = "/usr/share/gocode";

    private static CancellationToken Now => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Are_whole_and_found_out_when_they_are_not()
    {
        Assert.SkipUnless(
            File.Exists("/usr/bin/go") && Directory.Exists(Path.Combine(Packages, "src/golang.org/x/mod/sumdb/tlog")),
            "Go and its package x/mod are missing: apt-get install golang-go golang-golang-x-mod-dev.");
        using var folder = new TemporaryFolder();
        var program = Path.Combine(folder.Path, "verify_log");
        var built = await RunAsync("/usr/bin/go", folder.Path, "build", "-o", program, RepositoryFiles.PathOf("tests", "clients", "verify_log", "main.go"));
        Assert.True(built.Code == 0, built.Text);

        foreach (var size in new[] { 0, 1, 256, 700, 66_000 })
        {
            var log = LogFolder.Of(size);
            var place = Path.Combine(folder.Path, $"log-{size}");
            await log.WriteAsync(place, Now);
            var whole = await RunAsync(program, folder.Path, place, log.Key.Verifier.ToString());
            Assert.True(whole.Code == 0, whole.Text);
            Assert.StartsWith($"{size} entries", whole.Text, StringComparison.Ordinal);

            if (size == 0) continue;
            foreach (var path in new[] { "checkpoint", log.Files.Keys.First(key => key.StartsWith("tile/entries/000", StringComparison.Ordinal)), log.Files.Keys.First(key => key.StartsWith("tile/0/000", StringComparison.Ordinal)) })
            {
                // Of partial tiles those that the tree of this size has.
                var file = Path.Combine(place, path.Contains(".p/", StringComparison.Ordinal) ? $"{path.Split(".p/")[0]}{(size < 256 ? $".p/{size}" : "")}" : path);
                var bytes = await File.ReadAllBytesAsync(file, Now);
                bytes[bytes.Length / 2] ^= 1;
                await File.WriteAllBytesAsync(file, bytes, Now);
                Assert.True((await RunAsync(program, folder.Path, place, log.Key.Verifier.ToString())).Code != 0, $"{path} of {size}");
                bytes[bytes.Length / 2] ^= 1;
                await File.WriteAllBytesAsync(file, bytes, Now);
            }
        }
    }

    private static async Task<(int Code, string Text)> RunAsync(string program, string folder, params string[] arguments)
    {
        var start = new ProcessStartInfo(program) { WorkingDirectory = folder, RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (var argument in arguments) start.ArgumentList.Add(argument);
        start.Environment["GO111MODULE"] = "off";
        start.Environment["GOPATH"] = Packages;
        start.Environment["GOCACHE"] = Path.Combine(folder, "cache");
        start.Environment["GOFLAGS"] = "";
        using var process = Process.Start(start)!; // Not null: no shell.
        var output = process.StandardOutput.ReadToEndAsync(Now);
        var errors = process.StandardError.ReadToEndAsync(Now);
        await process.WaitForExitAsync(Now);
        return (process.ExitCode, await output + await errors);
    }
}

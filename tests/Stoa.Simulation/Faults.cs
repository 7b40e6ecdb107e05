using System.Diagnostics;
using System.Net;
using System.Net.Http.Json;
using System.Security.Cryptography;
using System.Text.Json.Nodes;
using Stoa.Storage;
using Xunit;

namespace Stoa.Simulation;

/// <summary>The world around the server fails: it says so and damages nothing.</summary>
[Trait("Engine", "SQLite")]
public class A_full_disk
{
    private static readonly CancellationToken Now = TestContext.Current.CancellationToken;

    [Fact]
    public async Task Refuses_writes_keeps_reading_and_recovers_without_a_restart()
    {
        Assert.SkipUnless(SmallDisk.CanMount, "Mounting a small disk needs root.");
        using var disk = SmallDisk.Mount(megabytes: 24);
        var ballast = Path.Combine(disk.Path, "ballast");
        await File.WriteAllBytesAsync(ballast, new byte[8 << 20], Now);
        var data = Path.Combine(disk.Path, "data");
        var ledger = new Ledger();
        var (token, city) = await Killing_the_server.PrepareAsync(data);
        await using var stoa = await StoaProcess.StartAsync(data, Now);
        using var http = stoa.CreateClient(token);

        var refusal = await FillAsync(http, ledger, city);

        Assert.Equal(HttpStatusCode.InsufficientStorage, refusal);
        Assert.Equal(HttpStatusCode.OK, (await http.GetAsync(new Uri($"{City.Path}/Things", UriKind.Relative), Now)).StatusCode);
        File.Delete(ballast);
        Assert.Equal(HttpStatusCode.Created, await PostArrayAsync(http, ledger, city));
        await stoa.TerminateAsync(Now);
        await StoredState.CompareAsync(data, ledger, Now);
    }

    [Fact]
    public async Task Refuses_writes_beyond_the_file_size_that_the_process_may_write()
    {
        using var folder = new TemporaryFolder();
        var ledger = new Ledger();
        var (token, city) = await Killing_the_server.PrepareAsync(folder.Path);
        await using (var stoa = await StoaProcess.StartAsync(folder.Path, Now, fileBytesLimit: 4 << 20))
        {
            using var http = stoa.CreateClient(token);

            var refusal = await FillAsync(http, ledger, city);

            Assert.True(refusal is HttpStatusCode.InsufficientStorage or HttpStatusCode.ServiceUnavailable, $"{refusal}");
            Assert.Equal(HttpStatusCode.OK, (await http.GetAsync(new Uri($"{City.Path}/Things", UriKind.Relative), Now)).StatusCode);
            await stoa.KillAsync(Now);
        }

        await StoredState.CompareAsync(folder.Path, ledger, Now);
    }

    private static async Task<HttpStatusCode> FillAsync(HttpClient http, Ledger ledger, City city)
    {
        const int ArraysMax = 2_000;
        for (var array = 0; array < ArraysMax; array++)
            if (await PostArrayAsync(http, ledger, city) is var status && status != HttpStatusCode.Created)
                return status;
        throw new InvalidOperationException("The disk did not fill up.");
    }

    private static async Task<HttpStatusCode> PostArrayAsync(HttpClient http, Ledger ledger, City city)
    {
        var request = ledger.SendObservations(500);
        var begin = new DateTimeOffset(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);
        var body = new JsonArray(new JsonObject
        {
            ["Datastream"] = new JsonObject { ["@iot.id"] = city.AnyDatastream(Random.Shared) },
            ["components"] = new JsonArray("phenomenonTime", "result"),
            ["dataArray"] = new JsonArray(
                [.. request.Results.Select(result => new JsonArray(begin.AddSeconds(result).ToString("O"), result))]),
        });
        using var answer = await http.PostAsJsonAsync(new Uri($"{City.Path}/CreateObservations", UriKind.Relative), body, Now);
        request.IsAcknowledged = answer.StatusCode == HttpStatusCode.Created;
        request.IsRefused = !request.IsAcknowledged;
        return answer.StatusCode;
    }
}

[Trait("Engine", "SQLite")]
public class Starting_where_it_cannot
{
    private static readonly CancellationToken Now = TestContext.Current.CancellationToken;

    [Fact]
    public async Task Refuses_a_folder_that_another_server_serves_and_leaves_that_one_alone()
    {
        using var folder = new TemporaryFolder();
        await using var first = await StoaProcess.StartAsync(folder.Path, Now);

        await using var second = StoaProcess.Launch(folder.Path);
        await second.WaitForExitAsync(Now);

        Assert.NotEqual(0, second.ExitCode);
        Assert.Contains("Another Stoa", second.Output, StringComparison.Ordinal);
        using var http = first.CreateClient(null);
        Assert.Equal(HttpStatusCode.OK, (await http.GetAsync(new Uri("/health/ready", UriKind.Relative), Now)).StatusCode);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(40)]
    public async Task Refuses_a_file_whose_beginning_is_damaged_and_does_not_change_it(int offset)
    {
        using var folder = new TemporaryFolder();
        await using (var stoa = await StoaProcess.StartAsync(folder.Path, Now)) await stoa.TerminateAsync(Now);
        var file = Path.Combine(folder.Path, Database.FileName);
        Damage(file, offset, bytes: 60);
        var before = SHA256.HashData(await File.ReadAllBytesAsync(file, Now));

        await using var damaged = StoaProcess.Launch(folder.Path);
        await damaged.WaitForExitAsync(Now);

        Assert.NotEqual(0, damaged.ExitCode);
        Assert.Contains(Database.FileName, damaged.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("   at Stoa.", damaged.Output, StringComparison.Ordinal);
        Assert.Equal(before, SHA256.HashData(await File.ReadAllBytesAsync(file, Now)));
    }

    [Fact]
    public async Task Refuses_a_disk_that_is_read_only_and_names_the_folder()
    {
        Assert.SkipUnless(SmallDisk.CanMount, "Mounting a disk read-only needs root.");
        using var disk = SmallDisk.Mount(megabytes: 16);
        var data = Path.Combine(disk.Path, "data");
        await using (var stoa = await StoaProcess.StartAsync(data, Now)) await stoa.TerminateAsync(Now);
        disk.MakeReadOnly();

        await using var refused = StoaProcess.Launch(data);
        await refused.WaitForExitAsync(Now);

        Assert.NotEqual(0, refused.ExitCode);
        Assert.Contains(data, refused.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("   at Stoa.", refused.Output, StringComparison.Ordinal);
    }

    private static void Damage(string file, int offset, int bytes)
    {
        using var stream = new FileStream(file, FileMode.Open, FileAccess.Write);
        stream.Position = offset;
        stream.Write(Enumerable.Repeat((byte)0xA5, bytes).ToArray());
    }
}

/// <summary>A file system of its own in memory, of a fixed size; unmounted afterwards.</summary>
internal sealed class SmallDisk : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    private SmallDisk()
    {
    }

    public static bool CanMount => OperatingSystem.IsLinux() && Environment.IsPrivilegedProcess;

    public string Path => _folder.Path;

    public static SmallDisk Mount(int megabytes)
    {
        var disk = new SmallDisk();
        Run("mount", "-t", "tmpfs", "-o", $"size={megabytes}m", "tmpfs", disk.Path);
        return disk;
    }

    public void MakeReadOnly() => Run("mount", "-o", "remount,ro", Path);

    private static void Run(string program, params string[] arguments)
    {
        using var process = Process.Start(program, arguments);
        process.WaitForExit();
        if (process.ExitCode != 0) throw new InvalidOperationException($"{program} {string.Join(' ', arguments)} failed.");
    }

    public void Dispose()
    {
        Run("umount", Path);
        _folder.Dispose();
    }
}

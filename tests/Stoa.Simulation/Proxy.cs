using System.Diagnostics;
using System.Globalization;
using System.Text.RegularExpressions;

namespace Stoa.Simulation;

/// <summary>nginx with the configuration that the documentation gives, at other ports.</summary>
internal sealed class Proxy : IAsyncDisposable
{
    private readonly Process _process;

    private Proxy(Process process, Uri address)
    {
        _process = process;
        Address = address;
    }

    public Uri Address { get; }

    /// <summary>Starts it in a folder of its own.</summary>
    public static async Task<Proxy> StartAsync(string folder, Uri first, Uri second, CancellationToken cancellation)
    {
        var port = StoaProcess.FreePort();
        var site = await File.ReadAllTextAsync(Configuration, cancellation);
        site = site.Replace("127.0.0.1:8081", first.Authority, StringComparison.Ordinal)
            .Replace("127.0.0.1:8082", second.Authority, StringComparison.Ordinal);
        site = Regex.Replace(site, "listen 80;", string.Create(CultureInfo.InvariantCulture, $"listen 127.0.0.1:{port};"));
        var temporary = string.Concat(new[] { "client_body", "proxy", "fastcgi", "uwsgi", "scgi" }
            .Select(name => $"{name}_temp_path {folder}/{name};\n"));
        var file = Path.Combine(folder, "nginx.conf");
        await File.WriteAllTextAsync(file,
            $$"""
            daemon off; pid {{folder}}/nginx.pid; error_log {{folder}}/error.log warn; worker_processes 2;
            events { worker_connections 512; }
            http { access_log {{folder}}/access.log combined; {{temporary}} {{site}} }
            """, cancellation);
        var start = new ProcessStartInfo(File.Exists("/usr/sbin/nginx") ? "/usr/sbin/nginx" : "nginx", ["-p", folder, "-c", file, "-e", folder + "/error.log"]);
        var proxy = new Proxy(Process.Start(start)!, new($"http://127.0.0.1:{port}")); // It throws where it cannot start.
        using var http = new HttpClient { BaseAddress = proxy.Address };
        for (var i = 0; ; i++)
        {
            try
            {
                using var answer = await http.GetAsync(new Uri("/sensorthings/v1.1", UriKind.Relative), cancellation);
                if (answer.IsSuccessStatusCode) return proxy;
            }
            catch (HttpRequestException) when (i < 500 && !proxy._process.HasExited)
            {
                // It does not listen yet.
            }

            await Task.Delay(10, cancellation);
        }
    }

    /// <summary>What nginx complained of.</summary>
    public static string ErrorsIn(string folder) => File.ReadAllText(Path.Combine(folder, "error.log"));

    private static string Configuration
    {
        get
        {
            for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
                if (File.Exists(Path.Combine(folder.FullName, "Stoa.slnx")))
                    return Path.Combine(folder.FullName, "docs", "operating", "nodes-nginx.conf");
            throw new DirectoryNotFoundException("These tests run from inside the repository.");
        }
    }

    public async ValueTask DisposeAsync()
    {
        // SIGTERM, so that it takes its workers along.
        if (!_process.HasExited)
        {
            using var kill = Process.Start("kill", ["-TERM", _process.Id.ToString(CultureInfo.InvariantCulture)]);
            await kill.WaitForExitAsync();
        }

        await _process.WaitForExitAsync();
        _process.Dispose();
    }
}

using System.Diagnostics;
using Microsoft.AspNetCore.Http;
using Xunit;

namespace Stoa.Tests.Ledger;

/// <summary>A time-stamp authority on this machine: openssl behind HTTP.</summary>
internal sealed class LocalAuthority : IAsyncDisposable
{
    private readonly TemporaryFolder _folder = new();
    private OtherServer _server = null!; // Set by StartAsync, the only way to one.

    private LocalAuthority()
    {
    }

    public Uri Address => new(_server.Address, "tsr");

    /// <summary>The certificate that it is traced back to.</summary>
    public string Root => PathOf("ca.pem");

    /// <summary>Set: it answers so instead.</summary>
    public Func<HttpContext, byte[], Task>? Instead { get; set; }

    private static CancellationToken Now => TestContext.Current.CancellationToken;

    public static async Task<LocalAuthority> StartAsync()
    {
        var authority = new LocalAuthority();
        await authority.MakeCertificatesAsync();
        authority._server = await OtherServer.StartAsync((context, body) => (authority.Instead ?? authority.AnswerAsync)(context, body));
        return authority;
    }

    /// <summary>What openssl says of a token, with its exit code.</summary>
    public async Task<(int Code, string Text)> VerifyAsync(byte[] data, byte[] token)
    {
        await File.WriteAllBytesAsync(PathOf("data"), data, Now);
        await File.WriteAllBytesAsync(PathOf("token"), token, Now);
        return await RunAsync("ts", "-verify", "-data", PathOf("data"), "-in", PathOf("token"), "-token_in", "-CAfile", Root);
    }

    /// <summary>The answer to a query.</summary>
    public async Task<byte[]> ReplyAsync(byte[] query)
    {
        var name = PathOf(Guid.NewGuid().ToString("N"));
        await File.WriteAllBytesAsync(name, query, Now);
        var (code, text) = await RunAsync("ts", "-reply", "-config", PathOf("tsa.cnf"), "-queryfile", name, "-out", name + ".tsr");
        Assert.True(code == 0, text);
        return await File.ReadAllBytesAsync(name + ".tsr", Now);
    }

    public async ValueTask DisposeAsync()
    {
        await _server.DisposeAsync();
        _folder.Dispose();
    }

    private async Task AnswerAsync(HttpContext context, byte[] query)
    {
        Assert.Equal("application/timestamp-query", context.Request.ContentType);
        context.Response.ContentType = "application/timestamp-reply";
        await context.Response.BodyWriter.WriteAsync(await ReplyAsync(query), context.RequestAborted);
    }

    private async Task MakeCertificatesAsync()
    {
        await File.WriteAllTextAsync(PathOf("tsa.cnf"), $"""
            [tsa]
            default_tsa = one
            [one]
            serial = {PathOf("serial")}
            crypto_device = builtin
            signer_cert = {PathOf("tsa.pem")}
            certs = {PathOf("ca.pem")}
            signer_key = {PathOf("tsa.key")}
            signer_digest = sha256
            default_policy = 1.2.3.4.1
            digests = sha256
            accuracy = secs:1
            ess_cert_id_alg = sha256
            [stamping]
            basicConstraints = critical, CA:false
            keyUsage = critical, digitalSignature
            extendedKeyUsage = critical, timeStamping

            """, Now);
        await File.WriteAllTextAsync(PathOf("serial"), "01\n", Now);
        await DoneAsync("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=Root of a test", "-keyout", PathOf("ca.key"), "-out", Root, "-days", "30");
        await DoneAsync("req", "-new", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=Time stamps of a test", "-keyout", PathOf("tsa.key"), "-out", PathOf("tsa.csr"));
        await DoneAsync("x509", "-req", "-in", PathOf("tsa.csr"), "-CA", Root, "-CAkey", PathOf("ca.key"), "-CAcreateserial", "-days", "30",
            "-extfile", PathOf("tsa.cnf"), "-extensions", "stamping", "-out", PathOf("tsa.pem"));
    }

    private string PathOf(string name) => Path.Combine(_folder.Path, name);

    private static async Task DoneAsync(params string[] arguments)
    {
        var (code, text) = await RunAsync(arguments);
        Assert.True(code == 0, text);
    }

    private static async Task<(int Code, string Text)> RunAsync(params string[] arguments)
    {
        var start = new ProcessStartInfo("openssl", arguments) { RedirectStandardOutput = true, RedirectStandardError = true };
        using var process = Process.Start(start)!; // Not null: no shell.
        var output = process.StandardOutput.ReadToEndAsync(Now);
        var errors = process.StandardError.ReadToEndAsync(Now);
        await process.WaitForExitAsync(Now);
        return (process.ExitCode, await output + await errors);
    }
}

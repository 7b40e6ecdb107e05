using System.Diagnostics;
using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Stoa.Tests.Architecture;
using Xunit;

namespace Stoa.Tests.Mqtt;

/// <summary>A client of somebody else, run as a program.</summary>
internal sealed class ClientProgram : IDisposable
{
    private readonly Process _process;
    private readonly Task<string> _output;
    private readonly Task<string> _errors;

    private ClientProgram(string file, IEnumerable<string> arguments)
    {
        var start = new ProcessStartInfo(file, arguments) { RedirectStandardOutput = true, RedirectStandardError = true };
        _process = Process.Start(start) ?? throw new InvalidOperationException($"{file} was not started.");
        _output = _process.StandardOutput.ReadToEndAsync();
        _errors = _process.StandardError.ReadToEndAsync();
    }

    internal static ClientProgram Start(string file, params string[] arguments) => new(file, arguments);

    internal static string PathOf(string script) => RepositoryFiles.PathOf("tests", "clients", script);

    /// <summary>What it printed, when it has ended with success.</summary>
    internal async Task<string> OutputAsync()
    {
        using var end = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        end.CancelAfter(TimeSpan.FromSeconds(30));
        await _process.WaitForExitAsync(end.Token);
        Assert.True(_process.ExitCode == 0, $"Exit code {_process.ExitCode}: {await _errors}{await _output}");
        return (await _output).Trim();
    }

    /// <summary>What it complained of, whatever its exit code.</summary>
    internal async Task<string> ErrorsAsync()
    {
        using var end = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        end.CancelAfter(TimeSpan.FromSeconds(30));
        await _process.WaitForExitAsync(end.Token);
        return await _errors;
    }

    public void Dispose()
    {
        if (!_process.HasExited) _process.Kill();
        _process.Dispose();
    }
}

/// <summary>A certificate for 127.0.0.1 that signs itself, as PEM files in a folder of its own.</summary>
internal sealed class TestCertificate : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("stoa-tls-");

    internal TestCertificate()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=localhost", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddIpAddress(IPAddress.Loopback);
        names.AddDnsName("localhost");
        request.CertificateExtensions.Add(names.Build());
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        using var certificate = request.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1));
        File.WriteAllText(Certificate, certificate.ExportCertificatePem());
        File.WriteAllText(Key, key.ExportPkcs8PrivateKeyPem());
    }

    internal string Certificate => Path.Combine(_folder.FullName, "certificate.pem");

    internal string Key => Path.Combine(_folder.FullName, "key.pem");

    internal (string Key, string Value)[] Settings =>
        [("mqtt.tlsListen", "127.0.0.1:0"), ("mqtt.certificate", Certificate), ("mqtt.key", Key)];

    public void Dispose() => _folder.Delete(recursive: true);
}

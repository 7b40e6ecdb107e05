using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Stoa.Host;

/// <summary>A certificate and its key in PEM files that somebody else renews.</summary>
internal sealed class CertificateFile
{
    // Renewing tools write once in weeks; within a minute is at once.
    private static readonly TimeSpan Looked = TimeSpan.FromMinutes(1);

    private readonly string _certificate;
    private readonly string _key;
    private readonly TimeProvider _time;
    private readonly Lock _gate = new();
    private X509Certificate2 _current;
    private DateTime _written;
    private long _checked;

    public CertificateFile(string certificate, string key, TimeProvider time)
    {
        _certificate = certificate;
        _key = key;
        _time = time;
        _written = Written();
        _current = Load();
        _checked = time.GetTimestamp();
    }

    /// <summary>The certificate as the file holds it now; the one before when the file cannot be read.</summary>
    public X509Certificate2 Current
    {
        get
        {
            lock (_gate)
            {
                if (_time.GetElapsedTime(_checked) < Looked) return _current;
                _checked = _time.GetTimestamp();
                try
                {
                    var written = Written();
                    if (written == _written) return _current;
                    _current = Load();
                    _written = written;
                }
                catch (Exception error) when (error is IOException or UnauthorizedAccessException or CryptographicException)
                {
                    // It is being replaced just now, or wrongly: the old one serves until it can be read.
                }

                return _current;
            }
        }
    }

    private DateTime Written()
    {
        var (certificate, key) = (File.GetLastWriteTimeUtc(_certificate), File.GetLastWriteTimeUtc(_key));
        return certificate > key ? certificate : key;
    }

    private X509Certificate2 Load() => X509Certificate2.CreateFromPemFile(_certificate, _key);
}

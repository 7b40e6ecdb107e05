using Microsoft.AspNetCore.Server.Kestrel.Core;
using Stoa.Host.Settings;

namespace Stoa.Host.Operations;

/// <summary>The limits of settings as the web server knows them.</summary>
internal static class KestrelLimits
{
    // A client that sends slower than this holds a connection for nothing; it is far below any mobile network.
    private const double BytesPerSecondMin = 240;

    public static void Set(KestrelServerOptions kestrel, LimitSettings limits)
    {
        kestrel.AddServerHeader = false;
        kestrel.AllowSynchronousIO = false;
        kestrel.Limits.MaxRequestBodySize = limits.BodyBytes;
        kestrel.Limits.MaxConcurrentConnections = limits.Connections;
        kestrel.Limits.MaxConcurrentUpgradedConnections = limits.Connections;
        kestrel.Limits.MaxRequestHeadersTotalSize = limits.HeaderBytes;
        kestrel.Limits.MaxRequestLineSize = limits.RequestLineBytes;
        // A line that does not fit into the buffer would never be complete.
        kestrel.Limits.MaxRequestBufferSize = Math.Max(1 << 20, limits.RequestLineBytes);
        kestrel.Limits.RequestHeadersTimeout = limits.HeaderTime;
        kestrel.Limits.KeepAliveTimeout = limits.KeepAliveTime;
        kestrel.Limits.MinRequestBodyDataRate = new MinDataRate(BytesPerSecondMin, TimeSpan.FromSeconds(5));
    }
}

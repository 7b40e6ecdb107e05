using System.Diagnostics.CodeAnalysis;

namespace Stoa.Ledger.Anchoring;

/// <summary>What servers of others are asked with: addresses of the operator, no redirects, answers with a time and a size.</summary>
internal static class OutsideHttp
{
    [SuppressMessage("Reliability", "CA2000", Justification = "The client disposes of its handler.")]
    public static HttpClient Client() => new(new SocketsHttpHandler
    {
        AllowAutoRedirect = false, UseCookies = false, ConnectTimeout = AnchoringLimits.AnswerTimeMax, PooledConnectionLifetime = TimeSpan.FromMinutes(5),
    })
    {
        Timeout = AnchoringLimits.AnswerTimeMax, MaxResponseContentBufferSize = AnchoringLimits.AnswerBytesMax,
    };
}

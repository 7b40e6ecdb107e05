using System.Text;
using Stoa.Vocabulary;

namespace Stoa.Sensing.Http;

/// <summary>One address under which the SensorThings interface is reached: the whole, or one dataset of it.</summary>
/// <param name="Url">Absolute address without a slash at the end.</param>
/// <param name="Slug">The dataset in the address; null for the whole.</param>
internal sealed record ServiceRoot(string Url, string? Slug)
{
    internal const string UnscopedPath = "sensorthings/v1.1";

    /// <summary>The address as UTF-8, for links.</summary>
    internal byte[] Utf8 { get; } = Encoding.UTF8.GetBytes(Url);

    internal static ServiceRoot Unscoped(Uri baseAddress) => new($"{baseAddress}{UnscopedPath}", null);

    internal static ServiceRoot Of(Uri baseAddress, string slug) =>
        new($"{baseAddress}datasets/{slug}/{UnscopedPath}", slug);
}

/// <summary>Who asks at which address, and what may be seen there.</summary>
internal sealed record Caller(ServiceRoot Root, AccessScope Read);

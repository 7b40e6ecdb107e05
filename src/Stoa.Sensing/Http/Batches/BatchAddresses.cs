using Stoa.Vocabulary;

namespace Stoa.Sensing.Http.Batches;

/// <summary>Reads the addresses of parts: OGC 18-088, 11.2, allows relative ones, absolute paths and absolute ones.</summary>
/// <param name="baseAddress">The configured base address; ends in a slash. Another server is never asked.</param>
/// <param name="slug">The dataset under which the batch came, to which relative addresses belong; null for the whole.</param>
internal sealed class BatchAddresses(Uri baseAddress, string? slug)
{
    private readonly string _base = baseAddress.ToString();
    private readonly string _basePath = baseAddress.AbsolutePath;

    /// <summary>The root, the path below it, decoded, and the query with its question mark.</summary>
    internal Result<PartAddress> Read(string url)
    {
        if (url.Length is 0 or > BatchLimits.AddressCharsMax) return BatchProblems.ForeignAddress(url);
        var question = url.IndexOf('?', StringComparison.Ordinal);
        var query = question < 0 ? "" : url[question..];
        var text = question < 0 ? url : url[..question];
        if (url.Contains('#', StringComparison.Ordinal) && text.Contains('#', StringComparison.Ordinal))
            return BatchProblems.ForeignAddress(url);
        if (text.StartsWith(_base, StringComparison.OrdinalIgnoreCase)) return Below(text[_base.Length..], query, url);
        if (text.Contains("://", StringComparison.Ordinal) || text.StartsWith("//", StringComparison.Ordinal))
            return BatchProblems.ForeignAddress(url);
        // Some clients write a reference from the root of the server; the standard's examples write it without.
        if (text.StartsWith("/$", StringComparison.Ordinal)) return Checked(slug, text[1..], query, url);
        if (text.StartsWith(_basePath, StringComparison.Ordinal) && _basePath.Length > 0 && text.StartsWith('/'))
            return Below(text[_basePath.Length..], query, url);
        return text.StartsWith('/') ? BatchProblems.ForeignAddress(url) : Checked(slug, text, query, url);
    }

    private static Result<PartAddress> Below(string path, string query, string url)
    {
        const string root = ServiceRoot.UnscopedPath;
        const string datasets = "datasets/";
        string? dataset = null;
        if (path.StartsWith(datasets, StringComparison.Ordinal))
        {
            var end = path.IndexOf('/', datasets.Length);
            if (end < 0) return BatchProblems.ForeignAddress(url);
            dataset = Uri.UnescapeDataString(path[datasets.Length..end]);
            path = path[(end + 1)..];
        }

        if (!path.StartsWith(root, StringComparison.Ordinal)) return BatchProblems.ForeignAddress(url);
        path = path[root.Length..];
        if (path.Length > 0 && path[0] != '/') return BatchProblems.ForeignAddress(url);
        return Checked(dataset, path.TrimStart('/'), query, url);
    }

    private static Result<PartAddress> Checked(string? slug, string path, string query, string url)
    {
        var decoded = Uri.UnescapeDataString(path).TrimEnd('/');
        // Web servers resolve these before anybody sees them; here they would be taken for names.
        return decoded.Split('/').Any(segment => segment is "." or "..")
            ? BatchProblems.ForeignAddress(url)
            : new PartAddress(slug, decoded, query);
    }
}

/// <summary>Where a part goes.</summary>
/// <param name="Slug">The dataset in the address; null for the whole.</param>
/// <param name="Path">Below the service root, decoded, without a slash at either end.</param>
/// <param name="Query">With its question mark, as it was written; empty when there is none.</param>
internal readonly record struct PartAddress(string? Slug, string Path, string Query);

namespace Stoa.Sensing.Mqtt.SensorThings;

/// <summary>A SensorThings topic taken apart: the same addresses as over HTTP, without the host.</summary>
/// <param name="Slug">The dataset in the address; null for the whole.</param>
/// <param name="Path">The resource path behind the version.</param>
/// <param name="Query">Query options without the question mark; empty when there are none.</param>
/// <remarks>
/// OGC 18-088, 14: the topic is the version and the resource path, <c>v1.1/Datastreams(1)/Observations</c>. Taken too:
/// <c>sensorthings/v1.1/…</c>, <c>datasets/{slug}/v1.1/…</c> and <c>datasets/{slug}/sensorthings/v1.1/…</c>, so that the
/// path of an HTTP address is a topic.
/// </remarks>
internal readonly record struct TopicAddress(string? Slug, string Path, string Query)
{
    private const string Datasets = "datasets/";
    private const string Service = "sensorthings/";
    private const string Version = "v1.1";

    /// <summary>Whether the text begins as a SensorThings topic does.</summary>
    internal static bool Owns(ReadOnlySpan<char> topic) => Split(topic, out _, out _);

    /// <summary>Takes a topic apart that <see cref="Owns"/>.</summary>
    internal static TopicAddress Of(ReadOnlySpan<char> topic)
    {
        Split(topic, out var slug, out var rest);
        var question = rest.IndexOf('?');
        return new(
            slug.IsEmpty ? null : slug.ToString(),
            (question < 0 ? rest : rest[..question]).ToString(),
            question < 0 ? "" : rest[(question + 1)..].ToString());
    }

    private static bool Split(ReadOnlySpan<char> topic, out ReadOnlySpan<char> slug, out ReadOnlySpan<char> rest)
    {
        slug = rest = default;
        if (topic.StartsWith(Datasets))
        {
            topic = topic[Datasets.Length..];
            var slash = topic.IndexOf('/');
            if (slash <= 0) return false;
            slug = topic[..slash];
            topic = topic[(slash + 1)..];
        }

        if (topic.StartsWith(Service)) topic = topic[Service.Length..];
        if (!topic.StartsWith(Version)) return false;
        rest = topic[Version.Length..];
        if (rest.IsEmpty) return true;
        if (rest[0] != '/') return false;
        rest = rest[1..];
        return true;
    }
}

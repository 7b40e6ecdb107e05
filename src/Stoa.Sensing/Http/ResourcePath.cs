using System.Globalization;
using Stoa.Query;
using Stoa.Sensing.Schema;
using Stoa.Storage.Translation;
using Stoa.Vocabulary;

namespace Stoa.Sensing.Http;

/// <summary>How a path ends.</summary>
internal enum PathEnd
{
    /// <summary>A set of entities, or one.</summary>
    Entities,

    /// <summary>/$ref: links alone.</summary>
    References,

    /// <summary>A property of one entity, as JSON.</summary>
    Property,

    /// <summary>A property of one entity, raw: /$value.</summary>
    RawValue,
}

/// <summary>A resource path: from a set over keys and relations to entities or to a property.</summary>
/// <param name="Steps">Sets and relations with their keys.</param>
/// <param name="End">How it ends.</param>
/// <param name="Property">The property, where it ends in one.</param>
/// <param name="Inside">Members inside the property: <c>properties/owner/name</c>.</param>
/// <remarks>OGC 18-088, 9.2 (req/resource-path/resource-path-to-entities).</remarks>
internal sealed record ResourcePath(
    IReadOnlyList<PathStep> Steps, PathEnd End, EntityProperty? Property, IReadOnlyList<string> Inside)
{
    // Longer paths than the data model has relations say nothing new.
    internal const int StepsMax = 12;

    internal EntityType Entity => Steps[^1].Entity;

    /// <summary>
    /// The key in <c>Things(externalKey='abc')</c> at the beginning; null when there is none. Until <see cref="At"/> has put an id in
    /// its place the path leads to nothing.
    /// </summary>
    internal string? ExternalKey { get; init; }

    /// <summary>The path with the id for which its external key stands.</summary>
    internal ResourcePath At(long id) =>
        this with { Steps = [Steps[0] with { Key = id }, .. Steps.Skip(1)], ExternalKey = null };

    /// <summary>Whether the path leads to one entity rather than a set.</summary>
    internal bool IsSingle => Steps[^1].Key is not null || Steps[^1].Via is { IsMany: false };

    /// <summary>Reads a path below the service root, without a slash at either end.</summary>
    /// <returns>The path; 404 for what the data model does not have, 400 for an id that is not a whole number.</returns>
    internal static Result<ResourcePath> Parse(ReadOnlySpan<char> text)
    {
        if (ReadKey(ref text, out var first) is not { } key) return Parse(text, []);
        if (first is null) return Problem.NotFound();
        return Parse(text, [first.Value]).TryGet(out var path, out var problem) ? path with { ExternalKey = key } : problem;
    }

    /// <summary>Takes <c>Things(externalKey='abc')</c> off the beginning of a path, quotes in the key doubled.</summary>
    private static string? ReadKey(ref ReadOnlySpan<char> text, out PathStep? first)
    {
        const string opening = "(externalKey='";
        first = null;
        var start = text.IndexOf(opening, StringComparison.Ordinal);
        if (start < 0 || text[..start].Contains('/')) return null;
        var rest = text[(start + opening.Length)..];
        var end = rest.IndexOf("')", StringComparison.Ordinal);
        while (end >= 0 && end + 2 < rest.Length && rest[end + 2] != '/')
            end = rest[(end + 1)..].IndexOf("')", StringComparison.Ordinal) is var next and >= 0 ? end + 1 + next : -1;
        if (end < 0) return null;
        if (SensorThingsSchema.Schema.FindSet(text[..start].ToString()) is { } set) first = new PathStep(set, null, NoId);
        // A slash inside arrives encoded, since the web server cannot tell it from others.
        var key = rest[..end].ToString().Replace("''", "'", StringComparison.Ordinal)
            .Replace("%2F", "/", StringComparison.OrdinalIgnoreCase);
        text = end + 2 < rest.Length ? rest[(end + 3)..] : [];
        return key;
    }

    // Ids are given from 1.
    private const long NoId = 0;

    private static Result<ResourcePath> Parse(ReadOnlySpan<char> text, List<PathStep> steps)
    {
        while (!text.IsEmpty)
        {
            var slash = text.IndexOf('/');
            var segment = slash < 0 ? text : text[..slash];
            text = slash < 0 ? [] : text[(slash + 1)..];
            if (steps.Count == StepsMax) return Problem.NotFound();
            if (segment is "$ref" && text.IsEmpty && steps.Count > 0)
                return new ResourcePath(steps, PathEnd.References, null, []);
            var outcome = ParseStep(segment, steps);
            if (!outcome.TryGet(out var step, out var problem)) return problem;
            if (step is { } found)
            {
                steps.Add(found);
                continue;
            }

            return ParseProperty(segment, text, steps);
        }

        return steps.Count == 0 ? Problem.NotFound() : new ResourcePath(steps, PathEnd.Entities, null, []);
    }

    /// <summary>A set or relation; null where the segment may be a property.</summary>
    private static Result<PathStep?> ParseStep(ReadOnlySpan<char> segment, List<PathStep> steps)
    {
        var name = segment;
        long? key = null;
        var open = segment.IndexOf('(');
        if (open > 0)
        {
            if (segment[^1] != ')') return Malformed(segment);
            name = segment[..open];
            var id = segment[(open + 1)..^1];
            if (!long.TryParse(id, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var value))
                return id.IsEmpty || id[0] is '\'' || char.IsAsciiLetter(id[0]) || IsTooBig(id)
                    ? Problem.NotFound()
                    : Malformed(segment);
            key = value;
        }

        if (steps.Count == 0)
            return SensorThingsSchema.Schema.FindSet(name.ToString()) is { } set
                ? Result<PathStep?>.Of(new PathStep(set, null, key))
                : Problem.NotFound();
        var last = steps[^1];
        var isSingle = last.Key is not null || last.Via is { IsMany: false };
        if (!isSingle) return Problem.NotFound();
        if (last.Entity.FindNavigation(name.ToString()) is not { } navigation)
            return open > 0 ? Problem.NotFound() : Result<PathStep?>.Of(null);
        if (key is not null && !navigation.IsMany) return Problem.NotFound();
        return Result<PathStep?>.Of(new PathStep(navigation.Target, navigation, key));
    }

    private static Result<ResourcePath> ParseProperty(ReadOnlySpan<char> segment, ReadOnlySpan<char> rest, List<PathStep> steps)
    {
        var name = segment is "@iot.id" ? "id" : segment.ToString();
        if (steps[^1].Entity.FindProperty(name) is not { } property) return Problem.NotFound();
        var inside = new List<string>();
        while (!rest.IsEmpty)
        {
            var slash = rest.IndexOf('/');
            var part = slash < 0 ? rest : rest[..slash];
            rest = slash < 0 ? [] : rest[(slash + 1)..];
            if (part is "$value" && rest.IsEmpty) return new ResourcePath(steps, PathEnd.RawValue, property, inside);
            if (!property.HasInside || inside.Count == StepsMax) return Problem.NotFound();
            inside.Add(part.ToString());
        }

        return new ResourcePath(steps, PathEnd.Property, property, inside);
    }

    // A number beyond 64 bits is an id that does not exist, not a mistake in writing.
    private static bool IsTooBig(ReadOnlySpan<char> id) => id.TrimStart('-').IndexOfAnyExceptInRange('0', '9') < 0;

    private static Problem Malformed(ReadOnlySpan<char> segment) =>
        Problem.BadRequest("invalid-path", "The address cannot be read",
            $"{(segment.Length > 80 ? segment[..80] : segment)} is not a set with an id in parentheses, such as Things(1).");
}

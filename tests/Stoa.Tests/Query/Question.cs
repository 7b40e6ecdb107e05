using System.Globalization;
using Stoa.Query;
using Stoa.Sensing.Schema;
using Stoa.Storage.Translation;
using Stoa.Vocabulary;

namespace Stoa.Tests.Query;

/// <summary>What a client asks by an address, such as <c>Things(1)/Datastreams?$top=1</c>, as requests for the ids of rows.</summary>
internal static class Question
{
    internal static List<PathStep> PathOf(string path)
    {
        var steps = new List<PathStep>();
        foreach (var segment in path.Split('/'))
        {
            var bracket = segment.IndexOf('(', StringComparison.Ordinal);
            var name = bracket < 0 ? segment : segment[..bracket];
            long? key = bracket < 0 ? null : long.Parse(segment[(bracket + 1)..^1], CultureInfo.InvariantCulture);
            var via = steps.Count == 0 ? null : steps[^1].Entity.FindNavigation(name);
            var type = via?.Target ?? SensorThingsSchema.Schema.FindSet(name);
            steps.Add(new(type ?? throw new InvalidOperationException(path), via, key));
        }

        return steps;
    }

    internal static ReadRequest Read(string question, AccessScope scope)
    {
        var parts = question.Split('?', 2);
        var path = PathOf(parts[0]);
        return Of(new() { Path = path, Scope = scope }, QueryStore.Bind(path[^1].Entity, parts.ElementAtOrDefault(1) ?? ""));
    }

    /// <summary>What is asked for, and then all that is expanded in it.</summary>
    internal static IEnumerable<ReadRequest> ReadWithExpanded(string question, AccessScope scope)
    {
        var request = Read(question, scope);
        return Expanded(request.Query!, scope).Prepend(request); // Read gives it a query.
    }

    private static IEnumerable<ReadRequest> Expanded(BoundQuery query, AccessScope scope) => query.Expand.SelectMany(expand =>
        Expanded(expand.Query, scope).Prepend(Of(ReadRequest.OfChildren(expand.Navigation, scope), expand.Query)));

    private static ReadRequest Of(ReadRequest request, BoundQuery query) =>
        request with { Query = query, Columns = [new("id")], Limit = query.Top + 1L };
}

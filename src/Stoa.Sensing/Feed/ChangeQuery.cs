using System.Security.Cryptography;
using System.Text;
using Stoa.Query;
using Stoa.Query.OData;
using Stoa.Sensing.Http;
using Stoa.Sensing.Observations;
using Stoa.Storage.Translation;
using Stoa.Vocabulary;

namespace Stoa.Sensing.Feed;

/// <summary>A query whose changes can be followed: which entities belong to it is decided by each entity alone.</summary>
/// <param name="Steps">The set or relation.</param>
/// <param name="Query">$filter and $select; the id is always selected, since changes are told by it.</param>
/// <param name="Options">The options as they came, without places.</param>
internal sealed record ChangeQuery(IReadOnlyList<PathStep> Steps, BoundQuery Query, string Options)
{
    internal const string PlaceOption = "$deltatoken";

    private static readonly string[] Derived = ["phenomenonTime", "resultTime", "observedArea"];

    internal EntityType Entity => Steps[^1].Entity;

    internal bool IsOfObservations => Entity.SetName == "Observations";

    /// <summary>Whether new observations change what is told: derived values of Datastreams that are shown or asked for.</summary>
    internal bool ShowsDerived =>
        Entity.SetName is "Datastreams" or "MultiDatastreams" &&
        (FilterNames(Derived) || Derived.Any(name => Query.Shows(Entity.FindProperty(name)!))); // Both kinds have them.

    /// <summary>Whether a Datastream may come or go by what is derived for it.</summary>
    internal bool FiltersDerived => FilterNames(Derived);

    /// <summary>Stands for the one Datastream or MultiDatastream whose observations are followed; null for others.</summary>
    internal SeriesKey? Series => Steps.Count > 1 && Steps[^2] is { Key: { } key, Entity.SetName: var set } && IsOfObservations
        ? set switch
        {
            "Datastreams" => SeriesKey.OfDatastream(key),
            "MultiDatastreams" => SeriesKey.OfMultiDatastream(key),
            _ => null,
        }
        : null;

    /// <summary>Reads the options of a request; a problem for what cannot be followed.</summary>
    /// <param name="path">Where it goes.</param>
    /// <param name="queryString">As it came.</param>
    /// <param name="limits">Bounds of a query.</param>
    /// <param name="now">For functions; <c>now()</c> itself is refused.</param>
    internal static Result<ChangeQuery> Parse(ResourcePath path, string? queryString, QueryLimits limits, Instant now)
    {
        if (path.End != PathEnd.Entities || path.IsSingle ||
            path.Steps.SkipLast(1).Any(step => step.Key is null || step.Via is { IsMany: false }))
            return ChangeProblems.NotFollowed("sets such as Things, and relations to many such as Things(1)/Datastreams");
        var text = Without(queryString, PlaceOption);
        if (!ODataQuery.Parse(text, limits).TryGet(out var options, out var problem)) return problem;
        if (options is not { Expand.Count: 0, Skip: null, ResultFormat: null, ResultMetadata: null or "full" })
            return ChangeProblems.NotFollowed("queries without $expand, $skip, $resultFormat and $resultMetadata");
        if (options.Filter is { } filter && CallsNow(filter))
            return ChangeProblems.NotFollowed("conditions without now(), which become true and false without a change");
        if (!QueryBinder.Bind(options, path.Entity, limits, now).TryGet(out var query, out problem)) return problem;
        if (query.Filter is { } bound && !IsOwn(bound, query.Row))
            return ChangeProblems.NotFollowed("conditions over the entity's own properties, not over its relations");
        if (!query.IsKeyset)
            return ChangeProblems.NotFollowed("orders by id, phenomenonTime or time, in which no row can be passed over");
        if (query.SelectedProperties is { } selected)
        {
            bool[] shown = [.. selected];
            shown[path.Entity.Id.Ordinal] = true;
            query = query with { SelectedProperties = shown };
        }

        return new ChangeQuery(path.Steps, query, text);
    }

    /// <summary>Stands for the query and for what is in sight: a place in the feed is good for both together alone.</summary>
    internal byte[] Fingerprint(ServiceRoot root, AccessScope scope)
    {
        var text = new StringBuilder(root.Slug).Append('\n');
        foreach (var step in Steps) text.Append(step.Via?.Name ?? step.Entity.SetName).Append('(').Append(step.Key).Append(")/");
        foreach (var (name, value, _) in Parts(Options))
            if (name is "$filter" or "$select") text.Append('\n').Append(name).Append('=').Append(value);
        text.Append('\n').Append(scope.IsEverything ? "*" : string.Join(',', scope.Datasets.ToArray()));
        return SHA256.HashData(Encoding.UTF8.GetBytes(text.ToString()))[..ChangeTokens.FingerprintBytes];
    }

    /// <summary>The options that go into a link to changes.</summary>
    internal string LinkOptions => string.Join('&', Parts(Options)
        .Where(part => part.Name is "$filter" or "$select" or "$top").Select(part => part.Text));

    /// <summary>The value of an option as it came, not decoded: for tokens, which need no escaping; null when absent.</summary>
    internal static string? Find(string? queryString, string option) =>
        Parts(queryString).Where(part => part.Name == option).Select(part => part.Text[(part.Text.IndexOf('=') + 1)..]).FirstOrDefault();

    private static string Without(string? queryString, string option) =>
        string.Join('&', Parts(queryString).Where(part => part.Name != option).Select(part => part.Text));

    private static IEnumerable<(string Name, string Value, string Text)> Parts(string? queryString) =>
        (queryString ?? "").TrimStart('?').Split('&', StringSplitOptions.RemoveEmptyEntries).Select(part =>
        {
            var equals = part.IndexOf('=');
            return equals < 0
                ? (Uri.UnescapeDataString(part), "", part + "=")
                : (Uri.UnescapeDataString(part[..equals]), Uri.UnescapeDataString(part[(equals + 1)..].Replace('+', ' ')), part);
        });

    private bool FilterNames(string[] properties) =>
        Query.Filter is { } filter && Any(filter, part => part is BoundProperty { Property.Name: var name } && properties.Contains(name));

    private static bool IsOwn(BoundExpression expression, QueryRow row) =>
        !Any(expression, part => part is BoundAny || (part is BoundProperty property && !ReferenceEquals(property.Row, row)));

    private static bool Any(BoundExpression expression, Func<BoundExpression, bool> isMeant) =>
        isMeant(expression) || expression switch
        {
            BoundLiteral or BoundProperty => false,
            BoundConversion { Operand: var operand } => Any(operand, isMeant),
            BoundCompare { Left: var left, Right: var right } => Any(left, isMeant) || Any(right, isMeant),
            BoundIsNull { Operand: var operand } => Any(operand, isMeant),
            BoundAnd { Operands: var operands } => operands.Any(operand => Any(operand, isMeant)),
            BoundOr { Operands: var operands } => operands.Any(operand => Any(operand, isMeant)),
            BoundNot { Operand: var operand } => Any(operand, isMeant),
            BoundAny { Condition: var condition } => Any(condition, isMeant),
            BoundIn { Operand: var operand } => Any(operand, isMeant),
            BoundArithmetic { Left: var left, Right: var right } => Any(left, isMeant) || Any(right, isMeant),
            BoundNegate { Operand: var operand } => Any(operand, isMeant),
            BoundCall { Arguments: var arguments } => arguments.Any(argument => Any(argument, isMeant)),
            // What is not known here may depend on anything.
            _ => true,
        };

    private static bool CallsNow(Expression expression) => expression switch
    {
        CallExpression { Function: QueryFunction.Now } => true,
        CallExpression { Arguments: var arguments } => arguments.Any(CallsNow),
        NotExpression { Operand: var operand } => CallsNow(operand),
        NegateExpression { Operand: var operand } => CallsNow(operand),
        BinaryExpression { Left: var left, Right: var right } => CallsNow(left) || CallsNow(right),
        InExpression { Operand: var operand, Items: var items } => CallsNow(operand) || items.Any(CallsNow),
        _ => false,
    };
}

/// <summary>Refusals of the change feed.</summary>
internal static class ChangeProblems
{
    internal static Problem NotFollowed(string what) => new(
        400, "changes-not-followed", "The changes of this query cannot be followed",
        $"Changes can be followed for {what}. Change the query, or leave the preference track-changes out.");

    internal static Problem Expired() => new(
        410, "changes-expired", "The changes since that place cannot be told any more",
        "Read the set anew with Prefer: odata.track-changes. The place is older than changes are kept, or belongs to another query, " +
        "or what you may see has changed since, or the server was restored from a backup.");

    internal static Problem NoPlace() => Problem.BadRequest(
        "malformed-query", "The query cannot be read",
        "The $deltatoken is not one that was given out here. Follow @iot.deltaLink as it is.").With("option", ChangeQuery.PlaceOption);

    internal static Problem TooManyStreams() => new(
        503, "too-many-streams", "Too many streams of changes are open",
        "Open the stream again later, or follow @iot.deltaLink from time to time.") { RetryAfterSeconds = 30 };
}

using System.Text.Json;

namespace Stoa.Conformance;

/// <summary>One check while it runs: what it may ask, make and demand.</summary>
internal sealed class Trial(ConformanceRun run, string name, CancellationToken cancellation)
{
    // A server whose nextLink never ends must not hold the run.
    private const int PagesMax = 200;

    private static readonly Dictionary<string, string> NoHeaders = [];
    private int _names;

    /// <summary>The last answer, for the report.</summary>
    public Reply? Last { get; private set; }

    /// <summary>Ends the wait.</summary>
    public CancellationToken Cancellation => cancellation;

    /// <summary>The service root, without a slash at the end.</summary>
    public string Root => run.Service.Root;

    /// <summary>The run that the check is part of.</summary>
    public ConformanceRun Run => run;

    /// <summary>Data that only reads use, made once a run.</summary>
    public Task<Sample> SampleAsync() => run.SampleAsync(cancellation);

    /// <summary>A name that nothing else has, and that says who made it.</summary>
    public string Name(string what) => $"{run.Marker} {name} {what} {++_names}";

    public Task<Reply> GetAsync(string address) => SendAsync(HttpMethod.Get, address, null);

    public Task<Reply> PostAsync(string address, string json) => SendAsync(HttpMethod.Post, address, json);

    public Task<Reply> PatchAsync(string address, string json, string contentType = "application/json") =>
        SendAsync(HttpMethod.Patch, address, json, contentType);

    public Task<Reply> PutAsync(string address, string json) => SendAsync(HttpMethod.Put, address, json);

    public Task<Reply> DeleteAsync(string address) => SendAsync(HttpMethod.Delete, address, null);

    public async Task<Reply> SendAsync(
        HttpMethod method, string address, string? body, string contentType = "application/json",
        IReadOnlyDictionary<string, string>? headers = null)
    {
        Last = await run.Service.SendAsync(method, address, body, contentType, headers ?? NoHeaders, cancellation);
        if (Last.Status is 401 or 403 or 429 or 502 or 503 or 504)
            throw new CannotRun($"{method} {address} was answered {Last.Status}: {Shortened(Last.Text)}");
        return Last;
    }

    /// <summary>Keeps what came another way, such as over MQTT, for the report.</summary>
    public Reply Keep(Reply reply) => Last = reply;

    /// <summary>GET that must be answered 200 with JSON.</summary>
    public async Task<JsonElement> ReadAsync(string address) => (await GetAsync(address)).Must(200).Json;

    /// <summary>GET of an entity.</summary>
    public Task<JsonElement> ReadAsync(Entity entity) => ReadAsync(entity.Path);

    /// <summary>The members of a set, through all of its pages.</summary>
    public async Task<IReadOnlyList<JsonElement>> AllAsync(string address)
    {
        var all = new List<JsonElement>();
        var page = await ReadAsync(address);
        for (var pages = 1; ; pages++)
        {
            all.AddRange(page.Items("value"));
            if (page.Known("@iot.nextLink") is null) return all;
            if (pages == PagesMax) throw new CheckFailure($"The pages did not end after {PagesMax}.");
            page = await ReadAsync(page.Text("@iot.nextLink"));
        }
    }

    /// <summary>POST of JSON to a set; the entity that the Location header names.</summary>
    public async Task<Entity> CreateAsync(string address, string json)
    {
        var reply = (await PostAsync(address, json)).Must(201, 204);
        return Made(reply);
    }

    /// <summary>The entity that a creation answered with; it is removed at the end of the run.</summary>
    public Entity Made(Reply reply)
    {
        var location = reply.Header("Location");
        if (location.Length == 0) throw new CheckFailure("The answer to a creation must have a Location header.",
            reply);
        return Adopt(Entity.At(location));
    }

    /// <summary>An entity that a request of this check made; it is removed at the end of the run.</summary>
    public Entity Adopt(Entity entity)
    {
        run.Made.Add(entity);
        return entity;
    }

    /// <summary>Fails the check unless this is so.</summary>
    /// <param name="holds">What must hold.</param>
    /// <param name="why">What is wrong if it does not: a whole sentence.</param>
    public static void Must(bool holds, string why)
    {
        if (!holds) throw new CheckFailure(why);
    }

    /// <summary>Fails the check unless both are the same.</summary>
    public static void MustBe<T>(T expected, T actual, string what) =>
        Must(EqualityComparer<T>.Default.Equals(expected, actual), $"{what} must be {expected}, it was {actual}.");

    /// <summary>Fails the check unless both lists are the same, in that order.</summary>
    public static void MustList<T>(IEnumerable<T> expected, IEnumerable<T> actual, string what)
    {
        var (left, right) = (expected.ToList(), actual.ToList());
        Must(left.SequenceEqual(right),
            $"{what} must be [{string.Join(", ", left)}], was [{string.Join(", ", right)}].");
    }

    /// <summary>The same entity, by its own link.</summary>
    public static void MustBe(Entity expected, JsonElement actual, string what) =>
        MustBe(expected.Path, Entity.Of(actual).Path, what);

    private static string Shortened(string text) => text.Length <= 200 ? text : text[..200] + " …";
}

using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text.Json;
using Stoa.Conformance.Mqtt;

namespace Stoa.Conformance;

/// <summary>What to test, and how.</summary>
/// <param name="Root">The service root: the address of the landing page, such as <c>https://example.org/v1.1</c>.</param>
public sealed record RunOptions(Uri Root)
{
    /// <summary>Bearer token that may create, change and delete; null: without.</summary>
    public string? Token { get; init; }

    /// <summary>HOST:PORT of the MQTT server; null: the one that the landing page names.</summary>
    public string? Mqtt { get; init; }

    /// <summary>Also try what the server does not list.</summary>
    public bool IncludeUnclaimed { get; init; }
}

/// <summary>One run of the suite against one server.</summary>
/// <remarks>It works with what it makes itself, under names of its own, and removes exactly that at the end.</remarks>
public sealed class ConformanceRun : IAsyncDisposable
{
    private readonly SemaphoreSlim _gate = new(1, 1);
    private Task<Sample>? _sample;

    private ConformanceRun(RunOptions options, Service service, JsonElement landing)
    {
        Options = options;
        Service = service;
        Landing = landing;
        Claims = ClaimsOf(landing);
        Marker = "stoa-conformance-" + Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(4));
    }

    /// <summary>What was asked for.</summary>
    public RunOptions Options { get; }

    /// <summary>What the landing page lists: requirement paths below <c>http://www.opengis.net/spec/</c>, other URIs
    /// whole.</summary>
    public IReadOnlyList<string> Claims { get; }

    /// <summary>The first word of every name that this run gives.</summary>
    public string Marker { get; }

    internal Service Service { get; }

    internal JsonElement Landing { get; }

    internal ConcurrentBag<Entity> Made { get; } = [];

    /// <summary>Reads the landing page.</summary>
    /// <exception cref="SuiteException">There is no SensorThings service at this address.</exception>
    public static async Task<ConformanceRun> StartAsync(RunOptions options, CancellationToken cancellation)
    {
        var service = new Service(options.Root, options.Token);
        try
        {
            var reply = await service.SendAsync(
                HttpMethod.Get, "", null, "", new Dictionary<string, string>(), cancellation);
            if (reply.Status == 401)
                throw new SuiteException($"{service.Root} asks for credentials. Name a token with --token.");
            if (reply.Status != 200)
                throw new SuiteException(
                    $"{service.Root} answers {reply.Status}. Name the service root, which ends in /v1.1, with --base.");
            if (!reply.Json.Has("value"))
                throw new SuiteException(
                    $"{service.Root} has no landing page of SensorThings: the member 'value' is missing.");
            return new ConformanceRun(options, service, reply.Json);
        }
        catch (Exception error) when (error is HttpRequestException or IOException or OperationCanceledException
            && !cancellation.IsCancellationRequested)
        {
            service.Dispose();
            throw new SuiteException($"{service.Root} does not answer: {error.Message}", error);
        }
        catch (CheckFailure failure)
        {
            service.Dispose();
            throw new SuiteException($"{service.Root}: {failure.Message}", failure);
        }
    }

    /// <summary>Whether the landing page lists the requirement, its class, or all classes above (OGC 18-088, 9.2.1).</summary>
    /// <remarks>A server without a list is taken to claim everything, since nothing else can be known.</remarks>
    public bool IsClaimed(string requirement) => Claims.Count == 0 || Claims.Any(claim =>
        requirement == claim || requirement.StartsWith(claim + "/", StringComparison.Ordinal));

    /// <summary>Tries checks one after the other, and removes what that made, whatever happens.</summary>
    /// <param name="checks">The checks.</param>
    /// <param name="progress">Told each outcome as it is known.</param>
    /// <param name="cancellation">Ends the run early; what was made is removed all the same.</param>
    public async Task<Report> TryAllAsync(
        IReadOnlyList<Check> checks, IProgress<Outcome> progress, CancellationToken cancellation)
    {
        var clock = Stopwatch.StartNew();
        var outcomes = new List<Outcome>();
        IReadOnlyList<string> left;
        try
        {
            foreach (var check in checks)
            {
                outcomes.Add(await TryAsync(check, cancellation));
                progress.Report(outcomes[^1]);
            }
        }
        finally
        {
            left = await CleanAsync(CancellationToken.None);
        }

        return new Report(Service.Root, Claims, outcomes, left, clock.Elapsed);
    }

    /// <summary>Tries one check.</summary>
    public async Task<Outcome> TryAsync(Check check, CancellationToken cancellation)
    {
        if (check.Kind != CheckKind.Extension && !Options.IncludeUnclaimed && !IsClaimed(check.Requirement))
            return new Outcome(check, Verdict.NotClaimed, "The landing page does not list this requirement.", "", "",
                TimeSpan.Zero);
        var trial = new Trial(this, check.Name, cancellation);
        var clock = Stopwatch.StartNew();
        var (verdict, why, shown) = await TryAsync(check, trial, cancellation);
        shown = verdict == Verdict.Passed ? null : shown ?? trial.Last;
        return new Outcome(check, verdict, why, shown?.Request ?? "", shown?.Answer ?? "", clock.Elapsed);
    }

    private async Task<(Verdict, string, Reply?)> TryAsync(Check check, Trial trial, CancellationToken cancellation)
    {
        try
        {
            await check.Body(trial);
            return (Verdict.Passed, "", null);
        }
        catch (CheckFailure failure)
        {
            // What nobody lists and what is refused is simply not offered.
            var isRefused = check.Kind == CheckKind.Extension && !Claims.Contains(check.Requirement) &&
                (failure.Reply ?? trial.Last)?.Status is 400 or 404 or 405 or 415 or 501;
            return isRefused
                ? (Verdict.NotClaimed, "The server does not offer this.", failure.Reply)
                : (Verdict.Failed, failure.Message, failure.Reply);
        }
        catch (CannotRun missing)
        {
            return (Verdict.CouldNotRun, missing.Message, null);
        }
        catch (Exception error) when (
            error is HttpRequestException or IOException or SocketException or TimeoutException ||
            (error is OperationCanceledException && !cancellation.IsCancellationRequested))
        {
            return (Verdict.CouldNotRun, $"No answer came: {error.Message}", null);
        }
        catch (Exception error) when (error is InvalidOperationException or FormatException or ArgumentException)
        {
            // JSON of another kind than the clause says, such as text where an object must be.
            return (Verdict.Failed, $"The answer has another form than the clause says: {error.Message}", null);
        }
    }

    internal async Task<Sample> SampleAsync(CancellationToken cancellation)
    {
        await _gate.WaitAsync(cancellation);
        try
        {
            _sample ??= Sample.MakeAsync(new Trial(this, "sample", cancellation));
            return await _sample;
        }
        catch (CheckFailure failure)
        {
            var shown = failure.Reply is { } reply ? $" {reply.Request} was answered {reply.Answer}" : "";
            throw new CannotRun($"The data to read could not be made: {failure.Message}{shown}");
        }
        finally
        {
            _gate.Release();
        }
    }

    /// <summary>Where the server speaks MQTT: as the options say, else as the landing page says (OGC 18-088, 14).</summary>
    internal MqttAddress MqttAddress(string requirement) => Options.Mqtt is { } given
        ? Mqtt.MqttAddress.Parse(given)
        : Mqtt.MqttAddress.OfLandingPage(Landing, requirement);

    /// <summary>Removes what the run made.</summary>
    /// <returns>What could not be removed, by address.</returns>
    public Task<IReadOnlyList<string>> CleanAsync(CancellationToken cancellation) =>
        new Cleaning(this).RunAsync(cancellation);

    /// <summary>Closes connections; does not remove anything.</summary>
    public ValueTask DisposeAsync()
    {
        Service.Dispose();
        _gate.Dispose();
        return ValueTask.CompletedTask;
    }

    private static List<string> ClaimsOf(JsonElement landing) =>
        landing.Known("serverSettings")?.Known("conformance") is { ValueKind: JsonValueKind.Array } list
            ? [.. list.EnumerateArray().Where(uri => uri.ValueKind == JsonValueKind.String).Select(uri =>
                Requirements.PathOf(uri.GetString()!))]
            : [];
}

using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Stoa.Sensing.Schema;
using Stoa.Sharing.Agreements;
using Stoa.Sharing.Policy;
using Stoa.Sharing.Records;
using Stoa.Storage.Translation;
using Stoa.Tests.Sharing;
using Stoa.Vocabulary;
using Xunit;

namespace Stoa.Tests.Narrowing;

/// <summary>A town whose dataset <c>narrow</c> several organizations use, each under an agreement that leaves another part of it.</summary>
public sealed class ConsumersOfParts : IAsyncLifetime
{
    // Unix seconds of 07:11:13, and with them the milliseconds that the map gives.
    internal const string MomentInSeconds = "1772694673";

    private readonly Dictionary<string, string> _tokens = [];

    internal static readonly Dictionary<string, Func<AgreementTerms, AgreementTerms>> Agreed = new()
    {
        ["fields"] = terms => terms with
        {
            Fields = ["Observations/result", "Observations/phenomenonTime", "Datastreams/name", "Things/properties/height", "Locations/location"],
        },
        ["coarse"] = terms => terms with { Granularity = new(1000, 3600, 0) },
        ["window"] = terms => terms with { DataUntil = At("2026-03-05T12:00:00Z") },
        ["results alone"] = terms => terms with { Fields = ["Observations/result"] },
        ["names alone"] = terms => terms with { Fields = ["Things/name", "Datastreams/unitOfMeasurement/symbol"] },
        ["elsewhere"] = terms => terms with { Area = new(0, 0, 1_000_000, 1_000_000) },
    };

    internal SentinelTown Town { get; private set; } = null!; // By InitializeAsync, before any test.

    internal IReadOnlyDictionary<string, string> Tokens => _tokens;

    /// <summary>What must not be seen: fields that are not agreed, and exact values of what is coarse.</summary>
    internal static IEnumerable<(string Field, string Sentinel)> HiddenFrom(string consumer)
    {
        var terms = Agreed[consumer](Blank);
        foreach (var (field, sentinel) in SentinelTown.Fields)
        {
            var isTime = sentinel.Contains(':', StringComparison.Ordinal);
            var isPlace = sentinel.StartsWith("13.", StringComparison.Ordinal);
            var isAgreed = terms.Fields is not { } fields || fields.Any(name => field == name || field.StartsWith(name + "/", StringComparison.Ordinal));
            if (isAgreed && !(isTime && terms.Granularity.TimeSeconds > 0) && !(isPlace && terms.Granularity.SpaceMetres > 0) &&
                terms.Area is null) continue;
            yield return (field, sentinel);
            if (field == "Observations/phenomenonTime") yield return (field, MomentInSeconds);
            if (field == "Observations/result") yield return (field, "771.1");
            if (field == "Locations/location") yield return (field, "13.37777");
        }
    }

    private static AgreementTerms Blank => new()
    {
        Id = default, Version = 1, Provider = default, Consumer = default, Datasets = [], Purposes = [], ValidFrom = default, ValidTo = default,
    };

    /// <summary>A town with some of the consumers alone.</summary>
    internal static async Task<ConsumersOfParts> StartAsync(Secrets? secrets, TimeProvider time, params IEnumerable<string> names)
    {
        var made = new ConsumersOfParts();
        await made.MakeAsync(secrets, time, names);
        return made;
    }

    public async ValueTask InitializeAsync() => await MakeAsync(null, TimeProvider.System, Agreed.Keys);

    private async Task MakeAsync(Secrets? secrets, TimeProvider time, IEnumerable<string> names)
    {
        Town = await SentinelTown.StartAsync(secrets, time, SpectrumClass.Closed);
        var city = GovernedCity.Of(Town.Exchange);
        var owner = await city.OrganizationAsync("keeper");
        (await Town.Exchange.PatchJsonAsync("/api/v1/datasets/narrow", """{"owner":"keeper"}""")).ShouldBe(200);
        var consumers = new Dictionary<string, PartyId>();
        foreach (var name in names) consumers[name] = await city.OrganizationAsync("consumer-" + name.Replace(' ', '-'));
        await city.ClassifyAsync(Town.Narrow, SpectrumClass.SharedSpecific, [.. consumers.Values]);
        var fields = SensorThingsSchema.Schema.Types.SelectMany(type => type.Properties.Where(property => property != type.Id)
            .Select(property => NarrowedFields.NameOf(type, property)))
            .Concat(["Things/properties/height", "Datastreams/unitOfMeasurement/symbol"]);
        await city.RecordAsync(RecordTypes.Dataset, new GovernedDataset
        {
            Id = Town.Narrow, Fields = [.. fields.Select(name => new DatasetField(name, Personal.None, []))],
        });
        foreach (var (name, consumer) in consumers)
        {
            await city.AgreeAsync(owner, consumer, [Town.Narrow], Agreed[name]);
            _tokens[name] = await city.ServiceTokenAsync(consumer);
        }

        _tokens["stranger"] = await city.ServiceTokenAsync(await city.OrganizationAsync("stranger"));
    }

    /// <summary>Every address of the program that answers a GET and comes to an end, for the dataset and its entities.</summary>
    internal List<string> Addresses()
    {
        var addresses = new List<string>
        {
            "/?sector=other", "/datasets?q=narrow", "/things?dataset=narrow", "/things/2?span=24h",
            "/things/2?span=30d", "/things/2?span=all", "/map/things.geojson?dataset=narrow", "/map/things.geojson?thing=2",
            "/charts/datastreams/2?width=50", "/charts/datastreams/2?from=2026-03-05T07:00:00Z&to=2026-03-05T08:00:00Z",
        };
        foreach (var route in Town.Exchange.Services.GetRequiredService<EndpointDataSource>().Endpoints.OfType<RouteEndpoint>())
        {
            if (route.Metadata.GetMetadata<IHttpMethodMetadata>() is { } methods && !methods.HttpMethods.Contains("GET")) continue;
            var text = "/" + string.Join('/', route.RoutePattern.PathSegments.Select(segment => string.Concat(segment.Parts.Select(part => part switch
            {
                Microsoft.AspNetCore.Routing.Patterns.RoutePatternLiteralPart literal => literal.Content,
                Microsoft.AspNetCore.Routing.Patterns.RoutePatternSeparatorPart separator => separator.Content,
                Microsoft.AspNetCore.Routing.Patterns.RoutePatternParameterPart { Name: "slug" or "dataset" } => "narrow",
                _ => "2",
            }))));
            if (text is not "/live") addresses.Add(text);
        }

        return [.. addresses.Distinct(StringComparer.Ordinal)];
    }

    private static Instant At(string text) =>
        Instant.TryParse(text, out var instant) ? instant : throw new FormatException(text);

    public ValueTask DisposeAsync() => Town.DisposeAsync();
}

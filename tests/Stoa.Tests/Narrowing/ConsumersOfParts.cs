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

    public async ValueTask InitializeAsync()
    {
        Town = await SentinelTown.StartAsync(time: TimeProvider.System, level: SpectrumClass.Closed);
        var city = GovernedCity.Of(Town.Exchange);
        var owner = await city.OrganizationAsync("keeper");
        (await Town.Exchange.PatchJsonAsync("/api/v1/datasets/narrow", """{"owner":"keeper"}""")).ShouldBe(200);
        var consumers = new Dictionary<string, PartyId>();
        foreach (var name in Agreed.Keys) consumers[name] = await city.OrganizationAsync("consumer-" + name.Replace(' ', '-'));
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

    private static Instant At(string text) =>
        Instant.TryParse(text, out var instant) ? instant : throw new FormatException(text);

    public ValueTask DisposeAsync() => Town.DisposeAsync();
}

using System.Text.Json;
using Stoa.Sharing.Agreements;
using Stoa.Sharing.Policy;
using Stoa.Sharing.Purposes;
using Stoa.Sharing.Records;
using Stoa.Sharing.Spectrum;
using Stoa.Tests.Sharing;
using Stoa.Vocabulary;
using Xunit;

namespace Stoa.Tests.Governance;

/// <summary>One running program for all reasons: an owner and an outsider for all, a dataset and a consumer for each.</summary>
public sealed class ReasonsCity : IAsyncLifetime
{
    private GovernedCity? _city;

    internal GovernedCity City => _city ?? throw new InvalidOperationException("Not started.");

    internal PartyId Owner { get; private set; }

    internal string OwnerToken { get; private set; } = "";

    /// <summary>A token of an organization that has nothing to do with any of it.</summary>
    internal string Stranger { get; private set; } = "";

    /// <summary>A closed dataset that an agreement may name besides.</summary>
    internal DatasetId Other { get; private set; }

    internal async Task<GovernedCity> StartedAsync()
    {
        if (_city is not null) return _city;
        _city = await GovernedCity.StartAsync(new TestClock(), ("sharing.homeJurisdictions", "DE"));
        Owner = await _city.OrganizationAsync("owner");
        OwnerToken = await _city.ServiceTokenAsync(Owner);
        Stranger = await _city.ServiceTokenAsync(await _city.OrganizationAsync("stranger"));
        Other = await _city.DatasetAsync("other", SpectrumClass.Closed, "owner");
        return _city;
    }

    /// <summary>A dataset shared with a consumer under an agreement, but for what the row says otherwise.</summary>
    internal async Task<ReasonScene> SceneAsync(string slug, ReasonRow row)
    {
        var city = await StartedAsync();
        var consumer = await city.OrganizationAsync(slug);
        var dataset = await city.DatasetAsync(slug, SpectrumClass.Closed, "owner");
        var level = await city.RecordAsync(RecordTypes.Classification, new()
        {
            Id = default,
            Dataset = dataset,
            Level = row.Level,
            State = ClassificationState.Effective,
            Named = row.Level == SpectrumClass.SharedSpecific && row.IsNamed ? [consumer] : [],
            Criteria = row.Level == SpectrumClass.SharedGroup ? [new("member-of", ["lab"])] : [],
            Terms = row.Level == SpectrumClass.SharedPublic ? new("city-terms", 1) : null,
            Reason = "A test.",
            ReviewBy = row.ReviewBy,
        });
        var agreement = row.IsAgreed ? await city.AgreeAsync(Owner, consumer, [dataset], row.Clauses, row.Purposes) : null;
        var scene = new ReasonScene(this, slug, consumer, dataset, level, agreement, await city.ServiceTokenAsync(consumer));
        if (row.Prepare is { } prepare) await prepare(scene);
        return scene;
    }

    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    public ValueTask DisposeAsync() => _city?.DisposeAsync() ?? ValueTask.CompletedTask;
}

/// <summary>What one row changes of a permit, and how the refusal is asked for.</summary>
internal sealed record ReasonRow
{
    public SpectrumClass Level { get; init; } = SpectrumClass.SharedSpecific;

    public DateOnly ReviewBy { get; init; } = new(2999, 1, 1);

    public bool IsNamed { get; init; } = true;

    public bool IsAgreed { get; init; } = true;

    public PurposeId[] Purposes { get; init; } = [];

    public Func<AgreementTerms, AgreementTerms>? Clauses { get; init; }

    public Func<ReasonScene, Task>? Prepare { get; init; }

    /// <summary>What the request declares.</summary>
    public string? Purpose { get; init; }

    /// <summary>What the request declares.</summary>
    public Func<ReasonScene, string>? Agreement { get; init; }

    public string Action { get; init; } = "see";

    /// <summary>Everybody learns of what is listed.</summary>
    public bool IsListed => Level == SpectrumClass.SharedPublic;
}

/// <summary>One row, made true.</summary>
internal sealed record ReasonScene(
    ReasonsCity Shared, string Slug, PartyId Consumer, DatasetId Dataset, GovernedRecord<Classification> Level,
    GovernedRecord<Agreement>? Agreement, string Token)
{
    public GovernedCity City => Shared.City;

    public GovernedRecord<Agreement> Agreed => Agreement ?? throw new InvalidOperationException("The row has no agreement.");

    /// <summary>Why, to the consumer unless another token is given.</summary>
    public async Task<JsonElement> ExplainAsync(ReasonRow row, string language, string? token = null, string also = "", string? slug = null)
    {
        var purpose = row.Purpose is { } name ? $",\"purpose\":\"{name}\"" : "";
        var agreement = row.Agreement is { } number ? $",\"agreement\":{number(this)}" : "";
        using var request = new HttpRequestMessage(HttpMethod.Post, "/api/v1/decisions/explain")
        {
            Content = new StringContent(
                $"{{\"dataset\":\"{slug ?? Slug}\",\"action\":\"{row.Action}\"{purpose}{agreement}{also}}}", new System.Net.Http.Headers.MediaTypeHeaderValue("application/json")),
        };
        request.Headers.Authorization = new("Bearer", token ?? Token);
        request.Headers.TryAddWithoutValidation("Accept-Language", language);
        return (await City.Stoa.SendAsync(request)).ShouldBe(200).Json;
    }

    /// <summary>The data themselves.</summary>
    public Task<Answer> SeeAsync(ReasonRow row, string language) =>
        City.SeeAsync(Slug, Token, row.Purpose, row.Agreement?.Invoke(this), language);

    public Task RestrictAsync(Restriction restriction) => RuleAsync(new() { Restriction = restriction, Layer = PolicyLayer.City, Name = "" });

    /// <summary>A rule about this dataset alone.</summary>
    public Task RuleAsync(PolicyRule rule) => City.RecordAsync(RecordTypes.Rule, rule with { Name = "Rule about " + Slug, Datasets = [Dataset] });

    public Task ChangeAsync(Func<Agreement, Agreement> change) =>
        City.ChangeAsync(RecordTypes.Agreement, Agreed, change(Agreed.Content));

    public Task BlockAsync(BlockKind kind, PartyId? party = null) => City.RecordAsync(RecordTypes.Block, new(kind, Dataset, party));

    /// <summary>What is known of the dataset: one field about people, one that is not.</summary>
    public Task DescribeAsync(Func<GovernedDataset, GovernedDataset>? also = null)
    {
        var facts = new GovernedDataset
        {
            Id = Dataset, Fields = [new("name", Personal.None, []), new("plate", Personal.Personal, [GovernedCity.Research])],
        };
        return City.RecordAsync(RecordTypes.Dataset, also?.Invoke(facts) ?? facts);
    }

    /// <summary>As <see cref="DescribeAsync"/>, with a consumer at home.</summary>
    public async Task AboutPeopleAsync(Func<GovernedDataset, GovernedDataset>? also = null)
    {
        await City.JurisdictionAsync(Consumer, "DE");
        await DescribeAsync(also);
    }
}

using Microsoft.Extensions.DependencyInjection;
using Stoa.Identity.Credentials;
using Stoa.Sharing.Agreements;
using Stoa.Sharing.Parties;
using Stoa.Sharing.Policy;
using Stoa.Sharing.Purposes;
using Stoa.Sharing.Records;
using Stoa.Sharing.Roles;
using Stoa.Sharing.Spectrum;
using Stoa.Sharing.Transitions;
using Stoa.Vocabulary;
using Xunit;

namespace Stoa.Tests.Sharing;

/// <summary>The whole program with parties that hold roles, are named, belong to groups and have agreements; what is decided about
/// sharing is recorded as services do it.</summary>
internal sealed class GovernedCity : IAsyncDisposable
{
    private GovernedCity(Exchange stoa) => Stoa = stoa;

    public static readonly PurposeId Research = new("ScientificResearch");

    public Exchange Stoa { get; }

    private static CancellationToken Now => TestContext.Current.CancellationToken;

    /// <summary>By which is decided now.</summary>
    public PolicySnapshot Snapshot => Stoa.Services.GetRequiredService<AccessPolicy>().Snapshot;

    private PolicyRefresh Refresh => Stoa.Services.GetRequiredService<PolicyRefresh>();

    public static async Task<GovernedCity> StartAsync(TimeProvider? time = null, params (string Key, string Value)[] settings) =>
        new(await Exchange.StartAsync(time: time, settings: settings));

    /// <summary>Around a program that runs.</summary>
    public static GovernedCity Of(Exchange stoa) => new(stoa);

    /// <summary>An organization; known to the policy when this returns.</summary>
    public async Task<PartyId> OrganizationAsync(string slug)
    {
        (await Stoa.PostJsonAsync("/api/v1/organizations", $$"""{"slug":"{{slug}}","name":"Name of {{slug}}"}""")).ShouldBe(201);
        var all = (await Stoa.GetAsync("/api/v1/parties?kind=organization&limit=1000", Stoa.AdminToken)).ShouldBe(200).Json;
        var id = all.GetProperty("value").EnumerateArray()
            .Single(party => party.GetProperty("name").GetString() == "Name of " + slug).GetProperty("id").GetInt64();
        await Refresh.ReloadAsync(Now);
        return new(id);
    }

    /// <summary>A unit, service or device below another party, or a person.</summary>
    public async Task<PartyId> PartyAsync(string kind, PartyId? parent = null)
    {
        var below = parent is { } above ? $",\"parent\":{above.Value}" : "";
        var json = (await Stoa.PostJsonAsync("/api/v1/parties", $$"""{"kind":"{{kind}}","name":"A {{kind}}"{{below}}}""")).ShouldBe(201).Json;
        await Refresh.ReloadAsync(Now);
        return new(json.GetProperty("id").GetInt64());
    }

    /// <summary>A token that a party holds and that names no dataset.</summary>
    public async Task<string> TokenAsync(PartyId party)
    {
        var made = await Stoa.PostJsonAsync("/api/v1/tokens", $$"""{"name":"held","party":{{party.Value}}}""");
        return made.ShouldBe(201).Json.GetProperty("token").GetString()!;
    }

    /// <summary>A token of a service of an organization.</summary>
    public async Task<string> ServiceTokenAsync(PartyId organization) => await TokenAsync(await PartyAsync("service", organization));

    public async Task JoinAsync(PartyId person, PartyId organization, string role)
    {
        (await Stoa.PostJsonAsync($"/api/v1/parties/{person.Value}/memberships",
            $$"""{"organization":{{organization.Value}},"roles":["{{role}}"]}""")).ShouldBe(201);
        await Refresh.ReloadAsync(Now);
    }

    public async Task StatusAsync(PartyId party, string status)
    {
        (await Stoa.PutJsonAsync($"/api/v1/parties/{party.Value}/status", $$"""{"status":"{{status}}"}""")).ShouldBe(200);
        await Refresh.ReloadAsync(Now);
    }

    public async Task JurisdictionAsync(PartyId party, string code)
    {
        (await Stoa.PatchJsonAsync($"/api/v1/parties/{party.Value}", $$"""{"jurisdiction":"{{code}}"}""")).ShouldBe(200);
        await Refresh.ReloadAsync(Now);
    }

    /// <summary>A dataset with one Thing in it.</summary>
    public async Task<DatasetId> DatasetAsync(string slug, SpectrumClass level, string? owner = null)
    {
        var id = await Stoa.GivenDatasetAsync(slug, level);
        if (owner is not null) (await Stoa.PatchJsonAsync($"/api/v1/datasets/{slug}", $$"""{"owner":"{{owner}}"}""")).ShouldBe(200);
        (await Stoa.PostJsonAsync($"/datasets/{slug}/sensorthings/v1.1/Things",
            $$"""{"name":"Thing of {{slug}}","description":"d"}""")).ShouldBe(201);
        return id;
    }

    /// <summary>Records something as a service does; known to the policy when this returns.</summary>
    public async Task<GovernedRecord<T>> RecordAsync<T>(RecordType<T> type, T content)
        where T : class
    {
        var outcome = await Stoa.Database.TryWriteAsync(
            session => GovernedRecords.Insert(session, type, content, Act("enter"), At), Now);
        Assert.True(outcome.TryGet(out var record, out var problem), problem?.Detail);
        await Refresh.ReloadAsync(Now);
        return record;
    }

    /// <summary>Changes a record as a service does.</summary>
    /// <param name="type">The kind.</param>
    /// <param name="seen">The record.</param>
    /// <param name="content">What it says from now on.</param>
    /// <param name="isTold">Whether this process reads it before this returns, or finds it by itself.</param>
    public async Task<GovernedRecord<T>> ChangeAsync<T>(RecordType<T> type, GovernedRecord<T> seen, T content, bool isTold = true)
        where T : class
    {
        var outcome = await Stoa.Database.TryWriteAsync(
            session => GovernedRecords.Update(session, type, seen, content, Act("change"), At), Now);
        Assert.True(outcome.TryGet(out var record, out var problem), problem?.Detail);
        if (isTold) await Refresh.ReloadAsync(Now);
        return record;
    }

    /// <summary>A classification in force.</summary>
    public Task<GovernedRecord<Classification>> ClassifyAsync(DatasetId dataset, SpectrumClass level, params PartyId[] named) =>
        RecordAsync(RecordTypes.Classification, new()
        {
            Id = default,
            Dataset = dataset,
            Level = level,
            State = ClassificationState.Effective,
            Named = [.. named],
            Criteria = level == SpectrumClass.SharedGroup ? [new("member-of", ["lab"])] : [],
            Terms = level == SpectrumClass.SharedPublic ? new("city-terms", 1) : null,
            Reason = "A test.",
            ReviewBy = new(2999, 1, 1),
        });

    /// <summary>An agreement in force, signed by both sides.</summary>
    public async Task<GovernedRecord<Agreement>> AgreeAsync(
        PartyId provider, PartyId consumer, DatasetId[] datasets, Func<AgreementTerms, AgreementTerms>? clauses = null,
        params PurposeId[] purposes)
    {
        var terms = new AgreementTerms
        {
            Id = default,
            Version = 1,
            Provider = provider,
            Consumer = consumer,
            Datasets = [.. datasets],
            Purposes = purposes.Length == 0 ? [Research] : [.. purposes],
            ValidFrom = new(0),
            ValidTo = Instant.Max,
        };
        var drafted = await RecordAsync(RecordTypes.Agreement, new() { Terms = clauses?.Invoke(terms) ?? terms, State = AgreementState.Draft });
        // Signed under the number that it got.
        return await ChangeAsync(RecordTypes.Agreement, drafted,
            World.Sign(drafted.Content with { State = AgreementState.Active, ActiveSince = new(0) }));
    }

    public Task<GovernedRecord<PartyClaim>> ClaimAsync(PartyId party, string value = "lab") => RecordAsync(
        RecordTypes.Claim, new(0, party, new("member-of", value, ClaimStatus.Verified)));

    public Task<GovernedRecord<AcceptedTerms>> AcceptAsync(PartyId party) => RecordAsync(
        RecordTypes.TermsAcceptance, new(0, party, party, "city-terms", 1, "ab", new(0)));

    public Task<GovernedRecord<RoleAssignment>> AssignAsync(DatasetId dataset, DataRole role, PartyId party) => RecordAsync(
        RecordTypes.Role, new()
        {
            Id = default,
            Dataset = dataset,
            Role = role,
            Party = party,
            State = RoleAssignmentState.Active,
            From = new(0),
            Mode = role == DataRole.Creator ? CreatorMode.Passive : null,
        });

    /// <summary>GET of the Things of a dataset.</summary>
    public Task<Answer> SeeAsync(string slug, string? token) => Stoa.GetAsync($"/datasets/{slug}/sensorthings/v1.1/Things", token);

    /// <summary>GET of the Things of a dataset, saying for what.</summary>
    public Task<Answer> SeeAsync(string slug, string? token, string? purpose, string? agreement = null, string language = "en") =>
        GetAsync($"/datasets/{slug}/sensorthings/v1.1/Things", token, purpose, agreement, language);

    public Task<Answer> GetAsync(string path, string? token, string? purpose, string? agreement = null, string language = "en")
    {
        var request = new HttpRequestMessage(HttpMethod.Get, path);
        if (token is not null) request.Headers.Authorization = new("Bearer", token);
        if (purpose is not null) request.Headers.TryAddWithoutValidation("Purpose", purpose);
        if (agreement is not null) request.Headers.TryAddWithoutValidation("Agreement", agreement);
        request.Headers.TryAddWithoutValidation("Accept-Language", language);
        return Stoa.SendAsync(request);
    }

    /// <summary>Exchanges a token; of an agreement with one purpose that need not be named.</summary>
    public Task<Answer> ExchangeAsync(string? token, long agreement, string? purpose = null, params (string Name, string Value)[] also)
    {
        var form = new Dictionary<string, string>
        {
            ["grant_type"] = "urn:ietf:params:oauth:grant-type:token-exchange",
            ["agreement"] = agreement.ToString(System.Globalization.CultureInfo.InvariantCulture),
        };
        if (purpose is not null) form["purpose"] = purpose;
        foreach (var (name, value) in also) form[name] = value;
        var request = new HttpRequestMessage(HttpMethod.Post, "/api/v1/token-exchange") { Content = new FormUrlEncodedContent(form) };
        if (token is not null) request.Headers.Authorization = new("Bearer", token);
        return Stoa.SendAsync(request);
    }

    /// <summary>POST of a Thing into a dataset.</summary>
    public Task<Answer> AddAsync(string slug, string token) => Stoa.PostJsonAsync(
        $"/datasets/{slug}/sensorthings/v1.1/Things", """{"name":"added","description":"d"}""", token);

    public ValueTask DisposeAsync() => Stoa.DisposeAsync();

    private static Instant At => Instant.From(DateTimeOffset.UtcNow);

    private static RecordAct Act(string move) => new(move, Acting.Exchange, Acting.Exchange, Actor.Officer);
}

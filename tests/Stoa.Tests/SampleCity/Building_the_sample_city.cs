using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using Stoa.Catalogue;
using Stoa.Catalogue.Datasets;
using Stoa.Host.SampleCity;
using Stoa.Host.SampleCity.Model;
using Stoa.Identity;
using Stoa.Identity.Organizations;
using Stoa.Identity.Parties;
using Stoa.Sensing;
using Stoa.Sensing.Bulk;
using Stoa.Sensing.Observations;
using Stoa.Sharing;
using Stoa.Sharing.Policy;
using Stoa.Sharing.Records;
using Stoa.Storage;
using Stoa.Vocabulary;
using Xunit;

namespace Stoa.Tests.SampleCity;

public sealed class Building_the_sample_city : IAsyncLifetime
{
    private static readonly DateTimeOffset Noon = new(2026, 3, 18, 11, 7, 42, TimeSpan.Zero);

    private readonly TemporaryFolder _folder = new();
    private readonly Clock _clock = new(Noon);
    private Database? _database;
    private ServiceProvider? _services;

    private static CancellationToken Now => TestContext.Current.CancellationToken;

    private ServiceProvider Services => _services ?? throw new InvalidOperationException("The test has not started.");

    private Database Database => _database ?? throw new InvalidOperationException("The test has not started.");

    public async ValueTask InitializeAsync()
    {
        _database = await TestDatabases.OpenAsync(new() { Folder = _folder.Path, Time = _clock }, Now);
        var services = new ServiceCollection().AddSingleton(_database).AddSingleton<TimeProvider>(_clock).AddLogging();
        _services = services.AddIdentity().AddSharing()
            .AddSensing(new SensingOptions { BaseAddress = new Uri("https://data.marenbrueck.example/") }).AddCatalogue()
            .BuildServiceProvider();
    }

    [Fact]
    public async Task Stores_every_reading_up_to_this_minute_and_none_later()
    {
        var city = await BuildAsync(TimeSpan.FromHours(3));

        Assert.Equal(city.Observations, await NumberAsync("SELECT count(*) FROM observation"));
        Assert.Equal(city.Model.Things.Count, await NumberAsync("SELECT count(*) FROM thing"));
        Assert.Equal(city.Streams.Count, await NumberAsync("SELECT count(*) FROM datastream"));
        Assert.Equal(CityModel.Datasets.Count,
            await NumberAsync("SELECT count(*) FROM dataset WHERE owner_organization_id IS NOT NULL"));
        Assert.Equal(
            new DateTimeOffset(2026, 3, 18, 11, 7, 0, TimeSpan.Zero).ToUnixTimeSeconds() * 1_000_000,
            await NumberAsync($"SELECT max({TestSql.Greater("phenomenon_start", "coalesce(phenomenon_end, 0)")}) FROM observation"));
        Assert.Equal(
            new DateTimeOffset(2026, 3, 18, 8, 0, 0, TimeSpan.Zero).ToUnixTimeSeconds() * 1_000_000,
            await NumberAsync("SELECT min(phenomenon_start) FROM observation"));
    }

    [Fact]
    public async Task Adds_only_what_time_has_brought_when_it_is_run_again()
    {
        var first = await BuildAsync(TimeSpan.FromHours(2));
        _clock.Advance(TimeSpan.FromMinutes(20));

        var second = await BuildAsync(TimeSpan.FromHours(2));

        Assert.InRange(second.Observations, 500, first.Observations / 2);
        Assert.Equal(first.Observations + second.Observations, await NumberAsync("SELECT count(*) FROM observation"));
        Assert.Equal(first.Model.Things.Count, await NumberAsync("SELECT count(*) FROM thing"));
        Assert.Equal(0, await NumberAsync(
            "SELECT count(*) FROM (SELECT 1 FROM observation GROUP BY datastream_id, phenomenon_start HAVING count(*) > 1) AS twice"));
    }

    [Fact]
    public async Task Shares_by_an_agreement_what_is_not_open_and_goes_on_asking_whom_it_does_not_share_with()
    {
        await BuildAsync(TimeSpan.FromHours(1));
        await BuildAsync(TimeSpan.FromHours(1));
        var policy = Services.GetRequiredService<AccessPolicy>();
        await Services.GetRequiredService<PolicyRefresh>().ReloadAsync(Now);

        Assert.Equal(1, await NumberAsync($"SELECT count(*) FROM governed_record WHERE kind = {(int)RecordKind.Agreement}"));
        Assert.Null(await DecideAsync("universitaet-marenbrueck", CityDatasets.DrinkingWater));
        Assert.Null(await DecideAsync("universitaet-marenbrueck", CityDatasets.Heating));
        Assert.Equal(Gate.Level, await DecideAsync("universitaet-marenbrueck", CityDatasets.Noise));
        Assert.Equal(Gate.Agreement, await DecideAsync("umweltamt-marental", CityDatasets.Noise));
        Assert.Equal(Gate.Level, await DecideAsync("maren-digital", CityDatasets.Heating));
        Assert.Equal(Gate.Level, await DecideAsync("maren-digital", CityDatasets.Parking));
        Assert.Equal(Gate.Level, await DecideAsync("universitaet-marenbrueck", CityDatasets.Lighting));
        Assert.Null(await DecideAsync("maren-digital", CityDatasets.Air));

        async Task<Gate?> DecideAsync(string organization, string slug)
        {
            var party = await NumberAsync($"SELECT id FROM organization WHERE slug = '{organization}'");
            Assert.True(policy.TryFindDataset(slug, out var dataset));
            var request = new DecisionRequest
            {
                Party = new(party), Dataset = dataset.Id, Strength = Strength.Token, Purpose = new("AcademicResearch"),
                At = Instant.From(Noon),
            };
            return AccessDecision.Decide(request, policy.Snapshot).Gate;
        }
    }

    [Fact]
    public async Task Goes_on_live_where_the_history_ended_and_repeats_nothing()
    {
        var city = await BuildAsync(TimeSpan.FromHours(1));
        var sent = new List<(DatastreamId Datastream, TimeInterval Time, ResultValue Result)>();
        using var enough = new CancellationTokenSource();
        using var live = new LiveSensors(
            Task.FromResult(city),
            (datastream, time, result, _) =>
            {
                sent.Add((datastream, time, result));
                if (sent.Count == 2_000) enough.Cancel();
                return Task.CompletedTask;
            },
            _clock, NullLogger<LiveSensors>.Instance);

        await live.StartAsync(enough.Token);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => live.ExecuteTask!);

        Assert.All(sent, report => Assert.True(report.Time.End.UnixMicroseconds > city.HistoryEnd * 1_000_000));
        Assert.Equal(sent.Count, sent.Select(report => (report.Datastream, report.Time.Start)).Distinct().Count());
        var seconds = sent.Max(report => report.Time.End.UnixMicroseconds) / 1_000_000 - city.HistoryEnd;
        Assert.InRange(sent.Count / (double)seconds, 5, 20);
        Assert.True(sent.Select(report => report.Datastream).Distinct().Count() > 600);
    }

    [Fact]
    public async Task Is_not_mixed_with_data_of_others()
    {
        var datasets = Services.GetRequiredService<Datasets>();
        Assert.False(await Folder.HoldsOtherDataAsync(Now));

        await datasets.CreateAsync(new DatasetDraft { Slug = "mine", Title = "Mine", Description = "My own data.",
            Sector = "other" }, Now);
        var besides = await Folder.HoldsOtherDataAsync(Now);
        await BuildAsync(TimeSpan.FromHours(1));

        Assert.True(besides);
        Assert.False(await Folder.HoldsOtherDataAsync(Now));
    }

    private CityFolder Folder => new(
        Services.GetRequiredService<Organizations>(), Services.GetRequiredService<Datasets>(),
        Services.GetRequiredService<BulkLoader>(), new(
            Services.GetRequiredService<Organizations>(), Services.GetRequiredService<Parties>(), Database, _clock), Database, _clock);

    private Task<BuiltCity> BuildAsync(TimeSpan history) => Folder.BuildAsync(Marenbrueck.City, history, null, Now);

    private async Task<long> NumberAsync(string sql)
    {
        using var read = await Database.ReadAsync(Now);
        using var statement = read.Prepare(sql);
        Assert.True(statement.Step());
        return statement.Int64(0);
    }

    public async ValueTask DisposeAsync()
    {
        if (_services is not null) await _services.DisposeAsync();
        if (_database is not null) await _database.DisposeAsync();
        _folder.Dispose();
    }

    /// <summary>A clock that stands still until someone waits: then it is already later.</summary>
    private sealed class Clock(DateTimeOffset start) : TimeProvider
    {
        private DateTimeOffset _now = start;

        public void Advance(TimeSpan time) => _now += time;

        public override DateTimeOffset GetUtcNow() => _now;

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
        {
            if (dueTime > TimeSpan.Zero && dueTime != Timeout.InfiniteTimeSpan) _now += dueTime;
            return System.CreateTimer(callback, state, dueTime == Timeout.InfiniteTimeSpan ? dueTime : TimeSpan.Zero,
                period);
        }
    }
}

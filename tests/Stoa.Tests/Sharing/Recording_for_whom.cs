using System.Diagnostics.Metrics;
using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using Stoa.Sharing.Exchanges;
using Stoa.Sharing.Policy;
using Stoa.Sharing.Recording;
using Stoa.Sharing.Roles;
using Stoa.Tests.Mqtt;
using Stoa.Vocabulary;
using Xunit;

namespace Stoa.Tests.Sharing;

/// <summary>Records say for which organization and under what data were read, also what leaves by MQTT.</summary>
public class Recording_for_whom
{
    private static CancellationToken Now => TestContext.Current.CancellationToken;

    private static async Task<List<JsonElement>> RecordsAsync(GovernedCity city, int count, string parameters)
    {
        for (var attempt = 0; ; attempt++)
        {
            await city.Stoa.Services.GetRequiredService<ExchangeLog>().DrainAsync(Now);
            var records = (await city.Stoa.GetAsync("/api/v1/exchanges" + parameters, city.Stoa.AdminToken)).ShouldBe(200).Json
                .GetProperty("value").EnumerateArray().ToList();
            if (records.Count >= count || attempt == 600) return records;
            await Task.Delay(50, Now);
        }
    }

    private static long? Number(JsonElement record, string name) => record.TryGetProperty(name, out var value) ? value.GetInt64() : null;

    [Fact]
    public async Task Name_the_organization_the_office_and_what_leaves_by_mqtt()
    {
        await using var city = await GovernedCity.StartAsync(settings: MqttExchange.Listen);
        var stoa = city.Stoa;
        var (owner, consumer, club) =
            (await city.OrganizationAsync("owner"), await city.OrganizationAsync("consumer"), await city.OrganizationAsync("club"));
        var dataset = await city.DatasetAsync("counts", SpectrumClass.Closed, "owner");
        await city.ClassifyAsync(dataset, SpectrumClass.SharedSpecific, consumer);
        var agreement = await city.AgreeAsync(owner, consumer, [dataset], purposes: GovernedCity.Research);
        var (service, person) = (await city.PartyAsync("service", consumer), await city.PartyAsync("person"));
        await city.JoinAsync(person, club, "member");
        await city.JoinAsync(person, consumer, "member");
        var (program, researcher) = (await city.TokenAsync(service), await city.TokenAsync(person));

        foreach (var token in new[] { program, researcher, stoa.AdminToken })
            (await stoa.GetAsync("/datasets/counts/sensorthings/v1.1/Things", token)).ShouldBe(200);
        (await stoa.GetAsync("/sensorthings/v1.1/Things", researcher)).ShouldBe(200);

        // Whoever did it, and for whom: also one of two organizations of a person, by what was decided.
        var records = await RecordsAsync(city, 3, $"?party={consumer.Value}");
        Assert.Equal(
            new HashSet<(long?, long?)> { (service.Value, agreement.Id), (person.Value, agreement.Id) },
            records.Select(record => (Number(record, "party"), Number(record, "agreement"))).ToHashSet());
        Assert.Equal(3, records.Count);
        Assert.All(records, record => Assert.Equal((consumer.Value, false),
            (Number(record, "organization"), record.GetProperty("byOffice").GetBoolean())));
        Assert.Equal(2, (await RecordsAsync(city, 2, $"?party={person.Value}")).Count);
        Assert.Empty(await RecordsAsync(city, 0, $"?party={club.Value}"));
        var usage = (await stoa.GetAsync($"/api/v1/exchanges/usage?party={consumer.Value}", program)).ShouldBe(200).Json.GetProperty("value");
        Assert.Equal(new HashSet<(long?, long?, long)> { (service.Value, consumer.Value, 1), (person.Value, consumer.Value, 2) },
            usage.EnumerateArray().Select(row => (Number(row, "party"), Number(row, "organization"), Number(row, "accesses")!.Value)).ToHashSet());

        // What the office reads is marked.
        var office = Assert.Single(await RecordsAsync(city, 1, "?dataset=counts&office=true"));
        Assert.True(office.GetProperty("byOffice").GetBoolean());
        Assert.Equal((null, null), (Number(office, "organization"), Number(office, "agreement")));
        Assert.Equal(3, (await RecordsAsync(city, 3, "?dataset=counts&office=false")).Count);
        (await stoa.GetAsync("/api/v1/exchanges?office=perhaps", stoa.AdminToken)).ShouldBe(400);
        var page = await stoa.GetAsync("/usage?dataset=counts&office=true", stoa.AdminToken);
        Assert.Contains("As the data office", page.ShouldBe(200).Text, StringComparison.Ordinal);
        var other = (await stoa.GetAsync($"/usage?party={consumer.Value}", stoa.AdminToken)).ShouldBe(200).Text;
        Assert.Contains("Use of Name of consumer", other, StringComparison.Ordinal);
        Assert.Contains($"Person {person.Value}", other, StringComparison.Ordinal);

        // They left and it stays true. What subscribers get is decided about and recorded in the same way.
        (await stoa.GetAsync($"/datasets/counts/sensorthings/v1.1/Things", program)).ShouldBe(200);
        await using (var subscriber = await MqttPeer.ConnectAsync(stoa, program))
        await using (var publisher = await MqttPeer.ConnectAsync(stoa, stoa.AdminToken))
        {
            await subscriber.SubscribeAsync(("datasets/counts/topics/#", 0));
            await publisher.PublishAsync("datasets/counts/topics/a", "value", id: 1);
            await subscriber.ReadMessageAsync();
        }

        stoa.Services.GetRequiredService<Deliveries>().Record();
        var delivered = Assert.Single(await RecordsAsync(city, 5, $"?party={consumer.Value}"), record =>
            record.GetProperty("channel").GetString() == "subscription");
        Assert.Equal((service.Value, agreement.Id, 1), (Number(delivered, "party"), Number(delivered, "agreement"), Number(delivered, "rows")));
        Assert.Equal(GovernedCity.Research.Value, delivered.GetProperty("purpose").GetString());
        (await stoa.GetAsync("/api/v1/decisions/" + delivered.GetProperty("decision").GetString(), program)).ShouldBe(200);
    }

    [Fact]
    public async Task Have_ids_of_their_own_when_the_clock_stands()
    {
        await using var stoa = await Exchange.StartAsync();
        var still = new Instant(1_700_000_000_000_000);
        var drawn = new HashSet<long>();

        for (var run = 0; run < 20; run++)
        {
            var ids = new ExchangeIds();
            await ids.BeginAsync(stoa.Database, Now);
            var last = 0L;
            for (var i = 0; i < 20; i++) Assert.True(drawn.Add(last = ids.Next(still).Value));

            // By chance, so it may be the one that another run drew: only its own are sure to differ.
            ids.Change();
            var changed = ids.Next(new(still.UnixMicroseconds - 5)).Value;
            Assert.NotEqual(RunOf(last), RunOf(changed));
            Assert.Equal((last >> ExchangeId.RunBits) + 1, changed >> ExchangeId.RunBits);
        }
    }

    private static long RunOf(long id) => id & ((1 << ExchangeId.RunBits) - 1);

    [Fact]
    public async Task Count_decisions_that_are_not_kept()
    {
        await using var stoa = await Exchange.StartAsync();
        var dataset = await stoa.GivenDatasetAsync("closed", SpectrumClass.Closed);
        var snapshot = stoa.Services.GetRequiredService<AccessPolicy>().Snapshot;
        using var journal = new DecisionJournal(
            stoa.Database, new(), TimeProvider.System, stoa.Services.GetRequiredService<IMeterFactory>(), NullLogger<DecisionJournal>.Instance);
        var dropped = 0L;
        using var listener = new MeterListener();
        listener.InstrumentPublished = (instrument, self) =>
        {
            if (instrument.Name == "stoa.decisions.dropped") self.EnableMeasurementEvents(instrument);
        };
        listener.SetMeasurementEventCallback<long>((_, count, _, _) => Interlocked.Add(ref dropped, count));
        listener.Start();

        for (var i = 1; i <= DecisionJournal.WaitingMax; i++) journal.Decide(Asked(i), snapshot, isKept: true);
        Assert.Equal(0, dropped);
        var late = journal.Decide(Asked(DecisionJournal.WaitingMax + 1), snapshot, isKept: true).Name;

        Assert.Equal(1, dropped);
        await journal.StoreAsync(Now);
        Assert.Null(await journal.FindAsync(late, Now));
        // It is not taken for kept: the next one is.
        var next = journal.Decide(Asked(DecisionJournal.WaitingMax + 1), snapshot, isKept: true).Name;
        await journal.StoreAsync(Now);
        Assert.NotNull(await journal.FindAsync(next, Now));

        DecisionRequest Asked(long party) => new()
        {
            Party = new(party), Dataset = dataset, Action = DataAction.See, Strength = Strength.Token, Channel = Channel.Api, At = new(1_700_000_000_000_000),
        };
    }
}

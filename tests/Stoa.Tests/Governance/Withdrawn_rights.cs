using Stoa.Sensing.Mqtt.Packets;
using Stoa.Sharing.Agreements;
using Stoa.Sharing.Parties;
using Stoa.Sharing.Policy;
using Stoa.Sharing.Records;
using Stoa.Sharing.Roles;
using Stoa.Sharing.Spectrum;
using Stoa.Tests.Mqtt;
using Stoa.Tests.Sensing;
using Stoa.Tests.Sharing;
using Stoa.Vocabulary;
using Xunit;
using ReasonCode = Stoa.Sensing.Mqtt.ReasonCode;

namespace Stoa.Tests.Governance;

/// <summary>What is withdrawn acts at once where it is done, and within a second everywhere: on requests, subscriptions and streams.</summary>
public class Withdrawn_rights
{
    private const string Topic = "datasets/counts/topics/a";

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    private static CancellationToken Now => TestContext.Current.CancellationToken;

    /// <summary>A dataset of the level specific, and somebody named who has an agreement.</summary>
    private sealed record Shared(
        GovernedCity City, PartyId Owner, PartyId Consumer, DatasetId Dataset, string Token, GovernedRecord<Agreement> Agreement,
        GovernedRecord<Classification> Classification) : IAsyncDisposable
    {
        public static async Task<Shared> StartAsync(
            TimeProvider? time = null, Func<AgreementTerms, AgreementTerms>? clauses = null, SpectrumClass level = SpectrumClass.SharedSpecific)
        {
            var city = await GovernedCity.StartAsync(time, MqttExchange.Listen);
            var owner = await city.OrganizationAsync("owner");
            var consumer = await city.OrganizationAsync("consumer");
            var dataset = await city.DatasetAsync("counts", SpectrumClass.Closed, "owner");
            var classification = await city.ClassifyAsync(dataset, level, level == SpectrumClass.SharedSpecific ? [consumer] : []);
            var agreement = await city.AgreeAsync(owner, consumer, [dataset], clauses);
            return new(city, owner, consumer, dataset, await city.ServiceTokenAsync(consumer), agreement, classification);
        }

        public Agreement Suspended => Agreement.Content with { State = AgreementState.Suspended };

        public async Task<int> StatusAsync() => (await City.SeeAsync("counts", Token)).Status;

        public async Task UntilRefusedAsync()
        {
            var start = TimeProvider.System.GetTimestamp();
            while (await StatusAsync() == 200)
            {
                Assert.True(TimeProvider.System.GetElapsedTime(start) < Patience);
                await Task.Delay(20, Now);
            }
        }

        public ValueTask DisposeAsync() => City.DisposeAsync();
    }

    [Fact]
    public async Task End_the_next_request_in_the_process_that_withdrew_them()
    {
        await using var shared = await Shared.StartAsync();
        Assert.Equal(200, await shared.StatusAsync());

        var suspended = await shared.City.ChangeAsync(RecordTypes.Agreement, shared.Agreement, shared.Suspended);
        Assert.NotEqual(200, await shared.StatusAsync());

        await shared.City.ChangeAsync(RecordTypes.Agreement, suspended, shared.Agreement.Content);
        Assert.Equal(200, await shared.StatusAsync());
        await shared.City.ChangeAsync(RecordTypes.Classification, shared.Classification,
            shared.Classification.Content with { State = ClassificationState.Frozen });
        Assert.NotEqual(200, await shared.StatusAsync());
    }

    [Fact]
    public async Task End_requests_within_a_second_when_another_process_withdrew_them()
    {
        await using var shared = await Shared.StartAsync();
        Assert.Equal(200, await shared.StatusAsync());

        await shared.City.ChangeAsync(RecordTypes.Agreement, shared.Agreement, shared.Suspended, isTold: false);

        await shared.UntilRefusedAsync();
        Assert.True(PolicyRefresh.Period < TimeSpan.FromSeconds(1));
    }

    [Fact]
    public async Task Go_with_the_claim_the_role_the_membership_or_the_party_that_gave_them()
    {
        await using var shared = await Shared.StartAsync(level: SpectrumClass.SharedGroup);
        var city = shared.City;
        Assert.NotEqual(200, await shared.StatusAsync());
        var claim = await city.ClaimAsync(shared.Consumer);
        Assert.Equal(200, await shared.StatusAsync());
        var person = await city.PartyAsync("person");
        await city.JoinAsync(person, shared.Owner, "member");
        var personal = await city.TokenAsync(person);
        (await city.SeeAsync("counts", personal)).ShouldBe(200);
        var role = await city.AssignAsync(shared.Dataset, DataRole.PrimaryPublisher, shared.Consumer);

        await city.ChangeAsync(RecordTypes.Claim, claim,
            claim.Content with { Claim = claim.Content.Claim with { Status = ClaimStatus.Revoked } });
        Assert.Equal(200, await shared.StatusAsync());
        await city.ChangeAsync(RecordTypes.Role, role, role.Content with { State = RoleAssignmentState.Ended });
        Assert.NotEqual(200, await shared.StatusAsync());

        var memberships = (await city.Stoa.GetAsync($"/api/v1/parties/{person.Value}/memberships", city.Stoa.AdminToken)).Json;
        var membership = memberships.GetProperty("value")[0].GetProperty("id").GetInt64();
        (await city.Stoa.DeleteAsync($"/api/v1/memberships/{membership}")).ShouldBe(200);
        var start = TimeProvider.System.GetTimestamp();
        while ((await city.SeeAsync("counts", personal)).Status == 200)
            Assert.True(TimeProvider.System.GetElapsedTime(start) < Patience);

        await city.StatusAsync(shared.Owner, "suspended");
        (await city.SeeAsync("counts", await city.ServiceTokenAsync(shared.Owner))).ShouldBe(401);
    }

    /// <summary>Nothing changes but the time.</summary>
    [Fact]
    public async Task End_with_the_agreement_although_nobody_says_so()
    {
        var clock = new TestClock();
        var end = Instant.From(clock.GetUtcNow().AddSeconds(20));
        await using var shared = await Shared.StartAsync(clock, terms => terms with { ValidTo = end });
        await using var subscriber = await MqttPeer.ConnectAsync(shared.City.Stoa, token: shared.Token);
        await using var publisher = await MqttPeer.ConnectAsync(shared.City.Stoa, token: shared.City.Stoa.AdminToken);
        await subscriber.SubscribeAsync((Topic, 0));
        await publisher.PublishAsync(Topic, "1");
        Assert.Equal("1", (await subscriber.ReadMessageAsync()).Text);
        Assert.Equal(200, await shared.StatusAsync());

        clock.Advance(TimeSpan.FromSeconds(21));

        Assert.NotEqual(200, await shared.StatusAsync());
        await publisher.PublishAsync(Topic, "2");
        // Told of the end, or not yet: the message itself comes in no case.
        await subscriber.SendAsync(PacketEncoder.PingRequest);
        Assert.NotEqual(PacketType.Publish, (await subscriber.TryReadAsync())?.Type);
    }

    [Fact]
    public async Task End_a_subscription_over_MQTT_and_a_stream_of_events()
    {
        await using var shared = await Shared.StartAsync();
        var stoa = shared.City.Stoa;
        await using var subscriber = await MqttPeer.ConnectAsync(stoa, token: shared.Token);
        await using var publisher = await MqttPeer.ConnectAsync(stoa, token: stoa.AdminToken);
        await subscriber.SubscribeAsync((Topic, 0));
        await publisher.PublishAsync(Topic, "1");
        Assert.Equal("1", (await subscriber.ReadMessageAsync()).Text);
        using var stream = await Following_changes_as_a_stream.Stream.OpenAsync(
            stoa, "/datasets/counts/sensorthings/v1.1/Things", shared.Token);
        (await shared.City.AddAsync("counts", stoa.AdminToken)).ShouldBe(201);
        Assert.Equal("+2", await stream.NextTextAsync());

        await shared.City.ChangeAsync(RecordTypes.Agreement, shared.Agreement, shared.Suspended, isTold: false);
        await shared.UntilRefusedAsync();

        (await shared.City.AddAsync("counts", stoa.AdminToken)).ShouldBe(201);
        await publisher.PublishAsync(Topic, "2", id: 2);
        Assert.Equal(ReasonCode.NotAuthorized, await subscriber.ReadDisconnectAsync());
        Assert.Equal("end", await stream.NextTextAsync());
    }

    /// <summary>What cannot be read for a contradiction is not taken for the present state of things for long.</summary>
    [Fact]
    public async Task Are_not_given_for_long_by_a_policy_that_may_be_out_of_date()
    {
        await using var shared = await Shared.StartAsync();
        var policy = (AccessPolicy)shared.City.Stoa.Services.GetService(typeof(AccessPolicy))!; // Registered by AddSharing.
        var version = policy.Version;
        await shared.City.RecordAsync(RecordTypes.Purpose, new(new("Own"), [new("Nowhere")], "Own", "Eigener"));
        Assert.Equal(version, policy.Version);
        Assert.Equal(200, await shared.StatusAsync());

        policy.DoubtAfter(TimeSpan.Zero);

        Assert.NotEqual(200, await shared.StatusAsync());
        (await shared.City.SeeAsync("counts", shared.City.Stoa.AdminToken)).ShouldBe(200);
        await shared.City.Stoa.Database.WriteAsync(session =>
        {
            session.Execute("DELETE FROM governed_event WHERE record_id IN (SELECT id FROM governed_record WHERE kind = 17)");
            session.Execute("DELETE FROM governed_record WHERE kind = 17");
            return true;
        }, Now);
        // Any change is read, and with it that the contradiction is gone.
        await shared.City.ClaimAsync(shared.Owner);
        Assert.Equal(200, await shared.StatusAsync());
    }
}

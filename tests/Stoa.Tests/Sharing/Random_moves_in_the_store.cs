using Microsoft.Extensions.DependencyInjection;
using Stoa.Identity.Credentials;
using Stoa.Sharing.Parties;
using Stoa.Sharing.Policy;
using Stoa.Sharing.Records;
using Stoa.Sharing.Roles;
using Stoa.Sharing.Spectrum;
using Stoa.Sharing.Transitions;
using Stoa.Vocabulary;
using Xunit;

namespace Stoa.Tests.Sharing;

/// <summary>Whatever is tried by whomever, what stands in the store is where the machines lead, and nothing else.</summary>
public class Random_moves_in_the_store
{
    private const int Steps = 600;

    private static readonly string[] RoleMoves = Names(RoleAssignments.Machine);
    private static readonly string[] DelegationMoves = Names(Delegations.Machine);
    private static readonly string[] LevelMoves = Names(Classifications.Machine);

    private static CancellationToken Now => TestContext.Current.CancellationToken;

    private static string[] Names<TState, TFacts>(StateMachine<TState, TFacts> machine)
        where TState : struct, Enum => [.. machine.Transitions.Select(row => row.Name).Distinct()];

    /// <summary>Somebody who tries: a party by itself, or an officer for the exchange.</summary>
    private sealed record Someone(PartyId Party, Requester Requester, bool IsOfficer);

    private static Someone[] Everybody(CityOfRoles city)
    {
        static Someone Of(PartyId party) => new(party, Requester.ForToken(new(party.Value), "somebody", false, [], [], party), false);
        return
        [
            Of(city.City.Id), Of(city.Office.Id), Of(city.Lab.Id), Of(city.Shop.Id),
            new(Acting.Exchange, Requester.ForToken(new(99), "officer", true, [], []), true),
        ];
    }

    private static T One<T>(Random random, IReadOnlyList<T> of) => of[random.Next(of.Count)];

    private static Instant TimeOf(CityOfRoles city) => Instant.From(city.Clock.GetUtcNow());

    private static async Task TickAsync(CityOfRoles city, double days)
    {
        city.Clock.Advance(TimeSpan.FromDays(days));
        // What a move makes due is looked at with the next round.
        var clock = city.Stoa.Services.GetRequiredService<GovernanceClock>();
        while (await clock.MoveDueAsync(Now) > 0) { }
    }

    private sealed class Held(long id, RoleAssignment role, PartyId proposer)
    {
        public long Id => id;

        public RoleAssignment Role { get; set; } = role;

        public PartyId Proposer => proposer;

        public PartyId? Disputer { get; set; }
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public async Task Of_roles_lead_where_the_machine_does(int seed)
    {
        var random = new Random(seed);
        await using var city = await CityOfRoles.StartAsync(withPublisher: false);
        var roles = city.Stoa.Services.GetRequiredService<DatasetRoles>();
        var everybody = Everybody(city);
        var held = new List<Held>();
        PartyId? described = city.City.Id;
        var dataset = (await OnlyAsync(city)).Id;
        var (made, moved) = (0, 0);

        PartyId? Owner() => held.Find(one => one.Role is { Role: DataRole.Owner, State: RoleAssignmentState.Active })?.Role.Party ?? described;
        bool IsNow(RoleAssignment role) => role.State == RoleAssignmentState.Active && role.From.CompareTo(TimeOf(city)) <= 0 &&
            (role.To is not { } to || to.CompareTo(TimeOf(city)) > 0);
        Actor CapacityOf(Someone who)
        {
            var capacity = who.IsOfficer ? Actor.Officer : Actor.None;
            var explicitly = held.Where(one => one.Role.Party == who.Party && IsNow(one.Role)).Select(one => one.Role.Role).ToList();
            var isAssigned = held.Any(one => one.Role is { Role: DataRole.Owner, State: RoleAssignmentState.Active });
            if (explicitly.Contains(DataRole.Owner) || (!isAssigned && Owner() == who.Party)) capacity |= Actor.Owner;
            if (explicitly.Contains(DataRole.PrimaryPublisher)) capacity |= Actor.PrimaryPublisher;
            return capacity;
        }

        bool Go(Held one, string name, Act act)
        {
            var facts = RoleAssignmentFacts.Of(one.Role, held.Select(other => other.Role), TimeOf(city));
            var before = one.Role;
            var move = RoleAssignments.Machine.Go(before.State, name, act, facts);
            if (!move.IsMade) return false;
            one.Role = before with { State = move.State };
            if (name == "dispute") one.Disputer = act.By;
            if (before.Role == DataRole.Owner)
            {
                if (move.State == RoleAssignmentState.Active) described = before.Party;
                if (before.State == RoleAssignmentState.Active && move.State != RoleAssignmentState.Active)
                {
                    if (described == before.Party) described = null;
                    if (held.Find(other => other.Role is { Role: DataRole.Owner, State: RoleAssignmentState.Accepted }) is { } next)
                        Go(next, "activate", Act.OfClock);
                }
            }

            if (move.State == RoleAssignmentState.Accepted) Go(one, "activate", Act.OfClock);
            return true;
        }

        for (var step = 0; step < Steps; step++)
        {
            var who = One(random, everybody);
            if (random.Next(4) == 0 && held.Count < 40)
            {
                var (role, party) = (One(random, [DataRole.User, DataRole.Owner, DataRole.PrimaryPublisher, DataRole.SecondaryPublisher]), One(random, everybody[..4]));
                var now = TimeOf(city);
                var from = random.Next(3) == 0 ? Instant.From(now.ToDateTimeOffset().AddDays(random.Next(1, 4))) : now;
                Instant? to = random.Next(2) == 0 ? Instant.From(from.ToDateTimeOffset().AddDays(random.Next(2, 9))) : null;
                var outcome = await roles.ProposeAsync(who.Requester, "counts", new()
                {
                    Role = Stoa.Sharing.Recording.Words<DataRole>.Of(role), Party = party.Party.Value, From = from, To = to,
                }, Now);
                // The dataset is closed: the primary publisher grants nothing within that level.
                var capacity = CapacityOf(who);
                var may = (capacity & (Actor.Owner | Actor.Officer)) != 0 && (party.Party != who.Party || capacity.HasFlag(Actor.Owner));
                Assert.True(outcome.IsValue == may, $"seed {seed}, step {step}: {who.Party} proposes {role} to {party.Party}");
                if (outcome.TryGet(out var view, out _))
                {
                    made++;
                    held.Add(new(view.Id, new()
                    {
                        Id = new(view.Id), Dataset = dataset, Role = role, Party = party.Party, State = RoleAssignmentState.Proposed, From = from, To = to,
                    }, who.Party));
                }
            }
            else if (random.Next(8) == 0)
            {
                await TickAsync(city, random.Next(1, 4));
                // The oldest due comes first; of those due at once the lowest id. Whoever could not be moved is tried again later.
                foreach (var one in held.Where(one => one.Role.State != RoleAssignmentState.Ended)
                    .OrderBy(one => (one.Role.State == RoleAssignmentState.Accepted ? one.Role.From : one.Role.To ?? Instant.Max).UnixMicroseconds)
                    .ThenBy(one => one.Id).ToList())
                    Go(one, one.Role.State != RoleAssignmentState.Accepted || one.Role.To?.CompareTo(TimeOf(city)) <= 0 ? "expire" : "activate",
                        Act.OfClock);
            }
            else if (held.Count > 0)
            {
                var (one, name) = (One(random, held), One(random, RoleMoves));
                var capacity = CapacityOf(who) | (one.Role.Party == who.Party ? Actor.Concerned : 0) | (one.Proposer == who.Party ? Actor.Proposer : 0);
                var requested = one.Role.State == RoleAssignmentState.Disputed ? one.Disputer : one.Proposer;
                var outcome = await roles.MoveAsync(who.Requester, one.Id, new() { Move = name }, Now);
                var may = capacity != Actor.None && Go(one, name, new(who.Party, capacity, requested));
                Assert.True(outcome.IsValue == may, $"seed {seed}, step {step}: {name} of {one.Role} by {who.Party}");
                moved += may ? 1 : 0;
            }

            using var read = await city.Stoa.Database.ReadAsync(Now);
            var stored = GovernedRecords.All(read, RecordTypes.Role);
            Assert.Equal(held.Select(one => (one.Id, one.Role.State)), stored.Select(record => (record.Id, record.Content.State)));
            Assert.InRange(stored.Count(record => record.Content is { Role: DataRole.Owner, State: RoleAssignmentState.Active }), 0, 1);
            Assert.All(stored, record => Assert.Equal(record.Revision, GovernedRecords.Events(read, RecordTypes.Role, record.Id).Count));
        }

        Assert.True(made > 10 && moved > 10, $"Too little happened: {made} proposals, {moved} moves.");
    }

    [Theory]
    [InlineData(3)]
    [InlineData(4)]
    public async Task Of_delegations_lead_where_the_machine_does(int seed)
    {
        var random = new Random(seed);
        await using var city = await CityOfRoles.StartAsync();
        var delegations = city.Stoa.Services.GetRequiredService<DatasetDelegations>();
        var everybody = Everybody(city);
        var model = new List<Delegation>();
        var moved = 0;
        // The owner grants, the primary publisher publishes; neither the other's.
        bool IsHeld(PartyId from, DataAction action) => (from == city.City.Id && action == DataAction.Grant) || (from == city.Office.Id && action == DataAction.Publish);
        bool Go(int index, string name, Act act)
        {
            var one = model[index];
            var facts = new DelegationFacts(one.Until.CompareTo(TimeOf(city)) <= 0, IsHeld(one.From, one.Action));
            var move = Delegations.Machine.Go(one.State, name, act, facts);
            if (!move.IsMade) return false;
            model[index] = one with { State = move.State };
            if (move.State == DelegationState.Accepted) Go(index, "activate", Act.OfClock);
            return true;
        }

        for (var step = 0; step < Steps; step++)
        {
            var who = One(random, everybody);
            if (random.Next(6) == 0 && model.Count < 60)
            {
                var (to, action) = (One(random, everybody[..4]).Party, One(random, [DataAction.Grant, DataAction.Publish]));
                var until = Instant.From(city.Clock.GetUtcNow().AddDays(random.Next(1, 30)));
                var outcome = await delegations.OfferAsync(who.Requester, "counts", new()
                {
                    To = to.Value, Action = Stoa.Sharing.Recording.Words<DataAction>.Of(action), LevelMax = "open", Until = until,
                }, Now);
                Assert.True(outcome.IsValue == (IsHeld(who.Party, action) && to != who.Party), $"seed {seed}, step {step}");
                if (outcome.TryGet(out var view, out _))
                    model.Add(new()
                    {
                        Id = new(view.Id), Dataset = default, From = who.Party, To = to, Action = action, LevelMax = SpectrumClass.Open, Until = until,
                        State = DelegationState.Offered,
                    });
            }
            else if (random.Next(8) == 0)
            {
                await TickAsync(city, 1);
                for (var index = 0; index < model.Count; index++) Go(index, "expire", Act.OfClock);
            }
            else if (model.Count > 0)
            {
                var (index, name) = (Math.Max(0, model.Count - 1 - random.Next(4)), One(random, DelegationMoves));
                var one = model[index];
                var capacity = (who.IsOfficer ? Actor.Officer : 0) | (who.Party == city.City.Id ? Actor.Owner : 0) |
                    (who.Party == city.Office.Id ? Actor.PrimaryPublisher : 0) | (who.Party == one.To ? Actor.Concerned : 0) |
                    (who.Party == one.From ? Actor.Proposer : 0);
                var outcome = await delegations.MoveAsync(who.Requester, one.Id.Value, new() { Move = name }, Now);
                var may = capacity != Actor.None && Go(index, name, new(who.Party, capacity, one.From));
                Assert.True(outcome.IsValue == may, $"seed {seed}, step {step}: {name} of {one} by {who.Party}");
                moved += may ? 1 : 0;
            }

            using var read = await city.Stoa.Database.ReadAsync(Now);
            Assert.Equal(model.Select(one => (one.Id.Value, one.State)),
                GovernedRecords.All(read, RecordTypes.Delegation).Select(record => (record.Id, record.Content.State)));
        }

        Assert.True(moved > 10, $"Too little happened: {moved} moves.");
    }

    [Theory]
    [InlineData(5)]
    [InlineData(6)]
    public async Task Of_levels_lead_where_the_machine_does(int seed)
    {
        var random = new Random(seed);
        await using var city = await CityOfRoles.StartAsync();
        var decisions = city.Stoa.Services.GetRequiredService<SpectrumDecisions>();
        var everybody = Everybody(city);
        var model = new List<Classification>();
        var by = new Dictionary<(long Id, string Move), PartyId>();
        var dataset = (await OnlyAsync(city)).Id;
        var effective = 0;
        Actor CapacityOf(Someone who) => (who.IsOfficer ? Actor.Officer : 0) | (who.Party == city.City.Id ? Actor.Owner : 0) |
            (who.Party == city.Office.Id ? Actor.PrimaryPublisher : 0);
        Classification? InForce() => model.Find(one => one.State is ClassificationState.Effective or ClassificationState.Frozen);
        bool Go(int index, string name, Someone? who, Actor capacity)
        {
            var one = model[index];
            var deciders = Actor.Owner | Actor.PrimaryPublisher | Actor.Officer;
            var decided = name is "submit" or "approve" or "close" && who is not null
                ? one with { DecidedBy = [.. one.DecidedBy, new(who.Party, who.Party, capacity & deciders, TimeOf(city))] }
                : name == "return" ? one with { DecidedBy = [] } : one;
            PartyId? requested = by.TryGetValue((one.Id.Value, name == "approve" ? "submit" : "freeze"), out var party) ? party : null;
            var facts = ClassificationFacts.Of(decided, InForce(), new() { Id = dataset }, Licences.FindOpen(one.Licence) is not null, 25, TimeOf(city));
            var move = Classifications.Machine.Go(one.State, name, new(who?.Party, capacity, requested), facts);
            if (!move.IsMade) return false;
            // A frozen level gives way to closed alone, until it is released.
            if (move.State == ClassificationState.Effective && one.Level != SpectrumClass.Closed &&
                InForce() is { State: ClassificationState.Frozen } frozen && frozen.Id != one.Id) return false;
            if (move.State == ClassificationState.Effective && one.State != ClassificationState.Frozen)
            {
                effective++;
                if (InForce() is { } former) model[model.IndexOf(former)] = former with { State = ClassificationState.Superseded };
            }

            model[index] = decided with { State = move.State };
            if (who is not null) by[(one.Id.Value, name)] = who.Party;
            if (move.State == ClassificationState.Approved) Go(index, "takeEffect", null, Actor.Clock);
            return true;
        }

        for (var step = 0; step < Steps; step++)
        {
            var who = One(random, everybody);
            if (random.Next(8) == 0 && model.Count < 60)
            {
                var level = One(random, [SpectrumClass.Closed, SpectrumClass.SharedSpecific, SpectrumClass.SharedGroup, SpectrumClass.Open]);
                var draft = new ClassificationDraft
                {
                    Level = level.ToWord(), Reason = random.Next(8) == 0 ? null : "r", ReviewBy = "2027-01-31",
                    Named = level == SpectrumClass.SharedSpecific ? [city.Lab.Id.Value] : null,
                    Criteria = level == SpectrumClass.SharedGroup ? [new() { ClaimType = "category", Values = ["academia"] }] : null,
                    Licence = level == SpectrumClass.Open && random.Next(4) > 0 ? "CC0-1.0" : null,
                    Harm = random.Next(4) == 0 ? null : new() { Person = "none", Asset = "none", City = "low" },
                    Checklist = [new() { Name = "law", State = random.Next(5) == 0 ? "open" : "satisfied" }],
                };
                var outcome = await decisions.DraftAsync(who.Requester, "counts", draft, Now);
                Assert.True(outcome.IsValue == (CapacityOf(who) != Actor.None), $"seed {seed}, step {step}");
                if (!outcome.TryGet(out var view, out _)) continue;
                using var session = await city.Stoa.Database.ReadAsync(Now);
                model.Add(GovernedRecords.Find(session, RecordTypes.Classification, view.Id)!.Content); // Made on the lines above.
                by[(view.Id, "draft")] = who.Party;
            }
            else if (model.Count > 0)
            {
                // The newest are tried most: the others soon are over.
                var (index, name) = (Math.Max(0, model.Count - 1 - random.Next(3)), One(random, LevelMoves));
                var one = model[index];
                var capacity = CapacityOf(who) | (by[(one.Id.Value, "draft")] == who.Party ? Actor.Proposer : 0);
                var outcome = await decisions.MoveAsync(who.Requester, one.Id.Value, new() { Move = name }, Now);
                var may = capacity != Actor.None && Go(index, name, who, capacity);
                Assert.True(outcome.IsValue == may, $"seed {seed}, step {step}: {name} of {one.Level} {one.State} by {who.Party}");
            }

            using var read = await city.Stoa.Database.ReadAsync(Now);
            Assert.Equal(model.Select(one => (one.Id.Value, one.State)),
                GovernedRecords.All(read, RecordTypes.Classification).Select(record => (record.Id, record.Content.State)));
            var described = InForce() is { State: ClassificationState.Effective } now ? now.Level : SpectrumClass.Closed;
            Assert.Equal(described, (await OnlyAsync(city)).Described);
        }

        Assert.True(effective > 3, $"Too little happened: {effective} levels took effect.");
    }

    private static async Task<GovernedPlace> OnlyAsync(CityOfRoles city)
    {
        using var read = await city.Stoa.Database.ReadAsync(Now);
        return GovernedPlace.Find(read, "counts")!; // Made when the city was.
    }
}

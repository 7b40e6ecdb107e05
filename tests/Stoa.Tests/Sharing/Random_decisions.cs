using Stoa.Ledger.Canonical;
using Stoa.Sharing.Policy;
using Stoa.Sharing.Recording;
using Xunit;

namespace Stoa.Tests.Sharing;

/// <summary>What holds for every decision, whatever the world.</summary>
public class Random_decisions
{
    private const int Worlds = 100, RequestsOfOne = 1_000;

    [Fact]
    public void Replay_to_the_same_bytes_a_hundred_thousand_times()
    {
        var outcomes = new Dictionary<Outcome, int>();
        var codes = new HashSet<ReasonCode>();
        for (var seed = 0; seed < Worlds; seed++)
        {
            var random = new RandomWorld(seed);
            var snapshot = PolicySnapshot.Of(random.Content());
            // What is replayed from is what was kept, as it was read back, and not the objects at hand.
            var kept = CanonicalJson.Bytes(snapshot.Content, SharingJson.Wire.PolicyContent);
            var again = PolicySnapshot.Of(System.Text.Json.JsonSerializer.Deserialize(kept, SharingJson.Wire.PolicyContent)!);
            Assert.Equal(snapshot.Digest, again.Digest);
            for (var i = 0; i < RequestsOfOne; i++)
            {
                var record = DecisionRecord.Of(random.Request(), snapshot);
                outcomes[record.Decision.Outcome] = outcomes.GetValueOrDefault(record.Decision.Outcome) + 1;
                codes.UnionWith(record.Decision.Reasons.Select(reason => reason.Code));

                Assert.True(DecisionRecord.Replays(record.ToBytes(), again), $"seed {seed}, request {i}");
            }
        }

        // The worlds are varied enough to say something: every answer is common, and hardly a reason is never met.
        Assert.All(Enum.GetValues<Outcome>(), outcome => Assert.InRange(outcomes.GetValueOrDefault(outcome), 500, Worlds * RequestsOfOne));
        Assert.Empty(ReasonCodes.All.Select(meaning => meaning.Code).Except(codes).Except(
            [ReasonCode.S1PolicyNotLoaded, ReasonCode.S2ClockUnsound, ReasonCode.S3PolicyStale, ReasonCode.I2PartyUnknown,
                ReasonCode.P3PurposeUnknown, ReasonCode.G5ActionNotAgreed, ReasonCode.NotAvailable]));
    }

    [Fact]
    public void Are_of_a_content_whose_digest_does_not_change_by_itself() => Assert.StartsWith(
        "418688cff202f38bd86694a65df2a4aae08b2161bf1c1400",
        PolicySnapshot.Of(World.Content with { Parties = [], Roles = [], Agreements = [] }).Digest, StringComparison.Ordinal);

    [Fact]
    public void Do_not_replay_when_anything_was_changed()
    {
        var snapshot = PolicySnapshot.Of(World.Content);
        var record = DecisionRecord.Of(World.Request, snapshot);
        var text = System.Text.Encoding.UTF8.GetString(record.ToBytes());

        Assert.True(DecisionRecord.Replays(record.ToBytes(), snapshot));
        Assert.False(DecisionRecord.Replays(Bytes(text.Replace("permit", "deny", StringComparison.Ordinal)), snapshot));
        Assert.False(DecisionRecord.Replays(Bytes(text.Replace("ScientificResearch", "Marketing", StringComparison.Ordinal)), snapshot));
        Assert.False(DecisionRecord.Replays(Bytes(text + " "), snapshot));
        Assert.False(DecisionRecord.Replays(record.ToBytes(), PolicySnapshot.Of(World.Content with { Version = 13 })));
    }

    [Fact]
    public void Are_never_widened_by_a_further_rule()
    {
        var narrowed = 0;
        for (var seed = 0; seed < 300; seed++)
        {
            var random = new RandomWorld(seed);
            var content = random.Content();
            var (before, after) = (PolicySnapshot.Of(content), PolicySnapshot.Of(content with { Rules = content.Rules.Add(random.Rule(99)) }));
            for (var i = 0; i < 300; i++)
            {
                var request = random.Request();
                var (wide, narrow) = (AccessDecision.Decide(request, before), AccessDecision.Decide(request, after));

                Assert.True(WhatIf.IsWithin(narrow, wide), $"seed {seed}, {request}: {wide} became {narrow}");
                if (!WhatIf.IsWithin(wide, narrow)) narrowed++;
            }
        }

        Assert.InRange(narrowed, 500, int.MaxValue);
    }

    [Fact]
    public void Are_never_widened_by_a_further_block()
    {
        for (var seed = 0; seed < 100; seed++)
        {
            var random = new RandomWorld(seed);
            var content = random.Content();
            var (before, after) = (PolicySnapshot.Of(content),
                PolicySnapshot.Of(content with { Blocks = content.Blocks.Add(new(BlockKind.Incident, new(seed % 10 + 1), null)) }));
            for (var i = 0; i < 200; i++)
            {
                var request = random.Request();
                Assert.True(WhatIf.IsWithin(AccessDecision.Decide(request, after), AccessDecision.Decide(request, before)));
            }
        }
    }

    [Fact]
    public void Are_the_same_with_and_without_an_explanation()
    {
        for (var seed = 0; seed < 50; seed++)
        {
            var random = new RandomWorld(seed);
            var snapshot = PolicySnapshot.Of(random.Content());
            for (var i = 0; i < 500; i++)
            {
                var request = random.Request();
                var brief = AccessDecision.Decide(request with { Explain = false }, snapshot);
                var full = AccessDecision.Decide(request with { Explain = true }, snapshot);

                Assert.Equal((brief.Outcome, brief.Gate, brief.IsOutsider), (full.Outcome, full.Gate, full.IsOutsider));
                Assert.Equal(brief.Reasons.FirstOrDefault(), full.Reasons.FirstOrDefault());
                Assert.Equal(brief.Grant is null, full.Grant is null);
                if (brief.Gate is not null) Assert.Equal(brief.Reasons, full.Reasons.Take(brief.Reasons.Length));
            }
        }
    }

    [Fact]
    public void Give_nothing_that_was_not_asked_for_or_is_valid_no_more()
    {
        for (var seed = 0; seed < 100; seed++)
        {
            var random = new RandomWorld(seed);
            var snapshot = PolicySnapshot.Of(random.Content());
            for (var i = 0; i < 300; i++)
            {
                var request = random.Request();
                if (AccessDecision.Decide(request, snapshot).Grant is not { } grant) continue;

                Assert.True(grant.ValidUntil.CompareTo(request.At) > 0, $"seed {seed}: {request}: {grant}");
                Assert.True(grant.ValidUntil.UnixMicroseconds - request.At.UnixMicroseconds <= 60_000_000);
                if (request.Fields is { } fields && grant.Fields is { } given) Assert.Subset(fields.ToHashSet(), given.ToHashSet());
                if (request.Until is { } until) Assert.True(request.Action != Stoa.Sharing.Roles.DataAction.See || grant.Until!.Value.CompareTo(until) <= 0);
            }
        }
    }

    [Fact]
    public void Hold_until_the_end_they_name()
    {
        for (var seed = 0; seed < 100; seed++)
        {
            var random = new RandomWorld(seed);
            var snapshot = PolicySnapshot.Of(random.Content());
            for (var i = 0; i < 300; i++)
            {
                var request = random.Request();
                if (AccessDecision.Decide(request, snapshot).Grant is not { } grant) continue;
                var last = request with { At = new(grant.ValidUntil.UnixMicroseconds - 1) };

                var then = AccessDecision.Decide(last, snapshot);

                Assert.True(then.IsPermitted, $"seed {seed}: {request} until {grant.ValidUntil}: {string.Join(' ', then.Reasons)}");
            }
        }
    }

    [Fact]
    public void Tell_outsiders_the_same_of_what_is_hidden_as_of_what_is_not_there()
    {
        var hidden = 0;
        for (var seed = 0; seed < 200; seed++)
        {
            var random = new RandomWorld(seed);
            var snapshot = PolicySnapshot.Of(random.Content());
            for (var i = 0; i < 200; i++)
            {
                var request = random.Request();
                var decision = AccessDecision.Decide(request, snapshot);
                if (!decision.IsOutsider || !snapshot.TryFind(request.Dataset, out _)) continue;
                hidden++;

                var told = decision.ToOutside();

                var absent = AccessDecision.Decide(request with { Dataset = new(999) }, snapshot).ToOutside();
                Assert.Equal(CanonicalJson.Bytes(absent, SharingJson.Wire.Decision), CanonicalJson.Bytes(told, SharingJson.Wire.Decision));
                Assert.DoesNotContain(told.Reasons, reason => ReasonCodes.Of(reason.Code).IsRestricted);
            }
        }

        Assert.InRange(hidden, 1_000, int.MaxValue);
    }

    [Fact]
    public void Show_what_another_policy_would_have_decided()
    {
        var before = PolicySnapshot.Of(World.Content);
        var after = PolicySnapshot.Of(World.Content.With(new Restriction { FieldsLeftOut = ["district"], PurposesLeftOut = [World.Mobility] }));
        var requests = new[]
        {
            World.Request,
            World.Request with { Party = World.City },
            World.Request with { Party = World.Stranger },
            // Of a time before either was read.
            World.Request with { At = World.At("2026-02-01T00:00:00Z"), Fields = ["count"] },
        };

        var differences = WhatIf.Compare(requests, before, after).ToList();

        Assert.Equal([World.University, World.City], differences.Select(difference => difference.Request.Party!.Value));
        Assert.All(differences, difference => Assert.True(difference is { IsNarrowed: true, IsWidened: false }));
        Assert.Empty(WhatIf.Compare(requests, before, before));
        Assert.True(WhatIf.Compare(requests, after, before).All(difference => difference.IsWidened));
    }

    [Fact]
    public void Show_as_many_as_the_limit_and_no_more()
    {
        var snapshot = PolicySnapshot.Of(World.Content);
        var closed = PolicySnapshot.Of(World.Content with { Classifications = [] });

        Assert.Equal(WhatIf.RequestsMax,
            WhatIf.Compare(Enumerable.Repeat(World.Request, WhatIf.RequestsMax + 1), snapshot, closed).Count());
    }

    private static byte[] Bytes(string text) => System.Text.Encoding.UTF8.GetBytes(text);
}

using Stoa.Sharing.Policy;
using Stoa.Sharing.Roles;
using Stoa.Sharing.Spectrum;
using Stoa.Vocabulary;
using Xunit;
using static Stoa.Tests.Sharing.World;

namespace Stoa.Tests.Sharing;

public class Scopes_of_subjects
{
    [Fact]
    public void Are_the_decisions_of_all_datasets_at_once()
    {
        int whole = 0, narrowed = 0, open = 0;
        for (var seed = 0; seed < 300; seed++)
        {
            var random = new RandomWorld(seed);
            var snapshot = PolicySnapshot.Of(random.Content());
            for (var i = 0; i < 20; i++)
            {
                var subject = random.Request() with
                {
                    Action = DataAction.See, Fields = null, From = null, Until = null, Area = null, Granularity = default, Explain = false,
                };

                var scope = snapshot.ScopeOf(subject);

                var ends = Instant.Max;
                for (var id = 1; id <= RandomWorld.Datasets + 1; id++)
                {
                    var grant = AccessDecision.Decide(subject with { Dataset = new(id) }, snapshot).Grant;
                    Assert.True(grant is not null == scope.Contains(new(id)), $"seed {seed}, dataset {id}, {subject}");
                    if (grant is null) continue;
                    if (grant.ValidUntil.CompareTo(ends) < 0) ends = grant.ValidUntil;
                    if (!grant.IsWhole) Assert.Equal(grant.Fields, scope.Narrowed.Single(one => one.Datasets.Contains(new(id))).Grant.Fields);
                    if (!grant.IsWhole) narrowed++;
                    else if (scope.Open.Contains(new(id))) open++;
                    else whole++;
                }

                Assert.True(scope.ValidUntil.CompareTo(ends) <= 0);
                Assert.Equal(scope.Datasets().Datasets.ToArray(),
                    Enumerable.Range(1, RandomWorld.Datasets + 1).Select(id => (long)id).Where(id => scope.Contains(new(id))));
            }
        }

        Assert.True(whole > 100 && narrowed > 100 && open > 100, $"{whole} {narrowed} {open}");
    }

    [Fact]
    public void Share_what_is_open()
    {
        var world = Content with
        {
            Datasets = [.. Enumerable.Range(1, 50).Select(id => new GovernedDataset { Id = new(id) })],
            Classifications =
            [
                .. Enumerable.Range(1, 50).Select(id => Specific with
                {
                    Dataset = new(id), Level = id % 2 == 0 ? SpectrumClass.Open : SpectrumClass.Closed, Named = [],
                }),
            ],
        };
        var snapshot = PolicySnapshot.Of(world);

        var anonymous = snapshot.ScopeOf(new() { Dataset = default, At = Now });
        var known = snapshot.ScopeOf(Request);

        Assert.Same(anonymous.Open, known.Open);
        Assert.Equal(25, anonymous.Open.Datasets.Length);
        Assert.True(anonymous.Whole.IsNothing);
        Assert.Equal(25, anonymous.Datasets().Datasets.Length);
    }

    [Fact]
    public void End_for_open_data_when_its_review_was_missed_for_too_long()
    {
        var world = Content.With(Specific with { Level = SpectrumClass.Open, Named = [], ReviewBy = new(2026, 5, 1) }).With(Dataset with { Fields = [] })
            with { TakenAt = At("2026-01-01T00:00:00Z") };
        var snapshot = PolicySnapshot.Of(world);

        // Thirty days of grace after the first of May end with the last of it, in Berlin.
        Assert.True(snapshot.ScopeOf(new() { Dataset = default, At = At("2026-05-31T21:59:59Z") }).Contains(Counts));
        Assert.False(snapshot.ScopeOf(new() { Dataset = default, At = At("2026-05-31T22:00:00Z") }).Contains(Counts));
    }

    [Fact]
    public void Are_nothing_before_the_policy_is_read() =>
        Assert.True(PolicySnapshot.Empty.ScopeOf(Request).Datasets().IsNothing);
}

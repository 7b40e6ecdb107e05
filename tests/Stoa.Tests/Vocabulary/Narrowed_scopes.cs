using Stoa.Vocabulary;
using Xunit;

namespace Stoa.Tests.Vocabulary;

public class Narrowed_scopes
{
    private static readonly ScopeNarrowing Coarse = new() { TimeSeconds = 3600 };
    private static readonly ScopeNarrowing Numbers = new() { Fields = ["Observations/result", "Datastreams/name"] };

    [Fact]
    public void Show_whole_datasets_alone_to_who_does_not_know_of_narrowed_ones()
    {
        var scope = AccessScope.Of(Ids(3, 1), [(Ids(2, 5), Coarse)]);

        Assert.Equal([1, 3], scope.Datasets.ToArray());
        Assert.Equal([2, 5], scope.NarrowedDatasets.ToArray());
        Assert.False(scope.Contains(new(2)));
        Assert.True(scope.ContainsAny(new(2)));
        Assert.True(scope.ContainsAny(new(1)));
        Assert.False(scope.ContainsAny(new(4)));
        Assert.Equal(Coarse, scope.NarrowingOf(new(5)));
        Assert.Null(scope.NarrowingOf(new(1)));
        Assert.True(scope.Whole.IsSameAs(AccessScope.Of(Ids(1, 3))));
    }

    [Fact]
    public void Hold_a_dataset_once_whole_before_narrowed_and_the_first_narrowing_before_others()
    {
        var scope = AccessScope.Of(Ids(1), [(Ids(1, 2), Coarse), (Ids(2, 3), Numbers), (Ids(4), new())]);

        Assert.Equal([1, 4], scope.Datasets.ToArray());
        Assert.Equal([2, 3], scope.NarrowedDatasets.ToArray());
        Assert.Equal(Coarse, scope.NarrowingOf(new(2)));
        Assert.Equal(Numbers, scope.NarrowingOf(new(3)));
        Assert.Equal([Coarse, Numbers], scope.NarrowedGroups.Select(group => group.Narrowing));
    }

    [Fact]
    public void Are_not_nothing_without_a_whole_dataset()
    {
        var scope = AccessScope.Of([], [(Ids(2), Coarse)]);

        Assert.False(scope.IsNothing);
        Assert.True(scope.IsNarrowed);
        Assert.True(scope.Whole.IsNothing);
        Assert.True(AccessScope.Of([], []).IsNothing);
    }

    [Fact]
    public void Are_the_same_when_they_say_the_same_whatever_the_order()
    {
        var one = AccessScope.Of(Ids(1), [(Ids(2), Numbers)]);
        var other = AccessScope.Of(
            Ids(1), [(Ids(2), new ScopeNarrowing { Fields = ["Datastreams/name", "Observations/result", "Datastreams/name"] })]);

        Assert.True(one.IsSameAs(other));
        Assert.False(one.IsSameAs(AccessScope.Of(Ids(1), [(Ids(2), Coarse)])));
        Assert.False(one.IsSameAs(AccessScope.Of(Ids(1, 2))));
        Assert.False(one.IsSameAs(AccessScope.Of(Ids(1))));
    }

    [Fact]
    public void Cover_narrowed_datasets_by_whole_and_by_equal_ones_and_never_the_other_way()
    {
        var whole = AccessScope.Of(Ids(1, 2));
        var narrowed = AccessScope.Of(Ids(1), [(Ids(2), Coarse)]);

        Assert.True(whole.Covers(narrowed));
        Assert.True(narrowed.Covers(narrowed));
        Assert.True(narrowed.Covers(AccessScope.Of([], [(Ids(2), new ScopeNarrowing { TimeSeconds = 3600 })])));
        Assert.False(narrowed.Covers(whole));
        Assert.False(narrowed.Covers(AccessScope.Of([], [(Ids(2), Numbers)])));
        Assert.False(AccessScope.Of(Ids(1)).Covers(narrowed));
        Assert.True(AccessScope.Everything.Covers(narrowed));
        Assert.False(narrowed.Covers(AccessScope.Everything));
    }

    [Fact]
    public void Are_joined_without_showing_more_of_a_dataset_than_one_of_them_does()
    {
        var one = AccessScope.Of(Ids(1), [(Ids(2, 3), Coarse)]);
        var other = AccessScope.Of(Ids(2), [(Ids(3, 4), Numbers)]);

        var both = one.Or(other);

        Assert.True(both.IsSameAs(AccessScope.Of(Ids(1, 2), [(Ids(3), Coarse), (Ids(4), Numbers)])));
        Assert.True(one.Or(AccessScope.Nothing).IsSameAs(one));
        Assert.True(AccessScope.Nothing.Or(one).IsSameAs(one));
        Assert.True(one.Or(AccessScope.Everything).IsEverything);
    }

    [Fact]
    public void Keep_the_narrowing_within_one_dataset()
    {
        var scope = AccessScope.Of(Ids(1), [(Ids(2), Coarse)]);

        Assert.True(scope.Within(new(2)).IsSameAs(AccessScope.Of([], [(Ids(2), Coarse)])));
        Assert.True(scope.Within(new(1)).IsSameAs(AccessScope.Of(Ids(1))));
        Assert.True(scope.Within(new(3)).IsNothing);
    }

    private static IEnumerable<DatasetId> Ids(params long[] ids) => ids.Select(id => new DatasetId(id));
}

using System.Collections.Immutable;
using Stoa.Sharing.Purposes;
using Xunit;

namespace Stoa.Tests.Sharing;

public class Purposes_of_use
{
    private static readonly PurposeTree Tree = PurposeTree.Standard;

    [Fact]
    public void Have_a_DPV_identifier_a_broader_purpose_and_two_labels()
    {
        Assert.True(Tree.All.Length >= 60);
        foreach (var purpose in Tree.All)
        {
            Assert.Equal("https://w3id.org/dpv#" + purpose.Id, purpose.Iri);
            Assert.NotEmpty(purpose.English);
            Assert.NotEmpty(purpose.German);
            Assert.True(Tree.IsWithin(purpose.Id, new("Purpose")));
            Assert.Equal(purpose.Id.Value == "Purpose", purpose.Parents.IsEmpty);
        }

        Assert.Equal(Tree.All.Length, Tree.All.Select(purpose => purpose.Id).Distinct().Count());
        Assert.Contains(Tree.All, purpose => purpose.German.Contains('ä', StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("AcademicResearch", "AcademicResearch", true)]
    [InlineData("AcademicResearch", "ResearchAndDevelopment", true)]
    [InlineData("AcademicResearch", "Purpose", true)]
    [InlineData("ResearchAndDevelopment", "AcademicResearch", false)]
    [InlineData("AcademicResearch", "ScientificResearch", false)]
    [InlineData("CommercialResearch", "ResearchAndDevelopment", true)]
    [InlineData("CommercialResearch", "CommercialPurpose", true)]
    [InlineData("TargetedAdvertising", "Marketing", true)]
    [InlineData("TargetedAdvertising", "Personalisation", true)]
    [InlineData("AcademicResearch", "NoSuchPurpose", false)]
    [InlineData("NoSuchPurpose", "Purpose", false)]
    [InlineData("NoSuchPurpose", "NoSuchPurpose", false)]
    [InlineData("academicresearch", "Purpose", false)]
    public void Lie_within_what_they_descend_from(string purpose, string broader, bool lies) =>
        Assert.Equal(lies, Tree.IsWithin(new(purpose), new(broader)));

    [Fact]
    public void Agree_with_a_walk_up_the_tree()
    {
        foreach (var purpose in Tree.All)
            foreach (var broader in Tree.All)
                Assert.Equal(Walk(purpose, broader.Id), Tree.IsWithin(purpose.Id, broader.Id));
    }

    [Fact]
    public void Can_be_a_city_s_own_below_known_ones()
    {
        var own = new Purpose(new("https://marenbrueck.example/purposes#flood-warning"), [new("ProtectionOfPublicSecurity")], "Flood warning", "Hochwasserwarnung");

        var tree = Tree.With([own])!;

        Assert.True(tree.IsWithin(own.Id, new("PublicBenefit")));
        Assert.Equal(own.Id.Value, own.Iri);
        Assert.False(Tree.IsWithin(own.Id, new("PublicBenefit")));
        Assert.Null(Tree.With([own with { Parents = [] }]));
        Assert.Null(Tree.With([own with { Parents = [new("Elsewhere")] }]));
        Assert.Null(Tree.With([own, own]));
        Assert.Null(Tree.With([own with { German = "" }]));
    }

    [Fact]
    public void Are_256_at_most()
    {
        var room = PurposeTree.CountMax - Tree.All.Length;

        Assert.NotNull(Tree.With(Own(room)));
        Assert.Null(Tree.With(Own(room + 1)));
    }

    [Fact]
    public void Are_kept_as_bits()
    {
        var set = new[] { 0, 63, 64, 127, 128, 255 }.Aggregate(IndexSet.Empty, (all, index) => all.With(index));

        Assert.Equal([0, 63, 64, 127, 128, 255], Enumerable.Range(0, 300).Where(index => set.Contains(index)));
        Assert.Equal((6, 5, 2), (set.Count, set.Without(IndexSet.Empty.With(64)).Count, set.And(IndexSet.UpTo(64)).Count));
        Assert.Throws<ArgumentOutOfRangeException>(() => IndexSet.Empty.With(IndexSet.Capacity));
    }

    private static ImmutableArray<Purpose> Own(int count) =>
        [.. Enumerable.Range(0, count).Select(i => new Purpose(new($"https://city.example/p{i}"), [new("Purpose")], "a", "b"))];

    private static bool Walk(Purpose purpose, PurposeId broader) =>
        purpose.Id == broader || purpose.Parents.Any(parent => Walk(Tree.All.Single(one => one.Id == parent), broader));
}

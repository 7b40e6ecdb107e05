using Stoa.Identity.Credentials;
using Stoa.Sharing.Policy;
using Stoa.Sharing.Spectrum;
using Stoa.Vocabulary;
using Xunit;

namespace Stoa.Tests.Governance;

/// <summary>The policy over a snapshot of datasets.</summary>
public class Access_policy
{
    private static readonly DatasetId Open = new(2);
    private static readonly DatasetId Closed = new(3);
    private static readonly DatasetId Shared = new(4);

    private static readonly TestClock Clock = new();

    private static AccessPolicy Policy()
    {
        var policy = new AccessPolicy(Clock);
        policy.Replace(Described(1,
            new(DatasetId.Inbox, "inbox", SpectrumClass.Closed, null),
            new(Open, "open", SpectrumClass.Open, null),
            new(Closed, "closed", SpectrumClass.Closed, null),
            new(Shared, "shared", SpectrumClass.SharedGroup, null)));
        return policy;
    }

    private static PolicyInForce Described(long version, params DatasetEntry[] datasets) => new(PolicySnapshot.Of(new()
    {
        Version = version,
        TakenAt = Instant.From(Clock.GetUtcNow()),
        Datasets = [.. datasets.Select(dataset => new GovernedDataset { Id = dataset.Id })],
        Classifications =
        [
            .. datasets.Select(dataset => new Classification
            {
                Id = default, Dataset = dataset.Id, Level = dataset.Spectrum, State = ClassificationState.Effective,
            }),
        ],
    }), datasets);

    private static Requester Token(DatasetId[] read, DatasetId[] write) =>
        Requester.ForToken(new(7), "device", false, read, write);

    private static int StatusOf<T>(Result<T> outcome) => outcome.TryGet(out _, out var problem) ? 200 : problem.Status;

    [Fact]
    public void Lets_everyone_read_what_is_open_and_nothing_else()
    {
        var scope = Policy().Read(Requester.Anonymous);

        Assert.Equal([Open.Value], scope.Datasets.ToArray());
    }

    [Fact]
    public void Lets_nobody_do_anything_before_the_datasets_are_known()
    {
        var policy = new AccessPolicy(Clock);

        Assert.True(policy.Read(Requester.Anonymous).IsNothing);
        Assert.True(policy.Write(Token([Open], [Open])).IsNothing);
    }

    [Fact]
    public void Gives_a_token_what_it_names_and_what_is_open()
    {
        var policy = Policy();
        var token = Token([Closed], [Shared]);

        Assert.Equal([Open.Value, Closed.Value], policy.Read(token).Datasets.ToArray());
        Assert.Equal([Shared.Value], policy.Write(token).Datasets.ToArray());
    }

    [Fact]
    public void Gives_administrators_everything()
    {
        var policy = Policy();

        Assert.True(policy.Read(Requester.Operator).IsEverything);
        Assert.True(policy.Write(Requester.Operator).IsEverything);
    }

    [Fact]
    public void Keeps_the_scopes_of_a_requester_while_nothing_changes()
    {
        var policy = Policy();
        var token = Token([Closed], []);

        Assert.Same(policy.Read(token), policy.Read(token));
    }

    [Fact]
    public void Decides_anew_after_a_change_and_says_that_there_was_one()
    {
        var policy = Policy();
        var change = policy.NextChange;
        Assert.Single(policy.Read(Requester.Anonymous).Datasets.ToArray());

        policy.Replace(Described(2, new DatasetEntry(Open, "open", SpectrumClass.Closed, null)));

        Assert.True(change.IsCompletedSuccessfully);
        Assert.False(policy.NextChange.IsCompleted);
        Assert.True(policy.Read(Requester.Anonymous).IsNothing);
    }

    [Fact]
    public void Leaves_an_older_snapshot_aside()
    {
        var policy = Policy();

        policy.Replace(Described(0));

        Assert.False(policy.Read(Requester.Anonymous).IsNothing);
    }

    [Theory]
    [InlineData(null)]
    [InlineData("open")]
    [InlineData("closed")]
    [InlineData("absent")]
    public void Refuses_anonymous_writing_in_the_same_words_everywhere(string? slug)
    {
        Assert.False(Policy().DatasetForWrite(Requester.Anonymous, slug).TryGet(out _, out var problem));

        Assert.Same(Refusals.CredentialRequired, problem);
    }

    [Fact]
    public void Answers_hidden_and_absent_datasets_alike()
    {
        var policy = Policy();
        var token = Token([Open], [Shared]);

        Assert.False(policy.DatasetForWrite(token, "closed").TryGet(out _, out var hidden));
        Assert.False(policy.DatasetForWrite(token, "absent").TryGet(out _, out var absent));

        Assert.Equivalent(absent, hidden, strict: true);
        Assert.Equal(404, hidden.Status);
        Assert.Equal(404, StatusOf(policy.DatasetForRead(token, "closed")));
        Assert.Equal(404, StatusOf(policy.DatasetForRead(token, "shared")));
    }

    [Fact]
    public void Says_that_a_dataset_which_may_be_read_may_not_be_written()
    {
        Assert.Equal(403, StatusOf(Policy().DatasetForWrite(Token([Closed], [Shared]), "closed")));
        Assert.Equal(403, StatusOf(Policy().DatasetForWrite(Token([Closed], [Shared]), "open")));
        Assert.Equal(403, StatusOf(Policy().MayWrite(Token([Closed], [Shared]), Open)));
    }

    [Fact]
    public void Writes_where_the_address_says()
    {
        var outcome = Policy().DatasetForWrite(Token([], [Shared, Closed]), "closed");

        Assert.True(outcome.TryGet(out var dataset, out _));
        Assert.Equal(Closed, dataset);
    }

    [Fact]
    public void Writes_into_the_one_dataset_that_the_token_names_when_the_address_names_none()
    {
        Assert.True(Policy().DatasetForWrite(Token([Open, Closed], [Shared]), null).TryGet(out var dataset, out _));

        Assert.Equal(Shared, dataset);
    }

    [Fact]
    public void Writes_into_the_inbox_when_several_could_be_meant_and_the_inbox_is_among_them()
    {
        var policy = Policy();

        Assert.True(policy.DatasetForWrite(Token([], [Shared, DatasetId.Inbox]), null).TryGet(out var dataset, out _));
        Assert.Equal(DatasetId.Inbox, dataset);
        Assert.True(policy.DatasetForWrite(Requester.Operator, null).TryGet(out dataset, out _));
        Assert.Equal(DatasetId.Inbox, dataset);
    }

    [Fact]
    public void Refuses_to_guess_when_several_could_be_meant_or_none()
    {
        Assert.Equal(403, StatusOf(Policy().DatasetForWrite(Token([], [Shared, Closed]), null)));
        Assert.Equal(403, StatusOf(Policy().DatasetForWrite(Token([Shared], []), null)));
    }
}

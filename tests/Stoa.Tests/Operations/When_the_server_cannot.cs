using System.Diagnostics;
using Stoa.Host.Operations;
using Stoa.Storage;
using Xunit;

namespace Stoa.Tests.Operations;

public class When_the_server_cannot
{
    private static CancellationToken Now => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Refuses_a_write_beyond_the_queue_and_says_when_to_come_back()
    {
        await using var stoa = await Exchange.StartAsync(settings: ("storage.writeQueue", "1"));
        using var held = new ManualResetEventSlim();
        var started = new TaskCompletionSource();
        var holding = stoa.Database.WriteAsync(
            _ =>
            {
                started.TrySetResult();
                return held.Wait(TimeSpan.FromMinutes(1), Now);
            },
            Now);
        await started.Task;
        // The writer is busy with the first; this one is the whole queue, or another of the program's own that was quicker.
        var waiting = WaitAsync();

        var refused = await stoa.PostJsonAsync("/api/v1/tokens", """{"name":"x","administrator":true}""");

        held.Set();
        await Task.WhenAll(holding, waiting);
        refused.ShouldBeProblem(429, "write-queue-full");
        Assert.Equal("1", refused.Header("Retry-After"));
        Assert.Matches("stoa_limits_reached_total\\{limit=\"Busy\"\\} [1-9]", (await stoa.GetAsync("/metrics")).Text);
        (await stoa.PostJsonAsync("/api/v1/tokens", """{"name":"x","administrator":true}""")).ShouldBe(201);

        async Task WaitAsync()
        {
            try
            {
                await stoa.Database.WriteAsync(_ => true, Now);
            }
            catch (StorageException full) when (full.Failure == StorageFailure.Busy)
            {
            }
        }
    }

    [Theory]
    [InlineData(StorageFailure.Busy, "GET", 503)]
    [InlineData(StorageFailure.Busy, "POST", 429)]
    [InlineData(StorageFailure.Timeout, "GET", 503)]
    [InlineData(StorageFailure.Full, "POST", 507)]
    [InlineData(StorageFailure.Access, "POST", 503)]
    [InlineData(StorageFailure.Corrupt, "GET", 503)]
    [InlineData(StorageFailure.Engine, "GET", 500)]
    public void Says_no_more_of_a_failure_of_storage_than_the_caller_needs(StorageFailure failure, string method,
        int status)
    {
        var problem = UnexpectedErrors.For(new StorageException(failure, "disk I/O error in /srv/stoa/stoa.db"),
            method);

        Assert.Equal(status, problem.Status);
        Assert.DoesNotContain("stoa.db", problem.Detail, StringComparison.Ordinal);
        Assert.Equal(status is 429 or 507 || problem.Type == "unavailable", problem.RetryAfterSeconds is not null);
    }

    [Fact]
    public async Task Answers_a_defect_with_a_problem_that_shows_nothing_of_it_and_counts_it()
    {
        await using var stoa = await Exchange.StartAsync();
        // A table that is gone stands for any defect: no input brings a server there.
        await stoa.Database.WriteAsync(
            session =>
            {
                session.Execute("DROP TABLE access_token_scope");
                return true;
            },
            Now);

        var answer = await stoa.GetAsync("/api/v1/tokens", stoa.AdminToken);

        answer.ShouldBeProblem(500, "internal-error");
        Assert.DoesNotContain("access_token", answer.Text, StringComparison.Ordinal);
        Assert.Equal("nosniff", answer.Header("X-Content-Type-Options"));
        Assert.Contains("stoa_unexpected_errors_total{type=\"StorageException\"} 1",
            (await stoa.GetAsync("/metrics")).Text,
            StringComparison.Ordinal);
    }

    [Fact]
    public async Task Ends_live_streams_when_it_stops_instead_of_waiting_for_their_readers()
    {
        var stoa = await Exchange.StartAsync();
        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(stoa.Address, "/live"));
        using var http = new HttpClient();
        using var stream = await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, Now);
        Assert.Equal("text/event-stream", stream.Content.Headers.ContentType?.MediaType);
        var stopping = Stopwatch.StartNew();

        await stoa.DisposeAsync();

        // limits.stopSeconds would cut it off after eight.
        Assert.InRange(stopping.Elapsed, TimeSpan.Zero, TimeSpan.FromSeconds(6));
    }
}

using System.Runtime.InteropServices;
using System.Text.RegularExpressions;
using Stoa.Host.Commands;
using Stoa.Storage;
using Stoa.Storage.Moving;
using Stoa.Tests.Governance;
using Stoa.Tests.Operations;
using Stoa.Tests.Sensing;
using Xunit;

namespace Stoa.Tests.Moving;

/// <summary>What a move refuses, how it goes on, and what it finds. From SQLite to the engine of the run.</summary>
public class Moving_data
{
    private static CancellationToken Now => TestContext.Current.CancellationToken;

    [Fact, Trait("Engine", "SQLite")]
    public async Task Changes_no_answer_from_folder_to_folder()
    {
        using var folder = new TemporaryFolder();
        var clock = new TestClock();
        var places = new[] { "a", "b", "c" }.Select(name => DataPlace.OfFolder(Path.Combine(folder.Path, name))).ToArray();
        RichCity.Memory memory;
        SortedDictionary<string, string> answers;
        string rows;
        await using (var stoa = await Exchange.StartOnAsync(places[0], clock, null, MovedPlaces.Settings))
        {
            memory = await RichCity.BuildAsync(stoa);
            answers = await RichCity.AnswersAsync(stoa, memory);
        }

        var there = await DataMove.RunAsync(places[0], places[1], null, Now);
        await using (var stoa = await Exchange.StartOnAsync(places[1], clock, memory.Admin, MovedPlaces.Settings))
        {
            RichCity.ShouldBeEqual(answers, await RichCity.AnswersAsync(stoa, memory));
            rows = WithoutTimesOfMigrations(await stoa.SnapshotAsync());
        }

        var again = await DataMove.RunAsync(places[1], places[2], null, Now);

        Assert.True(there.IsEqual && again.IsEqual);
        await using var last = await Exchange.StartOnAsync(places[2], clock, memory.Admin, MovedPlaces.Settings);
        Assert.Equal(rows, WithoutTimesOfMigrations(await last.SnapshotAsync()));
    }

    // The target's schema is its own, made now.
    private static string WithoutTimesOfMigrations(string snapshot) => Regex.Replace(snapshot, @"([0-9a-f]{64}) \d+\n", "$1\n");

    [Fact]
    public async Task Prints_rows_and_digest_of_every_table()
    {
        using var folder = new TemporaryFolder();
        var from = await MovedPlaces.SourceAsync(folder);
        var to = MovedPlaces.TargetIn(folder);

        var moved = await StoaProgram.RunAsync("migrate", "--from", from.Text(), "--to", to.Text());
        var verified = await StoaProgram.RunAsync("migrate", "--from", from.Text(), "--to", to.Text(), "--verify");

        Assert.True(moved.ExitCode == ExitCode.Done, moved.Errors);
        Assert.Matches("\nobservation\t1000\t[0-9a-f]{16}\n", moved.Output);
        Assert.Contains("Both sides hold the same 1,1", moved.Output, StringComparison.Ordinal);
        Assert.Equal((ExitCode.Done, moved.Output), (verified.ExitCode, verified.Output));
    }

    [Fact]
    public async Task Says_which_table_differs()
    {
        using var folder = new TemporaryFolder();
        var from = await MovedPlaces.SourceAsync(folder);
        var to = MovedPlaces.TargetIn(folder);
        await DataMove.RunAsync(from, to, null, Now);
        MovedPlaces.Execute(to, "UPDATE observation SET result_number = 0.1 WHERE id = 501");

        var verified = await StoaProgram.RunAsync("migrate", "--from", from.Text(), "--to", to.Text(), "--verify");

        Assert.Equal(ExitCode.Finding, verified.ExitCode);
        Assert.Contains("the two sides differ in observation.", verified.Errors, StringComparison.Ordinal);
        Assert.Matches("\nobservation\t1000 and 1000\t[0-9a-f]{16} and [0-9a-f]{16}\tDIFFERENT\n", verified.Output);
    }

    [Fact]
    public async Task Refuses_a_target_that_holds_data_and_leaves_it_alone()
    {
        using var folder = new TemporaryFolder();
        var from = await MovedPlaces.SourceAsync(folder);
        var to = MovedPlaces.TargetIn(folder);
        await using (await TestDatabases.OpenPlaceAsync(to, Now)) { }
        MovedPlaces.Execute(to, "INSERT INTO organization (slug, name, created) VALUES ('own', 'Own', 1)");

        var error = await Assert.ThrowsAsync<StorageException>(() => DataMove.RunAsync(from, to, null, Now));

        Assert.Equal(StorageFailure.Access, error.Failure);
        Assert.Contains("holds data already (table organization)", error.Message, StringComparison.Ordinal);
        await using var served = await TestDatabases.OpenPlaceAsync(to, Now);
    }

    [Fact]
    public async Task Refuses_either_side_while_a_server_uses_it()
    {
        using var folder = new TemporaryFolder();
        var from = await MovedPlaces.SourceAsync(folder);
        var to = MovedPlaces.TargetIn(folder);
        await using (await TestDatabases.OpenPlaceAsync(from, Now))
            Assert.Equal(StorageFailure.InUse,
                (await Assert.ThrowsAsync<StorageException>(() => DataMove.RunAsync(from, to, null, Now))).Failure);
        await using (await TestDatabases.OpenPlaceAsync(to, Now))
            Assert.Equal(StorageFailure.InUse,
                (await Assert.ThrowsAsync<StorageException>(() => DataMove.RunAsync(from, to, null, Now))).Failure);

        Assert.True((await DataMove.RunAsync(from, to, null, Now)).IsEqual);
    }

    [Fact]
    public async Task Refuses_a_source_that_is_not_there_and_makes_nothing()
    {
        using var folder = new TemporaryFolder();
        var nowhere = Path.Combine(folder.Path, "nowhere");

        var error = await Assert.ThrowsAsync<StorageException>(
            () => DataMove.RunAsync(DataPlace.OfFolder(nowhere), MovedPlaces.TargetIn(folder), null, Now));

        Assert.Equal(StorageFailure.Access, error.Failure);
        Assert.False(Directory.Exists(nowhere));
    }

    [Fact]
    public async Task Goes_on_where_it_was_killed_and_serves_nothing_before()
    {
        using var folder = new TemporaryFolder();
        var from = await MovedPlaces.SourceAsync(folder, 400_000);
        var to = MovedPlaces.TargetIn(folder);
        var seen = new List<long>();
        foreach (var rows in new[] { 1, 150_000, 300_000 })
        {
            await using var move = StoaProgram.Launch("migrate", "--from", from.Text(), "--to", to.Text());
            while (MovedPlaces.Moved(to) < rows && !move.HasExited) await Task.Delay(2, Now);
            await move.KillAsync();
            seen.Add(MovedPlaces.Moved(to));
        }

        var served = await Assert.ThrowsAsync<StorageException>(() => TestDatabases.OpenPlaceAsync(to, Now));
        var last = await StoaProgram.RunAsync("migrate", "--from", from.Text(), "--to", to.Text());

        Assert.Equal(StorageFailure.Unfinished, served.Failure);
        Assert.True(seen[0] > 0 && seen.Distinct().Count() > 1, "The move was too quick to be killed: " + string.Join(' ', seen));
        Assert.True(last.ExitCode == ExitCode.Done, last.Errors);
        Assert.Matches("\nobservation\t400000\t", last.Output);
        await using var database = await TestDatabases.OpenPlaceAsync(to, Now);
    }

    [Fact]
    public async Task Stops_when_it_is_asked_to_and_goes_on()
    {
        using var folder = new TemporaryFolder();
        var from = await MovedPlaces.SourceAsync(folder, 400_000);
        var to = MovedPlaces.TargetIn(folder);
        await using (var move = StoaProgram.Launch("migrate", "--from", from.Text(), "--to", to.Text()))
        {
            while (MovedPlaces.Moved(to) == 0 && !move.HasExited) await Task.Delay(2, Now);
            move.Signal(PosixSignal.SIGINT);
            Assert.Equal(ExitCode.Stopped, await move.WaitAsync());
        }

        Assert.InRange(MovedPlaces.Moved(to), 1, 400_000);
        Assert.True((await DataMove.RunAsync(from, to, null, Now)).IsEqual);
    }

    [Fact]
    public async Task Does_not_mix_two_states_of_the_source()
    {
        using var folder = new TemporaryFolder();
        var from = await MovedPlaces.SourceAsync(folder);
        var to = MovedPlaces.TargetIn(folder);
        using var stop = new CancellationTokenSource();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => DataMove.RunAsync(from, to, new Stopping(stop), stop.Token));
        MovedPlaces.Execute(from, "UPDATE observation_sequence SET next = next + 1");

        var error = await Assert.ThrowsAsync<StorageException>(() => DataMove.RunAsync(from, to, null, Now));

        Assert.Contains("has changed since that move began", error.Message, StringComparison.Ordinal);
    }

    private sealed class Stopping(CancellationTokenSource stop) : IProgress<MoveProgress>
    {
        public void Report(MoveProgress value) => stop.Cancel();
    }
}

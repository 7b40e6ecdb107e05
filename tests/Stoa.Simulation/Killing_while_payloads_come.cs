using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using Stoa.Storage;
using Xunit;

namespace Stoa.Simulation;

/// <summary>kill -9 while network servers post payloads: a message is stored as a whole or not at all, a dead letter
/// that was
/// acknowledged is kept, and the counts of the connector fit what is there.</summary>
public class Killing_while_payloads_come
{
    private const string Hook = "/datasets/inbox/connectors/uplinks";
    private const int Workers = 6;
    private const int ValuesOfMessage = 3;

    private static readonly CancellationToken Now = TestContext.Current.CancellationToken;

    /// <remarks>SIMULATION_CONNECTOR_ROUNDS sets the number of rounds (10), SIMULATION_SEED repeats the choices of a
    /// run.</remarks>
    [Fact]
    public async Task Keeps_messages_whole_and_dead_letters_that_were_acknowledged()
    {
        var rounds = Setting("SIMULATION_CONNECTOR_ROUNDS", 10);
        var seed = Setting("SIMULATION_SEED", Random.Shared.Next());
        await Console.Out.WriteLineAsync($"Connector crash test: {rounds} rounds, SIMULATION_SEED={seed}");
        var random = new Random(seed);
        using var folder = new TemporaryFolder();
        var token = await DeclareAsync(folder.Path);
        var stored = new ConcurrentBag<long>();
        var letters = new ConcurrentBag<long>();
        long sent = 0;

        for (var round = 0; round < rounds; round++)
        {
            await using var stoa = StoaProcess.Launch(folder.Path);
            await stoa.WaitUntilReadyAsync(Now);
            using var http = stoa.CreateClient(token);
            var posting = Enumerable.Range(0, Workers).Select(_ => Task.Run(() => PostAsync(http), Now)).ToArray();
            await Task.Delay(random.Next(50, 500), Now);
            Assert.False(stoa.HasExited, stoa.Output);
            await stoa.KillAsync(Now);
            await Task.WhenAll(posting);
        }

        Assert.True(stored.Count > rounds && letters.Count > rounds, "The load was not worth killing for.");
        await CompareAsync(folder.Path, stored, letters);
        await Console.Out.WriteLineAsync(string.Create(CultureInfo.InvariantCulture,
            $"{stored.Count:N0} messages and {letters.Count:N0} dead letters acknowledged, none lost or halved"));

        async Task PostAsync(HttpClient http)
        {
            try
            {
                while (true)
                {
                    var number = Interlocked.Increment(ref sent);
                    // One in four holds a value that is no number, after one that is.
                    var third = number % 4 == 0 ? "\"broken\"" : number.ToString(CultureInfo.InvariantCulture);
                    using var body = new StringContent(
                        $$"""{"device":"{{number % 5}}","n":{{number}},"a":{{number}},"b":{{number}},"c":{{third}}}""", Encoding.UTF8, "application/json");
                    using var answer = await http.PostAsync(new Uri(Hook, UriKind.Relative), body);
                    using var receipt = JsonDocument.Parse(await answer.Content.ReadAsByteArrayAsync(CancellationToken.None));
                    if (answer.StatusCode == HttpStatusCode.OK) stored.Add(number);
                    else if (answer.StatusCode == HttpStatusCode.Accepted) letters.Add(receipt.RootElement.GetProperty("deadLetter").GetInt64());
                }
            }
            catch (Exception error) when (error is HttpRequestException or IOException or TaskCanceledException or SocketException)
            {
                // The server was killed: whatever was in flight is neither acknowledged nor refused.
            }
        }
    }

    private static async Task<string> DeclareAsync(string folder)
    {
        await using var stoa = await StoaProcess.StartAsync(folder, Now);
        var token = await StoaProcess.CreateTokenAsync(folder, Now);
        using var http = stoa.CreateClient(token);
        // The number of the message is its time, so that each has one of its own.
        using var body = new StringContent(
            """
            device: '{$.device}'
            time: { value: '{$.n}', formats: [unix] }
            values: [{ path: "$['a','b','c']", quantity: '{1}', result: number }]
            """, Encoding.UTF8, "application/yaml");
        using var answer = await http.PutAsync(
            new Uri("/api/v1/datasets/inbox/connectors/uplinks?enable=true&force=true", UriKind.Relative), body, Now);
        Assert.Equal(HttpStatusCode.Created, answer.StatusCode);
        await stoa.TerminateAsync(Now);
        return token;
    }

    private static async Task CompareAsync(string folder, IReadOnlyCollection<long> stored, IReadOnlyCollection<long> letters)
    {
        // A server puts back what a crash left, then gives the folder away.
        await using (var last = await StoaProcess.StartAsync(folder, Now)) await last.TerminateAsync(Now);
        await using var database = await TestDatabases.OpenAsync(new() { Folder = folder }, Now);
        using var read = await database.ReadAsync(Now);

        var messages = new Dictionary<long, int>();
        using (var select = read.Prepare("SELECT result_number FROM observation"))
            while (select.Step()) messages[select.Int64(0)] = messages.GetValueOrDefault(select.Int64(0)) + 1;
        Assert.DoesNotContain(messages, message => message.Value != ValuesOfMessage);
        Assert.DoesNotContain(stored, number => !messages.ContainsKey(number));
        Assert.DoesNotContain(messages.Keys, number => number % 4 == 0);

        using var counts = read.Prepare("SELECT id, received, observations, rejected, dead_letters, dropped FROM connector");
        Assert.True(counts.Step());
        var (received, observations, rejected, kept, dropped) =
            (counts.Int64(1), counts.Int64(2), counts.Int64(3), counts.Int64(4), counts.Int64(5));
        Assert.Equal(messages.Count * (long)ValuesOfMessage, observations);
        Assert.Equal(messages.Count + rejected, received);
        Assert.Equal(rejected, kept + dropped);
        var dead = new SortedSet<long>();
        using (var select = read.Prepare("SELECT id FROM dead_letter"))
            while (select.Step()) Assert.True(dead.Add(select.Int64(0)));
        Assert.Equal(kept, dead.Count);
        // The oldest make room; of the others none is missing.
        Assert.Contains(letters, dead.Contains);
        Assert.DoesNotContain(letters, letter => letter >= dead.Min && !dead.Contains(letter));
    }

    private static int Setting(string name, int otherwise) =>
        int.TryParse(Environment.GetEnvironmentVariable(name), CultureInfo.InvariantCulture, out var value) ? value : otherwise;
}

using Stoa.Benchmarks.Bars;
using Stoa.Benchmarks.Import;
using Stoa.Benchmarks.Mqtt;
using Stoa.Benchmarks.Querying;
using Stoa.Benchmarks.Servers;
using Stoa.Benchmarks.Sharing;
using Stoa.Benchmarks.Storage;

namespace Stoa.Benchmarks;

/// <summary>
/// Measures Stoa against bars that are ratios within one run. Figures depend on the machine and on what else it does;
/// ratios of alternating rounds hardly do. Both engines take turns where PostgreSQL is installed; <c>--engines sqlite</c> or
/// <c>--engines postgres</c> leaves the other out.
/// </summary>
internal static class Program
{
    private static readonly Dictionary<string, Func<Arguments, Task>> Benchmarks = new(StringComparer.Ordinal)
    {
        ["posts"] = Posts.RunAsync,
        ["query-mix"] = QueryMix.RunAsync,
        ["growth"] = Growth.RunAsync,
        ["alike"] = Alike.RunAsync,
        ["policy"] = Policy.RunAsync,
        ["scopes"] = PartyScopes.RunAsync,
        ["records"] = Records.RunAsync,
        ["streaming"] = Streaming.RunAsync,
        ["query-plans"] = QueryPlans.RunAsync,
        ["idle"] = Idle.RunAsync,
        ["mqtt"] = MqttBars.RunAsync,
        ["csv"] = CsvReading.RunAsync,
        ["observation-table"] = ObservationTables.RunAsync,
        ["groups-of-rows"] = GroupsOfRows.RunAsync,
        ["translation"] = Translation.RunAsync,
        ["decision"] = Decisions.RunAsync,
        ["logs"] = Logs.RunAsync,
        ["sealing"] = Sealing.RunAsync,
        ["quorum"] = Quorums.RunAsync,
    };

    private static async Task<int> Main(string[] args)
    {
        if (args is ["bare-server", ..])
        {
            await BareServer.RunAsync(args[1..]);
            return 0;
        }

        if (args.Length == 0 || !Benchmarks.TryGetValue(args[0], out var benchmark))
        {
            Console.Error.WriteLine("Name one of: " + string.Join(", ", Benchmarks.Keys.Order(StringComparer.Ordinal)));
            return 2;
        }

        Console.WriteLine(Machine.Describe());
        await benchmark(Arguments.Parse(args[1..]));
        Console.WriteLine(Machine.Describe());
        return Verdict.IsAnyMissed ? 1 : 0;
    }
}

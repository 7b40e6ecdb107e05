using System.CommandLine;
using Microsoft.Extensions.Logging.Abstractions;
using Stoa.Catalogue.Datasets;
using Stoa.Host.Operations.Pages;
using Stoa.Host.SampleCity;
using Stoa.Host.SampleCity.Model;
using Stoa.Host.SampleCity.Plan;
using Stoa.Host.Settings;
using Stoa.Identity.Credentials;
using Stoa.Identity.Organizations;
using Stoa.Identity.Parties;
using Stoa.Sensing.Bulk;
using Stoa.Storage;
using Stoa.Vocabulary;

namespace Stoa.Host.Commands;

/// <summary><c>stoa demo</c>: runs the server with the sample city and its live simulated sensors.</summary>
internal static class DemoCommand
{
    private static readonly TimeSpan TokenTime = TimeSpan.FromDays(1);

    public static Command Build()
    {
        var command = new Command("demo",
            "Run the server with the sample city, live simulated sensors included. Without --data in a folder that is removed at the end.");
        var options = SettingsOptions.AddTo(command);
        var days = new Option<int>("--days")
        {
            Description = "Days of history.", HelpName = "N",
            DefaultValueFactory = _ => (int)CityFolder.DefaultHistory.TotalDays,
        };
        days.Validators.Add(result =>
        {
            if (result.GetValueOrDefault<int>() is < 1 or > 366) result.AddError("--days takes a number from 1 to 366.");
        });
        command.Options.Add(days);
        command.SetAction(async (parsed, cancellation) =>
        {
            var fresh = Path.Combine(Path.GetTempPath(), $"stoa-demo-{Environment.ProcessId}");
            KeyValuePair<string, string>[] own =
                [new("data", fresh), new("portal.name", CityPlan.CityName), new("mqtt.listen", MqttListeners.DemoAddress())];
            if (!options.TryRead(parsed, own, out var settings)) return ExitCode.Usage;
            try
            {
                return await RunAsync(settings, TimeSpan.FromDays(parsed.GetValue(days)), cancellation);
            }
            finally
            {
                if (settings.Data == fresh && Directory.Exists(fresh)) Directory.Delete(fresh, recursive: true);
            }
        });
        return command;
    }

    private static async Task<int> RunAsync(StoaSettings settings, TimeSpan history, CancellationToken cancellation)
    {
        var built = new TaskCompletionSource<BuiltCity>(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var server = await Server.StartAsync(
            settings, TimeProvider.System, services => services.AddSampleCity(built.Task), cancellation);
        var folder = server.Services.GetRequiredService<CityFolder>();
        if (await folder.HoldsOtherDataAsync(cancellation))
        {
            throw new StartException(
                $"{settings.Data} holds data of your own. The sample city is not mixed with it: name another folder with --data.");
        }

        await Console.Error.WriteLineAsync($"Building the sample city in {settings.Data}.");
        // The drawing first: who looks in while the history is written finds the map.
        var model = await Task.Run(() => new CityModel(), cancellation);
        var outlines = Path.Combine(settings.Data, CityOutlines.FileName);
        if (!File.Exists(outlines)) await File.WriteAllBytesAsync(outlines, model.Map.ToGeoJson(), cancellation);
        var city = await folder.BuildAsync(model, history, new ConsoleProgress("Sample city"), cancellation);
        built.SetResult(city);
        var token = await CreateTokenAsync(server.Services, cancellation);
        await Console.Out.WriteLineAsync(
            $"{city.Model.Things.Count} things with {city.Streams.Count} datastreams; {city.Observations:N0} observations added.");
        await Console.Out.WriteLineAsync($"Administrator's token for a day: {token}");
        return await ServeCommand.RunUntilStoppedAsync(server, settings, cancellation);
    }

    private static void AddSampleCity(this IServiceCollection services, Task<BuiltCity> built)
    {
        services.AddSingleton(provider => new CityGovernance(
            provider.GetRequiredService<Organizations>(), provider.GetRequiredService<Parties>(), provider.GetRequiredService<Database>(),
            provider.GetRequiredService<TimeProvider>()));
        services.AddSingleton(provider => new CityFolder(
            provider.GetRequiredService<Organizations>(), provider.GetRequiredService<Datasets>(),
            provider.GetRequiredService<BulkLoader>(), provider.GetRequiredService<CityGovernance>(),
            provider.GetRequiredService<Database>(),
            provider.GetRequiredService<TimeProvider>()));
        services.AddHostedService(provider => new LiveSensors(
            built, SinkOf(provider.GetRequiredService<BulkLoader>(), provider.GetRequiredService<Database>()), provider.GetRequiredService<TimeProvider>(),
            provider.GetRequiredService<ILogger<LiveSensors>>()));
    }

    // The one writer and its group commit, as for every observation that comes from outside.
    private static ObservationSink SinkOf(BulkLoader loader, Database database) => async (datastream, time, result, cancellation) =>
    {
        if (!database.Nodes.IsLeader) return;
        BulkObservation[] row = [new(time.Start, time.IsInstant ? null : time.End, result, null, null)];
        var outcome = await loader.AppendAsync(datastream, row, BulkMode.Append, cancellation);
        // A visitor with the token may have deleted the sensor: it falls silent.
        _ = outcome.IsValue;
    };

    private static async Task<string> CreateTokenAsync(IServiceProvider services, CancellationToken cancellation)
    {
        var time = services.GetRequiredService<TimeProvider>();
        var tokens = new Tokens(services.GetRequiredService<Database>(), time, NullLogger<Tokens>.Instance);
        var draft = new TokenDraft
        {
            Name = "demo", Administrator = true, Expires = Instant.From(time.GetUtcNow() + TokenTime),
        };
        var made = await tokens.CreateAsync(draft, cancellation);
        return made.TryGet(out var token, out var problem) ? token.Text
            : throw new InvalidOperationException(problem.Detail);
    }
}

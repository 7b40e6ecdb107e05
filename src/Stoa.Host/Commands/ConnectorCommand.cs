using System.CommandLine;
using System.Text;
using Stoa.Sensing.Connectors;
using Stoa.Vocabulary;

namespace Stoa.Host.Commands;

/// <summary><c>stoa connector</c>: tries declarations of connectors, and looks after those that are declared.</summary>
internal static partial class ConnectorCommand
{
    public static Command Build() => new("connector", "Try, list and switch connectors, and look after dead letters.")
    {
        Test(), Preset(), List(), Switch("enable", true), Switch("disable", false), DeadLetters(),
    };

    private static Command Test()
    {
        var command = new Command("test", "Say what a connector would make of a payload. Nothing is stored.");
        var file = new Option<string>("--file")
            { Description = "Declaration of the connector, as docs/connectors.md describes.", HelpName = "FILE.yaml",
                Required = true };
        var payload = new Option<string?>("--payload")
            { Description = "Payload to try; - is standard input. [default: the sample in the declaration]",
                HelpName = "FILE" };
        var topic = new Option<string?>("--topic")
            { Description = "MQTT topic that it comes on. [default: none, as through the webhook]", HelpName = "TOPIC" };
        foreach (var option in new Option[] { file, payload, topic }) command.Options.Add(option);
        command.SetAction(async (parsed, cancellation) =>
        {
            if (await ReadAsync(parsed.GetValue(file)!, cancellation) is not { } declaration) return ExitCode.Usage;
            byte[]? bytes;
            var from = parsed.GetValue(topic);
            if (parsed.GetValue(payload) is { } path) bytes = await ReadAsync(path, cancellation);
            else (bytes, from) = await SampleAsync(declaration, from);
            return bytes is null ? ExitCode.Usage : await TryAsync(declaration, from, bytes);
        });
        return command;
    }

    private static async Task<int> TryAsync(byte[] declaration, string? topic, byte[] payload)
    {
        var outcome = ConnectorTrial.Run(declaration, topic, payload, Instant.From(TimeProvider.System.GetUtcNow()));
        if (!outcome.TryGet(out var trial, out var problem)) return await RefuseAsync(problem.Detail);
        foreach (var thing in trial.Things)
            await Console.Out.WriteLineAsync($"Thing        {thing.Key}  {thing.Name}" +
                (thing.Longitude is { } x ? string.Create(null, $"  at {x} {thing.Latitude}") : ""));
        foreach (var stream in trial.Datastreams)
            await Console.Out.WriteLineAsync(
                $"Datastream   {stream.Key}  {stream.ObservedProperty}{(stream.Unit is null ? "" : $" [{stream.Unit}]")}");
        foreach (var observation in trial.Observations)
            await Console.Out.WriteLineAsync(
                $"Observation  {observation.Datastream}  {observation.PhenomenonTime}  {observation.Result}");
        var verdict = trial.Outcome switch
        {
            "stored" => $"{trial.Observations.Count} observations would be stored.",
            "skipped" => "The message would be passed over.",
            _ => $"The message would become a dead letter: {trial.Reason}.",
        };
        await Console.Out.WriteLineAsync(verdict);
        return trial.Outcome == "rejected" ? ExitCode.Finding : ExitCode.Done;
    }

    private static async Task<(byte[]? Payload, string? Topic)> SampleAsync(byte[] declaration, string? topic)
    {
        if (!ConnectorTrial.SampleOf(declaration).TryGet(out var sample, out var problem))
        {
            if (problem is not null) await RefuseAsync(problem.Detail);
            return default;
        }

        if (sample is { } found) return (Encoding.UTF8.GetBytes(found.Payload), topic ?? found.Topic);
        await RefuseAsync("The declaration holds no sample. Name a payload with --payload.");
        return default;
    }

    private static async Task<byte[]?> ReadAsync(string path, CancellationToken cancellation)
    {
        try
        {
            if (path != "-") return await File.ReadAllBytesAsync(path, cancellation);
            await using var input = Console.OpenStandardInput();
            using var bytes = new MemoryStream();
            await input.CopyToAsync(bytes, cancellation);
            return bytes.ToArray();
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            await RefuseAsync($"{path} cannot be read: {exception.Message}");
            return null;
        }
    }

    private static Command Preset()
    {
        var command = new Command("preset", "List the presets, or print one to start from.");
        var name = new Argument<string?>("NAME")
            { Description = "Preset to print; without it the names are listed.", Arity = ArgumentArity.ZeroOrOne };
        command.Arguments.Add(name);
        command.SetAction(async (parsed, _) =>
        {
            if (parsed.GetValue(name) is not { } wanted)
            {
                foreach (var known in ConnectorPresets.Names) await Console.Out.WriteLineAsync(known);
                return ExitCode.Done;
            }

            if (ConnectorPresets.TextOf(wanted) is not { } text)
                return await RefuseAsync($"There is no preset {wanted}. See: stoa connector preset");
            await Console.Out.WriteAsync(text);
            return ExitCode.Done;
        });
        return command;
    }

    private static async Task<int> RefuseAsync(string message)
    {
        await Console.Error.WriteLineAsync("stoa: " + message);
        return ExitCode.Usage;
    }
}

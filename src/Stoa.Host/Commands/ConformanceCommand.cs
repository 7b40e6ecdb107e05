using System.CommandLine;
using System.Text;
using Stoa.Conformance;
using Stoa.Conformance.Reports;

namespace Stoa.Host.Commands;

/// <summary><c>stoa conformance</c>: tries any SensorThings server against OGC 18-088.</summary>
internal static class ConformanceCommand
{
    public static Command Build()
    {
        var command = new Command("conformance",
            "Try any server against OGC SensorThings 1.1. Makes data of its own there and removes exactly that again.");
        var root = new Option<string>("--base")
            { Description = "Service root, such as https://example.org/v1.1.", HelpName = "URL", Required = true };
        var token = new Option<string?>("--token")
            { Description = "Bearer token that may create, change and delete.", HelpName = "TOKEN" };
        var mqtt = new Option<string?>("--mqtt")
            { Description = "Address of MQTT. [default: as the landing page says]", HelpName = "HOST:PORT" };
        var only = new Option<string[]>("--class")
            { Description = "Requirement class to try, such as request-data; may be repeated. [default: all]",
                HelpName = "NAME" };
        var all = new Option<bool>("--all") { Description = "Try also what the server does not claim." };
        var format = new Option<ReportFormat>("--format") { Description = "Form of the report.",
            DefaultValueFactory = _ => ReportFormat.Text };
        var output = new Option<string?>("--output") { Description = "File for the report. [default: standard output]",
            HelpName = "FILE" };
        foreach (var option in new Option[] { root, token, mqtt, only, all, format,
            output }) command.Options.Add(option);
        command.SetAction(async (parsed, cancellation) =>
        {
            if (!Uri.TryCreate(parsed.GetValue(root), UriKind.Absolute, out var address) ||
                address.Scheme is not ("http" or "https"))
                return await RefuseAsync(
                    $"--base: {parsed.GetValue(root)} is not an address such as https://example.org/v1.1.",
                    ExitCode.Usage);
            if (!TrySelect(parsed.GetValue(only) ?? [], out var checks, out var complaint))
                return await RefuseAsync(complaint, ExitCode.Usage);
            var options = new RunOptions(address)
            {
                Token = parsed.GetValue(token), Mqtt = parsed.GetValue(mqtt), IncludeUnclaimed = parsed.GetValue(all),
            };
            try
            {
                return await RunAsync(options, checks, parsed.GetValue(format), parsed.GetValue(output), cancellation);
            }
            catch (SuiteException refused)
            {
                return await RefuseAsync(refused.Message, ExitCode.Failed);
            }
        });
        return command;
    }

    private static bool TrySelect(string[] classes, out IReadOnlyList<Check> checks, out string complaint)
    {
        checks = classes.Length == 0 ? Suite.Checks : [.. classes.SelectMany(Suite.OfClass).Distinct()];
        var unknown = classes.FirstOrDefault(name => Suite.OfClass(name).Count == 0);
        complaint = unknown is null ? "" :
            $"--class: there is no requirement class {unknown}. There are: " +
            $"{string.Join(", ", Requirements.Classes.Select(one => one.Name).Append(Requirements.Extensions))}.";
        return unknown is null;
    }

    private static async Task<int> RunAsync(
        RunOptions options, IReadOnlyList<Check> checks, ReportFormat format, string? file,
            CancellationToken cancellation)
    {
        await using var run = await ConformanceRun.StartAsync(options, cancellation);
        var report = await run.TryAllAsync(checks, new ProgressLine(checks.Count), cancellation);
        var text = report.Write(format);
        if (file is null) await Console.Out.WriteAsync(text);
        else if (await TryWriteAsync(file, text) is { } complaint) return await RefuseAsync(complaint, ExitCode.Failed);
        return report.IsProven ? ExitCode.Done : ExitCode.Finding;
    }

    private static async Task<string?> TryWriteAsync(string file, string text)
    {
        try
        {
            await File.WriteAllTextAsync(file, text, new UTF8Encoding(encoderShouldEmitUTF8Identifier: false),
                CancellationToken.None);
            return null;
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            return $"--output: {file} cannot be written: {error.Message}";
        }
    }

    private static async Task<int> RefuseAsync(string message, int exitCode)
    {
        await Console.Error.WriteLineAsync("stoa: " + message);
        return exitCode;
    }

    // On a terminal one line that counts; elsewhere nothing, since the report says it all.
    private sealed class ProgressLine(int total) : IProgress<Outcome>
    {
        private int _done;

        public void Report(Outcome value)
        {
            _done++;
            if (Console.IsErrorRedirected) return;
            Console.Error.Write(_done < total ? $"\r{_done} of {total} checks" : "\r" + new string(' ', 40) + "\r");
        }
    }
}

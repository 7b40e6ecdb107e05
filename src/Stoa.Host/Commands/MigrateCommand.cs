using System.CommandLine;
using System.Globalization;
using Stoa.Storage.Moving;

namespace Stoa.Host.Commands;

/// <summary><c>stoa migrate</c>: moves everything from one engine to the other.</summary>
internal static class MigrateCommand
{
    private const int DigestDigitsShown = 16;

    public static Command Build()
    {
        var command = new Command("migrate",
            "Move everything from a data folder to a PostgreSQL database or back, and compare. The source stays as it is; " +
            "run again, it goes on where it was stopped. See docs/operating/migrate.md.");
        var from = PlaceOption("--from", "Where the data is: a data folder, or \"Host=…;Database=…;Username=…\" (or postgres://…).");
        var to = PlaceOption("--to", "Where it shall be: an empty folder or database.");
        var verify = new Option<bool>("--verify") { Description = "Move nothing: only compare, table by table." };
        command.Options.Add(from);
        command.Options.Add(to);
        command.Options.Add(verify);
        command.SetAction((parsed, cancellation) => RunAsync(
            DataPlace.Parse(parsed.GetValue(from)!), DataPlace.Parse(parsed.GetValue(to)!), parsed.GetValue(verify), cancellation));
        return command;
    }

    private static Option<string> PlaceOption(string name, string description) =>
        new(name) { Description = description, HelpName = "DIR|TEXT", Required = true };

    private static async Task<int> RunAsync(DataPlace from, DataPlace to, bool onlyVerifies, CancellationToken cancellation)
    {
        var line = new MoveProgressLine();
        MoveOutcome outcome;
        try
        {
            outcome = onlyVerifies
                ? await DataMove.VerifyAsync(from, to, line, cancellation)
                : await DataMove.RunAsync(from, to, line, cancellation);
        }
        catch (OperationCanceledException) when (!onlyVerifies)
        {
            line.End();
            await Console.Error.WriteLineAsync("Stopped. The same command goes on from here; until then the target is not served.");
            throw;
        }
        finally
        {
            line.End();
        }

        foreach (var table in outcome.Tables) await Console.Out.WriteLineAsync(Line(table));
        var differing = outcome.Tables.Where(table => !table.IsEqual).Select(table => table.Table).ToArray();
        if (differing.Length > 0)
        {
            await Console.Error.WriteLineAsync($"stoa: the two sides differ in {string.Join(", ", differing)}." +
                (onlyVerifies ? "" : " The target is not served. Empty it and run the command again."));
            return ExitCode.Finding;
        }

        await Console.Out.WriteLineAsync(string.Create(CultureInfo.InvariantCulture,
            $"Both sides hold the same {outcome.Rows:N0} rows in {outcome.Tables.Count - 1} tables."));
        return ExitCode.Done;
    }

    /// <summary>Name, rows and the beginning of the digest, separated by tabs; both sides where they differ.</summary>
    private static string Line(TableComparison table)
    {
        var (from, to) = (table.FromDigest[..DigestDigitsShown], table.ToDigest[..DigestDigitsShown]);
        return table.IsEqual
            ? string.Create(CultureInfo.InvariantCulture, $"{table.Table}\t{table.FromRows}\t{from}")
            : string.Create(CultureInfo.InvariantCulture, $"{table.Table}\t{table.FromRows} and {table.ToRows}\t{from} and {to}\tDIFFERENT");
    }
}

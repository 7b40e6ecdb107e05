using System.Globalization;
using System.Text;
using Stoa.Benchmarks.Bars;
using Stoa.Sensing.Import;
using Stoa.Sensing.Import.Csv;

namespace Stoa.Benchmarks.Import;

/// <summary>Reads a table of counters as wide as real ones (15 columns of short numbers) from memory, on one core,
/// beside what
/// a reader made of lines and string.Split needs for the same bytes. Time is that of the processor.</summary>
internal static class CsvReading
{
    private const int Rows = 600_000;
    private const int Rounds = 7;

    public static async Task RunAsync(Arguments arguments)
    {
        var plain = Table(quoted: false);
        var quoted = Table(quoted: true);
        for (var round = 0; round < Rounds; round++)
        {
            var fields = await MeasureAsync("fields only        ", plain, parses: false);
            await MeasureAsync("fields and numbers ", plain, parses: true);
            await MeasureAsync("quoted fields      ", quoted, parses: false);
            var split = Split(plain);
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
                $"  {split / fields:0.0} times as fast as lines and Split"));
        }
    }

    private static byte[] Table(bool quoted)
    {
        var random = new Random(5);
        var text = new StringBuilder("time," + string.Join(',', Enumerable.Range(0, 14).Select(i => $"c{i}")) + "\n");
        var start = new DateTime(2025, 1, 1);
        for (var row = 0; row < Rows; row++)
        {
            text.Append(start.AddMinutes(row).ToString("yyyy-MM-dd HH:mm", CultureInfo.InvariantCulture));
            for (var column = 0; column < 14; column++)
            {
                text.Append(quoted ? ",\"" : ",");
                if (random.Next(3) > 0) text.Append(CultureInfo.InvariantCulture, $"{random.Next(200)}");
                if (quoted) text.Append('"');
            }

            text.Append('\n');
        }

        return Encoding.UTF8.GetBytes(text.ToString());
    }

    // Seconds.
    private static async Task<double> MeasureAsync(string what, byte[] table, bool parses)
    {
        var started = Environment.CpuUsage.UserTime;
        using var reader = new CsvReader(new MemoryStream(table), (byte)',', (byte)'"', CsvLimits.Default);
        long fields = 0, sum = 0;
        for (var read = reader.Read(); read != CsvRead.End; read = reader.Read())
        {
            if (read == CsvRead.FillNeeded)
            {
                await reader.FillAsync(CancellationToken.None);
                continue;
            }

            fields += reader.FieldCount;
            sum += parses ? Sum(reader) : 0;
        }

        var seconds = (Environment.CpuUsage.UserTime - started).TotalSeconds;
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"{what} {table.Length / seconds / 1e6,7:0} MB/s {fields / seconds / 1e6,7:0.0} million fields/s  " +
                $"(check {sum})"));
        return seconds;
    }

    private static long Sum(CsvReader reader)
    {
        var sum = 0L;
        for (var i = 1; i < reader.FieldCount; i++)
            if (NumberFormat.Plain.TryReadInteger(reader.Field(i), out var value)) sum += value;
        return sum;
    }

    private static double Split(byte[] table)
    {
        var started = Environment.CpuUsage.UserTime;
        using var lines = new StreamReader(new MemoryStream(table));
        long fields = 0;
        while (lines.ReadLine() is { } line) fields += line.Split(',').Length;
        var seconds = (Environment.CpuUsage.UserTime - started).TotalSeconds;
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"lines and Split     {table.Length / seconds / 1e6,7:0} MB/s {fields / seconds / 1e6,7:0.0} million " +
                $"fields/s"));
        return seconds;
    }
}

using System.Globalization;

namespace Stoa.Benchmarks.Servers;

/// <summary>Processor time, user and system, as the system counts it.</summary>
internal static class ProcessTimes
{
    private const double TicksPerSecond = 100;

    // Counted behind the command name, which may hold spaces.
    private const int Parent = 1, User = 11, System = 12, UserOfEnded = 13, SystemOfEnded = 14;

    /// <summary>Of all threads of one process.</summary>
    public static TimeSpan Of(int process) => Seconds(Fields($"/proc/{process}"), User, System);

    /// <summary>Of a process and its children, also those that have ended.</summary>
    public static TimeSpan OfFamily(int process)
    {
        var sum = Seconds(Fields($"/proc/{process}"), User, System, UserOfEnded, SystemOfEnded);
        var parent = process.ToString(CultureInfo.InvariantCulture);
        foreach (var folder in Directory.EnumerateDirectories("/proc"))
        {
            if (!char.IsAsciiDigit(folder[^1])) continue;
            try
            {
                if (Fields(folder) is var fields && fields[Parent] == parent) sum += Seconds(fields, User, System);
            }
            catch (IOException)
            {
                // It ended between the list and the look.
            }
        }

        return sum;
    }

    private static string[] Fields(string folder) => File.ReadAllText(Path.Combine(folder, "stat")).Split(") ")[^1].Split(' ');

    private static TimeSpan Seconds(string[] fields, params ReadOnlySpan<int> places)
    {
        long ticks = 0;
        foreach (var place in places) ticks += long.Parse(fields[place], CultureInfo.InvariantCulture);
        return TimeSpan.FromSeconds(ticks / TicksPerSecond);
    }
}

using System.Globalization;
using System.Runtime.InteropServices;

namespace Stoa.Benchmarks.Servers;

/// <summary>Processor time, user and system: to the nanosecond of what runs, in hundredths of a second of children that have ended.</summary>
internal static partial class ProcessTimes
{
    private const double TicksPerSecond = 100;

    // Counted behind the command name, which may hold spaces.
    private const int Parent = 1, UserOfEnded = 13, SystemOfEnded = 14;

    /// <summary>Of all threads of one process.</summary>
    public static TimeSpan Of(int process)
    {
        const int OfProcess = 2;
        // The clock of another process, as clock_getcpuclockid(3) names it.
        return Read((~process << 3) | OfProcess);
    }

    /// <summary>Of the thread that asks.</summary>
    public static TimeSpan OfThread()
    {
        const int ThreadTime = 3;
        return Read(ThreadTime);
    }

    private static TimeSpan Read(int clock) => GetTime(clock, out var time) == 0
        ? TimeSpan.FromSeconds(time.Seconds) + TimeSpan.FromTicks(time.Nanoseconds / TimeSpan.NanosecondsPerTick)
        : throw new IOException("The process has ended.");

    /// <summary>Of a process and its children, also those that have ended.</summary>
    public static TimeSpan OfFamily(int process)
    {
        var sum = Of(process) + Seconds(Fields($"/proc/{process}"), UserOfEnded, SystemOfEnded);
        var parent = process.ToString(CultureInfo.InvariantCulture);
        foreach (var folder in Directory.EnumerateDirectories("/proc"))
        {
            if (!char.IsAsciiDigit(folder[^1])) continue;
            try
            {
                if (Fields(folder)[Parent] == parent) sum += Of(int.Parse(Path.GetFileName(folder), CultureInfo.InvariantCulture));
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

    [LibraryImport("libc", EntryPoint = "clock_gettime")]
    private static partial int GetTime(int clock, out Moment time);

    private readonly record struct Moment(long Seconds, long Nanoseconds);
}

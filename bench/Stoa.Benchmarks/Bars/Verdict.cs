namespace Stoa.Benchmarks.Bars;

/// <summary>Says whether a bar is held, and remembers it for the exit code.</summary>
internal static class Verdict
{
    public static bool IsAnyMissed { get; private set; }

    public static void Print(bool isHeld, string figure)
    {
        Console.WriteLine($"  {(isHeld ? "held" : "MISSED")}: {figure}");
        IsAnyMissed |= !isHeld;
    }
}

/// <summary>A folder of its own for one run, removed afterwards.</summary>
internal sealed class BenchFolder : IDisposable
{
    public string Path { get; } = Directory.CreateTempSubdirectory("stoa-bench-").FullName;

    public void Dispose() => Directory.Delete(Path, recursive: true);
}

namespace Stoa.Simulation;

/// <summary>A folder of its own for one test, removed afterwards.</summary>
internal sealed class TemporaryFolder : IDisposable
{
    public string Path { get; } = Directory.CreateTempSubdirectory("stoa-simulation-").FullName;

    public void Dispose() => Directory.Delete(Path, recursive: true);
}

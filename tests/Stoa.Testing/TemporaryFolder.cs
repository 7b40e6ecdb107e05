namespace Stoa.Testing;

/// <summary>A folder of its own for one test, removed afterwards with the databases of the data folders in it.</summary>
public sealed class TemporaryFolder : IDisposable
{
    /// <summary>Where it is.</summary>
    public string Path { get; } = Directory.CreateTempSubdirectory("stoa-test-").FullName;

    /// <summary>Removes it, whatever rights were taken from it meanwhile.</summary>
    public void Dispose()
    {
        if (!OperatingSystem.IsWindows())
            File.SetUnixFileMode(Path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        Directory.Delete(Path, recursive: true);
        TestDatabases.Remove(Path);
    }
}

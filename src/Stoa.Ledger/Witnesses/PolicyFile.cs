namespace Stoa.Ledger.Witnesses;

/// <summary>Policies in files that an operator wrote.</summary>
internal static class PolicyFile
{
    /// <summary>Reads a policy.</summary>
    /// <param name="setting">What names the file; stands in what is said when it cannot be used.</param>
    /// <param name="path">The file.</param>
    /// <exception cref="InvalidDataException">It is not there, too long, or no policy.</exception>
    public static WitnessPolicy Read(string setting, string path)
    {
        try
        {
            if (new FileInfo(path).Length > WitnessPolicy.LengthMax) throw new InvalidDataException($"{setting}: {path} is longer than a policy may be.");
            return WitnessPolicy.TryParse(File.ReadAllText(path), out var policy, out var fault)
                ? policy! // Read on the line above.
                : throw new InvalidDataException($"{setting}: {path}: {fault}");
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new InvalidDataException($"{setting}: {path} cannot be read: {error.Message}", error);
        }
    }
}

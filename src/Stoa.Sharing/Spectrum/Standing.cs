using Stoa.Identity.Credentials;
using Stoa.Vocabulary;

namespace Stoa.Sharing.Spectrum;

/// <summary>How a requester stands to one dataset: all that a decision about the spectrum needs to know.</summary>
public enum Standing
{
    /// <summary>No credential.</summary>
    Anonymous = 0,

    /// <summary>A token that does not name the dataset.</summary>
    Unnamed = 1,

    /// <summary>A token that names the dataset for reading.</summary>
    Reader = 2,

    /// <summary>A token that names the dataset for writing alone: a device that need not see what others sent.</summary>
    Writer = 3,

    /// <summary>A token that names the dataset for both.</summary>
    ReaderAndWriter = 4,

    /// <summary>A token of the exchange's administration.</summary>
    Administrator = 5,
}

/// <summary>Finds the <see cref="Standing"/> of a requester.</summary>
public static class Standings
{
    /// <summary>How the requester stands to the dataset.</summary>
    public static Standing Of(Requester requester, DatasetId dataset)
    {
        if (requester.IsAdministrator) return Standing.Administrator;
        if (requester.IsAnonymous) return Standing.Anonymous;
        return (requester.IsNamedToRead(dataset), requester.IsNamedToWrite(dataset)) switch
        {
            (true, true) => Standing.ReaderAndWriter,
            (true, false) => Standing.Reader,
            (false, true) => Standing.Writer,
            (false, false) => Standing.Unnamed,
        };
    }
}

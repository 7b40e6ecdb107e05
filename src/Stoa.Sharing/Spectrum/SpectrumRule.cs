using Stoa.Vocabulary;

namespace Stoa.Sharing.Spectrum;

/// <summary>The decision that everything else asks: who reads and who writes a dataset of a given level.</summary>
/// <remarks>
/// ISO 37156, 5.5. Two total functions of (level, standing), listed in full by a table test. What is not granted here is
/// denied: unknown levels, unknown standings. Named parties, group criteria and accepted terms (5.5.3) are not known yet,
/// so the three shared levels admit the same as closed: parties that a token names one by one.
/// </remarks>
public static class SpectrumRule
{
    /// <summary>Whether one of this standing may read a dataset of this level.</summary>
    public static bool MayRead(SpectrumClass level, Standing standing) => level switch
    {
        SpectrumClass.Open => IsKnown(standing),
        SpectrumClass.SharedPublic or SpectrumClass.SharedGroup or SpectrumClass.SharedSpecific or SpectrumClass.Closed =>
            standing is Standing.Reader or Standing.ReaderAndWriter or Standing.Administrator,
        // A level written by a newer version: only those who can set it right see it.
        _ => standing is Standing.Administrator,
    };

    /// <summary>Whether one of this standing may write into a dataset of this level. Openness grants no writing.</summary>
    public static bool MayWrite(SpectrumClass level, Standing standing) => level switch
    {
        SpectrumClass.Open or SpectrumClass.SharedPublic or SpectrumClass.SharedGroup or SpectrumClass.SharedSpecific
            or SpectrumClass.Closed =>
            standing is Standing.Writer or Standing.ReaderAndWriter or Standing.Administrator,
        _ => standing is Standing.Administrator,
    };

    private static bool IsKnown(Standing standing) => standing is >= Standing.Anonymous and <= Standing.Administrator;
}

namespace Stoa.Vocabulary;

/// <summary>How open a dataset is: its place on the data spectrum, least to most open (ISO 37156, 5.5).</summary>
/// <remarks>The numbers are stored; they never change. A dataset without a decision is <see cref="Closed"/>.</remarks>
public enum SpectrumClass
{
    /// <summary>Only the parties that hold a role for the dataset.</summary>
    Closed = 0,

    /// <summary>Shared with parties that are named one by one.</summary>
    SharedSpecific = 1,

    /// <summary>Shared with a group that is described by criteria.</summary>
    SharedGroup = 2,

    /// <summary>Shared with everyone who accepts the terms.</summary>
    SharedPublic = 3,

    /// <summary>Anyone may use it under an open licence; no login, no key.</summary>
    Open = 4,
}

/// <summary>The words used for <see cref="SpectrumClass"/> on the wire.</summary>
public static class SpectrumClasses
{
    private static readonly string[] Words = ["closed", "specific", "group", "public", "open"];

    /// <summary>The word of the wire: closed, specific, group, public or open.</summary>
    public static string ToWord(this SpectrumClass spectrum) => Words[(int)spectrum];

    /// <summary>Reads a word of the wire; letter case counts.</summary>
    public static bool TryParse(string? word, out SpectrumClass spectrum)
    {
        var index = Array.IndexOf(Words, word);
        spectrum = index < 0 ? SpectrumClass.Closed : (SpectrumClass)index;
        return index >= 0;
    }
}

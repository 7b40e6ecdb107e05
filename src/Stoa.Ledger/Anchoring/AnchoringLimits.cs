namespace Stoa.Ledger.Anchoring;

/// <summary>What time stamps and anchors may cost.</summary>
public static class AnchoringLimits
{
    /// <summary>What an anchor may use at most: 120,000; the first one uses some 70,000, later ones 36,000. A node's own guess is made in one block and may be too
    /// little in the next, where the time is another.</summary>
    public const string Gas = "0x1d4c0";

    /// <summary>Time that an authority or a node of a chain has for each answer.</summary>
    public static readonly TimeSpan AnswerTimeMax = TimeSpan.FromSeconds(15);

    /// <summary>Longest answer, in bytes: a token with its chain of certificates has some ten thousand.</summary>
    public const int AnswerBytesMax = 256 * 1024;

    /// <summary>So far the clock of an authority may be from ours: more is a wrong clock, and one of both stamps what did not happen then.</summary>
    public static readonly TimeSpan ClockDifferenceMax = TimeSpan.FromMinutes(10);

    /// <summary>For so long a transaction is waited for before it is looked for again later.</summary>
    public static readonly TimeSpan ReceiptTimeMax = TimeSpan.FromMinutes(1);

    /// <summary>Time stamps and anchors that one answer lists; the newest.</summary>
    public const int ShownMax = 100;
}

using Stoa.Ledger.Merkle;

namespace Stoa.Ledger.Witnesses;

/// <summary>What witnessing may cost.</summary>
public static class WitnessLimits
{
    /// <summary>Longest body of <c>add-checkpoint</c>, in bytes: 63 hashes, and a checkpoint with a hundred signatures with room to spare.</summary>
    public const int BodyBytesMax = 64 * 1024;

    /// <summary>Most hashes of a consistency proof (C2SP tlog-witness, add-checkpoint).</summary>
    public const int ProofLengthMax = Proofs.LengthMax;

    /// <summary>Contradictions that are kept of one log; each proves by itself that it must not be believed, and more prove nothing more.</summary>
    public const int SplitViewsMax = 1000;

    /// <summary>Contradictions that one answer shows; the newest.</summary>
    public const int SplitViewsShownMax = 200;

    /// <summary>For so long a cosignature is given again instead of a new one: who repeats what everybody can read must not make the disk work.</summary>
    public static readonly TimeSpan RepeatedTime = TimeSpan.FromSeconds(10);

    /// <summary>Time that a witness of ours has for an answer.</summary>
    public static readonly TimeSpan AnswerTimeMax = TimeSpan.FromSeconds(5);

    /// <summary>Longest answer of a witness, in bytes.</summary>
    public const int AnswerBytesMax = 64 * 1024;

    /// <summary>When enough have cosigned, the others are waited for so long.</summary>
    public static readonly TimeSpan GraceTime = TimeSpan.FromMilliseconds(250);

    /// <summary>How often is looked what witnesses show.</summary>
    public static readonly TimeSpan LookPeriod = TimeSpan.FromMinutes(1);
}

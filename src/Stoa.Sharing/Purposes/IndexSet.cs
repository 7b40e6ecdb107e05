using System.Numerics;

namespace Stoa.Sharing.Purposes;

/// <summary>A set of small numbers, kept as bits: purposes of the tree, fields of a dataset.</summary>
internal readonly record struct IndexSet(ulong A, ulong B, ulong C, ulong D)
{
    /// <summary>Numbers 0 to 255.</summary>
    public const int Capacity = 256;

    public static IndexSet Empty => default;

    public static IndexSet All => new(ulong.MaxValue, ulong.MaxValue, ulong.MaxValue, ulong.MaxValue);

    public bool IsEmpty => (A | B | C | D) == 0;

    public int Count => BitOperations.PopCount(A) + BitOperations.PopCount(B) + BitOperations.PopCount(C) + BitOperations.PopCount(D);

    public static IndexSet UpTo(int count)
    {
        var set = Empty;
        for (var i = 0; i < count; i++) set = set.With(i);
        return set;
    }

    public bool Contains(int index) => (Word(index) >> (index & 63) & 1) != 0;

    public IndexSet With(int index)
    {
        var bit = 1UL << (index & 63);
        return (index >> 6) switch
        {
            0 => this with { A = A | bit },
            1 => this with { B = B | bit },
            2 => this with { C = C | bit },
            3 => this with { D = D | bit },
            _ => throw new ArgumentOutOfRangeException(nameof(index), index, "Only 0 to 255 fit."),
        };
    }

    public IndexSet And(in IndexSet other) => new(A & other.A, B & other.B, C & other.C, D & other.D);

    public IndexSet Or(in IndexSet other) => new(A | other.A, B | other.B, C | other.C, D | other.D);

    public IndexSet Without(in IndexSet other) => new(A & ~other.A, B & ~other.B, C & ~other.C, D & ~other.D);

    public bool Overlaps(in IndexSet other) => !And(other).IsEmpty;

    private ulong Word(int index) => (index >> 6) switch { 0 => A, 1 => B, 2 => C, 3 => D, _ => 0 };
}

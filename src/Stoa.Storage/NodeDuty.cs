namespace Stoa.Storage;

/// <summary>What one node does at a time, of those that want it; which one is decided apart from who leads. On SQLite the program has every duty.</summary>
public sealed class NodeDuty
{
    // Between the end of one node and the next look of another nobody has it.
    private const int LooksMax = 3;

    private volatile bool _isWanted;
    private volatile int _looksWithout;

    internal NodeDuty(int number, bool areMany)
    {
        Number = number;
        Lease = areMany ? new() : null;
    }

    /// <summary>Whether this node asks for it, at its next look; false gives it back.</summary>
    public bool IsWanted
    {
        get => _isWanted;
        set => _isWanted = value;
    }

    /// <summary>Whether it is this node's.</summary>
    public bool IsHeld => Lease is null || (IsWanted && Lease.IsHeld);

    /// <summary>Whether no node wants it: another one that did had taken it meanwhile.</summary>
    public bool IsLeft => _looksWithout >= LooksMax;

    internal int Number { get; }

    internal Lease? Lease { get; }

    internal void Found(bool isTaken, bool hasOthers) =>
        _looksWithout = isTaken ? 0 : hasOthers ? Math.Min(_looksWithout + 1, LooksMax) : LooksMax;
}

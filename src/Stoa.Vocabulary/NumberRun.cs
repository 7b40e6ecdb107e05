namespace Stoa.Vocabulary;

/// <summary>Numbers that follow each other without a gap.</summary>
/// <param name="First">The first.</param>
/// <param name="Last">The last.</param>
public readonly record struct NumberRun(long First, long Last)
{
    /// <summary>How many.</summary>
    public long Length => Last - First + 1;
}

/// <summary>Gathers the runs of ascending numbers.</summary>
public sealed class NumberRuns
{
    /// <summary>More are tested by bits: each is two comparisons and two parameters.</summary>
    public const int Max = 4;

    private readonly List<NumberRun> _runs = [];
    private NumberRun _open = new(0, -1);

    /// <summary>All, where there are at most <see cref="Max"/> of them; else empty.</summary>
    public IReadOnlyList<NumberRun> All => _open.Length == 0 || _runs.Count == Max ? [] : [.. _runs, _open];

    /// <summary>The first of the longest; of length 0 without any.</summary>
    public NumberRun Longest { get; private set; } = new(0, -1);

    /// <summary>Adds a number, greater than all before.</summary>
    public void Add(long number)
    {
        if (_open.Length > 0 && number == _open.Last + 1)
        {
            _open = _open with { Last = number };
        }
        else
        {
            if (_open.Length > 0 && _runs.Count < Max) _runs.Add(_open);
            _open = new(number, number);
        }

        if (_open.Length > Longest.Length) Longest = _open;
    }
}

namespace Stoa.Host.SampleCity;

/// <summary>
/// Numbers that look random but are a function of what they are asked for: no state, any order, same answer.
/// </summary>
/// <remarks>
/// This is what lets a live sensor continue its own history without a jump, and two runs give the same bytes.
/// </remarks>
internal static class Hash
{
    /// <summary>64 well-mixed bits (the finalizer of SplitMix64).</summary>
    public static ulong Mix(ulong value)
    {
        value += 0x9E3779B97F4A7C15UL;
        value = (value ^ (value >> 30)) * 0xBF58476D1CE4E5B9UL;
        value = (value ^ (value >> 27)) * 0x94D049BB133111EBUL;
        return value ^ (value >> 31);
    }

    /// <summary>A seed of its own for a part that has a name (FNV-1a over the characters).</summary>
    public static ulong Seed(ulong seed, string name)
    {
        var hash = 0xCBF29CE484222325UL ^ seed;
        foreach (var character in name) hash = (hash ^ character) * 0x100000001B3UL;
        return Mix(hash);
    }

    /// <summary>From 0 (included) to 1 (not included).</summary>
    public static double Unit(ulong seed, long index) =>
        (Mix(seed ^ Mix((ulong)index)) >> 11) * (1.0 / (1UL << 53));

    /// <summary>From 0 (included) to 1 (not included), by two indices.</summary>
    public static double Unit(ulong seed, long row, long column) => Unit(Mix(seed ^ (ulong)row), column);

    /// <summary>Evenly from <paramref name="low"/> to <paramref name="high"/>.</summary>
    public static double Between(ulong seed, long index, double low, double high) =>
        low + (high - low) * Unit(seed, index);

    /// <summary>About normally distributed with mean 0 and standard deviation 1, never beyond 3.5; one mix.</summary>
    /// <remarks>Four 16-bit pieces of one hash summed: enough for sensor noise, and free of logarithms.</remarks>
    public static double Normal(ulong seed, long index)
    {
        var bits = Mix(seed ^ Mix((ulong)index));
        var sum = (double)(bits & 0xFFFF) + ((bits >> 16) & 0xFFFF) + ((bits >> 32) & 0xFFFF) + (bits >> 48);
        return (sum / 65_536.0 - 2.0) * 1.7320508;
    }

    /// <summary>Smooth noise along one axis from -1 to 1; neighbours at distance 1 are independent.</summary>
    public static double Noise(ulong seed, double position)
    {
        var cell = Math.Floor(position);
        var inside = position - cell;
        var blend = inside * inside * (3 - 2 * inside);
        var left = Unit(seed, (long)cell);
        var right = Unit(seed, (long)cell + 1);
        return 2 * (left + (right - left) * blend) - 1;
    }

    /// <summary>Smooth noise on the plane from -1 to 1.</summary>
    public static double Noise(ulong seed, double x, double y)
    {
        var row = Math.Floor(y);
        var inside = y - row;
        var blend = inside * inside * (3 - 2 * inside);
        var below = Noise(Mix(seed ^ (ulong)(long)row), x);
        var above = Noise(Mix(seed ^ (ulong)((long)row + 1)), x);
        return below + (above - below) * blend;
    }
}

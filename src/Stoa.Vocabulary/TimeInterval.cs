namespace Stoa.Vocabulary;

/// <summary>An instant, or a span of time from <see cref="Start"/> to <see cref="End"/> with start not after end.</summary>
/// <remarks>OGC SensorThings 1.1, 8.2: TM_Instant or TM_Period, written as <c>start</c> or <c>start/end</c>.</remarks>
public readonly record struct TimeInterval
{
    private TimeInterval(Instant start, Instant end, bool isInstant)
    {
        Start = start;
        End = end;
        IsInstant = isInstant;
    }

    /// <summary>First moment; equal to <see cref="End"/> for an instant.</summary>
    public Instant Start { get; }

    /// <summary>Last moment.</summary>
    public Instant End { get; }

    /// <summary>True when it was written as one instant, not as start/end.</summary>
    public bool IsInstant { get; }

    /// <summary>Longest text written by <see cref="TryFormat"/>, in bytes.</summary>
    public const int TextBytesMax = 2 * Instant.TextBytesMax + 1;

    /// <summary>One point in time.</summary>
    public static TimeInterval At(Instant instant) => new(instant, instant, true);

    /// <summary>A span; false when the end lies before the start.</summary>
    public static bool TryCreate(Instant start, Instant end, out TimeInterval interval)
    {
        interval = new(start, end, false);
        return start.UnixMicroseconds <= end.UnixMicroseconds;
    }

    /// <summary>Reads <c>instant</c> or <c>start/end</c>; the forms of an instant are those of <see cref="Instant"/>.</summary>
    public static bool TryParse(ReadOnlySpan<byte> text, out TimeInterval interval)
    {
        interval = default;
        var slash = text.IndexOf((byte)'/');
        if (slash < 0)
        {
            if (!Instant.TryParse(text, out var instant)) return false;
            interval = At(instant);
            return true;
        }

        return Instant.TryParse(text[..slash], out var start) && Instant.TryParse(text[(slash + 1)..], out var end) &&
            TryCreate(start, end, out interval);
    }

    /// <summary>Reads <c>instant</c> or <c>start/end</c>.</summary>
    public static bool TryParse(ReadOnlySpan<char> text, out TimeInterval interval)
    {
        interval = default;
        Span<byte> utf8 = stackalloc byte[81];
        if (text.Length > utf8.Length) return false;
        for (var i = 0; i < text.Length; i++)
        {
            if (text[i] > 127) return false;
            utf8[i] = (byte)text[i];
        }

        return TryParse(utf8[..text.Length], out interval);
    }

    /// <summary>Writes <c>instant</c> or <c>start/end</c> in UTC; at most <see cref="TextBytesMax"/> bytes.</summary>
    public bool TryFormat(Span<byte> destination, out int written)
    {
        if (!Start.TryFormat(destination, out written)) return false;
        if (IsInstant) return true;
        destination[written] = (byte)'/';
        var ok = End.TryFormat(destination[(written + 1)..], out var more);
        written += 1 + more;
        return ok;
    }

    /// <summary>The text of <see cref="TryFormat"/>.</summary>
    public override string ToString() => IsInstant ? Start.ToString() : $"{Start}/{End}";
}

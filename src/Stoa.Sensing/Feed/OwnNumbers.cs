namespace Stoa.Sensing.Feed;

/// <summary>Which of the numbers that grow with commits this node gave, so that what is read of other nodes leaves its own out.</summary>
/// <remarks>
/// One node writes at a time, so what a commit gives is one span. Written by the writer's thread, read by the reader of what
/// others commit. Spans that the reader has passed are forgotten.
/// </remarks>
internal sealed class OwnNumbers
{
    private readonly Lock _gate = new();
    private readonly List<(long First, long Last)> _spans = [];
    private (long First, long Last)? _open;

    /// <summary>A commit is about to be sent; whether it will be is not known.</summary>
    internal void Open(long first, long last)
    {
        if (last < first) return;
        lock (_gate) _open = (first, last);
    }

    /// <summary>What became of the commit. What was undone, or is not known to be done, is not this node's to tell.</summary>
    internal void Close(bool isCommitted)
    {
        lock (_gate)
        {
            if (_open is not { } span) return;
            _open = null;
            if (!isCommitted) return;
            if (_spans is [.., var last] && last.Last + 1 == span.First) _spans[^1] = (last.First, span.Last);
            else _spans.Add(span);
        }
    }

    /// <summary>The numbers after one and up to another that this node did not give, oldest first.</summary>
    /// <param name="after">Passed already.</param>
    /// <param name="end">Set back to before a commit whose end is not known yet.</param>
    internal List<(long First, long Last)> Between(long after, ref long end)
    {
        var others = new List<(long, long)>();
        lock (_gate)
        {
            if (_open is { } open && open.First <= end) end = Math.Max(after, open.First - 1);
            var next = after + 1;
            foreach (var (first, last) in _spans)
            {
                if (first > end) break;
                if (first > next) others.Add((next, first - 1));
                next = Math.Max(next, last + 1);
            }

            if (next <= end) others.Add((next, end));
            var passed = end;
            _spans.RemoveAll(span => span.Last <= passed);
        }

        return others;
    }
}

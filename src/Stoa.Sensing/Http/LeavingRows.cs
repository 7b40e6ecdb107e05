using Microsoft.AspNetCore.Http;
using Stoa.Sharing.Exchanges;
using Stoa.Vocabulary;

namespace Stoa.Sensing.Http;

/// <summary>Tells the record of an answer how many rows leave, before they do, and stops what would be more than may be used today.</summary>
/// <remarks>
/// Nothing of the answer may have been counted by another. Before anything has left the refusal takes the answer's place; afterwards the
/// connection is broken off, so that what has left is not taken for the whole.
/// </remarks>
internal sealed class LeavingRows(HttpContext context)
{
    // With an answer to HEAD none leaves.
    private readonly ExchangeMeter? _meter = WithoutBody.IsAsked(context) ? null : ExchangeMeter.Of(context);
    private long _told;

    /// <summary>Whether the answer ends here, with <see cref="Refusal"/> or broken off.</summary>
    public bool IsOver { get; private set; }

    /// <summary>What takes the place of the answer; null when something has left already.</summary>
    public Problem? Refusal { get; private set; }

    /// <summary>Whether all that was written so far may leave.</summary>
    /// <param name="written">Rows written since the beginning.</param>
    public bool MayLeave(long written)
    {
        if (IsOver) return false;
        if (_meter is null || _meter.TryAddRows(written - _told))
        {
            _told = written;
            return true;
        }

        IsOver = true;
        if (context.Response.HasStarted)
        {
            context.Abort();
            return false;
        }

        _meter.GiveBackRows();
        foreach (var header in new[] { "Content-Disposition", "ETag", "Link", "Preference-Applied" }) context.Response.Headers.Remove(header);
        context.Response.ContentType = null;
        Refusal = new Problem(429, "limit-reached", "The agreed use is reached",
            "The answer has more rows than may still be used today. Ask for fewer, for example with $top.").With("reason", "Q2-VOLUME");
        return false;
    }
}

using System.Runtime.InteropServices;
using Stoa.Sensing.Http;
using Stoa.Storage;
using Stoa.Storage.Translation;

namespace Stoa.Sensing.Aggregation;

/// <summary>The observations of several Datastreams, one Datastream after the other.</summary>
/// <remarks>
/// On SQLite a statement for each, which costs microseconds there. Where a statement is a journey, one for as many as
/// <see cref="TogetherMax"/>: they come from one cursor, in the order in which they are asked for.
/// </remarks>
/// <param name="session">Dispose this before it.</param>
/// <param name="ids">The Datastreams in the order in which they will be asked for; some may be passed over.</param>
/// <param name="one">The statement for one.</param>
/// <param name="many">The statement for many; null: each is read by itself.</param>
internal sealed class SeriesRows(Session session, List<long> ids, SqlText one, SqlText? many) : IDisposable
{
    /// <summary>Most Datastreams of one statement: their ids are a text of it.</summary>
    internal const int TogetherMax = 10_000;

    private Statement? _rows;
    private bool _areTogether;
    private int _first;
    private int _end;
    private int _at;
    private bool _isAhead;

    /// <summary>The row on which this stands.</summary>
    internal Statement Row => _rows ?? throw new InvalidOperationException("No Datastream was begun.");

    /// <summary>Turns to the Datastream at this index, which must grow.</summary>
    /// <param name="at">Index among the ids.</param>
    /// <param name="isAlone">Whether those after it will be left early, so that it does not pay to fetch them together.</param>
    internal void Begin(int at, bool isAlone)
    {
        _at = at;
        if (many is null || isAlone || (!_areTogether && at == ids.Count - 1))
        {
            if (_rows is null || _areTogether) Prepare(one, areTogether: false);
            Row.Reset();
            Row.Bind(one.ParentParameter, ids[at]);
            return;
        }

        if (_areTogether && at < _end) return;
        Prepare(many, areTogether: true);
        (_first, _end) = (at, Math.Min(at + TogetherMax, ids.Count));
        Row.Bind(many.ParentParameter, session.Dialect.ManyIds(CollectionsMarshal.AsSpan(ids)[_first.._end]));
    }

    /// <summary>The next row of the Datastream that was begun; false after its last.</summary>
    internal bool Step()
    {
        if (!_areTogether) return Row.Step();
        while (_isAhead || Row.Step())
        {
            var place = _first + (int)Row.Int64(Row.Columns - 1) - 1;
            _isAhead = place > _at;
            // Rows of those before it were left early.
            if (place >= _at) return !_isAhead;
        }

        return false;
    }

    private void Prepare(SqlText sql, bool areTogether)
    {
        _rows?.Dispose();
        _rows = ReadPlan.Prepare(session, sql, isLong: true);
        (_areTogether, _isAhead) = (areTogether, false);
    }

    public void Dispose() => _rows?.Dispose();
}

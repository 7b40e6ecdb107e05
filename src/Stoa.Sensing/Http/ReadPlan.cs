using System.Diagnostics;
using System.Text.Json;
using Stoa.Query;
using Stoa.Sensing.Schema;
using Stoa.Storage;
using Stoa.Storage.Translation;

namespace Stoa.Sensing.Http;

/// <summary>One level of a read: a statement, how its rows are written, and the levels expanded below.</summary>
/// <remarks>
/// Every level is one prepared statement. The statement of an expanded relation runs once for each row above it, on the same
/// snapshot, so no page is ever cut on joined rows. Beyond a network those of many rows are fetched together
/// (<see cref="Statement.Expect"/>).
/// </remarks>
internal sealed class ReadPlan : IDisposable
{
    // Counting stops here where no count is kept: about a tenth of a second of work. The answer then says that it is a
    // bound; OGC 18-088, 9.3.3.5, allows counts that are not exact.
    private const long CountedMax = 1_000_000;

    // A filter that few rows meet is given up after this time, however few have been found.
    private static readonly TimeSpan CountTimeMax = TimeSpan.FromMilliseconds(250);

    // A longer page is read piece by piece, so that memory stays flat.
    private const int PageRowsMax = 2000;

    private readonly List<(JsonEncodedText Name, ReadPlan Plan, Navigation Navigation, string Options)> _expanded = [];
    private readonly BoundQuery _query;
    private readonly Statement _rows;
    private readonly SqlText _sql;
    private readonly Statement? _count;
    private readonly SqlText? _countSql;
    private readonly NarrowedFields? _narrowed;
    private readonly int _narrowing;
    private long _written;

    private ReadPlan(
        QueryTranslator translator, Session session, ReadRequest request, BoundQuery query, bool isSingle, PlanShape shape,
        NarrowedFields? narrowed)
    {
        _query = query;
        _narrowed = narrowed;
        Layout = RowLayout.For(query, shape.HasLinks);
        IReadOnlyList<Column> columns = shape.More is null ? Layout.Columns : [.. Layout.Columns, .. shape.More(query.Entity)];
        if (narrowed is not null) (_narrowing, columns) = (columns.Count, [.. columns, EntityMapping.NarrowingColumn]);
        _sql = translator.Rows(request with
        {
            Columns = columns,
            Query = query,
            Limit = isSingle ? 1 : query.Top + 1L,
        });
        _rows = Prepare(session, _sql, isLong: !isSingle && query.Top > PageRowsMax);
        if (!isSingle && query.Count)
        {
            var counted = request with { Query = query };
            _countSql = request.IsChild ? translator.Count(counted, CountedMax) : translator.Matches(counted, CountedMax);
            _count = Prepare(session, _countSql, isLong: !_countSql.IsExact);
        }

        foreach (var expand in query.Expand)
        {
            var child = new ReadPlan(
                translator, session, ReadRequest.OfChildren(expand.Navigation, request.Scope), expand.Query, !expand.Navigation.IsMany,
                shape, narrowed);
            _rows.WhenTaken(child.Expect);
            _expanded.Add((JsonEncodedText.Encode(expand.Navigation.Name), child, expand.Navigation, expand.OptionsText));
        }
    }

    internal RowLayout Layout { get; }

    /// <summary>Makes the statements of a request ready.</summary>
    internal static ReadPlan For(
        QueryTranslator translator, Session session, ReadRequest request, BoundQuery query, bool isSingle,
        PlanShape? shape = null) =>
        new(translator, session, request, query, isSingle, shape ?? PlanShape.Default,
            NarrowedFields.Of(SensorThingsMapping.Mapping, request.Scope));

    /// <summary>The levels expanded below this one, with the names of their relations.</summary>
    internal IEnumerable<(Navigation Navigation, ReadPlan Plan)> Expanded =>
        _expanded.Select(item => (item.Navigation, item.Plan));

    /// <summary>Index of the first column that <see cref="PlanShape.More"/> asked for.</summary>
    internal int FirstMore => Layout.Columns.Count;

    /// <summary>Most rows of this level.</summary>
    internal int Top => _query.Top;

    /// <summary>Moves to the next row of the topmost level.</summary>
    internal bool Step() => _rows.Step();

    /// <summary>The count of all rows of the topmost level, only when it was asked for; not exact when counting was given up.</summary>
    internal (long Number, bool IsExact)? Count(ReadSession session)
    {
        if (_count is null || _countSql is null) return null;
        if (_countSql.IsExact) return Count();
        long number = 0;
        session.LimitTime(CountTimeMax);
        var started = Stopwatch.GetTimestamp();
        try
        {
            while (number < CountedMax && _count.Step())
                if ((++number & 0xFFF) == 0 && Stopwatch.GetElapsedTime(started) > CountTimeMax) return (number, false);
            return (number, number < CountedMax);
        }
        catch (StorageException late) when (late.Failure == StorageFailure.Timeout)
        {
            return (number, false);
        }
        finally
        {
            session.ExtendTime();
        }
    }

    private (long Number, bool IsExact)? Count()
    {
        if (_count is null || _countSql is null) return null;
        var number = _count.Step() ? _count.Int64(0) : 0;
        return (number, _countSql.IsExact || number < CountedMax);
    }

    /// <summary>The id of the entity on which the plan stands.</summary>
    internal long Id => _rows.Int64(0);

    /// <summary>The properties that may not be read of the entity on which the plan stands, by ordinal: they are left out.</summary>
    internal ulong Hidden => _narrowed is null ? 0 : _narrowed.HiddenIn(Layout.Entity, _rows.Int64(_narrowing));

    /// <summary>The properties that may be read of no entity of this level.</summary>
    internal ulong HiddenEverywhere => _narrowed?.HiddenEverywhere(Layout.Entity) ?? 0;

    /// <summary>Whether not everything of the entity on which the plan stands may be seen.</summary>
    internal bool IsNarrowed => _narrowed is not null && _rows.Int64(_narrowing) != 0;

    /// <summary>The row on which the plan stands.</summary>
    internal Statement Row => _rows;

    /// <summary>The selfLink of the entity on which the plan stands.</summary>
    internal string SelfLink(byte[] root) => Layout.SelfLink(root, Id);

    /// <summary>The token of the page after the row on which the plan stands; null when it can only be skipped to.</summary>
    internal string? NextToken() => NextToken(_rows);

    private string? NextToken(Statement row) => CursorAt(row)?.ToToken();

    /// <summary>The place of the row on which the plan stands; null when its order has none.</summary>
    internal PageCursor? Cursor() => CursorAt(_rows);

    private PageCursor? CursorAt(Statement row)
    {
        if (_sql.KeysetColumn < 0) return null;
        var keys = new long[_sql.KeysetColumns];
        for (var i = 0; i < keys.Length; i++) keys[i] = row.Int64(_sql.KeysetColumn + i);
        return new PageCursor(_query.OrderBy[0].IsDescending, keys);
    }

    /// <summary>Back to before the first row of the topmost level.</summary>
    internal void Reset() => _rows.Reset();

    /// <summary>Entities written so far, those expanded below included.</summary>
    internal long Written
    {
        get
        {
            var written = _written;
            foreach (var (_, plan, _, _) in _expanded) written += plan.Written;
            return written;
        }
    }

    /// <summary>Writes the entity on which the plan stands, with everything expanded below it.</summary>
    internal void WriteEntity(Utf8JsonWriter json, byte[] root)
    {
        _written++;
        json.WriteStartObject();
        var id = Layout.WriteMembers(json, _rows, root, Hidden);
        foreach (var (name, plan, navigation, options) in _expanded)
        {
            plan.SetParent(id);
            if (navigation.IsMany) plan.WriteMany(json, root, navigation, name, () => Layout.SelfLink(root, id), options);
            else plan.WriteOne(json, root, name);
        }

        json.WriteEndObject();
    }

    /// <summary>Which entities' children will be asked for next.</summary>
    private void Expect(IReadOnlyList<long> parents)
    {
        _rows.Expect(_sql.ParentParameter, parents);
        _count?.Expect(_countSql!.ParentParameter, parents);
    }

    /// <summary>Turns a level below to the children of one entity.</summary>
    internal void SetParent(long id)
    {
        _rows.Reset();
        _rows.Bind(_sql.ParentParameter, id);
        if (_count is null) return;
        _count.Reset();
        _count.Bind(_countSql!.ParentParameter, id);
    }

    // A target that may not be seen is left out, as if the relation had not been expanded.
    private void WriteOne(Utf8JsonWriter json, byte[] root, JsonEncodedText name)
    {
        if (!_rows.Step()) return;
        json.WritePropertyName(name);
        WriteEntity(json, root);
    }

    private void WriteMany(
        Utf8JsonWriter json, byte[] root, Navigation navigation, JsonEncodedText name, Func<string> parentLink, string options)
    {
        if (Count() is { } count)
        {
            json.WriteNumber(navigation.Name + "@iot.count", count.Number);
            if (!count.IsExact) json.WriteBoolean(navigation.Name + "@stoa.countIsAtLeast", true);
        }

        json.WriteStartArray(name);
        var rows = 0;
        string? token = null;
        while (_rows.Step())
        {
            if (rows == _query.Top)
            {
                rows++;
                break;
            }

            WriteEntity(json, root);
            if (++rows == _query.Top) token = NextToken(_rows);
        }

        json.WriteEndArray();
        if (rows <= _query.Top || _query.Top == 0) return;
        json.WriteString(navigation.Name + "@iot.nextLink",
            NextLink.Of($"{parentLink()}/{navigation.Name}", options, token, _query.Skip + _query.Top));
    }

    /// <summary>The statement with its parameters bound.</summary>
    internal static Statement Prepare(Session session, SqlText sql, bool isLong = false)
    {
        var statement = isLong ? session.PrepareStream(sql.Text) : session.Prepare(sql.Text);
        for (var i = 0; i < sql.Parameters.Count; i++)
        {
            var value = sql.Parameters[i];
            switch (value.Kind)
            {
                case SqlValueKind.Null: break;
                case SqlValueKind.Whole: statement.Bind(i + 1, value.Whole); break;
                case SqlValueKind.Real: statement.Bind(i + 1, value.Real); break;
                case SqlValueKind.Text: statement.Bind(i + 1, value.Text); break;
                case SqlValueKind.Blob: statement.BindBlob(i + 1, value.Blob.Span); break;
                default: throw new InvalidOperationException($"Unknown parameter kind {value.Kind}.");
            }
        }

        return statement;
    }

    /// <summary>Gives all statements back.</summary>
    public void Dispose()
    {
        _rows.Dispose();
        _count?.Dispose();
        foreach (var (_, plan, _, _) in _expanded) plan.Dispose();
    }
}

/// <summary>What a plan reads beside what the query selects.</summary>
/// <param name="HasLinks">Whether selfLink and navigation links are written.</param>
/// <param name="More">Further columns by entity type, for writers other than JSON; null: none.</param>
internal sealed record PlanShape(bool HasLinks, Func<EntityType, IReadOnlyList<Column>>? More = null)
{
    /// <summary>All links, no further columns.</summary>
    internal static readonly PlanShape Default = new(true);

    /// <summary>As $resultMetadata asks.</summary>
    internal static PlanShape For(BoundQuery query) => query.ResultMetadata is null or "full" ? Default : new(false);
}

/// <summary>Addresses of next pages.</summary>
internal static class NextLink
{
    /// <summary>The same address and options, with another place to begin.</summary>
    /// <param name="address">Without a query.</param>
    /// <param name="query">Percent-encoded options without a question mark; the old place is dropped, and $count: whoever follows has
    /// the count from the first page, and counting again would cost as much as the pages.</param>
    /// <param name="token">The place after the last row; null: begin by skipping.</param>
    /// <param name="skip">Rows to skip where there is no token.</param>
    internal static string Of(string address, string query, string? token, long skip)
    {
        var parts = query.Split('&', StringSplitOptions.RemoveEmptyEntries).Where(part => !IsPlace(part)).ToList();
        parts.Add(token is null
            ? string.Create(System.Globalization.CultureInfo.InvariantCulture, $"$skip={skip}")
            : "$skiptoken=" + token);
        return $"{address}?{string.Join('&', parts)}";
    }

    /// <summary>The same address as a Link header (RFC 8288), which takes visible ASCII alone.</summary>
    internal static string Header(string address)
    {
        var text = new System.Text.StringBuilder("<", address.Length + 16);
        foreach (var rune in address.EnumerateRunes())
            if (rune.Value is > ' ' and <= '~' and not ('<' or '>' or '"')) text.Append((char)rune.Value);
            else text.Append(Uri.EscapeDataString(rune.ToString()));
        return text.Append(">; rel=\"next\"").ToString();
    }

    private static bool IsPlace(string part)
    {
        var name = Uri.UnescapeDataString(part.Split('=')[0]);
        return name is "$skip" or "$skiptoken" or "$count";
    }
}

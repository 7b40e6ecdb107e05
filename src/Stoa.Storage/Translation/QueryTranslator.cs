using System.Collections.Concurrent;
using System.Text;
using Stoa.Query;
using Stoa.Storage.Dialects;
using Stoa.Vocabulary;

namespace Stoa.Storage.Translation;

/// <summary>Turns a read request into one SQL statement. Pure, safe for use by many threads.</summary>
/// <remarks>
/// Values always become parameters; names come from the mapping alone. The access scope stands in the SQL at every entity: what is
/// read, every relation in filter and order, every step of the path. Requests of one shape give one text.
/// </remarks>
public sealed class QueryTranslator(StorageMapping mapping, SqlDialect dialect)
{
    private static readonly QueryLimits NoLimits = QueryLimits.Default;
    private readonly ConcurrentDictionary<EntityType, BoundQuery> _defaults = new();

    /// <summary>The rows, in the order of the query, from its cursor or after its skip.</summary>
    /// <remarks>The columns asked for come first, then the keys for paging; see <see cref="SqlText.KeysetColumn"/>.</remarks>
    public SqlText Rows(ReadRequest request)
    {
        var query = request.Query ?? Default(request.Entity);
        var composer = new SqlComposer(mapping, dialect, request.Scope);
        composer.UseGroups(request, query);
        if (composer.GroupsApart(request, query) is { } groups)
            return new(composer.RowsOfGroups(request, query, groups), composer.Parameters)
            {
                KeysetColumn = request.Columns.Count,
                KeysetColumns = query.OrderBy.Count,
            };

        var root = composer.BeginRoot(query.Row);
        var select = new StringBuilder("SELECT ");
        foreach (var column in request.Columns) SqlComposer.Separate(select).Append(composer.ColumnOf(query.Row, column));
        var keyset = -1;
        // Without another order a list comes in its own, along which there are no keys.
        var isList = query.IsDefaultOrder && request.IsList(mapping);
        if (query.IsKeyset && !isList)
        {
            keyset = request.Columns.Count;
            foreach (var item in query.OrderBy) SqlComposer.Separate(select).Append(composer.KeyValue(item.Expression));
        }
        else if (request.Columns.Count == 0)
        {
            select.Append('1');
        }

        var where = new SqlTerms();
        var timeline = composer.RootTermsInOrder(where, request, root, query);
        if (query.Cursor is { } cursor) where.Add(composer.After(query.OrderBy, cursor));
        var order = isList ? $" ORDER BY {composer.ListOrder}" : composer.OrderBy(query.OrderBy, timeline?.FirstKey);
        var limit = composer.Limit(request.Limit, query.Cursor is null ? query.Skip : 0);
        var text = select.Insert(0, timeline?.With).Append(composer.From(root, timeline?.From)).Append(where.Where()).Append(order).Append(limit).ToString();
        if (composer.ManyParents is { } parents)
            text = $"SELECT children.*, {SqlDialect.ParentPlace} FROM {parents} CROSS JOIN LATERAL ({text}) AS children";
        return new(text, composer.Parameters)
        {
            ParentParameter = composer.ParentParameter,
            KeysetColumn = keyset,
            KeysetColumns = keyset < 0 ? 0 : query.OrderBy.Count,
        };
    }

    /// <summary>One row with the number of entities, paging aside.</summary>
    /// <param name="request">Its limit, columns, order, cursor and skip do not count.</param>
    /// <param name="countLimit">Where counting stops, to bound the work; the answer is then this number and may be too small.
    /// Null: count to the end. Kept counts, which cost one look-up, are always exact.</param>
    public SqlText Count(ReadRequest request, long? countLimit = null)
    {
        var query = request.Query ?? Default(request.Entity);
        var composer = new SqlComposer(mapping, dialect, request.Scope);
        if (query.Filter is null && composer.KeptCount(request) is { } kept)
            return new(kept, composer.Parameters) { ParentParameter = composer.ParentParameter };

        var root = composer.BeginRoot(query.Row);
        var where = new SqlTerms();
        var timeline = composer.TermsByGroups(where, request, root, query);
        var from = composer.From(root, timeline?.From);
        var text = countLimit is { } most
            ? $"{timeline?.With}SELECT COUNT(*) FROM (SELECT 1{from}{where.Where()}{composer.Limit(most, 0)}) AS found"
            : $"{timeline?.With}SELECT COUNT(*){from}{where.Where()}";
        return new(text, composer.Parameters) { ParentParameter = composer.ParentParameter, IsExact = countLimit is null };
    }

    /// <summary>The same as one row for each entity, for a caller who counts until its patience ends; a kept count is one row with the
    /// number, and <see cref="SqlText.IsExact"/>.</summary>
    /// <param name="request">As in <see cref="Count"/>.</param>
    /// <param name="rowsMax">Most rows.</param>
    public SqlText Matches(ReadRequest request, long rowsMax)
    {
        var query = request.Query ?? Default(request.Entity);
        var composer = new SqlComposer(mapping, dialect, request.Scope);
        if (query.Filter is null && composer.KeptCount(request) is { } kept) return new(kept, composer.Parameters);
        var root = composer.BeginRoot(query.Row);
        var where = new SqlTerms();
        var timeline = composer.TermsByGroups(where, request, root, query);
        var text = $"{timeline?.With}SELECT 1{composer.From(root, timeline?.From)}{where.Where()}{composer.Limit(rowsMax, 0)}";
        return new(text, composer.Parameters) { IsExact = false };
    }

    /// <summary>One row: 1 when the entity at the end of the path exists and is visible, with all of the path before it; else 0.</summary>
    /// <remarks>Tells an empty set from a parent that is absent or hidden: ask for the path without its last relation.</remarks>
    public SqlText Exists(IReadOnlyList<PathStep> path, AccessScope scope)
    {
        var request = new ReadRequest { Path = path, Scope = scope };
        var query = Default(request.Entity);
        var composer = new SqlComposer(mapping, dialect, scope);
        var root = composer.BeginRoot(query.Row);
        var where = new SqlTerms();
        composer.RootTerms(where, request, root, query);
        return new(
            $"SELECT CASE WHEN EXISTS (SELECT 1{composer.From(root)}{where.Where()}) THEN CAST(1 AS BIGINT) ELSE 0 END", composer.Parameters);
    }

    private BoundQuery Default(EntityType entity) => _defaults.GetOrAdd(entity, static type =>
        QueryBinder.Bind(QueryOptions.None, type, NoLimits, default).TryGet(out var query, out _)
            ? query
            : throw new InvalidOperationException("No options always bind."));
}

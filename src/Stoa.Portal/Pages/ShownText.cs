using Stoa.Sensing.Schema;
using Stoa.Storage;
using Stoa.Storage.Dialects;
using Stoa.Storage.Translation;
using Stoa.Vocabulary;

namespace Stoa.Portal.Pages;

/// <summary>A statement of the portal that knows of narrowed datasets: of their entities it reads what the scope shows.</summary>
/// <remarks>
/// <para>The text names the tables of entities by <see cref="Shown"/>: for most visitors that is the name, and the text the same as ever;
/// for who may see a part of a dataset it is the subquery of <see cref="ShownTables"/>. The set <c>visible</c> has the narrowed datasets
/// too. What is kept beside entities (<c>datastream_state</c>, <c>location_box</c>) and the observations hold everything: of these the text
/// reads whole datasets alone, by <see cref="Shown.Whole"/>; those of the others are read by <see cref="NarrowedSeries"/>.</para>
/// <para>What is written with <see cref="Visible.With(string)"/> goes on seeing whole datasets alone.</para>
/// </remarks>
internal sealed class ShownText(Func<Shown, string> write)
{
    private readonly EngineText _asStored = Visible.With(sql => write(new(sql, ShownTables.AsStored(SensorThingsMapping.Mapping))));

    internal Statement Prepare(Session session, AccessScope scope, bool isStream)
    {
        if (!scope.IsNarrowed) return isStream ? session.PrepareStream(_asStored, scope) : session.Prepare(_asStored, scope);
        return Of(session.Dialect, scope).Prepare(session, isStream);
    }

    /// <summary>The statement of a narrowed scope, to be prepared as often as it is needed.</summary>
    internal NarrowedText Of(SqlDialect dialect, AccessScope scope)
    {
        var tables = ShownTables.Of(SensorThingsMapping.Mapping, dialect, scope);
        return new(Write(dialect, tables), tables);
    }

    /// <summary>The text for narrowed datasets; what stands for tables is made while it is.</summary>
    internal string Write(SqlDialect sql, ShownTables tables) =>
        $"""
        WITH visible (id) AS MATERIALIZED (
            SELECT id
            FROM   dataset
            WHERE  id IN {sql.ListOf("@datasets")}
        ), whole (id) AS MATERIALIZED (
            SELECT id
            FROM   dataset
            WHERE  id IN {sql.ListOf("@whole")}
        ), counted (id) AS MATERIALIZED (
            SELECT id
            FROM   dataset
            WHERE  id IN {sql.ListOf("@counted")}
        )
        {write(new(sql, tables))}
        """;
}

/// <summary>A statement for one narrowed scope, with its values.</summary>
internal sealed class NarrowedText
{
    private readonly string _text;
    private readonly ShownTables _tables;
    private readonly string _datasets;
    private readonly string _whole;
    private readonly string _counted;

    internal NarrowedText(string text, ShownTables tables)
    {
        (_text, _tables) = (text, tables);
        var seen = tables.Scope;
        var counted = seen.NarrowedGroups.Where(group => !NarrowedFields.HidesRows(group.Narrowing)).SelectMany(group => group.Datasets);
        (_datasets, _whole) = (Visible.List(seen.AllDatasets), Visible.List(seen.Datasets));
        _counted = Visible.List([.. seen.Datasets, .. counted]);
    }

    internal Statement Prepare(Session session, bool isStream) =>
        _tables.Bind(isStream ? session.PrepareStream(_text) : session.Prepare(_text))
            .Bind("@datasets", _datasets).Bind("@whole", _whole).Bind("@counted", _counted);
}

/// <summary>The words of one statement that depend on the scope.</summary>
internal readonly record struct Shown(SqlDialect Sql, ShownTables Tables)
{
    internal string Thing => Tables[SensorThingsSchema.Thing];

    internal string Location => Tables[SensorThingsSchema.Location];

    internal string Datastream => Tables[SensorThingsSchema.Datastream];

    internal string MultiDatastream => Tables[SensorThingsSchema.MultiDatastream];

    internal string ObservedProperty => Tables[SensorThingsSchema.ObservedProperty];

    internal string Observation => Tables[SensorThingsSchema.Observation];

    /// <summary>That a dataset is seen whole, given a column that is known to be of a visible one.</summary>
    internal string Whole(string dataset) => Tables.IsNarrowed ? $"{dataset} IN (SELECT id FROM whole)" : "1 = 1";

    /// <summary>That all rows of a dataset are seen, so that counts that are kept of it are true; likewise.</summary>
    internal string Counted(string dataset) => Tables.IsNarrowed ? $"{dataset} IN (SELECT id FROM counted)" : "1 = 1";
}

/// <summary>Statements that know of narrowed datasets.</summary>
internal static class ShownTextPreparation
{
    internal static Statement Prepare(this Session session, ShownText text, AccessScope scope) => text.Prepare(session, scope, isStream: false);

    internal static Statement PrepareStream(this Session session, ShownText text, AccessScope scope) => text.Prepare(session, scope, isStream: true);
}

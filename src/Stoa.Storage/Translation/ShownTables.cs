using System.Globalization;
using Stoa.Query;
using Stoa.Storage.Dialects;
using Stoa.Vocabulary;

namespace Stoa.Storage.Translation;

/// <summary>The tables of entities as a scope shows them, for one statement that is written by hand.</summary>
/// <remarks>
/// Where the name of a table would stand stands what this gives: the name, when nothing in the scope is narrowed; else the subquery that
/// <see cref="QueryTranslator"/> puts there, in which hidden columns are null, times floored, places coarsened and rows outside missing.
/// Which datasets are read remains for the statement to say: those of <see cref="Scope"/>, and of what is read beside these tables the
/// whole ones alone. Not for use by several threads.
/// </remarks>
public sealed class ShownTables
{
    /// <summary>Column of a narrowed large table: the time by which it is clustered, as it is stored.</summary>
    /// <remarks>For bounds that lie where the shown time changes, so that rows are found by the index: never to select or to sort what is
    /// shown by it.</remarks>
    public const string StoredMoment = "stored_moment";

    private readonly StorageMapping _mapping;
    private readonly SqlComposer? _composer;

    private ShownTables(StorageMapping mapping, AccessScope scope, SqlComposer? composer) => (_mapping, Scope, _composer) = (mapping, scope, composer);

    /// <summary>The tables as they are, for a scope without narrowed datasets.</summary>
    public static ShownTables AsStored(StorageMapping mapping) => new(mapping, AccessScope.Nothing, null);

    /// <summary>The tables as the scope shows them.</summary>
    public static ShownTables Of(StorageMapping mapping, SqlDialect dialect, AccessScope scope)
    {
        ArgumentNullException.ThrowIfNull(scope);
        if (!scope.IsNarrowed) return new(mapping, scope, null);
        var bounded = scope.WithNarrowings(NarrowedFields.NarrowingsMax);
        return new(mapping, bounded, new(mapping, dialect, bounded) { IsPartOfText = true });
    }

    /// <summary>The scope that they show: with at most <see cref="NarrowedFields.NarrowingsMax"/> narrowings. What lies beyond would be shown
    /// as it is stored, so only these datasets may be read.</summary>
    public AccessScope Scope { get; }

    /// <summary>Whether something stands in the place of the tables.</summary>
    public bool IsNarrowed => _composer is not null;

    /// <summary>What stands for the table of an entity; an alias has to follow.</summary>
    public string this[EntityType entity] => _composer is null ? _mapping[entity].Table : _composer.TableOf(_mapping[entity]);

    /// <summary>Gives a statement that was made of these tables their values.</summary>
    public Statement Bind(Statement statement)
    {
        ArgumentNullException.ThrowIfNull(statement);
        if (_composer is null) return statement;
        for (var i = 0; i < _composer.Parameters.Count; i++)
        {
            var value = _composer.Parameters[i];
            var name = ParameterName(i + 1);
            _ = value.Kind switch
            {
                SqlValueKind.Null => statement.BindNull(name),
                SqlValueKind.Whole => statement.Bind(name, value.Whole),
                SqlValueKind.Real => statement.Bind(name, value.Real),
                SqlValueKind.Text => statement.Bind(name, value.Text),
                SqlValueKind.Blob => statement.BindBlob(name, value.Blob.Span),
                _ => throw new InvalidOperationException($"Unknown parameter kind {value.Kind}."),
            };
        }

        return statement;
    }

    internal static string ParameterName(int number) => string.Create(CultureInfo.InvariantCulture, $"@shown{number}");
}

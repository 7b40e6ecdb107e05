using Stoa.Storage.Dialects;

namespace Stoa.Catalogue.Search;

/// <summary>The words of datasets (table dataset_words) in SQL; kept by triggers.</summary>
public static class WordIndex
{
    /// <summary>Ids of the datasets that <see cref="SearchWords.All"/> in a parameter finds, as a list for IN.</summary>
    public static string Holding(SqlDialect dialect, string parameter) => dialect == SqlDialect.Sqlite
        ? Matching("dataset_words", parameter)
        : $"(SELECT rowid FROM dataset_words WHERE words @@ (SELECT stoa_all_words({parameter})))";

    /// <summary>How well a dataset fits <see cref="SearchWords.Any"/> in a parameter: the greater the better.</summary>
    /// <remarks>
    /// A hit in the title counts most, then keywords, owner, description. Not by the rank of an engine: its weights come from all
    /// rows, and the order of what may be seen would then tell which words occur in what may not.
    /// </remarks>
    public static string Rank(SqlDialect dialect, string id, string parameter) =>
        $"""
        CASE WHEN {id} IN {HoldingIn(dialect, "title", parameter)} THEN 8 ELSE 0 END +
                 CASE WHEN {id} IN {HoldingIn(dialect, "keywords", parameter)} THEN 4 ELSE 0 END +
                 CASE WHEN {id} IN {HoldingIn(dialect, "owner", parameter)} THEN 2 ELSE 0 END +
                 CASE WHEN {id} IN {HoldingIn(dialect, "description", parameter)} THEN 1 ELSE 0 END
        """;

    private static string HoldingIn(SqlDialect dialect, string column, string parameter) => dialect == SqlDialect.Sqlite
        ? Matching(column, parameter)
        : $"(SELECT rowid FROM dataset_words WHERE {column} @@ (SELECT stoa_any_word({parameter})))";

    // The name of the table stands for all of its columns.
    private static string Matching(string column, string parameter) =>
        $"(SELECT rowid FROM dataset_words WHERE {column} MATCH {parameter})";
}

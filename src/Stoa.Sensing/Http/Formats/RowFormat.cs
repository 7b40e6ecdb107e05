using Stoa.Query;
using Stoa.Storage;
using Stoa.Storage.Translation;
using Stoa.Vocabulary;

namespace Stoa.Sensing.Http.Formats;

/// <summary>A form in which rows are written one after the other: CSV and GeoJSON.</summary>
internal interface IRowFormat
{
    /// <summary>Content type of the answer.</summary>
    string ContentType { get; }

    /// <summary>What the plan has to read.</summary>
    PlanShape Shape { get; }

    /// <summary>Whether the end of the answer can say where the next page begins.</summary>
    bool HasNextLink { get; }

    /// <summary>Before the first row of each session: its own statements, which the caller gives back before the session; or null.</summary>
    IDisposable? Open(QueryTranslator translator, Session session, EntityType entity, AccessScope scope);

    /// <summary>What stands before the first row.</summary>
    void Begin(JsonAnswer answer, ReadPlan plan, (long Number, bool IsExact)? count);

    /// <summary>The row on which the plan stands.</summary>
    void Row(JsonAnswer answer, ReadPlan plan);

    /// <summary>What stands after the last row.</summary>
    void End(JsonAnswer answer, string? nextLink);
}

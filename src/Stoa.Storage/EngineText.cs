using Stoa.Storage.Dialects;

namespace Stoa.Storage;

/// <summary>A statement that engines write differently in places: made once for each, when it is first run there.</summary>
/// <param name="write">Makes the text of a dialect; the same at each call.</param>
public sealed class EngineText(Func<SqlDialect, string> write)
{
    private string? _sqlite;
    private string? _postgres;

    internal string On(Session session) => session.Engine switch
    {
        StorageEngine.Sqlite => _sqlite ??= write(session.Dialect),
        StorageEngine.Postgres => _postgres ??= write(session.Dialect),
        _ => throw new ArgumentOutOfRangeException(nameof(session), session.Engine, "Unknown engine."),
    };
}

/// <summary>Statements whose text is the engine's.</summary>
public static class EngineTextPreparation
{
    /// <summary>A ready statement, cached by its text; dispose it to give it back.</summary>
    public static Statement Prepare(this Session session, EngineText text)
    {
        ArgumentNullException.ThrowIfNull(session);
        ArgumentNullException.ThrowIfNull(text);
        return session.Prepare(text.On(session));
    }

    /// <summary>The same for a result of any length, read piece by piece.</summary>
    public static Statement PrepareStream(this Session session, EngineText text)
    {
        ArgumentNullException.ThrowIfNull(session);
        ArgumentNullException.ThrowIfNull(text);
        return session.PrepareStream(text.On(session));
    }
}

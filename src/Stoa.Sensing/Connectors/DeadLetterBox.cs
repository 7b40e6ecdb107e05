using System.Runtime.CompilerServices;
using Stoa.Identity.Http;
using Stoa.Storage;

namespace Stoa.Sensing.Connectors;

/// <summary>Dead letters for the operator of the data folder: also while a server runs on it.</summary>
public sealed class DeadLetterBox(Database database)
{
    private const string Ask =
        """
        UPDATE dead_letter
        SET    is_asked_for = 1
        WHERE  connector_id = @connector
          AND  (@id IS NULL OR id = @id)
        """;

    private readonly DeadLetters _letters = new(database);

    /// <summary>All of a connector, oldest first, without payloads.</summary>
    public async IAsyncEnumerable<(long Id, Vocabulary.Instant Time, string? Topic, long Bytes, string Reason)> AllAsync(
        ConnectorEntry connector, [EnumeratorCancellation] CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(connector);
        for (var skip = 0; ; skip += Page.LimitMax)
        {
            var page = await _letters.ListAsync(connector.Id, new Page(Page.LimitMax, skip), cancellation);
            foreach (var letter in page) yield return (letter.Id, letter.Time, letter.Topic, letter.Bytes, letter.Reason);
            if (page.Count < Page.LimitMax) yield break;
        }
    }

    /// <summary>The payload of one; null when it is not there.</summary>
    public async Task<ReadOnlyMemory<byte>?> PayloadAsync(
        ConnectorEntry connector, long letter, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(connector);
        return (await _letters.FindAsync(connector.Id, letter, cancellation))?.Payload;
    }

    /// <summary>Deletes one, or all when none is named.</summary>
    /// <returns>How many.</returns>
    public Task<long> DeleteAsync(ConnectorEntry connector, long? letter, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(connector);
        return database.WriteAsync(
            session => letter is { } one
                ? DeadLetters.Remove(session, connector.Id, one) ? 1 : 0
                : DeadLetters.RemoveAll(session, connector.Id),
            cancellation);
    }

    /// <summary>Asks the server that runs, or the next one that starts, to replay one, or all when none is named.</summary>
    /// <returns>How many were asked for.</returns>
    public Task<long> AskForReplayAsync(ConnectorEntry connector, long? letter, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(connector);
        return database.WriteAsync(
            session =>
            {
                using var ask = session.Prepare(Ask);
                return ask.Bind("@connector", connector.Id).Bind("@id", letter).Execute();
            },
            cancellation);
    }
}

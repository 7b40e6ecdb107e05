using Stoa.Storage;
using Stoa.Vocabulary;

namespace Stoa.Sharing.Exchanges;

/// <summary>Makes the ids of records: no two are the same, however the clock goes.</summary>
/// <remarks>
/// Within a run none is smaller than one before. Runs of the program, on this machine or another, have numbers in a row that the store
/// gives out, so that a clock that stands still or is set back makes none twice until there have been two thousand.
/// </remarks>
internal sealed class ExchangeIds
{
    private const string NextRun =
        """
        INSERT INTO exchange_run (id, number)
        VALUES (1, 1)
        ON CONFLICT (id) DO UPDATE SET number = exchange_run.number + 1
        RETURNING number
        """;

    private const int Runs = 1 << ExchangeId.RunBits;

    private long _run = Random.Shared.Next(Runs);
    private long _last;

    /// <summary>The next; as late as it was made, or later than the one before.</summary>
    public ExchangeId Next(Instant now)
    {
        while (true)
        {
            var before = Volatile.Read(ref _last);
            var next = Math.Max(before + 1, now.UnixMicroseconds);
            if (Interlocked.CompareExchange(ref _last, next, before) == before)
                return new(next << ExchangeId.RunBits | Volatile.Read(ref _run));
        }
    }

    /// <summary>Begins a run with the next number.</summary>
    public async Task BeginAsync(Database database, CancellationToken cancellation)
    {
        var number = await database.WriteAsync(
            session =>
            {
                using var next = session.Prepare(NextRun);
                next.Step();
                return next.Int64(0);
            }, cancellation);
        Volatile.Write(ref _run, number % Runs);
    }

    /// <summary>Goes on with another number by chance: the one there is was used already.</summary>
    public void Change() => Volatile.Write(ref _run, (Volatile.Read(ref _run) + Random.Shared.Next(1, Runs)) % Runs);
}

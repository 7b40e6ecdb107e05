using System.Security.Cryptography;
using System.Text;
using Stoa.Storage;
using Stoa.Vocabulary;

namespace Stoa.Identity.SignIn;

/// <summary>Counts failed sign-ins, and says how long the next try has to wait.</summary>
/// <remarks>
/// A try is counted as failed before it is made and taken back when it succeeds, in one transaction, so that many tries at once do not
/// slip past the counter. A device that signed in before is counted by itself alone: whoever guesses from elsewhere
/// cannot make the owner wait. Accounts that do not exist are counted like those that do.
/// </remarks>
internal static class Attempts
{
    private const string Forget =
        """
        DELETE FROM sign_in_attempt
        WHERE  last < @before
        """;

    private const string Select =
        """
        SELECT failures, last
        FROM   sign_in_attempt
        WHERE  key = @key
        """;

    private const string Count =
        """
        INSERT INTO sign_in_attempt (key, failures, last)
        VALUES (@key, 1, @now)
        ON CONFLICT (key) DO UPDATE
        SET failures = sign_in_attempt.failures + 1, last = excluded.last
        """;

    private const string Clear =
        """
        DELETE FROM sign_in_attempt
        WHERE  key = @key
        """;

    private const string TakeBack =
        """
        UPDATE sign_in_attempt
        SET    failures = failures - 1
        WHERE  key = @key
        """;

    private const string ForgetUnused =
        """
        DELETE FROM sign_in_attempt
        WHERE  failures <= 0
        """;

    /// <summary>What is tried: a password, a code after it, the password once more.</summary>
    internal const string Password = "password", Code = "code", Again = "again";

    private static readonly string[] Doors = [Password, Code, Again];
    private static readonly TimeSpan Kept = TimeSpan.FromDays(1);

    /// <summary>What is counted for one try.</summary>
    /// <param name="Own">The account, or the trusted device in its place.</param>
    /// <param name="Source">The source address; null for a trusted device.</param>
    internal sealed record Counters(string Own, string? Source);

    /// <summary>The counters of a try at a door.</summary>
    /// <param name="door">What is tried: a password, or a code after it.</param>
    /// <param name="login">As it was typed.</param>
    /// <param name="source">Where from.</param>
    /// <param name="device">The trusted device, when it is one of this account.</param>
    internal static Counters Of(string door, string login, string source, long? device) => device is { } id
        ? new(KeyOf($"{door} device {id}"), null)
        : new(KeyOf($"{door} account {login}"), KeyOf($"{door} source {source}"));

    /// <summary>Counts a try; the seconds to wait when it may not be made now.</summary>
    internal static int? Begin(WriteSession session, Counters counters, Instant now)
    {
        using (var forget = session.Prepare(Forget))
            forget.Bind("@before", now.UnixMicroseconds - (long)Kept.TotalMicroseconds).Execute();
        var wait = Math.Max(Wait(session, counters.Own, SignInLimits.FreeFailures, now),
            counters.Source is { } source ? Wait(session, source, SignInLimits.FreeFailuresOfSource, now) : 0);
        if (wait > 0) return wait;
        foreach (var key in Keys(counters))
        {
            using var count = session.Prepare(Count).Bind("@key", key).Bind("@now", now.UnixMicroseconds);
            count.Execute();
        }

        return null;
    }

    /// <summary>The try succeeded: its account or device begins anew, the source is as it was.</summary>
    internal static void Succeed(WriteSession session, Counters counters)
    {
        using var clear = session.Prepare(Clear).Bind("@key", counters.Own);
        clear.Execute();
        if (counters.Source is not { } source) return;
        using var takeBack = session.Prepare(TakeBack).Bind("@key", source);
        takeBack.Execute();
    }

    /// <summary>Forgets what was counted for a person, and source addresses from which nobody failed: a hash of an address is soon guessed.</summary>
    internal static void Erase(WriteSession session, PartyId person, string login, IEnumerable<long> devices)
    {
        string[] names = [$"account {login}", $"account {person}", .. devices.Select(id => $"device {id}")];
        foreach (var key in Doors.SelectMany(door => names.Select(name => KeyOf($"{door} {name}"))))
        {
            using var clear = session.Prepare(Clear).Bind("@key", key);
            clear.Execute();
        }

        using var unused = session.Prepare(ForgetUnused);
        unused.Execute();
    }

    /// <summary>How long the next try waits after so many failures.</summary>
    internal static int DelaySeconds(long failures, int free) => failures < free
        ? 0
        : (int)Math.Min(SignInLimits.DelaySecondsMax, 1L << (int)Math.Min(20, failures - free));

    private static int Wait(Session session, string key, int free, Instant now)
    {
        using var select = session.Prepare(Select).Bind("@key", key);
        if (!select.Step()) return 0;
        var until = select.Int64(1) + DelaySeconds(select.Int64(0), free) * 1_000_000L;
        return (int)Math.Max(0, (until - now.UnixMicroseconds + 999_999) / 1_000_000);
    }

    private static IEnumerable<string> Keys(Counters counters) => counters.Source is { } source ? [counters.Own, source] : [counters.Own];

    private static string KeyOf(string what) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(what)));
}

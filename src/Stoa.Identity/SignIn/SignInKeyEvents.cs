using Stoa.Ledger.Events;
using Stoa.Ledger.Writing;
using Stoa.Storage;
using Stoa.Vocabulary;

namespace Stoa.Identity.SignIn;

/// <summary>Keys by which people sign in, in the log: that there is one more or one fewer, and of which kind. Whose they are stays out.</summary>
internal static class SignInKeyEvents
{
    /// <summary>A passkey.</summary>
    public const string Passkey = "passkey";

    /// <summary>A login at a provider of OpenID Connect.</summary>
    public const string ExternalLogin = "external-login";

    /// <summary>Enters that a key was made or removed, in its transaction.</summary>
    public static void Enter(WriteSession session, EventType type, string kind, Instant now) =>
        LogEntries.Append(session, LogName.Audit, new LogEvent(type, now, ("kind", kind)).ToBytes(), new(type.Name));
}

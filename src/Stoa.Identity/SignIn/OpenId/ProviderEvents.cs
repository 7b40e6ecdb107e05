using System.Buffers;
using System.Text.Json;
using Stoa.Ledger.Canonical;
using Stoa.Ledger.Events;
using Stoa.Ledger.Writing;
using Stoa.Storage;
using Stoa.Vocabulary;

namespace Stoa.Identity.SignIn.OpenId;

/// <summary>By which provider people can sign in, in the log: a digest of issuer and client id at the first start with them. No secret is part of it.</summary>
public static class ProviderEvents
{
    private static readonly EventType Type = EventTypes.SignInProviderChanged;

    /// <summary>Enters what is set, unless the log said the same last; where nothing is set and nothing was, nothing.</summary>
    /// <param name="session">That of the start.</param>
    /// <param name="options">The provider; null for none.</param>
    /// <param name="now">When.</param>
    public static void Enter(WriteSession session, OpenIdOptions? options, Instant now)
    {
        var digest = options is null ? null : LogEvent.DigestOf(Canonical(options));
        if (digest == LastOf(session)) return;
        LogEntries.Append(session, LogName.Audit, new LogEvent(Type, now, ("digest", digest)).ToBytes(), new(Type.Name));
    }

    // By ledger_entry_type.
    private static string? LastOf(Session session)
    {
        if (EntryLookup.Newest(session, LogName.Audit, null, [], Type.Name, (0, long.MaxValue), 1) is not [var index] ||
            EntryLookup.Find(session, LogName.Audit, index) is not { } entry) return null;
        using var json = JsonDocument.Parse(entry.Body);
        return json.RootElement.TryGetProperty("digest", out var digest) ? digest.GetString() : null;
    }

    private static byte[] Canonical(OpenIdOptions options)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            json.WriteString("clientId"u8, options.ClientId);
            json.WriteString("issuer"u8, options.Issuer);
            json.WriteEndObject();
        }

        using var document = JsonDocument.Parse(buffer.WrittenMemory);
        return CanonicalJson.Bytes(document.RootElement);
    }
}

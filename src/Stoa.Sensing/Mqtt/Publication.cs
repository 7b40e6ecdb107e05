using Stoa.Storage;

namespace Stoa.Sensing.Mqtt;

/// <summary>A message on its way in.</summary>
/// <param name="Topic">Name of the topic: checked text without wildcards.</param>
/// <param name="Payload">Never changed afterwards, so it may be kept.</param>
/// <param name="Qos">As the client sent it.</param>
/// <param name="Properties">What MQTT 5 carries beside the payload; empty for 3.1.1.</param>
internal sealed record Publication(
    string Topic, ReadOnlyMemory<byte> Payload, QualityOfService Qos, MessageProperties Properties)
{
    /// <summary>Whether the topic shall keep it for later subscribers; an empty payload clears what was kept.</summary>
    public bool Retain { get; init; }

    /// <summary>The subscription owner that must not get it back (no local, MQTT 5, 3.8.3.1); null for none.</summary>
    public object? Publisher { get; init; }

    /// <summary>
    /// Not null for QoS 2 of a session that outlives its connection: a space that stores asks <see
    /// cref="Receipts.Has"/>
    /// first; true means that this publication was stored before a crash and is only acknowledged again: change
    /// nothing and
    /// answer <see cref="PublishOutcome.Accepted"/>. Else it calls <see cref="Receipts.TryAdd"/> once it has stored,
    /// in the
    /// same transaction. A space that stores nothing leaves it aside.
    /// </summary>
    public ReceiptKey? Receipt { get; init; }
}

/// <summary>Names one QoS 2 publication until its client has released it (MQTT 5, 4.3.3).</summary>
/// <param name="Session">Row of the session.</param>
/// <param name="PacketId">Packet identifier, 1 to 65,535.</param>
internal readonly record struct ReceiptKey(long Session, ushort PacketId);

/// <summary>The durable half of "exactly once".</summary>
internal static class Receipts
{
    private const string Insert =
        """
        INSERT INTO mqtt_receipt (session_id, packet_id)
        VALUES (@session, @packet)
        ON CONFLICT DO NOTHING
        """;

    private const string Select =
        """
        SELECT 1
        FROM   mqtt_receipt
        WHERE  session_id = @session
          AND  packet_id = @packet
        """;

    /// <summary>Whether the publication has been stored already.</summary>
    internal static bool Has(WriteSession session, ReceiptKey key)
    {
        using var select = session.Prepare(Select);
        return select.Bind("@session", key.Session).Bind("@packet", (long)key.PacketId).Step();
    }

    /// <summary>Notes the receipt inside the caller's transaction.</summary>
    /// <returns>False when it is there already: the publication has been stored.</returns>
    internal static bool TryAdd(WriteSession session, ReceiptKey key)
    {
        using var insert = session.Prepare(Insert);
        return insert.Bind("@session", key.Session).Bind("@packet", (long)key.PacketId).Execute() == 1;
    }
}

/// <summary>What became of a publication.</summary>
/// <param name="Reason">Below 0x80: accepted. Goes into PUBACK or PUBREC of MQTT 5.</param>
/// <param name="Text">Reason string: what was wrong and what to do; null when accepted. Never what the caller may not
/// see.</param>
internal readonly record struct PublishOutcome(ReasonCode Reason, string? Text = null)
{
    /// <summary>Stored, durably.</summary>
    public static PublishOutcome Accepted => new(ReasonCode.Success);

    /// <summary>Taken, and nobody follows the topic.</summary>
    public static PublishOutcome NoSubscribers => new(ReasonCode.NoMatchingSubscribers);

    /// <summary>Taken and kept, but not understood: what followers of a topic see is what its connectors could
    /// use.</summary>
    public bool IsKeptBack { get; init; }

    /// <summary>True when it was taken.</summary>
    public bool IsAccepted => Reason < ReasonCode.UnspecifiedError;

    /// <summary>The same refusal that HTTP would give, in MQTT's terms.</summary>
    public static PublishOutcome Refused(Vocabulary.Problem problem) => new(
        problem.Status switch
        {
            401 or 403 or 404 => ReasonCode.NotAuthorized,
            429 or 413 => ReasonCode.QuotaExceeded,
            _ => ReasonCode.PayloadFormatInvalid,
        },
        problem.Status == 401 ? "Publishing needs an access token: send it as the password of CONNECT." : problem.Detail);
}

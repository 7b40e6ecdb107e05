using System.Text.Json;
using Stoa.Ledger.Canonical;
using Stoa.Sharing.Policy;

namespace Stoa.Sharing.Recording;

/// <summary>A decision as it is kept: what was asked, by which state of the world, and what was answered.</summary>
/// <param name="Format">Number of this form.</param>
/// <param name="Request">What was asked.</param>
/// <param name="SnapshotDigest">SHA-256 of the content by which it was decided.</param>
/// <param name="Decision">What was answered.</param>
internal sealed record DecisionRecord(int Format, DecisionRequest Request, string SnapshotDigest, Decision Decision)
{
    public const int CurrentFormat = 1;

    /// <summary>Decides, and keeps it.</summary>
    public static DecisionRecord Of(DecisionRequest request, PolicySnapshot snapshot) =>
        new(CurrentFormat, request, snapshot.Digest, AccessDecision.Decide(request, snapshot));

    /// <summary>The canonical text: the same decision gives the same bytes always.</summary>
    public byte[] ToBytes() => CanonicalJson.Bytes(this, SharingJson.Wire.DecisionRecord);

    /// <summary>Reads a record. Throws on a text that was not written here.</summary>
    public static DecisionRecord Read(ReadOnlySpan<byte> bytes) =>
        JsonSerializer.Deserialize(bytes, SharingJson.Wire.DecisionRecord) is { Format: CurrentFormat } kept
            ? kept
            : throw new JsonException("Not a record of this format.");

    /// <summary>Decides again from the record alone, and says whether the same comes out, byte for byte.</summary>
    /// <returns>False also when the snapshot is not the one by which it was decided.</returns>
    public static bool Replays(ReadOnlySpan<byte> record, PolicySnapshot snapshot)
    {
        var kept = Read(record);
        return kept.SnapshotDigest == snapshot.Digest && Of(kept.Request, snapshot).ToBytes().AsSpan().SequenceEqual(record);
    }
}

/// <summary>A request that another policy would answer differently.</summary>
internal sealed record Difference(DecisionRequest Request, Decision Before, Decision After)
{
    /// <summary>More is let through in some respect.</summary>
    public bool IsWidened => !WhatIf.IsWithin(After, Before);

    /// <summary>Less is let through in some respect.</summary>
    public bool IsNarrowed => !WhatIf.IsWithin(Before, After);
}

/// <summary>What a changed policy would have decided about requests of the past.</summary>
internal static class WhatIf
{
    /// <summary>Most requests looked at in one go: the last of them.</summary>
    public const int RequestsMax = 10_000;

    /// <summary>The requests whose answer differs, in their order. How long an answer is valid, and reasons that only note
    /// something, make no difference.</summary>
    /// <remarks>Both are asked as if in force at the time of each request.</remarks>
    public static IEnumerable<Difference> Compare(
        IEnumerable<DecisionRequest> requests, PolicySnapshot before, PolicySnapshot after)
    {
        var (old, changed) = (before.AtAnyTime(), after.AtAnyTime());
        foreach (var request in requests.Take(RequestsMax))
        {
            var difference = new Difference(
                request, AccessDecision.Decide(request, old), AccessDecision.Decide(request, changed));
            if (difference.IsWidened || difference.IsNarrowed || difference.Before.Gate != difference.After.Gate)
                yield return difference;
        }
    }

    /// <summary>Whether the one lets nothing through that the other does not.</summary>
    public static bool IsWithin(Decision one, Decision other)
    {
        if (one.Grant is not { } narrow) return true;
        if (other.Grant is not { } wide) return false;
        return (wide.Fields is not { } fields || (narrow.Fields is { } some && some.All(fields.Contains))) &&
            narrow.Granularity.And(wide.Granularity) == narrow.Granularity &&
            (wide.From is not { } from || (narrow.From is { } start && start.CompareTo(from) >= 0)) &&
            (wide.Until is not { } until || (narrow.Until is { } end && end.CompareTo(until) <= 0)) &&
            (wide.Area is not { } area || (narrow.Area is { } box && box.And(area) == box)) &&
            narrow.Limits.And(wide.Limits) == narrow.Limits;
    }
}

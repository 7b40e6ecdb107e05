using System.Text.Json;

namespace Stoa.Sensing.Observations;

/// <summary>What to do with a new observation whose Datastream has one of the same phenomenonTime already.</summary>
/// <remarks>Set for a Datastream or MultiDatastream by the member <see cref="DuplicatePolicies.Member"/> of its properties.</remarks>
internal enum DuplicatePolicy
{
    /// <summary>Store it beside the other.</summary>
    Allow,

    /// <summary>Refuse it.</summary>
    Reject,

    /// <summary>Leave the other as it is, and answer as if it had just been made.</summary>
    Ignore,

    /// <summary>Put it in the place of the other, which keeps its id and its FeatureOfInterest.</summary>
    Replace,
}

/// <summary>How a policy is written.</summary>
internal static class DuplicatePolicies
{
    /// <summary>Member of the properties of a Datastream or MultiDatastream.</summary>
    internal const string Member = "stoa.duplicates";

    /// <summary>What may stand there.</summary>
    internal const string Words = "allow, reject, ignore or replace";

    internal static DuplicatePolicy? Parse(JsonElement value) =>
        value.ValueKind != JsonValueKind.String ? null : value.GetString() switch
        {
            "allow" => DuplicatePolicy.Allow,
            "reject" => DuplicatePolicy.Reject,
            "ignore" => DuplicatePolicy.Ignore,
            "replace" => DuplicatePolicy.Replace,
            _ => null,
        };

    /// <summary>The policy in stored properties.</summary>
    internal static DuplicatePolicy Of(string? properties)
    {
        if (properties?.Contains(Member, StringComparison.Ordinal) != true) return DuplicatePolicy.Allow;
        using var json = JsonDocument.Parse(properties);
        return json.RootElement.TryGetProperty(Member, out var value) ? Parse(value) ?? DuplicatePolicy.Allow : DuplicatePolicy.Allow;
    }
}

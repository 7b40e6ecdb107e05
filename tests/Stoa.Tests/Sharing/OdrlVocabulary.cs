using System.Text.Json;

namespace Stoa.Tests.Sharing;

/// <summary>The shape of an Agreement by the ODRL Information Model 2.2 and the words of the ODRL Vocabulary 2.2.</summary>
internal static class OdrlVocabulary
{
    private static readonly HashSet<string> LeftOperands =
    [
        "absolutePosition", "absoluteSize", "absoluteSpatialPosition", "absoluteTemporalPosition", "count", "dateTime", "delayPeriod",
        "deliveryChannel", "device", "elapsedTime", "event", "fileFormat", "industry", "language", "media", "meteredTime", "payAmount",
        "percentage", "product", "purpose", "recipient", "relativePosition", "relativeSize", "relativeSpatialPosition",
        "relativeTemporalPosition", "resolution", "spatial", "spatialCoordinates", "system", "systemDevice", "timeInterval",
        "unitOfCount", "version", "virtualLocation",
    ];

    private static readonly HashSet<string> Operators =
        ["eq", "gt", "gteq", "lt", "lteq", "neq", "isA", "hasPart", "isPartOf", "isAllOf", "isAnyOf", "isNoneOf"];

    private static readonly HashSet<string> Actions =
    [
        "use", "transfer", "acceptTracking", "aggregate", "annotate", "anonymize", "archive", "attribute", "compensate", "concurrentUse",
        "delete", "derive", "digitize", "display", "distribute", "ensureExclusivity", "execute", "extract", "give", "grantUse", "include",
        "index", "inform", "install", "modify", "move", "nextPolicy", "obtainConsent", "play", "present", "print", "read", "reproduce",
        "reviewPolicy", "sell", "stream", "synchronize", "textToSpeech", "transform", "translate", "uninstall", "watermark",
    ];

    /// <summary>What is not as the standard has it; empty when all of it is.</summary>
    public static IEnumerable<string> Faults(JsonElement agreement)
    {
        if (Text(agreement, "@type") != "Agreement") yield return "Not an Agreement.";
        // An Agreement has one assigner and one assignee (2.1.3), a uid, and at least one rule.
        foreach (var name in new[] { "uid", "assigner", "assignee", "profile" })
            if (!Uri.TryCreate(Text(agreement, name), UriKind.Absolute, out _)) yield return $"No {name}.";
        if (!agreement.TryGetProperty("permission", out var permissions) || permissions.GetArrayLength() == 0) yield return "No rule.";
        foreach (var kind in new[] { "permission", "prohibition" })
        {
            if (!agreement.TryGetProperty(kind, out var rules)) continue;
            foreach (var rule in rules.EnumerateArray())
                foreach (var fault in OfRule(rule, needsTarget: true)) yield return $"{kind}: {fault}";
        }
    }

    private static IEnumerable<string> OfRule(JsonElement rule, bool needsTarget)
    {
        if (!Actions.Contains(Text(rule, "action")) && Text(rule, "action") != "stoa:undertake") yield return $"Action {Text(rule, "action")}.";
        if (needsTarget && !rule.TryGetProperty("target", out _)) yield return "No target.";
        foreach (var member in rule.EnumerateObject())
        {
            if (member.Name is not ("action" or "target" or "constraint" or "duty") && !member.Name.StartsWith("stoa:", StringComparison.Ordinal)) yield return $"Member {member.Name}.";
            if (member.Name == "constraint")
                foreach (var fault in member.Value.EnumerateArray().SelectMany(OfConstraint)) yield return fault;
            if (member.Name == "duty")
                foreach (var fault in member.Value.EnumerateArray().SelectMany(duty => OfRule(duty, needsTarget: false))) yield return fault;
            if (member.Name == "target" && member.Value.ValueKind == JsonValueKind.Object)
                foreach (var fault in OfTarget(member.Value)) yield return fault;
        }
    }

    private static IEnumerable<string> OfTarget(JsonElement target)
    {
        if (Text(target, "@type") is not ("Asset" or "AssetCollection")) yield return "Not an asset.";
        foreach (var fault in target.GetProperty("refinement").EnumerateArray().SelectMany(OfConstraint)) yield return fault;
    }

    private static IEnumerable<string> OfConstraint(JsonElement constraint)
    {
        var left = Text(constraint, "leftOperand");
        if (!LeftOperands.Contains(left) && !left.StartsWith("stoa:", StringComparison.Ordinal)) yield return $"Left operand {left}.";
        if (!Operators.Contains(Text(constraint, "operator"))) yield return $"Operator {Text(constraint, "operator")}.";
        if (!constraint.TryGetProperty("rightOperand", out _)) yield return "No right operand.";
    }

    private static string Text(JsonElement element, string name) =>
        element.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() ?? "" : "";
}

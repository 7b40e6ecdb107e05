namespace Stoa.Sharing.Policy;

/// <summary>The one decision about access: a pure function of the request and the state of the world.</summary>
/// <remarks>
/// Default deny. The gates come in a fixed order and the first that fails decides; all are evaluated when the request asks
/// for an explanation. City policy, member policy, classification and agreement are intersected, so a further prohibition
/// never widens anything. The same request and snapshot give the same decision, byte for byte.
/// </remarks>
internal static class AccessDecision
{
    /// <summary>Decides. Cost: look-ups and bit tests; about a microsecond, and what the answer is made of is all that it
    /// allocates (bench <c>decision</c>).</summary>
    public static Decision Decide(DecisionRequest request, PolicySnapshot snapshot) => Decide(request, snapshot, out _);

    /// <summary>Decides, and says in which capacity of the party; null for nobody in particular.</summary>
    public static Decision Decide(DecisionRequest request, PolicySnapshot snapshot, out Capacity? by)
    {
        by = null;
        if (request.Party is not { } id || !snapshot.TryFind(id, out var party)) return new Evaluation(request, snapshot).Run();
        var capacities = party.CapacitiesAt(request.At).All;
        Decision? best = null;
        // Each for itself: what one organization has agreed on is not used under the conditions of another.
        foreach (var capacity in capacities)
        {
            var decision = new Evaluation(request, snapshot, party, capacity).Run();
            var isLast = capacities.Length == 1 || decision.Grant is { IsWhole: true };
            if (isLast || best is null || IsNearer(decision, best)) (best, by) = (decision, capacity);
            if (isLast) return decision;
        }

        return best ?? throw new InvalidOperationException("A party acts at least for itself.");
    }

    // A permit, else the refusal of whoever may know most, and of those the one that came furthest; the first of equals.
    private static bool IsNearer(Decision one, Decision other)
    {
        if (one.IsPermitted || other.IsPermitted) return !other.IsPermitted;
        if (one.IsOutsider != other.IsOutsider) return !one.IsOutsider;
        return one.Gate > other.Gate;
    }
}

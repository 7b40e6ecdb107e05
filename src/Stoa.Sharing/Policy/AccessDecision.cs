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
    public static Decision Decide(DecisionRequest request, PolicySnapshot snapshot) => new Evaluation(request, snapshot).Run();
}

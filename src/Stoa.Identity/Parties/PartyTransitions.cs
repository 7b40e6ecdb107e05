using Stoa.Vocabulary;

namespace Stoa.Identity.Parties;

/// <summary>Which status may follow which.</summary>
public static class PartyTransitions
{
    /// <summary>Whether a party may go from one status to another: forward as it is verified, to and fro between active and
    /// suspended, and out for good from everywhere.</summary>
    /// <remarks>Total, and listed in full by a table test. What is not granted here is denied.</remarks>
    public static bool May(PartyStatus from, PartyStatus to) => (from, to) switch
    {
        (PartyStatus.Proposed, PartyStatus.Verified) => true,
        (PartyStatus.Verified, PartyStatus.Active) => true,
        (PartyStatus.Active, PartyStatus.Suspended) => true,
        (PartyStatus.Suspended, PartyStatus.Active) => true,
        (PartyStatus.Proposed or PartyStatus.Verified or PartyStatus.Active or PartyStatus.Suspended, PartyStatus.Left) => true,
        _ => false,
    };
}

using System.ComponentModel;
using System.Text.Json.Serialization;
using Stoa.Identity.Http;
using Stoa.Sharing.Purposes;
using Stoa.Sharing.Recording;
using Stoa.Sharing.Records;
using Stoa.Vocabulary;

namespace Stoa.Sharing.Roles;

/// <summary>The proposal of a role, as a caller sends it.</summary>
internal sealed record RoleDraft
{
    [Description("creator, owner, custodian, primaryPublisher, secondaryPublisher or user (ISO 37156, 9.2).")]
    public string? Role { get; init; }

    [Description("Id of the party that shall hold it; it accepts or declines.")]
    public long? Party { get; init; }

    [Description("Of a creator: passive or reactive.")]
    public string? Mode { get; init; }

    [Description("Of a custodian: what the data are held for.")]
    public string? Purpose { get; init; }

    [Description("The role before the law: none, controller, jointController, processor or recipient.")]
    public string? LegalRole { get; init; }

    [Description("Since when; now if left out.")]
    [JsonConverter(typeof(InstantJson))]
    public Instant? From { get; init; }

    [Description("Until when, not included. A custodian has an end always.")]
    [JsonConverter(typeof(InstantJson))]
    public Instant? To { get; init; }

    [Description("Why, in words.")]
    public string? Reason { get; init; }

    [Description("Id of the party that proposes; may be left out when it can only be one. 0 is the exchange itself.")]
    public long? For { get; init; }

    /// <summary>The assignment that is proposed, or why it cannot be.</summary>
    public Result<RoleAssignment> ToAssignment(DatasetId dataset, PurposeTree purposes, Instant now)
    {
        if (!Words<DataRole>.TryParse(Role, out var role)) return NotAWord<DataRole>("role");
        if (Party is not { } party) return TextRules.Missing("party");
        if (Mode is not null && !Words<CreatorMode>.TryParse(Mode, out _)) return NotAWord<CreatorMode>("mode");
        if (LegalRole is not null && !Words<LegalRole>.TryParse(LegalRole, out _)) return NotAWord<LegalRole>("legalRole");
        if (Purpose is not null && !purposes.IsOffered(new(Purpose)))
            return StrictJson.InvalidProperty("purpose", "'purpose' takes the name of a purpose that is known here.");
        if (Governing.CheckReason(Reason) is { } problem) return problem;
        var assignment = new RoleAssignment
        {
            Id = default,
            Dataset = dataset,
            Role = role,
            Party = new(party),
            State = RoleAssignmentState.Proposed,
            Mode = Words<CreatorMode>.TryParse(Mode, out var mode) ? mode : null,
            LegalRole = Words<LegalRole>.TryParse(LegalRole, out var legal) ? legal : Roles.LegalRole.None,
            Purpose = Purpose is { } purpose ? new PurposeId(purpose) : null,
            From = From is { } from ? new(from.UnixMicroseconds) : now,
            To = To is { } to ? new Instant(to.UnixMicroseconds) : null,
        };
        return assignment.Fault is { } fault ? StrictJson.InvalidProperty(PropertyOf(assignment), fault) : assignment;
    }

    internal static Problem NotAWord<TEnum>(string property)
        where TEnum : struct, Enum =>
        StrictJson.InvalidProperty(property, $"'{property}' takes one of {Words<TEnum>.All}.");

    private static string PropertyOf(RoleAssignment role) => role switch
    {
        { Role: DataRole.Custodian, Purpose: null } or { Role: not DataRole.Custodian, Purpose: not null } => "purpose",
        { Role: DataRole.Creator, Mode: null } or { Role: not DataRole.Creator, Mode: not null } => "mode",
        _ => "to",
    };
}

/// <summary>A role on the wire.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Dataset">Slug of the dataset.</param>
/// <param name="Role">Which.</param>
/// <param name="Party">Who holds it, or shall.</param>
/// <param name="State">proposed, accepted, active, ended or disputed.</param>
/// <param name="Mode">Of a creator.</param>
/// <param name="Purpose">Of a custodian.</param>
/// <param name="LegalRole">The role before the law.</param>
/// <param name="From">Since when.</param>
/// <param name="To">Until when, not included.</param>
/// <param name="Lineage">The lineage by which its holder is the creator of derived data; null of all other roles.</param>
/// <param name="Moves">What the caller can do to it now.</param>
/// <param name="History">What happened to it, oldest first; with one role alone.</param>
internal sealed record RoleView(
    long Id, string Dataset, string Role, long Party, string State, string? Mode, string? Purpose, string LegalRole,
    [property: JsonConverter(typeof(InstantJson))] Instant From,
    [property: JsonConverter(typeof(InstantJson))] Instant? To,
    long? Lineage, IReadOnlyList<string> Moves, IReadOnlyList<MoveView>? History)
{
    public static RoleView Of(RoleAssignment role, string dataset, IReadOnlyList<string> moves, IReadOnlyList<MoveView>? history = null) =>
        new(role.Id.Value, dataset, Words<DataRole>.Of(role.Role), role.Party.Value, Words<RoleAssignmentState>.Of(role.State),
            role.Mode is { } mode ? Words<CreatorMode>.Of(mode) : null, role.Purpose?.Value, Words<LegalRole>.Of(role.LegalRole),
            role.From, role.To, role.Lineage, moves, history);
}

/// <summary>One page of roles, newest first.</summary>
internal sealed record RolePage(IReadOnlyList<RoleView> Value, long Count, string? NextLink);

/// <summary>What one role may do: a line of the table of who may do what.</summary>
/// <param name="Action">see, add, correct, setLevel, grant or publish.</param>
/// <param name="Role">The role.</param>
/// <param name="Allowance">What the table says.</param>
internal sealed record RoleTableRow(string Action, string Role, string Allowance);

/// <summary>The table of who may do what (ISO 37156, 9.2).</summary>
internal sealed record RoleTableView(IReadOnlyList<RoleTableRow> Value)
{
    public static RoleTableView Everything { get; } = new(
    [
        .. from action in Enum.GetValues<DataAction>()
        from role in Enum.GetValues<DataRole>()
        select new RoleTableRow(Words<DataAction>.Of(action), Words<DataRole>.Of(role), Words<Allowance>.Of(RoleTable.Of(action, role))),
    ]);
}

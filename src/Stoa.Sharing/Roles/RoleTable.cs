using static Stoa.Sharing.Roles.Allowance;
using static Stoa.Sharing.Roles.DataAction;
using static Stoa.Sharing.Roles.DataRole;

namespace Stoa.Sharing.Roles;

/// <summary>What must be known besides the role to answer an <see cref="Allowance"/> with yes or no.</summary>
/// <param name="IsOnlyCreator">Rows do not say who made them, so "own" means a dataset with one creator.</param>
/// <param name="IsDerived">The dataset was made from others.</param>
/// <param name="IsPurposeOfCustody">The declared purpose lies within the custody's.</param>
/// <param name="IsDelegated">An active delegation of this action reaches the level of the dataset.</param>
/// <param name="IsShared">The owner has set a level above closed.</param>
internal readonly record struct RoleFacts(
    bool IsOnlyCreator, bool IsDerived, bool IsPurposeOfCustody, bool IsDelegated, bool IsShared);

/// <summary>Who may do what: six actions, six roles (ISO 37156, 9.2).</summary>
internal static class RoleTable
{
    /// <summary>Total: what is not listed is no.</summary>
    public static Allowance Of(DataAction action, DataRole role) => (action, role) switch
    {
        (Add, Creator) => Yes,
        (Add, Owner) => Yes,
        (Add, Custodian) => ForPurpose,
        (Add, PrimaryPublisher) => No,
        (Add, SecondaryPublisher) => OwnDerived,
        (Add, User) => No,

        (Correct, Creator) => Propose,
        (Correct, Owner) => Approve,
        (Correct, Custodian) => Propose,
        (Correct, PrimaryPublisher) => Propose,
        (Correct, SecondaryPublisher) => ReportVariance,
        (Correct, User) => Report,

        (See, Creator) => Own,
        (See, Owner) => Yes,
        (See, Custodian) => ForPurpose,
        (See, PrimaryPublisher) => AllSourcesLogged,
        (See, SecondaryPublisher) => Granted,
        (See, User) => Granted,

        (SetLevel, Creator) => No,
        (SetLevel, Owner) => WithPublisher,
        (SetLevel, Custodian) => No,
        (SetLevel, PrimaryPublisher) => Yes,
        (SetLevel, SecondaryPublisher) => DerivedWithinBound,
        (SetLevel, User) => No,

        (Grant, Creator) => No,
        (Grant, Owner) => Yes,
        (Grant, Custodian) => Never,
        (Grant, PrimaryPublisher) => WithinOwnersLevel,
        (Grant, SecondaryPublisher) => ByDelegation,
        (Grant, User) => No,

        (Publish, Creator) => No,
        (Publish, Owner) => Approve,
        (Publish, Custodian) => No,
        (Publish, PrimaryPublisher) => Yes,
        (Publish, SecondaryPublisher) => DerivedOrDelegated,
        (Publish, User) => No,

        _ => No,
    };

    /// <summary>Whether the role alone lets its holder do the action now. What only proposes, reports or is granted
    /// elsewhere does not; an approval is the doing itself where data are corrected, and is not where they are published.</summary>
    public static bool MayAct(DataAction action, DataRole role, in RoleFacts facts) => Of(action, role) switch
    {
        Yes or AllSourcesLogged or WithPublisher => true,
        Own => facts.IsOnlyCreator,
        OwnDerived or DerivedWithinBound => facts.IsDerived,
        ForPurpose => facts.IsPurposeOfCustody,
        Approve => action == Correct,
        WithinOwnersLevel => facts.IsShared,
        ByDelegation => facts.IsDelegated,
        DerivedOrDelegated => facts.IsDerived || facts.IsDelegated,
        No or Never or Granted or Propose or ReportVariance or Report => false,
        _ => false,
    };

    /// <summary>Whether the role may propose, report or approve it, so that a refusal can say so.</summary>
    public static bool MayPropose(DataAction action, DataRole role) =>
        Of(action, role) is Propose or ReportVariance or Report || (action == Publish && Of(action, role) == Approve);
}

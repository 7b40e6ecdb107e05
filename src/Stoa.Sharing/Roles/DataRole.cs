using System.Text.Json.Serialization;
using Stoa.Sharing.Recording;

namespace Stoa.Sharing.Roles;

/// <summary>The roles towards a dataset (ISO 37156, 9.2).</summary>
[JsonConverter(typeof(WordJson<DataRole>))]
internal enum DataRole { Creator, Owner, Custodian, PrimaryPublisher, SecondaryPublisher, User }

/// <summary>How a creator comes by the data: as part of a service, or on an incident (ISO 37156, 9.2 a).</summary>
[JsonConverter(typeof(WordJson<CreatorMode>))]
internal enum CreatorMode { Passive, Reactive }

/// <summary>The role before the law, beside the role towards the data.</summary>
[JsonConverter(typeof(WordJson<LegalRole>))]
internal enum LegalRole { None, Controller, JointController, Processor, Recipient }

/// <summary>What can be done with a dataset.</summary>
[JsonConverter(typeof(WordJson<DataAction>))]
internal enum DataAction { See, Add, Correct, SetLevel, Grant, Publish }

/// <summary>What the table of roles says of one action of one role.</summary>
internal enum Allowance
{
    No,

    /// <summary>Not even by delegation.</summary>
    Never,
    Yes,

    /// <summary>What it made itself.</summary>
    Own,

    /// <summary>Into a derived dataset of its own.</summary>
    OwnDerived,

    /// <summary>Within the purpose of its custody.</summary>
    ForPurpose,

    /// <summary>As far as level, agreement and purpose grant it.</summary>
    Granted,

    /// <summary>Every source across the spectrum; each reading is recorded with its reason.</summary>
    AllSourcesLogged,
    Propose,
    Approve,
    ReportVariance,
    Report,

    /// <summary>Yes; toward open together with the primary publisher.</summary>
    WithPublisher,
    DerivedWithinBound,
    WithinOwnersLevel,
    ByDelegation,
    DerivedOrDelegated,
}

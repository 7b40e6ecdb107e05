using System.Collections.Immutable;
using System.Globalization;
using Stoa.Sharing.Obligations;
using Stoa.Sharing.Policy;
using Stoa.Sharing.Purposes;
using Stoa.Sharing.Records;
using Stoa.Sharing.Roles;
using Stoa.Storage;
using Stoa.Vocabulary;

namespace Stoa.Sharing.Agreements;

/// <summary>A clause in words.</summary>
/// <param name="Clause">Its name in the terms.</param>
/// <param name="Title">What it is about.</param>
/// <param name="Text">What it says.</param>
internal sealed record ClauseWords(string Clause, string Title, string Text);

/// <summary>Terms as sentences: every clause there is, in a fixed order; one that says nothing says so.</summary>
internal static class AgreementWords
{
    /// <summary>All clauses.</summary>
    public static ImmutableArray<ClauseWords> Of(Session session, AgreementTerms terms)
    {
        var purposes = SharedDatasets.Purposes(session);
        string Name(PartyId party) => SharedDatasets.NameOf(session, party) is { Length: > 0 } name ? name : $"party {party}";
        string Title(DatasetId id) => SharedDatasets.Find(session, id) is { } dataset ? $"{dataset.Title} ({dataset.Slug})" : $"dataset {id}";
        return
        [
            new("provider", "Who gives access", Name(terms.Provider) + RoleOf(terms.ProviderRole)),
            new("consumer", "Who gets access", Name(terms.Consumer) + RoleOf(terms.ConsumerRole)),
            new("datasets", "Datasets", List(terms.Datasets.Select(Title))),
            new("purposes", "Purposes", List(terms.Purposes.Select(id => Words(id, purposes))) + "; nothing else."),
            new("fields", "Fields", terms.Fields is { } fields ? List(fields) : "All fields that are not about people."),
            new("granularity", "How fine", Of(terms.Granularity)),
            new("dataFrom", "Which times", Times(terms.DataFrom, terms.DataUntil)),
            new("area", "Which area", terms.Area is { } area ? Of(area) : "All of it."),
            new("legalBasis", "Legal basis", Of(terms.LegalBasis) + Of(terms.SpecialGround)),
            new("notice", "What people were told", Of(terms.Notice)),
            new("nonConsentRecord", "Record of sharing without consent", terms.NonConsentRecord ?? "None."),
            new("retention", "How long data are kept", Of(terms.Retention)),
            new("jurisdictions", "Where data are worked on", terms.Jurisdictions.IsEmpty ? "Anywhere." : List(terms.Jurisdictions) + "."),
            new("transfer", "Transfer instrument", Of(terms.Transfer)),
            new("onward", "Passing on", Of(terms, Name)),
            new("limits", "Limits", Of(terms.Limits)),
            new("quality", "Quality promised", terms.Quality.IsEmpty
                ? "None."
                : string.Join("; ", terms.Quality.Select(Of)) + ". A duty of the provider."),
            new("obligations", "Obligations of the consumer", terms.Obligations.IsEmpty ? "None." : string.Join(" ", terms.Obligations.Select(Of))),
            new("undertakings", "Undertakings of the consumer", terms.Undertakings.IsEmpty ? "None." : List(terms.Undertakings) + "."),
            new("fee", "Fee, for information", terms.Fee ?? "None."),
            new("intellectualProperty", "Intellectual property", terms.IntellectualProperty ?? "Nothing is said."),
            new("validFrom", "From", Day(terms.ValidFrom)),
            new("validTo", "Until", Day(terms.ValidTo)),
        ];
    }

    /// <summary>The clauses that a template says; sides, datasets and times are agreed each time.</summary>
    /// <param name="session">Where names are looked up.</param>
    /// <param name="terms">Its clauses as terms.</param>
    /// <param name="said">The names of its clauses.</param>
    public static ImmutableArray<ClauseWords> OfTemplate(Session session, AgreementTerms terms, IReadOnlySet<string> said)
    {
        bool IsSaid(string clause) => said.Contains(clause) || clause switch
        {
            "dataFrom" => said.Contains("dataUntil"),
            "legalBasis" => said.Contains("specialGround"),
            "onward" => said.Contains("onwardTo"),
            _ => false,
        };
        return
        [
            .. said.Contains("providerRole") ? [new("providerRole", "Who gives access", RoleAlone(terms.ProviderRole))] : Array.Empty<ClauseWords>(),
            .. said.Contains("consumerRole") ? [new("consumerRole", "Who gets access", RoleAlone(terms.ConsumerRole))] : Array.Empty<ClauseWords>(),
            .. Of(session, terms).Where(clause => IsSaid(clause.Clause)),
        ];
    }

    /// <summary>What a grant leaves, in words.</summary>
    public static string Of(AccessGrant grant)
    {
        var parts = new List<string> { grant.Fields is { } fields ? "fields " + List(fields) : "all fields" };
        if (!grant.Granularity.IsFine) parts.Add(Of(grant.Granularity).TrimEnd('.'));
        if (grant.From is not null || grant.Until is not null) parts.Add("times " + Times(grant.From, grant.Until).TrimEnd('.'));
        if (grant.Area is { } area) parts.Add(Of(area).TrimEnd('.'));
        if (!grant.Limits.IsNone) parts.Add(Of(grant.Limits).TrimEnd('.'));
        return string.Join("; ", parts);
    }

    /// <summary>What is owed, as a noun.</summary>
    public static string Of(ObligationKind kind) => kind switch
    {
        ObligationKind.Delete => "Delete the data",
        ObligationKind.Return => "Give the data back",
        ObligationKind.Report => "Report",
        ObligationKind.Attribute => "Name the source",
        ObligationKind.Notify => "Notify the other side",
        ObligationKind.PayNote => "Settle the fee",
        ObligationKind.AuditAccess => "Let the use be audited",
        _ => throw new ArgumentOutOfRangeException(nameof(kind), kind, "Unknown obligation."),
    };

    /// <summary>A floor of quality.</summary>
    public static string Of(QualityFloor floor)
    {
        var window = floor.Measure == QualityMeasure.Completeness
            ? Invariant($" over {floor.Days ?? QualityFloor.DaysDefault} days") : "";
        var cadence = floor.EverySeconds is { } every ? Invariant($", with a value every {every:N0} seconds") : "";
        return Invariant($"{floor.Measure} of at least {floor.PercentMin} %{window}{cadence}");
    }

    /// <summary>The label of a purpose.</summary>
    public static string Words(PurposeId id, PurposeTree purposes) => purposes.TryFind(id, out var purpose) ? purpose.English : id.Value;

    /// <summary>A day as people write it.</summary>
    public static string Day(Instant time) => time.CompareTo(Instant.Max) == 0
        ? "for ever"
        : time.ToDateTimeOffset().ToString("d MMMM yyyy, HH:mm 'UTC'", CultureInfo.InvariantCulture);

    private static string RoleOf(LegalRole role) => role switch
    {
        LegalRole.None => "",
        LegalRole.Controller => ", as controller",
        LegalRole.JointController => ", as joint controller",
        LegalRole.Processor => ", as processor",
        LegalRole.Recipient => ", as recipient",
        _ => throw new ArgumentOutOfRangeException(nameof(role), role, "Unknown legal role."),
    };

    private static string RoleAlone(LegalRole role) => role == LegalRole.None ? "No role in law is said." : RoleOf(role)[2..] + ".";

    private static string Of(Granularity granularity)
    {
        if (granularity.IsFine) return "As fine as they are.";
        var parts = new List<string>();
        if (granularity.SpaceMetres > 0) parts.Add(Invariant($"cells of {granularity.SpaceMetres} m"));
        if (granularity.TimeSeconds > 0) parts.Add(Invariant($"steps of {granularity.TimeSeconds} s"));
        if (granularity.CellMinimum > 1) parts.Add(Invariant($"at least {granularity.CellMinimum} contributors"));
        return "Not finer than " + List(parts) + ".";
    }

    private static string Times(Instant? from, Instant? until) => (from, until) switch
    {
        ({ } first, { } last) => $"From {Day(first)} until {Day(last)}.",
        ({ } first, null) => $"From {Day(first)} on.",
        (null, { } last) => $"Until {Day(last)}.",
        _ => "All times.",
    };

    private static string Of(BoundingBox box) => Invariant(
        $"Between {box.West / 1e6:0.######}, {box.South / 1e6:0.######} and {box.East / 1e6:0.######}, {box.North / 1e6:0.######} degrees.");

    public static string Of(LegalBasis basis) => basis switch
    {
        LegalBasis.NotPersonal => "The data are not about people.",
        LegalBasis.Consent => "Consent (GDPR 6(1)(a)).",
        LegalBasis.Contract => "Contract (GDPR 6(1)(b)).",
        LegalBasis.LegalObligation => "Legal obligation (GDPR 6(1)(c)).",
        LegalBasis.VitalInterest => "Vital interests (GDPR 6(1)(d)).",
        LegalBasis.PublicTask => "Public task (GDPR 6(1)(e)).",
        LegalBasis.LegitimateInterest => "Legitimate interests (GDPR 6(1)(f)).",
        _ => throw new ArgumentOutOfRangeException(nameof(basis), basis, "Unknown legal basis."),
    };

    private static string Of(SpecialGround ground) => ground == SpecialGround.None
        ? ""
        : $" Special categories: {Spaced(ground.ToString())} (GDPR 9(2)({(char)('a' + (int)ground - 1)})).";

    private static string Of(NoticeCompatibility notice) => notice switch
    {
        NoticeCompatibility.NotEstablished => "Not established.",
        NoticeCompatibility.NotNeeded => "They need not be told.",
        NoticeCompatibility.Compatible => "The use is within what they were told.",
        NoticeCompatibility.Incompatible => "The use is not within what they were told.",
        _ => throw new ArgumentOutOfRangeException(nameof(notice), notice, "Unknown notice."),
    };

    private static string Of(Retention? retention) => retention is null
        ? "No end is set."
        : Invariant($"{retention.Days} days from ") +
            (retention.Start == RetentionStart.Receipt ? "receipt" : "the end of the agreement") + ", then " + retention.Then switch
            {
                AfterRetention.Delete => "deleted.",
                AfterRetention.Return => "given back.",
                AfterRetention.Anonymise => "made anonymous.",
                _ => throw new ArgumentOutOfRangeException(nameof(retention), retention.Then, "Unknown end."),
            };

    private static string Of(TransferInstrument transfer) => transfer switch
    {
        TransferInstrument.None => "None.",
        TransferInstrument.Adequacy => "Decision of adequacy.",
        TransferInstrument.StandardClauses => "Standard contractual clauses.",
        TransferInstrument.BindingRules => "Binding corporate rules.",
        TransferInstrument.Derogation => "Derogation for the single case.",
        _ => throw new ArgumentOutOfRangeException(nameof(transfer), transfer, "Unknown instrument."),
    };

    private static string Of(AgreementTerms terms, Func<PartyId, string> name) => terms.Onward switch
    {
        OnwardSharing.None => "To nobody.",
        OnwardSharing.Named => "To " + List(terms.OnwardTo.Select(name)) + ".",
        OnwardSharing.SameTerms => "To others under the same terms.",
        _ => throw new ArgumentOutOfRangeException(nameof(terms), terms.Onward, "Unknown onward sharing."),
    };

    private static string Of(RateLimits limits)
    {
        if (limits.IsNone) return "None.";
        var parts = new List<string>();
        if (limits.RequestsPerMinute > 0) parts.Add(Invariant($"{limits.RequestsPerMinute:N0} requests a minute"));
        if (limits.RowsPerDay > 0) parts.Add(Invariant($"{limits.RowsPerDay:N0} rows a day"));
        return List(parts) + ".";
    }

    private static string Of(ObligationClause clause) =>
        Of(clause.Kind) + Invariant($" within {clause.Days} days ") + clause.Trigger switch
        {
            ObligationTrigger.Receipt => "of the beginning",
            ObligationTrigger.EveryMonth => "of the end of each month of the agreement",
            ObligationTrigger.EndOfAgreement => "of the end",
            ObligationTrigger.Incident => "of an incident",
            _ => throw new ArgumentOutOfRangeException(nameof(clause), clause.Trigger, "Unknown trigger."),
        } + (clause.Evidence.Length > 0 ? $", proved by: {clause.Evidence}" : "") +
        (clause.Suspends ? "; while it is overdue nothing is granted." : ".");

    private static string List(IEnumerable<string> entries) => string.Join(", ", entries);

    private static string Spaced(string name) =>
        string.Concat(name.Select((letter, index) => index > 0 && char.IsUpper(letter) ? $" {char.ToLowerInvariant(letter)}" : $"{char.ToLowerInvariant(letter)}"));

    private static string Invariant(FormattableString text) => FormattableString.Invariant(text);
}

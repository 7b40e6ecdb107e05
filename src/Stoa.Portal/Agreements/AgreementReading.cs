using System.Globalization;
using Stoa.Identity.Credentials;
using Stoa.Identity.Http;
using Stoa.Portal.Layout;
using Stoa.Sharing;
using Stoa.Sharing.Agreements;
using Stoa.Sharing.Corrections;
using Stoa.Sharing.Inbox;
using Stoa.Sharing.Obligations;
using Stoa.Sharing.Policy;
using Stoa.Sharing.Purposes;
using Stoa.Sharing.Recording;
using Stoa.Sharing.Records;
using Stoa.Sharing.Requests;
using Stoa.Sharing.Roles;
using Stoa.Storage;
using Stoa.Vocabulary;
using GovernanceWords = Stoa.Portal.Governance.GovernanceWords;

namespace Stoa.Portal.Agreements;

/// <summary>What the pages of requests, agreements and obligations show, in words; each asks what the requester may see.</summary>
internal sealed class AgreementReading(Database database, AccessPolicy policy, SharingOptions options, TimeProvider time)
{
    private const int RegisterPageLength = 50;

    // A page shows so much of what happened; there is more only where terms were countered for months.
    private const int HistoryMax = 200;

    // In characters: a paragraph or two.
    private const int DescriptionShown = 1500;

    private const string SelectDescription =
        """
        SELECT description
        FROM   dataset
        WHERE  id = @id
        """;

    private ExchangeTime Now => options.At(Instant.From(time.GetUtcNow()));

    /// <summary>What the form for asking shows; null when the requester may not know of the dataset.</summary>
    internal async Task<AskView?> AskAsync(Requester requester, string slug, CancellationToken cancellation)
    {
        using var session = await database.ReadAsync(cancellation);
        // Asked of what is not there too, and nothing read before, so that absent and hidden take as long.
        var id = policy.TryFindDataset(slug, out var entry) ? entry.Id : default;
        if (!DatasetKnowledge.IsKnownTo(policy, requester, id) || SharedDatasets.Find(session, slug) is not { } dataset) return null;
        var fields = SharedDatasets.Governed(session, dataset).Fields;
        return new(
            dataset.Slug, dataset.Title, dataset.Owner is { } owner ? SharedDatasets.NameOf(session, owner) : null, dataset.Level,
            [
                .. Acting.Candidates(session, requester).Where(party => party != dataset.Owner).Reverse()
                    .Select(party => new Choice(Number(party.Value), SharedDatasets.NameOf(session, party))),
            ],
            PurposesOf(SharedDatasets.Purposes(session)),
            [.. Enum.GetValues<LegalBasis>().Select(basis => new Choice(Words.Of(basis), AgreementWords.Of(basis)))],
            [.. fields.Select(field => new Choice(
                field.Name, field.Personal == Personal.Personal ? $"{field.Name} (about people)" : field.Name))]);
    }

    /// <summary>What may be told of a dataset whose data may not be seen; null when not even that it is there.</summary>
    internal KnownDatasetView? Known(Session session, Requester requester, string slug)
    {
        // Asked of what is not there too, and nothing read before, so that absent and hidden take as long.
        var id = policy.TryFindDataset(slug, out var entry) ? entry.Id : default;
        if (!DatasetKnowledge.IsKnownTo(policy, requester, id) || SharedDatasets.Find(session, slug) is not { } dataset) return null;
        using var select = session.Prepare(SelectDescription).Bind("@id", dataset.Id.Value);
        var text = select.Step() ? select.Text(0) : "";
        return new(dataset.Slug, dataset.Title, text.Length <= DescriptionShown ? text : text[..DescriptionShown] + "…",
            dataset.Owner is { } owner ? SharedDatasets.NameOf(session, owner) : null, dataset.Level,
            KnownUses.Own(policy, requester, dataset.Id), KnownUses.Agreed(session, policy, requester, dataset.Id));
    }

    internal async Task<InboxView> InboxAsync(Requester requester, CancellationToken cancellation)
    {
        using var session = await database.ReadAsync(cancellation);
        var now = Now;
        var parties = Acting.Candidates(session, requester);
        return new(
            [
                .. Waiting.Requests(session, requester, parties, now).Select(one => RowOf(session, one, now)),
                .. CorrectionRegister.ToAnswer(session, parties, now).Select(one => RowOf(session, one.Record, one.Place.Slug, one.Place.Title, now)),
            ],
            [
                .. AgreementRegister.ToSign(session, parties).Select(one => new InboxRow(
                    $"/agreements/{one.Id}", Datasets(session, one.Content.Terms), Other(session, one.Content.Terms, parties),
                    StateOf(one.Content.State), null, false)),
            ],
            [
                .. Waiting.Roles(session, requester, parties).Select(one => RowOf(session, one, now)),
                .. Waiting.Delegations(session, parties).Select(one => new InboxRow(
                    $"/datasets/{Dataset(session, one.Content.Dataset).Slug}/governance#delegations",
                    $"To {Words.Of(one.Content.Action)}: {Dataset(session, one.Content.Dataset).Title}", SharedDatasets.NameOf(session, one.Content.From),
                    "Offered", one.Content.Until, one.Content.Until.CompareTo(now) < 0)),
            ],
            [
                .. Waiting.Obligations(session, parties).Select(one => new InboxRow(
                    $"/agreements/{one.Agreement.Id}#obligations", AgreementWords.Of(one.Owed.Content.Kind),
                    Other(session, one.Agreement.Content.Terms, [parties.Contains(one.Agreement.Content.Terms.Consumer)
                        ? one.Agreement.Content.Terms.Consumer : one.Agreement.Content.Terms.Provider]),
                    StateOf(one.Owed.Content.State), one.Owed.Content.DueAt, one.Owed.Content.IsOverdueAt(now))),
                .. Waiting.Custodies(session, parties).Select(one => new InboxRow(
                    $"/datasets/{Dataset(session, one.Owed.Content.Custody!.Dataset).Slug}/governance#custody", // Of custodies alone.
                    $"Give back or delete: {Dataset(session, one.Owed.Content.Custody.Dataset).Title}",
                    string.Join(", ", (parties.Contains(one.Sides.Debtor) ? one.Sides.Creditors : [one.Sides.Debtor]).Select(party => NameOf(session, party))),
                    StateOf(one.Owed.Content.State), one.Owed.Content.DueAt, one.Owed.Content.IsOverdueAt(now))),
            ],
            [
                .. Waiting.OwnRequests(session, parties).Select(one => RowOf(session, one, now)),
                .. CorrectionRegister.Own(session, parties).Select(one => RowOf(session, one,
                    Dataset(session, one.Content.Dataset).Slug, Dataset(session, one.Content.Dataset).Title, now)),
            ])
        {
            Unmet =
            [
                .. QualityFindings.Unmet(session, parties).Select(one => new InboxRow(
                    $"/agreements/{one.Agreement.Id}#quality", one.Floor.Dataset.Title, Other(session, one.Agreement.Content.Terms, parties),
                    $"{one.Floor.Clause.Measure} below {one.Floor.Clause.PercentMin} %", null, false)),
            ],
        };
    }

    private static InboxRow RowOf(Session session, GovernedRecord<Correction> one, string slug, string title, Instant now) => new(
        $"/datasets/{slug}/corrections", $"{(one.Content.Kind == CorrectionKind.Correction ? "Correction" : "Variance")}: {title}",
        SharedDatasets.NameOf(session, one.Content.Party), one.Content.State.ToString(), one.Content.DueAt,
        one.Content.DueAt is { } due && due.CompareTo(now) < 0);

    private static (string Slug, string Title) Dataset(Session session, DatasetId id) =>
        SharedDatasets.Find(session, id) is { } dataset ? (dataset.Slug, dataset.Title) : ("", "");

    private static InboxRow RowOf(Session session, GovernedRecord<RoleAssignment> role, ExchangeTime now)
    {
        var (slug, title) = Dataset(session, role.Content.Dataset);
        var by = GovernedRecords.Acts(session, role.Id) is [{ Act.Party: { } party }, ..] ? NameOf(session, party) : "";
        return new($"/datasets/{slug}/governance#roles", $"{GovernanceWords.Of(role.Content.Role)}: {title}", by,
            role.Content.State == RoleAssignmentState.Disputed ? "Disputed" : "To accept", Waiting.DueOf(role),
            Waiting.DueOf(role) is { } due && due.CompareTo(now) < 0);
    }

    private static string NameOf(Session session, PartyId party) =>
        party == Acting.Exchange ? "the data office" : SharedDatasets.NameOf(session, party);

    /// <summary>The page of a request; null when there is none, or it is not the requester's to see.</summary>
    internal async Task<RequestView?> RequestAsync(Requester requester, long id, CancellationToken cancellation)
    {
        using var session = await database.ReadAsync(cancellation);
        if (RequestInbox.Visible(session, requester, id) is not var (record, dataset)) return null;
        var now = Now;
        var request = record.Content;
        var by = RequestInbox.ActingOn(session, requester, record, dataset);
        IReadOnlyList<string> moves = by is null ? [] : [.. RequestMoves.Offered(session, record, by, now)];
        var purposes = SharedDatasets.Purposes(session);
        var isOwners = by is not null &&
            (RequestMoves.CapacityOf(session, request, by, dataset, now) & Sharing.Transitions.Actor.Owner) != 0;
        var until = request.Until?.ToDateTimeOffset() ?? now.Now.ToDateTimeOffset().AddYears(1);
        return new(
            record.Id, dataset.Title, dataset.Slug, SharedDatasets.NameOf(session, request.Requester), StateOf(request.State),
            [
                ("Purpose", AgreementWords.Words(request.Purpose, purposes)),
                ("Legal basis", AgreementWords.Of(request.LegalBasis)),
                ("Fields", request.Fields.IsEmpty ? "All that are not about people." : string.Join(", ", request.Fields)),
                ("Time", (request.From, request.Until) switch
                {
                    (null, null) => "As the agreement says.",
                    (null, { } end) => "Until " + AgreementWords.Day(end),
                    ({ } begin, null) => "From " + AgreementWords.Day(begin),
                    ({ } begin, { } end) => $"{AgreementWords.Day(begin)} – {AgreementWords.Day(end)}",
                }),
            ],
            request.Statement, request.DueAt,
            GovernedRecords.Acts(session, id).FindLast(one => one.Act.Reason.Length > 0)?.Act.Reason,
            request.Agreement?.Value, moves,
            isOwners && (moves.Contains("assess") || moves.Contains("approve") || request.State == AccessRequestState.Approved),
            [.. AgreementTemplates.Offered(session).Select(one => new Choice(one.Name, $"{one.Title}: {one.About}"))],
            LastDay(until), HistoryOf(session, id))
        {
            IsClosed = dataset.Level == SpectrumClass.Closed,
        };
    }

    /// <summary>The page of an agreement; null when there is none, or it is not the requester's to see.</summary>
    internal async Task<AgreementView?> AgreementAsync(Requester requester, long id, CancellationToken cancellation)
    {
        using var session = await database.ReadAsync(cancellation);
        if (AgreementRegister.Visible(session, requester, id) is not { } record) return null;
        var now = Now;
        var agreement = record.Content;
        var terms = agreement.Terms;
        var by = AgreementRegister.ActingOn(session, requester, record);
        var hash = AgreementText.Hash(terms);
        var isSide = by is not null && (by.Party == terms.Provider || by.Party == terms.Consumer);
        var isConsumer = by?.Party == terms.Consumer;
        var isOpen = agreement.State is AgreementState.Draft or AgreementState.Offered or AgreementState.Countered or AgreementState.Accepted;
        var maySign = isSide && isOpen && !agreement.Signatures.Any(one => one.Party == by!.Party && one.TermsHash == hash);
        var difference = agreement.State is AgreementState.Closed or AgreementState.Terminated or AgreementState.Expired
            ? new([], [], [], false)
            : AgreementDifferences.Of(session, record, policy.Snapshot, now);
        var purposes = SharedDatasets.Purposes(session);
        return new()
        {
            Id = record.Id,
            State = StateOf(agreement.State),
            Version = terms.Version,
            Template = agreement.Template is { } template ? (template.Name, template.Version) : null,
            MakesTemplates = requester.IsAdministrator,
            Provider = SharedDatasets.NameOf(session, terms.Provider),
            Consumer = SharedDatasets.NameOf(session, terms.Consumer),
            Hash = hash,
            Clauses = [.. AgreementWords.Of(session, terms).Select(clause => (clause.Title, clause.Text))],
            Fields = ClauseForm.Of(terms),
            Changed = [.. difference.Clauses.Select(change => (change.Title, change.Before, change.After))],
            Gains = [.. difference.Access.Select(change => GainOf(change, purposes))],
            Approval = difference.ApprovalFor.Count == 0 || agreement.ActiveSince is not null ? null
                : difference.IsApproved ? "The office has approved that a party gets what it never had."
                : "A party gets what it never had, and the owner of the data asks that the office approve it too: " +
                    $"{string.Join(", ", difference.ApprovalFor)}. It begins when the office has.",
            Signatures =
            [
                .. agreement.Signatures.Select(one => new SignatureRow(SharedDatasets.NameOf(session, one.Party),
                    one.Person == one.Party ? "" : SharedDatasets.NameOf(session, one.Person), one.At, one.TermsHash)),
            ],
            Undertakings =
            [
                .. terms.Undertakings.Select(name => (name, agreement.Undertakings.FirstOrDefault(one => one.Name == name)?.ValidUntil)),
            ],
            Quality = [.. QualityFindings.Of(session, agreement).Select(floor => RowOf(floor, agreement.State))],
            Obligations = [.. ObligationMoves.Of(session, new(id)).Select(owed => RowOf(owed, ObligationSides.Of(terms), by, now))],
            History = HistoryOf(session, id),
            Moves = by is null ? [] : [.. AgreementMoves.Offered(session, record, by, now)],
            MaySign = maySign,
            MayUndertake = isConsumer && terms.Undertakings.Length > 0 && !IsOver(agreement.State),
            Downloads = isConsumer && agreement.State == AgreementState.Active
                ? [.. terms.Datasets.Select(dataset => SharedDatasets.Find(session, dataset)).OfType<SharedDataset>()
                    .Select(dataset => new DownloadRow(dataset.Slug, dataset.Title))]
                : [],
            Purposes = [.. terms.Purposes.Select(purpose => new Choice(purpose.Value, AgreementWords.Words(purpose, purposes)))],
            Next = (isOpen || agreement.State is AgreementState.Signed or AgreementState.Verified) && AgreementMoves.ClosedOf(session, terms) is { } closed
                ? $"{closed.Title} is closed, so that this cannot be agreed on: its owner proposes a level first, on the page of its governance."
                : NextOf(agreement, maySign, isSide, now),
            Until = LastDay(terms.ValidTo.ToDateTimeOffset()),
            IsSettled = !isOpen,
        };
    }

    internal async Task<RegisterView> RegisterAsync(Requester requester, string? state, int page, CancellationToken cancellation)
    {
        using var session = await database.ReadAsync(cancellation);
        var word = Words.TryRead<AgreementState>(state);
        var asked = new Page(RegisterPageLength, Math.Min(Page.SkipMax, (page - 1) * RegisterPageLength));
        var records = AgreementRegister.Records(session, requester, word, asked, out var total);
        var purposes = SharedDatasets.Purposes(session);
        return new(
            [
                .. records.Select(record => new RegisterRow(
                    record.Id, SharedDatasets.NameOf(session, record.Content.Terms.Provider),
                    SharedDatasets.NameOf(session, record.Content.Terms.Consumer), Datasets(session, record.Content.Terms),
                    string.Join(", ", record.Content.Terms.Purposes.Select(purpose => AgreementWords.Words(purpose, purposes))),
                    StateOf(record.Content.State), record.Content.Terms.ValidTo)),
            ],
            total, word is { } known ? Words.Of(known) : "",
            [.. Enum.GetValues<AgreementState>().Select(one => new Choice(Words.Of(one), StateOf(one)))],
            page, (int)Math.Max(1, (total + RegisterPageLength - 1) / RegisterPageLength), requester.IsAdministrator);
    }

    private static FloorRow RowOf(MeasuredFloor floor, AgreementState state)
    {
        var part = floor.Finding is { IsWhole: false } ? " of a part of the data" : "";
        return new(AgreementWords.Of(floor.Clause), floor.Dataset.Title, floor switch
        {
            { Clause.Measure: QualityMeasure.Validity or QualityMeasure.Uniqueness } => "Not measured by this exchange.",
            { Finding: { Hundredths: { } found, Measured: var at } } => string.Create(CultureInfo.InvariantCulture,
                $"{found / 100m:0.##} %{part}, measured at {Wording.Minute(at)}."),
            { Finding: not null } => "Not known: how often values come is neither agreed nor to be seen.",
            _ => state == AgreementState.Active ? "Not measured yet." : "Measured while the agreement is in force.",
        }, floor.Finding?.UnmetSince);
    }

    private static bool IsOver(AgreementState state) =>
        state is AgreementState.Expired or AgreementState.Terminated or AgreementState.Closing or AgreementState.Closed;

    private static InboxRow RowOf(Session session, GovernedRecord<AccessRequest> record, ExchangeTime now) => new(
        $"/requests/{record.Id}", SharedDatasets.Find(session, record.Content.Dataset)?.Title ?? "",
        SharedDatasets.NameOf(session, record.Content.Requester), StateOf(record.Content.State), record.Content.DueAt,
        record.Content.DueAt is { } due && due.CompareTo(now) < 0);

    /// <summary>An obligation as pages show it.</summary>
    internal static ObligationRow RowOf(GovernedRecord<Obligation> record, ObligationSides sides, Acting? by, Instant now)
    {
        var owed = record.Content;
        return new(record.Id, owed.Custody is null ? AgreementWords.Of(owed.Kind) : "Give back or delete", StateOf(owed.State), owed.DueAt,
            sides.EvidenceOf(owed) ?? "that they are deleted or given back", owed.EvidenceNote, owed.EvidenceHash,
            by is null ? [] : [.. ObligationMoves.Offered(owed, sides, by, now)])
        {
            IsBreach = owed.State is ObligationState.Breached or ObligationState.Presented or ObligationState.Curing,
        };
    }

    private static GainRow GainOf(AccessChange change, PurposeTree purposes) => new(
        change.PartyName, change.Dataset, AgreementWords.Words(new(change.Purpose), purposes), change.Change,
        change.Before ?? "nothing", change.After ?? "nothing",
        change.Reasons.Count > 0 && ReasonCodes.TryParse(change.Reasons[0], out var code) ? ReasonCodes.Of(code).In("en").Text : null);

    // The latest first; what lies further back is read over the API.
    private static List<HistoryRow> HistoryOf(Session session, long id) =>
    [
        .. GovernedRecords.Acts(session, id, new(HistoryMax, 0)).Select(one => new HistoryRow(
            one.At, MoveOf(one.Act.Move), one.Act.Party is { } party ? NameOf(session, party) : "a date came", one.Act.Reason)),
    ];

    private static string Datasets(Session session, AgreementTerms terms) =>
        string.Join(", ", terms.Datasets.Take(5).Select(id => SharedDatasets.Find(session, id)?.Title ?? "")) +
        (terms.Datasets.Length > 5 ? $" and {terms.Datasets.Length - 5} more" : "");

    private static string Other(Session session, AgreementTerms terms, IReadOnlyList<PartyId> parties) =>
        SharedDatasets.NameOf(session, parties.Contains(terms.Provider) ? terms.Consumer : terms.Provider);

    private static string NextOf(Agreement agreement, bool maySign, bool isSide, ExchangeTime now) => agreement.State switch
    {
        _ when maySign => "Your signature is waited for. Read the clauses and what they change; then sign, or propose other terms.",
        AgreementState.Draft => "A draft: the other side does not see it yet.",
        AgreementState.Offered or AgreementState.Countered or AgreementState.Accepted => isSide
            ? "The other side's signature is waited for."
            : "The signatures of both sides are waited for.",
        AgreementState.Signed => "Both have signed. The consumer has to verify it.",
        AgreementState.Verified when agreement.UndertakenUntil() is null => "It begins when every undertaking is given.",
        AgreementState.Verified when agreement.Terms.ValidFrom.CompareTo(now) > 0 => "It begins on its first day by itself.",
        AgreementState.Verified => "The provider can let it begin.",
        AgreementState.Active => "It is in force.",
        AgreementState.Suspended => "It is suspended: nothing is granted until the provider resumes it.",
        AgreementState.Closing => "It has ended. What is owed is to be fulfilled.",
        AgreementState.Expired or AgreementState.Terminated or AgreementState.Closed => "It has ended.",
        _ => throw new ArgumentOutOfRangeException(nameof(agreement), agreement.State, "Unknown state."),
    };

    /// <summary>Purposes, each below its broader one and set in by as much.</summary>
    internal static List<Choice> PurposesOf(PurposeTree tree)
    {
        var children = tree.All.ToLookup(purpose => purpose.Parents.IsEmpty ? default : purpose.Parents[0]);
        var list = new List<Choice>();
        void Add(PurposeId parent, int depth)
        {
            foreach (var purpose in children[parent])
            {
                if (purpose.RetiredAt is null) list.Add(new(purpose.Id.Value, new string('\u2003', depth) + purpose.English));
                Add(purpose.Id, depth + 1);
            }
        }

        Add(default, 0);
        return list;
    }

    // What ends with the first moment of a day has the day before as its last.
    private static string LastDay(DateTimeOffset end) => end.AddTicks(-1).ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);

    private static string Number(long number) => number.ToString(CultureInfo.InvariantCulture);

    private static string StateOf(AccessRequestState state) => state switch
    {
        AccessRequestState.Draft => "Draft",
        AccessRequestState.Submitted => "Submitted",
        AccessRequestState.MoreNeeded => "More is asked for",
        AccessRequestState.Assessed => "Being assessed",
        AccessRequestState.Approved => "Approved",
        AccessRequestState.Refused => "Refused",
        AccessRequestState.Appealed => "Appealed",
        AccessRequestState.Agreed => "Agreement offered",
        AccessRequestState.Withdrawn => "Withdrawn",
        _ => throw new ArgumentOutOfRangeException(nameof(state), state, "Unknown state."),
    };

    private static string StateOf(AgreementState state) => state.ToString();

    private static string StateOf(ObligationState state) => state switch
    {
        ObligationState.Presented => "Done late, to be accepted",
        ObligationState.Curing => "To be made good",
        _ => state.ToString(),
    };

    private static string MoveOf(string move) => move switch
    {
        "draft" => "Drafted",
        "submit" => "Submitted",
        "askMore" => "Asked for more",
        "assess" => "Taken up",
        "approve" => "Approved",
        "refuse" => "Refused",
        "appeal" => "Appealed",
        "agree" => "Agreement offered",
        "withdraw" => "Withdrawn",
        "offer" => "Offered",
        "counter" => "Other terms proposed",
        "accept" => "Accepted",
        AgreementMoves.Signing => "Signed by one side",
        "sign" => "Signed by both",
        "verify" => "Verified",
        "activate" => "In force",
        "suspend" => "Suspended",
        "resume" => "Resumed",
        "expire" => "Expired",
        "terminate" => "Terminated",
        "settle" => "Settling",
        "close" => "Closed",
        AgreementMoves.Undertaking => "Undertaking given",
        _ => move,
    };
}

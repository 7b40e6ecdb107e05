using Stoa.Identity.Http;
using Stoa.Sharing.Agreements;
using Stoa.Sharing.Records;
using Stoa.Sharing.Transitions;
using Stoa.Storage;
using Stoa.Vocabulary;

namespace Stoa.Sharing.Requests;

/// <summary>What happens to a request for access: each step by the table of moves, in the transaction of the caller.</summary>
internal static class RequestMoves
{
    /// <summary>Days within which the owner's side answers.</summary>
    public const int AnswerDays = 30;

    /// <summary>Most drafts and unanswered requests of one party: each is read with every change of governance.</summary>
    public const int OpenMax = 200;

    private static readonly string[] Decisions = ["approve", "refuse"];

    /// <summary>Makes a draft.</summary>
    public static Result<GovernedRecord<AccessRequest>> Draft(WriteSession session, AccessRequest request, Acting by, Instant now)
    {
        if (FaultOf(session, request) is { } fault) return fault;
        var open = GovernedRecords.Count(session, RecordTypes.AccessRequest, new(Party: request.Requester, State: (int)AccessRequestState.Draft)) +
            GovernedRecords.Count(session, RecordTypes.AccessRequest, new(Party: request.Requester, State: (int)AccessRequestState.Submitted));
        return open >= OpenMax
            ? TooManyOpen
            : GovernedRecords.Insert(session, RecordTypes.AccessRequest, request with { State = AccessRequestState.Draft },
                new("draft", by.Party, by.Person, Actor.Proposer), now);
    }

    /// <summary>The refusal of one more draft or request, when as many as one party may have are open.</summary>
    internal static Problem TooManyOpen { get; } = new Problem(409, "too-many-open", "Too many are open",
        $"A party has at most {OpenMax} drafts and unanswered requests, and as many drafts of agreements. Withdraw some, or wait for answers.")
        .With("limit", OpenMax);

    /// <summary>Makes one move.</summary>
    public static Result<GovernedRecord<AccessRequest>> Go(
        WriteSession session, GovernedRecord<AccessRequest> record, AccessRequest content, string move, Acting by, string reason, Instant now)
    {
        if (SharedDatasets.Find(session, content.Dataset) is not { } dataset) return Problem.NotFound();
        var act = ActOf(session, record, by, dataset, now);
        var outcome = AccessRequests.Machine.Go(content.State, move, act, FactsOf(session, record, content, by, reason));
        if (!outcome.IsMade) return GovernedRecords.Refusal(outcome);
        var moved = content with
        {
            State = outcome.State,
            DueAt = outcome.State switch
            {
                AccessRequestState.Submitted or AccessRequestState.Appealed => Instant.From(now.ToDateTimeOffset().AddDays(AnswerDays)),
                AccessRequestState.Assessed => content.DueAt,
                _ => null,
            },
        };
        return GovernedRecords.Update(
            session, RecordTypes.AccessRequest, record, moved, new(move, by.Party, by.Person, act.Capacity, reason), now);
    }

    /// <summary>The moves that somebody could make now; a reason can be given with the move.</summary>
    public static IEnumerable<string> Offered(Session session, GovernedRecord<AccessRequest> record, Acting by, Instant now) =>
        SharedDatasets.Find(session, record.Content.Dataset) is { } dataset
            ? AccessRequests.Machine.Offered(record.Content.State, ActOf(session, record, by, dataset, now),
                FactsOf(session, record, record.Content, by, "given with the move"))
            : [];

    /// <summary>Every capacity in which somebody acts on a request.</summary>
    public static Actor CapacityOf(Session session, AccessRequest request, Acting by, SharedDataset dataset, Instant now)
    {
        var capacity = SharedDatasets.CapacityOf(session, by, dataset, now);
        return by.Party == request.Requester ? capacity | Actor.Proposer : capacity;
    }

    private static Act ActOf(
        Session session, GovernedRecord<AccessRequest> record, Acting by, SharedDataset dataset, Instant now)
    {
        var acts = GovernedRecords.Acts(session, record.Id);
        // A person who acts for both sides asks and does not decide.
        var isSamePerson = acts.Exists(one => one.Act.Party == record.Content.Requester && one.Act.Person == by.Person);
        return new(by.Party, CapacityOf(session, record.Content, by, dataset, now), isSamePerson ? by.Party : record.Content.Requester);
    }

    private static AccessRequestFacts FactsOf(
        Session session, GovernedRecord<AccessRequest> record, AccessRequest content, Acting by, string reason)
    {
        var hasDecided = content.State == AccessRequestState.Appealed && GovernedRecords.Acts(session, record.Id).Exists(one =>
            Decisions.Contains(one.Act.Move) && (one.Act.Party == by.Party || one.Act.Person == by.Person));
        return new(IsComplete(session, content), reason.Trim().Length > 0, content.Agreement is not null, hasDecided);
    }

    private static bool IsComplete(Session session, AccessRequest request) =>
        request.Statement.Trim().Length > 0 && SharedDatasets.Purposes(session).IndexOf(request.Purpose) >= 0 &&
        (request.LegalBasis != LegalBasis.NotPersonal || !AsksForPeople(session, request));

    // All fields are those that are not about people; such a field is asked for by its name.
    private static bool AsksForPeople(Session session, AccessRequest request)
    {
        if (SharedDatasets.Find(session, request.Dataset) is not { } dataset) return true;
        var governed = SharedDatasets.Governed(session, dataset);
        return governed.IsSpecial || governed.Fields.Any(field =>
            field.Personal == Policy.Personal.Personal && request.Fields.Contains(field.Name));
    }

    private static Problem? FaultOf(Session session, AccessRequest request)
    {
        if (SharedDatasets.Find(session, request.Dataset) is not { } dataset) return Problem.NotFound();
        if (dataset.Owner is not { } owner) return NoOwner;
        if (owner == request.Requester) return OwnData;
        if (!SharedDatasets.Purposes(session).IsOffered(request.Purpose))
            return StrictJson.InvalidProperty("purpose", "There is no such purpose here. Purposes are named as in the W3C Data Privacy Vocabulary, such as AcademicResearch.");
        if (request is { From: { } from, Until: { } until } && until.CompareTo(from) <= 0)
            return StrictJson.InvalidProperty("until", "The end must lie after the beginning.");
        var fields = SharedDatasets.Governed(session, dataset).Fields;
        return request.Fields.FirstOrDefault(name => !fields.Any(field => field.Name == name)) is { } unknown
            ? StrictJson.InvalidProperty("fields", $"The dataset does not describe a field '{unknown}'.")
            : null;
    }

    private static Problem NoOwner { get; } = new(409, "no-owner", "Nobody owns this dataset",
        "Access is granted by the owner of a dataset, and this one has none yet. Ask the data office to enter the owner.");

    private static Problem OwnData { get; } = new(409, "owner-asks-himself", "The dataset is your own",
        "Its owner needs no access of others.");
}

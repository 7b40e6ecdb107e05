using Stoa.Identity.Credentials;
using Stoa.Ledger.Writing;
using Stoa.Sharing.Agreements;
using Stoa.Sharing.Corrections;
using Stoa.Sharing.Obligations;
using Stoa.Sharing.Policy;
using Stoa.Sharing.Records;
using Stoa.Sharing.Requests;
using Stoa.Storage;
using Stoa.Vocabulary;

namespace Stoa.Sharing.Logs;

/// <summary>Who sees which entry of a log that is not public: those whom it concerns, by the decisions that show what it is about.</summary>
/// <remarks>
/// The office sees all. Others see what names a party for which they act, or a unit, service or device of it, or a dataset that they own or publish first, when they may know of every
/// dataset that the entry names; of an agreement that was never offered, and of a request that was never submitted, its maker alone. What stops
/// exchange, and batches of accesses of several parties, are the office's. For one question: what is found out is kept.
/// </remarks>
internal sealed partial class EntryVisibility
{
    // Records of one person that entries are looked up by: people are no keys of entries.
    private const int OfPersonMax = 1000;

    // Units, services and devices of one organization by which entries are looked up unasked: each costs a range of an index. The newest ones; what names
    // others is found by asking for them.
    private const int BelowMax = 200;

    // Units are nested at most eight deep in an organization.
    private const int LineMax = 12;

    private readonly Session _session;
    private readonly AccessPolicy _policy;
    private readonly Requester _requester;
    private readonly Instant _now;
    private readonly Dictionary<DatasetId, bool> _governed = [];
    private readonly Dictionary<DatasetId, bool> _known = [];
    private readonly Dictionary<PartyId, bool> _own = [];
    private readonly Dictionary<(string Word, long Number), bool> _records = [];

    public EntryVisibility(Session session, AccessPolicy policy, Requester requester, Instant now)
    {
        (_session, _policy, _requester, _now) = (session, policy, requester, now);
        Reader = new(Acting.Candidates(session, requester), requester.IsAdministrator);
    }

    /// <summary>For whom is asked.</summary>
    public Reader Reader { get; }

    /// <summary>Whether the entry is for whoever asks.</summary>
    public bool Sees(LogName log, WrittenEntry entry)
    {
        if (log.IsPublic() || Reader.IsOfficer) return true;
        if (Reader.Parties.Count == 0) return false;
        var named = NamedInEntry.Of(entry);
        return named.Type switch
        {
            "agreement.changed" => IsSide(named.Subject) || (Governs(named) && WasOffered(named.Subject)),
            "access-request.changed" => Kept("access-request", named.Subject, id => RequestInbox.Visible(_session, _requester, id) is not null),
            "obligation.changed" => Kept("obligation", named.Subject, id => ObligationRegister.Visible(_session, _requester, id) is not null),
            "correction.changed" => Kept("correction", named.Subject, id => CorrectionRegister.Visible(_session, Reader, id, _now) is not null),
            "compatibility-test.changed" => IsSide(named.Parent),
            "block.changed" or "emergency.changed" or "exchange.batch" => false,
            _ => named.Parties.Any(IsOwn) || Governs(named),
        };
    }

    /// <summary>All that entries for whoever asks are looked up by; what is found by them has still to be seen.</summary>
    public IReadOnlyCollection<EntryKey> Keys()
    {
        var keys = new HashSet<EntryKey>();
        foreach (var party in Reader.Parties)
        {
            keys.Add(new(EntryKeyKind.Party, party.Value));
            keys.UnionWith(Below(party).Select(id => new EntryKey(EntryKeyKind.Party, id)));
            foreach (var dataset in SharedDatasets.OwnedBy(_session, party))
                if (Governs(dataset)) keys.Add(new(EntryKeyKind.Dataset, dataset.Value));
        }

        if (_requester.Party is { } self && Reader.Is(self))
            keys.UnionWith(GovernedRecords.IdsOf(_session, self, OfPersonMax).Select(id => new EntryKey(EntryKeyKind.Record, id)));
        return keys;
    }

    /// <summary>Whether everything that has this key is for whoever asks, but for what is left to be seen.</summary>
    public bool Has(EntryKey key) => key.Kind switch
    {
        EntryKeyKind.Dataset => Governs(new DatasetId(key.Number)),
        EntryKeyKind.Record => IsSide(key.Number),
        EntryKeyKind.Party => IsOwn(new(key.Number)),
        EntryKeyKind.Log => false,
        _ => throw new ArgumentOutOfRangeException(nameof(key), key, "A kind of key that is not known."),
    };

    private bool IsSide(long? agreement) => Kept("agreement", agreement, id => AgreementRegister.Visible(_session, _requester, id) is not null);

    private bool WasOffered(long? agreement) => Kept("offered", agreement, id => AgreementRegister.WasOffered(_session, id));

    private bool Kept(string word, long? number, Func<long, bool> ask)
    {
        if (number is not { } id) return false;
        return _records.TryGetValue((word, id), out var known) ? known : _records[(word, id)] = ask(id);
    }

    private List<long> Below(PartyId party)
    {
        using var select = _session.Prepare(SelectBelow).Bind("@party", party.Value).Bind("@limit", BelowMax);
        var ids = new List<long>();
        while (select.Step()) ids.Add(select.Int64(0));
        return ids;
    }

    // Who acts for an organization acts for what belongs to it.
    private bool IsOwn(PartyId party)
    {
        if (_own.TryGetValue(party, out var known)) return known;
        PartyId? at = party;
        for (var i = 0; i < LineMax && at is { } one && !Reader.Is(one); i++) at = Above(one);
        return _own[party] = at is { } found && Reader.Is(found);
    }

    private PartyId? Above(PartyId party)
    {
        using var select = _session.Prepare(SelectAbove).Bind("@party", party.Value);
        return select.Step() && select.Int64OrNull(0) is { } parent ? new PartyId(parent) : null;
    }

    // The owner of one dataset does not learn of others.
    private bool Governs(NamedInEntry named) => named.Datasets.Any(Governs) && named.Datasets.All(dataset => Governs(dataset) || IsKnown(dataset));

    private bool Governs(DatasetId dataset) => _governed.TryGetValue(dataset, out var known)
        ? known
        : _governed[dataset] = GovernedPlace.Find(_session, dataset) is { } place && Reader.Governs(place, _now);

    private bool IsKnown(DatasetId dataset) => _known.TryGetValue(dataset, out var known)
        ? known
        : _known[dataset] = DatasetKnowledge.IsKnownTo(_policy, _requester, dataset);
}

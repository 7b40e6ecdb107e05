using System.Diagnostics.CodeAnalysis;
using Stoa.Identity.Credentials;
using Stoa.Sharing.Agreements;
using Stoa.Sharing.Roles;
using Stoa.Vocabulary;

namespace Stoa.Sharing.Policy;

/// <summary>The one place where it is decided which datasets a request may touch. Every protocol and page asks here.</summary>
/// <remarks>
/// Decisions are pure functions of the request and an immutable snapshot. The snapshot is replaced at once when this process
/// changes what is governed, and within a second when another one does. What was decided for a requester is kept until the next
/// snapshot, and no longer than it holds: a minute at most. Who keeps a stream open asks again for each message.
/// </remarks>
public sealed class AccessPolicy
{
    private readonly TimeProvider _time;
    private readonly Lock _gate = new();
    private volatile PolicyInForce _inForce = PolicyInForce.Empty;
    private long _staleFrom = long.MaxValue;
    private TaskCompletionSource _change = NewSignal();
    private volatile IReadOnlySet<SpectrumClass>? _stopped;

    /// <summary>A policy that allows nothing until the first snapshot is there.</summary>
    public AccessPolicy(TimeProvider time) => _time = time;

    /// <summary>Number of the governance state by which is decided now; -1 before anything was read.</summary>
    public long Version => _inForce.Snapshot.Content.Version;

    /// <summary>Completes when the snapshot is next replaced: what was derived from it is then out of date.</summary>
    /// <remarks>Take this before asking, so that no change falls between.</remarks>
    public Task NextChange
    {
        get
        {
            lock (_gate) return _change.Task;
        }
    }

    /// <summary>The state of the world by which is decided now.</summary>
    internal PolicySnapshot Snapshot => Current.Snapshot;

    private PolicyInForce Current => _stopped is { } levels ? Unstopped.Stopping(levels) : Unstopped;

    private PolicyInForce Unstopped => Environment.TickCount64 < Volatile.Read(ref _staleFrom) ? _inForce : _inForce.Stale;

    private Instant Now => Instant.From(_time.GetUtcNow());

    /// <summary>The datasets that may be read; goes into every statement that reads.</summary>
    public AccessScope Read(Requester requester) => Current.ScopesOf(requester, Now).Read;

    /// <summary>What may be read of one dataset at its own address, where what is used of it is counted.</summary>
    /// <remarks>A dataset of which only so much may be used (agreement, rule) is seen nowhere else.</remarks>
    public AccessScope ReadWithin(Requester requester, DatasetId dataset)
    {
        var scopes = Current.ScopesOf(requester, Now);
        return (scopes.Read.ContainsAny(dataset) ? scopes.Read : scopes.Limited).Within(dataset);
    }

    /// <summary>The datasets whose descriptions may be read: all of which something may be read, somewhere.</summary>
    public AccessScope ReadDescriptions(Requester requester)
    {
        var scopes = Current.ScopesOf(requester, Now);
        return scopes.Limited.IsNothing ? scopes.Read : scopes.Read.Or(scopes.Limited);
    }

    /// <summary>The datasets to which may be added.</summary>
    public AccessScope Write(Requester requester) => Current.ScopesOf(requester, Now).Write;

    /// <summary>The datasets in which what is there may be changed and removed: by role the owner's alone (ISO 37156, 9.2 b), by a token
    /// those that it names for writing.</summary>
    public AccessScope Change(Requester requester) => Current.ScopesOf(requester, Now).Change;

    /// <summary>403 for whoever may propose how what is there should be changed, and not change it; null for everybody else.</summary>
    public Problem? ProposalOnly(Requester requester, DatasetId dataset) =>
        requester.Party is not null && _inForce.TryFind(dataset, out var entry) &&
        Decide(requester, dataset, DataAction.Correct) is { IsPermitted: false, Reasons: [{ Code: ReasonCode.L10ProposalOnly }, ..] }
            ? SharingRefusals.ProposalOnly(entry.Slug)
            : null;

    /// <summary>Finds a dataset by its slug. No decision: what is found here may have to stay hidden.</summary>
    public bool TryFindDataset(string slug, [MaybeNullWhen(false)] out DatasetEntry dataset) =>
        _inForce.TryFind(slug, out dataset);

    /// <summary>Finds a dataset by its id; no decision either.</summary>
    internal bool TryFindDataset(DatasetId id, [MaybeNullWhen(false)] out DatasetEntry dataset) => _inForce.TryFind(id, out dataset);

    /// <summary>The dataset, if the requester may read it; the same 404 when it is absent and when it is hidden.</summary>
    public Result<DatasetEntry> DatasetForRead(Requester requester, string slug)
    {
        var current = Current;
        if (!current.TryFind(slug, out var dataset)) return Problem.NotFound();
        var scopes = current.ScopesOf(requester, Now);
        return scopes.Read.ContainsAny(dataset.Id) || scopes.Limited.ContainsAny(dataset.Id) ? dataset : Problem.NotFound();
    }

    /// <summary>The dataset, if what comes into it may be sent on as it comes: all of it may be seen, and its use is not counted.</summary>
    /// <returns>404 as <see cref="DatasetForRead"/>; 403 for one of which only a part, or only so much, may be seen.</returns>
    public Result<DatasetEntry> DatasetForFollowing(Requester requester, string slug)
    {
        if (!DatasetForRead(requester, slug).TryGet(out var dataset, out var hidden)) return hidden;
        var scopes = Current.ScopesOf(requester, Now);
        if (scopes.Read.Contains(dataset.Id)) return dataset;
        return scopes.Read.ContainsAny(dataset.Id) ? SharingRefusals.OnlyInPart : SharingRefusals.OnlySoMuch;
    }

    /// <summary>The dataset that takes what is created at an address.</summary>
    /// <param name="requester">Who creates.</param>
    /// <param name="scopedSlug">The slug in <c>/datasets/{slug}/…</c>; null at an unscoped root, where the one dataset
    /// that the token names for writing is meant, else the inbox.</param>
    /// <returns>401 without a credential, whatever the address; 404 for a dataset that is absent or hidden; 403 for one
    /// that may be read and not written.</returns>
    public Result<DatasetId> DatasetForWrite(Requester requester, string? scopedSlug)
    {
        if (requester.IsAnonymous) return Refusals.CredentialRequired;
        var current = Current;
        var scopes = current.ScopesOf(requester, Now);
        if (scopedSlug is null) return UnscopedTarget(requester, scopes.Write);

        if (!current.TryFind(scopedSlug, out var dataset)) return Problem.NotFound();
        if (scopes.Write.Contains(dataset.Id)) return dataset.Id;
        return scopes.Read.ContainsAny(dataset.Id) ? SharingRefusals.NotWritable : Problem.NotFound();
    }

    /// <summary>The dataset, if what is there may be changed and removed by the requester.</summary>
    /// <returns>As <see cref="DatasetForWrite"/>; 403 for who may only add.</returns>
    public Result<DatasetId> DatasetForChange(Requester requester, string slug)
    {
        if (!DatasetForWrite(requester, slug).TryGet(out var dataset, out var refusal)) return refusal;
        return Change(requester).Contains(dataset) ? dataset : ProposalOnly(requester, dataset) ?? SharingRefusals.NotWritable;
    }

    /// <summary>Whether the requester may change what lies in a dataset.</summary>
    /// <returns>True, or the refusal: 401, 403 when it may be read, else 404.</returns>
    public Result<bool> MayWrite(Requester requester, DatasetId dataset)
    {
        if (requester.IsAnonymous) return Refusals.CredentialRequired;
        var scopes = Current.ScopesOf(requester, Now);
        if (scopes.Write.Contains(dataset)) return true;
        return scopes.Read.ContainsAny(dataset) ? SharingRefusals.NotWritable : Problem.NotFound();
    }

    /// <summary>The one agreement that carries all of these datasets; null where a role, a level or another agreement carries one of them.</summary>
    internal AgreedUse? AgreedUseOf(Requester requester, ReadOnlySpan<DatasetId> datasets)
    {
        var agreed = Current.ScopesOf(requester, Now).Agreed;
        if (agreed.Count == 0) return null;
        AgreedUse? only = null;
        foreach (var dataset in datasets)
        {
            // What the token itself names needs none.
            if (requester.IsNamedToRead(dataset) || !agreed.TryGetValue(dataset.Value, out var use)) return null;
            if (only is { } other && other != use) return null;
            only = use;
        }

        return only;
    }

    /// <summary>The terms in force by which the requester's parties may use a dataset; by number.</summary>
    internal IReadOnlyList<AgreementTerms> AgreementsOn(Requester requester, DatasetId dataset)
    {
        var (at, snapshot) = (Now, Current.Snapshot);
        if (requester.Party is not { } id || !snapshot.TryFind(id, out var party)) return [];
        return
        [
            .. party.CapacitiesAt(at).All.SelectMany(capacity => capacity.Chain).Distinct().SelectMany(one => one.Agreements).Distinct()
                .Where(agreement => agreement.IsInForceAt(at) && agreement.TryFind(dataset, out _))
                .Select(agreement => agreement.Terms).OrderBy(terms => terms.Id.Value),
        ];
    }

    /// <summary>What the requester asks now; the dataset is still to be named.</summary>
    internal Question Ask(Requester requester)
    {
        var current = Current;
        // What was used is asked of whoever counts it, once the decision says that there is a limit.
        return new(requester, current.Snapshot, current.RequestOf(requester, default, Now, Usage.None));
    }

    /// <summary>Decides one question of a requester with all its reasons, before anything was used; what his token names is not among them.</summary>
    internal Decision Decide(Requester requester, DatasetId dataset, DataAction action, bool explain = false)
    {
        var current = Current;
        return AccessDecision.Decide(
            current.RequestOf(requester, dataset, Now) with { Action = action, Explain = explain, Usage = Usage.None }, current.Snapshot);
    }

    /// <summary>Whether the requester could read the dataset, and cannot as long as its level is stopped.</summary>
    internal bool IsStopped(Requester requester, DatasetId dataset)
    {
        if (_stopped is not { } levels || requester.IsAdministrator) return false;
        var (unstopped, now) = (Unstopped, Now);
        if (!levels.Contains(unstopped.LevelAt(dataset, now))) return false;
        var scopes = unstopped.ScopesOf(requester, now);
        return scopes.Read.ContainsAny(dataset) || scopes.Limited.ContainsAny(dataset);
    }

    /// <summary>Lets nothing be read of these levels, or of all again; streams ask anew.</summary>
    internal void Stop(IReadOnlySet<SpectrumClass>? levels)
    {
        TaskCompletionSource change;
        lock (_gate)
        {
            if (ReferenceEquals(_stopped, levels)) return;
            _stopped = levels;
            change = _change;
            _change = NewSignal();
        }

        change.SetResult();
    }

    /// <summary>Puts a newer snapshot in force; an older one is left aside.</summary>
    internal void Replace(PolicyInForce next)
    {
        TaskCompletionSource change;
        lock (_gate)
        {
            if (next.Snapshot.Content.Version <= Version) return;
            _inForce = next;
            change = _change;
            _change = NewSignal();
        }

        change.SetResult();
    }

    /// <summary>Until when the snapshot may be taken for the present one; afterwards nothing is decided but for administrators.</summary>
    /// <param name="after">From now, by the clock of the machine, which nobody sets; null for without end.</param>
    internal void TrustFor(TimeSpan? after) => Volatile.Write(
        ref _staleFrom, after is { } time ? Environment.TickCount64 + (long)time.TotalMilliseconds : long.MaxValue);

    /// <summary>As <see cref="TrustFor"/>, unless it ends before.</summary>
    internal void DoubtAfter(TimeSpan time)
    {
        var from = Environment.TickCount64 + (long)time.TotalMilliseconds;
        if (from < Volatile.Read(ref _staleFrom)) Volatile.Write(ref _staleFrom, from);
    }

    private static Result<DatasetId> UnscopedTarget(Requester requester, AccessScope write)
    {
        if (requester.WritableDatasets is [var only] && write.Contains(only)) return only;
        return write.Contains(DatasetId.Inbox) ? DatasetId.Inbox : SharingRefusals.DatasetNotNamed;
    }

    private static TaskCompletionSource NewSignal() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}

using System.Diagnostics.CodeAnalysis;
using Stoa.Identity.Credentials;
using Stoa.Vocabulary;

namespace Stoa.Sharing.Policy;

/// <summary>The one place where it is decided which datasets a request may touch. Every protocol and page asks here.</summary>
/// <remarks>
/// Decisions are pure functions of the requester and an immutable snapshot of the datasets. The snapshot is replaced at
/// once when this process changes a dataset, and within <see cref="PolicyRefresh.Period"/> when another one does.
/// Whoever needs several answers that agree with each other takes <see cref="Directory"/> once and asks that.
/// </remarks>
public sealed class AccessPolicy
{
    private readonly Lock _gate = new();
    private volatile DatasetDirectory _directory = DatasetDirectory.Empty;
    private TaskCompletionSource _change = NewSignal();

    /// <summary>The snapshot in force now.</summary>
    public DatasetDirectory Directory => _directory;

    /// <summary>Completes when the snapshot is next replaced: streams then ask again what may still flow.</summary>
    /// <remarks>Take this before asking, so that no change falls between.</remarks>
    public Task NextChange
    {
        get
        {
            lock (_gate) return _change.Task;
        }
    }

    /// <summary>The datasets that may be read; goes into every statement that reads.</summary>
    public AccessScope Read(Requester requester) => _directory.ReadScope(requester);

    /// <summary>The datasets that may be written.</summary>
    public AccessScope Write(Requester requester) => _directory.WriteScope(requester);

    /// <summary>Finds a dataset by its slug. No decision: what is found here may have to stay hidden.</summary>
    public bool TryFindDataset(string slug, [MaybeNullWhen(false)] out DatasetEntry dataset) =>
        _directory.TryFind(slug, out dataset);

    /// <summary>The dataset, if the requester may read it; the same 404 when it is absent and when it is hidden.</summary>
    public Result<DatasetEntry> DatasetForRead(Requester requester, string slug)
    {
        var directory = _directory;
        return directory.TryFind(slug, out var dataset) && directory.ReadScope(requester).Contains(dataset.Id)
            ? dataset
            : Problem.NotFound();
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
        var directory = _directory;
        if (scopedSlug is null) return UnscopedTarget(requester, directory);

        if (!directory.TryFind(scopedSlug, out var dataset)) return Problem.NotFound();
        if (directory.WriteScope(requester).Contains(dataset.Id)) return dataset.Id;
        return directory.ReadScope(requester).Contains(dataset.Id) ? SharingRefusals.NotWritable : Problem.NotFound();
    }

    /// <summary>Whether the requester may change what lies in a dataset.</summary>
    /// <returns>True, or the refusal: 401, 403 when it may be read, else 404.</returns>
    public Result<bool> MayWrite(Requester requester, DatasetId dataset)
    {
        if (requester.IsAnonymous) return Refusals.CredentialRequired;
        var directory = _directory;
        if (directory.WriteScope(requester).Contains(dataset)) return true;
        return directory.ReadScope(requester).Contains(dataset) ? SharingRefusals.NotWritable : Problem.NotFound();
    }

    /// <summary>Puts a newer snapshot in force; an older one is left aside.</summary>
    internal void Replace(DatasetDirectory directory)
    {
        TaskCompletionSource change;
        lock (_gate)
        {
            if (directory.Version <= _directory.Version) return;
            _directory = directory;
            change = _change;
            _change = NewSignal();
        }

        change.SetResult();
    }

    private static Result<DatasetId> UnscopedTarget(Requester requester, DatasetDirectory directory)
    {
        if (requester.WritableDatasets is [var only] && directory.WriteScope(requester).Contains(only)) return only;
        return directory.WriteScope(requester).Contains(DatasetId.Inbox)
            ? DatasetId.Inbox
            : SharingRefusals.DatasetNotNamed;
    }

    private static TaskCompletionSource NewSignal() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}

using System.Diagnostics.Metrics;
using Stoa.Ledger.Checkpoints;

namespace Stoa.Ledger.Witnesses;

/// <summary>A checkpoint with what its witnesses said.</summary>
/// <param name="Note">With the cosignatures that came.</param>
/// <param name="IsMet">Whether they are enough for the policy.</param>
/// <param name="Asked">What each witness made of it; those that were not waited for are missing.</param>
public sealed record CosignedCheckpoint(SignedNote Note, bool IsMet, IReadOnlyList<AskedWitness> Asked);

/// <summary>Asks the witnesses of a policy, all at once, for cosignatures on a checkpoint.</summary>
/// <remarks>C2SP tlog-witness, tlog-policy. Remembers what each saw last.</remarks>
public sealed class CosigningRound : IDisposable
{
    private readonly WitnessPolicy _policy;
    private readonly HttpClient _http = WitnessClient.Http();
    private readonly WitnessClient[] _witnesses;
    private readonly TimeProvider _time;
    private readonly Counter<long> _asked;

    /// <summary>For the witnesses of a policy that have an address.</summary>
    public CosigningRound(WitnessPolicy policy, TimeProvider time, IMeterFactory meters)
    {
        ArgumentNullException.ThrowIfNull(policy);
        (_policy, _time) = (policy, time);
        _witnesses = [.. policy.Witnesses.Where(one => one.Address is not null).Select(one => new WitnessClient(one, _http))];
        _asked = meters.Create(new MeterOptions("Stoa.Ledger")).CreateCounter<long>(
            "stoa.cosignatures.asked", description: "Cosignatures that witnesses were asked for, by witness and what they made of it.");
    }

    internal IReadOnlyList<WitnessClient> Witnesses => _witnesses;

    /// <summary>Asks for cosignatures.</summary>
    /// <param name="note">The checkpoint, signed by the log.</param>
    /// <param name="checkpoint">What it says.</param>
    /// <param name="consistency">Proofs that lead to it.</param>
    /// <param name="cancellation">Ends it.</param>
    /// <returns>
    /// As soon as the quorum is met, <see cref="WitnessLimits.GraceTime"/> later at most; else when all have answered or their time is over.
    /// </returns>
    public async Task<CosignedCheckpoint> AskAsync(
        SignedNote note, Checkpoint checkpoint, ConsistencyFrom consistency, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(note);
        using var end = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        var running = _witnesses.Select(one => one.AskAsync(note, checkpoint, consistency, end.Token)).ToList();
        var (cosigned, asked) = (note, new List<AskedWitness>());
        Task? grace = null;
        while (running.Count > 0)
        {
            if (grace is null && _policy.IsMetBy(cosigned)) grace = Task.Delay(WitnessLimits.GraceTime, _time, end.Token);
            var first = await Task.WhenAny(grace is null ? running : running.Append(grace));
            if (first == grace) break;
            var done = (Task<(AskedWitness Asked, IReadOnlyList<NoteSignature> Signatures)>)first;
            running.Remove(done);
            var (one, signatures) = await done;
            asked.Add(one);
            cosigned = cosigned.With(signatures);
            _asked.Add(1, new("witness", one.Witness), new KeyValuePair<string, object?>("outcome", one.Outcome.ToString()));
        }

        await end.CancelAsync();
        foreach (var late in running) await WithoutResultAsync(late);
        cancellation.ThrowIfCancellationRequested();
        return new(cosigned, _policy.IsMetBy(cosigned), asked);
    }

    /// <inheritdoc/>
    public void Dispose() => _http.Dispose();

    private static async Task WithoutResultAsync(Task task)
    {
        try
        {
            await task;
        }
        catch (OperationCanceledException)
        {
            // Enough others were quicker.
        }
    }
}

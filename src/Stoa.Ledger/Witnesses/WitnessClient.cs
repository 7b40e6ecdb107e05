using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;
using System.Net;
using System.Text;
using Stoa.Ledger.Checkpoints;
using Stoa.Ledger.Merkle;

namespace Stoa.Ledger.Witnesses;

/// <summary>The proof that a log goes on from a smaller size to that of the checkpoint.</summary>
/// <param name="from">The smaller size.</param>
/// <param name="cancellation">Ends it.</param>
public delegate Task<MerkleHash[]> ConsistencyFrom(long from, CancellationToken cancellation);

/// <summary>What a witness made of a checkpoint of ours.</summary>
public enum AskOutcome
{
    /// <summary>It cosigned it.</summary>
    Cosigned,

    /// <summary>It did not answer in time, or not in the way of C2SP.</summary>
    NoAnswer,

    /// <summary>It does not know the log, or not its key.</summary>
    Unknown,

    /// <summary>It saw more entries than there are, and says so: the log was brought back from a backup, or the witness is wrong.</summary>
    Ahead,

    /// <summary>What it saw before does not lead to this checkpoint.</summary>
    Contradicts,

    /// <summary>It answered with a cosignature that is not its own, or of something else.</summary>
    Invalid,
}

/// <summary>What one witness answered.</summary>
/// <param name="Witness">Its name in the policy.</param>
/// <param name="Outcome">What it made of it.</param>
/// <param name="Detail">More for people: a status, a size.</param>
public sealed record AskedWitness(string Witness, AskOutcome Outcome, string Detail = "");

/// <summary>Asks one witness.</summary>
/// <remarks>C2SP tlog-witness, add-checkpoint and monitoring. Its address comes from the operator; redirects are not followed, and answers have a time and a size.</remarks>
internal sealed class WitnessClient(KnownWitness witness, HttpClient http)
{
    // A witness may have been asked by another of our nodes meanwhile; more often than that it is not honest.
    private const int TriesMax = 3;

    private readonly ConcurrentDictionary<string, long> _sizes = new(StringComparer.Ordinal);

    /// <summary>Whom.</summary>
    public KnownWitness Witness => witness;

    /// <summary>Sends a checkpoint with its proof.</summary>
    public async Task<(AskedWitness Asked, IReadOnlyList<NoteSignature> Signatures)> AskAsync(
        SignedNote note, Checkpoint checkpoint, ConsistencyFrom consistency, CancellationToken cancellation)
    {
        try
        {
            for (var tries = 0; tries < TriesMax; tries++)
            {
                // What is not known is asked for by the first request: the answer to a wrong size is the right one.
                var from = Math.Min(_sizes.GetValueOrDefault(checkpoint.Origin), checkpoint.Size);
                var body = new AddCheckpoint(from, await consistency(from, cancellation), note, checkpoint).ToBytes();
                using var request = new HttpRequestMessage(HttpMethod.Post, AddressOf("add-checkpoint")) { Content = new ByteArrayContent(body) };
                request.Content.Headers.ContentType = new("text/plain");
                using var answer = await http.SendAsync(request, cancellation);
                var text = await answer.Content.ReadAsStringAsync(cancellation);
                if (answer.StatusCode == HttpStatusCode.Conflict && SizeOf(answer, text) is { } size)
                {
                    if (size > checkpoint.Size) return Refused(AskOutcome.Ahead, $"it saw {size} entries");
                    _sizes[checkpoint.Origin] = size;
                    continue;
                }

                if (answer.StatusCode != HttpStatusCode.OK) return Refused(OutcomeOf(answer.StatusCode), $"status {(int)answer.StatusCode}");
                if (Read(note, text) is not { Count: > 0 } signatures) return Refused(AskOutcome.Invalid, "none of its lines is a cosignature of this checkpoint");
                _sizes[checkpoint.Origin] = checkpoint.Size;
                return (new(witness.Name, AskOutcome.Cosigned), signatures);
            }

            return Refused(AskOutcome.NoAnswer, "it names another size each time");
        }
        catch (Exception error) when (IsNoAnswer(error, cancellation))
        {
            return Refused(AskOutcome.NoAnswer, error is HttpRequestException failed ? failed.HttpRequestError.ToString() : "no answer in time");
        }
    }

    /// <summary>The checkpoint of a log that it cosigned last; null when it has none or does not answer.</summary>
    public async Task<SignedNote?> LastAsync(string origin, CancellationToken cancellation)
    {
        try
        {
            using var answer = await http.GetAsync(AddressOf($"{Witnesses.Witness.PathOf(origin)}/checkpoint"), cancellation);
            if (answer.StatusCode != HttpStatusCode.OK) return null;
            return SignedNote.TryParse(await answer.Content.ReadAsByteArrayAsync(cancellation), out var note) ? note : null;
        }
        catch (Exception error) when (IsNoAnswer(error, cancellation))
        {
            return null;
        }
    }

    // A client's own time-out is a cancellation too.
    private static bool IsNoAnswer(Exception error, CancellationToken cancellation) =>
        error is HttpRequestException or IOException || (error is OperationCanceledException && !cancellation.IsCancellationRequested);

    private static AskOutcome OutcomeOf(HttpStatusCode status) => status switch
    {
        HttpStatusCode.NotFound or HttpStatusCode.Forbidden => AskOutcome.Unknown,
        // Two roots of one size are a conflict in earlier versions of the protocol.
        HttpStatusCode.UnprocessableEntity or HttpStatusCode.Conflict => AskOutcome.Contradicts,
        _ => AskOutcome.NoAnswer,
    };

    private static long? SizeOf(HttpResponseMessage answer, string text) =>
        answer.Content.Headers.ContentType?.MediaType == "text/x.tlog.size" && text.Length > 0 && Checkpoint.TryParseSize(text.TrimEnd('\n'), out var size)
            ? size
            : null;

    // Lines of keys that are not known are left out; one of its own that is not valid makes the answer one to be refused. One is enough: a witness
    // that sends a hundred must not make the note longer than one may be.
    private List<NoteSignature>? Read(SignedNote note, string text)
    {
        var signatures = new List<NoteSignature>();
        foreach (var line in text.Split('\n', StringSplitOptions.RemoveEmptyEntries).Take(SignedNote.SignaturesMax))
            if (NoteSignature.TryParse(line, out var signature) && signature!.Id == witness.Key.Id && signature.Name == witness.Key.Name) // Read before it is asked.
                signatures.Add(signature);
        return (note with { Signatures = signatures }).IsSignedBy(witness.Key) ? signatures[..1] : null;
    }

    private (AskedWitness Asked, IReadOnlyList<NoteSignature> Signatures) Refused(AskOutcome outcome, string detail) =>
        (new(witness.Name, outcome, detail), []);

    private Uri AddressOf(string path) => new(witness.Address!.ToString().TrimEnd('/') + "/" + path); // Who has none is not asked.

    /// <summary>What witnesses are asked with.</summary>
    [SuppressMessage("Reliability", "CA2000", Justification = "The client disposes of its handler.")]
    public static HttpClient Http() => new(new SocketsHttpHandler
    {
        AllowAutoRedirect = false, UseCookies = false, ConnectTimeout = WitnessLimits.AnswerTimeMax, PooledConnectionLifetime = TimeSpan.FromMinutes(5),
    })
    {
        Timeout = WitnessLimits.AnswerTimeMax, MaxResponseContentBufferSize = WitnessLimits.AnswerBytesMax,
    };
}

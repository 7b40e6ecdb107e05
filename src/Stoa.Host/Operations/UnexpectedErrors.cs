using System.Diagnostics.Metrics;
using Stoa.Identity.Http;
using Stoa.Storage;
using Stoa.Vocabulary;

namespace Stoa.Host.Operations;

/// <summary>The last catch of the program: what no capability answered becomes a problem without details, a log entry
/// and a count.</summary>
/// <remarks>Exceptions that name a failure of the world (disk, database) give 503; what is left is a defect of ours,
/// 500.</remarks>
internal sealed partial class UnexpectedErrors(IMeterFactory meters, ILogger<UnexpectedErrors> log)
{
    /// <summary>The answer to a defect of ours.</summary>
    public static readonly Problem Internal = new(500, "internal-error", "The server failed",
        "This is a defect of the server, not of the request. It was logged; report it if it happens again.");

    private readonly Counter<long> _errors = meters.Create(new MeterOptions("Stoa.Host")).CreateCounter<long>(
        "stoa.unexpected.errors", description: "Requests that ended in an exception that no capability answered.");

    private readonly Counter<long> _limits = meters.Create(new MeterOptions("Stoa.Host")).CreateCounter<long>(
        "stoa.limits.reached", description: "Requests refused because a queue, a time limit or the disk was full, or PostgreSQL was away.");

    /// <summary>Answers what rises from the rest of the pipeline.</summary>
    public async Task CatchAsync(HttpContext context, RequestDelegate next)
    {
        try
        {
            await next(context);
        }
        catch (OperationCanceledException) when (context.RequestAborted.IsCancellationRequested)
        {
            // The client left, or the server stops: nobody waits for an answer.
        }
        catch (BadHttpRequestException refused)
        {
            await AnswerAsync(context, UnansweredRefusals.For(refused.StatusCode));
        }
        catch (IOException malformed) when (malformed.InnerException is OverflowException)
        {
            // The web server's own word for a chunk size beyond any number (RFC 9112, 7.1).
            await AnswerAsync(context, UnansweredRefusals.For(StatusCodes.Status400BadRequest));
        }
        catch (StorageException foreseen) when (IsForeseen(foreseen.Failure, context.Request.Method))
        {
            // A limit that did its work, or PostgreSQL that is away: no defect, and no log line for each request meanwhile.
            _limits.Add(1, new KeyValuePair<string, object?>("limit", foreseen.Failure.ToString()));
            await AnswerAsync(context, For(foreseen, context.Request.Method));
        }
        catch (Exception error)
        {
            var problem = For(error, context.Request.Method);
            _errors.Add(1, new KeyValuePair<string, object?>("type", error.GetType().Name));
            LogUnexpected(log, context.Request.Method, context.GetEndpoint()?.DisplayName ?? "no endpoint", error);
            await AnswerAsync(context, problem);
        }
    }

    /// <summary>What the caller may know of a failure, and what to do about it.</summary>
    public static Problem For(Exception error, string method) => error switch
    {
        StorageException storage => StorageRefusals.For(storage, IsReading(method)) ?? Internal,
        IOException or TimeoutException or OperationCanceledException => StorageRefusals.Unavailable,
        _ => Internal,
    };

    private static bool IsForeseen(StorageFailure failure, string method) =>
        failure is StorageFailure.Busy or StorageFailure.Timeout or StorageFailure.Full or StorageFailure.Unavailable ||
        (failure is StorageFailure.NotDistributable && IsReading(method));

    private static bool IsReading(string method) => HttpMethods.IsGet(method) || HttpMethods.IsHead(method);

    private static async Task AnswerAsync(HttpContext context, Problem problem)
    {
        if (context.Response.HasStarted)
        {
            // A cut connection tells the client that the answer is not whole; ending it quietly would not.
            context.Abort();
            return;
        }

        context.Response.Clear();
        SecurityHeaders.Set(context.Response.Headers);
        await problem.WriteAsync(context);
    }

    [LoggerMessage(1001, LogLevel.Error, "{Method} at {Endpoint} ended in an exception that nothing answered.")]
    private static partial void LogUnexpected(ILogger logger, string method, string endpoint, Exception error);
}

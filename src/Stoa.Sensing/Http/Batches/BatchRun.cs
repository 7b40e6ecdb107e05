using Microsoft.AspNetCore.Http;
using Stoa.Identity.Credentials;
using Stoa.Identity.Http;
using Stoa.Sharing.Exchanges;
using Stoa.Storage;
using Stoa.Vocabulary;

namespace Stoa.Sensing.Http.Batches;

/// <summary>Does one batch: each part by the same way as a request of its own.</summary>
/// <remarks>
/// Writes that refer to nothing are handed to the writer without waiting for each other, so that they share commits; its
/// queue keeps their order, and so do the answers. What reads or refers waits until everything before it has ended.
/// </remarks>
internal sealed class BatchRun(
    SensorThingsHandler handler, EntityWrites writes, Database database, BatchAddresses addresses, Requester requester,
    HttpContext context, BatchAnswer answer, IdempotencyKey? key, bool goesOn)
{
    private readonly Queue<Func<Task>> _pending = new();
    private readonly BatchResults _results = new();
    private bool _hasFailed;

    internal async Task RunAsync(BatchRequest batch)
    {
        foreach (var item in batch.Items)
        {
            if (!goesOn || item.Waits || _pending.Count >= BatchLimits.PendingMax) await SettleAsync();
            if (_hasFailed && !goesOn) break;
            if (item.IsChangeSet) await BeginChangeSetAsync(item);
            else if (item.Parts[0].IsRead) await ReadAsync(item.Parts[0]);
            else await BeginWriteAsync(item.Parts[0]);
        }

        await SettleAsync();
        await answer.EndAsync();
    }

    /// <summary>Waits for what was begun, and answers it in order.</summary>
    private async Task SettleAsync()
    {
        while (_pending.TryDequeue(out var finish)) await finish();
    }

    private async Task ReadAsync(BatchPart part)
    {
        if (Refuse(part) is { } refused || !Locate(part, _results).TryGet(out var address, out refused))
        {
            await AnswerAsync(part, refused);
            return;
        }

        var body = new CappedStream(BatchLimits.AnswerBytesMax);
        var inner = new DefaultHttpContext { RequestAborted = context.RequestAborted, RequestServices = context.RequestServices };
        inner.Request.Method = HttpMethods.Get;
        inner.Request.QueryString = new QueryString(address.Query);
        foreach (var header in part.Headers) inner.Request.Headers[header.Key] = header.Value;
        inner.Request.RouteValues["path"] = address.Path;
        inner.Request.RouteValues["slug"] = address.Slug;
        inner.Response.Body = body;
        if (part.Method == "HEAD") WithoutBody.Mark(inner);
        if (ExchangeMeter.Of(context) is { } meter) inner.Features.Set(meter);
        try
        {
            await handler.ReadAsync(inner, requester, address.Slug);
            await inner.Response.CompleteAsync();
        }
        catch (AnswerTooLargeException)
        {
            await AnswerAsync(part, BatchProblems.AnswerTooLarge());
            return;
        }
        catch (StorageException error) when (StorageRefusals.For(error, isReading: true) is { } problem)
        {
            await AnswerAsync(part, problem);
            return;
        }

        var bytes = part.Method == "HEAD" ? default : body.Written;
        await AnswerAsync(PartAnswer.Of(part.Id, inner.Response, bytes), ResultOf(part, inner.Response.StatusCode, bytes), part.Id);
    }

    private static PartResult ResultOf(BatchPart part, int status, ReadOnlyMemory<byte> json)
    {
        if (part.Id is null || json.Length > BatchLimits.KeptBytesMax) return new PartResult(status);
        var result = new PartResult(status) { Json = json.ToArray() };
        if (BatchResults.Value(result, "@iot.selfLink") is not { ValueKind: System.Text.Json.JsonValueKind.String } link ||
            BatchResults.Value(result, "@iot.id") is not { } id || !id.TryGetInt64(out var number)) return result;
        var text = link.GetString()!;
        var open = text.LastIndexOf('(');
        return open < 0 ? result : result with { Set = text[(text.LastIndexOf('/') + 1)..open], Id = number };
    }

    private async Task BeginWriteAsync(BatchPart part)
    {
        if (Refuse(part) is { } refused || !Prepare(part, _results).TryGet(out var write, out refused))
        {
            _pending.Enqueue(() => AnswerAsync(part, refused));
            return;
        }

        var work = new PreparedWork(write);
        await database.EnqueueAsync(work, context.RequestAborted);
        _pending.Enqueue(() => FinishAsync(part, write, work));
    }

    private async Task FinishAsync(BatchPart part, PreparedWrite write, PreparedWork work)
    {
        try
        {
            if ((await work.Task).TryGet(out var outcome, out var problem))
                await AnswerAsync(
                    PartAnswer.Of(part.Id, await writes.AnswerAsync(write, outcome, context.RequestAborted)),
                    ChangeSetWork.ResultOf(outcome), part.Id);
            else await AnswerAsync(part, problem);
        }
        catch (StorageException error) when (StorageRefusals.For(error, isReading: false) is { } problem)
        {
            await AnswerAsync(part, problem);
        }
    }

    private async Task BeginChangeSetAsync(BatchItem set)
    {
        foreach (var part in set.Parts)
        {
            // What one of them depends on may stand in the same set, where it has succeeded or nothing is done.
            if (Refuse(part, [.. set.Parts.Select(other => other.Id)]) is not { } refused) continue;
            _pending.Enqueue(() => AnswerFailureAsync(set, part, refused));
            return;
        }

        var work = new ChangeSetWork(set.Parts, Prepare, _results);
        await database.EnqueueAsync(work, context.RequestAborted);
        _pending.Enqueue(() => FinishAsync(set, work));
    }

    private async Task FinishAsync(BatchItem set, ChangeSetWork work)
    {
        ChangeSetOutcome outcome;
        try
        {
            outcome = await work.Task;
        }
        catch (StorageException error) when (StorageRefusals.For(error, isReading: false) is { } problem)
        {
            outcome = new ChangeSetOutcome([], 0, problem);
        }

        if (outcome.Problem is { } failure)
        {
            await AnswerFailureAsync(set, set.Parts[outcome.FailedPart], failure);
            return;
        }

        answer.BeginChangeSet();
        for (var i = 0; i < outcome.Done.Count; i++)
        {
            var (write, done) = outcome.Done[i];
            _results.Add(set.Parts[i].Id, ChangeSetWork.ResultOf(done));
            answer.Write(PartAnswer.Of(set.Parts[i].Id, await writes.AnswerAsync(write, done, context.RequestAborted)));
            await answer.SendAsync();
        }

        answer.EndChangeSet();
        if (set.Group is { } name) _results.Add(name, new PartResult(StatusCodes.Status200OK));
    }

    /// <summary>A change set that failed is answered by one refusal (OData 4.0, 11.7.4); in JSON by one for each request.</summary>
    private async Task AnswerFailureAsync(BatchItem set, BatchPart failed, Problem problem)
    {
        _hasFailed = true;
        if (set.Group is { } name) _results.Add(name, new PartResult(problem.Status));
        foreach (var part in set.Parts)
        {
            var isCause = ReferenceEquals(part, failed);
            _results.Add(part.Id, new PartResult(isCause ? problem.Status : StatusCodes.Status424FailedDependency));
            if (isCause || set.Group is not null)
                answer.Write(PartAnswer.Of(part.Id, isCause ? problem : BatchProblems.DependencyFailed(failed.Id ?? "")));
        }

        await answer.SendAsync();
    }

    /// <summary>What keeps a part from being begun at all; null when nothing does.</summary>
    private Problem? Refuse(BatchPart part, IReadOnlyList<string?>? besides = null)
    {
        foreach (var id in part.DependsOn)
            if (besides?.Contains(id) != true && _results.Find(id) is not { Succeeded: true })
                return BatchProblems.DependencyFailed(id);
        if (part.Condition is not { } condition) return null;
        if (!condition.Holds(_results).TryGet(out var holds, out var problem)) return problem;
        return holds ? null : BatchProblems.ConditionFails();
    }

    private Result<PartAddress> Locate(BatchPart part, BatchResults results)
    {
        if (!addresses.Read(part.Url).TryGet(out var address, out var problem)) return problem;
        if (address.Path == "$batch") return BatchProblems.Nested();
        return results.ResolvePath(address.Path).TryGet(out var path, out problem) ? address with { Path = path } : problem;
    }

    /// <summary>Reads a writing part as a request of its own would be read: rights are asked for each.</summary>
    private Result<PreparedWrite> Prepare(BatchPart part, BatchResults results)
    {
        if (part.Method is not ("POST" or "PATCH" or "PUT" or "DELETE")) return Problems.NotAllowed("GET, POST, PATCH, PUT or DELETE");
        if (!Locate(part, results).TryGet(out var address, out var problem)) return problem;
        if (part.Method == "DELETE" && FilteredDelete.IsMeant(address.Query)) return FilteredDelete.NotDry();
        if (!results.ResolveBody(part.Body).TryGet(out var body, out problem)) return problem;
        if (!handler.Admit(requester, address.Slug, part.Method, address.Path).TryGet(out var target, out problem)) return problem;
        return WriteRequest.From(part.Method, part.Headers, body).TryGet(out var request, out problem)
            // Each part is remembered in its own transaction: a repeated batch does what the first one did not come to.
            ? writes.Prepare(target, request with { Key = key is null ? null : key with { Part = part.Number } })
            : problem;
    }

    private Task AnswerAsync(BatchPart part, Problem problem) =>
        AnswerAsync(PartAnswer.Of(part.Id, problem), new PartResult(problem.Status), part.Id);

    private async Task AnswerAsync(PartAnswer part, PartResult result, string? id)
    {
        _hasFailed |= !result.Succeeded;
        _results.Add(id, result);
        answer.Write(part);
        await answer.SendAsync();
    }
}

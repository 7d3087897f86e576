using System.Diagnostics;
using Microsoft.Extensions.DependencyInjection;

namespace TaskPlatform.EventBus;

/// <summary>
/// Runs the handlers of a group. A batch shares one DI scope and one transaction; when anything in it fails, it is rolled
/// back and every event is handled alone, so that a bad one costs its neighbours nothing.
/// </summary>
internal sealed class BatchProcessor(
    ConsumerGroup group, IInbox? inbox, DeadLetterHook? hook, RetryPolicy retries, IServiceScopeFactory scopes)
{
    /// <summary>So long may a transaction take up further events; what is left of the batch goes into the next one.</summary>
    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(1);

    /// <summary>How often an event may find its connection broken, by a server that answers right afterwards, before it is to blame itself.</summary>
    private const int ToleratedBreaks = 3;

    private readonly Admission admission = new(group, retries);
    private readonly HandlerCall call = new(group);

    /// <summary>Decides the outcome of every open delivery, in order.</summary>
    /// <param name="batch">What is to be handled.</param>
    /// <param name="draining">Fires when the process stops: no further handler begins, and what has none stays open.</param>
    /// <param name="cancellationToken">Fires when running handlers have had their time.</param>
    /// <exception cref="StoreUnavailableException">The inbox's store is away. What is not decided stays open and can be tried again.</exception>
    /// <exception cref="OperationCanceledException">The token fired; what is not decided stays open.</exception>
    public async Task ProcessAsync(IReadOnlyList<Delivery> batch, CancellationToken draining, CancellationToken cancellationToken)
    {
        var runnable = batch.Where(delivery => delivery.Outcome == Outcome.Open && admission.Admit(delivery)).ToList();
        while (runnable.Count > 0 && !draining.IsCancellationRequested)
        {
            if (inbox is null || runnable.Count == 1 || !await TryTogetherAsync(inbox, runnable, draining, cancellationToken))
                await HandleEachAsync(runnable, draining, cancellationToken);
            runnable.RemoveAll(delivery => delivery.Outcome != Outcome.Open);
        }

        foreach (var dead in batch.Where(delivery => delivery.Outcome == Outcome.DeadLetter))
            await (hook?.TellAsync(dead, cancellationToken) ?? Task.CompletedTask);
    }

    /// <summary>Handles the batch, or the first part of it where it takes long, in one transaction.</summary>
    /// <returns>False where nothing was decided, because something in it failed.</returns>
    private async Task<bool> TryTogetherAsync(
        IInbox inbox, List<Delivery> batch, CancellationToken draining, CancellationToken cancellationToken)
    {
        using var span = EventSpans.Batch(batch, group.Name);
        try
        {
            await using var scope = scopes.CreateAsyncScope();
            var ids = batch.Select(d => d.EventId).Distinct().ToList();
            await using var transaction = await inbox.BeginAsync(scope.ServiceProvider, group.Name, ids, cancellationToken);

            var started = Stopwatch.GetTimestamp();
            var fresh = new Dictionary<Guid, Delivery>(batch.Count);
            var taken = 0;
            foreach (var delivery in batch)
            {
                if (taken > 0 && (draining.IsCancellationRequested || Stopwatch.GetElapsedTime(started) > Longest))
                    break;

                // The same event may stand in a stream twice, when its publisher died before it could note that it had published it.
                if (!transaction.Handled.Contains(delivery.EventId) && fresh.TryAdd(delivery.EventId, delivery))
                    await call.ObserveAsync(delivery, () => call.RunAsync(scope.ServiceProvider, delivery, cancellationToken));
                taken++;
            }

            if (fresh.Count > 0 && !await transaction.CommitAsync([.. fresh.Keys], cancellationToken))
                return false;

            foreach (var delivery in batch.Take(taken))
                Done(delivery, fresh.TryGetValue(delivery.EventId, out var first) && ReferenceEquals(first, delivery));
            return true;
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            throw;
        }
        catch (Exception e)
        {
            span.Fail(e); // Not lost: each event is handled alone now, and says itself what is wrong with it.
            if (inbox.IsUnavailable(e) && !await inbox.AnswersAsync(cancellationToken))
                throw new StoreUnavailableException(e);
            return false;
        }
    }

    private async Task HandleEachAsync(IReadOnlyList<Delivery> batch, CancellationToken draining, CancellationToken cancellationToken)
    {
        foreach (var delivery in batch.TakeWhile(_ => !draining.IsCancellationRequested))
        {
            try
            {
                await call.ObserveAsync(delivery, () => HandleAloneAsync(delivery, cancellationToken));
            }
            catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
            {
                throw;
            }
            catch (Exception e)
            {
                await BlameAsync(delivery, e, cancellationToken);
            }
        }
    }

    private async Task HandleAloneAsync(Delivery delivery, CancellationToken cancellationToken)
    {
        if (hook is not null && delivery.EarlierDeliveries > 0 && await hook.WasToldAsync(delivery, cancellationToken))
        {
            delivery.Die(DeadLetterReason.Exhausted, new InvalidOperationException(
                "It was given up before, by a consumer that died before it could move it to the dead letter queue."));
            return;
        }

        await using var scope = scopes.CreateAsyncScope();
        if (inbox is null)
        {
            await call.RunAsync(scope.ServiceProvider, delivery, cancellationToken);
            Done(delivery, handledNow: true);
            return;
        }

        await using var transaction = await inbox.BeginAsync(scope.ServiceProvider, group.Name, [delivery.EventId], cancellationToken);
        if (transaction.Handled.Contains(delivery.EventId))
        {
            Done(delivery, handledNow: false);
            return;
        }

        await call.RunAsync(scope.ServiceProvider, delivery, cancellationToken);
        Done(delivery, await transaction.CommitAsync([delivery.EventId], cancellationToken));
    }

    /// <summary>
    /// Whatever a handler failed of: as long as its own store is away, it had no chance. But one whose connection breaks again and
    /// again, while the store answers others, breaks it itself.
    /// </summary>
    private async Task BlameAsync(Delivery delivery, Exception error, CancellationToken cancellationToken)
    {
        if (inbox is not null)
        {
            var answers = await inbox.AnswersAsync(cancellationToken);
            if (!answers || (inbox.IsUnavailable(error) && ++delivery.Breaks <= ToleratedBreaks))
                throw new StoreUnavailableException(error);
        }

        delivery.Error = error;
        if (error is PermanentException)
            delivery.Die(DeadLetterReason.Rejected, error);
        else if (retries.AllowsRetryAfter(delivery.Attempt))
            delivery.Outcome = Outcome.Failed;
        else
            delivery.Die(DeadLetterReason.Exhausted, error);
    }

    private void Done(Delivery delivery, bool handledNow)
    {
        delivery.Outcome = handledNow ? Outcome.Handled : Outcome.Skipped;
        if (!handledNow)
            EventBusTelemetry.InboxDuplicates.Add(1, EventBusTelemetry.OwnTags(delivery.Stream, group.Name));
    }
}

using System.Security.Cryptography;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace TaskPlatform.EventBus;

/// <summary>
/// Runs a group's <see cref="IDeadLetterHandler"/> before an event is dead-lettered, and records that in the same transaction: for the event, so
/// that the handler runs once per event, and for the entry, so that it is dead-lettered if it is redelivered. Different events with the same
/// id are distinguished by their content; each unreadable entry is reported.
/// </summary>
internal sealed partial class DeadLetterHandlerInvoker(
    ConsumerGroup group, Type handler, IInbox inbox, TransientFailures transient, IServiceScopeFactory scopes, TimeSpan timeout, ILogger logger)
{
    private const int MaxAttempts = 3;

    private readonly string consumer = $"{group.Name}:dead_letter";

    /// <summary>Whether the handler ran for this entry before, in a consumer that died before it could dead-letter it.</summary>
    public async Task<bool> WasInvokedAsync(Delivery delivery, CancellationToken cancellationToken)
    {
        await using var scope = scopes.CreateAsyncScope();
        var entry = EntryRow(delivery);
        await using var transaction = await inbox.BeginAsync(scope.ServiceProvider, [entry], [], cancellationToken);
        return transaction.Handled.Contains(entry);
    }

    /// <summary>Runs the handler for an event that is to be dead-lettered, unless it ran before.</summary>
    /// <exception cref="StoreUnavailableException">The inbox's store is unavailable.</exception>
    public async Task InvokeAsync(BatchEvent dead, HandlerWatch watch, CancellationToken cancellationToken)
    {
        for (var left = MaxAttempts; left > 0 && !dead.IsDeadLetterHandled; left--)
        {
            try
            {
                await watch.RunAsync(timer => TryInvokeAsync(dead, timer, cancellationToken));
                dead.IsDeadLetterHandled = true;
            }
            catch (Exception e) when (e is not OperationCanceledException || !cancellationToken.IsCancellationRequested)
            {
                if (!await inbox.AcceptsWritesAsync(cancellationToken)
                    || (inbox.Classify(e) is not (StoreFailure.None or StoreFailure.Permanent) and var failure && transient.Tolerates(dead.Delivery.Envelope?.Type ?? "", dead.Delivery.EventId, dead.Transient, failure)))
                {
                    throw new StoreUnavailableException(e);
                }

                if (left > 1 && e is not HandlerTimeoutException)
                    continue;
                LogFailed(handler.Name, group.Name, dead.Delivery.EventId, e);
                break;
            }
        }

        dead.IsDeadLetterHandled = true;
    }

    private async Task TryInvokeAsync(BatchEvent dead, HandlerTimer timer, CancellationToken cancellationToken)
    {
        var delivery = dead.Delivery;
        using var span = EventSpans.DeadLetter(delivery, dead.ProcessContext, group);
        await using var scope = scopes.CreateAsyncScope();
        var eventRow = EventRow(dead);
        InboxKey[] rows = [.. new[] { eventRow, EntryRow(delivery) }.Distinct()];
        await using var transaction = await inbox.BeginAsync(scope.ServiceProvider, rows, [], cancellationToken);
        timer.Transaction = transaction;
        if (!transaction.Handled.Contains(eventRow))
        {
            scope.ServiceProvider.RecordCause(delivery);
            var instance = (IDeadLetterHandler)scope.ServiceProvider.GetRequiredService(handler);
            timer.Begin(handler.Name, timeout);
            try
            {
                await instance.HandleAsync(ToDeadLetter(dead), timer.Token);
            }
            finally
            {
                timer.End();
            }
        }

        // If it returns false, another consumer has run the handler meanwhile.
        await transaction.CommitAsync([.. rows.Except(transaction.Handled)], cancellationToken);
    }

    private InboxKey EventRow(BatchEvent dead) => new(consumer, dead.Outcome.IsUnreadable(dead.Delivery)
        ? DerivedEventId.Of(dead.Delivery.Stream, dead.Delivery.FirstEntryId ?? dead.Delivery.EntryId)
        : DerivedEventId.Of(dead.Delivery.EventId.ToString(), Convert.ToHexStringLower(SHA256.HashData(dead.Delivery.Data.Span))));

    private InboxKey EntryRow(Delivery delivery) => new(consumer, DerivedEventId.Of(delivery.Stream, delivery.EntryId));

    private DeadLetter ToDeadLetter(BatchEvent dead) => new()
    {
        EventId = dead.Delivery.EventId,
        Group = group.Name,
        Stream = dead.Delivery.Stream,
        Type = dead.Delivery.Envelope?.Type,
        AggregateId = dead.Delivery.Envelope?.AggregateId,
        Payload = dead.Payload,
        Data = dead.Delivery.Data,
        Reason = dead.Outcome.Reason ?? DeadLetterReason.Exhausted,
        Error = dead.Outcome.ErrorMessage,
        Attempts = dead.Outcome.AttemptsOf(dead.Delivery),
        CorrelationId = dead.Delivery.CorrelationId,
    };

    [LoggerMessage(LogLevel.Error, "{Handler} of {Group} failed for event {EventId}, which is dead-lettered nevertheless.")]
    private partial void LogFailed(string handler, string group, Guid eventId, Exception exception);
}

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
    ConsumerGroup group, Type handler, IInbox inbox, TransientFailures transient, IServiceScopeFactory scopes, EventBusOptions options, ILogger logger)
{
    private const int MaxAttempts = 3;

    private readonly string inboxGroup = $"{group.Name}:dead_letter";

    /// <summary>Whether the handler ran for this entry before, in a consumer that died before it could dead-letter it.</summary>
    public async Task<bool> WasInvokedAsync(Delivery delivery, CancellationToken cancellationToken)
    {
        await using var scope = scopes.CreateAsyncScope();
        var entry = EntryRow(delivery);
        await using var transaction = await inbox.BeginAsync(scope.ServiceProvider, inboxGroup, [entry], cancellationToken);
        return transaction.Handled.Contains(entry);
    }

    /// <summary>Runs the handler for a delivery that is to be dead-lettered, unless it ran before.</summary>
    /// <exception cref="StoreUnavailableException">The inbox's store is unavailable.</exception>
    public async Task InvokeAsync(Delivery delivery, HandlerWatch watch, CancellationToken cancellationToken)
    {
        for (var left = MaxAttempts; left > 0 && !delivery.IsDeadLetterHandled; left--)
        {
            try
            {
                await watch.RunAsync(timer => TryInvokeAsync(delivery, timer, cancellationToken));
                delivery.IsDeadLetterHandled = true;
            }
            catch (Exception e) when (e is not OperationCanceledException || !cancellationToken.IsCancellationRequested)
            {
                if (!await inbox.AcceptsWritesAsync(cancellationToken)
                    || (inbox.Classify(e) is not (StoreFailure.None or StoreFailure.Permanent) and var failure && transient.Tolerates(delivery, failure)))
                {
                    throw new StoreUnavailableException(e);
                }

                if (left > 1 && e is not HandlerTimeoutException)
                    continue;
                LogFailed(handler.Name, group.Name, delivery.EventId, e);
                break;
            }
        }

        delivery.IsDeadLetterHandled = true;
    }

    private async Task TryInvokeAsync(Delivery delivery, HandlerTimer timer, CancellationToken cancellationToken)
    {
        using var span = EventSpans.DeadLetter(delivery, group);
        await using var scope = scopes.CreateAsyncScope();
        var eventRow = EventRow(delivery);
        Guid[] rows = [.. new[] { eventRow, EntryRow(delivery) }.Distinct()];
        await using var transaction = await inbox.BeginAsync(scope.ServiceProvider, inboxGroup, rows, cancellationToken);
        timer.Transaction = transaction;
        if (!transaction.Handled.Contains(eventRow))
        {
            scope.ServiceProvider.RecordCause(delivery);
            var instance = (IDeadLetterHandler)scope.ServiceProvider.GetRequiredService(handler);
            timer.Begin(handler.Name, options.HandlerTimeout);
            try
            {
                await instance.HandleAsync(ToDeadLetter(delivery), timer.Token);
            }
            finally
            {
                timer.End();
            }
        }

        // If it returns false, another consumer has run the handler meanwhile.
        await transaction.CommitAsync([.. rows.Except(transaction.Handled)], cancellationToken);
    }

    private static Guid EventRow(Delivery delivery) => delivery.IsUnreadable
        ? DerivedEventId.Of(delivery.Stream, delivery.FirstEntryId ?? delivery.EntryId)
        : DerivedEventId.Of(delivery.EventId.ToString(), Convert.ToHexStringLower(SHA256.HashData(delivery.Data.Span)));

    private static Guid EntryRow(Delivery delivery) => DerivedEventId.Of(delivery.Stream, delivery.EntryId);

    private DeadLetter ToDeadLetter(Delivery delivery) => new()
    {
        EventId = delivery.EventId,
        Group = group.Name,
        Stream = delivery.Stream,
        Type = delivery.Envelope?.Type,
        AggregateId = delivery.Envelope?.AggregateId,
        Payload = delivery.Payload,
        Data = delivery.Data,
        Reason = delivery.Reason ?? DeadLetterReason.Exhausted,
        Error = delivery.Cause?.Message ?? "",
        Attempts = delivery.Attempts,
        CorrelationId = delivery.CorrelationId,
    };

    [LoggerMessage(LogLevel.Error, "{Handler} of {Group} failed for event {EventId}, which is dead-lettered nevertheless.")]
    private partial void LogFailed(string handler, string group, Guid eventId, Exception exception);
}

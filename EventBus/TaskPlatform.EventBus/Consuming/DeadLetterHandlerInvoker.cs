using System.Security.Cryptography;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace TaskPlatform.EventBus;

/// <summary>
/// Has a group's <see cref="IDeadLetterHandler"/> run before an event is moved to the dead letter queue, and remembers in the same
/// transaction that it did: both for the event, so that it is told once, and for the entry, whose fate is sealed by it. Two events that share an
/// id are distinguished by their content; of entries that can't be read, each is reported.
/// </summary>
internal sealed partial class DeadLetterHandlerInvoker(
    ConsumerGroup group, Type handler, IInbox inbox, TransientFailures transient, IServiceScopeFactory scopes, EventBusOptions options, ILogger logger)
{
    private const int MaxAttempts = 3;

    private readonly string inboxGroup = $"{group.Name}:dead_letter";

    /// <summary>Whether this very entry was told before, and then its consumer died before it could move it.</summary>
    public async Task<bool> WasInvokedAsync(Delivery delivery, CancellationToken cancellationToken)
    {
        await using var scope = scopes.CreateAsyncScope();
        var entry = EntryRow(delivery);
        await using var transaction = await inbox.BeginAsync(scope.ServiceProvider, inboxGroup, [entry], cancellationToken);
        return transaction.Handled.Contains(entry);
    }

    /// <summary>Tells of a delivery that is to be dead-lettered, unless that was done before.</summary>
    /// <exception cref="StoreUnavailableException">The inbox's store is away.</exception>
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
        using var span = EventSpans.DeadLetter(delivery, group.Name);
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

        // False, where another consumer told of it meanwhile, is as good.
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

    [LoggerMessage(LogLevel.Error, "{Handler} of {Group} failed to take note that event {EventId} is given up; it goes to the dead letter queue all the same.")]
    private partial void LogFailed(string handler, string group, Guid eventId, Exception exception);
}

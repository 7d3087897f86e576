using Microsoft.Extensions.DependencyInjection;
using TaskPlatform.Tests.Compliance;

namespace TaskPlatform.EventBus.Tests.InMemory;

/// <summary>Several handlers of one event in one group.</summary>
public sealed class SeveralHandlersTests : IAsyncDisposable
{
    private readonly TestBus bus = new();
    private readonly Guid eventId = Guid.CreateVersion7();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public ValueTask DisposeAsync() => bus.DisposeAsync();

    [Fact]
    public async Task Each_handles_the_event_once_in_the_order_of_registration()
    {
        await bus.StartAsync(group => group.Handle<ParcelSent, Second>().Handle<ParcelSent, First>());

        await bus.PublishAsync(1);

        Assert.Equal(["Second 1/0", "First 1/0"], bus.Calls);
        Assert.Equal([11, 12], bus.Effects);
    }

    [Fact]
    public async Task A_handler_that_fails_is_retried_alone()
    {
        await bus.StartAsync(group => group.Handle<ParcelSent, First>().Handle<ParcelSent, Second>().Handle<ParcelSent, Third>());
        bus.Script = (handler, _, context) => handler == nameof(Second) && context.Attempt < 2 ? throw new InvalidOperationException() : Task.CompletedTask;

        await bus.PublishAsync(1);

        Assert.Equal(["First 1/0", "Second 1/0", "Third 1/0", "Second 1/1", "Second 1/2"], bus.Calls);
        Assert.Equal([11, 12, 13], bus.Effects);
        Assert.Empty(bus.Broker.DeadLetters.All);
    }

    [Fact]
    public async Task Each_has_its_own_retries_and_one_without_any_left_is_not_called_during_those_of_another()
    {
        await bus.StartAsync(group => group
            .Handle<ParcelSent, First>(handler => handler.Retry())
            .Handle<ParcelSent, Second>(handler => handler.Retry(TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(1))));
        bus.Script = (handler, _, context)
            => handler == nameof(First) || context.Attempt < 2 ? throw new InvalidOperationException(handler) : Task.CompletedTask;

        await bus.PublishAsync(1);

        Assert.Equal(["First 1/0", "Second 1/0", "Second 1/1", "Second 1/2"], bus.Calls);
        Assert.Equal([12], bus.Effects);
        var deadLetter = Assert.Single(bus.Broker.DeadLetters.All).Entry;
        Assert.Equal(("readers", DeadLetterReason.Exhausted), (deadLetter.Group, deadLetter.Reason));
        Assert.StartsWith("First: It had no retries left", deadLetter.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_dead_letter_names_the_handlers_that_failed_and_reprocessing_calls_only_those()
    {
        await bus.StartAsync(group => group
            .Handle<ParcelSent, First>()
            .Handle<ParcelSent, Second>(handler => handler.Retry())
            .Handle<ParcelSent, Third>(handler => handler.Retry().Name("notify")));
        bus.Script = (handler, _, _) => handler == nameof(First) ? Task.CompletedTask : throw new NonRetryableException($"No {handler}.");
        await bus.PublishAsync(1);

        var deadLetter = Assert.Single(bus.Broker.DeadLetters.All).Entry;
        Assert.Equal((DeadLetterReason.Rejected, "Second: No Second.; notify: No notify."), (deadLetter.Reason, deadLetter.Error));
        Assert.Equal(typeof(NonRetryableException).FullName, deadLetter.Exception);
        Assert.Equal([11], bus.Effects);

        bus.Calls.Clear();
        bus.Script = (_, _, _) => Task.CompletedTask;
        await bus.Services.GetRequiredService<IDeadLetterQueue>().ReprocessAsync([deadLetter.Id], Cancellation);
        await bus.SettledAsync();

        Assert.Equal(["Second 1/0", "notify 1/0"], bus.Calls);
        Assert.Equal([11, 12, 13], bus.Effects);
        Assert.Empty(bus.Broker.DeadLetters.All);
    }

    [Fact]
    public async Task What_one_handler_committed_before_a_crash_is_not_handled_again()
    {
        bus.Broker.Inbox.TryAdd([new InboxKey("readers/First", eventId)]);
        await bus.StartAsync(group => group.Handle<ParcelSent, First>().Handle<ParcelSent, Second>());

        await AppendAsync();

        Assert.Equal(["Second 1/0"], bus.Calls);
        Assert.Equal([new InboxKey("readers/Second", eventId)], bus.Broker.Inbox.Find([new("readers/Second", eventId), new("readers", eventId)]));
    }

    [Fact]
    public async Task What_was_handled_before_the_event_got_its_second_handler_is_not_handled_again()
    {
        bus.Broker.Inbox.TryAdd([new InboxKey("readers", eventId)]);
        await bus.StartAsync(group => group.Handle<ParcelSent, First>().Handle<ParcelSent, Second>());

        await AppendAsync();

        Assert.Empty(bus.Calls);
    }

    [Fact]
    public async Task What_a_handler_did_is_not_repeated_in_a_retry_after_the_event_lost_its_other_handler()
    {
        bus.Broker.Inbox.TryAdd([new InboxKey("readers/First", eventId)]);
        await bus.StartAsync(group => group.Handle<ParcelSent, First>());

        await AppendAsync(("attempt", "1"), ("target_group", "readers"));

        Assert.Empty(bus.Calls);
    }

    [Fact]
    public async Task A_single_handler_keeps_the_row_of_its_group()
    {
        await bus.StartAsync(group => group.Handle<ParcelSent, First>());

        await AppendAsync();

        Assert.Equal([new InboxKey("readers", eventId)], bus.Broker.Inbox.Find([new("readers", eventId), new("readers/First", eventId)]));
    }

    [Fact]
    public async Task Batches_savepoints_and_transactions_of_their_own_can_be_mixed_and_a_bad_event_costs_nothing_else()
    {
        await bus.StartAsync(group => group
            .HandleInBatches<ParcelSent, First>()
            .Handle<ParcelSent, Second>()
            .Handle<ParcelSent, Third>(handler => handler.Isolated()));
        bus.Script = (handler, parcel, _) => parcel.ParcelId == 7 && handler != nameof(Third) ? throw new NonRetryableException("No.") : Task.CompletedTask;

        await bus.PublishAsync([.. Enumerable.Range(1, 20)]);

        Assert.Equal(
            Enumerable.Range(1, 20).SelectMany(parcel => parcel == 7 ? [73] : (int[])[(10 * parcel) + 1, (10 * parcel) + 2, (10 * parcel) + 3]),
            bus.Effects);
        Assert.Equal("First: No.; Second: No.", Assert.Single(bus.Broker.DeadLetters.All).Entry.Error);
    }

    [Fact]
    public async Task Settings_that_contradict_each_other_are_refused_at_the_start()
    {
        var twice = await Assert.ThrowsAsync<InvalidOperationException>(
            () => bus.StartAsync(group => group.Handle<ParcelSent, First>().Handle<ParcelSent, First>(handler => handler.Name("other"))));
        Assert.Contains("First handle 'parcel.sent' twice", twice.Message, StringComparison.Ordinal);

        var sameName = await Assert.ThrowsAsync<InvalidOperationException>(
            () => bus.StartAsync(group => group.Handle<ParcelSent, First>().Handle<ParcelSent, Second>(handler => handler.Name("First"))));
        Assert.Contains("two handlers with the name 'First'", sameName.Message, StringComparison.Ordinal);

        var noInbox = await Assert.ThrowsAsync<EventBusSetupException>(
            () => bus.StartAsync(group => group.Handle<ParcelSent, First>().Handle<ParcelSent, Second>(), hasInbox: false));
        Assert.Contains("several handlers for 'parcel.sent' and needs an inbox", noInbox.Message, StringComparison.Ordinal);
    }

    private async Task AppendAsync(params (string Name, string Value)[] headers)
    {
        bus.Broker.Append("parcel.sent",
        [
            Deliveries.Field("data", Deliveries.Json(1)), Deliveries.Field("event_id", eventId.ToString()),
            .. headers.Select(header => Deliveries.Field(header.Name, header.Value)),
        ]);
        await bus.SettledAsync();
    }
}

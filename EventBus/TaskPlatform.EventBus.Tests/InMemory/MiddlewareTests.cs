using TaskPlatform.EventBus.InMemory;
using TaskPlatform.Tests.Compliance;

namespace TaskPlatform.EventBus.Tests.InMemory;

/// <summary>What runs around handlers.</summary>
public sealed class MiddlewareTests : IAsyncDisposable
{
    private readonly TestBus bus = new();

    public ValueTask DisposeAsync() => bus.DisposeAsync();

    [Fact]
    public async Task That_of_the_group_runs_around_that_of_the_handler_in_the_order_of_registration()
    {
        await bus.StartAsync(group => group
            .Use<Outer>()
            .Handle<ParcelSent, First>(handler => handler.Use<Inner>().Use<Innermost>())
            .Handle<ParcelSent, Second>()
            .Use<Middle>());

        await bus.PublishAsync(1);

        Assert.Equal(
            [
                "Outer before First", "Middle before First", "Inner before First", "Innermost before First", "First 1/0",
                "Innermost after First", "Inner after First", "Middle after First", "Outer after First",
                "Outer before Second", "Middle before Second", "Second 1/0", "Middle after Second", "Outer after Second",
            ],
            bus.Calls);
    }

    [Fact]
    public async Task What_it_publishes_is_committed_with_the_handlers_effects_or_not_at_all()
    {
        await bus.StartAsync(group => group.Use<Publish>().Handle<ParcelSent, First>());
        bus.Script = (_, parcel, context) => parcel.ParcelId == 2 && context.Attempt == 0 ? throw new InvalidOperationException() : Task.CompletedTask;

        await bus.PublishAsync(1, 2);

        Assert.Equal([11, 21, 100, 200], bus.Effects);
    }

    [Fact]
    public async Task Its_exception_is_a_failure_of_the_handler_and_without_a_call_the_handler_is_skipped()
    {
        await bus.StartAsync(group => group
            .Handle<ParcelSent, First>(handler => handler.Use<Refuse>())
            .Handle<ParcelSent, Second>(handler => handler.Use<Skip>()));

        await bus.PublishAsync(1);

        Assert.Empty(bus.Calls);
        var deadLetter = Assert.Single(bus.Broker.DeadLetters.All).Entry;
        Assert.Equal((DeadLetterReason.Rejected, "First: Not this one."), (deadLetter.Reason, deadLetter.Error));
    }

    private abstract class Recorder(TestBus bus) : IEventMiddleware
    {
        public async Task InvokeAsync(EventContext context, object data, EventHandlerDelegate next, CancellationToken cancellationToken)
        {
            bus.Calls.Enqueue($"{GetType().Name} before {context.Handler}");
            await next(cancellationToken);
            bus.Calls.Enqueue($"{GetType().Name} after {context.Handler}");
        }
    }

    private sealed class Outer(TestBus bus) : Recorder(bus);

    private sealed class Middle(TestBus bus) : Recorder(bus);

    private sealed class Inner(TestBus bus) : Recorder(bus);

    private sealed class Innermost(TestBus bus) : Recorder(bus);

    private sealed class Publish(InMemoryPublisher publisher) : IEventMiddleware
    {
        public async Task InvokeAsync(EventContext context, object data, EventHandlerDelegate next, CancellationToken cancellationToken)
        {
            await publisher.PublishAsync(new LetterLost(100 * ((ParcelSent)data).ParcelId), cancellationToken: cancellationToken);
            await next(cancellationToken);
        }
    }

    private sealed class Refuse : IEventMiddleware
    {
        public Task InvokeAsync(EventContext context, object data, EventHandlerDelegate next, CancellationToken cancellationToken)
            => throw new NonRetryableException("Not this one.");
    }

    private sealed class Skip : IEventMiddleware
    {
        public Task InvokeAsync(EventContext context, object data, EventHandlerDelegate next, CancellationToken cancellationToken) => Task.CompletedTask;
    }
}

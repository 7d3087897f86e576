using TaskPlatform.Tests.Compliance;

namespace TaskPlatform.EventBus.Tests.InMemory;

/// <summary>Options of one group, in its configuration section and in code.</summary>
public sealed class GroupOptionsTests : IAsyncDisposable
{
    private readonly TestBus bus = new();

    public ValueTask DisposeAsync() => bus.DisposeAsync();

    [Fact]
    public async Task A_group_is_configured_by_its_section_and_code_and_a_handler_by_its_subscription()
    {
        await bus.StartAsync(
            group => group
                .Configure(options => options.RetryDelays.Add(TimeSpan.Zero))
                .Handle<ParcelSent, First>()
                .Handle<ParcelSent, Second>(handler => handler.Retry()),
            new Dictionary<string, string?> { ["EventBus:MaxRetries"] = "9", ["EventBus:Groups:Readers:MaxRetries"] = "1" });
        bus.Script = (_, _, _) => throw new InvalidOperationException("No.");

        await bus.PublishAsync(1);

        Assert.Equal(["First 1/0", "Second 1/0", "First 1/1"], bus.Calls);
        Assert.Equal(2, Assert.Single(bus.Broker.DeadLetters.All).Entry.Attempts);
    }
}

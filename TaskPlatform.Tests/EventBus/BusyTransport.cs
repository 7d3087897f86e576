using TaskPlatform.EventBus;

namespace TaskPlatform.Tests.EventBus;

/// <summary>The transport of a busy service: an action runs whenever a page is sent.</summary>
internal sealed class BusyTransport(IEventTransport transport, Func<Task> happen) : IEventTransport
{
    public string System => transport.System;

    public TransportCapabilities Capabilities => transport.Capabilities;

    public string? Problem => transport.Problem;

    public async Task<IReadOnlyList<PublishResult>> PublishAsync(IReadOnlyList<OutgoingEvent> events, CancellationToken cancellationToken)
    {
        await happen();
        return await transport.PublishAsync(events, cancellationToken);
    }

    public IReceiver CreateReceiver(ConsumerGroup group, IChannelHandling handling) => transport.CreateReceiver(group, handling);
}

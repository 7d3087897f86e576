using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Time.Testing;
using TaskPlatform.EventBus.InMemory;
using TaskPlatform.Tests.Compliance;

namespace TaskPlatform.EventBus.Tests.Compliance;

/// <summary>The transport in memory.</summary>
public sealed class InMemoryTransportTests : TransportComplianceTests
{
    protected override Task<ITransportUnderTest> CreateAsync() => Task.FromResult<ITransportUnderTest>(new InMemoryUnderTest(Topology));

    internal sealed class InMemoryUnderTest : ITransportUnderTest
    {
        private readonly FakeTimeProvider clock = new(DateTimeOffset.UnixEpoch.AddYears(50));
        private readonly InMemoryBroker broker;
        private readonly Dictionary<string, IHost> processes = new(StringComparer.Ordinal);

        private readonly Topology topology;

        public InMemoryUnderTest(Topology topology) => (broker, this.topology) = (new InMemoryBroker(clock), topology);

        public TimeSpan ClaimIdle { get; } = TimeSpan.FromSeconds(60);

        public TimeSpan LeaseDuration { get; } = new EventBusOptions().LeaseDuration;

        public TimeSpan Retention { get; } = TimeSpan.FromDays(7);

        public IEventTransport Transport => Process("publisher").Services.GetRequiredService<IEventTransport>();

        public IDeadLetterQueue DeadLetters => Process("publisher").Services.GetRequiredService<IDeadLetterQueue>();

        public TimeProvider Clock => clock;

        public string LastButOneId => EntryId.MaxValue.Previous().ToString();

        public IReceiver CreateReceiver(string consumer, ConsumerGroup group, IChannelHandling handling)
            => Process(consumer).Services.GetRequiredService<IEventTransport>().CreateReceiver(group, handling);

        public Task<string> AddAsync(string stream, IReadOnlyList<EntryField> fields, string? id = null)
            => Task.FromResult(broker.Append(stream, fields, id));

        public async Task PassTimeAsync(TimeSpan time)
        {
            clock.Advance(time);
            await Task.Yield();
        }

        public ValueTask DisposeAsync()
        {
            foreach (var process in processes.Values)
                process.Dispose();
            broker.Dispose();
            return ValueTask.CompletedTask;
        }

        private IHost Process(string name)
        {
            if (processes.TryGetValue(name, out var process))
                return process;
            var builder = Host.CreateEmptyApplicationBuilder(null);
            builder.Services.AddSingleton<TimeProvider>(clock);
            builder.Services.AddEventBus(bus => bus.AddEvents(Catalog).UseTopology(topology).UseInMemory(broker));
            builder.Services.AddSingleton(new ConsumerName(name));
            return processes[name] = builder.Build();
        }
    }
}

/// <summary>The same, with the channels of a topology of partitions.</summary>
public sealed class InMemoryPartitionTests : TransportComplianceTests
{
    protected override Topology Topology { get; } = Topology.PerAggregate(1);

    protected override Task<ITransportUnderTest> CreateAsync() => Task.FromResult<ITransportUnderTest>(new InMemoryTransportTests.InMemoryUnderTest(Topology));
}

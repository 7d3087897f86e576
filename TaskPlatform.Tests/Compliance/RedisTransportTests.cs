using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using StackExchange.Redis;
using TaskPlatform.EventBus;
using TaskPlatform.EventBus.Redis;
using TaskPlatform.Tests.Servers;

namespace TaskPlatform.Tests.Compliance;

/// <summary>The transport on Redis Streams.</summary>
public sealed class RedisTransportTests(RedisServer redis) : TransportComplianceTests
{
    private protected override int Sequences => 2;

    private protected override int Steps => 40;

    protected override Task<ITransportUnderTest> CreateAsync() => Task.FromResult<ITransportUnderTest>(new RedisUnderTest(redis.ConnectionString, Topology));

    internal sealed class RedisUnderTest : ITransportUnderTest
    {
        private readonly string connectionString;
        private readonly string prefix = RedisServer.NewKeyPrefix();
        private readonly List<IReceiver> receivers = [];
        private readonly Dictionary<string, IHost> processes = new(StringComparer.Ordinal);
        private readonly IServiceProvider publisher;

        private readonly Topology topology;

        public RedisUnderTest(string connectionString, Topology topology)
        {
            (this.connectionString, this.topology) = (connectionString, topology);
            publisher = Process("publisher").Services;
        }

        /// <summary>Longer than a busy machine may take between two calls.</summary>
        public TimeSpan ClaimIdle { get; } = TimeSpan.FromSeconds(2);

        public TimeSpan LeaseDuration { get; } = TimeSpan.FromSeconds(2);

        public TimeSpan Retention { get; } = TimeSpan.FromSeconds(1);

        public IEventTransport Transport => publisher.GetRequiredService<IEventTransport>();

        public IDeadLetterQueue DeadLetters => publisher.GetRequiredService<IDeadLetterQueue>();

        public TimeProvider Clock => TimeProvider.System;

        public string LastButOneId => EntryId.MaxValue.Previous().ToString();

        public IReceiver CreateReceiver(string consumer, ConsumerGroup group, IChannelHandling handling)
        {
            var receiver = Process(consumer).Services.GetRequiredService<IEventTransport>().CreateReceiver(group, handling);
            receivers.Add(receiver);
            return receiver;
        }

        public async Task<string> AddAsync(string stream, IReadOnlyList<EntryField> fields, string? id = null)
            => (string)(await publisher.GetRequiredService<IConnectionMultiplexer>().GetDatabase().StreamAddAsync(
                prefix + StreamName.Of(stream), [.. fields.Select(field => new NameValueEntry(field.Name, field.Value))],
                id is null ? (RedisValue?)null : id))!;

        public async Task PassTimeAsync(TimeSpan time)
        {
            await Task.Delay(time, TestContext.Current.CancellationToken);
            await publisher.GetRequiredService<RetryForwarder>().RunOnceAsync(TestContext.Current.CancellationToken);
        }

        public async ValueTask DisposeAsync()
        {
            foreach (var receiver in receivers)
                await receiver.DisposeAsync();
            foreach (var process in processes.Values)
                process.Dispose();
        }

        /// <summary>The services of a process of this name; what they do in the background is done by <see cref="PassTimeAsync"/>.</summary>
        private IHost Process(string name)
        {
            if (processes.TryGetValue(name, out var process))
                return process;
            var builder = Host.CreateEmptyApplicationBuilder(null);
            builder.Configuration.AddInMemoryCollection(new Dictionary<string, string?> { ["ConnectionStrings:redis"] = connectionString });
            builder.AddEventBus("redis", Catalog, bus => bus.UseTopology(topology).Configure(options =>
            {
                options.KeyPrefix = prefix;
                options.ClaimIdle = options.ClaimInterval = ClaimIdle;
                options.LeaseDuration = LeaseDuration;
                options.StreamRetention = Retention;
            }));
            builder.Services.AddSingleton(new ConsumerName(name));
            return processes[name] = builder.Build();
        }
    }
}

/// <summary>The same, with the channels of a topology of partitions.</summary>
public sealed class RedisPartitionTests(RedisServer redis) : TransportComplianceTests
{
    private protected override int Sequences => 1;

    private protected override int Steps => 40;

    protected override Topology Topology { get; } = Topology.PerAggregate(1);

    protected override Task<ITransportUnderTest> CreateAsync()
        => Task.FromResult<ITransportUnderTest>(new RedisTransportTests.RedisUnderTest(redis.ConnectionString, Topology));
}

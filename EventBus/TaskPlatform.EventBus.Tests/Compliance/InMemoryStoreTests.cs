using System.Globalization;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using TaskPlatform.EventBus.InMemory;
using TaskPlatform.Tests.Compliance;

namespace TaskPlatform.EventBus.Tests.Compliance;

/// <summary>The inbox in memory. Its effects are the published events: it rolls back nothing else.</summary>
public sealed class InMemoryStoreTests : StoreComplianceTests
{
    protected override Task<IStoreUnderTest> CreateAsync() => Task.FromResult<IStoreUnderTest>(new InMemoryUnderTest());

    private sealed class InMemoryUnderTest : IStoreUnderTest
    {
        private readonly InMemoryBroker broker = new();
        private readonly IHost host;

        public InMemoryUnderTest()
        {
            var builder = Host.CreateEmptyApplicationBuilder(null);
            builder.Services.AddEventBus(bus => bus
                .AddEvents(Deliveries.Catalog)
                .UseInMemory(broker)
                .AddConsumerGroup(Group, group => group.UseInMemoryInbox()));
            host = builder.Build();
        }

        public IInbox Inbox => host.Services.GetRequiredKeyedService<IInbox>(Group);

        public IServiceProvider Services => host.Services;

        public IReadOnlyList<(Exception Exception, StoreFailure Failure)> Failures { get; } = [];

        public Task ChangeAsync(IServiceProvider scope, int number)
            => scope.GetRequiredService<InMemoryPublisher>().PublishAsync(new ParcelSent(number), cancellationToken: Cancellation);

        public Task<IReadOnlyList<int>> EffectsAsync() => Task.FromResult<IReadOnlyList<int>>(
            [.. broker.Stream(ParcelSent.Type).Entries.Select(entry => EventEnvelope.Read(entry.Fields.Last(field => field.Name == EntryFields.Data).Value).AggregateId)
                .Select(id => int.Parse(id, CultureInfo.InvariantCulture))]);

        public ValueTask DisposeAsync()
        {
            host.Dispose();
            broker.Dispose();
            return ValueTask.CompletedTask;
        }
    }
}

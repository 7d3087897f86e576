using TaskPlatform.Tests;
using TaskPlatform.Tests.AppHost;
using TaskPlatform.Tests.Compliance;
using TaskPlatform.Tests.EventBus;
using TaskPlatform.Tests.Faults;
using TaskPlatform.Tests.Graph;
using Xunit.Sdk;
using Xunit.v3;

[assembly: TestCollectionOrderer(typeof(LongestFirst))]

namespace TaskPlatform.Tests;

/// <summary>Starts the longest collections first; the others share the remaining threads.</summary>
public sealed class LongestFirst : ITestCollectionOrderer
{
    /// <summary>Classes that take half a minute or more, mostly waiting, so that others can run meanwhile.</summary>
    private static readonly string[] Slow =
    [
        nameof(ConsumerFaultTests), nameof(PostgresFaultTests), nameof(RedisTransportTests), nameof(OrderTests), nameof(SequenceTests), nameof(TopologyTests),
        nameof(RedisPartitionTests), nameof(RedisFaultTests), nameof(RestartTests),
        nameof(EvictionTests), nameof(PublicationLookupTests), nameof(PublisherFaultTests), nameof(TrimmingTests), nameof(RemovalTests), nameof(DataLossTests),
    ];

    public IReadOnlyCollection<TTestCollection> OrderTestCollections<TTestCollection>(IReadOnlyCollection<TTestCollection> testCollections)
        where TTestCollection : ITestCollection
        => [.. testCollections.OrderBy(collection => collection.TestCollectionDisplayName switch
        {
            SharedPlatform.Name => 0,
            Processes.Name => 1,
            Services.ServicesTests.Name => 2,
            var name => Array.Exists(Slow, slow => name.Contains(slow, StringComparison.Ordinal)) ? 3 : 4,
        })];
}

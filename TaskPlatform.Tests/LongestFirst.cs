using TaskPlatform.Tests;
using TaskPlatform.Tests.AppHost;
using TaskPlatform.Tests.Graph;
using Xunit.Sdk;
using Xunit.v3;

[assembly: TestCollectionOrderer(typeof(LongestFirst))]

namespace TaskPlatform.Tests;

/// <summary>Starts the longest collections first; the others share the remaining threads.</summary>
public sealed class LongestFirst : ITestCollectionOrderer
{
    public IReadOnlyCollection<TTestCollection> OrderTestCollections<TTestCollection>(IReadOnlyCollection<TTestCollection> testCollections)
        where TTestCollection : ITestCollection
        => [.. testCollections.OrderBy(collection => collection.TestCollectionDisplayName switch
        {
            SharedPlatform.Name => 0,
            Processes.Name => 1,
            Services.ServicesTests.Name => 2,
            _ => 3,
        })];
}

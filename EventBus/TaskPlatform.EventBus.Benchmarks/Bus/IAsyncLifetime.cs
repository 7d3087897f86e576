// The tests' server classes implement xunit's interface of this name. This one replaces it, so that xunit is not needed here.
global using TaskPlatform.EventBus.Benchmarks.Bus;

namespace TaskPlatform.EventBus.Benchmarks.Bus;

/// <summary>A resource with asynchronous initialization.</summary>
public interface IAsyncLifetime : IAsyncDisposable
{
    /// <summary>Starts the resource.</summary>
    ValueTask InitializeAsync();
}

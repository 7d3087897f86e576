// The tests' servers are started by xunit, which knows them by its interface of this name; here nothing else of it is needed.
global using TaskPlatform.EventBus.Benchmarks.Bus;

namespace TaskPlatform.EventBus.Benchmarks.Bus;

/// <summary>Something that is started before its use.</summary>
public interface IAsyncLifetime : IAsyncDisposable
{
    /// <summary>Starts it.</summary>
    ValueTask InitializeAsync();
}

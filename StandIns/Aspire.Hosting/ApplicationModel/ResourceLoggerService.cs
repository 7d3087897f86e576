using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;

namespace Aspire.Hosting.ApplicationModel;

public readonly record struct LogLine(int LineNumber, string Content, bool IsErrorMessage);

/// <summary>What each resource wrote: its process's output, and what the AppHost has to say about it.</summary>
public class ResourceLoggerService : IDisposable
{
    private readonly ConcurrentDictionary<string, ResourceLog> _logs = new(StringComparer.OrdinalIgnoreCase);

    /// <summary>Raised for each line of any resource, with the resource's id.</summary>
    internal event Action<string, LogLine>? LineWritten;

    public ILogger GetLogger(IResource resource) => GetLogger(resource?.Name!);

    public ILogger GetLogger(string resourceName) => new ResourceLogger(this, resourceName);

    /// <summary>The lines so far, then each new one, until the resource's log is complete. Who is slow gets more of them at a time.</summary>
    public IAsyncEnumerable<IReadOnlyList<LogLine>> WatchAsync(string resourceName) => LogOf(resourceName).WatchAsync();

    public IAsyncEnumerable<IReadOnlyList<LogLine>> WatchAsync(IResource resource) => WatchAsync(resource?.Name!);

    /// <summary>The lines so far.</summary>
    public async IAsyncEnumerable<IReadOnlyList<LogLine>> GetAllAsync(string resourceName)
    {
        await Task.CompletedTask;
        yield return LogOf(resourceName).Lines;
    }

    public void Complete(string name) => LogOf(name).Complete();

    public void Complete(IResource resource) => Complete(resource?.Name!);

    public void Dispose()
    {
        foreach (var log in _logs.Values)
            log.Complete();

        GC.SuppressFinalize(this);
    }

    internal void Write(string resourceId, string text, bool isError)
    {
        var line = LogOf(resourceId).Add(text, isError);
        LineWritten?.Invoke(resourceId, line);
    }

    internal IEnumerable<string> LastLines(string resourceId) => LogOf(resourceId).Lines.TakeLast(20).Select(line => line.Content);

    /// <summary>Under its name a resource has the log of all its instances, so one can watch it without knowing their ids.</summary>
    internal void Alias(string resourceId, string resourceName) => _logs.TryAdd(resourceId, LogOf(resourceName));

    private ResourceLog LogOf(string resourceId)
    {
        ArgumentException.ThrowIfNullOrEmpty(resourceId);

        return _logs.GetOrAdd(resourceId, _ => new ResourceLog());
    }

    private sealed class ResourceLogger(ResourceLoggerService owner, string resourceId) : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => logLevel != LogLevel.None;

        public void Log<TState>(
            LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            var text = formatter(state, exception);
            owner.Write(resourceId, exception is null ? text : $"{text} {exception}", logLevel >= LogLevel.Error);
        }
    }
}

using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using System.Threading.Channels;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Aspire.Hosting.ApplicationModel;

/// <summary>Knows the state of every resource and tells whoever waits for one.</summary>
public class ResourceNotificationService : IDisposable
{
    private readonly Lock _lock = new();
    private readonly Dictionary<string, ResourceEvent> _current = new(StringComparer.OrdinalIgnoreCase);
    private readonly List<ChannelWriter<ResourceEvent>> _watchers = [];
    private readonly ILogger<ResourceNotificationService> _logger;
    private readonly IServiceProvider _services;
    private readonly ResourceLoggerService _resourceLoggers;
    private readonly CancellationTokenRegistration _endOfApplication;

    public ResourceNotificationService(
        ILogger<ResourceNotificationService> logger,
        IHostApplicationLifetime hostApplicationLifetime,
        IServiceProvider serviceProvider,
        ResourceLoggerService resourceLoggerService)
    {
        ArgumentNullException.ThrowIfNull(hostApplicationLifetime);

        _logger = logger;
        _services = serviceProvider;
        _resourceLoggers = resourceLoggerService;
        _endOfApplication = hostApplicationLifetime.ApplicationStopped.Register(EndWatches);
    }

    public Task PublishUpdateAsync(IResource resource, Func<CustomResourceSnapshot, CustomResourceSnapshot> stateFactory) =>
        PublishUpdateAsync(resource, resource?.Name!, stateFactory);

    public Task PublishUpdateAsync(
        IResource resource, string resourceId, Func<CustomResourceSnapshot, CustomResourceSnapshot> stateFactory)
    {
        ArgumentNullException.ThrowIfNull(resource);
        ArgumentException.ThrowIfNullOrEmpty(resourceId);
        ArgumentNullException.ThrowIfNull(stateFactory);

        lock (_lock)
        {
            var previous = _current.GetValueOrDefault(resourceId)?.Snapshot ?? InitialSnapshot.Of(resource);
            var next = stateFactory(previous);
            var change = new ResourceEvent(resource, resourceId, next with { Commands = CommandsOf(resource, next) });
            _current[resourceId] = change;

            if (change.Snapshot.State?.Text != previous.State?.Text)
                Log.StateChanged(_logger, resourceId, previous.State?.Text, change.Snapshot.State?.Text);

            foreach (var watcher in _watchers)
                watcher.TryWrite(change);

            Changed?.Invoke(change);
        }

        return Task.CompletedTask;
    }

    /// <summary>Raised for each change, in their order. Whoever listens must return at once: everybody waits for it.</summary>
    internal event Action<ResourceEvent>? Changed;

    internal IReadOnlyList<ResourceEvent> CurrentStates()
    {
        lock (_lock)
            return [.. _current.Values];
    }

    /// <param name="idOrName">The id of one instance, or the name of a resource: then all its instances.</param>
    internal IReadOnlyList<ResourceEvent> CurrentStates(string idOrName) =>
        [.. CurrentStates().Where(state => state.ResourceId == idOrName || IsNamed(state, idOrName))];

    /// <param name="resourceId">An id, or the name of a resource with a single instance.</param>
    /// <param name="resourceEvent">The last event of it.</param>
    public bool TryGetCurrentState(string resourceId, [NotNullWhen(true)] out ResourceEvent? resourceEvent)
    {
        ArgumentNullException.ThrowIfNull(resourceId);

        lock (_lock)
        {
            if (_current.TryGetValue(resourceId, out resourceEvent))
                return true;

            var ofThatName = _current.Values.Where(e => IsNamed(e, resourceId)).Take(2).ToList();
            resourceEvent = ofThatName.Count == 1 ? ofThatName[0] : null;

            return resourceEvent is not null;
        }
    }

    /// <summary>The present state of every resource, then every change.</summary>
    public async IAsyncEnumerable<ResourceEvent> WatchAsync([EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        var events = Channel.CreateUnbounded<ResourceEvent>();

        lock (_lock)
        {
            foreach (var change in _current.Values)
                events.Writer.TryWrite(change);

            _watchers.Add(events.Writer);
        }

        try
        {
            await foreach (var change in events.Reader.ReadAllAsync(cancellationToken))
                yield return change;
        }
        finally
        {
            lock (_lock)
                _watchers.Remove(events.Writer);
        }
    }

    public async Task WaitForResourceAsync(string resourceName, string? targetState = null, CancellationToken cancellationToken = default) =>
        await WaitForResourceAsync(resourceName, [targetState ?? KnownResourceStates.Running], cancellationToken);

    public async Task<string> WaitForResourceAsync(
        string resourceName, IEnumerable<string> targetStates, CancellationToken cancellationToken = default)
    {
        var targets = targetStates.ToList();
        var reached = await WaitForResourceAsync(
            resourceName,
            e => e.Snapshot.State is { } state && targets.Contains(state.Text, StringComparer.OrdinalIgnoreCase),
            cancellationToken);

        return reached.Snapshot.State!.Text;
    }

    public async Task<ResourceEvent> WaitForResourceAsync(
        string resourceName, Func<ResourceEvent, bool> predicate, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(resourceName);
        ArgumentNullException.ThrowIfNull(predicate);

        await foreach (var change in WatchAsync(cancellationToken))
            if ((IsNamed(change, resourceName) || change.ResourceId == resourceName) && predicate(change))
                return change;

        throw new OperationCanceledException($"The application stopped before resource '{resourceName}' met the condition that was waited for.");
    }

    public Task<ResourceEvent> WaitForResourceHealthyAsync(string resourceName, CancellationToken cancellationToken = default) =>
        WaitForResourceHealthyAsync(resourceName, DefaultWaitBehavior, cancellationToken);

    /// <exception cref="DistributedApplicationException">The resource failed, and <paramref name="waitBehavior"/> says to stop then.</exception>
    public async Task<ResourceEvent> WaitForResourceHealthyAsync(
        string resourceName, WaitBehavior waitBehavior, CancellationToken cancellationToken = default)
    {
        var reached = await WaitForResourceAsync(
            resourceName,
            e => IsHealthy(e.Snapshot) || (waitBehavior == WaitBehavior.StopOnResourceUnavailable && e.Snapshot.IsTerminal),
            cancellationToken);

        return IsHealthy(reached.Snapshot) ? reached : throw Failure(reached);
    }

    /// <summary>Waits for everything that <c>WaitFor</c> and its kind say of the resource.</summary>
    public Task WaitForDependenciesAsync(IResource resource, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(resource);

        return Task.WhenAll(resource.Annotations.OfType<WaitAnnotation>().Select(wait => WaitForAsync(wait, cancellationToken)));
    }

    public void Dispose()
    {
        _endOfApplication.Dispose();
        EndWatches();
        GC.SuppressFinalize(this);
    }

    private async Task WaitForAsync(WaitAnnotation wait, CancellationToken cancellationToken)
    {
        var stop = (wait.WaitBehavior ?? DefaultWaitBehavior) == WaitBehavior.StopOnResourceUnavailable;
        var isMet = (Func<CustomResourceSnapshot, bool>)(wait.WaitType switch
        {
            WaitType.WaitForCompletion => snapshot => snapshot.IsTerminal && snapshot.ExitCode == wait.ExitCode,
            WaitType.WaitUntilStarted => snapshot => snapshot.State?.Text == KnownResourceStates.Running,
            _ => IsHealthy,
        });

        var reached = await WaitForResourceAsync(
            wait.Resource.Name, e => isMet(e.Snapshot) || (e.Snapshot.IsTerminal && stop), cancellationToken);

        if (!isMet(reached.Snapshot))
            throw Failure(reached);
    }

    private DistributedApplicationException Failure(ResourceEvent failed)
    {
        var how = failed.Snapshot.State!.Text == KnownResourceStates.FailedToStart
            ? "failed to start"
            : $"exited with code {failed.Snapshot.ExitCode?.ToString(System.Globalization.CultureInfo.InvariantCulture) ?? "unknown"}";
        var lastLines = string.Join(Environment.NewLine, _resourceLoggers.LastLines(failed.ResourceId).Select(line => $"  {line}"));

        return new DistributedApplicationException(lastLines.Length == 0
            ? $"Resource '{failed.Resource.Name}' {how}. It wrote nothing."
            : $"Resource '{failed.Resource.Name}' {how}. Its last lines:{Environment.NewLine}{lastLines}");
    }

    private WaitBehavior DefaultWaitBehavior =>
        _services.GetRequiredService<IOptions<ResourceNotificationServiceOptions>>().Value.DefaultWaitBehavior;

    private void EndWatches()
    {
        lock (_lock)
            foreach (var watcher in _watchers)
                watcher.TryComplete();
    }

    private static bool IsHealthy(CustomResourceSnapshot snapshot) => snapshot is { IsReady: true, HealthStatus: HealthStatus.Healthy };

    private static bool IsNamed(ResourceEvent change, string name) =>
        string.Equals(change.Resource.Name, name, StringComparison.OrdinalIgnoreCase);

    private ImmutableArray<ResourceCommandSnapshot> CommandsOf(IResource resource, CustomResourceSnapshot snapshot) =>
        [.. resource.Annotations.OfType<ResourceCommandAnnotation>().Select(command => command.Describe(snapshot, _services))];
}

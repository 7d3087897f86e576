using Aspire.Hosting.ApplicationModel;
using Aspire.Hosting.Eventing;
using Aspire.Hosting.Health;
using Microsoft.Extensions.Logging;

namespace Aspire.Hosting.Orchestration;

/// <summary>One process of a resource, through any number of starts and stops. Nothing restarts it by itself.</summary>
internal sealed class ProcessInstance(
    IResource resource,
    string id,
    TargetPorts ports,
    ProcessLauncher launcher,
    ResourceNotificationService notifications,
    ResourceLoggerService logs,
    IDistributedApplicationEventing eventing,
    HealthMonitor health,
    IServiceProvider services,
    ILogger<ProcessInstance> logger) : IDisposable
{
    /// <summary>A service may take 30 s to finish what it is at.</summary>
    private static readonly TimeSpan Grace = TimeSpan.FromSeconds(35);

    private readonly SemaphoreSlim _gate = new(1);
    private readonly Lock _attemptLock = new();
    private CancellationTokenSource? _attempt;
    private ChildProcess? _process;
    private CancellationTokenSource? _monitoring;
    private Task _running = Task.CompletedTask;
    private volatile bool _isStopping;

    public IResource Resource { get; } = resource;

    public string Id { get; } = id;

    /// <summary>Waits for what the resource waits for, and starts it. Does nothing where it runs.</summary>
    /// <exception cref="DistributedApplicationException">It can't be started; its state says so too.</exception>
    public async Task StartAsync(CancellationToken cancellationToken)
    {
        await _gate.WaitAsync(cancellationToken);

        using var attempt = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);

        try
        {
            if (!_running.IsCompleted)
                return;

            _isStopping = false;
            SetAttempt(attempt);
            await LaunchAsync(attempt.Token);
        }
        catch (OperationCanceledException) when (_isStopping)
        {
            await PublishAsync(snapshot => snapshot with { State = KnownResourceStates.NotStarted });
        }
        catch (Exception failure) when (failure is not OperationCanceledException)
        {
            await FailAsync(failure);
            throw failure as DistributedApplicationException ?? new DistributedApplicationException(failure.Message, failure);
        }
        finally
        {
            SetAttempt(null);
            _gate.Release();
        }
    }

    /// <summary>Ends the process, or the wait for what it needs. Returns when it is gone.</summary>
    /// <param name="cancellationToken">Takes the process its time to finish.</param>
    public async Task StopAsync(CancellationToken cancellationToken)
    {
        _isStopping = true;
        CancelAttempt();
        await _gate.WaitAsync(CancellationToken.None);

        try
        {
            if (_process is null || _running.IsCompleted)
                return;

            await PublishAsync(snapshot => snapshot with { State = KnownResourceStates.Stopping });
            await _monitoring!.CancelAsync(); // Whoever asks now is only in the way.
            await _process.StopAsync(Grace, cancellationToken);
            await _running;
        }
        finally
        {
            _gate.Release();
        }
    }

    public void Dispose()
    {
        _process?.Dispose();
        _monitoring?.Dispose();
        _gate.Dispose();
    }

    private void SetAttempt(CancellationTokenSource? attempt)
    {
        lock (_attemptLock)
            _attempt = attempt;
    }

    private void CancelAttempt()
    {
        lock (_attemptLock)
            _attempt?.Cancel();
    }

    private async Task LaunchAsync(CancellationToken cancellationToken)
    {
        if (Resource.HasAnnotationOfType<WaitAnnotation>())
            await PublishAsync(snapshot => snapshot with { State = KnownResourceStates.Waiting });

        await notifications.WaitForDependenciesAsync(Resource, cancellationToken);
        await PublishAsync(snapshot => snapshot with { State = KnownResourceStates.Starting });
        await eventing.PublishAsync(new BeforeResourceStartedEvent(Resource, services), cancellationToken);

        var launch = await launcher.PrepareAsync(Resource, Id, ports, cancellationToken);
        _process?.Dispose();
        _process = launch.Start((line, isError) => logs.Write(Id, line, isError));

        _monitoring?.Dispose();
        _monitoring = new CancellationTokenSource();
        await PublishAsync(snapshot => HealthMonitor.Unknown(Resource, launch.Describe(snapshot, _process.Id)), mirrorsHealth: true);
        _running = RunAsync(_process, _monitoring);
    }

    private async Task RunAsync(ChildProcess process, CancellationTokenSource monitoring)
    {
        var monitors = Family().Select(member => health.RunAsync(member.Resource, member.Id, monitoring.Token)).ToList();
        var exitCode = await process.Exit;

        await monitoring.CancelAsync();
        await Task.WhenAll(monitors);

        if (!_isStopping && exitCode != 0)
            Log.Exited(logger, Id, exitCode, string.Join('\n', logs.LastLines(Id).Select(line => $"  {line}")));

        await PublishAsync(snapshot => snapshot with
        {
            State = _isStopping || exitCode == 0 ? KnownResourceStates.Finished : KnownResourceStates.Exited,
            ExitCode = exitCode,
            StopTimeStamp = TimeProvider.System.GetUtcNow().UtcDateTime,
            Urls = snapshot.Urls.Activated(false),
            HealthReports = [],
            IsReady = false,
        });

        if (notifications.TryGetCurrentState(Id, out var last))
            await eventing.PublishAsync(new ResourceStoppedEvent(Resource, services, last));
    }

    private async Task FailAsync(Exception failure)
    {
        logs.Write(Id, failure.Message, isError: true);
        Log.FailedToStart(logger, Id, failure.Message);
        await PublishAsync(snapshot => snapshot with
        {
            State = new ResourceStateSnapshot(KnownResourceStates.FailedToStart, KnownResourceStateStyles.Error),
        });
    }

    /// <summary>Publishes a change, which those who live in this process share: the databases of a server.</summary>
    private async Task PublishAsync(Func<CustomResourceSnapshot, CustomResourceSnapshot> change, bool mirrorsHealth = false)
    {
        CustomResourceSnapshot? published = null;
        await notifications.PublishUpdateAsync(Resource, Id, snapshot => published = change(snapshot));

        foreach (var child in Family().Skip(1))
            await notifications.PublishUpdateAsync(child.Resource, child.Id, snapshot =>
            {
                var mirrored = snapshot with
                {
                    State = published!.State,
                    StartTimeStamp = published.StartTimeStamp,
                    StopTimeStamp = published.StopTimeStamp,
                    ExitCode = published.ExitCode,
                };
                return mirrorsHealth ? HealthMonitor.Unknown(child.Resource, mirrored)
                    : published.State?.Text == KnownResourceStates.Running ? mirrored
                    : mirrored with { IsReady = false };
            });
    }

    private IEnumerable<(IResource Resource, string Id)> Family() =>
        [(Resource, Id), .. launcher.ChildrenOf(Resource).Select(child => (child, child.Name))];
}

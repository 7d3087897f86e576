using System.Security.Cryptography;
using Aspire.Hosting.ApplicationModel;
using Aspire.Hosting.Eventing;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Aspire.Hosting.Orchestration;

/// <summary>Starts everything in the model and stops it again, dependents first.</summary>
internal sealed class Orchestrator(
    DistributedApplicationModel model,
    DistributedApplicationOptions options,
    DistributedApplicationExecutionContext execution,
    IDistributedApplicationEventing eventing,
    Announcer announcer,
    ResourceLoggerService logs,
    IConfiguration configuration,
    IHostEnvironment environment,
    IServiceProvider services,
    ILogger<DistributedApplication> logger,
    ILoggerFactory loggers) : IHostedService, IAsyncDisposable
{
    private readonly List<ProcessInstance> _instances = [];
    private readonly List<TcpForwarder> _forwarders = [];
    private readonly CancellationTokenSource _stopping = new();
    private Task _starting = Task.CompletedTask;

    public ProcessInstance Instance(string id) => _instances.Single(instance => instance.Id == id);

    /// <summary>Returns once every resource is on its way; what it waits for, it waits for in the background.</summary>
    public async Task StartAsync(CancellationToken cancellationToken)
    {
        var directory = environment.ContentRootPath;
        Log.Starting(logger);
        Log.HostDirectory(logger, directory);
        Refuse();

        if (options.EnableResourceLogging)
            logs.LineWritten += LogLine;

        await eventing.PublishAsync(new BeforeStartEvent(services, model), cancellationToken);
        AllocateAndCreate();
        await announcer.AnnounceAsync(_instances, cancellationToken);

        _starting = Task.WhenAll(_instances
            .Where(instance => !instance.Resource.HasAnnotationOfType<ExplicitStartupAnnotation>())
            .Select(StartInBackgroundAsync));
    }

    public async Task StopAsync(CancellationToken cancellationToken)
    {
        await _stopping.CancelAsync();

        await new StopOrder(model, resource => Task.WhenAll(_instances
            .Where(instance => instance.Resource == resource)
            .Select(instance => instance.StopAsync(cancellationToken)))).StopAllAsync();
        await _starting;
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var forwarder in _forwarders)
            await forwarder.DisposeAsync();

        foreach (var instance in _instances)
            instance.Dispose();

        _stopping.Dispose();
    }

    private void LogLine(string resourceId, LogLine line)
    {
        var resourceLogger = loggers.CreateLogger($"{environment.ApplicationName}.Resources.{resourceId}");
        Log.ResourceLine(resourceLogger, line.LineNumber, line.Content);
    }

    private void Refuse()
    {
        if (execution.IsPublishMode)
            throw new DistributedApplicationException(
                "Publishing needs the official Aspire packages; this checkout was built from a feed that lacks them.");

        if (model.Resources.OfType<ContainerResource>().FirstOrDefault() is { } container)
            throw new DistributedApplicationException(
                $"Resource '{container.Name}' is a container, which only the official Aspire packages can start; "
                + "this checkout was built from a feed that lacks them.");
    }

    private void AllocateAndCreate()
    {
        using var ports = new PortAllocator();
        var allocator = new EndpointAllocator(configuration);
        var forwardings = new List<Forwarding>();

        foreach (var resource in model.Resources.Where(resource => resource is ProjectResource or ExecutableResource))
        {
            var (instances, forwarded) = allocator.Allocate(resource, ports);
            forwardings.AddRange(forwarded);
            LifecycleCommands.AddTo(resource, this);

            foreach (var targetPorts in instances)
            {
                var id = $"{resource.Name}-{RandomNumberGenerator.GetString("abcdefghjkmnpqrstuvwxyz", 8)}";
                logs.Alias(id, resource.Name);
                _instances.Add(ActivatorUtilities.CreateInstance<ProcessInstance>(services, resource, id, targetPorts));
            }
        }

        ports.Dispose();
        _forwarders.AddRange(forwardings.Select(forwarding => new TcpForwarder(forwarding)));
    }

    private async Task StartInBackgroundAsync(ProcessInstance instance)
    {
        try
        {
            await Task.Yield();
            await instance.StartAsync(_stopping.Token);
        }
        catch (Exception failure) when (failure is DistributedApplicationException or OperationCanceledException)
        {
            // The resource's state tells, to everyone who asks.
        }
    }
}

using Aspire.Hosting.ApplicationModel;
using Aspire.Hosting.Eventing;

namespace Aspire.Hosting.Orchestration;

/// <summary>Makes the whole model known before anything starts: what there is, where it will answer, what belongs to what.</summary>
internal sealed class Announcer(
    DistributedApplicationModel model,
    DistributedApplicationExecutionContext execution,
    IDistributedApplicationEventing eventing,
    ResourceNotificationService notifications,
    IServiceProvider services)
{
    public async Task AnnounceAsync(IReadOnlyList<ProcessInstance> instances, CancellationToken cancellationToken)
    {
        foreach (var parameter in model.Resources.OfType<ParameterResource>())
            await AnnounceAsync(parameter, cancellationToken);

        foreach (var instance in instances)
        {
            var urls = await ResourceUrls.OfAsync(instance.Resource, execution, cancellationToken);
            await notifications.PublishUpdateAsync(instance.Resource, instance.Id, snapshot => NotStarted(snapshot) with { Urls = urls });
            await eventing.PublishAsync(new ResourceEndpointsAllocatedEvent(instance.Resource, services), cancellationToken);
        }

        foreach (var child in model.Resources.OfType<IResourceWithParent>())
            await notifications.PublishUpdateAsync(child, snapshot => NotStarted(snapshot)
                .WithProperty(KnownProperties.ParentName, instances.FirstOrDefault(instance => instance.Resource == child.Parent)?.Id));

        foreach (var source in model.Resources.OfType<IResourceWithConnectionString>())
            await AnnounceAsync(source, instances, cancellationToken);
    }

    private async Task AnnounceAsync(ParameterResource parameter, CancellationToken cancellationToken)
    {
        var value = await parameter.GetValueAsync(cancellationToken);
        await notifications.PublishUpdateAsync(parameter, snapshot => snapshot.WithProperty(KnownProperties.ParameterValue, value, parameter.Secret) with
        {
            State = new ResourceStateSnapshot(KnownResourceStates.Running, KnownResourceStateStyles.Success),
        });
    }

    private async Task AnnounceAsync(
        IResourceWithConnectionString source, IReadOnlyList<ProcessInstance> instances, CancellationToken cancellationToken)
    {
        // By its address the dashboard names who answered a query. A server's databases share it, so they would be confused.
        if (instances.FirstOrDefault(instance => instance.Resource == source) is { } server)
        {
            var value = await source.GetConnectionStringAsync(cancellationToken);
            await notifications.PublishUpdateAsync(
                source, server.Id, snapshot => snapshot.WithProperty(KnownProperties.ConnectionString, value, isSensitive: true));
        }

        await eventing.PublishAsync(new ConnectionStringAvailableEvent(source, services), cancellationToken);
    }

    private static CustomResourceSnapshot NotStarted(CustomResourceSnapshot snapshot) => snapshot with
    {
        State = KnownResourceStates.NotStarted,
    };
}

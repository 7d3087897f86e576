using Aspire.Hosting.ApplicationModel;
using Aspire.Hosting.Dashboard;

namespace Aspire.Hosting.Orchestration;

/// <summary>
/// Whoever waits for a resource or refers to it stops before it does, so that nobody misses what he needs for his last
/// work; who has nothing to do with each other stops at the same time.
/// </summary>
internal sealed class StopOrder(DistributedApplicationModel model, Func<IResource, Task> stop)
{
    private readonly Dictionary<IResource, Task> _stopped = [];
    private readonly HashSet<IResource> _inProgress = [];

    public Task StopAllAsync() => Task.WhenAll(model.Resources.ToList().Select(StopWithDependents));

    private Task StopWithDependents(IResource resource)
    {
        if (_stopped.TryGetValue(resource, out var task))
            return task;

        // Two that refer to each other have no order.
        if (!_inProgress.Add(resource))
            return Task.CompletedTask;

        return _stopped[resource] = StopAfterAsync([.. DependentsOf(resource).Select(StopWithDependents)], resource);
    }

    private async Task StopAfterAsync(Task[] dependents, IResource resource)
    {
        await Task.WhenAll(dependents);
        await stop(resource);
    }

    private List<IResource> DependentsOf(IResource resource)
    {
        var family = new HashSet<IResource>(model.Resources.OfType<IResourceWithParent>().Where(child => child.Parent == resource)) { resource };

        return [.. model.Resources.Where(other => !family.Contains(other)
            && (other.Annotations.OfType<ResourceRelationshipAnnotation>().Any(relationship => family.Contains(relationship.Resource))
                || other.Annotations.OfType<TelemetryTargetAnnotation>().Any(target => target.Dashboard == resource)))];
    }
}

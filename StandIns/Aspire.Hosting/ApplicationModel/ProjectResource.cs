using Aspire.Hosting.ApplicationModel;

namespace Aspire.Hosting.ApplicationModel
{
    public class ProjectResource(string name)
        : Resource(name), IResourceWithEnvironment, IResourceWithArgs, IResourceWithServiceDiscovery, IResourceWithWaitSupport;

    public static class ProjectResourceExtensions
    {
        public static IProjectMetadata GetProjectMetadata(this ProjectResource projectResource) =>
            projectResource.Annotations.OfType<IProjectMetadata>().Single();
    }

    /// <summary>How many processes run a project; all of them answer at the one endpoint.</summary>
    public sealed class ReplicaAnnotation(int replicas) : IResourceAnnotation
    {
        public int Replicas { get; } = replicas;
    }
}

namespace Aspire.Hosting
{
    public interface IProjectMetadata : IResourceAnnotation
    {
        string ProjectPath { get; }
    }

    /// <summary>A resource whose endpoints are handed on as <c>services__name__endpoint__0</c>.</summary>
    public interface IResourceWithServiceDiscovery : IResourceWithEndpoints;
}

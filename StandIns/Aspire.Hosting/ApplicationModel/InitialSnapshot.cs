namespace Aspire.Hosting.ApplicationModel;

/// <summary>What can be said about a resource before anything has happened to it.</summary>
internal static class InitialSnapshot
{
    public static CustomResourceSnapshot Of(IResource resource)
    {
        var given = resource.Annotations.OfType<ResourceSnapshotAnnotation>().LastOrDefault()?.InitialSnapshot
            ?? new CustomResourceSnapshot { ResourceType = TypeOf(resource), Properties = [] };
        var icon = resource.Annotations.OfType<ResourceIconAnnotation>().LastOrDefault();

        return given with
        {
            CreationTimeStamp = TimeProvider.System.GetUtcNow().UtcDateTime,
            IconName = icon?.IconName,
            IconVariant = icon?.IconVariant,
            Relationships = [.. RelationshipsOf(resource)],
        };
    }

    private static string TypeOf(IResource resource) => resource switch
    {
        ProjectResource => "Project",
        ExecutableResource => "Executable",
        _ => resource.GetType().Name.Replace("Resource", "", StringComparison.Ordinal),
    };

    private static IEnumerable<RelationshipSnapshot> RelationshipsOf(IResource resource)
    {
        if (resource is IResourceWithParent child)
            yield return new RelationshipSnapshot(child.Parent.Name, "Parent");

        foreach (var relationship in resource.Annotations.OfType<ResourceRelationshipAnnotation>())
            yield return new RelationshipSnapshot(relationship.Resource.Name, relationship.Type);
    }
}

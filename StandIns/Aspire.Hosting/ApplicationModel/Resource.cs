namespace Aspire.Hosting.ApplicationModel;

public interface IResource
{
    string Name { get; }

    ResourceAnnotationCollection Annotations { get; }
}

public abstract class Resource(string name) : IResource
{
    public virtual string Name { get; } = ResourceName.Validated(name);

    public virtual ResourceAnnotationCollection Annotations { get; } = [];
}

internal static class ResourceName
{
    public static string Validated(string name)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(name);

        var valid = name.Length <= 64
            && char.IsAsciiLetter(name[0])
            && name[^1] != '-'
            && !name.Contains("--", StringComparison.Ordinal)
            && name.All(c => char.IsAsciiLetterOrDigit(c) || c == '-');

        return valid
            ? name
            : throw new ArgumentException(
                $"Resource name '{name}' is invalid. It starts with a letter and has at most 64 ASCII letters, digits and single hyphens.", nameof(name));
    }
}

using Aspire.Hosting.ApplicationModel;

namespace Aspire.Hosting;

public static class ParameterResourceBuilderExtensions
{
    /// <summary>A value that must be configured as <c>Parameters:name</c>.</summary>
    public static IResourceBuilder<ParameterResource> AddParameter(
        this IDistributedApplicationBuilder builder, string name, bool secret = false) =>
        Add(builder, name, configured => configured ?? throw Missing(name), secret);

    /// <summary>A value that is <paramref name="value"/>, whatever is configured.</summary>
    public static IResourceBuilder<ParameterResource> AddParameter(
        this IDistributedApplicationBuilder builder, string name, string value, bool publishValueAsDefault = false, bool secret = false) =>
        Add(builder, name, _ => value, secret);

    /// <summary>A value that <paramref name="valueGetter"/> finds when the application starts.</summary>
    public static IResourceBuilder<ParameterResource> AddParameter(
        this IDistributedApplicationBuilder builder,
        string name,
        Func<string> valueGetter,
        bool publishValueAsDefault = false,
        bool secret = false) => Add(builder, name, _ => valueGetter(), secret);

    /// <summary>A value that may be configured as <c>Parameters:name</c>, else is made up for this run.</summary>
    internal static ParameterResource CreatePassword(IDistributedApplicationBuilder builder, string name) =>
        new(name, @default => Configured(builder, name) ?? @default!.GetDefaultValue(), secret: true)
        {
            Default = new GenerateParameterDefault { Special = false },
        };

    private static IResourceBuilder<ParameterResource> Add(
        IDistributedApplicationBuilder builder, string name, Func<string?, string> value, bool secret)
    {
        ArgumentNullException.ThrowIfNull(builder);

        return builder.AddResource(new ParameterResource(name, _ => value(Configured(builder, name)), secret));
    }

    /// <summary>An environment variable's name can't have a hyphen, so an underscore does as well.</summary>
    private static string? Configured(IDistributedApplicationBuilder builder, string name) =>
        builder.Configuration[$"Parameters:{name}"] ?? builder.Configuration[$"Parameters:{name.Replace('-', '_')}"];

    private static MissingParameterValueException Missing(string name) => new(
        $"Parameter '{name}' has no value. Configure 'Parameters:{name}', for example by the environment variable "
        + $"Parameters__{name.Replace('-', '_')}.");
}

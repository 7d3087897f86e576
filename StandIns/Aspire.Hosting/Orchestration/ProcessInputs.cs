using System.Globalization;
using Aspire.Hosting.ApplicationModel;

namespace Aspire.Hosting.Orchestration;

/// <summary>The environment and the command line of a resource's process: what its annotations say, with every value filled in.</summary>
internal static class ProcessInputs
{
    public static async Task<Dictionary<string, string>> EnvironmentAsync(
        IResource resource, DistributedApplicationExecutionContext execution, TargetPorts ports, CancellationToken cancellationToken)
    {
        var context = new EnvironmentCallbackContext(execution, resource, cancellationToken: cancellationToken);

        foreach (var annotation in resource.Annotations.OfType<EnvironmentCallbackAnnotation>().ToList())
            await annotation.Callback(context);

        var environment = new Dictionary<string, string>();

        foreach (var (name, value) in context.EnvironmentVariables)
            if (await ResolveAsync(value, ports, cancellationToken) is { } text)
                environment[name] = text;

        return environment;
    }

    public static async Task<List<string>> ArgumentsAsync(IResource resource, TargetPorts ports, CancellationToken cancellationToken)
    {
        var context = new CommandLineArgsCallbackContext([], resource, cancellationToken);

        foreach (var annotation in resource.Annotations.OfType<CommandLineArgsCallbackAnnotation>().ToList())
            await annotation.Callback(context);

        var args = new List<string>();

        foreach (var value in context.Args)
            if (await ResolveAsync(value, ports, cancellationToken) is { } text)
                args.Add(text);

        return args;
    }

    private static async ValueTask<string?> ResolveAsync(object value, TargetPorts ports, CancellationToken cancellationToken) => value switch
    {
        string text => text,
        EndpointReferenceExpression { Property: EndpointProperty.TargetPort } expression
            when ports.Of(expression.Endpoint.EndpointAnnotation) is { } port => port.ToString(CultureInfo.InvariantCulture),
        ReferenceExpression expression => await FormatAsync(expression, ports, cancellationToken),
        IValueProvider provider => await provider.GetValueAsync(cancellationToken),
        IFormattable formattable => formattable.ToString(null, CultureInfo.InvariantCulture),
        _ => value.ToString(),
    };

    private static async Task<string> FormatAsync(ReferenceExpression expression, TargetPorts ports, CancellationToken cancellationToken)
    {
        var values = new object?[expression.ValueProviders.Count];

        for (var i = 0; i < values.Length; i++)
            values[i] = await ResolveAsync(expression.ValueProviders[i], ports, cancellationToken);

        return string.Format(CultureInfo.InvariantCulture, expression.Format, values);
    }
}

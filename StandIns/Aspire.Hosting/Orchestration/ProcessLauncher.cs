using System.Collections.Immutable;
using Aspire.Hosting.ApplicationModel;

namespace Aspire.Hosting.Orchestration;

/// <summary>Finds out what exactly to start for a resource.</summary>
internal sealed class ProcessLauncher(
    DistributedApplicationModel model, DistributedApplicationOptions options, DistributedApplicationExecutionContext execution)
{
    public IEnumerable<IResource> ChildrenOf(IResource resource) =>
        model.Resources.OfType<IResourceWithParent>().Where(child => child.Parent == resource);

    public async Task<Launch> PrepareAsync(IResource resource, string id, TargetPorts ports, CancellationToken cancellationToken)
    {
        var (command, args, workingDirectory) = resource switch
        {
            ProjectResource project => ProjectOutput.CommandOf(project, options.Assembly),
            ExecutableResource executable => (executable.Command, [], executable.WorkingDirectory),
            _ => throw new DistributedApplicationException($"Resource '{resource.Name}' is nothing that could be started."),
        };

        var environment = await ProcessInputs.EnvironmentAsync(resource, execution, ports, cancellationToken);

        if (environment.ContainsKey("OTEL_EXPORTER_OTLP_ENDPOINT"))
        {
            environment.TryAdd("OTEL_SERVICE_NAME", resource.Name);
            environment.TryAdd("OTEL_RESOURCE_ATTRIBUTES", $"service.instance.id={id[(resource.Name.Length + 1)..]}");
        }

        return new Launch(
            resource,
            command,
            [.. args, .. await ProcessInputs.ArgumentsAsync(resource, ports, cancellationToken)],
            workingDirectory,
            environment);
    }
}

internal sealed record Launch(
    IResource Resource,
    string Command,
    ImmutableArray<string> Args,
    string WorkingDirectory,
    Dictionary<string, string> Environment)
{
    /// <exception cref="DistributedApplicationException">There is no such command.</exception>
    public ChildProcess Start(Action<string, bool> onLine)
    {
        try
        {
            return ChildProcess.Start(Command, Args, WorkingDirectory, Environment, onLine);
        }
        catch (System.ComponentModel.Win32Exception failure)
        {
            throw new DistributedApplicationException(
                $"Can't start '{Command}' for resource '{Resource.Name}': {failure.Message}.", failure);
        }
    }

    public CustomResourceSnapshot Describe(CustomResourceSnapshot snapshot, int processId) => snapshot with
    {
        State = new ResourceStateSnapshot(KnownResourceStates.Running, KnownResourceStateStyles.Success),
        StartTimeStamp = TimeProvider.System.GetUtcNow().UtcDateTime,
        StopTimeStamp = null,
        ExitCode = null,
        EnvironmentVariables =
            [.. Environment.Select(variable => new EnvironmentVariableSnapshot(variable.Key, variable.Value, IsFromSpec: true))],
        Urls = snapshot.Urls.Activated(true),
        Properties =
        [
            new(KnownProperties.ExecutablePath, Command),
            new(KnownProperties.ExecutableWorkDir, WorkingDirectory),
            new(KnownProperties.ExecutableArgs, Args),
            new(KnownProperties.ExecutablePid, processId),
            .. Resource is ProjectResource project
                ? ImmutableArray.Create(new ResourcePropertySnapshot(KnownProperties.ProjectPath, project.GetProjectMetadata().ProjectPath))
                : [],
        ],
    };
}

using Aspire.Hosting.ApplicationModel;

namespace Aspire.Hosting.Orchestration;

/// <summary>Start, stop and restart, which every resource has that runs as a process.</summary>
internal static class LifecycleCommands
{
    public static void AddTo(IResource resource, Orchestrator orchestrator)
    {
        Add(KnownResourceCommands.StartCommand, "Start", "Start resource", "Play", isHighlighted: true, WhenStopped, instance => instance.StartAsync);
        Add(KnownResourceCommands.StopCommand, "Stop", "Stop resource", "Stop", isHighlighted: true, WhenStarted, Stop);
        Add(KnownResourceCommands.RestartCommand, "Restart", "Restart resource", "ArrowCounterclockwise", isHighlighted: false, WhenRunning, instance =>
            async cancellationToken =>
            {
                await Stop(instance)(cancellationToken);
                await instance.StartAsync(cancellationToken);
            });

        void Add(
            string name,
            string displayName,
            string description,
            string iconName,
            bool isHighlighted,
            Func<UpdateCommandStateContext, ResourceCommandState> state,
            Func<ProcessInstance, Func<CancellationToken, Task>> command) => resource.Annotations.Add(new ResourceCommandAnnotation(
                name,
                displayName,
                state,
                context => ExecuteAsync(command(orchestrator.Instance(context.ResourceName)), context.CancellationToken),
                description,
                parameter: null,
                confirmationMessage: null,
                iconName,
                isHighlighted ? IconVariant.Filled : IconVariant.Regular,
                isHighlighted));
    }

    private static async Task<ExecuteCommandResult> ExecuteAsync(Func<CancellationToken, Task> command, CancellationToken cancellationToken)
    {
        try
        {
            await command(cancellationToken);
            return CommandResults.Success();
        }
        catch (DistributedApplicationException failure)
        {
            return CommandResults.Failure(failure.Message);
        }
    }

    /// <summary>Who gives up waiting doesn't take the process its time to finish.</summary>
    private static Func<CancellationToken, Task> Stop(ProcessInstance instance) =>
        cancellationToken => instance.StopAsync(CancellationToken.None).WaitAsync(cancellationToken);

    private static ResourceCommandState WhenStopped(UpdateCommandStateContext context) => State(context) switch
    {
        nameof(KnownResourceStates.Starting) => ResourceCommandState.Disabled,
        nameof(KnownResourceStates.Waiting) or nameof(KnownResourceStates.Running) or nameof(KnownResourceStates.Stopping) => ResourceCommandState.Hidden,
        _ => ResourceCommandState.Enabled,
    };

    private static ResourceCommandState WhenStarted(UpdateCommandStateContext context) => State(context) switch
    {
        nameof(KnownResourceStates.Waiting) or nameof(KnownResourceStates.Running) => ResourceCommandState.Enabled,
        nameof(KnownResourceStates.Stopping) => ResourceCommandState.Disabled,
        _ => ResourceCommandState.Hidden,
    };

    private static ResourceCommandState WhenRunning(UpdateCommandStateContext context) =>
        State(context) == nameof(KnownResourceStates.Running) ? ResourceCommandState.Enabled : ResourceCommandState.Disabled;

    private static string? State(UpdateCommandStateContext context) => context.ResourceSnapshot.State?.Text;
}

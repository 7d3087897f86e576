using Microsoft.Extensions.Logging;

namespace Aspire.Hosting.ApplicationModel;

/// <summary>Executes the commands of resources, those of <see cref="KnownResourceCommands"/> and those that <c>WithCommand</c> added.</summary>
public class ResourceCommandService
{
    private readonly ResourceNotificationService _notifications;
    private readonly ResourceLoggerService _logs;
    private readonly IServiceProvider _services;

    internal ResourceCommandService(ResourceNotificationService notifications, ResourceLoggerService logs, IServiceProvider services)
    {
        _notifications = notifications;
        _logs = logs;
        _services = services;
    }

    public Task<ExecuteCommandResult> ExecuteCommandAsync(
        IResource resource, string commandName, CancellationToken cancellationToken = default) =>
        ExecuteCommandAsync(resource?.Name!, commandName, cancellationToken);

    /// <param name="resourceId">The id of one instance, or the name of a resource: then all its instances.</param>
    /// <param name="commandName">The command's name, not what is displayed.</param>
    /// <param name="cancellationToken">Ends the wait for the command, not the command's effect.</param>
    public async Task<ExecuteCommandResult> ExecuteCommandAsync(
        string resourceId, string commandName, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(resourceId);
        ArgumentException.ThrowIfNullOrEmpty(commandName);

        var instances = _notifications.CurrentStates(resourceId);

        if (instances.Count == 0)
            return CommandResults.Failure($"Resource '{resourceId}' not found.");

        var results = await Task.WhenAll(instances.Select(instance => ExecuteAsync(instance, commandName, cancellationToken)));

        return Array.Find(results, result => !result.Success) ?? results[0];
    }

    private async Task<ExecuteCommandResult> ExecuteAsync(ResourceEvent instance, string commandName, CancellationToken cancellationToken)
    {
        var command = instance.Resource.Annotations.OfType<ResourceCommandAnnotation>().FirstOrDefault(
            command => string.Equals(command.Name, commandName, StringComparison.OrdinalIgnoreCase));

        if (command is null)
            return CommandResults.Failure($"Command '{commandName}' not available for resource '{instance.Resource.Name}'.");

        var logger = _logs.GetLogger(instance.ResourceId);

        try
        {
            Log.ExecutingCommand(logger, command.Name);
            var result = await command.ExecuteCommand(new ExecuteCommandContext
            {
                Services = _services,
                ResourceName = instance.ResourceId,
                CancellationToken = cancellationToken,
                Logger = logger,
            });
            var outcome = Describe(result);
            Log.ExecutedCommand(logger, command.Name, outcome);
            return result;
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            return CommandResults.Canceled();
        }
        catch (Exception failure)
        {
            Log.CommandFailed(logger, failure, command.Name);
            return CommandResults.Failure(failure.Message);
        }
    }

    private static string Describe(ExecuteCommandResult result)
    {
        var outcome = result.Success ? "succeeded" : result.Canceled ? "was cancelled" : "failed";

        return string.IsNullOrEmpty(result.Message) ? $"{outcome}." : $"{outcome}: {result.Message}";
    }
}

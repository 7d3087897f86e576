using Microsoft.Extensions.Logging;

namespace Aspire.Hosting;

internal static partial class Log
{
    [LoggerMessage(EventId = 0, Level = LogLevel.Information, Message = "Distributed application starting.")]
    public static partial void Starting(ILogger logger);

    [LoggerMessage(EventId = 0, Level = LogLevel.Information, Message = "Application host directory is: {Directory}")]
    public static partial void HostDirectory(ILogger logger, string directory);

    [LoggerMessage(EventId = 0, Level = LogLevel.Information, Message = "Distributed application started. Press Ctrl+C to shut down.")]
    public static partial void Started(ILogger logger);

    [LoggerMessage(EventId = 0, Level = LogLevel.Information, Message = "Now listening on: {DashboardUrl}")]
    public static partial void DashboardListening(ILogger logger, string dashboardUrl);

    [LoggerMessage(EventId = 0, Level = LogLevel.Information, Message = "Login to the dashboard at {DashboardLoginUrl}")]
    public static partial void DashboardLogin(ILogger logger, string dashboardLoginUrl);

    [LoggerMessage(EventId = 0, Level = LogLevel.Warning, Message = "There is no dashboard: {Path} is missing. ./run sets it up; everything else works without it.")]
    public static partial void DashboardMissing(ILogger logger, string path);

    [LoggerMessage(EventId = 0, Level = LogLevel.Error, Message = "Resource {ResourceId} failed to start: {Reason}")]
    public static partial void FailedToStart(ILogger logger, string resourceId, string reason);

    [LoggerMessage(EventId = 0, Level = LogLevel.Error, Message = "Resource {ResourceId} exited with code {ExitCode}. Its last lines:\n{LastLines}")]
    public static partial void Exited(ILogger logger, string resourceId, int exitCode, string lastLines);

    [LoggerMessage(EventId = 0, Level = LogLevel.Error, Message = "What was to happen once resource {ResourceId} is ready failed.")]
    public static partial void ReadyHandlerFailed(ILogger logger, Exception exception, string resourceId);

    [LoggerMessage(EventId = 0, Level = LogLevel.Information, Message = "Executing command '{Command}'.")]
    public static partial void ExecutingCommand(ILogger logger, string command);

    [LoggerMessage(EventId = 0, Level = LogLevel.Information, Message = "Command '{Command}' {Outcome}")]
    public static partial void ExecutedCommand(ILogger logger, string command, string outcome);

    [LoggerMessage(EventId = 0, Level = LogLevel.Error, Message = "Command '{Command}' failed.")]
    public static partial void CommandFailed(ILogger logger, Exception exception, string command);

    [LoggerMessage(EventId = 0, Level = LogLevel.Debug, Message = "Resource {ResourceId} changed from {Previous} to {Current}.")]
    public static partial void StateChanged(ILogger logger, string resourceId, string? previous, string? current);

    [LoggerMessage(EventId = 0, Level = LogLevel.Information, Message = "{LineNumber}: {Line}")]
    public static partial void ResourceLine(ILogger logger, int lineNumber, string line);
}

using System.ComponentModel;
using System.Diagnostics;
using System.Reflection;
using System.Text.Json;

namespace TaskPlatform.AppHost.Containers;

/// <summary>Finds out whether containers can run here. Having the docker client means nothing: its daemon must answer.</summary>
internal static class ContainerEngine
{
    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(10);

    /// <summary>True when publishing, where the model matters and nothing is started, and where an engine answers.</summary>
    public static bool IsFor(IDistributedApplicationBuilder builder) => builder.ExecutionContext.IsPublishMode || Answers();

    private static bool Answers()
    {
        var orchestrator = typeof(ContainerEngine).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>()
            .FirstOrDefault(attribute => attribute.Key == "dcpclipath")?.Value;

        // Without Aspire's own orchestrator nothing could start a container, whatever engine there is.
        return orchestrator is not null && Ask(orchestrator) is { } answer && IsRunning(answer);
    }

    private static string? Ask(string orchestrator)
    {
        try
        {
            var start = new ProcessStartInfo(orchestrator, ["info"]) { RedirectStandardOutput = true, RedirectStandardError = true };
            using var process = Process.Start(start)!;
            var output = process.StandardOutput.ReadToEndAsync();
            process.ErrorDataReceived += (_, _) => { };
            process.BeginErrorReadLine();

            if (process.WaitForExit(Timeout) && process.ExitCode == 0)
                return output.GetAwaiter().GetResult();

            process.Kill(entireProcessTree: true);
            return null;
        }
        catch (Win32Exception)
        {
            return null;
        }
    }

    private static bool IsRunning(string answer)
    {
        try
        {
            using var info = JsonDocument.Parse(answer);

            return info.RootElement.TryGetProperty("containers", out var containers)
                && containers.TryGetProperty("running", out var running)
                && running.ValueKind == JsonValueKind.True;
        }
        catch (JsonException)
        {
            return false;
        }
    }
}

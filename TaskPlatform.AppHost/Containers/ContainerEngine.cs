using System.ComponentModel;
using System.Diagnostics;
using System.Reflection;
using System.Text.Json;

namespace TaskPlatform.AppHost.Containers;

/// <summary>Detects whether a container engine is available. A docker client alone isn't enough: its daemon must respond.</summary>
internal static class ContainerEngine
{
    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(10);

    /// <summary>True in publish mode, where only the model matters and nothing is started, and if an engine responds.</summary>
    public static bool IsAvailable(IDistributedApplicationBuilder builder) => builder.ExecutionContext.IsPublishMode || Responds();

    private static bool Responds()
    {
        var orchestrator = typeof(ContainerEngine).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>()
            .FirstOrDefault(attribute => attribute.Key == "dcpclipath")?.Value;

        // Without Aspire's orchestrator (DCP) no container can be started.
        return orchestrator is not null && GetInfo(orchestrator) is { } info && IsRunning(info);
    }

    private static string? GetInfo(string orchestrator)
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

    private static bool IsRunning(string output)
    {
        try
        {
            using var info = JsonDocument.Parse(output);

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

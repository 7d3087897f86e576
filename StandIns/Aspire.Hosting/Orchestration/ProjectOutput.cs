using System.Reflection;
using Aspire.Hosting.ApplicationModel;

namespace Aspire.Hosting.Orchestration;

/// <summary>The command that starts a project: its built output, on the runtime that runs the AppHost.</summary>
internal static class ProjectOutput
{
    private static readonly string DotNet = Path.GetFullPath(
        Path.Combine(Path.GetDirectoryName(typeof(object).Assembly.Location)!, "..", "..", "..", "dotnet"));

    /// <exception cref="DistributedApplicationException">The project isn't built.</exception>
    public static (string Command, string[] Args, string WorkingDirectory) CommandOf(ProjectResource project, Assembly? appHost)
    {
        var path = project.GetProjectMetadata().ProjectPath;
        var folder = Path.GetDirectoryName(path)!;
        var configuration = AppHostMetadata.Read(appHost, "apphostconfiguration") ?? "Debug";
        var assembly = Path.Combine(
            folder, "bin", configuration, $"net{Environment.Version.Major}.0", Path.GetFileNameWithoutExtension(path) + ".dll");

        return File.Exists(assembly)
            ? (DotNet, ["exec", assembly], folder)
            : throw new DistributedApplicationException(
                $"Project '{project.Name}' isn't built: there is no {assembly}. Build the AppHost's project.");
    }
}

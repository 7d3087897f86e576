using System.Reflection;
using TaskPlatform.Auth;
using TaskPlatform.Notifications;
using TaskPlatform.Notifications.Worker;
using TaskPlatform.Tasks;

namespace TaskPlatform.EventBus.Benchmarks.Bus;

/// <summary>Runs a service of the platform in a separate process.</summary>
internal static class ServiceProcess
{
    public const string Command = "service";

    /// <summary>All services.</summary>
    public static readonly IReadOnlyDictionary<string, Type> Services = new Dictionary<string, Type>
    {
        ["auth"] = typeof(AuthService),
        ["tasks"] = typeof(TasksService),
        ["notifications"] = typeof(NotificationsService),
        ["notifications-worker"] = typeof(NotificationsWorker),
    };

    public static Worker Start(string service, IReadOnlyDictionary<string, string> settings)
        => Worker.Start([Command, service, .. settings.Select(setting => $"--{setting.Key}={setting.Value}")]);

    /// <summary>Runs the entry point of a service.</summary>
    public static int Run(string service, string[] settings)
    {
        var program = Assembly.GetAssembly(Services[service])!;

        // By its own name it finds its static assets.
        string[] arguments = [.. settings, $"--applicationName={program.GetName().Name}"];
        return program.EntryPoint!.Invoke(null, [arguments]) is int code ? code : 0;
    }
}

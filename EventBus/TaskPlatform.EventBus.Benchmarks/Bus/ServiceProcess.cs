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
        var main = Assembly.GetAssembly(Services[service])!.EntryPoint!;
        return main.Invoke(null, [settings]) is int code ? code : 0;
    }
}

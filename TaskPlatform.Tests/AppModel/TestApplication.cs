using Aspire.Hosting;
using Aspire.Hosting.ApplicationModel;
using Aspire.Hosting.Testing;
using Microsoft.Extensions.DependencyInjection;

namespace TaskPlatform.Tests.AppModel;

/// <summary>An application of a few shell commands, started; everything in it ends with the test.</summary>
internal sealed class TestApplication : IAsyncDisposable
{
    /// <summary>Long enough for a slow machine; nothing here takes more than a moment.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly IDistributedApplicationTestingBuilder _builder;
    private readonly DistributedApplication _application;
    private readonly CancellationTokenSource _limit = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);

    private TestApplication(IDistributedApplicationTestingBuilder builder, DistributedApplication application)
    {
        _builder = builder;
        _application = application;
        _limit.CancelAfter(Patience);
    }

    public CancellationToken Limit => _limit.Token;

    public DistributedApplication App => _application;

    public bool HasDashboard => Model.Resources.Any(resource => resource.Name == "aspire-dashboard");

    public ResourceNotificationService Notifications => _application.ResourceNotifications;

    public ResourceCommandService Commands => _application.ResourceCommands;

    private DistributedApplicationModel Model => _application.Services.GetRequiredService<DistributedApplicationModel>();

    /// <param name="compose">Adds what there is to be.</param>
    /// <param name="hasDashboard">Whether there is a dashboard too, the AppHost's.</param>
    public static async Task<TestApplication> StartAsync(Action<IDistributedApplicationBuilder> compose, bool hasDashboard = false)
    {
        var builder = DistributedApplicationTestingBuilder.Create(["--Logging:LogLevel:Default=None"], (options, _) =>
        {
            options.DisableDashboard = !hasDashboard;
            options.AssemblyName = hasDashboard ? typeof(Projects.TaskPlatform_AppHost).Assembly.GetName().Name : options.AssemblyName;
        });
        compose(builder);
        var application = new TestApplication(builder, await builder.BuildAsync(TestContext.Current.CancellationToken));
        await application._application.StartAsync(application.Limit);

        return application;
    }

    public IResource Resource(string name) => Model.Resources.Single(resource => resource.Name == name);

    /// <summary>Returns once the resource has written that line.</summary>
    public async Task WaitForLineAsync(string resourceName, string text)
    {
        var logs = _application.Services.GetRequiredService<ResourceLoggerService>();
        await foreach (var lines in logs.WatchAsync(resourceName).WithCancellation(Limit))
            if (lines.Any(line => line.Content == text))
                return;
    }

    public Uri GetEndpoint(string resourceName, string endpointName) => _application.GetEndpoint(resourceName, endpointName);

    public async ValueTask DisposeAsync()
    {
        await _application.DisposeAsync();
        await _builder.DisposeAsync();
        _limit.Dispose();
    }
}

internal static class ShellCommandExtensions
{
    public static IResourceBuilder<ExecutableResource> AddShell(this IDistributedApplicationBuilder builder, string name, string script) =>
        builder.AddExecutable(name, "/bin/sh", "/", "-c", script);
}

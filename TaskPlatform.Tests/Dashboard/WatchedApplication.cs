using Aspire.Hosting;
using Aspire.Hosting.ApplicationModel;
using TaskPlatform.Tests.AppModel;

namespace TaskPlatform.Tests.Dashboard;

/// <summary>A few processes, and a dashboard that shows them.</summary>
public sealed class WatchedApplication : IAsyncLifetime
{
    private TestApplication? application;

    internal TestApplication Application => application!;

    public async ValueTask InitializeAsync()
    {
        application = await TestApplication.StartAsync(
            builder =>
            {
                builder.AddShell("talker", "echo one; echo two >&2; exec sleep 600")
                    .WithHttpEndpoint(name: "web")
                    .WithUrlForEndpoint("web", _ => new ResourceUrlAnnotation { Url = "/page", DisplayText = "A page" })
                    .WithCommand("greet", "Greet", _ => Task.FromResult(CommandResults.Success("Hello")), new CommandOptions { ConfirmationMessage = "Really?" })
                    .WithCommand("break", "Break", _ => throw new InvalidOperationException("It broke."));
                builder.AddShell("sleeper", "exec sleep 600");
                builder.AddShell("changing", "exec sleep 600");
            },
            hasDashboard: true);
    }

    public async ValueTask DisposeAsync()
    {
        if (application is not null)
            await application.DisposeAsync();
    }

    internal Task<ResourceServiceClient> ClientAsync(string? key = null)
    {
        Assert.SkipUnless(Application.HasDashboard, "The dashboard could not be set up on this machine; ./test says why.");
        return ResourceServiceClient.OfAsync(Application.App, key);
    }
}

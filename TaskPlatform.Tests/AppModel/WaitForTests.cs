using System.Globalization;
using Aspire.Hosting;
using Aspire.Hosting.ApplicationModel;

namespace TaskPlatform.Tests.AppModel;

public sealed class WaitForTests
{
    [Fact]
    public async Task A_dependency_that_exits_fails_who_waits_for_it()
    {
        await using var application = await TestApplication.StartAsync(builder =>
        {
            var broken = builder.AddShell("broken", "sleep 0.1; exit 3");
            var database = builder.AddShell("database", "exec sleep 600").WaitForCompletion(broken);
            builder.AddShell("service", "exec sleep 600").WaitFor(database);
        });

        await Assert.ThrowsAnyAsync<DistributedApplicationException>(
            () => application.Notifications.WaitForResourceHealthyAsync("service", application.Limit));
    }

    [Fact]
    public async Task The_failure_names_the_resource_and_quotes_what_it_wrote_last()
    {
        Feed.SkipUnlessCurated("the official message has no output in it");
        await using var application = await TestApplication.StartAsync(builder =>
        {
            var broken = builder.AddShell("broken", "echo the disk is full >&2; exit 3");
            builder.AddShell("service", "exec sleep 600").WaitForCompletion(broken);
        });

        var failure = await Assert.ThrowsAsync<DistributedApplicationException>(
            () => application.Notifications.WaitForResourceHealthyAsync("service", application.Limit));

        Assert.Contains("Resource 'service' failed to start", failure.Message, StringComparison.Ordinal);
        Assert.Contains("Resource 'broken' exited with code 3", failure.Message, StringComparison.Ordinal);
        Assert.Contains("the disk is full", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_process_that_was_killed_stays_dead_until_it_is_started_again()
    {
        await using var application = await TestApplication.StartAsync(builder => builder.AddShell("worker", "sleep 600; true"));
        var first = await ProcessIdAsync(application);

        using (var process = System.Diagnostics.Process.GetProcessById(first))
            process.Kill(entireProcessTree: true);

        await application.Notifications.WaitForResourceAsync("worker", KnownResourceStates.TerminalStates, application.Limit);
        var started = await application.Commands.ExecuteCommandAsync("worker", KnownResourceCommands.StartCommand, application.Limit);

        Assert.True(started.Success, started.Message);
        Assert.NotEqual(first, await ProcessIdAsync(application));
    }

    private static async Task<int> ProcessIdAsync(TestApplication application)
    {
        var running = await application.Notifications.WaitForResourceHealthyAsync("worker", application.Limit);
        var property = running.Snapshot.Properties.Single(property => property.Name == "executable.pid");

        return Convert.ToInt32(property.Value, CultureInfo.InvariantCulture);
    }
}

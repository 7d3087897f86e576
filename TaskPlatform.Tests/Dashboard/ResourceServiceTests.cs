using System.Globalization;
using Aspire.Hosting.ApplicationModel;
using Aspire.Hosting.Dashboard.ResourceService.Messages;
using TaskPlatform.Tests.AppModel;

namespace TaskPlatform.Tests.Dashboard;

/// <summary>What the dashboard is told of an application, and what it can do with it.</summary>
public sealed class ResourceServiceTests(WatchedApplication watched) : IClassFixture<WatchedApplication>
{
    private const string Watch = "WatchResources";
    private const string Execute = "ExecuteResourceCommand";

    [Fact]
    public async Task It_is_told_of_every_resource_with_its_links_commands_and_processes()
    {
        using var client = await watched.ClientAsync();

        var talker = await StateAsync(client, "talker", resource => resource.State == "Running");

        Assert.Equal("Executable", talker.ResourceType);
        var port = watched.Application.GetEndpoint("talker", "web").Port;
        Assert.Contains(talker.Links, link => link is { IsInactive: false, Display.Text: "A page" } && link.Url == $"http://localhost:{port}/page");
        Assert.Contains(talker.Commands, command => command is { Name: "greet", DisplayName: "Greet", Confirmation: "Really?" });
        Assert.Contains(talker.Commands, command => command is { Name: "stop", State: CommandState.Enabled });
        Assert.Contains(talker.Properties, property => property.Name == "executable.pid" && property.Value.NumberValue > 0);
    }

    [Fact]
    public async Task It_stops_and_starts_a_resource_and_is_told_of_each_change()
    {
        using var client = await watched.ClientAsync();
        var sleeper = await StateAsync(client, "sleeper", resource => resource.State == "Running");
        var states = new List<string>();

        await foreach (var resource in ChangesAsync(client, "sleeper"))
        {
            if (states.LastOrDefault() != resource.State)
                states.Add(resource.State);
            if (states is ["Running"])
                Assert.Equal(Outcome.Succeeded, (await ExecuteAsync(client, sleeper.Name, "stop")).Outcome);
            if (states is [.., "Finished"])
                Assert.Equal(Outcome.Succeeded, (await ExecuteAsync(client, sleeper.Name, "start")).Outcome);
            if (states is [_, .., "Running"])
                break;
        }

        Assert.Contains("Finished", states);
    }

    [Fact]
    public async Task It_is_told_what_a_resource_writes()
    {
        using var client = await watched.ClientAsync();
        var talker = await StateAsync(client, "talker", _ => true);
        var lines = new List<ConsoleLine>();

        await foreach (var answer in client.WatchAsync("WatchResourceConsoleLogs", new ConsoleQuestion { ResourceName = talker.Name }, ConsoleAnswer.Parser))
        {
            lines.AddRange(answer.Lines);
            if (lines.Exists(line => line.Text.EndsWith("one", StringComparison.Ordinal)) && lines.Exists(line => line.Text.EndsWith("two", StringComparison.Ordinal)))
                break;
        }

        Assert.False(lines.Single(line => line.Text.EndsWith("one", StringComparison.Ordinal)).IsError);
        Assert.True(lines.Single(line => line.Text.EndsWith("two", StringComparison.Ordinal)).IsError);
    }

    [Theory]
    [InlineData("greet", (int)Outcome.Succeeded, "Hello")]
    [InlineData("break", (int)Outcome.Failed, "It broke.")]
    [InlineData("fly", (int)Outcome.Failed, "Command 'fly' not available for resource 'talker'.")]
    public async Task It_executes_commands_and_is_told_how_they_ended(string command, int outcome, string message)
    {
        using var client = await watched.ClientAsync();
        var talker = await StateAsync(client, "talker", _ => true);

        var answer = await ExecuteAsync(client, talker.Name, command);

        Assert.Equal(((Outcome)outcome, message), (answer.Outcome, answer.Message));
    }

    [Fact]
    public async Task Nobody_is_answered_without_the_key()
    {
        using var stranger = await watched.ClientAsync(key: "guessed");

        Assert.Equal("16", await stranger.StatusAsync("GetApplicationInformation", new ApplicationQuestion()));
    }

    [Fact]
    public async Task A_watcher_that_does_not_read_keeps_nobody_waiting_and_learns_the_latest()
    {
        Feed.SkipUnlessCurated("the official service sends each change");
        const int changes = 50_000;
        using var client = await watched.ClientAsync();
        var changing = watched.Application.Resource("changing");
        var id = (await StateAsync(client, "changing", resource => resource.State == "Running")).Name;
        var told = 0;

        await foreach (var resource in ChangesAsync(client, "changing"))
        {
            // The first answer is read; meanwhile nothing else is.
            if (told++ == 0)
                for (var i = 1; i <= changes; i++)
                    await watched.Application.Notifications.PublishUpdateAsync(changing, id, snapshot => snapshot with
                    {
                        Properties = [new ResourcePropertySnapshot("count", i.ToString(CultureInfo.InvariantCulture))],
                    });
            if (resource.Properties.Any(property => property.Name == "count" && property.Value.StringValue == changes.ToString(CultureInfo.InvariantCulture)))
                break;
        }

        Assert.InRange(told, 2, changes / 2);
    }

    private static async Task<ResourceState> StateAsync(ResourceServiceClient client, string name, Predicate<ResourceState> isMeant)
    {
        await foreach (var resource in ChangesAsync(client, name))
            if (isMeant(resource))
                return resource;

        throw new InvalidDataException($"The service said nothing of {name}.");
    }

    private static async IAsyncEnumerable<ResourceState> ChangesAsync(ResourceServiceClient client, string name)
    {
        await foreach (var answer in client.WatchAsync(Watch, new ResourcesQuestion(), ResourcesAnswer.Parser))
            foreach (var resource in answer.All?.Resources ?? answer.Changes.Changes.Select(change => change.Resource))
                if (resource.DisplayName == name)
                    yield return resource;
    }

    private static Task<CommandAnswer> ExecuteAsync(ResourceServiceClient client, string resource, string command)
        => client.AskAsync(Execute, new CommandQuestion { ResourceName = resource, CommandName = command }, CommandAnswer.Parser);
}

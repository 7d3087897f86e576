using Aspire.Hosting;
using Aspire.Hosting.ApplicationModel;

namespace TaskPlatform.Tests.AppModel;

public sealed class EndpointTests
{
    [Fact]
    public async Task Fixed_ports_become_random_ones_in_tests()
    {
        await using var application = await TestApplication.StartAsync(builder =>
            builder.AddShell("web", "exec sleep 600").WithHttpEndpoint(port: 8001));

        Assert.NotEqual(8001, application.GetEndpoint("web", "http").Port);
    }

    [Fact]
    public async Task A_process_learns_its_own_port_and_a_neighbours_address()
    {
        using var folder = new TemporaryFolder();
        var written = folder.PathOf("environment");

        await using var application = await TestApplication.StartAsync(builder =>
        {
            var server = builder.AddShell("server", "exec sleep 600").WithEndpoint(name: "tcp", env: "PORT");
            builder.AddShell("client", "echo $PORT $SERVER > \"$FILE.new\"; mv \"$FILE.new\" \"$FILE\"")
                .WithHttpEndpoint(env: "PORT")
                .WithEnvironment("SERVER", ReferenceExpression.Create($"tcp:{server.GetEndpoint("tcp").Property(EndpointProperty.HostAndPort)}"))
                .WithEnvironment("FILE", written);
        });

        await application.Notifications.WaitForResourceAsync("client", KnownResourceStates.TerminalStates, application.Limit);

        var words = (await File.ReadAllTextAsync(written, application.Limit)).Split();
        Assert.True(int.Parse(words[0], null) > 0);
        Assert.Equal($"tcp:{application.GetEndpoint("server", "tcp").Authority}", words[1]);
    }
}

namespace TaskPlatform.AppHost.Containers;

/// <summary>The servers as containers, on volumes that outlive them.</summary>
internal sealed class ContainerServers(IDistributedApplicationBuilder builder) : IDataServers
{
    public IResourceBuilder<IResourceWithConnectionString> AddRedis(string name, int port) => builder
        .AddRedis(name, port)
        .WithDataVolume()
        .WithArgs(AddDurability);

    public IPostgresServer AddPostgres(string name, int port) => new Server(builder.AddPostgres(name, port: port).WithDataVolume());

    /// <summary>The image runs its command line through a shell; where that line stands already, it has to be made longer.</summary>
    private static void AddDurability(CommandLineArgsCallbackContext context)
    {
        if (context.Args is ["-c", string line])
            context.Args[1] = $"{line} {string.Join(' ', RedisSettings.Durable)}";
        else
            foreach (var setting in RedisSettings.Durable)
                context.Args.Add(setting);
    }

    private sealed class Server(IResourceBuilder<PostgresServerResource> postgres) : IPostgresServer
    {
        public IResourceBuilder<IResourceWithConnectionString> AddDatabase(string name) => postgres.AddDatabase(name);
    }
}

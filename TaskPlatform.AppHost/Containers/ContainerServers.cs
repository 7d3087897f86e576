namespace TaskPlatform.AppHost.Containers;

/// <summary>Redis and Postgres as containers with persistent volumes.</summary>
internal sealed class ContainerServers(IDistributedApplicationBuilder builder) : IDataServers
{
    public IResourceBuilder<IResourceWithConnectionString> AddRedis(string name, int port) => builder
        .AddRedis(name, port)
        .WithDataVolume()
        .WithoutHttpsCertificate() // Gives the same connection string as a local server.
        .WithArgs(AddDurability);

    public IPostgresServer AddPostgres(string name, int port) => new Server(builder.AddPostgres(name, port: port).WithDataVolume());

    private static IEnumerable<string> Arguments => RedisSettings.Durable.SelectMany(setting => (string[])[$"--{setting.Name}", setting.Value]);

    /// <summary>In publish mode the command is a single shell line that must be extended; in run mode it is an argument list.</summary>
    private static void AddDurability(CommandLineArgsCallbackContext context)
    {
        if (context.Args is ["-c", string line])
            context.Args[1] = $"{line} {string.Join(' ', Arguments)}";
        else
            foreach (var argument in Arguments)
                context.Args.Add(argument);
    }

    private sealed class Server(IResourceBuilder<PostgresServerResource> postgres) : IPostgresServer
    {
        public IResourceBuilder<IResourceWithConnectionString> AddDatabase(string name) => postgres.AddDatabase(name);
    }
}

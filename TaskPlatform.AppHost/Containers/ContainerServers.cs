namespace TaskPlatform.AppHost.Containers;

/// <summary>The servers as containers, on volumes that outlive them.</summary>
internal sealed class ContainerServers(IDistributedApplicationBuilder builder) : IDataServers
{
    public IResourceBuilder<IResourceWithConnectionString> AddRedis(string name, int port) => builder
        .AddRedis(name, port)
        .WithDataVolume()
        .WithoutHttpsCertificate() // The same connection string as for the machine's own server.
        .WithArgs(AddDurability);

    public IPostgresServer AddPostgres(string name, int port) => new Server(builder.AddPostgres(name, port: port).WithDataVolume());

    private static IEnumerable<string> Arguments => RedisSettings.Durable.SelectMany(setting => (string[])[$"--{setting.Name}", setting.Value]);

    /// <summary>In publish mode the command is one line for a shell, which has to be extended; in run mode it is a list.</summary>
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

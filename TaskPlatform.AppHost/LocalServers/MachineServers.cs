using System.Runtime.Versioning;

namespace TaskPlatform.AppHost.LocalServers;

/// <summary>Runs the machine's <c>redis-server</c> and <c>postgres</c> as child processes with data folders of their own.</summary>
[UnsupportedOSPlatform("windows")]
internal sealed class MachineServers(IDistributedApplicationBuilder builder) : IDataServers
{
    private readonly DataFolder _data = new(builder);

    public IResourceBuilder<IResourceWithConnectionString> AddRedis(string name, int port) => LocalRedis.AddTo(builder, name, port, _data);

    public IPostgresServer AddPostgres(string name, int port) => new Server(LocalPostgres.AddTo(builder, name, port, _data));

    private sealed class Server(IResourceBuilder<LocalPostgres> postgres) : IPostgresServer
    {
        public IResourceBuilder<IResourceWithConnectionString> AddDatabase(string name) => LocalPostgresDatabase.AddTo(postgres, name);
    }
}

namespace TaskPlatform.AppHost;

/// <summary>Provides Redis and Postgres. The connection strings are the same for containers and local processes.</summary>
internal interface IDataServers
{
    IResourceBuilder<IResourceWithConnectionString> AddRedis(string name, int port);

    IPostgresServer AddPostgres(string name, int port);
}

internal interface IPostgresServer
{
    IResourceBuilder<IResourceWithConnectionString> AddDatabase(string name);
}

namespace TaskPlatform.AppHost;

/// <summary>Redis and Postgres, with the same connection strings however they run.</summary>
internal interface IDataServers
{
    IResourceBuilder<IResourceWithConnectionString> AddRedis(string name, int port);

    IPostgresServer AddPostgres(string name, int port);
}

internal interface IPostgresServer
{
    IResourceBuilder<IResourceWithConnectionString> AddDatabase(string name);
}

using System.Runtime.Versioning;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Npgsql;

namespace TaskPlatform.AppHost.LocalServers;

/// <summary>A database on the local server, created when the server becomes ready.</summary>
[UnsupportedOSPlatform("windows")]
internal sealed class LocalPostgresDatabase(string name, LocalPostgres server)
    : Resource(name), IResourceWithParent<LocalPostgres>, IResourceWithConnectionString
{
    public LocalPostgres Parent { get; } = server;

    public ReferenceExpression ConnectionStringExpression => ReferenceExpression.Create(
        $"{Parent.ConnectionStringExpression};Database={Name}");

    public static IResourceBuilder<LocalPostgresDatabase> AddTo(IResourceBuilder<LocalPostgres> server, string name)
    {
        var builder = server.ApplicationBuilder;
        var database = new LocalPostgresDatabase(name, server.Resource);
        var check = $"{name}_exists";

        server.OnResourceReady((_, _, cancellationToken) => database.CreateAsync(cancellationToken));
        builder.Services.AddHealthChecks().Add(new HealthCheckRegistration(
            check, _ => new PostgresQuery(server.Resource, $"SELECT FROM pg_database WHERE datname = '{name}'"), null, null));

        return builder.AddResource(database)
            .WithIconName("Database")
            .WithHealthCheck(check)
            .WithInitialState(new CustomResourceSnapshot
            {
                ResourceType = "PostgresDatabase",
                State = KnownResourceStates.NotStarted,
                Properties = [],
            })
            .OnInitializeResource((_, start, cancellationToken) => database.FollowServerAsync(start.Notifications, cancellationToken));
    }

    /// <summary>Copies the server's state to the database. Aspire does this only if the server is a container.</summary>
    private async Task FollowServerAsync(ResourceNotificationService notifications, CancellationToken cancellationToken)
    {
        await foreach (var change in notifications.WatchAsync(cancellationToken))
            if (change.Resource == Parent)
                await notifications.PublishUpdateAsync(this, database => database with
                {
                    State = change.Snapshot.State,
                    StartTimeStamp = change.Snapshot.StartTimeStamp,
                    StopTimeStamp = change.Snapshot.StopTimeStamp,
                });
    }

    private async Task CreateAsync(CancellationToken cancellationToken)
    {
        await using var connection = await PostgresQuery.OpenAsync(Parent, cancellationToken);
        await using var create = new NpgsqlCommand($"CREATE DATABASE \"{Name}\"", connection);

        try
        {
            await create.ExecuteNonQueryAsync(cancellationToken);
        }
        catch (PostgresException failure) when (failure.SqlState == PostgresErrorCodes.DuplicateDatabase)
        {
            // An earlier run created it.
        }
    }
}

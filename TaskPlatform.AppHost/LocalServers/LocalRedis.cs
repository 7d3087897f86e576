using System.Runtime.Versioning;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace TaskPlatform.AppHost.LocalServers;

/// <summary>A <c>redis-server</c> of this application alone: own port, own password, own append-only file.</summary>
[UnsupportedOSPlatform("windows")]
internal sealed class LocalRedis(string name, string command, ParameterResource password)
    : ExecutableResource(name, command, "/"), IResourceWithConnectionString
{
    private const string Program = "redis-server";
    private const string EndpointName = "tcp";

    public EndpointReference Endpoint => new(this, EndpointName);

    public ParameterResource Password { get; } = password;

    public ReferenceExpression ConnectionStringExpression => ReferenceExpression.Create(
        $"{Endpoint.Property(EndpointProperty.HostAndPort)},password={Password}");

    public static IResourceBuilder<LocalRedis> AddTo(IDistributedApplicationBuilder builder, string name, int port, DataFolder data)
    {
        var programs = ServerBinary.FolderOf(Program);
        var password = builder.AddParameter($"{name}-password", () => data.PasswordOf(name), secret: true);
        var redis = new LocalRedis(name, Path.Combine(programs ?? "", Program), password.Resource);
        var settings = Path.Combine(data.Of(name), "redis.conf");
        var check = $"{name}_ping";

        ServerBinary.Require(builder, programs, Program, "redis-server");
        builder.Services.AddHealthChecks().Add(new HealthCheckRegistration(check, _ => new RedisPing(redis), null, null));

        return builder.AddResource(redis)
            .WithIconName("DatabaseLightning")
            .WithEndpoint(port: port, name: EndpointName)
            .WithArgs(context =>
            {
                context.Args.Add(settings);
                context.Args.Add("--port");
                context.Args.Add(redis.Endpoint.Property(EndpointProperty.TargetPort));

                foreach (var setting in RedisSettings.Durable)
                    context.Args.Add(setting);
            })
            .WithHealthCheck(check)
            .OnBeforeResourceStarted((_, _, _) =>
            {
                // In a file, because everybody can read another process's command line.
                DataFolder.WritePrivate(settings, $"requirepass {data.PasswordOf(name)}\ndir \"{data.Of(name)}\"\nbind 127.0.0.1 -::1\n");
                return Task.CompletedTask;
            });
    }
}

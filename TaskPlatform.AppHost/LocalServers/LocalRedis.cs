using System.Globalization;
using System.Runtime.Versioning;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace TaskPlatform.AppHost.LocalServers;

/// <summary>A <c>redis-server</c> process with its own port, password and append-only file.</summary>
[UnsupportedOSPlatform("windows")]
internal sealed class LocalRedis(string name, string folder, ParameterResource password)
    : ExecutableResource(name, Path.Combine(folder, Script), folder), IResourceWithConnectionString
{
    private const string Program = "redis-server";
    private const string Script = "redis.sh";

    // Without a umask Redis creates world-readable files.
    private const string ScriptText = "#!/bin/sh\numask 077\nexec \"$@\"\n";
    private const string SettingsFile = "redis.conf";
    private const string EndpointName = "tcp";

    public EndpointReference Endpoint => new(this, EndpointName);

    public ParameterResource Password { get; } = password;

    public ReferenceExpression ConnectionStringExpression => ReferenceExpression.Create(
        $"{Endpoint.Property(EndpointProperty.HostAndPort)},password={Password}");

    public static IResourceBuilder<LocalRedis> AddTo(IDistributedApplicationBuilder builder, string name, int port, DataFolder data)
    {
        var programs = ServerBinary.FolderOf(builder, Program);
        var password = builder.AddParameter($"{name}-password", () => data.PasswordOf(name), secret: true);
        var redis = new LocalRedis(name, data.Of(name), password.Resource);
        var check = $"{name}_ping";

        ServerBinary.Require(builder, programs, Program, "redis-server");
        builder.Services.AddHealthChecks().Add(new HealthCheckRegistration(check, _ => new RedisPing(redis), null, null));

        return builder.AddResource(redis)
            .WithIconName("DatabaseLightning")
            .WithServerEndpoint(EndpointName, port)
            .WithArgs(Path.Combine(programs ?? "", Program), SettingsFile)
            .WithHealthCheck(check)
            .OnBeforeResourceStarted(async (_, _, cancellationToken) =>
            {
                data.ProtectAll(name);
                DataFolder.WritePrivate(redis.Command, ScriptText, isExecutable: true);
                DataFolder.WritePrivate(Path.Combine(redis.WorkingDirectory, SettingsFile), await redis.SettingsAsync(cancellationToken));
            });
    }

    /// <summary>The settings are passed in a file, because every user of the machine can read command lines.</summary>
    private async Task<string> SettingsAsync(CancellationToken cancellationToken) => string.Join(
        '\n',
        [
            string.Create(CultureInfo.InvariantCulture, $"port {Endpoint.Port}"),
            "bind 127.0.0.1 -::1",
            $"requirepass {await Password.GetValueAsync(cancellationToken)}",
            $"dir \"{WorkingDirectory}\"",
            .. RedisSettings.Durable.Select(setting => $"{setting.Name} {setting.Value}"),
            "",
        ]);
}

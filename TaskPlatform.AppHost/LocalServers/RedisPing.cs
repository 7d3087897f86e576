using System.Net.Sockets;
using System.Runtime.Versioning;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace TaskPlatform.AppHost.LocalServers;

/// <summary>Authenticates and sends PING. A server that is still loading its data replies with an error.</summary>
[UnsupportedOSPlatform("windows")]
internal sealed class RedisPing(LocalRedis redis) : IHealthCheck
{
    public async Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        try
        {
            using var client = new TcpClient();
            await client.ConnectAsync(redis.Endpoint.Host, redis.Endpoint.Port, cancellationToken);
            await using var stream = client.GetStream();
            await using var writer = new StreamWriter(stream) { NewLine = "\r\n" };
            using var reader = new StreamReader(stream);

            await writer.WriteLineAsync($"AUTH {await redis.Password.GetValueAsync(cancellationToken)}");
            await writer.WriteLineAsync("PING");
            await writer.FlushAsync(cancellationToken);
            var login = await reader.ReadLineAsync(cancellationToken);
            var pong = await reader.ReadLineAsync(cancellationToken);

            return pong == "+PONG" ? HealthCheckResult.Healthy() : HealthCheckResult.Unhealthy($"Redis replied {login}, {pong}.");
        }
        catch (Exception failure) when (failure is SocketException or IOException)
        {
            return HealthCheckResult.Unhealthy($"Redis doesn't respond: {failure.Message}", failure);
        }
    }
}

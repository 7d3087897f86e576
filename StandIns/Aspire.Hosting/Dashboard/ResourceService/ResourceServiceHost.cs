using System.Net;
using System.Security.Cryptography;
using System.Text;
using Aspire.Hosting.ApplicationModel;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace Aspire.Hosting.Dashboard.ResourceService;

/// <summary>
/// Answers the dashboard's Resources and Console pages: gRPC over HTTP/2 without TLS, on a loopback port of its own, for
/// whoever knows this run's key.
/// </summary>
internal sealed class ResourceServiceHost : IAsyncDisposable
{
    private const string KeyHeader = "x-resource-service-api-key";
    private const string ServicePath = "/aspire.v1.DashboardService";

    private readonly WebApplication _web;
    private readonly DashboardCalls _calls;

    public ResourceServiceHost(
        ResourceNotificationService notifications,
        ResourceLoggerService logs,
        ResourceCommandService commands,
        IConfiguration configuration,
        IHostEnvironment environment)
    {
        Key = configuration[AppHostSecrets.ResourceServiceApiKey]!;
        _calls = new DashboardCalls(notifications, logs, commands, environment.ApplicationName.Replace(".AppHost", "", StringComparison.Ordinal));

        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel =>
        {
            kestrel.Listen(IPAddress.Loopback, 0, endpoint => endpoint.Protocols = HttpProtocols.Http2);
            kestrel.Limits.MinRequestBodyDataRate = null; // A watcher may have nothing to say for hours.
        });
        builder.Services.Configure<HostOptions>(options => options.ShutdownTimeout = TimeSpan.FromSeconds(1));

        _web = builder.Build();
        _web.Run(HandleAsync);
    }

    /// <summary>What the dashboard has to send along.</summary>
    public string Key { get; }

    public string Url => _web.Urls.Single();

    public Task StartAsync(CancellationToken cancellationToken) => _web.StartAsync(cancellationToken);

    public async ValueTask DisposeAsync() => await _web.DisposeAsync();

    private async Task HandleAsync(HttpContext http)
    {
        using var end = CancellationTokenSource.CreateLinkedTokenSource(http.RequestAborted, _web.Lifetime.ApplicationStopping);
        var call = http.Request.Path.StartsWithSegments(ServicePath, out var name) ? _calls.Find(name.Value?.TrimStart('/')) : null;

        http.Response.ContentType = "application/grpc";
        var status = !IsAllowed(http.Request) ? GrpcStatus.Unauthenticated
            : call is null ? GrpcStatus.Unimplemented
            : await TryAsync(() => call(http, end.Token), end.Token);
        http.Response.AppendTrailer("grpc-status", status.ToString("D"));
    }

    private static async Task<GrpcStatus> TryAsync(Func<Task> call, CancellationToken cancellationToken)
    {
        try
        {
            await call();
            return GrpcStatus.Ok;
        }
        catch (Exception failure) when (failure is InvalidDataException or Google.Protobuf.InvalidProtocolBufferException)
        {
            return GrpcStatus.InvalidArgument;
        }
        catch (Exception end) when (end is OperationCanceledException or IOException && cancellationToken.IsCancellationRequested)
        {
            return GrpcStatus.Cancelled;
        }
    }

    private bool IsAllowed(HttpRequest request) =>
        CryptographicOperations.FixedTimeEquals(Encoding.UTF8.GetBytes(request.Headers[KeyHeader].ToString()), Encoding.UTF8.GetBytes(Key));

    private enum GrpcStatus
    {
        Ok = 0,
        Cancelled = 1,
        InvalidArgument = 3,
        Unimplemented = 12,
        Unauthenticated = 16,
    }
}

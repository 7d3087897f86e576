using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Mvc.Testing;
using Microsoft.AspNetCore.TestHost;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace TaskPlatform.Tests.Services;

/// <summary>A service as its Program builds it, in this process, with a real server on a free port.</summary>
internal sealed class ServiceFactory<TService> : WebApplicationFactory<TService>
    where TService : class
{
    private readonly IReadOnlyDictionary<string, string> settings;
    private readonly Action<IServiceCollection>? configure;

    public ServiceFactory(IReadOnlyDictionary<string, string> settings, Action<IServiceCollection>? configure = null)
    {
        this.settings = settings;
        this.configure = configure;
        UseKestrel(0);
    }

    public Uri Address => ClientOptions.BaseAddress;

    public static ServiceFactory<TService> Start(
        IReadOnlyDictionary<string, string> settings, Action<IServiceCollection>? configure = null)
    {
        var service = new ServiceFactory<TService>(settings, configure);
        service.StartServer();
        return service;
    }

    protected override void ConfigureWebHost(IWebHostBuilder builder)
    {
        foreach (var (key, value) in settings)
            builder.UseSetting(key, value);
        builder.ConfigureLogging(logging => logging.ClearProviders());
        if (configure is not null)
            builder.ConfigureTestServices(configure);
    }
}

using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.HttpOverrides;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using TaskPlatform.ServiceDefaults;
using TaskPlatform.ServiceDefaults.Start;

namespace TaskPlatform.Tests.Services;

/// <summary>From which senders a service accepts the client's address and scheme.</summary>
public sealed class ForwardedClientsTests
{
    [Fact]
    public async Task Forwarded_headers_are_ignored_by_default_even_if_the_framework_enables_them()
    {
        await using var app = Build("--ForwardedHeaders_Enabled=true");

        Assert.Equal(ForwardedHeaders.None, OptionsOf(app).ForwardedHeaders);
    }

    [Fact]
    public async Task Forwarded_headers_are_accepted_from_the_configured_addresses_and_networks()
    {
        await using var app = Build("--Http:KnownProxies:0=10.1.0.0/16", "--Http:KnownProxies:1=::1", "--Http:KnownProxies:2=192.0.2.7", "--Http:KnownProxies:3=");

        var options = OptionsOf(app);
        Assert.Equal(["10.1.0.0/16", "192.0.2.7/32", "::1/128"], options.KnownIPNetworks.Select(network => network.ToString()).Order(StringComparer.Ordinal));
        Assert.Empty(options.KnownProxies);
        Assert.Equal(ForwardedHeaders.XForwardedFor | ForwardedHeaders.XForwardedProto, options.ForwardedHeaders);
    }

    [Theory]
    [InlineData("Http:KnownProxies:0", "proxy.example.org")]
    [InlineData("Http:KnownProxies:5", "10.1")]
    [InlineData("Http:KnownProxies:0", "10.1.2.3/16")]
    [InlineData("Http:KnownProxies:0", "10.1/16")]
    [InlineData("Http:KnownProxies", "10.1.2.3, 10.1.2.4")]
    public async Task A_malformed_address_fails_the_start_and_its_key_is_reported(string key, string value)
    {
        await using var app = Build($"--{key}={value}");

        var failure = Assert.Throws<StartupException>(() => app.Services.GetRequiredService<IStartupValidator>().Validate());
        Assert.StartsWith($"{key} in the configuration", failure.Message, StringComparison.Ordinal);
    }

    private static WebApplication Build(params string[] settings)
    {
        var builder = WebApplication.CreateBuilder(settings);
        builder.AddServiceDefaults();
        return builder.Build();
    }

    private static ForwardedHeadersOptions OptionsOf(WebApplication app) => app.Services.GetRequiredService<IOptions<ForwardedHeadersOptions>>().Value;
}

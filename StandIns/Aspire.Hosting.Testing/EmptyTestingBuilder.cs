using Microsoft.Extensions.Hosting;

namespace Aspire.Hosting.Testing;

internal sealed class EmptyTestingBuilder(DistributedApplicationBuilder builder) : DelegatingTestingBuilder(builder)
{
    public static EmptyTestingBuilder Create(
        string[] args, Action<DistributedApplicationOptions, HostApplicationBuilderSettings> configureBuilder)
    {
        AppHostInterception.Current = new Settings(args, configureBuilder);

        try
        {
            return new EmptyTestingBuilder(new DistributedApplicationBuilder(new DistributedApplicationOptions()));
        }
        finally
        {
            AppHostInterception.Current = null;
        }
    }

    protected override Task<DistributedApplication> BuildCoreAsync(DistributedApplicationBuilder builder, CancellationToken cancellationToken) =>
        Task.FromResult(builder.Build());

    private sealed class Settings(
        string[] args, Action<DistributedApplicationOptions, HostApplicationBuilderSettings> configureBuilder) : AppHostInterception
    {
        public override void Constructing(DistributedApplicationOptions options, HostApplicationBuilderSettings settings) =>
            TestSettings.Apply(args, options, settings, appHost: null, configureBuilder);

        public override void Constructed(DistributedApplicationBuilder builder)
        {
        }

        public override void Building(DistributedApplicationBuilder builder)
        {
        }

        public override void Built(DistributedApplication application)
        {
        }
    }
}

namespace Aspire.Hosting.Testing;

/// <summary>The builder of an AppHost whose entry point has come as far as <c>Build()</c> and waits there.</summary>
public interface IDistributedApplicationTestingBuilder : IDistributedApplicationBuilder, IAsyncDisposable, IDisposable
{
    Task<DistributedApplication> BuildAsync(CancellationToken cancellationToken = default);
}

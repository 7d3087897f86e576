using System.Reflection;
using Microsoft.Extensions.Hosting;

namespace Aspire.Hosting.Testing;

/// <summary>
/// Runs an AppHost's entry point on a thread of its own. It is held in <c>Build()</c> until the test asks for the
/// application, and then in <c>Run()</c> until the test disposes of it.
/// </summary>
internal sealed class EntryPointRun(
    Assembly appHost,
    string[] args,
    Action<DistributedApplicationOptions, HostApplicationBuilderSettings> configureBuilder) : AppHostInterception
{
    private readonly TaskCompletionSource<DistributedApplicationBuilder> _atBuild = NewSource<DistributedApplicationBuilder>();
    private readonly TaskCompletionSource<bool> _mayBuild = NewSource<bool>();
    private readonly TaskCompletionSource<DistributedApplication> _built = NewSource<DistributedApplication>();
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public static async Task<IDistributedApplicationTestingBuilder> StartAsync(
        Assembly appHost,
        string[] args,
        Action<DistributedApplicationOptions, HostApplicationBuilderSettings> configureBuilder,
        CancellationToken cancellationToken)
    {
        var run = new EntryPointRun(appHost, args, configureBuilder);
        new Thread(run.Run) { IsBackground = true, Name = $"{appHost.GetName().Name} entry point" }.Start();

        return new Builder(run, await run._atBuild.Task.WaitAsync(cancellationToken));
    }

    public override void Constructing(DistributedApplicationOptions options, HostApplicationBuilderSettings settings) =>
        TestSettings.Apply(args, options, settings, appHost, configureBuilder);

    public override void Constructed(DistributedApplicationBuilder builder)
    {
    }

    public override void Building(DistributedApplicationBuilder builder)
    {
        _atBuild.TrySetResult(builder);

        if (!_mayBuild.Task.GetAwaiter().GetResult())
            throw new OperationCanceledException("The test never built the application.");
    }

    public override void Built(DistributedApplication application) => _built.TrySetResult(application);

    private void Run()
    {
        Exception? failure = null;
        Current = this;

        try
        {
            var entryPoint = appHost.EntryPoint ?? throw new InvalidOperationException($"{appHost.GetName().Name} has no entry point.");
            var result = entryPoint.Invoke(null, entryPoint.GetParameters().Length == 0 ? null : [args]);

            if (result is Task task)
                task.GetAwaiter().GetResult();
        }
        catch (TargetInvocationException invocation)
        {
            failure = invocation.InnerException;
        }
        catch (InvalidOperationException withoutEntryPoint)
        {
            failure = withoutEntryPoint;
        }

        failure ??= new InvalidOperationException($"The entry point of {appHost.GetName().Name} returned without building an application.");
        _atBuild.TrySetException(failure);
        _built.TrySetException(failure);
        _ended.TrySetResult();
    }

    private static TaskCompletionSource<T> NewSource<T>() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    private sealed class Builder(EntryPointRun run, DistributedApplicationBuilder builder) : DelegatingTestingBuilder(builder)
    {
        protected override Task<DistributedApplication> BuildCoreAsync(
            DistributedApplicationBuilder builder, CancellationToken cancellationToken)
        {
            run._mayBuild.TrySetResult(true);

            return run._built.Task.WaitAsync(cancellationToken);
        }

        public override async ValueTask DisposeAsync()
        {
            run._mayBuild.TrySetResult(false);
            await base.DisposeAsync();
            await run._ended.Task;
        }
    }
}

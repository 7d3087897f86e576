namespace TaskPlatform.EventBus;

/// <summary>A bus of the application.</summary>
internal sealed record RegisteredBus(EventBusBuilder Bus)
{
    public string? Name => Bus.Name;

    public IServiceProvider PartsOf(IServiceProvider application) => Bus.PartsOf(application);
}

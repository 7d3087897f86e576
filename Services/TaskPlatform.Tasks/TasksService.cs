namespace TaskPlatform.Tasks;

/// <summary>Marker type for this service's assembly, because every service has a Program.</summary>
public sealed class TasksService;

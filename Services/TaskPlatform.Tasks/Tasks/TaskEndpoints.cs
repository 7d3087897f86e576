using TaskPlatform.ServiceDefaults.Data;
using TaskPlatform.Tasks.Data;

namespace TaskPlatform.Tasks.Tasks;

internal static class TaskEndpoints
{
    public static void MapTaskEndpoints(this IEndpointRouteBuilder app)
    {
        var tasks = app.MapGroup("/api/tasks").RequireAuthorization().AddEndpointFilter<RouteGroupBuilder, ConflictRetry<TasksDb>>().WithTags("Tasks");

        CreateTask.Map(tasks);
        ListTasks.Map(tasks);
        GetTask.Map(tasks);
        UpdateTask.Map(tasks);
        DeleteTask.Map(tasks);
        AssignTask.Map(tasks);
        CompleteTask.Map(tasks);
        GetTaskHistory.Map(tasks);
    }
}

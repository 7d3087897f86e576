using System.Net;
using System.Text.Json;

namespace TaskPlatform.Tests.Services;

[Collection(ServicesTests.Name)]
public sealed class DocumentTests(RunningServices services)
{
    [Theory]
    [InlineData("auth", 7)]
    [InlineData("tasks", 8)]
    [InlineData("notifications", 5)]
    public async Task Every_operation_and_its_error_responses_are_described(string service, int operations)
    {
        using var client = services.At(service);

        var answer = await client.GetAsync("/openapi/v1.json");

        Assert.Equal(HttpStatusCode.OK, answer.Status);
        var described = answer.Json.GetProperty("paths").EnumerateObject()
            .SelectMany(path => path.Value.EnumerateObject(), (path, operation) => (Path: path.Name, operation.Value))
            .ToList();
        Assert.True(described.Count >= operations, $"{described.Count} operations");
        Assert.Equal("http", answer.Json.GetProperty("components").GetProperty("securitySchemes").GetProperty("bearer").GetProperty("type").GetString());
        foreach (var (path, operation) in described)
        {
            Assert.NotEmpty(operation.GetProperty("operationId").GetString()!);
            Assert.NotEmpty(operation.GetProperty("summary").GetString()!);
            var statuses = operation.GetProperty("responses").EnumerateObject().Select(response => response.Name).ToHashSet();
            Assert.Contains(statuses, status => status.StartsWith('2'));
            Assert.Contains("503", statuses);
            Assert.Equal(operation.TryGetProperty("security", out _), statuses.Contains("401") && !path.EndsWith("/login", StringComparison.Ordinal));
            if (operation.TryGetProperty("requestBody", out _))
                Assert.Superset(new HashSet<string> { "400", "413", "415" }, statuses);
        }
    }

    [Fact]
    public async Task Names_and_types_match_the_JSON_on_the_wire()
    {
        using var client = services.At("tasks");

        var schemas = (await client.GetAsync("/openapi/v1.json")).Json.GetProperty("components").GetProperty("schemas");

        var task = schemas.GetProperty("TaskView").GetProperty("properties");
        Assert.Equal("integer", task.GetProperty("task_id").GetProperty("type").GetString());
        Assert.Equal("date-time", task.GetProperty("created_at").GetProperty("format").GetString());
        Assert.Equal(
            ["description", "due_at", "title", "worker_ids"],
            schemas.GetProperty("CreateTaskRequest").GetProperty("properties").EnumerateObject().Select(member => member.Name).Order());
        Assert.Equal(JsonValueKind.Object, schemas.GetProperty("ProblemDetails").ValueKind);
    }
}

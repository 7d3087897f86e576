using System.Net.Http.Json;
using System.Text.Json;

namespace TaskPlatform.Tests.Graph;

/// <summary>HTTP as a client in any language would use it, without types of the services.</summary>
internal static class Http
{
    public static Task<HttpResponseMessage> PostJsonAsync(this HttpClient client, string path, object body)
        => client.PostAsJsonAsync(path, body, TestContext.Current.CancellationToken);

    /// <summary>Asserts the status and returns the JSON body.</summary>
    public static async Task<JsonElement> ReadAsync(this HttpResponseMessage answer, int status)
    {
        var body = await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
        Assert.True((int)answer.StatusCode == status, $"{answer.RequestMessage?.RequestUri} answered {(int)answer.StatusCode}, not {status}: {body}");
        return body.Length == 0 ? default : JsonElement.Parse(body);
    }
}

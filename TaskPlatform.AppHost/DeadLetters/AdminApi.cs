using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json;

namespace TaskPlatform.AppHost.DeadLetters;

/// <summary>The admin API of the Notifications service, used as the first admin. Every call signs in at Auth first.</summary>
internal sealed class AdminApi(
    IResourceBuilder<ProjectResource> auth,
    IResourceBuilder<ProjectResource> notifications,
    IResourceBuilder<ParameterResource> email,
    IResourceBuilder<ParameterResource> password)
{
    private static readonly JsonSerializerOptions Json = new() { PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower };

    /// <exception cref="HttpRequestException">A service didn't respond or refused the request; the message says which one and why.</exception>
    public async Task<HttpClient> SignInAsync(CancellationToken cancellationToken)
    {
        using var login = new HttpClient { BaseAddress = new Uri(auth.GetEndpoint("http").Url) };
        using var response = await login.PostAsJsonAsync(
            "/api/auth/login",
            new Login(
                await email.Resource.GetValueAsync(cancellationToken),
                await password.Resource.GetValueAsync(cancellationToken)),
            Json,
            cancellationToken);
        var session = await ReadAsync<Session>(response, cancellationToken);

        return new HttpClient
        {
            BaseAddress = new Uri(notifications.GetEndpoint("http").Url),
            DefaultRequestHeaders = { Authorization = new AuthenticationHeaderValue("Bearer", session.AccessToken) },
        };
    }

    /// <exception cref="HttpRequestException">The response is a problem; the message contains its detail or title.</exception>
    public static async Task<T> ReadAsync<T>(HttpResponseMessage response, CancellationToken cancellationToken)
    {
        if (response.IsSuccessStatusCode)
            return (await response.Content.ReadFromJsonAsync<T>(Json, cancellationToken))!;

        var body = await response.Content.ReadAsStringAsync(cancellationToken);
        var problem = response.Content.Headers.ContentType?.MediaType == "application/problem+json"
            ? JsonSerializer.Deserialize<Problem>(body, Json)
            : null;
        throw new HttpRequestException(
            $"{response.RequestMessage!.RequestUri} answered {(int)response.StatusCode}: {problem?.Detail ?? problem?.Title ?? response.ReasonPhrase}");
    }

    private sealed record Login(string? Email, string? Password);

    private sealed record Session(string AccessToken);

    private sealed record Problem(string? Title, string? Detail);
}

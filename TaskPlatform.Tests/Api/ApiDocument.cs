using System.Collections.Concurrent;
using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace TaskPlatform.Tests.Api;

/// <summary>A service's OpenAPI document, which checks whether a response is described.</summary>
internal sealed partial class ApiDocument
{
    private static readonly ConcurrentDictionary<Uri, Lazy<Task<ApiDocument>>> Fetched = new();

    private readonly JsonElement schemas;

    private ApiDocument(JsonElement document)
    {
        schemas = document.GetProperty("components").GetProperty("schemas");
        Operations = [.. document.GetProperty("paths").EnumerateObject().SelectMany(
            path => path.Value.EnumerateObject(),
            (path, operation) => new ApiOperation(operation.Name.ToUpperInvariant(), path.Name, PathPattern(path.Name, operation.Value), operation.Value))];
    }

    public IReadOnlyList<ApiOperation> Operations { get; }

    /// <summary>Gets the document of the service at an address.</summary>
    public static Task<ApiDocument> OfAsync(Uri address) => Fetched.GetOrAdd(new Uri(address, "/"), root => new(() => FetchAsync(root))).Value;

    /// <summary>Fails if the response isn't described. Paths without an operation, such as health probes, are ignored.</summary>
    public void Check(string method, string path, int status, string? mediaType, string body)
    {
        if (Find(method, path) is not { } operation)
            return;

        var request = $"{method} {path} answered {status}";
        Assert.True(operation.Responses.TryGetProperty(status.ToString(CultureInfo.InvariantCulture), out var response), $"{request}, which its document lacks.");
        if (!response.TryGetProperty("content", out var content))
        {
            Assert.True(body.Length == 0, $"{request} with a body, of which its document knows nothing: {body}");
            return;
        }

        Assert.True(content.TryGetProperty(mediaType ?? "", out var described), $"{request} as {mediaType}, not {content}");
        if (mediaType!.EndsWith("json", StringComparison.Ordinal))
        {
            var error = new JsonShape(schemas).Compare(described.GetProperty("schema"), JsonElement.Parse(body), "$");
            Assert.True(error is null, $"{request}: {error}\n{body}");
        }
    }

    /// <summary>Finds the operation for a request; an operation with the literal path takes precedence.</summary>
    public ApiOperation? Find(string method, string path)
    {
        var plain = path.Split('?')[0];
        plain = plain.Length > 1 ? plain.TrimEnd('/') : plain;
        return Operations.Where(operation => operation.Method == method && operation.Pattern.IsMatch(plain))
            .OrderBy(operation => operation.Path.Count(letter => letter == '{')).FirstOrDefault();
    }

    private static async Task<ApiDocument> FetchAsync(Uri root)
    {
        using var http = new HttpClient();
        return new ApiDocument(JsonElement.Parse(await http.GetStringAsync(new Uri(root, "/openapi/v1.json"))));
    }

    // The route constraint accepts only numbers; other values are answered with 404 before the operation runs.
    private static Regex PathPattern(string path, JsonElement operation)
    {
        var numbers = operation.TryGetProperty("parameters", out var parameters)
            ? parameters.EnumerateArray().Where(parameter => parameter.GetProperty("schema").TryGetProperty("format", out var format) && format.GetString() == "int64")
                .Select(parameter => parameter.GetProperty("name").GetString()).ToHashSet()
            : [];
        var plain = path.Length > 1 ? path.TrimEnd('/') : path;
        return new Regex($"^{Parameter().Replace(plain, name => numbers.Contains(name.Groups[1].Value) ? @"-?\d{1,18}" : "[^/]+")}$");
    }

    [GeneratedRegex(@"\{(\w+)\}")]
    private static partial Regex Parameter();
}

/// <summary>An operation: a route with a method.</summary>
internal sealed record ApiOperation(string Method, string Path, Regex Pattern, JsonElement Description)
{
    public JsonElement Responses => Description.GetProperty("responses");

    public bool HasBody => Description.TryGetProperty("requestBody", out _);

    public bool IsSecured => Description.TryGetProperty("security", out _);

    public override string ToString() => $"{Method} {Path}";
}

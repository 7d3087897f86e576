using System.Runtime.Versioning;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace TaskPlatform.AppHost.LocalServers;

/// <summary>
/// A <c>postgres</c> process with its own port, password and cluster. <c>postgres.sh</c> creates the cluster on the first run and drops root
/// privileges, because Postgres refuses to run as root.
/// </summary>
[UnsupportedOSPlatform("windows")]
internal sealed class LocalPostgres(string name, DataFolder data, ParameterResource password)
    : ExecutableResource(name, Path.Combine(data.Of(name), Script), "/"), IResourceWithConnectionString
{
    private const string EndpointName = "tcp";
    private const string Script = "postgres.sh";
    private const string SystemUser = "postgres";

    public EndpointReference Endpoint => new(this, EndpointName);

    public ParameterResource Password { get; } = password;

    /// <summary>The folder of the cluster and its password.</summary>
    public string Folder => data.Of(Name);

    /// <summary>The file that contains the cluster's password.</summary>
    public string PasswordFile => data.PasswordFileOf(Name);

    public ReferenceExpression ConnectionStringExpression => ReferenceExpression.Create(
        $"Host={Host};Port={Port};Username=postgres;Password={Password}");

    private EndpointReferenceExpression Host => Endpoint.Property(EndpointProperty.Host);

    private EndpointReferenceExpression Port => Endpoint.Property(EndpointProperty.Port);

    public static IResourceBuilder<LocalPostgres> AddTo(IDistributedApplicationBuilder builder, string name, int port, DataFolder data)
    {
        var programs = ServerBinary.FolderOf(builder, "postgres", "initdb");
        var password = builder.AddParameter($"{name}-password", () => data.PasswordOf(name), secret: true);
        var postgres = new LocalPostgres(name, data, password.Resource);
        var check = $"{name}_query";

        ServerBinary.Require(builder, programs, "postgres", "postgresql");
        builder.Services.AddHealthChecks().Add(new HealthCheckRegistration(check, _ => new PostgresQuery(postgres, "SELECT"), null, null));

        return builder.AddResource(postgres)
            .WithIconName("DatabaseMultiple")
            .WithServerEndpoint(EndpointName, port, variable: "PGPORT")
            .WithEnvironment("POSTGRES_BIN", programs)
            .WithEnvironment("POSTGRES_DATA", () => Environment.IsPrivilegedProcess
                ? data.ReachableBy(SystemUser, name)
                : Path.Combine(data.Protect(name), "data"))
            .WithEnvironment("POSTGRES_PASSWORD", password)
            .WithHealthCheck(check)
            .OnBeforeResourceStarted((_, _, _) =>
            {
                data.Create(name);
                DataFolder.WritePrivate(postgres.Command, ReadScript(), isExecutable: true);
                return Task.CompletedTask;
            });
    }

    private static string ReadScript()
    {
        using var resource = typeof(LocalPostgres).Assembly.GetManifestResourceStream(Script)!;
        using var reader = new StreamReader(resource);

        return reader.ReadToEnd();
    }
}

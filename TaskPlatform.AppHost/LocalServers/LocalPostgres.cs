using System.Runtime.Versioning;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace TaskPlatform.AppHost.LocalServers;

/// <summary>
/// A <c>postgres</c> of this application alone: own port, own password, own cluster. <c>postgres.sh</c> makes the cluster
/// the first time, and lets go of root, which Postgres refuses to run as.
/// </summary>
[UnsupportedOSPlatform("windows")]
internal sealed class LocalPostgres(string name, ParameterResource password)
    : ExecutableResource(name, "/bin/sh", "/"), IResourceWithConnectionString
{
    private const string EndpointName = "tcp";
    private const string SystemUser = "postgres";

    /// <summary>What root runs: it hands the folder to Postgres's user, and goes on as that user with the script it was given.</summary>
    private const string LetGoOfRoot =
        $"""
        install -d -m 0700 -o {SystemUser} -g {SystemUser} "$POSTGRES_DATA" &&
          exec setpriv --reuid={SystemUser} --regid={SystemUser} --init-groups /bin/sh -c "$0"
        """;

    public EndpointReference Endpoint => new(this, EndpointName);

    public ParameterResource Password { get; } = password;

    public ReferenceExpression ConnectionStringExpression => ReferenceExpression.Create(
        $"Host={Host};Port={Port};Username=postgres;Password={Password}");

    private EndpointReferenceExpression Host => Endpoint.Property(EndpointProperty.Host);

    private EndpointReferenceExpression Port => Endpoint.Property(EndpointProperty.Port);

    public static IResourceBuilder<LocalPostgres> AddTo(IDistributedApplicationBuilder builder, string name, int port, DataFolder data)
    {
        var programs = ServerBinary.FolderOf("postgres", "initdb");
        var password = builder.AddParameter($"{name}-password", () => data.PasswordOf(name), secret: true);
        var postgres = new LocalPostgres(name, password.Resource);
        var check = $"{name}_query";

        ServerBinary.Require(builder, programs, "postgres", "postgresql");
        builder.Services.AddHealthChecks().Add(new HealthCheckRegistration(check, _ => new PostgresQuery(postgres, "SELECT"), null, null));

        return builder.AddResource(postgres)
            .WithIconName("DatabaseMultiple")
            .WithEndpoint(port: port, name: EndpointName, env: "PGPORT")
            .WithArgs(Environment.IsPrivilegedProcess ? ["-c", LetGoOfRoot, Script()] : ["-c", Script()])
            .WithEnvironment("POSTGRES_BIN", programs)
            .WithEnvironment("POSTGRES_DATA", () => Environment.IsPrivilegedProcess
                ? data.ReachableBy(SystemUser, name)
                : Path.Combine(data.Of(name), "data"))
            .WithEnvironment("POSTGRES_PASSWORD", password)
            .WithHealthCheck(check);
    }

    private static string Script()
    {
        using var resource = typeof(LocalPostgres).Assembly.GetManifestResourceStream("postgres.sh")!;
        using var reader = new StreamReader(resource);

        return reader.ReadToEnd();
    }
}

using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Storage;
using Npgsql.EntityFrameworkCore.PostgreSQL;

namespace Aspire.Npgsql.EntityFrameworkCore.PostgreSQL;

/// <summary>Adds what the settings ask for to a context's own options, and refuses to overrule them.</summary>
internal static class Enrichment
{
    public static void Apply(DbContextOptionsBuilder options, NpgsqlEntityFrameworkCorePostgreSQLSettings settings, string contextName)
    {
        var own = options.Options.Extensions.OfType<RelationalOptionsExtension>().SingleOrDefault();

        options.UseNpgsql(npgsql =>
        {
            if (!settings.DisableRetry && !RetriesAlready(own, options.Options))
                npgsql.EnableRetryOnFailure();

            if (settings.CommandTimeout is { } seconds)
            {
                if (own?.CommandTimeout is { } ownSeconds && ownSeconds != seconds)
                    throw new InvalidOperationException(
                        $"Conflicting values for 'CommandTimeout' were found in {settings.GetType().Name} " +
                        $"and set in DbContextOptions<{contextName}>.");

                npgsql.CommandTimeout(seconds);
            }
        });
    }

    private static bool RetriesAlready(RelationalOptionsExtension? own, DbContextOptions options)
    {
#pragma warning disable EF1001 // The options name only a strategy's factory; it needs no more than the options to make one.
        var strategy = own?.ExecutionStrategyFactory?.Invoke(new ExecutionStrategyDependencies(null!, options, null!));
#pragma warning restore EF1001

        return strategy switch
        {
            null => false,
            NpgsqlRetryingExecutionStrategy => true,
            { RetriesOnFailure: false } when strategy.GetType().Assembly == typeof(NpgsqlRetryingExecutionStrategy).Assembly => false,
            _ => throw new InvalidOperationException(
                $"{nameof(NpgsqlEntityFrameworkCorePostgreSQLSettings)}." +
                $"{nameof(NpgsqlEntityFrameworkCorePostgreSQLSettings.DisableRetry)} " +
                "needs to be set when a custom Execution Strategy is configured."),
        };
    }
}

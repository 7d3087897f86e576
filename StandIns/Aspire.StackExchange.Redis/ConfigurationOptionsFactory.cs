using Microsoft.Extensions.Options;
using StackExchange.Redis;

namespace Aspire.StackExchange.Redis;

/// <summary>Starts the client's options from the connection string, so that whatever else configures them comes on top.</summary>
internal sealed class ConfigurationOptionsFactory(
    StackExchangeRedisSettings settings,
    IEnumerable<IConfigureOptions<ConfigurationOptions>> setups,
    IEnumerable<IPostConfigureOptions<ConfigurationOptions>> postConfigures,
    IEnumerable<IValidateOptions<ConfigurationOptions>> validations)
    : OptionsFactory<ConfigurationOptions>(setups, postConfigures, validations)
{
    // A server that is away is waited for, and the time limit is that of newer clients. The connection string comes later and wins.
    private const string Defaults = "abortConnect=false,syncTimeout=5000";

    protected override ConfigurationOptions CreateInstance(string name)
        => ConfigurationOptions.Parse($"{Defaults},{settings.ConnectionString}");
}

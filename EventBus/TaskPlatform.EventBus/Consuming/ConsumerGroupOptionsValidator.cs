using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Options;

namespace TaskPlatform.EventBus;

/// <summary>Validates a group's options and the names in their configuration section; each failure names its key.</summary>
/// <param name="optionsName">The name of the group's options; other options are skipped.</param>
/// <param name="path">The section that has a section for each group of the bus.</param>
/// <param name="group">The group.</param>
/// <param name="groups">All groups of the bus in this process.</param>
/// <param name="configuration">The application's configuration; null if it has none.</param>
internal sealed class ConsumerGroupOptionsValidator(
    string optionsName, string path, string group, IReadOnlyCollection<string> groups, IConfiguration? configuration) : IValidateOptions<ConsumerGroupOptions>
{
    private static readonly HashSet<string> Known =
        [.. typeof(ConsumerGroupOptions).GetProperties().Select(property => property.Name.ToUpperInvariant())];

    public ValidateOptionsResult Validate(string? name, ConsumerGroupOptions options)
    {
        if (name != optionsName)
            return ValidateOptionsResult.Skip;

        var failures = new List<string>();
        var invalid = new List<ValidationResult>();
        if (!Validator.TryValidateObject(options, new ValidationContext(options), invalid, validateAllProperties: true))
            failures.AddRange(invalid.Select(result => $"{path}:{group}:{result.MemberNames.First()}: {result.ErrorMessage}"));
        if (options.RetryDelays.Any(delay => delay < TimeSpan.Zero))
            failures.Add($"{path}:{group}:{nameof(options.RetryDelays)} has a negative delay.");
        if (configuration is not null)
            failures.AddRange(UnknownNames(configuration.GetSection(path)));
        return failures.Count == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(failures);
    }

    private IEnumerable<string> UnknownNames(IConfigurationSection section)
    {
        var options = section.GetSection(group).GetChildren()
            .Where(child => !Known.Contains(child.Key.ToUpperInvariant()))
            .Select(child => $"{child.Path} is not an option of a consumer group.");
        if (groups.First() != group)
            return options; // Unknown groups are reported once.

        return options.Concat(section.GetChildren()
            .Where(child => !groups.Contains(child.Key, StringComparer.OrdinalIgnoreCase))
            .Select(child => $"{child.Path} is not a consumer group of this process; there is {string.Join(", ", groups)}."));
    }
}

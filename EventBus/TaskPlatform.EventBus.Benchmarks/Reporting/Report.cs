using System.Text.Json;
using System.Text.Json.Serialization;

namespace TaskPlatform.EventBus.Benchmarks.Reporting;

/// <summary>The results of a run.</summary>
internal sealed record Report(Machine Machine, Effort Effort)
{
    private static readonly JsonSerializerOptions Json = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        WriteIndented = true,
        NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals,
        Converters = { new ShortNumbers() },
    };

    public List<ScenarioReport> Scenarios { get; init; } = [];

    public List<Growth> Growth { get; init; } = [];

    public async Task SaveAsync(string file)
        => await File.WriteAllTextAsync(file, JsonSerializer.Serialize(this, Json) + "\n");

    /// <summary>Rounds numbers, because further digits are not significant.</summary>
    private sealed class ShortNumbers : JsonConverter<double>
    {
        public override double Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) => reader.GetDouble();

        public override void Write(Utf8JsonWriter writer, double value, JsonSerializerOptions options)
        {
            if (double.IsFinite(value))
                writer.WriteNumberValue(Math.Round((decimal)value, Math.Abs(value) < 10 ? 3 : Math.Abs(value) < 1000 ? 1 : 0));
            else
                writer.WriteNullValue();
        }
    }
}

/// <summary>The results of a scenario.</summary>
internal sealed record ScenarioReport(
    string Name, string Title, string Unit, string Limit, string Goal, bool GoalReached, Round Median, IReadOnlyList<Round> Rounds)
{
    public static ScenarioReport Of(Scenario scenario, IReadOnlyList<Round> rounds)
    {
        var median = Round.Median(rounds);
        return new ScenarioReport(
            scenario.Name, scenario.Title, scenario.Unit, scenario.LimitTitle, scenario.Goal, scenario.IsReached(median), median, rounds);
    }
}

/// <summary>Throughput as a function of one parameter.</summary>
/// <param name="File">The chart's file name.</param>
/// <param name="Title">The chart's title.</param>
/// <param name="Axis">The label of the x axis.</param>
/// <param name="Lines">The lines of the chart.</param>
internal sealed record Growth(string File, string Title, string Axis, IReadOnlyList<GrowthLine> Lines);

/// <summary>Throughput of one scenario, in events per second.</summary>
internal sealed record GrowthLine(string Name, IReadOnlyList<GrowthPoint> Points);

/// <summary>A measurement, and its limit if there is one.</summary>
internal sealed record GrowthPoint(double At, double Rate, double? Limit);

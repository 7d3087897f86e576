using System.Diagnostics;
using System.Net;
using TaskPlatform.Auth;
using TaskPlatform.Tests.Services;

namespace TaskPlatform.Tests.Api;

/// <summary>The duration of a login doesn't reveal which addresses have an account. Uses the production settings for password hashing.</summary>
[Collection(ServicesTests.Name)]
public sealed class LoginTimingTests(RunningServices services)
{
    private const double Tolerance = 0.20;
    private const int PairsPerRound = 20;

    // Other load on the machine may slow down one login of a pair, so the test uses the median of the pairs' ratios; separate medians would
    // differ if half of all samples were slow. More pairs average out the noise, but not a difference in the service: without the dummy hash
    // for unknown addresses, the ratio is more than ten.
    private const int MaxPairs = 120;

    [Fact]
    public async Task A_login_takes_the_same_time_for_a_known_and_an_unknown_address()
    {
        await using var auth = ServiceFactory<AuthService>.Start(services.Settings);
        using var client = new ApiClient(auth.Address, auth.Address, auth.Address);
        var address = RunningServices.NewEmail();
        await client.RegisterAsync(address, "a-long-password", "Ann");

        var ratios = new List<double>();
        do
        {
            // Alternate which one goes first, so that changes over time affect both equally.
            for (var i = 0; i < PairsPerRound; i++)
            {
                var first = await TimeAsync(client, i % 2 == 0 ? address : RunningServices.NewEmail());
                var second = await TimeAsync(client, i % 2 == 0 ? RunningServices.NewEmail() : address);
                ratios.Add(i % 2 == 0 ? first / second : second / first);
            }
        }
        while (Math.Abs(Median(ratios) - 1) > Tolerance && ratios.Count < MaxPairs);

        var result = $"median of {ratios.Count} pairs: the known one takes {Median(ratios):0.00} of the time";
        TestContext.Current.TestOutputHelper?.WriteLine(result);
        Assert.True(Math.Abs(Median(ratios) - 1) <= Tolerance, result);
    }

    private static async Task<double> TimeAsync(ApiClient client, string email)
    {
        var start = Stopwatch.GetTimestamp();
        var answer = await client.PostAsync("/api/auth/login", new { Email = email, Password = "a-wrong-password" });
        Assert.Equal(HttpStatusCode.Unauthorized, answer.Status);
        return Stopwatch.GetElapsedTime(start).TotalMilliseconds;
    }

    private static double Median(List<double> values) => values.Order().ElementAt(values.Count / 2);
}

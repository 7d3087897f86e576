using System.Diagnostics;
using System.Net;
using TaskPlatform.Auth;
using TaskPlatform.Tests.Services;

namespace TaskPlatform.Tests.Api;

/// <summary>How long a login takes tells nobody which addresses have an account. With the hashes of production.</summary>
[Collection(ServicesTests.Name)]
public sealed class LoginTimingTests(RunningServices services)
{
    private const double Tolerance = 0.10;
    private const int PairsAtATime = 20;

    // Something else that runs on the machine can shift one median against the other by more than the tolerance. More samples
    // even that out, but never a difference in the service: without the check of nobody's password it is more than tenfold.
    private const int MaxPairs = 120;

    [Fact]
    public async Task A_known_and_an_unknown_address_take_the_same_time()
    {
        await using var auth = ServiceFactory<AuthService>.Start(services.Settings);
        using var client = new ApiClient(auth.Address, auth.Address, auth.Address);
        var address = RunningServices.NewEmail();
        await client.RegisterAsync(address, "a-long-password", "Ann");

        var (known, unknown) = (new List<double>(), new List<double>());
        double ratio;
        do
        {
            // They take turns, and in turns go first, so that what changes over time hits both alike.
            for (var i = 0; i < PairsAtATime; i++)
            {
                if (i % 2 == 0)
                    known.Add(await TimeAsync(client, address));
                unknown.Add(await TimeAsync(client, RunningServices.NewEmail()));
                if (i % 2 == 1)
                    known.Add(await TimeAsync(client, address));
            }

            ratio = Median(known) / Median(unknown);
        }
        while (Math.Abs(ratio - 1) > Tolerance && known.Count < MaxPairs);

        var result = $"median of {known.Count}: known {Median(known):0.0} ms, unknown {Median(unknown):0.0} ms";
        TestContext.Current.TestOutputHelper?.WriteLine(result);
        Assert.True(Math.Abs(ratio - 1) <= Tolerance, result);
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

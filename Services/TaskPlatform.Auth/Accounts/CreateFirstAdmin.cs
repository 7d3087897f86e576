using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;
using TaskPlatform.Auth.Data;
using TaskPlatform.Auth.Users;
using TaskPlatform.EventBus.PostgreSql;
using TaskPlatform.ServiceDefaults.Data;
using TaskPlatform.ServiceDefaults.Problems;
using TaskPlatform.ServiceDefaults.Start;
using TaskPlatform.ServiceDefaults.Tokens;

namespace TaskPlatform.Auth.Accounts;

/// <summary>
/// Creates the admin from the configuration if there is none; API requests can't remove the last one (<see cref="Admins"/>). Users can't make
/// the start fail: if the address already belongs to a user, the service starts without an admin and logs an error. That user is not promoted,
/// because anyone can register an address.
/// </summary>
internal sealed partial class CreateFirstAdmin(
    AuthDb db,
    PasswordHashing passwords,
    IOptions<AdminOptions> options,
    TimeProvider time,
    ILogger<CreateFirstAdmin> logger) : IStartupStep
{
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        await using var transaction = await db.Database.BeginTransactionAsync(cancellationToken);
        await db.LockAdminsAsync(cancellationToken);
        if (await db.Users.AnyAsync(user => user.Role == Role.Admin, cancellationToken))
            return;

        var (email, password) = Read(options.Value);
        var admin = Register.Create(email, "Administrator", Role.Admin, await passwords.HashAsync(password, cancellationToken), time.GetUtcNow());
        await db.Users.AddAsync(admin, cancellationToken);
        db.Publish(UserEvents.Created(admin), admin.Version, admin.UpdatedAt);
        try
        {
            await db.SaveChangesAsync(cancellationToken);
        }
        catch (DbUpdateException failure) when (DatabaseFailure.IsDuplicate(failure, User.UniqueEmail))
        {
            LogAddressTaken($"{AdminOptions.Section}:Email");
            return;
        }

        await transaction.CommitAsync(cancellationToken);
        LogCreated(admin.Id);
    }

    private static (string Email, string Password) Read(AdminOptions admin)
    {
        if (!UserRules.IsEmail(admin.Email))
            throw new StartupException($"There is no admin yet, and the setting {AdminOptions.Section}:Email is missing or not an e-mail address.");
        if (new FieldErrors().RequirePassword(admin.Password, admin.Email).First is { } error)
            throw new StartupException($"There is no admin yet, and the setting {AdminOptions.Section}:Password is invalid: {error}");
        return (admin.Email!, admin.Password!);
    }

    [LoggerMessage(LogLevel.Information, "The first admin is user {UserId}")]
    private partial void LogCreated(long userId);

    [LoggerMessage(LogLevel.Error, "There is no admin, and the address in the setting {Setting} belongs to another user. Set it to a free address and restart.")]
    private partial void LogAddressTaken(string setting);
}

using Microsoft.EntityFrameworkCore;
using TaskPlatform.EventBus.PostgreSql;
using TaskPlatform.ServiceDefaults.Data;

namespace TaskPlatform.Auth.Data;

internal sealed class AuthDb(DbContextOptions<AuthDb> options) : DbContext(options)
{
    // Ids are reserved in blocks: a user's id is known before the insert, so the user and its event are saved in one round trip.
    private const int IdBlockSize = 10;

    public DbSet<User> Users => Set<User>();

    public DbSet<SigningKey> SigningKeys => Set<SigningKey>();

    public DbSet<RevokedStamp> RevokedStamps => Set<RevokedStamp>();

    protected override void OnModelCreating(ModelBuilder modelBuilder)
    {
        modelBuilder.AddEventLog();
        modelBuilder.HasSequence("user_ids").IncrementsBy(IdBlockSize);
        modelBuilder.Entity<User>(user =>
        {
            user.ToTable("users");
            user.Property(e => e.Id).UseHiLo("user_ids");
            user.Property(e => e.Email).HasMaxLength(254);
            user.Property(e => e.EmailKey).HasMaxLength(254);
            user.Property(e => e.FullName).HasMaxLength(200);
            user.Property(e => e.Role).HasMaxLength(20);

            // A sign-out publishes no event and so doesn't change the version; the stamp detects two concurrent sign-outs.
            user.Property(e => e.SecurityStamp).HasMaxLength(32).IsConcurrencyToken();
            user.Property(e => e.Version).IsConcurrencyToken();
            user.HasIndex(e => e.EmailKey).IsUnique().HasDatabaseName(User.UniqueEmail);
        });
        modelBuilder.Entity<SigningKey>().ToTable("signing_keys");
        modelBuilder.Entity<RevokedStamp>(revoked =>
        {
            revoked.ToTable("revoked_stamps");
            revoked.Property(e => e.Id).UseIdentityAlwaysColumn();
            revoked.Property(e => e.Stamp).HasMaxLength(32);
            revoked.HasIndex(e => e.ExpiresAt).HasDatabaseName("ix_revoked_stamps_expires_at");
        });
        modelBuilder.UseSnakeCaseColumns();
    }
}

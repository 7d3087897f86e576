using Microsoft.EntityFrameworkCore;
using TaskPlatform.EventBus.PostgreSql;

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
            user.Property(e => e.Id).HasColumnName("id").UseHiLo("user_ids");
            user.Property(e => e.Email).HasColumnName("email").HasMaxLength(254);
            user.Property(e => e.EmailKey).HasColumnName("email_key").HasMaxLength(254);
            user.Property(e => e.FullName).HasColumnName("full_name").HasMaxLength(200);
            user.Property(e => e.Role).HasColumnName("role").HasMaxLength(20);
            user.Property(e => e.PasswordHash).HasColumnName("password_hash");

            // A sign-out publishes no event and so doesn't change the version; the stamp detects two concurrent sign-outs.
            user.Property(e => e.SecurityStamp).HasColumnName("security_stamp").HasMaxLength(32).IsConcurrencyToken();
            user.Property(e => e.CreatedAt).HasColumnName("created_at");
            user.Property(e => e.UpdatedAt).HasColumnName("updated_at");
            user.Property(e => e.Version).HasColumnName("version").IsConcurrencyToken();
            user.HasIndex(e => e.EmailKey).IsUnique().HasDatabaseName(User.UniqueEmail);
        });
        modelBuilder.Entity<SigningKey>(key =>
        {
            key.ToTable("signing_keys");
            key.Property(e => e.Id).HasColumnName("id");
            key.Property(e => e.PrivateKey).HasColumnName("private_key");
            key.Property(e => e.CreatedAt).HasColumnName("created_at");
            key.Property(e => e.SignsUntil).HasColumnName("signs_until");
            key.Property(e => e.PublishedUntil).HasColumnName("published_until");
        });
        modelBuilder.Entity<RevokedStamp>(revoked =>
        {
            revoked.ToTable("revoked_stamps");
            revoked.Property(e => e.Id).HasColumnName("id").UseIdentityAlwaysColumn();
            revoked.Property(e => e.Stamp).HasColumnName("stamp").HasMaxLength(32);
            revoked.Property(e => e.RevokedAt).HasColumnName("revoked_at");
            revoked.Property(e => e.ExpiresAt).HasColumnName("expires_at");
            revoked.HasIndex(e => e.ExpiresAt).HasDatabaseName("ix_revoked_stamps_expires_at");
        });
    }
}

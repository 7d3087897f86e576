using System;
using Microsoft.EntityFrameworkCore.Migrations;
using Npgsql.EntityFrameworkCore.PostgreSQL.Metadata;

#nullable disable

namespace TaskPlatform.Auth.Migrations
{
    /// <inheritdoc />
    public partial class RevokeTokens : Migration
    {
        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.AddColumn<string>(
                name: "security_stamp",
                table: "users",
                type: "character varying(32)",
                maxLength: 32,
                nullable: false,
                defaultValueSql: "replace(gen_random_uuid()::text, '-', '')");

            // By hand: each user of before has a random stamp of its own (above); from now on the service gives them.
            migrationBuilder.Sql("ALTER TABLE users ALTER COLUMN security_stamp DROP DEFAULT");

            migrationBuilder.CreateTable(
                name: "revoked_stamps",
                columns: table => new
                {
                    id = table.Column<long>(type: "bigint", nullable: false)
                        .Annotation("Npgsql:ValueGenerationStrategy", NpgsqlValueGenerationStrategy.IdentityAlwaysColumn),
                    stamp = table.Column<string>(type: "character varying(32)", maxLength: 32, nullable: false),
                    revoked_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false),
                    expires_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_revoked_stamps", x => x.id);
                });

            migrationBuilder.CreateIndex(
                name: "ix_revoked_stamps_expires_at",
                table: "revoked_stamps",
                column: "expires_at");
        }

        /// <inheritdoc />
        protected override void Down(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.DropTable(
                name: "revoked_stamps");

            migrationBuilder.DropColumn(
                name: "security_stamp",
                table: "users");
        }
    }
}

using System;
using System.Collections.Generic;
using Microsoft.EntityFrameworkCore.Migrations;
using Npgsql.EntityFrameworkCore.PostgreSQL.Metadata;

#nullable disable

namespace CcdBlazor.Domain.Data.Migrations
{
    /// <inheritdoc />
    public partial class Initial : Migration
    {
        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.AlterDatabase()
                .Annotation("Npgsql:PostgresExtension:pg_trgm", ",,");

            migrationBuilder.CreateTable(
                name: "api_keys",
                columns: table => new
                {
                    id = table.Column<Guid>(type: "uuid", nullable: false),
                    name = table.Column<string>(type: "character varying(60)", maxLength: 60, nullable: false),
                    scopes = table.Column<int>(type: "integer", nullable: false),
                    owner_id = table.Column<Guid>(type: "uuid", nullable: true),
                    owner_name = table.Column<string>(type: "character varying(50)", maxLength: 50, nullable: false),
                    created_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false),
                    secret_hash = table.Column<byte[]>(type: "bytea", nullable: false),
                    former_hash = table.Column<byte[]>(type: "bytea", nullable: true),
                    former_until = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true),
                    rotated_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true),
                    expires_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true),
                    revoked_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true),
                    revoked_by = table.Column<string>(type: "character varying(50)", maxLength: 50, nullable: true),
                    per_second = table.Column<int>(type: "integer", nullable: false),
                    per_minute = table.Column<int>(type: "integer", nullable: false),
                    concurrency = table.Column<int>(type: "integer", nullable: false),
                    xmin = table.Column<uint>(type: "xid", rowVersion: true, nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_api_keys", x => x.id);
                });

            migrationBuilder.CreateTable(
                name: "assignment_runs",
                columns: table => new
                {
                    id = table.Column<Guid>(type: "uuid", nullable: false),
                    ordinal = table.Column<int>(type: "integer", nullable: false)
                        .Annotation("Npgsql:ValueGenerationStrategy", NpgsqlValueGenerationStrategy.IdentityAlwaysColumn),
                    state = table.Column<string>(type: "character varying(16)", maxLength: 16, nullable: false),
                    busy = table.Column<short>(type: "smallint", nullable: true),
                    requested_by_id = table.Column<Guid>(type: "uuid", nullable: true),
                    requested_by_name = table.Column<string>(type: "text", nullable: false),
                    requested_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false),
                    department_ids = table.Column<Guid[]>(type: "uuid[]", nullable: true),
                    only_orphans = table.Column<bool>(type: "boolean", nullable: false),
                    rules = table.Column<string>(type: "jsonb", nullable: false),
                    progress = table.Column<short>(type: "smallint", nullable: false),
                    step = table.Column<string>(type: "text", nullable: false),
                    heartbeat_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true),
                    finished_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true),
                    figures = table.Column<string>(type: "jsonb", nullable: true),
                    failure = table.Column<string>(type: "text", nullable: true),
                    approved_by_id = table.Column<Guid>(type: "uuid", nullable: true),
                    approved_by_name = table.Column<string>(type: "text", nullable: true),
                    approved_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true),
                    note = table.Column<string>(type: "character varying(500)", maxLength: 500, nullable: true),
                    ended_by_name = table.Column<string>(type: "text", nullable: true),
                    ended_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true),
                    xmin = table.Column<uint>(type: "xid", rowVersion: true, nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_assignment_runs", x => x.id);
                });

            migrationBuilder.CreateTable(
                name: "audit_entries",
                columns: table => new
                {
                    seq = table.Column<long>(type: "bigint", nullable: false)
                        .Annotation("Npgsql:ValueGenerationStrategy", NpgsqlValueGenerationStrategy.IdentityAlwaysColumn),
                    txid = table.Column<ulong>(type: "xid8", nullable: false, defaultValueSql: "pg_current_xact_id()"),
                    at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false),
                    actor_kind = table.Column<string>(type: "text", nullable: false),
                    actor_id = table.Column<Guid>(type: "uuid", nullable: true),
                    actor_name = table.Column<string>(type: "text", nullable: false),
                    from_address = table.Column<string>(type: "text", nullable: true),
                    action = table.Column<string>(type: "text", nullable: false),
                    subject_type = table.Column<string>(type: "text", nullable: false),
                    subject_id = table.Column<Guid>(type: "uuid", nullable: true),
                    customer_id = table.Column<Guid>(type: "uuid", nullable: true),
                    reason = table.Column<string>(type: "text", nullable: true),
                    before = table.Column<string>(type: "jsonb", nullable: true),
                    after = table.Column<string>(type: "jsonb", nullable: true)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_audit_entries", x => x.seq);
                });

            migrationBuilder.CreateTable(
                name: "audit_seals",
                columns: table => new
                {
                    position = table.Column<long>(type: "bigint", nullable: false),
                    txid = table.Column<ulong>(type: "xid8", nullable: false),
                    seq = table.Column<long>(type: "bigint", nullable: false),
                    hash = table.Column<byte[]>(type: "bytea", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_audit_seals", x => x.position);
                });

            migrationBuilder.CreateTable(
                name: "channel_accounts",
                columns: table => new
                {
                    id = table.Column<Guid>(type: "uuid", nullable: false),
                    number = table.Column<int>(type: "integer", nullable: false)
                        .Annotation("Npgsql:ValueGenerationStrategy", NpgsqlValueGenerationStrategy.IdentityAlwaysColumn),
                    kind = table.Column<string>(type: "character varying(40)", maxLength: 40, nullable: false),
                    channel = table.Column<short>(type: "smallint", nullable: false),
                    name = table.Column<string>(type: "character varying(60)", maxLength: 60, nullable: false),
                    base_address = table.Column<string>(type: "character varying(300)", maxLength: 300, nullable: false),
                    values = table.Column<string>(type: "jsonb", nullable: false),
                    secrets_cipher = table.Column<string>(type: "text", nullable: true),
                    enabled = table.Column<bool>(type: "boolean", nullable: false),
                    bound_only = table.Column<bool>(type: "boolean", nullable: false),
                    weight = table.Column<int>(type: "integer", nullable: false),
                    limits = table.Column<string>(type: "jsonb", nullable: false),
                    recipient_limits = table.Column<string>(type: "jsonb", nullable: false),
                    price_milli = table.Column<int>(type: "integer", nullable: false),
                    rests_until = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true),
                    rest_reason = table.Column<string>(type: "text", nullable: true),
                    last_probe_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true),
                    last_probe_fault = table.Column<string>(type: "text", nullable: true),
                    created_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false),
                    deleted_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true),
                    xmin = table.Column<uint>(type: "xid", rowVersion: true, nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_channel_accounts", x => x.id);
                    table.UniqueConstraint("ak_channel_accounts_number", x => x.number);
                });

            migrationBuilder.CreateTable(
                name: "customer_accounts",
                columns: table => new
                {
                    id = table.Column<Guid>(type: "uuid", nullable: false),
                    mobile = table.Column<string>(type: "character varying(11)", maxLength: 11, nullable: false),
                    email = table.Column<string>(type: "character varying(254)", maxLength: 254, nullable: true),
                    opened_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false),
                    opened_by_id = table.Column<Guid>(type: "uuid", nullable: true),
                    opened_by_name = table.Column<string>(type: "character varying(50)", maxLength: 50, nullable: false),
                    invited_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false),
                    last_sign_in_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true),
                    closed_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true),
                    closed_by_name = table.Column<string>(type: "character varying(50)", maxLength: 50, nullable: true),
                    xmin = table.Column<uint>(type: "xid", rowVersion: true, nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_customer_accounts", x => x.id);
                });

            migrationBuilder.CreateTable(
                name: "customer_number_counters",
                columns: table => new
                {
                    day = table.Column<DateOnly>(type: "date", nullable: false),
                    last = table.Column<int>(type: "integer", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_customer_number_counters", x => x.day);
                });

            migrationBuilder.CreateTable(
                name: "figure_deltas",
                columns: table => new
                {
                    id = table.Column<long>(type: "bigint", nullable: false)
                        .Annotation("Npgsql:ValueGenerationStrategy", NpgsqlValueGenerationStrategy.IdentityByDefaultColumn),
                    kind = table.Column<short>(type: "smallint", nullable: false),
                    day = table.Column<DateOnly>(type: "date", nullable: false),
                    owner_id = table.Column<Guid>(type: "uuid", nullable: false),
                    department_id = table.Column<Guid>(type: "uuid", nullable: false),
                    n = table.Column<long>(type: "bigint", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_figure_deltas", x => x.id);
                });

            migrationBuilder.CreateTable(
                name: "figures",
                columns: table => new
                {
                    day = table.Column<DateOnly>(type: "date", nullable: false),
                    kind = table.Column<short>(type: "smallint", nullable: false),
                    owner_id = table.Column<Guid>(type: "uuid", nullable: false),
                    department_id = table.Column<Guid>(type: "uuid", nullable: false),
                    n = table.Column<long>(type: "bigint", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_figures", x => new { x.day, x.kind, x.owner_id, x.department_id });
                });

            migrationBuilder.CreateTable(
                name: "job_runs",
                columns: table => new
                {
                    id = table.Column<Guid>(type: "uuid", nullable: false),
                    job = table.Column<string>(type: "text", nullable: false),
                    started_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false),
                    finished_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true),
                    outcome = table.Column<string>(type: "text", nullable: false),
                    text = table.Column<string>(type: "character varying(500)", maxLength: 500, nullable: true),
                    node = table.Column<string>(type: "text", nullable: false),
                    triggered_by = table.Column<Guid>(type: "uuid", nullable: true)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_job_runs", x => x.id);
                });

            migrationBuilder.CreateTable(
                name: "loan_products",
                columns: table => new
                {
                    id = table.Column<Guid>(type: "uuid", nullable: false),
                    code = table.Column<string>(type: "character varying(40)", maxLength: 40, nullable: false),
                    name = table.Column<string>(type: "character varying(60)", maxLength: 60, nullable: false),
                    description = table.Column<string>(type: "text", nullable: true),
                    active = table.Column<bool>(type: "boolean", nullable: false),
                    position = table.Column<int>(type: "integer", nullable: false),
                    current_version_id = table.Column<Guid>(type: "uuid", nullable: false),
                    current_version_number = table.Column<int>(type: "integer", nullable: false),
                    xmin = table.Column<uint>(type: "xid", rowVersion: true, nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_loan_products", x => x.id);
                });

            migrationBuilder.CreateTable(
                name: "message_access_tokens",
                columns: table => new
                {
                    account_id = table.Column<Guid>(type: "uuid", nullable: false),
                    cipher = table.Column<string>(type: "text", nullable: false),
                    issued_for = table.Column<string>(type: "text", nullable: false),
                    refresh_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false),
                    expires_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_message_access_tokens", x => x.account_id);
                });

            migrationBuilder.CreateTable(
                name: "message_batches",
                columns: table => new
                {
                    id = table.Column<Guid>(type: "uuid", nullable: false),
                    number = table.Column<string>(type: "character varying(20)", maxLength: 20, nullable: false),
                    name = table.Column<string>(type: "character varying(100)", maxLength: 100, nullable: false),
                    template_id = table.Column<Guid>(type: "uuid", nullable: false),
                    template_version = table.Column<int>(type: "integer", nullable: false),
                    channel = table.Column<short>(type: "smallint", nullable: false),
                    account = table.Column<int>(type: "integer", nullable: true),
                    priority = table.Column<short>(type: "smallint", nullable: false),
                    urgent = table.Column<bool>(type: "boolean", nullable: false),
                    state = table.Column<short>(type: "smallint", nullable: false),
                    total = table.Column<int>(type: "integer", nullable: false),
                    canary = table.Column<int>(type: "integer", nullable: false),
                    start_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true),
                    expires_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true),
                    created_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false),
                    started_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true),
                    finished_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true),
                    caller_id = table.Column<Guid>(type: "uuid", nullable: true),
                    caller_name = table.Column<string>(type: "text", nullable: false),
                    resend_of = table.Column<Guid>(type: "uuid", nullable: true),
                    xmin = table.Column<uint>(type: "xid", rowVersion: true, nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_message_batches", x => x.id);
                });

            migrationBuilder.CreateTable(
                name: "message_blocks",
                columns: table => new
                {
                    id = table.Column<Guid>(type: "uuid", nullable: false),
                    kind = table.Column<short>(type: "smallint", nullable: false),
                    recipient = table.Column<Guid>(type: "uuid", nullable: false),
                    channel = table.Column<short>(type: "smallint", nullable: true),
                    shown = table.Column<string>(type: "text", nullable: false),
                    reason = table.Column<string>(type: "character varying(300)", maxLength: 300, nullable: false),
                    by_name = table.Column<string>(type: "text", nullable: false),
                    at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_message_blocks", x => x.id);
                });

            migrationBuilder.CreateTable(
                name: "message_templates",
                columns: table => new
                {
                    id = table.Column<Guid>(type: "uuid", nullable: false),
                    code = table.Column<string>(type: "character varying(60)", maxLength: 60, nullable: false),
                    name = table.Column<string>(type: "character varying(60)", maxLength: 60, nullable: false),
                    category = table.Column<short>(type: "smallint", nullable: false),
                    state = table.Column<short>(type: "smallint", nullable: false),
                    active_version = table.Column<int>(type: "integer", nullable: true),
                    created_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false),
                    changed_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false),
                    deleted_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true),
                    xmin = table.Column<uint>(type: "xid", rowVersion: true, nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_message_templates", x => x.id);
                });

            migrationBuilder.CreateTable(
                name: "person_preferences",
                columns: table => new
                {
                    person = table.Column<Guid>(type: "uuid", nullable: false),
                    quiet_from = table.Column<TimeOnly>(type: "time without time zone", nullable: true),
                    quiet_until = table.Column<TimeOnly>(type: "time without time zone", nullable: true)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_person_preferences", x => x.person);
                });

            migrationBuilder.CreateTable(
                name: "protection_keys",
                columns: table => new
                {
                    id = table.Column<Guid>(type: "uuid", nullable: false),
                    name = table.Column<string>(type: "text", nullable: false),
                    cipher = table.Column<string>(type: "text", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_protection_keys", x => x.id);
                });

            migrationBuilder.CreateTable(
                name: "roles",
                columns: table => new
                {
                    id = table.Column<Guid>(type: "uuid", nullable: false),
                    name = table.Column<string>(type: "character varying(30)", maxLength: 30, nullable: false),
                    permissions = table.Column<string[]>(type: "text[]", nullable: false),
                    offered = table.Column<string[]>(type: "text[]", nullable: false),
                    built_in = table.Column<bool>(type: "boolean", nullable: false),
                    xmin = table.Column<uint>(type: "xid", rowVersion: true, nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_roles", x => x.id);
                });

            migrationBuilder.CreateTable(
                name: "segment_runs",
                columns: table => new
                {
                    id = table.Column<Guid>(type: "uuid", nullable: false),
                    state = table.Column<string>(type: "character varying(16)", maxLength: 16, nullable: false),
                    open = table.Column<bool>(type: "boolean", nullable: false),
                    draft = table.Column<string>(type: "jsonb", nullable: false),
                    by_id = table.Column<Guid>(type: "uuid", nullable: true),
                    by_name = table.Column<string>(type: "character varying(50)", maxLength: 50, nullable: false),
                    requested_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false),
                    started_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true),
                    heard_of_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true),
                    finished_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true),
                    percent = table.Column<int>(type: "integer", nullable: false),
                    text = table.Column<string>(type: "character varying(300)", maxLength: 300, nullable: true),
                    k = table.Column<int>(type: "integer", nullable: true),
                    customers = table.Column<int>(type: "integer", nullable: true),
                    silhouette = table.Column<double>(type: "double precision", nullable: true),
                    outcome = table.Column<string>(type: "jsonb", nullable: true),
                    model = table.Column<string>(type: "jsonb", nullable: true),
                    highest_number = table.Column<int>(type: "integer", nullable: false),
                    xmin = table.Column<uint>(type: "xid", rowVersion: true, nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_segment_runs", x => x.id);
                });

            migrationBuilder.CreateTable(
                name: "setting_proposals",
                columns: table => new
                {
                    id = table.Column<Guid>(type: "uuid", nullable: false),
                    at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false),
                    proposer_id = table.Column<Guid>(type: "uuid", nullable: true),
                    proposer_name = table.Column<string>(type: "text", nullable: false),
                    reason = table.Column<string>(type: "character varying(500)", maxLength: 500, nullable: false),
                    edits = table.Column<string>(type: "text", nullable: false),
                    rolled_back_to = table.Column<int>(type: "integer", nullable: true),
                    state = table.Column<string>(type: "character varying(20)", maxLength: 20, nullable: false),
                    decided_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true),
                    decided_by = table.Column<string>(type: "text", nullable: true),
                    decision_reason = table.Column<string>(type: "character varying(500)", maxLength: 500, nullable: true),
                    xmin = table.Column<uint>(type: "xid", rowVersion: true, nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_setting_proposals", x => x.id);
                });

            migrationBuilder.CreateTable(
                name: "setting_versions",
                columns: table => new
                {
                    id = table.Column<Guid>(type: "uuid", nullable: false),
                    set_id = table.Column<Guid>(type: "uuid", nullable: false),
                    key = table.Column<string>(type: "character varying(100)", maxLength: 100, nullable: false),
                    version = table.Column<int>(type: "integer", nullable: false),
                    at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false),
                    actor_id = table.Column<Guid>(type: "uuid", nullable: true),
                    actor_name = table.Column<string>(type: "text", nullable: false),
                    approved_by = table.Column<string>(type: "text", nullable: true),
                    reason = table.Column<string>(type: "character varying(500)", maxLength: 500, nullable: false),
                    before = table.Column<string>(type: "text", nullable: true),
                    after = table.Column<string>(type: "text", nullable: true),
                    rolled_back_to = table.Column<int>(type: "integer", nullable: true)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_setting_versions", x => x.id);
                });

            migrationBuilder.CreateTable(
                name: "settings",
                columns: table => new
                {
                    key = table.Column<string>(type: "character varying(100)", maxLength: 100, nullable: false),
                    value = table.Column<string>(type: "text", nullable: true),
                    version = table.Column<int>(type: "integer", nullable: false),
                    changed_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false),
                    changed_by = table.Column<string>(type: "text", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_settings", x => x.key);
                });

            migrationBuilder.CreateTable(
                name: "stored_blobs",
                columns: table => new
                {
                    sha = table.Column<string>(type: "character varying(64)", maxLength: 64, nullable: false),
                    location = table.Column<string>(type: "character varying(100)", maxLength: 100, nullable: false),
                    bytes = table.Column<long>(type: "bigint", nullable: false),
                    key_id = table.Column<string>(type: "character varying(32)", maxLength: 32, nullable: false),
                    wrapped_key = table.Column<byte[]>(type: "bytea", nullable: false),
                    created_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_stored_blobs", x => x.sha);
                });

            migrationBuilder.CreateTable(
                name: "uploads",
                columns: table => new
                {
                    id = table.Column<Guid>(type: "uuid", nullable: false),
                    sender_kind = table.Column<string>(type: "character varying(8)", maxLength: 8, nullable: false),
                    sender_id = table.Column<Guid>(type: "uuid", nullable: false),
                    sender_name = table.Column<string>(type: "text", nullable: false),
                    sender_from = table.Column<string>(type: "text", nullable: true),
                    customer_id = table.Column<Guid>(type: "uuid", nullable: false),
                    item_code = table.Column<string>(type: "character varying(64)", maxLength: 64, nullable: false),
                    replaces_document_id = table.Column<Guid>(type: "uuid", nullable: true),
                    client_key = table.Column<string>(type: "character varying(100)", maxLength: 100, nullable: false),
                    file_name = table.Column<string>(type: "character varying(120)", maxLength: 120, nullable: false),
                    declared_type = table.Column<string>(type: "character varying(100)", maxLength: 100, nullable: true),
                    length = table.Column<long>(type: "bigint", nullable: false),
                    received_bytes = table.Column<long>(type: "bigint", nullable: false),
                    state = table.Column<string>(type: "character varying(16)", maxLength: 16, nullable: false),
                    refusal_code = table.Column<string>(type: "text", nullable: true),
                    refusal_text = table.Column<string>(type: "text", nullable: true),
                    file_id = table.Column<Guid>(type: "uuid", nullable: false),
                    document_id = table.Column<Guid>(type: "uuid", nullable: true),
                    created_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false),
                    expires_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false),
                    next_attempt_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true),
                    attempts = table.Column<int>(type: "integer", nullable: false),
                    xmin = table.Column<uint>(type: "xid", rowVersion: true, nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_uploads", x => x.id);
                });

            migrationBuilder.CreateTable(
                name: "api_key_uses",
                columns: table => new
                {
                    key_id = table.Column<Guid>(type: "uuid", nullable: false),
                    last_used_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_api_key_uses", x => x.key_id);
                    table.ForeignKey(
                        name: "fk_api_key_uses_api_keys_key_id",
                        column: x => x.key_id,
                        principalTable: "api_keys",
                        principalColumn: "id",
                        onDelete: ReferentialAction.Cascade);
                });

            migrationBuilder.CreateTable(
                name: "assignment_effect_counts",
                columns: table => new
                {
                    run_id = table.Column<Guid>(type: "uuid", nullable: false),
                    cohort = table.Column<short>(type: "smallint", nullable: false),
                    department_id = table.Column<Guid>(type: "uuid", nullable: false),
                    manager_id = table.Column<Guid>(type: "uuid", nullable: false),
                    @class = table.Column<string>(name: "class", type: "character varying(1)", maxLength: 1, nullable: false),
                    exclusion = table.Column<short>(type: "smallint", nullable: false),
                    cases = table.Column<int>(type: "integer", nullable: false),
                    approved = table.Column<int>(type: "integer", nullable: false),
                    rejected = table.Column<int>(type: "integer", nullable: false),
                    rated = table.Column<int>(type: "integer", nullable: false),
                    stars = table.Column<int>(type: "integer", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_assignment_effect_counts", x => new { x.run_id, x.cohort, x.department_id, x.manager_id, x.@class, x.exclusion });
                    table.ForeignKey(
                        name: "fk_assignment_effect_counts_assignment_runs_run_id",
                        column: x => x.run_id,
                        principalTable: "assignment_runs",
                        principalColumn: "id",
                        onDelete: ReferentialAction.Cascade);
                });

            migrationBuilder.CreateTable(
                name: "assignment_effect_runs",
                columns: table => new
                {
                    run_id = table.Column<Guid>(type: "uuid", nullable: false),
                    at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false),
                    month = table.Column<int>(type: "integer", nullable: false),
                    span = table.Column<short>(type: "smallint", nullable: false),
                    days = table.Column<short>(type: "smallint", nullable: false),
                    counted_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_assignment_effect_runs", x => x.run_id);
                    table.ForeignKey(
                        name: "fk_assignment_effect_runs_assignment_runs_run_id",
                        column: x => x.run_id,
                        principalTable: "assignment_runs",
                        principalColumn: "id",
                        onDelete: ReferentialAction.Cascade);
                });

            migrationBuilder.CreateTable(
                name: "assignment_effect_times",
                columns: table => new
                {
                    run_id = table.Column<Guid>(type: "uuid", nullable: false),
                    cohort = table.Column<short>(type: "smallint", nullable: false),
                    department_id = table.Column<Guid>(type: "uuid", nullable: false),
                    timeline = table.Column<short>(type: "smallint", nullable: false),
                    day = table.Column<int>(type: "integer", nullable: false),
                    entered = table.Column<int>(type: "integer", nullable: false),
                    reached = table.Column<int>(type: "integer", nullable: false),
                    ended = table.Column<int>(type: "integer", nullable: false),
                    open = table.Column<int>(type: "integer", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_assignment_effect_times", x => new { x.run_id, x.cohort, x.department_id, x.timeline, x.day });
                    table.ForeignKey(
                        name: "fk_assignment_effect_times_assignment_runs_run_id",
                        column: x => x.run_id,
                        principalTable: "assignment_runs",
                        principalColumn: "id",
                        onDelete: ReferentialAction.Cascade);
                });

            migrationBuilder.CreateTable(
                name: "customer_sessions",
                columns: table => new
                {
                    id = table.Column<Guid>(type: "uuid", nullable: false),
                    account_id = table.Column<Guid>(type: "uuid", nullable: false),
                    began_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false),
                    last_seen_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false),
                    ended_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true),
                    from_address = table.Column<string>(type: "character varying(64)", maxLength: 64, nullable: true)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_customer_sessions", x => x.id);
                    table.ForeignKey(
                        name: "fk_customer_sessions_customer_accounts_account_id",
                        column: x => x.account_id,
                        principalTable: "customer_accounts",
                        principalColumn: "id",
                        onDelete: ReferentialAction.Cascade);
                });

            migrationBuilder.CreateTable(
                name: "customer_sign_in_codes",
                columns: table => new
                {
                    id = table.Column<Guid>(type: "uuid", nullable: false),
                    mobile_hash = table.Column<string>(type: "character varying(64)", maxLength: 64, nullable: false),
                    account_id = table.Column<Guid>(type: "uuid", nullable: true),
                    code_hash = table.Column<string>(type: "character varying(64)", maxLength: 64, nullable: false),
                    from_address = table.Column<string>(type: "character varying(64)", maxLength: 64, nullable: false),
                    created_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false),
                    attempts = table.Column<int>(type: "integer", nullable: false),
                    used_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_customer_sign_in_codes", x => x.id);
                    table.ForeignKey(
                        name: "fk_customer_sign_in_codes_customer_accounts_account_id",
                        column: x => x.account_id,
                        principalTable: "customer_accounts",
                        principalColumn: "id",
                        onDelete: ReferentialAction.Cascade);
                });

            migrationBuilder.CreateTable(
                name: "rules_versions",
                columns: table => new
                {
                    id = table.Column<Guid>(type: "uuid", nullable: false),
                    product_id = table.Column<Guid>(type: "uuid", nullable: false),
                    number = table.Column<int>(type: "integer", nullable: false),
                    rules = table.Column<string>(type: "jsonb", nullable: false),
                    note = table.Column<string>(type: "text", nullable: true),
                    published_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false),
                    published_by_name = table.Column<string>(type: "text", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_rules_versions", x => x.id);
                    table.ForeignKey(
                        name: "fk_rules_versions_loan_products_product_id",
                        column: x => x.product_id,
                        principalTable: "loan_products",
                        principalColumn: "id",
                        onDelete: ReferentialAction.Restrict);
                });

            migrationBuilder.CreateTable(
                name: "message_template_versions",
                columns: table => new
                {
                    id = table.Column<Guid>(type: "uuid", nullable: false),
                    template_id = table.Column<Guid>(type: "uuid", nullable: false),
                    number = table.Column<int>(type: "integer", nullable: false),
                    content = table.Column<string>(type: "jsonb", nullable: false),
                    author_id = table.Column<Guid>(type: "uuid", nullable: true),
                    author_name = table.Column<string>(type: "text", nullable: false),
                    written_by = table.Column<Guid[]>(type: "uuid[]", nullable: false),
                    created_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false),
                    approved_by_id = table.Column<Guid>(type: "uuid", nullable: true),
                    approved_by_name = table.Column<string>(type: "text", nullable: true),
                    approved_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true),
                    submitted_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true),
                    rejected_reason = table.Column<string>(type: "text", nullable: true)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_message_template_versions", x => x.id);
                    table.ForeignKey(
                        name: "fk_message_template_versions_message_templates_template_id",
                        column: x => x.template_id,
                        principalTable: "message_templates",
                        principalColumn: "id",
                        onDelete: ReferentialAction.Restrict);
                });

            migrationBuilder.CreateTable(
                name: "stored_files",
                columns: table => new
                {
                    id = table.Column<Guid>(type: "uuid", nullable: false),
                    sha = table.Column<string>(type: "character varying(64)", nullable: false),
                    bytes = table.Column<long>(type: "bigint", nullable: false),
                    kind = table.Column<string>(type: "character varying(16)", maxLength: 16, nullable: false),
                    media_type = table.Column<string>(type: "character varying(100)", maxLength: 100, nullable: false),
                    file_name = table.Column<string>(type: "character varying(120)", maxLength: 120, nullable: false),
                    width = table.Column<int>(type: "integer", nullable: true),
                    height = table.Column<int>(type: "integer", nullable: true),
                    pages = table.Column<int>(type: "integer", nullable: true),
                    thumbnail_sha = table.Column<string>(type: "character varying(64)", nullable: true),
                    preview_sha = table.Column<string>(type: "character varying(64)", nullable: true),
                    created_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_stored_files", x => x.id);
                    table.ForeignKey(
                        name: "fk_stored_files_stored_blobs_preview_sha",
                        column: x => x.preview_sha,
                        principalTable: "stored_blobs",
                        principalColumn: "sha",
                        onDelete: ReferentialAction.Restrict);
                    table.ForeignKey(
                        name: "fk_stored_files_stored_blobs_sha",
                        column: x => x.sha,
                        principalTable: "stored_blobs",
                        principalColumn: "sha",
                        onDelete: ReferentialAction.Restrict);
                    table.ForeignKey(
                        name: "fk_stored_files_stored_blobs_thumbnail_sha",
                        column: x => x.thumbnail_sha,
                        principalTable: "stored_blobs",
                        principalColumn: "sha",
                        onDelete: ReferentialAction.Restrict);
                });

            migrationBuilder.CreateTable(
                name: "product_examples",
                columns: table => new
                {
                    file_id = table.Column<Guid>(type: "uuid", nullable: false),
                    stored_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_product_examples", x => x.file_id);
                    table.ForeignKey(
                        name: "fk_product_examples_stored_files_file_id",
                        column: x => x.file_id,
                        principalTable: "stored_files",
                        principalColumn: "id",
                        onDelete: ReferentialAction.Restrict);
                });

            migrationBuilder.CreateTable(
                name: "assignment_effect_cases",
                columns: table => new
                {
                    run_id = table.Column<Guid>(type: "uuid", nullable: false),
                    cohort = table.Column<short>(type: "smallint", nullable: false),
                    customer_id = table.Column<Guid>(type: "uuid", nullable: false),
                    department_id = table.Column<Guid>(type: "uuid", nullable: false),
                    manager_id = table.Column<Guid>(type: "uuid", nullable: false),
                    @class = table.Column<string>(name: "class", type: "character varying(1)", maxLength: 1, nullable: true),
                    from = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false),
                    days = table.Column<short>(type: "smallint", nullable: false),
                    exclusion = table.Column<short>(type: "smallint", nullable: false),
                    result = table.Column<short>(type: "smallint", nullable: false),
                    decided_day = table.Column<short>(type: "smallint", nullable: true),
                    was_complete = table.Column<bool>(type: "boolean", nullable: false),
                    complete_day = table.Column<short>(type: "smallint", nullable: true),
                    age = table.Column<int>(type: "integer", nullable: false),
                    stars = table.Column<short>(type: "smallint", nullable: true)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_assignment_effect_cases", x => new { x.run_id, x.cohort, x.customer_id });
                    table.ForeignKey(
                        name: "fk_assignment_effect_cases_assignment_runs_run_id",
                        column: x => x.run_id,
                        principalTable: "assignment_runs",
                        principalColumn: "id",
                        onDelete: ReferentialAction.Cascade);
                });

            migrationBuilder.CreateTable(
                name: "assignment_rows",
                columns: table => new
                {
                    run_id = table.Column<Guid>(type: "uuid", nullable: false),
                    customer_id = table.Column<Guid>(type: "uuid", nullable: false),
                    from_owner_id = table.Column<Guid>(type: "uuid", nullable: false),
                    to_manager_id = table.Column<Guid>(type: "uuid", nullable: true),
                    kind = table.Column<string>(type: "character varying(16)", maxLength: 16, nullable: false),
                    score = table.Column<double>(type: "double precision", nullable: false),
                    @class = table.Column<string>(name: "class", type: "character varying(1)", maxLength: 1, nullable: true),
                    today = table.Column<double>(type: "double precision", nullable: true),
                    reasons = table.Column<string[]>(type: "text[]", nullable: false),
                    outcome = table.Column<string>(type: "character varying(16)", maxLength: 16, nullable: false),
                    why = table.Column<string>(type: "character varying(200)", maxLength: 200, nullable: true)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_assignment_rows", x => new { x.run_id, x.customer_id });
                    table.ForeignKey(
                        name: "fk_assignment_rows_assignment_runs_run_id",
                        column: x => x.run_id,
                        principalTable: "assignment_runs",
                        principalColumn: "id",
                        onDelete: ReferentialAction.Cascade);
                });

            migrationBuilder.CreateTable(
                name: "customer_account_files",
                columns: table => new
                {
                    customer_id = table.Column<Guid>(type: "uuid", nullable: false),
                    account_id = table.Column<Guid>(type: "uuid", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_customer_account_files", x => x.customer_id);
                    table.ForeignKey(
                        name: "fk_customer_account_files_customer_accounts_account_id",
                        column: x => x.account_id,
                        principalTable: "customer_accounts",
                        principalColumn: "id",
                        onDelete: ReferentialAction.Cascade);
                });

            migrationBuilder.CreateTable(
                name: "customer_links",
                columns: table => new
                {
                    id = table.Column<Guid>(type: "uuid", nullable: false),
                    customer_id = table.Column<Guid>(type: "uuid", nullable: false),
                    token_hash = table.Column<byte[]>(type: "bytea", nullable: false),
                    item_codes = table.Column<string[]>(type: "text[]", nullable: false),
                    created_by_id = table.Column<Guid>(type: "uuid", nullable: true),
                    created_by_name = table.Column<string>(type: "text", nullable: false),
                    created_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false),
                    expires_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false),
                    revoked_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true),
                    revoked_by_name = table.Column<string>(type: "text", nullable: true),
                    first_opened_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true),
                    last_opened_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true),
                    expiry_noted_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_customer_links", x => x.id);
                });

            migrationBuilder.CreateTable(
                name: "customer_list_settings",
                columns: table => new
                {
                    staff_id = table.Column<Guid>(type: "uuid", nullable: false),
                    default_view_id = table.Column<Guid>(type: "uuid", nullable: true),
                    columns = table.Column<string[]>(type: "text[]", nullable: true)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_customer_list_settings", x => x.staff_id);
                });

            migrationBuilder.CreateTable(
                name: "customer_loans",
                columns: table => new
                {
                    customer_id = table.Column<Guid>(type: "uuid", nullable: false),
                    product_id = table.Column<Guid>(type: "uuid", nullable: false),
                    rules_version_id = table.Column<Guid>(type: "uuid", nullable: false),
                    amount = table.Column<decimal>(type: "numeric(18,2)", precision: 18, scale: 2, nullable: false),
                    position = table.Column<int>(type: "integer", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_customer_loans", x => new { x.customer_id, x.product_id });
                    table.ForeignKey(
                        name: "fk_customer_loans_loan_products_product_id",
                        column: x => x.product_id,
                        principalTable: "loan_products",
                        principalColumn: "id",
                        onDelete: ReferentialAction.Restrict);
                    table.ForeignKey(
                        name: "fk_customer_loans_rules_versions_rules_version_id",
                        column: x => x.rules_version_id,
                        principalTable: "rules_versions",
                        principalColumn: "id",
                        onDelete: ReferentialAction.Restrict);
                });

            migrationBuilder.CreateTable(
                name: "customer_owner_changes",
                columns: table => new
                {
                    id = table.Column<long>(type: "bigint", nullable: false)
                        .Annotation("Npgsql:ValueGenerationStrategy", NpgsqlValueGenerationStrategy.IdentityAlwaysColumn),
                    customer_id = table.Column<Guid>(type: "uuid", nullable: false),
                    from_owner_id = table.Column<Guid>(type: "uuid", nullable: true),
                    from_pool_id = table.Column<Guid>(type: "uuid", nullable: true),
                    to_owner_id = table.Column<Guid>(type: "uuid", nullable: true),
                    to_pool_id = table.Column<Guid>(type: "uuid", nullable: true),
                    cause = table.Column<short>(type: "smallint", nullable: false),
                    reason = table.Column<string>(type: "character varying(500)", maxLength: 500, nullable: true),
                    at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false),
                    by_id = table.Column<Guid>(type: "uuid", nullable: true),
                    by_name = table.Column<string>(type: "text", nullable: false),
                    part_of = table.Column<Guid>(type: "uuid", nullable: true),
                    former_collaborator_ids = table.Column<Guid[]>(type: "uuid[]", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_customer_owner_changes", x => x.id);
                });

            migrationBuilder.CreateTable(
                name: "customer_views",
                columns: table => new
                {
                    id = table.Column<Guid>(type: "uuid", nullable: false),
                    owner_id = table.Column<Guid>(type: "uuid", nullable: false),
                    name = table.Column<string>(type: "character varying(20)", maxLength: 20, nullable: false),
                    filter = table.Column<string>(type: "jsonb", nullable: false),
                    mine = table.Column<bool>(type: "boolean", nullable: false),
                    columns = table.Column<string[]>(type: "text[]", nullable: false),
                    sharing = table.Column<string>(type: "character varying(16)", maxLength: 16, nullable: false),
                    department_id = table.Column<Guid>(type: "uuid", nullable: true),
                    created_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false),
                    updated_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_customer_views", x => x.id);
                });

            migrationBuilder.CreateTable(
                name: "customers",
                columns: table => new
                {
                    id = table.Column<Guid>(type: "uuid", nullable: false),
                    number = table.Column<string>(type: "character varying(32)", maxLength: 32, nullable: false, collation: "C"),
                    kind = table.Column<string>(type: "character varying(16)", maxLength: 16, nullable: false),
                    name = table.Column<string>(type: "character varying(100)", maxLength: 100, nullable: false),
                    phones = table.Column<string[]>(type: "text[]", nullable: false),
                    identity_cipher = table.Column<string>(type: "text", nullable: true),
                    identity_hash = table.Column<byte[]>(type: "bytea", nullable: true),
                    identity_tail = table.Column<string>(type: "character varying(4)", maxLength: 4, nullable: true),
                    source = table.Column<string>(type: "character varying(20)", maxLength: 20, nullable: true),
                    tags = table.Column<string[]>(type: "text[]", nullable: false),
                    remarks = table.Column<string>(type: "character varying(2000)", maxLength: 2000, nullable: true),
                    facts = table.Column<string[]>(type: "text[]", nullable: false),
                    owner_id = table.Column<Guid>(type: "uuid", nullable: true),
                    owner_since = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false),
                    pool_id = table.Column<Guid>(type: "uuid", nullable: true),
                    department_id = table.Column<Guid>(type: "uuid", nullable: true),
                    level = table.Column<short>(type: "smallint", nullable: true),
                    last_follow_up_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true),
                    sent_back_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true),
                    idle_since = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false, computedColumnSql: "greatest(owner_since, last_follow_up_at, sent_back_at)", stored: true),
                    collaborator_ids = table.Column<Guid[]>(type: "uuid[]", nullable: false),
                    staff_ids = table.Column<Guid[]>(type: "uuid[]", nullable: false),
                    state = table.Column<short>(type: "smallint", nullable: false),
                    completeness_percent = table.Column<short>(type: "smallint", nullable: false),
                    missing_count = table.Column<int>(type: "integer", nullable: false),
                    submitted_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true),
                    decided_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true),
                    first_complete_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true),
                    return_note = table.Column<string>(type: "character varying(500)", maxLength: 500, nullable: true),
                    state_since = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false),
                    created_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false),
                    created_month = table.Column<int>(type: "integer", nullable: false),
                    created_by = table.Column<Guid>(type: "uuid", nullable: true),
                    updated_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false),
                    deleted_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true),
                    deleted_by = table.Column<Guid>(type: "uuid", nullable: true),
                    xmin = table.Column<uint>(type: "xid", rowVersion: true, nullable: false),
                    name_key = table.Column<string>(type: "text", nullable: false),
                    phone_key = table.Column<string>(type: "text", nullable: false),
                    search_grams = table.Column<string[]>(type: "text[]", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_customers", x => x.id);
                    table.CheckConstraint("ck_customers_owner_or_pool", "(owner_id is null) = (pool_id is not null)");
                });

            migrationBuilder.CreateTable(
                name: "document_requests",
                columns: table => new
                {
                    id = table.Column<Guid>(type: "uuid", nullable: false),
                    customer_id = table.Column<Guid>(type: "uuid", nullable: false),
                    key = table.Column<Guid>(type: "uuid", nullable: false),
                    item_codes = table.Column<string[]>(type: "text[]", nullable: false),
                    items = table.Column<string>(type: "text", nullable: false),
                    template = table.Column<string>(type: "character varying(60)", maxLength: 60, nullable: false),
                    channel = table.Column<short>(type: "smallint", nullable: false),
                    recipient = table.Column<string>(type: "character varying(254)", maxLength: 254, nullable: false),
                    due_on = table.Column<DateOnly>(type: "date", nullable: false),
                    message_id = table.Column<Guid>(type: "uuid", nullable: false),
                    link_id = table.Column<Guid>(type: "uuid", nullable: false),
                    sealed_token = table.Column<string>(type: "text", nullable: false),
                    asked_by_id = table.Column<Guid>(type: "uuid", nullable: true),
                    asked_by_name = table.Column<string>(type: "text", nullable: false),
                    asked_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_document_requests", x => x.id);
                    table.ForeignKey(
                        name: "fk_document_requests_customer_links_link_id",
                        column: x => x.link_id,
                        principalTable: "customer_links",
                        principalColumn: "id",
                        onDelete: ReferentialAction.Restrict);
                    table.ForeignKey(
                        name: "fk_document_requests_customers_customer_id",
                        column: x => x.customer_id,
                        principalTable: "customers",
                        principalColumn: "id",
                        onDelete: ReferentialAction.Restrict);
                });

            migrationBuilder.CreateTable(
                name: "documents",
                columns: table => new
                {
                    id = table.Column<Guid>(type: "uuid", nullable: false),
                    customer_id = table.Column<Guid>(type: "uuid", nullable: false),
                    item_code = table.Column<string>(type: "character varying(60)", maxLength: 60, nullable: false),
                    file_id = table.Column<Guid>(type: "uuid", nullable: false),
                    file_name = table.Column<string>(type: "text", nullable: false),
                    state = table.Column<int>(type: "integer", nullable: false),
                    ordinal = table.Column<int>(type: "integer", nullable: false),
                    replaced_by_id = table.Column<Guid>(type: "uuid", nullable: true),
                    uploaded_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false),
                    uploader_kind = table.Column<string>(type: "text", nullable: false),
                    uploader_id = table.Column<Guid>(type: "uuid", nullable: true),
                    uploader_name = table.Column<string>(type: "text", nullable: false),
                    return_reason = table.Column<string>(type: "text", nullable: true),
                    decided_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true),
                    decided_by_id = table.Column<Guid>(type: "uuid", nullable: true),
                    decided_by_name = table.Column<string>(type: "text", nullable: true),
                    xmin = table.Column<uint>(type: "xid", rowVersion: true, nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_documents", x => x.id);
                    table.ForeignKey(
                        name: "fk_documents_customers_customer_id",
                        column: x => x.customer_id,
                        principalTable: "customers",
                        principalColumn: "id",
                        onDelete: ReferentialAction.Restrict);
                    table.ForeignKey(
                        name: "fk_documents_stored_files_file_id",
                        column: x => x.file_id,
                        principalTable: "stored_files",
                        principalColumn: "id",
                        onDelete: ReferentialAction.Restrict);
                });

            migrationBuilder.CreateTable(
                name: "file_decisions",
                columns: table => new
                {
                    id = table.Column<Guid>(type: "uuid", nullable: false),
                    customer_id = table.Column<Guid>(type: "uuid", nullable: false),
                    move = table.Column<int>(type: "integer", nullable: false),
                    from = table.Column<int>(type: "integer", nullable: false),
                    to = table.Column<int>(type: "integer", nullable: false),
                    reason = table.Column<string>(type: "text", nullable: true),
                    by_id = table.Column<Guid>(type: "uuid", nullable: true),
                    by_name = table.Column<string>(type: "text", nullable: false),
                    at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_file_decisions", x => x.id);
                    table.ForeignKey(
                        name: "fk_file_decisions_customers_customer_id",
                        column: x => x.customer_id,
                        principalTable: "customers",
                        principalColumn: "id",
                        onDelete: ReferentialAction.Restrict);
                });

            migrationBuilder.CreateTable(
                name: "portrait_entries",
                columns: table => new
                {
                    id = table.Column<long>(type: "bigint", nullable: false)
                        .Annotation("Npgsql:ValueGenerationStrategy", NpgsqlValueGenerationStrategy.IdentityByDefaultColumn),
                    customer_id = table.Column<Guid>(type: "uuid", nullable: false),
                    trait = table.Column<string>(type: "character varying(32)", maxLength: 32, nullable: false),
                    source = table.Column<string>(type: "character varying(16)", maxLength: 16, nullable: false),
                    value = table.Column<string>(type: "jsonb", nullable: true),
                    at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false),
                    by_id = table.Column<Guid>(type: "uuid", nullable: true),
                    by_name = table.Column<string>(type: "text", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_portrait_entries", x => x.id);
                    table.ForeignKey(
                        name: "fk_portrait_entries_customers_customer_id",
                        column: x => x.customer_id,
                        principalTable: "customers",
                        principalColumn: "id",
                        onDelete: ReferentialAction.Cascade);
                });

            migrationBuilder.CreateTable(
                name: "portraits",
                columns: table => new
                {
                    customer_id = table.Column<Guid>(type: "uuid", nullable: false),
                    held = table.Column<string>(type: "jsonb", nullable: false),
                    percent = table.Column<short>(type: "smallint", nullable: false),
                    updated_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false),
                    derived_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true),
                    xmin = table.Column<uint>(type: "xid", rowVersion: true, nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_portraits", x => x.customer_id);
                    table.ForeignKey(
                        name: "fk_portraits_customers_customer_id",
                        column: x => x.customer_id,
                        principalTable: "customers",
                        principalColumn: "id",
                        onDelete: ReferentialAction.Cascade);
                });

            migrationBuilder.CreateTable(
                name: "segment_members",
                columns: table => new
                {
                    run_id = table.Column<Guid>(type: "uuid", nullable: false),
                    customer_id = table.Column<Guid>(type: "uuid", nullable: false),
                    segment = table.Column<short>(type: "smallint", nullable: false),
                    x = table.Column<float>(type: "real", nullable: false),
                    y = table.Column<float>(type: "real", nullable: false),
                    on_map = table.Column<bool>(type: "boolean", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_segment_members", x => new { x.run_id, x.customer_id });
                    table.ForeignKey(
                        name: "fk_segment_members_customers_customer_id",
                        column: x => x.customer_id,
                        principalTable: "customers",
                        principalColumn: "id",
                        onDelete: ReferentialAction.Cascade);
                    table.ForeignKey(
                        name: "fk_segment_members_segment_runs_run_id",
                        column: x => x.run_id,
                        principalTable: "segment_runs",
                        principalColumn: "id",
                        onDelete: ReferentialAction.Cascade);
                });

            migrationBuilder.CreateTable(
                name: "document_reviews",
                columns: table => new
                {
                    id = table.Column<Guid>(type: "uuid", nullable: false),
                    document_id = table.Column<Guid>(type: "uuid", nullable: false),
                    customer_id = table.Column<Guid>(type: "uuid", nullable: false),
                    verdict = table.Column<int>(type: "integer", nullable: false),
                    reason = table.Column<string>(type: "text", nullable: true),
                    reviewer_id = table.Column<Guid>(type: "uuid", nullable: true),
                    reviewer_name = table.Column<string>(type: "text", nullable: false),
                    at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_document_reviews", x => x.id);
                    table.ForeignKey(
                        name: "fk_document_reviews_documents_document_id",
                        column: x => x.document_id,
                        principalTable: "documents",
                        principalColumn: "id",
                        onDelete: ReferentialAction.Restrict);
                });

            migrationBuilder.CreateTable(
                name: "satisfaction_ratings",
                columns: table => new
                {
                    decision_id = table.Column<Guid>(type: "uuid", nullable: false),
                    customer_id = table.Column<Guid>(type: "uuid", nullable: false),
                    score = table.Column<short>(type: "smallint", nullable: false),
                    words = table.Column<string>(type: "character varying(500)", maxLength: 500, nullable: true),
                    given_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false),
                    changed_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true),
                    by_id = table.Column<Guid>(type: "uuid", nullable: true),
                    by_name = table.Column<string>(type: "character varying(50)", maxLength: 50, nullable: false),
                    xmin = table.Column<uint>(type: "xid", rowVersion: true, nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_satisfaction_ratings", x => x.decision_id);
                    table.CheckConstraint("ck_satisfaction_ratings_score", "score between 1 and 5");
                    table.ForeignKey(
                        name: "fk_satisfaction_ratings_customers_customer_id",
                        column: x => x.customer_id,
                        principalTable: "customers",
                        principalColumn: "id",
                        onDelete: ReferentialAction.Cascade);
                    table.ForeignKey(
                        name: "fk_satisfaction_ratings_file_decisions_decision_id",
                        column: x => x.decision_id,
                        principalTable: "file_decisions",
                        principalColumn: "id",
                        onDelete: ReferentialAction.Cascade);
                });

            migrationBuilder.CreateTable(
                name: "satisfaction_requests",
                columns: table => new
                {
                    decision_id = table.Column<Guid>(type: "uuid", nullable: false),
                    customer_id = table.Column<Guid>(type: "uuid", nullable: false),
                    asked_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false),
                    message_id = table.Column<Guid>(type: "uuid", nullable: true),
                    why = table.Column<string>(type: "character varying(60)", maxLength: 60, nullable: true)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_satisfaction_requests", x => x.decision_id);
                    table.ForeignKey(
                        name: "fk_satisfaction_requests_customers_customer_id",
                        column: x => x.customer_id,
                        principalTable: "customers",
                        principalColumn: "id",
                        onDelete: ReferentialAction.Cascade);
                    table.ForeignKey(
                        name: "fk_satisfaction_requests_file_decisions_decision_id",
                        column: x => x.decision_id,
                        principalTable: "file_decisions",
                        principalColumn: "id",
                        onDelete: ReferentialAction.Cascade);
                });

            migrationBuilder.CreateTable(
                name: "departments",
                columns: table => new
                {
                    id = table.Column<Guid>(type: "uuid", nullable: false),
                    name = table.Column<string>(type: "character varying(50)", maxLength: 50, nullable: false),
                    parent_id = table.Column<Guid>(type: "uuid", nullable: true),
                    leader_id = table.Column<Guid>(type: "uuid", nullable: true),
                    path = table.Column<string>(type: "character varying(400)", maxLength: 400, nullable: false),
                    xmin = table.Column<uint>(type: "xid", rowVersion: true, nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_departments", x => x.id);
                    table.ForeignKey(
                        name: "fk_departments_departments_parent_id",
                        column: x => x.parent_id,
                        principalTable: "departments",
                        principalColumn: "id",
                        onDelete: ReferentialAction.Restrict);
                });

            migrationBuilder.CreateTable(
                name: "public_pools",
                columns: table => new
                {
                    id = table.Column<Guid>(type: "uuid", nullable: false),
                    name = table.Column<string>(type: "character varying(50)", maxLength: 50, nullable: false),
                    department_id = table.Column<Guid>(type: "uuid", nullable: true),
                    target_pool_id = table.Column<Guid>(type: "uuid", nullable: true),
                    active = table.Column<bool>(type: "boolean", nullable: false),
                    most_held = table.Column<int>(type: "integer", nullable: true),
                    picks_per_day = table.Column<int>(type: "integer", nullable: true),
                    cool_down_days = table.Column<int>(type: "integer", nullable: false),
                    protection_days = table.Column<int>(type: "integer", nullable: false),
                    views_per_day = table.Column<int>(type: "integer", nullable: true),
                    hides_name = table.Column<bool>(type: "boolean", nullable: false),
                    hides_phone = table.Column<bool>(type: "boolean", nullable: false),
                    hides_identity = table.Column<bool>(type: "boolean", nullable: false),
                    xmin = table.Column<uint>(type: "xid", rowVersion: true, nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_public_pools", x => x.id);
                    table.ForeignKey(
                        name: "fk_public_pools_departments_department_id",
                        column: x => x.department_id,
                        principalTable: "departments",
                        principalColumn: "id",
                        onDelete: ReferentialAction.Restrict);
                    table.ForeignKey(
                        name: "fk_public_pools_public_pools_target_pool_id",
                        column: x => x.target_pool_id,
                        principalTable: "public_pools",
                        principalColumn: "id",
                        onDelete: ReferentialAction.Restrict);
                });

            migrationBuilder.CreateTable(
                name: "staff",
                columns: table => new
                {
                    id = table.Column<Guid>(type: "uuid", nullable: false),
                    user_name = table.Column<string>(type: "character varying(64)", maxLength: 64, nullable: false),
                    normalized_user_name = table.Column<string>(type: "character varying(64)", maxLength: 64, nullable: false),
                    name = table.Column<string>(type: "character varying(50)", maxLength: 50, nullable: false),
                    phone = table.Column<string>(type: "character varying(20)", maxLength: 20, nullable: true),
                    email = table.Column<string>(type: "character varying(200)", maxLength: 200, nullable: true),
                    department_id = table.Column<Guid>(type: "uuid", nullable: true),
                    password_hash = table.Column<string>(type: "text", nullable: true),
                    security_stamp = table.Column<string>(type: "text", nullable: false),
                    must_change_password = table.Column<bool>(type: "boolean", nullable: false),
                    two_factor_enabled = table.Column<bool>(type: "boolean", nullable: false),
                    totp_secret = table.Column<string>(type: "text", nullable: true),
                    last_totp_step = table.Column<long>(type: "bigint", nullable: true),
                    recovery_codes = table.Column<List<string>>(type: "text[]", nullable: false),
                    lockout_end = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true),
                    access_failed_count = table.Column<int>(type: "integer", nullable: false),
                    disabled = table.Column<bool>(type: "boolean", nullable: false),
                    last_sign_in_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true),
                    created_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false),
                    xmin = table.Column<uint>(type: "xid", rowVersion: true, nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_staff", x => x.id);
                    table.ForeignKey(
                        name: "fk_staff_departments_department_id",
                        column: x => x.department_id,
                        principalTable: "departments",
                        principalColumn: "id",
                        onDelete: ReferentialAction.Restrict);
                });

            migrationBuilder.CreateTable(
                name: "pool_release_rules",
                columns: table => new
                {
                    id = table.Column<Guid>(type: "uuid", nullable: false),
                    pool_id = table.Column<Guid>(type: "uuid", nullable: false),
                    position = table.Column<int>(type: "integer", nullable: false),
                    level = table.Column<short>(type: "smallint", nullable: true),
                    product_id = table.Column<Guid>(type: "uuid", nullable: true),
                    days = table.Column<int>(type: "integer", nullable: false),
                    protect_days = table.Column<int>(type: "integer", nullable: false),
                    reminder_days = table.Column<short[]>(type: "smallint[]", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_pool_release_rules", x => x.id);
                    table.ForeignKey(
                        name: "fk_pool_release_rules_loan_products_product_id",
                        column: x => x.product_id,
                        principalTable: "loan_products",
                        principalColumn: "id",
                        onDelete: ReferentialAction.Restrict);
                    table.ForeignKey(
                        name: "fk_pool_release_rules_public_pools_pool_id",
                        column: x => x.pool_id,
                        principalTable: "public_pools",
                        principalColumn: "id",
                        onDelete: ReferentialAction.Cascade);
                });

            migrationBuilder.CreateTable(
                name: "follow_ups",
                columns: table => new
                {
                    id = table.Column<Guid>(type: "uuid", nullable: false),
                    customer_id = table.Column<Guid>(type: "uuid", nullable: false),
                    kind = table.Column<short>(type: "smallint", nullable: false),
                    what = table.Column<string>(type: "character varying(1000)", maxLength: 1000, nullable: false),
                    result = table.Column<string>(type: "character varying(1000)", maxLength: 1000, nullable: true),
                    next_on = table.Column<DateOnly>(type: "date", nullable: true),
                    next_what = table.Column<string>(type: "character varying(200)", maxLength: 200, nullable: true),
                    done_by_id = table.Column<Guid>(type: "uuid", nullable: true),
                    reminded_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true),
                    staff_id = table.Column<Guid>(type: "uuid", nullable: false),
                    at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false),
                    edited_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true),
                    xmin = table.Column<uint>(type: "xid", rowVersion: true, nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_follow_ups", x => x.id);
                    table.ForeignKey(
                        name: "fk_follow_ups_customers_customer_id",
                        column: x => x.customer_id,
                        principalTable: "customers",
                        principalColumn: "id",
                        onDelete: ReferentialAction.Cascade);
                    table.ForeignKey(
                        name: "fk_follow_ups_follow_ups_done_by_id",
                        column: x => x.done_by_id,
                        principalTable: "follow_ups",
                        principalColumn: "id",
                        onDelete: ReferentialAction.SetNull);
                    table.ForeignKey(
                        name: "fk_follow_ups_staff_staff_id",
                        column: x => x.staff_id,
                        principalTable: "staff",
                        principalColumn: "id",
                        onDelete: ReferentialAction.Restrict);
                });

            migrationBuilder.CreateTable(
                name: "manager_conflicts",
                columns: table => new
                {
                    customer_id = table.Column<Guid>(type: "uuid", nullable: false),
                    manager_id = table.Column<Guid>(type: "uuid", nullable: false),
                    reason = table.Column<string>(type: "character varying(200)", maxLength: 200, nullable: false),
                    at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false),
                    by_id = table.Column<Guid>(type: "uuid", nullable: true),
                    by_name = table.Column<string>(type: "text", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_manager_conflicts", x => new { x.customer_id, x.manager_id });
                    table.ForeignKey(
                        name: "fk_manager_conflicts_customers_customer_id",
                        column: x => x.customer_id,
                        principalTable: "customers",
                        principalColumn: "id",
                        onDelete: ReferentialAction.Cascade);
                    table.ForeignKey(
                        name: "fk_manager_conflicts_staff_manager_id",
                        column: x => x.manager_id,
                        principalTable: "staff",
                        principalColumn: "id",
                        onDelete: ReferentialAction.Restrict);
                });

            migrationBuilder.CreateTable(
                name: "manager_profiles",
                columns: table => new
                {
                    staff_id = table.Column<Guid>(type: "uuid", nullable: false),
                    capabilities = table.Column<string[]>(type: "text[]", nullable: false),
                    hobbies = table.Column<string[]>(type: "text[]", nullable: false),
                    languages = table.Column<string[]>(type: "text[]", nullable: false),
                    regions = table.Column<string[]>(type: "text[]", nullable: false),
                    level = table.Column<string>(type: "character varying(16)", maxLength: 16, nullable: false),
                    minimum = table.Column<int>(type: "integer", nullable: false),
                    maximum = table.Column<int>(type: "integer", nullable: false),
                    no_automatic = table.Column<bool>(type: "boolean", nullable: false),
                    absent_from = table.Column<DateOnly>(type: "date", nullable: true),
                    absent_to = table.Column<DateOnly>(type: "date", nullable: true),
                    absence_reason = table.Column<string>(type: "character varying(100)", maxLength: 100, nullable: true),
                    updated_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false),
                    xmin = table.Column<uint>(type: "xid", rowVersion: true, nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_manager_profiles", x => x.staff_id);
                    table.ForeignKey(
                        name: "fk_manager_profiles_staff_staff_id",
                        column: x => x.staff_id,
                        principalTable: "staff",
                        principalColumn: "id",
                        onDelete: ReferentialAction.Restrict);
                });

            migrationBuilder.CreateTable(
                name: "password_links",
                columns: table => new
                {
                    id = table.Column<Guid>(type: "uuid", nullable: false),
                    staff_id = table.Column<Guid>(type: "uuid", nullable: false),
                    token_hash = table.Column<byte[]>(type: "bytea", nullable: false),
                    created_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false),
                    expires_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false),
                    used_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true),
                    revoked_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_password_links", x => x.id);
                    table.ForeignKey(
                        name: "fk_password_links_staff_staff_id",
                        column: x => x.staff_id,
                        principalTable: "staff",
                        principalColumn: "id",
                        onDelete: ReferentialAction.Restrict);
                });

            migrationBuilder.CreateTable(
                name: "pool_views",
                columns: table => new
                {
                    staff_id = table.Column<Guid>(type: "uuid", nullable: false),
                    day = table.Column<DateOnly>(type: "date", nullable: false),
                    customer_id = table.Column<Guid>(type: "uuid", nullable: false),
                    pool_id = table.Column<Guid>(type: "uuid", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_pool_views", x => new { x.staff_id, x.day, x.customer_id });
                    table.ForeignKey(
                        name: "fk_pool_views_customers_customer_id",
                        column: x => x.customer_id,
                        principalTable: "customers",
                        principalColumn: "id",
                        onDelete: ReferentialAction.Cascade);
                    table.ForeignKey(
                        name: "fk_pool_views_staff_staff_id",
                        column: x => x.staff_id,
                        principalTable: "staff",
                        principalColumn: "id",
                        onDelete: ReferentialAction.Cascade);
                });

            migrationBuilder.CreateTable(
                name: "staff_roles",
                columns: table => new
                {
                    staff_id = table.Column<Guid>(type: "uuid", nullable: false),
                    role_id = table.Column<Guid>(type: "uuid", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_staff_roles", x => new { x.staff_id, x.role_id });
                    table.ForeignKey(
                        name: "fk_staff_roles_roles_role_id",
                        column: x => x.role_id,
                        principalTable: "roles",
                        principalColumn: "id",
                        onDelete: ReferentialAction.Restrict);
                    table.ForeignKey(
                        name: "fk_staff_roles_staff_staff_id",
                        column: x => x.staff_id,
                        principalTable: "staff",
                        principalColumn: "id",
                        onDelete: ReferentialAction.Cascade);
                });

            migrationBuilder.CreateTable(
                name: "follow_up_files",
                columns: table => new
                {
                    follow_up_id = table.Column<Guid>(type: "uuid", nullable: false),
                    file_id = table.Column<Guid>(type: "uuid", nullable: false),
                    file_name = table.Column<string>(type: "character varying(200)", maxLength: 200, nullable: false),
                    position = table.Column<int>(type: "integer", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_follow_up_files", x => new { x.follow_up_id, x.file_id });
                    table.ForeignKey(
                        name: "fk_follow_up_files_follow_ups_follow_up_id",
                        column: x => x.follow_up_id,
                        principalTable: "follow_ups",
                        principalColumn: "id",
                        onDelete: ReferentialAction.Cascade);
                    table.ForeignKey(
                        name: "fk_follow_up_files_stored_files_file_id",
                        column: x => x.file_id,
                        principalTable: "stored_files",
                        principalColumn: "id",
                        onDelete: ReferentialAction.Restrict);
                });

            migrationBuilder.CreateIndex(
                name: "ix_assignment_effect_cases_customer_id",
                table: "assignment_effect_cases",
                column: "customer_id");

            migrationBuilder.CreateIndex(
                name: "ix_assignment_effect_cases_manager_id_run_id",
                table: "assignment_effect_cases",
                columns: new[] { "manager_id", "run_id" });

            migrationBuilder.CreateIndex(
                name: "ix_assignment_effect_runs_month",
                table: "assignment_effect_runs",
                column: "month");

            migrationBuilder.CreateIndex(
                name: "ix_assignment_rows_customer_id",
                table: "assignment_rows",
                column: "customer_id");

            migrationBuilder.CreateIndex(
                name: "ix_assignment_rows_run_id_kind",
                table: "assignment_rows",
                columns: new[] { "run_id", "kind" });

            migrationBuilder.CreateIndex(
                name: "ix_assignment_runs_requested_at",
                table: "assignment_runs",
                column: "requested_at");

            migrationBuilder.CreateIndex(
                name: "ux_assignment_runs_busy",
                table: "assignment_runs",
                column: "busy",
                unique: true);

            migrationBuilder.CreateIndex(
                name: "ix_audit_entries_actor_id_seq",
                table: "audit_entries",
                columns: new[] { "actor_id", "seq" });

            migrationBuilder.CreateIndex(
                name: "ix_audit_entries_customer_id_seq",
                table: "audit_entries",
                columns: new[] { "customer_id", "seq" });

            migrationBuilder.CreateIndex(
                name: "ix_audit_entries_subject_id_seq",
                table: "audit_entries",
                columns: new[] { "subject_id", "seq" },
                filter: "subject_type <> 'customer'");

            migrationBuilder.CreateIndex(
                name: "ix_audit_entries_txid_seq",
                table: "audit_entries",
                columns: new[] { "txid", "seq" });

            migrationBuilder.CreateIndex(
                name: "ix_audit_seals_seq",
                table: "audit_seals",
                column: "seq",
                unique: true);

            migrationBuilder.CreateIndex(
                name: "ix_customer_account_files_account_id",
                table: "customer_account_files",
                column: "account_id");

            migrationBuilder.CreateIndex(
                name: "ux_customer_accounts_mobile",
                table: "customer_accounts",
                column: "mobile",
                unique: true,
                filter: "closed_at is null");

            migrationBuilder.CreateIndex(
                name: "ix_customer_links_customer_id_created_at",
                table: "customer_links",
                columns: new[] { "customer_id", "created_at" });

            migrationBuilder.CreateIndex(
                name: "ix_customer_links_expires_at",
                table: "customer_links",
                column: "expires_at",
                filter: "expiry_noted_at IS NULL AND revoked_at IS NULL");

            migrationBuilder.CreateIndex(
                name: "ix_customer_links_token_hash",
                table: "customer_links",
                column: "token_hash",
                unique: true);

            migrationBuilder.CreateIndex(
                name: "ix_customer_list_settings_default_view_id",
                table: "customer_list_settings",
                column: "default_view_id");

            migrationBuilder.CreateIndex(
                name: "ix_customer_loans_product_id",
                table: "customer_loans",
                column: "product_id");

            migrationBuilder.CreateIndex(
                name: "ix_customer_loans_rules_version_id",
                table: "customer_loans",
                column: "rules_version_id");

            migrationBuilder.CreateIndex(
                name: "ix_customer_owner_changes_customer_id_id",
                table: "customer_owner_changes",
                columns: new[] { "customer_id", "id" });

            migrationBuilder.CreateIndex(
                name: "ix_customer_owner_changes_from_owner_id_at",
                table: "customer_owner_changes",
                columns: new[] { "from_owner_id", "at" });

            migrationBuilder.CreateIndex(
                name: "ix_customer_owner_changes_part_of",
                table: "customer_owner_changes",
                column: "part_of",
                filter: "part_of is not null");

            migrationBuilder.CreateIndex(
                name: "ix_customer_owner_changes_to_owner_id_at",
                table: "customer_owner_changes",
                columns: new[] { "to_owner_id", "at" });

            migrationBuilder.CreateIndex(
                name: "ix_customer_sessions_account_id",
                table: "customer_sessions",
                column: "account_id",
                filter: "ended_at is null");

            migrationBuilder.CreateIndex(
                name: "ix_customer_sessions_last_seen_at",
                table: "customer_sessions",
                column: "last_seen_at");

            migrationBuilder.CreateIndex(
                name: "ix_customer_sign_in_codes_account_id",
                table: "customer_sign_in_codes",
                column: "account_id");

            migrationBuilder.CreateIndex(
                name: "ix_customer_sign_in_codes_created_at",
                table: "customer_sign_in_codes",
                column: "created_at");

            migrationBuilder.CreateIndex(
                name: "ix_customer_sign_in_codes_from_address_created_at",
                table: "customer_sign_in_codes",
                columns: new[] { "from_address", "created_at" });

            migrationBuilder.CreateIndex(
                name: "ix_customer_sign_in_codes_mobile_hash_created_at",
                table: "customer_sign_in_codes",
                columns: new[] { "mobile_hash", "created_at" });

            migrationBuilder.CreateIndex(
                name: "ix_customer_views_department_id",
                table: "customer_views",
                column: "department_id",
                filter: "department_id is not null");

            migrationBuilder.CreateIndex(
                name: "ix_customer_views_sharing",
                table: "customer_views",
                column: "sharing",
                filter: "sharing = 'Everybody'");

            migrationBuilder.CreateIndex(
                name: "ux_customer_views_name",
                table: "customer_views",
                columns: new[] { "owner_id", "name" },
                unique: true);

            migrationBuilder.CreateIndex(
                name: "ix_customers_completeness_percent_updated_at",
                table: "customers",
                columns: new[] { "completeness_percent", "updated_at" },
                descending: new bool[0],
                filter: "deleted_at is null");

            migrationBuilder.CreateIndex(
                name: "ix_customers_created_at_id",
                table: "customers",
                columns: new[] { "created_at", "id" },
                descending: new bool[0],
                filter: "deleted_at is null");

            migrationBuilder.CreateIndex(
                name: "ix_customers_created_month_updated_at",
                table: "customers",
                columns: new[] { "created_month", "updated_at" },
                descending: new[] { false, true },
                filter: "deleted_at is null");

            migrationBuilder.CreateIndex(
                name: "ix_customers_deleted_at",
                table: "customers",
                column: "deleted_at",
                filter: "deleted_at is not null");

            migrationBuilder.CreateIndex(
                name: "ix_customers_department_id_updated_at",
                table: "customers",
                columns: new[] { "department_id", "updated_at" },
                descending: new[] { false, true },
                filter: "deleted_at is null");

            migrationBuilder.CreateIndex(
                name: "ix_customers_idle",
                table: "customers",
                columns: new[] { "idle_since", "id" },
                filter: "deleted_at is null and owner_id is not null and state in (0, 1)");

            migrationBuilder.CreateIndex(
                name: "ix_customers_in_review",
                table: "customers",
                columns: new[] { "department_id", "state_since" },
                filter: "deleted_at is null and state = 2");

            migrationBuilder.CreateIndex(
                name: "ix_customers_name_pinyin",
                table: "customers",
                columns: new[] { "name", "id" },
                filter: "deleted_at is null")
                .Annotation("Relational:Collation", new[] { "zh-Hans-x-icu", null });

            migrationBuilder.CreateIndex(
                name: "ix_customers_owner_id_state_state_since",
                table: "customers",
                columns: new[] { "owner_id", "state", "state_since" },
                filter: "deleted_at is null");

            migrationBuilder.CreateIndex(
                name: "ix_customers_owner_id_updated_at",
                table: "customers",
                columns: new[] { "owner_id", "updated_at" },
                descending: new[] { false, true },
                filter: "deleted_at is null");

            migrationBuilder.CreateIndex(
                name: "ix_customers_pool",
                table: "customers",
                columns: new[] { "pool_id", "owner_since", "id" },
                descending: new[] { false, true, true },
                filter: "deleted_at is null and pool_id is not null");

            migrationBuilder.CreateIndex(
                name: "ix_customers_pool_level",
                table: "customers",
                columns: new[] { "pool_id", "level", "owner_since", "id" },
                descending: new[] { false, false, true, true },
                filter: "deleted_at is null and pool_id is not null and level is not null");

            migrationBuilder.CreateIndex(
                name: "ix_customers_search_grams",
                table: "customers",
                column: "search_grams")
                .Annotation("Npgsql:IndexMethod", "gin")
                .Annotation("Npgsql:StorageParameter:fastupdate", false);

            migrationBuilder.CreateIndex(
                name: "ix_customers_sent_back",
                table: "customers",
                columns: new[] { "owner_id", "state_since" },
                filter: "deleted_at is null and state = 0 and submitted_at is not null");

            migrationBuilder.CreateIndex(
                name: "ix_customers_staff_ids",
                table: "customers",
                column: "staff_ids")
                .Annotation("Npgsql:IndexMethod", "gin")
                .Annotation("Npgsql:StorageParameter:fastupdate", false);

            migrationBuilder.CreateIndex(
                name: "ix_customers_state_since_id",
                table: "customers",
                columns: new[] { "state_since", "id" },
                filter: "deleted_at is null");

            migrationBuilder.CreateIndex(
                name: "ix_customers_state_state_since",
                table: "customers",
                columns: new[] { "state", "state_since" },
                filter: "deleted_at is null");

            migrationBuilder.CreateIndex(
                name: "ix_customers_state_updated_at",
                table: "customers",
                columns: new[] { "state", "updated_at" },
                descending: new[] { false, true },
                filter: "deleted_at is null");

            migrationBuilder.CreateIndex(
                name: "ix_customers_submitted",
                table: "customers",
                columns: new[] { "updated_at", "id" },
                descending: new bool[0],
                filter: "deleted_at is null and submitted_at is not null");

            migrationBuilder.CreateIndex(
                name: "ix_customers_updated_at_id",
                table: "customers",
                columns: new[] { "updated_at", "id" },
                descending: new bool[0],
                filter: "deleted_at is null");

            migrationBuilder.CreateIndex(
                name: "ux_customers_identity_hash",
                table: "customers",
                column: "identity_hash",
                unique: true,
                filter: "deleted_at is null");

            migrationBuilder.CreateIndex(
                name: "ux_customers_number",
                table: "customers",
                column: "number",
                unique: true);

            migrationBuilder.CreateIndex(
                name: "ix_departments_leader_id",
                table: "departments",
                column: "leader_id");

            migrationBuilder.CreateIndex(
                name: "ix_departments_parent_id_name",
                table: "departments",
                columns: new[] { "parent_id", "name" },
                unique: true)
                .Annotation("Npgsql:NullsDistinct", false);

            migrationBuilder.CreateIndex(
                name: "ix_document_requests_customer_id_asked_at",
                table: "document_requests",
                columns: new[] { "customer_id", "asked_at" });

            migrationBuilder.CreateIndex(
                name: "ix_document_requests_key",
                table: "document_requests",
                column: "key",
                unique: true);

            migrationBuilder.CreateIndex(
                name: "ix_document_requests_link_id",
                table: "document_requests",
                column: "link_id");

            migrationBuilder.CreateIndex(
                name: "ix_document_reviews_customer_id_at",
                table: "document_reviews",
                columns: new[] { "customer_id", "at" });

            migrationBuilder.CreateIndex(
                name: "ix_document_reviews_document_id",
                table: "document_reviews",
                column: "document_id");

            migrationBuilder.CreateIndex(
                name: "ix_document_reviews_reviewer_id_at",
                table: "document_reviews",
                columns: new[] { "reviewer_id", "at" });

            migrationBuilder.CreateIndex(
                name: "ix_documents_customer_id_item_code_ordinal",
                table: "documents",
                columns: new[] { "customer_id", "item_code", "ordinal" },
                unique: true);

            migrationBuilder.CreateIndex(
                name: "ix_documents_file_id",
                table: "documents",
                column: "file_id",
                unique: true);

            migrationBuilder.CreateIndex(
                name: "ix_documents_uploaded_at",
                table: "documents",
                column: "uploaded_at");

            migrationBuilder.CreateIndex(
                name: "ix_figures_owner_id_day",
                table: "figures",
                columns: new[] { "owner_id", "day" });

            migrationBuilder.CreateIndex(
                name: "ix_file_decisions_at",
                table: "file_decisions",
                column: "at");

            migrationBuilder.CreateIndex(
                name: "ix_file_decisions_customer_id_at",
                table: "file_decisions",
                columns: new[] { "customer_id", "at" });

            migrationBuilder.CreateIndex(
                name: "ix_follow_up_files_file_id",
                table: "follow_up_files",
                column: "file_id");

            migrationBuilder.CreateIndex(
                name: "ix_follow_ups_customer_id_at",
                table: "follow_ups",
                columns: new[] { "customer_id", "at" },
                descending: new[] { false, true });

            migrationBuilder.CreateIndex(
                name: "ix_follow_ups_done_by_id",
                table: "follow_ups",
                column: "done_by_id",
                filter: "done_by_id is not null");

            migrationBuilder.CreateIndex(
                name: "ix_follow_ups_next_on_id",
                table: "follow_ups",
                columns: new[] { "next_on", "id" },
                filter: "next_on is not null and done_by_id is null");

            migrationBuilder.CreateIndex(
                name: "ix_follow_ups_staff_id_next_on",
                table: "follow_ups",
                columns: new[] { "staff_id", "next_on" },
                filter: "next_on is not null and done_by_id is null");

            migrationBuilder.CreateIndex(
                name: "ix_job_runs_job_started_at",
                table: "job_runs",
                columns: new[] { "job", "started_at" });

            migrationBuilder.CreateIndex(
                name: "ix_job_runs_started_at",
                table: "job_runs",
                column: "started_at");

            migrationBuilder.CreateIndex(
                name: "ix_loan_products_code",
                table: "loan_products",
                column: "code",
                unique: true);

            migrationBuilder.CreateIndex(
                name: "ix_manager_conflicts_manager_id",
                table: "manager_conflicts",
                column: "manager_id");

            migrationBuilder.CreateIndex(
                name: "ix_message_batches_created_at",
                table: "message_batches",
                column: "created_at");

            migrationBuilder.CreateIndex(
                name: "ix_message_batches_number",
                table: "message_batches",
                column: "number",
                unique: true);

            migrationBuilder.CreateIndex(
                name: "ix_message_batches_state",
                table: "message_batches",
                column: "state");

            migrationBuilder.CreateIndex(
                name: "ix_message_blocks_recipient_channel_kind",
                table: "message_blocks",
                columns: new[] { "recipient", "channel", "kind" },
                unique: true)
                .Annotation("Npgsql:NullsDistinct", false);

            migrationBuilder.CreateIndex(
                name: "ix_message_template_versions_template_id_number",
                table: "message_template_versions",
                columns: new[] { "template_id", "number" },
                unique: true);

            migrationBuilder.CreateIndex(
                name: "ix_message_templates_code",
                table: "message_templates",
                column: "code",
                unique: true,
                filter: "deleted_at is null");

            migrationBuilder.CreateIndex(
                name: "ix_password_links_staff_id_created_at",
                table: "password_links",
                columns: new[] { "staff_id", "created_at" });

            migrationBuilder.CreateIndex(
                name: "ix_password_links_token_hash",
                table: "password_links",
                column: "token_hash",
                unique: true);

            migrationBuilder.CreateIndex(
                name: "ix_pool_release_rules_pool_id",
                table: "pool_release_rules",
                column: "pool_id");

            migrationBuilder.CreateIndex(
                name: "ix_pool_release_rules_product_id",
                table: "pool_release_rules",
                column: "product_id");

            migrationBuilder.CreateIndex(
                name: "ix_pool_views_customer_id",
                table: "pool_views",
                column: "customer_id");

            migrationBuilder.CreateIndex(
                name: "ix_portrait_entries_customer_id_trait_id",
                table: "portrait_entries",
                columns: new[] { "customer_id", "trait", "id" });

            migrationBuilder.CreateIndex(
                name: "ix_public_pools_target_pool_id",
                table: "public_pools",
                column: "target_pool_id");

            migrationBuilder.CreateIndex(
                name: "ux_public_pools_department",
                table: "public_pools",
                column: "department_id",
                unique: true,
                filter: "active")
                .Annotation("Npgsql:NullsDistinct", false);

            migrationBuilder.CreateIndex(
                name: "ux_public_pools_name",
                table: "public_pools",
                column: "name",
                unique: true);

            migrationBuilder.CreateIndex(
                name: "ix_roles_name",
                table: "roles",
                column: "name",
                unique: true);

            migrationBuilder.CreateIndex(
                name: "ix_rules_versions_product_id_number",
                table: "rules_versions",
                columns: new[] { "product_id", "number" },
                unique: true);

            migrationBuilder.CreateIndex(
                name: "ix_satisfaction_ratings_customer_id_given_at",
                table: "satisfaction_ratings",
                columns: new[] { "customer_id", "given_at" });

            migrationBuilder.CreateIndex(
                name: "ix_satisfaction_requests_customer_id_asked_at",
                table: "satisfaction_requests",
                columns: new[] { "customer_id", "asked_at" });

            migrationBuilder.CreateIndex(
                name: "ix_segment_members_customer_id",
                table: "segment_members",
                column: "customer_id");

            migrationBuilder.CreateIndex(
                name: "ix_segment_members_map",
                table: "segment_members",
                column: "run_id",
                filter: "on_map");

            migrationBuilder.CreateIndex(
                name: "ix_segment_runs_requested_at",
                table: "segment_runs",
                column: "requested_at");

            migrationBuilder.CreateIndex(
                name: "ux_segment_runs_open",
                table: "segment_runs",
                column: "open",
                unique: true,
                filter: "open");

            migrationBuilder.CreateIndex(
                name: "ix_setting_proposals_state",
                table: "setting_proposals",
                column: "state");

            migrationBuilder.CreateIndex(
                name: "ix_setting_versions_key_version",
                table: "setting_versions",
                columns: new[] { "key", "version" },
                unique: true);

            migrationBuilder.CreateIndex(
                name: "ix_setting_versions_set_id",
                table: "setting_versions",
                column: "set_id");

            migrationBuilder.CreateIndex(
                name: "ix_staff_department_id",
                table: "staff",
                column: "department_id");

            migrationBuilder.CreateIndex(
                name: "ix_staff_normalized_user_name",
                table: "staff",
                column: "normalized_user_name",
                unique: true);

            migrationBuilder.CreateIndex(
                name: "ix_staff_roles_role_id",
                table: "staff_roles",
                column: "role_id");

            migrationBuilder.CreateIndex(
                name: "ix_stored_blobs_key_id",
                table: "stored_blobs",
                column: "key_id");

            migrationBuilder.CreateIndex(
                name: "ix_stored_files_preview_sha",
                table: "stored_files",
                column: "preview_sha");

            migrationBuilder.CreateIndex(
                name: "ix_stored_files_sha",
                table: "stored_files",
                column: "sha");

            migrationBuilder.CreateIndex(
                name: "ix_stored_files_thumbnail_sha",
                table: "stored_files",
                column: "thumbnail_sha");

            migrationBuilder.CreateIndex(
                name: "ix_uploads_created_at",
                table: "uploads",
                column: "created_at");

            migrationBuilder.CreateIndex(
                name: "ix_uploads_expires_at",
                table: "uploads",
                column: "expires_at",
                filter: "state = 'Receiving'");

            migrationBuilder.CreateIndex(
                name: "ix_uploads_next_attempt_at",
                table: "uploads",
                column: "next_attempt_at",
                filter: "next_attempt_at IS NOT NULL");

            migrationBuilder.CreateIndex(
                name: "ix_uploads_sender_kind_sender_id_client_key",
                table: "uploads",
                columns: new[] { "sender_kind", "sender_id", "client_key" },
                unique: true);

            migrationBuilder.AddForeignKey(
                name: "fk_assignment_effect_cases_customers_customer_id",
                table: "assignment_effect_cases",
                column: "customer_id",
                principalTable: "customers",
                principalColumn: "id",
                onDelete: ReferentialAction.Cascade);

            migrationBuilder.AddForeignKey(
                name: "fk_assignment_rows_customers_customer_id",
                table: "assignment_rows",
                column: "customer_id",
                principalTable: "customers",
                principalColumn: "id",
                onDelete: ReferentialAction.Cascade);

            migrationBuilder.AddForeignKey(
                name: "fk_customer_account_files_customers_customer_id",
                table: "customer_account_files",
                column: "customer_id",
                principalTable: "customers",
                principalColumn: "id",
                onDelete: ReferentialAction.Cascade);

            migrationBuilder.AddForeignKey(
                name: "fk_customer_links_customers_customer_id",
                table: "customer_links",
                column: "customer_id",
                principalTable: "customers",
                principalColumn: "id",
                onDelete: ReferentialAction.Restrict);

            migrationBuilder.AddForeignKey(
                name: "fk_customer_list_settings_customer_views_default_view_id",
                table: "customer_list_settings",
                column: "default_view_id",
                principalTable: "customer_views",
                principalColumn: "id",
                onDelete: ReferentialAction.SetNull);

            migrationBuilder.AddForeignKey(
                name: "fk_customer_list_settings_staff_staff_id",
                table: "customer_list_settings",
                column: "staff_id",
                principalTable: "staff",
                principalColumn: "id",
                onDelete: ReferentialAction.Cascade);

            migrationBuilder.AddForeignKey(
                name: "fk_customer_loans_customers_customer_id",
                table: "customer_loans",
                column: "customer_id",
                principalTable: "customers",
                principalColumn: "id",
                onDelete: ReferentialAction.Cascade);

            migrationBuilder.AddForeignKey(
                name: "fk_customer_owner_changes_customers_customer_id",
                table: "customer_owner_changes",
                column: "customer_id",
                principalTable: "customers",
                principalColumn: "id",
                onDelete: ReferentialAction.Cascade);

            migrationBuilder.AddForeignKey(
                name: "fk_customer_owner_changes_staff_from_owner_id",
                table: "customer_owner_changes",
                column: "from_owner_id",
                principalTable: "staff",
                principalColumn: "id",
                onDelete: ReferentialAction.Restrict);

            migrationBuilder.AddForeignKey(
                name: "fk_customer_owner_changes_staff_to_owner_id",
                table: "customer_owner_changes",
                column: "to_owner_id",
                principalTable: "staff",
                principalColumn: "id",
                onDelete: ReferentialAction.Restrict);

            migrationBuilder.AddForeignKey(
                name: "fk_customer_views_departments_department_id",
                table: "customer_views",
                column: "department_id",
                principalTable: "departments",
                principalColumn: "id",
                onDelete: ReferentialAction.SetNull);

            migrationBuilder.AddForeignKey(
                name: "fk_customer_views_staff_owner_id",
                table: "customer_views",
                column: "owner_id",
                principalTable: "staff",
                principalColumn: "id",
                onDelete: ReferentialAction.Cascade);

            migrationBuilder.AddForeignKey(
                name: "fk_customers_departments_department_id",
                table: "customers",
                column: "department_id",
                principalTable: "departments",
                principalColumn: "id",
                onDelete: ReferentialAction.SetNull);

            migrationBuilder.AddForeignKey(
                name: "fk_customers_public_pools_pool_id",
                table: "customers",
                column: "pool_id",
                principalTable: "public_pools",
                principalColumn: "id",
                onDelete: ReferentialAction.Restrict);

            migrationBuilder.AddForeignKey(
                name: "fk_customers_staff_owner_id",
                table: "customers",
                column: "owner_id",
                principalTable: "staff",
                principalColumn: "id",
                onDelete: ReferentialAction.Restrict);

            migrationBuilder.AddForeignKey(
                name: "fk_departments_staff_leader_id",
                table: "departments",
                column: "leader_id",
                principalTable: "staff",
                principalColumn: "id",
                onDelete: ReferentialAction.Restrict);

            // What the model cannot express: triggers, the scheduler's tables.
            foreach (var script in SchemaScripts.All())
                migrationBuilder.Sql(script);
        }

        /// <inheritdoc />
        protected override void Down(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.DropForeignKey(
                name: "fk_departments_staff_leader_id",
                table: "departments");

            migrationBuilder.DropTable(
                name: "api_key_uses");

            migrationBuilder.DropTable(
                name: "assignment_effect_cases");

            migrationBuilder.DropTable(
                name: "assignment_effect_counts");

            migrationBuilder.DropTable(
                name: "assignment_effect_runs");

            migrationBuilder.DropTable(
                name: "assignment_effect_times");

            migrationBuilder.DropTable(
                name: "assignment_rows");

            migrationBuilder.DropTable(
                name: "audit_entries");

            migrationBuilder.DropTable(
                name: "audit_seals");

            migrationBuilder.DropTable(
                name: "channel_accounts");

            migrationBuilder.DropTable(
                name: "customer_account_files");

            migrationBuilder.DropTable(
                name: "customer_list_settings");

            migrationBuilder.DropTable(
                name: "customer_loans");

            migrationBuilder.DropTable(
                name: "customer_number_counters");

            migrationBuilder.DropTable(
                name: "customer_owner_changes");

            migrationBuilder.DropTable(
                name: "customer_sessions");

            migrationBuilder.DropTable(
                name: "customer_sign_in_codes");

            migrationBuilder.DropTable(
                name: "document_requests");

            migrationBuilder.DropTable(
                name: "document_reviews");

            migrationBuilder.DropTable(
                name: "figure_deltas");

            migrationBuilder.DropTable(
                name: "figures");

            migrationBuilder.DropTable(
                name: "follow_up_files");

            migrationBuilder.DropTable(
                name: "job_runs");

            migrationBuilder.DropTable(
                name: "manager_conflicts");

            migrationBuilder.DropTable(
                name: "manager_profiles");

            migrationBuilder.DropTable(
                name: "message_access_tokens");

            migrationBuilder.DropTable(
                name: "message_batches");

            migrationBuilder.DropTable(
                name: "message_blocks");

            migrationBuilder.DropTable(
                name: "message_template_versions");

            migrationBuilder.DropTable(
                name: "password_links");

            migrationBuilder.DropTable(
                name: "person_preferences");

            migrationBuilder.DropTable(
                name: "pool_release_rules");

            migrationBuilder.DropTable(
                name: "pool_views");

            migrationBuilder.DropTable(
                name: "portrait_entries");

            migrationBuilder.DropTable(
                name: "portraits");

            migrationBuilder.DropTable(
                name: "product_examples");

            migrationBuilder.DropTable(
                name: "protection_keys");

            migrationBuilder.DropTable(
                name: "satisfaction_ratings");

            migrationBuilder.DropTable(
                name: "satisfaction_requests");

            migrationBuilder.DropTable(
                name: "segment_members");

            migrationBuilder.DropTable(
                name: "setting_proposals");

            migrationBuilder.DropTable(
                name: "setting_versions");

            migrationBuilder.DropTable(
                name: "settings");

            migrationBuilder.DropTable(
                name: "staff_roles");

            migrationBuilder.DropTable(
                name: "uploads");

            migrationBuilder.DropTable(
                name: "api_keys");

            migrationBuilder.DropTable(
                name: "assignment_runs");

            migrationBuilder.DropTable(
                name: "customer_views");

            migrationBuilder.DropTable(
                name: "rules_versions");

            migrationBuilder.DropTable(
                name: "customer_accounts");

            migrationBuilder.DropTable(
                name: "customer_links");

            migrationBuilder.DropTable(
                name: "documents");

            migrationBuilder.DropTable(
                name: "follow_ups");

            migrationBuilder.DropTable(
                name: "message_templates");

            migrationBuilder.DropTable(
                name: "file_decisions");

            migrationBuilder.DropTable(
                name: "segment_runs");

            migrationBuilder.DropTable(
                name: "roles");

            migrationBuilder.DropTable(
                name: "loan_products");

            migrationBuilder.DropTable(
                name: "stored_files");

            migrationBuilder.DropTable(
                name: "customers");

            migrationBuilder.DropTable(
                name: "stored_blobs");

            migrationBuilder.DropTable(
                name: "public_pools");

            migrationBuilder.DropTable(
                name: "staff");

            migrationBuilder.DropTable(
                name: "departments");
        }
    }
}

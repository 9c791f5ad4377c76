-- The tables of the ledger, and what Prisma's schema cannot say about them.

CREATE TYPE "GenerationStatus" AS ENUM ('RESERVED', 'SUCCEEDED', 'REFUNDED');
CREATE TYPE "ReservationState" AS ENUM ('RESERVED', 'SETTLED', 'REFUNDED');
CREATE TYPE "EntryKind" AS ENUM ('GRANT', 'RESERVE', 'SETTLE', 'REFUND');

CREATE TABLE "account" (
    "id" TEXT NOT NULL,
    "balance" BIGINT NOT NULL DEFAULT 0,
    "held" BIGINT NOT NULL DEFAULT 0,
    "last_seq" BIGINT NOT NULL DEFAULT 0,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    CONSTRAINT "account_pkey" PRIMARY KEY ("id"),
    CONSTRAINT "account_id_form" CHECK ("id" ~ '^[A-Za-z0-9][A-Za-z0-9._:@-]{0,63}$'),
    CONSTRAINT "account_balance_not_negative" CHECK ("balance" >= 0),
    CONSTRAINT "account_held_not_negative" CHECK ("held" >= 0),
    -- 2^53 - 1: the largest integer that every JSON reader keeps exactly.
    CONSTRAINT "account_exact_in_json" CHECK ("balance" + "held" <= 9007199254740991)
);

CREATE TABLE "generation" (
    "account_id" TEXT NOT NULL,
    "id" TEXT NOT NULL,
    "kind" TEXT NOT NULL,
    "label" TEXT NOT NULL,
    "input_hash" TEXT NOT NULL,
    "status" "GenerationStatus" NOT NULL,
    "draft" JSONB,
    "workflow_id" TEXT NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "updated_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    CONSTRAINT "generation_pkey" PRIMARY KEY ("account_id", "id"),
    CONSTRAINT "generation_id_form" CHECK ("id" ~ '^[A-Za-z0-9][A-Za-z0-9._:@-]{0,127}$'),
    CONSTRAINT "generation_label_length" CHECK (char_length("label") BETWEEN 1 AND 200),
    -- Paid exactly when delivered: the draft and the SUCCEEDED status come and go together.
    CONSTRAINT "generation_draft_iff_succeeded" CHECK (("status" = 'SUCCEEDED') = ("draft" IS NOT NULL))
);

CREATE TABLE "reservation" (
    "id" BIGSERIAL NOT NULL,
    "account_id" TEXT NOT NULL,
    "generation_id" TEXT NOT NULL,
    "ordinal" INTEGER NOT NULL,
    "try_id" TEXT NOT NULL,
    "amount" BIGINT NOT NULL,
    "state" "ReservationState" NOT NULL,
    "reason" TEXT,
    "refunded_by" TEXT,
    "namespace" TEXT NOT NULL,
    "reserved_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "closed_at" TIMESTAMPTZ(3),
    CONSTRAINT "reservation_pkey" PRIMARY KEY ("id"),
    CONSTRAINT "reservation_amount_not_negative" CHECK ("amount" >= 0),
    CONSTRAINT "reservation_ordinal_positive" CHECK ("ordinal" >= 1),
    CONSTRAINT "reservation_closed_iff_not_reserved" CHECK (("state" = 'RESERVED') = ("closed_at" IS NULL)),
    CONSTRAINT "reservation_reason_iff_refunded" CHECK (("state" = 'REFUNDED') = ("reason" IS NOT NULL)),
    CONSTRAINT "reservation_refunded_by_iff_refunded" CHECK (("state" = 'REFUNDED') = ("refunded_by" IS NOT NULL))
);

CREATE TABLE "ledger_entry" (
    "account_id" TEXT NOT NULL,
    "seq" BIGINT NOT NULL,
    "at" TIMESTAMPTZ(3) NOT NULL DEFAULT clock_timestamp(),
    "kind" "EntryKind" NOT NULL,
    "balance_delta" BIGINT NOT NULL,
    "held_delta" BIGINT NOT NULL,
    "balance_after" BIGINT NOT NULL,
    "reservation_id" BIGINT,
    "generation_id" TEXT,
    "grant_key" TEXT,
    "reason" TEXT,
    "message" TEXT,
    CONSTRAINT "ledger_entry_pkey" PRIMARY KEY ("account_id", "seq"),
    CONSTRAINT "ledger_entry_seq_positive" CHECK ("seq" >= 1),
    CONSTRAINT "ledger_entry_balance_not_negative" CHECK ("balance_after" >= 0),
    CONSTRAINT "ledger_entry_signs" CHECK (
        CASE "kind"
            WHEN 'GRANT' THEN "balance_delta" > 0 AND "held_delta" = 0
            WHEN 'RESERVE' THEN "balance_delta" <= 0 AND "held_delta" = -"balance_delta"
            WHEN 'SETTLE' THEN "balance_delta" = 0 AND "held_delta" <= 0
            WHEN 'REFUND' THEN "balance_delta" >= 0 AND "held_delta" = -"balance_delta"
        END
    ),
    CONSTRAINT "ledger_entry_belongs" CHECK (
        CASE "kind"
            WHEN 'GRANT' THEN "grant_key" IS NOT NULL AND "reservation_id" IS NULL AND "generation_id" IS NULL
            ELSE "grant_key" IS NULL AND "reservation_id" IS NOT NULL AND "generation_id" IS NOT NULL
        END
    ),
    CONSTRAINT "ledger_entry_refund_has_reason" CHECK (
        "kind" <> 'REFUND' OR ("reason" IS NOT NULL AND "message" IS NOT NULL)
    )
);

CREATE TABLE "closed_run" (
    "account_id" TEXT NOT NULL,
    "generation_id" TEXT NOT NULL,
    "try_id" TEXT NOT NULL,
    "run_id" TEXT NOT NULL,
    "at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    CONSTRAINT "closed_run_pkey" PRIMARY KEY ("account_id", "generation_id", "try_id", "run_id")
);

CREATE TABLE "generation_attempt" (
    "account_id" TEXT NOT NULL,
    "generation_id" TEXT NOT NULL,
    "run_id" TEXT NOT NULL,
    "number" INTEGER NOT NULL,
    "ordinal" INTEGER NOT NULL,
    "at" TIMESTAMPTZ(3) NOT NULL DEFAULT clock_timestamp(),
    "reason" TEXT NOT NULL,
    "message" TEXT NOT NULL,
    "provider_status" INTEGER,
    CONSTRAINT "generation_attempt_pkey" PRIMARY KEY ("account_id", "generation_id", "run_id", "number"),
    CONSTRAINT "generation_attempt_number_positive" CHECK ("number" >= 1)
);

CREATE UNIQUE INDEX "reservation_account_id_generation_id_ordinal_key"
    ON "reservation" ("account_id", "generation_id", "ordinal");
CREATE UNIQUE INDEX "reservation_id_account_id_generation_id_key"
    ON "reservation" ("id", "account_id", "generation_id");
CREATE UNIQUE INDEX "ledger_entry_reservation_id_kind_key" ON "ledger_entry" ("reservation_id", "kind");
CREATE UNIQUE INDEX "ledger_entry_account_id_grant_key_key" ON "ledger_entry" ("account_id", "grant_key");
CREATE INDEX "ledger_entry_account_id_kind_seq_idx" ON "ledger_entry" ("account_id", "kind", "seq");
CREATE INDEX "ledger_entry_account_id_at_seq_idx" ON "ledger_entry" ("account_id", "at", "seq");
CREATE INDEX "ledger_entry_account_id_generation_id_seq_idx" ON "ledger_entry" ("account_id", "generation_id", "seq");

-- The database itself forbids a second charge of a generation.
CREATE UNIQUE INDEX "reservation_one_active" ON "reservation" ("account_id", "generation_id")
    WHERE "state" IN ('RESERVED', 'SETTLED');
-- A reservation ends once: settled or refunded, never both.
CREATE UNIQUE INDEX "ledger_entry_one_terminal" ON "ledger_entry" ("reservation_id")
    WHERE "kind" IN ('SETTLE', 'REFUND');
-- The sweep reads the open reservations, oldest first; they are few beside the closed ones.
CREATE INDEX "reservation_open" ON "reservation" ("namespace", "id") WHERE "state" = 'RESERVED';

ALTER TABLE "generation" ADD CONSTRAINT "generation_account_id_fkey" FOREIGN KEY ("account_id")
    REFERENCES "account" ("id") ON DELETE RESTRICT ON UPDATE RESTRICT;
ALTER TABLE "reservation" ADD CONSTRAINT "reservation_account_id_generation_id_fkey"
    FOREIGN KEY ("account_id", "generation_id")
    REFERENCES "generation" ("account_id", "id") ON DELETE RESTRICT ON UPDATE RESTRICT;
ALTER TABLE "ledger_entry" ADD CONSTRAINT "ledger_entry_account_id_fkey" FOREIGN KEY ("account_id")
    REFERENCES "account" ("id") ON DELETE RESTRICT ON UPDATE RESTRICT;
ALTER TABLE "ledger_entry" ADD CONSTRAINT "ledger_entry_reservation_id_account_id_generation_id_fkey"
    FOREIGN KEY ("reservation_id", "account_id", "generation_id")
    REFERENCES "reservation" ("id", "account_id", "generation_id") ON DELETE RESTRICT ON UPDATE RESTRICT;
ALTER TABLE "generation_attempt" ADD CONSTRAINT "generation_attempt_account_id_generation_id_fkey"
    FOREIGN KEY ("account_id", "generation_id")
    REFERENCES "generation" ("account_id", "id") ON DELETE RESTRICT ON UPDATE RESTRICT;

-- The ledger is append-only, for its owner too.
CREATE FUNCTION "ledger_entry_append_only"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'ledger_entry is append-only: % refused', TG_OP USING ERRCODE = 'restrict_violation';
END
$$;
CREATE TRIGGER "ledger_entry_no_change" BEFORE UPDATE OR DELETE ON "ledger_entry"
    FOR EACH ROW EXECUTE FUNCTION "ledger_entry_append_only"();
CREATE TRIGGER "ledger_entry_no_truncate" BEFORE TRUNCATE ON "ledger_entry"
    FOR EACH STATEMENT EXECUTE FUNCTION "ledger_entry_append_only"();

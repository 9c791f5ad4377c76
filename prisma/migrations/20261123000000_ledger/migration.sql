-- The tables of the ledger, and what Prisma's schema cannot say about them.
--
-- No script names a schema: all is made in the first one of the connection's search_path, and each function keeps that
-- path (SET search_path FROM CURRENT), with pg_temp last:
-- https://www.postgresql.org/docs/current/sql-createfunction.html#SQL-CREATEFUNCTION-SECURITY
SELECT set_config('search_path', quote_ident(current_schema()) || ', pg_temp', true);

CREATE TYPE "GenerationStatus" AS ENUM ('RESERVED', 'SUCCEEDED', 'REFUNDED');
CREATE TYPE "ReservationState" AS ENUM ('RESERVED', 'SETTLED', 'REFUNDED');
CREATE TYPE "EntryKind" AS ENUM ('GRANT', 'RESERVE', 'SETTLE', 'REFUND', 'ADJUST');

-- The form of every value that comes from outside: of the functions' arguments, and of the columns where it is first
-- written. Lengths stand beside the patterns: a pattern that counts costs twenty times as much.
CREATE DOMAIN "AccountId" AS TEXT CHECK (char_length(VALUE) <= 64 AND VALUE ~ '^[A-Za-z0-9][A-Za-z0-9._:@-]*$');
CREATE DOMAIN "GenerationId" AS TEXT CHECK (char_length(VALUE) <= 128 AND VALUE ~ '^[A-Za-z0-9][A-Za-z0-9._:@-]*$');
-- Temporal's ids of runs are UUIDs; of other forms only the length matters.
CREATE DOMAIN "RunId" AS TEXT CHECK (char_length(VALUE) BETWEEN 1 AND 64);
CREATE DOMAIN "Kind" AS TEXT CHECK (char_length(VALUE) <= 64 AND VALUE ~ '^[A-Za-z0-9][A-Za-z0-9._-]*$');
-- Encrypted, 200 characters are up to 1,156 (ledger/encryption.ts).
CREATE DOMAIN "Label" AS TEXT CHECK (char_length(VALUE) BETWEEN 1 AND 200
    OR starts_with(VALUE, 'makegood/encrypted:') AND char_length(VALUE) <= 1200);
CREATE DOMAIN "InputHash" AS TEXT CHECK (char_length(VALUE) BETWEEN 1 AND 128);
-- As long as Temporal takes one.
CREATE DOMAIN "WorkflowId" AS TEXT CHECK (char_length(VALUE) BETWEEN 1 AND 1000);
CREATE DOMAIN "ReasonCode" AS TEXT CHECK (char_length(VALUE) <= 64 AND VALUE ~ '^[A-Z][A-Z0-9_]*$');
CREATE DOMAIN "Message" AS TEXT CHECK (char_length(VALUE) BETWEEN 1 AND 500);
CREATE DOMAIN "IdempotencyKey" AS TEXT CHECK (char_length(VALUE) BETWEEN 1 AND 200);
-- One price or grant is at most a trillion credits: far beyond any product, and sums stay exact integers.
CREATE DOMAIN "Credits" AS BIGINT CHECK (VALUE BETWEEN 0 AND 1000000000000);
CREATE DOMAIN "Ordinal" AS INTEGER CHECK (VALUE >= 0);
-- What is delivered is never JSON null, a bare word or a list: those are what a fault looks like.
CREATE DOMAIN "Output" AS JSONB CHECK (jsonb_typeof(VALUE) = 'object');
-- For whom and for what a product asked: its own words. As long as Stripe takes metadata: pairs of texts, 16 at most.
CREATE DOMAIN "Attribute" AS TEXT CHECK (char_length(VALUE) BETWEEN 1 AND 128);
CREATE FUNCTION metadata_is_sound(metadata jsonb) RETURNS boolean LANGUAGE plpgsql IMMUTABLE AS $$
BEGIN
    IF jsonb_typeof(metadata) IS DISTINCT FROM 'object' THEN
        RETURN false;
    END IF;
    RETURN (SELECT count(*) BETWEEN 1 AND 16 AND bool_and(
                char_length(key) BETWEEN 1 AND 40 AND jsonb_typeof(value) = 'string' AND char_length(value #>> '{}') <= 500)
            FROM jsonb_each(metadata));
END
$$;
CREATE DOMAIN "Metadata" AS JSONB CHECK (VALUE IS NULL OR metadata_is_sound(VALUE));
-- One step of a kind of work: the kind's own name where it has one step only.
CREATE DOMAIN "Step" AS TEXT CHECK (char_length(VALUE) <= 64 AND VALUE ~ '^[A-Za-z0-9][A-Za-z0-9._-]*$');
-- A SHA-256.
CREATE DOMAIN "Digest" AS BYTEA CHECK (octet_length(VALUE) = 32);

-- The key of this installation, by which the hashes of inputs are made: whoever reads a dump of the tables that name
-- them cannot find an input by guessing. One row.
CREATE TABLE "installation" (
    "only" BOOLEAN NOT NULL DEFAULT TRUE,
    "key" BYTEA NOT NULL DEFAULT sha256(uuid_send(gen_random_uuid()) || uuid_send(gen_random_uuid())),
    CONSTRAINT "installation_pkey" PRIMARY KEY ("only"),
    CONSTRAINT "installation_one_row" CHECK ("only")
);
INSERT INTO "installation" DEFAULT VALUES;

-- The Temporal namespaces, by their UUIDs, whose workers sweep: a hold for any other would be given back by nobody.
CREATE TABLE "temporal_namespace" (
    "id" UUID NOT NULL,
    "since" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    CONSTRAINT "temporal_namespace_pkey" PRIMARY KEY ("id")
);

CREATE TABLE "account" (
    "id" "AccountId" NOT NULL,
    "balance" BIGINT NOT NULL DEFAULT 0,
    "held" BIGINT NOT NULL DEFAULT 0,
    "last_seq" BIGINT NOT NULL DEFAULT 0,
    -- The moment of its last entry: the next is never before it, whatever the clock does.
    "last_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    -- The hash chain of its entries: what it begins with, and the hash of its last entry.
    "genesis" "Digest" NOT NULL,
    "head" "Digest" NOT NULL,
    -- Of the digests of its grants' texts; gone when it is erased, so that they cannot be guessed.
    "salt" UUID,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "erased_at" TIMESTAMPTZ(3),
    CONSTRAINT "account_pkey" PRIMARY KEY ("id"),
    -- 2^53 - 1: the largest integer that every JSON reader keeps exactly.
    CONSTRAINT "account_sound" CHECK ("balance" >= 0 AND "held" >= 0 AND "balance" + "held" <= 9007199254740991),
    CONSTRAINT "account_salt_until_erased" CHECK (("salt" IS NULL) = ("erased_at" IS NOT NULL))
-- Every move updates its account: room for the next version on the same page keeps that out of the index (HOT).
) WITH (fillfactor = 50);

-- The rules of a row stand in functions, whose plans are kept: a long CHECK is read anew by every statement.
CREATE FUNCTION generation_is_sound(
    status "GenerationStatus", label text, input_hash text, salt uuid, output jsonb, user_id text, campaign text,
    metadata jsonb, erased_at timestamptz
) RETURNS boolean LANGUAGE plpgsql IMMUTABLE AS $$
BEGIN
    -- Paid exactly when delivered: the output and the SUCCEEDED status come and go together, until it is erased.
    IF erased_at IS NULL THEN
        RETURN num_nulls(label, input_hash, salt) = 0 AND (output IS NOT NULL) = (status = 'SUCCEEDED');
    END IF;
    RETURN num_nonnulls(label, input_hash, salt, output, user_id, campaign, metadata) = 0;
END
$$;

CREATE TABLE "generation" (
    "account_id" "AccountId" NOT NULL,
    "id" "GenerationId" NOT NULL,
    "kind" "Kind" NOT NULL,
    "label" "Label",
    "input_hash" TEXT,
    "status" "GenerationStatus" NOT NULL,
    "output" "Output",
    "workflow_id" "WorkflowId" NOT NULL,
    -- For whom and for what it was asked, in the product's own words.
    "user_id" "Attribute",
    "campaign" "Attribute",
    "metadata" "Metadata",
    -- The entry of its first hold: generations are listed in this order.
    "first_seq" BIGINT NOT NULL,
    -- Of the digests of its texts in the entries' hashes; gone when it is erased, so that they cannot be guessed.
    "salt" UUID,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "updated_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "erased_at" TIMESTAMPTZ(3),
    CONSTRAINT "generation_pkey" PRIMARY KEY ("account_id", "id"),
    CONSTRAINT "generation_sound" CHECK (
        generation_is_sound("status", "label", "input_hash", "salt", "output", "user_id", "campaign", "metadata",
                            "erased_at"))
-- Settling updates it once.
) WITH (fillfactor = 80);

CREATE FUNCTION reservation_is_sound(
    ordinal integer, state "ReservationState", amount bigint, cost bigint, reason text, message text, refunded_by text,
    reserve_seq bigint, close_seq bigint, reserved_at timestamptz, closed_at timestamptz
) RETURNS boolean LANGUAGE plpgsql IMMUTABLE AS $$
BEGIN
    RETURN ordinal >= 1 AND amount >= 0 AND CASE state
        WHEN 'RESERVED' THEN num_nonnulls(close_seq, closed_at, cost, reason, message, refunded_by) = 0
        WHEN 'SETTLED' THEN num_nonnulls(close_seq, closed_at, cost) = 3 AND num_nonnulls(reason, message, refunded_by) = 0
            AND close_seq > reserve_seq AND closed_at >= reserved_at AND cost BETWEEN 0 AND amount
        WHEN 'REFUNDED' THEN num_nonnulls(close_seq, closed_at, reason, message, refunded_by) = 5 AND cost IS NULL
            AND close_seq > reserve_seq AND closed_at >= reserved_at
    END;
END
$$;

CREATE TABLE "reservation" (
    "account_id" TEXT NOT NULL,
    "generation_id" TEXT NOT NULL,
    "ordinal" INTEGER NOT NULL,
    "execution_id" TEXT NOT NULL,
    -- The run that the ledger believes without proof.
    "holder_run" TEXT NOT NULL,
    "amount" BIGINT NOT NULL,
    "state" "ReservationState" NOT NULL,
    -- What a settled one was charged: at most what was held.
    "cost" BIGINT,
    "reason" TEXT,
    "message" TEXT,
    -- The run whose refund it was, so that asking again tells that run the same.
    "refunded_by" TEXT,
    -- Of a retry: the caller's own key for it.
    "retry_key" TEXT,
    "namespace" UUID NOT NULL,
    "reserve_seq" BIGINT NOT NULL,
    "close_seq" BIGINT,
    "reserved_at" TIMESTAMPTZ(3) NOT NULL,
    "closed_at" TIMESTAMPTZ(3),
    CONSTRAINT "reservation_pkey" PRIMARY KEY ("account_id", "generation_id", "ordinal"),
    CONSTRAINT "reservation_sound" CHECK (reservation_is_sound(
        "ordinal", "state", "amount", "cost", "reason", "message", "refunded_by", "reserve_seq", "close_seq", "reserved_at",
        "closed_at"))
-- Closing updates it once, and no index says anything of what changes then but of `reason`, in a refund.
) WITH (fillfactor = 80);

-- The open reservations, few beside the closed ones: what the sweep reads, and what forbids a second open one.
CREATE TABLE "hold" (
    "account_id" TEXT NOT NULL,
    "generation_id" TEXT NOT NULL,
    "ordinal" INTEGER NOT NULL,
    "namespace" UUID NOT NULL,
    "reserved_at" TIMESTAMPTZ(3) NOT NULL,
    CONSTRAINT "hold_pkey" PRIMARY KEY ("account_id", "generation_id")
);

CREATE FUNCTION ledger_entry_is_sound(
    seq bigint, kind "EntryKind", balance_delta bigint, held_delta bigint, balance_after bigint, generation_id text,
    ordinal integer, idempotency_key text, reason text, message text
) RETURNS boolean LANGUAGE plpgsql IMMUTABLE AS $$
BEGIN
    RETURN seq >= 1 AND balance_after >= 0 AND CASE kind
        WHEN 'RESERVE' THEN balance_delta <= 0 AND held_delta = -balance_delta AND reason IS NULL
        -- What was held and not charged comes back in the same entry.
        WHEN 'SETTLE' THEN held_delta <= 0 AND balance_delta BETWEEN 0 AND -held_delta AND reason IS NULL
        WHEN 'REFUND' THEN balance_delta >= 0 AND held_delta = -balance_delta AND num_nulls(reason, message) = 0
        WHEN 'GRANT' THEN balance_delta > 0 AND held_delta = 0 AND reason IS NULL
        WHEN 'ADJUST' THEN balance_delta <> 0 AND held_delta = 0 AND reason IS NULL
    END AND CASE WHEN kind IN ('GRANT', 'ADJUST')
        THEN idempotency_key IS NOT NULL AND num_nonnulls(generation_id, ordinal) = 0
        ELSE idempotency_key IS NULL AND num_nonnulls(generation_id, ordinal) = 2
    END;
END
$$;

CREATE TABLE "ledger_entry" (
    "account_id" TEXT NOT NULL,
    "seq" BIGINT NOT NULL,
    "at" TIMESTAMPTZ(3) NOT NULL,
    "kind" "EntryKind" NOT NULL,
    "balance_delta" BIGINT NOT NULL,
    "held_delta" BIGINT NOT NULL,
    "balance_after" BIGINT NOT NULL,
    "generation_id" TEXT,
    "ordinal" INTEGER,
    "idempotency_key" TEXT,
    "reason" TEXT,
    "message" TEXT,
    -- The digest of the texts that it stands for, under the salt of their generation or account: see content_of_*.
    "content" BYTEA NOT NULL,
    "hash" BYTEA NOT NULL,
    CONSTRAINT "ledger_entry_pkey" PRIMARY KEY ("account_id", "seq"),
    CONSTRAINT "ledger_entry_sound" CHECK (ledger_entry_is_sound(
        "seq", "kind", "balance_delta", "held_delta", "balance_after", "generation_id", "ordinal", "idempotency_key", "reason",
        "message"))
);

-- The runs of a generation in the order in which they have called, and which of them are closed: what a closed one has
-- left in flight can neither hold nor charge any more. Written from the second run on, or when one is closed; until then
-- the reservation names the only one.
CREATE TABLE "generation_run" (
    "account_id" TEXT NOT NULL,
    "generation_id" TEXT NOT NULL,
    "run_id" TEXT NOT NULL,
    "position" INTEGER NOT NULL,
    "closed_at" TIMESTAMPTZ(3),
    CONSTRAINT "generation_run_pkey" PRIMARY KEY ("account_id", "generation_id", "run_id")
);

CREATE TABLE "generation_attempt" (
    "account_id" TEXT NOT NULL,
    "generation_id" TEXT NOT NULL,
    "run_id" TEXT NOT NULL,
    "step" TEXT NOT NULL,
    "number" INTEGER NOT NULL,
    "ordinal" INTEGER NOT NULL,
    "at" TIMESTAMPTZ(3) NOT NULL DEFAULT clock_timestamp(),
    "reason" TEXT NOT NULL,
    "message" TEXT NOT NULL,
    "provider_status" INTEGER,
    CONSTRAINT "generation_attempt_pkey" PRIMARY KEY ("account_id", "generation_id", "run_id", "step", "number"),
    CONSTRAINT "generation_attempt_number_positive" CHECK ("number" >= 1)
);

-- What each index is for stands with it: COMMENT ON INDEX, which `npm run bench` prints beside its size.
COMMENT ON INDEX "account_pkey" IS 'every move locks its account by it';
COMMENT ON INDEX "generation_pkey" IS 'every move finds its generation by it';
COMMENT ON INDEX "reservation_pkey" IS 'every move finds the newest reservation by it';
COMMENT ON INDEX "hold_pkey" IS 'closing removes the hold by it; the sweep reads in its order';
COMMENT ON INDEX "ledger_entry_pkey" IS 'the feed, the statement and the audit read in its order';
COMMENT ON INDEX "generation_run_pkey" IS 'is this run closed, and which were before it';
COMMENT ON INDEX "generation_attempt_pkey" IS 'the attempts of a generation; the first to write a number of a step wins';

-- Only what has a user or a campaign is in these: others pay nothing for them. Neither says anything that settling changes.
CREATE INDEX "generation_of_user" ON "generation" ("account_id", "user_id", "first_seq") WHERE "user_id" IS NOT NULL;
COMMENT ON INDEX "generation_of_user" IS 'the generations and entries of one user, few among those of a large account';
CREATE INDEX "generation_of_campaign" ON "generation" ("account_id", "campaign", "first_seq") WHERE "campaign" IS NOT NULL;
COMMENT ON INDEX "generation_of_campaign" IS 'the same of a campaign';

-- By `reason`, which only a refund sets, so that settling stays out of this index.
CREATE UNIQUE INDEX "reservation_one_active" ON "reservation" ("account_id", "generation_id") WHERE "reason" IS NULL;
COMMENT ON INDEX "reservation_one_active" IS 'forbids a second charge: one open or settled reservation of a generation at most';
CREATE UNIQUE INDEX "ledger_entry_idempotency_key" ON "ledger_entry" ("account_id", "idempotency_key")
    WHERE "idempotency_key" IS NOT NULL;
COMMENT ON INDEX "ledger_entry_idempotency_key" IS 'a grant or adjustment under one key is made once';
-- Charges need none: they are never far to seek in the order of the primary key.
CREATE INDEX "ledger_entry_credited" ON "ledger_entry" ("account_id", "kind", "seq")
    WHERE "kind" IN ('GRANT', 'REFUND', 'ADJUST');
-- Work at a fixed price has no rests, and pays nothing for it.
CREATE INDEX "ledger_entry_rest" ON "ledger_entry" ("account_id", "seq") WHERE "kind" = 'SETTLE' AND "balance_delta" > 0;
COMMENT ON INDEX "ledger_entry_rest" IS 'balances where charges cost less than was held';
COMMENT ON INDEX "ledger_entry_credited" IS 'the feed of grants or refunds alone, few among the charges';

-- A reservation's generation, a generation's account and an entry's account are no foreign keys: each would cost every move
-- a look-up. The functions make them together, nothing is ever removed (below), and the audit looks at all of them.
ALTER TABLE "generation_attempt" ADD CONSTRAINT "generation_attempt_generation_fkey"
    FOREIGN KEY ("account_id", "generation_id")
    REFERENCES "generation" ("account_id", "id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- The ledger is append-only, for its owner too, and what it tells of is never removed.
CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
BEGIN
    RAISE EXCEPTION '% of % refused: the ledger is append-only', TG_OP, TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
END
$$;
CREATE TRIGGER "ledger_entry_no_change" BEFORE UPDATE OR DELETE ON "ledger_entry"
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER "ledger_entry_no_truncate" BEFORE TRUNCATE ON "ledger_entry" EXECUTE FUNCTION refuse_change();
CREATE TRIGGER "account_no_removal" BEFORE DELETE OR TRUNCATE ON "account" EXECUTE FUNCTION refuse_change();
CREATE TRIGGER "generation_no_removal" BEFORE DELETE OR TRUNCATE ON "generation" EXECUTE FUNCTION refuse_change();
CREATE TRIGGER "reservation_no_removal" BEFORE DELETE OR TRUNCATE ON "reservation" EXECUTE FUNCTION refuse_change();

-- The hash chain. An entry's hash is made of the one before (of the account's genesis, for the first) and of its own
-- digest: of what it moves, when, for which reservation, and of `content`. Ids are in it by their digests only, so that
-- they can be replaced by pseudonyms (erasure), and the chain still proves.
CREATE FUNCTION entry_digest(
    seq bigint, at timestamptz, kind "EntryKind", balance_delta bigint, held_delta bigint, balance_after bigint,
    ordinal integer, reason text, content bytea
) RETURNS bytea LANGUAGE sql STABLE AS $$
    SELECT sha256(int8send(seq) || int8send((extract(epoch FROM at) * 1000)::bigint) || int8send(balance_delta)
        || int8send(held_delta) || int8send(balance_after) || int4send(coalesce(ordinal, 0)) || content
        || convert_to(kind::text || '/' || coalesce(reason, ''), 'UTF8'))
$$;

CREATE FUNCTION chain_step(before bytea, begin bytea, digest bytea) RETURNS bytea LANGUAGE plpgsql IMMUTABLE AS $$
BEGIN
    RETURN sha256(coalesce(before, begin) || digest);
END
$$;
-- chain(begin, digest) OVER (PARTITION BY account ORDER BY seq): the hashes that follow on `begin`.
CREATE AGGREGATE chain(begin bytea, digest bytea) (SFUNC = chain_step, STYPE = bytea);

-- `content` of each kind of entry. What may hold a line break comes last, or with its length before it.
CREATE FUNCTION content_of_reserve(
    salt uuid, generation text, kind text, label text, input_hash text, workflow_id text
) RETURNS bytea LANGUAGE sql STABLE AS $$
    SELECT sha256(uuid_send(salt) || convert_to(generation || E'\n' || kind || E'\n' || input_hash || E'\n'
        || length(workflow_id)::text || E'\n' || workflow_id || label, 'UTF8'))
$$;
CREATE FUNCTION content_of_settle(salt uuid, output jsonb) RETURNS bytea LANGUAGE sql STABLE AS $$
    SELECT sha256(uuid_send(salt) || convert_to(output::text, 'UTF8'))
$$;
CREATE FUNCTION content_of_refund(salt uuid, message text) RETURNS bytea LANGUAGE sql STABLE AS $$
    SELECT sha256(uuid_send(salt) || convert_to(message, 'UTF8'))
$$;
-- Of grants and adjustments.
CREATE FUNCTION content_of_grant(salt uuid, key text, message text) RETURNS bytea LANGUAGE sql STABLE AS $$
    SELECT sha256(uuid_send(salt) || convert_to(jsonb_build_array(key, message)::text, 'UTF8'))
$$;

-- The number of an account's last entry before a moment; 0 where there is none. Entries are numbered in the order of their
-- moments, so twenty looks at the primary key find it among a million: no index of moments is needed.
CREATE FUNCTION last_seq_before(p_account text, p_at timestamptz)
RETURNS bigint LANGUAGE plpgsql STABLE SET search_path FROM CURRENT AS $$
DECLARE
    -- The entry numbered `low` is before the moment, that of `high` is not.
    low bigint := 0;
    high bigint := (SELECT last_seq + 1 FROM account WHERE id = p_account);
    middle bigint;
BEGIN
    WHILE high - low > 1 LOOP
        middle := (low + high) / 2;
        IF (SELECT at < p_at FROM ledger_entry WHERE account_id = p_account AND seq = middle) THEN
            low := middle;
        ELSE
            high := middle;
        END IF;
    END LOOP;
    RETURN low;
END
$$;

-- Where a charge cost less than was held, the rest comes back with its SETTLE. Told is one charge of what it cost, from its
-- RESERVE on: balances of that time are then higher by this, by the rests of all that was held up to an entry and settled
-- after it.
CREATE FUNCTION rest_after(p_account text, p_seq bigint) RETURNS bigint LANGUAGE sql STABLE SET search_path FROM CURRENT AS $$
    SELECT coalesce(sum(entry.balance_delta), 0)::bigint
    FROM ledger_entry AS entry
    JOIN reservation AS res ON res.account_id = entry.account_id AND res.generation_id = entry.generation_id
                           AND res.ordinal = entry.ordinal
    WHERE entry.account_id = p_account AND entry.seq > p_seq AND entry.kind = 'SETTLE' AND entry.balance_delta > 0
      AND res.reserve_seq <= p_seq
$$;

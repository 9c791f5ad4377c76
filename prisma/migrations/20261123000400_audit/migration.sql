-- What audits remember: what they have found, what somebody has acknowledged of it, and how far they have verified.
SELECT set_config('search_path', quote_ident(current_schema()) || ', pg_temp', true);

-- What each audit found, acknowledged or not. `auditor`: one that comes again and again, by its own name.
CREATE TABLE "audit_run" (
    "at" TIMESTAMPTZ(3) NOT NULL DEFAULT clock_timestamp(),
    "id" UUID NOT NULL DEFAULT gen_random_uuid(),
    "auditor" TEXT NOT NULL,
    "checked" JSONB NOT NULL,
    "discrepancies" JSONB NOT NULL,
    "unknown" JSONB NOT NULL,
    CONSTRAINT "audit_run_pkey" PRIMARY KEY ("at", "id"),
    CONSTRAINT "audit_run_auditor_length" CHECK (char_length("auditor") BETWEEN 1 AND 1000)
);

-- It keeps the latest 1000 runs: a week of one every ten minutes, and some megabytes at most.
CREATE FUNCTION record_audit(p_auditor text, p_checked jsonb, p_discrepancies jsonb, p_unknown jsonb)
RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT AS $$
BEGIN
    PERFORM expect_arguments(char_length(p_auditor) BETWEEN 1 AND 300);
    PERFORM expect_arguments(jsonb_typeof(p_checked) = 'array' AND jsonb_typeof(p_discrepancies) = 'array'
                             AND jsonb_typeof(p_unknown) = 'array');
    INSERT INTO audit_run (auditor, checked, discrepancies, unknown)
        VALUES (p_auditor, p_checked, p_discrepancies, p_unknown);
    DELETE FROM audit_run WHERE (at, id) <= (SELECT at, id FROM audit_run ORDER BY at DESC, id DESC OFFSET 1000 LIMIT 1);
END
$$;

-- Discrepancies that somebody has looked into, by the names that audits give them. Append-only, like the ledger.
CREATE TABLE "audit_acknowledgement" (
    "name" TEXT NOT NULL,
    "at" TIMESTAMPTZ(3) NOT NULL DEFAULT clock_timestamp(),
    "by" TEXT NOT NULL,
    "reason" TEXT NOT NULL,
    CONSTRAINT "audit_acknowledgement_pkey" PRIMARY KEY ("name"),
    CONSTRAINT "audit_acknowledgement_name_form" CHECK ("name" ~ '^[0-9a-f]{12}$'),
    CONSTRAINT "audit_acknowledgement_by_length" CHECK (char_length("by") BETWEEN 1 AND 200),
    CONSTRAINT "audit_acknowledgement_reason_length" CHECK (char_length("reason") BETWEEN 1 AND 500)
);
CREATE TRIGGER "audit_acknowledgement_no_change" BEFORE UPDATE OR DELETE ON "audit_acknowledgement"
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER "audit_acknowledgement_no_truncate" BEFORE TRUNCATE ON "audit_acknowledgement"
    EXECUTE FUNCTION refuse_change();

-- The first acknowledgement of a name stays.
CREATE FUNCTION acknowledge(p_name text, p_by text, p_reason text)
RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT AS $$
BEGIN
    PERFORM expect_arguments(num_nulls(p_name, p_by, p_reason) = 0);
    INSERT INTO audit_acknowledgement ("name", "by", "reason") VALUES (p_name, p_by, p_reason) ON CONFLICT DO NOTHING;
END
$$;

-- How far an auditor has verified each account: the number and the hash of the last entry, and the sums up to it.
-- Whoever owns the database can write here what he likes. So each auditor keeps the digest of all of its marks where that
-- owner can't reach (ledger/audit/marks.ts), and begins by comparing.
CREATE TABLE "audit_mark" (
    "auditor" TEXT NOT NULL,
    "account_id" "AccountId" NOT NULL,
    "genesis" "Digest" NOT NULL,
    "seq" BIGINT NOT NULL,
    "head" "Digest" NOT NULL,
    "balance" BIGINT NOT NULL,
    "held" BIGINT NOT NULL,
    CONSTRAINT "audit_mark_pkey" PRIMARY KEY ("auditor", "account_id")
);
-- The marks of an audit whose digest is not known yet to have been kept: it may have been killed before it told.
CREATE TABLE "audit_mark_pending" (
    "auditor" TEXT NOT NULL,
    "audit" UUID NOT NULL,
    "account_id" "AccountId" NOT NULL,
    "genesis" "Digest" NOT NULL,
    "seq" BIGINT NOT NULL,
    "head" "Digest" NOT NULL,
    "balance" BIGINT NOT NULL,
    "held" BIGINT NOT NULL,
    CONSTRAINT "audit_mark_pending_pkey" PRIMARY KEY ("auditor", "audit", "account_id")
);

CREATE FUNCTION add_marks(p_auditor text, p_audit uuid, p_marks jsonb)
RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT AS $$
BEGIN
    PERFORM expect_arguments(char_length(p_auditor) BETWEEN 1 AND 300 AND p_audit IS NOT NULL);
    PERFORM expect_arguments(jsonb_typeof(p_marks) = 'array');
    INSERT INTO audit_mark_pending (auditor, audit, account_id, genesis, seq, head, balance, held)
        SELECT p_auditor, p_audit, account, decode(genesis, 'hex'), seq, decode(head, 'hex'), balance, held
        FROM jsonb_to_recordset(p_marks) AS mark (
            account text, genesis text, seq bigint, head text, balance bigint, held bigint)
        ON CONFLICT (auditor, audit, account_id) DO UPDATE
            SET genesis = excluded.genesis, seq = excluded.seq, head = excluded.head, balance = excluded.balance,
                held = excluded.held;
END
$$;

-- The marks of `p_audit` count from now on, and those of any other audit that were not confirmed are gone. At most 50,000
-- at a time, well within a statement's time: call it until it answers true. Confirming again changes nothing. NULL: the
-- auditor begins anew, and all of its marks are gone.
CREATE FUNCTION confirm_marks(p_auditor text, p_audit uuid)
RETURNS boolean LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT AS $$
BEGIN
    PERFORM expect_arguments(char_length(p_auditor) BETWEEN 1 AND 300);
    DELETE FROM audit_mark_pending WHERE auditor = p_auditor AND audit IS DISTINCT FROM p_audit;
    IF p_audit IS NULL THEN
        DELETE FROM audit_mark WHERE auditor = p_auditor;
    END IF;
    WITH moved AS (
        DELETE FROM audit_mark_pending WHERE auditor = p_auditor AND audit = p_audit AND account_id IN (
            SELECT account_id FROM audit_mark_pending WHERE auditor = p_auditor AND audit = p_audit LIMIT 50000)
        RETURNING *
    )
    INSERT INTO audit_mark (auditor, account_id, genesis, seq, head, balance, held)
        SELECT auditor, account_id, genesis, seq, head, balance, held FROM moved
        ON CONFLICT (auditor, account_id) DO UPDATE
            SET genesis = excluded.genesis, seq = excluded.seq, head = excluded.head, balance = excluded.balance,
                held = excluded.held;
    RETURN NOT EXISTS (SELECT FROM audit_mark_pending WHERE auditor = p_auditor AND audit = p_audit);
END
$$;

-- An account that gets another id (erasure) is the same account.
CREATE FUNCTION rename_marks() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT AS $$
BEGIN
    UPDATE audit_mark SET account_id = NEW.id WHERE account_id = OLD.id;
    UPDATE audit_mark_pending SET account_id = NEW.id WHERE account_id = OLD.id;
    RETURN NULL;
END
$$;
CREATE TRIGGER "account_renames_marks" AFTER UPDATE OF "id" ON "account"
    FOR EACH ROW WHEN (OLD.id <> NEW.id) EXECUTE FUNCTION rename_marks();

REVOKE EXECUTE ON FUNCTION record_audit, acknowledge, add_marks, confirm_marks, rename_marks FROM PUBLIC;

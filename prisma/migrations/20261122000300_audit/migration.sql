-- What each audit found: for operators, and for metrics.

CREATE TABLE "audit_run" (
    "id" BIGSERIAL NOT NULL,
    "at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "checked" JSONB NOT NULL,
    "discrepancies" JSONB NOT NULL,
    "unknown" JSONB NOT NULL,
    CONSTRAINT "audit_run_pkey" PRIMARY KEY ("id")
);

-- The application's role writes no table; this function moves no credits. It keeps the latest 1000 runs: more than a
-- week of one every ten minutes, and some megabytes at most. A gap in the ids only makes it keep fewer.
CREATE FUNCTION makegood_record_audit(p_checked jsonb, p_discrepancies jsonb, p_unknown jsonb)
RETURNS bigint LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    run audit_run;
BEGIN
    INSERT INTO audit_run (checked, discrepancies, unknown)
        VALUES (p_checked, p_discrepancies, p_unknown) RETURNING * INTO run;
    DELETE FROM audit_run WHERE id <= run.id - 1000;
    RETURN run.id;
END
$$;

REVOKE EXECUTE ON FUNCTION makegood_record_audit FROM PUBLIC;

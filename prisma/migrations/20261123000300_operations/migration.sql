-- What is not money: the record of attempts, the keys of the HTTP API, the links to the Usage page.
SELECT set_config('search_path', quote_ident(current_schema()) || ', pg_temp', true);

-- A worker says for which Temporal namespace it sweeps, before it reserves for it.
CREATE FUNCTION register_namespace(p_id uuid)
RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT AS $$
BEGIN
    PERFORM expect_arguments(p_id IS NOT NULL);
    INSERT INTO temporal_namespace (id) VALUES (p_id) ON CONFLICT DO NOTHING;
END
$$;

-- Writes down a failed attempt. Earlier numbers that nobody wrote down belonged to a worker that was lost, so that
-- "we tried 5 times" is true. Each step of the work is numbered by itself. The first to write a number wins, but what was taken for lost gives way to the word of its
-- own worker, which was too busy to be heard of in time. Moves no credits, so it takes no lock. Answers how many
-- it wrote down. No policy tries more often than a hundred times.
CREATE FUNCTION record_attempt(
    p_account "AccountId", p_generation "GenerationId", p_run "RunId", p_step "Step", p_number integer, p_reason "ReasonCode",
    p_message "Message", p_provider_status integer, p_lost_reason "ReasonCode", p_lost_message "Message"
) RETURNS integer LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT AS $$
DECLARE
    written integer;
BEGIN
    PERFORM expect_arguments(num_nulls(p_account, p_generation, p_run, p_step, p_number, p_reason, p_message, p_lost_reason,
                                       p_lost_message) = 0);
    PERFORM expect_arguments(p_number BETWEEN 1 AND 100);
    PERFORM expect_arguments(coalesce(p_provider_status, 100) BETWEEN 100 AND 599);
    INSERT INTO generation_attempt (account_id, generation_id, run_id, step, number, ordinal, reason, message,
                                    provider_status)
        SELECT p_account, p_generation, p_run, p_step, n, res.ordinal,
               CASE WHEN n = p_number THEN p_reason ELSE p_lost_reason END,
               CASE WHEN n = p_number THEN p_message ELSE p_lost_message END,
               CASE WHEN n = p_number THEN p_provider_status END
        FROM newest_reservation(p_account, p_generation) AS res, generate_series(1, p_number) AS n
        WHERE res.ordinal IS NOT NULL
        ON CONFLICT (account_id, generation_id, run_id, step, number) DO UPDATE
            SET reason = excluded.reason, message = excluded.message, provider_status = excluded.provider_status
            WHERE generation_attempt.reason = p_lost_reason AND excluded.reason <> p_lost_reason;
    GET DIAGNOSTICS written = ROW_COUNT;
    RETURN written;
END
$$;

-- The keys with which a product's backend calls the HTTP API. A key is shown once, when it is created; here is its hash.
CREATE TABLE "api_key" (
    "id" TEXT NOT NULL,
    "name" TEXT NOT NULL,
    -- Not the widest alone: a later scope may not include the others.
    "scopes" TEXT[] NOT NULL,
    "key_hash" "Digest" NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "revoked_at" TIMESTAMPTZ(3),
    CONSTRAINT "api_key_pkey" PRIMARY KEY ("id"),
    CONSTRAINT "api_key_id_form" CHECK ("id" ~ '^[0-9a-f]{16}$'),
    CONSTRAINT "api_key_name_length" CHECK (char_length("name") BETWEEN 1 AND 100),
    CONSTRAINT "api_key_scopes_known" CHECK (
        "scopes" <@ ARRAY['read', 'write', 'admin'] AND cardinality("scopes") >= 1 AND array_position("scopes", NULL) IS NULL)
);

CREATE FUNCTION create_key(p_id text, p_name text, p_scopes text[], p_key_hash "Digest")
RETURNS void LANGUAGE sql SECURITY DEFINER SET search_path FROM CURRENT AS $$
    INSERT INTO api_key (id, name, scopes, key_hash) VALUES (p_id, p_name, p_scopes, p_key_hash)
$$;

-- Answers whether there is such a key. A revoked one stays revoked, and keeps the moment when it was.
CREATE FUNCTION revoke_key(p_id text)
RETURNS boolean LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT AS $$
BEGIN
    PERFORM expect_arguments(p_id IS NOT NULL);
    UPDATE api_key SET revoked_at = coalesce(revoked_at, clock_timestamp()) WHERE id = p_id;
    RETURN FOUND;
END
$$;

-- Links to the Billing → Usage page are good for one visit. What was used is kept until it would have expired anyway,
-- so that every server of a deployment refuses the same link.
CREATE TABLE "used_link" (
    "nonce" TEXT NOT NULL,
    "expires_at" TIMESTAMPTZ(3) NOT NULL,
    CONSTRAINT "used_link_pkey" PRIMARY KEY ("nonce"),
    CONSTRAINT "used_link_nonce_length" CHECK (char_length("nonce") BETWEEN 16 AND 64)
);
CREATE INDEX "used_link_expires_at_idx" ON "used_link" ("expires_at");

-- Answers whether this was its first use. An hour of grace keeps a server with a slow clock from letting a link in twice.
-- No link is good for longer than a day, so none is kept for longer than that.
CREATE FUNCTION use_session(p_nonce text, p_expires_at timestamptz)
RETURNS boolean LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT AS $$
BEGIN
    PERFORM expect_arguments(num_nulls(p_nonce, p_expires_at) = 0);
    PERFORM expect_arguments(p_expires_at < clock_timestamp() + interval '1 day');
    DELETE FROM used_link WHERE expires_at < clock_timestamp() - interval '1 hour';
    INSERT INTO used_link (nonce, expires_at) VALUES (p_nonce, p_expires_at) ON CONFLICT DO NOTHING;
    RETURN FOUND;
END
$$;

REVOKE EXECUTE ON FUNCTION
    register_namespace, record_attempt, create_key, revoke_key, use_session
FROM PUBLIC;

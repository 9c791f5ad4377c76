-- The keys with which a product's backend calls the HTTP API. A key is shown once, when it is created; here is its hash.

CREATE TABLE "api_key" (
    "id" TEXT NOT NULL,
    "name" TEXT NOT NULL,
    -- Not the widest alone: a later scope may not include the others.
    "scopes" TEXT[] NOT NULL,
    "key_hash" BYTEA NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "revoked_at" TIMESTAMPTZ(3),
    CONSTRAINT "api_key_pkey" PRIMARY KEY ("id"),
    CONSTRAINT "api_key_id_form" CHECK ("id" ~ '^[0-9a-f]{16}$'),
    CONSTRAINT "api_key_name_length" CHECK (char_length("name") BETWEEN 1 AND 100),
    CONSTRAINT "api_key_scopes_known" CHECK ("scopes" <@ ARRAY['read', 'write', 'admin'] AND cardinality("scopes") >= 1),
    -- The length of a SHA-256: never the key itself.
    CONSTRAINT "api_key_hash_length" CHECK (octet_length("key_hash") = 32)
);

-- The application's role writes no table; these functions move no credits.
CREATE FUNCTION makegood_create_key(p_id text, p_name text, p_scopes text[], p_key_hash bytea)
RETURNS void LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp AS $$
    INSERT INTO api_key (id, name, scopes, key_hash) VALUES (p_id, p_name, p_scopes, p_key_hash)
$$;

-- Answers whether there is such a key. A revoked one stays revoked, and keeps the moment when it was.
CREATE FUNCTION makegood_revoke_key(p_id text)
RETURNS boolean LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    UPDATE api_key SET revoked_at = coalesce(revoked_at, clock_timestamp()) WHERE id = p_id;
    RETURN FOUND;
END
$$;

REVOKE EXECUTE ON FUNCTION makegood_create_key, makegood_revoke_key FROM PUBLIC;

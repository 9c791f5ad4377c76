-- Links to the Billing → Usage page are good for one visit. What was used is kept until it would have expired anyway,
-- so that every server of a deployment refuses the same link.

CREATE TABLE "used_link" (
    "nonce" TEXT NOT NULL,
    "expires_at" TIMESTAMPTZ(3) NOT NULL,
    CONSTRAINT "used_link_pkey" PRIMARY KEY ("nonce"),
    CONSTRAINT "used_link_nonce_length" CHECK (char_length("nonce") BETWEEN 16 AND 64)
);
CREATE INDEX "used_link_expires_at_idx" ON "used_link" ("expires_at");

-- Answers whether this was its first use. The application's role writes no table, and this moves no credits.
-- An hour of grace keeps a server with a slow clock from letting a link in twice.
CREATE FUNCTION makegood_use_session(p_nonce text, p_expires_at timestamptz)
RETURNS boolean LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    DELETE FROM used_link WHERE expires_at < clock_timestamp() - interval '1 hour';
    INSERT INTO used_link (nonce, expires_at) VALUES (p_nonce, p_expires_at) ON CONFLICT DO NOTHING;
    RETURN FOUND;
END
$$;

REVOKE EXECUTE ON FUNCTION makegood_use_session FROM PUBLIC;

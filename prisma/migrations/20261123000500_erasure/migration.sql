-- The right to be forgotten. Texts go: outputs, labels, attributions, the hashes of inputs, messages, keys of callers, and the salts
-- without which the digests of all that can't be guessed. Ids can be replaced by pseudonyms. Amounts, kinds, moments and
-- the hash chain stay as they are, and still prove.
--
-- Idempotent, each one commit, a bounded number of rows (but for pseudonymise_account, whose account nobody waits for).
SELECT set_config('search_path', quote_ident(current_schema()) || ', pg_temp', true);

-- How far the outputs of an account have been expired: all that was closed by entries up to this one.
ALTER TABLE "account" ADD COLUMN "expired_seq" BIGINT NOT NULL DEFAULT 0;

-- What stands where a text was that must not be missing. An own key of a grant is replaced by a pseudonym.
CREATE FUNCTION erased_text() RETURNS text LANGUAGE sql IMMUTABLE AS $$ SELECT 'Erased.' $$;
-- Random: nothing tells whose it was.
CREATE FUNCTION new_pseudonym() RETURNS text LANGUAGE sql VOLATILE AS $$ SELECT 'erased-' || gen_random_uuid() $$;
CREATE FUNCTION is_pseudonym(id text) RETURNS boolean LANGUAGE sql IMMUTABLE AS $$
    SELECT id ~ '^erased-[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$'
$$;

-- Entries are never changed but in this: the texts of what has been erased go, and its entries follow the pseudonyms of
-- their account and generation. Whoever updates, the owner too: it needs no flag that somebody could set.
CREATE FUNCTION refuse_all_but_erasure() RETURNS trigger LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
DECLARE
    changing constant text[] := ARRAY['account_id', 'generation_id', 'idempotency_key', 'message'];
BEGIN
    IF TG_OP = 'UPDATE'
        AND to_jsonb(OLD) - changing = to_jsonb(NEW) - changing
        AND (NEW.message IS NOT DISTINCT FROM OLD.message OR OLD.message IS NOT NULL AND NEW.message = erased_text())
        AND (NEW.idempotency_key IS NOT DISTINCT FROM OLD.idempotency_key
             OR OLD.idempotency_key IS NOT NULL AND is_pseudonym(NEW.idempotency_key))
        AND (NEW.generation_id IS NULL) = (OLD.generation_id IS NULL)
        -- Its account has been erased, or its generation has, of which it is an entry.
        AND (CASE WHEN NEW.generation_id IS NOT NULL
            THEN EXISTS (
                SELECT FROM reservation AS res
                JOIN generation AS gen ON gen.account_id = res.account_id AND gen.id = res.generation_id
                WHERE res.account_id = NEW.account_id AND res.generation_id = NEW.generation_id
                  AND res.ordinal = NEW.ordinal AND NEW.seq IN (res.reserve_seq, res.close_seq) AND gen.erased_at IS NOT NULL)
            ELSE EXISTS (SELECT FROM account WHERE id = NEW.account_id AND erased_at IS NOT NULL)
        END)
        -- It has a new account because that is what its account is called now.
        AND (NEW.account_id = OLD.account_id OR is_pseudonym(NEW.account_id)
             AND NOT EXISTS (SELECT FROM account WHERE id = OLD.account_id)
             AND EXISTS (SELECT FROM account WHERE id = NEW.account_id AND last_seq >= NEW.seq AND erased_at IS NOT NULL))
        AND (NEW.generation_id IS NOT DISTINCT FROM OLD.generation_id OR is_pseudonym(NEW.generation_id)
             AND NOT EXISTS (SELECT FROM generation WHERE account_id = NEW.account_id AND id = OLD.generation_id))
    THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION '% of % refused: the ledger is append-only', TG_OP, TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
END
$$;
DROP TRIGGER "ledger_entry_no_change" ON "ledger_entry";
CREATE TRIGGER "ledger_entry_no_change" BEFORE UPDATE OR DELETE ON "ledger_entry"
    FOR EACH ROW EXECUTE FUNCTION refuse_all_but_erasure();

-- Removes the texts of generations that have ended. The account is locked.
CREATE FUNCTION erase_texts(p_account text, p_generations text[]) RETURNS void LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
BEGIN
    UPDATE generation SET label = NULL, input_hash = NULL, output = NULL, user_id = NULL, campaign = NULL,
                          metadata = NULL, salt = NULL, erased_at = clock_timestamp()
        WHERE account_id = p_account AND id = ANY (p_generations) AND erased_at IS NULL;
    UPDATE generation_attempt SET message = erased_text()
        WHERE account_id = p_account AND generation_id = ANY (p_generations) AND message <> erased_text();
    UPDATE ledger_entry AS entry SET message = erased_text()
        FROM reservation AS res
        WHERE res.account_id = p_account AND res.generation_id = ANY (p_generations) AND res.state = 'REFUNDED'
          AND entry.account_id = p_account AND entry.seq = res.close_seq AND entry.message <> erased_text();
    UPDATE reservation SET retry_key = NULL, message = CASE WHEN message IS NOT NULL THEN erased_text() END
        WHERE account_id = p_account AND generation_id = ANY (p_generations) AND num_nonnulls(retry_key, message) > 0;
END
$$;

-- Erases the texts of these generations, if all of them are there and none still holds credits.
CREATE FUNCTION erase_generations(p_account "AccountId", p_generations text[])
RETURNS jsonb LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT SET lock_timeout = '100ms' AS $$
DECLARE
    acc account;
    open text;
BEGIN
    PERFORM expect_arguments(num_nulls(p_account, p_generations) = 0 AND array_position(p_generations, NULL) IS NULL);
    PERFORM expect_arguments(cardinality(p_generations) <= 1000);
    acc := lock_account(p_account);
    IF acc.id IS NULL THEN
        RETURN jsonb_build_object('outcome', 'unknown_account');
    ELSIF EXISTS (SELECT FROM unnest(p_generations) AS asked
                  WHERE NOT EXISTS (SELECT FROM generation WHERE account_id = p_account AND id = asked)) THEN
        RETURN jsonb_build_object('outcome', 'unknown_generation');
    END IF;
    SELECT generation_id INTO open FROM hold WHERE account_id = p_account AND generation_id = ANY (p_generations) LIMIT 1;
    IF open IS NOT NULL THEN
        RETURN jsonb_build_object('outcome', 'held', 'generation', open);
    END IF;
    PERFORM erase_texts(p_account, p_generations);
    RETURN jsonb_build_object('outcome', 'erased');
END
$$;

-- Erases the texts of an account's own entries, after `p_after` (0 at first) and so many at a time, and closes the
-- account: from the first call on nothing is granted, adjusted or reserved any more. Its generations are erased by
-- themselves. Refused while it holds credits. `next` is where to go on, null at the end.
CREATE FUNCTION erase_account(p_account "AccountId", p_after bigint, p_limit integer)
RETURNS jsonb LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT SET lock_timeout = '100ms' AS $$
DECLARE
    acc account;
    open text;
    seqs bigint[];
BEGIN
    PERFORM expect_arguments(num_nulls(p_account, p_after, p_limit) = 0 AND p_after >= 0 AND p_limit BETWEEN 1 AND 1000);
    acc := lock_account(p_account);
    IF acc.id IS NULL THEN
        RETURN jsonb_build_object('outcome', 'unknown_account');
    END IF;
    SELECT generation_id INTO open FROM hold WHERE account_id = p_account LIMIT 1;
    IF open IS NOT NULL THEN
        RETURN jsonb_build_object('outcome', 'held', 'generation', open);
    END IF;
    UPDATE account SET salt = NULL, erased_at = clock_timestamp() WHERE id = p_account AND erased_at IS NULL;
    seqs := ARRAY(SELECT seq FROM ledger_entry
                  WHERE account_id = p_account AND kind IN ('GRANT', 'REFUND', 'ADJUST') AND seq > p_after
                    AND idempotency_key IS NOT NULL ORDER BY seq LIMIT p_limit);
    UPDATE ledger_entry
        SET idempotency_key = new_pseudonym(), message = CASE WHEN message IS NOT NULL THEN erased_text() END
        WHERE account_id = p_account AND seq = ANY (seqs) AND NOT is_pseudonym(idempotency_key);
    RETURN jsonb_build_object('outcome', 'erased',
        'next', CASE WHEN cardinality(seqs) = p_limit THEN seqs[p_limit] END);
END
$$;

-- What audits have found names accounts and generations: it follows their pseudonyms. Its sentences may quote the ids.
CREATE FUNCTION rename_in_audits(p_found jsonb, p_replaced jsonb) RETURNS void LANGUAGE sql SET search_path FROM CURRENT AS $$
    UPDATE audit_run SET discrepancies = (
        SELECT jsonb_agg(CASE WHEN one @> p_found THEN one || p_replaced || jsonb_build_object('message', erased_text())
                              ELSE one END ORDER BY i)
        FROM jsonb_array_elements(discrepancies) WITH ORDINALITY AS found (one, i))
    WHERE discrepancies @> jsonb_build_array(p_found)
$$;

-- Replaces the ids of erased generations by pseudonyms, and answers these in the order asked for. Those that are unknown,
-- not erased, or pseudonyms already are left as they are. Their histories in Temporal, which these ids name, must be
-- gone: nothing tells any more which they were.
CREATE FUNCTION pseudonymise_generations(p_account "AccountId", p_generations text[])
RETURNS jsonb LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT SET lock_timeout = '100ms' AS $$
DECLARE
    acc account;
    known text;
    pseudonym text;
    answers jsonb := '[]';
BEGIN
    PERFORM expect_arguments(num_nulls(p_account, p_generations) = 0 AND array_position(p_generations, NULL) IS NULL);
    PERFORM expect_arguments(cardinality(p_generations) <= 1000);
    acc := lock_account(p_account);
    FOREACH known IN ARRAY p_generations LOOP
        IF is_pseudonym(known) OR NOT EXISTS (SELECT FROM generation
                                              WHERE account_id = p_account AND id = known AND erased_at IS NOT NULL) THEN
            answers := answers || to_jsonb(known);
            CONTINUE;
        END IF;
        pseudonym := new_pseudonym();
        -- Its attempts follow by their foreign key.
        UPDATE generation SET id = pseudonym, workflow_id = format('makegood/%s/%s', p_account, pseudonym)
            WHERE account_id = p_account AND id = known;
        UPDATE reservation SET generation_id = pseudonym WHERE account_id = p_account AND generation_id = known;
        UPDATE generation_run SET generation_id = pseudonym WHERE account_id = p_account AND generation_id = known;
        UPDATE ledger_entry AS entry SET generation_id = pseudonym
            FROM reservation AS res
            WHERE res.account_id = p_account AND res.generation_id = pseudonym
              AND entry.account_id = p_account AND entry.seq IN (res.reserve_seq, res.close_seq);
        PERFORM rename_in_audits(jsonb_build_object('account', p_account, 'generation', known),
                                 jsonb_build_object('generation', pseudonym));
        answers := answers || to_jsonb(pseudonym);
    END LOOP;
    RETURN answers;
END
$$;

-- Replaces the id of an erased account, and answers its pseudonym; null where there is no such account, or it has not
-- been erased with all its generations. One commit, for its books are never in two halves: as long as it has entries.
CREATE FUNCTION pseudonymise_account(p_account "AccountId")
RETURNS text LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT SET lock_timeout = '100ms' AS $$
DECLARE
    acc account;
    pseudonym text := new_pseudonym();
BEGIN
    PERFORM expect_arguments(p_account IS NOT NULL);
    acc := lock_account(p_account);
    IF is_pseudonym(p_account) AND acc.id IS NOT NULL THEN
        RETURN p_account;
    ELSIF acc.erased_at IS NULL
        OR EXISTS (SELECT FROM generation WHERE account_id = p_account AND erased_at IS NULL) THEN
        RETURN NULL;
    END IF;
    UPDATE account SET id = pseudonym WHERE id = p_account;
    UPDATE generation SET account_id = pseudonym, workflow_id = format('makegood/%s/%s', pseudonym, id)
        WHERE account_id = p_account;
    UPDATE reservation SET account_id = pseudonym WHERE account_id = p_account;
    UPDATE generation_run SET account_id = pseudonym WHERE account_id = p_account;
    UPDATE ledger_entry SET account_id = pseudonym WHERE account_id = p_account;
    PERFORM rename_in_audits(jsonb_build_object('account', p_account), jsonb_build_object('account', pseudonym));
    RETURN pseudonym;
END
$$;

-- After how many days what has ended is erased; NULL where it is kept. The owner's to set (`makegood migrate`), not the
-- worker's: who takes over a worker can erase nothing that would not go anyway.
ALTER TABLE "installation" ADD COLUMN "retention_days" INTEGER CHECK ("retention_days" BETWEEN 1 AND 36500);

-- Erases the generations whose last charge or refund is longer ago than the installation's retention: of the accounts
-- after `p_after` ('' at first), a bounded number of entries and accounts at a time. An account that is busy is left to the
-- next time. Answers how many it has erased, and the account to go on after; null at the end.
CREATE FUNCTION expire_outputs(p_after text, p_limit integer)
RETURNS jsonb LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT SET lock_timeout = '100ms' AS $$
DECLARE
    before timestamptz := clock_timestamp() - (SELECT retention_days FROM installation) * interval '1 day';
    visited text;
    -- The last entry that was looked at before, and now.
    done bigint;
    upto bigint;
    generations text[];
    budget integer := p_limit;
    erased integer := 0;
    last text := p_after;
BEGIN
    PERFORM expect_arguments(p_after IS NOT NULL AND p_limit BETWEEN 1 AND 1000);
    IF before IS NULL THEN
        RETURN jsonb_build_object('erased', 0, 'next', NULL);
    END IF;
    FOR visited, done IN SELECT id, expired_seq FROM account WHERE id > p_after ORDER BY id LIMIT p_limit LOOP
        upto := last_seq_before(visited, before);
        IF upto > done THEN
            -- Read again: somebody else may have been here meanwhile.
            SELECT expired_seq INTO done FROM account WHERE id = visited FOR NO KEY UPDATE SKIP LOCKED;
            IF upto > done THEN
                upto := least(upto, done + budget);
                budget := budget - (upto - done);
                -- What was tried again since has a later entry, whose time comes.
                generations := ARRAY(
                    SELECT generation_id FROM ledger_entry AS entry
                    WHERE account_id = visited AND seq > done AND seq <= upto AND kind IN ('SETTLE', 'REFUND')
                      AND ordinal = (newest_reservation(visited, entry.generation_id)).ordinal);
                PERFORM erase_texts(visited, generations);
                erased := erased + cardinality(generations);
                UPDATE account SET expired_seq = upto WHERE id = visited;
            END IF;
        END IF;
        IF budget = 0 THEN
            -- It may have more.
            RETURN jsonb_build_object('erased', erased, 'next', last);
        END IF;
        last := visited;
    END LOOP;
    RETURN jsonb_build_object('erased', erased,
        'next', (SELECT min(last) FROM account WHERE id > last));
END
$$;

REVOKE EXECUTE ON FUNCTION
    erased_text, new_pseudonym, is_pseudonym, refuse_all_but_erasure, erase_texts, rename_in_audits, erase_generations,
    erase_account, pseudonymise_generations, pseudonymise_account, expire_outputs
FROM PUBLIC;

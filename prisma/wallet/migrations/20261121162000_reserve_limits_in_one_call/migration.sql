-- What a reservation of limits takes in one call and not in six: the steps are those that the service took, each with a
-- snapshot of its own.

-- Judges requests for different payments on a day and its month, and takes what fits. Counters that are missing are made, the
-- month's are locked in the order of wallets, as every path does, and the statement after it has a snapshot that is younger
-- than the locks: what it reads of the counters is true until it commits.
--
-- Within a wallet requests are judged in their order: each takes what fits in what is left of the day and of the month, and
-- one that does not fit leaves room for a smaller one behind it. The row of a payment that somebody else holds or releases at
-- this very moment is not inserted; it counts for nothing, and its status is null.
CREATE FUNCTION "reserve_limits"(
    "payments" TEXT[], "wallets" TEXT[], "currencies" TEXT[], "amounts" BIGINT[],
    "per_payments" BIGINT[], "dailies" BIGINT[], "monthlies" BIGINT[], "on_day" DATE
) RETURNS TABLE ("payment_id" TEXT, "status" TEXT, "code" TEXT) LANGUAGE plpgsql
SET search_path = public, pg_temp
-- Plans may be made while tables are empty, and are kept.
SET enable_seqscan = off SET jit = off AS $$
#variable_conflict use_column
DECLARE
    on_month date := date_trunc('month', on_day::timestamp)::date;
BEGIN
    INSERT INTO monthly_usage (wallet_id, month)
    SELECT id, on_month FROM wallet WHERE id = ANY (wallets) ORDER BY id
    ON CONFLICT DO NOTHING;

    PERFORM FROM monthly_usage WHERE wallet_id = ANY (wallets) AND month = on_month
    ORDER BY wallet_id, month FOR NO KEY UPDATE;

    INSERT INTO limit_usage (wallet_id, day)
    SELECT id, on_day FROM wallet WHERE id = ANY (wallets) ORDER BY id
    ON CONFLICT DO NOTHING;

    RETURN QUERY
    WITH asked AS (
      SELECT * FROM unnest(payments, wallets, currencies, amounts, per_payments, dailies, monthlies) WITH ORDINALITY AS request (payment_id, wallet_id, currency, amount, per_payment, daily, monthly, place)
    ), judged AS (
      SELECT asked.*, hold.status AS held_before, CASE
        WHEN hold.status = 'RELEASED' THEN 'HOLD_RELEASED'
        WHEN hold.wallet_id <> asked.wallet_id OR hold.amount <> asked.amount THEN 'HOLD_CONFLICT'
        WHEN hold.payment_id IS NOT NULL THEN NULL
        WHEN wallet.id IS NULL THEN 'WALLET_NOT_FOUND'
        WHEN wallet.status IN ('FROZEN_OUT', 'FROZEN', 'CLOSED') THEN 'WALLET_NOT_ACTIVE'
        WHEN wallet.currency <> asked.currency THEN 'CURRENCY_MISMATCH'
        WHEN asked.amount > asked.per_payment THEN 'PER_PAYMENT_LIMIT_EXCEEDED'
      END AS refusal
      FROM asked
      LEFT JOIN limit_hold AS hold ON hold.payment_id = asked.payment_id
      LEFT JOIN wallet ON wallet.id = asked.wallet_id
    ), candidates AS (
      SELECT judged.*, judged.daily - today.taken AS day_room, judged.monthly - month.taken AS month_room
      FROM judged
      JOIN limit_usage AS today ON today.wallet_id = judged.wallet_id AND today.day = on_day
      JOIN monthly_usage AS month ON month.wallet_id = judged.wallet_id AND month.month = on_month
      WHERE judged.refusal IS NULL AND judged.held_before IS NULL
    ), running AS (
      SELECT *, sum_within(amount, least(day_room, month_room)) OVER by_place AS total
      FROM candidates
      WINDOW by_place AS (PARTITION BY wallet_id ORDER BY place)
    ), compared AS (
      SELECT *, lag(total, 1, 0::bigint) OVER (PARTITION BY wallet_id ORDER BY place) AS before FROM running
    ), fitted AS (
      SELECT *, total > before AS fits,
        CASE WHEN amount > day_room - before THEN 'DAILY_LIMIT_EXCEEDED' ELSE 'MONTHLY_LIMIT_EXCEEDED' END AS exceeded
      FROM compared
    ), held AS (
      INSERT INTO limit_hold (payment_id, wallet_id, day, amount, status)
      SELECT payment_id, wallet_id, on_day, amount, 'HELD' FROM fitted WHERE fits ORDER BY payment_id
      ON CONFLICT (payment_id) DO NOTHING
      RETURNING payment_id, wallet_id, amount
    ), sums AS (
      SELECT wallet_id, sum(amount)::bigint AS amount FROM held GROUP BY wallet_id
    ), taken_of_day AS (
      UPDATE limit_usage AS usage SET taken = usage.taken + sums.amount
      FROM sums WHERE usage.wallet_id = sums.wallet_id AND usage.day = on_day
    ), taken_of_month AS (
      UPDATE monthly_usage AS usage SET taken = usage.taken + sums.amount
      FROM sums WHERE usage.wallet_id = sums.wallet_id AND usage.month = on_month
    )
    SELECT
      judged.payment_id,
      CASE
        WHEN judged.refusal IS NOT NULL OR NOT fitted.fits THEN 'REFUSED'
        WHEN judged.held_before IS NOT NULL THEN judged.held_before::text
        WHEN held.payment_id IS NOT NULL THEN 'HELD'
      END AS status,
      CASE WHEN NOT fitted.fits THEN fitted.exceeded ELSE judged.refusal END AS code
    FROM judged
    LEFT JOIN fitted ON fitted.payment_id = judged.payment_id
    LEFT JOIN held ON held.payment_id = judged.payment_id
    ORDER BY judged.place;
END
$$;

GRANT EXECUTE ON FUNCTION "reserve_limits"(TEXT[], TEXT[], TEXT[], BIGINT[], BIGINT[], BIGINT[], BIGINT[], DATE) TO "wallet_service";

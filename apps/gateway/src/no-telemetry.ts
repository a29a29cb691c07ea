/**
 * `@apollo/gateway` reports anonymous use to its maker unless this is set. Imported before everything else, so that no
 * part of it can look earlier.
 */
process.env.APOLLO_TELEMETRY_DISABLED = '1';

import { credentials, publicKey } from './credentials.ts';

/**
 * The variables that make payment use the sandbox in place of real rails.
 * @param sandboxUrl where the sandbox is
 * @param callbackUrl where rails reach payment: `http://…/webhooks/rails`
 */
export function sandboxSettings(sandboxUrl: string, callbackUrl: string): Record<string, string> {
  const base = sandboxUrl.replace(/\/+$/, '');
  const { mtn, airteltigo, telecel, bank, callbackSecret } = credentials;
  return {
    PAYMENT_RAIL_CALLBACK_URL: callbackUrl,
    PAYMENT_RAIL_CALLBACK_SECRET: callbackSecret,
    PAYMENT_MTN_URL: `${base}/mtn-momo`,
    PAYMENT_MTN_PAYOUT_NETWORKS: 'AIRTELTIGO,TELECEL',
    PAYMENT_MTN_ENVIRONMENT: mtn.environment,
    PAYMENT_MTN_COLLECTION_SUBSCRIPTION_KEY: mtn.collection.subscriptionKey,
    PAYMENT_MTN_COLLECTION_API_USER: mtn.collection.apiUser,
    PAYMENT_MTN_COLLECTION_API_KEY: mtn.collection.apiKey,
    PAYMENT_MTN_DISBURSEMENT_SUBSCRIPTION_KEY: mtn.disbursement.subscriptionKey,
    PAYMENT_MTN_DISBURSEMENT_API_USER: mtn.disbursement.apiUser,
    PAYMENT_MTN_DISBURSEMENT_API_KEY: mtn.disbursement.apiKey,
    PAYMENT_AIRTELTIGO_URL: `${base}/airteltigo-money`,
    PAYMENT_AIRTELTIGO_PAYOUT_NETWORKS: 'MTN,TELECEL',
    PAYMENT_AIRTELTIGO_CLIENT_ID: airteltigo.clientId,
    PAYMENT_AIRTELTIGO_CLIENT_SECRET: airteltigo.clientSecret,
    PAYMENT_AIRTELTIGO_PIN: airteltigo.pin,
    PAYMENT_AIRTELTIGO_PIN_KEY: publicKey,
    PAYMENT_AIRTELTIGO_CALLBACK_KEY: airteltigo.callbackKey,
    PAYMENT_TELECEL_URL: `${base}/telecel-cash`,
    PAYMENT_TELECEL_PAYOUT_NETWORKS: 'MTN,AIRTELTIGO',
    PAYMENT_TELECEL_ENVIRONMENT: telecel.environment,
    PAYMENT_TELECEL_API_KEY: telecel.apiKey,
    PAYMENT_TELECEL_PUBLIC_KEY: publicKey,
    PAYMENT_TELECEL_SERVICE_PROVIDER_CODE: telecel.serviceProviderCode,
    PAYMENT_TELECEL_ORIGIN: telecel.origin,
    PAYMENT_TELECEL_SESSION_MS: '3300000',
    PAYMENT_BANK_URL: `${base}/bank`,
    PAYMENT_BANK_TOKEN: bank.token,
    PAYMENT_BANK_ACCOUNT_NAME: bank.account.name,
    PAYMENT_BANK_ACCOUNT_IBAN: bank.account.iban,
    PAYMENT_BANK_ACCOUNT_BIC: bank.account.bic,
    PAYMENT_BANK_WEBHOOK_SECRET: bank.webhookSecret,
  };
}

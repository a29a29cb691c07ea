import { createPublicKey } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { ConfigError, fileVariable } from '@paygraph/service';
import { Agent } from 'undici';
import { z } from 'zod';
import type { AdapterOptions } from './adapter.ts';
import { createAirtelTigoMoney } from './airteltigo-money/adapter.ts';
import { readBic, readIban } from './bank/account.ts';
import { createBank } from './bank/adapter.ts';
import { createMtnMomo } from './mtn-momo/adapter.ts';
import type { RailAdapter } from './rail.ts';
import { createTelecelCash } from './telecel-cash/adapter.ts';
import { type RailTerms, readTerms } from './terms.ts';

const url = z.url({ protocol: /^https?$/, error: 'must be an http:// or https:// address' });
const text = z.string().min(1);
/** As the operators' portals show keys: one line of Base64, a SubjectPublicKeyInfo. */
const rsaKey = z.string().transform((base64, context) => {
  try {
    return createPublicKey({ key: Buffer.from(base64, 'base64'), format: 'der', type: 'spki' });
  } catch {
    context.issues.push({ code: 'custom', input: base64, message: 'must be an RSA public key in one line of Base64' });
    return z.NEVER;
  }
});
const iban = z.string().transform((given, context) => {
  const read = readIban(given);
  if (read !== undefined) return read;
  context.issues.push({ code: 'custom', input: given, message: 'must be an IBAN' });
  return z.NEVER;
});
const milliseconds = z
  .string()
  .regex(/^[1-9]\d{0,8}$/, 'must be a number of milliseconds')
  .transform(Number);

const networks = z.string().transform((given, context) => {
  const read = z.array(z.enum(['MTN', 'AIRTELTIGO', 'TELECEL'])).safeParse(given.split(','));
  if (read.success) return read.data;
  context.issues.push({ code: 'custom', input: given, message: 'must be of MTN, AIRTELTIGO and TELECEL, with commas' });
  return z.NEVER;
});

/** What each rail needs. A rail is there when its `…_URL` is set, and then it needs everything else too. */
const variables = {
  PAYMENT_MTN_URL: url,
  /** `mtnghana`, or `sandbox` with MTN's sandbox. */
  PAYMENT_MTN_ENVIRONMENT: text,
  PAYMENT_MTN_COLLECTION_SUBSCRIPTION_KEY: text,
  PAYMENT_MTN_COLLECTION_API_USER: text,
  PAYMENT_MTN_COLLECTION_API_KEY: text,
  PAYMENT_MTN_DISBURSEMENT_SUBSCRIPTION_KEY: text,
  PAYMENT_MTN_DISBURSEMENT_API_USER: text,
  PAYMENT_MTN_DISBURSEMENT_API_KEY: text,

  PAYMENT_AIRTELTIGO_URL: url,
  PAYMENT_AIRTELTIGO_CLIENT_ID: text,
  PAYMENT_AIRTELTIGO_CLIENT_SECRET: text,
  PAYMENT_AIRTELTIGO_PIN: text,
  PAYMENT_AIRTELTIGO_PIN_KEY: rsaKey,
  PAYMENT_AIRTELTIGO_CALLBACK_KEY: text,

  PAYMENT_TELECEL_URL: url,
  /** `openapi`, or `sandbox`. */
  PAYMENT_TELECEL_ENVIRONMENT: text,
  PAYMENT_TELECEL_API_KEY: text,
  PAYMENT_TELECEL_PUBLIC_KEY: rsaKey,
  PAYMENT_TELECEL_SERVICE_PROVIDER_CODE: text,
  PAYMENT_TELECEL_ORIGIN: text,
  PAYMENT_TELECEL_SESSION_MS: milliseconds,

  PAYMENT_BANK_URL: url,
  PAYMENT_BANK_TOKEN: text,
  PAYMENT_BANK_ACCOUNT_NAME: text,
  PAYMENT_BANK_ACCOUNT_IBAN: iban,
  PAYMENT_BANK_ACCOUNT_BIC: z.string().refine((given) => readBic(given) === given, 'must be a BIC'),
  PAYMENT_BANK_WEBHOOK_SECRET: z.string().regex(/^whsec_[A-Za-z0-9+/=]{32,}$/, 'must be whsec_ and Base64'),
};
type Variables = z.output<z.ZodObject<typeof variables>>;

const shared = {
  /** Where rails reach our webhooks: the public form of `http://<payment>/webhooks/rails`. */
  PAYMENT_RAIL_CALLBACK_URL: url,
  /** Stands in the addresses given to rails that do not sign. */
  PAYMENT_RAIL_CALLBACK_SECRET: z.string().regex(/^[A-Za-z0-9_-]{16,}$/, 'must be 16 or more of A-Z a-z 0-9 _ -'),
};
type Shared = z.output<z.ZodObject<typeof shared>>;

const terms = fileVariable(readTerms).default(() =>
  readTerms(readFileSync(new URL('../data/terms.json', import.meta.url), 'utf8')),
);

function optional<Shape extends Record<string, z.ZodType>>(
  shape: Shape,
): { [Name in keyof Shape]: z.ZodOptional<Shape[Name]> };
function optional(shape: Record<string, z.ZodType>): Record<string, z.ZodType> {
  return Object.fromEntries(Object.entries(shape).map(([name, type]) => [name, type.optional()]));
}

/** The variables of all rails, for `loadConfig`. */
export const railEnvironment = {
  ...optional(shared),
  ...optional(variables),
  /** Limits and prices in place of `packages/rails/data/terms.json`. */
  PAYMENT_RAIL_TERMS_FILE: terms,
  /** Other networks that an operator pays to for us; none if left out. */
  PAYMENT_MTN_PAYOUT_NETWORKS: networks.default([]),
  PAYMENT_AIRTELTIGO_PAYOUT_NETWORKS: networks.default([]),
  PAYMENT_TELECEL_PAYOUT_NETWORKS: networks.default([]),
  /** The longest time for one call to a rail. */
  PAYMENT_RAIL_TIMEOUT_MS: milliseconds.default(10_000),
};
export type RailConfig = z.output<z.ZodObject<typeof railEnvironment>>;

export interface Rails {
  /** Those that are configured. */
  readonly adapters: readonly RailAdapter[];
  /** Lets connections go. */
  close(): Promise<void>;
}

type Prefix = 'PAYMENT_MTN' | 'PAYMENT_AIRTELTIGO' | 'PAYMENT_TELECEL' | 'PAYMENT_BANK';
interface Given {
  readonly config: RailConfig & Variables & Shared;
  readonly options: Omit<AdapterOptions, 'baseUrl'>;
  readonly now: () => Date;
}

const makers: readonly {
  name: string;
  prefix: Prefix;
  needs: readonly (keyof Shared)[];
  make: (given: Given) => RailAdapter;
}[] = [
  {
    ...{ name: 'mtn-momo', prefix: 'PAYMENT_MTN' },
    needs: ['PAYMENT_RAIL_CALLBACK_URL', 'PAYMENT_RAIL_CALLBACK_SECRET'],
    make: ({ config, options }) =>
      createMtnMomo({
        ...options,
        baseUrl: config.PAYMENT_MTN_URL,
        payoutNetworks: config.PAYMENT_MTN_PAYOUT_NETWORKS,
        targetEnvironment: config.PAYMENT_MTN_ENVIRONMENT,
        collection: {
          subscriptionKey: config.PAYMENT_MTN_COLLECTION_SUBSCRIPTION_KEY,
          apiUser: config.PAYMENT_MTN_COLLECTION_API_USER,
          apiKey: config.PAYMENT_MTN_COLLECTION_API_KEY,
        },
        disbursement: {
          subscriptionKey: config.PAYMENT_MTN_DISBURSEMENT_SUBSCRIPTION_KEY,
          apiUser: config.PAYMENT_MTN_DISBURSEMENT_API_USER,
          apiKey: config.PAYMENT_MTN_DISBURSEMENT_API_KEY,
        },
        callbackUrl: `${config.PAYMENT_RAIL_CALLBACK_URL.replace(/\/+$/, '')}/mtn-momo`,
        callbackSecret: config.PAYMENT_RAIL_CALLBACK_SECRET,
      }),
  },
  {
    ...{ name: 'airteltigo-money', prefix: 'PAYMENT_AIRTELTIGO', needs: [] },
    make: ({ config, options }) =>
      createAirtelTigoMoney({
        ...options,
        baseUrl: config.PAYMENT_AIRTELTIGO_URL,
        payoutNetworks: config.PAYMENT_AIRTELTIGO_PAYOUT_NETWORKS,
        clientId: config.PAYMENT_AIRTELTIGO_CLIENT_ID,
        clientSecret: config.PAYMENT_AIRTELTIGO_CLIENT_SECRET,
        pin: config.PAYMENT_AIRTELTIGO_PIN,
        pinKey: config.PAYMENT_AIRTELTIGO_PIN_KEY,
        callbackKey: config.PAYMENT_AIRTELTIGO_CALLBACK_KEY,
      }),
  },
  {
    ...{ name: 'telecel-cash', prefix: 'PAYMENT_TELECEL', needs: ['PAYMENT_RAIL_CALLBACK_SECRET'] },
    make: ({ config, options }) =>
      createTelecelCash({
        ...options,
        baseUrl: config.PAYMENT_TELECEL_URL,
        payoutNetworks: config.PAYMENT_TELECEL_PAYOUT_NETWORKS,
        environment: config.PAYMENT_TELECEL_ENVIRONMENT,
        apiKey: config.PAYMENT_TELECEL_API_KEY,
        publicKey: config.PAYMENT_TELECEL_PUBLIC_KEY,
        serviceProviderCode: config.PAYMENT_TELECEL_SERVICE_PROVIDER_CODE,
        origin: config.PAYMENT_TELECEL_ORIGIN,
        sessionMs: config.PAYMENT_TELECEL_SESSION_MS,
        callbackSecret: config.PAYMENT_RAIL_CALLBACK_SECRET,
      }),
  },
  {
    ...{ name: 'bank', prefix: 'PAYMENT_BANK', needs: [] },
    make: ({ config, options, now }) =>
      createBank({
        ...options,
        baseUrl: config.PAYMENT_BANK_URL,
        token: config.PAYMENT_BANK_TOKEN,
        debtor: {
          name: config.PAYMENT_BANK_ACCOUNT_NAME,
          iban: config.PAYMENT_BANK_ACCOUNT_IBAN,
          bic: config.PAYMENT_BANK_ACCOUNT_BIC,
        },
        webhookSecret: config.PAYMENT_BANK_WEBHOOK_SECRET,
        now,
      }),
  },
];

/** Makes an adapter of each rail that is configured. @throws ConfigError naming what a rail is still missing */
export function createRails(config: RailConfig, { now }: { readonly now: () => Date }): Rails {
  const wanted = makers.filter(({ prefix }) => config[`${prefix}_URL`] !== undefined);
  const problems = wanted.flatMap((maker) => missingOf(maker, config));
  if (problems.length > 0) throw new ConfigError(problems);
  const dispatcher = new Agent({ connect: { timeout: Math.min(3_000, config.PAYMENT_RAIL_TIMEOUT_MS) } });
  const adapters = wanted.map(({ name, make }) => {
    const options = { dispatcher, timeoutMs: config.PAYMENT_RAIL_TIMEOUT_MS, terms: termsOf(name, config) };
    return make({ config: complete(config), options, now });
  });
  return { adapters, close: () => dispatcher.destroy() };
}

function missingOf({ prefix, needs }: (typeof makers)[number], config: RailConfig): string[] {
  const own = Object.keys(variables).filter((name) => name.startsWith(`${prefix}_`));
  return [...own, ...needs]
    .filter((name) => !Object.entries(config).some(([given, value]) => given === name && value !== undefined))
    .map((name) => `${name}: is required with ${prefix}_URL`);
}

/** Of the rails that are made, `missingOf` has found everything there; of the others nothing is read. */
function complete(config: RailConfig): Given['config'] {
  return config as Given['config'];
}

function termsOf(rail: string, { PAYMENT_RAIL_TERMS_FILE: all }: RailConfig): RailTerms {
  const found = all.get(rail);
  if (!found) throw new ConfigError([`PAYMENT_RAIL_TERMS_FILE: has no terms of ${rail}`]);
  return found;
}

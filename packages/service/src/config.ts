import { readFileSync } from 'node:fs';
import { KeyError, parseJwks, parseSigningKey } from '@paygraph/auth';
import { z } from 'zod';
import { OperatorError } from './operator-error.ts';

/** Configuration that cannot be used. The message has one line per variable, each naming it; values are not shown. */
export class ConfigError extends OperatorError {
  override readonly name = 'ConfigError';
  readonly problems: readonly string[];

  constructor(problems: readonly string[]) {
    super(problems.join('\n'));
    this.problems = problems;
  }
}

/**
 * Reads the variables of `shape` from the environment. A variable set to nothing counts as not set, because that is how
 * compose files pass on what they do not have.
 *
 * @throws ConfigError naming every variable that is missing or wrong, all at once.
 */
export function loadConfig<Shape extends z.ZodRawShape>(
  shape: Shape,
  env: NodeJS.ProcessEnv = process.env,
): z.output<z.ZodObject<Shape>> {
  const given = Object.fromEntries(Object.entries(env).filter(([, value]) => value !== undefined && value !== ''));
  const result = z.object(shape).safeParse(given);
  if (result.success) return result.data;
  throw new ConfigError(
    result.error.issues.map((issue) => {
      const name = issue.path.join('.');
      const missing = issue.code === 'invalid_type' && !(name in given);
      return `${name}: ${missing ? 'is required' : issue.message}`;
    }),
  );
}

/** A variable that holds the path of a file; the value is what `parse` makes of the file's text. */
export function fileVariable<T>(parse: (text: string) => T): z.ZodPipe<z.ZodString, z.ZodTransform<T, string>> {
  return z.string().transform((path, context) => {
    try {
      return parse(readFileSync(path, 'utf8'));
    } catch (error) {
      context.issues.push({ code: 'custom', input: path, message: fileProblem(path, error) });
      return z.NEVER;
    }
  });
}

function fileProblem(path: string, error: unknown): string {
  if (error instanceof KeyError) return `${path}: ${error.message}`;
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  if (code === 'ENOENT') return `there is no file ${path}`;
  if (code === 'EACCES') return `the file ${path} may not be read`;
  return `the file ${path} cannot be used${typeof code === 'string' ? ` (${code})` : ''}`;
}

const port = z
  .string()
  .regex(/^\d{1,5}$/, 'must be a port number')
  .transform(Number)
  .refine((number) => number <= 65535, 'must be 0 to 65535 (0 picks a free one)');

/** A whole number from `least` to `most`. */
export function numberVariable(least: number, most: number): z.ZodType<number, string> {
  const problem = `must be a whole number from ${least} to ${most}`;
  return z
    .string()
    .regex(/^\d{1,15}$/, problem)
    .transform(Number)
    .refine((number) => number >= least && number <= most, problem);
}

const httpUrl = z.url({ protocol: /^https?$/, error: 'must be an http:// or https:// address' });
const postgresUrl = z.url({ protocol: /^postgres(ql)?$/, error: 'must be a postgresql:// address' });

/** Where and how every process serves. */
export const serverEnvironment = {
  HOST: z.string().default('127.0.0.1'),
  PORT: port.default(4000),
  LOG_LEVEL: z
    .enum(['silent', 'fatal', 'error', 'warn', 'info', 'debug', 'trace'], {
      error: 'must be silent, fatal, error, warn, info, debug or trace',
    })
    .default('info'),
  METRICS_PORT: port.optional(),
  /** The folder with the certificate of the service (`tls.crt`), its key (`tls.key`) and the CA of all services (`ca.crt`). */
  TLS_DIRECTORY: z.string().optional(),
  REDIS_URL: z.url({ protocol: /^rediss?$/, error: 'must be a redis:// address' }).optional(),
  /** Where an OpenTelemetry collector takes traces; nothing is traced without. The names are OpenTelemetry's own. */
  OTEL_EXPORTER_OTLP_ENDPOINT: httpUrl.optional(),
  OTEL_TRACES_SAMPLER_ARG: z.coerce
    .number({ error: 'must be a number from 0 to 1' })
    .min(0, 'must be a number from 0 to 1')
    .max(1, 'must be a number from 0 to 1')
    .optional(),
};

/** `serverEnvironment` and the keys that a subgraph verifies tokens with and signs its own with. */
export const serviceEnvironment = {
  ...serverEnvironment,
  ACCESS_TOKEN_JWKS_URL: httpUrl,
  SERVICE_JWKS_FILE: fileVariable(parseJwks),
  SERVICE_KEY_FILE: fileVariable(parseSigningKey),
};

type Variables<Names extends string, Suffix extends string, Type> = {
  [Name in Names as `${Uppercase<Name>}_${Suffix}`]: Type;
};

/** `<NAME>_DATABASE_URL`, and `<NAME>_MIGRATION_URL`: migrations are applied at boot when it is set. */
export function databaseEnvironment<Name extends string>(
  name: Name,
): Variables<Name, 'DATABASE_URL', z.ZodURL> & Variables<Name, 'MIGRATION_URL', z.ZodOptional<z.ZodURL>>;
export function databaseEnvironment(name: string): z.ZodRawShape {
  const prefix = name.toUpperCase();
  return { [`${prefix}_DATABASE_URL`]: postgresUrl, [`${prefix}_MIGRATION_URL`]: postgresUrl.optional() };
}

/** `<NAME>_URL` of each peer: its GraphQL address, e.g. `http://ledger:4000/graphql`. */
export function peerEnvironment<Name extends string>(...names: Name[]): Variables<Name, 'URL', z.ZodURL>;
export function peerEnvironment(...names: string[]): z.ZodRawShape {
  return Object.fromEntries(names.map((name) => [`${name.toUpperCase()}_URL`, httpUrl]));
}
